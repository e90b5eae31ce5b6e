"""Facts: what is found word for word, what is left alone, and that no message is too hostile."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.context.facts import MAX_FACTS, PERSONAL, find, is_personal
from service.context.slots import Fact, merge


def found(text: str) -> list[tuple[str, str]]:
    return [(fact.kind, fact.value) for fact in find(text, speaker="customer", position=3)]


def only(kind: str, *values: str) -> list[tuple[str, str]]:
    return [(kind, value) for value in values]


ANNA = "Anna-Lena van der Berg"
OAK_STREET = "12 Oak Street, Apt 4B, Leeds"
HAUPTSTRASSE = "Hauptstraße 12, 10115 Berlin"
DO_NOT_CALL = "Please don't call me before noon"
NO_CONNOR = "I do not want a driver named Connor"

SIGNS = "0123456789０１٣ -–.,@＠#$￥+()/:\n aAbzZ元号月日周块订单电话至idno"
words = st.sampled_from(
    [
        "order",
        "id",
        "number",
        "no.",
        "call",
        "March",
        "May",
        "next",
        "Friday",
        "1st",
        "the",
        "and",
        "$",
        "20 dollars",
        "100-150元",
        "a.b@c.com",
        "13812345678",
        "A-20931",
        "订单号",
        "下周六",
        " ",
        "  ",
        "-",
        "，",
        "2026-11-23",
        "010-62910099",
        "(977) 625-2661",
        "５００块",
        "#473",
    ]
)
texts = st.one_of(
    st.text(alphabet=SIGNS, max_size=80), st.lists(words, max_size=14).map("".join), st.text()
)


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("It's about A-20931, not AB12CD34.", ["A-20931", "AB12CD34"]),
            ("351531510 with PIN 3941", ["351531510", "3941"]),
            ("confirmation # 237, or was it #473?", ["237", "#473"]),
            ("Parcel: cminh730\nOrder ID: 3348917502", ["cminh730", "3348917502"]),
            ("订单号A20931已付款，尾号1234的卡", ["A20931", "1234"]),
            ("快递单号：SF1234567890", ["SF1234567890"]),
            ("航班3U8633，身份证号11010519491231002X", ["3U8633", "11010519491231002X"]),
            ("order 114-3941689-8772232", ["114-3941689-8772232"]),
            ("card 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
            ("Account ID: 9KFY4AOHGQ", ["9KFY4AOHGQ"]),
            ("my flight is CA1234, the train TR8364", ["CA1234", "TR8364"]),
            ("order number is 13812345678", ["13812345678"]),
            ("I call about order 12345678", ["12345678"]),
            ("a" * 32 + "1" * 32, ["a" * 32 + "1" * 32]),
            ("a" * 32 + "1" * 33, []),
        ],
    )
    def test_identifiers_are_found_whole(self, text: str, values: list[str]) -> None:
        assert found(text) == only("identifier", *values)

    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("Angela and my ID is 473.", ["473"]),
            ("Sure. My flight ID is also my lucky number. It is 625.", ["625"]),
            ("I'd like to reserve flight 291, order no. 5", ["291", "5"]),
            ("it is ride 473 or 525", ["473", "525"]),
            ("订单473，房间号12", ["473", "12"]),
        ],
    )
    def test_a_short_number_is_one_after_a_word_that_names_it(
        self, text: str, values: list[str]
    ) -> None:
        assert found(text) == only("identifier", *values)

    @pytest.mark.parametrize(
        "text",
        [
            "a table for 2, then 85 and 473",
            "at 5 pm, 13:30, 7pm or 10AM-2PM",
            "it was 85% off, version 2.0.1, 4.5 stars",
            "No, 5 please. I want to order 2 lattes for my flight in 3 hours",
            "a room with 2 beds, and in case 2 people come",
            "Hello Angela, Thanks For ALL Your HELP",
            "pi is 3.1415, 1234.56 in all, 12/2024",
            "since 2018, 2019-2020, mid-2024, COVID-19",
            "at least 5000 or about 3500, 1200 people, level 9000",
            "64GB, 1080p, 24-hour, 12th-floor, route 66, 1,234 items",
            "评分4.5分以上，游玩2小时，1000人，2018年，3个月",
        ],
    )
    def test_counts_times_shares_and_words_are_not_identifiers(self, text: str) -> None:
        assert not any(kind == "identifier" for kind, _ in found(text))


class TestOtherKinds:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("mail me at a.phoenix+939@mail.example.co.uk.", "a.phoenix+939@mail.example.co.uk"),
            ("邮箱foo@bar.com谢谢", "foo@bar.com"),
            ("<cminh730@email.com>", "cminh730@email.com"),
        ],
    )
    def test_an_address_is_found_whole_and_is_no_identifier(self, text: str, value: str) -> None:
        assert found(text) == only("email", value)

    @pytest.mark.parametrize(
        "value",
        [
            "+44 20 7946 0958",
            "+86 138 1234 5678",
            "(977) 625-2661",
            "415-555-0132",
            "01223 351880",
            "07700 900 123",
            "13812345678",
            "138-1234-5678",
            "010-62910099",
            "400-810-8888",
        ],
    )
    def test_a_phone_number_is_found_whole_and_is_no_identifier(self, value: str) -> None:
        assert found(f"please ring {value}, thanks") == only("phone", value)
        assert found(f"我在等，电话{value}。") == only("phone", value)

    def test_digits_that_are_called_a_phone_number_are_one(self) -> None:
        assert found("刘金，电话1937928193") == only("phone", "1937928193")
        assert found("my phone number is 1937928193") == only("phone", "1937928193")
        assert found("call me at 555-0132") == only("phone", "555-0132")
        assert found("1937928193") == only("identifier", "1937928193")

    @pytest.mark.parametrize(
        "value",
        [
            "$300",
            "USD 20",
            "20 dollars",
            "£5",
            "100-150元",
            "500块",
            "￥30",
            "1,630 bucks",
            "$1.5k",
            "$20-30",
            "HK$5,000",
            "300 EUR",
            "20到50元",
            "1000元以上",
            "三百元",
            "两百块钱",
            "3万元",
        ],
    )
    def test_an_amount_keeps_its_sign_or_word_and_is_no_identifier(self, value: str) -> None:
        assert found(f"it was {value}, I think") == only("amount", value)

    @pytest.mark.parametrize("text", ["20", "2 nights", "4.5分", "元旦", "我们一块去", "三块地"])
    def test_numbers_and_words_without_money_are_no_amount(self, text: str) -> None:
        assert not any(kind == "amount" for kind, _ in found(text))

    @pytest.mark.parametrize(
        "value",
        [
            "6th March",
            "March 6",
            "March 6th, 2026",
            "6 March 2026",
            "2026-11-23",
            "02/12/1927",
            "7/14/88",
            "May 3-29",
            "5th of this month",
            "next Friday",
            "8月2日",
            "下周六",
            "9月底",
            "2026年11月23日",
            "下个月20号",
            "二十号",
        ],
    )
    def test_a_date_is_found_whole_and_is_nothing_else(self, value: str) -> None:
        assert found(f"make it {value}, please") == only("date", value)

    def test_an_ordinal_is_a_date_only_where_a_day_can_stand(self) -> None:
        assert found("from the 4th to the 12th") == only("date", "4th", "12th")
        assert found("the 9th and for 3 people") == only("date", "9th")
        assert found("5th and Main, 18th Street, 2nd floor, 1st class") == []

    def test_the_verb_may_and_words_like_weeks_are_no_dates(self) -> None:
        assert found("I may 3 times; 这周边的餐馆; 一号线; march on") == []


class TestOneMessage:
    def test_facts_come_in_order_and_carry_speaker_and_position(self) -> None:
        text = "Next Friday, order A-20931 for $300: a@b.com or +44 20 7946 0958"
        facts = find(text, speaker="customer", position=7)
        assert [fact.kind for fact in facts] == ["date", "identifier", "amount", "email", "phone"]
        assert {(fact.speaker, fact.position) for fact in facts} == {("customer", 7)}

    def test_a_value_said_twice_is_one_fact(self) -> None:
        assert found("A-20931? Yes, A-20931.") == only("identifier", "A-20931")

    def test_full_width_signs_and_digits_of_other_scripts_are_read_and_kept(self) -> None:
        assert found("１３８１２３４５６７８，￥３０") == [
            ("phone", "１３８１２３４５６７８"),
            ("amount", "￥３０"),
        ]
        assert found("ａ＠ｂ．ｃｏｍ") == only("email", "ａ＠ｂ．ｃｏｍ")
        assert found("订单号：Ａ－２０９３１") == only("identifier", "Ａ－２０９３１")
        assert found("٣٥١٥٣١٥١٠") == only("identifier", "٣٥١٥٣١٥١٠")
        assert found("100–150元") == only("amount", "100–150元")

    def test_a_message_gives_its_first_64_facts(self) -> None:
        codes = [f"A-{20000 + i}" for i in range(100)]
        assert found(" ".join(codes)) == only("identifier", *codes[:MAX_FACTS])

    @given(texts)
    @example("March 6, 2026-11-23")
    @example("İ ID 473 ＠")
    def test_every_value_is_a_stripped_slice_and_none_overlap(self, text: str) -> None:
        end = 0
        facts = find(text, speaker="customer", position=0)
        assert len(facts) <= MAX_FACTS
        assert len({(fact.kind, fact.value) for fact in facts}) == len(facts)
        for fact in facts:
            assert fact.value == fact.value.strip() != ""
            start = text.find(fact.value, end)
            assert start >= end
            end = start + len(fact.value)

    @given(texts)
    def test_personal_is_what_holds_a_personal_fact(self, text: str) -> None:
        kinds = {fact.kind for fact in find(text, speaker="customer", position=0)}
        assert is_personal(text) == bool(kinds & PERSONAL)

    def test_a_personal_fact_beyond_the_64th_fact_still_counts(self) -> None:
        wishes = " ".join(f"I want pillow {'x' * i}." for i in range(100))
        assert is_personal(f"{wishes} a@b.com")
        assert not is_personal(wishes)

    def test_what_is_told_is_personal_of_whatever_kind(self) -> None:
        told = (
            "March 6",
            "$300",
            "100-150元",
            "#473",
            "a@b.com",
            "13812345678",
            "订单号１２３４５",
        )
        assert all(map(is_personal, told))
        assert not any(map(is_personal, ("When do you open?", "I want a refund.", "几点开门？")))

    def test_a_message_too_long_to_be_read_is_taken_to_be_personal_at_once(self) -> None:
        text = "order number please, 订单号 " * 10_000
        started = time.process_time()
        assert is_personal(text)
        assert time.process_time() - started < 2

    @pytest.mark.parametrize(
        "unit",
        [
            "1",
            "-",
            "@",
            ".",
            " ",
            "1 ",
            "1-",
            "#1",
            "a@",
            "a.",
            "a@b.",
            "1元",
            "1月",
            "+1",
            "$1 ",
            "(0",
            "0123 456 ",
            "12:30 (1月",
            "id is 1 ",
            "1st of ",
            "march 1 ",
            "１－",
            "a-a_",
            "１",
            "0123456789-@. ()+$,:#a元号",
            "call 1234567 ",
            "x@a.a.a.a.a.a.a.a.a.",
            "My name is Aa ",
            "address is Aa ",
            "12 Oak ",
            "not a but ",
            "I don't ",
            "我叫",
            "不是不要",
            "十百",
        ],
    )
    def test_a_hostile_message_costs_its_length(self, unit: str) -> None:
        text = (unit * 200_000)[:200_000]
        started = time.process_time()
        find(text, speaker="customer", position=0)
        assert time.process_time() - started < 5


facts = st.builds(
    Fact,
    kind=st.sampled_from(["identifier", "amount"]),
    value=st.sampled_from(["a", "b", "c"]),
    speaker=st.just("customer"),
    position=st.integers(0, 9),
)


class TestStatements:
    @pytest.mark.parametrize(
        ("text", "kind", "value"),
        [
            ("Hi, my name is Anna-Lena van der Berg and I need help.", "name", ANNA),
            ("hello my name is john smith", "name", "john smith"),
            ("His name was Morgan.", "name", "Morgan"),
            ("Book it under the name of Sarah Brown, please.", "name", "Sarah Brown"),
            ("This is Katarina Miller calling.", "name", "Katarina Miller"),
            ("Our daughter's pony is called Thunderbolt.", "name", "Thunderbolt"),
            ("It never came.\n\nKind regards,\nJosé Álvarez", "name", "José Álvarez"),
            ("我叫王小明，想订房。", "name", "王小明"),
            ("我是李梅，来问一下。", "name", "李梅"),
            ("收件人：赵雅婷", "name", "赵雅婷"),
            ("My username is anna.lee_77.", "user name", "anna.lee_77"),
            ("Login: cminh", "user name", "cminh"),
            ("用户名是xiaoming88", "user name", "xiaoming88"),
            ("Send it to 12 Oak Street, Apt 4B, Leeds, please", "address", OAK_STREET),
            ("I live at 9 Elm Road, York but I'm away", "address", "9 Elm Road, York"),
            ("our address is Flat 2, The Old Mill, Bath.", "address", "Flat 2, The Old Mill, Bath"),
            ("Ich wohne hier: Hauptstraße 12, 10115 Berlin", "address", HAUPTSTRASSE),
            ("It goes to P.O. Box 331.", "address", "P.O. Box 331"),
            ("我的地址是上海市黄浦区南京东路12号3楼。", "address", "上海市黄浦区南京东路12号3楼"),
            ("请送到中关村大街27号", "address", "中关村大街27号"),
            ("the postcode is YO1 7HH", "postcode", "YO1 7HH"),
            ("zip code 94110", "postcode", "94110"),
            ("邮编：100022", "postcode", "100022"),
            ("Please don't call me before noon, ever.", "refusal", DO_NOT_CALL),
            ("I do not want a driver named Connor.", "refusal", NO_CONNOR),
            ("I'm allergic to nuts.", "refusal", "I'm allergic to nuts"),
            ("我对花生过敏。", "refusal", "对花生过敏"),
            ("晚上别打电话。", "refusal", "别打电话"),
            ("I'd rather stay on the East side.", "preference", "I'd rather stay on the East side"),
            ("我喜欢下午出发。", "preference", "我喜欢下午出发"),
        ],
    )
    def test_what_customers_say_of_themselves_is_found(
        self, text: str, kind: str, value: str
    ) -> None:
        assert (kind, value) in found(text)

    @pytest.mark.parametrize(
        "text",
        [
            "My name is on the list, isn't it?",
            "What is the name of the hotel?",
            "I don't know what you mean.",
            "I can't see it, and I don't understand why.",
            "I'm German and I'm calling about my bill.",
            "My e-mail address is not verified.",
            "这家餐馆的地址在哪里啊？",
            "我是想问一下价格。",
            "别的没有了，谢谢。",
            "Is there a way to change it?",
            "Two way tickets, please.",
        ],
    )
    def test_what_only_looks_like_it_is_left_alone(self, text: str) -> None:
        assert found(text) == []

    @pytest.mark.parametrize(
        ("asked", "text", "expected"),
        [
            ("Could I have your name, please?", "Ben", [("name", "Ben")]),
            ("May I have your full name?", "It's sarah brown", [("name", "sarah brown")]),
            ("请问您贵姓？", "王小明", [("name", "王小明")]),
            ("What is your username?", "cminh", [("user name", "cminh")]),
            ("And the zip code?", "94110", [("postcode", "94110")]),
            ("Could I have your name, please?", "No thanks", []),
            ("What is the name of the doctor?", "I forgot, sorry", []),
            ("Anything else?", "Ben", []),
            ("May I have your full name?", "Cancel", []),
            ("Which brand name is on the box?", "Samsung", []),
            ("您贵姓？", "不知道", []),
        ],
    )
    def test_a_short_answer_is_what_was_asked_for(
        self, asked: str, text: str, expected: list[tuple[str, str]]
    ) -> None:
        facts = find(text, speaker="customer", position=1, asked=asked)
        assert [(fact.kind, fact.value) for fact in facts] == expected

    @pytest.mark.parametrize(
        ("text", "label"),
        [
            ("My order number is A-20931", "order"),
            ("A-20931 is my order", "order"),
            ("我的运单号是SF1234567890", "tracking"),
            ("my wife's mobile is 07700 900 123", "wife mobile"),
            ("the budget is $300", "budget"),
            ("discard A-20931", ""),
        ],
    )
    def test_a_label_says_what_a_value_is_of(self, text: str, label: str) -> None:
        assert [f.label for f in find(text, speaker="customer", position=1)] == [label]


class TestMerge:
    def test_newest_comes_first_and_a_repeat_moves_to_the_front(self) -> None:
        a, b = Fact("amount", "a", "customer", 1), Fact("amount", "b", "customer", 3)
        again = Fact("amount", "a", "customer", 5)
        assert merge((), [a, b]) == (b, a)
        assert merge((b, a), [again]) == (again, b)

    def test_the_same_value_of_another_kind_is_another_fact(self) -> None:
        one, other = Fact("amount", "20", "customer", 1), Fact("date", "20", "customer", 1)
        assert merge((one,), [other]) == (other, one)

    def test_an_older_mention_changes_nothing(self) -> None:
        known = (Fact("amount", "b", "customer", 5), Fact("amount", "a", "customer", 4))
        assert merge(known, [Fact("amount", "a", "customer", 2)]) == known

    @given(st.lists(facts), st.lists(facts))
    def test_merging_the_same_again_changes_nothing(
        self, said: list[Fact], new: list[Fact]
    ) -> None:
        known = merge((), said)
        once = merge(known, new)
        assert merge(once, new) == once
        assert len({(fact.kind, fact.value) for fact in once}) == len(once)

    @given(st.lists(facts), st.lists(facts))
    def test_step_by_step_equals_all_at_once(self, first: list[Fact], second: list[Fact]) -> None:
        assert merge(merge((), first), second) == merge((), first + second)


@given(texts)
def test_a_quote_is_a_slice_that_ends_with_the_value(text: str) -> None:
    for fact in find(text, speaker="customer", position=1):
        assert fact.quote in text
        assert fact.quote.endswith(fact.value)
        assert len(fact.quote) <= len(fact.value) + 41


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("My order number is A-20931 and it is late", "My order number is A-20931"),
        ("It is late. Order A-20931, please", "Order A-20931"),
        ("我的订单号是A-20931，请快点", "我的订单号是A-20931"),
        ("Hello!\nCall 010-62910099", "Call 010-62910099"),
    ],
)
def test_a_quote_says_what_the_value_is_of(text: str, quote: str) -> None:
    assert [fact.quote for fact in find(text, speaker="customer", position=1)] == [quote]


class TestJson:
    @given(facts)
    def test_a_fact_survives_json(self, fact: Fact) -> None:
        told = [fact.kind, fact.value, fact.speaker, fact.position, fact.quote]
        assert fact.to_json() == [*told, fact.label, fact.state]
        assert Fact.from_json(told) == replace(fact, label="", state="")
        assert Fact.from_json(fact.to_json()) == fact

    @pytest.mark.parametrize("row", [[], ["email", "a@b.com", "customer"], ["a", "b", "c", "4"]])
    def test_a_row_that_is_no_fact_is_refused(self, row: list[object]) -> None:
        with pytest.raises(ValueError, match="a fact is"):
            Fact.from_json(row)
