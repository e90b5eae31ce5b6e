"""The replay against the product: what it says Recap sends is what the server sends; and the
planner that both use against fixed layouts."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from service import tokens
from service.context.rounds import Entry
from service.loopback import Scripted
from service.prices import Price
from service.replay import billing, grid, synthetic
from service.replay.grid import Cell
from service.replay.recap import Recap, RecapThread
from tests import payloads
from tests.conftest import Starter
from tests.replaying import entry, write

SYSTEM = "You are the shop's helper. Be brief."
PRICES: dict[str, dict[str, Any]] = {
    "none": {"input": 1, "output": 4},
    "half": {"input": 1, "cached_input": 0.5, "output": 4, "min_cacheable_tokens": 256},
    "ninety": {"input": 1, "cached_input": 0.1, "output": 4, "min_cacheable_tokens": 128},
    "narrow": {"input": 1, "output": 4, "context_window": 700},
}
GOODS = ["kettle", "lamp", "jacket", "sofa", "charger", "chair", "cable", "label"]


def questions() -> list[str]:
    """Forty, of which some look back, in two languages."""
    said = []
    for number in range(40):
        goods = GOODS[number % len(GOODS)]
        if number % 9 == 8:
            said.append(f"What did I say was wrong with the {GOODS[(number - 6) % 8]} earlier?")
        elif number % 9 == 6:
            said.append("我之前说的订单号是多少?")
        elif number % 9 == 4:
            said.append(f"我的订单号是 B-{40_000 + number}，要退货。")
        else:
            said.append(f"The {goods} of order A-{20_000 + number} is {'very ' * number}broken.")
    return said


@pytest.mark.parametrize("name", PRICES)
async def test_recap_in_the_replay_sends_what_the_server_sends(
    name: str, start_recap: Starter, tmp_path: Path
) -> None:
    prices = write(tmp_path / "prices.json", {"test-model": PRICES[name]})
    async with start_recap(prices_file=prices, system_prompt=SYSTEM) as recap:
        numbers = itertools.count()
        recap.upstream.default = lambda body: Scripted(
            text=f"We have noted that as case {next(numbers)}, thank you. Anything else?",
            cached_tokens=10_000,
        )
        session = await recap.open_session()
        answers = [await recap.say(session, question) for question in questions()]
    thread = Recap(Price.model_validate(PRICES[name])).open(
        [entry({"role": "system", "content": SYSTEM})]
    )
    recalled = 0
    for number, (question, answer) in enumerate(zip(questions(), answers, strict=True)):
        asked = entry({"role": "user", "content": question}, 2 * number + 1)
        replied = {"role": "assistant", "content": answer["reply"]["content"]}
        sent = thread.ask([asked])
        said, answered = [e.message for e in sent.messages], recap.upstream.requests[number]
        assert payloads.unmarked(said) == payloads.unmarked(answered["messages"])
        assert sent.hit == (answer["cache"]["status"] == "hit")
        recalled += bool(payloads.fetched_of(said))
        thread.close(sent, [asked], entry(replied, 2 * number + 2))
    # Where nothing more fits, and where all is sent until the last questions, nothing is fetched.
    assert recalled >= 1 or name in ("narrow", "ninety")


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_planner_is_never_much_dearer_than_the_cheapest_fixed_layout() -> None:
    """In prose, and where a desk's tools are called."""
    found = list(grid.cells())
    assert {cell.has_tools for cell in found} == {False, True}
    dearer = [cell for cell in found if cell.ratio > grid.ALLOWED]
    assert sorted(dearer, key=lambda cell: -cell.ratio) == []


def test_the_grids_tools_are_called_between_a_question_and_its_answer() -> None:
    said = [entry.message for entry in synthetic.tool_conversation(8)]
    calls = [m for m in said if "tool_calls" in m]
    results = [m for m in said if m["role"] == "tool"]
    assert [c["tool_calls"][0]["id"] for c in calls] == [r["tool_call_id"] for r in results]
    assert len({r["tool_call_id"] for r in results}) == len(calls) == 6
    assert all(390 <= entry_tokens <= 410 for entry_tokens in map(tokens.count_message, results))
    prose = [m for m in said if m not in calls and m not in results]
    assert prose == [entry.message for entry in synthetic.conversation(8)]


def test_a_cell_of_the_grid_is_told_in_figures() -> None:
    cell = Cell("90 % off", 1024, 500, 1.0, 30, 1050.4, 1000.0, "full")
    assert cell.ratio == pytest.approx(1.0504)
    assert cell.to_json()["ratio"] == 1.05
    assert cell.to_json()["rival"] == "full"


@pytest.mark.parametrize("cached_input", [0.02, 0.1, 0.25])
def test_three_quarters_of_what_is_sent_repeat_the_last_payloads_head(cached_input: float) -> None:
    price = Price(input=1, cached_input=cached_input, output=4)
    system = synthetic.system_entries(synthetic.filler(500))
    thread, said = RecapThread(system, price, set()), synthetic.conversation(300)
    before: list[Entry] = []
    sent_tokens = repeated = cuts = 0
    for question, reply in zip(said[::2], said[1::2], strict=True):
        cut = thread.tail[0].anchor if thread.tail else 0
        sent = thread.ask([question])
        seen = billing.seen_tokens(before, sent.messages)
        sent_tokens += sum(entry.tokens for entry in sent.messages)
        repeated += seen
        thread.close(sent, [question], reply)
        is_cut = thread.tail[0].anchor != cut
        cuts += is_cut
        recalled = payloads.fetched_of([e.message for e in before])
        if before and not is_cut and not recalled:
            assert seen == sum(entry.tokens for entry in before)
        before = list(sent.messages)
    assert repeated >= 0.75 * sent_tokens
    assert cuts < 60
