"""How the demonstration model reads: which words two lines share, in English and in Chinese.

Words are compared without stop words and endings, identifiers (anything with a digit or an @)
whole, Chinese by pairs of neighbouring characters. A few Chinese words for the things that
customers name are taken for their English ones, so that either language finds the other.

Invariant: pure functions of the text; no dictionary is loaded and nothing is learned.
"""

from __future__ import annotations

import re

_CJK = "\u3400-\u9fff"
_CJK_RUN = re.compile(f"[{_CJK}]+")
_WORD = re.compile(rf"[^\W_{_CJK}]+(?:[-.@/'’][^\W_{_CJK}]+)*")
_ENDING = re.compile(r"(?:ing|ed|es|(?<!s)s|e)$")
_IDENTIFIER = re.compile(r"\d|@|[A-Z]{4,}")

_STOP_TEXT = """
    a about again ago all also am an and any anything are as ask asked at be been before but by
    can could did didn do does doesn don earlier else ever for forget forgot from gave get give
    given go got had has have hello hey hi how i if in is isn it its just know last let like ll m
    may me mention mentioned might mine more my need no not now of oh ok okay on one or our out
    please quote re recall recap remember remind repeat s said say should so some something still
    summarise summarize t tell than thank thanks that the their them then there these they thing
    things this those to told too up us ve very want wanted was we well were what whats when where
    which who whose why will with would write wrote yes you your
"""
_STOP_WORDS = frozenset(_STOP_TEXT.split())
_CHINESE_STOP = re.compile(
    "之前|刚才|以前|上次|早些|时候|现在|知道|提到|告诉|记得|什么|多少|怎么|哪里|哪个|哪些|"
    "没有|可以|一下|总结|[的是我你您他她它们了吗呢吧啊呀嘛在有请问帮想要会能这那和跟与就都也很还又"
    "把被给到从对说过讲得着个几谁哪]"
)
_ALIASES = {
    "订单": "order",
    "快递": "tracking",
    "运单": "tracking",
    "物流": "tracking",
    "电话": "phone",
    "手机": "phone",
    "邮箱": "email",
    "邮件": "email",
    "地址": "address",
    "名字": "name",
    "姓名": "name",
    "金额": "amount",
    "价格": "amount",
    "日期": "date",
    "账号": "account",
    "账户": "account",
    "退款": "refund",
}
_SELF_NAMING = re.compile(r"\b(?:[Ii] am|[Ii]['’]m|[Cc]all me|[Tt]his is) [A-Z]|我叫|我姓")
_NUMBER_WORDS = frozenset({"number", "id", "cod", "号码", "编号", "编码"})

_ASKS = re.compile(
    r"[?？]|\b(?:what|which|who|whose|where|when|why|how|(?:tell|remind|give|show) me|repeat|"
    r"remember|recall|summari[sz]e|(?:do|did|can|could|would|are|is) (?:you|i|my|it|we))\b|"
    "吗|呢|什么|多少|哪|怎|几|谁|告诉我|提醒|记得|是不是|有没有|总结",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(
    r"\b(?:who|what) are you\b|\bare you (?:an? )?(?:real|bot|robot|human|person|ai|machine)\b|"
    "(?:你|您)(?:是谁|是什么|是.{0,2}(?:机器人|真人|人类|人工))",
    re.IGNORECASE,
)
_LOOKS_BACK = re.compile(
    r"\b(?:say|said|tell|told|mention(?:ed)?|ask(?:ed)?|remember|recall|recap|earlier|so far|"
    r"summari[sz]e|repeat)\b|说|讲|提到|记得|告诉|刚才|之前|问过|总结",
    re.IGNORECASE,
)
_ABOUT_QUESTIONS = re.compile(r"\b[Aa]sk(?:ed)?\b|问过|问了")

_WANTS_PERSON = re.compile(
    r"\b(?:speak|talk|chat|connect|transfer|put me through)\b.{0,30}"
    r"\b(?:human|person|somebody|someone|agent|colleague|staff)\b|"
    r"\b(?:human|real person|live agent)\b.{0,20}\bplease\b|"
    r"转人工|人工客服|真人|找.{0,4}人工",
    re.IGNORECASE,
)

_COURTESIES = {
    "thanks": re.compile(r"\b(?:thanks?|thx|cheers)\b|谢|感谢", re.IGNORECASE),
    "farewell": re.compile(r"\b(?:bye|goodbye|see you)\b|再见|拜拜", re.IGNORECASE),
    "greeting": re.compile(
        r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day))\b|你好|您好|早上好|晚上好|嗨",
        re.IGNORECASE,
    ),
}
_COURTESY_FILLER = re.compile(
    r"\b(?:so|very|much|a|lot|many|you|there|again|for|your|the|all|help|that|ok|okay|great|and|"
    r"everyone|see|later)\b|[你您了啊呀啦多非常很太大家好的哦嗯帮助忙]|\W",
    re.IGNORECASE,
)


