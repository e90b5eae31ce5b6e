"""The cut of a stateless list: a function of the list and the prices, and of nothing else."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from service.scripted import Scripted
from tests.conftest import Recap, Starter, last_text
from tests.payloads import unmarked
from tests.probes import assistant, complete, text_of, user

HIT = "recap; hit; detail=prefix"
STORED = "recap; fwd=miss; stored"
MISS = "recap; fwd=miss"
TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
TOOL_RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "shipped " * 30}

PROFILES = {
    "no provider cache": {"input": 2.0, "cached_input": 2.0, "output": 8.0},
    "a tenth for what was seen": {
        "input": 2.0,
        "cached_input": 0.2,
        "cache_write": 2.5,
        "output": 8.0,
        "min_cacheable_tokens": 200,
    },
}


FOUND = dict(zip(PROFILES, (0, 10_000), strict=True))
"""Tokens that the provider says it found in its cache: its usage and its prices agree."""


def price_file(folder: Path, models: dict[str, Any]) -> Path:
    file = folder / "prices.json"
    file.write_text(json.dumps(models))
    return file


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_cut_is_the_same_whether_kept_up_or_found_again_from_the_list(
    start_recap: Starter, tmp_path: Path, profile: str
) -> None:
    choose = random.Random(profile)
    prices = price_file(tmp_path, {"test-model": PROFILES[profile]})
    async with start_recap(prices_file=prices) as recap:
        rebuilder = await recap.rooms.tenants.create("rebuilder")
        answering(recap, {"test-model": FOUND[profile]})
        said: list[dict[str, Any]] = [{"role": "system", "content": "Be kind. " * 20}]
        lengths = []
        for turn in range(30):
            said.append(user(f"About A-{turn:05}: " + "please help " * choose.randint(1, 60)))
            if turn % 7 == 3:
                called = Scripted(tool_calls=[TOOL_CALL], cached_tokens=FOUND[profile])
                recap.upstream.script = [called, called]
                body, _ = await ask_both(recap, rebuilder.key, said)
                said += [body["choices"][0]["message"], TOOL_RESULT]
            body, status = await ask_both(recap, rebuilder.key, said)
            assert status == (HIT if turn else STORED)
            lengths.append(len(recap.upstream.requests[-1]["messages"]))
            said.append(assistant(text_of(body)))
        cut = [n for turn, n in enumerate(lengths) if turn % 7 != 3]
        assert max(cut) < 56, "a long conversation was cut"
        assert len(set(cut)) > 2


def answering(recap: Recap, found: dict[str, int]) -> None:
    """Have the provider of each model say that it found so much in its cache."""
    recap.upstream.default = lambda body: Scripted(
        text=f"Answer to: {last_text(body)[:60]}", cached_tokens=found[body["model"]]
    )


async def ask_both(
    recap: Recap, rebuilder: str, said: list[dict[str, Any]], **request: Any
) -> tuple[dict[str, Any], str]:
    """Ask as a caller whose stand-in is kept and as one for whom nothing is; both send the same."""
    unkept = {"Authorization": f"Bearer {rebuilder}", "Cache-Control": "no-store"}
    answered = await complete(recap, said, **request)
    _, rebuilt = await complete(recap, said, headers=unkept, **request)
    assert rebuilt == MISS
    kept_up, from_scratch = [request["messages"] for request in recap.upstream.requests[-2:]]
    assert json.dumps(unmarked(kept_up)) == json.dumps(unmarked(from_scratch))
    return answered


async def test_a_list_that_a_session_said_too_has_its_own_cut(
    start_recap: Starter, tmp_path: Path
) -> None:
    prices = price_file(tmp_path, {"test-model": PROFILES["a tenth for what was seen"]})
    async with start_recap(prices_file=prices) as recap:
        answering(recap, {"test-model": 10_000})
        rebuilder = await recap.rooms.tenants.create("rebuilder")
        session = await recap.open_session()
        said: list[dict[str, Any]] = [{"role": "system", "content": "You are the shop's helper."}]
        for turn in range(25):
            question = f"Order B-{turn:05} is late, and I am waiting for it. " * 3
            answer = await recap.say(session, question)
            said += [user(question), assistant(answer["reply"]["content"])]
            await ask_both(recap, rebuilder.key, [*said, user("And now?")])


async def test_models_of_other_prices_have_their_own_cuts_of_one_list(
    start_recap: Starter, tmp_path: Path
) -> None:
    models = dict(zip(("model-a", "model-b"), PROFILES.values(), strict=True))
    async with start_recap(prices_file=price_file(tmp_path, models)) as recap:
        answering(recap, dict(zip(models, FOUND.values(), strict=True)))
        rebuilder = await recap.rooms.tenants.create("rebuilder")
        said: list[dict[str, Any]] = []
        for turn in range(25):
            said.append(user(f"About A-{turn:05}: " + "please help " * 20))
            for model in sorted(models, reverse=turn % 2 == 0):
                body, _ = await ask_both(recap, rebuilder.key, said, model=model)
            said.append(assistant(text_of(body)))
