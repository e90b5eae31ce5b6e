"""What went wrong once: each of these failed before it was mended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson

from service.loopback import Scripted
from service.storage.checks import disagreements
from tests.conftest import Recap, Starter
from tests.watching import rows

FILTERED = {"message": "no", "type": "invalid_request_error", "code": "content_filter"}


async def test_a_message_that_the_provider_refuses_does_not_block_its_session(
    recap: Recap,
) -> None:
    session = await recap.open_session()
    recap.upstream.script = [Scripted(status=400, error=FILTERED)]
    url = f"/v1/sessions/{session['id']}/messages"
    headers = recap.bearer(session["token"], **{"Idempotency-Key": "first"})
    for _ in range(2):  # asked again with its key it is refused again, without a call
        async with recap.http.post(url, json={"content": "Bad words"}, headers=headers) as response:
            assert response.status == 502
            assert (await response.json())["code"] == "upstream_refused"
    assert recap.upstream.calls == 1
    answer = await recap.say(session, "Good words")
    assert answer["reply"]["content"] == "Answer to: Good words"
    assert "Bad words" not in str(recap.upstream.requests[-1])
    assert next(m["content"] for m in await recap.transcript(session)) == "Bad words"
    assert await disagreements(recap.rooms.database) == []


async def test_two_servers_on_one_file_do_not_answer_a_message_twice(start_recap: Starter) -> None:
    async with start_recap() as one, start_recap(keys=one.keys) as other:
        session = await one.open_session()
        one.upstream.default = lambda body: Scripted("An answer.", first_token_delay=0.2)
        said = {"Idempotency-Key": "the same"}
        answers = await asyncio.gather(
            one.say(session, "Hello?", **said), other.say(session, "Hello?", **said)
        )
        assert [m["kind"] for m in await one.transcript(session)] == ["customer", "bot"]
        assert len({answer["reply"]["id"] for answer in answers}) == 1
        assert await disagreements(one.rooms.database) == []


async def test_a_superseded_no_store_message_leaves_nothing_behind(recap: Recap) -> None:
    session = await recap.open_session()
    recap.upstream.default = lambda body: Scripted("An answer.", first_token_delay=0.2)
    first = asyncio.create_task(recap.say(session, "Between us", **{"Cache-Control": "no-store"}))
    await recap.upstream.asked.wait()
    second = asyncio.create_task(recap.say(session, "And this"))
    assert (await first)["superseded_by"] == (await second)["message"]["id"]
    assert rows(recap.database, "SELECT * FROM prefix_cache") == []


async def test_askers_who_shared_a_failure_have_saved_nothing(recap: Recap) -> None:
    recap.upstream.default = lambda body: Scripted(status=429, first_token_delay=0.2)
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi, is anybody there?"}]}

    async def ask() -> int:
        async with recap.http.post(
            "/v1/chat/completions", json=body, headers=recap.bearer()
        ) as response:
            return response.status

    assert await asyncio.gather(*(ask() for _ in range(5))) == [429] * 5
    async with recap.http.get("/v1/usage?by=outcome", headers=recap.bearer()) as response:
        (failed,) = (await response.json())["data"]
    assert (failed["outcome"], failed["turns"]) == ("failed", 5)
    assert (failed["saved_tokens"], failed["saved_cost"], failed["reused"]) == (0, 0, 0)


async def test_a_history_that_was_sent_whole_saved_nothing(
    start_recap: Starter, tmp_path: Path
) -> None:
    price = {"input": 2, "cached_input": 0.2, "cache_write": 2.5, "output": 10}
    path = tmp_path / "prices.json"
    path.write_bytes(orjson.dumps({"test-model": price | {"min_cacheable_tokens": 0}}))
    async with start_recap(prices_file=path) as recap:
        session = await recap.open_session()
        for text in ("Hello there", "How are you?"):
            answer = await recap.say(session, text)
            assert answer["cache"]["layout"] == "full"
            assert answer["usage"]["saved_cost"] == 0
            assert answer["usage"]["saved_tokens"] == 0


async def test_a_listener_of_an_erased_session_ends(recap: Recap) -> None:
    session = await recap.open_session()
    url = f"/v1/sessions/{session['id']}"
    async with recap.http.get(f"{url}/events", headers=recap.bearer(session["token"])) as listening:
        async with recap.http.delete(url, headers=recap.bearer()) as response:
            assert response.status == 204
        assert await listening.content.read() == b""
