"""What transactions of a session share: adding a message, and changing the owner.

Owners go `bot -> waiting -> agent -> bot | resolved`; an agent may also claim straight from the
bot, and whatever a customer says after `resolved` opens a new episode. Every change is one UPDATE
that holds only on the epoch that was read, and its `activity` message is in the same transaction:
of fifty who claim at once one finds the epoch that it read.
"""

from __future__ import annotations

from typing import Any, Literal

from service import ids
from service.errors import NotFound
from service.storage import records
from service.storage import session_statements as sql
from service.storage.agents import Agent
from service.storage.database import Row, Transaction
from service.storage.records import Message, OwnerChange, Session

Cause = Literal[
    "handed over",
    "withdrawn",
    "claimed",
    "released",
    "transferred",
    "returned to bot",
    "resolved",
    "reopened",
    "agent lost",
]
"""The content of an activity message: what happened, in words that stay."""
TO_BOT: frozenset[str] = frozenset({"withdrawn", "returned to bot", "reopened"})
"""Causes after which the bot has a session."""

_TICK = ids.SECOND // 1000
"""Places in the queue are told in milliseconds, and are in the same order inside."""


def found(row: Row | None) -> Row:
    """The row that must be there. Raises NotFound."""
    if row is None:
        raise NotFound
    return row


async def read_session(tx: Transaction, session_id: str) -> Session:
    """A session as it is in this transaction. Raises NotFound."""
    return records.session(found(await tx.one(sql.SESSION, of_id=session_id)))


async def insert_message(
    tx: Transaction,
    session_id: str,
    message: Message,
    *,
    anchor_seq: int,
    tokens: int,
    **keyed: Any,
) -> None:
    """Add a message; the session's own columns are the caller's to count up.

    `keyed` are the columns `idempotency_key` and `request_hash`, where there is a key.
    """
    await tx.run(
        sql.INSERT_MESSAGE,
        id=message.id,
        session_id=session_id,
        seq=message.seq,
        anchor_seq=anchor_seq,
        kind=message.kind,
        content=message.content,
        author=message.author,
        agent_id=message.agent_id,
        client_msg_id=message.client_msg_id,
        tokens=tokens,
        turn_id=message.turn_id,
        superseded_by=None,
        created_at=message.created_at,
        **{"idempotency_key": None, "request_hash": None} | keyed,
    )


async def change_owner(
    tx: Transaction,
    session: Session,
    owner: str,
    cause: Cause,
    now: int,
    *,
    by: Agent | None = None,
    name: str | None = None,
    reason: str | None = None,
) -> OwnerChange:
    """Give a session another owner, and say so in it.

    `by` is the live agent who did it, `name` that of the agent who has it now. Whoever waits, or
    is talked to, keeps the place in the queue. Raises NotFound where the epoch is not the row's.
    """
    is_with_people = owner not in ("bot", "resolved")
    activity = Message(
        id=ids.new_id("msg"),
        seq=session.last_seq + 1,
        kind="activity",
        content=cause,
        author=by.name if by else None,
        created_at=now,
        agent_id=by.id if by else None,
    )
    row = await tx.one(
        sql.CHANGE_OWNER,
        of_id=session.id,
        of_epoch=session.epoch,
        owner=owner,
        queued_at=(session.queued_at or now - now % _TICK) if is_with_people else None,
        handover_reason=(reason or session.handover_reason) if is_with_people else None,
        last_seq=activity.seq,
        updated_at=now,
    )
    changed = records.session(found(row))
    await insert_message(tx, session.id, activity, anchor_seq=activity.seq, tokens=0)
    if owner == "bot":
        pending = {"of_session": session.id, "after": session.answered_seq}
        await tx.run(sql.REOPEN_MESSAGES, **pending)
    return OwnerChange(changed, session.owner, activity, name)
