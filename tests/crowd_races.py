"""Claims that come while the bot is answering: anywhere in its turn, and where it is narrowest."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.loopback import Scripted
from service.storage.sessions import Sessions
from tests.conftest import Recap, last_text
from tests.crowd_server import Shop
from tests.raw_agent import Frame, RawAgent, connect
from tests.watching import Heard, Listening, eventually, listen, rows

ANYWHERE, AT_COMMIT, IN_COMMIT = "anywhere", "at the commit", "between check and insert"
SEAMS = {ANYWHERE: 8, AT_COMMIT: 1, IN_COMMIT: 1}
"""Where claims are placed, and how often of ten."""
STEPS = 40
"""Turns of the event loop by which a claim at a seam is early or late, at most."""
OVER = frozenset({"returned to bot", "resolved", "reopened"})


@dataclass
class Pace:
    """How long a turn takes beyond what the model does, in seconds; so that claims can be placed
    uniformly over all of it."""

    overhead: float = 0.02

    def learn(self, seconds: float) -> None:
        self.overhead += 0.05 * (seconds - self.overhead)


class Seams:
    """Stops a turn for a moment where its reply is committed, so that a claim comes just there.

    The claim is told when to go, and the turn goes on after so many steps of the loop, whatever
    became of the claim.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._waiting: dict[tuple[str, str], tuple[asyncio.Event, int]] = {}
        commit, insert = sessions.commit, sessions._insert_reply

        async def at_commit(reply: Any, turn: Any) -> Any:
            await self._stop(AT_COMMIT, reply.session_id)
            return await commit(reply, turn)

        async def in_commit(tx: Any, session: Any, reply: Any, turn_id: str) -> Any:
            await self._stop(IN_COMMIT, session.id)
            return await insert(tx, session, reply, turn_id)

        sessions.commit = at_commit  # type: ignore[method-assign, assignment]
        sessions._insert_reply = in_commit  # type: ignore[method-assign, assignment]

    def expect(self, seam: str, session_id: str, steps: int) -> asyncio.Event:
        """An event for the moment when the next turn of that session is there."""
        reached = asyncio.Event()
        self._waiting[seam, session_id] = reached, steps
        return reached

    async def _stop(self, seam: str, session_id: str) -> None:
        reached, steps = self._waiting.pop((seam, session_id), (None, 0))
        if reached is not None:
            reached.set()
            for _ in range(steps):
                await asyncio.sleep(0)


