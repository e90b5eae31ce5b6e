"""The live agents' wire: what is published of it, what is refused, and what is done only once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from service.desk.answers import KEPT_SECONDS, Answers
from tests.agents import Agent, Frame, connect, wire_of
from tests.conftest import Recap, Starter
from tests.customer import Session, kinds
from tests.floor import Floor, live_through_a_day, open_floor
from tests.rest import rows as count_rows

RESTARTING, TOO_BIG = 1012, 1009


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


async def test_the_document_has_a_schema_for_each_command_and_a_closed_one_for_each_event(
    recap: Recap,
) -> None:
    wire = await wire_of(recap.http)
    messages = wire.document["components"]["messages"]
    commands = {name for name in messages if name.startswith("command.")}
    events = {name for name in messages if name.startswith("event.")}
    assert commands | events == set(messages)
    assert {name.removeprefix("command.") for name in commands} == {
        *("subscribe", "claim", "release", "return_to_bot", "transfer", "resolve", "send"),
        *("note", "typing", "read", "draft", "status", "ping"),
    }
    for name in messages:
        shape = wire.shape(name)
        Draft202012Validator.check_schema(shape)
        assert "type" in shape["required"]
        if name in events:
            assert shape["additionalProperties"] is False
    for kind, names in (("commands", commands), ("events", events)):
        listed = wire.document["operations"][kind]["messages"]
        assert {entry["$ref"].rpartition("/")[2] for entry in listed} == names


async def test_every_event_that_is_described_really_comes(start_recap: Starter) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with start_recap() as recap:
            outside = await stack.enter_async_context(aiohttp.ClientSession(recap.url))
            maria, ben = [
                await stack.enter_async_context(
                    connect(recap, (await recap.hire(name)).token, http=outside)
                )
                for name in ("Maria", "Ben")
            ]
            wire = await wire_of(outside)
            await live_through_a_day(recap, maria, ben)
        assert await maria.closed() == await ben.closed() == RESTARTING
        heard = {f"event.{frame['type']}" for frame in maria.frames}
        assert heard == {name for name in wire.names if name.startswith("event.")}
        assert [f["type"] for f in maria.frames if f["type"] in ("hello", "draining")] == [
            "hello",
            "draining",
        ]


UNREADABLE: list[str | bytes] = [
    "",
    "claim",
    "[]",
    "null",
    "{}",
    '{"type": "ping"',
    '{"type": "ping", "cmd_id": "\x00"}',
    '{"type": "ping", "cmd_id": "\\ud800"}',
    '{"type": "ping", "cmd_id": 5}',
    "[" * 100_000,
    b"\xff\xfe",
    b'{"type": "ping", "cmd_id": "\xed\xa0\x80"}',
]


async def test_what_is_no_command_is_refused_and_the_socket_goes_on(recap: Recap) -> None:
    async with connect(recap, (await recap.hire()).token) as agent:
        for raw in UNREADABLE:
            error = await agent.say(raw, None)
            assert (error["type"], error["code"]) == ("error", "invalid_request"), raw
            assert error["detail"]
            await agent.done("ping")


SES = {"session_id": "ses_any"}
WRONG: list[tuple[str, Frame]] = [
    ("fly", SES),
    ("claim", {}),
    ("claim", {"session_id": ""}),
    ("claim", {"session_id": "s" * 101}),
    ("claim", {"session_id": 7}),
    ("claim", {"session_id": "ses\0"}),
    ("claim", SES | {"cmd_id": "c" * 256}),
    ("send", SES),
    ("send", SES | {"content": ""}),
    ("send", SES | {"content": " \n\u2003\t"}),
    ("send", SES | {"content": "a\0b"}),
    ("send", SES | {"content": ["Hi"]}),
    ("send", SES | {"content": "x" * 16_001}),
    ("send", SES | {"content": "Hi", "client_msg_id": ""}),
    ("send", SES | {"content": "Hi", "client_msg_id": "m" * 256}),
    ("note", SES | {"content": "\n"}),
    ("note", SES | {"content": "y" * 16_001}),
    ("transfer", SES),
    ("transfer", SES | {"agent_id": None}),
    ("read", SES | {"seq": -1}),
    ("read", SES | {"seq": 2**53}),
    ("read", SES | {"seq": "1"}),
    ("read", SES | {"seq": True}),
    ("read", SES | {"seq": 1.5}),
    ("status", {"status": "offline"}),
    ("status", {}),
    ("subscribe", {}),
    ("subscribe", {"cursors": ["ses_any"]}),
    ("subscribe", {"cursors": {"ses_any": -1}}),
    ("subscribe", {"cursors": {"ses_any": "0"}}),
    ("subscribe", {"cursors": {"": 0}}),
    ("subscribe", {"cursors": {f"ses_{n}": 0 for n in range(2001)}}),
]


async def test_a_command_that_is_wrong_is_refused_by_its_id_and_changes_nothing(
    floor: Floor,
) -> None:
    before = count_rows(floor.recap.database)
    for number, (kind, fields) in enumerate(WRONG):
        wrong = {"cmd_id": f"wrong {number}"} | fields
        error = await floor.maria.command(kind, is_bad=True, **wrong)
        told = (error["type"], error.get("code"), error["cmd_id"])
        assert told == ("error", "invalid_request", wrong["cmd_id"]), (kind, fields)
    assert count_rows(floor.recap.database) == before


async def test_a_text_is_taken_as_it_is_up_to_the_longest(floor: Floor) -> None:
    session = await floor.of_maria()
    for content in ("汉" * 16_000, " \U0001f9d1\u200d\U0001f4bb \n", r"C:\u0000\temp"):
        sent = await floor.maria.done("send", session_id=session["id"], content=content)
        assert sent["message"]["content"] == content


async def test_an_agent_may_write_as_much_as_the_setting_says(start_recap: Starter) -> None:
    async with start_recap(max_message_chars=100_000) as recap, open_floor(recap) as floor:
        session = await floor.of_maria()
        content = "\U0001f9d1" * 100_000
        raw = {"type": "send", "cmd_id": "c", "session_id": session["id"], "content": content}
        sent = await floor.maria.say(json.dumps(raw), "c")
        assert sent["message"]["content"] == content


async def test_a_huge_frame_closes_the_socket(recap: Recap) -> None:
    async with connect(recap, (await recap.hire()).token) as agent:
        await agent.socket.send_str('{"type": "ping", "cmd_id": "%s"}' % ("x" * 2**20))
        assert await agent.closed() == TOO_BIG


async def test_binary_frames_are_commands_too(recap: Recap) -> None:
    async with connect(recap, (await recap.hire()).token) as agent:
        answer = await agent.say(b'{"type": "ping", "cmd_id": "bytes"}', "bytes")
        assert answer["at"]


async def test_fields_that_are_not_known_are_left_alone(recap: Recap) -> None:
    async with connect(recap, (await recap.hire()).token) as agent:
        assert (await agent.done("ping", invented="tomorrow"))["at"]


texts = st.text(max_size=8) | st.sampled_from(["ses_any", "online", "agt_any"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = ("session_id", "content", "seq", "cursors", "agent_id", "status", "client_msg_id")
types = ("subscribe", "claim", "release", "transfer", "send", "note", "read", "draft", "status")


@pytest.fixture
async def fuzzed(recap: Recap) -> AsyncIterator[Agent]:
    async with connect(recap, (await recap.hire()).token) as agent:
        yield agent
        await agent.done("ping")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(types) | st.text(max_size=8),
    fields=st.dictionaries(st.sampled_from(names), values, max_size=5),
)
async def test_whatever_is_sent_is_answered_once_and_as_described(
    fuzzed: Agent, kind: str, fields: dict[str, Any]
) -> None:
    before = len(fuzzed.of("result")) + len(fuzzed.of("error"))
    answer = await fuzzed.command(kind, is_bad=True, **fields)
    assert answer["type"] == "result" or answer["code"] in ("invalid_request", "not_found")
    await fuzzed.done("ping")
    assert len(fuzzed.of("result")) + len(fuzzed.of("error")) == before + 2


async def test_a_repeated_command_is_answered_again_and_not_done_again(floor: Floor) -> None:
    session = await floor.of_maria()
    said = {"session_id": session["id"], "content": "Once.", "cmd_id": "c1"}
    first = await floor.maria.done("send", **said)
    assert await floor.maria.done("send", **said) == first
    async with connect(floor.recap, floor.tokens["Maria"]) as again:
        assert await again.done("send", **said) == first
    assert (await kinds(floor.recap, session)).count("agent") == 1
    released = {"session_id": session["id"], "cmd_id": "c2"}
    first = await floor.maria.done("release", **released)
    await floor.maria.done("claim", session_id=session["id"])
    assert await floor.maria.done("release", **released) == first
    assert (await kinds(floor.recap, session))[-1] == "claimed"


async def test_a_repeated_commands_error_is_the_first_ones(floor: Floor) -> None:
    session = await floor.of_maria()
    claim = {"session_id": session["id"], "cmd_id": "c1"}
    first = await floor.ben.command("claim", **claim)
    await floor.maria.done("release", session_id=session["id"])
    assert await floor.ben.command("claim", **claim) == first
    await floor.ben.done("claim", session_id=session["id"])


async def test_a_command_repeated_while_it_is_being_done_is_joined(floor: Floor) -> None:
    session = await floor.of_maria()
    floor.recap.upstream.gate.clear()
    draft = {"session_id": session["id"], "cmd_id": "d1"}
    async with connect(floor.recap, floor.tokens["Maria"]) as second:
        drafting = [asyncio.create_task(a.done("draft", **draft)) for a in (floor.maria, second)]
        await floor.recap.upstream.asked.wait()
        await second.done("ping")
        floor.recap.upstream.gate.set()
        answers = await asyncio.gather(*drafting)
    assert answers[0] == answers[1]
    assert floor.recap.upstream.calls == 1


async def test_a_command_is_done_although_its_socket_is_gone(floor: Floor) -> None:
    session = await floor.of_maria()
    floor.recap.upstream.gate.clear()
    async with connect(floor.recap, floor.tokens["Maria"]) as lost:
        drafting = asyncio.create_task(lost.done("draft", session_id=session["id"], cmd_id="d1"))
        await floor.recap.upstream.asked.wait()
    with contextlib.suppress(EOFError):
        await drafting
    floor.recap.upstream.gate.set()
    await floor.maria.until("draft.ready", cmd_id="d1")
    await floor.maria.done("draft", session_id=session["id"], cmd_id="d1")
    assert floor.recap.upstream.calls == 1


async def test_a_colleagues_command_of_the_same_id_is_another_command(floor: Floor) -> None:
    mine, other = await floor.of_maria(), await floor.waiting()
    await floor.ben.done("claim", session_id=other["id"])
    for agent, session in ((floor.maria, mine), (floor.ben, other)):
        sent = await agent.done("send", session_id=session["id"], content="Hi", cmd_id="1")
        assert sent["message"]["session_id"] == session["id"]
    both = {"session_id": mine["id"], "content": "Both", "cmd_id": "2"}
    for agent in (floor.maria, floor.ben):
        await agent.done("note", **both)
    assert (await kinds(floor.recap, mine)).count("note") == 2


async def test_asking_and_typing_are_always_done(floor: Floor) -> None:
    session = await floor.of_maria()
    for seen in (0, 3):
        await floor.maria.done("subscribe", cursors={session["id"]: seen}, cmd_id="s")
    assert [frame["seq"] for frame in floor.maria.of("message.created")][:3] in ([1, 2, 3], [])
    await floor.maria.done("send", session_id=session["id"], content="Hi", cmd_id="s")


async def test_an_answer_is_kept_for_ten_minutes() -> None:
    now, done = [0.0], []
    answers = Answers(lambda: now[0])

    async def run() -> bytes:
        done.append(now[0])
        return b"done"

    for moment in (0.0, KEPT_SECONDS - 1, KEPT_SECONDS + 1):
        now[0] = moment
        assert await answers.once("agt_a", "c1", run) == b"done"
    assert KEPT_SECONDS == 600
    assert done == [0.0, KEPT_SECONDS + 1]


async def test_a_message_sent_again_after_a_restart_is_said_once(start_recap: Starter) -> None:
    async with start_recap() as recap:
        keys, maria = recap.keys, await recap.hire()
        session = await recap.open_session()
        sent = [await first_of_a_new_page(recap, maria.token, session, client_msg_id="m1")]
    async with start_recap(keys=keys) as recap:
        sent.append(await first_of_a_new_page(recap, maria.token, session, client_msg_id="m1"))
        assert (await kinds(recap, session)).count("agent") == 1
    assert sent[0] == sent[1]


async def first_of_a_new_page(
    recap: Recap, token: str, session: Session, content: str = "Hello", **more: Any
) -> Frame:
    """What a page says in an own session just after it was loaded."""
    async with connect(recap, token) as agent:
        await agent.done("claim", session_id=session["id"])
        answer = await agent.command("send", session_id=session["id"], content=content, **more)
        return answer["message"] if answer["type"] == "result" else answer


async def test_another_text_under_a_used_id_is_refused_and_never_lost_in_silence(
    start_recap: Starter,
) -> None:
    async with start_recap() as recap:
        keys, maria = recap.keys, await recap.hire()
        session = await recap.open_session()
        await first_of_a_new_page(recap, maria.token, session, cmd_id="1")
    async with start_recap(keys=keys) as recap:
        error = await first_of_a_new_page(recap, maria.token, session, "Other", cmd_id="1")
        assert error["code"] == "invalid_request"
        async with connect(recap, maria.token) as agent:
            note = {"session_id": session["id"], "content": "Hello", "cmd_id": "1"}
            assert (await agent.command("note", **note))["type"] == "error"
