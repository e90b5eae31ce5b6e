"""From a provider's usage to a row of the ledger, and from there to the contract's `usage`.

What was sent is the provider's own count, or unknown; never guessed. What the whole history would
have taken is that count plus the difference of two counts of ours (the whole, the payload), so a
tokenizer that is a few per cent off cancels out, and a whole history sent is exactly itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.completion import Usage
from service.ids import SECOND
from service.metrics import Metrics
from service.prices import Price
from service.storage.ledger import TurnRow
from service.turns.planner import Planned

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Bill:
    """What a turn took and what the whole history would have. Money is None if usage is unknown.

    `full_cost` is the whole history's price under the provider's own prefix cache, `uncached_cost`
    its price if there were none.
    """

    full_prompt_tokens: int
    cost: float | None = None
    full_cost: float | None = None
    uncached_cost: float | None = None


def bill(
    planned: Planned | None,
    usage: Usage | None,
    completion_tokens: int,
    price: Price,
    *,
    called: bool,
) -> Bill:
    """The bill of a call; `completion_tokens` is what its answer holds, also if it was reused.
    A turn that failed before anything was planned and `called` would have taken nothing either.

    Savings count against the whole history under the provider's own prefix cache, as a client that
    sends it all would have had it: against anything else they would be boasting.
    """
    if planned is None:
        return Bill(0, 0.0, 0.0, 0.0) if usage else Bill(0)
    if usage is None:
        return Bill(planned.full_tokens)
    cost = price.cost(
        usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.cache_write_tokens
    )
    if called and planned.payload.is_whole:
        plain = price.cost(usage.prompt_tokens, usage.completion_tokens)
        return Bill(usage.prompt_tokens, cost, cost, plain)
    sent = usage.prompt_tokens
    whole = planned.full_tokens + (sent - planned.payload.tokens if sent else 0)
    full_input = price.billed(whole, min(planned.full_warm, whole)) * price.input
    return Bill(
        full_prompt_tokens=whole,
        cost=cost,
        full_cost=(full_input + completion_tokens * price.output) / MILLION,
        uncached_cost=price.cost(whole, completion_tokens),
    )


def usage_json(row: TurnRow, currency: str) -> dict[str, Any]:
    """The contract's `usage` of a turn; null where the provider's usage never came."""
    known = row.prompt_tokens is not None
    saved_cost = None
    if row.cost is not None and row.full_cost is not None:
        saved_cost = round(row.full_cost - row.cost, 10)
    return {
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cached_tokens": row.cached_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "full_prompt_tokens": row.full_prompt_tokens,
        "saved_tokens": row.full_prompt_tokens - (row.prompt_tokens or 0) if known else None,
        "cost": None if row.cost is None else round(row.cost, 10),
        "saved_cost": saved_cost,
        "currency": currency,
    }


def observe(metrics: Metrics, row: TurnRow) -> None:
    """Count a finished turn."""
    metrics.turns.labels(row.outcome).inc()
    metrics.lookups.labels(row.status).inc()
    metrics.turn_seconds.observe(row.latency_us / SECOND)
    if row.prompt_tokens is None:
        metrics.unknown_usage.inc()
        return
    metrics.tokens_sent.inc(row.prompt_tokens)
    metrics.tokens_cached.inc(row.cached_tokens or 0)
    metrics.tokens_saved.inc(max(0, row.full_prompt_tokens - row.prompt_tokens))
