"""Requests that are odd below their bodies: methods, paths, ids, headers, framing."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from service.web.routes import ALL, Operation
from tests.conftest import Recap
from tests.doors import DOORS, door, name_of, path_of
from tests.refusals import FACES, SAY, SECRET, Server, rude_to
from tests.rest import PATIENCE, ask, code_of, request_bytes, running_call, send_bytes

pytestmark = pytest.mark.asyncio(loop_scope="module")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
BODY = b'{"content":"%s"}' % SECRET.encode()
LENGTH = ("Content-Length", str(len(BODY)))


@pytest_asyncio.fixture(loop_scope="module")
async def server(shared_recap: Recap) -> AsyncIterator[Server]:
    async with rude_to(shared_recap) as server:
        yield server


@pytest.mark.parametrize("path", sorted({path for _, path in DOORS}))
async def test_a_method_that_a_path_has_not_is_told_which_it_has(server: Server, path: str) -> None:
    has = {method for method, known in DOORS if known == path}
    if "GET" in has and not DOORS["GET", path].streams:
        has |= {"HEAD"}
    for method in set(METHODS) - has:
        answer = await ask(
            server.recap,
            method,
            path.format(id=server.session["id"], name="chat.js"),
            headers=server.recap.bearer(),
        )
        assert answer.status == 405, method
        assert set(answer.headers["allow"].split(",")) == has
        assert method == "HEAD" or code_of(path, answer) == "method_not_allowed"
    server.is_untouched()


@pytest.mark.parametrize(
    "operation", [o for o in ALL if o.method == "GET" and not o.streams], ids=name_of
)
async def test_head_is_a_get_without_its_body(server: Server, operation: Operation) -> None:
    for headers in (server.recap.bearer(), {}):
        path = path_of(operation, server.session["id"])
        get = await ask(server.recap, "GET", path, headers=headers)
        head = await ask(server.recap, "HEAD", path, headers=headers)
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        opens = not door(operation).who or (headers and "tenantKey" in door(operation).who)
        assert get.status == (200 if opens else 401)


PATHS = [
    "/v1",
    "/v1/",
    "/V1/sessions",
    "/v1/sessions/",
    "//v1/sessions",
    "/v1//sessions",
    "/v1/./sessions/x/../..",
    "/v1/sessions/{id}/",
    "/v1/sessions/{id}//messages",
    "/v1/sessions/{id}/messages/",
    "/v1/sessions/{id}%2Fmessages",
    "/v1/sessions;a=b",
    "/v1/chat/completions/",
    "/v1/chat/",
    "/v1/models/test-model",
    "/static/",
    "/static/..%2fkeys.py",
    "/static/%2e%2e/keys.py",
    "/static/../keys.py",
    "/static/chat.js/",
    "/static/chat.js%00",
    "/static/__init__.py",
    "/.env",
    "/recap.db",
    "/favicon.ico",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_that_is_none_is_not_found(server: Server, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = await server.answers_bytes(method, path, LENGTH, body=BODY)
        expected = (404, "not_found")
        if answer.status == 405 and method != "GET":  # it could be the name of something
            expected = (405, "method_not_allowed")
        assert (answer.status, code_of(path, answer)) == expected
    server.is_untouched()
    await server.is_well()


IDS = ["%00", "%ff", "%ed%a0%80", "%2e%2e", "...", "*", "'%20OR%201=1--", "st.x.y", "é", "x" * 6000]


@pytest.mark.parametrize("id_", IDS, ids=lambda id_: str(id_)[:12])
async def test_an_id_that_is_none_is_not_found(server: Server, id_: str) -> None:
    for operation in (o for o in ALL if "{id}" in o.path):
        path = operation.path.replace("{id}", id_.replace("é", "%C3%A9"))
        answer = await server.answers_bytes(operation.method, path, LENGTH, body=BODY)
        is_tenants = "tenantKey" in door(operation).who
        expected = (404, "not_found") if is_tenants else (401, "not_authenticated")
        assert (answer.status, code_of(path, answer)) == expected
    server.is_untouched()
    await server.is_well()


async def test_an_id_may_be_percent_encoded_and_is_the_same(server: Server) -> None:
    encoded = "".join(f"%{ord(char):02X}" for char in server.session["id"])
    answer = await server.answers_bytes("GET", f"/v1/sessions/{encoded}")
    assert answer.json()["id"] == server.session["id"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"abc-123._Z", True),
        (b"x" * 64, True),
        (b"x" * 65, False),
        (b"", False),
        (b"a b", False),
        (b"a\tb", False),
        (b"a%0d%0aX-Evil: 1", False),
        (b"<script>", False),
        (b'{"a":1}', False),
        ("é".encode(), False),
        (b"\xff\xfe", False),
    ],
)
async def test_a_request_id_is_kept_if_it_is_one(server: Server, given: bytes, kept: bool) -> None:
    for path in ("/livez", "/nowhere", "/v1/models", "/v1/sessions/x"):
        answer = await server.answers_bytes("GET", path, ("X-Request-ID", given))
        id_ = answer.headers["x-request-id"]
        assert (id_.encode() == given) == kept
        assert kept or id_.startswith("req_")
        assert "x-evil" not in answer.headers


@pytest.mark.parametrize("path", FACES)
async def test_a_body_that_is_not_as_encoded_as_it_says_is_refused(
    server: Server, path: str
) -> None:
    for encoding in ("gzip", "deflate"):
        headers = LENGTH, ("Content-Encoding", encoding)
        answer = await server.answers_bytes("POST", path, *headers, body=BODY)
        assert (answer.status, code_of(path, answer)) == (400, "malformed_body")
    server.is_untouched()
    await server.is_well(quiet=False)


BROKEN = {
    "no HTTP": b"%s\r\n\r\n" % SECRET.encode(),
    "a method that is none": request_bytes(SECRET.upper().replace("-", ""), "/livez"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a version that is none": b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
    "a path in no known bytes": b"GET /v1/%s\xff HTTP/1.1\r\nHost: x\r\n\r\n" % SECRET.encode(),
    "a name in no known bytes": request_bytes("GET", "/livez", [(f"X-{SECRET}\x01", "x")]),
    "NUL in a credential": request_bytes(
        "GET", "/v1/models", [("Authorization", f"Bearer {SECRET}\0")]
    ),
    "an endless address": request_bytes("GET", f"/v1/sessions/{SECRET * 3000}"),
    "an endless query": request_bytes("GET", f"/v1/usage?from={SECRET * 3000}"),
    "an endless credential": request_bytes(
        "GET", "/v1/models", [("Authorization", f"Bearer {SECRET * 3000}")]
    ),
    "an endless key": request_bytes("POST", "/v1/sessions", [("Idempotency-Key", SECRET * 3000)]),
}
LENGTHS: dict[str, list[tuple[str, bytes | str]]] = {
    "two lengths": [LENGTH, ("Content-Length", "5")],
    "a negative length": [("Content-Length", "-1")],
    "a length in words": [("Content-Length", "many")],
    "a length and chunks": [LENGTH, ("Transfer-Encoding", "chunked")],
    "chunks of no size": [("Transfer-Encoding", "chunked")],
    "an encoding nobody knows": [LENGTH, ("Transfer-Encoding", "heliotrope")],
    "brotli": [LENGTH, ("Content-Encoding", "br")],
    "an expectation nobody knows": [LENGTH, ("Expect", "a-miracle")],
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_no_http_is_refused_and_not_logged(server: Server, name: str) -> None:
    answer = await send_bytes(server.recap, BROKEN[name])
    assert 400 <= answer.status < 500
    server.is_untouched()
    await server.is_well(quiet=False)


@pytest.mark.parametrize("name", LENGTHS)
async def test_a_body_that_cannot_be_delimited_is_refused(server: Server, name: str) -> None:
    answer = await server.answers_bytes("POST", SAY, *LENGTHS[name], body=BODY)
    assert 400 <= answer.status < 500
    server.is_untouched()
    await server.is_well(quiet=False)


async def test_a_customer_who_hangs_up_in_mid_body_has_said_nothing(server: Server) -> None:
    host, _, port = server.recap.url.removeprefix("http://").partition(":")
    for path in FACES:
        for headers, body in (
            ([("Content-Length", "500")], BODY),
            ([("Transfer-Encoding", "chunked")], b"%x\r\n%s\r\n" % (len(BODY), BODY)),
        ):
            given = [("Authorization", f"Bearer {server.recap.keys.key}"), *headers]
            address = path.format(id=server.session["id"])
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request_bytes("POST", address, given, body))
            writer.write_eof()
            assert b" 2" not in (await reader.read()).partition(b"\r\n")[0]
            writer.close()
    server.is_untouched()
    await server.is_well()


async def test_a_body_may_come_in_chunks_and_after_a_hundred_continue(server: Server) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    headers = ("Transfer-Encoding", "chunked")
    answer = await server.answers_bytes("POST", SAY, headers, body=chunks)
    assert answer.json()["message"]["content"] == SECRET
    answer = await server.answers_bytes("POST", SAY, LENGTH, ("Expect", "100-continue"), body=BODY)
    assert answer.status == 100
    assert answer.body.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "place", ["9" * 30, "1." + "9" * 30, "-1", "x", "", "1.2.3.4", "1e9", "0x1", " ", "١" * 30]
)
async def test_a_place_in_a_stream_that_is_none_is_its_start(server: Server, place: str) -> None:
    await server.recap.say(server.session, "Hello?")
    path = f"/v1/sessions/{server.session['id']}/events"
    headers = server.recap.bearer(**{"Last-Event-ID": place})
    async with server.recap.http.get(path, headers=headers) as stream:
        async with asyncio.timeout(PATIENCE):
            assert await stream.content.readline() == b"event: message\n"
            assert await stream.content.readline() == b"id: 1\n"
    assert '"level":"error"' not in server.logged.getvalue()


@pytest.mark.asyncio(loop_scope="function")
async def test_a_stream_that_fails_breaks_off_and_holds_no_second_answer(recap: Recap) -> None:
    session = await recap.open_session()
    host, _, port = recap.url.removeprefix("http://").partition(":")
    given = [("Authorization", f"Bearer {session['token']}")]
    reader, writer = await asyncio.open_connection(host, int(port))
    async with running_call(recap, session, "Hello?"):
        writer.write(request_bytes("GET", f"/v1/sessions/{session['id']}/events", given))
        seen = await reader.readuntil(b"event: message")
        rename(recap, "messages", "lost")
    async with asyncio.timeout(PATIENCE):
        seen += await reader.read()
    writer.close()
    assert seen.count(b"HTTP/1.1") == 1
    assert not seen.endswith(b"0\r\n\r\n")
    rename(recap, "lost", "messages")
    assert (await recap.say(session, "And now?"))["reply"] is not None


def rename(recap: Recap, table: str, name: str) -> None:
    with contextlib.closing(sqlite3.connect(recap.database)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO {name}")
        connection.commit()
