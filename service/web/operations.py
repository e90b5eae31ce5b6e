"""What operators' tools ask: is it alive, is it ready, what are the numbers, what is the API."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from service.errors import StorageError
from service.web.keys import rooms


async def livez(request: web.Request) -> web.Response:
    """200 while the process can answer at all."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """200 once the database is migrated and answers; 503 while shutting down. No model call."""
    if rooms(request).channels.closed:
        return web.json_response({"status": "draining"}, status=503)
    is_there = await rooms(request).database.is_in_place()
    try:
        await rooms(request).tenants.all()
    except StorageError:
        is_there = False
    if not is_there:
        return web.json_response({"status": "no database"}, status=503)
    return web.json_response({"status": "ok"})


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text format."""
    return web.Response(
        body=rooms(request).metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


OPENAPI = web.AppKey("openapi", dict)
ASYNCAPI = web.AppKey("asyncapi", dict)


async def openapi(request: web.Request) -> web.Response:
    """This API, described."""
    return _document(request.config_dict[OPENAPI])


async def asyncapi(request: web.Request) -> web.Response:
    """The live agents' websocket, described."""
    return _document(request.config_dict[ASYNCAPI])


def _document(document: dict[str, Any]) -> web.Response:
    body = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    return web.Response(body=body, content_type="application/json")
