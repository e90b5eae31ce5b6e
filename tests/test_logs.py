"""Logs: what happened, by request; and not one word of what was said, nor any secret."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import pytest

from service import logs
from service.loopback import Scripted
from service.settings import Settings
from tests.conftest import Recap, Starter

SAID = "MARKER"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(own_logging: None, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Logging as a server on no terminal has it, at its most talkative; and what was written."""
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        logs.configure(Settings(_env_file=None, log_level="debug"))
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
async def telling(lines: Lines, start_recap: Starter) -> AsyncIterator[Recap]:
    """A server with markers in its settings."""
    settings = {
        "system_prompt": f"{SAID}-prompt",
        "openai_api_key": f"sk-{SAID}-key",
        "operator_token": f"{SAID}-operator-token",
    }
    async with start_recap(**settings) as recap:
        yield recap


async def send(recap: Recap, method: str, path: str, token: str, **rest: Any) -> int:
    headers = {
        "Authorization": f"Bearer {token}",
        "User-Agent": f"{SAID}-agent",
        "Cookie": f"{SAID}-cookie",
        "Idempotency-Key": f"{SAID}-{method}-{len(str(rest))}",
        **rest.pop("headers", {}),
    }
    async with recap.http.request(method, path, headers=headers, **rest) as response:
        await response.read()
        return response.status


async def converse(recap: Recap) -> dict[str, Any]:
    """Everything that a caller can say, each part of it marked; returns the session."""
    session = await recap.open_session(metadata={"name": f"{SAID}-metadata"})
    recap.upstream.default = lambda _: Scripted(text=f"{SAID}-reply")
    url = f"/v1/sessions/{session['id']}"
    for n, accept in enumerate(("application/json", "text/event-stream")):
        body = {"content": f"{SAID}-question-{n}, a.b@{SAID}.example, order A-2093{n}"}
        headers = {"Accept": accept}
        said = send(recap, "POST", f"{url}/messages", session["token"], json=body, headers=headers)
        assert await said == 200
    for path in (url, f"{url}/messages?after=0&x={SAID}-query", f"/v1/usage?by=day&x={SAID}"):
        assert await send(recap, "GET", path, recap.keys.key) == 200
    assert await send(recap, "GET", f"/{SAID}-path/{SAID}", f"{SAID}-token") == 404
    assert await send(recap, "GET", url, f"st.{SAID}.token") == 404
    assert await send(recap, "GET", f"/v1/usage?from={SAID}", recap.keys.key) == 422
    assert await send(recap, "POST", f"{url}/messages", session["token"], data=f'{{"{SAID}') == 400
    assert await send(recap, "POST", f"{url}/messages", session["token"], json={SAID: SAID}) == 422
    return session


async def complete(recap: Recap, *, stream: bool = False) -> int:
    messages = [{"role": "user", "content": f"{SAID}-completion"}]
    body = {"model": "m", "stream": stream, "user": f"{SAID}-user", "messages": messages}
    headers = {"Cache-Control": "no-store"}
    url = "/v1/chat/completions"
    return await send(recap, "POST", url, recap.keys.key, json=body, headers=headers)


async def send_raw(recap: Recap, request: bytes) -> bytes:
    host, port = recap.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def assert_silent(written: list[dict[str, Any]], recap: Recap, *secrets: str) -> None:
    told = json.dumps(written, ensure_ascii=False)
    assert SAID not in told
    for secret in (recap.keys.key, recap.keys.publishable_key, *secrets):
        assert secret not in told
    assert not re.search(r"Bearer|Authorization|Cookie", told, re.IGNORECASE)


async def test_a_line_of_a_request_says_which_and_how_it_went(recap: Recap, lines: Lines) -> None:
    session = await recap.open_session()
    await recap.say(session, "Hello?", **{"X-Request-ID": "r-1"})
    created, said = [line for line in lines() if line.get("action") == "request"]
    assert (created["method"], created["route"], created["status"]) == ("POST", "/v1/sessions", 201)
    assert re.fullmatch(r"req_[\w-]{22}", created["request_id"])
    assert (said["request_id"], said["route"]) == ("r-1", "/v1/sessions/{id}/messages")
    for line in (created, said):
        assert line["level"] == "info"
        assert line["ms"] > 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])
        assert line["message"] == "request"


