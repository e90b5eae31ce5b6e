"""The composition root: builds the rooms, opens them in order, and puts the faces in front."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from aiohttp import web

from service import tokens
from service.conversation import Conversations, ModelDefaults
from service.demo import start_demo_model
from service.desk.commands import Commands
from service.desk.desk import Desk
from service.desk.watch import Watch
from service.events import Channels
from service.llm import Model
from service.metrics import Metrics
from service.prices import PriceList
from service.settings import DEMO_MODEL, Settings
from service.storage.prefix_cache import CacheLimits
from service.storage.storage import Storage, open_storage
from service.turns.turns import Turns
from service.web import asyncapi, middleware, openapi, routes
from service.web.keys import ROOMS, Rooms
from service.web.operations import ASYNCAPI, OPENAPI
from service.web.tickets import Tickets

DRAIN_SECONDS = 2.5
"""How long running turns may go on after the stop signal; the process is gone within 5 s."""
RESTARTING = 1012
"""The close code of a service restart (RFC 6455's registry): come back soon."""
DEMO_KEY = "demonstration"


def create_app(
    settings: Settings, rooms: Rooms, *, with_operations: bool = True
) -> web.Application:
    """The HTTP application over opened rooms."""
    app = web.Application(
        middlewares=[middleware.trace, middleware.errors, middleware.preflight],
        client_max_size=settings.max_body_bytes,
    )
    app[ROOMS] = rooms
    app[OPENAPI], app[ASYNCAPI] = _descriptions()
    routes.add(app, routes.API + routes.PAGES)
    if with_operations:
        routes.add(app, routes.OPERATIONS)
    app.on_response_prepare.append(middleware.mark_response)

    async def drain(_: web.Application) -> None:
        rooms.desk.drain()
        rooms.channels.close()
        await asyncio.gather(
            rooms.desk.close(RESTARTING, DRAIN_SECONDS), rooms.conversations.close(DRAIN_SECONDS)
        )
        await rooms.commands.close()

    app.on_shutdown.append(drain)
    return app


def create_operations_app(rooms: Rooms) -> web.Application:
    """Health, metrics and the API's description alone, for a port of their own."""
    app = web.Application(middlewares=[middleware.trace, middleware.errors])
    app[ROOMS] = rooms
    app[OPENAPI], app[ASYNCAPI] = _descriptions()
    routes.add(app, routes.OPERATIONS)
    app.on_response_prepare.append(middleware.mark_response)
    return app


@cache
def _descriptions() -> tuple[dict[str, Any], dict[str, Any]]:
    """openapi.json and asyncapi.json; making them takes some 0.1 s."""
    return openapi.describe(routes.ALL), asyncapi.describe()


def _prices(settings: Settings) -> PriceList:
    """The demonstration model answers for every other, so it is what they cost."""
    prices = PriceList.load(settings.prices_file)
    return prices.all_as(DEMO_MODEL) if settings.is_demo else prices


@contextlib.asynccontextmanager
async def open_rooms(settings: Settings, *, key_bytes: int = 32) -> AsyncIterator[Rooms]:
    """Every room of a server over a migrated database, closed in reverse order.

    Raises PriceFileError. `key_bytes` cuts the cache's keys short, to show what collisions do.
    """
    prices = _prices(settings)
    metrics = Metrics()
    tokens.warm_up()
    limits = CacheLimits(settings.cache_ttl, settings.cache_max_entries, settings.cache_max_bytes)
    async with contextlib.AsyncExitStack() as stack:
        model = await stack.enter_async_context(_open_model(settings))
        storage = await stack.enter_async_context(
            open_storage(
                settings.database_url,
                limits,
                metrics,
                agent_capacity=settings.agent_capacity,
                key_bytes=key_bytes,
            )
        )
        turns = Turns(
            model=model,
            cache=storage.cache,
            sessions=storage.sessions,
            ledger=storage.ledger,
            learned=storage.learned,
            prices=prices,
            metrics=metrics,
            reply_reuse=settings.reply_reuse,
            key_bytes=key_bytes,
        )
        await turns.open()
        rooms = _furnish(settings, metrics, storage, prices, model, turns)
        stack.push_async_callback(rooms.conversations.close, 0)
        await stack.enter_async_context(_watch(rooms))
        yield rooms


def _furnish(
    settings: Settings,
    metrics: Metrics,
    storage: Storage,
    prices: PriceList,
    model: Model,
    turns: Turns,
) -> Rooms:
    """The rooms that stand on the others."""
    channels = Channels()
    conversations = Conversations(
        storage=storage,
        turns=turns,
        channels=channels,
        prices=prices,
        metrics=metrics,
        defaults=ModelDefaults(settings.model, settings.system_prompt),
        silence=settings.burst_silence_seconds,
    )
    desk = Desk(channels, storage, metrics, capacity=settings.agent_capacity)
    commands = Commands(
        desk, channels, storage, conversations, metrics, most_chars=settings.max_message_chars
    )
    return Rooms(
        settings=settings,
        metrics=metrics,
        storage=storage,
        model=model,
        turns=turns,
        conversations=conversations,
        channels=channels,
        desk=desk,
        commands=commands,
        tickets=Tickets(),
    )


def _watch(rooms: Rooms) -> Watch:
    return Watch(
        desk=rooms.desk,
        channels=rooms.channels,
        storage=rooms.storage,
        metrics=rooms.metrics,
        grace=rooms.settings.agent_grace_seconds,
    )


@contextlib.asynccontextmanager
async def _open_model(settings: Settings) -> AsyncIterator[Model]:
    """The provider's endpoint, or the demonstration model on a loopback port."""
    async with contextlib.AsyncExitStack() as stack:
        base_url = settings.openai_base_url
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else DEMO_KEY
        if settings.is_demo:
            demo = await start_demo_model(tokens.count)
            stack.push_async_callback(demo.close)
            base_url = demo.base_url
        yield await stack.enter_async_context(
            Model(
                api_key=key,
                base_url=base_url,
                timeout=settings.upstream_timeout_seconds,
                max_retries=settings.upstream_max_retries,
            )
        )
