"""A message condensed: without the words that carry nothing, and with all the others as they stand.

A summary loses most facts; dropping empty words loses almost none. English loses stop words, unless
they stand inside a name; Chinese, which has no spaces to cut at, loses the set phrases that frame a
request and the particles that end it. What is left is in the customer's own words and order.

Pure, linear in the message's length, and the same in every process.
"""

from __future__ import annotations

import re
from typing import Final

CJK: Final = "\u3400-\u9fff"
MOST_READ: Final = 4_000
"""Characters of a message that are condensed; a longer one is a document, not talk."""
SHORT: Final = 4
SHORT_CHARACTERS: Final = 30
"""Up to so many words and characters an answer says little without what was asked."""
LABEL_WORDS: Final = 6
LONGEST_QUESTION: Final = 300
LONGEST_PROMISE: Final = 160

_STOP_TEXT: Final = """
    a about actually again all alright also am an and any anyone anything are as at awesome be been
    being both but by bye can cause could cool course definitely did do does done else exactly feel
    find fine for from get give glad go going gonna good got great guess had has have having he
    hello help her here hers hey hi him his how i if in is it its just kind know let like little
    ll look looking lot lovely m make many may maybe me mean might mine more most much must my need
    nice no not now of off oh ok okay on one ones only or other our out over perfect please pretty
    probably quite re really right s said say see sent shall she should so some someone something
    sorry sounds still such sure take tell than thank thanks that the their them then there these
    they thing things think this those to too try up us ve very wanna want wanted was way we well
    were what when where which while who whom why will wish with wonderful would yeah yep yes you
    your
"""
STOP_WORDS: Final = frozenset(_STOP_TEXT.split())
_INSIDE_NAMES: Final = frozenset({"of", "the", "and", "on", "in", "at", "for", "to", "a"})
_BINDING: Final = frozenset({"and", "of"})

_PIECE: Final = re.compile(
    rf"[{CJK}]+|[$€£¥#]?[^\W{CJK}]+(?:[-.,@/'’:&+][^\W{CJK}]+)*%?|[.!?;。！？；\n]"
)
_HAN: Final = re.compile(f"[{CJK}]")
_END: Final = re.compile("[.!?;。！？；\n]")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_OPENING: Final = re.compile(
    "^(?:你好|您好|好的|好嘞|好呢|好吧|嗯|哦|那么|那就|那|然后|另外|对了|还有|再|请问|请|麻烦(?:您|你)?|"
    "劳驾|谢谢(?:您|你)?|我想要|我想|我要|我还要|我还想|想要|想|帮我|给我|替我|帮忙|推荐|找|查|看看|"
    "一下|一家|一个)+"
)
_FRAME: Final = re.compile(
    "(?:请|麻烦)?(?:您|你)?再?(?:给|帮|替)(?:我|忙)再?(?:推荐|找|查|选|订|看看|看|介绍)?(?:一下|一家|一个|个|家)?|"
    "请?告诉我|请问"
)
_CLOSING: Final = re.compile(
    "(?:吧|呢|吗|啊|呀|哦|嘛|么|啦|谢谢(?:您|你)?|可以吗|好吗|行吗|怎么样|用餐|吃饭)+$"
)


_PROMISE: Final = re.compile(
    r"\b(?:(?:i|we|you|it|they|that|some(?:body|one)|(?:our|the|your) \w+)(?:['’]ll| will| shall)"
    r"|promise|guarantee)\b[^.?!\n]{0,60}?\b(?:refund|credit|replac|compensat|discount|waiv|send|ship"
    r"|deliver|call|e-?mail|contact|escalat|resolv|fix|arriv|receive|get back|look into|make sure)"
    r"|(?:会|将|马上|保证|承诺|一定)[^。！？\n]{0,12}"
    r"(?:退款|退还|赔|补偿|补发|寄|发货|发送|送到|送达|联系|回电|致电|处理|安排|解决)",
    re.IGNORECASE,
)


def condense(text: str) -> str:
    """The words of a message that carry something, with single spaces; empty where none does."""
    pieces = [match[0] for match in _PIECE.finditer(text[:MOST_READ])]
    kept: list[str] = []
    for place, piece in enumerate(pieces):
        if _HAN.match(piece):
            word = _condense_chinese(piece)
        elif _END.match(piece):
            word = ""
        else:
            word = piece if _carries(pieces, place) else ""
        if word:
            kept.append(word)
    return " ".join(kept)


def line_of(said: str, label: str) -> str:
    """One line for what a customer said; a short answer with the label of what it was asked."""
    line = condense(said)
    is_short = len(line.split()) <= SHORT and len(line) <= SHORT_CHARACTERS
    return f"{label}? {line}" if line and label and is_short else line


def question_of(answered: str) -> str:
    """The last question of an answer, word for word, or its end; empty if it asks nothing."""
    parts = _SENTENCE.split(answered[-MOST_READ:])
    questions = [part for part in parts if "?" in part or "？" in part]
    return questions[-1].strip()[-LONGEST_QUESTION:] if questions else ""


def promise_of(answered: str) -> str:
    """What an answer promises last, word for word, or its beginning; empty if it is nothing."""
    if not _PROMISE.search(answered[-MOST_READ:]):
        return ""
    parts = [p.strip() for p in _SENTENCE.split(answered[-MOST_READ:]) if _PROMISE.search(p)]
    said = [part for part in parts if not part.endswith(("?", "？"))]
    return " ".join(said[-1].split())[:LONGEST_PROMISE] if said else ""


def label_of(question: str) -> str:
    """What a question asks for, in a few words."""
    return " ".join(condense(question).split()[-LABEL_WORDS:])


def _carries(pieces: list[str], place: int) -> bool:
    piece = pieces[place]
    word = piece.lower().partition("'")[0].partition("’")[0]
    if word not in STOP_WORDS:
        return True
    before = pieces[place - 1] if place else "."
    after = pieces[place + 1] if place + 1 < len(pieces) else "."
    if piece[0].isupper() and len(piece) > 1 and not _END.match(before):
        return True  # inside a title: "Telling All My Secrets"
    if word in _INSIDE_NAMES and _is_name(before) and _is_name(after):
        return True
    return word in _BINDING and _is_plain(before) and _is_plain(after)


def _is_name(piece: str) -> bool:
    return piece[0].isupper()


def _is_plain(piece: str) -> bool:
    return piece[0].isalnum() and not _HAN.match(piece) and piece.lower() not in STOP_WORDS


def _condense_chinese(run: str) -> str:
    """A run of Chinese without its frame; as it is if nothing would be left."""
    kept = _CLOSING.sub("", _FRAME.sub("", _OPENING.sub("", run)))
    return kept if len(kept) > 1 else ""
