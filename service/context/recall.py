"""Recall: what was said earlier, fetched back because the newest message needs it.

Lexical, inside one conversation, over both sides and what tools told. The unit is a message, or a
piece of a long one. Units are ranked by BM25 with the conversation's own frequencies; a unit also
counts for the words of the message that it answers, of the rest of its round, and of the rounds
beside it, since an answer often shares no word with what is asked later ("1596"). Values of the
kind that is asked for, and words of the speaker who is meant, count more; the newest wins a tie.

Two things come of it. The **quotes**: what matches best, word for word. And the **record**: the
customer's own words in the folded rounds, condensed, which fill what is left of the room where the
message plainly looks back. Whether anything is fetched is decided by evidence: was what the message
is about said at all, and does the payload lack it?

Pure. An index grows by a round at a time; building it whole gives the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from service import tokens
from service.context import digest, needs, pieces
from service.context.needs import Need
from service.context.pieces import Piece
from service.context.rounds import Round, Said
from service.context.terms import terms

PLAIN_TOKENS: Final = 250
"""What a question may take that doesn't speak of the past, though it asks for something of it."""
K1: Final = 1.2
B: Final = 0.5
"""BM25's usual saturation, and a length that counts less: messages are short."""
OF_MESSAGE: Final = 0.6
OF_SECOND: Final = 0.3
OF_NEXT: Final = 0.5
"""What a piece has of its round's score, and of the better of the rounds beside it."""
NEAR: Final = 8
NEARNESS: Final = 0.85
"""A line of the record counts for rounds up to so many away, by so much a round."""
RIGHT_KIND: Final = 1.0
RIGHT_SPEAKER: Final = 1.3
NEWEST: Final = 0.1
LIKELY: Final = 0.3
"""The share of the best score that a piece must have to be quoted before the record."""
ALONE: Final = 2.0
"""The weight of a single character that was never said."""
COVERED: Final = 0.3
"""The share of what a message is about, by weight, that must have been said."""
CLOSE: Final = 0.4
"""The same, said in one round, for a message that doesn't speak of the past."""
KIND: Final = "\0"
RARE: Final = 6
RARE_SHARE: Final = 0.08
LINE_OVERHEAD: Final = 5
"""Tokens of a line besides its words: who said it, and the line's end."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is fetched back: lines of the record, and quotes, word for word; both oldest first."""

    record: tuple[str, ...] = ()
    quotes: tuple[Said, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.record or self.quotes)


