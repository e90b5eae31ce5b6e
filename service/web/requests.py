"""Reading requests: bodies, headers and credentials, each checked once and in one place."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from service import ids
from service.errors import (
    BodyTooLarge,
    InvalidRequest,
    MalformedBody,
    NotAuthenticated,
    NotFound,
    OriginNotAllowed,
)
from service.lanes import Directives
from service.settings import DEMO_TENANT, is_loopback
from service.storage.agents import Agent
from service.storage.records import Session
from service.storage.tenants import Tenant
from service.web.keys import rooms

MAX_DEPTH = 64
MAX_PARTS = 100_000
MAX_KEY_LENGTH = 255
SMALL_BODY = 256 * 1024
"""Bytes that are plenty for what a customer sends: ten MiB of brackets take seconds to read."""
LONGEST_CHARACTER = 12
"""Bytes that one character can take in JSON, as two escapes."""


async def json_object(
    request: web.Request, *, empty_ok: bool = False, most: int | None = None
) -> tuple[dict[str, Any], bytes]:
    """The body as an object, and its bytes: as many as the server takes, or `most` if fewer.

    Raises MalformedBody (not UTF-8 JSON, lone surrogates, too deep), BodyTooLarge, InvalidRequest
    (no object, NUL characters).
    """
    if most is not None:
        request = request.clone(client_max_size=min(most, rooms(request).settings.max_body_bytes))
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise BodyTooLarge from None
    except web.RequestPayloadError:
        raise MalformedBody("The body is not what its Content-Encoding says.") from None
    if empty_ok and not raw.strip():
        return {}, b"{}"
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"The body is not JSON in UTF-8: {error.msg}.") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    _check_nesting(value)
    if b"\\u0000" in raw and _has_nul(value):
        raise InvalidRequest("Texts must not hold the character NUL.")
    return value, raw


def bearer(request: web.Request) -> str:
    """The bearer credential; an empty header is none. Raises NotAuthenticated."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip() or not _is_utf8(credential):
        raise NotAuthenticated
    return credential.strip()


async def tenant_of(request: web.Request) -> Tenant:
    """The tenant whose key this is. Raises NotAuthenticated."""
    tenant = await rooms(request).tenants.by_key(bearer(request))
    if tenant is None:
        raise NotAuthenticated
    return tenant


async def tenant_for_new_session(request: web.Request) -> Tenant:
    """By the tenant's key, or by its publishable key from an allowed origin.

    Raises NotAuthenticated, OriginNotAllowed.
    """
    credential = bearer(request)
    if not credential.startswith("pk_"):
        return await tenant_of(request)
    tenant = await rooms(request).tenants.by_publishable_key(credential)
    if tenant is None:
        raise NotAuthenticated
    if request.headers.get("Origin") not in tenant.origins:
        raise OriginNotAllowed
    return tenant


async def session_of(request: web.Request) -> tuple[Session, Tenant, bool]:
    """The session of the URL, if the credential is for it; and whether it is the tenant's key.

    A session token speaks for its session alone. What isn't for you is NotFound, as what isn't
    there; a credential that is nobody's is NotAuthenticated. Neither tells which sessions exist.
    """
    session_id = request.match_info["id"]
    credential = bearer(request)
    if not credential.startswith("st."):
        return *await session_of_tenant(request), True
    claimed = ids.session_of(credential)
    if claimed is None:
        raise NotAuthenticated
    if claimed != session_id:
        raise NotFound
    found = await rooms(request).sessions.get(session_id)
    if found is None or not ids.token_matches(found[1].session_secret, session_id, credential):
        raise NotAuthenticated
    return *found, False


async def readable_session(request: web.Request) -> tuple[Session, bool]:
    """As `session_of`, and a live agent may read its tenant's too; and whether notes are shown."""
    if not bearer(request).startswith("at_"):
        session, _, is_tenant = await session_of(request)
        return session, is_tenant
    agent = await agent_of(request)
    found = await rooms(request).sessions.get(request.match_info["id"])
    if found is None or found[1].id != agent.tenant_id:
        raise NotFound
    return found[0], True


def sees_the_bill(request: web.Request, tenant: Tenant, *, is_tenant: bool) -> bool:
    """May the caller be told what an answer took and where it came from?

    The tenant may. A customer may not, who could tell from it what others have asked; but the
    visitor of a demonstration may, which is a tenant of that name all of whose pages are on this
    machine, behind a server that only this machine reaches.
    """
    if is_tenant:
        return True
    if tenant.name != DEMO_TENANT or not rooms(request).settings.is_loopback:
        return False
    hosts = [urlsplit(origin).hostname or "" for origin in tenant.origins]
    return bool(hosts) and all(map(is_loopback, hosts))


async def agent_of(request: web.Request) -> Agent:
    """The live agent whose token this is. Raises NotAuthenticated."""
    agent = await rooms(request).agents.by_token(bearer(request))
    if agent is None:
        raise NotAuthenticated
    return agent


async def session_of_tenant(request: web.Request) -> tuple[Session, Tenant]:
    """The session of the URL by its tenant's key. Raises NotAuthenticated, NotFound."""
    tenant = await tenant_of(request)
    found = await rooms(request).sessions.get(request.match_info["id"])
    if found is None or found[1].id != tenant.id:
        raise NotFound
    return found


def is_operator(request: web.Request) -> bool:
    """Is the credential OPERATOR_TOKEN?"""
    token = rooms(request).settings.operator_token
    if token is None:
        return False
    return hmac.compare_digest(token.get_secret_value().encode(), bearer(request).encode())


def idempotency_key(request: web.Request) -> str | None:
    """Raises InvalidRequest unless it is absent or 1 to 255 characters."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not _is_utf8(key):
        raise InvalidRequest("Idempotency-Key takes 1 to 255 characters.", param="Idempotency-Key")
    return key


def directives(request: web.Request) -> Directives:
    """What Cache-Control says about stored rows."""
    said = {part.strip().lower() for part in request.headers.get("Cache-Control", "").split(",")}
    return Directives(no_cache="no-cache" in said, no_store="no-store" in said)


def wants_events(request: web.Request) -> bool:
    """Is the answer to be streamed?"""
    return "text/event-stream" in request.headers.get("Accept", "")


def integer(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number from the query. Raises InvalidRequest."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and low <= int(text) <= high):
        raise InvalidRequest(f"{name} takes a whole number from {low} to {high}.", param=name)
    return int(text)


def moment(request: web.Request, name: str) -> int | None:
    """A date or a time of the query in microseconds; UTC where none is said. InvalidRequest."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return ids.micros(text)
    except ValueError:
        raise InvalidRequest(f"{name} takes a date or a time, 2026-01-31.", param=name) from None


def _is_utf8(header: str) -> bool:
    """Was it UTF-8? Bytes that weren't come in as lone surrogates, which nothing can encode."""
    return not any("\udc80" <= c <= "\udfff" for c in header)


def _check_nesting(value: Any) -> None:
    """Raises MalformedBody for what would take long to walk: too deep, or too many parts."""
    level, left = [value], MAX_PARTS
    for _ in range(MAX_DEPTH):
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, dict | list)
        ]
        left -= len(level)
        if not level:
            return
        if left < 0:
            raise MalformedBody(f"The body has more than {MAX_PARTS} objects and lists.")
    raise MalformedBody(f"The body is nested more than {MAX_DEPTH} levels deep.")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(item) for pair in value.items() for item in pair)
    return isinstance(value, list) and any(map(_has_nul, value))
