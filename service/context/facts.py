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

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from service.context import fact_patterns as rules
from service.context import numbers, slots, statements
from service.context.slots import Fact

MOST_READ: Final = 20_000
"""Characters of a message that are read, some 0.2 s of the most hostile."""
MAX_FACTS: Final = 64
"""Facts kept of one message."""
PERSONAL: Final = frozenset(
    {"identifier", "email", "phone", "name", "user name", "address", "postcode", "amount", "date"}
)
"""Kinds that point at a person or at something of theirs, and what was told of it."""

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_QUOTED: Final = 40
"""Characters before a value that its quote goes back at most."""
_BREAK: Final = re.compile(r"[\n。！？；!?;]|[.](?=\s)|[，,、](?=\s|[^\x00-\x7f])")
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


def find(text: str, *, speaker: str, position: int, asked: str = "") -> list[Fact]:
    """The facts of one message in order of appearance, each (kind, value) once, 64 at most.

    `asked` is the question that it answers, if it does: "Ben" is a name where one was asked for.
    """
    text = text[:MOST_READ]
    folded = _fold(text)
    spans = [*_spans(folded, statements.answer(folded, asked)), *statements.wishes(folded)]
    found: dict[tuple[str, str], Fact] = {}
    for start, end, kind in sorted(spans):
        value = text[start:end].strip()
        if (kind, value) in found:
            continue
        quote = _quote(text, start, end)
        label = slots.label_of(kind, quote[: len(quote) - len(value)], folded[end:])
        state = slots.state_of(kind, folded, start, end)
        found[kind, value] = Fact(kind, value, speaker, position, quote, label, state)
        if len(found) == MAX_FACTS:
            break
    return _consistent([*_corrections(text, folded, spans, speaker, position), *found.values()])


def is_personal(text: str) -> bool:
    """Whether the text holds something of a person's, or may do so: one that is too long to be
    read is taken to."""
    if len(text) > MOST_READ:
        return True
    return any(kind in PERSONAL for _, _, kind in _spans(_fold(text)))


def _corrections(
    text: str, folded: str, spans: Sequence[Span], speaker: str, position: int
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


def _spans(folded: str, first: Sequence[Span] = ()) -> Iterator[Span]:
    """Spans that do not overlap, in the order of the passes."""
    taken = bytearray(len(folded))
    for start, end, kind in (*first, *statements.find(folded), *_candidates(folded)):
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
