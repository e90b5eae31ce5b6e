"""Live agents whose lines are cut again and again, and who come back by their cursors."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Recap
from tests.raw_agent import Cut, Frame, RawAgent, connect, new_id
from tests.watching import rows

Entry = tuple[int, str, str, str]
"""Of a message: seq, id, kind and content."""
LINE_SECONDS = (0.5, 2.0)
"""How long a line lasts."""


@dataclass
class Roamer:
    """A live agent who follows sessions over one line after the other.

    From the answer to `subscribe` on, whatever comes is taken as it is: nothing is sorted out.
    """

    url: str
    token: str
    sessions: Sequence[str]
    choose: random.Random
    seen: dict[str, list[Entry]] = field(default_factory=dict)
    resyncs: list[Frame] = field(default_factory=list)
    """Whatever was said of a loss; there is to be none."""
    cuts: int = 0
    tried_again: int = 0
    unanswered: list[str] = field(default_factory=list)
    """What is being said, as far as no answer has come."""
    _agent: RawAgent | None = None
    _online: asyncio.Event = field(default_factory=asyncio.Event)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _subscribing: str = ""

    async def come(self) -> RawAgent:
        """A new line that goes on where the last one ended."""
        self._subscribing = new_id()
        self._agent = agent = await connect(self.url, self.token, self._hear)
        cursors = {session: self.cursor(session) for session in self.sessions}
        agent.tell(type="subscribe", cmd_id=self._subscribing, cursors=cursors)
        self._online.set()
        return agent

    async def roam(self) -> None:
        """Come, and be cut; until this is cancelled."""
        while True:
            agent = await self.come()
            try:
                await asyncio.sleep(self.choose.uniform(*LINE_SECONDS))
            finally:
                self._online.clear()
                agent.cut()
                await agent.closed.wait()
            self.cuts += 1

    def cursor(self, session: str) -> int:
        """The last seq seen."""
        seen = self.seen.get(session)
        return seen[-1][0] if seen else 0

    async def do(self, name: str, session: str, **fields: Any) -> Frame:
        """Have a command done, over as many lines as it takes: with the id that it had, or, where
        it has one of the message's own, now and then with a new one."""
        cmd_id = new_id()
        self.unanswered.append(fields.get("content", ""))
        while True:
            await self._online.wait()
            agent = self._agent
            assert agent is not None
            try:
                answer = await agent.command(name, cmd_id=cmd_id, session_id=session, **fields)
            except Cut:
                if agent is self._agent:
                    self._online.clear()
                self.tried_again += 1
                if "client_msg_id" in fields and self.choose.random() < 0.5:
                    cmd_id = new_id()
            else:
                assert answer["type"] == "result", answer
                self.unanswered.remove(fields.get("content", ""))
                return answer

    async def until_at(self, ends: dict[str, int]) -> None:
        """Everything up to these seqs was seen."""
        async with asyncio.timeout(60):
            while any(self.cursor(session) < seq for session, seq in ends.items()):
                self._moved.clear()
                await self._moved.wait()

    def _hear(self, frame: Frame) -> None:
        if frame["type"] == "resync_required":
            self.resyncs.append(frame)
        elif frame["type"] == "result" and frame["cmd_id"] == self._subscribing:
            self._subscribing = ""
        elif self._subscribing or frame.get("session_id") not in self.sessions:
            return
        elif frame["type"] == "message.created":
            entry = frame["seq"], frame["id"], frame["kind"], frame["content"]
            self.seen.setdefault(frame["session_id"], []).append(entry)
            self._moved.set()


@dataclass(frozen=True)
class Faults:
    """What went wrong on the way to one client."""

    lost: int
    doubled: int
    out_of_order: int

    @classmethod
    def between(cls, stored: Sequence[Entry], seen: Sequence[Entry]) -> Faults:
        steps = itertools.pairwise(seen)
        return cls(
            lost=len(set(stored) - set(seen)),
            doubled=len(seen) - len(set(seen)),
            out_of_order=sum(after[0] <= before[0] for before, after in steps),
        )


async def work(roamer: Roamer, session: str, choose: random.Random, times: int) -> None:
    """The owner's side: messages, notes, and the session given back and taken again."""
    for number in range(times):
        dice = choose.random()
        words = f"{session} {number}"
        if dice < 0.06:
            await roamer.do("release", session)
            await roamer.do("claim", session)
        elif dice < 0.25:
            await roamer.do("note", session, content=words)
        else:
            await roamer.do("send", session, content=words, client_msg_id=new_id())


async def write(recap: Recap, session: dict[str, Any], times: int) -> None:
    """The customer's side."""
    for number in range(times):
        answer = await recap.say(session, f"Customer {number}")
        assert answer["reply"] is None


def stored(database: Path, session: str) -> list[Entry]:
    """What is in the table."""
    sql = "SELECT seq, id, kind, content FROM messages WHERE session_id = ? ORDER BY seq"
    return [tuple(row) for row in rows(database, sql, session)]
