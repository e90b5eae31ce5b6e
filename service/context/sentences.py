"""A message as clean sentences: where they begin and end, and without the signs that nobody sees.

A sentence ends at its full stop, at the end of its line, and where a label such as "Agent:" makes
what follows somebody else's. What a reader cannot see (format characters, variation selectors,
controls) is left out before anything is read, so that it can neither cut a value nor hide one.
Pure, and linear in the message's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.context import languages

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1e\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
"""Format characters, variation selectors, joiners, fillers and controls that are no white space."""
_LINE_BREAK: Final = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACE: Final = re.compile("[\t\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_RULES: Final = tuple(language.facts.telling for language in languages.ALL)
_ABBREVIATION: Final = "".join(
    rf"(?<!\b{re.escape(word)})"
    for word in sorted(frozenset().union(*(rules.abbreviations for rules in _RULES)))
)
_SPEAKERS: Final = languages.either(rules.speakers for rules in _RULES)
LABEL: Final = rf"(?<![\w-])(?:{_SPEAKERS})[\])>*\"' ]{{0,3}}[:：][*\"' ]{{0,3}}"
"""Says that what follows is somebody else's."""
_END: Final = re.compile(
    rf"{_ABBREVIATION}(?<!\b[a-z])[.](?=\s|$)(?!(?<=\bno\.)\s\d)|[!?](?=\s|$)|[。！？｡!?](?=[^\x00-\x7f])"
    rf"|[。！？｡]|\n|{LABEL}",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """`text` without what nobody sees; all line breaks are "\\n", other white space spaces."""
    if text.isascii() and text.isprintable():
        return text
    return _SPACE.sub(" ", _UNSEEN.sub("", _LINE_BREAK.sub("\n", text)))


def ends(text: str, low: int = 0, high: int | None = None) -> Iterator[int]:
    """The places just after the end of a sentence, between these two."""
    for match in _END.finditer(text, low, len(text) if high is None else high):
        yield match.end()


def split(text: str) -> list[str]:
    """The sentences of a clean text, with their signs, each on one line."""
    found, start = [], 0
    for end in (*ends(text), len(text)):
        if sentence := " ".join(_unlabelled(text[start:end]).split()):
            found.append(sentence)
        start = end
    return found


def _unlabelled(sentence: str) -> str:
    return re.sub(rf"{LABEL}$", "", sentence, flags=re.IGNORECASE)


_CLAUSE_END: Final = re.compile(r"[,，、:：;；]\s*|\s[-–—]\s")


def clauses(sentence: str, longest: int) -> Iterator[str]:
    """A sentence that fits, or as many of its clauses at a time as fit; one clause alone that does
    not is cut at a word, and says so."""
    if len(sentence) <= longest:
        yield sentence
        return
    kept, start = "", 0
    for end in (*(m.end() for m in _CLAUSE_END.finditer(sentence)), len(sentence)):
        clause, start = sentence[start:end], end
        if kept and len(kept) + len(clause) > longest:
            yield kept.strip()
            kept = ""
        kept += clause
        if len(kept) > longest:
            space = kept.rfind(" ", 0, longest)
            yield f"{kept[: space if space > 0 else longest]}…"
            kept = ""
    if kept.strip():
        yield kept.strip()
