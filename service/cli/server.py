"""`recap serve`: migrate, open, listen, and leave within 5 seconds when told to."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from dataclasses import dataclass

from aiohttp import web

from service import __version__, logs
from service.app import create_app, create_operations_app, open_rooms
from service.errors import UnknownTenant
from service.settings import DEMO_TENANT, Settings, SettingsError
from service.storage import migrate
from service.storage.agents import AgentToken
from service.storage.tenants import TenantKeys, Tenants
from service.web.keys import Rooms

DEMO_AGENT = "Robin"
HANDLER_SECONDS = 0.5
"""What handlers get to finish writing after their turns have been drained, and once more to end
when they are cancelled: a client that doesn't read takes both."""
MAX_LINE = 8190 * 2
BACKLOG = 2048
"""Connections that may wait to be accepted: everybody comes back at once after a restart, and whom
the kernel turns away tries again a second later."""


@dataclass(frozen=True, slots=True)
class _Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


async def serve(settings: Settings, words: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT. Exit 2 where starting would leave the door open."""
    logs.configure(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    async with open_rooms(settings) as rooms:
        if not settings.is_loopback and not await rooms.tenants.all():
            raise SettingsError(
                f"HOST={settings.host} can be reached from other machines: "
                "first make a tenant with recap tenant create NAME"
            )
        app = create_app(settings, rooms, with_operations=settings.ops_port is None)
        runners = [await _listen(app, settings.host, settings.port)]
        if settings.ops_port is not None:
            operations = create_operations_app(rooms)
            runners.append(await _listen(operations, settings.host, settings.ops_port))
        address = _Address(settings.host, runners[0].addresses[0][1])
        keys = await _demo_keys(settings, rooms.tenants, address)
        agent = await _demo_agent(rooms) if keys else None
        gc.collect()
        gc.freeze()  # what is there now stays: no later collection has to go through it
        _greet(settings, address, keys, agent)
        try:
            await stop.wait()
        finally:
            for runner in runners:
                await runner.cleanup()
    return 0


async def _listen(app: web.Application, host: str, port: int) -> web.AppRunner:
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=HANDLER_SECONDS,
        handler_cancellation=True,
        max_line_size=MAX_LINE,
        max_field_size=MAX_LINE,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
    except OSError as error:
        await runner.cleanup()
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return runner


async def _demo_keys(settings: Settings, tenants: Tenants, address: _Address) -> TenantKeys | None:
    """A demonstration tenant at the first start on loopback; its pages follow the port."""
    if not settings.is_loopback:
        return None
    known = await tenants.all()
    origins = [address.url, f"http://localhost:{address.port}"]
    if not known:
        return await tenants.create(DEMO_TENANT, origins=origins, handover=True)
    try:
        demo = await tenants.find(DEMO_TENANT)
    except UnknownTenant:
        return None
    if missing := [origin for origin in origins if origin not in demo.origins]:
        await tenants.set(DEMO_TENANT, origins=[*demo.origins, *missing])
    return None


async def _demo_agent(rooms: Rooms) -> AgentToken:
    """A live agent for the demonstration tenant, so that its desk can be opened."""
    return await rooms.agents.create(await rooms.tenants.find(DEMO_TENANT), DEMO_AGENT)


def _greet(
    settings: Settings, address: _Address, keys: TenantKeys | None, agent: AgentToken | None
) -> None:
    """The only place where secrets are printed: stdout, once, and in the URL's fragment."""
    model = "the built-in demonstration model" if settings.is_demo else settings.model
    lines = [f"Recap {__version__} on {address.url}, answered by {model}"]
    if settings.is_demo:
        lines.append("  (set OPENAI_API_KEY or OPENAI_BASE_URL for a real one)")
    if keys is not None and agent is not None:
        lines += [
            "",
            f"Chat page   {address.url}/#key={keys.publishable_key}",
            f"Desk        {address.url}/desk#token={agent.token}",
            f"OpenAI API  {address.url}/v1  key {keys.key}",
            f"Savings     {address.url}/savings  the same key",
            "",
            "These keys are shown once; recap tenant rotate demo makes new ones, and",
            f"recap agent rotate --tenant demo {DEMO_AGENT} a new link to the desk.",
        ]
    else:
        pages = {"Desk": "/desk", "Chat page": "/", "Savings": "/savings"}
        lines += [f"{name:<12}{address.url}{path}" for name, path in pages.items()]
    print("\n".join(lines), flush=True)
    sys.stdout.flush()
