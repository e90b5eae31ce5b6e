"""What one request is billed: by its tokens, and by how much of it the provider has seen.

The provider's cache is taken at what the vendors' pages promise: a request reads the longest common
prefix with the request before it in the same conversation, in steps of 128 tokens, and only from
the model's minimum on. What one conversation leaves for another is not counted, in any layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service import tokens
from service.context.rounds import Entry
from service.prices import Price

STEP: Final = 128
"""Tokens by which a provider's cached prefix grows."""
_MOST_COMPARED: Final = 20_000
"""Characters of two differing messages that are compared; it is their beginnings that count."""


@dataclass(frozen=True, slots=True)
class Call:
    """A further call that a layout makes for itself, such as a summariser's."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(slots=True)
class Bill:
    """Sums over requests. `ite` are input-token equivalents: a token at the full input price is
    one, a cached one what is left of its price. Money is in units of the price's currency."""

    requests: int = 0
    calls: int = 0
    tokens: int = 0
    cached: int = 0
    cached_requests: int = 0
    ite: float = 0.0
    input_cost: float = 0.0
    output_cost: float = 0.0

    @property
    def cost(self) -> float:
        return self.input_cost + self.output_cost

    def add(self, other: Bill) -> None:
        self.requests += other.requests
        self.calls += other.calls
        self.tokens += other.tokens
        self.cached += other.cached
        self.cached_requests += other.cached_requests
        self.ite += other.ite
        self.input_cost += other.input_cost
        self.output_cost += other.output_cost


def of_request(price: Price, prompt: int, seen: int, completion: int) -> Bill:
    """The bill of one request, of whose `prompt` tokens the provider has seen `seen`."""
    cached = cached_tokens(price, prompt, seen)
    is_written = price.discount > 0 and prompt >= price.min_cacheable_tokens
    return Bill(
        requests=1,
        tokens=prompt,
        cached=cached,
        cached_requests=int(cached > 0),
        ite=price.billed(prompt, cached),
        input_cost=price.input_cost(prompt, cached, prompt - cached if is_written else 0),
        output_cost=price.cost(0, completion),
    )


def of_calls(price: Price, calls: Sequence[Call]) -> Bill:
    """The bill of calls that are short and new each time, so that nothing of them is cached."""
    bill = Bill(calls=len(calls))
    for call in calls:
        own = of_request(price, call.prompt_tokens, 0, call.completion_tokens)
        own.requests = 0
        bill.add(own)
    return bill


def cached_tokens(price: Price, prompt: int, seen: int) -> int:
    """How many tokens of a prompt are read from the provider's cache."""
    if price.discount == 0 or prompt < price.min_cacheable_tokens:
        return 0
    whole_steps = min(seen, prompt) // STEP * STEP
    return whole_steps if whole_steps >= price.min_cacheable_tokens else 0


def seen_tokens(before: Sequence[Entry], now: Sequence[Entry]) -> int:
    """Tokens of the longest common prefix of two payloads."""
    total = 0
    for old, new in zip(before, now, strict=False):
        if old.message is not new.message and old.message != new.message:
            return total + _shared(old.message, new.message)
        total += new.tokens
    return total


def _shared(old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    """Tokens that two differing messages begin with; the last of them may be cut in two."""
    texts = [old.get("content"), new.get("content")]
    if old.get("role") != new.get("role") or not all(isinstance(text, str) for text in texts):
        return 0
    one, other = (str(text)[:_MOST_COMPARED] for text in texts)
    pairs = zip(one, other, strict=False)
    length = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return max(0, tokens.count(one[:length]) - 1)
