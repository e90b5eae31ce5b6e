"""What tests of the REST face share: requests byte by byte, the contract, and the rows."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from service.web.problems import OPENAI_PATHS
from tests.conftest import Recap

PATIENCE = 20
"""Seconds after which an answer that doesn't come is given up."""
TABLES = ("tenants", "agents", "sessions", "messages", "turns", "prefix_cache")


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


async def ask(recap: Recap, method: str, path: str, **rest: Any) -> Answer:
    """One request and its answer; of a stream, its head alone."""
    async with recap.http.request(method, path, **rest) as response:
        streams = response.content_type == "text/event-stream"
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, b"" if streams else await response.read())


async def send_bytes(recap: Recap, request: bytes) -> Answer:
    """Exactly these bytes on a connection of their own, and what comes back until it closes."""
    host, _, port = recap.url.removeprefix("http://").partition(":")
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(host, int(port))
        with contextlib.suppress(ConnectionError):
            writer.write(request)
            await writer.drain()
        answer = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split(" ")[1]), headers, body)


def request_bytes(
    method: str, path: str, headers: Iterable[tuple[str, bytes | str]] = (), body: bytes = b""
) -> bytes:
    """An HTTP request as it would be typed; the connection closes after it."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: recap", b"Connection: close"]
    for name, value in headers:
        lines.append(name.encode() + b": " + (value.encode() if isinstance(value, str) else value))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def rows(database: Path) -> dict[str, int]:
    """How many rows each table has."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in TABLES
        }


def code_of(path: str, answer: Answer) -> str | None:
    """The stable code of an error, which must have the form of its route."""
    if path.startswith(OPENAI_PATHS):
        assert answer.kind == "application/json"
        error = answer.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}
        assert isinstance(error["message"], str)
        assert error["message"]
        assert error["type"] == ("invalid_request_error" if answer.status < 500 else "api_error")
        return str(error["code"])
    assert answer.kind == "application/problem+json"
    problem = answer.json()
    assert problem.keys() - {"param"} == {"type", "title", "status", "code", "detail"}
    assert problem["status"] == answer.status
    assert problem["detail"]
    return str(problem["code"])


class Contract:
    """The server's own openapi.json, and answers held against it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operation(self, method: str, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.document["paths"][path][method.lower()]
        return found

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Raises where the document doesn't allow this answer of that route."""
        responses = self.operation(method, path)["responses"]
        assert str(answer.status) in responses or (answer.status >= 400 and "default" in responses)
        described = responses.get(str(answer.status)) or responses["default"]
        content = described.get("content")
        if content is None:
            return
        assert answer.kind in content
        if "json" in answer.kind:
            self.validator(content[answer.kind]["schema"]).validate(answer.json())

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        components = {"components": self.document["components"]}
        return Draft202012Validator(schema | components)


async def contract_of(recap: Recap) -> Contract:
    return Contract((await ask(recap, "GET", "/openapi.json")).json())


@contextlib.asynccontextmanager
async def running_call(
    recap: Recap, session: Mapping[str, Any], content: str, **headers: str
) -> AsyncIterator[asyncio.Task[Answer]]:
    """A message whose call has reached the model and waits there; let go on leaving."""
    recap.upstream.gate.clear()
    recap.upstream.asked.clear()
    task = asyncio.create_task(
        ask(
            recap,
            "POST",
            f"/v1/sessions/{session['id']}/messages",
            json={"content": content},
            headers=recap.bearer(**headers),
        )
    )
    async with asyncio.timeout(PATIENCE):
        await recap.upstream.asked.wait()
    try:
        yield task
    finally:
        recap.upstream.gate.set()
        await asyncio.wait([task], timeout=PATIENCE)
