"""The loopback model server and the demonstration model, as the real OpenAI client sees them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from service.demo import start_demo_model
from service.loopback import LoopbackModel, Respond, Scripted

Serve = Callable[[Respond], Awaitable[AsyncOpenAI]]
Ask = Callable[[Any], Awaitable[str]]

QUESTION: Any = [{"role": "user", "content": "Where is my parcel?"}]


def recorded(*lines: str) -> str:
    """A record of earlier words, as it stands in front of a customer's newer ones."""
    return "\n".join(["[Record abc: earlier messages.]", *lines, "[End of record abc.]"])


WEATHER_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
}


def count_tokens(text: str) -> int:
    return max(1, len(text) // 4)


def client_of(base_url: str) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=base_url, api_key="unused", max_retries=0)


def conversation(*customer: str) -> Any:
    """The customer's lines, each but the last one answered."""
    messages = [{"role": "system", "content": "Be kind."}]
    for line in customer:
        messages.append({"role": "user", "content": line})
        messages.append({"role": "assistant", "content": "I see."})
    return messages[:-1]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a loopback model for a script, and hand over a client of it."""
    async with AsyncExitStack() as stack:

        async def start(respond: Respond) -> AsyncOpenAI:
            server = LoopbackModel(respond, count_tokens=count_tokens)
            stack.push_async_callback(server.close)
            return await stack.enter_async_context(client_of(await server.start()))

        yield start


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Ask a demonstration model that answers at once."""
    server = await start_demo_model(count_tokens, first_delay=0, word_delay=0)
    async with client_of(server.base_url) as client:

        async def answer(messages: Any) -> str:
            reply = await client.chat.completions.create(model="any", messages=messages)
            return reply.choices[0].message.content or ""

        yield answer
    await server.close()


async def streamed(client: AsyncOpenAI, **request: Any) -> list[Any]:
    request = {"model": "m", "messages": QUESTION, **request}
    stream = await client.chat.completions.create(stream=True, **request)
    return [chunk async for chunk in stream]


def text_of(chunks: list[Any], choice: int = 0) -> str:
    choices = [c for chunk in chunks for c in chunk.choices if c.index == choice]
    return "".join(c.delta.content or "" for c in choices)


# --- the server