@dataclass(slots=True)
class Index:
    """The folded rounds of one conversation."""

    _pieces: list[Piece] = field(default_factory=list)
    _lengths: list[int] = field(default_factory=list)
    _places: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)
    _line_sizes: list[int] = field(default_factory=list)
    _characters: set[str] = field(default_factory=set)
    _messages: int = 0
    _total: int = 0
    _last: str = ""
    """The last message, which the next one answers."""

    def add(self, new: Round) -> None:
        """The next round."""
        self._add_line(new)
        place = len(self._lines) - 1
        for part in new.parts:
            asked = Counter(terms(pieces.question_of(self._last, part)))
            for piece in pieces.of(part, place, self._messages):
                self._add_piece(piece, asked)
            self._messages += 1
            self._last = part.text or self._last

    def _add_line(self, new: Round) -> None:
        line = digest.line_of(new.said, digest.label_of(digest.question_of(self._last)))
        self._lines.append(line)
        self._line_sizes.append(tokens.count(line) + LINE_OVERHEAD if line else 0)

    def _add_piece(self, piece: Piece, asked: Counter[str]) -> None:
        own = terms(piece.said.text)
        weights: dict[str, float] = dict(Counter(own))
        for term in asked:
            weights[term] = weights.get(term, 0.0) + pieces.ANSWERING
        self._characters.update(c for t in own if "\u3400" <= t[0] <= "\u9fff" for c in t)
        number = len(self._pieces)
        self._pieces.append(piece)
        self._lengths.append(len(own))
        self._total += len(own)
        for kind in sorted(piece.kinds):
            weights[f"{KIND}{kind}"] = 1.0
        for term, weight in weights.items():
            self._places.setdefault(term, []).append((number, weight))

    def find(self, question: str, present: str, most_tokens: int) -> Found:
        """What `question` needs of these rounds, in so many tokens at most; `present` is what the
        payload holds already."""
        if not self._pieces or not (need := needs.of(question)):
            return Found()
        scores, by_round = self._scores([*need.terms, *(f"{KIND}{kind}" for kind in need.kinds)])
        if need.looks_back:
            if need.topic and self._share_said(need) < COVERED:
                return Found()
            if not need.topic and need.kinds and not any(f"{KIND}{kind}" in self._places for kind in need.kinds):
                return Found()
            return self._reach_back(need, scores, by_round, present, most_tokens)
        close = self._close(need, present)
        if not close:
            return Found()
        most = min(most_tokens, PLAIN_TOKENS)
        ranked = self._ranked(need, scores, by_round)
        best = [n for n in ranked if self._pieces[n].place in close]
        return Found(quotes=self._quotes(best, present, most)[0])

    def _weight(self, term: str) -> float:
        """How much a term tells pieces apart: BM25's inverse document frequency."""
        held = len(self._places.get(term, ()))
        return math.log(1 + (len(self._pieces) - held + 0.5) / (held + 0.5))

    def _scores(self, asked: Iterable[str]) -> tuple[list[float], list[float]]:
        """BM25 of each piece, and of each round: the best of its pieces for each term."""
        scores, by_message = [0.0] * len(self._pieces), [0.0] * self._messages
        mean = self._total / len(self._pieces) or 1.0
        for term in sorted(asked):
            weight, best = self._weight(term), dict[int, float]()
            for number, times in self._places.get(term, ()):
                length = K1 * (1 - B + B * self._lengths[number] / mean)
                score = weight * times * (K1 + 1) / (times + length)
                scores[number] += score
                place = self._pieces[number].message
                best[place] = max(best.get(place, 0.0), score)
            for place, score in best.items():
                by_message[place] += score
        return scores, by_message

    def _share_said(self, need: Need) -> float:
        """The share of what a message is about, by weight, that was said at all."""
        said = whole = 0.0
        for group in need.topic:
            if len(group[0]) == 1 and "\u3400" <= group[0] <= "\u9fff":
                if group[0] not in self._characters:
                    whole += ALONE
                continue
            for is_said, weight in self._covered(group, self._places.keys()):
                said += weight * is_said
                whole += weight
        return said / whole if whole else 0.0

    def _covered(self, group: Sequence[str], said: Iterable[str]) -> Iterator[tuple[bool, float]]:
        """The terms of a group that count: those that were said, and those that weren't and
        overlap none that was."""
        known = [term in said for term in group]
        skip = False
        for place, term in enumerate(group):
            if known[place]:
                yield True, self._weight(term)
                skip = False
            elif not skip and not any(known[max(0, place - 1) : place + 2]):
                yield False, self._weight(term)
                skip = True
            else:
                skip = False

    def _ranked(
        self, need: Need, scores: Sequence[float], by_round: Sequence[float]
    ) -> dict[int, float]:
        """The pieces, likeliest first, with their scores."""
        count = len(self._lines)
        ranked = {}
        padded = [0.0, 0.0, *by_round, 0.0, 0.0]
        for number, piece in enumerate(self._pieces):
            place = piece.place
            m = piece.message + 2
            score = scores[number] + OF_MESSAGE * padded[m] + OF_NEXT * max(padded[m - 1], padded[m + 1]) + OF_SECOND * max(padded[m - 2], padded[m + 2])
            if need.kinds & piece.kinds:
                score *= RIGHT_KIND
            if need.speaker and (need.speaker == "customer") == (piece.said.speaker == "customer"):
                score *= RIGHT_SPEAKER
            if score > 0:
                ranked[number] = score + NEWEST * place / count
        return dict(sorted(ranked.items(), key=lambda item: (-item[1], -item[0])))

    def _reach_back(
        self,
        need: Need,
        scores: Sequence[float],
        by_round: Sequence[float],
        present: str,
        most: int,
    ) -> Found:
        """Quotes of what is likeliest, and the record in what they leave."""
        ranked = self._ranked(need, scores, by_round)
        best = max(ranked.values(), default=0.0)
        likely = [number for number, score in ranked.items() if score >= LIKELY * best]
        quotes, chosen, left = self._quotes_in(likely, present, most)
        quoted = {self._pieces[n].place for n in chosen if self._pieces[n].is_whole_of_customer}
        rounds_scores = [0.0]*len(self._lines)
        for piece in self._pieces:
            rounds_scores[piece.place] = max(rounds_scores[piece.place], by_round[piece.message])
        record = self._record(need, rounds_scores, left, present, quoted)
        return Found(record, quotes)

    def _close(self, need: Need, present: str) -> set[int]:
        """The rounds that hold what a plain question asks for, if the payload holds nothing as
        close."""
        weights = dict[str, float]()
        whole = 0.0
        for group in need.topic:
            if len(group[0]) == 1 and "\u3400" <= group[0] <= "\u9fff":
                continue
            known = [t in self._places for t in group]
            skip = False
            for place, t in enumerate(group):
                w = self._weight(t)
                if known[place]:
                    weights[t] = w
                    whole += w
                    skip = False
                elif not skip and not any(known[max(0, place - 1) : place + 2]):
                    whole += w
                    skip = True
                else:
                    skip = False
        if not weights or sum(weights.values()) < CLOSE * whole:
            return set()
        held = dict[int, float]()
        for t, w in weights.items():
            for place in {self._pieces[n].place for n, _ in self._places[t]}:
                held[place] = held.get(place, 0.0) + w
        best = max(held.values())
        if best < CLOSE * whole:
            return set()
        rounds = {place for place, w in held.items() if w >= max(CLOSE * whole, 0.8*best)}
        most = max(RARE, RARE_SHARE * len(self._lines))
        is_rare = any(len(self._places[t]) <= most for t in weights)
        if not (is_rare or (need.is_own and need.kinds)) or (need.is_here and not is_rare):
            return set()
        if need.kinds:
            kinds = {p.place for p in self._pieces if p.place in rounds and p.kinds & need.kinds}
            rounds &= kinds
        if rounds and self._present(weights, need, present) >= best * 0.95:
            return set()
        return rounds

    def _present(self, weights: dict[str, float], need: Need, present: str) -> float:
        best, before = 0.0, set[str]()
        for line in present.splitlines():
            here = weights.keys() & set(terms(line))
            if not need.kinds or needs.kinds_in(line) & need.kinds:
                best = max(best, sum(weights[t] for t in here | before))
            before = here
        return best

    def _quotes(self, ranked: Iterable[int], present: str, most: int) -> tuple[tuple[Said, ...], list[int]]:
        quotes, chosen, _ = self._quotes_in(ranked, present, most)
        return quotes, chosen

    def _quotes_in(self, ranked: Iterable[int], present: str, most: int) -> tuple[tuple[Said, ...], list[int], int]:
        left, chosen, seen = most, list[int](), set[Said]()
        for number in ranked:
            piece = self._pieces[number]
            if piece.size <= left and piece.said not in seen and piece.said.text not in present:
                left -= piece.size
                seen.add(piece.said)
                chosen.append(number)
        return pieces.joined([self._pieces[n] for n in sorted(chosen)]), chosen, left

    def _record(
        self, need: Need, by_round: Sequence[float], most: int, present: str, quoted: set[int]
    ) -> tuple[str, ...]:
        """The lines of all rounds, or the likeliest where that is too much."""
        likely = self._likely(by_round, need)
        left, chosen = most, set()
        for place in sorted(range(len(likely)), key=lambda place: -likely[place]):
            if 0 < self._line_sizes[place] <= left and place not in quoted:
                if self._lines[place] in present: continue
                left -= self._line_sizes[place]
                chosen.add(place)
        return tuple(dict.fromkeys(self._lines[place] for place in sorted(chosen)))

    def _likely(self, scores: Sequence[float], need: Need) -> list[float]:
        """How likely each round's line holds the answer: by its own words or its neighbours', by
        whether it holds values of the kind that is asked for, and a little by how new it is."""
        count = len(scores)
        likely = [0.0] * count
        for place, score in enumerate(scores):
            if score > 0:
                for near in range(max(0, place - NEAR), min(count, place + NEAR + 1)):
                    likely[near] = max(likely[near], score * NEARNESS ** abs(near - place))
        import re
        wants = bool(need.kinds & {"code","count","amount","date","time","phone"})
        for place, line in enumerate(self._lines):
            words = len(line.split()) or 1
            likely[place] += 0.5 * min(1.0, len(re.findall(r"\d|[A-Z][a-z]",line)) / words)
            likely[place] += 0.6 if wants and any(map(str.isdigit, line)) else 0.0
            likely[place] += 0.3 * place / count
        return likely
