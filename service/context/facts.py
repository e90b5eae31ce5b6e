"""Facts that must survive word for word, found by rules.

Reads one message, English or Chinese, and returns slices of it: identifiers, e-mail addresses,
phone numbers, amounts of money and dates by their shape; names, user names, addresses and
postcodes by the words that introduce them; and the clauses in which something is wished for or
refused. Rules and not a model, so that the same words give the same facts in every process. No two
facts overlap, but that wishes may hold others: each pass takes what those before it left, and each
is linear, so a hostile message costs its length. Patterns read a copy of equal length in which
full-width signs are ASCII and the decimal digits of every script are 0-9, so places in it are
places in the message.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from service.context import fact_patterns as rules
from service.context import numbers, sentences, slots, statements, told, tool_values
from service.context.memo import remembered
from service.context.rounds import Speaker
from service.context.slots import Fact

MOST_READ: Final = 20_000
"""Characters of a message that are read, some 0.2 s of the most hostile."""
MAX_FACTS: Final = 64
"""Facts kept of one message."""
MAX_OF_A_RESULT: Final = 12
"""Facts kept of one tool's result, which may hold hundreds of values."""
PERSONAL: Final = frozenset(
    {"identifier", "email", "phone", "name", "user name", "address", "postcode", "amount", "date"}
)
"""Kinds that point at a person or at something of theirs, and what was told of it."""

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_QUOTED: Final = 40
"""Characters before a value that its quote goes back at most."""
_BREAK: Final = re.compile(
    rf"[\n。！？；｡!?;]|．(?!\w)|[.](?=\s)|[，,、](?=\s|[^\x00-\x7f])|{sentences.LABEL}",
    re.IGNORECASE,
)
_SHORT: Final = 3
"""Digits of a number that the desk may use to count: "Flight 1"."""
_FIRST: Final = (
    "identifier",
    "email",
    "phone",
    "address",
    "postcode",
    "link",
    "date",
    "time",
    "appointment",
    "status",
)
"""What is kept first of a result."""
_FOREIGN_DIGIT: Final = re.compile(r"[^\D0-9]")
# The full-width comma stays: in Chinese it ends clauses and never groups thousands.
_FOLD: Final[dict[int, int | str]] = {
    **{0xFF01 + i: 0x21 + i for i in range(94) if i != 0x0B},
    **dict.fromkeys((0x00A0, 0x202F, 0x3000), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-"),
    0x301C: "~",
    0xFFE1: "£",
    0xFFE5: "¥",
}


def find(text: str, *, speaker: Speaker, position: int, asked: str = "") -> list[Fact]:
    """The facts of one message in order of appearance, each (kind, value) once, 64 at most.

    `asked` is the question that it answers, if it does: "Ben" is a name where one was asked for. A
    tool's text is the lines that `tools` made of its result.
    """
    return [replace(fact, position=position) for fact in _read(text, speaker, asked)]


@remembered
def _read(text: str, speaker: Speaker, asked: str) -> tuple[Fact, ...]:
    return tuple(_found_in(text, speaker, 0, asked))


def _found_in(text: str, speaker: Speaker, position: int, asked: str) -> list[Fact]:
    text = sentences.clean(text[:MOST_READ])
    if speaker == "tool":
        return _of_a_result(text, position)
    folded = _fold(text)
    if speaker == "customer":
        return _of_a_customer(text, folded, position, asked)
    spans = [*told.links(folded), *told.appointments(folded)]
    spans = [*_spans(folded, spans, told.find(folded))]
    questions = told.asked(folded)
    spans = [
        (start, end, kind)
        for start, end, kind in spans
        if not any(low <= start < high for low, high in questions)
        and not (kind == "identifier" and folded[start:end].isdigit() and end - start < _SHORT)
    ]
    found = _facts(text, folded, spans, speaker, position)
    return [replace(f, state=f.state if f.state in ("current", "earlier") else "") for f in found]


def _of_a_customer(text: str, folded: str, position: int, asked: str) -> list[Fact]:
    answer = statements.answer(folded, asked)
    spans = [*_spans(folded, [*answer, *told.links(folded), *told.appointments(folded)])]
    spans += statements.wishes(folded)
    found = _facts(text, folded, spans, "customer", position)
    return _consistent([*_corrections(text, folded, spans, "customer", position), *found])


def _of_a_result(text: str, position: int) -> list[Fact]:
    """The facts of a tool's result: those that name something or somebody first."""
    found: dict[tuple[str, str], Fact] = {}
    for line in text.splitlines():
        values = [] if line[:1].isupper() else list(tool_values.find(line))
        for held in values:
            quote = f"{held.name} {held.value}".strip()
            fact = Fact(held.kind, held.value, "tool", position, quote, held.name)
            found.setdefault((fact.kind, fact.value), fact)
        for fact in () if values else _found_in(line, "agent", position, ""):
            found.setdefault((fact.kind, fact.value), replace(fact, speaker="tool", state=""))
    ranked = sorted(enumerate(found.values()), key=lambda placed: _rank(placed[1].kind))
    return [fact for _, fact in sorted(ranked[:MAX_OF_A_RESULT], key=lambda placed: placed[0])]


def _rank(kind: str) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _facts(
    text: str, folded: str, spans: Sequence[Span], speaker: Speaker, position: int
) -> list[Fact]:
    """The facts that these slices are."""
    found: dict[tuple[str, str], Fact] = {}
    for start, end, kind in sorted(spans):
        value = text[start:end].strip()
        if (kind, value) in found or "\n" in value:
            continue
        quote = _quote(text, start, end)
        label = slots.label_of(kind, quote[: len(quote) - len(value)], folded[end:])
        state = slots.state_of(kind, folded, start, end)
        found[kind, value] = Fact(kind, value, speaker, position, quote, label, state)
        if len(found) == MAX_FACTS:
            break
    return list(found.values())


def is_personal(text: str) -> bool:
    """Whether the text holds something of a person's, or may do so: one that is too long to be
    read is taken to."""
    if len(text) > MOST_READ:
        return True
    return any(kind in PERSONAL for _, _, kind in _spans(_fold(text)))


def _corrections(
    text: str, folded: str, spans: Sequence[Span], speaker: Speaker, position: int
) -> Iterator[Fact]:
    """Values that are said to be right in place of others, of whatever kind those are."""
    for start, end, old in statements.corrections(folded):
        inside = {(since, until) for since, until, _ in spans if start < until and since < end}
        if not inside - {(start, end)}:
            quote = _quote(text, start, end)
            yield Fact(slots.CORRECTION, text[start:end], speaker, position, quote, old, "current")


def _consistent(found: list[Fact]) -> list[Fact]:
    """Where a message says that one value holds no more, others of its kind replace it."""
    denied = {fact.kind for fact in found if fact.state == "earlier"}
    return [
        replace(fact, state="current") if fact.kind in denied and fact.state != "earlier" else fact
        for fact in found
    ]


def _quote(text: str, start: int, end: int) -> str:
    """The value with the clause before it, from a break or at least from the start of a word."""
    low = max(0, start - _QUOTED)
    breaks = [match.end() for match in _BREAK.finditer(text, low, start)]
    if breaks:
        low = breaks[-1]
    elif low and text[low - 1].isascii() and not text[low - 1].isspace():
        space = text.find(" ", low, start)
        low = start if space < 0 else space
    return text[low:end].strip()


def _fold(text: str) -> str:
    """`text` with full-width signs as ASCII and all decimal digits as 0-9, of the same length."""
    if text.isascii():
        return text
    return _FOREIGN_DIGIT.sub(
        lambda digit: str(unicodedata.decimal(digit[0])), text.translate(_FOLD)
    )


def _spans(folded: str, first: Iterable[Span] = (), last: Iterable[Span] = ()) -> Iterator[Span]:
    """Spans that do not overlap, in the order of the passes."""
    taken = bytearray(len(folded))
    passes = (first, statements.find(folded), _candidates(folded), last)
    for start, end, kind in itertools.chain(*passes):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            yield start, end, kind


def _candidates(folded: str) -> Iterator[Span]:
    signs = {name for name, sign in rules.SIGNS.items() if sign.search(folded)}
    for kind, sign, pattern in rules.SHAPES:
        if sign in signs:
            for match in pattern.finditer(folded):
                if kind != "phone" or numbers.is_phone(folded, match):
                    yield match.start(), match.end(), kind
    if "digit" in signs:
        yield from numbers.find(folded)
    yield from told.codes(folded)
