"""The ledger: one row a turn, and the reports that finance reads from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import bindparam, exists, insert, select, update

from service.storage import reports
from service.storage.database import Database, Statement, Transaction
from service.storage.models import Session, Turn, table
from service.storage.prefix_cache import PrefixCache, Stored
from service.storage.reports import Question

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
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
Status = Literal["hit", "miss", "reuse", "collapsed", "bypass"]
Layout = Literal["full", "checkpoint"]

INSERT = Statement(insert(table(Turn)))
DETACH_IF_ERASED = Statement(
    update(table(Turn))
    .where(Turn.id == bindparam("of_id"), ~exists().where(Session.id == Turn.session_id))
    .values(session_id=None)
)


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A row of the ledger.

    Token counts are the provider's own for what was sent; None where its usage never came.
    `full_prompt_tokens` is what the whole history would have taken, `full_cost` its price under
    the provider's own cache and `uncached_cost` without one. Money is in units of CURRENCY, times
    in microseconds.
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
    uncached_cost: float | None
    latency_us: int
    first_token_us: int | None
    created_at: int


class Ledger:
    """Writes turns, and sums them up."""

    def __init__(self, database: Database, cache: PrefixCache) -> None:
        self._database = database
        self._cache = cache

    async def record(self, turn: TurnRow, entries: Sequence[Stored]) -> None:
        """One transaction: the turn's row, and in a savepoint its cache rows."""

        async def unit(tx: Transaction) -> None:
            await insert_turn(tx, turn)
            if turn.session_id is not None:
                await tx.run(DETACH_IF_ERASED, of_id=turn.id)
            await self._cache.store(tx, entries)

        await self._database.write(unit)

    async def usage(self, question: Question) -> list[dict[str, Any]]:
        """One row of sums a group, as `reports` describes them."""
        rows = await self._database.report(reports.statement(question))
        times = await self._database.report(reports.times(question))
        return reports.answer(question, rows, times)

    async def of_session(self, session_id: str) -> dict[str, Any]:
        """The sums of one session's turns, by the names that `usage` uses."""
        statement = select(*reports.sums(Turn)).where(Turn.session_id == session_id)
        (row,) = await self._database.report(statement)
        return reports.readable(row)


async def insert_turn(tx: Transaction, turn: TurnRow) -> None:
    """Part of a transaction that ends a turn."""
    await tx.run(INSERT, **asdict(turn))
