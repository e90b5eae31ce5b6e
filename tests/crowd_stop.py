"""What goes on at a server that is told to stop, and how it went for each who was there."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.commands import Server
from tests.conftest import Recap
from tests.raw_agent import Cut, Frame, RawAgent, connect, new_id
from tests.watching import post


@dataclass
class Talk:
    """A live agent and a customer who talk on and on; `answered` is what each was told."""

    recap: Recap
    session: dict[str, Any]
    agent: RawAgent
    answered: list[Frame] = field(default_factory=list)

    async def talk(self) -> None:
        """Until the server is gone."""
        await asyncio.gather(self._write(), self._reply())

    async def _write(self) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            while True:
                key = {"Idempotency-Key": new_id()}
                status, answer = await post(self.recap, self.session, new_id(), **key)
                if status == 503:
                    return
                assert status == 200, answer
                self.answered.append(answer["message"])

    async def _reply(self) -> None:
        with contextlib.suppress(Cut):
            while True:
                said = {"session_id": self.session["id"], "content": new_id()}
                answer = await self.agent.command("send", **said)
                assert answer["type"] == "result", answer
                self.answered.append(answer["message"])


async def stop(server: Server) -> tuple[int, float]:
    """SIGTERM; the exit code, and the seconds until then."""
    began = time.monotonic()
    server.process.terminate()
    code = await asyncio.to_thread(server.process.wait, 30)
    return code, time.monotonic() - began


async def goodbyes(agents: Sequence[RawAgent]) -> Counter[tuple[int | None, bool]]:
    """The close codes that sockets saw, and whether they had been told before."""
    async with asyncio.timeout(30):
        await asyncio.gather(*(agent.closed.wait() for agent in agents))
    return Counter((agent.close_code, agent.is_draining) for agent in agents)


async def return_at_once(recap: Recap, tokens: Sequence[str]) -> tuple[list[RawAgent], list[float]]:
    """Everybody gets a ticket and connects, as a page does; seconds until each has its snapshot."""
    began = time.monotonic()
    took: list[float] = []

    async def come(token: str) -> RawAgent:
        headers = recap.bearer(token)
        async with recap.http.post("/v1/agents/ticket", headers=headers) as response:
            assert response.status == 201
            ticket = (await response.json())["ticket"]
        agent = await connect(recap.url, ticket)
        took.append(time.monotonic() - began)
        return agent

    return await asyncio.gather(*map(come, tokens)), took
