"""What a provider is told about its own prefix cache, where the price file says that it listens.

`prompt_cache_key` sends the requests of one conversation to where its prefix was seen. Explicit
breakpoints (OpenAI, from gpt-5.6 on) say which prefixes are kept: there writing costs a quarter
more, so by themselves they stand only behind what the next payload repeats, and nothing is written
where nothing would be read. A prefix is found again only at a breakpoint, so whatever is marked
once is marked in every payload that holds it.

Source: openai's types of chat completions, `prompt_cache_options` and `prompt_cache_breakpoint`.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from service.context.layout import Payload
from service.context.rounds import WireMessage
from service.prices import Price

MOST_MARKS: Final = 40
"""Of the newest; a provider looks at 80."""
OWN: Final = ("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention")
"""What a caller says itself is left as it is."""

_MARK: Final = {"mode": "explicit"}
_CAN_CARRY: Final = frozenset({"user", "system", "developer"})


def hints(payload: Payload, conversation: str, price: Price) -> dict[str, Any]:
    """Fields to add to a request; `conversation` names what it belongs to, to us alone."""
    if price.discount == 0:
        return {}
    added: dict[str, Any] = {}
    if price.cache_key:
        added["prompt_cache_key"] = hashlib.sha256(conversation.encode()).hexdigest()[:32]
    if price.breakpoints and payload.tokens >= price.min_cacheable_tokens:
        added["prompt_cache_options"] = {"mode": "explicit"}
    return added


def marked(payload: Payload, price: Price) -> list[WireMessage]:
    """The payload's messages with breakpoints behind what the next one repeats, if any pay."""
    messages = list(payload.messages)
    if not price.breakpoints or payload.tokens < price.min_cacheable_tokens or not price.discount:
        return messages
    stable = [n for n in range(payload.stable) if messages[n].get("role") in _CAN_CARRY]
    for place in stable[-MOST_MARKS:]:
        if isinstance(messages[place].get("content"), str):
            messages[place] = _with_mark(messages[place])
    return messages


def _with_mark(message: WireMessage) -> WireMessage:
    part = {"type": "text", "text": message["content"], "prompt_cache_breakpoint": _MARK}
    return {**message, "content": [part]}
