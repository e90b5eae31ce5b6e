"""Runs: a Recap server, a scripted provider behind it, and a customer in front of it.

Token figures are what reached the provider, by its own usage. The provider of the latency run
makes its first token wait for the prompt tokens that it has not seen, as real ones do.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from service import tokens
from service.app import create_app, open_rooms
from service.bench.workload import Conversation
from service.loopback import LoopbackModel, Scripted
from service.settings import Settings
from service.storage import migrate

MODEL = "bench"
FIRST_TOKEN_SECONDS = 0.150
SECONDS_PER_TOKEN = 12e-6
"""Of a small hosted model: 176 ms at under 1 KB of prompt, 359 ms at 16,000 tokens."""
MIN_CACHED = 1024
CACHED_SHARE = 0.1
MILLION = 1_000_000

Advance = Callable[[], None]


@dataclass(frozen=True, slots=True)
class TokenRun:
    """Prompts of conversations: tokens sent and those of the whole histories, and what both were
    billed in input-token equivalents (a token that the provider had cached counts a tenth)."""

    turns: int
    sent: int
    whole: int
    billed: float
    whole_billed: float
    hits: int


@dataclass(frozen=True, slots=True)
class LatencyRun:
    """First-token medians in seconds, whole history and Recap, turn by turn in one run."""

    turns: int
    whole: float
    recap: float

    @property
    def ratio(self) -> float:
        return self.whole / self.recap


@dataclass(frozen=True, slots=True)
class Added:
    """Seconds that Recap adds to a turn: until the provider is asked, and in all, each as the time
    through it less that of the same request straight to the provider, just afterwards."""

    before: float
    whole: float


@dataclass(slots=True)
class Provider:
    """Gives each question its recorded reply; with `slow`, late by what it has not seen."""

    caches: bool = False
    slow: bool = False
    reply: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    asked_at: float = 0.0

    def respond(self, body: dict[str, Any]) -> Scripted:
        self.asked_at = time.perf_counter()
        prompt = tokens.count_messages(body["messages"]) + tokens.REPLY_PRIMING
        cached = self._cached(body["messages"]) if self.caches else 0
        self.seen = body["messages"]
        delay = FIRST_TOKEN_SECONDS + SECONDS_PER_TOKEN * (prompt - cached) if self.slow else 0
        return Scripted(
            text=self.reply,
            first_token_delay=delay,
            usage={
                "prompt_tokens": prompt,
                "completion_tokens": tokens.count(self.reply),
                "total_tokens": prompt + tokens.count(self.reply),
                "prompt_tokens_details": {"cached_tokens": cached},
            },
        )

    def _cached(self, messages: list[dict[str, Any]]) -> int:
        common = 0
        for old, new in zip(self.seen, messages, strict=False):
            if old != new:
                break
            common += tokens.count_message(new)
        return common if common >= MIN_CACHED else 0


@dataclass(frozen=True, slots=True)
class Customer:
    """A chat page against a running server."""

    http: aiohttp.ClientSession
    provider: Provider
    tenant_key: str
    upstream_url: str

    async def open(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.tenant_key}"}
        async with self.http.post("/v1/sessions", json={}, headers=headers) as response:
            session: dict[str, Any] = await response.json()
            return session

    async def ask(self, session: dict[str, Any], question: str, reply: str) -> dict[str, Any]:
        """The whole answer. Raises aiohttp's error for a status of 400 or more."""
        self.provider.reply = reply
        async with self.http.post(
            f"/v1/sessions/{session['id']}/messages",
            json={"content": question},
            headers={"Authorization": f"Bearer {self.tenant_key}"},
            raise_for_status=True,
        ) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def first_delta(self, session: dict[str, Any], question: str, reply: str) -> float:
        """Seconds to the first delta of a streamed answer; the rest is read too."""
        self.provider.reply = reply
        headers = {"Authorization": f"Bearer {session['token']}", "Accept": "text/event-stream"}
        url = f"/v1/sessions/{session['id']}/messages"
        return await self._first_line(url, {"content": question}, headers, b"event: delta")

    async def first_chunk(self, messages: list[dict[str, Any]]) -> float:
        """Seconds to the first words straight from the provider."""
        url = f"{self.upstream_url}/chat/completions"
        body = {"model": MODEL, "messages": messages, "stream": True}
        return await self._first_line(url, body, {}, b'"content": "', b'"content":"')

    async def _first_line(
        self, url: str, body: dict[str, Any], headers: dict[str, str], *marks: bytes
    ) -> float:
        started = time.perf_counter()
        first: float | None = None
        async with self.http.post(url, json=body, headers=headers) as response:
            async for line in response.content:
                if first is None and any(mark in line for mark in marks):
                    first = time.perf_counter() - started
        if first is None:
            raise RuntimeError("the stream held no answer")
        return first


