"""What the whole history would have cost without the provider's own cache, next to with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Turns so far get what the history would have cost with that cache: they were not priced
    without it, a cache does little but lower a price, and so that is a lower bound."""
    with op.batch_alter_table("turns", recreate="always") as batch:
        batch.add_column(
            sa.Column("uncached_cost", sa.Float(), nullable=True), insert_after="full_cost"
        )
    op.execute("UPDATE turns SET uncached_cost = full_cost")


def downgrade() -> None:
    """The estimate goes; nothing else was made from it."""
    with op.batch_alter_table("turns") as batch:
        batch.drop_column("uncached_cost")
