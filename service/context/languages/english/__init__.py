"""English."""

from __future__ import annotations

from typing import Final

from service.context.languages.english.asking import ASKING
from service.context.languages.english.condensing import CONDENSING
from service.context.languages.english.facts import FACTS
from service.context.languages.english.standing import STANDING
from service.context.languages.face import Language

ENGLISH: Final = Language(
    name="english",
    unit=r"[A-Za-z]+",
    weight=1.0,
    condensing=CONDENSING,
    asking=ASKING,
    facts=FACTS,
    standing=STANDING,
)
