"""What a plain search makes of Recap's budget: the last rounds, and the earlier ones closest to the
newest message, in as many tokens as Recap's own payload takes for the same question.

So the two are compared at one size, request by request. Rounds are whole, with their tool calls and
results; words are as they stand, in lower case, and pairs of Chinese characters.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from service.context import rounds
from service.context.rounds import Entry, tokens_of
from service.prices import Price
from service.replay.billing import Call
from service.replay.layouts import Sent, Thread
from service.replay.recap import Recap

KEPT: Final = 2
"""Last rounds that are always sent."""
K1: Final = 1.2
B: Final = 0.75

_WORD: Final = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


class BM25:
    """Last rounds and the best earlier ones, at Recap's size."""

    name = "bm25"
    title = "BM25 of rounds, Recap's size"
    caches = True

    def __init__(self, price: Price) -> None:
        self._recap = Recap(price)

    def open(self, system: Sequence[Entry]) -> Thread:
        return _BM25Thread(system, self._recap.open(system))


class _BM25Thread:
    """One conversation; `ours` is Recap's thread of the same one, asked for its size alone."""

    def __init__(self, system: Sequence[Entry], ours: Thread) -> None:
        self._system = list(system)
        self._ours = ours
        self._rounds: list[list[Entry]] = []
        self._index = _Index()

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        ours = self._ours.ask(newest, idle=idle)
        first = max(0, len(self._rounds) - KEPT)
        taken = set(range(first, len(self._rounds)))
        sent = [*self._system, *(e for n in taken for e in self._rounds[n]), *newest]
        room = tokens_of(ours.messages) - tokens_of(sent)
        for place in self._places(newest, first):
            size = tokens_of(self._rounds[place])
            if size <= room:
                taken.add(place)
                room -= size
        earlier = [entry for place in sorted(taken) for entry in self._rounds[place]]
        return Sent([*self._system, *earlier, *newest], after=ours)

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        self._ours.close(sent.after, newest, reply)
        if rounds.is_answer(reply.message):
            self._remember([*newest, reply])
        return ()

    def add(self, entries: Sequence[Entry]) -> None:
        self._ours.add(entries)
        self._remember(entries)

    def _remember(self, entries: Sequence[Entry]) -> None:
        for whole in rounds.split(entries):
            self._rounds.append(whole)
            self._index.add(_text(whole))

    def _places(self, newest: Sequence[Entry], end: int) -> list[int]:
        """The rounds before `end` that share a word with what was asked, the closest first."""
        asked = [entry for entry in newest if entry.message.get("role") == "user"]
        return [place for place in self._index.ranked(_text(asked)) if place < end]


class _Index:
    """Texts by their words; it grows by one at a time."""

    def __init__(self) -> None:
        self._places: dict[str, dict[int, int]] = defaultdict(dict)
        self._sizes: list[int] = []
        self._total = 0

    def add(self, text: str) -> None:
        found = Counter(_words(text))
        for word, count in found.items():
            self._places[word][len(self._sizes)] = count
        self._sizes.append(found.total())
        self._total += found.total()

    def ranked(self, text: str) -> list[int]:
        """The texts that share a word with this one, the closest first, the newest of equals."""
        scores: dict[int, float] = defaultdict(float)
        for word in dict.fromkeys(_words(text)):
            found = self._places.get(word, {})
            rarity = math.log1p((len(self._sizes) - len(found) + 0.5) / (len(found) + 0.5))
            for place, count in found.items():
                length = self._sizes[place] * len(self._sizes) / self._total
                scores[place] += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * length))
        return sorted(scores, key=lambda place: (-scores[place], -place))


def _text(entries: Iterable[Entry]) -> str:
    """Their words, those that tools were called with included."""
    texts: list[str] = []
    for entry in entries:
        texts.append(rounds.text_of(entry.message))
        texts += [
            str(value)
            for field in ("tool_calls", "function_call")
            if (value := entry.message.get(field))
        ]
    return "\n".join(texts)


def _words(text: str) -> Iterable[str]:
    for found in _WORD.finditer(text.lower()):
        word = found[0]
        if len(word) > 1 and _HAN.match(word):
            yield from map("".join, pairwise(word))
        else:
            yield word
