"""Recorded conversations: anyone's files, gzipped or not, JSON lines or one JSON array.

A conversation is a list of messages in one of the forms that `forms` knows. An object around it may
have an `id`, a `language`, a `system` prompt, and `probes`: questions about what was said earlier,
with the text that the payload has to hold to answer them. Messages may carry a time. Tools that a
request defined are the same in every layout and are not counted. What a conversation cannot mean is
said of it, and the rest of the file is read.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from service import tokens
from service.context import rounds
from service.context.rounds import Entry
from service.replay import forms, memory
from service.replay.forms import Said, UnknownForm

LONGEST_LINE: Final = 32 * 2**20
"""Bytes of one conversation; a longer line is skipped without being held."""
LONGEST_DOCUMENT: Final = 64 * 2**20
"""Bytes of a file that is one JSON document over many lines; it is held whole."""
MOST_MESSAGES: Final = 20_000
READS: Final = (
    f"JSON lines, or one JSON array of up to {LONGEST_DOCUMENT // 2**20} MiB, of "
    "{\"messages\": [...]}, of lists of messages, of Recap's exports, or of ShareGPT's "
    '{"conversations": [...]}'
)

_GZIP: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_PIECE: Final = 2**20

Complain = Callable[[str, str], None]
"""Told of a place in the file (`line 3`, `conversation 3`) and what is wrong with it."""


class Unreadable(ValueError):
    """The file as a whole cannot be used; the text names it and says why."""


class _Source(Protocol):
    """What is needed of an open file, compressed or not; a pipe cannot seek."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class _File:
    """A file to which what was read can be given back."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._back = io.BytesIO()

    def read(self, size: int) -> bytes:
        held = self._back.read(size)
        return held + self._source.read(size - len(held))

    def readline(self, size: int) -> bytes:
        held = self._back.readline(size)
        is_whole = held.endswith(b"\n") or len(held) == size
        return held if is_whole else held + self._source.readline(size - len(held))

    def give_back(self, content: bytes) -> None:
        self._back = io.BytesIO(content + self._back.read())


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
    """The system's messages, the others from the first one on, and their times.

    `by_people` are the places of messages that no model was asked for: a live agent's.
    """

    name: str
    language: str
    system: list[Entry]
    messages: list[Entry]
    times: list[float | None]
    probes: list[Probe]
    by_people: frozenset[int] = frozenset()


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
            found = False
            try:
                source = gzip.GzipFile(fileobj=self._raw) if is_zipped else self._raw
                for conversation in self._read(_File(source)):
                    found = True
                    yield conversation
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise Unreadable(f"{self._path}: is damaged: {error}") from None
            if not found:
                raise Unreadable(f"{self._path}: holds no conversation; what is read: {READS}")

    def _read(self, file: _File) -> Iterator[Conversation]:
        blank, first = _first_line(file)
        if first.startswith(_UTF_16):
            raise Unreadable(f"{self._path}: is UTF-16; what is read is UTF-8")
        if _begins_document(first) and (document := _document(file)) is not None:
            for number, value in enumerate(forms.conversations(document), 1):
                yield from _read_one(value, str(number), f"conversation {number}", self._complain)
            return
        for number, line in _lines(file, blank):
            if line is None:
                self._complain(f"line {number}", f"is longer than {LONGEST_LINE // 2**20} MiB")
            elif line.strip():
                yield from parse(line, number, self._complain)


def parse(line: bytes, number: int, complain: Complain) -> Iterator[Conversation]:
    """The conversations of one line, one as a rule; `complain` hears of all that is left out."""
    place = f"line {number}"
    try:
        value = orjson.loads(line.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        complain(place, f"is not JSON in UTF-8: {error}")
        return
    found = forms.conversations(value)
    for count, one in enumerate(found, 1):
        is_alone = len(found) == 1
        name = str(number) if is_alone else f"{number}.{count}"
        yield from _read_one(
            one, name, place if is_alone else f"{place}, conversation {count}", complain
        )


def _read_one(value: Any, name: str, place: str, complain: Complain) -> Iterator[Conversation]:
    """The conversation that a value is; none, and a complaint, where it is none."""
    try:
        conversation = _conversation(value, name, partial(complain, place))
    except UnknownForm as error:
        complain(place, str(error))
    else:
        yield conversation


def _conversation(value: Any, name: str, complain: Callable[[str], None]) -> Conversation:
    """Raises UnknownForm."""
    if len(forms.listed(value)) > MOST_MESSAGES:
        raise UnknownForm(f"has more than {MOST_MESSAGES:,} messages")
    found = forms.read(value)
    about = value if isinstance(value, dict) else {}
    start = next((n for n, said in enumerate(found) if not _is_system(said)), len(found))
    if not any(said.message["role"] == "user" for said in found[start:]):
        raise UnknownForm("holds no message of a user")
    said = _entries(found[start:])
    places = {one.at: n for n, one in enumerate(found[start:], 1)}
    return Conversation(
        name=str(about.get("id", name)),
        language=str(about.get("language") or "-")[:20],
        system=_entries(found[:start]),
        messages=said,
        times=[one.time for one in found[start:]],
        probes=_probes(about.get("probes"), places, said, complain),
        by_people=frozenset(n for n, one in enumerate(found[start:], 1) if one.by_person),
    )


def _is_system(said: Said) -> bool:
    return said.message["role"] in rounds.SYSTEM_ROLES


def _first_line(file: _File) -> tuple[int, bytes]:
    """The blank lines that a file begins with, and the line after them, or as much of it as a line
    may have; that one is still to be read."""
    blank = 0
    while (line := file.readline(LONGEST_LINE + 1)) and not line.strip():
        blank += 1
    file.give_back(line)
    return blank, line


def _begins_document(line: bytes) -> bool:
    """Does something begin here that does not end here?"""
    line = line.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if not line.startswith((b"[", b"{")):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    return False


def _document(file: _File) -> Any:
    """The whole file as one JSON value; None where it is none or too long to hold, and then all of
    it is still to be read."""
    content = file.read(LONGEST_DOCUMENT + 1)
    if len(content) <= LONGEST_DOCUMENT:
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(content.removeprefix(_BYTE_ORDER_MARK))
    file.give_back(content)
    return None


def _lines(file: _File, number: int) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers, those after `number`; None for one that is too long to hold."""
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(_PIECE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


def _entries(found: list[Said]) -> list[Entry]:
    messages = [said.message for said in found]
    return [Entry(m, tokens.count_message(m), place) for place, m in enumerate(messages, 1)]


def _probes(
    value: Any,
    places: Mapping[int | None, int],
    said: list[Entry],
    complain: Callable[[str], None],
) -> list[Probe]:
    """`places` are those of the logged messages among the ones that were said."""
    if value is None:
        return []
    if not isinstance(value, list):
        complain("has `probes` that are no list; they are left out")
        return []
    probes = []
    for place, logged in enumerate(value):
        try:
            probes.append(_probe(logged, places, said))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            complain(f"probes[{place}] {reason}; it is left out")
    return sorted(probes, key=lambda probe: probe.after)


def _probe(logged: Any, places: Mapping[int | None, int], said: list[Entry]) -> Probe:
    if not isinstance(logged, dict):
        raise TypeError("is no object")
    after, question, expected = logged["after_turn"], logged["question"], logged["must_contain"]
    if not (isinstance(question, str) and isinstance(expected, str) and memory.lenient(expected)):
        raise ValueError("needs a `question` and a `must_contain` of text")
    if type(after) is not int or after not in places:
        raise ValueError("has an `after_turn` that is no index of `messages`")
    after = places[after]
    if not rounds.is_answer(said[after - 1].message):
        raise ValueError("has an `after_turn` that is not an answer's")
    distance = logged.get("distance_rounds")
    if type(distance) is not int or distance < 1:
        distance = memory.distance(said[:after], expected)
    return Probe(after, question, expected, distance)
