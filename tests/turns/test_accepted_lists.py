"""Lists that clients send and OpenAI's API takes: none is refused, none is rewritten at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Starter
from tests.probes import assistant, client_of, complete, user
from tests.turns.calling import PICTURE, assert_ends_as_said, call, price_file, result

SYSTEM = {"role": "system", "content": "Be kind."}
CALLS = {"role": "assistant", "content": None, "tool_calls": [call("c", "f")]}
LISTS: dict[str, list[dict[str, Any]]] = {
    "a reminder at the end, as aider has it": [SYSTEM, user("Edit it."), SYSTEM],
    "a developer's reminder": [user("Edit it."), {"role": "developer", "content": "Diffs only."}],
    "system messages alone": [SYSTEM, {"role": "system", "content": "Greet the customer."}],
    "one system message, as pydantic-ai has it": [SYSTEM],
    "words to be continued": [SYSTEM, user("A poem."), assistant("Roses are")],
    "words to be continued after a result": [user("q"), CALLS, result("c", "1"), assistant("So")],
    "a greeting alone": [assistant("How can I help?")],
    "a blank question": [SYSTEM, user("  ")],
    "an empty question": [SYSTEM, user("")],
    "a result at the end": [SYSTEM, user("q"), CALLS, result("c", "1")],
    "a result in parts": [
        user("q"),
        CALLS,
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "1"}]},
    ],
    "a reminder after a result": [user("q"), CALLS, result("c", "1"), SYSTEM],
    "an empty list of calls": [user("q"), {**assistant("r"), "tool_calls": []}, user("q")],
    "calls without content": [user("q"), {"role": "assistant", "tool_calls": [call("c", "f")]}],
    "a picture alone": [{"role": "user", "content": [PICTURE]}],
    "two questions in a row": [user("q"), user("r")],
    "two answers in a row": [user("q"), assistant("r"), assistant("s"), user("t")],
    "a refusal": [
        user("q"),
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        user("r"),
    ],
    "a legacy result without words": [
        user("q"),
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}},
        {"role": "function", "name": "f", "content": None},
    ],
}
ENDED = {"two answers in a row": 3, "an empty list of calls": 2, "a refusal": 2}
"""How many of a list's first messages are rounds that have ended."""
BEFORE = [
    message
    for n in range(9)
    for message in (user(f"Case {n} of the lamp?"), assistant(f"Told {n}."))
]


@pytest.mark.parametrize("name", LISTS)
async def test_what_openai_takes_is_sent_as_it_came(
    start_recap: Starter, tmp_path: Path, name: str
) -> None:
    said = LISTS[name]
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        for _ in range(2):
            await complete(recap, said)
        assert recap.upstream.requests[-1]["messages"] == said
        async with client_of(recap) as client:
            request: dict[str, Any] = {"model": "test-model", "messages": said}
            stream = await client.chat.completions.create(**request, stream=True, temperature=0.1)
            assert [chunk async for chunk in stream]
        assert recap.upstream.requests[-1]["messages"] == said


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kept", ["stored", "no-store"])
async def test_so_is_its_end_after_a_long_list(
    start_recap: Starter, tmp_path: Path, name: str, kept: str
) -> None:
    headers = {"Cache-Control": "no-store"} if kept == "no-store" else {}
    ending = [message for message in LISTS[name] if message != SYSTEM] or [SYSTEM]
    said = [SYSTEM, *BEFORE, user("Something new."), assistant("Yes?"), *ending]
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        await complete(recap, said, headers=headers)
        sent = recap.upstream.requests[-1]["messages"]
        assert len(sent) < len(said)
        assert_ends_as_said(sent, said, len(ending) - ENDED.get(name, 0))


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": None},
        {"role": "user"},
        {"role": "user", "content": []},
        {"role": "tool", "content": "1"},
        {"role": "system", "content": None},
    ],
)
async def test_what_openai_refuses_is_refused(start_recap: Starter, message: Any) -> None:
    async with (
        start_recap() as recap,
        recap.http.post(
            "/v1/chat/completions",
            json={"model": "m", "messages": [message]},
            headers=recap.bearer(),
        ) as response,
    ):
        assert response.status == 400
        assert (await response.json())["error"]["param"].startswith("messages[0]")
