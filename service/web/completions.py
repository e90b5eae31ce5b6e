"""OpenAI's API: `/v1/chat/completions` and `/v1/models`, for any client unchanged.

The caller's list is shortened like a session's, by the same turn; what comes back is the
provider's own answer, with the usage that this answer took. An answer that was reused or shared
took nothing, so the usages that callers see add up to the provider's bill.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
from aiohttp import web

from service import completion, ids
from service.completion import Chunk
from service.errors import InvalidRequest, RecapError
from service.storage.ledger import Status
from service.turns import ask
from service.turns.turn import Turn
from service.web import problems, requests
from service.web.cache_status import cache_status
from service.web.keys import rooms
from service.web.sse import EventStream

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
MAX_MESSAGES = 10_000
"""Some 0.2 s of hashing and counting; planning them is left to a thread."""
_DONE = b"data: [DONE]\n\n"
_SHARED: frozenset[Status] = frozenset({"reuse", "collapsed"})


async def create(request: web.Request) -> web.StreamResponse:
    """A chat completion, whole or streamed."""
    tenant = await requests.tenant_of(request)
    body, _ = await requests.json_object(request)
    validate(body)
    said = requests.directives(request)
    question = ask.of_list(tenant, body, no_cache=said.no_cache, no_store=said.no_store)
    turn = rooms(request).turns.start(question)
    if body.get("stream"):
        return await _stream(request, turn, body)
    finished = await turn.finished()
    answer = finished.body
    if turn.status in _SHARED:
        answer = answer | _fresh() | {"usage": completion.NOTHING_TAKEN}
    return web.Response(
        body=orjson.dumps(answer),
        content_type="application/json",
        headers={"Cache-Status": _cache_status(turn)},
    )


async def models(request: web.Request) -> web.Response:
    """The models that the provider offers."""
    await requests.tenant_of(request)
    return web.Response(
        body=orjson.dumps(await rooms(request).model.models()), content_type="application/json"
    )


def validate(body: dict[str, Any]) -> None:
    """Raises InvalidRequest, naming the parameter. What isn't known is the provider's to judge."""
    if not isinstance(body.get("model"), str) or not body["model"].strip():
        raise InvalidRequest("model takes the name of a model.", param="model")
    if not isinstance(body.get("stream"), bool | None):
        raise InvalidRequest("stream takes true or false.", param="stream")
    n = body.get("n")
    if n is not None and (not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= 128):
        raise InvalidRequest("n takes a whole number from 1 to 128.", param="n")
    if not isinstance(body.get("stream_options"), dict | None):
        raise InvalidRequest("stream_options takes an object.", param="stream_options")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InvalidRequest("messages takes a list of at least one message.", param="messages")
    if len(messages) > MAX_MESSAGES:
        raise InvalidRequest(f"messages takes at most {MAX_MESSAGES} messages.", param="messages")
    for index, message in enumerate(messages):
        _validate_message(message, f"messages[{index}]")


def _validate_message(message: Any, place: str) -> None:
    if not isinstance(message, dict):
        raise InvalidRequest(f"{place} must be an object.", param=place)
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise InvalidRequest(f"{place}.role must be one of {sorted(ROLES)}.", param=f"{place}.role")
    _validate_content(message.get("content"), role, f"{place}.content")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise InvalidRequest(f"{place}.tool_call_id takes a text.", param=f"{place}.tool_call_id")
    calls = message.get("tool_calls")
    if calls is not None and not (
        isinstance(calls, list) and all(isinstance(call, dict) for call in calls)
    ):
        raise InvalidRequest(f"{place}.tool_calls takes a list.", param=f"{place}.tool_calls")


def _validate_content(content: Any, role: str, place: str) -> None:
    if isinstance(content, str) or (content is None and role in ("assistant", "function")):
        return
    is_parts = isinstance(content, list) and all(
        isinstance(part, dict) and isinstance(part.get("type"), str) for part in content
    )
    if not is_parts or not content:
        raise InvalidRequest(f"{place} takes a text or a list of parts.", param=place)
    for part in content:
        if part["type"] == "text" and not isinstance(part.get("text"), str):
            raise InvalidRequest(f"{place} has a text part without a text.", param=place)


async def _stream(request: web.Request, turn: Turn, body: dict[str, Any]) -> web.StreamResponse:
    """Chunks as they come. The first is awaited before the status goes out, for errors' sake."""
    wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    chunks = turn.chunks()
    first = await anext(chunks, None)
    own = _fresh() if turn.status == "reuse" else {}
    stream = await EventStream({"Cache-Status": _cache_status(turn)}).open(request)
    try:
        if first is not None:
            await _send(stream, first | own, turn, wants_usage)
        async for chunk in chunks:
            await _send(stream, chunk | own, turn, wants_usage)
        await turn.finished()
        await stream.send_bytes(_DONE)
    except RecapError as error:
        await stream.send_data(problems.openai_error(error)[1])
    return await stream.close()


async def _send(stream: EventStream, chunk: Chunk, turn: Turn, wants_usage: bool) -> None:
    """Usage is always asked for upstream; pass it on to those who asked, at what they took."""
    if "usage" in chunk:
        if not wants_usage:
            chunk = {k: v for k, v in chunk.items() if k != "usage"}
            if not chunk.get("choices"):
                return
        elif chunk["usage"] is not None and turn.status in _SHARED:
            chunk = chunk | {"usage": completion.NOTHING_TAKEN}
    await stream.send_data(chunk)


def _cache_status(turn: Turn) -> str:
    return cache_status(turn.status, stored=not turn.ask.no_store)


def _fresh() -> dict[str, Any]:
    """An id and a time of its own for an answer that was given before."""
    return {"id": ids.new_id("chatcmpl"), "created": int(time.time())}
