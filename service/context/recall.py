"""Recall: what was said earlier, fetched back because the newest question needs it.

Lexical, inside one conversation. The unit is a round; terms are words without their endings, whole
identifiers, and pairs of Chinese characters; rounds are ranked by BM25 with the conversation's own
frequencies, and the newest wins a tie. A question often shares no word with its answer ("1596") but
with what was said around it, so a round also counts for its neighbours.

Two things come of it. The **record**: the customer's own words in the folded rounds, condensed,
which rides along with a question that looks back; where it would be too long, the likeliest lines.
And the **quotes**: the rounds that match the question best, word for word. A question that does not
look back gets quotes only if it names something rare that the payload lacks; most get nothing.

Pure. An index grows by a round at a time; building it whole gives the same.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from service import tokens
from service.context import digest, languages, look_back
from service.context.languages import HAN
from service.context.rounds import Round

RECORD_TOKENS: Final = 900
"""What the record may take; the customer's side of some 150 rounds, condensed."""
QUOTE_TOKENS: Final = 150
QUOTES: Final = 3
LONGEST_QUOTE: Final = 400
"""Characters of one side of a quoted round."""
K1: Final = 1.2
B: Final = 0.5
"""BM25's usual saturation, and a length that counts less: rounds are short."""
NEAR: Final = 8
NEARNESS: Final = 0.85
"""A round counts for those up to so many rounds away, by so much a round."""
COVERED: Final = 0.5
"""The share of a question's weight that must have been said for a round to be close to it."""
RARE_SHARE: Final = 0.02
RARE_ROUNDS: Final = 3
"""A term is rare in up to so many rounds, or this share of them."""

_ASKING: Final = tuple(language.asking for language in languages.ALL)
_WORD: Final = re.compile(rf"[^\W_{HAN}]+(?:[-.@/'’:][^\W_{HAN}]+)*")
_HAN_RUN: Final = re.compile(f"[{HAN}]+")
_EMPTY: Final[frozenset[str]] = frozenset().union(*(rules.empty for rules in _ASKING))
_ENDING: Final = languages.joined(rules.endings for rules in _ASKING)
_POSSESSIVES: Final = tuple(ending for rules in _ASKING for ending in rules.possessives)
_VALUE: Final = re.compile(r"\d|[A-Z][a-z]")
_WANTS_NUMBER: Final = languages.joined(rules.wants_number for rules in _ASKING)
_CUT: Final = languages.joined(rules.cut for rules in _ASKING)
"""What tells no two rounds apart; a run of Chinese is cut there before it is paired."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is fetched back: lines of the record, and quoted rounds; both oldest first."""

    lines: list[str]
    quotes: list[Round]

    def __bool__(self) -> bool:
        return bool(self.lines or self.quotes)


