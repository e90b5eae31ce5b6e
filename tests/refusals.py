"""A server that is sent what it must refuse, and proof that nothing came of it."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from service.logs import JsonFormatter
from tests.conftest import Recap
from tests.doors import CHAT
from tests.rest import Answer, ask, code_of, request_bytes, rows, send_bytes

SECRET = "heliotrope-4471"
"""What the bodies of bad requests hold, and nothing else may."""
CREATE, SAY, CHAT_PATH = "/v1/sessions", "/v1/sessions/{id}/messages", "/v1/chat/completions"
FACES = (CREATE, SAY, CHAT_PATH)


@contextlib.contextmanager
def whole_log() -> Iterator[io.StringIO]:
    """Every line that would be written to the log, down to the last detail."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


@dataclass
class Server:
    """A server with one session, and what it looked like before anybody was rude to it."""

    recap: Recap
    session: dict[str, Any]
    logged: io.StringIO
    before: dict[str, int] = field(init=False)
    calls: int = field(init=False)

    def __post_init__(self) -> None:
        self.before, self.calls = rows(self.recap.database), self.recap.upstream.calls

    async def refuses(
        self, path: str, data: Any, *, status: int, code: str, **headers: str
    ) -> Answer:
        """The refusal of a body, in its route's form."""
        address = path.format(id=self.session["id"])
        answer = await ask(
            self.recap, "POST", address, data=data, headers=self.recap.bearer(**headers)
        )
        assert (answer.status, code_of(path, answer)) == (status, code), (path, answer.body)
        assert SECRET.encode() not in answer.body
        self.is_untouched()
        return answer

    async def answers_bytes(
        self, method: str, path: str, *headers: tuple[str, bytes | str], body: bytes = b""
    ) -> Answer:
        """What exactly these bytes get, with the tenant's key."""
        given = [("Authorization", f"Bearer {self.recap.keys.key}"), *headers]
        address = path.format(id=self.session["id"])
        return await send_bytes(self.recap, request_bytes(method, address, given, body))

    def is_untouched(self) -> None:
        """No row, no call, and not a word of it in the log."""
        assert self.recap.upstream.calls == self.calls
        assert rows(self.recap.database) == self.before
        assert SECRET not in self.logged.getvalue()

    async def is_well(self, *, quiet: bool = True) -> None:
        """The next good requests are answered, and nothing was logged as an error."""
        assert (await self.recap.say(self.session, "Hello?"))["reply"] is not None
        await self.recap.open_session()
        answer = await ask(self.recap, "POST", CHAT_PATH, json=CHAT, headers=self.recap.bearer())
        assert answer.status == 200
        assert not quiet or '"level":"error"' not in self.logged.getvalue()


@contextlib.asynccontextmanager
async def rude_to(recap: Recap) -> AsyncIterator[Server]:
    with whole_log() as logged:
        yield Server(recap, await recap.open_session(), logged)
