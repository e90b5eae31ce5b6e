"""The tables, as SQLAlchemy models.

Columns hold plain integers, texts and bytes only, so that a statement compiled once runs on any
held connection without conversions: times are microseconds, JSON is text, booleans are 0 and 1.
`migrations/` makes the same schema, and a test holds the two equal.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import BigInteger as Integer
from sqlalchemy import (
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Maps the three Python types that the tables use."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: Integer, str: Text, bytes: LargeBinary, float: Float}  # noqa: RUF012


class Tenant(Base):
    """One of the service's clients. Keys are kept as SHA-256, shown once when made."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    publishable_key_hash: Mapped[bytes] = mapped_column(unique=True)
    session_secret: Mapped[bytes]
    origins: Mapped[str]
    system_prompt: Mapped[str | None]
    model: Mapped[str | None]
    handover: Mapped[int]
    created_at: Mapped[int]
    updated_at: Mapped[int]


class Agent(Base):
    """A live agent of a tenant. The token is kept as SHA-256, shown once when made.

    `seen_at` is renewed while a socket of the agent is open: whoever is not seen for the grace
    period has lost its sessions to the queue. `capacity` NULL is no limit of its own.
    """

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    capacity: Mapped[int | None]
    seen_at: Mapped[int]
    created_at: Mapped[int]
    revoked_at: Mapped[int | None]

    __table_args__ = (Index(None, "tenant_id"),)


class Session(Base):
    """One customer's conversation.

    `prefix_*` name the message list up to the last answer, `answered_seq` is the newest message
    that it covers: whatever the customer said after that is still unanswered. `plan` holds the
    cut, and how long the last payload was.

    `owner` is `bot`, `waiting`, `resolved` or an agent's id, and every change of it bumps `epoch`.
    `queued_at` is the session's place in the queue, kept while an agent has it, so that it can go
    back there; `agent_read_seq` and `customer_read_seq` are the newest messages that each has read.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    owner: Mapped[str]
    epoch: Mapped[int]
    queued_at: Mapped[int | None]
    handover_reason: Mapped[str | None]
    agent_read_seq: Mapped[int]
    customer_read_seq: Mapped[int]
    last_seq: Mapped[int]
    customer_seq: Mapped[int]
    answered_seq: Mapped[int]
    system_hash: Mapped[bytes]
    prefix_key: Mapped[bytes]
    prefix_check: Mapped[bytes]
    prefix_count: Mapped[int]
    plan: Mapped[str]
    personal: Mapped[int]
    answered_at: Mapped[int]
    metadata_json: Mapped[str] = mapped_column("metadata")
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[bytes]
    created_at: Mapped[int]
    updated_at: Mapped[int]

    __table_args__ = (
        UniqueConstraint("tenant_id", "idempotency_key"),
        Index(None, "tenant_id", "owner", "updated_at"),
    )


class Message(Base):
    """One entry of a session.

    `anchor_seq` is where the model sees it: its own seq, for an answer that of the newest question
    that it answers. They differ in order only where a newer question came before the answer.
    0 is out of its sight: the provider refused the message for what it says.

    `author` is the name that a live agent had when it wrote, or acted; `client_msg_id` is the
    writing page's own id, or the command's, so that a repeated one is not written twice.
    """

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    seq: Mapped[int]
    anchor_seq: Mapped[int]
    kind: Mapped[str]
    content: Mapped[str]
    author: Mapped[str | None]
    agent_id: Mapped[str | None]
    client_msg_id: Mapped[str | None]
    tokens: Mapped[int]
    turn_id: Mapped[str | None]
    superseded_by: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[bytes | None]
    created_at: Mapped[int]

    __table_args__ = (
        UniqueConstraint("session_id", "seq"),
        UniqueConstraint("session_id", "idempotency_key"),
        UniqueConstraint("session_id", "agent_id", "client_msg_id"),
    )


class Turn(Base):
    """The ledger: one row a turn. Token columns are the provider's own, NULL where unknown."""

    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    session_id: Mapped[str | None]
    reply_id: Mapped[str | None]
    model: Mapped[str]
    outcome: Mapped[str]
    status: Mapped[str]
    layout: Mapped[str]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    cache_write_tokens: Mapped[int | None]
    full_prompt_tokens: Mapped[int]
    cost: Mapped[float | None]
    full_cost: Mapped[float | None]
    uncached_cost: Mapped[float | None]
    latency_us: Mapped[int]
    first_token_us: Mapped[int | None]
    created_at: Mapped[int]

    __table_args__ = (
        Index(None, "tenant_id", "created_at"),
        Index(None, "created_at"),
        Index(None, "session_id"),
    )


class PrefixCacheRow(Base):
    """What is known about one exact message list: a stand-in for it, or the reply to it."""

    __tablename__ = "prefix_cache"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    session_id: Mapped[str | None]
    check_hash: Mapped[bytes]
    count: Mapped[int]
    value: Mapped[str]
    tokens: Mapped[int]
    bytes: Mapped[int]
    hits: Mapped[int]
    created_at: Mapped[int]
    expires_at: Mapped[int]
    accessed_at: Mapped[int]

    __table_args__ = (
        Index(None, "expires_at"),
        Index(None, "accessed_at"),
        Index(None, "session_id"),
        Index(None, "tenant_id"),
        Index(None, "bytes"),
    )


class ProviderCache(Base):
    """What usage has taught of a provider's own prefix cache: the share of calls, 0 to 1, that find
    there what they should."""

    __tablename__ = "provider_caches"

    model: Mapped[str] = mapped_column(primary_key=True)
    hit_rate: Mapped[float]
    updated_at: Mapped[int]


def table(model: type[Base]) -> Table:
    """A model's table, for statements of SQLAlchemy Core."""
    return cast(Table, model.__table__)
