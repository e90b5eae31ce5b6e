"""What a customer, a tenant's server and a model do about live agents, each at its own door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from service.handover import NAME
from service.loopback import Scripted
from tests.conftest import Recap
from tests.rest import Answer, ask

Session = Mapping[str, Any]
TOOL_CALL_ID = "call_1"


async def hand_over(recap: Recap, session: Session, reason: str | None = None) -> dict[str, Any]:
    """The customer asks for a live agent; the answer."""
    body = {} if reason is None else {"reason": reason}
    answer = await at(recap, "POST", session, "handoff", json=body)
    assert answer.status == 202, answer.body
    return dict(answer.json())


async def withdraw(recap: Recap, session: Session) -> str:
    """The customer waits no longer; who answers now."""
    answer = await at(recap, "DELETE", session, "handoff")
    assert answer.status == 200, answer.body
    assert answer.json().keys() == {"owner"}
    return str(answer.json()["owner"])


async def type_(recap: Recap, session: Session) -> None:
    """The customer is writing."""
    assert (await at(recap, "POST", session, "typing")).status == 204


async def read(recap: Recap, session: Session, seq: int) -> None:
    """The customer has read up to here."""
    assert (await at(recap, "POST", session, "read", json={"seq": seq})).status == 204


async def erase(recap: Recap, session: Session) -> None:
    """The tenant has a session erased."""
    answer = await ask(recap, "DELETE", f"/v1/sessions/{session['id']}", headers=recap.bearer())
    assert answer.status == 204, answer.body


async def at(recap: Recap, method: str, session: Session, room: str, **rest: Any) -> Answer:
    """One request with the session's token."""
    path = f"/v1/sessions/{session['id']}/{room}"
    return await ask(recap, method, path, headers=recap.bearer(session["token"]), **rest)


async def owner_of(recap: Recap, session: Session) -> str:
    """Who answers a session."""
    path = f"/v1/sessions/{session['id']}"
    answer = await ask(recap, "GET", path, headers=recap.bearer(session["token"]))
    return str(answer.json()["owner"])


async def transcript(recap: Recap, session: Session, token: str) -> list[dict[str, Any]]:
    """A session's messages as the bearer of this token sees them."""
    path = f"/v1/sessions/{session['id']}/messages?limit=1000"
    answer = await ask(recap, "GET", path, headers=recap.bearer(token))
    assert answer.status == 200, answer.body
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def kinds(recap: Recap, session: Session) -> list[str]:
    """What a session is made of, notes too: the kinds, and what activities tell."""
    said = await transcript(recap, session, recap.keys.key)
    return [m["content"] if m["kind"] == "activity" else m["kind"] for m in said]


def calls_a_human(
    text: str = "", reason: str = "An order is lost.", *, name: str = NAME, **function: Any
) -> Scripted:
    """A model that calls the tool; `arguments` may be given as they are."""
    arguments = {"arguments": json.dumps({"reason": reason})} | function
    call = {"id": TOOL_CALL_ID, "type": "function", "function": {"name": name, **arguments}}
    return Scripted(text=text, tool_calls=[call])
