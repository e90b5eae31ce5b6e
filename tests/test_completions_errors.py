"""Errors of the OpenAI-compatible face, as the real client raises them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from service.scripted import Scripted
from tests.conftest import Recap, Starter
from tests.probes import assistant, client_of, select, user

HI: Any = [user("Hi")]
MODEL = "test-model"


@pytest.fixture
async def client(recap: Recap) -> AsyncIterator[AsyncOpenAI]:
    async with client_of(recap) as made:
        yield made


async def ask(client: AsyncOpenAI, *, stream: bool = False, **request: Any) -> str:
    """The whole text of an answer, however it comes."""
    asked: dict[str, Any] = {"model": MODEL, "messages": HI} | request
    if not stream:
        answer = await client.chat.completions.create(**asked)
        return str(answer.choices[0].message.content)
    chunks = await client.chat.completions.create(**asked, stream=True)
    return "".join([c.delta.content or "" async for chunk in chunks for c in chunk.choices])


def error_of(raised: pytest.ExceptionInfo[openai.APIStatusError]) -> dict[str, Any]:
    """OpenAI's error object."""
    error: dict[str, Any] = raised.value.response.json()["error"]
    assert error.keys() >= {"message", "type", "param", "code"}
    return error


@pytest.mark.parametrize("key", ["rk_of_nobody", "pk_of_nobody"])
async def test_a_key_of_nobody_is_an_authentication_error(recap: Recap, key: str) -> None:
    async with client_of(recap, key) as stranger:
        with pytest.raises(openai.AuthenticationError) as raised:
            await ask(stranger)
        assert error_of(raised)["code"] == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()
    assert recap.upstream.calls == 0


async def test_the_publishable_key_asks_nothing_here(recap: Recap) -> None:
    async with client_of(recap, recap.keys.publishable_key) as page:
        with pytest.raises(openai.AuthenticationError):
            await ask(page)


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no messages": ({"messages": []}, "messages"),
    "messages that are no list": ({"messages": {"role": "user"}}, "messages"),
    "a message that is no object": ({"messages": ["Hi"]}, "messages[0]"),
    "no role": ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
    "a role of nobody": ({"messages": [{"role": "boss", "content": "x"}]}, "messages[0].role"),
    "no content": ({"messages": [{"role": "user"}]}, "messages[0].content"),
    "content that is a number": ({"messages": [user("a") | {"content": 1}]}, "messages[0].content"),
    "no parts": ({"messages": [user("a") | {"content": []}]}, "messages[0].content"),
    "a result without its call": (
        {"messages": [{"role": "tool", "content": "x"}]},
        "messages[0].tool_call_id",
    ),
    "tool calls that are no list": (
        {"messages": [assistant("x") | {"tool_calls": {}}, *HI]},
        "messages[0].tool_calls",
    ),
    "no model": ({"model": ""}, "model"),
    "a model that is a number": ({"model": 4}, "model"),
    "no choices": ({"n": 0}, "n"),
    "n that is a word": ({"n": "two"}, "n"),
    "n that is true": ({"n": True}, "n"),
    "stream options that are no object": ({"stream_options": 1}, "stream_options"),
}


async def test_an_invalid_request_is_a_bad_request_that_names_the_parameter(
    recap: Recap, client: AsyncOpenAI
) -> None:
    named = {}
    for case, (request, _) in INVALID.items():
        body = {"model": MODEL, "messages": HI} | request
        with pytest.raises(openai.BadRequestError) as raised:
            await client.post("/chat/completions", body=body, cast_to=object)
        named[case] = error_of(raised)["param"]
    assert named == {case: param for case, (_, param) in INVALID.items()}
    assert recap.upstream.calls == 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [401, 403])
async def test_the_providers_refusal_of_this_servers_key_is_a_bad_gateway(
    recap: Recap, client: AsyncOpenAI, status: int, stream: bool
) -> None:
    quoted = {"message": "Incorrect API key provided: sk-secret", "type": "x", "code": "y"}
    recap.upstream.script = [Scripted(status=status, error=quoted)]
    with pytest.raises(openai.InternalServerError) as raised:
        await ask(client, stream=stream)
    assert raised.value.status_code == 502
    assert "sk-secret" not in raised.value.response.text


