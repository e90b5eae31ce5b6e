"""Sockets that do not read, or ask for too much: they end, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from service.desk.outbox import FRAMES
from tests import raw_agent
from tests.agents import agrees, connect
from tests.conftest import Recap, Starter
from tests.customer import hand_over
from tests.probes import metric
from tests.watching import eventually

TOO_SLOW = "4008"


async def slow_closed(recap: Recap) -> float:
    return await metric(recap, "recap_agent_sockets_closed_total", code=TOO_SLOW)


async def test_who_does_not_read_is_put_out_and_others_hear_everything(
    start_recap: Starter,
) -> None:
    async with start_recap(agent_grace_seconds=2) as recap:
        maria, ben = await recap.hire("Maria"), await recap.hire("Ben")
        session = await recap.open_session()
        await hand_over(recap, session, "汉" * 500)
        slow = await raw_agent.connect(recap.url, maria.token, receive_buffer=4096)
        slow.transport.pause_reading()
        changes = 0
        async with connect(recap, ben.token) as busy, connect(recap, maria.token) as healthy:
            async with asyncio.timeout(30):
                while not await slow_closed(recap):
                    await busy.done("claim", session_id=session["id"])
                    await busy.done("release", session_id=session["id"])
                    changes += 2
            assert changes > FRAMES
            await eventually(lambda: len(recap.rooms.desk.hub.lines_of(maria.id)) == 1)
            assert await metric(recap, "recap_agent_sockets") == 2
            assert len(healthy.of("session.claimed") + healthy.of("session.released")) == changes
            await agrees(recap, healthy, maria.token)
            await hears_of_the_end(slow)
        assert await slow_closed(recap) == 1


async def hears_of_the_end(agent: raw_agent.RawAgent) -> None:
    """What it still sends goes nowhere: the connection is gone, not just on its way to be."""
    async with asyncio.timeout(10):
        while not agent.closed.is_set():
            with contextlib.suppress(raw_agent.Cut):
                agent.tell(type="ping", cmd_id="anybody?")
            await asyncio.sleep(0.02)


async def test_who_floods_the_server_and_does_not_read_is_put_out(start_recap: Starter) -> None:
    async with start_recap(agent_grace_seconds=2) as recap:
        maria = await recap.hire()
        rude = await raw_agent.connect(recap.url, maria.token, receive_buffer=4096)
        rude.transport.pause_reading()
        async with asyncio.timeout(30):
            while not await slow_closed(recap):
                for number in range(500):
                    rude.tell(type="ping", cmd_id=f"{number:0>200}")
        await eventually(lambda: not recap.rooms.desk.hub.lines_of(maria.id))
        rude.cut()
        await rude.closed.wait()


@pytest.mark.parametrize("kind", ["ping", "typing", "send"])
async def test_who_asks_much_at_once_and_reads_is_answered_all_of_it(
    recap: Recap, kind: str
) -> None:
    maria = await recap.hire()
    session = await recap.open_session()
    async with connect(recap, maria.token) as agent:
        await agent.done("claim", session_id=session["id"])
        fields = {} if kind == "ping" else {"session_id": session["id"]}
        more = {"content": "Hi"} if kind == "send" else {}
        answers = await asyncio.gather(*(agent.done(kind, **fields, **more) for _ in range(400)))
        assert len(answers) == 400
        await agent.done("ping")


@pytest.mark.long
async def test_a_peer_that_answers_no_ping_is_gone_within_a_minute(recap: Recap) -> None:
    maria = await recap.hire()
    dead = await raw_agent.connect(recap.url, maria.token)
    dead.transport.pause_reading()
    async with asyncio.timeout(60):
        await eventually_gone(recap, maria.id)
    dead.cut()


async def eventually_gone(recap: Recap, agent_id: str) -> None:
    while recap.rooms.desk.hub.lines_of(agent_id):  # noqa: ASYNC110
        await asyncio.sleep(0.5)
