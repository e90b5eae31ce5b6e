"""The OpenAI-compatible face, through the real client with nothing but its base URL changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessage, ChatCompletionMessageParam
from pydantic import BaseModel

from service.scripted import Scripted
from tests.conftest import Recap
from tests.probes import client_of

HI: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
PIXEL = "data:image/png;base64,iVBORw0KGgo="
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "find_order",
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
    },
}


@pytest.fixture
async def client(recap: Recap) -> AsyncIterator[AsyncOpenAI]:
    async with client_of(recap) as made:
        yield made


def call(call_id: str, number: str) -> dict[str, Any]:
    arguments = json.dumps({"number": number})
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": "find_order", "arguments": arguments},
    }


def as_bytes(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


async def test_a_whole_answer_has_the_providers_words_and_usage(
    recap: Recap, client: AsyncOpenAI
) -> None:
    answer = await client.chat.completions.create(model="test-model", messages=HI)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.content == "Answer to: Hi"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert recap.upstream.requests == [{"messages": HI, "model": "test-model"}]


@pytest.mark.parametrize("asked", [True, False, None])
async def test_a_stream_spells_the_answer_and_tells_the_usage_to_those_who_asked(
    recap: Recap, client: AsyncOpenAI, asked: bool | None
) -> None:
    options: Any = {} if asked is None else {"stream_options": {"include_usage": asked}}
    stream = await client.chat.completions.create(
        model="test-model", messages=HI, stream=True, **options
    )
    chunks = [chunk async for chunk in stream]
    spoken = [c for chunk in chunks for c in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in spoken) == "Answer to: Hi"
    assert [c.finish_reason for c in spoken if c.finish_reason] == ["stop"]
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    if asked:
        assert chunks[-1].choices == []
        assert chunks[-1].usage
        assert chunks[-1].usage.completion_tokens > 0
        chunks.pop()
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    assert recap.upstream.requests[0]["stream_options"] == {"include_usage": True}


async def test_the_clients_stream_helper_ends_with_the_whole_completion(
    client: AsyncOpenAI,
) -> None:
    async with client.chat.completions.stream(model="test-model", messages=HI) as stream:
        deltas = [event.delta async for event in stream if event.type == "content.delta"]
        final = await stream.get_final_completion()
    assert "".join(deltas) == final.choices[0].message.content == "Answer to: Hi"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
async def test_parallel_tool_calls_go_round_and_come_back_as_an_answer(
    recap: Recap, client: AsyncOpenAI, streamed: bool
) -> None:
    calls = [call("call_a", "A-1"), call("call_b", "B-2")]
    recap.upstream.script = [Scripted(tool_calls=calls), Scripted(text="Both are on their way.")]
    said: list[Any] = [{"role": "user", "content": "Where are A-1 and B-2?"}]
    asked: dict[str, Any] = {"model": "test-model", "messages": said, "tools": [TOOL]}
    message = await first_message(client, asked, streamed)
    made = message.tool_calls or []
    assert [(c.id, c.function.arguments) for c in made] == [
        (c["id"], c["function"]["arguments"]) for c in calls
    ]
    results = [{"role": "tool", "tool_call_id": c.id, "content": f"{c.id}: sent"} for c in made]
    said += [message, *results]
    answer = await first_message(client, asked, streamed)
    assert answer.content == "Both are on their way."
    assert recap.upstream.requests[1]["messages"][2:] == results
    assert [c["id"] for c in recap.upstream.requests[1]["messages"][1]["tool_calls"]] == [
        "call_a",
        "call_b",
    ]
    said += [answer, {"role": "user", "content": "Thanks"}]
    raw = await client.chat.completions.with_raw_response.create(**asked)
    assert raw.headers["cache-status"] == "recap; hit; detail=prefix"


async def first_message(client: AsyncOpenAI, asked: dict[str, Any], streamed: bool) -> Any:
    if not streamed:
        return (await client.chat.completions.create(**asked)).choices[0].message
    async with client.chat.completions.stream(**asked) as stream:
        return (await stream.get_final_completion()).choices[0].message


ECHOES: dict[str, Callable[[ChatCompletionMessage], Any]] = {
    "the object": lambda message: message,
    "model_dump": lambda message: message.model_dump(),
    "without nulls": lambda message: message.model_dump(exclude_none=True),
    "to_dict": lambda message: message.to_dict(),
    "by hand": lambda message: {"role": "assistant", "content": message.content},
}


@pytest.mark.parametrize("echo", ECHOES)
async def test_an_answer_that_comes_back_in_any_form_is_the_prefix_that_was_kept(
    client: AsyncOpenAI, echo: str
) -> None:
    said: list[Any] = []
    statuses = []
    for question in ("Hi", "Where is A-1?", "And B-2?"):
        said.append({"role": "user", "content": question})
        raw = await client.chat.completions.with_raw_response.create(
            model="test-model", messages=said
        )
        statuses.append(raw.headers["cache-status"])
        said.append(ECHOES[echo](raw.parse().choices[0].message))
    hit = "recap; hit; detail=prefix"
    assert statuses == ["recap; fwd=miss; stored", hit, hit]


class Order(BaseModel):
    number: str
    late: bool


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
async def test_structured_answers_are_parsed_by_the_client(
    recap: Recap, client: AsyncOpenAI
) -> None:
    recap.upstream.default = lambda _: Scripted(text='{"number": "A-1", "late": true}')
    answer = await client.chat.completions.parse(
        model="test-model", messages=HI, response_format=Order
    )
    assert answer.choices[0].message.parsed == Order(number="A-1", late=True)
    sent = recap.upstream.requests[0]["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["schema"]["properties"].keys() == {"number", "late"}

    said: list[Any] = [*HI, answer.choices[0].message, {"role": "user", "content": "Again"}]
    raw = await client.chat.completions.with_raw_response.parse(
        model="test-model", messages=said, response_format=Order
    )
    assert raw.headers["cache-status"] == "recap; hit; detail=prefix"


@pytest.mark.parametrize("streamed", [False, True])
async def test_several_choices_with_their_logprobs_arrive_whole(
    recap: Recap, client: AsyncOpenAI, streamed: bool
) -> None:
    asked: dict[str, Any] = {
        "model": "test-model",
        "messages": HI,
        "n": 2,
        "logprobs": True,
        "top_logprobs": 1,
    }
    first = None
    for _ in range(2):  # called, then reused
        if streamed:
            stream = await client.chat.completions.create(**asked, stream=True)
            tokens: list[list[str]] = [[], []]
            async for chunk in stream:
                collect(chunk, tokens)
        else:
            answer = await client.chat.completions.create(**asked)
            assert [c.message.content for c in answer.choices] == ["Answer to: Hi"] * 2
            assert all(c.logprobs and c.logprobs.content for c in answer.choices)
            tokens = [[t.token for t in c.logprobs.content] for c in answer.choices]
        assert ["".join(of_choice) for of_choice in tokens] == ["Answer to: Hi"] * 2
        first = first or tokens
        assert tokens == first
    assert recap.upstream.calls == 1


def collect(chunk: ChatCompletionChunk, tokens: list[list[str]]) -> None:
    for choice in chunk.choices:
        if choice.logprobs and choice.logprobs.content:
            tokens[choice.index] += [token.token for token in choice.logprobs.content]


async def test_what_nobody_here_knows_reaches_the_provider_as_it_is(
    recap: Recap, client: AsyncOpenAI
) -> None:
    invented = {"thinking": {"depth": [1, None, "x"]}, "top_k": 40, "empty": []}
    said: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "name": "bo",
            "content": [
                {"type": "text", "text": "  What is this?\r\n"},
                {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
                {"type": "a_part_invented_tomorrow", "x": 1},
            ],
            "a_field": None,
        },
    ]
    raw = await client.chat.completions.with_raw_response.create(
        model="test-model", messages=said, temperature=0.0, stop=None, extra_body=invented
    )
    assert raw.headers["cache-status"] == "recap; fwd=miss; stored"
    sent = recap.upstream.requests[0]
    assert as_bytes(sent["messages"]) == as_bytes(said)
    assert {k: v for k, v in sent.items() if k != "messages"} == {
        "model": "test-model",
        "temperature": 0.0,
        "stop": None,
    } | invented


async def test_the_callers_system_messages_stand_and_the_tenants_prompt_is_not_added(
    recap: Recap, client: AsyncOpenAI
) -> None:
    await recap.rooms.tenants.set(recap.keys.id, system_prompt="You sell shoes.")
    said: list[Any] = [
        {"role": "system", "content": "You sell hats."},
        {"role": "developer", "content": "Rhyme."},
        *HI,
    ]
    await client.chat.completions.create(model="test-model", messages=said)
    await client.chat.completions.create(model="test-model", messages=HI)
    assert [body["messages"] for body in recap.upstream.requests] == [said, HI]


async def test_the_providers_models_are_listed(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["recap-demo"]
