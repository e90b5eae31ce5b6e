"""Is the planner ever dearer than a fixed way of laying out a prompt?

Synthetic conversations, in prose and with tools whose calls are requests of their own, under a grid
of prices, provider's minimums, system prompts, shares of requests that find the provider's cache
alive, and lengths. Its rivals keep as much as Recap does: the whole history; slim (every turn cut
down to the last rounds); and checkpoints of a fixed length, of which the cheapest counts, as if
somebody had known it beforehand. Nothing is recalled on any side: what recall fetches is a matter
of the words, and a few accidents of made-up ones would outweigh a whole short conversation's plan.

A request that misses is billed as one of which the provider has seen nothing; the sum is the mean
over hits and misses. The planner knows the share of hits, as a server does that has counted them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Final

from service import tokens
from service.context import head, layout, rounds
from service.context.layout import Turn
from service.context.rounds import Entry, is_answer
from service.prices import Price
from service.replay import billing, synthetic
from service.replay.layouts import Full, Sent, Thread
from service.replay.reading import Conversation
from service.replay.recap import RecapThread
from service.replay.steps import Step, steps

HIT_SHARES: Final = (0.0, 0.3, 0.7, 1.0)
PROFILES: Final = {
    "50 % off": (0.5, 1.0),
    "75 % off": (0.25, 1.0),
    "90 % off": (0.1, 1.0),
    "90 % off, writes at 125 %": (0.1, 1.25),
    "98 % off": (0.02, 1.0),
}
"""What a cached token costs, and a written one, in input tokens."""
CHECKPOINTS: Final = (4, 8, 12, 16, 24, 32)
ALLOWED: Final = 1.05
"""How much dearer than the cheapest rival the planner may be."""

_CUT: Final = Price(
    input=1, cached_input=1, output=0, min_cacheable_tokens=0, context_window=1_000_000
)
_CARRY: Final = Price(
    input=1, cached_input=1e-4, output=0, min_cacheable_tokens=0, context_window=1_000_000
)
"""Prices under which every turn is cut, and none is."""

Sequel = list[tuple[int, int]]
"""A layout's requests in their order: tokens, and those that the provider has seen."""


@dataclass(frozen=True, slots=True)
class Axes:
    """What a kind of conversation is planned for besides prices and hits; lengths in rounds."""

    has_tools: bool
    rounds: Sequence[int]
    system_tokens: Sequence[int]
    minimums: Sequence[int]

    @property
    def steps(self) -> int:
        return len(self.system_tokens) * len(PROFILES) * len(self.minimums) * len(HIT_SHARES)


