"""The composition root: builds the rooms, opens them in order, and puts the faces in front."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from service import tokens
from service.conversation import Conversations, ModelDefaults
from service.demo import start_demo_model
from service.events import Channels
from service.llm import Model
from service.metrics import Metrics
from service.prices import PriceList
from service.settings import DEMO_MODEL, Settings
from service.storage.database import Database
from service.storage.ledger import Ledger
from service.storage.prefix_cache import CacheLimits, PrefixCache
from service.storage.sessions import Sessions
from service.storage.tenants import Tenants
from service.turn import Turns
from service.web import middleware, openapi, routes
from service.web.keys import ROOMS, Rooms
from service.web.operations import OPENAPI

DRAIN_SECONDS = 2.5
"""How long running turns may go on after the stop signal; the process is gone within 5 s."""
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
    app[OPENAPI] = openapi.describe(routes.ALL)
    routes.add(app, routes.API + routes.PAGES)
    if with_operations:
        routes.add(app, routes.OPERATIONS)
    app.on_response_prepare.append(middleware.mark_response)

    async def drain(_: web.Application) -> None:
        rooms.channels.close()
        await rooms.conversations.close(DRAIN_SECONDS)

    app.on_shutdown.append(drain)
    return app


def create_operations_app(rooms: Rooms) -> web.Application:
    """Health, metrics and the API's description alone, for a port of their own."""
    app = web.Application(middlewares=[middleware.trace, middleware.errors])
    app[ROOMS] = rooms
    app[OPENAPI] = openapi.describe(routes.ALL)
    routes.add(app, routes.OPERATIONS)
    app.on_response_prepare.append(middleware.mark_response)
    return app


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
    channels = Channels()
    tokens.warm_up()
    limits = CacheLimits(settings.cache_ttl, settings.cache_max_entries, settings.cache_max_bytes)
    async with contextlib.AsyncExitStack() as stack:
        model = await stack.enter_async_context(_open_model(settings))
        database = await stack.enter_async_context(Database(settings.database_url))
        cache = await stack.enter_async_context(
            PrefixCache(database, limits, metrics, key_bytes=key_bytes)
        )
        sessions = Sessions(database, cache)
        ledger = Ledger(database, cache)
        turns = Turns(
            model=model,
            cache=cache,
            sessions=sessions,
            ledger=ledger,
            prices=prices,
            metrics=metrics,
            reply_reuse=settings.reply_reuse,
            key_bytes=key_bytes,
        )
        conversations = _conversations(settings, sessions, ledger, turns, channels, prices, metrics)
        stack.push_async_callback(conversations.close, 0)
        yield Rooms(
            settings=settings,
            metrics=metrics,
            database=database,
            tenants=Tenants(database),
            sessions=sessions,
            ledger=ledger,
            turns=turns,
            conversations=conversations,
            channels=channels,
            model=model,
        )


def _conversations(
    settings: Settings,
    sessions: Sessions,
    ledger: Ledger,
    turns: Turns,
    channels: Channels,
    prices: PriceList,
    metrics: Metrics,
) -> Conversations:
    return Conversations(
        sessions=sessions,
        ledger=ledger,
        turns=turns,
        channels=channels,
        prices=prices,
        metrics=metrics,
        defaults=ModelDefaults(settings.model, settings.system_prompt),
        silence=settings.burst_silence_seconds,
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
