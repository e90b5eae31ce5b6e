"""Replies given twice: to the identical list, to nobody whom it is not meant for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service.loopback import Scripted
from tests.conftest import Recap, Starter
from tests.held import held_model
from tests.watching import assert_all_agrees, eventually, post, rows, say_streaming, turns_of

PERSONAL = [
    "My order is A-20931. When do you open?",
    "Write to ann@example.com: when do you open?",
    "Call +44 20 7946 0958: when do you open?",
    "我的订单号是 20931874，几点开门？",
    "我的电话是13800138000，几点开门？",
]


async def test_the_identical_list_is_answered_from_the_table_turn_after_turn(recap: Recap) -> None:
    talks = []
    for _ in range(2):
        session = await recap.open_session()
        said = ["When do you open?", "And on Sundays?", "Thank you."]
        talks.append((session, [await recap.say(session, text) for text in said]))
    assert recap.upstream.calls == 3
    (_, first), (session, again) = talks
    assert [answer["cache"]["status"] for answer in again] == ["reuse"] * 3
    assert [answer["reply"]["content"] for answer in again] == [
        answer["reply"]["content"] for answer in first
    ]
    assert {answer["usage"]["prompt_tokens"] for answer in again} == {0}
    assert {answer["usage"]["cost"] for answer in again} == {0}
    assert all(answer["usage"]["saved_tokens"] > 0 for answer in again)
    assert [turn["outcome"] for turn in await turns_of(recap, session)] == ["reused"] * 3
    await assert_all_agrees(recap.database)


async def test_a_reused_reply_is_streamed_like_any_other(recap: Recap) -> None:
    for _ in range(2):
        session = await recap.open_session()
        async with say_streaming(recap, session, "When do you open?") as stream:
            names = [event.name for event in await stream.rest()]
            text = "".join(e.data["content"] for e in stream.heard if e.name == "delta")
        assert (names[0], names[-1]) == ("message", "reply")
        assert text == stream.heard[-1].data["reply"]["content"] == "Answer to: When do you open?"
    assert recap.upstream.calls == 1


async def test_another_history_is_another_list(recap: Recap) -> None:
    for before in ("Hello.", "Good morning."):
        session = await recap.open_session()
        await recap.say(session, before)
        assert (await recap.say(session, "When do you open?"))["cache"]["status"] == "hit"
    assert recap.upstream.calls == 4


@pytest.mark.parametrize("said", PERSONAL)
async def test_what_is_personal_is_answered_anew_for_everybody_else(
    recap: Recap, said: str
) -> None:
    sessions = [await recap.open_session() for _ in range(3)]
    for session in sessions:
        for text in (said, "Thank you."):
            assert (await recap.say(session, text))["cache"]["status"] != "reuse"
    assert recap.upstream.calls == 6


async def test_a_reply_that_says_something_personal_makes_the_rest_personal(recap: Recap) -> None:
    recap.upstream.script.append(Scripted("Ask bob@example.com."))
    statuses = []
    for _ in range(2):
        session = await recap.open_session()
        said = ("Whom do I ask?", "And if he is away?")
        statuses += [(await recap.say(session, text))["cache"]["status"] for text in said]
    assert statuses == ["miss", "hit", "reuse", "hit"]


async def test_inside_its_session_even_a_personal_reply_is_reused(start_recap: Starter) -> None:
    """A dropped reply was paid for: if the very list is asked again there, it is given."""
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        key = {"Idempotency-Key": "k"}
        posting = asyncio.create_task(recap.say(session, PERSONAL[0], **key))
        call = await model.next_call()
        rows(recap.database, "UPDATE sessions SET epoch = epoch + 1")
        call.finish("At nine.")
        assert (await posting)["reply"] is None
        rows(recap.database, "UPDATE messages SET turn_id = NULL")
        answer = await recap.say(session, PERSONAL[0], **key)
        assert (answer["reply"]["content"], answer["cache"]["status"]) == ("At nine.", "reuse")
        assert model.calls == 1


@pytest.mark.parametrize(
    ("stored", "asked", "calls"),
    [
        ("", "no-cache", 2),
        ("", "no-store", 2),
        ("no-store", "", 2),
        ("no-cache", "", 1),
        ("private, No-Store", "", 2),
    ],
)
async def test_cache_control_decides_about_stored_replies(
    recap: Recap, stored: str, asked: str, calls: int
) -> None:
    for directive in (stored, asked):
        session = await recap.open_session()
        headers = {"Cache-Control": directive} if directive else {}
        await recap.say(session, "When do you open?", **headers)
    assert recap.upstream.calls == calls


async def test_after_no_store_the_next_prefix_is_a_miss_and_the_table_is_empty(
    recap: Recap,
) -> None:
    session = await recap.open_session()
    await recap.say(session, "Hello?", **{"Cache-Control": "no-store"})
    assert rows(recap.database, "SELECT * FROM prefix_cache") == []
    statuses = [(await recap.say(session, f"Question {n}?"))["cache"]["status"] for n in range(2)]
    assert statuses == ["miss", "hit"]
    await assert_all_agrees(recap.database)


@pytest.mark.parametrize(
    "useless",
    [Scripted("Cut sho", finish_reason="length"), Scripted("…", finish_reason="content_filter")],
    ids=["length", "filter"],
)
async def test_a_reply_cut_short_is_given_once(recap: Recap, useless: Scripted) -> None:
    recap.upstream.script.append(useless)
    for calls in (1, 2, 2):
        session = await recap.open_session()
        assert (await recap.say(session, "When do you open?"))["reply"]["content"]
        assert recap.upstream.calls == calls


async def test_without_reply_reuse_every_turn_calls(start_recap: Starter) -> None:
    async with start_recap(reply_reuse=False) as recap:
        for _ in range(2):
            session = await recap.open_session()
            await recap.say(session, "When do you open?")
        assert recap.upstream.calls == 2
        assert rows(recap.database, "SELECT * FROM prefix_cache WHERE kind = 'reply'") == []


async def complete(recap: Recap, **parameters: Any) -> int:
    """The list of a session's first turn, from an API caller."""
    prompt = {"role": "system", "content": "You are the shop's helper."}
    asked = [prompt, {"role": "user", "content": "When do you open?"}]
    body = {"model": "test-model", "messages": asked} | parameters
    async with recap.http.post(
        "/v1/chat/completions", json=body, headers=recap.bearer()
    ) as response:
        await response.read()
        return response.status


