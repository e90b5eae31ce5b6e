"""Token counts without a network.

The provider's `usage` is the truth and the ledger keeps nothing else. These counts plan payloads
and tell what a history *would* have taken. `bpe-openai` carries OpenAI's o200k vocabulary in its
wheel (`tiktoken` fetches it at first use); other vendors' tokenizers differ by a few per cent,
which cancels out where two counts are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

import orjson

MESSAGE_OVERHEAD = 4
"""Tokens that a chat format spends on one message besides its text (role and separators)."""
REPLY_PRIMING = 3
"""Tokens that open the model's answer."""
IMAGE_TOKENS = 765
"""What one picture is taken for: a 1024 x 1024 one in OpenAI's 512-pixel tiles."""

MEDIA_CHARACTERS = 1000
"""Characters of a sound's or a file's data that are taken for one token. What a provider makes of
them is not known here; counted as text they would take the model's whole window."""

_PIECE = 50_000
"""Characters; each is four tokens at most, and the encoder takes no text of more than 200,000."""


@cache
def _encoding() -> Any:
    import bpe_openai  # unpacks its vocabularies when imported, up to 0.9 s

    return bpe_openai.get_encoding("o200k_base")


def warm_up() -> None:
    """Load the vocabulary (some 0.1 to 0.9 s), so that no request waits for it."""
    count("ready")


def count(text: str) -> int:
    """Tokens of `text`; linear, and cut into pieces so that no single step is long."""
    encoding = _encoding()
    pieces = (text[i : i + _PIECE] for i in range(0, len(text), _PIECE))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces)


def count_message(message: Mapping[str, Any]) -> int:
    """Tokens of one chat message, its overhead included."""
    total = MESSAGE_OVERHEAD
    for field, value in message.items():
        if field == "role" or not value:
            continue
        total += _count_value(value)
    return total


def count_messages(messages: Iterable[Mapping[str, Any]]) -> int:
    """Tokens of several chat messages, their overheads included."""
    return sum(map(count_message, messages))


def count_tools(request: Mapping[str, Any]) -> int:
    """Tokens of the tools that a request offers; a provider keeps them in front of the messages."""
    offered = [request[field] for field in ("tools", "functions") if request.get(field)]
    return sum(_count_json(orjson.dumps(value)) for value in offered)


@lru_cache(64)
def _count_json(value: bytes) -> int:
    """Every request of a caller offers the same tools."""
    return count(value.decode())


def _count_value(value: Any) -> int:
    if isinstance(value, str):
        return count(value)
    if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        return sum(_count_part(part) for part in value)
    return count(orjson.dumps(value).decode())


def _count_part(part: dict[str, Any]) -> int:
    if isinstance(part.get("text"), str):
        return count(part["text"])
    if "image_url" in part:
        return IMAGE_TOKENS
    if "input_audio" in part or "file" in part:
        return len(orjson.dumps(part)) // MEDIA_CHARACTERS + MESSAGE_OVERHEAD
    return count(orjson.dumps(part).decode())
