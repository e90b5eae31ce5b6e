"""What facts look like: the patterns and word lists that `facts` works with, English and Chinese.

Data and no logic. All patterns read folded text (see `facts`), so ASCII classes are enough, and
all are linear: every run is bounded or possessive, and a look-behind keeps a match from being
tried at each sign of a long run. What a pattern leaves out is as deliberate as what it takes:
times, ranges of years, percentages, counts and ordinary words are nobody's identifiers.
"""

from __future__ import annotations

import re
from typing import Final

_FLAGS: Final = re.ASCII | re.IGNORECASE


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- Shapes that are facts wherever they stand --------------------------------------------------

_DAY: Final = r"(?:3[01]|[12]\d|0?[1-9])"
_SUFFIX: Final = r"(?:st|nd|rd|th)"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b(?:\.(?=\s?\d))?"
)
_YEAR: Final = r"(?:,?\s{0,2}(?:19|20)\d{2}(?!\d|[-/]\d))"
_WEEKDAY: Final = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
# "may" in lower case is a verb unless the day is an ordinal.
_VERB: Final = r"(?-i:may)\s{1,2}\d{1,2}(?!\d|st|nd|rd|th)"
# What an ordinal is followed by where it is a day: "the 6th at noon", but not "6th floor".
_AFTER_DAY: Final = (
    r"(?=\s{0,2}(?:$|[^\w\s]|(?:as|at|because|but|by|for|from|if|in|instead|is|not|of|on|or"
    r"|please|since|so|the|then|this|next|through|thru|till|to|until|was|will|with|would)\b"
    r"|and\s(?:the\s)?\d|(?<=the\s\d\w\w\s)and\b|(?<=the\s\d\d\w\w\s)and\b))"
)
_DATES: Final = (
    rf"(?<![\w./-])(?:19|20)\d\d([-/.])(?:1[0-2]|0?[1-9])\1{_DAY}(?!\d|[/-]\d)",
    rf"(?<![\w/-])(?<!\d\.){_DAY}([-/.]){_DAY}\1(?:19|20)\d\d(?!\d|[/-]\d)",
    rf"(?<![\w/-])(?<!\d\.){_DAY}([-/]){_DAY}\1\d\d(?!\d|[/-]\d)",
    rf"(?<!\w)(?!{_VERB}){_MONTH}\s{{0,2}}(?:the\s)?{_DAY}{_SUFFIX}?(?![\w:%]|[.,]\d)"
    rf"(?:\s?-\s?{_DAY}{_SUFFIX}?(?![\w:/-]))?{_YEAR}?",
    rf"(?<!\w){_DAY}(?:{_SUFFIX}\s{{0,2}}(?:of\s)?|\s(?!(?-i:may)))(?:of\s)?{_MONTH}{_YEAR}?",
    rf"(?<!\w){_MONTH}{_YEAR}",
    rf"(?<!\w){_DAY}{_SUFFIX}\s(?:of\s)?(?:this|next|last|the\s(?:following|same|next))\smonth\b",
    rf"(?<!\w){_DAY}{_SUFFIX}\b{_AFTER_DAY}",
)
_RELATIVE_DATES: Final = (
    rf"(?<!\w)(?:(?:this|last|next|coming|following)\s{_WEEKDAY}"
    r"|(?:next|coming|following)\s(?:week|weekend|month)\b)",
)
_CN_DIGITS: Final = "一二三四五六七八九十"
_CN_DAY: Final = rf"(?:{_DAY}|[{_CN_DIGITS}]{{1,3}})"
_CN_DATES: Final = (
    rf"(?:\d{{2,4}}年)?(?<![\d.])(?:1[0-2]|0?[1-9]|[{_CN_DIGITS}]{{1,2}})月"
    rf"(?:份?[底初末]|份?[上中下]旬|{_CN_DAY}[日号]?|份)?",
    rf"(?:下个?|上个?|这个?|本|当)月(?:[底初末]|[上中下]旬|{_CN_DAY}[日号])?",
    r"(?:下下|上上|[下上这本])个?(?:周|星期|礼拜)(?:[一二三四五六日天末]|(?![边围年转期到长]))",
    rf"(?<![\d.\w街路巷条里村道第-])(?:{_DAY}|[二三]?十[{_CN_DIGITS}]?)(?:号|日)"
    r"(?![线楼院门店馆厅码机航桌房车仓座口游内间后前])",
)

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,12})(?:\.\d{1,4})?"
_SCALE: Final = r"(?:\s?(?:k|m|bn|thousand|million|billion|grand)\b|[百千万亿])?"
_CODE: Final = r"(?:usd|eur|gbp|cny|rmb|jpy|hkd|twd|krw|aud|cad|sgd|inr|chf)(?![a-z])"
_SIGN: Final = rf"(?:(?:us|hk|nt|[acs])?\$|[£€¥₹₩]|{_CODE})\s?"
_YUAN: Final = (
    r"(?:元(?![旦宵素航])|块(?:钱|(?![一-鿿])|(?=[左以的吧了呢吗都够行就]))"
    r"|人民币|[美欧日港]元|美[金刀]|英镑|港币)"
)
_MONEY: Final = (
    rf"\s?(?:(?:dollar|buck|pound|euro|cent|rupee|peso|franc)s?\b|(?:quid|pence|yuan|yen)\b"
    rf"|{_CODE}|{_YUAN})"
)
_TO: Final = r"(?:\s?[-~至到]\s?|\sto\s)"
_BOUND: Final = r"(?:以上|以下|以内|左右)?"
_AMOUNTS: Final = (
    rf"(?<![\w$]){_SIGN}{_NUMBER}{_SCALE}(?:(?:{_TO}{_SIGN}|\s?[-~至到]\s?){_NUMBER}{_SCALE})?"
    rf"(?:{_MONEY})?{_BOUND}",
    rf"(?<!\w)(?<!\d[.,]){_NUMBER}{_SCALE}(?:{_TO}{_NUMBER}{_SCALE})?{_MONEY}{_BOUND}",
)
_CN_AMOUNTS: Final = (
    rf"[{_CN_DIGITS}两百千万零半几]{{1,10}}(?:元(?![旦宵素航])|块钱){_BOUND}",
    rf"[{_CN_DIGITS}两百千万零半几]{{2,10}}{_YUAN}{_BOUND}",
)

