"""What the bot, a live agent or a tool told: found word for word, and never the customer's own."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.context import facts, slots, tools
from service.context.rounds import Speaker
from service.context.slots import Fact, merge


def told(text: str, speaker: Speaker = "bot") -> list[tuple[str, str]]:
    return [(fact.kind, fact.value) for fact in facts.find(text, speaker=speaker, position=2)]


BY_PEOPLE = [
    ("Your reference number is QK7-44P.", "identifier", "QK7-44P"),
    ("Your confirmation code is XKPLMN.", "identifier", "XKPLMN"),
    ("I've opened ticket TCK-20931 for you.", "identifier", "TCK-20931"),
    ("The tracking number is 1Z999AA10123456784.", "identifier", "1Z999AA10123456784"),
    ("Case no. 48812 is open.", "identifier", "48812"),
    ("Reservation ID: VA5SGQ", "identifier", "VA5SGQ"),
    ("- **Flight Number:** HAT035", "identifier", "HAT035"),
    ("A refund of $42.50 has been issued.", "amount", "$42.50"),
    ("The fee is 30 euros.", "amount", "30 euros"),
    ("You get 15% off your next order.", "amount", "15%"),
    ("It will be delivered on 2026-11-23.", "date", "2026-11-23"),
    ("We expect it by Friday.", "date", "Friday"),
    ("The technician comes on Tuesday at 3 pm.", "appointment", "Tuesday at 3 pm"),
    ("Your appointment is on the 6th at 14:30.", "appointment", "the 6th at 14:30"),
    ("He will come on March 6 between 8 and 10 am.", "appointment", "March 6 between 8 and 10 am"),
    ("You are booked for 10:15 on Monday.", "appointment", "10:15 on Monday"),
    ("The courier comes tomorrow at noon.", "appointment", "tomorrow at noon"),
    ("It departs 2024-05-21 at 03:00 EST.", "appointment", "2024-05-21 at 03:00 EST"),
    ("The shop opens at 9:30 am.", "time", "9:30 am"),
    ("We are open from 9 am to 6 pm.", "time", "9 am to 6 pm"),
    ("Delivery takes 3-5 business days.", "time", "3-5 business days"),
    (
        "Track it at https://shop.example.com/t?id=4&lang=en.",
        "link",
        "https://shop.example.com/t?id=4&lang=en",
    ),
    ("See (www.example.org/help) for more.", "link", "www.example.org/help"),
    ("The form is on example.com/returns, please print it.", "link", "example.com/returns"),
    ("Read [our terms](https://example.com/terms).", "link", "https://example.com/terms"),
    ("Send it back to 12 Oak Street, Leeds.", "address", "12 Oak Street, Leeds"),
    ("Call us on +44 20 7946 0958.", "phone", "+44 20 7946 0958"),
    ("Write to help@example.org.", "email", "help@example.org"),
    ("Our postcode is YO1 7HH.", "postcode", "YO1 7HH"),
    ("Your technician is Ana.", "name", "Ana"),
    ("Please ask for Tom at the desk.", "name", "Tom"),
    ("You will be met by Maria Lopez.", "name", "Maria Lopez"),
    ("Your driver's name is Ben.", "name", "Ben"),
    ("My name is Julia, and I took over the chat.", "name", "Julia"),
    ("Dr. Khan will see you.", "name", "Dr. Khan"),
    ("您的工单号是TK20931。", "identifier", "TK20931"),
    ("确认码：ABKQXZ", "identifier", "ABKQXZ"),
    ("运单号SF1234567890，请查收。", "identifier", "SF1234567890"),
    ("退款金额为88.5元。", "amount", "88.5元"),
    ("预计11月23日送达。", "date", "11月23日"),
    ("师傅周三下午三点上门。", "appointment", "周三下午三点"),
    ("给您约了明天上午10点半。", "appointment", "明天上午10点半"),
    ("已改到6月6日14:30。", "appointment", "6月6日14:30"),
    ("营业时间是早上9点到晚上10点。", "time", "早上9点到晚上10点"),
    ("请打开 https://example.cn/退?id=9 查看", "link", "https://example.cn/"),
    (
        "请到上海市黄浦区南京东路12号3楼取件，地址是上海市黄浦区南京东路12号3楼。",
        "address",
        "上海市黄浦区南京东路12号3楼",
    ),
    ("客服电话010-62910099。", "phone", "010-62910099"),
    ("上门的师傅叫王建国。", "name", "王建国"),
    ("请联系李经理。", "name", "李经理"),
]

RESULTS = [
    ('{"reservation_id": "VA5SGQ", "cabin": "economy"}', "identifier", "VA5SGQ"),
    ('{"flights": [{"flight_number": "HAT035", "price": 163}]}', "identifier", "HAT035"),
    ('{"flights": [{"flight_number": "HAT035", "price": 163}]}', "amount", "163"),
    ('{"order": {"id": 4455667, "status": "in transit"}}', "identifier", "4455667"),
    ('{"order": {"id": 4455667, "status": "in transit"}}', "status", "in transit"),
    ('{"createdAt": "2024-05-08T18:28:13"}', "date", "2024-05-08T18:28:13"),
    ('{"customer": {"email": "ana@example.com", "phone": "555-0100"}}', "email", "ana@example.com"),
    ('{"customer": {"email": "ana@example.com", "phone": "555-0100"}}', "phone", "555-0100"),
    ('{"address": {"address1": "638 Elm Street", "zip": "91365"}}', "address", "638 Elm Street"),
    ('{"address": {"address1": "638 Elm Street", "zip": "91365"}}', "postcode", "91365"),
    ('{"tracking_url": "https://t.example.com/p/9?x=1"}', "link", "https://t.example.com/p/9?x=1"),
    ('{"payment_id": "gift_card_4643416", "amount": 786}', "identifier", "gift_card_4643416"),
    ('{"departure_time_est": "03:00:00"}', "time", "03:00:00"),
    ('{"name": {"first_name": "Raj", "last_name": "Brown"}}', "name", "Raj"),
    ('{"technician_name": "Ana Silva"}', "name", "Ana Silva"),
    ('{"订单号": "A20931", "金额": "88元"}', "identifier", "A20931"),
    ("Refund of $50 issued, reference R-12345.", "identifier", "R-12345"),
    ("Refund of $50 issued, reference R-12345.", "amount", "$50"),
]


@pytest.mark.parametrize(("text", "kind", "value"), BY_PEOPLE)
def test_what_the_bot_or_an_agent_told_is_found_word_for_word(
    text: str, kind: str, value: str
) -> None:
    assert (kind, value) in told(text, "bot")
    assert told(text, "agent") == told(text, "bot")


@pytest.mark.parametrize(("result", "kind", "value"), RESULTS)
def test_a_tools_values_are_read_by_their_names(result: str, kind: str, value: str) -> None:
    assert (kind, value) in told("\n".join(tools.lines_of(result)), "tool")


def test_a_tools_value_is_shown_with_its_path() -> None:
    lines = tools.lines_of(
        '{"flights": [{"flight_number": "HAT035"}, {"flight_number": "HAT066"}]}'
    )
    found = facts.find("\n".join(lines), speaker="tool", position=2)
    assert [fact.quote for fact in found] == [
        "flights 1 flight number HAT035",
        "flights 2 flight number HAT066",
    ]


def test_of_a_large_result_twelve_facts_are_kept_identifiers_first() -> None:
    rows = [f'{{"price": {i}, "status": "open", "order_id": "A-{1000 + i}"}}' for i in range(100)]
    text = "\n".join(tools.lines_of(f"[{','.join(rows)}]"))
    assert told(text, "tool") == [("identifier", f"A-{1000 + i}") for i in range(12)]


@pytest.mark.parametrize(
    "text",
    [
        "Is your order number A-77777?",
        "Your e-mail is ann@example.org, right?",
        "Would you like to come on Tuesday at 3 pm?",
        "您的手机号是13812345678吗？",
        "Thank you for waiting! I can help you with that.",
        "The restaurant has 4 stars and 12 rooms.",
    ],
)
def test_what_is_only_asked_or_says_nothing_is_no_told_fact(text: str) -> None:
    assert told(text) == []


def test_what_is_told_before_a_question_is_told() -> None:
    found = told("Your reference is QK7-44P, is there anything else?")
    assert found == [("identifier", "QK7-44P")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "I found it on https://shop.example.com/lamp?c=red!",
            "https://shop.example.com/lamp?c=red",
        ),
        ("看这个https://example.cn/a1。", "https://example.cn/a1"),
    ],
)
def test_a_customers_link_is_a_fact(text: str, value: str) -> None:
    assert told(text, "customer") == [("link", value)]


def own(value: str, position: int, kind: str = "phone", **more: str) -> Fact:
    return Fact(kind, value, "customer", position, value, **more)  # type: ignore[arg-type]


class TestMerge:
    def test_a_told_value_never_replaces_the_customers_own_nor_the_reverse(self) -> None:
        mine = facts.find("My phone number is 415-555-0132.", speaker="customer", position=1)
        theirs = facts.find(
            "Actually our phone number is now 415-555-0199.", speaker="bot", position=2
        )
        again = facts.find("My phone is now 415-555-0777.", speaker="customer", position=3)
        both = merge((), [*mine, *theirs])
        assert {(f.value, f.state) for f in both} == {("415-555-0132", ""), ("415-555-0199", "")}
        after = {f.value: f.state for f in merge(both, again)}
        assert after["415-555-0199"] == ""
        assert after["415-555-0132"] == "earlier"

    def test_a_repeat_by_the_bot_adds_nothing(self) -> None:
        mine = merge((), facts.find("My order is A-20931.", speaker="customer", position=1))
        theirs = facts.find("I see order A-20931.", speaker="bot", position=2)
        assert merge(mine, theirs) == mine

    def test_the_bots_phones_of_several_places_all_hold(self) -> None:
        first = facts.find("The Oak's phone is 01223 351880.", speaker="bot", position=2)
        second = facts.find("The Elm's phone is 01223 566188.", speaker="bot", position=4)
        assert [f.state for f in merge((), [*first, *second])] == ["", ""]

    def test_what_is_told_to_have_changed_replaces_what_was_told(self) -> None:
        first = facts.find("Your delivery date is March 3.", speaker="bot", position=2)
        second = facts.find(
            "Your delivery date has changed to March 9.", speaker="agent", position=4
        )
        states = {f.value: f.state for f in merge((), [*first, *second])}
        assert states == {"March 9": "current", "March 3": "earlier"}

    def test_what_is_told_does_not_push_out_what_the_customer_said(self) -> None:
        mine = facts.find("My order is A-20931.", speaker="customer", position=1)
        flood = [
            fact
            for n in range(100)
            for fact in facts.find(f"Ticket T-{10000 + n}.", speaker="bot", position=n + 2)
        ]
        known = merge(mine, flood, 64)
        assert len(known) == 65
        assert known[-1].value == "A-20931"


class TestQuotes:
    @pytest.mark.parametrize(
        ("text", "quote"),
        [
            ("It is late。Order A-20931", "Order A-20931"),
            ("He said！Order A-20931", "Order A-20931"),
            ("Really？ Order A-20931", "Order A-20931"),
            ("Agent: order A-20931", "order A-20931"),
            ("I read this. Bot: Your order is A-20931", "Your order is A-20931"),
            ("so then system : order A-20931", "order A-20931"),
            ("客服：订单号A-20931", "订单号A-20931"),
            ("Fine\u2028order A-20931", "order A-20931"),
            ("Fine\x0border A-20931", "order A-20931"),
            ("Fine\rorder A-20931", "order A-20931"),
        ],
    )
    def test_a_quote_reaches_back_over_its_own_sentence_only(self, text: str, quote: str) -> None:
        found = facts.find(text, speaker="customer", position=1)
        assert [fact.quote for fact in found] == [quote]

    @pytest.mark.parametrize(
        "sign",
        [
            "\u200b",
            "\u200d",
            "\u2060",
            "\ufeff",
            "\u202e",
            "\u2066",
            "\u00ad",
            "\u034f",
            "\ufe0f",
            "\U000e0100",
            "\U000e0041",
            "\u180e",
            "\x00",
        ],
    )
    def test_signs_that_nobody_sees_cut_nothing_and_are_not_kept(self, sign: str) -> None:
        text = f"My or{sign}der is {sign}A-2{sign}0931{sign} and mail a{sign}nn@example.org"
        found = facts.find(text, speaker="customer", position=1)
        assert [(f.kind, f.value) for f in found] == [
            ("identifier", "A-20931"),
            ("email", "ann@example.org"),
        ]
        assert found[0].quote == "My order is A-20931"

    @given(
        st.text(
            st.sampled_from("A-20931 \n\t\r\x0b\u2028\u200b\u202e。.!?:$@5 ordeagnt：年月日"),
            max_size=60,
        ),
        st.sampled_from(["customer", "bot", "agent", "tool"]),
    )
    def test_nothing_found_holds_a_line_break_or_a_sign_that_nobody_sees(
        self, text: str, speaker: Speaker
    ) -> None:
        for fact in facts.find(text, speaker=speaker, position=1):
            for part in (fact.value, fact.quote, fact.label):
                assert part.isprintable(), fact


def test_told_facts_survive_json() -> None:
    for text, _, _ in BY_PEOPLE:
        for fact in facts.find(text, speaker="bot", position=2):
            assert slots.Fact.from_json(fact.to_json()) == fact or fact.state not in ("", "current")


@pytest.mark.parametrize("speaker", ["bot", "tool"])
@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "www.a",
        "a.com/",
        "https://a.com/(((",
        "tuesday at ",
        "between 8 and ",
        "10:15 on ",
        "your technician is ",
        "Ask for Aa ",
        "Mr. ",
        "is it, ",
        "周三",
        "上午9点到",
        "师傅叫王",
        "id ",
        "order id 1, ",
        "a b: ",
        "path name 1 ",
        "Agent: ",
        "9 % ",
    ],
)
def test_a_hostile_text_costs_its_length(unit: str, speaker: Speaker) -> None:
    text = (unit * 200_000)[:200_000]
    started = time.process_time()
    facts.find(text, speaker=speaker, position=0)
    assert time.process_time() - started < 5
