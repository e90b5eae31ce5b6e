"""Facts that must survive word for word: who, which, how much and when, found by rules.

Reads one message, English or Chinese, and returns slices of it: identifiers, e-mail addresses,
phone numbers, amounts of money and dates. Rules and not a model, so that the same words give the
same facts in every process. No two facts overlap: each pass takes what those before it left,
and each is linear, so a hostile message costs its length. Patterns read a copy of equal length in
which full-width signs are ASCII and the decimal digits of every script are 0-9, so places in it
are places in the message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from service.context import fact_patterns as rules

MOST_READ: Final = 20_000
"""Characters of a message that are read, some 50 ms of the most hostile."""
MAX_FACTS: Final = 64
"""Facts kept of one message."""
PERSONAL: Final = frozenset({"identifier", "email", "phone"})
"""Kinds that point at a person or at something of theirs."""

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_LOOK_BACK: Final = 48
"""Characters before a number in which its name is looked for."""
_LONGEST: Final = 64
_QUOTED: Final = 40
"""Characters before a value that its quote goes back at most."""
_BREAK: Final = re.compile(r"[\n。！？；!?;]|[.](?=\s)|[，,、](?=\s|[^\x00-\x7f])")
_DIGIT: Final = re.compile("[0-9]")
_DIGIT_OR_AT: Final = re.compile(r"[\d@＠]")
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


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` as `speaker` wrote it in message `position`; `kind` is one of the five above.

    `quote` is the clause up to and with the value, which says what it is the number or the date of.
    """

    kind: str
    value: str
    speaker: str
    position: int
    quote: str = ""

    def to_json(self) -> list[str | int]:
        """`[kind, value, speaker, position, quote]`."""
        return [self.kind, self.value, self.speaker, self.position, self.quote]

    @classmethod
    def from_json(cls, row: Sequence[object]) -> Self:
        """The opposite of `to_json`; raises ValueError for anything else."""
        match row:
            case [str(kind), str(value), str(speaker), int(position), str(quote)]:
                return cls(kind, value, speaker, position, quote)
        raise ValueError("a fact is [kind, value, speaker, position, quote]")


def find(text: str, *, speaker: str, position: int) -> list[Fact]:
    """The facts of one message in order of appearance, each (kind, value) once, 64 at most."""
    text = text[:MOST_READ]
    found: dict[tuple[str, str], Fact] = {}
    for start, end, kind in sorted(_spans(text)):
        value = text[start:end].strip()
        quote = _quote(text, start, end)
        found.setdefault((kind, value), Fact(kind, value, speaker, position, quote))
        if len(found) == MAX_FACTS:
            break
    return list(found.values())


def is_personal(text: str) -> bool:
    """Whether the text holds an identifier, an e-mail address or a phone number, or may do so:
    a text that is too long to be read does when it has a digit or an `@`."""
    if not _DIGIT_OR_AT.search(text):
        return False
    if len(text) > MOST_READ:
        return True
    return any(kind in PERSONAL for _, _, kind in _spans(text))


def merge(known: Sequence[Fact], new: Iterable[Fact]) -> tuple[Fact, ...]:
    """Facts newest first, one per (kind, value); `new` stands in the order it was said.

    A repeated value moves to the front with its newest position; one that was said before what
    is known of it changes nothing.
    """
    oldest_first = {(fact.kind, fact.value): fact for fact in reversed(known)}
    for fact in new:
        key = (fact.kind, fact.value)
        if key in oldest_first and oldest_first[key].position > fact.position:
            continue
        oldest_first.pop(key, None)
        oldest_first[key] = fact
    return tuple(reversed(oldest_first.values()))


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


def _spans(text: str) -> Iterator[Span]:
    """Spans that do not overlap, in the order of the passes."""
    folded = _fold(text)
    taken = bytearray(len(folded))
    for start, end, kind in _candidates(folded):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            yield start, end, kind


def _candidates(folded: str) -> Iterator[Span]:
    signs = {name for name, sign in rules.SIGNS.items() if sign.search(folded)}
    for kind, sign, pattern in rules.SHAPES:
        if sign in signs:
            for match in pattern.finditer(folded):
                if kind != "phone" or _is_phone(folded, match):
                    yield match.start(), match.end(), kind
    if "digit" in signs:
        yield from _tokens(folded)


