"""Names for message lists: the canonical form and the chained hash.

`h(0) = H(schema, tenant)`, `h(n) = H(h(n-1), canonical(message n))`: whoever holds the name of a
list names the list with one more message by hashing that message alone. Two lists have the same
name exactly when the model would see the same thing. Every name is made twice, by SHA-256 (the
key) and by BLAKE2b (the check), so a key that collides is noticed and is only a miss.

Pure and the same in every process and Python version; `SCHEMA` changes whenever the form does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

SCHEMA = b"recap/prefix/1"

LEFT_OUT = frozenset(
    {
        "messages",  # named by the chain
        "stream",
        "stream_options",
        "metadata",
        "store",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
    }
)
"""Request fields that don't change the answer. Everything else is in the key, known or not."""

_OUTPUT_ONLY = frozenset({"annotations", "parsed"})
_CACHE_HINTS = frozenset({"cache_control", "prompt_cache_breakpoint"})
_EXACT_INTEGERS = 2**53


@dataclass(frozen=True, slots=True)
class PrefixHash:
    """The name of a message list: 32-byte key, 32-byte check, number of messages."""

    key: bytes
    check: bytes
    count: int


def root(tenant_id: str) -> PrefixHash:
    """The name of a tenant's empty list."""
    seed = _frame(SCHEMA) + _frame(tenant_id.encode())
    return PrefixHash(_sha(seed), _blake(seed), 0)


def extend(prefix: PrefixHash, form: bytes) -> PrefixHash:
    """The name of the list with one more message, given that message's canonical form."""
    return PrefixHash(_sha(prefix.key + form), _blake(prefix.check + form), prefix.count + 1)


def chain(start: PrefixHash, messages: Iterable[Mapping[str, Any]]) -> PrefixHash:
    """The name of `start` followed by `messages`; tool-call ids are counted from here on."""
    canonical = Canonical()
    for message in messages:
        start = extend(start, canonical(message))
    return start


def reply_key(prefix: PrefixHash, request: Mapping[str, Any], scope: str = "") -> PrefixHash:
    """The name of the answer to a list under a request.

    `request` holds the model and every parameter as they came; `scope` says whose answer it is:
    anybody's who brings the list, or one session's.
    """
    kept = {k: v for k, v in request.items() if k not in LEFT_OUT and v is not None}
    form = _frame(scope.encode()) + orjson.dumps(
        _plain(kept), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    )
    return PrefixHash(
        _sha(b"reply" + prefix.key + form), _blake(b"reply" + prefix.check + form), prefix.count
    )


class Canonical:
    """Turns messages into canonical bytes, in order.

    Holds only the order in which tool-call ids appeared: providers draw them at random, so an id
    is replaced by its place in the list.
    """

    def __init__(self) -> None:
        self._calls: dict[str, int] = {}
        self._next = 0

    def copy(self) -> Canonical:
        """One that has seen the same ids and goes its own way."""
        twin = Canonical()
        twin._calls, twin._next = dict(self._calls), self._next
        return twin

    def __call__(self, message: Mapping[str, Any]) -> bytes:
        form = {
            field: self._field(field, value)
            for field, value in message.items()
            if field not in _OUTPUT_ONLY and not _is_empty(value)
        }
        form = {field: value for field, value in form.items() if not _is_empty(value)}
        return orjson.dumps(_plain(form), option=orjson.OPT_SORT_KEYS)

    def _field(self, field: str, value: Any) -> Any:
        if field == "content" and isinstance(value, list):
            return _content(value)
        if field == "tool_calls" and isinstance(value, list):
            return [self._tool_call(call) for call in value]
        if field == "tool_call_id" and isinstance(value, str):
            return self._calls.get(value, value)
        return value

    def _tool_call(self, call: Any) -> Any:
        if not isinstance(call, dict):
            return call
        form = {k: v for k, v in call.items() if k not in ("id", "index") and not _is_empty(v)}
        if isinstance(function := form.get("function"), dict):
            form["function"] = {k: v for k, v in function.items() if k != "parsed_arguments"}
        if isinstance(call.get("id"), str):
            self._calls[call["id"]] = form["id"] = self._next
            self._next += 1
        return form


def _content(parts: list[Any]) -> Any:
    forms = [_part(part) for part in parts]
    match forms:
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            return text
    return forms


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    return {k: v for k, v in part.items() if k not in _CACHE_HINTS and v is not None}


def _plain(value: Any) -> Any:
    """Equal numbers written alike: 1.0 and 1 are one JSON value."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return int(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _frame(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()
