"""Turns against the clock: claims, retries, departures and erasures at every moment."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.loopback import Scripted
from tests.conftest import Recap, Starter
from tests.held import HeldCall, HeldModel, held_model
from tests.watching import (
    Talk,
    assert_all_agrees,
    assert_kept_and_goes_on,
    begin,
    claim,
    eventually,
    has_said,
    held_talk,
    listen,
    post,
    rows,
    say_streaming,
    talk_until_gone,
    turns_of,
)


@pytest.mark.parametrize("owner", ["agt_human", "bot"], ids=["claimed", "claimed and returned"])
async def test_after_a_claim_the_running_call_is_dropped_and_paid(
    start_recap: Starter, owner: str
) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        (posting,) = await begin(recap, session, "Is anybody there?")
        call = await model.next_call()
        call.say("I am the ")
        claim(recap.database, session["id"], owner)
        call.finish("bot.")
        answer = await posting
        assert (answer["reply"], answer["superseded_by"], answer["owner"]) == (None, None, owner)
        assert answer["usage"]["prompt_tokens"] == call.usage["prompt_tokens"]
        (turn,) = await turns_of(recap, session)
        assert (turn["outcome"], turn["reply_id"]) == ("fenced", None)
        assert rows(recap.database, "SELECT * FROM prefix_cache")
        kinds = [message["kind"] for message in await recap.transcript(session)]
        assert kinds == ["customer", "activity"]
    await assert_all_agrees(recap.database)


async def test_a_streamed_answer_ends_where_a_human_claims(start_recap: Starter) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        async with say_streaming(recap, session, "Is anybody there?") as stream:
            call = await model.next_call()
            call.say("I am the ")
            await stream.until("delta")
            claim(recap.database, session["id"])
            call.finish("bot.")
            end = (await stream.rest())[-1]
        assert (end.name, end.data["by"], end.data["reply"]) == ("superseded", None, None)


async def test_what_waited_while_a_human_claimed_is_left_to_the_human(
    start_recap: Starter,
) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        (first,) = await begin(recap, session, "one")
        call = await model.next_call()
        (second,) = await begin(recap, session, "two")
        async with say_streaming(recap, session, "three") as stream:
            await stream.until("message")
            claim(recap.database, session["id"])
            call.finish("Too late.")
            answers = [await first, await second, (await stream.rest())[-1].data]
        assert stream.comments == 0
        after = await recap.say(session, "four")
        assert [a["reply"] for a in (*answers, after)] == [None] * 4
        assert [a["owner"] for a in (*answers, after)] == ["agt_human"] * 4
        assert model.calls == 1
    await assert_all_agrees(recap.database)


async def test_the_bot_never_speaks_after_a_claim_whenever_it_comes(recap: Recap) -> None:
    dice = random.Random(3)
    recap.upstream.default = lambda body: Scripted(
        f"To {body['messages'][-1]['content']}.", first_token_delay=dice.uniform(0, 0.02)
    )

    async def talk() -> tuple[str, int]:
        session = await recap.open_session()
        posting = [
            asyncio.create_task(recap.say(session, f"{session['id']} {n}")) for n in range(3)
        ]
        await asyncio.sleep(dice.uniform(0, 0.15))
        seq = await asyncio.to_thread(claim, recap.database, session["id"])
        await asyncio.gather(*posting)
        return session["id"], seq

    outcomes: Counter[str] = Counter()
    for _ in range(30):  # until claims have come before and after replies
        for session_id, seq in await asyncio.gather(*(talk() for _ in range(12))):
            late = "SELECT * FROM messages WHERE session_id = ? AND kind = 'bot' AND seq > ?"
            assert rows(recap.database, late, session_id, seq) == []
        outcomes = Counter(row["outcome"] for row in rows(recap.database, "SELECT * FROM turns"))
        if outcomes["fenced"] and outcomes["answered"]:
            break
    assert outcomes["fenced"]
    assert outcomes["answered"]
    await assert_all_agrees(recap.database)


async def test_a_message_sent_in_the_very_moment_of_a_reply_is_answered(recap: Recap) -> None:
    session = await recap.open_session()
    posts = []
    async with listen(recap, session) as listening:
        for number in range(40):
            posts.append(asyncio.create_task(recap.say(session, f"Number {number}")))
            await listening.until("message", kind="bot")
    answers = await asyncio.gather(*posts)
    assert [a["reply"]["content"] for a in answers] == [f"Answer to: Number {n}" for n in range(40)]
    assert [a["cache"]["status"] for a in answers] == ["miss"] + ["hit"] * 39
    await assert_all_agrees(recap.database)


async def test_a_key_repeated_at_any_moment_makes_one_message_and_one_turn(recap: Recap) -> None:
    dice = random.Random(11)
    session = await recap.open_session()
    recap.upstream.default = lambda body: Scripted("Yes.", first_token_delay=dice.uniform(0, 0.01))

    async def ask(number: int) -> tuple[int, dict[str, Any]]:
        await asyncio.sleep(dice.uniform(0, 0.03))
        return await post(recap, session, f"Number {number}", **{"Idempotency-Key": f"k{number}"})

    for number in range(30):
        answers = await asyncio.gather(*(ask(number) for _ in range(6)))
        assert {status for status, _ in answers} <= {200, 409}
        given = [answer for status, answer in answers if status == 200]
        assert given == [given[0]] * len(given)
        assert given[0]["reply"]["content"] == "Yes."
    said = await recap.transcript(session)
    assert [message["kind"] for message in said] == ["customer", "bot"] * 30
    assert recap.upstream.calls == len(await turns_of(recap, session)) == 30
    await assert_all_agrees(recap.database)


async def test_a_server_stopped_at_any_moment_has_kept_what_it_answered(
    start_recap: Starter,
) -> None:
    dice = random.Random(4)
    keys = None
    for _ in range(4):
        async with contextlib.AsyncExitStack() as outside:
            async with start_recap(keys=keys) as recap:
                keys = recap.keys
                http = await outside.enter_async_context(aiohttp.ClientSession(recap.url))
                apart = dataclasses.replace(recap, http=http)
                sessions = [await recap.open_session() for _ in range(10)]
                talking = [asyncio.create_task(talk_until_gone(apart, s)) for s in sessions]
                await asyncio.sleep(dice.uniform(0, 0.2))
            talks = await asyncio.gather(*talking)
        async with start_recap(keys=keys) as recap:
            for session, answers in zip(sessions, talks, strict=True):
                await assert_kept_and_goes_on(recap, session, answers)
    await assert_all_agrees(recap.database)


class Drama:
    """A session driven step by step, and what must come of it."""

    def __init__(self, recap: Recap, model: HeldModel, session: dict[str, Any]) -> None:
        self.recap, self.model, self.session = recap, model, session
        self.posts: list[asyncio.Task[tuple[int, dict[str, Any]]]] = []
        self.unanswered: list[str] = []
        self.dropped_in_a_row = 0
        self.call: HeldCall | None = None

    async def say(self) -> None:
        text = f"{self.session['id']} {len(self.posts) + 1}"
        self.posts.append(asyncio.create_task(post(self.recap, self.session, text)))
        await eventually(partial(has_said, self.recap.database, self.session["id"], text))
        self.unanswered.append(text)
        if self.call is None:
            await self.take_call()

    async def take_call(self) -> None:
        """The next call asks everything that is unanswered, and nothing else runs."""
        self.call = await self.model.next_call()
        assert self.call.asked == self.unanswered
        assert self.model.waiting == 0

    async def answer(self) -> None:
        if self.call is not None:
            newer = self.unanswered[len(self.call.asked) :]
            self.call.finish(f"To {self.call.asked[-1]}.")
            if newer and self.dropped_in_a_row < 2:
                self.dropped_in_a_row += 1
            else:
                self.unanswered, self.dropped_in_a_row = newer, 0
            await self.go_on(bool(newer))

    async def fail(self) -> None:
        if self.call is not None:
            is_awaited = len(self.unanswered) > len(self.call.asked)
            self.call.fail(500)
            if not is_awaited:
                self.dropped_in_a_row = 0
            await self.go_on(is_awaited)

    async def go_on(self, is_awaited: bool) -> None:
        self.call = None
        if is_awaited:
            await self.take_call()
        else:
            await asyncio.wait(self.posts)


@pytest.fixture
async def talk(start_recap: Starter) -> AsyncIterator[Talk]:
    async with held_talk(start_recap) as held:
        yield held


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["say", "say", "answer", "fail"]), max_size=14))
async def test_every_order_of_messages_answers_and_failures_comes_out_right(
    talk: Talk, steps: list[str]
) -> None:
    recap, model, _ = talk
    session = await recap.open_session()
    drama = Drama(recap, model, session)
    for step in [*steps, "say"]:
        await getattr(drama, step)()
    while drama.unanswered:
        await drama.answer()
    answers = await asyncio.gather(*drama.posts)
    turns = await turns_of(recap, session)
    said = await recap.transcript(session)
    assert {status for status, _ in answers} <= {200, 502}
    replies = [answer["reply"]["id"] for status, answer in answers if answer.get("reply")]
    assert sorted(replies) == sorted(m["id"] for m in said if m["kind"] == "bot")
    assert sorted(replies) == sorted(t["reply_id"] for t in turns if t["reply_id"])
    left = "SELECT * FROM messages WHERE session_id = ? AND kind = 'customer' AND turn_id IS NULL"
    assert rows(recap.database, left, session["id"]) == []
    assert "sss" not in "".join(turn["outcome"][0] for turn in turns)
