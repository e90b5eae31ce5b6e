"""Live agents who all want the same conversations."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.storage.agents import AgentToken
from tests.conftest import Recap
from tests.raw_agent import Frame, RawAgent
from tests.watching import rows

OPENED_AT_ONCE = 50

GRABBED = frozenset({"already_claimed", "at_capacity", "not_owner"})
"""How those are refused who claim and give away what others do too."""

WATCH_LOADS = """
CREATE TABLE loads (owner TEXT NOT NULL, sessions INTEGER NOT NULL);
CREATE TRIGGER watch_loads AFTER UPDATE OF owner ON sessions WHEN NEW.owner LIKE 'agt_%'
BEGIN
    INSERT INTO loads SELECT NEW.owner, count(*) FROM sessions WHERE owner = NEW.owner;
END;
"""
"""Has every load that ever was written down, inside the transaction that made it."""


@dataclass
class Tally:
    """What claims of one session came to."""

    winners: Counter[str] = field(default_factory=Counter)
    refusals: int = 0

    def add(self, staff: Sequence[AgentToken], answers: Sequence[Frame]) -> str:
        """One round: one winner, and everybody else is told who. Returns the winner's id."""
        (won,) = [answer["session"] for answer in answers if answer["type"] == "result"]
        refused = [answer for answer in answers if answer["type"] == "error"]
        assert len(refused) == len(staff) - 1
        assert won["agent"]["id"] == won["owner"]
        assert {answer["code"] for answer in refused} == {"already_claimed"}
        assert all(answer["owner"] == won["agent"] for answer in refused)
        assert won["owner"] == staff[answers.index(next(a for a in answers if "session" in a))].id
        self.winners[won["owner"]] += 1
        self.refusals += len(refused)
        return str(won["owner"])


async def hire_many(recap: Recap, count: int, **values: Any) -> list[AgentToken]:
    """So many live agents of the shop, whose names differ."""
    return await asyncio.gather(*(recap.hire(f"Agent {n}", **values) for n in range(count)))


async def open_many(recap: Recap, count: int, *, waiting: bool = False) -> list[dict[str, str]]:
    """So many conversations: the bot's, or in the queue."""
    turnstile = asyncio.Semaphore(OPENED_AT_ONCE)

    async def one() -> dict[str, str]:
        async with turnstile:
            session = await recap.open_session()
            if waiting:
                await ask_for_a_person(recap, session)
            return session

    return await asyncio.gather(*(one() for _ in range(count)))


async def ask_for_a_person(recap: Recap, session: dict[str, str]) -> None:
    url = f"/v1/sessions/{session['id']}/handoff"
    async with recap.http.post(url, json={}, headers=recap.bearer(session["token"])) as response:
        assert response.status == 202, await response.text()


async def claim_at_once(
    agents: Sequence[RawAgent], session_id: str, choose: random.Random
) -> list[Frame]:
    """All of them claim it before any has an answer; the answers in the agents' order."""
    order = list(range(len(agents)))
    choose.shuffle(order)
    claiming = {
        n: asyncio.ensure_future(agents[n].command("claim", session_id=session_id)) for n in order
    }
    return await asyncio.gather(*(claiming[n] for n in range(len(agents))))


def claims_of(database: Path, session_id: str) -> list[tuple[str, str]]:
    """The owner, and who claimed it, as the table tells."""
    sql = (
        "SELECT s.owner, m.agent_id FROM sessions s JOIN messages m ON m.session_id = s.id"
        " WHERE s.id = ? AND m.content = 'claimed'"
    )
    return [(row["owner"], row["agent_id"]) for row in rows(database, sql, session_id)]


def watch_loads(database: Path) -> None:
    """From now on every load of an agent is kept."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(WATCH_LOADS)


def highest_load(database: Path) -> int:
    """The most sessions that one agent had at one time, in any transaction."""
    return int(rows(database, "SELECT max(sessions) FROM loads")[0][0])


def loads_now(database: Path) -> dict[str, int]:
    """Sessions of each agent that has any."""
    sql = "SELECT owner, count(*) sessions FROM sessions WHERE owner LIKE 'agt_%' GROUP BY owner"
    return {row["owner"]: row["sessions"] for row in rows(database, sql)}


@dataclass
class Grabber:
    """One of an agent's sockets; whatever it does, others do the same at the same time."""

    agent: RawAgent
    colleagues: Sequence[str]
    sessions: Sequence[str]
    choose: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)

    async def grab(self, times: int) -> None:
        """Claim, and pass on to a colleague, again and again."""
        for _ in range(times):
            session_id = self.choose.choice(self.sessions)
            await self._do("claim", session_id)
            if self.choose.random() < 0.5:
                await self._do("transfer", session_id, agent_id=self.choose.choice(self.colleagues))

    async def let_go_of_all(self) -> None:
        """Release whatever the agent has."""
        for session_id in self.sessions:
            await self._do("release", session_id)

    async def _do(self, name: str, session_id: str, **fields: str) -> None:
        answer = await self.agent.command(name, session_id=session_id, **fields)
        code = answer.get("code", "done")
        assert code == "done" or code in GRABBED, answer
        self.outcomes[f"{name} {code}"] += 1