@pytest.mark.parametrize("stream", [False, True])
async def test_any_other_status_of_the_provider_is_kept_with_its_error_and_never_stored(
    recap: Recap, client: AsyncOpenAI, stream: bool
) -> None:
    said = {"message": "Said by the provider.", "type": "t", "param": "p", "code": "c"}
    statuses = [400, 404, 409, 413, 422, 429, 500, 503, 529]
    for status in statuses:
        recap.upstream.script = [Scripted(status=status, error=said)]
        with pytest.raises(openai.APIStatusError) as raised:
            await ask(client, stream=stream)
        assert raised.value.status_code == status
        assert error_of(raised) == said
    assert await ask(client, stream=stream) == "Answer to: Hi"
    assert select(
        recap, "SELECT outcome, prompt_tokens IS NULL FROM turns ORDER BY created_at"
    ) == [
        *[("failed", 1)] * len(statuses),
        ("answered", 0),
    ]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_rate_limit_keeps_the_time_after_which_to_ask_again(
    recap: Recap, client: AsyncOpenAI, stream: bool
) -> None:
    recap.upstream.script = [Scripted(status=429, headers={"Retry-After": "17"})]
    with pytest.raises(openai.RateLimitError) as raised:
        await ask(client, stream=stream)
    assert raised.value.response.headers["retry-after"] == "17"


@pytest.mark.parametrize("body", [b"<html>no</html>", b"[]", b"{}", b'{"choices": []}', b""])
async def test_what_is_no_completion_is_a_bad_gateway(
    recap: Recap, client: AsyncOpenAI, body: bytes
) -> None:
    recap.upstream.script = [Scripted(body=body)]
    with pytest.raises(openai.InternalServerError) as raised:
        await ask(client)
    assert raised.value.status_code == 502
    assert error_of(raised)["type"] == "api_error"
    assert await ask(client) == "Answer to: Hi"


async def test_a_provider_that_is_silent_too_long_is_a_gateway_timeout(
    start_recap: Starter,
) -> None:
    async with start_recap(upstream_timeout_seconds=0.2) as recap, client_of(recap) as client:
        recap.upstream.gate.clear()
        with pytest.raises(openai.InternalServerError) as raised:
            await ask(client)
        assert raised.value.status_code == 504
        recap.upstream.gate.set()


async def test_a_provider_that_cannot_be_reached_is_a_bad_gateway(start_recap: Starter) -> None:
    async with (
        start_recap(openai_base_url="http://127.0.0.1:1/v1") as recap,
        client_of(recap) as client,
    ):
        for stream in (False, True):
            with pytest.raises(openai.InternalServerError) as raised:
                await ask(client, stream=stream)
            assert raised.value.status_code == 502


@pytest.mark.parametrize("cut_after", [0, 1, 2])
async def test_a_stream_that_breaks_off_is_an_error_and_is_never_stored(
    recap: Recap, client: AsyncOpenAI, cut_after: int
) -> None:
    recap.upstream.script = [Scripted(text="one two three", cut_after=cut_after)]
    heard: list[str] = []
    with pytest.raises(openai.APIError, match="broke off"):
        await listen(client, heard)
    assert "".join(heard) == "".join(["one", " two", " three"][:cut_after])
    assert select(recap, "SELECT count(*) FROM prefix_cache") == [(0,)]
    assert await ask(client, stream=True) == await ask(client) == "Answer to: Hi"
    assert recap.upstream.calls == 2
    assert select(recap, "SELECT outcome FROM turns ORDER BY created_at") == [
        ("failed",),
        ("answered",),
        ("reused",),
    ]


async def test_a_stream_that_ends_without_a_finish_reason_is_broken_off(
    recap: Recap, client: AsyncOpenAI
) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "one"}, "finish_reason": None}]}
    raw = b"data: %s\n\ndata: [DONE]\n\n" % json.dumps(chunk).encode()
    recap.upstream.script = [Scripted(body=raw)]
    heard: list[str] = []
    with pytest.raises(openai.APIError, match="broke off"):
        await listen(client, heard)
    assert heard == ["one"]
    assert await ask(client, stream=True) == "Answer to: Hi"
    assert recap.upstream.calls == 2


async def listen(client: AsyncOpenAI, heard: list[str]) -> None:
    """Hear a stream to its end, whichever that is."""
    chunks = await client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    async for chunk in chunks:
        heard += [choice.delta.content or "" for choice in chunk.choices]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_was_cut_short_is_given_on_but_never_reused(
    recap: Recap, client: AsyncOpenAI, reason: str, stream: bool
) -> None:
    recap.upstream.script = [Scripted(text="Half of", finish_reason=reason)]
    assert await ask(client, stream=stream) == "Half of"
    assert await ask(client, stream=stream) == "Answer to: Hi"
    assert await ask(client) == "Answer to: Hi"
    assert recap.upstream.calls == 2
