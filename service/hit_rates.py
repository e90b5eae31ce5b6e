"""How often a provider's cache holds what it should, learned from its own usage.

A price file can only promise. Providers evict early, route elsewhere, or cache nothing for a while;
planning for hits that do not come makes every turn dearer. In memory alone: a restart begins again
with the price file's word.
"""

from __future__ import annotations

from typing import Final

from service.prices import Price

MEMORY: Final = 20
"""Requests after which what was known before counts for about a third."""
PATIENCE: Final = 200
"""The same for requests that could not hit, after which it is the price file's word that counts: a
provider that is planned for as if it cached nothing is tried again."""
MOST_MODELS: Final = 256
"""Callers choose the names of models; what is learned of more than so many is forgotten."""


class HitRates:
    """One share a model, 0 to 1: a mean that forgets slowly."""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}

    def known(self, model: str, price: Price) -> Price:
        """The price with what was learned; in hundredths, so that it is seldom another one."""
        rate = round(self._rates.get(model, price.cache_hit_rate), 2)
        return price.model_copy(update={"cache_hit_rate": rate})

    def learn(self, model: str, price: Price, *, expected: int, cached: int) -> None:
        """A request of which `expected` tokens should have been cached; `cached` are its usage's.

        Providers keep prefixes in steps, and our counts are not theirs: half of it is a hit.
        """
        before = self._rates.pop(model, price.cache_hit_rate)
        if expected:
            step = ((2 * cached >= expected) - before) / MEMORY
        else:
            step = (price.cache_hit_rate - before) / PATIENCE
        self._rates[model] = before + step
        if len(self._rates) > MOST_MODELS:
            del self._rates[next(iter(self._rates))]
