"""Two tenants on one server: nothing of the one ever reaches the desks of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.agents import Agent, connect, wire_of
from tests.conftest import Recap
from tests.customer import Session, erase, hand_over
from tests.floor import live_through_a_day
from tests.rest import ask
from tests.watching import assert_all_agrees, rows

SAID = "heliotrope-4471"
FIELDS: dict[str, Any] = {
    "agent_id": None,  # one of each
    "content": "Hello",
    "seq": 1,
}
"""Good values of the fields that commands need, besides the session."""


@dataclass
class Two:
    """A shop with two live agents and its rival, a bank, with one at the desk and one who isn't."""

    recap: Recap
    maria: Agent
    ben: Agent
    rival: Agent
    absent_id: str
    bank_key: str
    token: str
    shops_token: str


@pytest.fixture
async def two(recap: Recap) -> AsyncIterator[Two]:
    bank = await recap.rooms.tenants.create("bank")
    shop = [(await recap.hire(name)).token for name in ("Maria", "Ben")]
    rival = await recap.hire("Maria", tenant="bank")
    absent = await recap.hire("Ben", tenant="bank")
    async with (
        connect(recap, shop[0]) as maria,
        connect(recap, shop[1]) as ben,
        connect(recap, rival.token) as other,
    ):
        yield Two(recap, maria, ben, other, absent.id, bank.key, rival.token, shop[0])
    await assert_all_agrees(recap.database)


async def test_nothing_that_happens_at_one_tenant_is_told_to_the_other(two: Two) -> None:
    session = await live_through_a_day(two.recap, two.maria, two.ben, SAID)
    gone = await two.recap.open_session()
    await hand_over(two.recap, gone, SAID)
    await erase(two.recap, gone)
    own = await two.recap.open_session(two.bank_key)
    await hand_over(two.recap, own)
    await two.rival.until("session.waiting", session_id=own["id"])
    wire = await wire_of(two.recap.http)
    happened = {f"event.{frame['type']}" for frame in two.maria.frames}
    assert happened >= {n for n in wire.names if n.startswith("event.")} - {"event.draining"}
    heard = str(two.rival.frames)
    for secret in (SAID, session["id"], gone["id"], two.maria.id, two.ben.id):
        assert secret not in heard
    assert [f["type"] for f in two.rival.frames] == ["hello", "snapshot", "session.waiting"]
    async with connect(two.recap, two.token) as again:
        assert [card["session_id"] for card in again.frames[1]["queue"]] == [own["id"]]
        assert [agent["id"] for agent in again.frames[1]["agents"]] == [two.rival.id]


@pytest.mark.parametrize("owner", ["bot", "waiting", "agent", "resolved"])
async def test_every_command_on_anothers_session_finds_nothing(two: Two, owner: str) -> None:
    session = await session_of(two, owner)
    before = everything(two)
    wire = await wire_of(two.recap.http)
    commands = [name.removeprefix("command.") for name in wire.names if "command." in name]
    tried = 0
    for kind in commands:
        needed = set(wire.shape(f"command.{kind}")["required"]) - {"type", "cmd_id"}
        if "session_id" not in needed:
            continue
        given = {name: FIELDS[name] for name in needed - {"session_id"}}
        for agent_id in (two.rival.id, two.maria.id, two.absent_id, "agt_nobody"):
            more = given | ({"agent_id": agent_id} if "agent_id" in given else {})
            code = await two.rival.refused(kind, session_id=session["id"], **more)
            assert code == "not_found", (kind, agent_id)
            tried += 1
    assert tried >= 11
    answer = await two.rival.done("subscribe", cursors={session["id"]: 0})
    assert answer["sessions"] == {}
    await two.rival.until("resync_required", session_id=session["id"], reason="unknown")
    assert everything(two) == before


async def session_of(two: Two, owner: str) -> Session:
    """A session of the shop that stands so."""
    session = await two.recap.open_session()
    await two.recap.say(session, SAID)
    if owner == "waiting":
        await hand_over(two.recap, session)
    if owner in ("agent", "resolved"):
        await two.maria.done("claim", session_id=session["id"])
    if owner == "resolved":
        await two.maria.done("resolve", session_id=session["id"])
    return session


def everything(two: Two) -> list[tuple[Any, ...]]:
    """All that is stored of sessions."""
    found = [rows(two.recap.database, f"SELECT * FROM {t}") for t in ("sessions", "messages")]
    return [tuple(row) for table in found for row in table]


@pytest.mark.parametrize("whose", ["one who is there", "one who is not", "nobody"])
async def test_an_own_session_goes_to_no_agent_of_another_tenant(two: Two, whose: str) -> None:
    session = await two.recap.open_session(two.bank_key)
    await two.rival.done("claim", session_id=session["id"])
    to = {"one who is there": two.maria.id, "one who is not": two.absent_id, "nobody": "agt_x"}
    transfer = two.rival.refused("transfer", session_id=session["id"], agent_id=to[whose])
    assert await transfer == "agent_offline"  # whoever it is: presence is the tenant's own affair


async def test_anothers_session_is_not_found_over_http(two: Two) -> None:
    for owner in ("bot", "waiting", "agent", "resolved"):
        session = await session_of(two, owner)
        for path in ("/v1/agents/sessions/{id}", "/v1/sessions/{id}", "/v1/sessions/{id}/messages"):
            headers = two.recap.bearer(two.token)
            answer = await ask(two.recap, "GET", path.format(id=session["id"]), headers=headers)
            assert answer.status == 404, path


async def test_a_list_is_of_the_tenants_own_sessions(two: Two) -> None:
    for owner in ("bot", "waiting", "agent", "resolved"):
        session = await session_of(two, owner)
        shown = []
        for token in (two.shops_token, two.token):
            path, headers = f"/v1/agents/sessions?owner={owner}", two.recap.bearer(token)
            answer = await ask(two.recap, "GET", path, headers=headers)
            assert answer.status == 200, answer.body
            shown.append([row["session_id"] for row in answer.json()["data"]])
        assert shown == [[session["id"]], []]