_PHONES: Final = (
    r"(?<![\w+])\+\s?\(?\d(?:[ .()-]{0,2}+\d){7,14}+(?!\d)",
    r"(?<![\w.-])(?:1[ .-]?)?(?:\(\d{3}\)[ -]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])",
    r"(?<![\w.-])(?:(?:00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-])",
    r"(?<![\w.-])(?:400|800)[ -]\d{3,4}[ -]\d{3,4}(?![\w-])",
    r"(?<![\w.-])\(?0\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,5}(?!\w)"
    r"(?:\s?(?:-|转|分机|ext\.?)\s?\d{1,6})?",
)
_EMAIL: Final = (
    r"(?<![\w%+-])[\w%+-][\w.%+-]{0,63}+@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9])"
)
_CARD: Final = r"(?<![\w-])\d{4}(?:[ -]\d{4}){3,4}(?![\w-])"
_FOURS: Final = (
    r"(?<![\w.,/-])(?!(?:19|20)\d\d (?:19|20)\d\d\b)(?:(?-i:[A-Z]{2}) )?\d{4}(?: \d{4}){1,2}"
    r"(?![\w-]|[,.:]\d| \d)"
)
"""Digits in fours, as numbers are printed on letters and labels."""

SIGNS: Final = {
    "@": re.compile("@"),
    "digit": re.compile("[0-9]"),
    "chinese": re.compile("[月周期拜号日元块币金刀镑]"),
    "any": re.compile(""),
}
"""Most messages hold none of these signs, and then the shapes below need not be tried."""
SHAPES: Final = tuple(
    (kind, sign, re.compile(pattern, _FLAGS))
    for kind, sign, patterns in (
        ("email", "@", (_EMAIL,)),
        ("date", "digit", _DATES),
        ("date", "chinese", _CN_DATES),
        ("date", "any", _RELATIVE_DATES),
        ("amount", "digit", _AMOUNTS),
        ("amount", "chinese", _CN_AMOUNTS),
        ("identifier", "digit", (_CARD,)),
        ("phone", "digit", _PHONES),
        ("identifier", "digit", (_FOURS,)),
    )
    for pattern in patterns
)
"""(kind, the sign it needs, pattern), in the order in which they claim text."""

# --- Numbers and codes, which are facts by what stands around them -------------------------------

