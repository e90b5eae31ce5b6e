"""From the bot to a person and back: who asked for it, what the customer is told, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.handover import TOOL
from tests.conftest import Recap
from tests.customer import at, calls_a_human, hand_over, kinds, transcript, withdraw
from tests.floor import Floor, open_floor
from tests.watching import listen, rows, say_streaming, turns_of


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


async def test_a_customer_who_asks_is_told_the_place_and_who_is_there(floor: Floor) -> None:
    first, second = [await floor.recap.open_session() for _ in range(2)]
    for place, session in enumerate((first, second), 1):
        for _ in range(2):  # asking again changes nothing
            told = await hand_over(floor.recap, session, f"Case {place}")
            assert told == {"owner": "waiting", "position": place, "agents_online": 2}
        assert await kinds(floor.recap, session) == ["handed over"]
    event = await floor.maria.until("session.waiting", session_id=first["id"])
    assert (event["owner"], event["cause"], event["by"]) == ("waiting", "handed over", None)
    assert (event["reason"], event["epoch"]) == ("Case 1", 1)
    await floor.ben.done("claim", session_id=first["id"])
    told = await hand_over(floor.recap, first)
    assert told == {"owner": floor.ben.id, "position": None, "agents_online": 2}


async def test_asking_many_times_at_once_is_asking_once(floor: Floor) -> None:
    session = await floor.recap.open_session()
    told = await asyncio.gather(*(hand_over(floor.recap, session) for _ in range(10)))
    assert told == [{"owner": "waiting", "position": 1, "agents_online": 2}] * 10
    assert await kinds(floor.recap, session) == ["handed over"]


async def test_a_reason_is_optional_and_cut_to_length(floor: Floor) -> None:
    for reason, kept in ((None, None), ("  ", None), (" Lost. ", "Lost."), ("x" * 9000, "x" * 500)):
        session = await floor.recap.open_session()
        await hand_over(floor.recap, session, reason)
        event = await floor.maria.until("session.waiting", session_id=session["id"])
        assert event["reason"] == kept
    bodies: list[Any] = [{"reason": 5}, {"reason": "a\0b"}, []]
    for body in bodies:
        answer = await at(floor.recap, "POST", session, "handoff", json=body)
        assert answer.status == 422


async def test_while_a_person_is_waited_for_the_bot_is_silent(floor: Floor) -> None:
    session = await floor.waiting()
    async with listen(floor.recap, session) as customer:
        owner = (await customer.until("owner")).data
        assert owner == {"owner": "waiting", "agent": None, "position": 1, "agents_online": 2}
        answer = await floor.recap.say(session, "Hello?")
        assert (answer["reply"], answer["owner"]) == (None, "waiting")
        async with say_streaming(floor.recap, session, "Anybody?") as stream:
            events = await stream.rest()
        assert [event.name for event in events] == ["message", "reply"]
        assert (events[1].data["reply"], events[1].data["owner"]) == (None, "waiting")
        await floor.maria.done("claim", session_id=session["id"])
        owner = (await customer.until("owner", owner=floor.maria.id)).data
        assert owner["agent"] == {"name": "Maria"}
    assert floor.recap.upstream.calls == 0


async def test_who_waits_no_longer_is_answered_by_the_bot(floor: Floor) -> None:
    session = await floor.waiting()
    await floor.recap.say(session, "Hello?")
    await floor.recap.say(session, "Where is my parcel?")
    async with listen(floor.recap, session) as customer:
        assert await withdraw(floor.recap, session) == "bot"
        await customer.until("owner", owner="bot")
        reply = await customer.until("message", kind="bot")
    assert reply.data["content"] == "Answer to: Hello?\n\nWhere is my parcel?"
    assert await withdraw(floor.recap, session) == "bot"  # again changes nothing
    event = await floor.maria.until("session.released", session_id=session["id"])
    assert (event["owner"], event["cause"], event["by"]) == ("bot", "withdrawn", None)
    told = await kinds(floor.recap, session)
    assert told == ["handed over", "customer", "customer", "withdrawn", "bot"]


async def test_nobody_is_sent_away_by_withdrawing(floor: Floor) -> None:
    session = await floor.of_maria()
    assert await withdraw(floor.recap, session) == floor.maria.id
    await floor.maria.done("resolve", session_id=session["id"])
    assert await withdraw(floor.recap, session) == "resolved"


async def test_the_bot_has_the_persons_words_for_its_own_and_does_not_hand_over_again(
    floor: Floor,
) -> None:
    recap, session = floor.recap, await floor.recap.open_session()
    await recap.rooms.tenants.set("shop", handover=True)
    recap.upstream.script.append(calls_a_human("I will get somebody."))
    await recap.say(session, "My money back!")
    await floor.maria.done("claim", session_id=session["id"])
    await floor.maria.done("note", session_id=session["id"], content="A regular.")
    await floor.maria.done("send", session_id=session["id"], content="It is on its way.")
    await recap.say(session, "Thanks.")
    await recap.say(session, "When?")
    await floor.maria.done("return_to_bot", session_id=session["id"])
    await floor.maria.done("subscribe", cursors={session["id"]: 0})
    await floor.maria.until("message.created", kind="bot", content="Answer to: Thanks.\n\nWhen?")
    request = recap.upstream.requests[-1]
    assert "tools" not in request
    assert [(m["role"], m["content"]) for m in request["messages"][1:]] == [
        ("user", "My money back!"),
        ("assistant", "I will get somebody.\n\nIt is on its way."),
        ("user", "Thanks.\n\nWhen?"),
    ]
    await recap.say(session, "And the receipt?")
    assert recap.upstream.requests[-1]["tools"] == [TOOL]
    statuses = [turn["status"] for turn in await turns_of(recap, session)]
    assert statuses[-1] == "hit"  # the prefix's name goes on through the person's words


async def test_what_a_person_said_is_nobodys_but_that_sessions(floor: Floor) -> None:
    recap = floor.recap
    first, second = [await recap.open_session() for _ in range(2)]
    for calls, session in enumerate((first, second), 1):
        await hand_over(recap, session)
        await recap.say(session, "Is it here?")
        await floor.maria.done("claim", session_id=session["id"])
        await floor.maria.done("send", session_id=session["id"], content="It is.")
        await floor.maria.done("return_to_bot", session_id=session["id"])
        answer = await recap.say(session, "And open?")
        assert answer["reply"]["content"] == "Answer to: And open?"
        assert recap.upstream.calls == calls
    third = await recap.open_session()
    assert (await recap.say(third, "Is it here?"))["reply"]["content"] == "Answer to: Is it here?"
    assert recap.upstream.calls == 3
    cached = rows(recap.database, "SELECT value FROM prefix_cache WHERE kind = 'reply'")
    assert len(cached) == 3
    assert "It is." not in str([row["value"] for row in cached])


async def test_notes_are_for_live_agents_alone(floor: Floor) -> None:
    recap, session = floor.recap, await floor.of_maria()
    secret = "heliotrope-4471"
    async with listen(recap, session) as customer:
        await floor.maria.done("note", session_id=session["id"], content=secret)
        await floor.ben.done("note", session_id=session["id"], content=secret)
        posted: list[Any] = [await recap.say(session, "Hm?")]
        await floor.maria.done("return_to_bot", session_id=session["id"])
        await customer.until("message", kind="bot")
        posted.append(await recap.say(session, "Thanks."))
        async with say_streaming(recap, session, "Bye.") as stream:
            posted.append(await stream.rest())
        await customer.until("message", content="Answer to: Bye.")
    async with listen(recap, session) as late:
        await late.until("message", content="Answer to: Bye.")
    mine = await transcript(recap, session, session["token"])
    for seen in (customer.heard, late.heard, posted, mine, recap.upstream.requests):
        assert secret not in str(seen)
    for token in (floor.tokens["Maria"], floor.tokens["Ben"], recap.keys.key):
        assert [m["content"] for m in await transcript(recap, session, token)].count(secret) == 2
    async with recap.http.get(
        f"/v1/sessions/{session['id']}/export", headers=recap.bearer()
    ) as response:
        exported = await response.json()
    assert [m["author"] for m in exported["messages"] if m["kind"] == "note"] == ["Maria", "Ben"]


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
async def test_who_writes_after_the_end_is_answered_by_the_bot(floor: Floor, streams: bool) -> None:
    recap, session = floor.recap, await floor.of_maria()
    async with listen(recap, session) as customer:
        await floor.maria.done("resolve", session_id=session["id"])
        await customer.until("owner", owner="resolved", agent=None)
        if streams:
            async with say_streaming(recap, session, "Hello again") as stream:
                answer = (await stream.rest())[-1].data
        else:
            answer = await recap.say(session, "Hello again")
        said = "Is anybody there?\n\nHello again"
        assert (answer["owner"], answer["reply"]["content"]) == ("bot", f"Answer to: {said}")
        await customer.until("owner", owner="bot")
    sent = [m["content"] for m in recap.upstream.requests[-1]["messages"]]
    assert sent[1:] == [said]
    told = await hand_over(recap, session)
    assert (told["owner"], told["position"]) == ("waiting", 1)