async def test_an_api_callers_answer_without_words_is_no_reply_of_a_session(recap: Recap) -> None:
    recap.upstream.script.append(Scripted(""))
    assert await complete(recap) == 200
    session = await recap.open_session()
    answer = await recap.say(session, "When do you open?")
    assert answer["reply"]["content"] == "Answer to: When do you open?"
    assert await complete(recap) == 200
    assert recap.upstream.calls == 2


async def test_a_shared_call_without_words_is_a_sessions_failure(start_recap: Starter) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        calling = asyncio.create_task(complete(recap, stream=True))
        call = await model.next_call()
        posting = asyncio.create_task(post(recap, session, "When do you open?"))
        await eventually(lambda: running(recap) == 2)
        call.finish()
        assert (await calling, (await posting)[0]) == (200, 502)
        assert (await turns_of(recap, session))[0]["outcome"] == "failed"
        assert model.calls == 1


async def test_two_who_ask_the_same_at_once_share_one_call(start_recap: Starter) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        sessions = [await recap.open_session() for _ in range(5)]
        first = asyncio.create_task(recap.say(sessions[0], "When do you open?"))
        call = await model.next_call()
        call.say("At ")
        streams = [await joined(recap, session) for session in sessions[1:]]
        call.finish("nine.")
        answers = [await first, *[await stream for stream in streams]]
        assert [a["reply"]["content"] for a in answers] == ["At nine."] * 5
        assert [a["cache"]["status"] for a in answers] == ["miss"] + ["collapsed"] * 4
        assert [a["usage"]["prompt_tokens"] for a in answers][1:] == [0] * 4
        assert model.calls == 1
        outcomes = [(await turns_of(recap, session))[0]["outcome"] for session in sessions]
        assert outcomes == ["answered"] + ["collapsed"] * 4
        after = asyncio.create_task(recap.say(sessions[4], "And on Sundays?"))
        (await model.next_call()).finish("Closed.")
        assert (await after)["cache"]["status"] == "hit"
    await assert_all_agrees(recap.database)


