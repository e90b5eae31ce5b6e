"""Turns that go wrong: the provider fails, the customer leaves, the session is erased meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.loopback import Scripted
from tests.conftest import Recap, Starter
from tests.held import held_model
from tests.payloads import asked_in
from tests.watching import (
    assert_all_agrees,
    eventually,
    listen,
    post,
    rows,
    say_streaming,
    turns_of,
)

RUDE = b"<html>Bad gateway</html>"
CHUNK: dict[str, Any] = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}


def event(body: object) -> bytes:
    return b"data: %s\n\n" % json.dumps(body).encode()


FAILURES = {
    "500": (Scripted(status=500), 502, "upstream_error"),
    "401": (Scripted(status=401), 502, "upstream_error"),
    "429": (Scripted(status=429, headers={"Retry-After": "7"}), 502, "upstream_error"),
    "silence": (Scripted("Too late.", first_token_delay=3), 504, "upstream_timeout"),
    "silence after a word": (Scripted("Too late.", token_delay=3), 504, "upstream_timeout"),
    "cut at once": (Scripted("Hello there.", cut_after=0), 502, "upstream_incomplete"),
    "cut in the middle": (Scripted("Hello there, all.", cut_after=2), 502, "upstream_incomplete"),
    "no end": (Scripted(body=event({"choices": [CHUNK | {"finish_reason": None}]})), 502, None),
    "blank": (Scripted(" \n", usage={}), 502, "upstream_error"),
    "no stream": (Scripted(body=RUDE), 502, "upstream_error"),
    "nothing": (Scripted(body=b""), 502, "upstream_error"),
    "broken JSON": (Scripted(body=b"data: {oops\n\n"), 502, "upstream_incomplete"),
    "not UTF-8": (Scripted(body=b'data: {"id": "\xff"}\n\n'), 502, "upstream_incomplete"),
    "an error": (Scripted(body=event({"error": {"message": "busy"}})), 502, "upstream_incomplete"),
    "no object": (Scripted(body=event([1])), 502, "upstream_error"),
    "no choice": (Scripted(body=event({"choices": [5]})), 502, "upstream_error"),
    "no text": (
        Scripted(body=event({"choices": [CHUNK | {"delta": {"content": {"a": 1}}}]})),
        502,
        "upstream_error",
    ),
    "half a character": (
        Scripted(body=event({"choices": [CHUNK | {"delta": {"content": "\ud83d"}}]})),
        502,
        "upstream_error",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_failing_provider_is_a_clear_answer_and_costs_no_message(
    start_recap: Starter, name: str
) -> None:
    failure, expected, code = FAILURES[name]
    async with start_recap(upstream_timeout_seconds=0.4) as recap:
        session = await recap.open_session()
        url, key = f"/v1/sessions/{session['id']}/messages", {"Idempotency-Key": "first"}
        said = {"content": "Hello?"}
        recap.upstream.script.append(failure)
        headers = recap.bearer(session["token"], **key)
        async with recap.http.post(url, json=said, headers=headers) as response:
            problem = await response.json()
            assert response.status == problem["status"] == expected
            assert response.content_type == "application/problem+json"
            assert response.headers.get("Retry-After") == ("7" if name == "429" else None)
        assert code in (None, problem["code"])
        assert "detail" in problem
        (failed,) = await turns_of(recap, session)
        assert (failed["outcome"], failed["prompt_tokens"], failed["cost"]) == (
            "failed",
            None,
            None,
        )

        answer = await recap.say(session, "Are you there?")
        assert asked_in(recap.upstream.requests[-1]["messages"]) == ["Hello?", "Are you there?"]
        assert len(recap.upstream.requests[-1]["messages"]) == 2
        again = await recap.say(session, "Hello?", **key)
        assert (again["reply"], again["superseded_by"]) == (None, answer["message"]["id"])
        assert recap.upstream.calls == 2
        assert [m["kind"] for m in await recap.transcript(session)] == ["customer"] * 2 + ["bot"]
    await assert_all_agrees(recap.database)


async def test_the_same_key_tries_a_failed_turn_again(recap: Recap) -> None:
    session = await recap.open_session()
    recap.upstream.script += [Scripted(status=503), Scripted("Part", cut_after=0), Scripted("Yes!")]
    key = {"Idempotency-Key": "k"}
    statuses = [(await post(recap, session, "Hello?", **key))[0] for _ in range(4)]
    assert statuses == [502, 502, 200, 200]
    assert (await recap.say(session, "Hello?", **key))["reply"]["content"] == "Yes!"
    assert [m["content"] for m in await recap.transcript(session)] == ["Hello?", "Yes!"]
    outcomes = [turn["outcome"] for turn in await turns_of(recap, session)]
    assert outcomes == ["failed", "failed", "answered"]
    assert recap.upstream.calls == 3


async def test_a_usage_that_came_with_a_useless_answer_is_in_the_ledger(recap: Recap) -> None:
    session = await recap.open_session()
    recap.upstream.script.append(Scripted(" ", usage={"prompt_tokens": 40, "completion_tokens": 1}))
    assert (await post(recap, session, "Hello?"))[0] == 502
    (failed,) = await turns_of(recap, session)
    assert (failed["outcome"], failed["prompt_tokens"], failed["completion_tokens"]) == (
        "failed",
        40,
        1,
    )


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "content", "function", "id"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def shaped(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return junk | st.fixed_dictionaries({}, optional={k: v | junk for k, v in fields.items()})


deltas = shaped(content=st.text(), refusal=st.text(), role=st.text(), tool_calls=st.lists(junk))
chunks = shaped(
    choices=st.lists(
        shaped(index=st.just(0), delta=deltas, finish_reason=st.just("stop"), logprobs=junk),
        max_size=2,
    ),
    usage=shaped(prompt_tokens=st.integers(), completion_tokens=st.integers()),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(chunks, max_size=4))
async def test_no_nonsense_of_a_provider_is_an_error_of_ours(recap: Recap, sent: list[Any]) -> None:
    session = await recap.open_session()
    ends = event({"choices": [CHUNK]})
    recap.upstream.script = [Scripted(body=b"".join([*map(event, sent), ends]))]
    status, _ = await post(recap, session, "Hello?", **{"Cache-Control": "no-store"})
    assert status in (200, 502)
    assert len(await turns_of(recap, session)) == 1


async def hang_up(posting: asyncio.Task[aiohttp.ClientResponse]) -> None:
    posting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        (await posting).close()


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_customer_who_hangs_up_is_answered_all_the_same(
    start_recap: Starter, accept: str
) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        async with aiohttp.ClientSession(recap.url) as leaving:
            posting = asyncio.create_task(
                leaving.post(
                    f"/v1/sessions/{session['id']}/messages",
                    json={"content": "Hello?"},
                    headers=recap.bearer(session["token"], Accept=accept),
                )
            )
            call = await model.next_call()
            await hang_up(posting)
        async with listen(recap, session) as listening:
            call.say("Hel")
            await listening.until("delta")
            call.finish("lo!")
            reply = (await listening.until("message", kind="bot")).data
        assert reply["content"] == "Hello!"
        assert not call.hung_up.is_set()
        (turn,) = await turns_of(recap, session)
        assert turn["outcome"] == "answered"
        assert turn["prompt_tokens"] == call.usage["prompt_tokens"]
        answers = asyncio.create_task(recap.say(session, "Still there?"))
        (await model.next_call()).finish("Yes.")
        assert (await answers)["cache"]["status"] == "hit"


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Nobody else writes: what is to be written piles up, and is committed together."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def test_whatever_was_appended_is_answered_whenever_its_sender_left(
    start_recap: Starter,
) -> None:
    dice = random.Random(7)
    async with (
        start_recap(burst_silence_seconds=0) as recap,
        aiohttp.ClientSession(recap.url) as http,
    ):
        for _ in range(2):
            posting = []
            sessions = [await recap.open_session() for _ in range(40)]
            with locked(recap.database):
                for session in sessions:
                    url = f"/v1/sessions/{session['id']}/messages"
                    said = {"content": f"Hello from {session['id']}"}
                    posts = http.post(url, json=said, headers=recap.bearer(session["token"]))
                    posting.append(asyncio.create_task(posts))
                await asyncio.sleep(0.2)
            for leaving in posting:
                await asyncio.sleep(dice.uniform(0, 0.004))
                await hang_up(leaving)
        unanswered = "SELECT * FROM messages WHERE kind = 'customer' AND turn_id IS NULL"
        await eventually(lambda: not rows(recap.database, unanswered))
        assert rows(recap.database, "SELECT * FROM messages WHERE kind = 'customer'")
    await assert_all_agrees(recap.database)


async def test_a_session_erased_in_mid_call_leaves_its_cost_and_nothing_else(
    start_recap: Starter,
) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        first = asyncio.create_task(post(recap, session, "My order is A-20931."))
        call = await model.next_call()
        second = asyncio.create_task(post(recap, session, "Hello?"))
        async with say_streaming(recap, session, "Anybody?") as third:
            await third.until("message")
            await eventually(
                lambda: rows(recap.database, "SELECT MAX(seq) FROM messages")[0][0] == 3
            )
            async with recap.http.delete(
                f"/v1/sessions/{session['id']}", headers=recap.bearer()
            ) as response:
                assert response.status == 204
            call.finish("It is on its way.")
            for status, problem in await asyncio.gather(first, second):
                assert (status, problem["code"]) == (404, "not_found")
            assert (await third.rest())[-1].data["code"] == "not_found"
            assert third.comments == 0
        assert model.calls == 1
        for table in ("sessions", "messages", "prefix_cache"):
            assert rows(recap.database, f"SELECT * FROM {table}") == []
        (turn,) = rows(recap.database, "SELECT * FROM turns")
        assert (turn["session_id"], turn["reply_id"]) == (None, None)
        assert turn["prompt_tokens"] == call.usage["prompt_tokens"]
    await assert_all_agrees(recap.database)


async def test_a_session_erased_at_any_moment_is_no_unexpected_error(recap: Recap) -> None:
    dice = random.Random(5)

    async def erase(session: dict[str, Any]) -> None:
        await asyncio.sleep(dice.uniform(0, 0.1))
        url = f"/v1/sessions/{session['id']}"
        async with recap.http.delete(url, headers=recap.bearer()) as response:
            assert response.status == 204

    async def one() -> None:
        session = await recap.open_session()
        (status, _), _ = await asyncio.gather(
            post(recap, session, f"Hello from {session['id']}"), erase(session)
        )
        assert status in (200, 401, 404, 502)

    recap.upstream.default = lambda body: Scripted("Hi.", status=dice.choice([200, 200, 500]))
    for _ in range(3):
        await asyncio.gather(*(one() for _ in range(25)))
    assert rows(recap.database, "SELECT * FROM messages") == []
    assert rows(recap.database, "SELECT * FROM turns WHERE session_id IS NOT NULL") == []
