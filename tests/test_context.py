"""The stand-in and the cut: what is sent in place of a prefix."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import tokens
from service.context import layout
from service.context.layout import Payload, Turn
from service.context.recall import Index
from service.context.rounds import Entry
from service.context.stand_in import Plan, StandIn, remember
from service.prices import Price
from tests.payloads import record_of, roles_in, spoken

NO_CACHE = Price(input=1, cached_input=1, output=4)
SYSTEM = [Entry({"role": "system", "content": "You help. " * 50}, 154, 0)]

prices = st.builds(
    Price,
    input=st.just(1.0),
    cached_input=st.sampled_from([0.02, 0.1, 0.25, 0.5, 1.0]),
    cache_write=st.sampled_from([1.0, 1.25]),
    output=st.just(4.0),
    min_cacheable_tokens=st.sampled_from([0, 64, 1024, 4096]),
).filter(lambda price: price.cached_input < 1 or price.cache_write == 1)
words = st.sampled_from(
    [
        "Where is order A-20931?",
        "mail me at jo@example.org",
        "我的手机号是13812345678",
        "ok",
        "yes " * 40,
    ]
)
conversations = st.lists(st.tuples(words, words), min_size=1, max_size=40)


OWN_LINE = re.compile(
    r'- (?:asked "(?P<question>[^"]*)": |"(?P<label>[^"]*)" |\w+(?: \([^)]*\))?: )?(?P<said>.+)'
)
"""A line of the customer's own words: an answer after what was asked, a fact after its kind."""


def holds(text: str, words: str) -> bool:
    return all(word.strip(".?,;") in text for word in words.split())


def entry(role: str, content: str, anchor: int) -> Entry:
    message = {"role": role, "content": content}
    return Entry(message, tokens.count_message(message), anchor)