async def token_run(conversation: Conversation, *, caches: bool, advance: Advance) -> TokenRun:
    """Drive a conversation through Recap, its replies as they were given."""
    sent = whole = hits = 0
    billed = whole_billed = 0.0
    history = tokens.count_message({"role": "system", "content": conversation.system_prompt})
    async with customer(conversation.system_prompt, caches=caches) as asking:
        session = await asking.open()
        for question, reply in conversation.rounds:
            answer = await asking.ask(session, question, reply)
            sent += answer["usage"]["prompt_tokens"]
            billed += answer["usage"]["cost"] * MILLION
            whole_billed += (answer["usage"]["cost"] + answer["usage"]["saved_cost"]) * MILLION
            hits += answer["cache"]["status"] == "hit"
            history += tokens.count_message({"role": "user", "content": question})
            whole += history + tokens.REPLY_PRIMING
            history += tokens.count_message({"role": "assistant", "content": reply})
            advance()
    return TokenRun(len(conversation.rounds), sent, whole, billed, whole_billed, hits)


async def latency_run(
    conversation: Conversation, *, caches: bool, every: int, advance: Advance
) -> LatencyRun:
    """First-token times at every n-th turn, whole history and Recap in turn, each on its own
    provider's cache."""
    whole: list[float] = []
    recap: list[float] = []
    history = [{"role": "system", "content": conversation.system_prompt}]
    async with customer(conversation.system_prompt, caches=caches) as asking:
        session = await asking.open()
        provider = asking.provider
        seen_whole: list[dict[str, Any]] = []
        for number, (question, reply) in enumerate(conversation.rounds, 1):
            history.append({"role": "user", "content": question})
            if number % every:
                await asking.ask(session, question, reply)
                seen_whole = list(history)
            else:
                provider.slow = True
                recap.append(await asking.first_delta(session, question, reply))
                seen_recap, provider.seen = provider.seen, seen_whole
                whole.append(await asking.first_chunk(history))
                provider.seen, seen_whole = seen_recap, list(history)
                provider.slow = False
            history.append({"role": "assistant", "content": reply})
            advance()
    return LatencyRun(len(recap), statistics.median(whole), statistics.median(recap))


async def added_run(conversation: Conversation, *, caches: bool, advance: Advance) -> list[Added]:
    """What Recap adds to each turn, the provider answering at once."""
    added = []
    async with customer(conversation.system_prompt, caches=caches) as asking:
        session, provider = await asking.open(), asking.provider
        for question, reply in conversation.rounds:
            started = time.perf_counter()
            await asking.ask(session, question, reply)
            ended, asked_at = time.perf_counter(), provider.asked_at
            straight = time.perf_counter()
            await asking.first_chunk(provider.seen)
            spent = time.perf_counter() - straight
            before = (asked_at - started) - (provider.asked_at - straight)
            added.append(Added(before, (ended - started) - spent))
            advance()
    return added


def together(runs: Sequence[TokenRun]) -> TokenRun:
    """Several conversations as one sum."""
    return TokenRun(
        sum(run.turns for run in runs),
        sum(run.sent for run in runs),
        sum(run.whole for run in runs),
        sum(run.billed for run in runs),
        sum(run.whole_billed for run in runs),
        sum(run.hits for run in runs),
    )


@contextlib.asynccontextmanager
async def customer(system_prompt: str, *, caches: bool = False) -> AsyncIterator[Customer]:
    """A server over a fresh SQLite file, a scripted provider behind it, all on loopback."""
    provider = Provider(caches=caches)
    upstream = LoopbackModel(provider.respond, count_tokens=tokens.count)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(upstream.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings = Settings(
            _env_file=None,
            database_url=f"sqlite:///{Path(folder) / 'bench.db'}",
            openai_base_url=await upstream.start(),
            openai_model=MODEL,
            system_prompt=system_prompt,
            prices_file=_price_file(Path(folder), caches),
            reply_reuse=False,
        )
        migrate.upgrade(settings.database_url)
        rooms = await stack.enter_async_context(open_rooms(settings))
        keys = await rooms.tenants.create("bench")
        runner = web.AppRunner(create_app(settings, rooms), access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        http = await stack.enter_async_context(aiohttp.ClientSession(url))
        yield Customer(http, provider, keys.key, upstream.base_url)


def _price_file(folder: Path, caches: bool) -> Path:
    """Input at 1 a million tokens and answers for nothing, so that money is input tokens."""
    cached = CACHED_SHARE if caches else 1
    price = {"input": 1, "cached_input": cached, "output": 0, "min_cacheable_tokens": MIN_CACHED}
    path = folder / "prices.json"
    path.write_bytes(orjson.dumps({MODEL: price}))
    return path
