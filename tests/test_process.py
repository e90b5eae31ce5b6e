"""The server as a process: killed, stopped and started again in the middle of everything."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from service.storage.tenants import TenantKeys
from service.web.keys import Rooms
from tests.commands import Server, run
from tests.conftest import Recap, Upstream, run_recap
from tests.held import HeldModel, held_model
from tests.watching import (
    assert_all_agrees,
    assert_kept_and_goes_on,
    begin,
    listen,
    rows,
    say_streaming,
    talk_until_gone,
)

GRACE = 5
"""Seconds in which a server that was told to stop is gone."""
Answer = dict[str, Any]


@asynccontextmanager
async def serving(
    folder: Path, model: HeldModel, keys: TenantKeys | None = None
) -> AsyncIterator[tuple[Server, Recap]]:
    """A process over the folder's database, in front of the held model."""
    server = Server(folder, OPENAI_BASE_URL=model.base_url, BURST_SILENCE_SECONDS="0")
    try:
        await asyncio.to_thread(server.__enter__)
        made = keys or TenantKeys("", server.key, server.publishable_key)
        async with aiohttp.ClientSession(server.url) as http:
            rooms = cast(Rooms, None)
            yield server, Recap(server.url, rooms, http, made, Upstream(), folder / "recap.db")
    finally:
        server.process.kill()
        await asyncio.to_thread(server.process.communicate)


async def check(folder: Path) -> None:
    ran = await asyncio.to_thread(run, folder, "check", "--json")
    assert (ran.code, ran.line) == (0, {"ok": True, "disagreements": []}), ran


def kill(server: Server) -> None:
    server.process.send_signal(signal.SIGKILL)
    assert server.process.wait(GRACE) == -signal.SIGKILL


async def test_a_server_killed_in_mid_turn_has_lost_and_doubled_nothing(tmp_path: Path) -> None:
    async with held_model() as model:
        async with serving(tmp_path, model) as (server, recap), AsyncExitStack() as streams:
            session = await recap.open_session()
            (first,) = await begin(recap, session, "My order is A-20931.")
            (await model.next_call()).finish("I see.")
            await first
            acknowledged = await recap.transcript(session)
            running = []
            for said in ("Where is it?", "Hello?"):
                stream = say_streaming(recap, session, said, **{"Idempotency-Key": said})
                running.append(await streams.enter_async_context(stream))
                acknowledged.append((await running[-1].until("message")).data)
            call = await model.next_call()
            call.say("It is on ")
            await running[0].until("delta")
            kill(server)
        await call.hung_up.wait()

        async with serving(tmp_path, model, recap.keys) as (server, recap):
            assert await recap.transcript(session) == acknowledged
            answers = [
                asyncio.create_task(recap.say(session, said, **{"Idempotency-Key": said}))
                for said in ("Hello?", "Where is it?")
            ]
            call = await model.next_call()
            assert call.asked == ["Where is it?", "Hello?"]
            call.finish("On its way.")
            last, before = await asyncio.gather(*answers)
            assert (last["reply"]["content"], last["cache"]["status"]) == ("On its way.", "hit")
            assert before["superseded_by"] == last["message"]["id"]
            assert await recap.transcript(session) == [*acknowledged, last["reply"]]
        await check(tmp_path)


async def test_a_stopped_server_finishes_what_it_can_and_is_gone_in_time(tmp_path: Path) -> None:
    async with held_model() as model:
        async with serving(tmp_path, model) as (server, recap), AsyncExitStack() as streams:
            sessions = [await recap.open_session() for _ in range(2)]
            posts = []
            for session in sessions:
                stream = say_streaming(recap, session, session["id"], **{"Idempotency-Key": "k"})
                posts.append(await streams.enter_async_context(stream))
            calls = [await model.next_call() for _ in sessions]
            for call in calls:
                call.say("One ")
            for post in posts:
                await post.until("delta")
            listening = await streams.enter_async_context(listen(recap, sessions[0]))
            await listening.until("delta")
            await fill(recap, filled := await recap.open_session())
            deaf = streams.enter_context(await deaf_listener(recap, filled))
            started = time.monotonic()
            server.process.terminate()
            await listening.rest()
            timely = next(c for c in calls if c.asked == [sessions[0]["id"]])
            timely.finish("moment.")
            code = await asyncio.to_thread(server.process.wait)
            assert code == 0, server.logged
            assert time.monotonic() - started < GRACE
            ends = [(await post.rest())[-1] for post in posts]
            assert (ends[0].name, ends[0].data["reply"]["content"]) == ("reply", "One moment.")
            assert (ends[1].name, ends[1].data["code"]) == ("error", "shutting_down")
            deaf.close()

        assert "Traceback" not in server.logged

        async with run_recap(
            Upstream(), recap.database, keys=recap.keys, openai_base_url=model.base_url
        ) as after:
            again = asyncio.create_task(
                after.say(sessions[1], sessions[1]["id"], **{"Idempotency-Key": "k"})
            )
            (await model.next_call()).finish("Here I am.")
            assert (await again)["reply"]["content"] == "Here I am."
        await assert_all_agrees(recap.database)


async def fill(recap: Recap, session: Answer) -> None:
    """So many long messages that no buffer holds them."""
    sql = (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 500)"
        " INSERT INTO messages (id, session_id, seq, anchor_seq, kind, content, tokens, created_at)"
        " SELECT 'msg_' || n, ?, n, n, 'agent', ?, 0, 0 FROM numbers"
    )
    await asyncio.to_thread(rows, recap.database, sql, session["id"], "word " * 4000)
    rows(recap.database, "UPDATE sessions SET last_seq = 500 WHERE id = ?", session["id"])


async def deaf_listener(recap: Recap, session: Answer) -> socket.socket:
    """A listener that has asked for the events and doesn't read on."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = recap.url.removeprefix("http://").split(":")
    await asyncio.to_thread(listener.connect, (host, int(port)))
    request = (
        f"GET /v1/sessions/{session['id']}/events HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {session['token']}\r\n\r\n"
    )
    listener.sendall(request.encode())
    assert await asyncio.to_thread(listener.recv, 15) == b"HTTP/1.1 200 OK"
    return listener


@pytest.mark.long
async def test_a_server_killed_again_and_again_has_kept_what_it_answered(tmp_path: Path) -> None:
    dice = random.Random(12)
    async with held_model() as model:
        model.answer_all()
        keys = None
        for _ in range(12):
            async with serving(tmp_path, model, keys) as (server, recap):
                keys = recap.keys
                sessions = [await recap.open_session() for _ in range(8)]
                talking = [asyncio.create_task(talk_until_gone(recap, s)) for s in sessions]
                await asyncio.sleep(dice.uniform(0.1, 0.6))
                kill(server)
                talks = await asyncio.gather(*talking)
            async with serving(tmp_path, model, keys) as (server, recap):
                for session, answers in zip(sessions, talks, strict=True):
                    await assert_kept_and_goes_on(recap, session, answers)
            await check(tmp_path)
        assert rows(tmp_path / "recap.db", "SELECT 1 FROM messages WHERE kind = 'bot'")
