"""Frames: what live agents are sent, made from what is stored."""

from __future__ import annotations

from typing import Any

import orjson

from service import ids
from service.errors import RecapError
from service.events import Event
from service.storage.agents import Agent
from service.storage.inbox import OwnedSession
from service.storage.records import Message, OwnerChange, Session

Frame = dict[str, Any]

_RELEASED = "session.released"
TYPES = {
    "handed over": "session.waiting",
    "claimed": "session.claimed",
    "released": _RELEASED,
    "agent lost": _RELEASED,
    "withdrawn": _RELEASED,
    "returned to bot": _RELEASED,
    "reopened": _RELEASED,
    "transferred": "session.transferred",
    "resolved": "session.resolved",
}
"""Which event tells of a change, by its cause."""
OWNERS = frozenset({"bot", "waiting", "resolved"})
"""Owners that are no live agents."""


def encode(frame: Frame) -> bytes:
    """As it goes over the wire; copied, as orjson's own takes up to eight times its length."""
    return bytes(memoryview(orjson.dumps(frame)))


def agent(shown: Agent) -> Frame:
    """Who an agent is, to others."""
    return {"id": shown.id, "name": shown.name}


def card(session: Session, name: str | None) -> Frame:
    """A session in a list; `name` is its live agent's."""
    queued_at = session.queued_at
    return {
        "session_id": session.id,
        "owner": session.owner,
        "agent": None if session.owner in OWNERS else {"id": session.owner, "name": name},
        "epoch": session.epoch,
        "queued_at": ids.rfc3339(queued_at) if queued_at is not None else None,
        "reason": session.handover_reason,
    }


def mine(session: Session, name: str | None) -> Frame:
    """A session with how far it goes and how far each side has read."""
    return card(session, name) | {
        "last_seq": session.last_seq,
        "agent_read_seq": session.agent_read_seq,
        "customer_read_seq": session.customer_read_seq,
    }


def snapshot(queue: list[OwnedSession], own: list[OwnedSession], agents: list[Frame]) -> Frame:
    """How things are."""
    return {
        "type": "snapshot",
        "queue": [card(owned.session, owned.name) for owned in queue],
        "mine": [mine(owned.session, owned.name) for owned in own],
        "agents": agents,
    }


def owner_changed(change: OwnerChange) -> Frame:
    """A session has another owner."""
    activity = change.activity
    by = {"id": activity.agent_id, "name": activity.author} if activity.agent_id else None
    return {
        "type": TYPES[activity.content],
        **mine(change.session, change.name),
        "cause": activity.content,
        "by": by,
        "at": ids.rfc3339(activity.created_at),
    }


def erased(session: Session) -> Frame:
    """A session that is gone leaves every list."""
    return {
        "type": "session.resolved",
        **mine(session, None),
        "owner": "resolved",
        "agent": None,
        "epoch": session.epoch + 1,
        "cause": "erased",
        "by": None,
        "at": ids.rfc3339(ids.now()),
    }


def message(session_id: str, shown: Message) -> Frame:
    """One entry of a session, as live agents see it."""
    fields = {"session_id": session_id, **shown.public()}
    if shown.agent_id is not None:
        fields["agent_id"] = shown.agent_id
    if shown.client_msg_id is not None:
        fields["client_msg_id"] = shown.client_msg_id
    return fields


def of_event(session_id: str, event: Event) -> Frame | None:
    """The frame for what happens in a session; None where live agents hear of it otherwise."""
    if event.name == "delta":
        return {"type": "bot.delta", "session_id": session_id, **event.data, "done": False}
    if event.message is not None and event.name == "message":
        return {"type": "message.created", **message(session_id, event.message)}
    if event.message is not None:  # the reply to it was superseded, or failed
        asked = {"message_id": event.message.id, "seq": event.message.seq}
        ended = {"offset": 0, "content": "", "done": True}
        return {"type": "bot.delta", "session_id": session_id, **asked, **ended}
    if event.name in ("typing", "read"):
        return {"type": event.name, "session_id": session_id, **event.data}
    return None


def error(raised: RecapError, cmd_id: str | None) -> Frame:
    """Why a command was not done."""
    title = (type(raised).__doc__ or "").strip()
    return {
        "type": "error",
        "cmd_id": cmd_id,
        "code": raised.code,
        "title": title,
        "detail": raised.detail,
        **raised.context,
    }
