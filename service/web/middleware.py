"""Around every request: its id, its log line, its metrics, its errors, its origin.

The log line holds what happened and never what was said: no body, no header, no query.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time

from aiohttp import ClientConnectionResetError, hdrs, web
from aiohttp.typedefs import Handler

from service import ids
from service.errors import RecapError, StorageError
from service.logs import REQUEST_ID as LOGGED_ID
from service.web import problems
from service.web.keys import REQUEST_ID, rooms

log = logging.getLogger(__name__)

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Cache-Control"
_ALLOWED_METHODS = "GET, POST, DELETE"
_PREFLIGHT_SECONDS = "600"


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Number the request, time it, count it, and write one line about it."""
    given = request.headers.get("X-Request-ID", "")
    request_id = given if _GIVEN_ID.fullmatch(given) else ids.new_id("req")
    request[REQUEST_ID] = request_id
    token = LOGGED_ID.set(request_id)
    started = time.perf_counter()
    status = 499  # the client went away
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        _record(request, status, time.perf_counter() - started)
        LOGGED_ID.reset(token)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error becomes an answer in the route's own form; what nobody expected is counted."""
    try:
        return await handler(request)
    except RecapError as error:
        if isinstance(error, StorageError):
            rooms(request).metrics.errors.labels("storage").inc()
            log.error(
                "storage error", extra={"action": "storage_error", "why": str(error.__cause__)}
            )
        return _instead(request, problems.response(request, error))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problems.of_http(request, error)
    except (ClientConnectionResetError, ConnectionResetError):
        raise asyncio.CancelledError from None  # nobody is there; aiohttp would log an error
    except Exception:
        rooms(request).metrics.errors.labels("web").inc()
        log.exception("unexpected error", extra={"action": "unexpected_error"})
        return _instead(request, problems.response(request, RecapError()))


@web.middleware
async def preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Browsers ask first whether another origin may call; any tenant's origin may."""
    is_preflight = (
        request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    )
    if not is_preflight:
        return await handler(request)
    response = web.Response(status=204)
    if await rooms(request).tenants.allows_origin(request.headers.get("Origin", "")):
        response.headers["Access-Control-Allow-Methods"] = _ALLOWED_METHODS
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    return response


async def mark_response(request: web.Request, response: web.StreamResponse) -> None:
    """A signal before headers go out: the request's id, and whether a page may read the answer."""
    response.headers["X-Request-ID"] = request.get(REQUEST_ID, "")
    origin = request.headers.get("Origin")
    if origin is None:
        return
    response.headers.add("Vary", "Origin")
    if await rooms(request).tenants.allows_origin(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = (
            "Cache-Status, X-Request-ID, Retry-After"
        )


def _instead(request: web.Request, answer: web.Response) -> web.Response:
    """An answer in place of the handler's; where a stream had begun, only its breaking off is."""
    if request.writer.output_size > 0:
        raise ConnectionResetError("a stream broke off")
    return answer


def _record(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "unknown"
    method = request.method if request.method in hdrs.METH_ALL else "other"
    rooms(request).metrics.requests.labels(method, route, str(status)).observe(seconds)
    log.info(
        "request",
        extra={
            "action": "request",
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        },
    )
