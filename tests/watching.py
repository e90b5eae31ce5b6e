"""What tests look through: the events of a stream, the tables of a file, and whether all agrees."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from service.storage.checks import disagreements
from service.storage.database import Database
from tests.conftest import Recap, Starter
from tests.held import PATIENCE, HeldModel, held_model

Talk = tuple[Recap, HeldModel, dict[str, Any]]
"""A running server, its provider, whose calls are held, and a session."""


@dataclass(frozen=True)
class Heard:
    """One server-sent event."""

    name: str
    data: dict[str, Any]
    id: str | None


@dataclass
class Listening:
    """An open stream of events; `comments` counts the lines that only keep it open."""

    response: aiohttp.ClientResponse
    comments: int = 0
    heard: list[Heard] = field(default_factory=list)

    async def next(self) -> Heard:
        """Raises EOFError where the stream ends."""
        async with asyncio.timeout(PATIENCE):
            fields: dict[str, str] = {}
            while line := (await self.response.content.readline()).decode():
                if line.startswith(":"):
                    self.comments += 1
                elif line.strip():
                    name, _, value = line.rstrip("\n").partition(": ")
                    fields[name] = value
                elif fields:
                    event = Heard(fields["event"], orjson.loads(fields["data"]), fields.get("id"))
                    self.heard.append(event)
                    return event
        raise EOFError

    async def until(self, name: str, **data: Any) -> Heard:
        """The next event of that name whose data has these values."""
        while True:
            event = await self.next()
            if event.name == name and data.items() <= event.data.items():
                return event

    async def rest(self) -> list[Heard]:
        """Everything up to the end of the stream."""
        with contextlib.suppress(EOFError):
            while True:
                await self.next()
        return self.heard

    @property
    def place(self) -> str:
        """The id that a client would resume from."""
        return next((event.id for event in reversed(self.heard) if event.id), "")


@contextlib.asynccontextmanager
async def listen(
    recap: Recap, session: Mapping[str, Any], place: str = ""
) -> AsyncIterator[Listening]:
    """The events of a session."""
    headers = recap.bearer(session["token"], **({"Last-Event-ID": place} if place else {}))
    async with recap.http.get(f"/v1/sessions/{session['id']}/events", headers=headers) as response:
        assert response.status == 200
        yield Listening(response)


@contextlib.asynccontextmanager
async def say_streaming(
    recap: Recap,
    session: Mapping[str, Any],
    content: str,
    token: str | None = None,
    **headers: str,
) -> AsyncIterator[Listening]:
    """A message whose answer comes as events, to the customer or to whose `token` it is."""
    async with recap.http.post(
        f"/v1/sessions/{session['id']}/messages",
        json={"content": content},
        headers=recap.bearer(token or session["token"], Accept="text/event-stream", **headers),
    ) as response:
        assert response.status == 200, await response.text()
        yield Listening(response)


async def post(
    recap: Recap, session: Mapping[str, Any], content: str, **headers: str
) -> tuple[int, dict[str, Any]]:
    """A message as the tenant posts it: its answer's status and body, whatever they are."""
    async with recap.http.post(
        f"/v1/sessions/{session['id']}/messages",
        json={"content": content},
        headers=recap.bearer(session.get("key"), **headers),
    ) as response:
        return response.status, await response.json(content_type=None)


async def begin(
    recap: Recap, session: Mapping[str, Any], *said: str
) -> list[asyncio.Task[dict[str, Any]]]:
    """Posts that have been appended, in this order, and are still to be answered."""
    posting = []
    for text in said:
        posting.append(asyncio.create_task(recap.say(session, text)))
        await eventually(partial(has_said, recap.database, session["id"], text))
    return posting


def has_said(database: Path, session_id: str, text: str) -> bool:
    """Is it in the table?"""
    sql = "SELECT 1 FROM messages WHERE session_id = ? AND content = ?"
    return bool(rows(database, sql, session_id, text))


