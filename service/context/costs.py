"""What it costs to go on as one is: the arithmetic behind the cut. In input-token equivalents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.context.rounds import Entry, is_answer, tokens_of
from service.prices import Price


@dataclass(frozen=True, slots=True)
class Pace:
    """How a conversation goes on, a turn on the average.

    `growth` is what a turn adds, in tokens: question, calls, results and answer. `calls` is how
    often the model is called for it, `loop` what the calls and results take.
    """

    growth: float
    calls: float = 1.0
    loop: float = 0.0

    @classmethod
    def of(cls, rounds: Sequence[Sequence[Entry]]) -> Pace:
        """The pace of these rounds, of which there is one at least."""
        loops = [_loop(entries) for entries in rounds]
        steps = sum(
            entry.message.get("role") == "assistant" for entries in loops for entry in entries
        )
        count = len(rounds)
        return cls(
            growth=sum(map(tokens_of, rounds)) / count,
            calls=1 + steps / count,
            loop=sum(map(tokens_of, loops)) / count,
        )


def least_mean_cost(start: int, warm: int, pace: Pace, price: Price) -> float:
    """The least that turns cost on the average, over any number of them, if the payload grows on.

    The first payload has `start` tokens, of which the provider has seen `warm`, and each later one
    is longer by the pace's growth. Each turn costs more than the one before, so the mean falls
    until the next turn would cost more than it. A payload that is too short to be cached gains
    nothing by growing.
    """
    best = total = _turn(start, warm, pace, price)
    turns, size = 1, float(start)
    while price.min_cacheable_tokens <= size < price.context_window:
        seen, size = size + pace.loop, size + pace.growth
        cost = _turn(size, seen, pace, price)
        if cost >= best:
            break
        total, turns = total + cost, turns + 1
        best = total / turns
    return best


def _turn(size: float, warm: float, pace: Pace, price: Price) -> float:
    """All calls of a turn: the later ones read the payload of the first again, and what the calls
    before them and their results have added."""
    cost = price.expected(int(size), int(warm))
    if (more := pace.calls - 1) > 0:
        step = pace.loop / more
        middle = size + (pace.loop + step) / 2
        cost += more * price.expected(int(middle), int(middle - step))
    return cost


def _loop(entries: Sequence[Entry]) -> list[Entry]:
    """The calls and results of a round."""
    roles = ("assistant", "tool", "function")
    return [e for e in entries if e.message.get("role") in roles and not is_answer(e.message)]
