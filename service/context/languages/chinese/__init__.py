"""Chinese, which has no spaces to tell words by."""

from __future__ import annotations

from typing import Final

from service.context.languages.chinese.asking import ASKING
from service.context.languages.chinese.condensing import CONDENSING
from service.context.languages.chinese.facts import FACTS
from service.context.languages.chinese.standing import STANDING
from service.context.languages.face import Language

CHINESE: Final = Language(
    name="chinese",
    unit="[\u3400-\u9fff]",
    weight=0.5,
    condensing=CONDENSING,
    asking=ASKING,
    facts=FACTS,
    standing=STANDING,
)
