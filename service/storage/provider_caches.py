"""What was learned of providers' prefix caches, a row a model, so that a restart still knows it."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from service import ids
from service.errors import StorageError
from service.metrics import Metrics
from service.storage.database import Database, Statement, Transaction
from service.storage.models import ProviderCache as P
from service.storage.models import table

_table = table(P)
MOST_ROWS = 256
LEARNED = Statement(select(P.model, P.hit_rate).order_by(P.updated_at.desc()).limit(MOST_ROWS))
_made = insert(_table)
HOLD = Statement(
    _made.on_conflict_do_update(
        index_elements=["model"],
        set_={name: _made.excluded[name] for name in ("hit_rate", "updated_at")},
    )
)
FORGET_OLDEST = Statement(
    _table.delete().where(
        P.model.in_(
            select(P.model).order_by(P.updated_at.desc()).limit(-1).offset(bindparam("most"))
        )
    )
)


class LearnedCaches:
    """The shares that are held, by model; the newest few hundred are kept."""

    def __init__(self, database: Database, metrics: Metrics, clock: ids.Clock = ids.now) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock

    async def read(self) -> dict[str, float]:
        """Shares from 0 to 1, by model, the one that changed longest ago first. After a fault,
        which is counted, they are learned anew."""
        try:
            rows = await self._database.all(LEARNED)
        except StorageError:
            self._metrics.cache_faults.labels("read").inc()
            return {}
        return {row["model"]: row["hit_rate"] for row in reversed(rows)}

    async def hold(self, model: str, hit_rate: float) -> None:
        """From now on this share. A fault is counted: it fails no reply that was paid for."""

        async def unit(tx: Transaction) -> None:
            await tx.run(HOLD, model=model, hit_rate=hit_rate, updated_at=self._clock())
            await tx.run(FORGET_OLDEST, most=MOST_ROWS)

        try:
            await self._database.write(unit)
        except StorageError:
            self._metrics.cache_faults.labels("write").inc()
