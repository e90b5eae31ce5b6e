"""A model server on a loopback port that speaks OpenAI's chat completions and says what it is told.

The built-in demonstration model, the bench and the tests all stand on it, so that what runs in
front of it is always the true client over a true socket.

Invariant: the server decides nothing. Text, tool calls, delays, errors and cuts come from the
`Scripted` that `respond` returned; a client that hangs up ends its own request and nothing else.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from service.scripted import CountTokens, Reply, Scripted, count_usage, text_parts

__all__ = ["CountTokens", "LoopbackModel", "Respond", "Scripted", "text_parts"]

Respond = Callable[[dict[str, Any]], Awaitable[Scripted] | Scripted]

_MAX_BODY_BYTES = 64 * 2**20
_SHUTDOWN_SECONDS = 0.2  # aiohttp waits this long twice: for handlers to end, then to be cancelled


class LoopbackModel:
    """An OpenAI-compatible server that answers every completion with what `respond` makes of it.

    `respond` takes the request's JSON body and may be plain or async; what it raises reaches the
    caller as a 500. Any model name is served; `models` is only what `GET /v1/models` lists.
    """

    def __init__(
        self,
        respond: Respond,
        *,
        count_tokens: CountTokens,
        name: str = "recap-loopback",
        models: tuple[str, ...] = ("recap-demo",),
    ) -> None:
        self._respond = respond
        self._count_tokens = count_tokens
        self._name = name
        self._models = models
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._base_url = ""

    @property
    def base_url(self) -> str:
        """`http://HOST:PORT/v1` while the server runs, else an empty string."""
        return self._base_url

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base URL; port 0 takes a free one. Raises OSError if taken."""
        if self._runner is not None:
            raise RuntimeError("the loopback model is already running")
        self._runner = web.AppRunner(
            self._app(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, host, port).start()
        except BaseException:
            await self.close()
            raise
        bound_port = self._runner.addresses[0][1]
        self._base_url = f"http://{f'[{host}]' if ':' in host else host}:{bound_port}/v1"
        return self._base_url

    async def close(self) -> None:
        """Stop within a second, dropping whatever is still open. Closing twice is harmless."""
        runner, self._runner, self._base_url = self._runner, None, ""
        if runner is not None:
            await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[_errors_as_objects], client_max_size=_MAX_BODY_BYTES)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list_models)
        return app

    async def _list_models(self, request: web.Request) -> web.Response:
        entries = [
            {"id": model, "object": "model", "created": 0, "owned_by": self._name}
            for model in self._models
        ]
        return web.json_response({"object": "list", "data": entries})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        payload = _parse(await request.read())
        if isinstance(payload, web.Response):
            return payload
        answered = self._respond(payload)
        answer = await answered if inspect.isawaitable(answered) else answered
        await asyncio.sleep(answer.first_token_delay)
        if answer.body is not None:
            return _raw_response(answer, streamed=bool(payload.get("stream")))
        if answer.status != 200:
            error = answer.error or _error_object(answer.status, "The scripted answer is an error.")
            return web.json_response({"error": error}, status=answer.status, headers=answer.headers)
        reply = self._reply(payload, answer)
        if payload.get("stream"):
            return await _stream(request, reply)
        return web.json_response(reply.whole(), headers=answer.headers)

    def _reply(self, payload: dict[str, Any], answer: Scripted) -> Reply:
        head = {
            "id": f"chatcmpl-{self._name}-{next(self._numbers)}",
            "created": int(time.time()),
            "model": payload["model"],
            "system_fingerprint": self._name,
        }
        usage = answer.usage
        if usage is None:
            usage = count_usage(payload, answer, self._count_tokens)
        return Reply(payload, answer, head, usage)


class _ScriptedCutError(Exception):
    """The script wants the connection dropped here."""


async def _stream(request: web.Request, reply: Reply) -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers | dict(reply.answer.headers))
    try:
        await response.prepare(request)
        await _send(response, reply)
    except _ScriptedCutError:
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        pass  # the client hung up: nobody is left to tell
    return response


async def _send(response: web.StreamResponse, reply: Reply) -> None:
    """Write the chunks at the scripted pace. Raises `_ScriptedCutError` where the script says."""
    answer = reply.answer
    for chunk in reply.opening():
        await response.write(_event(chunk))
    for sent, chunk in enumerate(reply.content()):
        if sent == answer.cut_after:
            break
        if sent and answer.token_delay:
            await asyncio.sleep(answer.token_delay)
        await response.write(_event(chunk))
    if answer.cut_after is not None:
        raise _ScriptedCutError
    for chunk in reply.closing():
        await response.write(_event(chunk))
    await response.write(b"data: [DONE]\n\n")


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % json.dumps(chunk, separators=(",", ":")).encode()


def _raw_response(answer: Scripted, *, streamed: bool) -> web.Response:
    content_type = "text/event-stream" if streamed else "application/json"
    headers = {"Content-Type": content_type, **answer.headers}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _parse(body: bytes) -> dict[str, Any] | web.Response:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return _refusal(400, "The request body is not valid JSON.")
    if not isinstance(payload, dict):
        return _refusal(400, "The request body must be a JSON object.")
    for param, is_valid, rule in _RULES:
        if not is_valid(payload.get(param)):
            return _refusal(400, f"Invalid '{param}': {rule}.", param)
    return payload


def _are_messages(value: object) -> bool:
    entries = value if isinstance(value, list) else []
    return bool(entries) and all(
        isinstance(entry, dict) and isinstance(entry.get("role"), str) for entry in entries
    )


_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("model", lambda v: isinstance(v, str) and v != "", "a model name is required"),
    ("messages", _are_messages, "a non-empty array of objects with a role is required"),
    ("stream", lambda v: v is None or isinstance(v, bool), "it must be a boolean"),
    ("stream_options", lambda v: v is None or isinstance(v, dict), "it must be an object"),
    ("n", lambda v: v is None or (type(v) is int and 1 <= v <= 128), "it must be from 1 to 128"),
)


def _error_object(status: int, message: str, param: str | None = None) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    if status == 429:
        kind = "rate_limit_error"
    return {"message": message, "type": kind, "param": param, "code": None}


def _refusal(status: int, message: str, param: str | None = None) -> web.Response:
    return web.json_response({"error": _error_object(status, message, param)}, status=status)


@web.middleware
async def _errors_as_objects(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as exc:
        return _refusal(exc.status, f"{exc.reason} ({request.method} {request.path})")
    except Exception as exc:  # the fault goes to the caller, not to a log: it may quote a message
        return _refusal(500, f"{type(exc).__name__}: {exc}")
