"""Lists of messages as the model sees them, and the rounds that they fall into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SYSTEM_ROLES = frozenset({"system", "developer"})

WireMessage = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of a list, its tokens, and its place: the index from 1, or a session's seq."""

    message: WireMessage
    tokens: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Round:
    """What the customer said, what was answered, and the place of the customer's words."""

    said: str
    answered: str
    anchor: int


def split(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Cut a list into rounds; each ends with an answer (the last one perhaps not)."""
    rounds: list[list[Entry]] = []
    answered = True
    for entry in entries:
        if answered:
            rounds.append([])
        rounds[-1].append(entry)
        answered = is_answer(entry.message)
    return rounds


def read(entries: Sequence[Entry]) -> list[Round]:
    """The rounds of a list as digest and recall read them."""
    found = []
    for whole in split(entries):
        said = [text_of(e.message) for e in whole if e.message.get("role") == "user"]
        answers = [text_of(e.message) for e in whole if e.message.get("role") == "assistant"]
        found.append(Round("\n".join(said), "\n".join(answers), whole[0].anchor))
    return found


def is_answer(message: WireMessage) -> bool:
    """Does this message end a round: the assistant's, and nothing is asked of a tool?"""
    return (
        message.get("role") == "assistant"
        and not message.get("tool_calls")
        and not message.get("function_call")
    )


def can_shorten(messages: Sequence[WireMessage]) -> bool:
    """Is it safe to leave out old rounds of this list?

    Not while a tool call is open, pictures or sounds are in play, or instructions stand between
    rounds.
    """
    started = False
    for message in messages:
        is_system = message.get("role") in SYSTEM_ROLES
        if (is_system and started) or not _is_text(message):
            return False
        started = started or not is_system
    last = messages[-1] if messages else {}
    return last.get("role") == "user"


def text_of(message: WireMessage) -> str:
    """The words of a message; parts that are not text have none."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, dict))


def messages_of(entries: Iterable[Entry]) -> list[WireMessage]:
    """The messages alone."""
    return [entry.message for entry in entries]


def tokens_of(entries: Iterable[Entry]) -> int:
    """Tokens of all of them."""
    return sum(entry.tokens for entry in entries)


def _is_text(message: WireMessage) -> bool:
    content = message.get("content")
    if message.get("audio"):
        return False
    if isinstance(content, list):
        return all(isinstance(p, dict) and p.get("type") == "text" for p in content)
    return True
