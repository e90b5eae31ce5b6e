"""Every route as its callers know it, written down apart from the routes themselves.

A route that isn't here fails the tests that go through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service import ids
from service.web.routes import ALL, Operation
from tests.conftest import Recap

CHAT = {"model": "test-model", "messages": [{"role": "user", "content": "Where is my parcel?"}]}
SESSION = frozenset({"sessionToken", "tenantKey"})
READERS = SESSION | {"agentToken"}
TENANT = frozenset({"tenantKey"})
AGENT = frozenset({"agentToken"})
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
    ("GET", "/v1/sessions/{id}"): Door(READERS),
    ("POST", "/v1/sessions/{id}/messages"): Door(SESSION, 200, {"content": "Where is my parcel?"}),
    ("GET", "/v1/sessions/{id}/messages"): Door(READERS),
    ("POST", "/v1/sessions/{id}/handoff"): Door(SESSION, 202, {"reason": "It is urgent."}),
    ("DELETE", "/v1/sessions/{id}/handoff"): Door(SESSION),
    ("POST", "/v1/sessions/{id}/typing"): Door(SESSION, 204),
    ("POST", "/v1/sessions/{id}/read"): Door(SESSION, 204, {"seq": 1}),
    ("GET", "/v1/sessions/{id}/events"): Door(SESSION, streams=True),
    ("GET", "/v1/sessions/{id}/export"): Door(TENANT),
    ("DELETE", "/v1/sessions/{id}"): Door(TENANT, 204),
    ("POST", "/v1/chat/completions"): Door(TENANT, 200, CHAT),
    ("GET", "/v1/models"): Door(TENANT),
    ("POST", "/v1/agents/ticket"): Door(AGENT, 201),
    ("GET", "/v1/agents/sessions"): Door(AGENT),
    ("GET", "/v1/agents/sessions/{id}"): Door(AGENT),
    ("GET", "/v1/agents/socket"): Door(AGENT, 426),
    ("GET", "/v1/usage"): Door(frozenset({"tenantKey", "operatorToken"})),
    ("GET", "/livez"): Door(ANYBODY),
    ("GET", "/readyz"): Door(ANYBODY),
    ("GET", "/metrics"): Door(ANYBODY),
    ("GET", "/openapi.json"): Door(ANYBODY),
    ("GET", "/asyncapi.json"): Door(ANYBODY),
    ("GET", "/"): Door(ANYBODY),
    ("GET", "/desk"): Door(ANYBODY),
    ("GET", "/savings"): Door(ANYBODY),
    ("GET", "/static/{name}"): Door(ANYBODY),
}


def door(operation: Operation) -> Door:
    return DOORS[operation.method, operation.path]


async def bearer_for(recap: Recap, operation: Operation) -> dict[str, str]:
    """A credential that opens a route: the tenant's key, or a new agent's token."""
    if door(operation).who != AGENT:
        return recap.bearer()
    return recap.bearer((await recap.hire(ids.new_id("name"))).token)


def path_of(operation: Operation, session_id: str) -> str:
    return operation.path.format(id=session_id, name="chat.js")


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


OF_A_SESSION = [operation for operation in ALL if "{id}" in operation.path]