async def joined(recap: Recap, session: dict[str, Any]) -> asyncio.Task[dict[str, Any]]:
    """A streaming asker who has heard the first words; the task has the whole answer."""
    entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def ask() -> dict[str, Any]:
        async with say_streaming(recap, session, "When do you open?") as stream:
            assert (await stream.until("delta")).data["content"].startswith("At ")
            entered.set_result(None)
            return (await stream.until("reply")).data

    asking = asyncio.create_task(ask())
    await entered
    return asking


def running(recap: Recap) -> float | None:
    return recap.rooms.metrics.registry.get_sample_value("recap_turns_running")


async def test_a_shared_call_that_fails_is_everybodys_failure_and_is_not_kept(
    start_recap: Starter,
) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        sessions = [await recap.open_session() for _ in range(3)]
        posting = [asyncio.create_task(post(recap, s, "When do you open?")) for s in sessions]
        call = await model.next_call()
        await eventually(lambda: running(recap) == 3)
        call.fail(500)
        assert [status for status, _ in await asyncio.gather(*posting)] == [502] * 3
        turns = [(await turns_of(recap, session))[0] for session in sessions]
        assert {turn["outcome"] for turn in turns} == {"failed"}
        assert sorted(turn["prompt_tokens"] is None for turn in turns) == [False, False, True]
        assert model.calls == 1
        again = asyncio.create_task(recap.say(sessions[1], "Please?"))
        (await model.next_call()).finish("At nine.")
        assert (await again)["reply"]["content"] == "At nine."


async def test_a_shared_call_outlives_the_session_that_began_it(start_recap: Starter) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        sessions = [await recap.open_session() for _ in range(2)]
        posting = [asyncio.create_task(post(recap, sessions[0], "When do you open?"))]
        call = await model.next_call()
        posting += [asyncio.create_task(post(recap, sessions[1], "When do you open?"))]
        await eventually(lambda: running(recap) == 2)
        url = f"/v1/sessions/{sessions[0]['id']}"
        async with recap.http.delete(url, headers=recap.bearer()) as response:
            assert response.status == 204
        call.finish("At nine.")
        (erased, _), (status, answer) = await asyncio.gather(*posting)
        assert (erased, status) == (404, 200)
        assert answer["reply"]["content"] == "At nine."
    await assert_all_agrees(recap.database)


@pytest.mark.parametrize("apart", ["tenant", "said", "no-cache", "no-store"])
async def test_who_must_be_kept_apart_shares_no_call(start_recap: Starter, apart: str) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        other = await recap.rooms.tenants.create("other")
        text = PERSONAL[0] if apart == "said" else "When do you open?"
        headers = {"Cache-Control": apart} if apart.startswith("no-") else {}
        posting = []
        for key in (None, other.key if apart == "tenant" else None):
            session = await recap.open_session(key)
            posting.append(asyncio.create_task(recap.say(session, text, **headers)))
        for call in [await model.next_call() for _ in range(2)]:
            call.finish(f"Call {model.waiting}.")
        answers = await asyncio.gather(*posting)
        assert [answer["cache"]["status"] for answer in answers] == ["miss"] * 2
