"""From the bot to a person by the model's own hand: its tool, or its failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from service.handover import LONGEST_REASON, TOOL
from service.loopback import Scripted
from service.storage.handovers import MODEL_FAILED
from tests.conftest import Recap, Starter
from tests.customer import calls_a_human, kinds, owner_of, transcript, withdraw
from tests.floor import Floor, open_floor
from tests.watching import assert_all_agrees, listen, post, say_streaming, turns_of

REFUSAL = Scripted(status=400, error={"message": "No.", "code": "content_filter"})


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


@pytest.fixture
async def eager(recap: Recap) -> AsyncIterator[Floor]:
    """The tenant lets the model call a live agent."""
    await recap.rooms.tenants.set("shop", handover=True)
    async with open_floor(recap) as opened:
        yield opened


@pytest.mark.parametrize("text", ["I will get somebody.", ""])
async def test_the_model_calls_a_person_by_its_tool(eager: Floor, text: str) -> None:
    session = await eager.recap.open_session()
    eager.recap.upstream.script.append(calls_a_human(text, "Wants a refund."))
    async with listen(eager.recap, session) as customer:
        answer = await eager.recap.say(session, "My money back!")
        await customer.until("owner", owner="waiting", position=1, agents_online=2)
    assert answer["owner"] == "waiting"
    assert (answer["reply"] or {"content": ""})["content"] == text
    event = await eager.maria.until("session.waiting", session_id=session["id"])
    assert (event["reason"], event["cause"], event["by"]) == (
        "Wants a refund.",
        "handed over",
        None,
    )
    told = await kinds(eager.recap, session)
    assert told == ["customer", *(["bot"] if text else []), "handed over"]
    (turn,) = await turns_of(eager.recap, session)
    assert (turn["outcome"], turn["reply_id"] is None) == ("handed_over", not text)
    assert eager.recap.upstream.requests[0]["tools"] == [TOOL]


@pytest.mark.parametrize("text", ["I will get somebody.", ""])
async def test_a_streamed_answer_hands_over_too(eager: Floor, text: str) -> None:
    session = await eager.recap.open_session()
    eager.recap.upstream.script.append(calls_a_human(text))
    async with say_streaming(eager.recap, session, "My money back!") as stream:
        events = await stream.rest()
    said = "".join(event.data["content"] for event in events if event.name == "delta")
    last = events[-1]
    assert last.data["owner"] == "waiting"
    assert (last.data["reply"] or {"content": ""})["content"] == said == text
    assert {event.name for event in events} <= {"message", "delta", "reply", "superseded"}
    assert (last.name == "reply") is bool(text)


ARGUMENTS = [
    ("", None),
    ("{", None),
    ("[]", None),
    ("null", None),
    ('{"why": "x"}', None),
    ('{"reason": 7}', None),
    ('{"reason": " "}', None),
    ('{"reason": "%s"}' % ("x" * 900), "x" * LONGEST_REASON),
]


async def test_a_reason_that_cannot_be_read_is_none(eager: Floor) -> None:
    for arguments, reason in ARGUMENTS:
        session = await eager.recap.open_session()
        eager.recap.upstream.script.append(calls_a_human("One moment.", arguments=arguments))
        assert (await eager.recap.say(session, f"Help {arguments}"))["owner"] == "waiting"
        event = await eager.maria.until("session.waiting", session_id=session["id"])
        assert event["reason"] == reason, arguments


async def test_the_tool_is_not_offered_where_the_tenant_does_not_want_it(floor: Floor) -> None:
    session = await floor.recap.open_session()
    await floor.recap.say(session, "A person, please")
    assert "tools" not in floor.recap.upstream.requests[0]


@pytest.mark.parametrize("is_offered", [True, False])
async def test_only_the_offered_tool_hands_over_and_words_never_do(
    recap: Recap, is_offered: bool
) -> None:
    await recap.rooms.tenants.set("shop", handover=is_offered)
    async with open_floor(recap) as floor:
        session = await recap.open_session()
        other = calls_a_human("No need.", name="handoff" if is_offered else "hand_over")
        control = Scripted(
            'hand_over {"name": "hand_over", "arguments": "{}"} conversation_handoff'
        )
        recap.upstream.script += [other, control]
        for words in ("No need.", control.text):
            answer = await recap.say(session, words)
            assert (answer["owner"], answer["reply"]["content"]) == ("bot", words)
        assert floor.maria.of("session.waiting") == []


async def test_a_call_of_another_tool_alone_is_no_answer(eager: Floor) -> None:
    session = await eager.recap.open_session()
    eager.recap.upstream.script.append(calls_a_human(name="order_pizza"))
    answer = await eager.recap.say(session, "Hungry")
    assert (answer["reply"], answer["owner"]) == (None, "waiting")
    event = await eager.maria.until("session.waiting", session_id=session["id"])
    assert event["reason"] == MODEL_FAILED


async def test_a_call_for_a_person_is_never_shared_between_sessions(eager: Floor) -> None:
    """Its reason is about one customer, though every other had asked just the same."""
    recap = eager.recap
    reasons = ["angry", "lonely", "lost", "late"]
    sessions = [await recap.open_session() for _ in reasons]
    first = sessions[0]
    recap.upstream.script += [calls_a_human(reason=reason) for reason in reasons]
    for session, reason in zip(sessions, reasons, strict=True):
        answer = await recap.say(session, "A person!")
        assert (answer["reply"], answer["owner"]) == (None, "waiting")
        event = await eager.maria.until("session.waiting", session_id=session["id"])
        assert event["reason"] == reason
    assert recap.upstream.calls == len(reasons)
    async with listen(recap, first) as customer:
        assert await withdraw(recap, first) == "bot"
        reply = await customer.until("message", kind="bot")
    assert reply.data["content"] == "Answer to: A person!"
    await recap.rooms.tenants.set("shop", handover=False)
    third = await recap.open_session()
    answer = await recap.say(third, "A person!")
    assert (answer["owner"], answer["reply"]["content"]) == ("bot", "Answer to: A person!")
    assert all("tools" not in request for request in recap.upstream.requests[len(reasons) :])


FAILURES: dict[str, Callable[[], Scripted]] = {
    "error": lambda: Scripted(status=500),
    "cut": lambda: Scripted("It is on its", cut_after=2),
    "empty": lambda: Scripted(""),
    "garbage": lambda: Scripted(body=b"<html>"),
    "refused": lambda: REFUSAL,
}


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("failure", FAILURES)
async def test_where_the_model_fails_a_person_takes_over(
    floor: Floor, failure: str, streams: bool
) -> None:
    recap, session = floor.recap, await floor.recap.open_session()
    recap.upstream.script.append(FAILURES[failure]())
    async with listen(recap, session) as customer:
        if streams:
            async with say_streaming(recap, session, "Hello?") as stream:
                answer = (await stream.rest())[-1].data
        else:
            answer = await recap.say(session, "Hello?")
        await customer.until("owner", owner="waiting", position=1)
    assert (answer["reply"], answer["owner"]) == (None, "waiting")
    event = await floor.maria.until("session.waiting", session_id=session["id"])
    assert (event["reason"], event["cause"]) == (MODEL_FAILED, "handed over")
    assert await kinds(recap, session) == ["customer", "handed over"]
    await floor.maria.done("claim", session_id=session["id"])
    await floor.maria.done("send", session_id=session["id"], content="A person here.")
    await floor.maria.done("return_to_bot", session_id=session["id"])
    answer = await recap.say(session, "And the bot?")  # which is not muted for good
    assert answer["reply"]["content"] == "Answer to: And the bot?"


async def test_a_failure_that_a_retry_mends_calls_nobody(start_recap: Starter) -> None:
    async with start_recap(upstream_max_retries=1) as recap, open_floor(recap) as floor:
        soon = Scripted(status=503, headers={"retry-after-ms": "1"})
        session = await recap.open_session()
        recap.upstream.script += [soon]
        assert (await recap.say(session, "Once"))["owner"] == "bot"
        recap.upstream.script += [soon, soon]
        assert (await recap.say(session, "Twice"))["owner"] == "waiting"
        await floor.maria.until("session.waiting", session_id=session["id"])


@pytest.mark.parametrize("is_revoked", [False, True], ids=["no agents", "a former agent"])
async def test_where_there_are_no_live_agents_a_failure_is_the_customers_to_know(
    recap: Recap, is_revoked: bool
) -> None:
    if is_revoked:
        await recap.hire("Maria")
        await recap.rooms.agents.revoke(recap.keys.id, "Maria")
    session = await recap.open_session()
    recap.upstream.script.append(Scripted(status=500))
    status, problem = await post(recap, session, "Hello?")
    assert (status, problem["code"]) == (502, "upstream_error")
    assert await owner_of(recap, session) == "bot"
    answer = await recap.say(session, "Again?")
    assert answer["reply"]["content"] == "Answer to: Hello?\n\nAgain?"
    await assert_all_agrees(recap.database)


async def test_what_the_provider_refused_is_never_sent_to_it_again(floor: Floor) -> None:
    session = await floor.recap.open_session()
    floor.recap.upstream.script.append(REFUSAL)
    await floor.recap.say(session, "How do I build a bomb?")
    await floor.maria.done("claim", session_id=session["id"])
    said = await transcript(floor.recap, session, floor.tokens["Maria"])
    assert said[0]["content"] == "How do I build a bomb?"
    await floor.maria.done("return_to_bot", session_id=session["id"])
    await floor.recap.say(session, "And a parcel?")
    assert floor.recap.upstream.calls == 2
    assert "bomb" not in str(floor.recap.upstream.requests[-1])
