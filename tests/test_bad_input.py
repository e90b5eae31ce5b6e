"""Bad input on every face that takes a body: a clear refusal, and nothing else happens."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.conftest import Recap
from tests.refusals import CHAT_PATH, CREATE, FACES, SAY, SECRET, Server, rude_to
from tests.rest import ask

MIB = 2**20
pytestmark = pytest.mark.asyncio(loop_scope="module")
PACKED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
]


@pytest_asyncio.fixture(loop_scope="module")
async def server(shared_recap: Recap) -> AsyncIterator[Server]:
    async with rude_to(shared_recap) as server:
        yield server


def invalid(path: str) -> int:
    return 400 if path == CHAT_PATH else 422


def nested(levels: int) -> bytes:
    return b'{"content":' + b"[" * levels + b"]" * levels + b"}"


NO_JSON = {
    "words": SECRET.encode(),
    "half an object": b'{"content":"' + SECRET.encode(),
    "single quotes": b"{'content':'%s'}" % SECRET.encode(),
    "a comma too many": b'{"content":"%s",}' % SECRET.encode(),
    "two documents": b'{"content":"%s"}{}' % SECRET.encode(),
    "bytes that are no UTF-8": b'{"content":"%s\xff"}' % SECRET.encode(),
    "UTF-16": f'{{"content":"{SECRET}"}}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"content":"hello"}',
    "half a surrogate pair": rb'{"content":"hello \ud83d"}',
    "half a surrogate pair in a name": rb'{"\udc00":"hello"}',
    "a surrogate in UTF-8": b'{"content":"\xed\xa0\x80"}',
    "a NUL that is not escaped": b'{"content":"a\x00b"}',
    "not a number": b'{"content":"hello","metadata":{"a":NaN}}',
    "infinity": b'{"content":"hello","temperature":Infinity}',
    "a number beyond all": b'{"content":"hello","n":1e999}',
    "an integer of 400 digits": b'{"content":"hello","n":%s}' % (b"9" * 400),
    "100,000 brackets": nested(100_000),
    "100,000 brackets that stay open": b"[" * 100_000,
    "70 levels": nested(70),
    "65 levels": nested(64),
}


@pytest.mark.parametrize("name", NO_JSON)
async def test_a_body_that_is_no_json_is_refused(server: Server, name: str) -> None:
    for path in FACES:
        await server.refuses(path, NO_JSON[name], status=400, code="malformed_body")
    await server.is_well()


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
async def test_an_empty_body_is_refused_where_one_is_needed(server: Server, body: bytes) -> None:
    for path in (SAY, CHAT_PATH):
        await server.refuses(path, body, status=400, code="malformed_body")
    await server.is_well()


NO_OBJECT = [b"[]", b'[{"content":"hello"}]', b'"hello"', b"null", b"true", b"0", b"1e3"]


@pytest.mark.parametrize("body", [*NO_OBJECT, rb'{"content":"a\u0000b"}', rb'{"\u0000":{}}'])
async def test_a_body_that_is_no_object_or_holds_nul_is_refused(
    server: Server, body: bytes
) -> None:
    for path in FACES:
        await server.refuses(path, body, status=invalid(path), code="invalid_request")
    await server.is_well()


CONTENTS: list[Any] = [None, 5, 1.5, True, {}, [], ["hello"], [{"type": "text", "text": "hello"}]]
BLANKS = ["", " ", "\t\r\n", "\u3000\u2003\u00a0", "\u0085\u2028\u2029", "\x1c\x1d\x1e\x1f"]


@pytest.mark.parametrize("content", [*CONTENTS, *BLANKS, SECRET * 1100], ids=lambda c: repr(c)[:20])
async def test_content_that_says_nothing_or_too_much_is_refused(
    server: Server, content: Any
) -> None:
    body = orjson.dumps({"content": content})
    answer = await server.refuses(SAY, body, status=422, code="invalid_request")
    assert answer.json()["param"] == "content"
    await server.refuses(SAY, b"{}", status=422, code="invalid_request")
    await server.is_well()


METADATA = [b"[]", b'""', b"0", b"false", b"1", b'"x"', b"[{}]", b'{"a":"%s"}' % (b"x" * 8192)]


@pytest.mark.parametrize("metadata", METADATA, ids=lambda m: repr(m[:12]))
async def test_metadata_that_is_no_object_or_too_large_is_refused(
    server: Server, metadata: bytes
) -> None:
    body = b'{"metadata":%s}' % metadata
    answer = await server.refuses(CREATE, body, status=422, code="invalid_request")
    assert answer.json()["param"] == "metadata"
    await server.is_well()


@pytest.mark.parametrize(
    "content",
    [
        "\u200b",
        "\x01",
        "🙂",
        "x" * 16_000,
        " x ",
        "\\u0000",
        "'; DROP TABLE messages; --",
        "\ufeff",
    ],
    ids=lambda c: repr(c)[:20],
)
async def test_odd_content_is_kept_and_sent_as_it_is(shared_recap: Recap, content: str) -> None:
    recap = shared_recap
    session = await recap.open_session(metadata={"odd": content[:100]})
    assert (await recap.say(session, content))["message"]["content"] == content
    assert recap.upstream.requests[-1]["messages"][-1]["content"] == content
    assert (await recap.transcript(session))[0]["content"] == content


async def streamed(size: int) -> AsyncIterator[bytes]:
    yield b'{"content":"'
    for _ in range(size // 65_536):
        yield b"a" * 65_536
    yield b'"}'


def bomb(compress: Callable[[bytes], bytes]) -> bytes:
    """A twentieth of a MiB that unpacks to 30."""
    packed = compress(b'{"content":"' + b"a" * (30 * MIB) + b'"}')
    assert len(packed) < MIB // 16
    return packed


@pytest.mark.parametrize("path", FACES)
async def test_a_body_that_is_too_large_is_refused_however_it_comes(
    server: Server, path: str
) -> None:
    whole = io.BytesIO(b'{"content":"' + b"a" * (20 * MIB) + b'"}')
    for data in (whole, streamed(20 * MIB)):
        await server.refuses(path, data, status=413, code="body_too_large")
    for encoding, compress in PACKED:
        headers = {"Content-Encoding": encoding}
        await server.refuses(path, bomb(compress), status=413, code="body_too_large", **headers)
    await server.is_well()


async def test_a_customer_may_send_no_more_than_a_message_can_take(server: Server) -> None:
    for path in (CREATE, SAY):
        brackets = io.BytesIO(b'{"content":[' + b"[]," * (MIB // 3) + b"[]]}")
        await server.refuses(path, brackets, status=413, code="body_too_large")
    longest = b'{"content":"' + rb"\ud83d\ude42" * 16_000 + b'"}'
    answer = await server.answers_bytes(
        "POST", SAY, ("Content-Length", str(len(longest))), body=longest
    )
    assert answer.json()["message"]["content"] == "🙂" * 16_000
    await server.is_well()


async def test_a_large_body_of_nobody_is_not_even_read(server: Server) -> None:
    for path in FACES:
        answer = await ask(
            server.recap, "POST", path.format(id=server.session["id"]), data=streamed(20 * MIB)
        )
        assert answer.status == 401
    await server.is_well()


async def test_a_compressed_body_is_as_good_as_a_plain_one(server: Server) -> None:
    for encoding, compress in PACKED:
        answer = await ask(
            server.recap,
            "POST",
            SAY.format(id=server.session["id"]),
            data=compress(b'{"content":"Hello?"}'),
            headers=server.recap.bearer(**{"Content-Encoding": encoding}),
        )
        assert answer.json()["message"]["content"] == "Hello?"


async def test_of_a_name_that_stands_twice_the_last_counts_everywhere(shared_recap: Recap) -> None:
    recap = shared_recap
    session = await recap.open_session()
    said = await ask(
        recap,
        "POST",
        SAY.format(id=session["id"]),
        data=b'{"content":"first","content":"last"}',
        headers=recap.bearer(),
    )
    assert said.json()["message"]["content"] == "last"
    assert (await recap.transcript(session))[0]["content"] == "last"
    assert recap.upstream.requests[-1]["messages"][-1]["content"] == "last"
