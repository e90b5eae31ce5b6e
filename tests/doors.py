"""Every route as its callers know it, written down apart from the routes themselves.

A route that isn't here fails the tests that go through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.web.routes import ALL, Operation

CHAT = {"model": "test-model", "messages": [{"role": "user", "content": "Where is my parcel?"}]}
SESSION = frozenset({"sessionToken", "tenantKey"})
TENANT = frozenset({"tenantKey"})
ANYBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Door:
    """Whose credentials open a route, what a good request carries, and what it is answered."""

    who: frozenset[str]
    status: int = 200
    body: Any = None
    streams: bool = False


DOORS: Mapping[tuple[str, str], Door] = {
    ("POST", "/v1/sessions"): Door(
        frozenset({"tenantKey", "publishableKey"}), 201, {"metadata": {"plan": "gold"}}
    ),
    ("GET", "/v1/sessions/{id}"): Door(SESSION),
    ("POST", "/v1/sessions/{id}/messages"): Door(SESSION, 200, {"content": "Where is my parcel?"}),
    ("GET", "/v1/sessions/{id}/messages"): Door(SESSION),
    ("GET", "/v1/sessions/{id}/events"): Door(SESSION, streams=True),
    ("GET", "/v1/sessions/{id}/export"): Door(TENANT),
    ("DELETE", "/v1/sessions/{id}"): Door(TENANT, 204),
    ("POST", "/v1/chat/completions"): Door(TENANT, 200, CHAT),
    ("GET", "/v1/models"): Door(TENANT),
    ("GET", "/v1/usage"): Door(frozenset({"tenantKey", "operatorToken"})),
    ("GET", "/livez"): Door(ANYBODY),
    ("GET", "/readyz"): Door(ANYBODY),
    ("GET", "/metrics"): Door(ANYBODY),
    ("GET", "/openapi.json"): Door(ANYBODY),
    ("GET", "/"): Door(ANYBODY),
    ("GET", "/static/{name}"): Door(ANYBODY),
}


def door(operation: Operation) -> Door:
    return DOORS[operation.method, operation.path]


def path_of(operation: Operation, session_id: str) -> str:
    return operation.path.format(id=session_id, name="chat.js")


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


OF_A_SESSION = [operation for operation in ALL if "{id}" in operation.path]
