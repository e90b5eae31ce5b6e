"""`openapi.json`, made from the same table that registers the routes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from service import __version__
from service.storage.ledger import OUTCOMES
from service.storage.reports import GROUPINGS, ORDERS
from service.web import schemas
from service.web.problems import OPENAI_PATHS
from service.web.routes import Operation
from service.web.usage import MOST_ROWS

_SECURITY = {
    "tenantKey": "A tenant's key, rk_…",
    "publishableKey": "A tenant's publishable key, pk_…, from an allowed Origin",
    "sessionToken": "The token of one session, st.…",
    "agentToken": "A live agent's token, at_…",
    "operatorToken": "OPERATOR_TOKEN of this installation",
}
_QUERY = {
    "after": {"type": "integer", "minimum": 0, "default": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    "from": {"type": "string", "description": "a date or time, inclusive, UTC"},
    "to": {"type": "string", "description": "a date or time, exclusive, UTC"},
    "owner": {"enum": ["bot", "waiting", "agent", "resolved"], "default": "bot"},
    "by": {"enum": list(GROUPINGS), "default": "day"},
    "tenant": {
        "type": "string",
        "description": "name or id, for the operator",
    },
    "model": {"type": "string"},
    "outcome": {"enum": list(OUTCOMES)},
    "order": {"enum": list(ORDERS), "default": "name", "description": "cost: the dearest first"},
}
_OWN_QUERY = {("/v1/usage", "limit"): {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}}
"""What a name of the query means on one route alone."""
_REFS = "#/components/schemas/{model}"


def describe(operations: tuple[Operation, ...]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of these routes."""
    definitions: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for operation in operations:
        described = _operation(operation, definitions)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Recap", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                name: {"type": "http", "scheme": "bearer", "description": text}
                for name, text in _SECURITY.items()
            },
        },
    }


def _operation(operation: Operation, definitions: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _path_names(operation.path)
    ]
    parameters += [
        {"name": n, "in": "query", "schema": _OWN_QUERY.get((operation.path, n)) or _QUERY[n]}
        for n in operation.query
    ]
    parameters += [
        {"name": n, "in": "header", "schema": {"type": "string"}} for n in operation.headers
    ]
    described: dict[str, Any] = {
        "operationId": f"{operation.handler.__module__.rpartition('.')[2]}.{_name(operation)}",
        "summary": (operation.handler.__doc__ or "").strip().splitlines()[0],
        "parameters": parameters,
        "responses": _responses(operation, definitions),
        "security": [{name: []} for name in operation.who],
    }
    if operation.body is not None:
        schema = _schema(operation.body, definitions)
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _responses(operation: Operation, definitions: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, shape in operation.answers.items():
        responses[str(status)] = {"description": "done"}
        if shape is not None:
            content = {"application/json": {"schema": _schema(shape, definitions)}}
            responses[str(status)]["content"] = content
    if operation.streams:
        streamed = responses.setdefault("200", {"description": "done"}).setdefault("content", {})
        streamed["text/event-stream"] = {"schema": {"type": "string"}}
    if operation.is_page:
        responses["200"] = {"description": "a text"}
    if operation.who:
        responses["default"] = _error(operation, definitions)
    return responses


def _error(operation: Operation, definitions: dict[str, Any]) -> dict[str, Any]:
    is_openai = operation.path.startswith(OPENAI_PATHS)
    shape = schemas.OpenAIError if is_openai else schemas.Problem
    kind = "application/json" if is_openai else "application/problem+json"
    return {
        "description": "what is wrong",
        "content": {kind: {"schema": _schema(shape, definitions)}},
    }


def _schema(shape: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = TypeAdapter(shape).json_schema(ref_template=_REFS)
    definitions |= schema.pop("$defs", {})
    return schema


def _name(operation: Operation) -> str:
    return str(getattr(operation.handler, "__name__", "handler"))


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
