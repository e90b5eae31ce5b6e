"""Held connections: one writer that commits in groups, two readers.

SQLite wants one writer; here that is explicit. Writes queue up as units of work; the writer takes
whatever is waiting, runs each unit inside its own savepoint, commits once (`synchronous=FULL`, so
a commit survives power loss), and only then acknowledges all of them. A unit that raises is rolled
back alone. Reads go to connections of their own and never wait for a writer (WAL).

Statements are SQLAlchemy Core, compiled once. Rooms above see `Database`, `Statement` and
`Transaction`, and nothing of SQLite.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import ClauseElement, make_url
from sqlalchemy.dialects.sqlite import aiosqlite as dialect_module

from service.errors import StorageError

T = TypeVar("T")
Row = Mapping[str, Any]

log = logging.getLogger(__name__)

GROUP_LIMIT = 64
"""Units that share one commit at most; bounds how long the first of them waits."""

_SMALL_FILE = 16 * 2**20  # rewritten in some 0.1 s
_WAL_TRIES, _WAL_PAUSE_SECONDS = 50, 0.1
_SHRED_SECONDS = 1.0  # writers wait meanwhile
_SHRED_AGAIN_SECONDS = 30.0

_DIALECT = dialect_module.dialect(paramstyle="named")
_PRAGMAS = (
    "PRAGMA busy_timeout=10000",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


class Statement:
    """A SQLAlchemy Core statement, compiled at its first use and run by name of its parameters."""

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._compiled: tuple[str, dict[str, Any]] | None = None

    def render(self, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if self._compiled is None:
            compiled = self._clause.compile(
                dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
            )
            self._compiled = (str(compiled), dict(compiled.params))
        sql, defaults = self._compiled
        return sql, {**defaults, **params}


class Transaction:
    """The writer's connection, lent to one unit of work."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, statement: Statement, **params: Any) -> list[Row]:
        """The rows. Raises StorageError, as everything here does."""
        return await _fetch(self._connection, statement, params)

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        rows = await self.all(statement, **params)
        return rows[0] if rows else None

    async def run(self, statement: Statement, **params: Any) -> None:
        await self.all(statement, **params)

    @contextlib.asynccontextmanager
    async def savepoint(self, name: str) -> AsyncIterator[None]:
        """What fails inside is undone and raised; what was done before it stays."""
        await self._connection.execute_fetchall(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            await self._connection.execute_fetchall(f"ROLLBACK TO {name}")
            raise
        finally:
            await self._connection.execute_fetchall(f"RELEASE {name}")


Unit = Callable[[Transaction], Awaitable[T]]


@dataclass(slots=True)
class _Waiting:
    unit: Unit[Any]
    done: asyncio.Future[Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Database:
    """A migrated database, opened. Use as an async context manager."""

    def __init__(self, url: str) -> None:
        self._path = sqlite_path(url)
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._shredder: asyncio.Task[None] | None = None
        self._shred_due = False

    async def __aenter__(self) -> Database:
        self._write, self._hot, self._cold = [await _connect(self._path) for _ in range(3)]
        self._file = _identity(self._path)
        self._writer = asyncio.create_task(self._run_writer(), name="database-writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._shredder is not None:
            self._shredder.cancel()
            await asyncio.wait([self._shredder])
        self._queue.put_nowait(None)
        await self._writer
        for connection in (self._write, self._hot, self._cold):
            await connection.close()

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit`; returns when what it wrote is durable. Its errors are raised here."""
        if self._writer.done():
            raise StorageError("The database is closed.")
        waiting = _Waiting(unit)
        self._queue.put_nowait(waiting)
        result: T = await waiting.done
        return result

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        """At most one committed row, on the connection kept for short reads."""
        rows = await self.all(statement, **params)
        return rows[0] if rows else None

    async def all(self, statement: Statement, **params: Any) -> list[Row]:
        """Committed rows, on the connection kept for short reads."""
        return await _fetch(self._hot, statement, params)

    async def report(self, clause: ClauseElement, **params: Any) -> list[Row]:
        """Committed rows for a statement made on the spot; never in the way of a turn."""
        return await _fetch(self._cold, Statement(clause), params)

    async def shred(self) -> None:
        """Afterwards no file holds what has been deleted: the log's old pages go too, and while
        the file is small what moving rows about has left in the gaps of its pages.

        Several at once share the work. While a reader of another process is in the way it is tried
        again in the background, and this returns.
        """
        self._shred_due = True
        if self._shredder is None or self._shredder.done():
            self._shredder = asyncio.create_task(self._keep_shredding(), name="shredder")
        await asyncio.wait([self._shredder], timeout=_SHRED_SECONDS)

    async def _keep_shredding(self) -> None:
        while self._shred_due:
            self._shred_due = False
            if not await self._try_to_shred():
                self._shred_due = True
                log.warning("the log could not be cut", extra={"action": "shred_postponed"})
                await asyncio.sleep(_SHRED_AGAIN_SECONDS)

    async def _try_to_shred(self) -> bool:
        connection = await _connect(self._path)
        try:
            await connection.execute_fetchall(f"PRAGMA busy_timeout={_SHRED_SECONDS * 1000:.0f}")
            if (await asyncio.to_thread(Path(self._path).stat)).st_size <= _SMALL_FILE:
                await connection.execute_fetchall("VACUUM")
            (row,) = await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            return not row["busy"]
        except aiosqlite.Error:
            return False
        finally:
            await connection.close()

    async def is_in_place(self) -> bool:
        """Is the opened file still the one at its path? What goes to a removed one is lost."""
        return await asyncio.to_thread(_identity, self._path) == self._file

    async def _run_writer(self) -> None:
        while (first := await self._queue.get()) is not None:
            group = [first]
            closing = False
            while len(group) < GROUP_LIMIT and not self._queue.empty():
                waiting = self._queue.get_nowait()
                if waiting is None:
                    closing = True
                    break
                group.append(waiting)
            await self._commit_group(group)
            if closing:
                return

    async def _commit_group(self, group: list[_Waiting]) -> None:
        """One transaction; where it fails as a whole, one for each unit."""
        if len(group) == 1:
            await self._commit_alone(group[0])
            return
        results: list[tuple[_Waiting, Any]] = []
        try:
            await self._write.execute_fetchall("BEGIN IMMEDIATE")
            for waiting in group:
                if not waiting.done.cancelled():
                    await self._run_unit(waiting, results)
                self._require_transaction()
            await self._write.execute_fetchall("COMMIT")
        except Exception as error:
            await self._roll_back(error, len(group))
            for waiting in group:  # nothing of it is there: alone, none can fail the others
                await self._commit_alone(waiting)
            return
        for waiting, result in results:
            _settle(waiting, result)

    async def _commit_alone(self, waiting: _Waiting) -> None:
        """One unit's transaction, which needs no savepoint: it fails as a whole."""
        if waiting.done.cancelled():
            return
        try:
            await self._write.execute_fetchall("BEGIN IMMEDIATE")
            result = await waiting.unit(Transaction(self._write))
            self._require_transaction()
            await self._write.execute_fetchall("COMMIT")
        except Exception as error:
            await self._roll_back(error, 1)
            result = _translate(error)
        _settle(waiting, result)

    def _require_transaction(self) -> None:
        if not self._write.in_transaction:
            raise StorageError("the database ended the transaction by itself")

    async def _roll_back(self, error: Exception, units: int) -> None:
        if isinstance(error, (aiosqlite.Error, StorageError)):
            why = {"action": "commit_failed", "units": units, "why": str(error)}
            log.error("commit failed", extra=why)
        with contextlib.suppress(aiosqlite.Error):
            await self._write.execute_fetchall("ROLLBACK")

    async def _run_unit(self, waiting: _Waiting, results: list[tuple[_Waiting, Any]]) -> None:
        transaction = Transaction(self._write)
        try:
            async with transaction.savepoint("unit"):
                result = await waiting.unit(transaction)
        except Exception as error:
            result = _translate(error)
        results.append((waiting, result))


def sqlite_path(url: str) -> str:
    """The file that a `sqlite:///FILE` URL names. Raises ValueError on any other URL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise ValueError("DATABASE_URL must name a SQLite file: sqlite:///recap.db")
    return parsed.database


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _connect(path: str) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = aiosqlite.Row
    for pragma in _PRAGMAS:
        await connection.execute_fetchall(pragma)
    await _enter_wal(connection)
    return connection


async def _enter_wal(connection: aiosqlite.Connection) -> None:
    """Write-ahead logging; the one change for which SQLite does not wait for others by itself."""
    for _ in range(_WAL_TRIES - 1):
        with contextlib.suppress(aiosqlite.OperationalError):
            await connection.execute_fetchall("PRAGMA journal_mode=WAL")
            return
        await asyncio.sleep(_WAL_PAUSE_SECONDS)
    await connection.execute_fetchall("PRAGMA journal_mode=WAL")


async def _fetch(
    connection: aiosqlite.Connection, statement: Statement, params: Mapping[str, Any]
) -> list[Any]:
    sql, values = statement.render(params)
    try:
        return list(await connection.execute_fetchall(sql, values))
    except aiosqlite.Error as error:
        raise StorageError from error


def _translate(error: Exception) -> Exception:
    if not isinstance(error, aiosqlite.Error):
        return error
    translated = StorageError()
    translated.__cause__ = error
    return translated


def _settle(waiting: _Waiting, result: Any) -> None:
    if waiting.done.done():
        return
    if isinstance(result, Exception):
        waiting.done.set_exception(result)
    else:
        waiting.done.set_result(result)
