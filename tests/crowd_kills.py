"""Live agents at work while their server is killed, and what they were told was done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import Recap
from tests.crowd_claims import open_many
from tests.crowd_cuts import Entry, Roamer, stored
from tests.crowd_server import Shop
from tests.raw_agent import PATIENCE, Frame, new_id
from tests.watching import rows


@dataclass
class Worker:
    """A live agent who writes and claims without a pause, and keeps every answer."""

    agent_id: str
    own: Sequence[str]
    roamer: Roamer
    free: Iterator[str]
    """Conversations that nobody has, each claimed by one worker alone."""
    messages: list[Frame] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    is_done: bool = False

    async def write(self, session: str) -> None:
        """Messages and notes in one of the agent's own."""
        await self.roamer.do("claim", session)
        self.claims.append(session)
        while not self.is_done:
            name, content = self.roamer.choose.choice(["send", "send", "note"]), new_id()
            own = {"client_msg_id": content} if name == "send" else {}
            answer = await self.roamer.do(name, session, content=content, **own)
            self.messages.append(answer["message"])

    async def claim(self) -> None:
        """One conversation after the other."""
        for session in self.free:
            if self.is_done:
                return
            answer = await self.roamer.do("claim", session)
            assert answer["session"]["owner"] == self.agent_id
            self.claims.append(session)

    async def repeat(self) -> int:
        """Say the last message again that was said; how many were."""
        said = [message for message in self.messages if message["kind"] == "agent"]
        for message in said[-1:]:
            again = {"content": message["content"], "client_msg_id": message["client_msg_id"]}
            answer = await self.roamer.do("send", message["session_id"], **again)
            assert answer["message"] == message
        return len(said[-1:])

    def work(self) -> list[asyncio.Task[None]]:
        """All of it at once; goes on by itself when the server is back."""
        writing = (self.write(session) for session in self.own)
        return [asyncio.create_task(doing) for doing in (self.claim(), *writing)]


@dataclass
class Floor:
    """Everybody at work, through one life of the server after the other."""

    shop: Shop
    choose: random.Random
    workers: list[Worker] = field(default_factory=list)
    repeated: int = 0
    followed: list[str] = field(default_factory=list)
    """The sessions that are written in; everybody follows all of them."""
    _working: list[asyncio.Task[None]] = field(default_factory=list)

    async def come(self, recap: Recap, *, free: int) -> None:
        """Connect to a server that has started; the first time, begin to work."""
        if not self.workers:
            await self._open(recap, free)
        for worker in self.workers:
            worker.roamer.url = recap.url
            await worker.roamer.come()
            self.repeated += await worker.repeat()
        if not self._working:
            self._working = [task for worker in self.workers for task in worker.work()]

    async def finish(self, database: Path) -> dict[str, list[Entry]]:
        """Stop working, and have everybody see everything; what the table holds."""
        for worker in self.workers:
            worker.is_done = True
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self._working)
        tables = {session: stored(database, session) for session in self.followed}
        ends = {session: len(table) for session, table in tables.items()}
        await asyncio.gather(*(worker.roamer.until_at(ends) for worker in self.workers))
        return tables

    async def _open(self, recap: Recap, free: int) -> None:
        opened = [
            session["id"] for session in await open_many(recap, free + 2 * len(self.shop.staff))
        ]
        self.followed, left = opened[free:], iter(opened[:free])
        for n, one in enumerate(self.shop.staff):
            own = self.followed[2 * n : 2 * n + 2]
            roamer = Roamer(recap.url, one.token, self.followed, self.choose)
            self.workers.append(Worker(one.id, own, roamer, left))


@dataclass(frozen=True)
class Account:
    """What a table says of workers: how much of what was answered is there, and how much of what
    was not."""

    messages: int
    claims: int
    unanswered_but_there: int

    @classmethod
    def of(cls, database: Path, workers: list[Worker]) -> Account:
        """Raises where something that was answered is missing, different, or there twice."""
        sql = "SELECT id, session_id, seq, kind, content, agent_id FROM messages"
        table = {row["id"]: row for row in rows(database, sql)}
        contents = [row["content"] for row in table.values() if row["kind"] in ("agent", "note")]
        assert len(contents) == len(set(contents)), "a message was doubled"
        sessions = rows(database, "SELECT id, owner FROM sessions")
        owners = {row["id"]: row["owner"] for row in sessions}
        claimed = {
            (row["session_id"], row["agent_id"])
            for row in table.values()
            if row["content"] == "claimed"
        }
        for worker in workers:
            for message in worker.messages:
                row = table[message["id"]]
                fields = ("session_id", "seq", "kind", "content")
                assert [row[name] for name in fields] == [message[name] for name in fields]
            for session in worker.claims:
                assert owners[session] == worker.agent_id
                assert (session, worker.agent_id) in claimed
        unanswered = {words for worker in workers for words in worker.roamer.unanswered}
        return cls(
            messages=sum(len(worker.messages) for worker in workers),
            claims=sum(len(worker.claims) for worker in workers),
            unanswered_but_there=len(unanswered & set(contents)),
        )
