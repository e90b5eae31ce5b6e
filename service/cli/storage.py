"""A migrated database with its rooms, for commands that run beside the server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from service.metrics import Metrics
from service.settings import Settings
from service.storage import migrate
from service.storage.prefix_cache import CacheLimits
from service.storage.storage import Storage, open_storage


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Storage]:
    """Migrated first, an empty folder too."""
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    limits = CacheLimits(settings.cache_ttl, settings.cache_max_entries, settings.cache_max_bytes)
    async with open_storage(settings.database_url, limits, Metrics()) as storage:
        yield storage
