"""What the OpenAI-compatible face keeps, shortens and gives again; and what it says about it."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI

from service.scripted import Scripted
from tests import payloads
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


CALLING = {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]}
FRENCH = {"role": "system", "content": "Speak French."}
PICTURE = user("x") | {
    "content": [
        {"type": "text", "text": "My lamp looks like this."},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
}
SOUND = user("x") | {"content": [{"type": "input_audio", "input_audio": {"data": ""}}]}

ROUNDS: dict[str, list[dict[str, Any]]] = {
    "a picture": [PICTURE, assistant("A fine lamp.")],
    "a sound": [SOUND, assistant("I hear you.")],
    "instructions between rounds": [user("a"), assistant("b"), FRENCH],
    "spoken answers": [user("a"), assistant("b") | {"audio": {"id": "audio_1"}}],
    "a tool that was called": [user("Find it"), CALLING, TOOL_RESULT, assistant("It is shipped.")],
}
FOLDED = {
    "a picture": "picture: lamp looks like",
    "a sound": "sound",
    "a tool that was called": "* called find",
}
"""What the record says of such a round."""

ENDS: dict[str, list[dict[str, Any]]] = {
    "a picture": [PICTURE],
    "a tool's result": [user("Find it"), CALLING, TOOL_RESULT],
    "an answer to be continued": [user("Find it"), assistant("It is at")],
    "instructions": [user("Find it"), FRENCH],
    "instructions alone": [FRENCH | {"role": "developer"}],
    "a blank question": [user(" ")],
}


def long_history(rounds: int) -> list[dict[str, Any]]:
    said = [{"role": "system", "content": "Be kind."}]
    for n in range(rounds):
        said += [user(f"Order A-{n:05} is late. " + "Really late. " * 9), assistant(f"Sorry {n}.")]
    return said


def only_payload(recap: Recap) -> list[dict[str, Any]]:
    (request,) = recap.upstream.requests
    messages: list[dict[str, Any]] = request["messages"]
    return messages


def assert_is_shortened(payload: list[dict[str, Any]], said: list[dict[str, Any]]) -> None:
    """The system's words come first, then the record in front of the first kept question; that
    and all that follows it is as it came, and of what is folded instructions alone are sent."""
    assert payload[0] == said[0]
    place = [message["role"] for message in payload].index("user")
    kept = said[place - len(payload) :]
    assert payloads.record_of(payload[place : place + 1])
    assert payloads.said_in(payload[place]) == payloads.text_of(kept[0])
    assert json.dumps(payload[place + 1 :]) == json.dumps(kept[1:])
    assert 5 <= len(kept) < len(said) / 2
    roles = payloads.roles_in(payload)
    assert all(one != other for one, other in itertools.pairwise(roles)), roles


@pytest.mark.parametrize("case", ROUNDS)
async def test_a_round_of_any_kind_is_sent_as_it_is_while_it_is_one_of_the_last(
    recap: Recap, client: AsyncOpenAI, case: str
) -> None:
    history, newest = long_history(12), [*ROUNDS[case], user("And now?")]
    assert (await ask(client, [*history, *newest]))[1] == STORED
    payload = only_payload(recap)
    assert_is_shortened(payload, [*history, *newest])
    assert json.dumps(payload[-len(newest) :]) == json.dumps(newest)


@pytest.mark.parametrize("case", ROUNDS)
async def test_a_round_of_any_kind_is_folded_like_others(
    recap: Recap, client: AsyncOpenAI, case: str
) -> None:
    said = [*long_history(12), *ROUNDS[case], *long_history(3)[1:], user("And now?")]
    assert (await ask(client, said))[1] == STORED
    payload = only_payload(recap)
    assert_is_shortened(payload, said)
    assert FOLDED.get(case, "") in payloads.record_of(payload)
    assert (FRENCH in payload) is (FRENCH in ROUNDS[case]), "instructions stay in force"
    assert all(m["role"] not in ("tool", "function") for m in payload)
    assert PIXEL not in json.dumps(payload)


@pytest.mark.parametrize("case", ENDS)
async def test_what_follows_the_last_answer_is_sent_as_it_is_however_it_ends(
    recap: Recap, client: AsyncOpenAI, case: str
) -> None:
    said = [*long_history(12), *ENDS[case]]
    assert (await ask(client, said))[1] == STORED
    payload = only_payload(recap)
    assert_is_shortened(payload, said)
    assert json.dumps(payload[-len(ENDS[case]) :]) == json.dumps(ENDS[case])


async def test_all_calls_of_a_turn_extend_the_payload_of_the_first(
    recap: Recap, client: AsyncOpenAI
) -> None:
    said = [*long_history(30), user("Find it, please")]
    for number in range(4):
        call = TOOL_CALL | {"id": f"call_{number}"}
        result = TOOL_RESULT | {"tool_call_id": f"call_{number}", "content": "shipped " * 400}
        await ask(client, said)
        said += [CALLING | {"tool_calls": [call]}, result]
    sent = [json.dumps(body["messages"])[:-1] for body in recap.upstream.requests]
    assert all(new.startswith(f"{old}, ") for old, new in itertools.pairwise(sent))
    assert len(sent[0]) < len(json.dumps(long_history(30))) / 2


async def test_several_choices_go_through_whole(recap: Recap, client: AsyncOpenAI) -> None:
    several = [*long_history(12), user("Find it")]
    assert (await ask(client, several, n=2))[1] == BYPASS
    assert json.dumps(only_payload(recap)) == json.dumps(several)


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
        assert_is_shortened(sent, listed)
        assert "A-00020" in payloads.record_of(sent)
    assert select(recap, "SELECT layout, full_prompt_tokens > 2 * prompt_tokens FROM turns") == [
        ("checkpoint", 1),
        ("checkpoint", 1),
    ]
    assert await metric(recap, "recap_prompt_tokens_saved_total") > 1000
