"""What a call costs in CPU: the SDK's typed layer against the way that `llm.Model` takes.

The provider runs in a thread of its own, and only the caller's thread is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import openai

from service import tokens
from service.llm import Model
from service.loopback import LoopbackModel, Scripted

CALLS = 20
MESSAGES = (1, 20, 600)

Call = Callable[[list[dict[str, Any]]], Awaitable[Any]]


async def client_rows() -> list[dict[str, Any]]:
    """CPU milliseconds a call by number of messages, whole answers of a few words."""
    with _provider() as base_url:
        rows = []
        for count in MESSAGES:
            messages = [
                {"role": "user", "content": f"message {n} of some words"} for n in range(count)
            ]
            row: dict[str, Any] = {"messages": count}
            async with _ways(base_url) as ways:
                for name, call in ways.items():
                    row[name] = round(await _cpu(call, messages) * 1000, 2)
            rows.append(row)
        return rows


async def _cpu(call: Call, messages: list[dict[str, Any]]) -> float:
    await call(messages)
    started = time.thread_time()
    for _ in range(CALLS):
        await call(messages)
    return (time.thread_time() - started) / CALLS


@contextlib.asynccontextmanager
async def _ways(base_url: str) -> AsyncIterator[dict[str, Call]]:
    httpx = openai.AsyncOpenAI(api_key="bench", base_url=base_url)
    aio = openai.AsyncOpenAI(
        api_key="bench", base_url=base_url, http_client=openai.DefaultAioHttpClient()
    )
    recap = Model(api_key="bench", base_url=base_url, timeout=10, max_retries=0)

    def typed(client: openai.AsyncOpenAI) -> Call:
        async def call(messages: list[dict[str, Any]]) -> Any:
            return await client.chat.completions.create(model="m", messages=messages)  # type: ignore[arg-type]

        return call

    async def posted(messages: list[dict[str, Any]]) -> Any:
        return await recap.complete({"model": "m", "messages": messages})

    async with httpx, aio, recap:
        yield {"create_ms": typed(httpx), "create_aiohttp_ms": typed(aio), "recap_ms": posted}


@contextlib.contextmanager
def _provider() -> Iterator[str]:
    ready: list[str] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = LoopbackModel(lambda body: Scripted(text="yes, it is"), count_tokens=tokens.count)
        ready.append(await server.start())
        started.set()
        await stop.wait()
        await server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
