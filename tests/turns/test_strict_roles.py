"""What a strict model's template takes: roles by turns, each call with its result."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path

import pytest

from tests.conftest import Starter
from tests.floor import open_floor
from tests.payloads import record_of
from tests.turns.calling import (
    CACHED,
    NO_CACHE,
    Caller,
    assert_alternates,
    assert_calls_have_results,
    assert_ends_as_said,
    price_file,
    some_question,
    some_result,
    some_steps,
)

SYSTEM = {"role": "system", "content": "You are the desk of a furniture shop. " * 12}


@pytest.mark.parametrize("model", [NO_CACHE, CACHED])
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 6))]
)
async def test_where_a_list_alternates_so_does_what_is_sent(
    start_recap: Starter, tmp_path: Path, seed: int, model: str
) -> None:
    choose = random.Random(seed)
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, model, said=[SYSTEM])
        if seed % 2:
            caller.headers = {"Cache-Control": "no-store"}
        records = 0
        for turn in range(36):
            if choose.random() < 0.1:
                note = {"role": choose.choice(["system", "developer"]), "content": f"Now {turn}."}
                caller.said.append(note)
            opened = len(caller.said)
            steps = some_steps(choose, turn)
            results = {c["id"]: some_result(choose, turn) for step in steps for c in step}
            payloads = await caller.ask(some_question(choose, turn), steps, results)
            for number, sent in enumerate(payloads):
                assert_alternates(sent)
                assert_calls_have_results(sent)
                records += bool(record_of(sent))
                given = sum(1 + len(step) for step in steps[:number])
                said = caller.said[: opened + 1 + given]
                assert_ends_as_said(sent, said, 1 + given)
        assert records > 5, "a list of this length is cut"


async def test_a_greeting_in_front_of_the_first_question_stays_and_then_folds(
    start_recap: Starter, tmp_path: Path
) -> None:
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, said=[SYSTEM, {"role": "assistant", "content": "How can I help?"}])
        for turn in range(12):
            opened = len(caller.said)
            (sent,) = await caller.ask(some_question(random.Random(turn), turn))
            assert_ends_as_said(sent, caller.said[: opened + 1], 1)
            if record_of(sent):
                assert_alternates(sent)
        assert record_of(sent)


@pytest.mark.parametrize("model", [NO_CACHE, CACHED])
async def test_a_sessions_roles_alternate_whoever_spoke(
    start_recap: Starter, tmp_path: Path, model: str
) -> None:
    choose = random.Random(model)
    async with (
        start_recap(prices_file=price_file(tmp_path), openai_model=model) as recap,
        open_floor(recap) as floor,
    ):
        session = await recap.open_session()
        for turn in range(22):
            words = str(some_question(choose, turn)["content"])
            kind = choose.choice(["one", "one", "burst", "person", "unanswered"])
            await recap.say(session, f"Case {turn}.")  # what is resolved is the bot's again
            match kind:
                case "one":
                    await recap.say(session, words)
                case "burst":
                    await asyncio.gather(*(recap.say(session, f"{words} {n}") for n in range(3)))
                case "person":
                    await floor.maria.done("claim", session_id=session["id"])
                    for n in range(choose.randint(0, 3)):
                        await floor.maria.done(
                            "send", session_id=session["id"], content=f"I see to it, {n}."
                        )
                    await floor.maria.done("resolve", session_id=session["id"])
                case "unanswered":
                    await floor.maria.done("claim", session_id=session["id"])
                    await recap.say(session, words)
                    await floor.maria.done("resolve", session_id=session["id"])
        await recap.say(session, "And now?")
        assert recap.upstream.calls > 12
        for request in recap.upstream.requests:
            sent = request["messages"]
            roles = [m["role"] for m in sent if m["role"] != "system"]
            assert all(a != b for a, b in itertools.pairwise(roles)), roles
            assert roles[-1] == "user"
        assert record_of(recap.upstream.requests[-1]["messages"])
