"""`asyncapi.json`: the live agents' websocket, one JSON Schema for each command and event."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from service import __version__
from service.desk import protocol

_REFS = "#/components/schemas/{model}"
_CHANNEL = "#/channels/agents"
_TICKET = {
    "type": "httpApiKey",
    "in": "header",
    "name": "Sec-WebSocket-Protocol",
    "description": "recap.v1, ticket.TICKET: a ticket of POST /v1/agents/ticket, which wins",
}
_BEARER = {"scheme": "bearer", "description": "a live agent's token, at_…"}


def describe() -> dict[str, Any]:
    """An AsyncAPI 3.0 document; the server receives the commands and sends the events."""
    schemas: dict[str, Any] = {}
    received = _messages("command", protocol.COMMANDS, schemas)
    sent = _messages("event", protocol.EVENTS, schemas)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Recap, live agents", "version": __version__},
        "defaultContentType": "application/json",
        "channels": {
            "agents": {
                "address": "/v1/agents/socket",
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in (*received, *sent)
                },
            }
        },
        "operations": {
            "commands": _operation("receive", received),
            "events": _operation("send", sent),
        },
        "components": {
            "messages": received | sent,
            "schemas": schemas,
            "securitySchemes": {"ticket": _TICKET, "agentToken": {"type": "http"} | _BEARER},
        },
    }


def _messages(kind: str, shapes: tuple[Any, ...], schemas: dict[str, Any]) -> dict[str, Any]:
    """A message for each value of `type`, which a command and an event may share."""
    messages: dict[str, Any] = {}
    for shape in shapes:
        schema = TypeAdapter(shape).json_schema(ref_template=_REFS)
        schemas |= schema.pop("$defs", {})
        schemas[shape.__name__] = schema
        for name in protocol.types_of(shape):
            messages[f"{kind}.{name}"] = {
                "name": name,
                "summary": (shape.__doc__ or "").strip().splitlines()[0],
                "payload": {
                    "allOf": [{"$ref": _REFS.format(model=shape.__name__)}],
                    "properties": {"type": {"const": name}},
                },
            }
    return messages


def _operation(action: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": _CHANNEL},
        "messages": [{"$ref": f"{_CHANNEL}/messages/{name}"} for name in messages],
    }
