"""How tests read a payload: the record in it, what was fetched back, and what was said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_BLOCK = re.compile(
    r"^\[Record (?P<mark>\w+)(?P<opening>[^\n]*)\n(?P<lines>.*?)\n?^\[End of record (?P=mark)\.\]\n*",
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


def roles_in(messages: Messages) -> list[str]:
    """The roles of all but the system's messages."""
    return [str(m["role"]) for m in messages if m["role"] not in ("system", "developer")]


def _block(messages: Messages, *, fetched: bool) -> str:
    lines = []
    for message in messages:
        if message["role"] == "user":
            for block in _BLOCK.finditer(text_of(message)):
                if (_FETCHED in block["opening"]) is fetched:
                    lines.append(block["lines"])
    return "\n".join(lines)
