"""The map of the service: every route once, with what `openapi.json` says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from service.web import agents, completions, handoff, operations, pages, schemas, sessions, usage


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `who` names the credentials that open it; an empty one is open to all."""

    method: str
    path: str
    handler: Handler
    who: tuple[str, ...] = ()
    body: Any = None
    answers: dict[int, Any] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    streams: bool = False
    is_page: bool = False


_SESSION = ("sessionToken", "tenantKey")
_READERS = (*_SESSION, "agentToken")
_KEYED = ("Idempotency-Key",)

API: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/sessions",
        sessions.create,
        who=("tenantKey", "publishableKey"),
        body=schemas.SessionCreate,
        answers={201: schemas.SessionCreated},
        headers=_KEYED,
    ),
    Operation(
        "GET", "/v1/sessions/{id}", sessions.show, who=_READERS, answers={200: schemas.SessionShown}
    ),
    Operation(
        "POST",
        "/v1/sessions/{id}/messages",
        sessions.post_message,
        who=_SESSION,
        body=schemas.MessageCreate,
        answers={200: schemas.AnswerShown},
        headers=(*_KEYED, "Cache-Control", "Last-Event-ID"),
        streams=True,
    ),
    Operation(
        "GET",
        "/v1/sessions/{id}/messages",
        sessions.messages,
        who=_READERS,
        answers={200: schemas.MessagePage},
        query=("after", "limit"),
    ),
    Operation(
        "GET",
        "/v1/sessions/{id}/events",
        sessions.events,
        who=_SESSION,
        headers=("Last-Event-ID",),
        streams=True,
    ),
    Operation(
        "POST",
        "/v1/sessions/{id}/handoff",
        handoff.request,
        who=_SESSION,
        body=schemas.HandoffCreate,
        answers={202: schemas.HandoffShown},
    ),
    Operation(
        "DELETE",
        "/v1/sessions/{id}/handoff",
        handoff.withdraw,
        who=_SESSION,
        answers={200: schemas.OwnerShown},
    ),
    Operation(
        "POST", "/v1/sessions/{id}/typing", handoff.typing, who=_SESSION, answers={204: None}
    ),
    Operation(
        "POST",
        "/v1/sessions/{id}/read",
        handoff.read,
        who=_SESSION,
        body=schemas.ReadCreate,
        answers={204: None},
    ),
    Operation(
        "GET",
        "/v1/sessions/{id}/export",
        sessions.export,
        who=("tenantKey",),
        answers={200: schemas.SessionExport},
    ),
    Operation(
        "DELETE", "/v1/sessions/{id}", sessions.erase, who=("tenantKey",), answers={204: None}
    ),
    Operation(
        "POST",
        "/v1/chat/completions",
        completions.create,
        who=("tenantKey",),
        body=dict[str, Any],
        answers={200: dict[str, Any]},
        headers=("Cache-Control",),
        streams=True,
    ),
    Operation(
        "GET",
        "/v1/models",
        completions.models,
        who=("tenantKey",),
        answers={200: dict[str, Any]},
    ),
    Operation(
        "POST",
        "/v1/agents/ticket",
        agents.ticket,
        who=("agentToken",),
        answers={201: schemas.TicketShown},
    ),
    Operation(
        "GET",
        "/v1/agents/socket",
        agents.socket,
        who=("agentToken",),
        answers={101: None, 426: None},
    ),
    Operation(
        "GET",
        "/v1/agents/sessions",
        agents.listed,
        who=("agentToken",),
        answers={200: schemas.CardList},
        query=("owner", "limit"),
    ),
    Operation(
        "GET",
        "/v1/agents/sessions/{id}",
        agents.detail,
        who=("agentToken",),
        answers={200: schemas.SessionDetail},
    ),
    Operation(
        "GET",
        "/v1/usage",
        usage.usage,
        who=("tenantKey", "operatorToken"),
        answers={200: schemas.UsageReport},
        query=("from", "to", "by", "tenant", "model", "outcome", "order", "limit"),
    ),
)
OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/livez", operations.livez, answers={200: schemas.Health}),
    Operation("GET", "/readyz", operations.readyz, answers={200: schemas.Health}),
    Operation("GET", "/metrics", operations.metrics, is_page=True),
    Operation("GET", "/openapi.json", operations.openapi, answers={200: dict[str, Any]}),
    Operation("GET", "/asyncapi.json", operations.asyncapi, answers={200: dict[str, Any]}),
)
PAGES: tuple[Operation, ...] = (
    Operation("GET", "/", pages.chat, is_page=True),
    Operation("GET", "/desk", pages.desk, is_page=True),
    Operation("GET", "/savings", pages.savings, is_page=True),
    Operation("GET", "/static/{name}", pages.static, is_page=True),
)
ALL = API + OPERATIONS + PAGES


def add(app: web.Application, operations_: tuple[Operation, ...]) -> None:
    """Register routes; a GET answers HEAD too, unless it streams."""
    for operation in operations_:
        if operation.method == "GET":
            app.router.add_get(operation.path, operation.handler, allow_head=not operation.streams)
        else:
            app.router.add_route(operation.method, operation.path, operation.handler)
