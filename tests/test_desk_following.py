"""What a live agent's socket is told of sessions: all of it, in order, once; also after a break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from service.loopback import Scripted
from tests.agents import connect
from tests.conftest import Recap, Starter
from tests.customer import at, erase, hand_over, transcript, type_, withdraw
from tests.floor import Floor, open_floor
from tests.held import held_model
from tests.watching import begin, change, listen

LOST_ITSELF = 1011


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


async def test_who_comes_back_by_cursor_gets_exactly_what_was_missed(floor: Floor) -> None:
    recap, token = floor.recap, floor.tokens["Maria"]
    session = await floor.of_maria()
    await floor.maria.done("send", session_id=session["id"], content="I am.")
    async with connect(recap, token) as page:
        await page.done("subscribe", cursors={session["id"]: 0})
        await page.until("message.created", content="I am.")
        place = page.cursors.seen[session["id"]]
    await recap.say(session, "Can you help?")
    await floor.ben.done("note", session_id=session["id"], content="He called twice.")
    await floor.maria.done("send", session_id=session["id"], content="I can.")
    await floor.maria.done("transfer", session_id=session["id"], agent_id=floor.ben.id)
    await floor.ben.done("send", session_id=session["id"], content="Ben here.")
    async with connect(recap, token) as page:
        assert page.state.mine == {}
        answer = await page.done("subscribe", cursors={session["id"]: place})
        assert answer["sessions"] == {session["id"]: 9}
        await page.until("message.created", content="Ben here.")
        await recap.say(session, "And now live.")
        await page.until("message.created", content="And now live.")
        heard = page.said(session["id"])
    missed = ["Can you help?", "He called twice.", "I can.", "transferred", "Ben here."]
    assert heard == [*missed, "And now live."]


async def test_the_answer_to_a_subscription_comes_before_what_was_missed(floor: Floor) -> None:
    session = await floor.of_maria()
    await floor.ben.done("subscribe", cursors={session["id"]: 0}, cmd_id="s")
    await floor.ben.until("message.created", content="claimed")
    told = [f["type"] for f in floor.ben.frames if f.get("cmd_id") == "s" or "content" in f]
    assert told == ["result", *["message.created"] * 3]
    said = await transcript(floor.recap, session, floor.tokens["Ben"])
    assert floor.ben.said(session["id"]) == [message["content"] for message in said]


async def test_a_subscription_adds_to_what_is_followed_and_can_be_taken_back(floor: Floor) -> None:
    sessions = [await floor.recap.open_session() for _ in range(3)]
    for session in sessions:
        await floor.maria.done("subscribe", cursors={session["id"]: 0})
    await floor.maria.done("subscribe", cursors={sessions[0]["id"]: None, "ses_nothing": None})
    for session in sessions:
        await floor.recap.say(session, "Hello")
    for session in sessions[1:]:
        await floor.maria.until("message.created", session_id=session["id"], kind="bot")
    assert floor.maria.said(sessions[0]["id"]) == []


async def test_an_own_session_is_followed_until_it_is_anothers(floor: Floor) -> None:
    mine, witness = await floor.of_maria(), await floor.recap.open_session()
    await floor.maria.done("subscribe", cursors={witness["id"]: 0})
    await floor.recap.say(mine, "Still with you?")
    await floor.maria.until("message.created", content="Still with you?")
    await floor.maria.done("release", session_id=mine["id"])
    await floor.ben.done("claim", session_id=mine["id"])
    await floor.recap.say(mine, "Whose now?")
    await floor.ben.until("message.created", content="Whose now?")
    await floor.recap.say(witness, "Over?")
    await floor.maria.until("message.created", session_id=witness["id"], kind="bot")
    assert floor.maria.said(mine["id"]) == ["Still with you?"]
    await floor.maria.done("subscribe", cursors={mine["id"]: 4})
    await floor.maria.until("message.created", content="Whose now?")


async def test_all_sockets_of_an_agent_hear_the_same(floor: Floor) -> None:
    recap, token = floor.recap, floor.tokens["Maria"]
    async with connect(recap, token) as one, connect(recap, token) as two:
        session = await floor.of_maria()
        recap.upstream.script.append(Scripted("Maybe.", token_delay=0.01))
        await floor.maria.done("send", session_id=session["id"], content="I am.")
        await one.done("read", session_id=session["id"], seq=3)
        await two.done("note", session_id=session["id"], content="Calm.")
        await recap.say(session, "Good.")
        await floor.maria.done("release", session_id=session["id"])
        for socket in (floor.maria, one, two):
            await socket.until("session.released")
            assert socket.said(session["id"]) == ["I am.", "Calm.", "Good."]
        first, *others = [
            [f for f in socket.frames if f["type"].startswith(("session.", "message.", "read"))]
            for socket in (floor.maria, one, two)
        ]
        by_kind = [sorted(map(str, frames)) for frames in (first, *others)]
        assert by_kind == [by_kind[0]] * 3


async def test_a_follower_who_comes_in_mid_reply_hears_all_of_it(start_recap: Starter) -> None:
    async with (
        held_model() as model,
        start_recap(openai_base_url=model.base_url) as recap,
        open_floor(recap) as floor,
    ):
        session = await recap.open_session()
        (posting,) = await begin(recap, session, "Where?")
        call = await model.next_call()
        call.say("On ")
        await floor.maria.done("subscribe", cursors={session["id"]: 0})
        first = await floor.maria.until("bot.delta", content="On ")
        call.say("its way")
        await floor.maria.until("bot.delta", content="its way")
        await floor.ben.done("subscribe", cursors={session["id"]: 1})
        late = await floor.ben.until("bot.delta")
        call.finish(".")
        await posting
        reply = await floor.maria.until("message.created", kind="bot")
        deltas = floor.maria.of("bot.delta")
    assert (first["seq"], first["offset"], first["done"]) == (1, 0, False)
    assert (late["offset"], late["content"]) == (0, "On its way")
    text = ""
    for delta in deltas:
        assert (delta["offset"], delta["message_id"]) == (len(text), first["message_id"])
        text += delta["content"]
    assert text in ("On its way", "On its way.")
    assert reply["content"] == "On its way."


async def test_a_cursor_ahead_of_the_session_is_told_to_begin_again(floor: Floor) -> None:
    session = await floor.of_maria()
    for cursor, known, lost in ((0, 3, 0), (3, 3, 0), (4, None, 1), (10**12, None, 2)):
        answer = await floor.ben.done("subscribe", cursors={session["id"]: cursor})
        assert answer["sessions"] == ({session["id"]: known} if known else {})
        await floor.ben.done("ping")
        assert len(floor.ben.of("resync_required", reason="ahead")) == lost


async def test_a_session_that_is_not_there_is_unknown(floor: Floor) -> None:
    answer = await floor.ben.done("subscribe", cursors={"ses_nothing": 0})
    assert answer["sessions"] == {}
    await floor.ben.until("resync_required", session_id="ses_nothing", reason="unknown")


async def test_an_erased_session_leaves_the_desks_and_their_followers(floor: Floor) -> None:
    mine, queued = await floor.of_maria(), await floor.waiting()
    watched = await floor.recap.open_session()
    await floor.ben.done("subscribe", cursors={watched["id"]: 0, mine["id"]: 0})
    for session in (mine, queued, watched):
        await erase(floor.recap, session)
    for agent in (floor.maria, floor.ben):
        for session in (mine, queued):
            event = await agent.until("session.resolved", session_id=session["id"])
            assert (event["owner"], event["cause"], event["by"]) == ("resolved", "erased", None)
        assert (agent.state.queue, agent.state.mine) == ({}, {})
    for agent, session in ((floor.maria, mine), (floor.ben, mine), (floor.ben, watched)):
        await agent.until("resync_required", session_id=session["id"], reason="erased")
    said = {"session_id": mine["id"], "content": "Hello?"}
    assert await floor.maria.refused("send", **said) == "not_found"
    await floor.maria.done("subscribe", cursors={mine["id"]: 0})
    await floor.maria.until("resync_required", session_id=mine["id"], reason="unknown")


async def test_a_session_erased_while_it_is_handed_over_haunts_no_desk(floor: Floor) -> None:
    statuses = set()
    for _ in range(15):
        session = await floor.recap.open_session()
        asked, _ = await asyncio.gather(
            at(floor.recap, "POST", session, "handoff"), erase(floor.recap, session)
        )
        statuses.add(asked.status)
    assert statuses <= {202, 401, 404}  # that no desk holds one is seen when the floor closes


async def test_colleagues_who_follow_see_an_agent_typing(floor: Floor) -> None:
    session = await floor.of_maria()
    await floor.ben.done("subscribe", cursors={session["id"]: 3})
    await floor.maria.done("typing", session_id=session["id"])
    shown = await floor.ben.until("typing", session_id=session["id"])
    assert (shown["by"], shown["name"]) == (floor.maria.id, "Maria")
    await type_(floor.recap, session)
    await floor.ben.until("typing", by="customer")
    await floor.maria.until("typing", by="customer")
    assert floor.maria.of("typing", by=floor.maria.id) == []


async def test_messages_sent_from_all_sides_at_once_come_in_one_order(floor: Floor) -> None:
    session = await floor.of_maria()
    await floor.ben.done("subscribe", cursors={session["id"]: 3})

    async def agent(number: int) -> None:
        await floor.maria.done("send", session_id=session["id"], content=f"Agent {number}")

    async def colleague(number: int) -> None:
        await floor.ben.done("note", session_id=session["id"], content=f"Note {number}")

    async def customer(number: int) -> None:
        await floor.recap.say(session, f"Customer {number}")

    await asyncio.gather(*(say(n) for n in range(20) for say in (agent, colleague, customer)))
    said = await transcript(floor.recap, session, floor.tokens["Ben"])
    assert [message["seq"] for message in said] == list(range(1, 64))
    for socket in (floor.maria, floor.ben):
        await socket.knows(lambda s=socket: s.cursors.seen[session["id"]] == 63)  # type: ignore[misc]
        heard = socket.of("message.created", session_id=session["id"])
        assert [frame["id"] for frame in heard] == [message["id"] for message in said[3:]]


async def test_a_socket_that_cannot_be_told_is_closed_and_not_left_in_silence(
    recap: Recap,
) -> None:
    maria = await recap.hire()
    session = await recap.open_session()
    async with connect(recap, maria.token) as agent:
        await agent.done("claim", session_id=session["id"])
        await change(recap, "ALTER TABLE messages RENAME TO hidden")
        await type_(recap, session)
        assert await agent.closed() == LOST_ITSELF
    await change(recap, "ALTER TABLE hidden RENAME TO messages")
    async with connect(recap, maria.token) as agent:
        await agent.done("subscribe", cursors={session["id"]: 0})
        await agent.until("message.created", content="claimed")


async def test_a_subscription_that_cannot_be_read_is_an_error(recap: Recap) -> None:
    maria = await recap.hire()
    session = await recap.open_session()
    async with connect(recap, maria.token) as agent:
        await change(recap, "ALTER TABLE sessions RENAME TO hidden")
        refused = await agent.refused("subscribe", cursors={session["id"]: 0})
        await change(recap, "ALTER TABLE hidden RENAME TO sessions")
        assert refused == "storage_error"
        await agent.done("subscribe", cursors={session["id"]: 0})


async def test_the_places_of_those_who_wait_are_told_as_the_queue_moves(floor: Floor) -> None:
    first, second, third = [await floor.waiting() for _ in range(3)]
    async with listen(floor.recap, third) as customer:
        assert (await customer.until("owner")).data["position"] == 3
        await floor.maria.done("claim", session_id=first["id"])
        await customer.until("owner", position=2)
        await withdraw(floor.recap, second)
        await customer.until("owner", position=1)
        await floor.maria.done("release", session_id=first["id"])
        await customer.until("owner", position=2)
        await erase(floor.recap, first)
        await customer.until("owner", position=1)
        await floor.maria.done("claim", session_id=third["id"])
        owner = (await customer.until("owner", position=None)).data
    assert owner == {
        "owner": floor.maria.id,
        "agent": {"name": "Maria"},
        "position": None,
        "agents_online": 2,
    }
    assert (await hand_over(floor.recap, third))["owner"] == floor.maria.id
