"""A server with two live agents at their desks; at the end everybody knows the same."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from service.loopback import Scripted
from tests.agents import Agent, agrees, connect
from tests.conftest import Recap
from tests.customer import Session, hand_over, read, type_
from tests.watching import assert_all_agrees


@dataclass
class Floor:
    """Maria and Ben, of one tenant."""

    recap: Recap
    maria: Agent
    ben: Agent
    tokens: dict[str, str]

    async def waiting(self, reason: str | None = None) -> Session:
        """A session in the queue, which both have heard of."""
        session = await self.recap.open_session()
        await hand_over(self.recap, session, reason)
        for agent in (self.maria, self.ben):
            await agent.until("session.waiting", session_id=session["id"])
        return session

    async def of_maria(self, *said: str) -> Session:
        """A session that Maria has, with questions in it that nobody answered."""
        session = await self.waiting()
        for text in said or ("Is anybody there?",):
            await self.recap.say(session, text)
        await self.maria.done("claim", session_id=session["id"])
        return session


@contextlib.asynccontextmanager
async def open_floor(recap: Recap) -> AsyncIterator[Floor]:
    """Both come in; when they leave, what each heard is what there is, and all is as it must be."""
    tokens = {name: (await recap.hire(name)).token for name in ("Maria", "Ben")}
    async with connect(recap, tokens["Maria"]) as maria, connect(recap, tokens["Ben"]) as ben:
        await maria.until("agent.presence", agent={"id": ben.id, "name": "Ben"})
        yield Floor(recap, maria, ben, tokens)
        for agent, name in ((maria, "Maria"), (ben, "Ben")):
            await agrees(recap, agent, tokens[name])
    await assert_all_agrees(recap.database)


async def live_through_a_day(recap: Recap, maria: Agent, ben: Agent, said: str = "") -> Session:
    """Everything happens once; `said` is in all that anybody says."""
    session = await recap.open_session()
    here = {"session_id": session["id"]}
    recap.upstream.script.append(Scripted(f"Where is it? {said} Let me see.", token_delay=0.02))
    await maria.done("subscribe", cursors={session["id"]: 0, "ses_nothing": 0})
    await maria.until("resync_required", session_id="ses_nothing", reason="unknown")
    await recap.say(session, f"My parcel? {said}")
    await maria.until("bot.delta", **here)
    await hand_over(recap, session, f"A parcel {said}")
    await maria.until("session.waiting", **here)
    await maria.done("claim", **here)
    await type_(recap, session)
    await maria.until("typing", **here)
    await read(recap, session, 1)
    await maria.until("read", **here)
    await recap.say(session, f"And now? {said}")
    await maria.done("draft", **here)
    await maria.done("send", **here, content=f"It is here. {said}")
    await maria.done("note", **here, content=f"Was in a hurry. {said}")
    await maria.done("typing", **here)
    await ben.done("status", status="away")
    await maria.until("agent.presence", status="away")
    await maria.done("transfer", **here, agent_id=ben.id)
    await ben.done("release", **here)
    await ben.done("claim", **here)
    await ben.done("resolve", **here)
    await maria.until("session.resolved", **here)
    assert await maria.refused("claim", **here) == "resolved"
    return session
