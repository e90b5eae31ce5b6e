"""Usage that contradicts the price file is believed: by model, across restarts, and said once."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Recap, Starter
from tests.probes import metric, select, user
from tests.turns.calling import CACHED, NO_CACHE, Caller, price_file
from tests.turns.provider import CachingProvider

LONG = "Please look into my order, I have been waiting for it a long while now. " * 8
SYSTEM = {"role": "system", "content": "You are the desk of a furniture shop. " * 150}


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if "usage says" in r.getMessage()]


async def talk(recap: Recap, model: str, turns: int, first: str, **values: Any) -> Caller:
    caller = Caller(recap, model, said=[SYSTEM], **values)
    for turn in range(turns):
        await caller.call(user(f"{first} {turn}. {LONG}"))
    return caller


@pytest.mark.parametrize(("model", "does"), [(NO_CACHE, True), (CACHED, False)])
async def test_a_provider_that_does_otherwise_is_believed_also_after_a_restart(
    start_recap: Starter,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    model: str,
    does: bool,
) -> None:
    prices = price_file(tmp_path)
    async with start_recap(prices_file=prices) as recap:
        recap.upstream.default = CachingProvider(caches=does)
        await talk(recap, model, 24, "Case")
        ((learned, share),) = select(recap, "SELECT model, hit_rate FROM provider_caches")
        assert learned == model
        assert share in (0.5, 0.75, 1) if does else share in (0, 0.25, 0.5)
        assert len(warnings_in(caplog)) == 1
        keys = recap.keys
        first = [len(r["messages"]) for r in recap.upstream.requests]
    async with start_recap(prices_file=prices, keys=keys) as recap:
        recap.upstream.requests.clear()
        recap.upstream.default = CachingProvider(caches=does)
        await talk(recap, model, 24, "Later case")
        later = [len(r["messages"]) for r in recap.upstream.requests]
        assert len(warnings_in(caplog)) == 1, "said once"
        assert (sum(later[:8]) > sum(first[:8])) is does, "planned by it from the first turn on"


async def test_calls_that_are_no_evidence_change_nothing(
    start_recap: Starter, tmp_path: Path
) -> None:
    """First calls, other conversations and other tools: nothing of them should be cached."""
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        recap.upstream.default = CachingProvider(caches=False)
        for number in range(60):
            caller = Caller(recap, CACHED)
            await caller.call(user(f"Alone {number}. {LONG * 10}"))
        caller = Caller(recap, CACHED)
        for number in range(12):
            tool = {"type": "function", "function": {"name": f"tool_{number}"}}
            await caller.call(user(f"Tools. {LONG * 10}"), tools=[tool])
        assert select(recap, "SELECT * FROM provider_caches") == []


async def test_a_long_pause_is_no_evidence(start_recap: Starter, tmp_path: Path) -> None:
    short_lived = {CACHED: {"input": 2.0, "cached_input": 0.2, "output": 8.0, "cache_seconds": 0}}
    async with start_recap(prices_file=price_file(tmp_path, short_lived)) as recap:
        recap.upstream.default = CachingProvider(caches=False)
        await talk(recap, CACHED, 12, "Slow")
        assert select(recap, "SELECT * FROM provider_caches") == []


async def test_what_one_model_does_says_nothing_of_another(
    start_recap: Starter, tmp_path: Path
) -> None:
    """A list that is asked of two models by turns is warm with neither until each has seen it."""
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        recap.upstream.default = CachingProvider(caches=False)
        caller = Caller(recap, CACHED, said=[SYSTEM])
        for turn in range(16):
            caller.model = (CACHED, "stranger")[turn % 2]
            await caller.call(user(f"Two {turn}. {LONG}"))
        assert select(recap, "SELECT * FROM provider_caches") == []


async def test_faults_of_the_table_are_counted_and_fail_no_reply(
    start_recap: Starter, tmp_path: Path
) -> None:
    prices = price_file(tmp_path)
    async with start_recap(prices_file=prices) as recap:
        await break_table(recap)
        recap.upstream.default = CachingProvider(caches=False)
        caller = await talk(recap, CACHED, 8, "Case")
        assert len(caller.said) == 17
        assert await metric(recap, "recap_cache_faults_total", operation="write") >= 1
        assert await metric(recap, "recap_cache_faults_total", operation="read") == 0
        keys = recap.keys
    async with start_recap(prices_file=prices, keys=keys) as recap:
        await talk(recap, CACHED, 1, "Case")
        assert await metric(recap, "recap_cache_faults_total", operation="read") == 1


async def break_table(recap: Recap) -> None:
    with contextlib.closing(sqlite3.connect(recap.database, timeout=10)) as connection:
        connection.execute("ALTER TABLE provider_caches RENAME COLUMN hit_rate TO gone")
        connection.commit()


def test_warnings_are_found_in_logs(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("service").warning("its usage says so")
    assert len(warnings_in(caplog)) == 1
