"""The answer to one message as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.conftest import Starter
from tests.held import held_model
from tests.watching import Talk, begin, held_talk, listen, post, say_streaming, words

KEY = {"Idempotency-Key": "k"}


@pytest.fixture
async def talk(start_recap: Starter) -> AsyncIterator[Talk]:
    async with held_talk(start_recap) as held:
        yield held


async def test_a_streamed_answer_is_its_message_its_words_and_its_reply(talk: Talk) -> None:
    recap, model, session = talk
    async with say_streaming(recap, session, "几点开门？🙂", recap.keys.key) as stream:
        message = await stream.next()
        call = await model.next_call()
        for piece in ("早上", "九点", "。👍"):
            call.say(piece)
            assert (await stream.next()).data["content"] == piece
        call.finish()
        await stream.rest()
    assert [event.name for event in stream.heard] == ["message"] + ["delta"] * 3 + ["reply"]
    assert (stream.heard[0].id, stream.heard[-1].id) == ("1", "2")
    reply = stream.heard[-1].data
    assert words(stream.heard, message.data["id"]) == reply["reply"]["content"] == "早上九点。👍"
    assert reply["message"] == message.data
    assert reply["usage"]["prompt_tokens"] == call.usage["prompt_tokens"]
    assert reply["cache"] == {"status": "miss", "layout": "full"}


async def test_a_streamed_answer_that_is_superseded_says_by_what(talk: Talk) -> None:
    recap, model, session = talk
    async with (
        say_streaming(recap, session, "one", recap.keys.key) as stream,
        listen(recap, session) as listening,
    ):
        call = await model.next_call()
        call.say("To ")
        await stream.until("delta")
        await listening.until("delta")
        (newer,) = await begin(recap, session, "two")
        call.finish("one.")
        end = (await stream.rest())[-1]
        told = await listening.until("superseded")
        (await model.next_call()).finish("To both.")
        by = (await newer)["message"]["id"]
        await listening.until("message", kind="bot")
    assert (end.name, end.data["by"], end.data["reply"]) == ("superseded", by, None)
    assert told.data == {"message_id": end.data["message"]["id"], "by": by}
    assert end.data["usage"]["prompt_tokens"] == call.usage["prompt_tokens"]


async def test_a_streamed_answer_that_fails_ends_with_a_problem(talk: Talk) -> None:
    recap, model, session = talk
    async with say_streaming(recap, session, "one") as stream, listen(recap, session) as listening:
        call = await model.next_call()
        call.say("To ")
        await listening.until("delta")
        call.fail()
        end = (await stream.rest())[-1]
        told = await listening.until("error")
    assert (end.name, end.data["status"]) == ("error", 502)
    assert (end.data["code"], told.data["code"]) == ("upstream_incomplete", "upstream_incomplete")
    assert told.data["message_id"] == stream.heard[0].data["id"]


async def test_a_repeated_key_joins_the_running_answer_from_its_first_character(
    talk: Talk,
) -> None:
    recap, model, session = talk
    async with say_streaming(recap, session, "Hello?", recap.keys.key, **KEY) as first:
        call = await model.next_call()
        call.say("Good ")
        await first.until("delta")
        async with say_streaming(recap, session, "Hello?", recap.keys.key, **KEY) as second:
            assert (await second.until("delta")).data["content"] == "Good "
            status, problem = await post(recap, session, "Hello?", **KEY)
            assert (status, problem["code"]) == (409, "still_running")
            status, problem = await post(recap, session, "Hi?", **KEY)
            assert (status, problem["code"]) == (422, "idempotency_mismatch")
            call.finish("morning.")
            ends = (await first.rest())[-1], (await second.rest())[-1]
    async with say_streaming(recap, session, "Hello?", recap.keys.key, **KEY) as third:
        await third.rest()
    assert ends[0] == ends[1] == third.heard[-1]
    assert [event.name for event in third.heard] == ["message", "reply"]
    assert words(second.heard, ends[0].data["message"]["id"]) == "Good morning."
    assert (await post(recap, session, "Hello?", **KEY))[1] == ends[0].data
    assert model.calls == 1


async def test_a_repeated_key_resumes_at_the_character(talk: Talk) -> None:
    recap, model, session = talk
    (first,) = await begin(recap, session, "one")
    call = await model.next_call()
    async with say_streaming(recap, session, "two", **KEY) as stream:
        await stream.until("message")
        (third,) = await begin(recap, session, "three")
        call.finish("Dropped.")
        call = await model.next_call()
        call.say("To you")
        await stream.until("delta")
        place = stream.place
    async with say_streaming(recap, session, "two", **KEY, **{"Last-Event-ID": place}) as again:
        call.finish(" all.")
        await again.rest()
    assert [event.name for event in again.heard] == ["delta", "superseded"]
    assert (again.heard[0].data["offset"], again.heard[0].data["content"]) == (6, " all.")
    assert (await third)["reply"]["content"] == "To you all."
    assert (await first)["reply"] is None


async def test_at_a_shutdown_running_answers_are_finished_and_waiting_ones_told(
    start_recap: Starter,
) -> None:
    async with held_model() as model, contextlib.AsyncExitStack() as outside:
        async with start_recap(openai_base_url=model.base_url) as recap:
            http = await outside.enter_async_context(aiohttp.ClientSession(recap.url))
            apart = dataclasses.replace(recap, http=http)
            sessions = [await recap.open_session() for _ in range(2)]
            calls, streams = [], []
            for session, said in zip((*sessions, sessions[0]), "abc", strict=True):
                streams.append(
                    await outside.enter_async_context(say_streaming(apart, session, said, **KEY))
                    if said != "c"
                    else await outside.enter_async_context(say_streaming(apart, session, said))
                )
                await streams[-1].until("message")
                if said != "c":
                    calls.append(await model.next_call())
            listening = await outside.enter_async_context(listen(apart, sessions[1]))
            await listening.until("message")

            async def finish_late() -> None:
                assert (await streams[2].until("error")).data["code"] == "shutting_down"
                for call in calls:
                    call.finish("Just in time.")

            finishing = asyncio.create_task(finish_late())
        await finishing
        ends = [(await stream.rest())[-1] for stream in streams]
        assert [end.name for end in ends] == ["superseded", "reply", "error"]
        assert ends[1].data["reply"]["content"] == "Just in time."
        await listening.rest()
