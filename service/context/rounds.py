"""Lists of messages as the model sees them, and the rounds that they fall into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from service.context import tools

SYSTEM_ROLES = frozenset({"system", "developer"})

RESULTS = frozenset({"tool", "function"})

WireMessage = Mapping[str, Any]


Speaker = Literal["customer", "bot", "agent", "tool"]
_ATTACHED: Final = {"image_url": "picture", "input_audio": "sound", "file": "file"}
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
    """What one speaker said in a round; a tool's has the line of its call in `called`."""

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
    """Cut a list into rounds; each ends with an answer (the last one perhaps not).

    A call and its result are never in two rounds.
    """
    messages = messages_of(entries)
    ends = [*_ends(messages), len(messages)]
    starts = [0, *ends]
    return [list(entries[a:b]) for a, b in zip(starts, ends, strict=False) if a < b]


def last_answer(messages: Sequence[WireMessage], start: int) -> int:
    """The index after the last message that ends a round and is followed by a question; `start`
    where there is none. Words of the assistant's at the end of a list are to be continued."""
    end = len(messages)
    while end > start and messages[end - 1].get("role") == "assistant":
        end -= 1
    return max((start + n for n in _ends(messages[start:end])), default=start)


def _ends(messages: Sequence[WireMessage]) -> list[int]:
    """The indexes after the answers. An answer ends no round while a result is awaited, nor where
    one follows it after all."""
    found: list[int] = []
    awaited: dict[str, None] = {}
    for place, message in enumerate(messages):
        if found and found[-1] == place and message.get("role") in RESULTS:
            found.pop()
        _settle(awaited, message)
        if not awaited and is_answer(message):
            found.append(place + 1)
    return found


def question_length(messages: Sequence[WireMessage]) -> int:
    """How many of the messages after the last answer are the question; after them come the calls
    and results of a turn that is under way, or words that are to be continued."""
    roles = [message.get("role") for message in messages]
    return roles.index("assistant") if "assistant" in roles else len(roles)


def _settle(awaited: dict[str, None], message: WireMessage) -> None:
    """Note what a message calls, or that a result has come. A result that names no call is that
    of the call that waits longest; what has none when the customer speaks again gets none."""
    if message.get("role") in RESULTS and awaited:
        awaited.pop(_answering(message, awaited))
    elif message.get("role") == "user":
        awaited.clear()
    awaited.update((key, None) for key, _, _ in _called(message))


def _answering(message: WireMessage, awaited: Iterable[str]) -> str:
    """The key of the call that a result is for; of the longest waiting if it names none of them."""
    keys = list(awaited)
    own = str(message.get("tool_call_id") or message.get("name") or "")
    return own if own in keys else keys[0]


def read(entries: Sequence[Entry]) -> list[Round]:
    """The rounds of a list as the record and recall read them."""
    return [Round(tuple(_parts(whole)), whole[0].anchor) for whole in split(entries)]


def _parts(entries: Sequence[Entry]) -> Iterator[Said]:
    called: dict[str, str] = {}
    for entry in entries:
        speaker, text = entry.speaker, text_of(entry.message)
        if speaker == "tool":
            own = str(entry.message.get("name") or "")
            line = called.pop(_answering(entry.message, called)) if called else own
            yield Said("tool", "\n".join(tools.lines_of(text)), line)
            continue
        called |= _calls(entry.message)
        if speaker and text:
            yield Said(speaker, text)
    for line in called.values():
        yield Said("tool", "", line)


def _calls(message: WireMessage) -> dict[str, str]:
    """What a message calls, as a line, by the key that its result will bear."""
    return {
        key: tools.call_line(name, str(form.get("arguments") or form.get("input") or ""))
        for key, name, form in _called(message)
    }


def _called(message: WireMessage) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Key, name and form of each call that has a form that is known."""
    calls = message.get("tool_calls")
    forms: list[tuple[Any, Any]] = [(None, message.get("function_call"))]
    forms += [
        (call.get("id"), call.get("function") or call.get("custom"))
        for call in (calls if isinstance(calls, list) else ())
        if isinstance(call, dict)
    ]
    for key, form in forms:
        if isinstance(form, dict):
            name = str(form.get("name") or "")
            yield str(key or name), name, form


def is_answer(message: WireMessage) -> bool:
    """Does this message end a round: the assistant's, and nothing is asked of a tool?"""
    return message.get("role") == "assistant" and not is_call(message)


def is_call(message: WireMessage) -> bool:
    """Does this message ask something of a tool?"""
    return bool(message.get("tool_calls") or message.get("function_call"))


def text_of(message: WireMessage) -> str:
    """The words of a message; pictures, sounds and files among them are named."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict)]
    words = "\n".join(text for part in parts if (text := _text_of(part)))
    named = [name for part in parts if (name := _ATTACHED.get(str(part.get("type"))))]
    return f"[{', '.join(named)}: {words}]" if named else words


def _text_of(part: Mapping[str, Any]) -> str:
    return str(part.get("text") or part.get("refusal") or "")


def instructions(entries: Iterable[Entry]) -> list[Entry]:
    """The messages in the system's role among these."""
    return [entry for entry in entries if entry.message.get("role") in SYSTEM_ROLES]


def messages_of(entries: Iterable[Entry]) -> list[WireMessage]:
    """The messages alone."""
    return [entry.message for entry in entries]


def tokens_of(entries: Iterable[Entry]) -> int:
    """Tokens of all of them."""
    return sum(entry.tokens for entry in entries)