class Search:
    """Scores lines by what they share with one question; 0 for nothing."""

    def __init__(self, question: str) -> None:
        self._terms = terms(question)
        self._weak = frozenset(term for term in self._terms if _is_weak(term))
        self._strong = self._terms - self._weak
        self._wants_identifier = bool(self._weak) and asks(question)
        self._wants_questions = _ABOUT_QUESTIONS.search(question) is not None
        self._looks_back = _LOOKS_BACK.search(question) is not None

    def score(self, line: str) -> float:
        """How well `line` answers; a question that adds no word of its own does not."""
        found = terms(line)
        is_question = asks(line)
        if not found or (is_question and found <= self._terms and not self._wants_questions):
            return 0.0
        if self._wants_identifier and not _IDENTIFIER.search(line):
            return 0.0
        score = self._shared(line, found)
        return score - 0.25 if is_question and score and not self._wants_questions else score

    def _shared(self, line: str, found: frozenset[str]) -> float:
        strong = sum(_weight(term) for term in self._strong if _holds(line, found, term))
        weak = sum(0.5 for term in self._weak if _holds(line, found, term))
        if self._strong:
            return strong + weak if strong else 0.0
        return weak + 0.5 if self._wants_identifier or self._looks_back else weak


def terms(text: str) -> frozenset[str]:
    """The words, identifiers and Chinese pairs of `text` that carry its meaning."""
    found = {term for word in _WORD.findall(text) for term in _word_terms(word.casefold())}
    for run in _CJK_RUN.findall(text):
        for piece in filter(None, _CHINESE_STOP.split(run)):
            found.update(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
        found.update(_stem(english) for chinese, english in _ALIASES.items() if chinese in run)
    if _SELF_NAMING.search(text):
        found.add(_stem("name"))
    return frozenset(found)


def asks(text: str) -> bool:
    """Is this a question, or a request to be told something?"""
    return _ASKS.search(text) is not None


def asks_who(text: str) -> bool:
    """Does this ask what is answering?"""
    return _ASKS_WHO.search(text) is not None


def wants_person(text: str) -> bool:
    """Does the customer ask for a human?"""
    return bool(_WANTS_PERSON.search(text))


def courtesy(text: str) -> str | None:
    """`greeting`, `thanks` or `farewell` if the text is nothing else."""
    rest, kind = text, None
    for name, pattern in _COURTESIES.items():
        kind = kind or (name if pattern.search(text) else None)
        rest = pattern.sub(" ", rest)
    return kind if not _COURTESY_FILLER.sub("", rest) else None


def is_chinese(text: str) -> bool:
    """Are there more Chinese characters than words of other scripts?"""
    return sum(map(len, _CJK_RUN.findall(text))) > len(_WORD.findall(text))


def _word_terms(word: str) -> list[str]:
    if any(char.isdigit() or char == "@" for char in word):
        return [word]
    parts = re.split("[./]", re.split("['’]", word)[0].replace("-", ""))
    return [_stem(part) for part in parts if part not in _STOP_WORDS]


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > 3 else word


def _is_weak(term: str) -> bool:
    """A word for "number" says what kind of answer is wanted, not what it is about."""
    return term in _NUMBER_WORDS or term.endswith("号")


def _weight(term: str) -> int:
    return 2 if any(char.isdigit() for char in term) else 1


def _holds(line: str, found: frozenset[str], term: str) -> bool:
    return term in found or (_CJK_RUN.match(term) is not None and term in line)
