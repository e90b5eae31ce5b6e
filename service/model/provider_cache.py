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

TRUST: Final = 4
"""Calls that the price file's word counts for at first: a few that say otherwise are believed."""
MEMORY: Final = 50
"""Calls that the mean is made of at the most; with fewer, chance alone would move the share."""
PATIENCE: Final = 200
"""Calls kept too short to tell, after which it is the price file's word that counts again: a
provider that is planned for as if it cached nothing is tried once more."""
STEP: Final = 0.25
SWAY: Final = 0.9
"""Steps that the mean must be away from the share that is held, before another one is. Were it
little more than half a step, a true share between two steps would have both by turns."""
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
    tokens, and how many of both the conversation's first messages are. `before` is what a provider
    keeps in front of all messages: the model, and the tools on offer."""

    before: str
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
        before: str,
        stable: int,
        tokens: int,
        opening: int,
        opening_tokens: int,
        at: int,
    ) -> Sent:
        """`stable` messages of `tokens` in all; `at` is in microseconds."""
        hashes = tuple(hash(repr(message)) for message in messages[:stable])
        return cls(before, hashes, tokens, opening, opening_tokens, at)

    def shared(self, before: str, messages: Sequence[Mapping[str, Any]]) -> int:
        """Tokens that these messages begin with as this payload did."""
        if before != self.before:
            return 0
        hashes = tuple(hash(repr(message)) for message in messages[: len(self.hashes)])
        if hashes == self.hashes:
            return self.tokens
        same = hashes[: self.opening] == self.hashes[: self.opening]
        return self.opening_tokens if same else 0


@dataclass(frozen=True, slots=True)
class _Mean:
    """A mean that forgets slowly, and the calls that it is made of."""

    share: float
    calls: int

    def with_call(self, value: float) -> _Mean:
        """With what one more call has shown."""
        calls = min(self.calls + 1, MEMORY)
        return _Mean(self.share + (value - self.share) / calls, calls)

    def drawn_to(self, value: float) -> _Mean:
        """A little nearer to what nothing has shown."""
        return _Mean(self.share + (value - self.share) / PATIENCE, self.calls)


class ProviderCaches:
    """One share a model, 0 to 1: a mean that forgets slowly, and the step that is planned with."""

    def __init__(self, learned: Mapping[str, float] | None = None) -> None:
        """`learned` is what was held when the process last ran."""
        self._held = dict(learned or {})
        self._means = {model: _Mean(share, MEMORY // 2) for model, share in self._held.items()}
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
        self,
        conversation: str,
        before: str,
        messages: Sequence[Mapping[str, Any]],
        price: Price,
        now: int,
    ) -> int | None:
        """Tokens of a payload that the provider should hold; 0 where that is too little to tell,
        None where nothing of this conversation was sent of late."""
        last = self._sent.get(conversation)
        if last is None or now - last.at > price.cache_seconds * 1_000_000:
            return None
        tokens = last.shared(before, messages)
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
        """A call of which `expected` tokens should have been cached; `cached` are its usage's. Of 0
        nothing is learned, but that it was kept too short.

        Returns the share to hold from now on where that has changed. Providers keep prefixes in
        steps, and our counts are not theirs: half of what was expected is a hit.
        """
        promised = price.cache_hit_rate if price.discount else 0.0
        mean = self._means.pop(model, _Mean(promised, TRUST))
        if expected:
            mean = mean.with_call(float(2 * cached >= expected))
        else:
            mean = mean.drawn_to(promised)
        self._means[model] = mean
        self._forget_oldest()
        held = self._held.get(model, promised)
        if abs(mean.share - held) <= SWAY * STEP:
            return None
        self._held[model] = share = round(mean.share / STEP) * STEP
        self._tell(model, price, share)
        return share

    def _forget_oldest(self) -> None:
        while len(self._means) > MOST_MODELS:
            self._means.pop(oldest := next(iter(self._means)))
            self._held.pop(oldest, None)
            self._told.discard(oldest)

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
