"""When recall fetches something: what was said and is asked for again, in whatever form; and when
it keeps silent."""

from __future__ import annotations

import pytest

from service.context.recall import Index
from service.context.rounds import Round, Said

SAID = [
    ("The kettle that I bought leaks.", "I have opened a complaint, its reference is KT-20481."),
    ("What happens to my money?", "You get a refund of $64.90 within five days."),
    ("Can somebody repair the boiler?", "The technician comes on 14 March at 9:30."),
    ("Which hotel is near the fair?", "The Larkspur has rooms, I booked one for two nights."),
    ("I'm allergic to feathers.", "I have told the hotel."),
    ("Where can I follow the parcel?", "Here: https://parcels.example/t/81Fq"),
    ("My office is at 12 Mill Lane, Leeds.", "Thank you."),
    ("How do I reach the warehouse?", "Ring the warehouse on 0113 555 0147."),
    ("Please use my Visa card ending in 4417.", "Done."),
    ("We are nine people for the boat trip.", "Noted, your captain is Henrietta Moss."),
    ("And the discount?", "Use the voucher SPRING22 for the lamps."),
    ("I'd like the curtains in green.", "Of course, green curtains it is."),
    ("花瓶送来是碎的。", "已登记，工单号是GD5518。"),
    ("退货的钱呢？", "退款268元会原路退回。"),
    ("空调什么时候清洗？", "清洗师傅9月17日上门。"),
    ("我想订去大理的民宿。", "给您订了洱海边的云栖民宿。"),
    ("我的公司在梧桐路31号。", "好的，记下了。"),
    ("快递柜怎么开？", "取件码是583092。"),
]
SMALL_TALK = [
    ("Is it raining in Leeds?", "I can't tell."),
    ("Good.", "Anything else?"),
    ("好的。", "还需要别的吗？"),
    ("Let me think.", "Take your time."),
]

ASKED_FOR = [
    "What was the reference you gave me for the kettle?",
    "Remind me of the complaint's reference, please.",
    "I lost the reference you gave me.",
    "How much is the refund?",
    "How much did you say I get back as a refund?",
    "When does the technician come?",
    "What time is the technician coming?",
    "Tell me again when the boiler gets repaired.",
    "Which hotel did you book for me?",
    "Book the same hotel as last time.",
    "What did I say I was allergic to?",
    "I can't find that link you sent for the parcel.",
    "Send me the parcel link again.",
    "Send the lamp to the office address I gave you.",
    "What's my office's address?",
    "Give me the warehouse's phone number again.",
    "What is the number of the warehouse?",
    "Use the card from before.",
    "Which card did I give you?",
    "How many people did I say would come on the boat?",
    "Who is the captain of the boat?",
    "Who did you say our captain was?",
    "What was the voucher for the lamps?",
    "Apply the voucher you gave me, please.",
    "What colour did I want the curtains in?",
    "You told me something about the refund, what was it?",
    "As I told you before, the curtains must match: which colour was it?",
    "I deleted your message with the parcel link.",
    "Repeat the warehouse number, please.",
    "Did I mention feathers?",
    "工单号是多少？",
    "你给我的工单号再说一遍。",
    "退款是多少钱？",
    "你刚才说能退多少来着？",
    "清洗师傅哪天上门？",
    "空调清洗约的是几号？",
    "你帮我订的民宿叫什么来着？",
    "上次订的民宿再订一晚。",
    "寄到我说过的公司地址。",
    "我公司的地址是什么？",
    "取件码是多少？",
    "取件码我忘了，再发一次。",
    "我之前说花瓶怎么了？",
]
NOT_ASKED_FOR = [
    "Hello!",
    "Thanks a lot.",
    "Yes, please.",
    "No, that's all.",
    "Okay, go ahead.",
    "That sounds great.",
    "My name is Ruth Calder.",
    "It is 48120.",
    "I'd like to buy a bicycle.",
    "Do you sell gift cards?",
    "What is the weather like in Oslo?",
    "Can you recommend a dentist?",
    "How do I descale a coffee machine?",
    "The mattress is too soft.",
    "I want to cancel my gym contract.",
    "My dishwasher makes a noise.",
    "Where do I recycle batteries?",
    "What was my passport number?",
    "Which blood type did I tell you I have?",
    "What did I say my shoe size was?",
    "Remind me of the licence plate.",
    "How much was the insurance?",
    "When does the concert begin?",
    "Who was the lawyer you recommended?",
    "Send the invoice to my accountant.",
    "Is there a student discount on kayaks?",
    "I lost my umbrella on the tram.",
    "Could you explain the loyalty stamps?",
    "What's the penalty for a late library book?",
    "Let me check with my wife.",
    "Sorry, I was away for a minute.",
    "你好！",
    "谢谢，没有了。",
    "好的，可以。",
    "我想买一辆自行车。",
    "床垫太软了。",
    "打印机卡纸怎么办？",
    "图书逾期罚多少？",
    "我之前说的护照号是多少？",
    "我提过的血型是什么？",
    "你推荐的律师姓什么？",
    "音乐会几点开始？",
    "请帮我找一位牙医。",
    "对，就是这样。",
]


@pytest.fixture(scope="module")
def index() -> Index:
    whole = Index()
    for place, (said, told) in enumerate([*SAID, *SMALL_TALK * 6]):
        whole.add(Round((Said("customer", said), Said("bot", told)), place))
    return whole


@pytest.mark.parametrize("message", ASKED_FOR)
def test_what_was_said_is_fetched_when_it_is_asked_for(index: Index, message: str) -> None:
    assert index.find(message, "", 600)


def test_nearly_nothing_is_fetched_that_is_not_asked_for(index: Index) -> None:
    fired = [message for message in NOT_ASKED_FOR if index.find(message, "", 600)]
    assert len(fired) <= 0.05 * len(NOT_ASKED_FOR), fired


@pytest.mark.parametrize(
    ("message", "present"),
    [
        ("How much is the refund?", "bot: You get a refund of $64.90 within five days."),
        ("When does the technician come?", "- bot: the technician comes on 14 March at 9:30"),
        ("取件码是多少？", "取件码是583092。"),
    ],
)
def test_what_the_payload_holds_is_not_fetched_again(
    index: Index, message: str, present: str
) -> None:
    assert index.find(message, "", 600)
    assert not index.find(message, present, 600)
