"""Live agents: who they are, what they own, and where a session stands in the queue.

Tables that grow are built anew and copied, which is how SQLite adds a column that may not be NULL.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OWNED = "ix_sessions_tenant_id_owner_updated_at"
_CLIENT_ID = "uq_messages_session_id_agent_id_client_msg_id"


def upgrade() -> None:
    """Every session so far is the bot's."""
    op.create_table(
        "agents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_agents_tenant_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_agents_token_hash")),
    )
    op.create_index(op.f("ix_agents_tenant_id"), "agents", ["tenant_id"])
    _add("tenants", [_number("handover")])
    _add(
        "sessions",
        [
            sa.Column("queued_at", sa.BigInteger(), nullable=True),
            sa.Column("handover_reason", sa.Text(), nullable=True),
            _number("agent_read_seq"),
            _number("customer_read_seq"),
        ],
    )
    op.create_index(op.f(_OWNED), "sessions", ["tenant_id", "owner", "updated_at"])
    _add(
        "messages",
        [
            sa.Column("agent_id", sa.Text(), nullable=True),
            sa.Column("client_msg_id", sa.Text(), nullable=True),
        ],
    )
    with op.batch_alter_table("messages") as batch:
        batch.create_unique_constraint(
            op.f(_CLIENT_ID), ["session_id", "agent_id", "client_msg_id"]
        )


def downgrade() -> None:
    """Without agents nobody but the bot can own a session."""
    op.execute("UPDATE sessions SET owner = 'bot' WHERE owner != 'bot'")
    with op.batch_alter_table("messages") as batch:
        batch.drop_constraint(op.f(_CLIENT_ID))
        batch.drop_column("client_msg_id")
        batch.drop_column("agent_id")
    op.drop_index(op.f(_OWNED), "sessions")
    with op.batch_alter_table("sessions") as batch:
        for column in ("customer_read_seq", "agent_read_seq", "handover_reason", "queued_at"):
            batch.drop_column(column)
    with op.batch_alter_table("tenants") as batch:
        batch.drop_column("handover")
    op.drop_table("agents")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _add(table: str, columns: list[sa.Column[int] | sa.Column[str]]) -> None:
    """Add columns; a default serves the rows that are there and goes again."""
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.add_column(column)
    with op.batch_alter_table(table) as batch:
        for column in columns:
            if column.server_default is not None:
                batch.alter_column(column.name, server_default=None)
