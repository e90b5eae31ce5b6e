"""Live agents over HTTP: tickets, what a desk looks up, and the websocket."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
import struct
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from service import ids
from service.desk import frames
from service.desk.hub import Line
from service.desk.protocol import HEARTBEAT_SECONDS, SUBPROTOCOL
from service.errors import InvalidRequest, NotAWebSocket, NotFound
from service.storage.agents import Agent
from service.storage.inbox import OwnedSession
from service.web import requests
from service.web.answers import json_response
from service.web.keys import rooms

NOT_AUTHENTICATED = 4001
LISTED = ("bot", "waiting", "agent", "resolved")
_TICKET = "ticket."
_UNSENT_BYTES = 64 * 1024
"""What one socket may have on its way, in this process and, about as much, in the kernel."""
_GOODBYE_SECONDS = 2.0
"""How long a peer gets to read what it was sent and to say goodbye."""
_AT_ONCE = struct.pack("ii", 1, 0)
"""For SO_LINGER, to close without waiting: else the kernel keeps what a peer does not read for
minutes, and the peer never hears that it was closed."""


async def ticket(request: web.Request) -> web.Response:
    """A single-use ticket for the websocket, good for 30 seconds."""
    agent = await requests.agent_of(request)
    made, expires_at = rooms(request).tickets.issue(agent.id)
    return json_response({"ticket": made, "expires_at": ids.rfc3339(expires_at)}, status=201)


async def listed(request: web.Request) -> web.Response:
    """A tenant's conversations by who answers, the newest first."""
    agent = await requests.agent_of(request)
    owner = request.query.get("owner", "bot")
    if owner not in LISTED:
        raise InvalidRequest(f"owner takes one of {', '.join(LISTED)}.", param="owner")
    limit = requests.integer(request, "limit", 50, 1, 200)
    found = await rooms(request).inbox.listed(agent.tenant_id, owner, limit)
    return json_response({"data": [_row(row) for row in found]})


async def detail(request: web.Request) -> web.Response:
    """One conversation, what it carries along, and what it has cost."""
    agent = await requests.agent_of(request)
    room = rooms(request)
    found = await room.sessions.get(request.match_info["id"])
    if found is None or found[0].tenant_id != agent.tenant_id:
        raise NotFound
    session = found[0]
    owner = None if session.owner in frames.OWNERS else await room.agents.get(session.owner)
    shown = _shown(OwnedSession(session, owner.name if owner else None))
    usage = await room.ledger.of_session(session.id) | {"currency": room.settings.currency}
    return json_response(shown | {"metadata": session.metadata, "usage": usage})


async def socket(request: web.Request) -> web.StreamResponse:
    """The live agents' websocket."""
    offered = _offered(request)
    if request.headers.get("Upgrade", "").lower() != "websocket":
        await requests.agent_of(request)
        raise NotAWebSocket
    if offered and SUBPROTOCOL not in offered:  # aiohttp would log what was offered: a ticket
        raise NotAWebSocket
    agent = await _who(request, offered)
    longest = rooms(request).settings.max_message_chars
    ws = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,),
        heartbeat=HEARTBEAT_SECONDS,
        compress=False,
        max_msg_size=requests.SMALL_BODY + requests.LONGEST_CHARACTER * longest,
        writer_limit=_UNSENT_BYTES,
        timeout=_GOODBYE_SECONDS,
        autoclose=False,  # where this side closes first, it has said so already
    )
    await ws.prepare(request)
    if agent is None:  # only an open socket can tell a browser why it is closed
        await ws.close(code=NOT_AUTHENTICATED)
        return ws
    if request.transport is not None:
        kernel = request.transport.get_extra_info("socket")
        kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, _UNSENT_BYTES)
    await _Connection(request, ws).run(agent)
    return ws


class _Connection:
    """One socket: its reader is the handler itself, its sender a task, its end whoever says so."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self._request = request
        self._ws = ws
        self._room = rooms(request)
        self._sender: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None
        self._heard_all = asyncio.Event()

    async def run(self, agent: Agent) -> None:
        """Until the socket closes."""
        line = await self._room.desk.connect(agent, self.close)
        self._sender = asyncio.create_task(self._send(line), name="socket-sender")
        try:
            async for frame in self._ws:
                if self._closer is None:
                    await self._hear(line, frame)
        finally:
            self._heard_all.set()
            self._sender.cancel()
            await asyncio.shield(self._room.desk.disconnect(line))
            if self._closer is not None:
                await asyncio.shield(asyncio.wait([self._closer]))

    def close(self, code: int) -> None:
        """Close the socket with a code, and its transport if the peer does not read that."""
        if self._closer is None:
            self._room.metrics.sockets_closed.labels(str(code)).inc()
            self._closer = asyncio.create_task(self._close(code), name="socket-closer")

    async def _hear(self, line: Line, frame: WSMessage) -> None:
        if frame.type is WSMsgType.TEXT:
            await self._room.commands.run(line, frame.data.encode())
        elif frame.type is WSMsgType.BINARY:
            await self._room.commands.run(line, frame.data)
        await asyncio.sleep(0)  # the sender's turn: who asks much at once is not a slow reader

    async def _send(self, line: Line) -> None:
        try:
            while True:
                await self._ws.send_frame(await line.outbox.take(), WSMsgType.TEXT)
        except ConnectionError:
            self.abort()

    async def _close(self, code: int) -> None:
        """Say why, and wait for the peer's goodbye: a browser whose own one finds no connection
        any more reports 1006, whatever the code was. (`WebSocketResponse.close` does not wait
        while another task receives.)"""
        if self._sender is not None:
            self._sender.cancel()
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._ws.send_frame(code.to_bytes(2, "big"), WSMsgType.CLOSE)
                await self._heard_all.wait()
        self.abort()

    def abort(self) -> None:
        """Drop the connection, and what is on its way to a peer that does not read."""
        if (transport := self._request.transport) is not None:
            if transport.get_write_buffer_size():
                kernel = transport.get_extra_info("socket")
                kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, _AT_ONCE)
            transport.abort()


async def _who(request: web.Request, offered: list[str]) -> Agent | None:
    """The live agent of a ticket, or of a bearer token; None for anybody else, or a page of an
    origin that is neither this server's nor the tenant's."""
    room = rooms(request)
    tickets = [name.removeprefix(_TICKET) for name in offered if name.startswith(_TICKET)]
    if tickets:
        agent_id = room.tickets.redeem(tickets[0])
        agent = await room.agents.get(agent_id) if agent_id else None
        agent = None if agent is None or agent.revoked_at is not None else agent
    elif "Authorization" in request.headers:
        agent = await room.agents.by_token(requests.bearer(request))
    else:
        agent = None
    origin = request.headers.get("Origin")
    own = (f"http://{request.host}", f"https://{request.host}")  # a proxy may speak TLS for it
    if agent is None or origin is None or origin in own:
        return agent
    tenant = await room.tenants.find(agent.tenant_id)
    return agent if origin in tenant.origins else None


def _offered(request: web.Request) -> list[str]:
    return [
        name.strip()
        for header in request.headers.getall("Sec-WebSocket-Protocol", [])
        for name in header.split(",")
        if name.strip()
    ]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    words = {"kind": row["kind"], "content": row["content"]} if row["kind"] else None
    return _shown(row["owned"]) | {"last_message": words}


def _shown(owned: OwnedSession) -> dict[str, Any]:
    session = owned.session
    return frames.card(session, owned.name) | {
        "message_count": session.last_seq,
        "created_at": ids.rfc3339(session.created_at),
        "updated_at": ids.rfc3339(session.updated_at),
    }
