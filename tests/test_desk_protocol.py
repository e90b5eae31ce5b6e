"""The live agents' protocol, command by command: what each does, and how each is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.loopback import Scripted
from tests.agents import connect
from tests.conftest import Recap, Starter
from tests.customer import hand_over, kinds, owner_of, read, transcript, type_
from tests.floor import Floor, open_floor
from tests.watching import change, listen, rows


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


async def test_a_socket_is_first_told_who_it_is_and_how_things_are(recap: Recap) -> None:
    maria, ben = await recap.hire("Maria", capacity=3), await recap.hire("Ben")
    sessions = [await recap.open_session() for _ in range(4)]
    for number in (1, 0, 2, 3):
        await recap.say(sessions[number], "Hello")
        await hand_over(recap, sessions[number], f"Case {number}")
    async with connect(recap, ben.token) as colleague, connect(recap, maria.token) as first:
        await colleague.done("status", status="away")
        await first.done("claim", session_id=sessions[2]["id"])
        await first.done("read", session_id=sessions[2]["id"], seq=2)
        await read(recap, sessions[2], 1)
        async with connect(recap, maria.token) as agent:
            hello, snapshot = agent.frames[:2]
    shown = {"id": maria.id, "name": "Maria", "status": "online", "capacity": 3}
    assert hello == {"type": "hello", "agent": shown, "heartbeat": 30}
    queue = [(card["session_id"], card["reason"], card["epoch"]) for card in snapshot["queue"]]
    assert queue == [(sessions[number]["id"], f"Case {number}", 1) for number in (1, 0, 3)]
    assert {(c["owner"], c["agent"]) for c in snapshot["queue"]} == {("waiting", None)}
    (mine,) = snapshot["mine"]
    assert mine.items() >= {"session_id": sessions[2]["id"], "owner": maria.id}.items()
    assert mine["agent"] == {"id": maria.id, "name": "Maria"}
    assert (mine["last_seq"], mine["agent_read_seq"], mine["customer_read_seq"]) == (4, 2, 1)
    assert snapshot["agents"] == [
        {"id": ben.id, "name": "Ben", "status": "away"},
        {"id": maria.id, "name": "Maria", "status": "online"},
    ]


@pytest.mark.parametrize("was", ["bot", "waiting"])
async def test_claim_takes_a_session_and_every_agent_of_the_tenant_hears_of_it(
    floor: Floor, was: str
) -> None:
    session = await floor.recap.open_session() if was == "bot" else await floor.waiting("Lost")
    claimed = (await floor.maria.done("claim", session_id=session["id"]))["session"]
    maria = {"id": floor.maria.id, "name": "Maria"}
    for agent in (floor.maria, floor.ben):
        event = await agent.until("session.claimed", session_id=session["id"])
        assert event == claimed | {
            "type": "session.claimed",
            "cause": "claimed",
            "by": maria,
            "at": event["at"],
        }
    assert (claimed["owner"], claimed["agent"]) == (floor.maria.id, maria)
    assert claimed["reason"] == (None if was == "bot" else "Lost")
    assert await owner_of(floor.recap, session) == floor.maria.id
    (*_, activity) = await transcript(floor.recap, session, session["token"])
    assert (activity["kind"], activity["content"]) == ("activity", "claimed")
    assert activity["author"] == "Maria"


async def test_claiming_an_own_session_again_changes_nothing(floor: Floor) -> None:
    session = await floor.of_maria()
    before = await floor.maria.done("claim", session_id=session["id"])
    again = await floor.maria.done("claim", session_id=session["id"])
    assert again["session"] == before["session"]
    assert (await kinds(floor.recap, session)).count("claimed") == 1


async def test_a_released_session_has_its_old_place_in_the_queue(floor: Floor) -> None:
    early, mid, late = [await floor.waiting(name) for name in ("early", "mid", "late")]
    await floor.maria.done("claim", session_id=mid["id"])
    await floor.waiting("later")
    released = (await floor.maria.done("release", session_id=mid["id"]))["session"]
    assert (released["owner"], released["agent"], released["reason"]) == ("waiting", None, "mid")
    event = await floor.ben.until("session.released", session_id=mid["id"])
    assert (event["cause"], event["by"]["name"]) == ("released", "Maria")
    reasons = [card["reason"] for card in floor.ben.state.shown()["queue"]]
    assert reasons == ["early", "mid", "late", "later"]
    assert await owner_of(floor.recap, early) == await owner_of(floor.recap, late) == "waiting"


async def test_what_is_returned_to_the_bot_is_answered_by_it(floor: Floor) -> None:
    session = await floor.of_maria()
    await floor.maria.done("subscribe", cursors={session["id"]: 0})
    returned = (await floor.maria.done("return_to_bot", session_id=session["id"]))["session"]
    assert (returned["owner"], returned["queued_at"], returned["reason"]) == ("bot", None, None)
    event = await floor.ben.until("session.released", session_id=session["id"])
    assert (event["owner"], event["cause"]) == ("bot", "returned to bot")
    reply = await floor.maria.until("message.created", kind="bot")
    assert reply["content"] == "Answer to: Is anybody there?"
    answered = await floor.recap.say(session, "And now?")
    assert answered["reply"]["content"] == "Answer to: And now?"


async def test_a_transferred_session_is_the_others_who_hears_it_from_then_on(
    floor: Floor,
) -> None:
    session = await floor.of_maria()
    given = await floor.maria.done("transfer", session_id=session["id"], agent_id=floor.ben.id)
    assert given["session"]["agent"] == {"id": floor.ben.id, "name": "Ben"}
    event = await floor.ben.until("session.transferred", session_id=session["id"])
    assert (event["owner"], event["by"]["name"]) == (floor.ben.id, "Maria")
    await floor.recap.say(session, "Who is it now?")
    await floor.ben.until("message.created", content="Who is it now?")
    await floor.ben.done("send", session_id=session["id"], content="Ben.")
    assert await floor.maria.refused("send", session_id=session["id"], content="No!") == "not_owner"
    assert "Who is it now?" not in floor.maria.said(session["id"])


async def test_a_resolved_session_is_over_until_the_customer_goes_on(floor: Floor) -> None:
    session = await floor.of_maria()
    resolved = (await floor.maria.done("resolve", session_id=session["id"]))["session"]
    assert (resolved["owner"], resolved["queued_at"]) == ("resolved", None)
    await floor.ben.until("session.resolved", session_id=session["id"], cause="resolved")
    assert await floor.maria.refused("claim", session_id=session["id"]) == "resolved"
    answered = await floor.recap.say(session, "One more thing.")
    assert answered["reply"] is not None
    event = await floor.ben.until("session.released", session_id=session["id"])
    assert (event["owner"], event["cause"], event["by"]) == ("bot", "reopened", None)
    told = await kinds(floor.recap, session)
    assert told[-4:] == ["resolved", "reopened", "customer", "bot"]


async def test_what_an_agent_sends_reaches_the_customer_and_each_of_its_sockets(
    floor: Floor,
) -> None:
    session = await floor.of_maria()
    async with listen(floor.recap, session) as customer:
        sent = await floor.maria.done(
            "send", session_id=session["id"], content="I am. 你好", client_msg_id="m1"
        )
        heard = (await customer.until("message", kind="agent")).data
    message = sent["message"]
    assert (message["content"], message["author"]) == ("I am. 你好", "Maria")
    assert (message["agent_id"], message["client_msg_id"]) == (floor.maria.id, "m1")
    shown = {name: message[name] for name in ("id", "seq", "kind", "content", "created_at")}
    assert heard == shown | {"author": "Maria"}
    created = await floor.maria.until("message.created", kind="agent")
    assert created == message | {"type": "message.created"}


async def test_what_is_acknowledged_is_in_the_table(floor: Floor) -> None:
    session = await floor.of_maria()
    for kind in ("send", "note"):
        sent = await floor.maria.done(kind, session_id=session["id"], content=f"By {kind}")
        (row,) = rows(
            floor.recap.database, "SELECT * FROM messages WHERE id = ?", sent["message"]["id"]
        )
        assert (row["seq"], row["content"]) == (sent["message"]["seq"], f"By {kind}")


async def test_any_agent_may_leave_a_note_and_only_agents_see_it(floor: Floor) -> None:
    session = await floor.of_maria()
    note = await floor.ben.done("note", session_id=session["id"], content="A regular.")
    assert (note["message"]["kind"], note["message"]["author"]) == ("note", "Ben")
    await floor.maria.until("message.created", kind="note", content="A regular.")
    for token, is_seen in ((floor.tokens["Ben"], True), (session["token"], False)):
        said = await transcript(floor.recap, session, token)
        assert ("A regular." in [message["content"] for message in said]) is is_seen


async def test_typing_and_reading_are_shown_to_the_other_side_and_not_to_oneself(
    floor: Floor,
) -> None:
    session = await floor.of_maria()
    async with listen(floor.recap, session) as customer:
        await customer.until("message", kind="customer")
        await type_(floor.recap, session)
        shown = await floor.maria.until("typing", session_id=session["id"])
        assert (shown["by"], shown["name"]) == ("customer", None)
        await floor.maria.done("typing", session_id=session["id"])
        assert (await customer.until("typing")).data["name"] == "Maria"
        await read(floor.recap, session, 2)
        assert (await floor.maria.until("read", by="customer"))["seq"] == 2
        done = await floor.maria.done("read", session_id=session["id"], seq=10**9)
        assert done["seq"] == 3
        assert (await customer.until("read")).data["seq"] == 3
        await floor.maria.until("read", by="agent", seq=3)
        await floor.maria.done("send", session_id=session["id"], content="Done.")
        await customer.until("message", kind="agent")
    assert [e.data["name"] for e in customer.heard if e.name == "typing"] == ["Maria"]
    assert [e.data["seq"] for e in customer.heard if e.name == "read"] == [3]
    assert floor.maria.of("typing", by=floor.maria.id) == []


async def test_reading_less_than_before_is_no_news(floor: Floor) -> None:
    session = await floor.of_maria()
    await floor.maria.done("read", session_id=session["id"], seq=3)
    await floor.maria.until("read", seq=3)
    await floor.maria.done("read", session_id=session["id"], seq=1)
    await read(floor.recap, session, 2)
    await floor.maria.until("read", by="customer")
    assert [frame["seq"] for frame in floor.maria.of("read", by="agent")] == [3]


async def test_who_comes_later_is_told_how_far_the_other_side_has_read(floor: Floor) -> None:
    session = await floor.of_maria()
    await floor.maria.done("read", session_id=session["id"], seq=3)
    await read(floor.recap, session, 2)
    async with listen(floor.recap, session) as customer:
        assert (await customer.until("read")).data == {"seq": 3, "by": "agent"}
    await floor.ben.done("subscribe", cursors={session["id"]: 0})
    for by, seq in (("customer", 2), ("agent", 3)):
        await floor.ben.until("read", session_id=session["id"], by=by, seq=seq)


async def test_a_draft_is_the_bots_answer_for_the_agent_alone(floor: Floor) -> None:
    session = await floor.of_maria()
    async with connect(floor.recap, floor.tokens["Maria"]) as second:
        draft = await floor.maria.command("draft", session_id=session["id"], cmd_id="d1")
        assert draft["content"] == "Answer to: Is anybody there?"
        ready = await second.until("draft.ready", session_id=session["id"])
        assert (ready["cmd_id"], ready["content"]) == ("d1", draft["content"])
    places = [floor.maria.frames.index(f) for f in (floor.maria.of("draft.ready")[0], draft)]
    assert places == sorted(places)
    assert floor.ben.of("draft.ready") == []
    assert "bot" not in await kinds(floor.recap, session)
    (turn,) = rows(floor.recap.database, "SELECT * FROM turns")
    assert (turn["outcome"], turn["reply_id"]) == ("drafted", None)


async def test_a_status_is_told_to_colleagues_and_kept_for_the_next_socket(floor: Floor) -> None:
    assert (await floor.maria.done("status", status="away"))["status"] == "away"
    told = await floor.ben.until("agent.presence", status="away")
    assert told["agent"] == {"id": floor.maria.id, "name": "Maria"}
    session = await floor.recap.open_session()
    assert (await hand_over(floor.recap, session))["agents_online"] == 1
    async with connect(floor.recap, floor.tokens["Maria"]) as second:
        assert second.frames[0]["agent"]["status"] == "away"
    await floor.maria.done("status", status="online")
    assert (await hand_over(floor.recap, session))["agents_online"] == 2


async def test_a_ping_is_answered_with_the_time_while_a_draft_is_being_made(floor: Floor) -> None:
    session = await floor.of_maria()
    floor.recap.upstream.gate.clear()
    drafting = asyncio.create_task(floor.maria.done("draft", session_id=session["id"]))
    await floor.recap.upstream.asked.wait()
    assert (await floor.maria.done("ping"))["at"].endswith("Z")
    await floor.maria.done("send", session_id=session["id"], content="One moment.")
    assert not drafting.done()
    floor.recap.upstream.gate.set()
    assert (await drafting)["content"]


OWNED = ("release", "return_to_bot", "resolve", "transfer", "send", "typing", "read", "draft")
MORE: dict[str, dict[str, Any]] = {
    "transfer": {"agent_id": "agt_nobody"},
    "send": {"content": "Hello"},
    "note": {"content": "Hm"},
    "read": {"seq": 1},
}


async def test_a_session_that_is_not_there_is_not_found(floor: Floor) -> None:
    for kind in (*OWNED, "claim", "note"):
        more = MORE.get(kind, {})
        assert await floor.maria.refused(kind, session_id="ses_nothing", **more) == "not_found"


@pytest.mark.parametrize("owner", ["bot", "waiting", "Ben", "resolved"])
async def test_what_only_the_owner_may_do_is_refused_to_others(floor: Floor, owner: str) -> None:
    session = await floor.recap.open_session()
    if owner != "bot":
        await hand_over(floor.recap, session)
    if owner in ("Ben", "resolved"):
        await floor.ben.done("claim", session_id=session["id"])
    if owner == "resolved":
        await floor.ben.done("resolve", session_id=session["id"])
    before = await kinds(floor.recap, session)
    for kind in OWNED:
        more = {"agent_id": floor.ben.id} if kind == "transfer" else MORE.get(kind, {})
        assert await floor.maria.refused(kind, session_id=session["id"], **more) == "not_owner"
    assert await kinds(floor.recap, session) == before


async def test_whoever_claims_too_late_is_told_who_was_faster(floor: Floor) -> None:
    session = await floor.of_maria()
    error = await floor.ben.command("claim", session_id=session["id"])
    assert (error["type"], error["code"]) == ("error", "already_claimed")
    assert error["owner"] == {"id": floor.maria.id, "name": "Maria"}
    assert error["title"]
    assert error["detail"]


async def test_a_transfer_needs_somebody_who_is_there(floor: Floor) -> None:
    session = await floor.of_maria()
    absent = await floor.recap.hire("Zoe")
    for agent_id, code in (
        (absent.id, "agent_offline"),
        ("agt_nobody", "agent_offline"),
        (floor.maria.id, "not_found"),
    ):
        refused = floor.maria.refused("transfer", session_id=session["id"], agent_id=agent_id)
        assert await refused == code
    await floor.ben.done("status", status="away")
    await floor.maria.done("transfer", session_id=session["id"], agent_id=floor.ben.id)


async def test_a_draft_needs_a_question_and_a_model(floor: Floor) -> None:
    session = await floor.of_maria()
    floor.recap.upstream.script.append(Scripted(status=500))
    assert await floor.maria.refused("draft", session_id=session["id"]) == "upstream_error"
    assert await owner_of(floor.recap, session) == floor.maria.id
    await floor.maria.done("send", session_id=session["id"], content="Yes, I am.")
    assert await floor.maria.refused("draft", session_id=session["id"]) == "nothing_to_answer"


async def test_a_draft_that_takes_too_long_is_given_up(start_recap: Starter) -> None:
    async with start_recap(upstream_timeout_seconds=0.2) as recap:
        maria, session = await recap.hire(), await recap.open_session()
        async with connect(recap, maria.token) as agent:
            await agent.done("claim", session_id=session["id"])
            await recap.say(session, "Hello?")
            recap.upstream.gate.clear()
            refused = await agent.refused("draft", session_id=session["id"])
            recap.upstream.gate.set()
            assert refused == "upstream_timeout"


async def test_what_the_database_could_not_keep_is_done_by_the_next_try(floor: Floor) -> None:
    session = await floor.of_maria()
    said = {"session_id": session["id"], "content": "Kept?", "cmd_id": "again"}
    await change(
        floor.recap,
        "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    assert await floor.maria.refused("send", **said) == "storage_error"
    await change(floor.recap, "DROP TRIGGER full")
    assert (await floor.maria.done("send", **said))["message"]["content"] == "Kept?"
