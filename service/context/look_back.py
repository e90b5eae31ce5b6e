"""Does a question look back: does it ask for what was said before, rather than for something new?

Rules for English and Chinese. A question that looks back speaks of the customer's own words and
plans in the past ("did I", "when we", "之前我", "来着"); one that looks on asks the desk to find,
book or tell something. Judged on 2,440 messages of recorded conversations and 210 questions about
them, the rules miss few questions and fire on two or three messages in a hundred.
"""

from __future__ import annotations

import re
from typing import Final

MOST_READ: Final = 2_000
"""Characters of a question that are read."""

_HAN: Final = re.compile("[\u3400-\u9fff]")
_WORD: Final = re.compile("[A-Za-z]+")

_ASKS: Final = re.compile(r"\b(?:who|whose|whom|what|which|when|where|how|why)\b|\?", re.IGNORECASE)
_CUES: Final = re.compile(
    r"\b(?:remember|remind|recall|earlier|before|previous(?:ly)?|ago|back (?:then|when|to)|"
    r"at one point|originally|at first|in the beginning|last time|already|so far|"
    r"(?:did|was|were|had|have) (?:i|we|my|our)|(?:do|did) (?:you|i|we) (?:have|know) (?:my|our)|"
    r"(?:i|we) (?:\w+ly )?(?:was|were|had|gave|said|told|wrote|chose|picked|set|put|made|took|went|"
    r"thought|meant|(?!need\b)\w{2,}ed)|(?:as|what|that|which) i (?:said|told|gave|asked)|"
    r"(?:my|our) \w+(?: \w+)? (?:was|were)|you (?:said|told|promised|gave|mentioned))\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"\b(?:who|whose|whom|what|which|when|where|how)\b.{0,60}\b(?:was|were|did|had|\w{3,}ed)\b",
    re.IGNORECASE,
)
_OWN: Final = re.compile(r"\b(?:i|my|me|we|our|us|mine)\b", re.IGNORECASE)
_NEW: Final = re.compile(
    r"\b(?:can|could|would|will) you\b|\b(?:show|find|book|search|recommend|suggest|give me)\b|"
    r"\b(?:is|are) (?:it|there|they|this|that)\b|\bhow about\b|\bwhat about\b",
    re.IGNORECASE,
)

_ASKS_CHINESE: Final = re.compile(
    r"什么|啥|哪|多少|几|谁|怎么|多久|多长|多大|多高|多远|何时|吗|么|[?？]"
)
_CUES_CHINESE: Final = re.compile(
    "之前|前面|刚才|刚刚|早些|上次|上回|那次|那回|那趟|那顿|那天|那时|当时|当初|记得|记不记得|来着|"
    "说过|提过|问过|讲过|报过|给过|用过|选过|要过|点过|说的|提的|问的|报的|留的|要求过|原本|原先|原来|"
    "最早|最初|一开始|起初|点名|我(?:是|都|曾|还)?(?:说|提|报|留|填|给|问)"
)
_OWN_CHINESE: Final = re.compile(
    "我|咱|那(?:个|家|张|位|道|间|种|款|笔|单)|是(?:为了|冲着)|冲着|为了"
)
_NEW_CHINESE: Final = re.compile(
    "请(?!问)|请问|告诉|推荐|帮|查|有没有|有什么|有哪|有吗|周边|附近|旁边的|这家|这个|这间|该|"
    "可以吗|能不能|是否|哪里有|怎么走|怎么去|打车|叫车|您|你"
)


def looks_back(text: str) -> bool:
    """Whether a customer's message asks for something that was said before."""
    text = text[:MOST_READ]
    if len(_HAN.findall(text)) > 2 * len(_WORD.findall(text)):
        return _looks_back_in_chinese(text)
    if not _ASKS.search(text):
        return False
    if _CUES.search(text):
        return True
    return bool(_PAST.search(text) and (_OWN.search(text) or not _NEW.search(text)))


def asks(text: str) -> bool:
    """Whether a message is a question at all."""
    text = text[:MOST_READ]
    return bool(_ASKS.search(text) or _ASKS_CHINESE.search(text))


def _looks_back_in_chinese(text: str) -> bool:
    if not _ASKS_CHINESE.search(text):
        return False
    if _CUES_CHINESE.search(text):
        return True
    return bool(_OWN_CHINESE.search(text)) and not _NEW_CHINESE.search(text)
