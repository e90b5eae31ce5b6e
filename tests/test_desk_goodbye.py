"""How the server ends a live agent's socket: its code first, and the connection after the peer's.

A browser whose own goodbye finds no connection any more reports 1006 whatever the code was, and a
desk that is not told 4003 cannot say that its agent was revoked.
"""

from __future__ import annotations

import asyncio
import base64
import os

import pytest

from service.desk.watch import REVOKED
from tests.conftest import Recap

PATIENCE, AWHILE = 20, 0.5
CODE = REVOKED.to_bytes(2, "big")
CLOSE, GOODBYE = b"\x88\x02" + CODE, b"\x88\x82" + bytes(4) + CODE
"""A frame of the server, and the peer's: with a mask, of zeros."""


@pytest.mark.parametrize("says_goodbye", [True, False])
async def test_the_connection_stands_until_the_peer_has_said_goodbye_or_two_seconds(
    recap: Recap, says_goodbye: bool
) -> None:
    maria = await recap.hire()
    reader, writer = await open_socket(recap, maria.token)
    await recap.rooms.agents.revoke(recap.keys.id, "Maria")
    async with asyncio.timeout(PATIENCE):
        await reader.readuntil(CLOSE)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), AWHILE)
        if says_goodbye:
            writer.write(GOODBYE)
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def open_socket(
    recap: Recap, token: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A live agent's socket, byte by byte."""
    host = recap.url.removeprefix("http://")
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    lines = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": "recap.v1",
        "Authorization": f"Bearer {token}",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"GET /v1/agents/socket HTTP/1.1\r\n{head}\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    await reader.readuntil(b'"snapshot"')
    return reader, writer