def _is_phone(folded: str, match: re.Match[str]) -> bool:
    number = match[0]
    digits = sum(map(str.isdigit, number))
    if number[0] == "+":
        return 8 <= digits <= 15
    if not number.isdigit():
        return 10 <= digits <= 19
    before = folded[max(match.start() - _LOOK_BACK, 0) : match.start()]
    return digits <= 11 and not _cue(before).startswith("thing")


def _tokens(folded: str) -> Iterator[Span]:
    """Tokens that hold a digit, judged by what stands before and after them."""
    seen, listed = 0, 0
    for match in rules.TOKEN.finditer(folded):
        token, start, end = match[0], match.start(), match.end()
        if len(token) > _LONGEST or token.isalpha() or not _DIGIT.search(token):
            continue
        before = folded[max(seen, start - _LOOK_BACK) : start]
        cue = "number" if token[0] == "#" else _cue(before)
        if listed == len(token) and rules.LISTED.fullmatch(before):
            cue = "number"
        seen, listed = end, 0
        if not cue and len(token) <= 3:
            continue
        kind = _judge(token.lstrip("#"), cue, before, folded, end)
        listed = len(token) if kind and cue else 0
        if kind:
            yield start, end, kind


def _cue(before: str) -> str:
    """What the words just before a number call it: "number", "thing", "thing number" or ""."""
    if len(before) < 2 and before.isascii():
        return ""
    if not before.isascii():
        if thing := rules.CN_THING.search(before):
            return "thing number" if thing[1] else "thing"
        if rules.CN_NUMBER.search(before):
            return "number"
    if rules.HASH.search(before):
        return "number"
    cue = "thing" if rules.NUMERO.search(before) else ""
    for word in reversed(rules.WORD.findall(rules.SENTENCE_END.split(before)[-1].lower())):
        if word in rules.THINGS:
            return f"thing {cue}".rstrip()
        if word in rules.NUMBER_WORDS:
            cue = "number"
        elif word not in rules.FILLERS:
            break
    return cue


def _judge(token: str, cue: str, before: str, folded: str, end: int) -> str | None:
    """The kind of a token, or None where it only counts or measures something."""
    if token.isdigit():
        return _judge_number(token, cue, before, folded, end)
    groups = re.split("[-_]", token)
    if all(map(str.isdigit, groups)):
        return _judge_groups(groups, cue, before)
    return "identifier" if _is_code(token, groups, cue) else None


def _judge_number(number: str, cue: str, before: str, folded: str, end: int) -> str | None:
    if len(number) >= 7:
        return _identifier_or_phone(len(number), cue, before)
    if _is_piece(folded, end - len(number), end) or rules.COUNTED_AFTER.match(folded, end):
        return None
    if cue:
        count = len(number) <= 2 and cue == "thing" and rules.WORD_AFTER.match(folded, end)
        return None if count else "identifier"
    if len(number) <= 3 or rules.ROUND_OR_YEAR.fullmatch(number):
        return None
    return None if rules.QUANTITY_BEFORE.search(before) else "identifier"


def _judge_groups(groups: list[str], cue: str, before: str) -> str | None:
    """Digits in groups; two short groups without a cue are a range."""
    digits = sum(map(len, groups))
    if digits < (5 if cue else 7):
        return None
    kind = _identifier_or_phone(digits, cue, before)
    return kind if cue or kind == "phone" or len(groups) > 2 or digits >= 9 else None


def _identifier_or_phone(digits: int, cue: str, before: str) -> str:
    called = not cue.startswith("thing") and rules.PHONE_WORD.search(before)
    return "phone" if called and digits <= 15 else "identifier"


def _is_piece(folded: str, start: int, end: int) -> bool:
    """Whether a short number is a part of a time, a decimal, a fraction or grouped thousands."""
    before = rules.PIECE_BEFORE.match(folded, start - 2) if start >= 2 else None
    return bool(before or rules.PIECE_AFTER.match(folded, end))


def _is_code(token: str, groups: list[str], cue: str) -> bool:
    """Whether letters and digits together name something, rather than measure or decorate."""
    digits = sum(map(str.isdigit, token))
    if all(map(rules.UNIT.fullmatch, groups)) and not (cue and digits >= 3):
        return False
    if cue and (digits >= 2 or cue.endswith("number")):
        return True
    if token.isupper():
        short = digits == 2 and len(token) >= 6 and rules.SHORT_CODE.fullmatch(token)
        return digits >= 3 or bool(short)
    if rules.WORD_COUNT.fullmatch(token):
        return False
    return digits >= 4 or bool(rules.WORD_CODE.fullmatch(token))
