"""The model's own way of calling a live agent: a tool, never a word in its text.

A tenant enables it. The tool goes along with every question of its sessions, the same bytes each
time, so that it costs a provider's cache nothing.
"""

from __future__ import annotations

from typing import Any

import orjson

from service import completion
from service.completion import Body

NAME = "hand_over"
LONGEST_REASON = 500
"""Characters of a reason that are kept."""

TOOL: Body = {
    "type": "function",
    "function": {
        "name": NAME,
        "description": (
            "Hand this conversation over to a human colleague. Use it when the customer asks for "
            "a person, when you cannot help them, or when a person has to decide. Do not use it "
            "for what you can answer yourself."
        ),
        "parameters": {
            "type": "object",
            "properties": {
                "reason": {
                    "type": "string",
                    "description": "For the colleague: what the customer needs, in one sentence.",
                }
            },
            "required": ["reason"],
            "additionalProperties": False,
        },
    },
}


def reason_of(body: Body) -> str | None:
    """Why the model hands over; None where it does not. An unreadable reason is an empty one."""
    calls = completion.message_of(body).get("tool_calls") or []
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and function.get("name") == NAME:
            return _reason(function.get("arguments"))
    return None


def shorten(reason: str) -> str:
    """A reason as it is kept."""
    return reason.strip()[:LONGEST_REASON]


def _reason(arguments: Any) -> str:
    try:
        said = orjson.loads(arguments)["reason"]
    except (TypeError, KeyError, ValueError):
        return ""
    return shorten(said) if isinstance(said, str) else ""
