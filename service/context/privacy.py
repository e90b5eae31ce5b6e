"""Whether a reply may name somebody, or tell something of theirs.

Decides what of one customer's answer another may be given, so it errs on one side: what is not
known to be everybody's is taken to be somebody's. Besides all that `facts` finds, of whatever kind,
those are numbers of four digits and more, codes, links that lead to something of one's own, every
word with a capital that is not known to be an ordinary one, whoever is addressed or has a title,
and all of a language that no rule here reads. Where that is wrong an answer is asked for once
more; the other error would show it to a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from service.context import facts
from service.context import ordinary_words as words
from service.context.fact_patterns import UNIT

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ALPHANUMERIC: Final = re.compile("[A-Za-z0-9]+")
_ACRONYM: Final = 4
"""Capitals that may be an acronym; more of them in a row may be a code."""
_ENDING: Final = re.compile("'(?:s|d|ll|re|ve|m)$")
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_HAN: Final = "\u4e00-\u9fff"
_FOREIGN: Final = re.compile(rf"(?![{_HAN}])[^\W\d_\u0000-\u024f]")
"""A letter that is neither Latin nor Chinese."""
_NUMBER: Final = re.compile(
    r"\d{4}|\d{1,3}[-/ ]\d{1,3}[-/ ]\d|[@#][^\W_]|[?&#][\w-]{1,40}="
    r"|[〇零一二三四五六七八九]{4}"
    r"|(?:\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b[\s,-]{0,2}){4}",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam|ma'am|madame|mister)\b\.?\s{1,2}"
    r"(?!or\smadam\b)[^\W\d_]",
    re.IGNORECASE,
)
_ALONE: Final = re.compile(r"\s?(?:[,.!?;:\n]|$)")

_SURNAME: Final = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔"
    "向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌"
    "毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦"
    "麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明"
    "佘池查麻苑迟邝陳劉楊黃趙吳孫馬鄭羅韓馮鄧許葉蘇呂盧鍾譚陸賈韋鄒龍賀顧錢嚴湯張]"
)
_GIVEN: Final = (
    rf"(?:(?![您你我他她它们的了是在有不会将已可请把被到与或及个这那么什怎为以])[{_HAN}])"
)
_HARDLY_ELSE: Final = (
    "[王刘陈杨赵吴徐孙朱郭罗郑梁宋唐冯邓曹彭肖袁潘蒋蔡魏吕丁沈姚卢姜崔谭汪廖贾韦邹秦邱尹薛侯黎郝龚邵"
    "陳劉楊趙吳孫鄭羅馮鄧蔣呂盧譚賈韋鄒張]"
)
"""Surnames that are seldom a part of another word."""
_CHINESE_NAMES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"[{_HAN}](?:先生|女士|小姐|太太|同学|师傅|老师|医生|经理|阿姨|叔叔|大哥|大姐)",
        rf"(?:^|[^{_HAN}])(?!大家)[{_HAN}·]{{1,4}}(?:您好|你好)",
        "(?:亲爱的|尊敬的)(?!您|客户|顾客|用户|会员|旅客|朋友|买家|乘客|客人|贵宾|各位)",
        rf"[小老阿]{_SURNAME}(?![{_HAN}])",
        rf"{_HARDLY_ELSE}{_GIVEN}",
        rf"(?<![行一二两三四五几每这那多0-9])[张李]{_GIVEN}",
        rf"(?:客服|专员|顾问|代表|同事|快递员|司机|骑手|管家|收件人|收货人|联系人|姓名|户名|客户|会员"
        rf"|用户|[姓叫给替由让找跟为请]|谢谢|感谢){_SURNAME}{_GIVEN}{{1,2}}"
        rf"(?=[^{_HAN}]|$|[您你我他她的会将已女来去给办预在今明为说是]|联系|处理|负责)",
    )
)
_CHINESE_CLAUSE: Final = re.compile(
    rf"(?:^|[^{_HAN}])({_SURNAME}[{_HAN}·]{{1,3}})(?=[，,！!：:~]|$)"
)
"""What may be somebody who is addressed, or a signature."""
_CHINESE_CLAUSES: Final = frozenset(
    (
        "谢谢",
        "谢谢您",
        "谢谢你",
        "全天",
        "全年",
        "当然",
        "时间",
        "明天",
        "方便",
        "应该",
        "成功",
        "包邮",
        "安全",
        "全国",
    )
)
"""What begins as a surname does and is none."""


def may_name_somebody(text: str, known: Collection[str] = ()) -> bool:
    """Whether a reply holds what may be somebody's.

    `known` are capitalised words that are no secret, since the answered list itself says them.
    """
    text = _UNSEEN.sub("", text)
    return (
        facts.is_personal(text)
        or _FOREIGN.search(text) is not None
        or _NUMBER.search(text) is not None
        or _has_code(text)
        or _addresses_somebody(text)
        or _has_chinese_name(text)
        or not capitalised(text) <= set(known)
    )


def capitalised(text: str) -> set[str]:
    """Words with a capital that are not known to be ordinary ones."""
    return {word for match in _WORD.finditer(text) if not _is_ordinary(word := match[0])}


def _is_ordinary(word: str) -> bool:
    if word.islower() or not any(map(str.isupper, word)):
        return True
    if word.isupper() and len(word) <= _ACRONYM:
        return True
    whole = word.lower().replace("’", "'")
    parts = _ENDING.sub("", whole).split("-")
    return whole in words.ORDINARY or all(part in words.ORDINARY for part in parts)


def _has_code(text: str) -> bool:
    """Whether letters and digits stand together, other than as a number with its unit."""
    return any(
        not (token.isalpha() or token.isdigit())
        and (token != token.lower() or not UNIT.fullmatch(token))
        for token in (match[0] for match in _ALPHANUMERIC.finditer(text))
    )


def _addresses_somebody(text: str) -> bool:
    """Whether somebody is spoken to by name or has a title, in small letters too."""
    if _TITLE.search(text):
        return True
    before, greets = None, False
    for word in _WORD.finditer(text):
        said = word[0].lower().replace("’", "'")
        between = text[before.end() : word.start()] if before else "."
        is_next = not between.strip(" ,")
        if is_next and greets and said not in words.NOBODY:
            return True
        opens = before is not None and "," in between and before[0].lower() in words.OPENERS
        is_alone = _ALONE.match(text, word.end()) is not None
        if is_next and opens and is_alone and said not in words.UNADDRESSED:
            return True
        pair = f"{before[0].lower() if before and is_next else ''} {said}"
        greets = said in words.GREETINGS or pair in words.GREETING_PAIRS
        before = word
    return False


def _has_chinese_name(text: str) -> bool:
    return any(pattern.search(text) for pattern in _CHINESE_NAMES) or any(
        match[1] not in _CHINESE_CLAUSES for match in _CHINESE_CLAUSE.finditer(text)
    )
