"""How tests read a payload: the record in it, what was fetched back, and what was said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from service.context.joining import GAP

_BLOCK = re.compile(
    r"^\[Record (?P<mark>\w+)(?P<opening>[^\n]*)\n(?P<lines>.*?)\n?"
    r"^\[End of record (?P=mark)\.\]\n*",
    re.DOTALL | re.MULTILINE,
)
_FETCHED = "fetched for the question"

Messages = Sequence[Mapping[str, Any]]


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content or [])


def record_of(messages: Messages) -> str:
    """The lines of the record that stands for folded rounds; empty where there is none."""
    return _block(messages, fetched=False)


def fetched_of(messages: Messages) -> str:
    """The lines that were fetched back for the question; empty where there are none."""
    return _block(messages, fetched=True)


def said_in(message: Mapping[str, Any]) -> str:
    """The words of a message without what was put in front of them."""
    return _BLOCK.sub("", text_of(message))


def spoken(messages: Messages) -> list[tuple[str, str]]:
    """Role and words of each message that holds any, without what was put in front."""
    found = [(str(message["role"]), said_in(message)) for message in messages]
    return [(role, text) for role, text in found if text]


def asked_in(messages: Messages) -> list[str]:
    """What the newest question is made of: a burst is one message, joined by blank lines."""
    roles = roles_in(messages)
    assert roles[-1:] == ["user"], roles
    assert roles[-2:-1] != ["user"], roles
    return said_in(messages[-1]).split(GAP)


def unmarked(messages: Messages) -> list[dict[str, Any]]:
    """The messages with all records' marks made equal, as each tenant has its own."""
    found = []
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            content = _unmarked(content)
        elif content:
            content = [part | {"text": _unmarked(part.get("text", ""))} for part in content]
        found.append({**message, "content": content})
    return found


def _unmarked(text: str) -> str:
    return _BLOCK.sub(lambda block: block[0].replace(block["mark"], "MARK"), text)


def roles_in(messages: Messages) -> list[str]:
    """The roles of all but the system's messages."""
    return [str(m["role"]) for m in messages if m["role"] not in ("system", "developer")]


def _block(messages: Messages, *, fetched: bool) -> str:
    asked = [text_of(message) for message in messages if message["role"] == "user"]
    blocks = [block for text in asked for block in _BLOCK.finditer(text)]
    return "\n".join(b["lines"] for b in blocks if (_FETCHED in b["opening"]) is fetched)
