"""English: how a message asks, and asks for something that was said before.

A question that looks back speaks of the customer's own words and plans in the past ("did I", "when
we") or of what they were told ("the number you gave me"); one that looks on asks the desk to find,
book or tell something.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from service.context.languages.english.words import EMPTY
from service.context.languages.face import Asking

_ASKS: Final = r"\b(?:who|whose|whom|what|which|when|where|how|why)\b|\?"
_REQUESTS: Final = (
    r"^\W{0,3}(?:(?:please|so|then|and|ok|okay|now|just|can you|could you)[, ]+){0,3}"
    r"(?:tell|give|send|show|read|repeat|resend|remind|use|apply|take|cancel|confirm|spell|forward|"
    r"text|mail|e-?mail|quote|list|change|put)\b|\bplease\b|\bi(?:['’]d| would)? (?:still )?need\b"
)
_SAYING: Final = (
    r"(?:gave|given|told|said|mentioned|sent|quoted|promised|listed|found|recommended|suggested|"
    r"offered|showed|named|issued|wrote|shared|read out|confirmed|arranged|assigned|stated|"
    r"described|noted|provided|explained|advised|estimated)"
)
_BACK: Final = (
    r"\b(?:remember|remind|recall|earlier|previous(?:ly)?|ago|back (?:then|when|to)|"
    r"(?<!the day )(?<!night )before(?! (?:i|we|you|the|my|it|he|she|they|noon|\d))|"
    r"at one point|originally|at first|in the beginning|last time|already|so far|"
    r"(?:did|was|were|had|have) (?:i|we|my|our)|(?:do|did) (?:you|i|we) (?:have|know) (?:my|our)|"
    r"(?:i|we) (?:\w{1,20}ly )?(?:was|were|had|gave|said|told|wrote|chose|picked|set|put|made|took|"
    r"went|thought|meant|(?!need\b)\w{2,20}ed)|"
    r"(?:my|our) \w{1,20}(?: \w{1,20})? (?:was|were)|"
    r"(?:tell|send|give|read|show|spell|say|text|mail)\b[^.?!]{0,60}\b(?:again|once more|"
    r"one more time)|(?:was|were)\b[^.?!]{0,60}\bagain)\b"
)
_TOLD: Final = (
    rf"\b(?:you|they|she|he|(?:the|your) (?:bot|agent|assistant|colleague|system))(?:['’]ve| had"
    rf"| have)?(?: just| already| once)? {_SAYING}\b|"
    rf"\bdid (?:you|they|she|he|the (?:agent|bot))(?: just| already)? (?:say|tell|give|send|quote|"
    rf"mention|promise|find|recommend|suggest|offer|issue|confirm|arrange|name|list|write|move|book"
    rf"|estimate|advise|provide|assign|show|put)\b|"
    rf"\b(?:i|we)(?: was| were|['’]ve been| had been)(?: just| already)? (?:told|given|promised|"
    rf"quoted|offered|sent|assigned)\b|\b(?:repeat|resend)\b"
)
_SAID: Final = (
    r"\b(?:i|we)(?:['’]ve| had| have)?(?: just| already| once)? (?:gave|given|told|said|mentioned|"
    r"wrote|named|described|listed) (?:you|to you|it|that|them|earlier|before|above)\b|"
    r"\b(?:as|what|that|which) (?:i|we) (?:said|told|gave|asked|mentioned|wrote)\b|"
    r"\bdid (?:i|we) (?:\w{1,20}ly )?(?:say|tell|give|mention|ask|write|name|want|order|choose"
    r"|pick)\b|"
    r"\b(?:the|that|my) (?:usual|same) \w{1,20}(?: \w{1,20}){0,3} (?:as|like) (?:last|before"
    r"|earlier)|"
    r"\b(?:from|as|like|than) (?:before|last time|earlier|the last (?:time|order|booking))\b(?!\?)|"
    r"\bthe same \w{1,20}(?: \w{1,20})? (?:again|as last)\b"
)
_PAST: Final = (
    r"\b(?:who|whose|whom|what|which|when|where|how)\b.{0,60}\b(?:was|were|did|had|has|"
    r"\w{3,20}ed)\b"
)
_OWN: Final = r"\b(?:i|my|me|we|our|us|mine)\b"
_NEW: Final = (
    r"\b(?:can|could|would|will) you\b|\b(?:show|find|book|search|recommend|suggest|give me)\b|"
    r"\b(?:is|are) (?:it|there|they|this|that)\b|\bhow about\b|\bwhat about\b"
)
_LACKS: Final = (
    r"\b(?:lost|forgot|forgotten|mislaid|misplaced|deleted|"
    r"(?:can['’]?t|cannot|can not|couldn['’]t) "
    r"(?:find|remember|recall|locate|see)|do(?:n['’]?t| not) (?:remember|recall|have|know|see)|"
    r"no longer (?:have|know)|didn['’]?t (?:note|write|save|keep|get))\b"
)
_HERE: Final = r"\b(?:this|these|its?|their|there|they)\b"
_MONTHS: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t?ember|ober)?"
)
_DAYS: Final = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_NUMBER_WORDS: Final = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|dozen)"
)

_WANTED: Final = {
    "code": r"\b(?:numbers?|digits|codes?|ids?|pin|password|reference|ref|account|voucher|coupon|"
    r"invoice|confirmation|tracking|serial|plate|passcode|token|flight|licen[cs]e)\b",
    "amount": r"\bhow much\b|\b(?:price|costs?|fees?|total|amount|charged?|refund|balance|budget|"
    r"pay|paid|rate|deposit|discount|worth|spend|owe)\b",
    "count": r"\bhow (?:many|old|long|far|tall|big|often|soon)\b",
    "date": r"\b(?:when|dates?|which days?|what days?|due|deadline|birthday|born|expire\w{0,3})\b",
    "time": r"\b(?:when|what time|which time|times?|hours?|o['’]clock)\b",
    "name": r"\b(?:who|whose|whom|names?|called)\b",
    "place": r"\b(?:where|address(?:es)?|locations?|which (?:city|town|street|place|venue|room)|"
    r"what (?:city|town|street|place|venue|room))\b",
    "link": r"\b(?:links?|urls?|web ?sites?|web ?page|portal)\b",
    "phone": r"\b(?:phone|telephone|mobile|hotline|call (?:them|you|him|her)|direct line|number)\b",
    "email": r"\be-?mails?\b|\bmail address\b",
}
_HELD: Final = {
    "count": rf"\b{_NUMBER_WORDS}\b",
    "amount": r"\b(?:dollars?|euros?|pounds?|cents?|bucks|free of charge)\b",
    "date": rf"\b(?:{_MONTHS}\.? \d|\d{{1,2}}(?:st|nd|rd|th)\b|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?"
    rf"{_MONTHS}\b|{_DAYS}\b|today|tonight|tomorrow|yesterday|(?:last|next|this) "
    r"(?:week|month|year|weekend|spring|summer|autumn|fall|winter)|\w{1,8} (?:days|weeks|months|"
    r"years) ago)",
    "time": r"\b\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|a\.m\.|p\.m\.|o['’]clock)|\b(?:noon|midnight)\b",
    "place": r"\b\d{1,5}[a-z]? (?:\w{1,20} ){1,3}(?:street|st|road|rd|avenue|ave|lane|drive|dr|"
    r"square|boulevard|way|court|place)\b|(?-i:\b(?:at|in|from|to|near|behind) (?:the )?[A-Z])",
    "name": r"(?-i:(?<=[a-z,] )[A-Z][a-z]+)|(?-i:\A[A-Z][a-z]+(?: [A-Z][a-z]+)?\W?\Z)",
}

_GENERAL_TEXT: Final = """
    link links url website webpage email emails e-mail e-mails mail phone telephone mobile location
    name names called call calls number numbers digits id ids address addresses date dates day days
    time times price prices cost costs amount total colour colours color colors kind kinds type sort
    thing things person people place size detail details information info word words
    who what which when where how why whose
    ask asked asking mention mentioned tell told telling give gave given giving say said saying send
    sent wrote write written recommend recommended promise promised quote quoted describe described
    remember remind recall repeat earlier before previous previously ago last first again already
    once time chat conversation point around around beginning originally moment today week month
    year later much many long old used use needed wanted want like liked did does was were has had
    delete deleted mislaid misplaced message messages note noted save saved
    lost forgot forgotten find cannot can't couldn't don't please i'd i'll i'm i've you've what's
    that's it's whose who's where's when's talk talking talked speak read showed show come comes
    coming go goes arrive arrived arriving leave left get got have has make made do does happen
    happened take took taken put set pick picked choose chose move moved turn turned end ended start
    started begin began open opened bring brought keep kept hold held try tried hope hoped hoping
    wish plan planned planning think thinking thought mean meant fancy prefer prefered consider mind
    mood insist insisted request requested require required look looking decide decided accept
    accepted expect expected enjoy love handle handled work works working stay go be become try
    agree agreed complain complained offer offered suggest suggested provide provided add added
    reason way part question answer problem issue matter topic subject word exact exactly full whole
    current new own same other else extra right wrong certain particular favourite favorite best
    between after since until while under over about into onto out off up down back through along
    going name's sorry thanks quick quickly actually ever never still just