async def test_a_whole_answer_carries_the_counted_usage_and_the_model_asked_for(
    serve: Serve,
) -> None:
    client = await serve(lambda _: Scripted("It left on Monday.", cached_tokens=5))
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "12345678"}] * 2}]
    reply = await client.chat.completions.create(model="never/heard-of", messages=parts + QUESTION)
    assert reply.model == "never/heard-of"
    assert reply.choices[0].message.content == "It left on Monday."
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    prompt = (4 + 2 + 2) + (4 + len("Where is my parcel?") // 4) + 3
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (prompt, 4)
    assert reply.usage.total_tokens == prompt + 4
    assert reply.usage.prompt_tokens_details is not None
    assert reply.usage.prompt_tokens_details.cached_tokens == 5


async def test_the_script_sees_the_request_as_it_was_sent(serve: Serve) -> None:
    async def respond(payload: dict[str, Any]) -> Scripted:
        return Scripted(json.dumps(payload, sort_keys=True))

    client = await serve(respond)
    reply = await client.chat.completions.create(model="m", messages=QUESTION, temperature=0.5)
    sent = {"model": "m", "messages": QUESTION, "temperature": 0.5}
    assert json.loads(reply.choices[0].message.content or "") == sent


@pytest.mark.parametrize(
    "text",
    ["", " ", "one", " a  b\n\nc\t", "您的包裹，周一已发出。OK", "mixed 中文 and\u3000words "],
)
async def test_a_stream_is_the_same_text_word_by_word_and_ends_with_usage(
    serve: Serve, text: str
) -> None:
    client = await serve(lambda _: Scripted(text))
    chunks = await streamed(client, stream_options={"include_usage": True})
    whole = await client.chat.completions.create(model="m", messages=QUESTION)
    *spoken, last = chunks
    assert text_of(chunks) == text
    assert spoken[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in spoken] == [None] * (len(spoken) - 1) + ["stop"]
    assert last.choices == []
    assert last.usage == whole.usage
    assert all(chunk.usage is None for chunk in spoken)
    assert len({chunk.id for chunk in chunks}) == 1


async def test_words_come_in_chunks_of_their_own(serve: Serve) -> None:
    client = await serve(lambda _: Scripted("It left on Monday."))
    deltas = [c.choices[0].delta.content for c in await streamed(client)]
    assert [delta for delta in deltas if delta] == ["It", " left", " on", " Monday."]


async def test_no_usage_is_streamed_unless_it_was_asked_for(serve: Serve) -> None:
    client = await serve(lambda _: Scripted("yes"))
    chunks = await streamed(client)
    assert all(chunk.choices and "usage" not in chunk.model_fields_set for chunk in chunks)


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": 7, "completion_tokens": 2}])
async def test_the_script_may_replace_or_withhold_the_usage(
    serve: Serve, usage: dict[str, int]
) -> None:
    client = await serve(lambda _: Scripted("yes", usage=usage))
    whole = await client.chat.completions.create(model="m", messages=QUESTION)
    chunks = await streamed(client, stream_options={"include_usage": True})
    seen = [reply.usage for reply in (whole, *chunks) if reply.usage is not None]
    assert [entry.model_dump(exclude_unset=True) for entry in seen] == (
        [usage] * 2 if usage else []
    )


async def test_tool_calls_arrive_whole_and_streamed(serve: Serve) -> None:
    client = await serve(lambda _: Scripted(tool_calls=[WEATHER_CALL]))
    reply = await client.chat.completions.create(model="m", messages=QUESTION)
    [call] = reply.choices[0].message.tool_calls or []
    assert call.model_dump(exclude_unset=True) == WEATHER_CALL
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (
        None,
        "tool_calls",
    )
    choices = [chunk.choices[0] for chunk in await streamed(client)]
    [delta] = [call for choice in choices for call in choice.delta.tool_calls or []]
    assert delta.model_dump(exclude_unset=True) == {"index": 0, **WEATHER_CALL}
    assert choices[-1].finish_reason == "tool_calls"


async def test_several_choices_are_each_answered_and_counted(serve: Serve) -> None:
    client = await serve(lambda _: Scripted("It left on Monday."))
    reply = await client.chat.completions.create(model="m", messages=QUESTION, n=3)
    assert [c.message.content for c in reply.choices] == ["It left on Monday."] * 3
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 3 * 4
    chunks = await streamed(client, n=2)
    assert [text_of(chunks, index) for index in (0, 1)] == ["It left on Monday."] * 2


async def test_logprobs_cover_the_text_when_asked_for(serve: Serve) -> None:
    client = await serve(lambda _: Scripted("It left 周一."))
    request: Any = {"model": "m", "messages": QUESTION, "logprobs": True, "top_logprobs": 1}
    reply = await client.chat.completions.create(**request)
    chunks = await streamed(client, logprobs=True)
    pieces = [c.choices[0].logprobs for c in chunks if c.choices[0].logprobs]
    for content in (
        reply.choices[0].logprobs and reply.choices[0].logprobs.content,
        [token for piece in pieces for token in piece.content],
    ):
        assert content
        assert b"".join(bytes(t.bytes or []) for t in content).decode() == "It left 周一."
        assert all(token.logprob < 0 for token in content)
    plain = await client.chat.completions.create(model="m", messages=QUESTION)
    assert plain.choices[0].logprobs is None


async def test_a_scripted_error_reaches_the_client_with_its_status_and_headers(
    serve: Serve,
) -> None:
    error = {"message": "slow down", "type": "requests", "param": None, "code": "rate_limited"}
    headers = {"Retry-After": "7"}
    client = await serve(lambda _: Scripted(status=429, error=error, headers=headers))
    for stream in (False, True):
        with pytest.raises(openai.RateLimitError, match="slow down") as caught:
            await client.chat.completions.create(model="m", messages=QUESTION, stream=stream)
        assert caught.value.response.headers["Retry-After"] == "7"
        assert (caught.value.code, caught.value.body) == ("rate_limited", error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "invalid_request_error"), (429, "rate_limit_error"), (503, "server_error")],
)
async def test_an_error_without_an_object_gets_one(serve: Serve, status: int, kind: str) -> None:
    client = await serve(lambda _: Scripted(status=status))
    with pytest.raises(openai.APIStatusError) as caught:
        await client.chat.completions.create(model="m", messages=QUESTION)
    assert (caught.value.status_code, caught.value.type) == (status, kind)


