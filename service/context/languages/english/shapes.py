"""English: dates, amounts, and what stands around numbers."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Shapes, words
from service.context.languages.forms import DAY

_SUFFIX: Final = r"(?:st|nd|rd|th)"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b(?:\.(?=\s?\d))?"
)
_YEAR: Final = r"(?:,?\s{0,2}(?:19|20)\d{2}(?!\d|[-/]\d))"
_WEEKDAY: Final = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
_VERB: Final = r"(?-i:may)\s{1,2}\d{1,2}(?!\d|st|nd|rd|th)"
_AFTER_DAY: Final = (
    r"(?=\s{0,2}(?:$|[^\w\s]|(?:as|at|because|but|by|for|from|if|in|instead|is|not|of|on|or"
    r"|please|since|so|the|then|this|next|through|thru|till|to|until|was|will|with|would)\b"
    r"|and\s(?:the\s)?\d|(?<=the\s\d\w\w\s)and\b|(?<=the\s\d\d\w\w\s)and\b))"
)
_DATES: Final = (
    rf"(?<!\w)(?!{_VERB}){_MONTH}\s{{0,2}}(?:the\s)?{DAY}{_SUFFIX}?(?![\w:%]|[.,]\d)"
    rf"(?:\s?-\s?{DAY}{_SUFFIX}?(?![\w:/-]))?{_YEAR}?",
    rf"(?<!\w){DAY}(?:{_SUFFIX}\s{{0,2}}(?:of\s)?|\s(?!(?-i:may)))(?:of\s)?{_MONTH}{_YEAR}?",
    rf"(?<!\w){_MONTH}{_YEAR}",
    rf"(?<!\w){DAY}{_SUFFIX}\s(?:of\s)?(?:this|next|last|the\s(?:following|same|next))\smonth\b",
    rf"(?<!\w){DAY}{_SUFFIX}\b{_AFTER_DAY}",
)
_RELATIVE_DATES: Final = (
    rf"(?<!\w)(?:(?:this|last|next|coming|following)\s{_WEEKDAY}"
    r"|(?:next|coming|following)\s(?:week|weekend|month)\b)",
)
_NUMBER_WORDS: Final = words(
    "code id identifier ids number number's numbers passcode password pin ref reference"
)
_THINGS: Final = words(
    "account booking card case claim confirmation customer flight invoice member membership order"
    " parcel passport policy reservation ride room serial shipment ticket tracking user username"
)
_FILLERS: Final = words(
    "actually again also are be is it it's its lucky my no s should that the was were"
)

SHAPES: Final = Shapes(
    dates=_DATES,
    days=_RELATIVE_DATES,
    money=(r"(?:dollar|buck|pound|euro|cent|rupee|peso|franc)s?\b|(?:quid|pence|yuan|yen)\b"),
    scale=r"\s?(?:k|m|bn|thousand|million|billion|grand)\b",
    range_words=r"\sto\s",
    extension=r"ext\.?",
    number_words=_NUMBER_WORDS,
    things=_THINGS,
    fillers=_FILLERS,
    numero=r"\bno\.\s?$",
    phone_before=(
        r"\b(?:phone|telephone|tel|mobile|cell|cellphone|call|reach (?:me|us) (?:at|on)|whatsapp"
        r"|contact|text|number's)\b[^\n]{0,24}"
    ),
    quantity_before=(
        r"\b(?:least|most|than|over|under|about|around|below|above|approximately|roughly|nearly"
        r"|almost|budget|price|rent|cost|costs|pay|paid|missing|max|maximum|minimum|between|level)"
        r"(?:\sis|\sof)?"
    ),
    counted_after=(
        r"[ap]\.?m\b|o.?clock|people|persons?\b|guests?|adults?|kids|child|nights?"
        r"|days?\b|weeks?|months?|years?|hours?|hrs?\b|min(?:ute)?s?\b|seconds?|stars?\b|rooms?"
        r"|bed|bath|tickets?|seats?|miles?|km\b|kilo|met(?:er|re)s?|feet|ft\b|sq|points?|times"
        r"|credits|items|pieces|words|[gm]b\b|kg\b|lbs?\b"
    ),
    listed=r",?\s?(?:and|or)",
    goes_on="it|its|it's|that",
)
