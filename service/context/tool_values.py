"""What a tool's result tells, by the names of its fields.

Reads the lines that `tools` makes of a result: "flights 1: flight number HAT035, price 163". A
field whose name ends with a word that its language has for numbers, days, ways to reach somebody
and the like holds a fact; what it is of is said by the path. A line that has no such field may be
prose and is left to the rules for prose. Pure, linear, bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.context import languages

LONGEST: Final = 120
"""Characters of a value; a longer one is a text."""
_NAME_WORDS: Final = 5
"""Words of a field's name, at most."""

_KINDS: Final = {
    word: kind
    for language in languages.ALL
    for kind, words in language.facts.telling.fields
    for word in words.split()
}
_PATH: Final = re.compile(r"([^\W_]{1,40}+(?: [^\W_]{1,40}+){0,11}+): ")
_DATE: Final = (
    r"(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?\S{0,12})?"
    r"|\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d\d"
)
_SHAPES: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("email", r"[\w.%+-]{1,64}@[\w.-]{1,200}\.[a-z]{2,24}"),
        ("link", r"(?:https?://|www\.)\S{2,400}"),
        ("date", _DATE),
        ("time", r"\d{1,2}:\d\d(?::\d\d)?(?:\+\d)?(?:\s?[ap]m)?"),
        ("amount", r"[$€£¥]\s?\d[\d.,]{0,15}"),
        ("phone", r"\+\d[\d ()-]{6,20}"),
    )
)
_TELLING: Final = frozenset({"date", "time", "link", "email"})
_FITS: Final = {
    "identifier": re.compile(r"\S*\d\S*(?: \S+){0,3}|[A-Z_-]{3,}(?: [A-Z]+)?"),
    "amount": re.compile(r"[^\d\n]{0,5}-?\d[\d., ]*\S{0,6}(?: \w{1,8})?"),
    "email": re.compile(r"\S+@\S+"),
    "phone": re.compile(r"[+\d(][\d ().-]{4,24}(?:\s?x\d+)?"),
    "address": re.compile(r".*[\d\w].*"),
    "postcode": re.compile(r"[\w -]{3,10}"),
    "link": re.compile(r"\S*[./]\S*"),
    "date": re.compile(r".*\d.*"),
    "time": re.compile(r".*\d.*"),
    "name": re.compile(r"[^\d]{2,60}"),
    "status": re.compile(r"[\w -]{2,40}"),
}
"""What a value of a kind looks like."""


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value; `name` is its path and name."""

    kind: str
    value: str
    name: str


def find(line: str) -> Iterator[Value]:
    """The facts of one line of a result."""
    path_match = _PATH.match(line)
    path = path_match[1].strip() if path_match else ""
    held: Value | None = None
    for leaf in line[path_match.end() if path_match else 0 :].split(", "):
        found = _read(leaf, path)
        if held and not found and held.kind == "address" and leaf[:1].isupper():
            held = Value("address", f"{held.value}, {leaf}"[:LONGEST], held.name)
            continue
        if held:
            yield held
        held = found
    if held:
        yield held


def _read(leaf: str, path: str) -> Value | None:
    """One field, "name value"; of a list, whose name is the path, the value alone."""
    words = leaf.split(" ")
    named = 0
    while named < min(len(words), _NAME_WORDS) and _is_name(words[named]):
        named += 1
    cue = _cue(words[:named], is_whole=named == len(words))
    if cue is not None:
        after = cue + 1 if named == len(words) else named
        name, value = words[:after], " ".join(words[after:])
        kind = _KINDS[words[cue]]
        if kind == "amount" and cue + 1 < named:
            kind = ""
    else:
        of = path.split()
        last = next((word for word in reversed(of) if not word.isdigit()), "")
        name, value = words[:named], " ".join(words[named:])
        shape = next((k for k, shape in _SHAPES if shape.fullmatch(value)), "")
        kind = shape or ("" if named else _KINDS.get(last, ""))
    kind = _kind(kind, value)
    if not kind or not value or len(value) > LONGEST or not _FITS[kind].fullmatch(value):
        return None
    return Value(kind, value, " ".join([*path.split(), *name]))


def _is_name(word: str) -> bool:
    return word.replace("1", "").replace("2", "").isalpha() and word == word.lower()


def _cue(words: list[str], *, is_whole: bool) -> int | None:
    """The place of the word that says what a field holds: the last such word of its name; the
    first where the value may be plain words as well. "Number of" counts."""
    named = enumerate(words)
    places = [n for n, word in named if word in _KINDS and words[n + 1 : n + 2] != ["of"]]
    if is_whole:
        places = [n for n in places if n + 1 < len(words)][:1]
    return places[-1] if places else None


def _kind(kind: str, value: str) -> str:
    """The shape of a value tells dates from times, and web addresses from others."""
    if kind not in ("date", "time", "address"):
        return kind
    shapes = (k for k, shape in _SHAPES if k in _TELLING and shape.fullmatch(value))
    return next(shapes, kind)