TOKEN: Final = re.compile(r"#?[A-Za-z0-9]++(?:[-_][A-Za-z0-9]++)*+")
WORD: Final = re.compile(r"[a-z']+", _FLAGS)
SENTENCE_END: Final = re.compile(r"[.!?;。]\s{1,2}(?!(?:it|its|it's|that)\b)", _FLAGS)
LISTED: Final = re.compile(r"\s?(?:,|/|&|、|和|或者?|,?\s?(?:and|or))\s?", _FLAGS)
"""What stands between two items of a list."""

NUMBER_WORDS: Final = _words(
    "code id identifier ids number number's numbers passcode password pin ref reference"
)
"""Names of a number: what follows is one."""
THINGS: Final = _words(
    "account booking card case claim confirmation customer flight invoice member membership order"
    " parcel passport policy reservation ride room serial shipment ticket tracking user username"
)
"""Things that have a number, and that a count may follow as well."""
FILLERS: Final = _words(
    "actually again also are be is it it's its lucky my no s should that the was were"
)
"""Words that may stand between a name and its number."""
CN_NUMBER: Final = re.compile(r"[号码][是为:\s]{0,3}$")
CN_THING: Final = re.compile(
    r"(?:订单|运单|工单|快递|航班|车次|预订|账户|帐户|账|帐|卡|身份证|会员|房间)(号码?)?[是为:\s]{0,3}$"
)
HASH: Final = re.compile(r"#\s?$")
NUMERO: Final = re.compile(r"\bno\.\s?$", _FLAGS)
PHONE_WORD: Final = re.compile(
    r"(?:\b(?:phone|telephone|tel|mobile|cell|cellphone|call|reach (?:me|us) (?:at|on)|whatsapp"
    r"|contact|text|number's)\b[^\n]{0,24}"
    r"|(?:电话|手机|座机|联系方式).{0,6})$",
    _FLAGS,
)

QUANTITY_BEFORE: Final = re.compile(
    r"(?:\b(?:least|most|than|over|under|about|around|below|above|approximately|roughly|nearly"
    r"|almost|budget|price|rent|cost|costs|pay|paid|missing|max|maximum|minimum|between|level)"
    r"(?:\sis|\sof)?|[大约概过到低高少均价算])\s?$",
    _FLAGS,
)
COUNTED_AFTER: Final = re.compile(
    r"[%年]|:\d|\s?-?(?:[ap]\.?m\b|o.?clock|people|persons?\b|guests?|adults?|kids|child|nights?"
    r"|days?\b|weeks?|months?|years?|hours?|hrs?\b|min(?:ute)?s?\b|seconds?|stars?\b|rooms?"
    r"|bed|bath|tickets?|seats?|miles?|km\b|kilo|met(?:er|re)s?|feet|ft\b|sq|points?|times"
    r"|credits|items|pieces|words|[gm]b\b|kg\b|lbs?\b|[个位人张间件份次天晚点分岁月楼层只条套"
    r"台瓶杯斤包公平米里步字周]|小时)",
    _FLAGS,
)
WORD_AFTER: Final = re.compile(r"\s?[A-Za-z一-鿿]")
PIECE_BEFORE: Final = re.compile(r"[0-9][.:/]")
PIECE_AFTER: Final = re.compile(r"[.:/][0-9]|,[0-9]{3}(?![0-9])")
ROUND_OR_YEAR: Final = re.compile(r"[1-9][0-9]{0,2}000|(?:19|20)[0-9]{2}")

UNIT: Final = re.compile(
    r"\d{1,4}(?:st|nd|rd|th|[ap]m|[kmgdhsxpvwl]|[kmgt]b|[kcm]m|kg|m[gl]|lbs?|oz|ft|sq(?:ft|m)"
    r"|hrs?|mins?|secs?|days?|bed|br|bhk|star|yo|xl|[a-z]ps|hz)?",
    _FLAGS,
)
"""A number with its unit, or a small number: 12th, 7pm, 64GB."""
SHORT_CODE: Final = re.compile(r"[A-Z]*[0-9]+[A-Z]+[0-9A-Z]*")
"""Capitals with two digits that do not merely end it: CB2PL9, but not COVID19."""
WORD_CODE: Final = re.compile(r"[A-Za-z]{2,}[-_]?[0-9]{3}")
WORD_COUNT: Final = re.compile(r"[0-9]{1,4}-?[A-Za-z]+|[A-Za-z]+[-_]?(?:19|20)[0-9]{2}")
"""A count or a year with a word: 1500-piece, mid-2024."""
