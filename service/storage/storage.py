"""All that is kept, opened: one room a topic over one database."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from service.metrics import Metrics
from service.storage.agents import Agents
from service.storage.database import Database
from service.storage.handovers import Handovers
from service.storage.inbox import Inbox
from service.storage.ledger import Ledger
from service.storage.prefix_cache import CacheLimits, PrefixCache
from service.storage.provider_caches import LearnedCaches
from service.storage.sessions import Sessions
from service.storage.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Storage:
    """The rooms of a migrated database."""

    database: Database
    cache: PrefixCache
    tenants: Tenants
    agents: Agents
    sessions: Sessions
    handovers: Handovers
    inbox: Inbox
    ledger: Ledger
    learned: LearnedCaches


@contextlib.asynccontextmanager
async def open_storage(
    url: str,
    limits: CacheLimits,
    metrics: Metrics,
    *,
    agent_capacity: int | None = None,
    key_bytes: int = 32,
) -> AsyncIterator[Storage]:
    """Open a migrated database; `key_bytes` cuts the cache's keys short, to see them collide."""
    async with (
        Database(url) as database,
        PrefixCache(database, limits, metrics, key_bytes=key_bytes) as cache,
    ):
        yield Storage(
            database=database,
            cache=cache,
            tenants=Tenants(database),
            agents=Agents(database),
            sessions=Sessions(database, cache),
            handovers=Handovers(database, capacity=agent_capacity),
            inbox=Inbox(database),
            ledger=Ledger(database, cache),
            learned=LearnedCaches(database, metrics),
        )
