"""Completions cut into chunks and put together again: nothing is lost, doubled or reordered."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from service import completion
from service.completion import Body, Chunk

text = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
spoken = text.filter(bool)
usage = st.fixed_dictionaries(
    {"prompt_tokens": st.integers(1, 9999), "completion_tokens": st.integers(1, 9999)}
).map(lambda counts: counts | {"total_tokens": sum(counts.values())})
tool_calls = st.lists(
    st.fixed_dictionaries(
        {
            "id": spoken,
            "type": st.just("function"),
            "function": st.fixed_dictionaries({"name": spoken, "arguments": text}),
        }
    ),
    min_size=1,
    max_size=3,
)
logprob = st.fixed_dictionaries(
    {
        "token": spoken,
        "logprob": st.sampled_from([-0.25, -1.5]),
        "bytes": st.lists(st.integers(0, 255), max_size=3),
        "top_logprobs": st.just([]),
    }
)
logprobs = st.fixed_dictionaries(
    {"content": st.lists(logprob, min_size=1, max_size=4), "refusal": st.none()}
)
choices = st.fixed_dictionaries(
    {
        "message": st.fixed_dictionaries(
            {
                "role": st.just("assistant"),
                "content": st.one_of(st.none(), spoken),
                "refusal": st.one_of(st.none(), spoken),
            },
            optional={"tool_calls": tool_calls},
        ),
        "finish_reason": st.sampled_from(["stop", "tool_calls", "length", "content_filter"]),
        "logprobs": st.one_of(st.none(), logprobs),
    }
)


@st.composite
def completions(draw: st.DrawFn) -> Body:
    drawn = draw(st.lists(choices, min_size=1, max_size=3))
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "test-model",
        "system_fingerprint": "fp_1",
        "a_field_invented_tomorrow": {"kept": [1]},
        "choices": [{"index": index} | choice for index, choice in enumerate(drawn)],
        "usage": draw(usage),
    }


def pieces(draw: st.DrawFn, whole: Any) -> list[Any]:
    """A text or a list, cut at random places."""
    if not whole:
        return []
    places = sorted(draw(st.sets(st.integers(1, len(whole)), max_size=4)) | {len(whole)})
    return [whole[start:end] for start, end in zip([0, *places], places, strict=False)]


def deltas(draw: st.DrawFn, choice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A choice as a provider streams it: role, words, tool calls, end."""
    message = choice["message"]
    opening = None if message["content"] is None else ""
    yield {"delta": {"role": message["role"], "content": opening, "refusal": None}}
    for field in ("content", "refusal"):
        yield from ({"delta": {field: piece}} for piece in pieces(draw, message[field]))
    for piece in pieces(draw, (choice["logprobs"] or {}).get("content")):
        yield {"delta": {}, "logprobs": {"content": piece, "refusal": None}}
    for index, call in enumerate(message.get("tool_calls") or []):
        first = call | {"index": index, "function": call["function"] | {"arguments": ""}}
        yield {"delta": {"tool_calls": [first]}}
        for piece in pieces(draw, call["function"]["arguments"]):
            yield {"delta": {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}}
    yield {"delta": {}, "finish_reason": choice["finish_reason"]}


@st.composite
def streams(draw: st.DrawFn) -> tuple[Body, list[Chunk]]:
    """A completion, and chunks that spell it; several choices take turns at random."""
    body = draw(completions())
    frame = {k: v for k, v in body.items() if k not in ("choices", "usage")}
    frame |= {"object": "chat.completion.chunk", "usage": None}
    waiting = {choice["index"]: list(deltas(draw, choice)) for choice in body["choices"]}
    chunks = []
    while waiting:
        index = draw(st.sampled_from(sorted(waiting)))
        part = {"index": index, "finish_reason": None, "logprobs": None} | waiting[index].pop(0)
        chunks.append(frame | {"choices": [part]})
        if not waiting[index]:
            del waiting[index]
    return body, [*chunks, frame | {"choices": [], "usage": body["usage"]}]


