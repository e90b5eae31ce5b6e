"""A migrated database with its rooms, for commands that run beside the server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from service.metrics import Metrics
from service.settings import Settings
from service.storage import migrate
from service.storage.database import Database
from service.storage.ledger import Ledger
from service.storage.prefix_cache import CacheLimits, PrefixCache
from service.storage.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Storage:
    """What the commands need of an open database."""

    database: Database
    cache: PrefixCache
    tenants: Tenants
    ledger: Ledger


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Storage]:
    """Migrated first, an empty folder too."""
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    limits = CacheLimits(settings.cache_ttl, settings.cache_max_entries, settings.cache_max_bytes)
    async with (
        Database(settings.database_url) as database,
        PrefixCache(database, limits, Metrics()) as cache,
    ):
        yield Storage(database, cache, Tenants(database), Ledger(database, cache))
