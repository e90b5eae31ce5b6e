"""Server-sent events over aiohttp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from service.events import Event

HEARTBEAT_SECONDS = 15.0


class EventStream:
    """An open stream of events. A client that has gone ends the handler, and nothing else."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
                **(headers or {}),
            }
        )

    async def open(self, request: web.Request) -> EventStream:
        await self._response.prepare(request)
        return self

    async def send(self, event: Event) -> None:
        lines = f"event: {event.name}\n"
        if event.id is not None:
            lines += f"id: {event.id}\n"
        await self._response.write(lines.encode() + b"data: " + orjson.dumps(event.data) + b"\n\n")

    async def send_data(self, data: Any) -> None:
        """An event without a name, as OpenAI's streams have them."""
        await self.send_bytes(b"data: " + orjson.dumps(data) + b"\n\n")

    async def send_bytes(self, raw: bytes) -> None:
        await self._response.write(raw)

    async def heartbeat(self) -> None:
        await self._response.write(b": still here\n\n")

    async def close(self) -> web.StreamResponse:
        await self._response.write_eof()
        return self._response
