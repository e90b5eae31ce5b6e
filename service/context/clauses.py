"""Sentences and their clauses, and a clause without the words that carry nothing.

A clause is condensed only where nothing in it changes the sense of the rest: no negation, limit,
condition, modal, comparison or doubt, and nobody who does something to somebody. Where there is
such a word the clause stays as it was said, but for courtesies at its ends. What parts two clauses
stays too, so that the words of two never run together into a third meaning.

Pure, linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.context import languages
from service.context.languages import HAN

_RULES: Final = tuple(language.condensing for language in languages.ALL)
_EMPTY: Final[frozenset[str]] = frozenset().union(*(rules.empty for rules in _RULES))
_INSIDE_NAMES: Final[frozenset[str]] = frozenset().union(*(rules.inside_names for rules in _RULES))
_BINDING: Final[frozenset[str]] = frozenset().union(*(rules.binding for rules in _RULES))
_DIRECTIONS: Final[frozenset[str]] = frozenset().union(*(rules.directions for rules in _RULES))

MOST_COURTESIES: Final = 8
"""At so many a clause is a heap of courtesies, and is left as it is."""

_SIGNS: Final = r"[<>=≤≥≠±≈~−✗✘✕✖❌🚫⛔👎👍✅✔☑]|(?<!\w)[-+]\d"
"""Signs that say more or less, yes or no."""
_BINDS: Final = languages.joined([*(rules.binds for rules in _RULES), _SIGNS])
_TURNS: Final = languages.joined([*(rules.turns for rules in _RULES), _SIGNS])
_LABEL_WORDS: Final[frozenset[str]] = frozenset().union(*(rules.label_words for rules in _RULES))
_COURTESY: Final = languages.joined(rules.courtesies for rules in _RULES)
_THANKS: Final = re.compile(
    rf"(?:{languages.joined(rules.thanks for rules in _RULES).pattern})[\s.!~。！]*$", re.IGNORECASE
)
_BARE: Final = languages.joined(rules.bare for rules in _RULES)
_IDLE: Final = languages.joined(rules.idle for rules in _RULES)
_OPENING: Final = languages.joined(f"^{rules.opening}" for rules in _RULES if rules.opening)
_FRAME: Final = languages.joined(rules.frame for rules in _RULES)
_CLOSING: Final = languages.joined(f"{rules.closing}$" for rules in _RULES if rules.closing)

_LINE_ENDS: Final = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SENTENCE_END: Final = re.compile(
    rf"[.!?]++(?=[\s\"'”’)\]{HAN}]|$)|[。！？；;…]++[!?。！？]*+|\n++"
)
_JOINS: Final = languages.joined(rules.joins for rules in _RULES)
_CLAUSE_END: Final = re.compile(
    rf"(?<!\d),|,(?!\d)|，|:(?=\s)|：|\s[-–—]++(?=\s)|[–—]{{2}}|——|{_JOINS.pattern}",
    re.IGNORECASE,
)
_HAN: Final = re.compile(f"[{HAN}]")
_PIECE: Final = re.compile(
    rf"\w+://[^\s{HAN}]+|[$€£¥#]?[^\W{HAN}]+(?:[-.,@/'’:&+][^\W{HAN}]+)*%?|[.!?]"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is left of a sentence, and the mark that ended it."""

    text: str
    mark: str

    @property
    def is_question(self) -> bool:
        return "?" in self.mark or "？" in self.mark


def cleaned(text: str) -> str:
    """A text without what cannot be seen; its lines stay apart."""
    return _LINE_ENDS.sub("\n", _UNSEEN.sub("", text)).replace("\t", " ")


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a cleaned text as they were said."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield Sentence(" ".join(text[start : end.start()].split()), end[0].strip())
        start = end.end()
    yield Sentence(" ".join(text[start:].split()), "")


def condensed(sentence: str) -> str:
    """A sentence, its clauses condensed; empty where none carries anything.

    After a negation, a limit or a condition the rest of the sentence stands as it was said: "not
    Tuesday, and Friday" is not "not Tuesday, Friday".
    """
    kept, start, parting, has_turned = "", 0, "", False
    for end in [*_CLAUSE_END.finditer(sentence), None]:
        whole = sentence[start : end.start() if end else len(sentence)].strip()
        clause = whole if has_turned and not _IDLE.fullmatch(whole) else _condensed(whole)
        is_answer = not kept and is_bare(clause)
        has_turned = has_turned or (not is_answer and _TURNS.search(clause) is not None)
        if clause:
            kept += f"{parting}{clause}" if kept else clause
            parting = ""
        if end:
            start, parting = end.end(), parting or _parting(end[0])
    return kept


def _parting(end: str) -> str:
    """What parts two clauses, as it was typed, with the space that belongs to it."""
    mark = end.strip()
    if mark in ("，", "："):
        return mark
    return f"{mark} " if mark in (",", ":") else f" {mark} "


def label_of(question: str, most: int) -> str:
    """What a question asks for, in a few words; all of it where fewer could turn it round."""
    question = without_courtesies(question)
    if _TURNS.search(question):
        return question
    if _HAN.search(question):
        return _condensed(question)
    words = [match[0] for match in _PIECE.finditer(question)]
    return " ".join([word for word in words if word.lower() not in _LABEL_WORDS][-most:])


def without_courtesies(clause: str) -> str:
    """A clause without courtesies at its ends; empty if it is nothing else."""
    clause = clause.strip()
    for _ in range(MOST_COURTESIES):
        if _IDLE.fullmatch(clause):
            return ""
        found = _COURTESY.match(clause) or _THANKS.search(clause)
        if not found or not found[0]:
            break
        clause = (clause[: found.start()] + clause[found.end() :]).strip()
    return clause


def is_bare(answer: str) -> bool:
    """Is an answer nothing but yes or no?"""
    return _BARE.fullmatch(answer.strip(" .!。！,，")) is not None


def without_thanks(sentence: str) -> str:
    """A sentence without the thanks at its end."""
    return _THANKS.sub("", sentence).rstrip(" ,，:：")


def _condensed(clause: str) -> str:
    clause = without_courtesies(_FRAME.sub(_kept, clause))
    if not clause or _BINDS.search(clause):
        return clause
    if _HAN.search(clause):
        kept = _CLOSING.sub("", _OPENING.sub("", clause))
        return kept if len(kept) > 1 else ""
    pieces = [match[0] for match in _PIECE.finditer(clause)]
    return " ".join(piece for place, piece in enumerate(pieces) if _carries(pieces, place))


def _kept(frame: re.Match[str]) -> str:
    return frame.groupdict().get("kept") or ""


def _carries(pieces: list[str], place: int) -> bool:
    piece = pieces[place]
    word = piece.lower().partition("'")[0].partition("’")[0]
    if not piece[-1].isalnum() and len(piece) == 1:
        return False
    if word not in _EMPTY:
        return True
    before = pieces[place - 1] if place else "."
    after = pieces[place + 1] if place + 1 < len(pieces) else "."
    if piece[0].isupper() and len(piece) > 1 and before[-1].isalnum():
        return True  # inside a title: "Telling All My Secrets"
    if word in _INSIDE_NAMES and _is_name(before) and _is_name(after):
        return True
    if word in _DIRECTIONS:
        return _is_name(after) or after[0].isdigit() or set(pieces) >= _DIRECTIONS
    return word in _BINDING and _is_plain(before) and _is_plain(after)


def _is_name(piece: str) -> bool:
    return piece[0].isupper()


def _is_plain(piece: str) -> bool:
    return piece[0].isalnum() and piece.lower() not in _EMPTY
