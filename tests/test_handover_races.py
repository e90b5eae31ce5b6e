"""Handing over against the clock: claims at once, agents who vanish, messages in between."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.loopback import Scripted
from tests.agents import Agent, agrees, connect
from tests.conftest import Recap, Starter
from tests.customer import Session, calls_a_human, hand_over, kinds, owner_of, read, withdraw
from tests.floor import Floor, open_floor
from tests.held import held_model
from tests.watching import (
    assert_all_agrees,
    begin,
    eventually,
    listen,
    rows,
    say_streaming,
    turns_of,
    words,
)


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


@pytest.mark.parametrize("who", ["agent", "customer"])
async def test_the_bots_words_end_in_the_moment_that_a_person_comes_in(
    start_recap: Starter, who: str
) -> None:
    async with (
        held_model() as model,
        start_recap(openai_base_url=model.base_url) as recap,
        open_floor(recap) as floor,
    ):
        session = await recap.open_session()
        await floor.ben.done("subscribe", cursors={session["id"]: 0})
        async with listen(recap, session) as page, say_streaming(recap, session, "Hi") as stream:
            call = await model.next_call()
            call.say("I am the ")
            delta = await stream.until("delta")
            await page.until("delta")
            await floor.ben.until("bot.delta", done=False)
            if who == "agent":
                await floor.maria.done("claim", session_id=session["id"])
            else:
                await hand_over(recap, session)
            dropped = {"message_id": delta.data["message_id"]}
            assert (await page.until("superseded")).data == dropped | {"by": None}
            await floor.ben.until("bot.delta", done=True, content="", **dropped)
            await page.until("owner", owner=floor.maria.id if who == "agent" else "waiting")
            await recap.say(session, "Who is it?")
            call.finish("bot, and I never stop.")
            last = (await stream.rest())[-1]
            await page.until("message", content="Who is it?")
        assert (last.name, last.data["reply"], last.data["by"]) == ("superseded", None, None)
        assert words(page.heard, delta.data["message_id"]) == "I am the "
        (turn,) = await turns_of(recap, session)
        assert (turn["outcome"], turn["prompt_tokens"]) == ("fenced", call.usage["prompt_tokens"])
        assert "bot" not in await kinds(recap, session)
        assert "never stop" not in str(floor.ben.frames)


async def test_the_bot_never_speaks_after_a_claim_at_its_door_whenever_it_comes(
    floor: Floor,
) -> None:
    recap, dice = floor.recap, random.Random(7)
    recap.upstream.default = lambda body: Scripted(
        f"To {body['messages'][-1]['content']}.", first_token_delay=dice.uniform(0, 0.02)
    )

    async def talk() -> None:
        session = await recap.open_session()
        posting = [
            asyncio.create_task(recap.say(session, f"{session['id']} {n}")) for n in range(2)
        ]
        await asyncio.sleep(dice.uniform(0, 0.1))
        claimed = await floor.maria.done("claim", session_id=session["id"])
        answers = await asyncio.gather(*posting)
        late = "SELECT * FROM messages WHERE session_id = ? AND kind = 'bot' AND seq > ?"
        seq = claimed["session"]["last_seq"]
        assert rows(recap.database, late, session["id"], seq) == []
        after = [a["message"]["seq"] > seq for a in answers]
        assert all(
            a["reply"] is None for a, is_after in zip(answers, after, strict=True) if is_after
        )

    await asyncio.gather(*(talk() for _ in range(40)))
    outcomes = {
        row["outcome"] for row in rows(recap.database, "SELECT DISTINCT outcome FROM turns")
    }
    assert outcomes >= {"fenced", "answered"}


async def test_a_claim_that_is_kept_together_with_the_models_handover_leaves_nobody_deaf(
    recap: Recap,
) -> None:
    await recap.rooms.tenants.set("shop", handover=True)
    recap.upstream.script.append(calls_a_human("One moment."))
    queue = recap.rooms.database._queue
    async with open_floor(recap) as floor:
        session = await recap.open_session()
        recap.upstream.gate.clear()
        posting = asyncio.create_task(recap.say(session, "A person!"))
        await recap.upstream.asked.wait()
        with contextlib.closing(sqlite3.connect(recap.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # so that what is written now waits, and together
            reading = [asyncio.create_task(read(recap, session, 1)) for _ in range(2)]
            await eventually(lambda: queue.qsize() == 1)
            recap.upstream.gate.set()
            await eventually(lambda: queue.qsize() == 2)
            claiming = asyncio.create_task(floor.maria.done("claim", session_id=session["id"]))
            await eventually(lambda: queue.qsize() == 3)
        await asyncio.gather(posting, claiming, *reading)
        await floor.maria.until("session.waiting")
        told = [frame["epoch"] for frame in floor.maria.frames if "cause" in frame]
        assert sorted(told) == [1, 2]
        assert await kinds(recap, session) == ["customer", "bot", "handed over", "claimed"]
        await recap.say(session, "Whom do I talk to?")
        await floor.maria.until("message.created", content="Whom do I talk to?")


async def test_of_many_who_claim_at_once_one_wins_and_the_others_are_told_who(
    recap: Recap,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        hired = [await recap.hire(f"Agent {n}") for n in range(12)]
        agents = [await stack.enter_async_context(connect(recap, h.token)) for h in hired]
        for _ in range(4):
            session = await recap.open_session()
            await hand_over(recap, session)
            answers = await asyncio.gather(
                *(agent.command("claim", session_id=session["id"]) for agent in agents)
            )
            (winner,) = [a["session"] for a in answers if a["type"] == "result"]
            lost = [answer for answer in answers if answer["type"] == "error"]
            assert [a["code"] for a in lost] == ["already_claimed"] * 11
            assert {a["owner"]["id"] for a in lost} == {winner["owner"]}
            assert await kinds(recap, session) == ["handed over", "claimed"]
            for agent in agents:
                await agent.until("session.claimed", session_id=session["id"])
                assert (session["id"] in agent.state.mine) is (agent.id == winner["owner"])
    await assert_all_agrees(recap.database)


@pytest.mark.parametrize(
    ("own", "default", "most"), [(3, None, 3), (None, 2, 2), (3, 2, 3), (1, 5, 1), (None, None, 8)]
)
async def test_no_agent_has_more_sessions_than_allowed_however_they_come(
    start_recap: Starter, own: int | None, default: int | None, most: int
) -> None:
    async with start_recap(agent_capacity=default) as recap:
        maria = await recap.hire("Maria", capacity=own)
        sessions = [await recap.open_session() for _ in range(8)]
        async with connect(recap, maria.token) as one, connect(recap, maria.token) as two:
            assert one.frames[0]["agent"]["capacity"] == (own or default)
            answers = await asyncio.gather(
                *(
                    agent.command("claim", session_id=session["id"])
                    for session in sessions
                    for agent in (one, two)
                )
            )
            refused = [answer for answer in answers if answer["type"] == "error"]
            assert len(one.state.mine) == most
            assert {(a["code"], a["capacity"]) for a in refused} <= {("at_capacity", most)}
            if most < 8:
                mine = list(one.state.mine)
                (other, *_) = [s["id"] for s in sessions if s["id"] not in mine]
                await one.done("claim", session_id=mine[0])  # which is its own already
                await one.done("resolve", session_id=mine[0])
                await two.done("claim", session_id=other)
    await assert_all_agrees(recap.database)


async def test_a_transfer_does_not_fill_an_agent_beyond_its_capacity(recap: Recap) -> None:
    maria, ben = await recap.hire("Maria"), await recap.hire("Ben", capacity=1)
    sessions = [await recap.open_session() for _ in range(3)]
    async with connect(recap, maria.token) as giver, connect(recap, ben.token) as taker:
        for session in sessions:
            await giver.done("claim", session_id=session["id"])
        answers = await asyncio.gather(
            *(giver.command("transfer", session_id=s["id"], agent_id=ben.id) for s in sessions)
        )
        refused = [(a["code"], a["capacity"]) for a in answers if a["type"] == "error"]
        assert refused == [("at_capacity", 1)] * 2
        await taker.until("session.transferred")
        assert (len(giver.state.mine), len(taker.state.mine)) == (2, 1)
    await assert_all_agrees(recap.database)


async def test_who_vanishes_loses_its_sessions_to_their_old_places(start_recap: Starter) -> None:
    async with start_recap(agent_grace_seconds=0.4) as recap:
        maria, ben = await recap.hire("Maria"), await recap.hire("Ben")
        lost, other = [await recap.open_session() for _ in range(2)]
        for session in (lost, other):
            await hand_over(recap, session)
        async with connect(recap, ben.token) as witness, listen(recap, lost) as customer:
            async with connect(recap, maria.token) as agent:
                await agent.done("claim", session_id=lost["id"])
                await recap.say(lost, "Hello?")
                await customer.until("owner", owner=agent.id)
            event = await witness.until("session.released", session_id=lost["id"])
            assert (event["owner"], event["cause"]) == ("waiting", "agent lost")
            queue = [card["session_id"] for card in witness.state.shown()["queue"]]
            assert queue == [lost["id"], other["id"]]
            told = await customer.until("owner", owner="waiting")
            assert (told.data["agent"], told.data["position"]) == (None, 1)
            await witness.done("claim", session_id=lost["id"])
            await witness.done("send", session_id=lost["id"], content="Ben here.")
            await customer.until("message", content="Ben here.")
            said = [event.data["content"] for event in customer.heard if event.name == "message"]
            assert said == [
                "handed over",
                "claimed",
                "Hello?",
                "agent lost",
                "claimed",
                "Ben here.",
            ]
            await agrees(recap, witness, ben.token)
    await assert_all_agrees(recap.database)


@pytest.mark.parametrize("is_restarted", [False, True], ids=["a broken line", "a restart"])
async def test_who_is_back_in_time_keeps_its_sessions(
    start_recap: Starter, is_restarted: bool
) -> None:
    grace, since = 1.5, time.monotonic()
    async with start_recap(agent_grace_seconds=grace) as recap:
        keys = recap.keys
        hired = [await recap.hire(name) for name in ("Maria", "Zoe", "Ben")]
        sessions = [await recap.open_session() for _ in range(2)]
        for agent_token, session in zip(hired[:2], sessions, strict=True):
            async with connect(recap, agent_token.token) as agent:
                await agent.done("claim", session_id=session["id"])
        if not is_restarted:
            await one_returns_and_one_does_not(recap, hired, sessions)
    if is_restarted:
        rows(recap.database, "UPDATE agents SET seen_at = seen_at - 60000000")  # a long way down
        since = time.monotonic()
        async with start_recap(keys=keys, agent_grace_seconds=grace) as recap:
            await one_returns_and_one_does_not(recap, hired, sessions)
    assert time.monotonic() - since >= grace  # nobody was given up before
    await assert_all_agrees(recap.database)


async def one_returns_and_one_does_not(
    recap: Recap, hired: list[Any], sessions: list[dict[str, Any]]
) -> None:
    """Maria is back at once, Zoe never; Ben sees it."""
    async with connect(recap, hired[0].token) as maria, connect(recap, hired[2].token) as ben:
        assert list(maria.state.mine) == [sessions[0]["id"]]
        await ben.until("session.released", session_id=sessions[1]["id"], cause="agent lost")
        assert await owner_of(recap, sessions[0]) == maria.id
        await recap.say(sessions[0], "Still there?")
        await maria.until("message.created", content="Still there?")


def step(agent: Agent, kind: str, session: Session) -> Any:
    return agent.done(kind, session_id=session["id"])


@pytest.mark.parametrize("back", ["withdraw", "return_to_bot"])
async def test_what_is_said_in_the_moment_that_the_bot_is_back_is_answered_once(
    floor: Floor, back: str
) -> None:
    recap, dice = floor.recap, random.Random(9)

    async def talk() -> None:
        session = await recap.open_session()
        await hand_over(recap, session)
        if back == "return_to_bot":
            await step(floor.maria, "claim", session)
        text = f"Anybody? {session['id']}"
        async with listen(recap, session) as customer:
            saying = asyncio.create_task(recap.say(session, text))
            await asyncio.sleep(dice.uniform(0, 0.02))
            giving = withdraw(recap, session)
            if back == "return_to_bot":
                giving.close()
                giving = step(floor.maria, back, session)
            await asyncio.gather(giving, saying)
            reply = await customer.until("message", kind="bot")
        assert reply.data["content"] == f"Answer to: {text}"[:71]
        await recap.say(session, "Thanks.")
        assert (await kinds(recap, session)).count("bot") == 2

    await asyncio.gather(*(talk() for _ in range(25)))


async def test_a_burst_that_a_person_left_is_answered_by_one_reply(start_recap: Starter) -> None:
    async with (
        held_model() as model,
        start_recap(openai_base_url=model.base_url, burst_silence_seconds=0) as recap,
        open_floor(recap) as floor,
    ):
        session = await floor.of_maria("one", "two", "three")
        await floor.maria.done("return_to_bot", session_id=session["id"])
        call = await model.next_call()
        assert call.asked == ["one", "two", "three"]
        (fourth,) = await begin(recap, session, "four")
        call.finish("Too early.")
        second = await model.next_call()
        assert second.asked == ["one", "two", "three", "four"]
        second.finish("To all.")
        assert (await fourth)["reply"]["content"] == "To all."
        assert (await kinds(recap, session)).count("bot") == 1


async def test_what_is_returned_while_an_old_call_still_runs_is_answered_after_it(
    start_recap: Starter,
) -> None:
    async with (
        held_model() as model,
        start_recap(openai_base_url=model.base_url, burst_silence_seconds=0) as recap,
        open_floor(recap) as floor,
    ):
        session = await recap.open_session()
        (posting,) = await begin(recap, session, "Where is it?")
        call = await model.next_call()
        for agent in (floor.maria, floor.ben):
            await step(agent, "claim", session)
            await step(agent, "return_to_bot", session)
        await hand_over(recap, session)
        assert await withdraw(recap, session) == "bot"
        async with listen(recap, session) as customer:
            call.finish("On its way.")
            await customer.until("message", kind="bot", content="On its way.")
        assert (await posting)["message"]["content"] == "Where is it?"
        assert (await kinds(recap, session)).count("bot") == 1
        turns = await turns_of(recap, session)
        assert [turn["outcome"] for turn in turns] == ["fenced", "reused"]  # paid for once
