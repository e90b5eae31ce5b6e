"""The terms of a text: what messages are told apart by.

Words without their endings, whole identifiers, and pairs of characters where words are not set
apart. The same for what was said and for what is asked, so that both meet. Pure, and linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from service.context import languages
from service.context.languages import HAN

MOST_READ: Final = 4_000
"""Characters of a text that are read; a longer one is a document, not talk."""
_SHORT: Final = 3
"""Up to so many letters a word has no ending to lose, and loses none that would leave fewer."""

_ASKING: Final = tuple(language.asking for language in languages.ALL)
_WORD: Final = re.compile(rf"[^\W_{HAN}]+(?:[-.@/'’:][^\W_{HAN}]+)*")
_PARTS: Final = re.compile(r"[^\W\d_]{3,40}")
"""The words inside of a link, an address or a compound; they count beside the whole."""
_HAN_RUN: Final = re.compile(f"[{HAN}]+")
_EMPTY: Final = frozenset[str]().union(*(rules.empty for rules in _ASKING))
_ENDINGS: Final = tuple(ending for rules in _ASKING for ending in rules.endings)
_FORMS: Final = {form: word for rules in _ASKING for form, word in rules.forms.items()}
_CUT: Final = languages.joined(rules.cut for rules in _ASKING)
_DOUBLED: Final = frozenset("bdgmnprt")


def terms(text: str) -> list[str]:
    """The terms of a text, in their order, repeated ones too."""
    text = text[:MOST_READ]
    words = _WORD.findall(text)
    found = [term for term in map(_term, words) if term]
    for word in words:
        if not word.isalnum():
            found += filter(None, map(_term, _PARTS.findall(word)))
    for piece in runs(text):
        found += pairs(piece)
    return found


def runs(text: str) -> Iterator[str]:
    """The stretches of a text without spaces between words, cut at what carries nothing."""
    for match in _HAN_RUN.finditer(text):
        yield from filter(None, _CUT.split(match[0]))


def pairs(run: str) -> list[str]:
    """Its pairs of characters; a single one stands for itself."""
    return [run[place : place + 2] for place in range(max(1, len(run) - 1))]


@lru_cache(maxsize=50_000)
def _term(word: str) -> str:
    """A word's term; none where it carries nothing."""
    word = word.lower()
    return "" if word in _EMPTY else stem(word)


def stem(word: str) -> str:
    """A word in lower case without its ending, so that its forms are one."""
    word = _FORMS.get(word, word)
    if len(word) <= _SHORT or any(map(str.isdigit, word)):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORT:
            word = word.removesuffix(ending) + instead
            break
    if len(word) > _SHORT and word[-1] == word[-2] and word[-1] in _DOUBLED:
        word = word[:-1]
    word = word.removesuffix("e") if len(word) > _SHORT else word
    return f"{word[:-1]}i" if word[-1] == "y" else word
