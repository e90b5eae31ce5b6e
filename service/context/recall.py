"""Recall: what was said earlier, fetched back because the newest message needs it.

Lexical, inside one conversation, over both sides and what tools told. The unit is a message, or a
piece of a long one. Pieces are ranked by BM25 with the conversation's own frequencies; a piece also
counts for the question that it answers and for the messages around it. The kinds of values that are
asked for and held are terms like others, words of the speaker who is meant count more, and the
newest wins a tie.

Two things come of it. The **quotes**: what matches best, word for word. And the **record**: the
customer's own words, condensed, in what room is left where the message plainly looks back. Whether
anything is fetched is decided by evidence.

Pure. An index grows by a round at a time; building it whole gives the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from service import tokens
from service.context import digest, evidence, needs, pieces
from service.context.evidence import kind_term
from service.context.needs import Need
from service.context.pieces import LINE_OVERHEAD
from service.context.postings import Postings
from service.context.rounds import Round, Said
from service.context.terms import terms

PLAIN_TOKENS: Final = 500
"""What a message may take that doesn't speak of the past, though it asks for something of it."""
ANSWERING: Final = 0.6
"""What a word of the question before counts, against one of the piece's own."""
RIGHT_SPEAKER: Final = 1.3
NEWEST: Final = 0.1
LIKELY: Final = 0.3
"""The share of the best score that a piece must have to be quoted rather than condensed."""
PLAINLY_LIKELY: Final = 0.5
"""The same where the message doesn't speak of the past; the rounds that it is about come first."""
NEAR: Final = 8
NEARNESS: Final = 0.85
"""A line of the record counts for rounds up to so many away, by so much a round."""
OF_VALUES: Final = 0.5
OF_NUMBER: Final = 0.6
OF_AGE: Final = 0.3
"""What it counts for that a line of the record is all values, that it holds a number where one is
asked for, and that it is the newest; where a line shares nothing with the question, that decides.
"""
SHORT: Final = 30
"""Up to so many characters a text is in the payload only where a line of it ends with that."""

_VALUE: Final = re.compile(r"\d|[A-Z][a-z]")
_NUMBERS: Final = frozenset({"code", "amount", "count", "date", "time", "phone"})


@dataclass(frozen=True, slots=True)
class Found:
    """What is fetched back: lines of the record, and quotes, word for word; both oldest first."""

    record: tuple[str, ...] = ()
    quotes: tuple[Said, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.record or self.quotes)


@dataclass(frozen=True, slots=True)
class _Present:
    """The payload's text."""

    text: str

    def holds(self, text: str) -> bool:
        """Does it stand there word for word? A short text counts only as the end of a line."""
        if len(text) > SHORT:
            return text in self.text
        return f" {text}\n" in f"{self.text}\n" or f"\n{text}\n" in f"\n{self.text}\n"