async def test_what_the_script_raises_becomes_a_500(serve: Serve) -> None:
    def respond(payload: dict[str, Any]) -> Scripted:
        raise LookupError("no line left in the script")

    client = await serve(respond)
    with pytest.raises(openai.InternalServerError, match="no line left in the script"):
        await client.chat.completions.create(model="m", messages=QUESTION)


async def test_a_cut_connection_raises_in_the_middle_of_the_stream(serve: Serve) -> None:
    client = await serve(lambda _: Scripted("one two three four", cut_after=2))
    stream = await client.chat.completions.create(model="m", messages=QUESTION, stream=True)
    got: list[Any] = []
    with pytest.raises(openai.APIConnectionError):  # noqa: PT012
        async for chunk in stream:
            got.append(chunk)  # noqa: PERF401 (what came before the error is wanted)
    assert text_of(got) == "one two"


async def test_a_garbage_body_arrives_as_it_stands(serve: Serve) -> None:
    client = await serve(lambda _: Scripted(body=b"<html>oops", headers={"x-garbage": "yes"}))
    raw = await client.chat.completions.with_raw_response.create(model="m", messages=QUESTION)
    assert (raw.http_response.content, raw.headers["x-garbage"]) == (b"<html>oops", "yes")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"[" * 100_000,
        b'{"messages": [{"role": "user", "content": "x"}]}',
        b'{"model": "m"}',
        b'{"model": "m", "messages": []}',
        b'{"model": "m", "messages": "x"}',
        b'{"model": "m", "messages": ["x"]}',
        b'{"model": "m", "messages": [{"content": "x"}]}',
        b'{"model": "m", "messages": [{"role": "user"}], "n": 0}',
        b'{"model": "m", "messages": [{"role": "user"}], "stream": "yes"}',
        b'{"model": "m", "messages": [{"role": "user"}], "stream_options": 1}',
    ],
)
async def test_a_malformed_request_is_refused_with_an_error_object(
    serve: Serve, body: bytes
) -> None:
    client = await serve(lambda _: Scripted("never"))
    url = f"{client.base_url}chat/completions"
    async with aiohttp.ClientSession() as http, http.post(url, data=body) as response:
        error = (await response.json())["error"]
    assert (response.status, error["type"]) == (400, "invalid_request_error")
    assert error.keys() == {"message", "type", "param", "code"}


async def test_an_unknown_route_is_a_404_error_object(serve: Serve) -> None:
    client = await serve(lambda _: Scripted())
    with pytest.raises(openai.NotFoundError) as caught:
        await client.embeddings.create(model="m", input="x")
    assert caught.value.type == "invalid_request_error"


async def test_the_models_are_listed(serve: Serve) -> None:
    client = await serve(lambda _: Scripted())
    assert [model.id async for model in client.models.list()] == ["recap-demo"]


async def test_delays_come_before_the_first_word_and_between_words(serve: Serve) -> None:
    script = Scripted("one two three", first_token_delay=0.1, token_delay=0.05)
    client = await serve(lambda _: script)
    began = time.monotonic()
    stream = await client.chat.completions.create(model="m", messages=QUESTION, stream=True)
    moments = [time.monotonic() - began async for c in stream if c.choices[0].delta.content]
    assert moments[0] >= 0.09
    assert all(later - sooner >= 0.03 for sooner, later in pairwise(moments))


async def test_a_whole_answer_waits_for_the_first_delay_only(serve: Serve) -> None:
    script = Scripted("one two three", first_token_delay=0.1, token_delay=5)
    client = await serve(lambda _: script)
    began = time.monotonic()
    await client.chat.completions.create(model="m", messages=QUESTION)
    assert 0.09 <= time.monotonic() - began < 5


