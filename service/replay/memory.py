"""Does a payload hold what a probe asks for? Exact, free, and without a model.

A payload that lacks the text cannot be answered from; one that holds it can. The system's messages
do not count, and neither does the question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from service.context import rounds
from service.context.rounds import Entry, WireMessage

DISTANCES: Final = (5, 20, 50, 100, 200, 300)
"""Upper ends of the groups that recall is told by, in rounds back."""
UNKNOWN: Final = "?"

_BLANKS_AND_COMMAS: Final = re.compile(r"[\s,，]")


@lru_cache(maxsize=20_000)
def lenient(text: str) -> str:
    """A text as answers are compared: compatible forms as one, in lower case, without blanks and
    commas."""
    return _BLANKS_AND_COMMAS.sub("", unicodedata.normalize("NFKC", text).lower())


def holds(messages: Iterable[WireMessage], expected: str) -> bool:
    """Does one of the messages hold the text, leniently compared?"""
    wanted = lenient(expected)
    return any(wanted in lenient(rounds.text_of(message)) for message in messages)


def distance(messages: list[Entry], expected: str) -> int | None:
    """Rounds back from the end of `messages` to where a customer last said the text."""
    answers = 0
    wanted = lenient(expected)
    for entry in reversed(messages):
        answers += rounds.is_answer(entry.message)
        if entry.message["role"] == "user" and wanted in lenient(rounds.text_of(entry.message)):
            return answers
    return None


def span(value: int | None, ends: Sequence[int]) -> str:
    """The group of a number, by the groups' upper ends: `1-5`, `6-20`, `>20`, or `?` for None."""
    if value is None:
        return UNKNOWN
    least = 1
    for most in ends:
        if value <= most:
            return f"{least}-{most}"
        least = most + 1
    return f">{ends[-1]}"


def spans(ends: Sequence[int]) -> list[str]:
    """Every group that `span` can name, in order."""
    return [*(span(end, ends) for end in ends), span(ends[-1] + 1, ends), UNKNOWN]
