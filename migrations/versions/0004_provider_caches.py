"""What usage has taught of providers' own prefix caches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty at first: nothing was learned that outlived its process."""
    op.create_table(
        "provider_caches",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("hit_rate", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model", name="pk_provider_caches"),
    )


def downgrade() -> None:
    """It is learned again."""
    op.drop_table("provider_caches")
