"""What customers say of themselves: names, user names, addresses, postcodes, wishes and refusals.

Found by the words that introduce them, English and Chinese; what nothing introduces is left alone.
Reads folded text (see `facts`). Linear: every run is bounded, and nothing is looked for in a text
that has no cue.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from service.context.languages.english import ENGLISH

Span = tuple[int, int, str]
"""Start, end and kind of a slice."""

_HAN: Final = "\u4e00-\u9fff"
_END: Final = rf"(?=[^{_HAN}·]|$)"
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕"
    "丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严"
    "武戴莫孔向汤"
)
_CAPITAL: Final = r"[A-ZÀ-Þ][\w'’-]{1,20}"
_NAME: Final = (
    rf"{_CAPITAL}(?: (?:(?:de|da|di|van|von|der|den|la|bin|al) ){{0,2}}{_CAPITAL}){{0,3}}"
)
_NO_NAME: Final = (
    "(?i:a|about|also|an|and|as|at|but|calling|correct|different|for|from|here|i|in|is|it|just|long"
    "|misspelled|my|not|of|on|or|please|spelled|spelt|still|that|the|this|to|too|under|was|what"
    "|with|wrong|you|your)"
)
_TYPED: Final = rf"(?!{_NO_NAME}\b)[^\W\d_][\w'’-]{{0,20}}"
_TYPED_NAME: Final = rf"{_NAME}|{_TYPED}(?: {_TYPED}){{0,2}}"
"""A name after words that leave no doubt, also in lower case."""
_IS: Final = (
    r"(?:(?i:\swas\swrong,\sit)?\s(?i:is|was|should\sbe|(?:has\s)?changed?\sto|to)|'s|:)"
    r"(?:\s(?i:now|actually|really))?\s"
)
"""What stands between the name of a thing and the thing."""
_CN_IS: Final = r"(?:写错了[，,]?)?(?:应该)?(?:是|为|叫|在|改[成为到]|换[成到]|:)+\s?"

_NAMES: Final = (
    rf"\b(?i:(?:last|first|full|family|given|middle|maiden|sur)\s?name|(?:my|the|her|his|our)\s"
    rf"(?:[\w'’]{{1,20}}\s){{0,3}}name|^name){_IS}(?P<v>{_TYPED_NAME})",
    rf"(?i:\bunder\s(?:the\sname\s(?:of\s)?)|\bin\sthe\sname\sof\s|\bcall\sme\s)(?P<v>{_NAME})",
    rf"(?i:\b(?:my|our)\s(?:[\w'’]{{1,20}}\s){{1,4}}(?:is|was)\s(?:called|named)\s)(?P<v>{_NAME})",
    rf"(?i:\b(?:hi|hello|hey|morning|afternoon|evening)\b[^.?\n]{{0,12}}[,.!]?\s"
    rf"(?:i'm|i’m|i\sam|this\sis|it's)\s)(?P<v>{_NAME})",
    rf"(?i:\bthis\sis\s)(?P<v>{_NAME})(?=\s(?i:speaking|here|calling|again|from)\b)",
    rf"(?i:\b(?:regards|sincerely|cheers|thanks|wishes),?\s?\n\s{{0,3}})(?P<v>{_NAME})(?=\s{{0,3}}$)",
    rf"(?:我的?(?:名字)?叫|(?:姓名|名字|联系人|收件人|收货人|预订人|预定人|入住人|乘机人)(?:姓名)?"
    rf"{_CN_IS})\s?(?P<v>[{_HAN}·]{{2,4}}?(?=[^{_HAN}·]|$|[我今的电手订想住在和])"
    rf"|{_NAME})",
    rf"(?:^|(?i:\b(?:hi|hello|hey|morning|afternoon|evening)[,.!]?\s))"
    rf"(?!(?i:hi|hello|hey|good|dear)\b)(?P<v>{_CAPITAL}(?:\s{_CAPITAL}){{1,2}})(?=\s(?i:here|speaking|again)\b)",
    rf"(?i:\bmarried\sname)(?:{_IS}|,?\s)(?P<v>{_NAME})",
    rf"我姓(?P<v>[{_HAN}]{{1,2}}){_END}",
    rf"(?:姓名|名字)(?P<v>[{_SURNAMES}][{_HAN}]{{1,2}}?)(?=[^{_HAN}]|$|好了|吧)",
    rf"我是(?P<v>[{_SURNAMES}][{_HAN}]{{1,2}}){_END}",
)
_USER_NAMES: Final = (
    r"(?i:\b(?:user\s?-?name|user\s?-?id|log-?in(?:\sname)?|screen\sname|account\sname|handle))"
    rf"(?:{_IS}|\s(?=[a-z][\w.@+-]{{0,39}}[\d_]))[\"'“]?(?!{_NO_NAME}\b)"
    r"(?P<v>(?=[\w.@+-]{0,39}[^\W\d])[\w.@+-]{1,39}[\w+])",
    rf"(?:用户名|昵称|登录名|账号名|网名)(?:{_CN_IS}|(?=[A-Za-z0-9_.@+-]{{3}}))"
    rf"(?P<v>[A-Za-z0-9_.@+-]{{2,40}}|[{_HAN}]{{2,10}}{_END})",
)
_POSTCODE: Final = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]{2}\s\d{5}(?:-\d{4})?)"
)
_POSTCODES: Final = (
    r"(?i:\b(?:post\s?-?code|postal\scode|zip(?:\s?-?code)?))"
    rf"(?:{_IS}|\s)"
    r"(?P<v>(?=[\w -]{0,9}\d)\w{2,8}(?:[ -]\d\w{1,3})?)",
    rf"\b(?P<v>{_POSTCODE})\b",
    rf"(?:邮编|邮政编码)(?:{_CN_IS})?\s?(?P<v>\d{{6}})(?!\d)",
)
_STREET: Final = (
    "(?i:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq"
    "|terrace|way|close|crescent|row|gardens|grove|hill|parade|highway|hwy|quay|mews)"
)
_MORE: Final = (
    rf"(?:,?\s(?i:apt|apartment|flat|unit|suite|ste|floor|room)\.?\s?#?\w{{1,6}})?"
    rf"(?:,\s{_CAPITAL}(?:\s{_CAPITAL}){{0,2}}){{0,3}}(?:,?\s(?:{_POSTCODE}|\d{{5}}))?"
)
_STOP: Final = (
    r"(?=\s?(?:$|[\n;?!]|\.(?:\s|$)|,?\s(?i:and\s(?:my|the|i|it|please)|but|not|please|instead"
    r"|thanks|thank|because|so|since|for|from)\b))"
)
_CN_CLAUSE: Final = r"[^，,。;!?\n]"
_CN_PLACE: Final = "(?:路|街|道|巷|弄|号|楼|室|小区|花园|大厦|村|苑|层|栋|单元|胡同)"
_ADDRESSES: Final = (
    r"(?i:(?<!mail )(?<!mail-)(?<!ip )(?<!web )\baddress)"
    rf"{_IS}(?P<v>(?=[^\n]{{0,40}}\d|[A-Z])[^\n;?!]{{5,120}}?){_STOP}",
    rf"(?i:\b(?:i|we)(?:'ve|\shave|'re|\sare|\sam|'m)?\s(?:now\s)?(?:live|living|moved|stay|staying)"
    rf"\s(?:at|in|on|to)\s)(?P<v>(?=[^\n]{{0,40}}\d|[A-Z])[^\n;?!]{{3,120}}?){_STOP}",
    rf"(?<![\w-])(?P<v>\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s(?:{_CAPITAL}\s){{1,4}}{_STREET}\b\.?"
    rf"{_MORE})",
    rf"\b(?P<v>{_CAPITAL}(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse)\s\d{{1,4}}[a-z]?"
    rf"(?:,\s\d{{4,5}}\s{_CAPITAL})?)",
    r"\b(?P<v>P\.?\s?O\.?\sBox\s\d{1,8})\b",
    rf"(?:地址|住址){_CN_IS}(?P<v>(?!在?哪|什么|多少){_CN_CLAUSE}{{4,60}})",
    rf"(?:住在?|搬到了?|搬去了?|[寄送]到|寄往|[送改收]货到|配送到)\s?"
    rf"(?P<v>[^，,。;!?\n{_CN_PLACE[3:-1]}]{{1,30}}{_CN_PLACE}{_CN_CLAUSE}{{0,30}})",
    rf"(?P<v>(?:(?![来到在去住送寄址是给往])[{_HAN}]){{2,6}}(?:小区|花园|大厦|公寓|家园|新村)"
    r"\d{1,4}(?:栋|幢|座|号楼|号)(?:\d{1,2}单元)?\d{0,5}室?)",
)
_CLAUSE: Final = r"[^\n.;?!,]{2,80}"
_KNOWN: Final = (
    "know|think|see|understand|remember|recall|mind|believe|get|have|care|suppose|find|hear|feel"
    "|wait|say|mean|thank|help|tell|make|seem|really|even|exactly"
)
_REFUSALS: Final = (
    rf"(?i:\b(?P<v>(?:i|we)\s?(?:don't|don’t|do\snot|won't|won’t|will\snot"
    rf"|never)\s(?!\w{{2,12}}\sanything\selse)(?:want\s|like\s|need\s|eat\s|drink\s|accept\s|take\s|use\s|(?!(?:{_KNOWN})\b)\w{{3,}}\s)"
    rf"{_CLAUSE}))",
    rf"(?i:\b(?P<v>(?:please\s(?:don't|don’t|do\snot|never)|(?:^|(?<=[.!?]\s))(?:don't|don’t|do\snot|never))"
    rf"\s(?!(?:{_KNOWN}|worry)\b){_CLAUSE}))",
    rf"(?i:\b(?P<v>(?:i'm|i’m|i\sam|we\sare|my\s\w{{2,12}}\sis)\s(?:\w{{2,10}}\s)?"
    rf"(?:allergic\sto|intolerant\sto){_CLAUSE}))",
    r"(?P<v>(?:不要再?(?!紧)|请勿|千万别|请?别(?![的人处致墅名再]|说了)|不想(?!问)|不吃|不喝|不接受"
    r"|不需要|拒绝)[^，,。;!?\n了]{1,30})",
    r"(?P<v>对?[^，,。;!?\n对]{1,12}过敏)",
)
_PREFERENCES: Final = (
    rf"(?i:\b(?P<v>(?:(?:i|we)(?:'d|’d|\swould)?\s(?:\w{{2,10}}\s)?prefer|(?:i|we)(?:'d|’d|\swould)\s"
    rf"rather|(?:i'm|i’m|i\sam)\s(?:a\s)?(?:vegan|vegetarian)|my\s(?:preferred|favou?rite)"
    rf"|please\s(?:always|only)){_CLAUSE}))",
    r"(?P<v>(?:更喜欢|最喜欢|偏好|偏爱|比较喜欢|我喜欢|宁愿|只要(?!是|能|有))[^，,。;!?\n]{1,30})",
)

_SAID: Final = r"[^\n;!?]{2,80}?"
_CORRECTIONS: Final = (
    rf"(?i:\bnot\s)(?P<old>{_SAID}),?\s(?i:but)\s(?P<v>{_SAID}){_STOP}",
    rf"(?i:\b(?:it\sis|it's|it’s|use|make\sit|as)\s)(?P<v>{_SAID}),?"
    rf"\s(?i:not|instead\sof|rather\sthan)\s(?P<old>{_SAID}){_STOP}",
    rf"(?i:\bchange\s)(?P<old>{_SAID})\s(?i:to)\s(?P<v>{_SAID}){_STOP}",
    rf"(?i:\bi\smeant\s)(?P<v>{_SAID})(?P<old>){_STOP}",
    rf"(?<!是)不是(?P<old>{_CN_CLAUSE}{{2,40}})[，,]?而?是(?P<v>{_CN_CLAUSE}{{2,40}})",
)
_CUES: Final = {
    "correction": r"\bnot\s|instead of|rather than|change|meant|(?<!是)不是",
    "name": r"name|call|hi\b|hello|hey|morning|noon|evening|this is|regards|sincerely|cheers|thanks"
    r"|wishes|here\b|speaking|叫|姓|名|我是|[人客机](?:是|为|:)",
    "user name": r"user|log-?in|screen|account name|handle|名|昵称",
    "postcode": r"code|zip|[a-z\d]\d[a-z]|[a-z]{2} \d{5}|\d \d[a-z]{2}\b|邮",
    "address": r"address|\bliv|\bmov|\bstay|box|straße|strasse|str\.|weg|platz|allee|gasse"
    r"|[区园厦寓村]\d|\d\w?,? [a-z]|住|搬|到|往|地址",
    "refusal": r"n['’]t|not\b|never|allergic|intolerant|[不勿别拒]|过敏",
    "preference": r"prefer|rather|favou?rite|always|only|vega|vegeta|喜欢|偏|宁愿|只要",
}
"""Most messages hold none of these in lower case, and then a kind need not be looked for."""


_TRAILING: Final = " \t,.:;'\"”’了"


_ASKED: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("user name", r"user\s?-?name|log-?in|用户名|昵称"),
        ("postcode", r"post\s?-?code|zip|邮编"),
        ("name", r"\b(?:your|full|first|last|family|sur)\b[^?]{0,20}\bname\b|姓名|名字|贵姓|称呼"),
    )
)
_NO_ANSWER: Final = ENGLISH.asking.empty | frozenset(
    {"cancel", "stop", "none", "nothing", "never", "forget", "forgot", "skip", "wait", "why"}
)
_OPENING: Final = r"^\s*(?:(?:sure|yes|ok(?:ay)?|it'?s|it\sis|is|我?是|我?叫|姓)[\s,.:]*){0,3}"
_CLOSING: Final = r"(?=\s*(?:$|[,.!;\n，。]|(?i:and|my)\b))"
_ANSWERS: Final = {
    "user name": re.compile(
        rf"(?i:{_OPENING})(?P<v>[A-Za-z0-9_.@+-]{{2,40}}|\w{{2,20}}(?=\W*$)){_CLOSING}"
    ),
    "postcode": re.compile(
        rf"(?i:{_OPENING})(?P<v>(?=[\w -]*\d)\w{{2,8}}(?:[ -]\w{{2,4}})?){_CLOSING}"
    ),
    "name": re.compile(
        rf"(?i:{_OPENING})(?![不没谢好对是再算])"
        rf"(?P<v>{_NAME}|{_TYPED}(?: {_TYPED}){{0,1}}(?=\W*$)){_CLOSING}"
    ),
}

Kinds = tuple[tuple[str, re.Pattern[str], tuple[re.Pattern[str], ...]], ...]


def _compiled(**kinds: tuple[str, ...]) -> Kinds:
    found = []
    for name, patterns in kinds.items():
        kind = name.replace("_", " ")
        cue = re.compile(_CUES[kind])
        found.append((kind, cue, tuple(re.compile(p, re.MULTILINE) for p in patterns)))
    return tuple(found)


_OWN: Final = _compiled(user_name=_USER_NAMES, address=_ADDRESSES, postcode=_POSTCODES, name=_NAMES)
_CORRECTED: Final = _compiled(correction=_CORRECTIONS)
_WISHES: Final = _compiled(refusal=_REFUSALS, preference=_PREFERENCES)


def find(folded: str) -> Iterator[Span]:
    """User names, addresses, postcodes and names, in the order in which they claim text."""
    return _found(_OWN, folded)


def answer(folded: str, asked: str) -> list[Span]:
    """What a short message is, where the question before it asked for just that."""
    kind = next((kind for kind, pattern in _ASKED if pattern.search(asked)), None)
    match = _ANSWERS[kind].match(folded) if kind else None
    if match is None or any(w.lower() in _NO_ANSWER for w in match["v"].split()):
        return []
    return [(match.start("v"), match.end("v"), kind)] if kind else []


def corrections(folded: str) -> Iterator[tuple[int, int, str]]:
    """Where a message says "A, not B": start and end of A, and B, which may be empty."""
    _, cue, patterns = _CORRECTED[0]
    if cue.search(folded.lower()):
        for match in itertools.chain.from_iterable(p.finditer(folded) for p in patterns):
            yield *match.span("v"), match["old"].strip(_TRAILING)


def wishes(folded: str) -> Iterator[Span]:
    """Clauses that say what the customer wants or refuses; other facts may stand in them."""
    return _found(_WISHES, folded)


def _found(kinds: Kinds, folded: str) -> Iterator[Span]:
    lower = folded.lower()
    for kind, cue, patterns in kinds:
        if not cue.search(lower):
            continue
        for pattern in patterns:
            for match in pattern.finditer(folded):
                value = match["v"].rstrip(_TRAILING)
                if value:
                    yield match.start("v"), match.start("v") + len(value), kind
