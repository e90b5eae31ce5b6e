"""Numbers and codes: which are somebody's identifiers, by what stands around them.

Pure and linear; reads folded text (see `facts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.context import fact_patterns as rules

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_LOOK_BACK: Final = 48
"""Characters before a number in which its name is looked for."""
_LONGEST: Final = 64
_DIGIT: Final = re.compile("[0-9]")


def find(folded: str) -> Iterator[Span]:
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
    if cue := _cue_without_spaces(before):
        return cue
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


def _cue_without_spaces(before: str) -> str:
    """The same where words are not set apart."""
    if before.isascii():
        return ""
    if rules.THING_NUMBER_BEFORE.search(before):
        return "thing number"
    if rules.THING_BEFORE.search(before):
        return "thing"
    return "number" if rules.NUMBER_BEFORE.search(before) else ""


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


def is_phone(folded: str, match: re.Match[str]) -> bool:
    """Whether what looks like a phone number is one."""
    number = match[0]
    digits = sum(map(str.isdigit, number))
    if number[0] == "+":
        return 8 <= digits <= 15
    if not number.isdigit():
        return 10 <= digits <= 19
    before = folded[max(match.start() - _LOOK_BACK, 0) : match.start()]
    return digits <= 11 and not _cue(before).startswith("thing")
