"""Identical requests at once: one call, and everybody gets its answer."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from service import completion
from service.scripted import Scripted
from tests.conftest import Recap, Starter
from tests.crowd import PATIENCE, Crowd, Heard, crowd_of
from tests.held import HeldCall, HeldModel, held_model
from tests.probes import select

MANY = [50, pytest.param(1000, marks=pytest.mark.long)]
STORED = "recap; fwd=miss; stored"
COLLAPSED = "recap; fwd=miss; collapsed"
REUSE = "recap; hit; detail=reuse"
TOOL_CALLS = [
    {
        "id": f"call_{n}",
        "type": "function",
        "function": {"name": "find", "arguments": f'{{"n":{n}}}'},
    }
    for n in range(2)
]


def outcomes(recap: Recap) -> dict[str, int]:
    return dict(Counter(o for (o,) in select(recap, "SELECT outcome FROM turns")))


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("calls", [None, TOOL_CALLS], ids=["words", "tools"])
@pytest.mark.parametrize("first", ["whole", "streamed"])
@pytest.mark.parametrize("others", ["whole", "streamed", "mixed"])
async def test_identical_requests_at_once_are_one_call_whose_answer_all_get(
    recap: Recap, count: int, calls: Any, first: str, others: str
) -> None:
    recap.upstream.script = [Scripted(text="Once upon a time.", tool_calls=calls)]
    recap.upstream.gate.clear()
    async with crowd_of(recap) as crowd:
        crowd.ask(stream=first == "streamed")
        async with asyncio.timeout(PATIENCE):
            await recap.upstream.asked.wait()
        for n in range(1, count):
            crowd.ask(stream=others == "streamed" or (others == "mixed" and n % 2 == 0))
        await crowd.all_on_board()
        recap.upstream.gate.set()
        leader, *followers = await crowd.heard()
    assert recap.upstream.calls == 1
    assert leader.cache_status == STORED
    assert {one.cache_status for one in followers} == {COLLAPSED}
    reason = "tool_calls" if calls else "stop"
    assert leader.said == ("Once upon a time.", calls, reason)
    assert all(one.said == leader.said for one in followers)
    assert leader.body["usage"]["total_tokens"] > 0
    assert all(one.body["usage"]["total_tokens"] == 0 for one in followers)
    assert outcomes(recap) == {"answered": 1, "collapsed": count - 1}
    taken = select(recap, "SELECT sum(prompt_tokens), sum(completion_tokens) FROM turns")
    usage = leader.body["usage"]
    assert taken == [(usage["prompt_tokens"], usage["completion_tokens"])]


@pytest.mark.parametrize("count", MANY)
async def test_a_stored_answer_is_a_hit_for_all_who_ask_at_once(recap: Recap, count: int) -> None:
    async with crowd_of(recap) as crowd:
        crowd.ask(stream=False)
        (first,) = await crowd.heard()
        crowd.asking = [crowd.ask(stream=n % 2 == 0) for n in range(count)]
        heard = await crowd.heard()
    assert {one.cache_status for one in heard} == {REUSE}
    assert {one.said for one in heard} == {first.said}
    assert {one.body["usage"]["total_tokens"] for one in heard} == {0}
    assert first.body["id"] not in {one.body["id"] for one in heard}
    assert outcomes(recap) == {"answered": 1, "reused": count}
    assert recap.upstream.calls == 1


@pytest.mark.parametrize("directive", ["no-cache", "no-store"])
async def test_those_who_want_no_stored_answer_share_no_call_either(
    recap: Recap, directive: str
) -> None:
    recap.upstream.gate.clear()
    async with crowd_of(recap) as crowd:
        for n in range(6):
            crowd.ask(stream=n % 2 == 0, **{"Cache-Control": directive})
        crowd.ask(stream=True)
        await crowd.all_on_board()
        recap.upstream.gate.set()
        heard = await crowd.heard()
    assert {one.said for one in heard} == {("Answer to: Hi", None, "stop")}
    assert COLLAPSED not in {one.cache_status for one in heard}
    assert recap.upstream.calls == 7


@pytest.fixture
async def held() -> AsyncIterator[HeldModel]:
    async with held_model() as model:
        yield model


@pytest.mark.parametrize("count", MANY)
async def test_followers_hear_a_stream_from_its_first_byte_while_it_goes_on(
    start_recap: Starter, held: HeldModel, count: int
) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        start_recap(openai_base_url=held.base_url) as recap,
        crowd_of(recap) as crowd,
        contextlib.AsyncExitStack() as stack,
    ):
        enter = stack.enter_async_context
        early = [asyncio.create_task(enter(crowd.listen())) for _ in range(count)]
        await crowd.all_on_board(count)
        call = await held.next_call()
        call.say("one ")
        streams = await asyncio.gather(*early)
        heads = await asyncio.gather(*(read_until(stream, b"one ") for stream in streams))
        call.say("two ")
        await read_until(streams[0], b"two ")
        late = await enter(crowd.listen())
        head = await read_until(late, b"two ")
        call.finish("three")
        rests = await asyncio.gather(*(stream.read() for stream in streams[1:]))
        rest = await late.read()
    bodies = {head + tail for head, tail in zip([*heads[1:], head], [*rests, rest], strict=True)}
    assert len(bodies) == 1, "followers hear the same bytes, from the first to the last"
    assert bodies.pop().endswith(b"data: [DONE]\n\n")
    assert held.calls == 1
    assert outcomes(recap) == {"answered": 1, "collapsed": count}


async def read_until(response: aiohttp.ClientResponse, mark: bytes) -> bytes:
    """Whole lines up to the one that holds `mark`."""
    read = b""
    while mark not in read:
        line = await response.content.readline()
        assert line, "the stream ended too early"
        read += line
    return read


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.long)])
async def test_the_first_asker_may_leave_at_any_moment(
    start_recap: Starter, held: HeldModel, count: int
) -> None:
    choose = random.Random(count)
    async with start_recap(openai_base_url=held.base_url) as recap:
        for number in range(count):
            async with crowd_of(recap, f"Question {number}?") as crowd:
                leader = crowd.ask(stream=True)
                call = await held.next_call()
                followers = [crowd.ask(stream=True) for _ in range(3)]
                heard = await leave_while_it_speaks(crowd, call, leader, choose)
            assert {one.said for one in heard} == {("one two three", None, "stop")}
            assert {one.cache_status for one in heard} == {COLLAPSED}
            assert len(heard) == len(followers)
            assert not call.hung_up.is_set()
        assert held.calls == count
        assert outcomes(recap) == {"answered": count, "collapsed": 3 * count}


async def leave_while_it_speaks(
    crowd: Crowd, call: HeldCall, leader: asyncio.Task[Heard], choose: random.Random
) -> list[Heard]:
    """The model says three words; somewhere between them the leader hangs up."""
    await crowd.all_on_board()
    moment = choose.randrange(3)
    for place, word in enumerate(("one ", "two ", "three")):
        if place == moment:
            for _ in range(choose.randrange(30)):
                await asyncio.sleep(0)
            leader.cancel()
        call.say(word)
    call.finish()
    crowd.asking.remove(leader)
    heard = await crowd.heard()
    await crowd.all_on_board(0)
    return heard


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.long)])
async def test_the_first_asker_of_a_whole_answer_may_leave_too(recap: Recap, count: int) -> None:
    choose = random.Random(count)
    for number in range(count):
        recap.upstream.gate.clear()
        recap.upstream.asked.clear()
        async with crowd_of(recap, f"Question {number}?") as crowd:
            leader = crowd.ask(stream=False)
            async with asyncio.timeout(PATIENCE):
                await recap.upstream.asked.wait()
            followers = [crowd.ask(stream=stream) for stream in (False, True, False)]
            await crowd.all_on_board()
            for _ in range(choose.randrange(30)):
                await asyncio.sleep(0)
            leader.cancel()
            recap.upstream.gate.set()
            crowd.asking = followers
            heard = await crowd.heard()
            await crowd.all_on_board(0)
        assert {one.said for one in heard} == {(f"Answer to: Question {number}?", None, "stop")}
    assert recap.upstream.calls == count
    assert outcomes(recap) == {"answered": count, "collapsed": 3 * count}


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_kept_for_the_next_even_when_everybody_left(
    recap: Recap, stream: bool
) -> None:
    recap.upstream.gate.clear()
    async with crowd_of(recap) as crowd:
        for _ in range(5):
            crowd.ask(stream=stream)
        await crowd.all_on_board()
        for asking in crowd.asking:
            asking.cancel()
        recap.upstream.gate.set()
        await crowd.all_on_board(0)
        crowd.asking.clear()
        crowd.ask(stream=stream)
        (late,) = await crowd.heard()
    assert late.cache_status == REUSE
    assert late.said == ("Answer to: Hi", None, "stop")
    assert recap.upstream.calls == 1


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_that_is_tried_again_is_tried_once_for_all(
    start_recap: Starter, count: int, stream: bool
) -> None:
    async with start_recap(upstream_max_retries=1) as recap, crowd_of(recap) as crowd:
        recap.upstream.script = [Scripted(status=500)]
        recap.upstream.gate.clear()
        for _ in range(count):
            crowd.ask(stream=stream)
        await crowd.all_on_board()
        recap.upstream.gate.set()
        heard = await crowd.heard()
        assert {one.said for one in heard} == {("Answer to: Hi", None, "stop")}
        assert recap.upstream.calls == 2
        assert outcomes(recap) == {"answered": 1, "collapsed": count - 1}


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_is_shared_by_those_who_wait_and_by_nobody_after(
    recap: Recap, count: int, stream: bool
) -> None:
    recap.upstream.script = [Scripted(status=503, headers={"Retry-After": "9"})]
    recap.upstream.gate.clear()
    async with crowd_of(recap) as crowd:
        for _ in range(count):
            crowd.ask(stream=stream)
        await crowd.all_on_board()
        recap.upstream.gate.set()
        heard = await crowd.heard()
        assert {one.status for one in heard} == {503}
        assert len({one.raw for one in heard}) == 1
        assert select(recap, "SELECT count(*) FROM prefix_cache") == [(0,)]
        crowd.asking.clear()
        crowd.ask(stream=stream)
        assert (await crowd.heard())[0].cache_status == STORED
    assert recap.upstream.calls == 2
    assert outcomes(recap) == {"answered": 1, "failed": count}
    unknown = "SELECT count(*) FROM turns WHERE prompt_tokens IS NULL"
    assert select(recap, unknown) == [(1,)], "the followers' turns took nothing"


@pytest.mark.parametrize("count", MANY)
async def test_a_stream_that_breaks_off_does_so_for_all_and_is_never_stored(
    recap: Recap, count: int
) -> None:
    recap.upstream.script = [Scripted(text="one two three", cut_after=2)]
    recap.upstream.gate.clear()
    async with crowd_of(recap) as crowd:
        for _ in range(count):
            crowd.ask(stream=True)
        await crowd.all_on_board()
        recap.upstream.gate.set()
        heard = await crowd.heard()
        assert len({one.raw for one in heard}) == 1
        *chunks, last = heard[0].events
        assert "".join(map(completion.delta_text, chunks)) == "one two"
        assert last["error"]["code"] == "upstream_incomplete"
        assert b"[DONE]" not in heard[0].raw
        assert select(recap, "SELECT count(*) FROM prefix_cache") == [(0,)]
        crowd.asking.clear()
        crowd.ask(stream=True)
        assert (await crowd.heard())[0].said == ("Answer to: Hi", None, "stop")
    assert recap.upstream.calls == 2