async def talk_until_gone(recap: Recap, session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A customer who asks on and on, each time with a key, and the answers that came through."""
    answers: list[dict[str, Any]] = []
    with contextlib.suppress(aiohttp.ClientError, ConnectionError):
        while True:
            number = len(answers)
            key = {"Idempotency-Key": str(number)}
            status, answer = await post(recap, session, f"{session['id']} {number}", **key)
            if status == 503:
                break
            assert status == 200, answer
            answers.append(answer)
    return answers


async def assert_kept_and_goes_on(
    recap: Recap, session: Mapping[str, Any], answers: list[dict[str, Any]]
) -> None:
    """What was answered is there, once; the last key is answered now; the prefix is known."""
    for number in range(len(answers), len(answers) + 2):
        key = {"Idempotency-Key": str(number)}
        answers.append(await recap.say(session, f"{session['id']} {number}", **key))
    kept = [message for answer in answers for message in (answer["message"], answer["reply"])]
    assert await recap.transcript(session) == kept
    statuses = [answer["cache"]["status"] for answer in answers]
    assert statuses == ["miss"] + ["hit"] * (len(answers) - 1)


async def turns_of(recap: Recap, session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ledger's rows of a session, oldest first."""
    async with recap.http.get(
        f"/v1/sessions/{session['id']}/export", headers=recap.bearer()
    ) as response:
        assert response.status == 200
        turns: list[dict[str, Any]] = (await response.json())["turns"]
        return turns


def words(heard: list[Heard], message_id: str) -> str:
    """The deltas to a message put together; each begins where the last one ended."""
    text = ""
    for event in heard:
        if event.name == "delta" and event.data["message_id"] == message_id:
            assert event.data["offset"] == len(text), event
            text += event.data["content"]
    return text


def rows(database: Path, sql: str, *values: Any) -> list[sqlite3.Row]:
    """What another process sees in the file; writes are committed."""
    with contextlib.closing(sqlite3.connect(database, timeout=PATIENCE)) as connection:
        connection.row_factory = sqlite3.Row
        with connection:
            return connection.execute(sql, values).fetchall()


async def change(recap: Recap, sql: str) -> None:
    """Another process changes the tables; the server goes on meanwhile."""
    await asyncio.to_thread(rows, recap.database, sql)


def claim(database: Path, session_id: str, owner: str = "agt_human") -> int:
    """Another owner, as a claim makes it: one transaction, with its activity; returns its seq."""
    with contextlib.closing(sqlite3.connect(database, timeout=PATIENCE)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT OR IGNORE INTO agents (id, tenant_id, name, token_hash, seen_at, created_at)"
            " SELECT ?, tenant_id, 'Human', ?, 9e18, 0 FROM sessions WHERE id = ?",
            (owner, owner.encode(), session_id),
        )
        connection.execute(
            "UPDATE sessions SET owner = ?, epoch = epoch + 1, last_seq = last_seq + 1,"
            " queued_at = iif(? = 'bot', NULL, 1) WHERE id = ?",
            (owner, owner, session_id),
        )
        (seq,) = connection.execute(
            "SELECT last_seq FROM sessions WHERE id = ?", (session_id,)
        ).fetchone()
        connection.execute(
            "INSERT INTO messages (id, session_id, seq, anchor_seq, kind, content, tokens,"
            " created_at) VALUES (?, ?, ?, ?, 'activity', 'claimed', 0, 0)",
            (f"msg_claim_{session_id}_{seq}", session_id, seq, seq),
        )
        connection.execute("COMMIT")
        return int(seq)


async def assert_all_agrees(database: Path) -> None:
    """What `recap check` asks of the tables."""
    async with Database(f"sqlite:///{database}") as opened:
        assert await disagreements(opened) == []


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what nobody announces."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def held_talk(start_recap: Starter) -> AsyncIterator[Talk]:
    """Calls are held and silence is none; at the end all agrees and no channel is left."""
    async with held_model() as model:
        async with start_recap(openai_base_url=model.base_url, burst_silence_seconds=0) as recap:
            yield recap, model, await recap.open_session()
            await eventually(lambda: not recap.rooms.channels._channels)
        await assert_all_agrees(recap.database)
