"""The built-in demonstration model: rules instead of a language model, behind a true HTTP server.

It lets Recap be tried without a key. It says plainly what it is, and it can only quote what the
customer said in the messages it was sent, so whatever a payload forgets, its answers forget too.

Invariant: an answer is a pure function of the payload's messages. Nothing is remembered between
requests, and nothing is quoted that is not in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import wording
from service.loopback import CountTokens, LoopbackModel, Scripted, text_parts

_RECORD = re.compile(r"^\[Record (\w+)[:.].*?^\[End of record \1\.\]\n*", re.DOTALL | re.MULTILINE)
"""What may stand in front of a customer's words: a record of earlier ones, between its marks."""

HAND_OVER = "hand_over"

_FACT_LABEL = re.compile(r"^(?:identifier|email|phone|amount|date)(?: \([^)]*\))?: ")
_LONG_LINE, _LONGEST_QUOTE = 160, 400  # characters
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_SECOND_QUOTE_SHARE = 0.75  # of the best score

Message = Mapping[str, Any]


async def start_demo_model(
    count_tokens: CountTokens, *, first_delay: float = 0.15, word_delay: float = 0.015
) -> LoopbackModel:
    """A running demonstration model on a free loopback port; the caller closes it."""
    model = DemoModel(first_delay=first_delay, word_delay=word_delay)
    server = LoopbackModel(model.respond, count_tokens=count_tokens, name="recap-demo")
    await server.start()
    return server


class DemoModel:
    """Answers chat completions by rule. Delays in seconds: before the first word, and between."""

    def __init__(self, *, first_delay: float = 0.15, word_delay: float = 0.015) -> None:
        self._first_delay = first_delay
        self._word_delay = word_delay

    def respond(self, payload: Mapping[str, Any]) -> Scripted:
        """The scripted answer to a chat completions body."""
        calls = hand_over(payload)
        return Scripted(
            text="" if calls else answer(payload["messages"]),
            tool_calls=calls,
            first_token_delay=self._first_delay,
            token_delay=self._word_delay,
        )


@dataclass(frozen=True, slots=True)
class _Voice:
    introduction: str
    courtesies: Mapping[str, str]
    noted: str
    quote: str
    second_quote: str
    absent: str
    gap: str


_ENGLISH = _Voice(
    introduction=(
        "I am Recap's built-in demonstration model, not a real language model: "
        "I can only quote what is in the messages I was sent."
    ),
    courtesies={
        "greeting": "Hello! Ask me about anything you have told me.",
        "thanks": "You are welcome.",
        "farewell": "Goodbye!",
    },
    noted="Noted.",
    quote="You said: “{}”",
    second_quote="You also said: “{}”",
    absent="What I was sent does not hold that: no earlier words of yours match your question.",
    gap=" ",
)
_CHINESE = _Voice(
    introduction="我是 Recap 内置的演示模型，不是真正的语言模型：我只能引用发给我的消息里的话。",
    courtesies={
        "greeting": "您好！您可以问我您之前说过的话。",
        "thanks": "不客气。",
        "farewell": "再见！",
    },
    noted="已收到。",
    quote="您说过：“{}”",
    second_quote="您还说过：“{}”",
    absent="发给我的消息里没有这一点：您之前的话里找不到与这个问题相符的内容。",
    gap="",
)


def answer(messages: Sequence[Message]) -> str:
    """What the demonstration model says to the newest of `messages`, in that one's language."""
    question, earlier = _newest_question(messages)
    voice = _CHINESE if wording.is_chinese(question) else _ENGLISH
    if wording.asks_who(question):
        return voice.introduction
    body = _body(voice, question, _lines(earlier))
    if any(message.get("role") == "assistant" or _is_record(message) for message in messages):
        return body
    return f"{voice.introduction}{voice.gap}{body}"


def hand_over(payload: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """A call of the tool `hand_over`, if it is offered and the newest message asks for a person."""
    offered = [tool.get("function", {}).get("name") for tool in payload.get("tools") or []]
    question, _ = _newest_question(payload["messages"])
    if HAND_OVER not in offered or not wording.wants_person(question):
        return None
    arguments = json.dumps({"reason": question[:_LONG_LINE]}, ensure_ascii=False)
    function = {"name": HAND_OVER, "arguments": arguments}
    return [{"id": "call_1", "type": "function", "function": function}]


def _body(voice: _Voice, question: str, lines: Sequence[str]) -> str:
    courtesy = wording.courtesy(question)
    if courtesy:
        return voice.courtesies[courtesy]
    forms = (voice.quote, voice.second_quote)
    quotes = [form.format(line) for form, line in zip(forms, _best(question, lines), strict=False)]
    if wording.asks(question):
        return voice.gap.join(quotes) or voice.absent
    return voice.gap.join([voice.noted, *quotes])


def _newest_question(messages: Sequence[Message]) -> tuple[str, list[str]]:
    """The newest user message, and the texts of those before it, records among them."""
    texts: list[str] = []
    question = ""
    for message in messages:
        if message.get("role") == "user":
            said = _text(message)
            records = [found[0] for found in _RECORD.finditer(said)]
            texts += [question, *records]
            question = _RECORD.sub("", said)
    return question, texts


def _lines(texts: Sequence[str]) -> list[str]:
    """What can be quoted, oldest first: lines, long ones by the sentence, without list marks."""
    lines = [line.strip() for text in texts for line in text.splitlines()]
    spoken = [line for line in lines if not (line.startswith("[") and line.endswith("]"))]
    quotable: list[str] = []
    for line in spoken:
        quotable += _SENTENCE_END.split(line) if len(line) > _LONG_LINE else [line]
    own = (line.strip() for line in quotable if not line.startswith("* "))
    return [line for line in (line.removeprefix("- ") for line in own) if line]


def _best(question: str, lines: Sequence[str]) -> list[str]:
    """The one or two lines that answer best, the best first and the newest first among equals."""
    search = wording.Search(question)
    scored = [(search.score(line), place) for place, line in enumerate(lines)]
    ranked = sorted((entry for entry in scored if entry[0] > 0), reverse=True)
    chosen: list[str] = []
    for score, place in ranked:
        line = lines[place]
        if len(chosen) == 2 or score < ranked[0][0] * _SECOND_QUOTE_SHARE:
            break
        if not any(line in other or other in line for other in chosen):
            chosen.append(line)
    return [_shown(line) for line in chosen]


def _shown(line: str) -> str:
    line = _FACT_LABEL.sub("", line)
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def _is_record(message: Message) -> bool:
    return message.get("role") == "user" and _RECORD.search(_text(message)) is not None


def _text(message: Message) -> str:
    return "\n\n".join(text_parts(message)).strip()
