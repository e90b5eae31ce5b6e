"""The prefix cache over a real file, with a clock that the test sets, and a model of it."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from service import ids
from service.metrics import Metrics
from service.prefix import PrefixHash
from service.storage.database import Database, Transaction
from service.storage.prefix_cache import (
    EVICT_BATCH,
    ROW_OVERHEAD,
    CacheEntry,
    CacheLimits,
    Kind,
    PrefixCache,
)
from service.storage.tenants import Tenants

TTL = 7 * 24 * 3600 * ids.SECOND


@dataclass
class Clock:
    """The present, in microseconds; it stands still until it is moved."""

    now: int = 1_700_000_000 * ids.SECOND

    def __call__(self) -> int:
        return self.now


@dataclass
class Table:
    """An opened cache and the doors to it."""

    path: Path
    clock: Clock
    database: Database
    cache: PrefixCache
    metrics: Metrics
    tenants: list[str]

    async def store(self, *entries: CacheEntry) -> None:
        await self.database.write(lambda tx: self._store(tx, entries))

    async def _store(self, tx: Transaction, entries: Sequence[CacheEntry]) -> None:
        await self.cache.store(tx, entries)

    async def put(self, number: int, value: Any = "answer", kind: Kind = "reply") -> None:
        """A row for a list that `number` names."""
        await self.store(entry(number, self.tenants[0], value, kind))

    async def get(self, number: int, kind: Kind = "reply") -> Any:
        found = await self.cache.get(kind, name(number), self.tenants[0])
        return None if found is None else found.value

    async def holds(self, *numbers: int) -> set[int]:
        """Which of these are in the table, without touching them."""
        keys = {row["key"] for row in rows(self.path)}
        return {number for number in numbers if self.cache.key(name(number)) in keys}

    def count(self, metric: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"{metric}_total", labels) or 0


@contextlib.asynccontextmanager
async def opened(
    path: Path,
    clock: Clock,
    *,
    ttl: int = TTL,
    max_entries: int = 1000,
    max_bytes: int = 10**9,
    key_bytes: int = 32,
) -> AsyncIterator[Table]:
    """The cache of a file with two tenants, who are made at the first opening."""
    metrics = Metrics()
    limits = CacheLimits(ttl, max_entries, max_bytes)
    async with Database(f"sqlite:///{path}") as database:
        tenants = Tenants(database)
        if not await tenants.all():
            await tenants.create("one")
            await tenants.create("other")
        made = sorted(tenant.id for tenant in await tenants.all())
        cache = PrefixCache(database, limits, metrics, clock=clock, key_bytes=key_bytes)
        async with cache:
            yield Table(path, clock, database, cache, metrics, made)


def name(number: int, check: str = "") -> PrefixHash:
    digest = hashlib.sha256(str(number).encode()).digest()
    return PrefixHash(digest, hashlib.sha256(f"{number}{check}".encode()).digest(), number)


def entry(number: int, tenant: str, value: Any = "answer", kind: Kind = "reply") -> CacheEntry:
    return CacheEntry(kind, name(number), tenant, None, value, tokens=number)


def rows(path: Path) -> list[dict[str, Any]]:
    """The table as another process sees it, least recently used first."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM prefix_cache ORDER BY accessed_at").fetchall()
        return [dict(row) for row in found]


@dataclass
class Modelled:
    """A row of the model."""

    entry: CacheEntry
    size: int
    expires_at: int


@dataclass
class Model:
    """What the table must be: rows by key, least recently used first."""

    clock: Clock
    ttl: int
    max_entries: int
    max_bytes: int
    key_bytes: int
    collisions: int = 0
    rows: dict[bytes, Modelled] = field(default_factory=dict, init=False)

    def key(self, entry: CacheEntry) -> bytes:
        return entry.name.key[: self.key_bytes]

    def store(self, entry: CacheEntry) -> None:
        size = len(orjson.dumps(entry.value)) + ROW_OVERHEAD
        if size <= self.max_bytes:
            self.rows.pop(self.key(entry), None)
            self.rows[self.key(entry)] = Modelled(entry, size, self.clock.now + self.ttl)
        expired = [key for key, row in self.rows.items() if row.expires_at <= self.clock.now]
        for key in sorted(expired, key=lambda key: self.rows[key].expires_at)[:EVICT_BATCH]:
            del self.rows[key]
        for key in list(self.rows)[:EVICT_BATCH]:
            if self.fits():
                break
            del self.rows[key]

    def get(self, wanted: CacheEntry) -> Any:
        key = self.key(wanted)
        row = self.rows.get(key)
        if row is None or row.expires_at <= self.clock.now:
            return None
        if self.identity(row.entry) != self.identity(wanted):
            self.collisions += 1
            return None
        self.rows[key] = self.rows.pop(key)
        return row.entry.value

    def purge(self, tenant: str) -> int:
        gone = [key for key, row in self.rows.items() if row.entry.tenant_id == tenant]
        for key in gone:
            del self.rows[key]
        return len(gone)

    def fits(self) -> bool:
        size = sum(row.size for row in self.rows.values())
        return len(self.rows) <= self.max_entries and size <= self.max_bytes

    @staticmethod
    def identity(entry: CacheEntry) -> tuple[Any, ...]:
        return entry.kind, entry.name.check, entry.name.count, entry.tenant_id
