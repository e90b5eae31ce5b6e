"""The ledger: one row a turn, and the reports that finance reads from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, label, or_, select, update

from service.storage.database import Database, Row, Statement, Transaction
from service.storage.models import Session, Tenant, Turn, table
from service.storage.prefix_cache import CacheEntry, PrefixCache

Outcome = Literal[
    "answered",
    "reused",
    "collapsed",
    "superseded",
    "fenced",
    "failed",
    "handed_over",
    "drafted",
]
Status = Literal["hit", "miss", "reuse", "collapsed", "bypass"]
Layout = Literal["full", "checkpoint"]
Grouping = Literal["day", "month", "model", "outcome", "session", "tenant"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)

INSERT = Statement(insert(table(Turn)))
DETACH_IF_ERASED = Statement(
    update(table(Turn))
    .where(Turn.id == bindparam("of_id"), ~exists().where(Session.id == Turn.session_id))
    .values(session_id=None)
)
BY_ID = Statement(select(Turn.__table__).where(Turn.id == bindparam("of_id")))


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A row of the ledger.

    Token counts are the provider's own for what was sent; None where its usage never came.
    `full_prompt_tokens` is what the whole history would have taken, `full_cost` its price under
    the provider's own cache. Money is in units of CURRENCY, times in microseconds.
    """

    id: str
    tenant_id: str
    session_id: str | None
    reply_id: str | None
    model: str
    outcome: Outcome
    status: Status
    layout: Layout
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    full_prompt_tokens: int
    cost: float | None
    full_cost: float | None
    latency_us: int
    first_token_us: int | None
    created_at: int


class Ledger:
    """Writes turns, and sums them up."""

    def __init__(self, database: Database, cache: PrefixCache) -> None:
        self._database = database
        self._cache = cache

    async def record(self, turn: TurnRow, entries: list[CacheEntry]) -> None:
        """One transaction: the turn's row, and in a savepoint its cache rows."""

        async def unit(tx: Transaction) -> None:
            await insert_turn(tx, turn)
            if turn.session_id is not None:
                await tx.run(DETACH_IF_ERASED, of_id=turn.id)
            await self._cache.store(tx, entries)

        await self._database.write(unit)

    async def turn(self, turn_id: str) -> TurnRow | None:
        row = await self._database.one(BY_ID, of_id=turn_id)
        return None if row is None else TurnRow(**dict(row))

    async def usage(
        self, *, by: Grouping, tenant_id: str | None, start: int | None, end: int | None
    ) -> list[dict[str, Any]]:
        """Sums by `by` over turns in [start, end) microseconds, of one tenant or of all.

        A turn whose usage is unknown counts in `turns` and `unknown`, and in no sum of tokens.
        """
        group = _group(by)
        known = Turn.prompt_tokens.is_not(None)
        statement = (
            select(group.label(by), *_sums(known))
            .join(Tenant, Tenant.id == Turn.tenant_id)
            .group_by(group)
            .order_by(group)
        )
        if tenant_id is not None:
            statement = statement.where(Turn.tenant_id == tenant_id)
        if start is not None:
            statement = statement.where(Turn.created_at >= start)
        if end is not None:
            statement = statement.where(Turn.created_at < end)
        return [_rounded(row) for row in await self._database.report(statement)]

    async def of_session(self, session_id: str) -> dict[str, Any]:
        """The sums of one session's turns, by the names that `usage` uses."""
        known = Turn.prompt_tokens.is_not(None)
        statement = select(*_sums(known)).where(Turn.session_id == session_id)
        (row,) = await self._database.report(statement)
        return _rounded(row)


async def insert_turn(tx: Transaction, turn: TurnRow) -> None:
    """Part of a transaction that ends a turn."""
    await tx.run(INSERT, **asdict(turn))


def _sums(known: ColumnElement[bool]) -> list[ColumnElement[Any]]:
    full = func.sum(Turn.full_prompt_tokens).filter(known)
    sent = func.sum(Turn.prompt_tokens)
    columns: dict[str, Any] = {
        "turns": func.count(),
        "unknown": func.count().filter(~known),
        "hits": func.count().filter(Turn.status == "hit"),
        "reused": func.count().filter(or_(Turn.outcome == "reused", Turn.outcome == "collapsed")),
        "prompt_tokens": func.coalesce(sent, 0),
        "completion_tokens": func.coalesce(func.sum(Turn.completion_tokens), 0),
        "cached_tokens": func.coalesce(func.sum(Turn.cached_tokens), 0),
        "cache_write_tokens": func.coalesce(func.sum(Turn.cache_write_tokens), 0),
        "full_prompt_tokens": func.coalesce(full, 0),
        "saved_tokens": func.coalesce(full - sent, 0),
        "cost": func.coalesce(func.sum(Turn.cost), 0.0),
        "saved_cost": func.coalesce(func.sum(Turn.full_cost - Turn.cost), 0.0),
        "latency_ms": func.avg(Turn.latency_us) / 1000,
        "first_token_ms": func.avg(Turn.first_token_us) / 1000,
    }
    return [label(name, column) for name, column in columns.items()]


def _group(by: Grouping) -> Any:
    moment = func.datetime(Turn.created_at // 1_000_000, "unixepoch")
    match by:
        case "day":
            return func.substr(moment, 1, 10)
        case "month":
            return func.substr(moment, 1, 7)
        case "model":
            return Turn.model
        case "outcome":
            return Turn.outcome
        case "session":
            return func.coalesce(Turn.session_id, "")
        case "tenant":
            return Tenant.name


def _rounded(row: Row) -> dict[str, Any]:
    return {k: round(v, 8) if isinstance(v, float) else v for k, v in dict(row).items()}
