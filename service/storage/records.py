"""Sessions and messages as the rooms above see them, and how they come out of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import orjson

from service import ids
from service.context.stand_in import Plan
from service.prefix import PrefixHash
from service.storage.database import Row
from service.storage.ledger import TurnRow
from service.storage.prefix_cache import Stored

Kind = Literal["customer", "bot", "agent", "note", "activity"]


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a session, as it is stored."""

    id: str
    seq: int
    kind: Kind
    content: str
    author: str | None
    created_at: int
    turn_id: str | None = None
    superseded_by: str | None = None
    agent_id: str | None = None
    client_msg_id: str | None = None

    def public(self) -> dict[str, Any]:
        """The contract's `message`."""
        shown: dict[str, Any] = {
            "id": self.id,
            "seq": self.seq,
            "kind": self.kind,
            "content": self.content,
            "created_at": ids.rfc3339(self.created_at),
        }
        if self.author is not None:
            shown["author"] = self.author
        return shown


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation's row, with what a turn needs of it."""

    id: str
    tenant_id: str
    owner: str
    epoch: int
    queued_at: int | None
    handover_reason: str | None
    agent_read_seq: int
    customer_read_seq: int
    last_seq: int
    customer_seq: int
    answered_seq: int
    system_hash: bytes
    prefix: PrefixHash
    plan: Plan
    personal: bool
    answered_at: int
    metadata: dict[str, Any]
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ReplyCommit:
    """What ends a turn of a session, for one transaction.

    `covered_seq` is the newest customer message that the call saw, `epoch` the session's when it
    began. `force` commits although a newer message has come. `hand_over` is why the model wants a
    live agent to go on, None if it does not; then the text may be empty.
    """

    session_id: str
    covered_seq: int
    epoch: int
    force: bool
    text: str
    tokens: int
    personal: bool
    system_hash: bytes
    prefix: PrefixHash
    plan: Plan
    entries: Sequence[Stored]
    hand_over: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """A change of who answers a session, as it was committed.

    `session` is the row after it; `activity` the message that tells of it, whose content is the
    cause; `name` is the new owner's if that is a live agent.
    """

    session: Session
    was: str
    activity: Message
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """How a turn ended: the reply, or who came before it (None for a claim).

    `change` is there where the model handed the session over.
    """

    outcome: Literal["answered", "superseded", "fenced", "handed_over"]
    reply: Message | None
    superseded_by: str | None
    owner: str
    change: OwnerChange | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """How a customer's message was taken care of, if it has been.

    `settled_by` is the turn that did it; as `turn` it is told with the newest of the messages that
    it was for, so that usages add up. `owner` is the session's.
    """

    message: Message
    owner: str
    settled_by: TurnRow | None
    turn: TurnRow | None
    reply: Message | None


def message(row: Row, prefix: str = "") -> Message:
    """From a row of `messages`, or of more, whose columns of it begin with `prefix`."""
    return Message(**{f.name: row[f"{prefix}{f.name}"] for f in fields(Message)})


def answered(row: Row) -> Answered:
    """From a message's row, joined with its turn's and that turn's reply's."""
    stored, turn, reply = message(row), None, None
    if row["ledger_id"] is not None:
        turn = TurnRow(**{f.name: row[f"ledger_{f.name}"] for f in fields(TurnRow)})
    if row["reply_id"] is not None and stored.superseded_by is None:
        reply = message(row, "reply_")
    told = None if row["is_followed"] else turn
    return Answered(stored, row["owner"], turn, told, reply)


def session(row: Row) -> Session:
    """From a row of `sessions`."""
    return Session(
        id=row["id"],
        tenant_id=row["tenant_id"],
        owner=row["owner"],
        epoch=row["epoch"],
        queued_at=row["queued_at"],
        handover_reason=row["handover_reason"],
        agent_read_seq=row["agent_read_seq"],
        customer_read_seq=row["customer_read_seq"],
        last_seq=row["last_seq"],
        customer_seq=row["customer_seq"],
        answered_seq=row["answered_seq"],
        system_hash=row["system_hash"],
        prefix=PrefixHash(row["prefix_key"], row["prefix_check"], row["prefix_count"]),
        plan=Plan.from_json(orjson.loads(row["plan"])),
        personal=bool(row["personal"]),
        answered_at=row["answered_at"],
        metadata=orjson.loads(row["metadata"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def unspoken(session_id: str, root: PrefixHash) -> dict[str, Any]:
    """The columns of a session in which nothing was said yet."""
    return {
        "id": session_id,
        "owner": "bot",
        "epoch": 0,
        "queued_at": None,
        "handover_reason": None,
        "agent_read_seq": 0,
        "customer_read_seq": 0,
        "last_seq": 0,
        "customer_seq": 0,
        "answered_seq": 0,
        "prefix_key": root.key,
        "prefix_check": root.check,
        "prefix_count": root.count,
        "plan": orjson.dumps(Plan().to_json()).decode(),
        "personal": 0,
        "answered_at": 0,
    }
