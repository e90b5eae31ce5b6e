"""English: how a message loses the words that carry nothing."""

from __future__ import annotations

from typing import Final

from service.context.languages.english.words import EMPTY
from service.context.languages.face import Condensing

CONDENSING: Final = Condensing(
    empty=EMPTY,
    inside_names=frozenset({"of", "the", "and", "on", "in", "at", "for", "to", "a"}),
    binding=frozenset({"and", "of"}),
)
