"""Conversations to drive through the server: the mission's shape, or recorded ones.

Everything is drawn from a fixed seed, so two runs on one version send the same bytes.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from service import tokens

SYSTEM_TOKENS = 500
QUESTION_TOKENS = 25
REPLY_TOKENS = 60
LENGTHS = (30, 100, 300)

_WORDS = [
    "parcel",
    "order",
    "delivery",
    "refund",
    "street",
    "invoice",
    "yellow",
    "window",
    "tomorrow",
    "please",
    "account",
    "blue",
    "driver",
    "morning",
    "box",
    "label",
    "small",
    "return",
    "shop",
    "payment",
    "week",
    "address",
    "evening",
    "colour",
    "gift",
    "number",
    "still",
    "waiting",
    "neighbour",
    "door",
    "change",
    "size",
    "receipt",
    "order",
    "price",
    "offer",
    "card",
    "kettle",
    "charger",
    "cable",
    "winter",
    "jacket",
    "sofa",
    "chair",
    "warranty",
    "repair",
    "manual",
    "battery",
    "garden",
    "lamp",
]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recorded conversation: questions with the replies that were given to them."""

    name: str
    system_prompt: str
    rounds: list[tuple[str, str]]


class DataError(ValueError):
    """The file of conversations can't be read; the text names the line."""


def synthetic(rounds: int, seed: int = 1) -> Conversation:
    """The mission's shape: 500-token system prompt, 25-token questions, 60-token replies.

    Every fifth question names an order, so that the head has facts to carry.
    """
    draw = random.Random(seed)  # noqa: S311 - repeatable text, not a secret
    said = []
    for number in range(rounds):
        start = f"About order A-{20_000 + number}: " if number % 5 == 0 else ""
        question = text_of(draw, QUESTION_TOKENS, start)
        said.append((question, text_of(draw, REPLY_TOKENS)))
    return Conversation(f"shape of {rounds} rounds", system_prompt(), said)


def system_prompt() -> str:
    """The system prompt of every run, the same each time."""
    return text_of(random.Random(0), SYSTEM_TOKENS, "You are the shop's assistant. ")  # noqa: S311


def recorded(path: Path) -> Iterator[Conversation]:
    """Conversations of a JSON-lines file (gzipped or not), one `{"messages": […]}` a line.

    Messages in a row by one side are joined; what comes before the first question or after the
    last reply is left out. Raises DataError.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                yield _conversation(line, f"{path.name}, line {number}")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None


def text_of(draw: random.Random, length: int, start: str = "") -> str:
    """Words that come to `length` tokens, or one or two fewer."""
    text = start.strip()
    while tokens.count(longer := f"{text} {draw.choice(_WORDS)}".strip()) <= length:
        text = longer
    return text


def _conversation(line: bytes, place: str) -> Conversation:
    try:
        recorded_line = orjson.loads(line)
        messages = [(m["role"], m["content"]) for m in recorded_line["messages"]]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError(f"{place}: not a conversation ({error})") from None
    rounds: list[tuple[str, str]] = []
    question = ""
    for role, content in messages:
        if role == "user":
            question = f"{question}\n{content}".strip()
        elif role == "assistant" and question and str(content).strip():
            rounds.append((question, str(content)))
            question = ""
    return Conversation(str(recorded_line.get("id", place)), system_prompt(), rounds)
