"""What it costs to go on as one is: the arithmetic behind the cut. In input-token equivalents."""

from __future__ import annotations

from service.prices import Price


def least_mean_cost(start: int, warm: int, growth: float, price: Price) -> float:
    """The least that turns cost on the average, over any number of them, if the payload grows on.

    The first payload has `start` tokens, of which the provider has seen `warm`, and each later one
    `growth` more. Each turn costs more than the one before, so the mean falls until the next turn
    would cost more than it. A payload that is too short to be cached gains nothing by growing.
    """
    best = total = price.expected(start, warm)
    turns, size = 1, float(start)
    while price.min_cacheable_tokens <= size < price.context_window:
        seen, size = size, size + growth
        cost = price.expected(int(size), int(seen))
        if cost >= best:
            break
        total, turns = total + cost, turns + 1
        best = total / turns
    return best
