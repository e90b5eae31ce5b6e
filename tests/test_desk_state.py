"""Three agents and two customers do what they like; then everybody still knows the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from service.storage.checks import disagreements
from service.storage.database import Statement
from tests.agents import Agent, agrees, connect
from tests.conftest import Recap
from tests.customer import Session, at, erase, transcript
from tests.probes import metric
from tests.watching import eventually, post

Act = tuple[str, int, int]
"""What is done, by which of the agents (from 3 on by whoever has it), and to which session."""

OF_AGENTS = (*["claim"] * 6, "release", "return_to_bot", "resolve", "transfer", "transfer")
WORDS = ("send", "send", "note", "read", "typing", "subscribe", "unsubscribe", "status")
OF_CUSTOMERS = ("say", "say", "ask", "withdraw", "seen", "erase")
SLOW = Statement(
    text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)"
        " SELECT count(*) FROM n"
    )
)
ALLOWED = {"not_found", "not_owner", "already_claimed", "resolved", "at_capacity"}


@dataclass(repr=False)
class Company:
    """The agents at their desks, the conversations, and what was acknowledged in them."""

    recap: Recap
    agents: list[Agent]
    tokens: list[str]
    sessions: list[Session] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)

    def __repr__(self) -> str:  # a failing example shows what was done, not what a server is
        return "Company"

    async def act(self, act: Act) -> None:
        kind, who, which = act
        session = self.sessions[which % len(self.sessions)]
        if kind in OF_CUSTOMERS:
            await self._customer(kind, session)
        else:
            owners = [a for a in self.agents if session["id"] in a.state.mine] if who > 2 else []
            await self._agent(kind, (owners or self.agents)[0 if owners else who % 3], session)

    async def _customer(self, kind: str, session: Session) -> None:
        if kind == "say":
            text = f"Question {len(self.kept)}"
            status, answer = await post(self.recap, session, text)
            if status == 200:
                self.kept.append((session["id"], answer["message"]["id"]))
        elif kind == "erase":
            with contextlib.suppress(AssertionError):  # which somebody else has just done
                await erase(self.recap, session)
                self.sessions[self.sessions.index(session)] = await self.recap.open_session()
        else:
            method = "DELETE" if kind == "withdraw" else "POST"
            room = "read" if kind == "seen" else "handoff"
            body = {"json": {"seq": 2}} if kind == "seen" else {}
            assert (await at(self.recap, method, session, room, **body)).status < 500

    async def _agent(self, kind: str, agent: Agent, session: Session) -> None:
        fields: dict[str, Any] = {"session_id": session["id"]}
        if kind == "transfer":
            fields["agent_id"] = self.agents[(self.agents.index(agent) + 1) % 3].id
        elif kind in ("send", "note"):
            fields["content"] = f"Words {len(agent.frames)}"
        elif kind == "read":
            fields["seq"] = agent.cursors.seen.get(session["id"], 3)
        elif kind in ("subscribe", "unsubscribe"):
            fields = {"cursors": {session["id"]: 0 if kind == "subscribe" else None}}
            if session["id"] in agent.state.mine and kind == "unsubscribe":
                return  # then nobody tells it how far the session goes
        elif kind == "status":
            fields = {"status": "away" if len(agent.frames) % 2 else "online"}
        answer = await agent.command(kind.replace("unsub", "sub"), **fields)
        assert answer["type"] == "result" or answer["code"] in ALLOWED, answer
        if "message" in answer:
            self.kept.append((session["id"], answer["message"]["id"]))
        if kind == "unsubscribe" and session["id"] in agent.state.mine:  # only just become its own
            await agent.command("subscribe", cursors={session["id"]: 0})

    async def assert_all_is_well(self) -> None:
        """Once the bot has said what it had to say."""
        await eventually(lambda: not self.recap.rooms.conversations._lanes)
        for agent, token in zip(self.agents, self.tokens, strict=True):
            await agrees(self.recap, agent, token)
        assert await disagreements(self.recap.rooms.database) == []

    async def assert_nothing_was_lost(self) -> None:
        open_ids = {session["id"] for session in self.sessions}
        expected = sorted(entry for entry in self.kept if entry[0] in open_ids)
        stored = [
            (session["id"], message["id"])
            for session in self.sessions
            for message in await transcript(self.recap, session, self.tokens[0])
            if message["kind"] in ("customer", "agent", "note")
        ]
        assert sorted(stored) == expected


@pytest.fixture
async def company(recap: Recap) -> AsyncIterator[Company]:
    tokens = [(await recap.hire(name, capacity=2)).token for name in ("Maria", "Ben", "Zoe")]
    async with contextlib.AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(connect(recap, token)) for token in tokens]
        yield Company(recap, agents, tokens)
        for place in ("command", "conversation", "turn", "web", "follow", "queue", "watch"):
            assert await metric(recap, "recap_errors_total", place=place) == 0


acts = st.tuples(
    st.sampled_from(OF_AGENTS + WORDS + OF_CUSTOMERS), st.integers(0, 8), st.integers(0, 2)
)
steps = st.lists(st.lists(acts, min_size=1, max_size=3), min_size=8, max_size=14)


async def test_a_socket_that_opens_while_things_change_misses_none_of_it(recap: Recap) -> None:
    maria = await recap.hire()
    sessions = [await recap.open_session() for _ in range(40)]
    await asyncio.gather(*(at(recap, "POST", session, "handoff") for session in sessions))
    async with contextlib.AsyncExitStack() as stack:

        async def come_in() -> Agent:
            opening = connect(recap, maria.token, by="bearer", is_checked=False)
            return await stack.enter_async_context(opening)

        async def claim_all() -> None:
            for session in sessions:
                await agents[0].done("claim", session_id=session["id"])

        async def read_slowly() -> None:  # so that a snapshot's reads are far apart
            while not claiming.done():
                await recap.rooms.database.all(SLOW)

        agents = [await come_in()]
        claiming = asyncio.create_task(claim_all())
        reading = asyncio.create_task(read_slowly())
        agents += await asyncio.gather(*(come_in() for _ in range(6)))
        await asyncio.gather(claiming, reading)
        for agent in agents:
            await agent.knows(lambda: len(agent.state.mine) == len(sessions))  # noqa: B023
            assert agent.state.queue == {}


async def live(company: Company, days: list[list[Act]]) -> None:
    """Each step's acts happen at once."""
    company.sessions = [await company.recap.open_session() for _ in range(3)]
    company.kept = []
    for step in days:
        await asyncio.gather(*(company.act(act) for act in step))
        await company.assert_all_is_well()
    await company.assert_nothing_was_lost()
    for session in company.sessions:
        await erase(company.recap, session)


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each failing try takes seconds
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(days=steps)
async def test_after_each_step_everybody_knows_how_things_are(
    company: Company, days: list[list[Act]]
) -> None:
    await live(company, days)


@pytest.mark.long
@settings(
    max_examples=250,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(days=st.lists(st.lists(acts, min_size=1, max_size=8), min_size=1, max_size=25))
async def test_after_each_of_many_steps_everybody_knows_how_things_are(
    company: Company, days: list[list[Act]]
) -> None:
    await live(company, days)
