"""What a message needs of what was said before: does it ask for something, and for what?

A question needs no "earlier" to be one about the past, and a request or a statement no question
mark ("Use the address I gave you", "I lost the reference"). Whether what it asks for was said at
all, and is not there already, only the folded rounds can tell: that is `recall`'s part.

Pure, linear, and bounded: a message is read up to `MOST_READ` characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from service.context import languages
from service.context.languages.face import Asking
from service.context.rounds import Speaker
from service.context.terms import pairs, runs, stem, terms

MOST_READ: Final = 2_000
"""Characters of a message that are read."""

_NAME: Final = re.compile(r"(?<=[\w,] )[A-Z]\w{2,40}|(?<![\w-])(?=[A-Za-z-]{0,20}\d)[\w-]{4,40}")
"""A word with a capital letter inside a sentence, and one with a digit."""

Manner = Literal["none", "asks", "looks back"]

_ASKING: Final = tuple(language.asking for language in languages.ALL)
_GENERAL: Final = frozenset(stem(word) for rules in _ASKING for word in rules.general)
_GENERAL_CUT: Final = languages.joined(
    re.escape(word)
    for rules in _ASKING
    for word in sorted(rules.general, key=lambda w: (-len(w), w))
    if rules.cut
)
_KINDS: Final = tuple(dict.fromkeys(kind for rules in _ASKING for kind in rules.wanted))
_WANTED: Final = {k: languages.joined(r.wanted.get(k, "") for r in _ASKING) for k in _KINDS}
_SHAPES: Final = {
    "code": r"(?<![A-Za-z\d])(?:(?=[A-Za-z-]{0,20}\d)[A-Za-z\d-]{3,40}|(?-i:[A-Z]{5,20}))"
    r"(?![A-Za-z\d])",
    "amount": r"[$€£¥￥]\s?\d|\d\s?(?:[$€£¥]|(?:USD|EUR|GBP|RMB|CNY)\b)|\d+\.\d\d(?!\d)",
    "count": r"\d",
    "date": r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|"
    r"\d{1,2}/\d{1,2})(?!\d)",
    "time": r"(?<!\d)\d{1,2}[:：]\d\d",
    "link": r"https?://|(?<![a-z])www\.|"
    r"(?<![a-z\d-])[a-z\d-]{1,40}\.(?:com|org|net|io|example|cn|de|uk)(?![a-z])",
    "phone": r"\+?\d[\d -]{5,18}\d",
    "email": r"\S@[a-z\d]",
}
_HELD: Final = {
    kind: languages.joined([_SHAPES.get(kind, ""), *(r.held.get(kind, "") for r in _ASKING)])
    for kind in _KINDS
}


@dataclass(frozen=True, slots=True)
class _Rules:
    """A language's patterns, compiled."""

    asks: re.Pattern[str]
    requests: re.Pattern[str]
    back: re.Pattern[str]
    told: re.Pattern[str]
    said: re.Pattern[str]
    own: re.Pattern[str]
    new: re.Pattern[str]
    past: re.Pattern[str] | None
    lacks: re.Pattern[str]
    here: re.Pattern[str]

    @classmethod
    def of(cls, rules: Asking) -> _Rules:
        def one(pattern: str) -> re.Pattern[str]:
            return languages.joined([pattern])

        return cls(
            one(rules.asks),
            one(rules.requests),
            one(rules.back),
            one(rules.told),
            one(rules.said),
            one(rules.own),
            one(rules.new),
            one(rules.past) if rules.past else None,
            one(rules.lacks),
            one(rules.here),
        )


_RULES: Final = {language.name: _Rules.of(language.asking) for language in languages.ALL}


@dataclass(frozen=True, slots=True)
class Need:
    """What a message asks for.

    `speaker` is who said it, where the message tells; `kinds` those of the values that are asked
    for; `topic` the terms that name what it is about, in groups: those of a group overlap; `names`
    those that are a name or an identifier. It is
    `is_own` if it is about the customer's own, and `points` at what is being talked about.
    """

    manner: Manner = "none"
    speaker: Speaker | None = None
    kinds: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()
    topic: tuple[tuple[str, ...], ...] = ()
    names: frozenset[str] = frozenset()
    is_own: bool = False
    points: bool = False

    @property
    def looks_back(self) -> bool:
        """Does it plainly speak of what was said before?"""
        return self.manner == "looks back"

    def __bool__(self) -> bool:
        return self.manner != "none"


def may_need(text: str) -> bool:
    """May this message need something of what was said before? Quick, and on the safe side."""
    return _manner(text[:MOST_READ]) != "none"


def of(text: str) -> Need:
    """What a customer's message needs."""
    text = text[:MOST_READ]
    manner = _manner(text)
    if manner == "none":
        return Need()
    rules = _RULES[languages.of(text).name]
    told, said = rules.told.search(text), rules.said.search(text)
    speaker: Speaker | None = None
    if bool(told) != bool(said):
        speaker = "bot" if told else "customer"
    kinds = frozenset(kind for kind, pattern in _WANTED.items() if pattern.search(text))
    return Need(
        manner,
        speaker,
        kinds,
        frozenset(terms(text)),
        tuple(_topic(text)),
        frozenset(term for match in _NAME.finditer(text) for term in terms(match[0])),
        is_own=bool(rules.own.search(text)),
        points=bool(rules.here.search(text)),
    )


def kinds_in(text: str) -> frozenset[str]:
    """The kinds of values that a text seems to hold."""
    return frozenset(kind for kind, pattern in _HELD.items() if pattern.search(text))


def _manner(text: str) -> Manner:
    rules = _RULES[languages.of(text).name]
    if rules.told.search(text) or rules.said.search(text):
        return "looks back"
    wanted = any(pattern.search(text) for pattern in _WANTED.values())
    if not rules.asks.search(text):
        if rules.back.search(text) and wanted and rules.requests.search(text):
            return "looks back"
        if wanted and (rules.requests.search(text) or rules.lacks.search(text)):
            return "asks"
        return "none"
    if rules.back.search(text):
        return "looks back"
    is_own, is_new = bool(rules.own.search(text)), bool(rules.new.search(text))
    if rules.past is None:
        return "looks back" if is_own and not is_new else "asks"
    is_past = bool(rules.past.search(text)) and (is_own or not is_new)
    return "looks back" if is_past else "asks"


def _topic(text: str) -> Iterable[tuple[str, ...]]:
    """What the message is about: each word that names something, by itself, and the pairs of
    characters of each stretch without spaces."""
    for term in dict.fromkeys(terms(text)):
        if not languages.is_unspaced(term) and term not in _GENERAL:
            yield (term,)
    yield from (tuple(pairs(p)) for run in runs(text) for p in _GENERAL_CUT.split(run) if p)


def is_character(term: str) -> bool:
    """Is it a single character of a language without spaces?"""
    return len(term) == 1 and languages.is_unspaced(term)
