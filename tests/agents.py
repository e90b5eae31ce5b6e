"""A live agent at the websocket, for tests.

Every frame that comes in is held against the server's own asyncapi.json, and against the promise
of order: the messages of a session that is followed come dense by seq, each once. Every command
that goes out is valid too, unless it is said to be bad. What snapshot and events add up to is in
`state`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import aiohttp
import orjson
from aiohttp import WSMsgType
from jsonschema import Draft202012Validator

from tests.conftest import Recap

T = TypeVar("T")
Frame = dict[str, Any]

PATIENCE = 20
"""Seconds after which what never comes is given up."""
SNAPSHOTS = 5
SOCKET, TICKET = "/v1/agents/socket", "/v1/agents/ticket"
SUBPROTOCOL = "recap.v1"
CARD = ("session_id", "owner", "agent", "epoch", "queued_at", "reason")
MINE = (*CARD, "last_seq", "agent_read_seq", "customer_read_seq")


class Wire:
    """The published shapes of frames, by `command.TYPE` and `event.TYPE`."""

    def __init__(self, document: Frame) -> None:
        self.document = document
        self.names = tuple(document["components"]["messages"])
        shared = {"components": {"schemas": document["components"]["schemas"]}}
        self._validators = {
            name: Draft202012Validator(message["payload"] | shared)
            for name, message in document["components"]["messages"].items()
        }

    def shape(self, name: str) -> Frame:
        """The schema that a message refers to."""
        (reference,) = self.document["components"]["messages"][name]["payload"]["allOf"]
        shape: Frame = self.document["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
        return shape

    def check(self, kind: str, frame: Frame) -> None:
        """Raises where the frame is not as published."""
        self._validators[f"{kind}.{frame['type']}"].validate(frame)


_wires: WeakKeyDictionary[aiohttp.ClientSession, Wire] = WeakKeyDictionary()


async def wire_of(http: aiohttp.ClientSession) -> Wire:
    """What the server publishes of its websocket."""
    if http not in _wires:
        async with http.get("/asyncapi.json") as response:
            _wires[http] = Wire(await response.json())
    return _wires[http]


class State:
    """What an agent's page knows: a snapshot and the events since then, by epoch."""

    def __init__(self) -> None:
        self.agent_id = ""
        self.queue: dict[str, Frame] = {}
        self.mine: dict[str, Frame] = {}
        self.agents: dict[str, Frame] = {}
        self.epochs: dict[str, int] = {}

    def apply(self, frame: Frame) -> bool:
        """Take a frame in; False where it is of a change that something newer came before."""
        if frame["type"] == "hello":
            self.agent_id = frame["agent"]["id"]
        elif frame["type"] == "snapshot":
            self._start(frame)
        elif frame["type"].startswith("session."):
            return self._change(frame)
        elif frame["type"] == "agent.presence":
            self._presence(frame["agent"], frame["status"])
        elif frame.get("session_id") in self.mine:
            self._happen(self.mine[frame["session_id"]], frame)
        return True

    def shown(self) -> Frame:
        """As a snapshot has it."""

        def by_place(card: Frame) -> tuple[str, str]:
            return card["queued_at"], card["session_id"]

        return {
            "queue": sorted(self.queue.values(), key=by_place),
            "mine": sorted(self.mine.values(), key=by_place),
            "agents": sorted(self.agents.values(), key=lambda a: (a["name"], a["id"])),
        }

    def _start(self, snapshot: Frame) -> None:
        self.queue = {card["session_id"]: card for card in snapshot["queue"]}
        self.mine = {card["session_id"]: card for card in snapshot["mine"]}
        self.agents = {agent["id"]: agent for agent in snapshot["agents"]}
        known = self.queue | self.mine
        self.epochs |= {session_id: card["epoch"] for session_id, card in known.items()}

    def _change(self, frame: Frame) -> bool:
        session_id = frame["session_id"]
        if frame["epoch"] <= self.epochs.get(session_id, -1):
            return False
        self.epochs[session_id] = frame["epoch"]
        self.queue.pop(session_id, None)
        self.mine.pop(session_id, None)
        if frame["owner"] == "waiting":
            self.queue[session_id] = {name: frame[name] for name in CARD}
        elif frame["owner"] == self.agent_id:
            self.mine[session_id] = {name: frame[name] for name in MINE}
        return True

    def _presence(self, agent: Frame, status: str) -> None:
        self.agents.pop(agent["id"], None)
        if status != "offline":
            self.agents[agent["id"]] = agent | {"status": status}

    @staticmethod
    def _happen(mine: Frame, frame: Frame) -> None:
        if frame["type"] == "message.created":
            mine["last_seq"] = max(mine["last_seq"], frame["seq"])
        elif frame["type"] == "read":
            mine[f"{frame['by']}_read_seq"] = frame["seq"]


