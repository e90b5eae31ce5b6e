"""Lists of messages as the model sees them, and the rounds that they fall into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from service.context import tools

SYSTEM_ROLES = frozenset({"system", "developer"})

WireMessage = Mapping[str, Any]


Speaker = Literal["customer", "bot", "agent", "tool"]
_SPEAKERS: Final[Mapping[str, Speaker]] = {
    "user": "customer",
    "assistant": "bot",
    "tool": "tool",
    "function": "tool",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of a list, its tokens, and its place: the index from 1, or a session's seq.

    `author` is set where the role does not tell who spoke: a live agent's words are the
    assistant's to the model.
    """

    message: WireMessage
    tokens: int
    anchor: int
    author: Speaker | None = None

    @property
    def speaker(self) -> Speaker | None:
        """Who said it; None for the system's own messages."""
        return self.author or _SPEAKERS.get(str(self.message.get("role")))


@dataclass(frozen=True, slots=True)
class Said:
    """What one speaker said in a round. A tool's has `called`: its name and arguments."""

    speaker: Speaker
    text: str
    called: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """What was said up to an answer, in its order, and the place of its first message."""

    parts: tuple[Said, ...]
    anchor: int

    @property
    def said(self) -> str:
        """The customer's words."""
        return "\n".join(part.text for part in self.parts if part.speaker == "customer")

    @property
    def answered(self) -> str:
        """The bot's and the live agents' words."""
        return "\n".join(p.text for p in self.parts if p.speaker in ("bot", "agent") and p.text)


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
    """The rounds of a list as the record and recall read them."""
    return [Round(tuple(_parts(whole)), whole[0].anchor) for whole in split(entries)]


def _parts(entries: Sequence[Entry]) -> Iterator[Said]:
    called: dict[str, str] = {}
    for entry in entries:
        speaker, text = entry.speaker, text_of(entry.message)
        if speaker == "tool":
            key = str(entry.message.get("tool_call_id") or entry.message.get("name") or "")
            line = called.pop(key, "") or str(entry.message.get("name") or "")
            yield Said("tool", "\n".join(tools.lines_of(text)), line)
            continue
        called |= _calls(entry.message)
        if speaker and text:
            yield Said(speaker, text)


def _calls(message: WireMessage) -> dict[str, str]:
    """What a message calls, by the key that its result will bear."""
    forms = [
        (call.get("id"), call.get("function") or call.get("custom")) for call in _called(message)
    ]
    forms.append((None, message.get("function_call")))
    found = {}
    for key, form in forms:
        if isinstance(form, dict):
            name = str(form.get("name") or "")
            given = form.get("arguments") or form.get("input") or ""
            found[str(key or name)] = tools.call_line(name, str(given))
    return found


def _called(message: WireMessage) -> list[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


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
