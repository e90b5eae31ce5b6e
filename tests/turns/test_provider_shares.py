"""What is learned of a provider's cache: from evidence alone, in few steps."""

from __future__ import annotations

import logging
import random

import pytest

from service.model.provider_cache import MOST_MODELS, ProviderCaches, Sent
from service.prices import Price

CACHES = Price(input=2, cached_input=0.2, output=8)
CACHES_NOT = Price(input=2, output=8)
MINUTE = 60 * 1_000_000


def changes(providers: ProviderCaches, hits: list[bool], price: Price = CACHES) -> list[float]:
    told = (providers.learn("m", price, expected=2000, cached=2000 * hit) for hit in hits)
    return [share for share in told if share is not None]


@pytest.mark.parametrize("true_share", [0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.7, 0.85, 0.9, 0.95, 1.0])
@pytest.mark.parametrize("price", [CACHES, CACHES_NOT], ids=["promised", "not promised"])
def test_a_share_moves_in_steps_of_a_quarter_and_rarely(price: Price, true_share: float) -> None:
    for seed in range(5):
        choose = random.Random(seed)
        hits = [choose.random() < true_share for _ in range(2000)]
        held = changes(ProviderCaches(), hits, price)
        assert all(share in (0, 0.25, 0.5, 0.75, 1) for share in held)
        assert len(held) <= 10, "each step cuts every list anew"
        final = held[-1] if held else (1.0 if price is CACHES else 0.0)
        assert abs(final - true_share) <= 0.25


def test_a_few_calls_are_believed_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    for price, hits in ((CACHES, [False] * 40), (CACHES_NOT, [True] * 40)):
        caplog.clear()
        providers = ProviderCaches()
        assert changes(providers, hits[:1], price) == [], "one call may be chance"
        assert changes(providers, hits[:3], price)
        changes(providers, hits, price)
        assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1


def test_what_a_provider_does_now_counts_after_a_thousand_calls_of_something_else() -> None:
    providers = ProviderCaches()
    changes(providers, [True] * 1000)
    assert changes(providers, [False] * 25)


def test_a_provider_is_tried_again_only_where_calls_were_kept_short() -> None:
    providers = ProviderCaches({"m": 0.0})
    told = [providers.learn("m", CACHES, expected=0, cached=0) for _ in range(400)]
    assert [share for share in told if share is not None][:1] == [0.25]
    assert told.index(0.25) > 30


def test_only_a_call_that_begins_as_one_did_of_late_is_evidence() -> None:
    providers = ProviderCaches()
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    sent = Sent.of(
        said, before="m", stable=2, tokens=3000, opening=1, opening_tokens=1500, at=MINUTE
    )
    providers.sent("c", sent)
    longer = [*said, {"role": "user", "content": "c"}]
    other = [said[0], {"role": "assistant", "content": "other"}, *longer]

    def expected(key: str = "c", before: str = "m", now: int = 2 * MINUTE) -> int | None:
        return providers.expected(key, before, longer, CACHES, now)

    assert expected() == 3000
    assert providers.expected("c", "m", other, CACHES, 2 * MINUTE) == 1500, "the opening is shared"
    assert expected(key="d") is None, "another conversation"
    assert expected(now=7 * MINUTE) is None, "its cache life is over"
    assert expected(before="other tools") == 0


def test_models_that_callers_invent_push_out_nothing_that_was_learned_lately() -> None:
    providers = ProviderCaches()
    for number in range(MOST_MODELS * 3):
        for _ in range(3):
            providers.learn(f"m{number}", CACHES, expected=2000, cached=0)
        providers.learn("real", CACHES, expected=2000, cached=0)
    assert providers.known("real", CACHES).cache_hit_rate < 0.5
    assert providers.known("m1", CACHES).cache_hit_rate == 1.0, "bounded"
