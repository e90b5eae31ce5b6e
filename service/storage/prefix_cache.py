"""The prefix cache: what is known about exact message lists.

Three kinds of rows share one table: a stand-in under the hash of a list, a reply under the hash of
a list and a request, and beside the replies who asked for them: one row for each of the first
sessions that did, which is how many have to be known before another may be given what they got.
A hit must agree in kind, tenant, check and count; anything else under the same
key is a collision, which is counted and is a miss. Rows expire at read, and go by least recent
access: the order is exact while the process runs and over a clean stop, because access times are
kept in memory, written in batches, and always before anything is evicted. Eviction rides on
writes, a few rows each, expired rows first; nothing ever sweeps the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from service import ids
from service.errors import StorageError
from service.metrics import Metrics
from service.prefix import PrefixHash
from service.storage.database import Database, Row, Statement, Transaction
from service.storage.models import PrefixCacheRow as C
from service.storage.models import table

Kind = Literal["stand_in", "reply", "asker"]

ASKERS = 3
"""Sessions that have to have asked for themselves before another may be given what they got."""
EVICT_BATCH = 64
"""Rows that one write removes at most, so that no write ever stalls."""
PURGE_BATCH = 500
"""Rows that one transaction of a purge removes, so that a server beside it goes on writing."""
ROW_OVERHEAD = 400
"""Bytes that a row takes besides its value: keys, numbers, its place in five indexes."""
COUNT_AGAIN_AFTER = 60 * ids.SECOND
"""Other processes purge too: how old the known size may be when something is to be evicted."""
NEVER = -COUNT_AGAIN_AFTER
FLUSH_SECONDS = 1.0
"""How long an access may be known in memory only: what `kill -9` can lose of the LRU order."""

_table = table(C)
GET = Statement(select(_table).where(C.key == bindparam("of_key")))
IN_PLACES = Statement(
    select(_table).where(or_(*(C.key == bindparam(f"place_{number}") for number in range(ASKERS))))
)
UPSERT = Statement(
    (statement := insert(_table)).on_conflict_do_update(
        index_elements=["key"],
        set_={c.name: statement.excluded[c.name] for c in _table.columns if c.name != "key"},
    )
)
SIZE_OF = Statement(select(C.bytes).where(C.key == bindparam("of_key")))
TOUCH = Statement(
    update(_table)
    .where(C.key == bindparam("of_key"))
    .values(accessed_at=bindparam("at"), hits=C.hits + bindparam("times"))
)
EXPIRED = Statement(
    select(C.key, C.bytes)
    .where(C.expires_at <= bindparam("now"))
    .order_by(C.expires_at)
    .limit(bindparam("most"))
)
LEAST_RECENT = Statement(select(C.key, C.bytes).order_by(C.accessed_at).limit(bindparam("most")))
DELETE = Statement(delete(_table).where(C.key == bindparam("of_key")))
SIZE = Statement(
    select(func.count().label("rows"), func.coalesce(func.sum(C.bytes), 0).label("bytes"))
)
NEWEST_ACCESS = Statement(select(func.coalesce(func.max(C.accessed_at), 0).label("at")))
_some = select(C.key).limit(bindparam("most"))
PURGE = Statement(delete(_table).where(C.key.in_(_some)).returning(C.key))
PURGE_TENANT = Statement(
    delete(_table)
    .where(C.key.in_(_some.where(C.tenant_id == bindparam("of_tenant"))))
    .returning(C.key)
)
OF_SESSION = Statement(select(_table).where(C.session_id == bindparam("of_session")))
FORGET = Statement(delete(_table).where(C.session_id == bindparam("of_session")))


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A row to store. `value` is JSON-able; `session_id` says whose erasure takes it along."""

    kind: Kind
    name: PrefixHash
    tenant_id: str
    session_id: str | None
    value: Any
    tokens: int


@dataclass(frozen=True, slots=True)
class Asker:
    """A session that has asked for itself, for one of the list's `places`.

    A session has one place, however often it asks. `personal` says that the answer is for it alone,
    and stays said for as long as the row lives.
    """

    places: tuple[PrefixHash, ...]
    tenant_id: str
    session_id: str
    personal: bool


Stored = CacheEntry | Asker


@dataclass(frozen=True, slots=True)
class Cached:
    """A row that was found: its value and the tokens of the list that it is about."""

    value: Any
    tokens: int


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """What bounds the cache: rows, bytes, and the age of a row in microseconds."""

    ttl: int  # microseconds
    max_entries: int
    max_bytes: int


