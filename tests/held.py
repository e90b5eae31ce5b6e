"""A provider whose every call is held until the test lets it go, piece by piece."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from service import tokens
from service.scripted import Scripted, count_usage
from tests.payloads import asked_in

PATIENCE = 30
"""Seconds after which a test that waits for what never comes is given up."""


@dataclass
class HeldCall:
    """One streamed call. Nothing leaves the provider but what is said here."""

    body: dict[str, Any]
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    _orders: asyncio.Queue[str | int | None] = field(default_factory=asyncio.Queue)
    _said: str = ""

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def asked(self) -> list[str]:
        """What was said since the last answer: one message, of all that was said meanwhile."""
        return asked_in(self.messages)

    def say(self, text: str) -> None:
        self._said += text
        self._orders.put_nowait(text)

    def finish(self, text: str = "") -> None:
        if text:
            self.say(text)
        self._orders.put_nowait(None)

    def fail(self, status: int = 500) -> None:
        """An error; once something was said, a line that is cut."""
        self._orders.put_nowait(status)

    @property
    def usage(self) -> dict[str, Any]:
        """What the provider says that the call took."""
        return count_usage(self.body, Scripted(self._said), tokens.count)

    async def run(self, request: web.Request) -> web.StreamResponse:
        order = await self._orders.get()
        if isinstance(order, int):
            return web.json_response({"error": {"message": "held"}}, status=order)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while isinstance(order, str):
            await response.write(_event(_chunk({"content": order})))
            order = await self._orders.get()
        if isinstance(order, int) and request.transport is not None:
            request.transport.abort()
            return response
        await response.write(_event(_chunk({}, finish_reason="stop")))
        await response.write(_event(_chunk(None) | {"usage": self.usage}) + b"data: [DONE]\n\n")
        return response


class HeldModel:
    """The calls that have come in, in order."""

    def __init__(self) -> None:
        self.base_url = ""
        self.calls = 0
        self._arrived: asyncio.Queue[HeldCall] = asyncio.Queue()
        self._hurry: itertools.count[int] | None = None

    async def next_call(self) -> HeldCall:
        async with asyncio.timeout(PATIENCE):
            return await self._arrived.get()

    @property
    def waiting(self) -> int:
        """Calls that came in and that nobody has looked at."""
        return self._arrived.qsize()

    def answer_all(self) -> None:
        """Hold no call any longer: each is answered at once."""
        self._hurry = itertools.count(1)
        while not self._arrived.empty():
            self._arrived.get_nowait().finish(f"Late answer {next(self._hurry)}.")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        call = HeldCall(await request.json())
        self.calls += 1
        if self._hurry is None:
            self._arrived.put_nowait(call)
        else:
            call.finish(f"Late answer {next(self._hurry)}.")
        try:
            return await call.run(request)
        except (asyncio.CancelledError, ConnectionError):
            call.hung_up.set()
            raise


@asynccontextmanager
async def held_model() -> AsyncIterator[HeldModel]:
    model = HeldModel()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.handle)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    model.base_url = str(server.make_url("/v1"))
    try:
        yield model
    finally:
        model.answer_all()
        await server.close()


def _chunk(delta: dict[str, Any] | None, finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {
        "id": "chatcmpl-held",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "test-model",
        "choices": [] if delta is None else [choice],
    }


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % json.dumps(chunk).encode()