@dataclass(slots=True)
class Index:
    """The folded rounds of one conversation."""

    rounds: list[Round] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _lengths: list[int] = field(default_factory=list)

    def add(self, new: Round) -> None:
        """The next round."""
        asked = digest.question_of(self.rounds[-1].answered) if self.rounds else ""
        line = digest.line_of(new.said, asked)
        counted = Counter(terms(new.said))
        place = len(self.rounds)
        self.rounds.append(new)
        self._lines.append(line)
        self._sizes.append(tokens.count(line) + 2 if line else 0)
        self._lengths.append(sum(counted.values()))
        for term, times in counted.items():
            self._places.setdefault(term, []).append((place, times))

    def find(self, question: str, present: str) -> Found:
        """What `question` needs of these rounds; `present` is what the payload holds already."""
        if not self.rounds or not look_back.asks(question):
            return Found([], [])
        asked = set(terms(question))
        if look_back.looks_back(question):
            scores = self._scores(asked)
            quotes = self._quotes(scores) if self._covers(asked) else []
            return Found(self._record(scores, question), quotes)
        lacking = {term for term in asked if self._is_rare(term)}
        lacking -= set(terms(present)) if lacking else set()
        return Found([], self._quotes(self._scores(lacking)) if lacking else [])

    def _is_rare(self, term: str) -> bool:
        held = len(self._places.get(term, ()))
        return 0 < held <= max(RARE_ROUNDS, RARE_SHARE * len(self.rounds))

    def _covers(self, asked: Iterable[str]) -> bool:
        """Was most of what is asked about said at all? Else nothing is close to the question."""
        weights = {term: self._weight(term) for term in asked}
        said = sum(weight for term, weight in weights.items() if term in self._places)
        return said > 0 and said >= COVERED * sum(weights.values())

    def _weight(self, term: str) -> float:
        """How much a term tells rounds apart: BM25's inverse document frequency."""
        held = len(self._places.get(term, ()))
        return math.log(1 + (len(self.rounds) - held + 0.5) / (held + 0.5))

    def _scores(self, asked: Iterable[str]) -> list[float]:
        """BM25 of each round."""
        count = len(self.rounds)
        mean = sum(self._lengths) / count or 1.0
        scores = [0.0] * count
        for term in asked:
            places = self._places.get(term, ())
            weight = self._weight(term)
            for place, times in places:
                length = K1 * (1 - B + B * self._lengths[place] / mean)
                scores[place] += weight * times * (K1 + 1) / (times + length)
        return scores

    def _record(self, scores: Sequence[float], question: str) -> list[str]:
        """The lines of all rounds, or the likeliest where that is too much."""
        if sum(self._sizes) <= RECORD_TOKENS:
            return [line for line in self._lines if line]
        likely = self._likely(scores, question)
        left, chosen = RECORD_TOKENS, set()
        for place in sorted(range(len(likely)), key=lambda place: -likely[place]):
            if 0 < self._sizes[place] <= left:
                left -= self._sizes[place]
                chosen.add(place)
        return [line for place, line in enumerate(self._lines) if place in chosen]

    def _likely(self, scores: Sequence[float], question: str) -> list[float]:
        """How likely each round holds the answer: by its own words or its neighbours', by whether
        it holds values at all, of the kind that is asked for, and a little by how new it is."""
        count = len(scores)
        likely = [0.0] * count
        for place, score in enumerate(scores):
            if score > 0:
                for near in range(max(0, place - NEAR), min(count, place + NEAR + 1)):
                    likely[near] = max(likely[near], score * NEARNESS ** abs(near - place))
        wants_number = _WANTS_NUMBER.search(question) is not None
        for place, line in enumerate(self._lines):
            words = len(line.split()) or 1
            likely[place] += 0.5 * min(1.0, len(_VALUE.findall(line)) / words)
            likely[place] += 0.6 if wants_number and any(map(str.isdigit, line)) else 0.0
            likely[place] += 0.3 * place / count
        return likely

    def _quotes(self, scores: Sequence[float]) -> list[Round]:
        best = sorted(range(len(scores)), key=lambda place: (-scores[place], -place))[:QUOTES]
        left, chosen = QUOTE_TOKENS, []
        for place in best:
            quoted = _shortened(self.rounds[place])
            size = tokens.count(quoted.said) + tokens.count(quoted.answered) + 8
            if scores[place] > 0 and size <= left:
                left -= size
                chosen.append(quoted)
        return sorted(chosen, key=lambda quoted: quoted.anchor)


def terms(text: str) -> list[str]:
    """The terms of a text, in their order, repeated ones too."""
    text = text[: digest.MOST_READ]
    found = [
        _stem(match[0].lower()) for match in _WORD.finditer(text) if match[0].lower() not in _EMPTY
    ]
    for match in _HAN_RUN.finditer(text):
        for piece in filter(None, _CUT.split(match[0])):
            found += [piece[place : place + 2] for place in range(max(1, len(piece) - 1))]
    return found


def _stem(word: str) -> str:
    if len(word) <= 3 or any(map(str.isdigit, word)):
        return word
    for possessive in _POSSESSIVES:
        word = word.removesuffix(possessive)
    return _ENDING.sub("", word)


def _shortened(whole: Round) -> Round:
    parts = (replace(part, text=part.text[:LONGEST_QUOTE]) for part in whole.parts)
    return Round(tuple(parts), whole.anchor)
