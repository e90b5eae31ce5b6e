"""A value that a customer changed: the newest is marked as the one that counts, and what it
replaces never stands in a payload's record as if it still held."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from tests import payloads
from tests.conftest import Recap
from tests.probes import complete, user

ORDER = ("first", "second")
FILLER = ["Is that in stock?", "And which colours are there?", "How long does it take?"] * 2
ENGLISH = (
    "Actually, my {what} is {new}.",
    "My {what} has changed to {new}.",
    "Sorry, the {what} was wrong, it should be {new}.",
    "Please change my {what} to {new}.",
    "It is {new}, not {old}.",
    "Not {old} but {new}, please.",
    "I meant {new}.",
    "Please use {new} instead of {old}.",
)
CHINESE = (
    "我的{what}改成{new}。",
    "{what}写错了，应该是{new}。",
    "不是{old}，是{new}。",
    "其实{what}是{new}。",
    "我的{what}换成{new}了。",
)


@dataclass(frozen=True)
class Value:
    """What is told, what it is called, and what it changes to. `single`: there is one of it, so
    that telling another one is a change by itself."""

    said: str
    what: str
    old: str
    new: str
    ways: tuple[str, ...] = ENGLISH
    single: bool = False


VALUES = (
    Value("My phone number is {}.", "phone number", "415-555-0132", "415-555-0199", single=True),
    Value("My mobile is {}.", "mobile number", "07700 900 123", "07700 900 456", single=True),
    Value("My e-mail is {}.", "e-mail", "ann@example.org", "ann.lee@example.com", single=True),
    Value("My order number is {}.", "order number", "A-20931", "A-20932"),
    Value("The tracking number is {}.", "tracking number", "JD0046005", "JD0046006"),
    Value("My account number is {}.", "account number", "153531981", "153531989", single=True),
    Value("My budget is {}.", "budget", "$300", "$450", single=True),
    Value("I need a refund of {}.", "refund", "$12.50", "$21.50"),
    Value("The delivery date is {}.", "delivery date", "March 3", "March 9", single=True),
    Value("My appointment is on {}.", "appointment", "12/03/2026", "14/03/2026"),
    Value("Please deliver it next {}.", "delivery", "next Friday", "next Monday"),
    Value("My name is {}.", "name", "Jon Smith", "John Smyth", single=True),
    Value("My last name is {}.", "last name", "Miller", "Muller", single=True),
    Value("My username is {}.", "username", "anna_77", "anna.lee", single=True),
    Value("My address is {}.", "address", "12 Oak Street, Leeds", "9 Elm Road, York", single=True),
    Value("My postcode is {}.", "postcode", "LS1 4AP", "YO1 7HH", single=True),
    Value("我的手机号是{}。", "手机号", "13812345678", "13987654321", CHINESE, single=True),
    Value(
        "我的邮箱是{}。", "邮箱", "wang@example.org", "wang.li@example.org", CHINESE, single=True
    ),
    Value("我的订单号是{}。", "订单号", "A-20931", "A-20932", CHINESE),
    Value("我的预算是{}。", "预算", "300元", "450元", CHINESE, single=True),
    Value("送货日期是{}。", "送货日期", "3月3日", "3月9日", CHINESE, single=True),
    Value("我的名字是{}。", "名字", "王小明", "王晓明", CHINESE, single=True),
    Value("我的用户名是{}。", "用户名", "xiaoming77", "xiaoming88", CHINESE, single=True),
    Value(
        "我的地址是{}。", "地址", "北京市朝阳区建国路88号", "上海市南京路12号", CHINESE, single=True
    ),
    Value("我的邮编是{}。", "邮编", "100022", "200001", CHINESE, single=True),
)
CASES = [
    (value, way)
    for value in VALUES
    for way in (*value.ways, *([value.said.format("{new}")] if value.single else []))
]
TALK = (
    ("My phone number is 415-555-0132.", "Oh, I gave you the wrong number. It's 415-555-0199."),
    ("Deliver it on March 3.", "Scrap that, deliver it on March 9."),
    ("My address is 12 Oak Street, Leeds.", "I moved, we're now at 9 Elm Road, York."),
    ("My email is ann@example.org", "Could you update my email to ann.lee@example.com"),
    ("My order is A-20931", "Correction: order A-20932"),
    ("My name is Ann Smith", "I got married, my name is now Ann Lee"),
    ("Call 415-555-0132", "Ignore that number, actually, and use 415-555-0199"),
    ("We can spend $300", "The budget went up to $450"),
    ("Check-in is March 3", "We have to push check-in back to March 9"),
    ("Ship to 12 Oak Street, Leeds", "Instead, ship it to 9 Elm Road, York"),
    ("我的地址是北京市朝阳区建国路88号", "我搬家了，现在住在上海市南京路12号"),
    ("我的电话是13812345678", "电话换了，现在是13987654321"),
    ("预算300元", "把预算调到450元"),
    ("订单号A-20931", "抱歉，刚才订单号报错了，是A-20932"),
    ("3月3日", "送货改期到3月9日"),
)
"""What is told first and what changes it; each ends with its value."""


SECOND_VALUES = [
    json.loads(line)
    for line in Path(__file__).with_name("second_values.jsonl").read_text("utf-8").splitlines()
]
"""Two values of a kind in invented messages, worded without knowing the rules: changes, and pairs
of which both hold. `is_seen`: the rules were fitted to these afterwards."""


async def record_of(recap: Recap, said: list[str], answers: Iterable[str] = ()) -> str:
    """What stands for these messages once they are folded."""
    messages = []
    for text, answer in zip_longest(said, answers, fillvalue="Thank you. " * 12):
        messages += [user(text), {"role": "assistant", "content": answer}]
    await complete(recap, [*messages, user("One more thing, please.")])
    return payloads.record_of(recap.upstream.requests[-1]["messages"])


def told_of(record: str, value: str) -> set[str]:
    """How the record's facts speak of a value: each line's kind and mark."""
    facts = [line.partition(": ") for line in record.splitlines()]
    return {kind for kind, _, quote in facts if quote.endswith(value)}


async def test_the_newest_value_is_marked_and_the_old_one_is_never_shown_as_if_it_held(
    recap: Recap,
) -> None:
    marked, wrong = 0, []
    for value, way in CASES:
        change = way.format(what=value.what, old=value.old, new=value.new)
        record = await record_of(recap, [value.said.format(value.old), change, *FILLER])
        new, old = told_of(record, value.new), told_of(record, value.old)
        if any(line.endswith("(current)") for line in new):
            marked += 1
        else:
            wrong.append((change, record))
        assert all("(earlier" in line for line in old), (change, record)
    assert marked >= 0.98 * len(CASES), (marked, len(CASES), wrong)


async def marks_of(recap: Recap, told: dict[str, Any]) -> tuple[set[str], set[str]]:
    """How the record's facts speak of the first and of the second value."""
    record = await record_of(recap, [told["said"], told["then"], *FILLER], [told["asked"]])
    facts = [line.partition(": ")[::2] for line in record.splitlines()[1:] if ": " in line]
    lines = {value: {kind for kind, quote in facts if told[value] in quote} for value in ORDER}
    return lines["first"], lines["second"]