@dataclass(slots=True)
class Index:
    """The folded rounds of one conversation."""

    _said: Postings = field(default_factory=Postings)
    _record: list[str] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _values: list[float] = field(default_factory=list)
    """The record's lines, one a round, their tokens, and how much of them is values."""
    _messages: int = 0
    _asked: str = ""
    _asking: int | None = None
    """The question that the next message may answer, and the number of its piece."""

    @property
    def rounds(self) -> int:
        """How many it holds."""
        return len(self._record)

    def add(self, new: Round) -> None:
        """The next round."""
        line = digest.line_of(new.said, self._asked)
        place = len(self._record)
        self._record.append(line)
        self._sizes.append(tokens.count(line) + LINE_OVERHEAD if line else 0)
        words = len(line.split()) or 1
        self._values.append(min(1.0, len(_VALUE.findall(line)) / words))
        for said in new.parts:
            self._add_message(said, place)

    def _add_message(self, said: Said, place: int) -> None:
        answered = Counter(terms(f"{said.called} {self._asked}"))
        for piece in pieces.cut(said, place, self._messages, self._asking):
            own = terms(piece.said.text)
            weights: dict[str, float] = dict(Counter(own))
            for term in answered:
                weights[term] = weights.get(term, 0.0) + ANSWERING
            weights |= {kind_term(kind): 1.0 for kind in sorted(piece.kinds)}
            self._said.add(piece, weights, len(own))
        self._messages += 1
        if said.text:
            self._asked = digest.question_of(said.text)
            self._asking = len(self._said.pieces) - 1 if self._asked else None

    def find(
        self, question: str, present: str, most_tokens: int, most_plain: int = PLAIN_TOKENS
    ) -> Found:
        """What `question` needs of these rounds, in so many tokens at most; `present` is what the
        payload holds already."""
        if not self._said.pieces or not (need := needs.of(question)):
            return Found()
        if need.looks_back:
            if evidence.was_said(need, self._said):
                return self._reach_back(need, _Present(present), most_tokens)
            return Found()
        close = evidence.close_rounds(need, self._said, len(self._record), present)
        if not close:
            return Found()
        ranked, _ = self._ranked(need)
        least = PLAINLY_LIKELY * max(ranked.values(), default=0.0)
        likely = [number for number, score in ranked.items() if score >= least]
        likely.sort(key=lambda number: self._said.pieces[number].round not in close)
        quotes, _, _ = self._quotes(likely, _Present(present), min(most_tokens, most_plain))
        return Found((), quotes)

    def _ranked(self, need: Need) -> tuple[dict[int, float], Sequence[float]]:
        """The pieces that match, best first, with their scores; and what each message has."""
        asked = [*need.terms, *map(kind_term, need.kinds)]
        scores, by_message = self._said.scores(asked, self._messages)
        ranked = {}
        for number, (piece, score) in enumerate(zip(self._said.pieces, scores, strict=True)):
            if score <= 0:
                continue
            is_customer = piece.said.speaker == "customer"
            is_meant = need.speaker and (need.speaker == "customer") == is_customer
            newest = NEWEST * piece.round / len(self._record)
            ranked[number] = score * (RIGHT_SPEAKER if is_meant else 1.0) + newest
        best_first = sorted(ranked.items(), key=lambda item: (-item[1], -item[0]))
        return dict(best_first), by_message

    def _reach_back(self, need: Need, present: _Present, most: int) -> Found:
        """Quotes of what is likeliest, and the record in the room that they leave."""
        ranked, by_message = self._ranked(need)
        least = LIKELY * max(ranked.values(), default=0.0)
        likely = [number for number, score in ranked.items() if score >= least]
        quotes, quoted, left = self._quotes(likely, present, most)
        by_round = [0.0] * len(self._record)
        for piece in self._said.pieces:
            by_round[piece.round] = max(by_round[piece.round], by_message[piece.message])
        return Found(tuple(self._lines(need, by_round, quoted, present, left)), quotes)

    def _quotes(
        self, ranked: Iterable[int], present: _Present, most: int
    ) -> tuple[tuple[Said, ...], frozenset[int], int]:
        """Quotes in so many tokens, the rounds whose customer is quoted whole, and the tokens that
        are left. What answers in a word comes with its question."""
        every, chosen, texts = self._said.pieces, set[int](), set[Said]()
        for number in ranked:
            for one in (number, every[number].answers):
                if one is None or (one != number and number not in chosen):
                    continue
                piece = every[one]
                if piece.size <= most and piece.said not in texts:
                    if present.holds(piece.said.text):
                        continue
                    most -= piece.size
                    chosen.add(one)
                    texts.add(piece.said)
        picked = [every[number] for number in sorted(chosen)]
        whole = {p.round for p in picked if p.is_whole and p.said.speaker == "customer"}
        return pieces.joined(picked), frozenset(whole), most

    def _lines(
        self,
        need: Need,
        by_round: Sequence[float],
        quoted: frozenset[int],
        present: _Present,
        most: int,
    ) -> Iterator[str]:
        """The record's lines of the rounds that are not quoted, the likeliest where all of them
        are too much; each once."""
        likely = self._likely(by_round, is_number_asked=bool(need.kinds & _NUMBERS))
        chosen, lines = list[int](), set[str]()
        for place in sorted(range(len(likely)), key=lambda place: -likely[place]):
            line, size = self._record[place], self._sizes[place]
            if place in quoted or not 0 < size <= most or line in lines or present.holds(line):
                continue
            most -= size
            lines.add(line)
            chosen.append(place)
        return (self._record[place] for place in sorted(chosen))

    def _likely(self, by_round: Sequence[float], *, is_number_asked: bool) -> list[float]:
        """How likely each line holds the answer: by its round's words or its neighbours', by the
        values that it holds, and a little by how new it is."""
        likely = _spread(by_round)
        for place, line in enumerate(self._record):
            likely[place] += OF_VALUES * self._values[place] + OF_AGE * place / len(self._record)
            if is_number_asked and any(map(str.isdigit, line)):
                likely[place] += OF_NUMBER
        return likely


def _spread(scores: Sequence[float]) -> list[float]:
    """Each score, or the best of those near it, by how near they are."""
    likely = [0.0] * len(scores)
    for place, score in enumerate(scores):
        if score > 0:
            for near in range(max(0, place - NEAR), min(len(scores), place + NEAR + 1)):
                likely[near] = max(likely[near], score * NEARNESS ** abs(near - place))
    return likely
