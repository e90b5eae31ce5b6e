"""Replies given twice: to the identical list, to nobody whom it is not meant for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.loopback import Scripted
from tests.conftest import Recap, Starter
from tests.held import HeldModel, held_model
from tests.strangers import QUESTION, all_have_looked, ask_for_themselves, lose_replies
from tests.watching import assert_all_agrees, post, rows, say_streaming, turns_of

PERSONAL = [
    "My order is A-20931. When do you open?",
    "Write to ann@example.com: when do you open?",
    "Call +44 20 7946 0958: when do you open?",
    "我的订单号是 20931874，几点开门？",
    "我的电话是13800138000，几点开门？",
]


async def test_the_identical_list_is_answered_from_the_table_turn_after_turn(recap: Recap) -> None:
    talks = []
    for _ in range(4):
        session = await recap.open_session()
        said = ["When do you open?", "And on Sundays?", "Thank you."]
        talks.append((session, [await recap.say(session, text) for text in said]))
    assert recap.upstream.calls == 9
    (_, first), *_, (session, again) = talks
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
    for _ in range(4):
        session = await recap.open_session()
        async with say_streaming(recap, session, "When do you open?") as stream:
            names = [event.name for event in await stream.rest()]
            text = "".join(e.data["content"] for e in stream.heard if e.name == "delta")
        assert (names[0], names[-1]) == ("message", "reply")
        assert text == stream.heard[-1].data["reply"]["content"] == "Answer to: When do you open?"
    assert recap.upstream.calls == 3


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
    sessions = [await recap.open_session() for _ in range(5)]
    for session in sessions:
        for text in (said, "Thank you."):
            assert (await recap.say(session, text))["cache"]["status"] != "reuse"
    assert recap.upstream.calls == 10


async def test_a_reply_that_says_something_personal_makes_the_rest_personal(recap: Recap) -> None:
    recap.upstream.default = lambda body: Scripted("Ask bob@example.com.")
    statuses = []
    for _ in range(5):
        session = await recap.open_session()
        said = ("Whom do I ask?", "And if he is away?")
        statuses += [(await recap.say(session, text))["cache"]["status"] for text in said]
    assert statuses == ["miss", "hit"] * 5


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
        ("", "no-cache", 4),
        ("", "no-store", 4),
        ("no-store", "", 4),
        ("no-cache", "", 3),
        ("private, No-Store", "", 4),
    ],
)
async def test_cache_control_decides_about_stored_replies(
    recap: Recap, stored: str, asked: str, calls: int
) -> None:
    for directive in (stored, stored, stored, asked):
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
    for calls in (1, 2, 3, 4, 4):
        session = await recap.open_session()
        assert (await recap.say(session, "When do you open?"))["reply"]["content"]
        assert recap.upstream.calls == calls


async def test_without_reply_reuse_every_turn_calls(start_recap: Starter) -> None:
    async with start_recap(reply_reuse=False) as recap:
        for _ in range(5):
            session = await recap.open_session()
            await recap.say(session, "When do you open?")
        assert recap.upstream.calls == 5
        assert rows(recap.database, "SELECT * FROM prefix_cache WHERE kind != 'stand_in'") == []


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


@pytest.fixture
async def asked_before(start_recap: Starter) -> AsyncIterator[tuple[Recap, HeldModel]]:
    """A server whose calls are held, and whose table knows of three who asked but of no answer."""
    async with start_recap() as recap:
        await ask_for_themselves(recap)
        await lose_replies(recap)
    async with (
        held_model() as model,
        start_recap(keys=recap.keys, openai_base_url=model.base_url) as recap,
    ):
        yield recap, model
    await assert_all_agrees(recap.database)


async def test_sessions_that_ask_at_once_what_three_have_asked_share_one_call(
    asked_before: tuple[Recap, HeldModel],
) -> None:
    """No stored answer is left, so one is asked for; what others hear of it, they hear whole."""
    recap, model = asked_before
    sessions = [await recap.open_session() for _ in range(5)]
    first = asyncio.create_task(recap.say(sessions[0], QUESTION))
    call = await model.next_call()
    call.say("At ")
    async with say_streaming(recap, sessions[1], QUESTION) as stream:
        others = [asyncio.create_task(recap.say(s, QUESTION)) for s in sessions[2:]]
        await all_have_looked(recap, 5)
        call.say("ni")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.until("delta"), 0.2)
        call.finish("ne.")
        heard = await stream.rest()
    answers = [await first, *[await other for other in others]]
    assert [event.data.get("content") for event in heard if event.name == "delta"] == ["At nine."]
    assert [a["reply"]["content"] for a in answers] == ["At nine."] * 4
    assert [a["cache"]["status"] for a in answers] == ["miss"] + ["collapsed"] * 3
    assert [a["usage"]["prompt_tokens"] for a in answers][1:] == [0] * 3
    assert model.calls == 1
    outcomes = [(await turns_of(recap, session))[0]["outcome"] for session in sessions]
    assert outcomes == ["answered"] + ["collapsed"] * 4
    after = asyncio.create_task(recap.say(sessions[4], "And on Sundays?"))
    (await model.next_call()).finish("Closed.")
    assert (await after)["cache"]["status"] == "hit"


async def test_a_shared_call_that_fails_is_everybodys_failure_and_is_not_kept(
    asked_before: tuple[Recap, HeldModel],
) -> None:
    recap, model = asked_before
    sessions = [await recap.open_session() for _ in range(3)]
    posting = [asyncio.create_task(post(recap, s, QUESTION)) for s in sessions]
    call = await model.next_call()
    await all_have_looked(recap, 3)
    call.fail(500)
    assert [status for status, _ in await asyncio.gather(*posting)] == [502] * 3
    turns = [(await turns_of(recap, session))[0] for session in sessions]
    assert {turn["outcome"] for turn in turns} == {"failed"}
    assert sorted(turn["prompt_tokens"] is None for turn in turns) == [False, False, True]
    assert model.calls == 1
    again = asyncio.create_task(recap.say(sessions[1], "Please?"))
    (await model.next_call()).finish("At nine.")
    assert (await again)["reply"]["content"] == "At nine."


async def test_a_shared_call_outlives_the_session_that_began_it(
    asked_before: tuple[Recap, HeldModel],
) -> None:
    recap, model = asked_before
    sessions = [await recap.open_session() for _ in range(2)]
    posting = [asyncio.create_task(post(recap, sessions[0], QUESTION))]
    call = await model.next_call()
    posting += [asyncio.create_task(post(recap, sessions[1], QUESTION))]
    await all_have_looked(recap, 2)
    url = f"/v1/sessions/{sessions[0]['id']}"
    async with recap.http.delete(url, headers=recap.bearer()) as response:
        assert response.status == 204
    call.finish("At nine.")
    (erased, _), (status, answer) = await asyncio.gather(*posting)
    assert (erased, status) == (404, 200)
    assert answer["reply"]["content"] == "At nine."


async def test_who_follows_a_call_that_names_somebody_asks_for_itself(
    asked_before: tuple[Recap, HeldModel],
) -> None:
    recap, model = asked_before
    sessions = [await recap.open_session() for _ in range(3)]
    first = asyncio.create_task(recap.say(sessions[0], QUESTION))
    call = await model.next_call()
    others = [asyncio.create_task(recap.say(session, QUESTION)) for session in sessions[1:]]
    await all_have_looked(recap, 3)
    call.finish("At nine, Maria.")
    for own in [await model.next_call() for _ in others]:
        own.finish("At nine.")
    answers = [await first, *[await other for other in others]]
    said = [answer["reply"]["content"] for answer in answers]
    assert said == ["At nine, Maria.", "At nine.", "At nine."]
    assert [answer["cache"]["status"] for answer in answers] == ["miss"] * 3
    late = asyncio.create_task(recap.say(await recap.open_session(), QUESTION))
    (await model.next_call()).finish("At ten.")
    assert (await late)["reply"]["content"] == "At ten.", "the list is shared no longer"


@pytest.mark.parametrize("apart", ["tenant", "said", "no-cache", "no-store"])
async def test_who_must_be_kept_apart_shares_no_call(
    asked_before: tuple[Recap, HeldModel], apart: str
) -> None:
    recap, model = asked_before
    other = await recap.rooms.tenants.create("other")
    text = PERSONAL[0] if apart == "said" else QUESTION
    headers = {"Cache-Control": apart} if apart.startswith("no-") else {}
    posting = []
    for key in (None, other.key if apart == "tenant" else None):
        session = await recap.open_session(key)
        posting.append(asyncio.create_task(recap.say(session, text, **headers)))
    for call in [await model.next_call() for _ in range(2)]:
        call.finish(f"Call {model.waiting}.")
    answers = await asyncio.gather(*posting)
    assert [answer["cache"]["status"] for answer in answers] == ["miss"] * 2
