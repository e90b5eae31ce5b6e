"""Callers of the completions face who all ask the same at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from service import completion
from tests.conftest import Recap
from tests.probes import metric, user

PATIENCE = 60
"""Seconds after which what never comes is given up."""
FILES = 4200
"""Descriptors for a thousand callers: a socket on either side each, and room."""


@dataclass(frozen=True)
class Heard:
    """One caller's answer: its status, Cache-Status, and the body as it came."""

    status: int
    cache_status: str
    raw: bytes
    stream: bool

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = [line for line in self.raw.split(b"\n") if line.startswith(b"data: {")]
        return [orjson.loads(line.removeprefix(b"data: ")) for line in lines]

    @property
    def body(self) -> dict[str, Any]:
        """The completion, put together where it was streamed."""
        whole: dict[str, Any] = (
            completion.assemble(self.events) if self.stream else orjson.loads(self.raw)
        )
        return whole

    @property
    def said(self) -> tuple[Any, ...]:
        choice = self.body["choices"][0]
        message = choice["message"]
        return message["content"], message.get("tool_calls"), choice["finish_reason"]


class Crowd:
    """Callers who all ask the same for the same customer, or without one."""

    def __init__(
        self, recap: Recap, http: aiohttp.ClientSession, question: str, customer: str | None
    ) -> None:
        self.recap = recap
        self.question = question
        self.customer = customer
        self._http = http
        self.asking: list[asyncio.Task[Heard]] = []

    def ask(self, *, stream: bool, **headers: str) -> asyncio.Task[Heard]:
        task = asyncio.create_task(self._ask(stream, headers))
        self.asking.append(task)
        return task

    async def heard(self) -> list[Heard]:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.gather(*self.asking)

    async def all_on_board(self, turns: int | None = None) -> None:
        """Every turn has begun, and so has found its flight."""
        wanted = len(self.asking) if turns is None else turns
        async with asyncio.timeout(PATIENCE):
            running = -1.0
            while running != wanted:
                running = await metric(self.recap, "recap_turns_running")

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[aiohttp.ClientResponse]:
        """A stream, as soon as it begins."""
        async with self._post(True, {}) as response:
            yield response

    def _post(
        self, stream: bool, headers: dict[str, str]
    ) -> contextlib.AbstractAsyncContextManager[Any]:
        body: dict[str, Any] = {"model": "test-model", "messages": [user(self.question)]}
        body |= {"stream": stream, "user": self.customer}
        if stream:
            body["stream_options"] = {"include_usage": True}
        return self._http.post(
            "/v1/chat/completions", json=body, headers=self.recap.bearer() | headers
        )

    async def _ask(self, stream: bool, headers: dict[str, str]) -> Heard:
        async with self._post(stream, headers) as response:
            cache_status = response.headers.get("Cache-Status", "")
            return Heard(response.status, cache_status, await response.read(), stream)


@contextlib.asynccontextmanager
async def crowd_of(
    recap: Recap, question: str = "Hi", *, customer: str | None = "ann"
) -> AsyncIterator[Crowd]:
    _raise_file_limit()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(recap.url, connector=connector) as http:
        yield Crowd(recap, http, question, customer)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, FILES)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