class Cursors:
    """How far each followed session was heard; raises where a message is lost or comes twice."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self._own: set[str] = set()
        self._asked: dict[str, dict[str, int | None]] = {}

    def ask(self, command: Frame) -> None:
        if command["type"] == "subscribe" and isinstance(command.get("cursors"), dict):
            self._asked[command["cmd_id"]] = dict(command["cursors"])

    def apply(self, frame: Frame, agent_id: str, is_news: bool) -> None:
        kind, session_id = frame["type"], frame.get("session_id", "")
        if kind == "snapshot":
            for card in frame["mine"]:
                self._follow_own(card["session_id"], card["last_seq"])
        elif kind.startswith("session.") and is_news:
            if frame["owner"] == agent_id:
                self._follow_own(session_id, frame["last_seq"])
            elif session_id in self._own:
                self._forget(session_id)
        elif kind == "message.created":
            expected = self.seen[session_id] + 1
            assert frame["seq"] == expected, f"{frame} came instead of seq {expected}"
            self.seen[session_id] = frame["seq"]
        elif kind == "resync_required":
            self._forget(session_id)
        elif kind in ("result", "error"):
            self._answered(frame)

    def _follow_own(self, session_id: str, last_seq: int) -> None:
        if session_id not in self.seen:
            self.seen[session_id] = last_seq
            self._own.add(session_id)

    def _forget(self, session_id: str) -> None:
        self.seen.pop(session_id, None)
        self._own.discard(session_id)

    def _answered(self, frame: Frame) -> None:
        asked = self._asked.pop(frame["cmd_id"], {}) if frame["cmd_id"] else {}
        if frame["type"] == "error":
            return
        for session_id, cursor in asked.items():
            self._forget(session_id)
            if session_id in frame["sessions"]:
                self.seen[session_id] = cursor or 0


class Agent:
    """An open socket. Frames are read all the time, and kept in `frames`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, wire: Wire | None) -> None:
        """Without `wire` nothing is validated; order still is."""
        self.socket = socket
        self.frames: list[Frame] = []
        self.state = State()
        self.cursors = Cursors()
        self.close_code: int | None = None
        self._wire = wire
        self._name, self._numbers = secrets.token_hex(4), itertools.count(1)
        self._pending: defaultdict[str | None, deque[asyncio.Future[Frame]]] = defaultdict(deque)
        self._taken: set[int] = set()
        self._heard = asyncio.Event()
        self._broken: BaseException | None = None
        self._reader = asyncio.create_task(self._read(), name="test-agent")

    @property
    def id(self) -> str:
        return self.state.agent_id

    async def command(self, kind: str, /, *, is_bad: bool = False, **fields: Any) -> Frame:
        """Do something; the `result` or `error` that it came to. `cmd_id` may be given."""
        cmd_id = fields.pop("cmd_id", None) or f"{self._name}-{next(self._numbers)}"
        command = {"type": kind, "cmd_id": cmd_id, **fields}
        if self._wire and not is_bad:
            self._wire.check("command", command)
        self.cursors.ask(command)
        return await self.say(json.dumps(command), cmd_id)

    async def done(self, kind: str, /, **fields: Any) -> Frame:
        """Do something that must work."""
        answer = await self.command(kind, **fields)
        assert answer["type"] == "result", answer
        return answer

    async def refused(self, kind: str, /, **fields: Any) -> str:
        """Do something that must not work; the error's code."""
        answer = await self.command(kind, **fields)
        assert answer["type"] == "error", answer
        return str(answer["code"])

    async def say(self, raw: str | bytes, cmd_id: str | None) -> Frame:
        """Send a frame as it is, binary if it is bytes; the answer with that `cmd_id`."""
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._pending[cmd_id].append(answer)
        await (self.socket.send_str(raw) if isinstance(raw, str) else self.socket.send_bytes(raw))
        await self._wait(lambda: answer.done() or None)
        return answer.result()

    async def until(self, kind: str, /, **match: Any) -> Frame:
        """The first frame of that type and with these values that wasn't returned before."""
        looked_at = 0

        def find() -> Frame | None:
            nonlocal looked_at
            for place in range(looked_at, len(self.frames)):
                frame = self.frames[place]
                is_wanted = frame["type"] == kind and match.items() <= frame.items()
                if is_wanted and place not in self._taken:
                    self._taken.add(place)
                    return frame
            looked_at = len(self.frames)
            return None

        return await self._wait(find)

    async def knows(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard makes this true."""
        await self._wait(lambda: condition() or None)

    def of(self, kind: str, **match: Any) -> list[Frame]:
        """What was heard so far of that type and with these values."""
        return [f for f in self.frames if f["type"] == kind and match.items() <= f.items()]

    def said(self, session_id: str) -> list[str]:
        """The contents of the messages that were heard of a session."""
        return [frame["content"] for frame in self.of("message.created", session_id=session_id)]

    async def closed(self) -> int | None:
        """The code that the server closes the socket with."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self._reader])
        self._raise()
        return self.close_code

    async def close(self) -> None:
        """Leave, and have it known what was wrong with what came."""
        await self.socket.close()
        await asyncio.wait([self._reader])
        self._raise()

    async def _wait(self, find: Callable[[], T | None]) -> T:
        async with asyncio.timeout(PATIENCE):
            while True:
                self._raise()
                if (found := find()) is not None:
                    return found
                if self._reader.done():
                    raise EOFError(f"closed with {self.close_code}")
                self._heard.clear()
                await self._heard.wait()

    def _raise(self) -> None:
        if self._broken is not None:
            raise self._broken

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                assert message.type is WSMsgType.TEXT, message
                self._take(orjson.loads(message.data))
                self._heard.set()
        except BaseException as error:
            self._broken = error
        finally:
            self.close_code = self.socket.close_code
            self._heard.set()

    def _take(self, frame: Frame) -> None:
        if self._wire:
            self._wire.check("event", frame)
        self.frames.append(frame)
        is_news = self.state.apply(frame)
        self.cursors.apply(frame, self.id, is_news)
        if frame["type"] in ("result", "error") and (waiting := self._pending[frame["cmd_id"]]):
            waiting.popleft().set_result(frame)


async def ticket_of(http: aiohttp.ClientSession, token: str) -> str:
    """A new ticket for the websocket."""
    async with http.post(TICKET, headers={"Authorization": f"Bearer {token}"}) as response:
        assert response.status == 201, await response.text()
        return str((await response.json())["ticket"])


@contextlib.asynccontextmanager
async def connect(
    recap: Recap,
    token: str,
    *,
    by: str = "ticket",
    http: aiohttp.ClientSession | None = None,
    is_checked: bool = True,
    **headers: str,
) -> AsyncIterator[Agent]:
    """A live agent's socket after its snapshot; `by` a ticket, or the token as `bearer`.

    `http` is another way to the server; without `is_checked` frames are not validated.
    """
    way = http or recap.http
    protocols = [SUBPROTOCOL]
    if by == "ticket":
        protocols.append(f"ticket.{await ticket_of(way, token)}")
    else:
        headers["Authorization"] = f"Bearer {token}"
    wire = await wire_of(way) if is_checked else None
    socket = await way.ws_connect(SOCKET, protocols=protocols, headers=headers, max_msg_size=0)
    agent = Agent(socket, wire)
    try:
        await agent.until("snapshot")
        yield agent
    except BaseException:
        await socket.close()
        raise
    await agent.close()


async def agrees(recap: Recap, agent: Agent, token: str) -> None:
    """Snapshot and events of this socket come to what a new socket's snapshot says."""
    for _ in range(SNAPSHOTS):  # what is still going on may change it
        async with connect(recap, token, by="bearer") as fresh:
            expected = fresh.state.shown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await agent.knows(lambda: agent.state.shown() == expected)  # noqa: B023
                return
    assert agent.state.shown() == expected