@pytest.mark.parametrize(("is_seen", "least"), [(True, 0.53), (False, 0.56)])
async def test_most_changes_in_anybodys_words_are_marked(
    recap: Recap, is_seen: bool, least: float
) -> None:
    changes = [v for v in SECOND_VALUES if v["is_change"] and v["is_seen"] is is_seen]
    marks = [await marks_of(recap, told) for told in changes]
    marked = [
        any("(earlier" in kind for kind in old) and any("(current)" in kind for kind in new)
        for old, new in marks
    ]
    assert sum(marked) >= least * len(changes)


async def test_of_two_values_that_both_hold_none_is_called_an_earlier_one(recap: Recap) -> None:
    for told in (v for v in SECOND_VALUES if not v["is_change"]):
        first, second = await marks_of(recap, told)
        assert not any("(earlier" in kind for kind in first | second), told


@pytest.mark.parametrize(("first", "second"), TALK)
async def test_a_change_told_in_passing_is_one_too(recap: Recap, first: str, second: str) -> None:
    record = await record_of(recap, [first, second, *FILLER])
    facts = [line.partition(": ")[::2] for line in record.splitlines() if ": " in line]
    marks = {second.rstrip(".").endswith(quote[-4:]): kind for kind, quote in facts}
    assert "(current)" in marks[True]
    assert "(earlier" in marks[False]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("My order number is A-20931.", "The other order number is A-20944."),
        ("My mobile is 07700 900 123.", "My wife's mobile is 07700 900 456."),
        ("The deposit was $100.", "The rent is $900."),
        ("My birthday is March 3.", "We arrive on March 9."),
        ("Thank you.", "My order 4455667 was not delivered, and nobody is here."),
        ("Order 1111111 is late.", "I got the wrong item in order 2222222."),
        ("Order 1111111 is late.", "Something is wrong with order 2222222, too."),
        ("Order 1111111 is late.", "Actually, order 2222222 as well, please."),
        ("My budget is $500.", "I was charged the wrong fee, $45."),
        ("My appointment is on May 3.", "My flight is on June 9, can I change my seat?"),
        ("My order is 4455667.", "Sorry, I meant to ask about shipping."),
        ("My order is 4455667.", "Please change 4455667 to express shipping."),
        ("My address is 5 Main Street, York.", "Is the shop at 12 Oak Avenue still open?"),
        ("My email is ann@example.org.", "A mail came from shop@example.com, is it you?"),
        ("My name is Ann Lee.", "The man at the door, his name was Carol Ray."),
        ("My username is annlee.", "My account name was wrong on the invoice."),
        ("订单号1111111", "订单2222222是不是发货了？"),
        ("我的地址是北京市建国路88号", "你们是不是把货送到上海南京路1号了？"),
        ("我的订单是A10023。", "收货电话改成13812345678"),
        ("我的订单是A10023。", "送货日期改成2025-05-01可以吗"),
        ("我的订单是A10023。", "帮我把内存改成256GB"),
        ("My phone is 07700 900123.", "Sorry for the delay. My wife's number is 07700 900124."),
        ("My home phone is 020 7946 0123.", "The work number is 020 7946 0132."),
        ("My email is jane.doe@x.com.", "My daughter's email is janedoe@x.com"),
        ("Where is order 20931?", "I also have another order, 20391."),
        ("Where is order 100231?", "How long do I have to wait for order 100232?"),
        ("Where is order 100231?", "Sorry to bother you again. Is order 100232 paid?"),
        ("我叫王芳，订单A10023", "我是昨天下的单，我现在人在武汉，能改地址吗？"),
        ("我叫王芳。", "报名的事，我们现在方便吗？"),
        ("My username is jane_doe.", "My payment shows card_declined every time."),
        ("My username is jane_doe.", "I get error_code 502 when my page loads"),
        ("我的订单是A10023。", "订单B20002应该什么时候到？"),
        ("我的订单是A10023。", "我想给订单B20002写反馈"),
        ("我的订单是A10023。", "订单B20002能多打点折吗"),
        ("My order A-10001 arrived broken.", "And when does my current order B-20002 ship?"),
        ("My order A-10001 arrived broken.", "Is this the correct address for my order B-20002?"),
        (
            "My order A-10001 arrived broken.",
            "I want the same lamp in a different colour, order B-20002.",
        ),
        ("My order A-10001 arrived broken.", "You mixed up my parcel, I got order B-20002 broken."),
        ("My order is A-10001.", "I'd like to change the delivery address, my order is B-20002."),
        (
            "My order is A-10001.",
            "I also want to change the colour on another order, it is B-20002.",
        ),
        ("My order is 10023.", "Nothing has changed: my order is 10099."),
        ("My name is Sarah Jones.", "Hello Sarah here, my parcel is late"),
        ("My name is Ann Lee.", "Good Morning again, my parcel is late"),
        ("My parcel order A-20931 is late.", "Order B-20002: it is now 3 days late."),
        (
            "My phone number is 415-555-0132.",
            "My phone number has changed nothing, it is about order 4455667.",
        ),
        ("My order A-10001 is late.", "I received red instead of blue in order B-20002."),
        ("My order A-10001 is late.", "My app no longer works since order B-20002."),
        ("My order A-10001 is late.", "I ordered a new phone, order B-20002, where is it?"),
        ("My order A-10001 is late.", "It should be here by now. Order B-20002."),
        ("My order A-10001 is late.", "Can you make it faster? Order B-20002."),
        ("My order A-10001 is late.", "Actually the parcel for order B-20002 is late."),
        ("My order A-10001 is late.", "You sent me the wrong order, B-20002, again."),
        ("My order A-10001 is late.", "The address was wrong on order B-20002."),
        ("My order A-10001 is late.", "Please reschedule the delivery of order B-20002."),
        ("My order A-10001 is late.", "Where is B-20002? It has moved nowhere for days."),
        ("我的订单是A10023。", "订单B20002地址写错了，帮我改一下"),
        ("我的订单是A10023。", "订单B20002的金额不对"),
        ("我的订单是A10023。", "订单B20002改成明天送"),
        ("我的订单是A10023。", "B20002这单收货人换成王芳"),
        ("My tracking number is JD0046005.", "And what about JD0046006?"),
        ("My phone is 415-555-0132.", "Is 415-555-0199 your hotline?"),
        ("My phone is 415-555-0132.", "Your agent called me from 415-555-0199."),
        ("My email is ann@example.org.", "I got a new invoice from billing@example.com"),
        ("My address is 5 Main Street, York.", "My parcel was sent to 12 Oak Avenue by mistake."),
        ("My address is 5 Main Street, York.", "My neighbour lives at 12 Oak Avenue."),
        ("My name is Ann Lee.", "I talked to Mark, his name is Mark Stone."),
    ],
)
async def test_another_value_of_something_else_changes_nothing(
    recap: Recap, first: str, second: str
) -> None:
    record = await record_of(recap, [first, second, *FILLER])
    assert "(earlier" not in record
    assert "(current)" not in record


