"""What recall ranks and quotes: messages, long ones in pieces of a few sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from service import tokens
from service.context import digest, needs
from service.context.rounds import Said

LONGEST: Final = 400
"""Characters of a piece; a longer line is cut at its sentences."""
TOGETHER: Final = 100
"""Up to so many characters, lines of one message are one piece."""
MOST: Final = 200
"""Pieces of one message; a longer one is a document."""
ANSWERING: Final = 0.6
"""What a word of the message before counts, against one of the piece's own."""
OVERHEAD: Final = 5
"""Tokens of a quote besides its words: who said it, and the line's end."""

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of what was said in a round: the round's place, the piece's in its message, and
    whether it begins and ends it."""

    place: int
    message: int
    part: int
    said: Said
    size: int
    kinds: frozenset[str]
    is_first: bool
    is_last: bool

    @property
    def is_whole_of_customer(self) -> bool:
        return self.is_first and self.is_last and self.said.speaker == "customer"


def of(said: Said, place: int, message: int) -> Iterator[Piece]:
    """The pieces of what one speaker said in a round."""
    texts = list(_texts(said.text))[:MOST]
    for part, text in enumerate(texts):
        size = tokens.count(text) + OVERHEAD + (tokens.count(said.called) if said.called else 0)
        yield Piece(
            place,
            message,
            part,
            replace(said, text=text),
            size,
            needs.kinds_in(text),
            part == 0,
            part == len(texts) - 1,
        )


def question_of(before: str, said: Said) -> str:
    """What a message answers: the question before it, or what a tool was called with."""
    if said.speaker == "tool":
        return f"{said.called} {digest.question_of(before)}"
    return digest.question_of(before)


def joined(chosen: Sequence[Piece]) -> tuple[Said, ...]:
    """Pieces as they are quoted, those of one message in one, with "…" where it is cut."""
    return tuple(piece.said for piece in chosen)


def _texts(text: str) -> Iterator[str]:
    """Lines, short ones together; a long one in groups of sentences."""
    taken = ""
    for line in map(str.strip, text.splitlines()):
        if taken and len(taken) + len(line) >= TOGETHER:
            yield taken
            taken = ""
        if len(line) > LONGEST:
            if taken: yield taken
            taken = ""
            yield from _sentences(line)
        elif line:
            taken = f"{taken}\n{line}" if taken else line
    if taken:
        yield taken


def _sentences(line: str) -> Iterator[str]:
    taken = ""
    for sentence in _SENTENCE.split(line):
        if taken and len(taken) + len(sentence) >= LONGEST:
            yield taken
            taken = ""
        while len(sentence) > LONGEST:
            yield sentence[:LONGEST]
            sentence = sentence[LONGEST:]
        taken = f"{taken} {sentence}".strip()
    if taken:
        yield taken
