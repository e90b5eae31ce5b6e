"""What customers say of themselves: names, user names, addresses, postcodes, wishes and refusals.

Found by the words that introduce them, which each language has for itself; what nothing introduces
is left alone. Reads folded text (see `facts`). Linear: every run is bounded, and nothing is looked
for in a text that has no cue.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Final

from service.context import languages
from service.context.languages.forms import NAME

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_TRAILING: Final = " \t,.:;'\"”’了"


_RULES: Final = tuple(language.facts.saying for language in languages.ALL)
_KINDS_ASKED: Final = ("user name", "postcode", "name")
_ASKED: Final = tuple(
    (kind, languages.joined(dict(rules.asked).get(kind, "") for rules in _RULES))
    for kind in _KINDS_ASKED
)
_NO_ANSWER: Final = frozenset(
    word
    for language in languages.ALL
    for word in (*language.asking.empty, *language.facts.saying.no_answer_words)
)
_OPENS: Final = languages.either(rules.opening for rules in _RULES)
_OPENING: Final = rf"^\s*(?:(?:{_OPENS})[\s,.:]*){{0,3}}"
_GOES_ON: Final = languages.either(rules.going_on for rules in _RULES)
_CLOSING: Final = rf"(?=\s*(?:$|[,.!;\n，。]|{_GOES_ON}))"
_NO_START: Final = languages.either(rules.no_answer for rules in _RULES)
_NO_NAME: Final = languages.either(rules.no_name for rules in _RULES)
_TYPED: Final = rf"(?!(?:{_NO_NAME})\b)[^\W\d_][\w'’-]{{0,20}}"
"""A word that may be a name, also in lower case."""
_ANSWERS: Final = {
    "user name": re.compile(
        rf"(?i:{_OPENING})(?P<v>[A-Za-z0-9_.@+-]{{2,40}}|\w{{2,20}}(?=\W*$)){_CLOSING}"
    ),
    "postcode": re.compile(
        rf"(?i:{_OPENING})(?P<v>(?=[\w -]*\d)\w{{2,8}}(?:[ -]\w{{2,4}})?){_CLOSING}"
    ),
    "name": re.compile(
        rf"(?i:{_OPENING})(?!{_NO_START})"
        rf"(?P<v>{NAME}|{_TYPED}(?: {_TYPED}){{0,1}}(?=\W*$)){_CLOSING}"
    ),
}

Rules = tuple[str, re.Pattern[str], tuple[re.Pattern[str], ...]]


def _compiled(kind: str, patterns: Iterable[tuple[str, ...]]) -> Rules:
    cues = languages.joined(dict(rules.cues).get(kind, "") for rules in _RULES)
    found = tuple(re.compile(p, re.MULTILINE) for p in itertools.chain.from_iterable(patterns))
    return kind, re.compile(cues.pattern), found


_OWN: Final = (
    _compiled("user name", (rules.user_names for rules in _RULES)),
    _compiled("address", (rules.addresses for rules in _RULES)),
    _compiled("postcode", (rules.postcodes for rules in _RULES)),
    _compiled("name", (rules.names for rules in _RULES)),
)
_CORRECTED: Final = (_compiled("correction", (rules.corrections for rules in _RULES)),)
_WISHES: Final = (
    _compiled("refusal", (rules.refusals for rules in _RULES)),
    _compiled("preference", (rules.preferences for rules in _RULES)),
)
"""A kind, the cue without which it need not be looked for in lower case, and its patterns."""


def find(folded: str) -> Iterator[Span]:
    """User names, addresses, postcodes and names, in the order in which they claim text."""
    return _found(_OWN, folded)


def answer(folded: str, asked: str) -> list[Span]:
    """What a short message is, where the question before it asked for just that."""
    kind = next((kind for kind, pattern in _ASKED if pattern.search(asked)), None)
    match = _ANSWERS[kind].match(folded) if kind else None
    if match is None or any(w.lower() in _NO_ANSWER for w in match["v"].split()):
        return []
    return [(match.start("v"), match.end("v"), kind)] if kind else []


def corrections(folded: str) -> Iterator[tuple[int, int, str]]:
    """Where a message says "A, not B": start and end of A, and B, which may be empty."""
    _, cue, patterns = _CORRECTED[0]
    if cue.search(folded.lower()):
        for match in itertools.chain.from_iterable(p.finditer(folded) for p in patterns):
            yield *match.span("v"), match["old"].strip(_TRAILING)


def wishes(folded: str) -> Iterator[Span]:
    """Clauses that say what the customer wants or refuses; other facts may stand in them."""
    return _found(_WISHES, folded)


def _found(kinds: Iterable[Rules], folded: str) -> Iterator[Span]:
    lower = folded.lower()
    for kind, cue, patterns in kinds:
        if not cue.search(lower):
            continue
        for pattern in patterns:
            for match in pattern.finditer(folded):
                value = match["v"].rstrip(_TRAILING)
                if value:
                    yield match.start("v"), match.start("v") + len(value), kind