async def test_a_client_that_hangs_up_leaves_no_trace_and_stops_its_script(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    cancelled = asyncio.Event()

    async def respond(payload: dict[str, Any]) -> Scripted:
        if payload["model"] != "stuck":
            return Scripted("word " * 50, token_delay=0.01)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        raise AssertionError

    client = await serve(respond)
    with pytest.raises(openai.APITimeoutError):
        await client.with_options(timeout=0.1).chat.completions.create(
            model="stuck", messages=QUESTION
        )
    await asyncio.wait_for(cancelled.wait(), 1)
    stream = await client.chat.completions.create(model="m", messages=QUESTION, stream=True)
    await anext(aiter(stream))
    await stream.close()
    await asyncio.sleep(0.1)
    assert text_of(await streamed(client)) == "word " * 50
    assert [r for r in caplog.records if r.name.startswith(("aiohttp", "asyncio"))] == []


async def test_closing_takes_under_a_second_with_requests_open() -> None:
    async def respond(payload: dict[str, Any]) -> Scripted:
        if payload["model"] == "stuck":
            await asyncio.Event().wait()
        return Scripted("word " * 500, token_delay=0.1)

    server = LoopbackModel(respond, count_tokens=count_tokens)
    async with client_of(await server.start()) as client:
        create = client.chat.completions.create
        stuck = asyncio.create_task(create(model="stuck", messages=QUESTION))
        stream = await create(model="m", messages=QUESTION, stream=True)
        await anext(aiter(stream))
        began = time.monotonic()
        await server.close()
        assert time.monotonic() - began < 1
        with pytest.raises(openai.APIConnectionError):
            await stuck
        with pytest.raises(openai.APIConnectionError):
            await create(model="m", messages=QUESTION)
    await server.close()
    assert server.base_url == ""


async def test_a_taken_port_is_reported_and_the_server_can_start_elsewhere() -> None:
    first = LoopbackModel(lambda _: Scripted("first"), count_tokens=count_tokens)
    second = LoopbackModel(lambda _: Scripted("second"), count_tokens=count_tokens)
    port = int((await first.start()).split(":")[2].split("/")[0])
    with pytest.raises(OSError, match="address already in use"):
        await second.start(port=port)
    assert await second.start() == second.base_url != first.base_url
    await first.close()
    await second.close()


# --- the demonstration model


async def test_the_demo_model_says_what_it_is_in_its_first_answer_only(ask: Ask) -> None:
    assert "not a real language model" in await ask(conversation("Hi there!"))
    assert "不是真正的语言模型" in await ask(conversation("你好"))
    later = await ask(conversation("Hi there!", "My kettle leaks."))
    assert "language model" not in later
    record = {"role": "user", "content": recorded("- order: RC-20931")}
    assert "language model" not in await ask([record, *QUESTION])


@pytest.mark.parametrize("question", ["Who are you?", "Are you a real person?", "你是机器人吗？"])
async def test_the_demo_model_says_what_it_is_whenever_asked(ask: Ask, question: str) -> None:
    answer = await ask(conversation("Hi", question))
    assert "demonstration model" in answer or "演示模型" in answer


@pytest.mark.parametrize(
    ("fact", "question"),
    [
        ("My order number is RC-20931.", "What was my order number?"),
        ("I ordered a kettle, RC-20931, last week", "Could you tell me my order number again"),
        ("The blue kettle leaks at the spout.", "What did I tell you about the kettle?"),
        ("Hi, I'm Anna Berg.", "Do you remember my name?"),
        ("Please call 0171-555-0199 in the evening", "Which number did I give you?"),
        ("I live in Oslo.", "What did I say?"),
        ("My promo code is SPRING", "what's my promo code?"),
        ("我的订单号是 RC-20931。", "我的订单号是多少"),
        ("我想查一下订单 RC-20931 到哪了", "我的订单号是多少？"),
        ("我叫李明", "我叫什么名字？"),
        ("水壶漏水了", "关于水壶我说过什么？"),
        ("水壶漏水了", "我刚才说了什么？"),
        ("红伞坏了", "我的伞怎么样了？"),
    ],
)
async def test_the_demo_model_quotes_the_fact_that_the_payload_holds(
    ask: Ask, fact: str, question: str
) -> None:
    answer = await ask(conversation(fact, "Thanks!", question))
    assert f"“{fact}”" in answer
    assert answer.startswith("您说过" if question[0] in "我关" else "You said")


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("The kettle leaks.", "What is my order number?"),
        ("My phone number is 555-0199.", "What is my order number?"),
        ("My order is late.", "What is my order number?"),
        ("What is my order number?", "So what is my order number?"),
        ("水壶漏水了", "我的订单号是多少？"),
        ("我的订单号是多少？", "我的订单号是多少"),
        ("我的电话号码是 555-0199", "我的订单号是多少"),
        ("我的快递单号是 SF-123", "我的订单号是多少"),
        ("Does the kettle leak?", "So does the kettle leak?"),
    ],
)
async def test_the_demo_model_says_so_when_the_payload_does_not_hold_it(
    ask: Ask, said: str, question: str
) -> None:
    answer = await ask(conversation(said, question))
    assert said not in answer
    assert answer.startswith(("What I was sent does not hold that", "发给我的消息里没有这一点"))


