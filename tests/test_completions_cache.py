"""What the OpenAI-compatible face keeps, shortens and gives again; and what it says about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI

from service.scripted import Scripted
from tests.conftest import Recap, Starter
from tests.probes import assistant, client_of, metric, select, user

HIT = "recap; hit; detail=prefix"
REUSE = "recap; hit; detail=reuse"
STORED = "recap; fwd=miss; stored"
MISS = "recap; fwd=miss"
BYPASS = "recap; fwd=bypass"
PIXEL = "data:image/png;base64,iVBORw0KGgo="

TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
TOOL_RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "shipped " * 30}


@pytest.fixture
async def client(recap: Recap) -> AsyncIterator[AsyncOpenAI]:
    async with client_of(recap) as made:
        yield made


async def ask(
    client: AsyncOpenAI, said: Any, *, stream: bool = False, **request: Any
) -> tuple[list[dict[str, Any]], str]:
    """The bodies of an answer, one or a stream of chunks, and its Cache-Status."""
    asked: dict[str, Any] = {"model": "test-model", "messages": said} | request
    raw = await client.chat.completions.with_raw_response.create(**asked, stream=stream)
    status = raw.headers["cache-status"]
    parsed: Any = raw.parse()
    if not stream:
        return [parsed.model_dump()], status
    return [chunk.model_dump() async for chunk in parsed], status


def words(bodies: list[dict[str, Any]]) -> str:
    parts = [c.get("message") or c["delta"] for body in bodies for c in body["choices"]]
    return "".join(part["content"] or "" for part in parts)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
async def test_an_identical_request_is_answered_again_without_a_call(
    recap: Recap, client: AsyncOpenAI, first: bool, second: bool
) -> None:
    usage = {"stream_options": {"include_usage": True}}
    called, stored = await ask(client, [user("Hi")], stream=first, **(usage if first else {}))
    again, reused = await ask(client, [user("Hi")], stream=second, **(usage if second else {}))
    assert (stored, reused) == (STORED, REUSE)
    assert recap.upstream.calls == 1
    assert words(again) == words(called) == "Answer to: Hi"
    assert {body["id"] for body in called}.isdisjoint(body["id"] for body in again)
    assert len({body["id"] for body in again}) == 1
    assert called[-1]["usage"]["total_tokens"] > 0
    taken = again[-1]["usage"]
    assert (taken["prompt_tokens"], taken["completion_tokens"], taken["total_tokens"]) == (0, 0, 0)
    assert again[0]["model"] == called[0]["model"]
    assert select(recap, "SELECT outcome, prompt_tokens > 0 FROM turns ORDER BY created_at") == [
        ("answered", 1),
        ("reused", 0),
    ]


async def test_tool_calls_are_given_again_as_they_were(recap: Recap, client: AsyncOpenAI) -> None:
    recap.upstream.script = [Scripted(tool_calls=[TOOL_CALL])]
    first, _ = await ask(client, [user("Where is it?")])
    again, status = await ask(client, [user("Where is it?")])
    streamed, _ = await ask(client, [user("Where is it?")], stream=True)
    assert status == REUSE
    assert again[0]["choices"] == first[0]["choices"]
    calls = [
        c
        for body in streamed
        for choice in body["choices"]
        for c in choice["delta"]["tool_calls"] or []
    ]
    assert [(c["id"], c["function"], c["index"]) for c in calls] == [
        ("call_1", TOOL_CALL["function"], 0)
    ]


async def test_no_cache_asks_anew_and_keeps_the_new_answer(
    recap: Recap, client: AsyncOpenAI
) -> None:
    recap.upstream.script = [Scripted(text="first"), Scripted(text="second")]
    fresh: dict[str, Any] = {"extra_headers": {"Cache-Control": "max-age=0, No-Cache"}}
    seen = [
        await ask(client, [user("Hi")]),
        await ask(client, [user("Hi")], **fresh),
        await ask(client, [user("Hi")]),
    ]
    assert [(words(bodies), status) for bodies, status in seen] == [
        ("first", STORED),
        ("second", STORED),
        ("second", REUSE),
    ]


async def test_no_store_neither_reads_nor_leaves_an_answer(
    recap: Recap, client: AsyncOpenAI
) -> None:
    secret: dict[str, Any] = {"extra_headers": {"Cache-Control": "no-store"}}
    assert (await ask(client, [user("Hi")], **secret))[1] == MISS
    assert select(recap, "SELECT count(*) FROM prefix_cache") == [(0,)]
    assert (await ask(client, [user("Hi")]))[1] == STORED
    before = select(recap, "SELECT * FROM prefix_cache ORDER BY key")
    assert (await ask(client, [user("Hi")], **secret))[1] == MISS
    assert select(recap, "SELECT * FROM prefix_cache ORDER BY key") == before
    assert recap.upstream.calls == 3


async def test_without_reuse_every_request_is_a_call_but_prefixes_still_hit(
    start_recap: Starter,
) -> None:
    async with start_recap(reply_reuse=False) as recap, client_of(recap) as client:
        for _ in range(2):
            assert (await ask(client, [user("Hi")]))[1] == STORED
        said = [user("Hi"), assistant("Answer to: Hi"), user("More")]
        assert (await ask(client, said))[1] == HIT
        assert recap.upstream.calls == 3
        assert select(recap, "SELECT DISTINCT kind FROM prefix_cache") == [("stand_in",)]


async def test_callers_tenants_and_parameters_are_kept_apart(
    recap: Recap, client: AsyncOpenAI
) -> None:
    other = await recap.rooms.tenants.create("other")
    async with client_of(recap, other.key) as stranger:
        statuses = [
            (await ask(asker, [user("Hi")], **request))[1]
            for asker, request in (
                (client, {}),
                (stranger, {}),
                (client, {"user": "ann"}),
                (client, {"user": "bob"}),
                (client, {"safety_identifier": "ann"}),
                (client, {"temperature": 0.5}),
                (client, {"model": "another-model"}),
                (client, {"extra_body": {"invented": 1}}),
                (client, {"user": "ann", "metadata": {"a": "b"}, "store": True}),
            )
        ]
    assert statuses == [STORED] * 8 + [REUSE]


INSEPARABLE: dict[str, list[dict[str, Any]]] = {
    "a picture": [user("x") | {"content": [{"type": "image_url", "image_url": {"url": PIXEL}}]}],
    "a sound": [user("x") | {"content": [{"type": "input_audio", "input_audio": {"data": ""}}]}],
    "instructions between rounds": [user("a"), assistant("b"), {"role": "system", "content": "c"}],
    "spoken answers": [user("a"), assistant("b") | {"audio": {"id": "audio_1"}}],
}


def long_history(rounds: int) -> list[dict[str, Any]]:
    said = [{"role": "system", "content": "Be kind."}]
    for n in range(rounds):
        said += [user(f"Order A-{n:05} is late. " + "Really late. " * 9), assistant(f"Sorry {n}.")]
    return said


@pytest.mark.parametrize("case", INSEPARABLE)
async def test_what_cannot_be_shortened_safely_goes_through_whole(
    recap: Recap, client: AsyncOpenAI, case: str
) -> None:
    said = [*long_history(8), *INSEPARABLE[case], user("And now?")]
    assert (await ask(client, said))[1] == BYPASS
    assert json.dumps(recap.upstream.requests[0]["messages"]) == json.dumps(said)


async def test_open_tool_calls_and_several_choices_go_through_whole(
    recap: Recap, client: AsyncOpenAI
) -> None:
    open_call = {"role": "assistant", "tool_calls": [TOOL_CALL]}
    called = [*long_history(8), user("Find it"), open_call, TOOL_RESULT]
    several = [*long_history(8), user("Find it")]
    assert (await ask(client, called))[1] == (await ask(client, several, n=2))[1] == BYPASS
    sent = [body["messages"] for body in recap.upstream.requests]
    assert json.dumps(sent) == json.dumps([called, several])


async def test_a_long_history_is_shortened_and_hits_the_table(
    recap: Recap, client: AsyncOpenAI
) -> None:
    said = [*long_history(30), user("Which orders are late?")]
    answer, status = await ask(client, said)
    assert status == STORED
    said += [assistant(words(answer)), user("And what now?")]
    assert (await ask(client, said, stream=True))[1] == HIT
    for payload, listed in zip(recap.upstream.requests, (said[:-2], said), strict=True):
        sent = payload["messages"]
        assert len(json.dumps(sent)) < len(json.dumps(listed)) / 2
        assert sent[0] == listed[0], "the system's words come first"
        assert sent[1]["role"] == "user", "the head is data"
        assert "A-00020" in sent[1]["content"]
        assert sent[2:] == listed[-5:], "the last two rounds and the question are as they were"
    assert select(recap, "SELECT layout, full_prompt_tokens > 2 * prompt_tokens FROM turns") == [
        ("checkpoint", 1),
        ("checkpoint", 1),
    ]
    assert await metric(recap, "recap_prompt_tokens_saved_total") > 1000
