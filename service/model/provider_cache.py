"""How often a provider's prefix cache holds what it should, learned from its own usage.

A price file can only promise. Providers evict early, route elsewhere, cache nothing for a while,
or cache although nobody wrote it down; planning against what they do makes every turn dearer. So
the usage is believed after a few calls, for all conversations with a model. Only a call whose
payload begins as one did that was sent within the cache's life says anything.

What is learned is a share in steps of a quarter, kept in the table: a stateless list's cut is made
anew with each step, so there must be few of them.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.prices import Price

log = logging.getLogger(__name__)

MEMORY: Final = 10
"""Calls after which what was known before counts for about a third."""
PATIENCE: Final = 200
"""The same for calls that say nothing, after which it is the price file's word that counts: a
provider that is planned for as if it cached nothing is tried again."""
STEP: Final = 0.25
SWAY: Final = 0.6
"""Steps that the mean must be away from the share that is held, before another one is."""
MOST_MODELS: Final = 256
"""Callers choose the names of models; what is learned of more than so many is forgotten."""
MOST_CONVERSATIONS: Final = 4096
"""Conversations whose last payload is known by its hashes; the one that rested longest goes."""
BELIEVED_DISCOUNT: Final = 0.5
"""What a cached token is taken to save where the price file says that there are none: the smallest
discount that a large provider gives. The ledger goes on billing what the file says."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A payload that went out: a hash for each message that the next one should begin with, their
    tokens, and how many of both the conversation's first messages are."""

    hashes: tuple[int, ...]
    tokens: int
    opening: int
    opening_tokens: int
    at: int

    @classmethod
    def of(
        cls,
        messages: Sequence[Mapping[str, Any]],
        *,
        stable: int,
        tokens: int,
        opening: int,
        opening_tokens: int,
        at: int,
    ) -> Sent:
        """`stable` messages of `tokens` in all; `at` is in microseconds."""
        hashes = tuple(hash(repr(message)) for message in messages[:stable])
        return cls(hashes, tokens, opening, opening_tokens, at)

    def shared(self, messages: Sequence[Mapping[str, Any]]) -> int:
        """Tokens that these messages begin with as this payload did."""
        hashes = tuple(hash(repr(message)) for message in messages[: len(self.hashes)])
        if hashes == self.hashes:
            return self.tokens
        same = hashes[: self.opening] == self.hashes[: self.opening]
        return self.opening_tokens if same else 0


class ProviderCaches:
    """One share a model, 0 to 1: a mean that forgets slowly, and the step that is planned with."""

    def __init__(self, learned: Mapping[str, float] | None = None) -> None:
        """`learned` is what was held when the process last ran."""
        self._held = dict(learned or {})
        self._means = dict(self._held)
        self._told = set(self._held)
        self._sent: OrderedDict[str, Sent] = OrderedDict()

    def known(self, model: str, price: Price) -> Price:
        """The price with what was learned."""
        share = self._held.get(model)
        if share is None:
            return price
        if price.discount:
            return price.model_copy(update={"cache_hit_rate": share})
        believed = price.input * (1 - BELIEVED_DISCOUNT) if share else price.input
        return price.model_copy(update={"cache_hit_rate": share, "cached_input": believed})

    def expected(
        self, conversation: str, messages: Sequence[Mapping[str, Any]], price: Price, now: int
    ) -> int:
        """Tokens of a payload that the provider should hold; 0 where that is too little to tell."""
        before = self._sent.get(conversation)
        if before is None or now - before.at > price.cache_seconds * 1_000_000:
            return 0
        tokens = before.shared(messages)
        return tokens if tokens >= max(1, price.min_cacheable_tokens) else 0

    def sent(self, conversation: str, payload: Sent) -> None:
        """A payload was answered, so the provider has seen it."""
        self._sent[conversation] = payload
        self._sent.move_to_end(conversation)
        if len(self._sent) > MOST_CONVERSATIONS:
            self._sent.popitem(last=False)

    def forget(self, conversation: str) -> None:
        """Nothing of an erased conversation is kept."""
        self._sent.pop(conversation, None)

    def learn(self, model: str, price: Price, *, expected: int, cached: int) -> float | None:
        """A call of which `expected` tokens should have been cached; `cached` are its usage's.

        Returns the share to hold from now on where that has changed. Providers keep prefixes in
        steps, and our counts are not theirs: half of what was expected is a hit.
        """
        promised = price.cache_hit_rate if price.discount else 0.0
        before = self._means.pop(model, promised)
        if expected:
            mean = before + ((2 * cached >= expected) - before) / MEMORY
        else:
            mean = before + (promised - before) / PATIENCE
        self._means[model] = mean
        if len(self._means) > MOST_MODELS:
            self._means.pop(oldest := next(iter(self._means)))
            self._held.pop(oldest, None)
        held = self._held.get(model, promised)
        if abs(mean - held) <= SWAY * STEP:
            return None
        self._held[model] = share = round(mean / STEP) * STEP
        self._tell(model, price, share)
        return share

    def _tell(self, model: str, price: Price, share: float) -> None:
        """Say once that a provider does not do as the price file says."""
        if model in self._told:
            return
        self._told.add(model)
        says = "caches" if price.discount else "does not cache"
        log.warning(
            "the price file says that the provider of %r %s prompts; its usage says that it holds "
            "what it should in %d %% of calls, which is planned with from now on",
            model[:100],
            says,
            round(100 * share),
            extra={"action": "provider_cache_learned"},
        )
