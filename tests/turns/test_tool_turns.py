"""Turns with tools: their calls extend each other, and folded rounds leave what was called."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.context import rounds
from service.context.rounds import Entry
from service.scripted import Scripted
from tests.conftest import Starter
from tests.payloads import record_of
from tests.probes import assistant, client_of, complete, user
from tests.turns.calling import (
    CACHED,
    NO_CACHE,
    Caller,
    assert_alternates,
    assert_calls_have_results,
    call,
    price_file,
    result,
    some_question,
    some_result,
    some_steps,
)
from tests.turns.provider import CachingProvider

LEGACY = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize("model", [NO_CACHE, CACHED])
@pytest.mark.parametrize("kept", ["no-store", pytest.param("stored", marks=pytest.mark.long)])
@pytest.mark.parametrize("seed", [12, pytest.param(11, marks=pytest.mark.long)])
async def test_the_calls_of_a_turn_extend_each_other_byte_for_byte(
    start_recap: Starter, tmp_path: Path, model: str, kept: str, seed: int
) -> None:
    choose = random.Random(seed)
    headers = {"Cache-Control": "no-store"} if kept == "no-store" else {}
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, model, headers, [{"role": "system", "content": "Be kind. " * 30}])
        cut = 0
        for turn in range(34):
            steps = some_steps(choose, turn)
            results = {c["id"]: some_result(choose, turn) for step in steps for c in step}
            payloads = await caller.ask(some_question(choose, turn), steps, results)
            for before, after in itertools.pairwise(payloads):
                assert json.dumps(after).startswith(json.dumps(before)[:-1])
            cut += len(payloads) > 1 and bool(record_of(payloads[-1]))
        assert cut > 5, "lists that end with a result are shortened too"


async def test_a_result_that_tells_what_is_asked_for_changes_nothing_that_was_fetched(
    start_recap: Starter, tmp_path: Path
) -> None:
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, said=[])
        await caller.ask(user("The zebra lamp flickers at night, and I dislike that."))
        for turn in range(40):
            await caller.ask(user(f"Something else is wrong with my {turn} cups and plates."))
        step = [call("c", "look_up", what="zebra")]
        told = {"c": "The zebra lamp flickers at night."}
        first, second = await caller.ask(user("Is the zebra lamp repaired?"), [step], told)
        assert "flickers" in str(first[-1]["content"]), "something is fetched"
        assert json.dumps(second).startswith(json.dumps(first)[:-1])


async def test_a_folded_tool_round_leaves_a_line_of_what_was_called(
    start_recap: Starter, tmp_path: Path
) -> None:
    legacy: list[dict[str, Any]] = [
        {**LEGACY, "function_call": {"name": "weigh", "arguments": '{"parcel": "P-1"}'}},
        {"role": "function", "name": "weigh", "content": "3 kg"},
    ]
    custom = {"id": "c9", "type": "custom", "custom": {"name": "run_sql", "input": "SELECT 9"}}
    pair = [call("a", "find_order", order="A-1"), call("b", "find_agent", city="Ulm")]
    never = [call("n", "ring_bell", times=3)]
    said: list[dict[str, Any]] = [
        user("Please weigh it."),
        *legacy,
        assistant("3 kg."),
        user("Run it."),
        assistant("") | {"tool_calls": [custom]},
        result("c9", "9 rows"),
        assistant("9."),
        user("Find both."),
        assistant("") | {"tool_calls": pair},
        result("b", "Ada"),
        result("a", "late"),
        assistant("Both found."),
        user("Ring."),
        assistant("") | {"tool_calls": never},
        user("Did you?"),
        assistant("I could not."),
    ]
    for turn in range(4):
        said += [user(f"Case {turn}"), assistant("Yes.")]
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        await complete(recap, [*said, user("Thanks, go on.")], model=NO_CACHE)
        sent = recap.upstream.requests[-1]["messages"]
        record = record_of(sent).splitlines()
        for called in (
            "* called weigh: parcel P-1",
            "* called run_sql: SELECT 9",
            "* called find_order: order A-1",
            "* called find_agent: city Ulm",
            "* called ring_bell: times 3",
        ):
            assert called in record
        assert_alternates(sent)
        assert_calls_have_results(sent)


@pytest.mark.parametrize(
    "told",
    ["x" * 300_000, json.dumps([{"a": n} for n in range(30_000)]), "\ufffd{[", "[" * 5000, ""],
)
async def test_any_result_is_passed_on_and_folded(
    start_recap: Starter, tmp_path: Path, told: str
) -> None:
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, said=[{"role": "system", "content": "Be kind."}])
        payloads = await caller.ask(
            user("Look at it, would you? " * 40), [[call("c", "look", at="it")]], {"c": told}
        )
        assert payloads[1][-1] == result("c", told)
        for turn in range(4):
            (sent,) = await caller.ask(user(f"I have {turn} more."))
        assert_calls_have_results(sent)
        assert "* called look: at it" in record_of(sent)


async def test_a_tool_that_is_called_through_the_real_client(
    start_recap: Starter, tmp_path: Path
) -> None:
    async with start_recap(prices_file=price_file(tmp_path)) as recap, client_of(recap) as client:
        said: list[Any] = []
        for turn in range(8):
            said.append(user(f"Question {turn}"))
            recap.upstream.script = [] if turn % 2 else [calls(turn)]
            while True:
                answer = await client.chat.completions.create(model=NO_CACHE, messages=said)
                message = answer.choices[0].message
                said.append(message.model_dump(exclude_none=True))
                if not message.tool_calls:
                    break
                said += [result(c.id, "done") for c in message.tool_calls]
        sent = recap.upstream.requests[-1]["messages"]
        assert len(sent) < len(said)
        assert_alternates(sent)
        assert_calls_have_results(sent)


def calls(turn: int) -> Scripted:
    return Scripted(tool_calls=[call(f"k{turn}", "act", turn=turn)])


def parts(messages: list[dict[str, Any]]) -> list[int]:
    entries = [Entry(message, 1, n) for n, message in enumerate(messages, 1)]
    return [len(part) for part in rounds.split(entries)]


def test_a_round_never_ends_between_a_call_and_its_result() -> None:
    asked = assistant("") | {"tool_calls": [call("a", "f"), call("b", "g")]}
    a, b = result("a", "1"), result("b", "2")
    assert parts([user("q"), asked, b, a, assistant("r"), user("q")]) == [5, 1]
    assert parts([user("q"), asked, a, assistant("wait"), b, assistant("r")]) == [6]
    assert parts([user("q"), asked, user("q"), assistant("r"), user("q")]) == [4, 1], "none came"
    assert parts([user("q"), asked, user("q"), assistant("r"), a, assistant("s")]) == [6]
    assert parts([user("q"), assistant("r"), a, assistant("s"), user("q")]) == [4, 1]
    nameless = {"role": "tool", "content": "1"}
    assert parts([user("q"), asked, nameless, nameless, assistant("r"), user("q")]) == [5, 1]
    legacy = [user("q"), LEGACY, {"role": "function", "name": "f", "content": "1"}]
    assert parts([*legacy, assistant("r"), user("q")]) == [4, 1]
    assert parts([user("q"), assistant("r") | {"tool_calls": []}, user("q")]) == [2, 1]


async def test_what_everything_whole_would_have_cost_counts_what_the_calls_before_have_warmed(
    start_recap: Starter, tmp_path: Path
) -> None:
    """The second call of a turn reads the first one's prompt again, however it is sent."""
    provider, whole = CachingProvider(), CachingProvider()

    def answer(body: Mapping[str, Any]) -> Scripted:
        said = provider(body)
        asked = body["messages"][-1]["role"] == "user"
        key = f"c{len(provider.seen)}"
        return replace(said, tool_calls=[call(key, "look", at=key)] if asked else None)

    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        recap.upstream.default = answer
        caller = Caller(recap, CACHED, said=[{"role": "system", "content": "Be kind. " * 200}])
        for turn in range(30):
            question = user(f"Order A-{turn:05} " + "came late and broken " * 30)
            whole.read([*caller.said, question])
            await caller.call(question)
            told = result(caller.said[-1]["tool_calls"][0]["id"], "late " * 200)
            whole.read([*caller.said, told])
            await caller.call(told)
        async with recap.http.get("/v1/usage?by=day", headers=recap.bearer()) as response:
            sums = (await response.json())["data"][0]
        assert any(record_of(r["messages"]) for r in recap.upstream.requests)
        input_cost = sums["full_cost"] - sums["completion_tokens"] * 8 / 1e6
        assert input_cost == pytest.approx(whole.bill * 2 / 1e6, rel=0.05)