def entries_of(conversation: list[tuple[str, str]]) -> list[Entry]:
    texts = [
        (role, text)
        for pair in conversation
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    return [entry(role, text, place) for place, (role, text) in enumerate(texts, 1)]


def lay_out(
    stand_in: StandIn,
    tail: list[Entry],
    newest: list[Entry],
    before: list[Entry],
    price: Price,
) -> Payload:
    """A turn, as the server plans one, with nothing to recall."""
    turn = Turn(SYSTEM, newest, price, mark="abc")
    size = sum(entry.tokens for entry in before)
    return asyncio.run(layout.lay_out(stand_in, tail, size, turn, Past(before)))


@dataclass
class Past:
    before: list[Entry]

    async def messages(self) -> list[Entry]:
        return self.before

    async def index(self, cut: int) -> Index:
        return Index()


def drive(conversation: list[tuple[str, str]], price: Price) -> list[Payload]:
    """Every turn's payload, each from the stand-in that the turn before left."""
    stand_in, sent = StandIn(), []
    everything = entries_of(conversation)
    for number in range(len(conversation)):
        before, newest = everything[: 2 * number], everything[2 * number : 2 * number + 1]
        tail = [e for e in before if e.anchor > stand_in.plan.cut]
        sent.append(lay_out(stand_in, tail, newest, before, price))
        stand_in = sent[-1].stand_in
    return sent


@given(conversations, prices)
def test_a_rebuilt_stand_in_equals_the_incremental_one(
    conversation: list[tuple[str, str]], price: Price
) -> None:
    sent = drive(conversation, price)
    everything = entries_of(conversation)
    rebuilt = layout.rebuilt(SYSTEM, everything, price)
    assert rebuilt.to_json() == sent[-1].stand_in.to_json()
    assert remember(everything, rebuilt.plan) == rebuilt


@given(conversations, prices)
def test_a_stand_in_survives_its_json(conversation: list[tuple[str, str]], price: Price) -> None:
    kept = drive(conversation, price)[-1].stand_in
    assert StandIn.from_json(kept.to_json()).to_json() == kept.to_json()


@given(conversations, prices)
def test_between_two_cuts_a_payload_only_grows_at_its_end(
    conversation: list[tuple[str, str]], price: Price
) -> None:
    sent = drive(conversation, price)
    for before, after in pairwise(sent):
        if before.stand_in.plan.cut == after.stand_in.plan.cut:
            assert after.messages[: len(before.messages)] == before.messages


@given(conversations, prices)
def test_a_cut_keeps_the_last_two_rounds_and_never_makes_a_payload_longer(
    conversation: list[tuple[str, str]], price: Price
) -> None:
    everything = entries_of(conversation)
    for turn, payload in enumerate(drive(conversation, price)):
        kept = [e.message for e in everything[max(0, 2 * turn - 4) : 2 * turn + 1]]
        sent = [(role, text) for role, text in spoken(payload.messages)]
        assert sent[-len(kept) :] == [(m["role"], m["content"]) for m in kept]
        whole = sum(e.tokens for e in (*SYSTEM, *everything[: 2 * turn + 1]))
        assert payload.tokens <= whole + tokens.REPLY_PRIMING


@given(conversations, prices)
def test_the_record_is_never_the_systems_and_whose_its_words_are_stands_plainly(
    conversation: list[tuple[str, str]], price: Price
) -> None:
    for payload in drive(conversation, price):
        assert [m["role"] for m in payload.messages].count("system") == 1
        assert payload.messages[0] == SYSTEM[0].message
        asked, answered = (" ".join(part) for part in zip(*conversation, strict=True))
        for line in record_of(payload.messages).splitlines():
            assert line.startswith(("[", "- ", "* bot"))
            if line.startswith("* bot"):
                assert holds(answered, line.partition(": ")[2]), line
            if line.startswith("- "):
                own = OWN_LINE.fullmatch(line)
                assert own, line
                assert holds(asked, own["said"]), line
                assert holds(answered, own["question"] or own["label"] or ""), line


@given(conversations, prices)
def test_roles_alternate_whatever_is_put_in_front(
    conversation: list[tuple[str, str]], price: Price
) -> None:
    for payload in drive(conversation, price):
        roles = roles_in(payload.messages)
        assert all(one != other for one, other in pairwise(roles))


def test_without_a_providers_cache_every_turn_cuts_to_two_rounds() -> None:
    rounds = [("a question of some words " * 12, "an answer of some words " * 12)] * 20
    sent = drive(rounds, NO_CACHE)
    assert [len(payload.messages) for payload in sent] == [2, 4, 6] + [6] * 17


def test_what_it_takes_to_fold_is_weighed_against_what_is_folded() -> None:
    sent = drive([("a question", "an answer")] * 20, NO_CACHE)
    sizes = [payload.tokens for payload in sent]
    assert max(sizes) - sizes[-1] <= 4 * 12  # four rounds of these: never much above the best


@pytest.mark.parametrize(("discount", "best"), [(0.5, 4.9), (0.75, 8.6), (0.9, 14.8)])
def test_with_a_providers_cache_the_cuts_are_as_far_apart_as_is_cheapest(
    discount: float, best: float
) -> None:
    """n* = sqrt(2dM / ((1-d)r)) for rounds of r tokens and M tokens that go cold at a cut."""
    price = Price(input=1, cached_input=1 - discount, output=4, min_cacheable_tokens=0)
    rounds = [("so " * 21, "so " * 56)] * 200  # words that leave nothing in a head
    cuts = [payload.stand_in.plan.cut for payload in drive(rounds, price)]
    moves = [turn for turn in range(1, len(cuts)) if cuts[turn] != cuts[turn - 1]]
    between = (moves[-1] - moves[0]) / (len(moves) - 1)
    cold = 2 * 85  # the two kept rounds; the system prompt stays warm, there are no facts
    expected = (2 * discount * cold / ((1 - discount) * 85)) ** 0.5
    assert abs(between - expected) <= 2  # a line a round is expected of the record, and none comes
    assert expected < best


def test_an_idle_gap_makes_a_cut_free() -> None:
    price = Price(input=1, cached_input=0.1, output=4, min_cacheable_tokens=0)
    kept = StandIn(Plan(cut=0, warm=853))
    tail = entries_of([("word " * 21, "word " * 56)] * 8)
    newest = [entry("user", "and now?", 99)]
    size = sum(e.tokens for e in tail)
    carried = layout.planned(kept, tail, size, Turn(SYSTEM, newest, price))
    assert carried.stand_in.plan.cut == 0
    cut = layout.planned(kept, tail, size, Turn(SYSTEM, newest, price, idle=True))
    assert cut.stand_in.plan.cut > 0


def test_a_payload_that_outgrows_the_window_is_cut_whatever_it_costs() -> None:
    price = Price(input=1, cached_input=0.0, output=4, min_cacheable_tokens=0, context_window=2000)
    for payload in drive([("word " * 21, "word " * 56)] * 100, price):
        assert payload.tokens < 2000


@settings(max_examples=50)
@given(conversations)
def test_a_better_discount_never_cuts_sooner(conversation: list[tuple[str, str]]) -> None:
    def first_cut(cached_input: float) -> int:
        price = replace_price(NO_CACHE, cached_input=cached_input, min_cacheable_tokens=0)
        cuts = [payload.stand_in.plan.cut for payload in drive(conversation, price)]
        return next((turn for turn, cut in enumerate(cuts) if cut), len(cuts))

    assert first_cut(1.0) <= first_cut(0.5) <= first_cut(0.1)


def replace_price(price: Price, **values: Any) -> Price:
    return price.model_copy(update=values)
