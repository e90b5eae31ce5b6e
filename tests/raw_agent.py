"""A live agent's websocket by hand: light enough for thousands of them in one process.

Nothing is held against a schema here. A socket can stop reading, and it can be cut.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import resource
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import orjson

PATIENCE = 60
"""Seconds after which what never comes is given up."""
FILES = 12_000
"""Descriptors for thousands of sockets, and room."""
CONNECTING = 100
"""Sockets that open at the same time, where many are opened."""

Frame = dict[str, Any]
Hear = Callable[[Frame], None]

_OPENING = (
    "GET /v1/agents/socket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    "Sec-WebSocket-Protocol: recap.v1{ticket}\r\n{authorization}\r\n"
)
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_numbers = itertools.count(1)


class Cut(ConnectionError):
    """The socket is gone; whether a command was done is not known."""


class RawAgent(asyncio.Protocol):
    """One socket. `hear` gets every event; `mine` and `queue` are the snapshot's."""

    def __init__(self, opening: bytes, hear: Hear | None) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[Frame] = loop.create_future()
        """The snapshot."""
        self.closed = asyncio.Event()
        self.close_code: int | None = None
        self.is_draining = False
        self._opening = opening
        self._is_open = False
        self._hear = hear
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._buffer = bytearray()
        self.transport: asyncio.Transport

    async def command(self, name: str, *, cmd_id: str | None = None, **fields: Any) -> Frame:
        """The answer to a command, `result` or `error`. Raises Cut."""
        answer, cmd_id = asyncio.get_running_loop().create_future(), cmd_id or new_id()
        self._answers[cmd_id] = answer
        self.tell(type=name, cmd_id=cmd_id, **fields)
        async with asyncio.timeout(PATIENCE):
            frame: Frame = await answer
            return frame

    def tell(self, **command: Any) -> None:
        """Send a command and go on. Raises Cut."""
        if self.closed.is_set():
            raise Cut
        self._send(_TEXT, orjson.dumps(command))

    def cut(self) -> None:
        """The line breaks; nobody says goodbye."""
        self.transport.abort()

    async def leave(self) -> None:
        """Say goodbye, and wait for the other side's."""
        if not self.closed.is_set():
            self._send(_CLOSE, (1000).to_bytes(2, "big"))
        async with asyncio.timeout(PATIENCE):
            await self.closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._opening)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()
        for waiting in (self.ready, *self._answers.values()):
            if not waiting.done():
                waiting.set_exception(Cut())
                waiting.exception()  # nobody may be waiting any longer
        self._answers.clear()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, blank, rest = self._buffer.partition(b"\r\n\r\n")
            if not blank:
                return
            assert head.startswith(b"HTTP/1.1 101"), bytes(head)
            self._is_open, self._buffer = True, rest
        for opcode, payload in self._taken():
            self._take(opcode, payload)

    def _taken(self) -> Iterable[tuple[int, bytes]]:
        """Whole frames, out of the buffer; the server neither masks nor splits them."""
        buffer, at = self._buffer, 0
        while len(buffer) >= at + 2:
            length, head = buffer[at + 1] & 127, at + 2
            if length > 125:
                wide = 2 if length == 126 else 8
                length = int.from_bytes(buffer[head : head + wide], "big")
                head += wide
            if len(buffer) < head + length:
                break
            yield buffer[at] & 15, bytes(buffer[head : head + length])
            at = head + length
        del buffer[:at]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self._read(orjson.loads(payload))
        elif opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            if not self.transport.is_closing():
                self._send(_CLOSE, payload[:2])
                self.transport.close()

    def _read(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind in ("result", "error"):
            answer = self._answers.pop(frame["cmd_id"], None)
            if answer is not None and not answer.done():
                answer.set_result(frame)
        elif kind == "snapshot":
            self.ready.set_result(frame)
        self.is_draining = self.is_draining or kind == "draining"
        if self._hear is not None:
            self._hear(frame)

    def _send(self, opcode: int, payload: bytes) -> None:
        """A frame whose mask is zero: masked by the rules, and the same bytes."""
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else bytes([254]) + size.to_bytes(2, "big")
        self.transport.write(bytes([128 | opcode]) + length + bytes(4) + payload)


def new_id() -> str:
    """For commands and messages; no two are the same, in other processes neither."""
    return f"{os.getpid()}-{next(_numbers)}"


async def connect(
    url: str, token: str, hear: Hear | None = None, *, receive_buffer: int | None = None
) -> RawAgent:
    """A socket that has its snapshot, by an agent's token or by a ticket.

    `receive_buffer` is the kernel's, in bytes.
    """
    host, _, port = url.removeprefix("http://").partition(":")
    is_ticket = token.startswith("tk_")
    opening = _OPENING.format(
        host=f"{host}:{port}",
        key=base64.b64encode(os.urandom(16)).decode(),
        ticket=f", ticket.{token}" if is_ticket else "",
        authorization="" if is_ticket else f"Authorization: Bearer {token}\r\n",
    ).encode()
    loop = asyncio.get_running_loop()
    kernel = socket.socket()
    try:
        kernel.setblocking(False)
        if receive_buffer is not None:
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        async with asyncio.timeout(PATIENCE):
            await loop.sock_connect(kernel, (host, int(port)))
            made = loop.create_connection(lambda: RawAgent(opening, hear), sock=kernel)
            _, agent = await made
    except BaseException:
        kernel.close()
        raise
    try:
        async with asyncio.timeout(PATIENCE):
            await agent.ready
    except BaseException:
        agent.cut()
        raise
    return agent


async def connect_all(
    url: str, tokens: Iterable[str], hear: Hear | None = None, *, at_once: int = CONNECTING
) -> list[RawAgent]:
    """A socket for each token."""
    raise_file_limit()
    turnstile = asyncio.Semaphore(at_once)

    async def one(token: str) -> RawAgent:
        async with turnstile:
            return await connect(url, token, hear)

    return await asyncio.gather(*map(one, tokens))


async def leave_all(agents: Iterable[RawAgent]) -> None:
    """Every socket closes, and has closed on return."""
    await asyncio.gather(*(agent.leave() for agent in agents))


@contextlib.asynccontextmanager
async def connected(
    url: str, tokens: Iterable[str], hear: Hear | None = None
) -> AsyncIterator[list[RawAgent]]:
    """A socket for each token, cut in the end."""
    agents = await connect_all(url, tokens, hear)
    try:
        yield agents
    finally:
        for agent in agents:
            agent.cut()
        await asyncio.gather(*(agent.closed.wait() for agent in agents))


def raise_file_limit() -> None:
    """Have as many descriptors as may be had; processes started later inherit them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, FILES)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
