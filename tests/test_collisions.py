"""Keys cut to 8 bits, so that lists collide all the time: never a wrong answer."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from service import prefix
from service.scripted import Scripted
from tests.conftest import Recap, Starter, last_text
from tests.probes import assistant, complete, metric, select, text_of, user

ROUNDS = ["My order is {tag}.", "Any news?", "When will it come?", "Thanks. And the bill?", "Ok?"]
AT_ONCE = 16
PATIENCE = 20


def tags(value: Any) -> list[str]:
    """Whose words a payload or an answer holds."""
    return sorted(set(re.findall(r"K-\d{4}", str(value))))


def echo(body: dict[str, Any]) -> Scripted:
    """An answer that tells whose conversation was sent, and which question."""
    return Scripted(text=f"{' '.join(tags(body['messages']))} asked: {last_text(body)}")


async def in_batches(coroutines: Iterable[Any]) -> None:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(coroutine: Any) -> None:
        async with limit:
            await coroutine

    await asyncio.gather(*(one(coroutine) for coroutine in coroutines))


async def test_hundreds_of_turns_of_colliding_sessions_and_lists_get_no_wrong_answer(
    start_recap: Starter,
) -> None:
    async with start_recap(key_bytes=1) as recap:
        recap.upstream.default = echo
        statuses: Counter[str] = Counter()
        await in_batches(
            itertools.chain(
                (a_session(recap, f"K-{n:04}", statuses) for n in range(30)),
                (a_list(recap, f"K-{n:04}", statuses) for n in range(1000, 1030)),
            )
        )
        for payload in recap.upstream.requests:
            assert len(tags(payload)) == 1, "words of two conversations in one payload"
        assert select(recap, "SELECT count(*) <= 256 FROM prefix_cache") == [(1,)]
        assert await metric(recap, "recap_cache_collisions_total") > 100
        assert statuses["hit"] > 10, "some turns find their own rows all the same"
        assert statuses["reuse"] > 10


async def a_session(recap: Recap, tag: str, statuses: Counter[str]) -> None:
    session = await recap.open_session()
    for line in ROUNDS:
        question = line.format(tag=tag)
        answer = await recap.say(session, question)
        assert answer["reply"]["content"] == f"{tag} asked: {question}"
        statuses[answer["cache"]["status"]] += 1


async def a_list(recap: Recap, tag: str, statuses: Counter[str]) -> None:
    """A stateless conversation; every request is sent twice."""
    said: list[dict[str, Any]] = []
    for line in ROUNDS:
        question = line.format(tag=tag)
        said.append(user(question))
        for _ in range(2):
            body, status = await complete(recap, said, user=tag)
            assert text_of(body) == f"{tag} asked: {question}"
            statuses["reuse" if "reuse" in status else "hit" if "hit" in status else "miss"] += 1
        said.append(assistant(text_of(body)))


async def test_colliding_lists_that_are_asked_at_once_are_two_calls(start_recap: Starter) -> None:
    async with start_recap(key_bytes=1) as recap:
        one, other = colliding_questions(recap)
        recap.upstream.gate.clear()
        async with asyncio.timeout(PATIENCE):
            first = asyncio.create_task(complete(recap, [user(one)]))
            await recap.upstream.asked.wait()
            recap.upstream.asked.clear()
            second = asyncio.create_task(complete(recap, [user(other)]))
            await recap.upstream.asked.wait()
        recap.upstream.gate.set()
        assert text_of((await first)[0]) == f"Answer to: {one}"
        assert text_of((await second)[0]) == f"Answer to: {other}"
        assert recap.upstream.calls == 2
        assert await metric(recap, "recap_cache_collisions_total") >= 1


def colliding_questions(recap: Recap) -> tuple[str, str]:
    """Two questions whose reply keys begin with the same byte."""
    seen: dict[int, str] = {}
    for number in itertools.count():
        question = f"Question {number}?"
        listed = prefix.chain(prefix.root(recap.keys.id), [user(question)])
        first = prefix.reply_key(listed, {"model": "test-model"}).key[0]
        if first in seen:
            return seen[first], question
        seen[first] = question
    raise AssertionError
