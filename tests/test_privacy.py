"""What of a reply may be somebody's: rather too much than too little."""

from __future__ import annotations

import time

import pytest

from service.context.privacy import capitalised, may_name_somebody

SOMEBODYS = """
Hey Tobias! Good news about your delivery.
hello priyanka, we have looked into it.
Dear Ms Lindqvist, your claim was accepted.
dear dr okonkwo
Thank you so much, Fatima.
thanks olu!
Welcome back, Guillermo!
Good morning Siobhan, how can I help?
Yes, joanna. It is done.
Kowalski's account has been closed.
The parcel was left with your neighbour Henrik.
Our colleague Wei Ling will call back.
Best wishes, Anaïs
I have told Will about it.
Mark, your booking is cancelled.
It was signed for by O'Neill.
SARAH: your table is ready.
Your reference is 7HQ2M.
Your locker is B14.
Case 88213 is open.
Please quote 4417.
Use the code JWQKPX at the till.
The pin is five two nine one.
We sent it to j.doe@mail.example.
Call me on 020 7946 0991.
You were charged £12.50.
It is refunded by 12 May.
It went to 4 Mill Lane.
The card ending in 4242 was used.
Look here: https://track.example/p?id=qqzz
See https://track.example/T/9f3a2c
Follow @tobias_k for news.
李小姐，您的包裹到了。
赵敏您好，已经为您办好了。
陈建国，您的订单已发货。
亲爱的思雨，生日快乐。
专员周航会给您回电。
已经通知张伟处理了。
订单号是 88213374。
验证码是三七二九。
退款 128 元已到账。
Здравствуйте, Ольга
鈴木さん、こんにちは
Estimada Lucía, su pedido está listo
""".strip().splitlines()
EVERYBODYS = """
We open at nine and close at six.
Yes.
No, sorry, we don't.
Hello! How may we help you today?
Hi there, thanks for asking.
Thank you for your patience. We're looking into it.
You can return anything within 30 days.
Refunds take three to five days.
Orders before 2pm are sent the same day.
Our shop is open from Monday to Saturday, 10:00 to 18:30.
Please open Settings, then Account, and press Delete.
Delivery is free in the UK and the EU.
We take Visa, Mastercard and PayPal.
I'm afraid I can't help with that. Is there anything else?
Sure, what would you like to know?
The manual is at https://shop.example/help/manual.
Of course! Just bring the receipt.
您好，有什么可以帮您的吗？
我们每天早上九点开门，晚上九点关门。
可以的，七天之内都能退货。
不好意思，这个我们不支持。
运费由我们承担，请放心。
""".strip().splitlines()


@pytest.mark.parametrize("text", SOMEBODYS)
def test_what_may_be_somebodys_is_taken_to_be(text: str) -> None:
    assert may_name_somebody(text)
    assert may_name_somebody(f"We are glad to help. {text}")


@pytest.mark.parametrize("text", EVERYBODYS)
def test_what_is_everybodys_is_not(text: str) -> None:
    assert not may_name_somebody(text)


def test_signs_that_nobody_sees_hide_nothing() -> None:
    assert may_name_somebody("44\u200b17")
    assert may_name_somebody("hello \u2060olu!")


def test_what_the_list_says_is_no_secret_unless_somebody_is_addressed_with_it() -> None:
    known = capitalised("Does Zephyr deliver to Ghent?")
    assert known == {"Zephyr", "Ghent"}
    assert not may_name_somebody("Yes, Zephyr delivers to Ghent.", known)
    assert may_name_somebody("Yes, Zephyr delivers to Bruges.", known)
    assert may_name_somebody("Hello Zephyr, yes.", known)


@pytest.mark.parametrize(
    "unit", ["a", "A", "1", "hi ", "你好", "小", "one ", "a1", "-", "x-", "陈，"]
)
def test_a_long_text_takes_as_long_as_it_is(unit: str) -> None:
    started = time.process_time()
    may_name_somebody((unit * 20_000)[:20_000])
    assert time.process_time() - started < 1
