"""Calls that must go whole, between others that need not: neither breaks what the other keeps."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.conftest import Starter
from tests.probes import user
from tests.turns.calling import CACHED, Caller, price_file
from tests.turns.provider import CachingProvider


@pytest.mark.parametrize("every", [2, 5, 9])
@pytest.mark.parametrize("length", [5, pytest.param(40, marks=pytest.mark.long)])
async def test_several_choices_now_and_then_cost_no_more_than_everything_whole(
    start_recap: Starter, tmp_path: Path, every: int, length: int
) -> None:
    choose = random.Random(every)
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        planned, whole = CachingProvider(), CachingProvider()
        recap.upstream.default = planned
        caller = Caller(recap, CACHED, said=[{"role": "system", "content": "Be kind. " * 40}])
        for turn in range(70):
            words = "and then this came " * choose.randint(1, length)
            question = user(f"Order A-{turn:05}: {words}")
            whole.read([*caller.said, question])
            await caller.call(question, n=2 if turn % every == every - 1 else 1)
        assert planned.bill <= 1.05 * whole.bill, planned.bill / whole.bill
