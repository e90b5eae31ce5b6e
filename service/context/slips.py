"""Two values that differ as a slip of the finger or of the eye makes them differ.

Somebody who mistyped a number tells it again, and often says no more than "oops". Pure.
"""

from __future__ import annotations

import re
from typing import Final, Literal

SHORTEST: Final = 5
"""Letters and digits of a value; two shorter ones are alike by chance."""
LONGEST: Final = 64
"""Characters of a value that is looked at; every new one is held against all that are known."""
LONGEST_SLIP: Final = 2
"""Neighbouring characters that differ."""

Slip = Literal["", "maybe", "surely"]

_SIGNS: Final = re.compile(r"[\W_]+")


def between(old: str, new: str, *, signs_count: bool) -> Slip:
    """May `new` be what `old` should have been?

    Surely, if two neighbours have changed places, or where `signs_count` if the signs between
    letters are others. Else two neighbours at most that differ, are missing or are too many may be
    a slip, or the next number of a series.
    """
    if max(len(old), len(new)) > LONGEST:
        return ""
    old, new = old.casefold(), new.casefold()
    plain_old, plain_new = _SIGNS.sub("", old), _SIGNS.sub("", new)
    if min(len(plain_old), len(plain_new)) < SHORTEST or old == new:
        return ""
    if plain_old == plain_new:
        return "surely" if signs_count else ""
    start = _common(plain_old, plain_new)
    rest_old, rest_new = plain_old[start:], plain_new[start:]
    end = _common(rest_old[::-1], rest_new[::-1])
    rest_old, rest_new = rest_old[: len(rest_old) - end], rest_new[: len(rest_new) - end]
    if len(rest_old) == 2 and rest_old == rest_new[::-1]:
        return "surely"
    return "maybe" if max(len(rest_old), len(rest_new)) <= LONGEST_SLIP else ""


def _common(one: str, other: str) -> int:
    """Characters that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
