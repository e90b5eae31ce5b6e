"""A message condensed: without the words that carry nothing, and with all the others as they stand.

A summary loses most facts; dropping empty words loses almost none. English loses stop words, unless
they stand inside a name; Chinese, which has no spaces to cut at, loses the set phrases that frame a
request and the particles that end it. What is left is in the customer's own words and order.

Pure, linear in the message's length, and the same in every process.
"""

from __future__ import annotations

import re
from typing import Final

from service.context import languages
from service.context.languages import HAN

MOST_READ: Final = 4_000
"""Characters of a message that are condensed; a longer one is a document, not talk."""
SHORT: Final = 4
SHORT_CHARACTERS: Final = 30
"""Up to so many words and characters an answer says little without what was asked."""
LABEL_WORDS: Final = 6
LONGEST_QUESTION: Final = 300
LONGEST_PROMISE: Final = 160

_RULES: Final = tuple(language.condensing for language in languages.ALL)
_EMPTY: Final[frozenset[str]] = frozenset().union(*(rules.empty for rules in _RULES))
_INSIDE_NAMES: Final[frozenset[str]] = frozenset().union(*(rules.inside_names for rules in _RULES))
_BINDING: Final[frozenset[str]] = frozenset().union(*(rules.binding for rules in _RULES))

_PIECE: Final = re.compile(
    rf"[{HAN}]+|[$€£¥#]?[^\W{HAN}]+(?:[-.,@/'’:&+][^\W{HAN}]+)*%?|[.!?;。！？；\n]"
)
_HAN: Final = re.compile(f"[{HAN}]")
_END: Final = re.compile("[.!?;。！？；\n]")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_OPENING: Final = languages.joined(f"^{rules.opening}" for rules in _RULES if rules.opening)
_FRAME: Final = languages.joined(rules.frame for rules in _RULES)
_CLOSING: Final = languages.joined(f"{rules.closing}$" for rules in _RULES if rules.closing)


_PROMISE: Final = re.compile(
    r"\b(?:(?:i|we|you|it|they|that|some(?:body|one)|(?:our|the|your) \w+)(?:['’]ll| will| shall)"
    r"|promise|guarantee)\b[^.?!\n]{0,60}?\b(?:refund|credit|replac|compensat|discount|waiv|send|ship"
    r"|deliver|call|e-?mail|contact|escalat|resolv|fix|arriv|receive|get back|look into|make sure)"
    r"|(?:会|将|马上|保证|承诺|一定)[^。！？\n]{0,12}"
    r"(?:退款|退还|赔|补偿|补发|寄|发货|发送|送到|送达|联系|回电|致电|处理|安排|解决)",
    re.IGNORECASE,
)


def condense(text: str) -> str:
    """The words of a message that carry something, with single spaces; empty where none does."""
    pieces = [match[0] for match in _PIECE.finditer(text[:MOST_READ])]
    kept: list[str] = []
    for place, piece in enumerate(pieces):
        if _HAN.match(piece):
            word = _condense_chinese(piece)
        elif _END.match(piece):
            word = ""
        else:
            word = piece if _carries(pieces, place) else ""
        if word:
            kept.append(word)
    return " ".join(kept)


def line_of(said: str, label: str) -> str:
    """One line for what a customer said; a short answer with the label of what it was asked."""
    line = condense(said)
    is_short = len(line.split()) <= SHORT and len(line) <= SHORT_CHARACTERS
    return f"{label}? {line}" if line and label and is_short else line


def question_of(answered: str) -> str:
    """The last question of an answer, word for word, or its end; empty if it asks nothing."""
    parts = _SENTENCE.split(answered[-MOST_READ:])
    questions = [part for part in parts if "?" in part or "？" in part]
    return questions[-1].strip()[-LONGEST_QUESTION:] if questions else ""


def promise_of(answered: str) -> str:
    """What an answer promises last, word for word, or its beginning; empty if it is nothing."""
    if not _PROMISE.search(answered[-MOST_READ:]):
        return ""
    parts = [p.strip() for p in _SENTENCE.split(answered[-MOST_READ:]) if _PROMISE.search(p)]
    said = [part for part in parts if not part.endswith(("?", "？"))]
    return " ".join(said[-1].split())[:LONGEST_PROMISE] if said else ""


def label_of(question: str) -> str:
    """What a question asks for, in a few words."""
    return " ".join(condense(question).split()[-LABEL_WORDS:])


def _carries(pieces: list[str], place: int) -> bool:
    piece = pieces[place]
    word = piece.lower().partition("'")[0].partition("’")[0]
    if word not in _EMPTY:
        return True
    before = pieces[place - 1] if place else "."
    after = pieces[place + 1] if place + 1 < len(pieces) else "."
    if piece[0].isupper() and len(piece) > 1 and not _END.match(before):
        return True  # inside a title: "Telling All My Secrets"
    if word in _INSIDE_NAMES and _is_name(before) and _is_name(after):
        return True
    return word in _BINDING and _is_plain(before) and _is_plain(after)


def _is_name(piece: str) -> bool:
    return piece[0].isupper()


def _is_plain(piece: str) -> bool:
    return piece[0].isalnum() and not _HAN.match(piece) and piece.lower() not in _EMPTY


def _condense_chinese(run: str) -> str:
    """A run of Chinese without its frame; as it is if nothing would be left."""
    kept = _CLOSING.sub("", _FRAME.sub("", _OPENING.sub("", run)))
    return kept if len(kept) > 1 else ""