AXES: Final = (
    Axes(False, rounds=(30, 100, 300), system_tokens=(100, 500, 2000), minimums=(64, 1024, 4096)),
    Axes(True, rounds=(30, 100), system_tokens=(500, 2000), minimums=(1024,)),
)
STEPS: Final = sum(axes.steps for axes in AXES)


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the grid: what Recap comes to, and the cheapest of its rivals, in input-token
    equivalents."""

    profile: str
    minimum: int
    system_tokens: int
    hit_share: float
    rounds: int
    ours: float
    best: float
    rival: str
    has_tools: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.best

    def to_json(self) -> dict[str, Any]:
        return {
            "tools": self.has_tools,
            "profile": self.profile,
            "minimum": self.minimum,
            "system_tokens": self.system_tokens,
            "hit_share": self.hit_share,
            "rounds": self.rounds,
            "recap": round(self.ours),
            "best": round(self.best),
            "rival": self.rival,
            "ratio": round(self.ratio, 3),
        }


def cells(advance: Callable[[], None] = lambda: None) -> Iterator[Cell]:
    """Every cell; `advance` is called `STEPS` times."""
    for axes in AXES:
        yield from _cells(axes, advance)


def _cells(axes: Axes, advance: Callable[[], None]) -> Iterator[Cell]:
    make = synthetic.tool_conversation if axes.has_tools else synthetic.conversation
    asked = _requests(make(axes.rounds[-1]))
    ends = [n for n, step in enumerate(asked, 1) if step.reply and is_answer(step.reply.message)]
    for system_tokens in axes.system_tokens:
        system = synthetic.system_entries(synthetic.filler(system_tokens))
        rivals = {
            is_full: {n: _sequel(t, asked) for n, t in _rivals(system, is_full=is_full).items()}
            for is_full in (False, True)
        }
        for profile, minimum, share in product(PROFILES, axes.minimums, HIT_SHARES):
            price = _price(profile, minimum, share)
            ours = _sequel(_Planned(system, price, set()), asked)
            equal = rivals[price.discount * share >= head.WELL_CACHED]
            for length in axes.rounds:
                count = ends[length - 1]
                sums = {name: _cost(sequel[:count], price) for name, sequel in equal.items()}
                rival = min(sums, key=sums.__getitem__)
                cost, best, tools = _cost(ours[:count], price), sums[rival], axes.has_tools
                place = (profile, minimum, system_tokens, share, length)
                yield Cell(*place, cost, best, rival, tools)
            advance()


class _Turn(Turn):
    """One for which nothing is recalled."""

    @property
    def asked(self) -> str:
        return ""


class _FullTurn(_Turn):
    """One whose record always shows all of the digest, too."""

    @property
    def is_well_cached(self) -> bool:
        return True


class _Planned(RecapThread):
    """Recap's own plan."""

    kind: type[Turn] = _Turn

    def turn(self, newest: Sequence[Entry], *, idle: bool) -> Turn:
        whole = super().turn(newest, idle=idle)
        return self.kind(**{field.name: getattr(whole, field.name) for field in fields(whole)})


class _Checkpoints(_Planned):
    """Carries up to so many rounds more than a cut leaves, whatever that costs.

    `is_full`: with all of the digest, as the planner does where the provider caches well, so that
    both keep as much.
    """

    def __init__(self, system: Sequence[Entry], length: int, *, is_full: bool) -> None:
        super().__init__(system, _CARRY, set())
        self._most = length + layout.KEPT_ROUNDS
        self.kind = _FullTurn if is_full else _Turn

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        is_due = len(rounds.split(self.tail)) >= self._most
        self.price = _CUT if is_due else _CARRY
        return super().ask(newest, idle=idle)


def _rivals(system: Sequence[Entry], *, is_full: bool) -> dict[str, Thread]:
    threads: dict[str, Thread] = {
        "full": Full("full", "", caches=True).open(system),
        "slim": _Planned(system, _CUT, set()),
    }
    for length in CHECKPOINTS:
        threads[f"checkpoint of {length}"] = _Checkpoints(system, length, is_full=is_full)
    return threads


def _price(profile: str, minimum: int, hit_rate: float) -> Price:
    cached, write = PROFILES[profile]
    return Price(
        input=1,
        cached_input=cached,
        cache_write=write,
        output=0,
        min_cacheable_tokens=minimum,
        cache_hit_rate=hit_rate,
        context_window=_CUT.context_window,
    )


def _requests(said: list[Entry]) -> list[Step]:
    return steps(Conversation("", "", [], said, [None] * len(said), []))


def _sequel(thread: Thread, asked: Sequence[Step]) -> Sequel:
    requests: Sequel = []
    before: Sequence[Entry] = ()
    for step in asked:
        sent = thread.ask(step.newest)
        size = sum(entry.tokens for entry in sent.messages) + tokens.REPLY_PRIMING
        requests.append((size, billing.seen_tokens(before, sent.messages)))
        before = sent.messages
        if step.reply is not None:
            thread.close(sent, step.newest, step.reply)
    return requests


def _cost(requests: Sequel, price: Price) -> float:
    """Input-token equivalents: the mean over hits and misses."""
    return sum(
        price.expected(size, billing.cached_tokens(price, size, seen)) for size, seen in requests
    )