async def test_the_demo_model_knows_only_the_customers_words_not_the_answers(ask: Ask) -> None:
    messages = conversation("Hello", "What is my order number?")
    messages[2]["content"] = "Your order number is RC-20931."
    messages[0]["content"] = "Order number RC-20931."
    assert "RC-20931" not in await ask(messages)


@pytest.mark.parametrize("question", ["What is my order number?", "我的订单号是多少"])
async def test_a_record_of_earlier_words_counts_as_what_the_customer_said(
    ask: Ask, question: str
) -> None:
    record = recorded("- email: anna@example.com", "- order: RC-20931")
    apart = [{"role": "user", "content": record}, *conversation("Thanks", question)]
    in_front = conversation("Thanks", f"{record}\n\n{question}")
    for messages in (apart, in_front):
        answer = await ask(messages)
        assert "“order: RC-20931”" in answer
        assert "anna@example.com" not in answer


async def test_among_equal_lines_the_newest_is_quoted_first_and_at_most_two(ask: Ask) -> None:
    said = [f"My order number is RC-{n}." for n in (1, 2, 3)]
    answer = await ask(conversation(*said, "What is my order number?"))
    assert answer == f"You said: “{said[2]}” You also said: “{said[1]}”"


@pytest.mark.parametrize(
    ("better", "newer", "question"),
    [
        ("The blue kettle leaks.", "The kettle is big.", "What about the blue kettle that leaks?"),
        ("RC-7 leaks.", "The order came late.", "And order RC-7?"),
        ("My kettle leaks.", "Is the kettle under warranty?", "What about the kettle?"),
    ],
)
async def test_a_line_that_answers_better_is_quoted_before_a_newer_one(
    ask: Ask, better: str, newer: str, question: str
) -> None:
    answer = await ask(conversation(better, newer, question))
    assert answer.startswith(f"You said: “{better}”")


async def test_the_head_of_a_record_is_not_quoted(ask: Ask) -> None:
    record = {"role": "user", "content": recorded("- order: RC-20931")}
    answer = await ask([record, *conversation("What did I say about data and instructions?")])
    assert answer.startswith("What I was sent does not hold that")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("Thank you very much!", "You are welcome."),
        ("谢谢你", "不客气。"),
        ("Bye", "Goodbye!"),
        ("My cat sleeps.", "Noted."),
    ],
)
async def test_courtesies_and_statements_get_a_short_line(ask: Ask, line: str, answer: str) -> None:
    assert await ask(conversation("My order number is RC-1.", line)) == answer


async def test_the_demo_model_streams_visibly_for_any_model_name() -> None:
    server = await start_demo_model(count_tokens, first_delay=0.05, word_delay=0.01)
    async with client_of(server.base_url) as client:
        began = time.monotonic()
        options = {"include_usage": True}
        chunks = await streamed(client, model="gpt-9", stream_options=options)
        took = time.monotonic() - began
    await server.close()
    words = len(text_of(chunks).split())
    assert {chunk.model for chunk in chunks} == {"gpt-9"}
    assert words > 10
    assert took >= 0.05 + 0.009 * (words - 1)
    assert chunks[-1].usage.completion_tokens == count_tokens(text_of(chunks))
