"""Sockets that ask for more than any buffer holds and never read, beside those that do."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import select
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Recap
from tests.figures import milliseconds, percentile
from tests.raw_agent import Frame, RawAgent, connect, new_id, raise_file_limit

RECEIVE_BUFFER = 4096
BACKLOG, WORDS = 1200, "word " * 200
"""1.4 MB: the kernel holds some 100 kB of it, the server's two queues 100 to 200 kB each."""
CONNECTING = 10


@dataclass
class Deaf:
    """Agents' sockets that have subscribed and stopped reading.

    When each had asked and when it was gone: asking for all of the backlog fills its queue at
    once, so the time between is an upper bound for how long a full queue was borne. That a socket
    is gone the kernel tells (an epoll of their own), since nobody reads.
    """

    asked_at: dict[int, float] = field(default_factory=dict)
    gone_at: dict[int, float] = field(default_factory=dict)
    _agents: list[RawAgent] = field(default_factory=list)
    _poll: select.epoll = field(default_factory=select.epoll)
    _all_gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Deaf:
        asyncio.get_running_loop().add_reader(self._poll.fileno(), self._look)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._poll.fileno())
        self._poll.close()
        for agent in self._agents:
            agent.cut()
        await asyncio.gather(*(agent.closed.wait() for agent in self._agents))

    async def gather(self, url: str, tokens: Sequence[str], session_id: str) -> None:
        """Connect them all and have each ask for the session from its start."""
        raise_file_limit()
        turnstile = asyncio.Semaphore(CONNECTING)

        async def one(token: str) -> None:
            async with turnstile:
                agent = await connect(url, token, receive_buffer=RECEIVE_BUFFER)
                self._agents.append(agent)
                number: int = agent.transport.get_extra_info("socket").fileno()
                self.asked_at[number] = time.monotonic()
                agent.tell(type="subscribe", cmd_id=new_id(), cursors={session_id: 0})
                agent.transport.pause_reading()
                self._poll.register(number, select.EPOLLRDHUP)

        await asyncio.gather(*map(one, tokens))

    async def all_gone(self) -> None:
        async with asyncio.timeout(60):
            await self._all_gone.wait()

    @property
    def borne(self) -> list[float]:
        """For how long each was, in seconds."""
        return [gone_at - self.asked_at[number] for number, gone_at in self.gone_at.items()]

    def _look(self) -> None:
        for number, _ in self._poll.poll(0):
            self.gone_at[number] = time.monotonic()
            self._poll.unregister(number)
        if len(self.gone_at) == len(self.asked_at):
            self._all_gone.set()


@dataclass
class Pulse:
    """A customer who writes at a steady pace, and how long each message took to each reader.

    From before the POST to the frame: with the commit, and in one clock.
    """

    recap: Recap
    session: dict[str, Any]
    a_second: int
    latencies: list[tuple[float, float]] = field(default_factory=list)
    """Of each message at each reader: when it was sent, and seconds until it came."""
    _posting: set[asyncio.Task[Any]] = field(default_factory=set)

    def hear(self, frame: Frame) -> None:
        """What a reader does with a frame."""
        if frame["type"] == "message.created" and frame["kind"] == "customer":
            sent_at = float(frame["content"])
            self.latencies.append((sent_at, time.monotonic() - sent_at))

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Writes meanwhile, whether or not the server keeps up."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating, *self._posting], timeout=60)

    async def _beat(self) -> None:
        due = time.monotonic()
        while True:
            task = asyncio.create_task(self.recap.say(self.session, str(time.monotonic())))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)
            due += 1 / self.a_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def between(self, begin: float, end: float) -> list[float]:
        """Latencies of what was sent in that time."""
        return [took for sent_at, took in self.latencies if begin <= sent_at < end]


@dataclass
class Blocks:
    """Latencies by turns, in seconds: without the deaf, and while they are there."""

    without: list[list[float]] = field(default_factory=list)
    present: list[list[float]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Of the p99 while they are there to that without them: medians of the blocks', so that
        what else the machine did in one of them counts for little."""
        return self._p99(self.present) / self._p99(self.without)

    def figures(self) -> dict[str, Any]:
        whole = [list(itertools.chain(*blocks)) for blocks in (self.without, self.present)]
        return {
            "alternations": len(self.without),
            "samples": [len(samples) for samples in whole],
            "p50_ms": [milliseconds(percentile(samples, 50)) for samples in whole],
            "p99_ms": [milliseconds(self._p99(blocks)) for blocks in (self.without, self.present)],
            "ratio": round(self.ratio, 2),
            "p99_of_all_ms": [milliseconds(percentile(samples, 99)) for samples in whole],
            "p99_of_blocks_ms": [
                [milliseconds(percentile(block, 99)) for block in blocks]
                for blocks in (self.without, self.present)
            ],
        }

    @staticmethod
    def _p99(blocks: list[list[float]]) -> float:
        return statistics.median(percentile(block, 99) for block in blocks)


@contextlib.asynccontextmanager
async def no_garbage_collection() -> AsyncIterator[None]:
    """So that this process's own pauses are not taken for the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def write_backlog(owner: RawAgent, session_id: str) -> int:
    """More than a socket that is not read can take; the last seq of it."""
    seqs: list[int] = []
    for _ in range(BACKLOG // 100):
        notes = (owner.command("note", session_id=session_id, content=WORDS) for _ in range(100))
        seqs += [answer["message"]["seq"] for answer in await asyncio.gather(*notes)]
    return max(seqs)