@given(streams())
@settings(deadline=None)
def test_chunks_put_together_are_the_completion_however_it_was_cut(
    stream: tuple[Body, list[Chunk]],
) -> None:
    body, chunks = stream
    before = copy.deepcopy(chunks)
    assert completion.assemble(chunks) == body
    assert chunks == before, "chunks are shared with those who follow the stream"


@given(streams())
@settings(deadline=None, max_examples=50)
def test_chunks_put_together_are_what_the_sdk_makes_of_them(
    stream: tuple[Body, list[Chunk]],
) -> None:
    state = ChatCompletionStreamState()
    for chunk in sorted(stream[1], key=opening_index):
        state.handle_chunk(ChatCompletionChunk.model_validate(chunk))
    theirs = state.current_completion_snapshot.model_dump(mode="json", exclude_none=True)
    ours = without_nulls(completion.assemble(stream[1]))
    assert ours["usage"] == theirs["usage"]
    assert said(ours) == said(theirs)


@given(completions(), st.booleans())
@settings(deadline=None)
def test_a_completion_taken_apart_and_put_together_is_itself(
    body: Body, include_usage: bool
) -> None:
    chunks = list(completion.disassemble(body, include_usage=include_usage))
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    expected = body if include_usage else {k: v for k, v in body.items() if k != "usage"}
    assert without_nulls(completion.assemble(chunks)) == without_nulls(expected)
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)


@given(streams())
@settings(deadline=None)
def test_the_words_of_the_deltas_are_the_words_of_the_completion(
    stream: tuple[Body, list[Chunk]],
) -> None:
    body, chunks = stream
    message = body["choices"][0]["message"]
    heard = "".join(map(completion.delta_text, chunks))
    assert heard == (message["content"] or "") + (message["refusal"] or "")
    assert completion.text_of(body) == (message["content"] or message["refusal"] or "")


def test_objects_inside_objects_grow_without_touching_the_chunks() -> None:
    chunks = [
        {"choices": [{"index": 0, "delta": {"extra": {"inner": {"text": piece}}}}]}
        for piece in ("one ", "two ", "three")
    ]
    before = copy.deepcopy(chunks)
    message = completion.message_of(completion.assemble(chunks))
    assert message["extra"] == {"inner": {"text": "one two three"}}
    assert chunks == before


def test_a_choice_without_a_delta_adds_what_it_holds() -> None:
    said_so: list[Chunk] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}}]},
        {"choices": [{"index": 0, "content_filter_results": {"hate": {"filtered": False}}}]},
        {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]},
    ]
    body = completion.assemble(said_so)
    assert completion.text_of(body) == "Hi"
    assert body["choices"][0]["content_filter_results"] == {"hate": {"filtered": False}}
    assert completion.is_whole(body)


@pytest.mark.parametrize(
    ("reasons", "whole"),
    [
        (["stop"], True),
        (["tool_calls"], True),
        (["function_call", "stop"], True),
        (["length"], False),
        (["content_filter"], False),
        (["stop", "length"], False),
        ([None], False),
        (["a_reason_invented_tomorrow"], False),
        ([], False),
    ],
)
def test_only_an_answer_that_came_to_its_own_end_is_whole(
    reasons: list[str | None], whole: bool
) -> None:
    assert completion.is_whole({"choices": [{"finish_reason": r} for r in reasons]}) is whole


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def opening_index(chunk: Chunk) -> int:
    """The SDK wants every choice opened in order before it goes on."""
    opened: list[int] = [c["index"] for c in chunk["choices"] if "role" in c["delta"]]
    return opened[0] if opened else 99


def said(body: Body) -> list[Any]:
    """What the choices say, in a form that both sides share."""
    return [
        (
            choice["index"],
            choice["finish_reason"],
            choice["message"].get("content") or None,
            choice["message"].get("refusal"),
            (choice.get("logprobs") or {}).get("content"),
            [
                (call["id"], call["function"]["name"], call["function"]["arguments"])
                for call in choice["message"].get("tool_calls") or []
            ],
        )
        for choice in body["choices"]
    ]
