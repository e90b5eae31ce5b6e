"""Answers that come back in the next request, in every form in which the SDK writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai._utils import maybe_transform
from openai.types.chat import ChatCompletionMessage, ParsedChatCompletionMessage
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import BaseModel

from service import prefix
from tests.message_lists import Message, lists, spoken, tool_calls, words

Echo = Callable[[BaseModel], Any]

ROOT = prefix.root("ten_1")
CITATION = {"end_index": 9, "start_index": 2, "title": "Help", "url": "https://shop.example"}
answers = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.one_of(st.none(), words)},
    optional={
        "refusal": st.one_of(st.none(), spoken),
        "annotations": st.sampled_from([[], [{"type": "url_citation", "url_citation": CITATION}]]),
        "audio": st.none(),
        "function_call": st.none(),
        "tool_calls": st.lists(tool_calls, min_size=1, max_size=2),
        "reasoning_content": spoken,
    },
)


def as_sent(message: BaseModel) -> Any:
    """What the SDK sends for a message object that is put into `messages` as it is."""
    body = maybe_transform(
        {"model": "m", "messages": [message]}, CompletionCreateParamsNonStreaming
    )
    return dict(body or {})["messages"][0]


ECHOES: dict[str, Echo] = {
    "model_dump": lambda m: m.model_dump(),
    "exclude_none": lambda m: m.model_dump(exclude_none=True),
    "exclude_unset": lambda m: m.model_dump(exclude_unset=True),
    "exclude_defaults": lambda m: m.model_dump(exclude_defaults=True),
    "json mode": lambda m: m.model_dump(mode="json"),
    "to_dict": lambda m: m.to_dict(),  # type: ignore[attr-defined]
    "the object itself": as_sent,
}


@given(before=lists, answer=answers, question=spoken)
@settings(deadline=None)
def test_an_answer_echoed_through_the_sdk_keeps_the_name(
    before: list[Message], answer: Message, question: str
) -> None:
    newest = {"role": "user", "content": question}
    message = ChatCompletionMessage.model_validate(answer)
    told = prefix.chain(ROOT, [*before, answer, newest])
    for how, echo in ECHOES.items():
        assert prefix.chain(ROOT, [*before, echo(message), newest]) == told, how


class Order(BaseModel):
    number: str


@pytest.mark.parametrize("echo", ECHOES)
def test_what_the_sdk_parsed_from_an_answer_is_not_part_of_it(echo: str) -> None:
    function = {"name": "find", "arguments": '{"number": "A-1"}'}
    answer = {
        "role": "assistant",
        "content": '{"number": "A-1"}',
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    parsed = ParsedChatCompletionMessage[Order].model_validate(answer)
    parsed.parsed = Order(number="A-1")
    assert parsed.tool_calls
    parsed.tool_calls[0].function.parsed_arguments = {"number": "A-1"}
    assert prefix.chain(ROOT, [ECHOES[echo](parsed)]) == prefix.chain(ROOT, [answer])
    function["arguments"] = '{"number": "A-2"}'
    assert prefix.chain(ROOT, [ECHOES[echo](parsed)]) != prefix.chain(ROOT, [answer])
