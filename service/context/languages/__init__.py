"""All language rules behind one face. A further language is one new file and a name in `ALL`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from service.context.languages.chinese import CHINESE
from service.context.languages.english import ENGLISH
from service.context.languages.face import Language

ALL: Final[tuple[Language, ...]] = (ENGLISH, CHINESE)
"""The first is taken where a text tells nothing."""

HAN: Final = "\u3400-\u9fff"
"""The characters, inside a class, that are written without spaces."""

_UNITS: Final = tuple((language, re.compile(language.unit, re.IGNORECASE)) for language in ALL)


def either(patterns: Iterable[str]) -> str:
    """A pattern's text that matches where one of these does; empty ones are left out."""
    return "|".join(f"(?:{p})" for p in patterns if p) or r"(?!)"


def joined(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern that matches where one of these does; empty ones are left out."""
    return re.compile(either(patterns), re.IGNORECASE)


def of(text: str) -> Language:
    """The language that most of a text is in."""
    sizes = [(len(unit.findall(text)) * language.weight, language) for language, unit in _UNITS]
    return max(sizes, key=lambda sized: sized[0])[1]


def is_unspaced(text: str) -> bool:
    """Does it begin with a character that is written without spaces?"""
    return "\u3400" <= text[:1] <= "\u9fff"