@pytest.mark.parametrize(
    ("reply", "is_known"),
    [
        ("Yes, that's right.", True),
        ("对的", True),
        ("No.", False),
        ("Yes, but it is late", False),
        ("Why?", False),
    ],
)
async def test_the_models_words_are_facts_only_where_the_customer_said_yes_to_them(
    recap: Recap, reply: str, is_known: bool
) -> None:
    asked = "Let me look it up. Is your order number A-77777?"
    said = [user("Where is my parcel?"), {"role": "assistant", "content": asked}]
    for text in (reply, *FILLER):
        said += [user(text), {"role": "assistant", "content": "Thank you. " * 12}]
    await complete(recap, [*said, user("One more thing, please.")])
    record = payloads.record_of(recap.upstream.requests[-1]["messages"])
    assert ("- identifier: Is your order number A-77777" in record) is is_known


@pytest.mark.parametrize(
    ("answer", "promise"),
    [
        (
            "I am sorry. We'll refund you $12.50 by Friday. Bye!",
            "We'll refund you $12.50 by Friday.",
        ),
        ("很抱歉。我们会在三天内退款。", "我们会在三天内退款。"),
        ("Will somebody call you back?", ""),
        ("The train leaves at 9.", ""),
    ],
)
async def test_what_was_promised_to_the_customer_stays_once_and_word_for_word(
    recap: Recap, answer: str, promise: str
) -> None:
    said = []
    for text in ("My kettle is broken.", "And then?", *FILLER):
        said += [user(text), {"role": "assistant", "content": f"{answer} {'Thank you. ' * 12}"}]
    await complete(recap, [*said, user("One more thing, please.")])
    record = payloads.record_of(recap.upstream.requests[-1]["messages"])
    _, _, section = record.partition("[Promised:]\n")
    kept = [line for line in section.split("\n[", 1)[0].splitlines() if line]
    assert kept == ([f"* bot: {promise}"] if promise else [])