@dataclass
class Racer:
    """A conversation whose customer asks and whose live agent claims, again and again."""

    recap: Recap
    session: Mapping[str, Any]
    agent: RawAgent
    agent_id: str
    listening: Listening
    seams: Seams
    pace: Pace
    choose: random.Random
    heard_by_agent: list[Frame]
    outcomes: Counter[str] = field(default_factory=Counter)

    async def race(self, number: int) -> None:
        """One question, and a claim somewhere in its turn; then the bot has the session again."""
        (seam,) = self.choose.choices(list(SEAMS), list(SEAMS.values()))
        text = f"{self.session['id']} {number}"
        answer = Scripted(
            text=" ".join(["word"] * self.choose.randint(1, 4)),
            first_token_delay=self.choose.uniform(0, 0.02),
            token_delay=self.choose.uniform(0, 0.005),
        )
        script(self.recap)[text] = answer
        reached = self.seams.expect(seam, self.session["id"], self.choose.randrange(STEPS))
        began = time.monotonic()
        asking = asyncio.create_task(self.recap.say(self.session, text))
        if seam == ANYWHERE:
            lasts = self.pace.overhead + lasting(answer)
            await asyncio.sleep(self.choose.uniform(0, 1.1 * lasts))
        else:
            async with asyncio.timeout(30):
                await reached.wait()
            for _ in range(self.choose.randrange(STEPS)):
                await asyncio.sleep(0)
        claimed = await self._claim()
        answered = await asking
        if answered["reply"]:
            self.pace.learn(time.monotonic() - began - lasting(answer))
        self._judge(seam, answered, claimed)
        await self._give_back(number, answered)

    def _judge(self, seam: str, answered: dict[str, Any], claimed: Frame) -> None:
        reply, seq = answered["reply"], claimed["session"]["last_seq"]
        if reply is not None:
            assert reply["seq"] < seq, "the bot spoke after the claim"
            self.outcomes[f"{seam}: answered before"] += 1
        elif answered["message"]["seq"] > seq:
            self.outcomes[f"{seam}: claimed before the question"] += 1
        else:
            assert answered["owner"] == self.agent_id
            self.outcomes[f"{seam}: fenced"] += 1

    async def _give_back(self, number: int, answered: dict[str, Any]) -> None:
        """The bot answers what nobody did; after `resolved` it has the session by the customer's
        next words."""
        if number % 2:
            await self._command("send", content=f"I have it {number}")
            await self._command("resolve")
            return
        back = await self._command("return_to_bot")
        if answered["reply"] is None:
            after = back["session"]["last_seq"]
            await eventually(lambda: any(is_reply_after(e, after) for e in self.listening.heard))

    async def _claim(self) -> Frame:
        """Until the question is there, a session that was resolved cannot be claimed."""
        while True:
            answer = await self.agent.command("claim", session_id=self.session["id"])
            if answer.get("code") != "resolved":
                assert answer["type"] == "result", answer
                return answer

    async def _command(self, name: str, **fields: Any) -> Frame:
        answer = await self.agent.command(name, session_id=self.session["id"], **fields)
        assert answer["type"] == "result", answer
        return answer

    async def judge_all(self) -> None:
        """What the customer and the agent were shown, held against the table."""
        sql = "SELECT seq, kind, content FROM messages WHERE session_id = ? ORDER BY seq"
        stored = [tuple(row) for row in rows(self.recap.database, sql, self.session["id"])]
        await eventually(lambda: len(said(self.listening.heard)) >= len(stored))
        assert said(self.listening.heard) == stored
        assert not spoken_over([(kind, content) for _, kind, content in stored])
        heard = [(kind_of(event), event.data.get("content")) for event in self.listening.heard]
        assert not spoken_over(heard)
        shown = [(kind_of_frame(f), f.get("content")) for f in self.heard_by_agent]
        assert not spoken_over(shown, claimed=True)
        seqs = [frame["seq"] for frame in self.heard_by_agent if frame["type"] == "message.created"]
        assert seqs == sorted(set(seqs)), "the agent was told something twice"


@contextlib.asynccontextmanager
async def racer(
    recap: Recap, shop: Shop, seams: Seams, pace: Pace, choose: random.Random
) -> AsyncIterator[Racer]:
    """A new conversation, its customer listening, and a new agent of its own."""
    session = await recap.open_session(shop.keys.key)
    heard: list[Frame] = []
    (one,) = shop.staff
    agent = await connect(recap.url, one.token, heard.append)
    async with listen(recap, session) as listening:
        reading = asyncio.create_task(listening.rest())
        try:
            yield Racer(recap, session, agent, one.id, listening, seams, pace, choose, heard)
        finally:
            reading.cancel()
            await asyncio.wait([reading])
            agent.cut()
            await agent.closed.wait()


def script(recap: Recap) -> dict[str, Scripted]:
    """The model's answers by the newest message."""
    scripts: dict[str, dict[str, Scripted]] = vars(recap.upstream)
    if "by_text" not in scripts:
        scripts["by_text"] = {}
        recap.upstream.default = lambda body: scripts["by_text"][last_text(body)]
    return scripts["by_text"]


def lasting(answer: Scripted) -> float:
    """How long the model takes over an answer."""
    return answer.first_token_delay + answer.token_delay * answer.text.count(" ")


def is_reply_after(event: Heard, seq: int) -> bool:
    return kind_of(event) == "bot" and event.data["seq"] > seq


def said(heard: list[Heard]) -> list[tuple[int, str, str]]:
    """The messages among what a customer heard."""
    messages = [event.data for event in heard if event.name == "message"]
    return [(message["seq"], message["kind"], message["content"]) for message in messages]


def kind_of(event: Heard) -> str:
    return str(event.data["kind"]) if event.name == "message" else event.name


def kind_of_frame(frame: Frame) -> str:
    return str(frame["kind"]) if frame["type"] == "message.created" else str(frame["type"])


def spoken_over(shown: list[tuple[str, Any]], *, claimed: bool = False) -> list[tuple[str, Any]]:
    """The bot's words, whole or in part, that come after a claim and before its end."""
    found = []
    for kind, content in shown:
        if kind == "activity":
            claimed = content == "claimed"
        elif claimed and kind in ("bot", "delta", "bot.delta") and content:
            found.append((kind, content))
    return found
