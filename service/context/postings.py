"""Where terms stand in the pieces of a conversation, and how well pieces match some of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from service.context.languages import is_unspaced
from service.context.pieces import Piece

K1: Final = 1.2
B: Final = 0.5
"""BM25's usual saturation, and a length that counts less: messages are short."""
OF_MESSAGE: Final = 0.6
NEARNESS: Final = 0.85
OF_NEXT: Final = 0.5
OF_SECOND: Final = 0.3
"""What a piece has of its message's score, the less the further it is from the best piece of it (a
tool's result is one thing, however long); and of the better of the messages one and two away: an
answer often shares no word with what is asked of it later ("1596")."""


@dataclass(slots=True)
class Postings:
    """The pieces of a conversation by their terms."""

    pieces: list[Piece] = field(default_factory=list)
    characters: set[str] = field(default_factory=set)
    """The single characters said in a language without spaces."""
    _places: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    _lengths: list[int] = field(default_factory=list)
    _total: int = 0

    def add(self, piece: Piece, weights: Mapping[str, float], length: int) -> None:
        """The next piece: its terms with what each counts in it, and how many are its own."""
        number = len(self.pieces)
        self.pieces.append(piece)
        self._lengths.append(length)
        self._total += length
        for term, weight in weights.items():
            self._places.setdefault(term, []).append((number, weight))
            if is_unspaced(term):
                self.characters.update(term)

    def __contains__(self, term: str) -> bool:
        return term in self._places

    def held(self, term: str) -> Iterable[int]:
        """The numbers of the pieces that hold a term."""
        return (number for number, _ in self._places.get(term, ()))

    def count(self, term: str) -> int:
        """In how many pieces it stands."""
        return len(self._places.get(term, ()))

    def weight(self, term: str) -> float:
        """How much a term tells pieces apart: BM25's inverse document frequency."""
        held = self.count(term)
        return math.log(1 + (len(self.pieces) - held + 0.5) / (held + 0.5))

    def scores(self, asked: Iterable[str], messages: int) -> tuple[list[float], list[float]]:
        """How well each piece matches, with what stands around it; and each of so many messages
        by itself: the best of its pieces for each term."""
        own, by_message = [0.0] * len(self.pieces), [0.0] * messages
        mean = self._total / (len(self.pieces) or 1) or 1.0
        for term in sorted(asked):
            weight, best = self.weight(term) * (K1 + 1), dict[int, float]()
            for number, times in self._places.get(term, ()):
                length = K1 * (1 - B + B * self._lengths[number] / mean)
                score = weight * times / (times + length)
                own[number] += score
                message = self.pieces[number].message
                best[message] = max(best.get(message, 0.0), score)
            for message, score in best.items():
                by_message[message] += score
        return self._with_context(own, by_message), by_message

    def _with_context(self, own: list[float], by_message: list[float]) -> list[float]:
        """Each piece's score, with what it has of those around it."""
        best = dict[int, int]()
        for number, (piece, score) in enumerate(zip(self.pieces, own, strict=True)):
            if piece.message not in best or score > own[best[piece.message]]:
                best[piece.message] = number
        beside = list(_beside(by_message))
        scores = []
        for number, (piece, score) in enumerate(zip(self.pieces, own, strict=True)):
            away = 0 if piece.said.speaker == "tool" else abs(number - best[piece.message])
            inside = OF_MESSAGE * NEARNESS**away * by_message[piece.message]
            scores.append(score + inside + beside[piece.message])
        return scores


def _beside(scores: list[float]) -> Iterator[float]:
    """What the pieces of each message have of its neighbours' scores."""
    padded = [0.0, 0.0, *scores, 0.0, 0.0]
    for place in range(2, len(padded) - 2):
        next_to = max(padded[place - 1], padded[place + 1])
        second = max(padded[place - 2], padded[place + 2])
        yield OF_NEXT * next_to + OF_SECOND * second
