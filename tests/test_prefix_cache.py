"""The prefix cache at its table: life, order, bounds, and what counts as the same list."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from service import ids
from service.prefix import PrefixHash
from service.storage.prefix_cache import EVICT_BATCH, ROW_OVERHEAD, CacheEntry, Kind
from tests.cache_table import TTL, Clock, Model, Table, entry, name, opened, rows


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_stored_row_is_found_with_its_value_and_tokens(
    database: Path, clock: Clock
) -> None:
    value = {"choices": [{"message": {"content": '你好 "quoted" \u2028'}}], "n": [1, 2.5, None]}
    async with opened(database, clock) as table:
        await table.put(7, value)
        found = await table.cache.get("reply", name(7), table.tenants[0])
        assert found is not None
        assert (found.value, found.tokens) == (value, 7)
        assert await table.get(8) is None
    assert [json.loads(row["value"]) for row in rows(database)] == [value]
    assert isinstance(rows(database)[0]["value"], str)


async def test_a_row_is_never_found_once_its_time_is_up(database: Path, clock: Clock) -> None:
    async with opened(database, clock) as table:
        await table.put(1)
        clock.now += TTL - 1
        assert await table.get(1) == "answer"
        clock.now += 1
        assert await table.get(1) is None
        assert await table.holds(1) == {1}, "nothing sweeps the table"
        await table.put(1)
        clock.now += TTL - 1
        assert await table.get(1) == "answer", "a row that is stored again lives anew"


async def test_a_hit_lengthens_no_life(database: Path, clock: Clock) -> None:
    async with opened(database, clock, ttl=100) as table:
        await table.put(1)
        for _ in range(99):
            clock.now += 1
            assert await table.get(1) == "answer"
        clock.now += 1
        assert await table.get(1) is None


STRANGERS: dict[str, dict[str, Any]] = {
    "kind": {"kind": "stand_in"},
    "tenant": {"tenant": 1},
    "check": {"name": name(1, "other")},
    "count": {"name": replace(name(1), count=2)},
}


@pytest.mark.parametrize("other", STRANGERS)
async def test_a_row_of_another_list_under_the_same_key_is_a_miss_and_counted(
    other: str, database: Path, clock: Clock
) -> None:
    asked: dict[str, Any] = {"kind": "reply", "tenant": 0, "name": name(1)} | STRANGERS[other]
    async with opened(database, clock) as table:
        await table.put(1)
        tenant = table.tenants[asked["tenant"]]
        assert await table.cache.get(asked["kind"], asked["name"], tenant) is None
        assert table.count("recap_cache_collisions") == 1
        assert await table.get(1) == "answer"
        assert table.count("recap_cache_collisions") == 1


async def test_the_least_recently_used_rows_go_first(database: Path, clock: Clock) -> None:
    async with opened(database, clock, max_entries=4) as table:
        for number in range(4):
            await table.put(number)
        for number in (2, 0, 3, 0):  # the clock stands still: order alone decides
            await table.get(number)
        await table.put(4)
        assert await table.holds(*range(5)) == {0, 2, 3, 4}
        await table.put(5)
        assert await table.holds(*range(6)) == {0, 3, 4, 5}
        await table.put(3)
        await table.put(6)
        assert await table.holds(*range(7)) == {3, 4, 5, 6}
        assert table.count("recap_cache_evicted", why="lru") == 3


async def test_a_miss_does_not_touch_a_row(database: Path, clock: Clock) -> None:
    async with opened(database, clock, max_entries=2) as table:
        await table.put(1)
        await table.put(2)
        assert await table.get(1, "stand_in") is None
        await table.put(3)
        assert await table.holds(1, 2, 3) == {2, 3}


async def test_the_order_and_the_hits_survive_a_restart(database: Path, clock: Clock) -> None:
    async with opened(database, clock, max_entries=3) as table:
        for number in (1, 2, 3):
            await table.put(number)
        for number in (3, 1, 3):
            clock.now += 1
            await table.get(number)
    assert [row["count"] for row in rows(database)] == [2, 1, 3]
    assert [row["hits"] for row in rows(database)] == [0, 1, 2]
    clock.now -= ids.SECOND  # a clock that was set back changes no order
    async with opened(database, clock, max_entries=3) as table:
        assert await table.get(2) == "answer"
        await table.put(4)
        assert await table.holds(1, 2, 3, 4) == {2, 3, 4}


async def test_rows_stay_within_their_bytes(database: Path, clock: Clock) -> None:
    limit = 3 * (ROW_OVERHEAD + 1000)
    async with opened(database, clock, max_bytes=limit) as table:
        for number in range(8):
            await table.put(number, "x" * 998)
            found = rows(database)
            assert sum(row["bytes"] for row in found) <= limit
            assert all(row["bytes"] >= len(row["value"]) + ROW_OVERHEAD for row in found)
        assert await table.holds(*range(8)) == {5, 6, 7}
        await table.put(8, "é" * (limit // 2))
        assert await table.holds(*range(9)) == {5, 6, 7}, "what cannot fit empties nothing"
        await table.put(7, "y" * (limit - ROW_OVERHEAD - 2))
        assert await table.holds(*range(9)) == {7}


async def test_one_write_removes_a_small_batch_until_the_bounds_hold(
    database: Path, clock: Clock
) -> None:
    async with opened(database, clock) as table:
        for number in range(200):
            await table.put(number)
    async with opened(database, clock, max_entries=10) as table:
        sizes = []
        for number in range(200, 205):
            await table.put(number)
            sizes.append(len(rows(database)))
        assert sizes == [201 - EVICT_BATCH, 202 - 2 * EVICT_BATCH, 203 - 3 * EVICT_BATCH, 10, 10]
        assert await table.holds(*range(205)) == set(range(195, 205))


async def test_expired_rows_go_before_any_live_one(database: Path, clock: Clock) -> None:
    async with opened(database, clock, ttl=1000, max_entries=3) as table:
        await table.put(1)
        clock.now += 500
        await table.put(2)
        await table.put(3)
        await table.get(1)
        clock.now += 500
        await table.put(4)
        assert await table.holds(1, 2, 3, 4) == {2, 3, 4}
        assert table.count("recap_cache_evicted", why="expired") == 1
        assert table.count("recap_cache_evicted", why="lru") == 0


async def test_two_rows_of_one_turn_are_stored_and_bounded_together(
    database: Path, clock: Clock
) -> None:
    async with opened(database, clock, max_entries=3) as table:
        for turn in range(4):
            tenant = table.tenants[0]
            stand_in = entry(2 * turn, tenant, {"plan": turn}, "stand_in")
            await table.store(stand_in, entry(2 * turn + 1, tenant))
        assert await table.holds(*range(8)) == {5, 6, 7}
        assert await table.get(6, "stand_in") == {"plan": 3}


async def test_a_purge_takes_one_tenants_rows_or_all(database: Path, clock: Clock) -> None:
    async with opened(database, clock, max_entries=4) as table:
        one, other = table.tenants
        await table.store(entry(1, one), entry(2, other), entry(3, one))
        assert await table.cache.purge(tenant_id=one) == 2
        assert await table.holds(1, 2, 3) == {2}
        await table.store(entry(4, one), entry(5, one), entry(6, one))
        assert await table.holds(2, 4, 5, 6) == {2, 4, 5, 6}, "what was purged takes no room"
        assert await table.cache.purge() == 4
        assert rows(database) == []


BOUNDS = [
    {"max_entries": 12, "max_bytes": 10**9, "ttl": 400, "key_bytes": 32},
    {"max_entries": 1000, "max_bytes": 12_000, "ttl": 10**9, "key_bytes": 32},
    {"max_entries": 30, "max_bytes": 40_000, "ttl": 300, "key_bytes": 32},
    {"max_entries": 20, "max_bytes": 10**9, "ttl": 10**9, "key_bytes": 1},
]


@pytest.mark.parametrize("bounds", BOUNDS)
async def test_random_operations_leave_what_the_model_leaves(
    database: Path, clock: Clock, bounds: dict[str, int]
) -> None:
    await run_random(database, clock, random.Random(str(bounds)), bounds, operations=500)


@pytest.mark.long
@pytest.mark.parametrize("bounds", BOUNDS)
async def test_a_hundred_thousand_random_operations_leave_what_the_model_leaves(
    database: Path, clock: Clock, bounds: dict[str, int]
) -> None:
    await run_random(database, clock, random.Random(7), bounds, operations=25_000)


async def run_random(
    database: Path, clock: Clock, choose: random.Random, bounds: dict[str, int], *, operations: int
) -> None:
    """Stores, look-ups, waits, purges and restarts; after each, table and model are equal."""
    model = Model(clock, **bounds)
    left = operations
    while left:
        async with opened(database, clock, **bounds) as table:
            model.collisions = 0
            batch = min(left, choose.randint(50, 400))
            for _ in range(batch):
                await operate(table, model, choose)
            left -= batch
            assert table.count("recap_cache_collisions") == model.collisions
        found = [(row["key"], orjson.loads(row["value"])) for row in rows(database)]
        assert found == [(key, row.entry.value) for key, row in model.rows.items()]
        clock.now += choose.choice([0, 10])


async def operate(table: Table, model: Model, choose: random.Random) -> None:
    model.clock.now += 1
    one = draw_entry(table.tenants, choose)
    match choose.choices(["store", "get", "wait", "flush", "purge"], [40, 52, 5, 2, 1])[0]:
        case "store":
            await table.store(one)
            model.store(one)
            assert model.fits() or len(model.rows) > EVICT_BATCH
        case "get":
            found = await table.cache.get(one.kind, one.name, one.tenant_id)
            assert (found and found.value) == model.get(one)
        case "wait":
            model.clock.now += choose.randint(1, 100)
        case "flush":
            await table.cache.flush()
            assert [row["key"] for row in rows(table.path)] == list(model.rows)
        case "purge":
            if choose.random() < 0.3:
                tenant = choose.choice(table.tenants)
                assert await table.cache.purge(tenant_id=tenant) == model.purge(tenant)
    assert dict(await table.cache.stats()) == {
        "rows": len(model.rows),
        "bytes": sum(row.size for row in model.rows.values()),
    }


def draw_entry(tenants: list[str], choose: random.Random) -> CacheEntry:
    """Mostly one entry a list, and sometimes a stranger under its key."""
    number = choose.randint(0, 60)
    kinds: list[Kind] = ["reply", "stand_in"]
    strange = choose.random() < 0.05
    kind = kinds[(number + strange) % 2]
    listed: PrefixHash = name(number, "other" if strange and choose.random() < 0.5 else "")
    value = {"text": "x" * choose.choice([1, 50, 400, 3000]), "n": choose.random()}
    return CacheEntry(kind, listed, choose.choice(tenants[: 1 + strange]), None, value, number)
