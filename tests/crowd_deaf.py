"""Sockets that ask for more than any buffer holds and never read, beside those that do."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import select
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Recap
from tests.figures import milliseconds, percentile
from tests.raw_agent import Frame, RawAgent, connect, new_id, raise_file_limit

RECEIVE_BUFFER = 4096
BACKLOG, WORDS = 1200, "word " * 200
"""1.4 MB: the kernel holds some 100 kB of it, the server's two queues 100 to 200 kB each."""
CONNECTING = 10
BLOCKS, MOST_BLOCKS, CALM = 5, 8, 0.1
"""How many blocks of either kind count; how many are tried where others take more than a tenth of
the machine."""


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


@dataclass(frozen=True)
class Block:
    """Latencies in seconds of some time, and what share of the machine others took in it."""

    latencies: list[float]
    foreign: float

    @property
    def p99(self) -> float:
        return percentile(self.latencies, 99)


@dataclass
class Blocks:
    """Time without the deaf and while they are there, by turns.

    What is told is told of the calm blocks, those in which other processes took least of the
    machine: chosen by that alone, whatever the latencies in them.
    """

    pids: tuple[int, ...]
    """The server's process, and this one."""
    without: list[Block] = field(default_factory=list)
    present: list[Block] = field(default_factory=list)
    _began: tuple[float, float] = (0.0, 0.0)

    @property
    def are_enough(self) -> bool:
        """Were enough of both calm, or is it given up to wait for that?"""
        calm = [sum(b.foreign <= CALM for b in arm) for arm in (self.without, self.present)]
        return min(calm) >= BLOCKS or len(self.present) >= MOST_BLOCKS

    def begin(self) -> None:
        """A block begins."""
        self._began = time.monotonic(), self._foreign_seconds()

    def end(self, pulse: Pulse, arm: list[Block]) -> None:
        began, foreign = self._began
        now = time.monotonic()
        share = (self._foreign_seconds() - foreign) / (now - began) / (os.cpu_count() or 1)
        arm.append(Block(pulse.between(began, now), max(0.0, share)))

    @property
    def ratio(self) -> float:
        """Of the p99 while they are there to that without them, each the median of its blocks'."""
        return self._p99(self.present) / self._p99(self.without)

    def figures(self) -> dict[str, Any]:
        arms = [self._calm(self.without), self._calm(self.present)]
        whole = [list(itertools.chain(*(block.latencies for block in arm))) for arm in arms]
        return {
            "alternations": len(self.without),
            "samples": [len(samples) for samples in whole],
            "p50_ms": [milliseconds(percentile(samples, 50)) for samples in whole],
            "p99_ms": [milliseconds(self._p99(arm)) for arm in (self.without, self.present)],
            "ratio": round(self.ratio, 2),
            "p99_of_blocks_ms": [[milliseconds(block.p99) for block in arm] for arm in arms],
            "foreign_share": [[round(block.foreign, 2) for block in arm] for arm in arms],
        }

    @classmethod
    def _p99(cls, arm: list[Block]) -> float:
        return statistics.median(block.p99 for block in cls._calm(arm))

    @staticmethod
    def _calm(arm: list[Block]) -> list[Block]:
        return sorted(arm, key=lambda block: block.foreign)[:BLOCKS]

    def _foreign_seconds(self) -> float:
        """CPU time that went to others, ever."""
        ticks = os.sysconf("SC_CLK_TCK")
        user, nice, system, _, _, *rest = _numbers("/proc/stat", 1, 9)
        own = sum(sum(_numbers(f"/proc/{pid}/stat", 13, 15)) for pid in self.pids)
        return (user + nice + system + sum(rest) - own) / ticks


def _numbers(path: str, first: int, last: int) -> list[int]:
    """Some of the fields of a file's first line, whose second one holds no blank."""
    return [int(number) for number in Path(path).read_text().split("\n")[0].split()[first:last]]


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
