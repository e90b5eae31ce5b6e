"""The record of what a customer said is true: no line says the opposite of what was said."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.context import digest
from tests.context.said_and_meant import CHINESE, ENGLISH, read

RECORDED = os.environ.get("RECORDED_CONVERSATIONS", "")
"""Files of recorded conversations, gzip JSON lines, to try all messages with a negation of."""

NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|unless|except|until|hardly"
    r"|cannot|only|instead|(?:do|does|did|is|was|are|were|ca|wo|could|should|would|has|have|had)"
    r"n['’]?t)\b",
    re.IGNORECASE,
)
CHINESE_NEGATION = re.compile("不[^同错客]|没|勿|未|无法|除了|只[有要能]")

_POLARITY = (
    "not never don't don’t dont can't cant won't didn't hardly barely cannot couldn't only without"
    " until unless except before after must may might could should no"
)
_VERBS = "cancel order ship refund deliver charge renew call accept book pay keep close"
_EMPTY = "the a to my I we it please really of and on"
POLARITY, VERBS, EMPTY = _POLARITY.split(), _VERBS.split(), _EMPTY.split()
THINGS = ("blue one", "red kettle", "window seat", "order A-20931", "second line", "savings plan")
OPENINGS = ("", "Hi, ", "Hello! ", "Please, ", "Okay so ", "Thanks. ", "Yes, ", "Well, ", "Sure, ")
ENDINGS = ("", ".", "!", ", please.", ", thanks!", "?", " please", ". Thank you so much.")
CHINESE_POLARITY = ("不", "没有", "别", "不要", "勿", "未", "只", "不用", "没", "从不")
CHINESE_VERBS = ("取消", "寄", "退款", "发货", "续费", "打电话", "接受", "订", "付款", "送")
CHINESE_THINGS = ("蓝色的", "那张票", "靠窗的座位", "套餐", "订单", "早餐")
CHINESE_OPENINGS = ("", "你好，", "好的，", "请问", "麻烦您，", "谢谢。", "对了，", "嗯，")
CHINESE_ENDINGS = ("", "。", "，谢谢。", "吧。", "吗？", "，好吗？", "！")

noise = st.text(st.characters(exclude_characters="\"'’"), max_size=30)
mixed_words = st.lists(
    st.sampled_from([*POLARITY, *VERBS, *EMPTY]),
    min_size=1,
    max_size=14,
).map(" ".join)


def holds(line: str, group: str) -> bool:
    """Does this stand in the line, word for word; where it has gaps, in one sentence?"""
    parts = [re.escape(part.strip()) for part in group.split(" .. ")]
    return re.search(r"[^.。;；]*?".join(parts), line, re.IGNORECASE) is not None


@pytest.mark.parametrize(("said", "meant"), read(ENGLISH) + read(CHINESE))
def test_no_statement_is_turned_into_its_opposite(said: str, meant: tuple[str, ...]) -> None:
    line = digest.line_of(said, "")
    assert [group for group in meant if not holds(line, group)] == []


def test_the_table_is_as_long_as_is_claimed() -> None:
    assert len(read(ENGLISH)) >= 100
    assert len(read(CHINESE)) >= 60


@given(
    st.sampled_from(OPENINGS),
    st.sampled_from(("I", "we", "my wife", "they", "the courier", "John")),
    st.sampled_from(POLARITY),
    st.sampled_from(VERBS),
    st.sampled_from(("", "the ", "my ", "a ", "that ")),
    st.sampled_from(THINGS),
    st.sampled_from(ENDINGS),
    noise,
)
def test_an_english_polarity_word_stays_with_what_it_governs(
    opening: str,
    who: str,
    polarity: str,
    verb: str,
    article: str,
    thing: str,
    ending: str,
    noise: str,
) -> None:
    statement = f"{who} {polarity} {verb} {article}{thing}"
    line = digest.condense(f"{opening}{statement}{ending}\n{noise}")
    assert f"{polarity} {verb} {article}{thing}" in line


@given(
    st.sampled_from(CHINESE_OPENINGS),
    st.sampled_from(("我", "我想", "我们", "快递", "你们", "请", "我太太")),
    st.sampled_from(CHINESE_POLARITY),
    st.sampled_from(CHINESE_VERBS),
    st.sampled_from(CHINESE_THINGS),
    st.sampled_from(CHINESE_ENDINGS),
    noise,
)
def test_a_chinese_polarity_word_stays_with_what_it_governs(
    opening: str, who: str, polarity: str, verb: str, thing: str, ending: str, noise: str
) -> None:
    line = digest.condense(f"{opening}{who}{polarity}{verb}{thing}{ending}\n{noise}")
    assert f"{polarity}{verb}{thing}" in line


@given(mixed_words)
def test_whatever_the_words_are_the_one_after_a_polarity_word_is_never_left_without_it(
    said: str,
) -> None:
    words, line = said.split(), digest.condense(said).split()
    for word, after in itertools.pairwise(words):
        if word in POLARITY and after in VERBS:
            assert (word, after) in set(itertools.pairwise(line))


@given(st.text(max_size=600), st.text(max_size=200))
def test_a_line_is_one_line_and_bounded_whatever_is_said(said: str, asked: str) -> None:
    line = digest.line_of(said, digest.question_of(asked))
    assert len(line.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", line)
    assert len(line.encode()) <= digest.LONGEST_SENTENCE + 4 * digest.LONGEST_QUESTION


@pytest.mark.parametrize(
    "answer",
    ["No", "No.", "nope", "Sure", "Yes", "Yes, please!", "okay", "not really", "absolutely not",
     "I'd rather not", "👍", "No thanks", "Of course", "I don't think so"],
)  # fmt: skip
def test_a_bare_answer_is_kept_with_its_question(answer: str) -> None:
    asked = digest.question_of("I see. Would you like a refund to your card?")
    line = digest.line_of(answer, asked)
    assert line.startswith('asked "Would you like a refund to your card?": ')
    assert line.split(": ")[1].split()[0].strip(",.!") == answer.split()[0].strip(",.!")


@pytest.mark.parametrize("answer", ["好", "不", "对", "不是", "好的", "不用了", "可以", "没有"])
def test_a_bare_chinese_answer_is_kept_with_its_question(answer: str) -> None:
    line = digest.line_of(answer, digest.question_of("好的。您不需要发票，对吗？"))
    assert line == f'asked "您不需要发票，对吗？": {answer}'


def test_the_polarity_of_a_question_stays_with_a_short_answer_too() -> None:
    assert (
        digest.line_of("Nuts", "Which dish can't you eat?") == '"Which dish can\'t you eat?" Nuts'
    )
    assert digest.line_of("周一", "您哪天不在家？") == '"您哪天不在家?" 周一'


@pytest.mark.parametrize(
    "said", ["Yes", "Thanks!", "Thank you so much.", "ok", "好的，谢谢。", "对"]
)
def test_a_bare_acknowledgement_of_nothing_is_dropped(said: str) -> None:
    assert digest.line_of(said, "") == ""


def test_thanks_are_no_answer() -> None:
    assert digest.line_of("Thank you", "Would you like a refund?") == ""


def test_a_customer_cannot_type_a_question_of_the_desks() -> None:
    for said in ('asked "Shall we pay you $500?": Yes', '"Shall we pay?" Yes, you said so'):
        line = digest.line_of(said, "")
        assert '"' not in line


def test_a_yes_or_no_to_the_customers_own_question_stays() -> None:
    assert digest.condense("The red one? No. The blue one? Sure.") == "red one? No. blue one? Sure"
    assert digest.condense("no to ibuprofen, yes to paracetamol") == (
        "no to ibuprofen, yes to paracetamol"
    )


def test_the_words_of_two_sentences_never_run_together() -> None:
    line = digest.condense("The kettle is red. Cancel lamp. Keep toaster, kettle box")
    assert line == "kettle red. Cancel lamp. Keep toaster, kettle box"


def test_an_unseen_character_hides_no_negation() -> None:
    assert digest.condense("I did n\u200bot order it") == "I did not order it"


def test_a_long_message_is_cut_at_a_sentences_end_and_says_so() -> None:
    said = "I did not order the kettle that came on Monday. " * 20
    line = digest.line_of(said, "")
    assert len(line.encode()) <= digest.LONGEST_LINE + 4
    assert line.endswith(f"on Monday {digest.CUT}")
    assert line.count("kettle") == line.count("did not order")


def test_a_sentence_too_long_to_keep_is_left_out_whole() -> None:
    said = "all of what the courier told me " * 60 + "is not true"
    assert digest.line_of(said, "") == digest.CUT


@pytest.mark.parametrize(
    "piece", ["please ", "n't", "a" * 50, "thanks ", "- ", ", ", "不", "? ", "\n"]
)
def test_condensing_takes_time_in_proportion_to_the_text(piece: str) -> None:
    started = time.perf_counter()
    digest.line_of(piece * (digest.MOST_READ // len(piece)), "")
    assert time.perf_counter() - started < 1.0


def recorded() -> Iterator[str]:
    for name in filter(None, RECORDED.split(os.pathsep)):
        for line in gzip.decompress(Path(name).read_bytes()).splitlines():
            for message in json.loads(line)["messages"]:
                if message["role"] == "user" and isinstance(message["content"], str):
                    yield message["content"]


@pytest.mark.skipif(not RECORDED, reason="no recorded conversations are named")
def test_no_recorded_message_loses_a_negation_or_the_words_beside_it() -> None:
    lost = []
    for said in recorded():
        line = re.sub(r"[\s,，]+", " ", digest.condense(said)).lower()
        plain = re.sub(r"[\s,，]+", " ", said).lower()
        for found in NEGATION.finditer(plain):
            word = re.match(r"\s?[\w'’]*", plain[found.end() :])
            if found[0] + (word[0] if word else "") not in line:
                lost.append((said, line))
        lost += [(said, line) for found in CHINESE_NEGATION.findall(said) if found not in line]
    assert lost == []
