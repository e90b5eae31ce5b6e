"""`recap` as a process with many live agents, and what can be seen of it from outside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp

from service.storage.agents import Agents, AgentToken
from service.storage.database import Database
from service.storage.tenants import TenantKeys, Tenants
from service.web.keys import Rooms
from tests.commands import Server, run
from tests.conftest import ORIGIN, Recap, Upstream


@dataclass(frozen=True)
class Shop:
    """A tenant and its live agents."""

    keys: TenantKeys
    staff: list[AgentToken]

    @property
    def tokens(self) -> list[str]:
        return [agent.token for agent in self.staff]


async def found_shops(database: Path, count: int, agents: int, **values: Any) -> list[Shop]:
    """So many tenants with so many live agents each, in a migrated file that no server has yet."""
    async with Database(f"sqlite:///{database}") as opened:
        tenants, everybody = Tenants(opened), Agents(opened)
        shops = []
        for n in range(count):
            keys = await tenants.create(f"shop {n}", origins=[ORIGIN])
            tenant = await tenants.find(f"shop {n}")
            hiring = (everybody.create(tenant, f"Agent {m}", **values) for m in range(agents))
            shops.append(Shop(keys, await asyncio.gather(*hiring)))
        return shops


@contextlib.asynccontextmanager
async def serving(
    database: Path, keys: TenantKeys, **env: str
) -> AsyncIterator[tuple[Server, Recap]]:
    """A process over the file `recap.db`; killed in the end if it is still there."""
    assert database.name == "recap.db"
    server = Server(database.parent, BURST_SILENCE_SECONDS="0", **env)
    try:
        await asyncio.to_thread(server.__enter__)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(server.url, connector=connector) as http:
            yield server, Recap(server.url, cast(Rooms, None), http, keys, Upstream(), database)
    finally:
        server.process.kill()
        await asyncio.to_thread(server.process.communicate)


async def assert_checked(folder: Path) -> None:
    """`recap check` finds nothing."""
    ran = await asyncio.to_thread(run, folder, "check", "--json")
    assert (ran.code, ran.line) == (0, {"ok": True, "disagreements": []}), ran


def memory(server: Server) -> int:
    """Bytes of memory that the process has in use now."""
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the process is gone")