async def test_no_line_of_a_conversation_quotes_it(telling: Recap, lines: Lines) -> None:
    session = await converse(telling)
    assert await complete(telling) == 200
    assert await complete(telling, stream=True) == 200
    written = lines()
    assert len([line for line in written if line.get("action") == "request"]) == 13
    assert_silent(written, telling, session["token"])


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(status=500, error={"message": f"{SAID}-error"}),
        Scripted(status=429, error={"message": f"{SAID}-error"}, headers={"Retry-After": SAID}),
        Scripted(status=401, error={"message": f"Incorrect API key: sk-{SAID}"}),
        Scripted(text=f"{SAID}-half an answer", cut_after=2),
        Scripted(body=f"{SAID} is no JSON".encode()),
        Scripted(body=f'{{"choices": "{SAID}"}}'.encode()),
        Scripted(body=f'{{"choices": [{{"message": "{SAID}"}}]}}'.encode()),
        Scripted(body=f'data: {{"choices": ["{SAID}"]}}\n\ndata: [DONE]\n\n'.encode()),
        Scripted(body=f'data: {{"choices": [{{"index": "{SAID}"}}]}}\n\n'.encode()),
        Scripted(text="Yes.", usage={"prompt_tokens": f"{SAID}-tokens"}),
    ],
    ids=lambda answer: f"{answer.status} {(answer.body or b'').decode()[:30]}{answer.text}",
)
async def test_a_provider_that_fails_is_not_quoted(
    answer: Scripted, telling: Recap, lines: Lines
) -> None:
    session = await telling.open_session()
    url = f"/v1/sessions/{session['id']}/messages"
    telling.upstream.default = lambda _: answer
    await send(telling, "POST", url, session["token"], json={"content": f"{SAID}-question"})
    await complete(telling)
    if answer.body is None:
        await complete(telling, stream=True)
    written = lines()
    assert written
    assert_silent(written, telling, session["token"])


async def test_an_unexpected_error_tells_its_place_and_not_its_text(
    telling: Recap, lines: Lines
) -> None:
    session = await telling.open_session()
    asked = telling.http.post(
        f"/v1/sessions/{session['id']}/messages",
        json={"content": "Hello?"},
        headers=telling.bearer(**{"Idempotency-Key": "k-1"}),
    )
    await telling.say(session, "Hello?", **{"Idempotency-Key": "k-1"})
    with closing(sqlite3.connect(telling.database)) as connection, connection:
        connection.execute("UPDATE turns SET status = ?", (f"{SAID}-status",))
    async with asked as response:
        assert response.status == 500
        assert (await response.json())["code"] == "internal_error"
        assert SAID not in await response.text()
        request_id = response.headers["X-Request-ID"]
    written = lines()
    [line] = [line for line in written if line.get("action") == "unexpected_error"]
    assert (line["level"], line["request_id"]) == ("error", request_id)
    assert line["exception"].endswith("builtins.KeyError")
    assert "cache_status.py" in line["exception"]
    assert_silent(written, telling)


async def test_a_database_that_fails_is_not_quoting_what_it_was_given(
    telling: Recap, lines: Lines
) -> None:
    session = await telling.open_session()
    with closing(sqlite3.connect(telling.database)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER x BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'is full'); END"
        )
    url = f"/v1/sessions/{session['id']}/messages"
    assert await send(telling, "POST", url, session["token"], json={"content": SAID}) == 503
    written = lines()
    assert any("is full" in str(line.get("why")) for line in written)
    assert_silent(written, telling, session["token"])


@pytest.mark.parametrize(
    "request_",
    [
        f"GET /{SAID} HTTP/1.1\r\nAuthorization Bearer {SAID}\r\n\r\n",
        f"{SAID} / HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SAID}\x01\r\n\r\n",
        f"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: {SAID}\r\n\r\n",
        f"GET /{'x' * 20_000}{SAID} HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_request_are_not_quoted(
    request_: str, telling: Recap, lines: Lines
) -> None:
    answer = await send_raw(telling, request_.encode())
    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert_silent(lines(), telling)


def test_libraries_do_not_talk_at_debug_level(lines: Lines) -> None:
    for name in ("openai", "httpx2", "aiosqlite", "aiohttp.server", "sqlalchemy.engine", "alembic"):
        logging.getLogger(name).debug(SAID)
        logging.getLogger(name).info(SAID)
    assert lines() == []


@pytest.mark.usefixtures("own_logging")
def test_a_line_for_people_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(_env_file=None, log_format="text"))
    try:
        raise ValueError(SAID)
    except ValueError:
        logging.getLogger("service").exception("it went wrong", extra={"action": "a", "route": "/"})
    first, *rest = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d error   it went wrong route=/", first)
    assert rest[-1] == "builtins.ValueError"
