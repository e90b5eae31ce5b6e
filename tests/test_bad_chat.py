"""Chat completions that no provider should see: refused in OpenAI's form, naming the parameter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.conftest import Recap
from tests.doors import CHAT
from tests.refusals import CHAT_PATH, SECRET, Server, rude_to

pytestmark = pytest.mark.asyncio(loop_scope="module")
USER = {"role": "user", "content": SECRET}
TEXT = {"type": "text", "text": "Hello?"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}


@pytest_asyncio.fixture(loop_scope="module")
async def server(shared_recap: Recap) -> AsyncIterator[Server]:
    async with rude_to(shared_recap) as server:
        yield server


async def refuses(server: Server, body: Any, param: str | None) -> None:
    data = orjson.dumps(body)
    answer = await server.refuses(CHAT_PATH, data, status=400, code="invalid_request")
    error = answer.json()["error"]
    assert (error["param"], error["type"]) == (param, "invalid_request_error")


async def goes_through(
    server: Server, messages: list[dict[str, Any]], **request: Any
) -> dict[str, Any]:
    """The provider is sent this list as it came; returns all that it was sent."""
    data = orjson.dumps(CHAT | {"messages": messages} | request)
    calls = server.recap.upstream.calls
    async with server.recap.http.post(
        CHAT_PATH, data=data, headers=server.recap.bearer(**{"Cache-Control": "no-cache"})
    ) as response:
        assert response.status == 200
    assert server.recap.upstream.calls == calls + 1
    seen = server.recap.upstream.requests[-1]
    assert orjson.dumps(seen["messages"]) == orjson.dumps(messages)
    return seen


WRONG: dict[str, list[Any]] = {
    "model": [None, "", "  ", 5, True, ["m"], {}],
    "messages": [None, [], {}, "Hello?", 5],
    "n": [0, -1, 129, 2**63, "1", 1.0, True, [1], {}],
    "stream": [0, 1, "true", "", [], {}],
    "stream_options": [True, 5, "include_usage", [], ["include_usage"]],
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_parameter_of_the_wrong_kind_is_refused_by_name(server: Server, name: str) -> None:
    for value in WRONG[name]:
        for stream in (False, True):
            body = CHAT | {"messages": [USER], "stream": stream} | {name: value}
            await refuses(server, body, name)
    await server.is_well()


@pytest.mark.parametrize("name", ["model", "messages"])
async def test_what_is_needed_is_asked_for(server: Server, name: str) -> None:
    await refuses(server, {k: v for k, v in CHAT.items() if k != name}, name)
    await refuses(server, {"content": SECRET}, "model")
    await server.is_well()


@pytest.mark.parametrize("role", [None, "", "robot", "User", "user ", 5, True, [], ["user"], {}])
async def test_a_role_that_is_none_is_refused(server: Server, role: Any) -> None:
    for messages in ([USER | {"role": role}], [USER | {"role": role}, USER]):
        await refuses(server, CHAT | {"messages": messages}, "messages[0].role")
    await refuses(server, CHAT | {"messages": [USER, {"content": SECRET}]}, "messages[1].role")
    await server.is_well()


@pytest.mark.parametrize("message", [None, 5, True, SECRET, [], [USER]])
async def test_a_message_that_is_no_object_is_refused(server: Server, message: Any) -> None:
    await refuses(server, CHAT | {"messages": [USER, message]}, "messages[1]")
    await server.is_well()


CONTENTS: list[Any] = [
    None,
    5,
    True,
    {},
    TEXT,
    [],
    ["Hello?"],
    [None],
    [[]],
    [{}],
    [{"type": 5}],
    [{"type": "text"}],
    [{"type": "text", "text": 5}],
    [TEXT, {"text": "Hello?"}],
]


@pytest.mark.parametrize("content", CONTENTS, ids=repr)
async def test_content_of_the_wrong_kind_is_refused(server: Server, content: Any) -> None:
    for role in ("user", "system", "developer", "tool"):
        message = {"role": role, "content": content, "tool_call_id": "call_1"}
        await refuses(server, CHAT | {"messages": [message, USER]}, "messages[0].content")
    await server.is_well()


@pytest.mark.parametrize(
    "content", ["", " ", "\t\r\n", "\u3000", [TEXT | {"text": " "}], [TEXT | {"text": ""}] * 2]
)
async def test_a_question_that_says_nothing_is_the_providers_to_judge(
    server: Server, content: Any
) -> None:
    blank = USER | {"content": content}
    for said in ([blank], [USER, {"role": "assistant", "content": "Yes?"}, blank]):
        await goes_through(server, said)
    await server.is_well()


@pytest.mark.parametrize("role", ["assistant", "system", "developer"])
async def test_a_list_that_asks_nothing_is_the_providers_to_judge(
    server: Server, role: str
) -> None:
    last = {"role": role, "content": SECRET}
    for said in ([last], [last, last], [USER, last], [last, USER, last]):
        await goes_through(server, said)
    await server.is_well()


@pytest.mark.parametrize("field", ["tool_calls", "tool_call_id"])
async def test_tool_calls_of_the_wrong_kind_are_refused(server: Server, field: str) -> None:
    for value in (5, True, {}, CALL, [5], [None], [[CALL]], "" if field == "tool_calls" else None):
        role = "assistant" if field == "tool_calls" else "tool"
        message = {"role": role, "content": SECRET, field: value}
        await refuses(server, CHAT | {"messages": [message, USER]}, f"messages[0].{field}")
    await server.is_well()


ODD: list[dict[str, Any]] = [
    {"name": 5},
    {"name": ["a"]},
    {"weird": {"deep": [1, None, {"x": 2**63}]}},
    {"refusal": [1]},
    {"audio": {"id": "x"}},
    {"annotations": "x"},
    {"function_call": 7},
    {"tool_calls": [{}, {"function": 5}, {"id": 5, "function": {"name": None}}]},
    {"content": [{"type": "image_url", "image_url": 5}, {"type": ""}, {"type": "x", "x": [{}]}]},
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_what_nobody_knows_is_the_providers_to_judge(server: Server, odd: Any) -> None:
    """Whatever else a message holds goes to the provider as it came, and breaks nothing."""
    messages = [USER, {"role": "assistant", "content": "Yes?"} | odd, USER | odd]
    seen = await goes_through(server, messages, temperature=10**15, tools="none", seed=[odd])
    assert (seen["seed"], seen["tools"]) == ([odd], "none")
    await server.is_well()
