"""What the desk tells a customer, in prose: appointments, times, people, links, shares of a price.

Found by the words and shapes that each language has for them, on folded text (see `facts`). What is
only asked ("Is your number 555-0100?") was not told. Pure, and linear: all runs are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from service.context import languages, sentences

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_RULES: Final = tuple(language.facts.telling for language in languages.ALL)


Patterns = tuple[re.Pattern[str], ...]


def _compiled(group: Iterable[Iterable[str]], *, is_cased: bool = False) -> Patterns:
    flags = re.MULTILINE if is_cased else re.MULTILINE | re.IGNORECASE
    return tuple(re.compile(pattern, flags) for pattern in chain.from_iterable(group))


_CODES: Final = _compiled((rules.codes for rules in _RULES), is_cased=True)
_APPOINTMENTS: Final = _compiled(rules.appointments for rules in _RULES)
_TOLD: Final = (
    ("time", _compiled(rules.times for rules in _RULES)),
    ("date", _compiled(rules.days for rules in _RULES)),
    ("amount", _compiled(rules.shares for rules in _RULES)),
    ("name", _compiled((rules.people for rules in _RULES), is_cased=True)),
)
_ASKING: Final = languages.joined(rules.asking for rules in _RULES)
_TAGS: Final = languages.joined(rules.tags for rules in _RULES)

_LINK: Final = re.compile(
    r"(?<![\w@.-])(?:https?://|www\.)[\w.~:/?#\[\]@!$&'()*+,;=%-]{2,400}"
    r"|(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}(?:com|org|net|edu|gov|info|biz|app|dev"
    r"|shop|store|io|co|ai|me|tv"
    r"|eu|uk|us|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|pl|cz|ie|pt|ru|cn|hk|tw|jp|kr|in|au|nz|ca|br"
    r"|mx|za|example)\b"
    r"(?![@\w-]|\.\w)(?:[/?#][\w.~:/?#\[\]@!$&'()*+,;=%-]{0,400})?",
    re.ASCII | re.IGNORECASE,
)
_AFTER_LINK: Final = ".,;:!?'\"*_~&="
_BRACKETS: Final = {")": "(", "]": "["}


def links(folded: str) -> Iterator[Span]:
    """Web addresses, with or without a scheme, with what they carry and nothing that ends the
    sentence around them."""
    for match in _LINK.finditer(folded):
        link = match[0].rstrip(_AFTER_LINK)
        while link[-1:] in _BRACKETS and link.count(link[-1]) > link.count(_BRACKETS[link[-1]]):
            link = link[:-1].rstrip(_AFTER_LINK)
        if "." in link:
            yield match.start(), match.start() + len(link), "link"


def codes(folded: str) -> Iterator[Span]:
    """Identifiers of capitals alone, after words that announce one."""
    yield from _found("identifier", _CODES, folded)


def appointments(folded: str) -> Iterator[Span]:
    """Days with their times."""
    yield from _found("appointment", _APPOINTMENTS, folded)


def find(folded: str) -> Iterator[Span]:
    """Times, days, shares and people, in the order in which they claim text."""
    for kind, patterns in _TOLD:
        yield from _found(kind, patterns, folded)


def asked(folded: str) -> list[tuple[int, int]]:
    """Where a text asks rather than tells."""
    found, start = [], 0
    for end in (*sentences.ends(folded), len(folded)):
        sentence = folded[start:end].rstrip(" \n)\"'”’*")
        if sentence.endswith(("?", "？")):
            asks = None if _TAGS.search(sentence) else list(_ASKING.finditer(sentence))
            found.append((start + (asks[-1].start() if asks else 0), end))
        start = end
    return found


def _found(kind: str, patterns: Iterable[re.Pattern[str]], folded: str) -> Iterator[Span]:
    for pattern in patterns:
        for match in pattern.finditer(folded):
            start, end = match.span("v")
            if "\n" not in folded[start:end]:
                yield start, end, kind
