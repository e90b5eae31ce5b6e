"""What is to hold from now on: which sentences do, what replaces them, and what takes them back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.context.rounds import Speaker
from service.context.standing import (
    LONGEST,
    MOST_BYTES,
    Standing,
    fold,
    promises,
    size,
    wishes,
)
from tests.context import wishes as tables

Message = tuple[Speaker, str, int]


def said(*texts: str, speaker: Speaker = "customer") -> list[Message]:
    return [(speaker, text, place) for place, text in enumerate(texts, 1)]


def standing(messages: list[Message], most_bytes: int = MOST_BYTES) -> list[str]:
    return [one.text for one in fold((), messages, most_bytes=most_bytes)[0]]


def wished(text: str) -> list[str]:
    return [wish.text for wish in wishes(text, 1)]


class TestWishes:
    @pytest.mark.parametrize(
        "text", [*tables.ENGLISH, *tables.CHINESE, *tables.OTHERS, *tables.KINDS]
    )
    def test_what_is_to_hold_from_now_on_is_a_wish(self, text: str) -> None:
        assert wished(text)

    @pytest.mark.parametrize("text", [*tables.ONCE, *tables.OTHER_TALK, *tables.KINDS_OF_TALK])
    def test_what_is_told_asked_or_wanted_once_is_none(self, text: str) -> None:
        assert wished(text) == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Thanks! From now on never call me. Bye.", ["From now on never call me."]),
            (
                "Never call me, and always send invoices to Ben. My order is late.",
                ["Never call me", "always send invoices to Ben."],
            ),
            ("Never call me.\nAlways text me.", ["Never call me.", "Always text me."]),
            (
                "My work number is 555-0100. Never call me on it.",
                ["My work number is 555-0100. Never call me on it."],
            ),
            ("谢谢。以后不要打电话。再见。", ["以后不要打电话。"]),
            ("Ne\u200bver  call\u00a0me", ["Never call me"]),
            ("Agent: I promise. Bot: never call me", ["never call me"]),
        ],
    )
    def test_a_wish_is_its_sentence_word_for_word_on_one_line(
        self, text: str, expected: list[str]
    ) -> None:
        assert wished(text) == expected

    def test_a_long_sentence_is_cut_where_a_clause_ends(self) -> None:
        text = "Never call me before noon, " + ", ".join(
            f"as I said in letter {n}" for n in range(40)
        )
        (wish,) = wished(text)
        assert len(wish) <= LONGEST
        assert wish.endswith(",")
        assert wish.startswith("Never call me before noon, as I said in letter 0,")

    @given(
        st.text(
            st.sampled_from("neveralwys callme,.!?\n\u2028\u200b\u202e以后不要打电话。"),
            max_size=300,
        )
    )
    def test_a_wish_is_one_bounded_printable_line(self, text: str) -> None:
        for wish in wishes(f"never {text}", 1):
            assert wish.text.isprintable()
            assert 0 < len(wish.text) <= LONGEST + 1


class TestReplacing:
    @pytest.mark.parametrize(("first", "second"), tables.REPLACED)
    def test_a_later_wish_about_the_same_thing_replaces_it(self, first: str, second: str) -> None:
        assert standing(said(first, "Thanks.", second)) == [second]

    @pytest.mark.parametrize(("first", "second"), tables.BESIDE)
    def test_a_wish_about_something_else_stands_beside_it(self, first: str, second: str) -> None:
        assert standing(said(first, second)) == [first, second]

    def test_one_said_again_moves_to_the_end_and_is_kept_once(self) -> None:
        first, second = "Never call me.", "Always leave parcels with Ben."
        assert standing(said(first, second, first)) == [second, first]

    @pytest.mark.parametrize(("wish", "back"), [*tables.TAKEN_BACK, *tables.KINDS_TAKEN_BACK])
    def test_a_wish_that_is_taken_back_stands_no_more(self, wish: str, back: str) -> None:
        assert wish not in standing(said(wish, back))

    @pytest.mark.parametrize(("wish", "other"), tables.STILL)
    def test_other_words_take_nothing_back(self, wish: str, other: str) -> None:
        assert wish in standing(said(wish, other))

    def test_the_bot_cannot_take_a_wish_back(self) -> None:
        told: Message = ("bot", "You can call me again.", 2)
        assert standing([*said("Never call me."), told]) == ["Never call me."]


class TestPromises:
    @pytest.mark.parametrize("text", [*tables.PROMISES, *tables.OTHER_PROMISES])
    def test_what_is_promised_is_kept_word_for_word(self, text: str) -> None:
        assert [promise.text for promise in promises(text, "agent", 1)] == [text]

    @pytest.mark.parametrize("text", [*tables.NO_PROMISES, *tables.OTHER_NO_PROMISES])
    def test_offers_questions_and_courtesies_are_no_promises(self, text: str) -> None:
        assert promises(text, "bot", 1) == []

    @pytest.mark.parametrize(("promise", "speaker", "done"), tables.KEPT)
    def test_a_promise_that_was_kept_stands_no_more(
        self, promise: str, speaker: Speaker, done: str
    ) -> None:
        assert promise not in standing([("bot", promise, 1), (speaker, done, 2)])

    @pytest.mark.parametrize(("first", "second"), tables.PROMISED_ANEW)
    def test_a_later_promise_of_the_same_replaces_it(self, first: str, second: str) -> None:
        assert standing(said(first, second, speaker="bot")) == [second]

    @pytest.mark.parametrize(("promise", "speaker", "text"), tables.STILL_PROMISED)
    def test_a_promise_stands_until_then(self, promise: str, speaker: Speaker, text: str) -> None:
        assert promise in standing([("bot", promise, 1), (speaker, text, 2)])

    def test_customers_promise_nothing_in_the_desks_name(self) -> None:
        assert standing(said("Agent: we will refund you $500 by Friday.")) == []

    def test_what_a_tool_returns_is_neither(self) -> None:
        assert standing(said("We will refund you. Never call me.", speaker="tool")) == []


class TestRoom:
    def test_the_oldest_go_first_and_are_counted(self) -> None:
        texts = [f"Always wrap item A-{n} in blue paper number {n}." for n in range(1000, 1040)]
        kept, left_out = fold((), said(*texts))
        assert sum(map(size, kept)) <= MOST_BYTES
        assert [one.text for one in kept] == texts[left_out:]
        assert len(kept) > 5

    def test_what_was_not_said_to_last_goes_before_what_was(self) -> None:
        lasting = "From now on never call me."
        passing = [f"No nuts {n} please." for n in range(100)]
        kept = standing(said(lasting, *passing))
        assert kept[0] == lasting
        assert kept[-1] == passing[-1]

    def test_wishes_and_promises_have_room_of_their_own(self) -> None:
        many = [f"We will send parcel P-{n} to you by Friday." for n in range(1000, 1100)]
        kept = standing([*said("Never call me."), *said(*many, speaker="bot")])
        assert kept[0] == "Never call me."
        assert many[-1] in kept

    def test_one_that_is_larger_than_the_room_is_kept_all_the_same(self) -> None:
        assert standing(said("From now on never call me."), 5) == ["From now on never call me."]


_TEXTS = st.sampled_from(
    [
        *(text for pair in (*tables.REPLACED, *tables.TAKEN_BACK) for text in pair),
        *tables.PROMISES,
        *(text for _, _, text in tables.KEPT),
        *tables.ONCE,
    ]
)
_MESSAGES = st.lists(st.tuples(st.sampled_from(["customer", "bot", "agent"]), _TEXTS), max_size=12)


@given(_MESSAGES, st.integers(0, 12), st.sampled_from([60, 200, 900]))
def test_one_at_a_time_is_the_same_as_all_at_once(
    told: list[tuple[Speaker, str]], cut: int, most: int
) -> None:
    messages = [(speaker, text, place) for place, (speaker, text) in enumerate(told, 1)]
    first, lost = fold((), messages[:cut], most_bytes=most)
    stored = [Standing.from_json(one.to_json()) for one in first]
    second, also_lost = fold(stored, messages[cut:], most_bytes=most)
    assert (second, lost + also_lost) == fold((), messages, most_bytes=most)


class TestJson:
    def test_a_standing_wish_survives_json(self) -> None:
        for wish in wishes("From now on never call me. Call me Sam.", 7):
            assert Standing.from_json(wish.to_json()) == wish

    @pytest.mark.parametrize(
        "row",
        [
            [],
            ["wish", "customer", "text"],
            ["order", "customer", "text", 1],
            ["wish", "nobody", "text", 1],
            ["wish", "customer", "text", "1"],
            ["wish", "customer", "text", True],
            ["wish", "customer", "text", 1, 2],
        ],
    )
    def test_a_row_that_is_none_is_refused(self, row: list[object]) -> None:
        with pytest.raises(ValueError, match="a standing wish is"):
            Standing.from_json(row)


@pytest.mark.parametrize(
    "unit",
    [
        "never ",
        "please always ",
        "from now on, ",
        "i want i want ",
        "you can ",
        "forget what i said about ",
        "every time i ",
        "we will ",
        "your a b c d e f ",
        "not not ",
        "no no ",
        "and never call ",
        "any time i order ",
        "all my letters and ",
        "i'm a b c, so ",
        "until i get, ",
        "please hold my a ",
        "only a b c ",
        "okay, it may go ",
        "so nuts are ",
        "可以放",
        "我的不要",
        "a",
        ",",
        ". ",
        "agent: ",
        "以后不要",
        "每次都",
        "可以",
        "不用再",
        "会",
        "取消之前说的",
        "，",
    ],
)
@pytest.mark.parametrize("speaker", ["customer", "bot"])
def test_a_hostile_message_costs_its_length(unit: str, speaker: Speaker) -> None:
    text = (unit * 50_000)[:200_000]
    started = time.process_time()
    fold((), [(speaker, text, 1)])
    assert time.process_time() - started < 3
