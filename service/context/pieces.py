"""What recall ranks and quotes: messages, and long ones in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise
from typing import Final

from service import tokens
from service.context import digest, needs
from service.context.rounds import Said

LONGEST: Final = 400
"""Characters of a piece; a longer line is cut at its sentences."""
TOGETHER: Final = 100
"""Up to so many characters, lines of one message are one piece."""
MOST: Final = 200
"""Pieces of one message; a longer one is a document, and its end is left to the transcript."""
LINE_OVERHEAD: Final = 5
"""Tokens of a line besides its words: who said it, and the line's end."""
CUT: Final = "…"

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a message: the places of its round, of its message and of itself therein, its
    tokens as a line, and the kinds of values that it holds."""

    round: int
    message: int
    place: int
    said: Said
    is_last: bool
    size: int
    kinds: frozenset[str]
    answers: int | None = None
    """The number of the piece that asks what this one answers in a word."""

    @property
    def is_whole(self) -> bool:
        """Is it all of its message?"""
        return self.place == 0 and self.is_last


def cut(said: Said, round_: int, message: int, answers: int | None) -> Iterator[Piece]:
    """What one speaker said in a round, in pieces."""
    texts = list(islice(_texts(said.text), MOST))
    around = LINE_OVERHEAD + (tokens.count(said.called) if said.called else 0)
    is_short = len(texts) == 1 and len(texts[0]) <= digest.SHORT_CHARACTERS
    for place, text in enumerate(texts):
        yield Piece(
            round_,
            message,
            place,
            replace(said, text=text),
            place == len(texts) - 1,
            tokens.count(text) + around,
            needs.kinds_in(text),
            answers if is_short else None,
        )


def joined(chosen: Sequence[Piece]) -> tuple[Said, ...]:
    """Pieces in their order as they are quoted, those of a message as one, "…" where it is cut."""
    quotes = []
    for _, group in groupby(chosen, key=lambda piece: piece.message):
        parts = list(group)
        text = parts[0].said.text if parts[0].place == 0 else f"{CUT} {parts[0].said.text}"
        for before, part in pairwise(parts):
            text += "\n" if part.place == before.place + 1 else f" {CUT} "
            text += part.said.text
        text += "" if parts[-1].is_last else f" {CUT}"
        quotes.append(replace(parts[0].said, text=text))
    return tuple(quotes)


def _texts(text: str) -> Iterator[str]:
    """Lines, short ones together; a long one in groups of sentences."""
    taken = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if taken and len(taken) + len(line) >= TOGETHER:
            yield taken
            taken = ""
        if len(line) > LONGEST:
            yield from filter(None, [taken])
            yield from _sentences(line)
            taken = ""
        else:
            taken = f"{taken}\n{line}" if taken else line
    yield from filter(None, [taken])


def _sentences(line: str) -> Iterator[str]:
    """Sentences together, up to the longest that a piece may be."""
    taken = ""
    for sentence in _SENTENCE.split(line):
        if taken and len(taken) + len(sentence) >= LONGEST:
            yield taken
            taken = ""
        for start in range(0, len(sentence), LONGEST):
            part = sentence[start : start + LONGEST]
            if len(part) == LONGEST:
                yield from filter(None, [taken])
                yield part
                taken = ""
            else:
                taken = f"{taken} {part}".strip()
    yield from filter(None, [taken])
