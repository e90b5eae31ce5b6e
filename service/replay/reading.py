"""Recorded conversations: anyone's JSON lines, gzipped or not, one conversation a line.

A line is an object with `messages` in OpenAI's form, and may have an `id`, a `language`, and
`probes`: questions about what was said earlier, with the text that the payload has to hold to
answer them. Messages may carry a time. What a line cannot mean is said of that line, and the rest
of the file is read.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import orjson

from service import tokens
from service.context import rounds
from service.context.rounds import Entry
from service.replay import memory

LONGEST_LINE: Final = 32 * 2**20
"""Bytes of one conversation; a longer line is skipped without being held."""
MOST_MESSAGES: Final = 20_000
ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
WIRE_FIELDS: Final = ("role", "content", "name", "tool_calls", "tool_call_id", "function_call")
"""What of a logged message is sent to a model; the rest is the log's own."""
TIMES: Final = ("time", "timestamp", "created_at")

_GZIP: Final = b"\x1f\x8b"
_PIECE: Final = 2**20
_MILLISECONDS_FROM: Final = 1e11
"""A number above this is taken for milliseconds: in seconds it would be the year 5138."""

Complain = Callable[[int, str], None]
"""Told of a line (from 1) and what is wrong with it."""


class Unreadable(ValueError):
    """The file as a whole cannot be used; the text names it and says why."""


class _BadLineError(ValueError):
    """The line is not a conversation; the text says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question asked beside the conversation, after its first `after` messages.

    `expected` is the text that answers it, last said `distance` rounds before (None: nobody knows).
    """

    after: int
    question: str
    expected: str
    distance: int | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line: the system's messages, the others from the first one on, and their times."""

    name: str
    language: str
    system: list[Entry]
    messages: list[Entry]
    times: list[float | None]
    probes: list[Probe]


class Recording:
    """A file of conversations. Iterate it once; `size` and `position` are for a progress bar."""

    def __init__(self, path: Path, complain: Complain) -> None:
        """Raises OSError."""
        self._path = path
        self._complain = complain
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder, not a file")
        self._raw = path.open("rb")
        self.size = path.stat().st_size

    @property
    def position(self) -> int:
        """Bytes of the file read so far, compressed ones of a compressed file."""
        return self.size if self._raw.closed else self._raw.tell()

    def __iter__(self) -> Iterator[Conversation]:
        """Raises Unreadable for a file that is empty, damaged, or not what its name says."""
        with self._raw:
            is_zipped = self._raw.peek(2)[:2] == _GZIP
            if not is_zipped and self._path.suffix == ".gz":
                raise Unreadable(f"{self._path}: is not a gzip file")
            lines = gzip.GzipFile(fileobj=self._raw) if is_zipped else self._raw
            found = False
            try:
                for number, line in _lines(lines):  # type: ignore[arg-type]
                    conversation = self._conversation(number, line)
                    if conversation is not None:
                        found = True
                        yield conversation
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise Unreadable(f"{self._path}: is damaged: {error}") from None
            if not found:
                raise Unreadable(f"{self._path}: holds no conversation")

    def _conversation(self, number: int, line: bytes | None) -> Conversation | None:
        if line is None:
            self._complain(number, f"is longer than {LONGEST_LINE // 2**20} MiB")
            return None
        if not line.strip():
            return None
        try:
            return parse(line, number, self._complain)
        except _BadLineError as error:
            self._complain(number, str(error))
            return None


def parse(line: bytes, number: int, complain: Complain) -> Conversation:
    """The conversation of one line; `complain` hears of probes that are left out.

    Raises ValueError, which says what is wrong with the line.
    """
    try:
        value = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise _BadLineError(f"is not JSON in UTF-8: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        raise _BadLineError("is not an object with a list of `messages`")
    logged = value["messages"]
    if len(logged) > MOST_MESSAGES:
        raise _BadLineError(f"has more than {MOST_MESSAGES:,} messages")
    messages = [_message(place, message) for place, message in enumerate(logged)]
    start = next(
        (n for n, m in enumerate(messages) if m["role"] not in rounds.SYSTEM_ROLES), len(messages)
    )
    if not any(message["role"] == "user" for message in messages[start:]):
        raise _BadLineError("holds no message of a user")
    said = _entries(messages[start:])
    return Conversation(
        name=str(value.get("id", number)),
        language=str(value.get("language") or "-")[:20],
        system=_entries(messages[:start]),
        messages=said,
        times=[_time(message) for message in logged[start:]],
        probes=_probes(value.get("probes"), start, said, partial(complain, number)),
    )


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers from 1; None for one that is too long to hold."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(_PIECE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


def _message(place: int, logged: Any) -> dict[str, Any]:
    """A message as it goes to a model."""
    role = logged.get("role") if isinstance(logged, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise _BadLineError(f"messages[{place}] has no role that is known")
    content = logged.get("content")
    is_parts = isinstance(content, list) and all(isinstance(part, dict) for part in content)
    if not (content is None or isinstance(content, str) or is_parts):
        raise _BadLineError(f"messages[{place}] has a content that is neither text nor parts")
    return {field: logged[field] for field in WIRE_FIELDS if logged.get(field) is not None}


def _entries(messages: list[dict[str, Any]]) -> list[Entry]:
    return [Entry(m, tokens.count_message(m), place) for place, m in enumerate(messages, 1)]


def _time(logged: dict[str, Any]) -> float | None:
    """Seconds; None where a message carries no time that can be read."""
    value = next((logged[field] for field in TIMES if logged.get(field) is not None), None)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value / 1000 if value > _MILLISECONDS_FROM else float(value)
    return None


def _probes(
    value: Any, start: int, said: list[Entry], complain: Callable[[str], None]
) -> list[Probe]:
    if value is None:
        return []
    if not isinstance(value, list):
        complain("has `probes` that are no list; they are left out")
        return []
    probes = []
    for place, logged in enumerate(value):
        try:
            probes.append(_probe(logged, start, said))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            complain(f"probes[{place}] {reason}; it is left out")
    return sorted(probes, key=lambda probe: probe.after)


def _probe(logged: Any, start: int, said: list[Entry]) -> Probe:
    if not isinstance(logged, dict):
        raise TypeError("is no object")
    after, question, expected = logged["after_turn"], logged["question"], logged["must_contain"]
    if not (isinstance(question, str) and isinstance(expected, str) and memory.lenient(expected)):
        raise ValueError("needs a `question` and a `must_contain` of text")
    if type(after) is not int or not 0 <= after - start < len(said):
        raise ValueError("has an `after_turn` that is no index of `messages`")
    if not rounds.is_answer(said[after - start].message):
        raise ValueError("has an `after_turn` that is not an answer's")
    after += 1 - start
    distance = logged.get("distance_rounds")
    if type(distance) is not int or distance < 1:
        distance = memory.distance(said[:after], expected)
    return Probe(after, question, expected, distance)
