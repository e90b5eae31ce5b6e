"""Prices: the shipped file, overrides, the two sums, and what an unknown model costs."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.prices import MAX_WARNINGS, Price, PriceFileError, PriceList

MILLION = 1_000_000


@pytest.fixture(scope="module")
def prices() -> PriceList:
    return PriceList.load(None)


@pytest.fixture
def luna() -> Price:
    return Price(input=0.2, cached_input=0.02, cache_write=0.25, output=1.2)


def write(folder: Path, content: object) -> Path:
    path = folder / "prices.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


class TestTheShippedFile:
    def test_it_is_dated_and_knows_the_models_of_its_day(self, prices: PriceList) -> None:
        assert prices.as_of == "2026-11"
        assert prices.currency == "USD"
        vendors = {name.partition("-")[0] for name in prices.models()}
        assert {"gpt", "claude", "gemini", "deepseek"} < vendors
        assert prices.models()["gpt-4o"].cached_input == 1.25

    def test_no_cached_token_is_dearer_and_no_written_one_cheaper_than_a_plain_one(
        self, prices: PriceList
    ) -> None:
        for name, price in prices.models().items():
            assert price.cached_input <= price.input <= price.cache_write, name
            assert price.min_cacheable_tokens < price.context_window, name

    def test_only_models_of_openai_take_a_cache_key_and_the_newest_breakpoints(
        self, prices: PriceList
    ) -> None:
        for name, price in prices.models().items():
            assert price.cache_key == name.startswith("gpt-"), name
            assert price.breakpoints == name.startswith(("gpt-5.6", "gpt-6")), name

    def test_the_demonstration_model_and_the_default_cache_nothing(self, prices: PriceList) -> None:
        demo = prices.models()["recap-demo"]
        assert (demo.input, demo.output) == (0.15, 0.6)
        assert demo.discount == prices.default.discount == 0

    def test_the_models_cannot_be_changed(self, prices: PriceList) -> None:
        with pytest.raises(TypeError):
            prices.models()["gpt-4o"] = prices.default  # type: ignore[index]
        field = "input"
        with pytest.raises(ValidationError):
            setattr(prices.default, field, 0)


class TestOverrides:
    def test_a_file_adds_models_and_replaces_them_whole(self, tmp_path: Path) -> None:
        mine = {"input": 2, "output": 8}
        prices = PriceList.load(write(tmp_path, {"mine": mine, "gpt-4o": mine}))
        assert prices.price("mine") == prices.price("gpt-4o")
        assert prices.price("gpt-4o").cached_input == 2
        assert prices.price("gpt-4o").cache_key is False
        assert prices.price("gpt-4o-mini").input == 0.15

    def test_what_is_left_out_is_stated(self) -> None:
        price = Price.model_validate({"input": 2, "output": 8})
        assert (price.cached_input, price.cache_write) == (2, 2)
        assert (price.min_cacheable_tokens, price.cache_seconds) == (1024, 300)
        assert price.context_window == 128_000
        assert not price.breakpoints
        assert not price.cache_key

    @pytest.mark.parametrize(
        ("entry", "fault"),
        [
            ({"output": 1}, "input: "),
            ({"input": 1}, "output: "),
            ({"input": -1, "output": 1}, "input: "),
            ({"input": "1", "output": 1}, "input: "),
            ({"input": True, "output": 1}, "input: "),
            ({"input": 1, "output": 1, "cached_input": 2}, "cached_input is above input"),
            ({"input": 1, "output": 1, "min_cacheable_tokens": 1.5}, "min_cacheable_tokens: "),
            ({"input": 1, "output": 1, "context_window": 0}, "context_window: "),
            ({"input": 1, "output": 1, "breakpoints": 1}, "breakpoints: "),
            ({"input": 1, "output": 1, "inptu\n": 1}, "inptu"),
            (3, "valid dictionary"),
        ],
    )
    def test_a_wrong_entry_is_one_line_with_file_model_and_field(
        self, tmp_path: Path, entry: object, fault: str
    ) -> None:
        path = write(tmp_path, {"mine": entry})
        with pytest.raises(PriceFileError) as caught:
            PriceList.load(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: model 'mine': ")
        assert fault in message
        assert "\n" not in message

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            "3",
            "[" * 100000,
            '{"m": {"input": NaN, "output": 1}}',
            '{"m": {"input": 1e999, "output": 1}}',
            '{"m": {"input": 1' + "0" * 5000 + "}}",
            '{"m": {"input": 1, "output": 1}, "m": {"input": 2, "output": 2}}',
        ],
    )
    def test_a_file_that_is_no_price_file_is_one_line_with_its_name(
        self, tmp_path: Path, content: str
    ) -> None:
        path = write(tmp_path, content)
        with pytest.raises(PriceFileError) as caught:
            PriceList.load(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(PriceFileError, match=r"nowhere\.json: cannot be read"):
            PriceList.load(tmp_path / "nowhere.json")

    def test_bytes_that_are_not_utf_8_are_refused_and_a_byte_order_mark_is_not(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "prices.json"
        path.write_bytes(b"\xff{}")
        with pytest.raises(PriceFileError, match="UTF-8"):
            PriceList.load(path)
        path.write_bytes(b'\xef\xbb\xbf{"mine": {"input": 2, "output": 8}}')
        assert PriceList.load(path).price("mine").input == 2


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "gpt-4o",
            "gpt-4o-2024-08-06",
            "gpt-4o-20240806",
            "openai/gpt-4o",
            "openrouter/openai/gpt-4o",
            "openai/gpt-4o-2024-08-06",
        ],
    )
    def test_a_date_behind_and_a_provider_in_front_may_be_left_out(
        self, prices: PriceList, name: str
    ) -> None:
        assert prices.price(name) is prices.models()["gpt-4o"]

    def test_an_exact_name_wins_over_a_shortened_one(self, tmp_path: Path) -> None:
        entry = {"input": 9, "output": 9}
        names = {"gpt-4o-2024-08-06": entry, "azure/gpt-4o": entry}
        prices = PriceList.load(write(tmp_path, names))
        assert prices.price("gpt-4o-2024-08-06").input == 9
        assert prices.price("azure/gpt-4o").input == 9
        assert prices.price("gpt-4o").input == 2.5

    def test_an_unknown_model_costs_the_default_and_is_warned_of_once(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        prices = PriceList.load(None)
        with caplog.at_level(logging.WARNING):
            costs = [prices.price(name) for name in ("new", "new", "other", "new")]
        assert costs == [prices.default] * 4
        assert [record.args for record in caplog.records] == [("new",), ("other",)]

    def test_warnings_are_bounded_in_number_and_length(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        prices = PriceList.load(None)
        with caplog.at_level(logging.WARNING):
            for i in range(2 * MAX_WARNINGS):
                prices.price(f"{i}\n" + "x" * 10_000)
        assert len(caplog.records) == MAX_WARNINGS
        lines = [record.getMessage() for record in caplog.records]
        assert max(map(len, lines)) < 300
        assert not any("\n" in line for line in lines)


def price_of(input_: float, cached: float, written: float, minimum: int) -> Price:
    return Price(
        input=input_,
        cached_input=cached * input_,
        cache_write=written * input_,
        output=1,
        min_cacheable_tokens=minimum,
    )


profiles = st.builds(
    price_of,
    st.floats(0.01, 100),
    st.floats(0, 1),
    st.floats(0, 3),
    st.integers(0, 5_000),
)
counts = st.integers(0, 200_000)


class TestMoney:
    def test_each_token_is_paid_once_at_its_own_price(self, luna: Price) -> None:
        assert luna.input_cost(MILLION) == pytest.approx(0.2)
        assert luna.input_cost(MILLION, cached_tokens=MILLION) == pytest.approx(0.02)
        assert luna.input_cost(MILLION, cache_write_tokens=MILLION) == pytest.approx(0.25)
        mixed = luna.input_cost(MILLION, cached_tokens=600_000, cache_write_tokens=300_000)
        assert mixed == pytest.approx(0.6 * 0.02 + 0.3 * 0.25 + 0.1 * 0.2)

    def test_the_answer_is_paid_on_top(self, luna: Price) -> None:
        assert luna.cost(MILLION, MILLION) == pytest.approx(0.2 + 1.2)
        assert luna.cost(0, MILLION // 2) == pytest.approx(0.6)

    @given(profiles, counts, counts, counts)
    def test_counts_that_do_not_add_up_never_make_money(
        self, price: Price, prompt: int, cached: int, written: int
    ) -> None:
        cost = price.input_cost(prompt, cached, written)
        dearest = max(price.input, price.cache_write)
        assert 0 <= cost <= prompt * dearest / MILLION * (1 + 1e-9)

    def test_the_discount_is_the_share_that_a_cached_token_saves(self, luna: Price) -> None:
        assert luna.discount == pytest.approx(0.9)
        assert Price(input=0, output=0).discount == 0


class TestBilled:
    def test_a_seen_prefix_is_read_and_the_rest_is_written(self, luna: Price) -> None:
        assert luna.billed(2_000, 1_500) == pytest.approx(1_500 * 0.1 + 500 * 1.25)
        assert luna.billed(2_000, 0) == pytest.approx(2_000 * 1.25)

    def test_below_the_minimum_nothing_is_read_or_written(self, luna: Price) -> None:
        assert luna.billed(1_023, 1_023) == 1_023
        assert luna.billed(1_024, 1_024) == pytest.approx(102.4)
        assert luna.billed(2_000, 1_023) == luna.billed(2_000, 0)

    def test_more_warm_tokens_than_the_prompt_has_are_its_whole(self, luna: Price) -> None:
        assert luna.billed(2_000, 9_000) == luna.billed(2_000, 2_000)

    @given(counts, counts, st.floats(0, 3))
    def test_a_provider_that_caches_nothing_bills_each_token_as_one(
        self, tokens: int, warm: int, written: float
    ) -> None:
        assert price_of(2.0, 1.0, written, 1_024).billed(tokens, warm) == tokens

    @given(profiles, counts, counts)
    def test_it_is_never_above_what_writing_everything_costs(
        self, price: Price, tokens: int, warm: int
    ) -> None:
        most = tokens * max(1.0, price.cache_write / price.input)
        assert 0 <= price.billed(tokens, warm) <= most * (1 + 1e-9)

    @given(profiles, counts, counts, counts)
    def test_a_longer_prompt_on_the_same_side_of_the_minimum_never_costs_less(
        self, price: Price, tokens: int, more: int, warm: int
    ) -> None:
        longer = tokens + more
        minimum = price.min_cacheable_tokens
        assume((tokens < minimum) == (longer < minimum))
        assert price.billed(tokens, warm) <= price.billed(longer, warm) * (1 + 1e-9)

    @given(profiles, counts, counts)
    def test_a_longer_cold_prompt_never_costs_less_where_writing_is_no_cheaper(
        self, price: Price, tokens: int, more: int
    ) -> None:
        assume(price.cache_write >= price.input)
        assert price.billed(tokens, 0) <= price.billed(tokens + more, 0) * (1 + 1e-9)

    @given(profiles, counts, counts, counts)
    def test_a_warmer_prompt_never_costs_more_where_writing_is_no_cheaper(
        self, price: Price, tokens: int, warm: int, more: int
    ) -> None:
        assume(price.cache_write >= price.cached_input)
        assert price.billed(tokens, warm + more) <= price.billed(tokens, warm) * (1 + 1e-9)