class PrefixCache:
    """`get` and `store`; neither ever fails a request. Use as an async context manager."""

    def __init__(
        self,
        database: Database,
        limits: CacheLimits,
        metrics: Metrics,
        *,
        clock: ids.Clock = ids.now,
        key_bytes: int = 32,
    ) -> None:
        """`key_bytes` cuts the keys short, to show what collisions do."""
        self._database = database
        self._limits = limits
        self._metrics = metrics
        self._clock = clock
        self._key_bytes = key_bytes
        self._touched: dict[bytes, list[int]] = {}
        self._last_access = 0
        self._rows = self._bytes = self._counted_at = 0

    def key(self, name: PrefixHash) -> bytes:
        return name.key[: self._key_bytes]

    async def __aenter__(self) -> PrefixCache:
        try:
            size = await self.stats()
            self._rows, self._bytes, self._counted_at = size["rows"], size["bytes"], self._clock()
            self._last_access = (await self._database.all(NEWEST_ACCESS))[0]["at"]
        except StorageError:
            self._metrics.cache_faults.labels("read").inc()
        self._flusher = asyncio.create_task(self._keep_flushing(), name="prefix-cache-flusher")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flusher.cancel()
        await self.flush()

    async def get(
        self,
        kind: Kind,
        name: PrefixHash,
        tenant_id: str,
        read: Callable[[Any], Any] = lambda value: value,
    ) -> Cached | None:
        """The live row of that name, its value as `read` makes it.

        A fault of the database is a miss, and counted; so is a value that `read` cannot take.
        """
        key = self.key(name)
        try:
            row = await self._database.one(GET, of_key=key)
        except StorageError:
            self._metrics.cache_faults.labels("read").inc()
            return None
        if row is None or row["expires_at"] <= self._clock():
            return None
        if not _is_about(row, kind, name, tenant_id):
            self._metrics.collisions.inc()
            return None
        try:
            value = read(orjson.loads(row["value"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            self._metrics.cache_faults.labels("read").inc()
            return None
        self._touch(key)
        return Cached(value, row["tokens"])

    async def store(self, tx: Transaction, entries: Sequence[Stored]) -> None:
        """Write rows inside a turn's transaction. A fault undoes them alone, and is counted."""
        if not entries:
            return
        try:
            async with tx.savepoint("cache"):
                for entry in entries:
                    row = await self._placed(tx, entry) if isinstance(entry, Asker) else entry
                    if row is not None:
                        await self._put(tx, row)
                await self._make_room(tx)
        except StorageError:
            self._metrics.cache_faults.labels("write").inc()
            self._counted_at = NEVER

    async def askers(self, places: Sequence[PrefixHash], tenant_id: str) -> list[Asker]:
        """The sessions that are known to have asked for themselves; a fault is none, counted."""
        try:
            rows = await self._database.all(IN_PLACES, **self._keys(places))
        except StorageError:
            self._metrics.cache_faults.labels("read").inc()
            return []
        known = list(self._known(rows, places, tenant_id).values())
        for asker in known:
            self._touch(self.key(asker.places[0]))
        return known

    async def flush(self) -> None:
        """Write the access times that are only in memory. A fault is counted."""
        if not self._touched:
            return
        try:
            await self._database.write(self._flush)
        except StorageError:
            self._metrics.cache_faults.labels("write").inc()

    async def purge(self, *, tenant_id: str | None = None) -> int:
        """Remove a tenant's rows, or all; returns how many there were."""

        async def unit(tx: Transaction) -> int:
            statement = PURGE if tenant_id is None else PURGE_TENANT
            return len(await tx.all(statement, of_tenant=tenant_id, most=PURGE_BATCH))

        removed = 0
        while batch := await self._database.write(unit):
            removed += batch
        self._counted_at = NEVER
        return removed

    async def of_session(self, session_id: str) -> list[dict[str, Any]]:
        """What is stored on a session's account, for its export."""
        rows = await self._database.all(OF_SESSION, of_session=session_id)
        shown = ("kind", "created_at", "expires_at")
        return [{"value": _value(row)} | {name: row[name] for name in shown} for row in rows]

    async def forget_session(self, tx: Transaction, session_id: str) -> None:
        """Part of erasing a session: what was stored on its account goes too."""
        await tx.run(FORGET, of_session=session_id)
        self._counted_at = NEVER

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def stats(self) -> Row:
        """`rows` and `bytes` as they are in the table."""
        return (await self._database.all(SIZE))[0]

    def _touch(self, key: bytes) -> None:
        pending = self._touched.setdefault(key, [0, 0])
        pending[0] = self._next_access()
        pending[1] += 1

    def _next_access(self) -> int:
        """The present, but never twice the same: ties would make the order a matter of luck."""
        self._last_access = max(self._clock(), self._last_access + 1)
        return self._last_access

    async def _flush(self, tx: Transaction) -> None:
        touched, self._touched = self._touched, {}
        for key, (at, times) in touched.items():
            await tx.run(TOUCH, of_key=key, at=at, times=times)

    async def _placed(self, tx: Transaction, asker: Asker) -> CacheEntry | None:
        """The row of an asker: its own, else a free one, else none but for a personal answer,
        which takes the last one, so that the others' are not shared either."""
        rows = await tx.all(IN_PLACES, **self._keys(asker.places))
        known = self._known(rows, asker.places, asker.tenant_id)
        own = next((a for a in known.values() if a.session_id == asker.session_id), None)
        free = [place for place in asker.places if place not in known]
        if own is None and not free and not asker.personal:
            return None
        place = own.places[0] if own else free[0] if free else asker.places[-1]
        value = {"personal": asker.personal or (own is not None and own.personal)}
        return CacheEntry("asker", place, asker.tenant_id, asker.session_id, value, 0)

    def _keys(self, places: Sequence[PrefixHash]) -> dict[str, bytes]:
        return {f"place_{number}": self.key(place) for number, place in enumerate(places)}

    def _known(
        self, rows: Sequence[Row], places: Sequence[PrefixHash], tenant_id: str
    ) -> dict[PrefixHash, Asker]:
        """Who has which place; nobody where a row is old or another's. A row that cannot be read
        is taken to tell of a personal answer."""
        live = {row["key"]: row for row in rows if row["expires_at"] > self._clock()}
        known = {}
        for place in places:
            row = live.get(self.key(place))
            if row is not None and _is_about(row, "asker", place, tenant_id):
                value = _value(row)
                personal = not isinstance(value, dict) or value.get("personal") is not False
                known[place] = Asker((place,), tenant_id, row["session_id"], personal)
        return known

    async def _put(self, tx: Transaction, entry: CacheEntry) -> None:
        value = orjson.dumps(entry.value).decode()
        size = len(value.encode()) + ROW_OVERHEAD
        if size > self._limits.max_bytes:
            return
        key = self.key(entry.name)
        now = self._clock()
        old = await tx.one(SIZE_OF, of_key=key)
        self._touched.pop(key, None)
        await tx.run(
            UPSERT,
            key=key,
            kind=entry.kind,
            tenant_id=entry.tenant_id,
            session_id=entry.session_id,
            check_hash=entry.name.check,
            count=entry.name.count,
            value=value,
            tokens=entry.tokens,
            bytes=size,
            hits=0,
            created_at=now,
            expires_at=now + self._limits.ttl,
            accessed_at=self._next_access(),
        )
        self._rows += old is None
        self._bytes += size - (old["bytes"] if old else 0)

    async def _make_room(self, tx: Transaction) -> None:
        await self._remove(
            tx, await tx.all(EXPIRED, now=self._clock(), most=EVICT_BATCH), "expired"
        )
        if not self._is_over():
            return
        if self._clock() - self._counted_at > COUNT_AGAIN_AFTER:
            await self._count(tx)
        await self._flush(tx)
        candidates = await tx.all(LEAST_RECENT, most=EVICT_BATCH)
        excess = []
        rows, size = self._rows, self._bytes
        for row in candidates:
            if rows <= self._limits.max_entries and size <= self._limits.max_bytes:
                break
            excess.append(row)
            rows -= 1
            size -= row["bytes"]
        await self._remove(tx, excess, "lru")

    def _is_over(self) -> bool:
        return self._rows > self._limits.max_entries or self._bytes > self._limits.max_bytes

    async def _count(self, tx: Transaction) -> None:
        row = (await tx.all(SIZE))[0]
        self._rows, self._bytes = row["rows"], row["bytes"]
        self._counted_at = self._clock()

    async def _remove(self, tx: Transaction, rows: Sequence[Row], why: str) -> None:
        for row in rows:
            await tx.run(DELETE, of_key=row["key"])
            self._touched.pop(row["key"], None)
            self._rows -= 1
            self._bytes -= row["bytes"]
        self._metrics.evicted.labels(why).inc(len(rows))


def _value(row: Row) -> Any:
    """A row's value, None where it is broken."""
    try:
        return orjson.loads(row["value"])
    except orjson.JSONDecodeError:
        return None


def _is_about(row: Row, kind: Kind, name: PrefixHash, tenant_id: str) -> bool:
    return bool(
        row["kind"] == kind
        and row["tenant_id"] == tenant_id
        and row["check_hash"] == name.check
        and row["count"] == name.count
    )