"""
_ENDINGS: Final = (
    ("'s", ""),
    ("’s", ""),
    ("ies", "y"),
    ("ied", "y"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("ly", ""),
    ("ss", "ss"),
    ("s", ""),
    ("e", ""),
)
_FORMS_TEXT: Final = """
    go went gone; buy bought; give gave given; tell told; say said; take took taken; get got gotten;
    make made; come came; see saw seen; find found; think thought; feel felt; leave left; meet met;
    write wrote written; run ran; begin began begun; win won; eat ate eaten; drive drove driven;
    fly flew flown; send sent; spend spent; bring brought; teach taught; learn learnt; pay paid;
    choose chose chosen; speak spoke spoken; break broke broken; lose lost; sell sold; keep kept;
    sleep slept; grow grew grown; draw drew drawn; swim swam swum; sing sang sung; hear heard;
    ride rode ridden; build built; hold held; catch caught; fall fell fallen; wear wore worn;
    child children; person people; wife wives; foot feet; tooth teeth; man men; woman women
"""
_FORMS: Final = {
    form: word
    for word, *forms in (line.split() for line in _FORMS_TEXT.split(";"))
    for form in forms
}

ASKING: Final = Asking(
    asks=_ASKS,
    requests=_REQUESTS,
    back=_BACK,
    told=_TOLD,
    said=_SAID,
    own=_OWN,
    new=_NEW,
    past=_PAST,
    lacks=_LACKS,
    here=_HERE,
    wanted=MappingProxyType(_WANTED),
    held=MappingProxyType(_HELD),
    empty=EMPTY,
    general=frozenset(_GENERAL_TEXT.split()),
    endings=_ENDINGS,
    forms=MappingProxyType(_FORMS),
)
