"""Server-sent events of a session: everything, once and in order."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.loopback import Scripted
from tests.conftest import Recap, Starter
from tests.watching import Heard, Talk, begin, eventually, held_talk, listen, rows, words


@pytest.fixture
async def talk(start_recap: Starter) -> AsyncIterator[Talk]:
    async with held_talk(start_recap) as held:
        yield held


async def test_a_listener_hears_all_that_was_said_and_is_being_said(talk: Talk) -> None:
    recap, model, session = talk
    (posting,) = await begin(recap, session, "one")
    (await model.next_call()).finish("To one.")
    await posting
    (posting,) = await begin(recap, session, "two")
    call = await model.next_call()
    call.say("To ")
    async with listen(recap, session) as witness:
        await witness.until("delta")
        async with listen(recap, session) as late:
            await late.until("delta")
            call.say("tw")
            await late.until("delta")
            call.finish("o.")
            await late.until("message", content="To two.")
    names = [event.name for event in late.heard]
    assert names[:3] == ["message"] * 3
    assert words(late.heard, late.heard[2].data["id"]) in ("To tw", "To two.")
    said = [event.data for event in late.heard if event.name == "message"]
    assert said == await recap.transcript(session)


@pytest.mark.parametrize("after", ["delta", "message"])
async def test_a_listener_resumes_at_the_character_and_hears_nothing_twice(
    talk: Talk, after: str
) -> None:
    recap, model, session = talk
    (first,) = await begin(recap, session, "one")
    call = await model.next_call()
    async with listen(recap, session) as listening:
        call.say("To ")
        await listening.until("delta")
        (second,) = await begin(recap, session, "two")
        await listening.until("message", content="two")
        if after == "delta":
            call.say("one")
            await listening.until("delta")
    async with listen(recap, session, listening.place) as again:
        call.say(" it is")
        delta = await again.next()
        call.finish(".")
        await again.until("superseded")
        (await model.next_call()).finish("To both.")
        await again.until("message", content="To both.")
    assert (delta.name, delta.data["offset"]) == ("delta", 6 if after == "delta" else 3)
    said = [e.data["content"] for e in listening.heard + again.heard if e.name == "message"]
    assert said == ["one", "two", "To both."]
    await asyncio.gather(first, second)


async def test_listeners_never_hear_notes(talk: Talk) -> None:
    recap, model, session = talk
    rows(
        recap.database,
        "INSERT INTO messages (id, session_id, seq, anchor_seq, kind, content, tokens, created_at)"
        " VALUES ('msg_note', ?, 1, 1, 'note', 'Rude customer.', 0, 0)",
        session["id"],
    )
    rows(recap.database, "UPDATE sessions SET last_seq = 1")
    async with listen(recap, session) as listening:
        (posting,) = await begin(recap, session, "one")
        call = await model.next_call()
        call.finish("To one.")
        await listening.until("message", kind="bot")
    assert "Rude" not in str([message["content"] for message in call.messages])
    assert [event.data["seq"] for event in listening.heard if event.name == "message"] == [2, 3]
    await posting


async def test_a_listener_that_does_not_read_delays_nobody_and_loses_nothing(
    recap: Recap,
) -> None:
    session = await recap.open_session()
    recap.upstream.default = lambda body: Scripted("word," * 3000)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.setblocking(False)
    loop = asyncio.get_running_loop()
    host, port = recap.url.removeprefix("http://").split(":")
    with listener:
        await loop.sock_connect(listener, (host, int(port)))
        request = (
            f"GET /v1/sessions/{session['id']}/events HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {session['token']}\r\n\r\n"
        )
        await loop.sock_sendall(listener, request.encode())
        for number in range(12):
            await recap.say(session, f"Number {number}. " + "word," * 3000)
        heard = b""
        while b'"seq":24,' not in heard:
            heard += await loop.sock_recv(listener, 2**20)
    said = [line for line in heard.split(b"\n") if line.startswith(b"event: message")]
    assert len(said) == 24
    await eventually(lambda: not recap.rooms.channels._channels)


def is_message(event: Heard, content: str) -> bool:
    return event.name == "message" and event.data["content"] == content


async def hear_with_breaks(
    recap: Recap, session: dict[str, Any], dice: random.Random, last: str
) -> list[Heard]:
    """All that a listener hears who is cut off at random and comes back to where it was."""
    heard: list[Heard] = []
    place = ""
    while not any(is_message(event, last) for event in heard):
        async with listen(recap, session, place) as listening:
            for _ in range(dice.randint(1, 25)):
                if is_message(await listening.next(), last):
                    break
        heard += listening.heard
        place = listening.place or place
    return heard


async def test_a_listener_that_keeps_losing_the_line_hears_everything_once_and_in_order(
    recap: Recap, caplog: pytest.LogCaptureFixture
) -> None:
    session = await recap.open_session()
    dice = random.Random(2)
    recap.upstream.default = lambda body: Scripted(
        f"{body['messages'][-1]['content']}: " + "so it is " * dice.randint(1, 8),
        token_delay=0.001,
    )
    listeners = [
        asyncio.create_task(hear_with_breaks(recap, session, random.Random(n), "The end."))
        for n in range(4)
    ]
    for number in range(20):
        burst = [
            recap.say(session, f"Number {number}, part {n}") for n in range(dice.choice([1, 1, 3]))
        ]
        await asyncio.gather(*burst)
    recap.upstream.script.append(Scripted("The end."))
    await recap.say(session, "Enough.")
    transcript = await recap.transcript(session)
    for heard in await asyncio.gather(*listeners):
        said = [event.data for event in heard if event.name == "message"]
        assert said == transcript
        assert_words_are_in_order(heard, transcript)
    await eventually(lambda: not recap.rooms.channels._channels)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def assert_words_are_in_order(heard: list[Heard], transcript: list[dict[str, Any]]) -> None:
    """The deltas to each message have no gap, no repetition, and none after their end."""
    replies = [message["content"] for message in transcript if message["kind"] == "bot"]
    known: set[str] = set()
    ended: set[str] = set()
    for event in heard:
        match event.name:
            case "message" if event.data["kind"] == "customer":
                known.add(event.data["id"])
            case "message":
                ended |= known  # no burst here is long enough to be answered in parts
            case "superseded":
                ended.add(event.data["message_id"])
            case "delta":
                assert event.data["message_id"] in known - ended
    for message_id in known:
        text = words(heard, message_id)
        was_dropped = any(
            e.name == "superseded" and e.data["message_id"] == message_id for e in heard
        )
        assert was_dropped or not text or any(r.startswith(text) for r in replies)
