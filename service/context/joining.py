"""Messages put together, so that roles alternate wherever they did before.

Templates of strict models (Gemma, Mistral, DeepSeek-R1) refuse two messages of one role in a row.
So the record and what was fetched back stand in front of a message of the customer's own, in the
same message, and not beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.context.rounds import WireMessage

GAP: Final = "\n\n"


def in_front(text: str, message: WireMessage) -> WireMessage:
    """The message with a text before its own words."""
    content = message.get("content")
    if isinstance(content, list):
        return {**message, "content": [{"type": "text", "text": text + GAP}, *content]}
    return {**message, "content": f"{text}{GAP}{content}" if content else text}


def alternating(messages: Iterable[WireMessage]) -> list[WireMessage]:
    """The same words with no two messages of one role in a row; for messages of text alone."""
    joined: list[Mapping[str, Any]] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1] = {**message, "content": joined[-1]["content"] + GAP + message["content"]}
        else:
            joined.append(message)
    return joined
