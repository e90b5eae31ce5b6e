"""Chat completions as data: put together from chunks, taken apart into chunks, and their usage.

Bodies stay the dicts that came over the wire, so a field that a provider invents tomorrow reaches
the caller unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Chunk = dict[str, Any]
Body = dict[str, Any]

FINISHED = frozenset({"stop", "tool_calls", "function_call"})
"""Finish reasons of answers that are whole; `length` and `content_filter` cut them short."""
MOST_TOKENS = 2**53
"""Counts from here on are no counts."""
MOST_ITEMS = 1024
"""Items of an indexed list; a higher index is not believed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The provider's own counts; cached and written tokens are part of the prompt's."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0

    @classmethod
    def of(cls, body: Body) -> Usage | None:
        """The usage of a completion, None where it isn't there or isn't numbers."""
        usage = body.get("usage")
        if not isinstance(usage, dict):
            return None
        details = usage.get("prompt_tokens_details")
        details = details if isinstance(details, dict) else {}
        counts: tuple[Any, ...] = (
            usage.get("prompt_tokens"),
            usage.get("completion_tokens"),
            details.get("cached_tokens") or 0,
            details.get("cache_write_tokens") or 0,
        )
        if not all(isinstance(count, int) and 0 <= count < MOST_TOKENS for count in counts):
            return None
        return cls(*counts)


NOTHING_TAKEN: Body = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""The usage of an answer that took nothing from the provider."""


def is_readable(body: Body) -> bool:
    """Has this a completion's shape, or a chunk's, as far as it is read here?"""
    choices = body.get("choices") or []
    return isinstance(choices, list) and all(map(_is_choice, choices))


def cached_tokens(body: Body) -> int | None:
    """What the provider found in its cache; None where its usage does not say."""
    usage = body.get("usage")
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    count = details.get("cached_tokens") if isinstance(details, dict) else None
    return count if isinstance(count, int) else None


def finish_reasons(body: Body) -> list[str | None]:
    """How each choice ended; None where it has not."""
    return [choice.get("finish_reason") for choice in body.get("choices") or []]


def is_whole(body: Body) -> bool:
    """Did every choice come to its own end?"""
    reasons = finish_reasons(body)
    return bool(reasons) and all(reason in FINISHED for reason in reasons)


def message_of(body: Body) -> dict[str, Any]:
    """The first choice's message."""
    choices = body.get("choices") or [{}]
    message: dict[str, Any] = choices[0].get("message") or {}
    return message


def text_of(body: Body) -> str:
    """The first choice's words; a refusal's are words too."""
    return _words(message_of(body))


def delta_text(chunk: Chunk) -> str:
    """The words that a chunk adds to the first choice."""
    for choice in chunk.get("choices") or []:
        if choice.get("index", 0) == 0:
            return _words(choice.get("delta") or {})
    return ""


def assemble(chunks: Iterable[Chunk]) -> Body:
    """The completion that a stream of chunks spells."""
    body: Body = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        body |= {k: v for k, v in chunk.items() if k != "choices" and v is not None}
        for part in chunk.get("choices") or []:
            _add_choice(choices.setdefault(part.get("index", 0), {}), part)
    body["object"] = "chat.completion"
    body["choices"] = [choices[index] for index in sorted(choices)]
    return body


def disassemble(body: Body, *, include_usage: bool) -> Iterator[Chunk]:
    """Chunks that spell a completion: one with all of it, one with its end, one with its usage."""
    frame = {k: v for k, v in body.items() if k not in ("choices", "usage")}
    frame["object"] = "chat.completion.chunk"
    if include_usage:
        frame["usage"] = None
    for choice in body.get("choices") or []:
        index = choice.get("index", 0)
        delta = {k: v for k, v in (choice.get("message") or {}).items() if v is not None}
        if delta.get("tool_calls"):
            delta["tool_calls"] = [{"index": i} | c for i, c in enumerate(delta["tool_calls"])]
        rest = {k: v for k, v in choice.items() if k not in ("message", "index", "finish_reason")}
        yield frame | {"choices": [{"index": index, "delta": delta, "finish_reason": None} | rest]}
        end = {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}
        yield frame | {"choices": [end]}
    if include_usage:
        yield frame | {"choices": [], "usage": body.get("usage")}


def _is_choice(choice: Any) -> bool:
    return (
        isinstance(choice, dict)
        and isinstance(choice.get("index", 0), int)
        and isinstance(choice.get("finish_reason"), str | None)
        and all(isinstance(choice.get(said), dict | None) for said in ("delta", "message"))
    )


def _words(said: dict[str, Any]) -> str:
    texts = (said.get("content"), said.get("refusal"))
    return next((text for text in texts if text and isinstance(text, str)), "")


def _add_choice(choice: dict[str, Any], part: dict[str, Any]) -> None:
    choice.setdefault("index", part.get("index", 0))
    _merge(choice.setdefault("message", {"role": "assistant", "content": None}), part.get("delta"))
    for key, value in part.items():
        if key == "logprobs":
            _merge(choice, {key: value})
        elif key not in ("delta", "index") and (value is not None or key not in choice):
            choice[key] = value


def _merge(whole: dict[str, Any], delta: dict[str, Any] | None) -> None:
    """Add a delta: texts and lists grow, indexed lists grow item by item, the rest is replaced."""
    for key, value in (delta or {}).items():
        old = whole.get(key)
        if isinstance(value, str) and isinstance(old, str) and key not in ("role", "id", "type"):
            whole[key] = old + value
        elif _is_indexed(value) and (not old or _are_objects(old)):
            whole[key] = _merge_indexed(old or [], value)
        elif isinstance(value, list) and isinstance(old, list):
            whole[key] = old + value
        elif isinstance(value, dict):
            whole[key] = old if isinstance(old, dict) else {}
            _merge(whole[key], value)
        elif value is not None or key not in whole:
            whole[key] = value


def _is_indexed(items: Any) -> bool:
    return bool(items and _are_objects(items)) and all(
        isinstance(item.get("index"), int) and 0 <= item["index"] < MOST_ITEMS for item in items
    )


def _are_objects(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _merge_indexed(whole: list[Any], items: list[Any]) -> list[Any]:
    for item in items:
        while len(whole) <= item["index"]:
            whole.append({})
        _merge(whole[item["index"]], {k: v for k, v in item.items() if k != "index"})
    return whole
