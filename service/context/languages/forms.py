"""Shapes that languages share: days of a month, capitalised names, Chinese characters."""

from __future__ import annotations

from typing import Final

DAY: Final = r"(?:3[01]|[12]\d|0?[1-9])"
HAN: Final = "\u4e00-\u9fff"
CAPITAL: Final = r"[A-ZÀ-Þ][\w'’-]{1,20}"
NAME: Final = rf"{CAPITAL}(?: (?:(?:de|da|di|van|von|der|den|la|bin|al) ){{0,2}}{CAPITAL}){{0,3}}"
POSTCODE: Final = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]{2}\s\d{5}(?:-\d{4})?)"
)
