"""What a fact is about, and whether it still holds.

A changed value must never be read as the one that counts. So each fact has a **label**, what it is
the number, date or name of ("order", "home", "birthday"), found in the words next to it; facts of
one kind and label share a slot. A slot that holds one thing (a name, an address, my phone number)
is the newest one's; where there may be several (orders, dates of nothing in particular) an older
one gives way only to words that change it ("actually", "not A but B", "改成"), or to one that
differs from it as a slip of the finger does. The newest is then marked `current`, what it replaces
`earlier`; a fact that nothing replaced has no mark.

Rules, so the same words give the same marks in every process; pure, and one fact after another, so
that marks don't depend on how the messages were grouped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

from service.context import slips

State = Literal["", "own", "slip", "another", "current", "earlier"]

SINGLE: Final = frozenset({"name", "user name", "address", "postcode", "email", "phone"})
"""Kinds of which somebody has one, for each label."""
SINGLE_LABELS: Final = frozenset(
    {"account", "arrival", "birthday", "budget", "check-in", "check-out", "delivery", "departure"}
    | {"deposit", "limit", "member", "passport", "policy", "return"}
)
"""Labels of which there is one, whatever the kind."""

_LABELS: Final[dict[str, str]] = {
    "account": r"account|账[号户]|帐[号户]",
    "appointment": r"appointment|预约",
    "arrival": r"arriv\w*|到达|抵达",
    "billing": r"billing|账单",
    "birthday": r"birthday|born|date of birth|生日|出生",
    "booking": r"booking|reservation|预[订定]",
    "budget": r"budget|预算",
    "card": r"card|卡",
    "check-in": r"check(?:ing)?[ -]?in\b|入住",
    "check-out": r"check(?:ing)?[ -]?out\b|退房|离店",
    "claim": r"claim|case|理赔",
    "delivery": r"deliver\w*|shipping|ship|送货|配送|收货|派送",
    "departure": r"depart\w*|leav\w+|出发|启程",
    "deposit": r"deposit|押金|订金|定金",
    "home": r"home|家里?(?:的)?(?=电话|地址|座机)",
    "invoice": r"invoice|发票",
    "limit": r"limit|额度|上限",
    "member": r"member(?:ship)?|会员",
    "mobile": r"mobile|cell(?:phone)?|手机",
    "order": r"order|订单",
    "passport": r"passport|护照",
    "policy": r"policy|保单",
    "refund": r"refund|退款",
    "return": r"return(?:ing)?|返程|回程",
    "serial": r"serial|序列",
    "ticket": r"ticket|工单",
    "tracking": r"tracking|parcel|shipment|快递|运单|物流",
    "work": r"work|office|公司|单位",
}
_RELATIVES: Final = (
    r"wife|husband|partner|mother|mom|mum|father|dad|parents|son|daughter|brother|sister|aunt|uncle"
    r"|cousin|gran\w*|n(?:iece|ephew)|friend|boss|colleague|neighbou?r|assistant|flatmate|roommate"
    r"|girlfriend|boyfriend|fianc\w+"
)
_PEOPLE: Final = (
    rf"(?P<who>her|his|their|{_RELATIVES}|first|last|maiden|middle|dog|cat|pet"
    r"|妻子|老婆|太太|丈夫|老公|爱人|妈妈?|母亲|爸爸?|父亲|儿子|女儿|哥哥|姐姐|弟弟|妹妹|朋友|同事|秘书|老板)"
)
_WORDS: Final = [rf"(?P<l{n}>{words})" for n, words in enumerate(_LABELS.values())]
_LABEL: Final = re.compile(rf"(?<![a-z])(?:{'|'.join([*_WORDS, _PEOPLE])})", re.IGNORECASE)
_WHAT: Final = {f"l{n}": label for n, label in enumerate(_LABELS)}
_LABELLED: Final = SINGLE | {"identifier", "amount", "date", "appointment", "time", "link"}
_DAYS: Final = frozenset({"date", "appointment"})
"""Kinds that may stand for each other: a day, and a day with its time."""

_TYPED: Final = frozenset({"identifier", "phone", "email", "user name", "postcode"})
_SIGNS_COUNT: Final = frozenset({"email", "user name"})

_THING: Final = (
    r"(?:number|date|address|code|id|one|e-?mail|phone|amount|name|username|budget|tracking|order)"
)
_CHANGES_TO: Final = re.compile(
    r"(?:\bactually,? (?:my|the|it|that|this)\b.{0,40}?(?:\b(?:is|was)|['’]s)"
    r"|\b(?:chang|updat|switch|correct)(?:e|ed|es|ing)?\b[^.!?\n]{0,60}?\bto(?: be)?"
    rf"|\b(?:right|correct|proper|live|current) {_THING} (?:is|was)"
    r"|\b(?:it|that|number)(?:['’]?s| is) now|\bi meant(?: to say)?|\bmake (?:it|that)|\bcorrection"
    r"|\bshould(?:['’]ve| have)? (?:be|read|say|been)"
    r"|改[成为到]|换[成到]|应该是|应为|其实.{0,12}是|正确的?是|更正为?)"
    rf"(?:[\s:\"',，]|\b(?:{_THING}|the|my))*$",
    re.IGNORECASE,
)
"""Stands just before a value that is told in place of another."""
_MISTOLD: Final = re.compile(
    r"\b(?:(?:(?:i|we)(?:['’]ve| have)? (?:\w+ )?(?:gave|given|told|sent|put|entered)"
    r"|typed|wrote|read|copied) (?:\w+ ){0,3}wrong"
    rf"|ignore (?:that|the) (?:\w+ ){{0,2}}?{_THING}|wrong way (?:a)?round|scra(?:p|tch) that"
    r"|(?:spel(?:t|led)) \w+ wrong|mis(?:typed|spel\w+|read)|typo|fat.fingered|digit off"
    r"|swapped (?:the|two) (?:digit|letter|number|character)s?)\b"
    r"|(?<![址名话人])[写说记打报看输填弄搞]错|[看打写]反了|错字|手[滑误]|[少漏]打|多打了|才对|作废|不用管",
    re.IGNORECASE,
)
"""Says that a value was told wrong."""
_CHANGE: Final = re.compile(
    rf"\b(?:instead|rather than|wrong (?!with|about)(?:\w+ )?{_THING}|{_THING} (?:is|was) wrong"
    r"|no longer|(?:go|went|come) (?:up|down) to|(?:rais|lower|increas|reduc)ed? .{0,20}?\bto"
    r"|reschedul\w*|postpon\w+|push\w* .{0,30}?back|let's do"
    r"|new (?:phone|mobile|cell|number|address|e-?mail|card|name|date|budget|user|post|zip|account"
    r"|home|work|delivery)|not\b.{1,40}\bbut)\b"
    r"|改约|搬[到去家]|换了|(?<!是)不是|更新|(?<![发送寄装配拿])错了|不再|改期|推迟|延期|提前到|调[到成整]|往[前后][推挪]",
    re.IGNORECASE,
)
"""Says that something changes. Of orders, parcels and tickets there are many, and a message that
says so may only be about one of them."""
_SLIP: Final = re.compile(
    r"\b(?:o?oops|whoops|my (?:bad|mistake|fault)|h[ao]ng on|mistake"
    r"|last (?:digit|character|letter|number)|blurry|glasses|handwriting)\b"
    r"|哎呀|不对|[最后末]位|漏了",
    re.IGNORECASE,
)
"""May say so, where the value is nearly one that is known."""
_ANOTHER: Final = re.compile(
    r"\b(?:also|as well|another|other|both|plus|in addition|second (?:one|order|number)"
    r"|too(?=\s*(?:$|[.,:;!?])))\b|另|还有|第二|其他|别的",
    re.IGNORECASE,
)
"""Says that a value stands beside others."""
_HINT: Final = re.compile(
    r"\b(?:actually|moved|relocated|chang(?:e|ed)|married|now|updated?|new|these days|from now on"
    r"|(?:there|that) any ?more|in a different \w+)\b|换[了号]|新[的家]|搬家|改了|现在|以后|停机",
    re.IGNORECASE,
)
"""Says so where there is one of a kind."""
_OWN: Final = re.compile(
    rf"\b(?:my|our)\b(?! (?:{_RELATIVES}))"
    r"|\b(?:call|text|ring|reach|mail|contact|write|write to) (?:me|us)\b"
    r"|\b(?:i|we)(?:'m|'re| am| are)?(?: now)? (?:liv\w*|mov\w*|stay\w*|at|in|called)\b"
    r"|\bi(?:'m| am)\b"
    r"|我的|我叫|我姓|我是|我.{0,4}住|我们",
    re.IGNORECASE,
)
_DENIED_BEFORE: Final = re.compile(
    r"(?:\b(?:not|no longer|instead of|rather than|isn't|wasn't|isn’t|wasn’t|replac(?:e|es|ing)"
    r"|(?:old|previous|former)(?: \w+){0,3}(?: (?:is|was)|:)?)"
    r"(?: (?:the|my|at|on|for|of|order|number))*"
    r"|(?<!是)不是|不再是|并非|不在|(?:旧|以前|原来|之前)的?\w{0,6}(?:是|为)?)[\s:\"']*$",
    re.IGNORECASE,
)
_MOVED_FROM: Final = re.compile(r"(?:\bfrom(?: the| my)?|从|由|把)\s?$", re.IGNORECASE)
_DENIED_AFTER: Final = re.compile(
    r"[\s,]{0,2}(?:(?:is|was) (?:wrong|incorrect|my old|the old|an? (?:typo|mistake))"
    r"|(?:is|was)(?:n't| not| no longer) (?:mine|my|right|correct|valid|in use|working any)"
    r"|(?:is|was|has been) (?:closed|disconnected)|off (?:my|the|your) (?:account|file|records?)"
    r"|是错的|不对|不用了|作废|已经?停用)",
    re.IGNORECASE,
)
CORRECTION: Final = "correction"
"""The kind of a value that is right in place of the one in `label`, of whatever kind that is; if
`label` is empty, in place of the last that was told. `merge` finds out, or leaves it."""
_SHAPE: Final = (str, str, str, int, str, str, str)
"""The types of a fact's fields in a row. A stand-in's dozens of facts are read every turn."""
_UNLABELLED: Final = 5
"""Fields of a fact as rows held it before there were labels."""
_KEPT_STATES: Final = ("", "current", "earlier")
_LOOKS_LIKE: Final = {
    **dict.fromkeys(("identifier", "phone", "amount", "postcode"), re.compile(r"\d")),
    **dict.fromkeys(
        ("date", "appointment"),
        re.compile(r"\d|day\b|week|month|[一二三四五六七八九十周月]", re.IGNORECASE),
    ),
    "email": re.compile("@"),
    "address": re.compile(r"\d|[A-Z]|[路街道号]"),
    "user name": re.compile(r"^\S+$"),
    "name": re.compile(r"^[^\d]*(?:[A-Z][\w'’-]+ ?){1,4}$|^[\u4e00-\u9fff·]{2,6}$"),
}
"""What a correction must look like to be taken for one of a kind."""
_ANY: Final = re.compile("")
_NEAR: Final = 60
"""Characters before and after a value that may say whether it holds."""
_SENTENCE_END: Final = re.compile(r"[.!?;](?=\s|$)|[。！？\n]")
_AROUND: Final = 200
"""Those that may say that something changes."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` as `speaker` wrote it in message `position`.

    `quote` is the clause up to and with the value, which says what it is the number or the date
    of; `label` is that in a word. `state` is how the fact stands to the others of its slot. As it
    was found it has `current` where its message changes something, `own` where it says whose the
    value is, `slip` where it may correct one that was mistyped, `another` where it comes beside
    others, and `earlier` where it says itself that it no longer holds.
    """

    kind: str
    value: str
    speaker: str
    position: int
    quote: str = ""
    label: str = ""
    state: State = ""

    def to_json(self) -> list[str | int]:
        """`[kind, value, speaker, position, quote, label, state]`."""
        told: list[str | int] = [self.kind, self.value, self.speaker, self.position]
        return [*told, self.quote, self.label, self.state]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> Self:
        """The opposite of `to_json`; raises ValueError for anything else."""
        if len(row) == _UNLABELLED:
            row = [*row, "", ""]
        if tuple(map(type, row)) != _SHAPE or row[-1] not in _KEPT_STATES:
            raise ValueError("a fact is [kind, value, speaker, position, quote, label, state]")
        return cls(*row)

    @property
    def is_own(self) -> bool:
        """Is it the customer's own, rather than told to him?"""
        return self.speaker == "customer"

    @property
    def is_single(self) -> bool:
        """Does its slot hold one thing?"""
        return self.kind in SINGLE or self.label in SINGLE_LABELS


def label_of(kind: str, before: str, after: str) -> str:
    """What a value of this kind is of, by the words before it in its clause, and for a
    number else by those just after it."""
    if kind not in _LABELLED:
        return ""
    for words in (before, after[:24] if kind == "identifier" else ""):
        if matches := list(_LABEL.finditer(words)):
            names = {m.lastgroup == "who": m for m in matches}
            whose = [names[True][0].lower()] if True in names else []
            what = [_WHAT[str(names[False].lastgroup)]] if False in names else []
            return " ".join(whose + what)
    return ""


def state_of(kind: str, text: str, start: int, end: int) -> State:
    """What a message itself says of a value in it: that it is told in place of another, that it is
    the customer's own, or that it holds no more."""
    before = text[max(0, start - _NEAR) : start]
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(text[end : end + _NEAR]):
        return "earlier"
    sentences = _sentences(text, start, end)
    is_another = _ANOTHER.search(sentences) is not None
    is_single, is_own = kind in SINGLE, _OWN.search(sentences) is not None
    says_so = bool(_MISTOLD.search(sentences))
    says_so = says_so or (kind != "identifier" and bool(_CHANGE.search(sentences)))
    is_change = bool(_CHANGES_TO.search(before)) or (says_so and (is_single or not is_another))
    if is_change and _MOVED_FROM.search(before) and end < len(text) - 1:
        return "earlier"
    if is_change:
        return "current"
    if is_another:
        return "another"
    if is_single and is_own and _HINT.search(sentences):
        return "current"
    if _SLIP.search(sentences) and not (is_single and is_own):
        return "slip"
    return "own" if _OWN.search(_sentences(text, start, end, before=1)) else ""


def _sentences(text: str, start: int, end: int, *, before: int = 2) -> str:
    """The sentence of a value, and the one before it."""
    low, high = max(0, start - _AROUND), end + _AROUND
    ends = [match.end() for match in _SENTENCE_END.finditer(text, low, start)]
    after = _SENTENCE_END.search(text, end, high)
    since = ends[-before] if len(ends) >= before else low
    return text[since : after.end() if after else high]


def merge(known: Sequence[Fact], new: Iterable[Fact], most: int = 200) -> tuple[Fact, ...]:
    """Facts newest first, one per kind and value; `new` in the order it was said. `most` is for
    the customer's own, and for what was told to him, each.

    A repeated value moves to the front with its newest position; one that was said before what is
    known of it changes nothing. The customer's own and what was told are kept apart: neither
    replaces the other, and what repeats the customer's own value is left out.
    """
    facts = {_key(fact): fact for fact in reversed(known)}
    settled: dict[tuple[int, str], str] = {}
    for said in new:
        fact = _resolved(facts, said)
        if fact is None or settled.get((fact.position, fact.value), fact.kind) != fact.kind:
            continue
        if said.kind == CORRECTION:
            settled |= {(fact.position, value): fact.kind for value in (said.value, said.label)}
        key = _key(fact)
        if key in facts and facts[key].position > fact.position:
            continue
        if not fact.is_own and any(f.is_own and f.value == fact.value for f in facts.values()):
            continue
        before = facts.pop(key, None)
        replaced = list(_replaced(facts, fact))
        for other in replaced:
            facts[_key(other)] = replace(other, state="earlier")
        facts[key] = _placed(fact, before, replaced)
        own_side = [k for k, f in facts.items() if f.is_own == fact.is_own]
        if len(own_side) > most:
            del facts[own_side[0]]
    return tuple(reversed(facts.values()))


def _key(fact: Fact) -> tuple[bool, str, str]:
    return fact.is_own, fact.kind, fact.value


def _placed(fact: Fact, before: Fact | None, replaced: Sequence[Fact]) -> Fact:
    """A fact with the label and the mark that it has among the others; `before` is what was known
    of its value."""
    label = fact.label or (replaced[-1].label if replaced else before.label if before else "")
    state: State = fact.state if fact.state == "earlier" else "current" if replaced else ""
    if before is not None and before.state == "current" and not state:
        state = "current"
    return replace(fact, label=label, state=state)


def _resolved(facts: dict[tuple[bool, str, str], Fact], fact: Fact) -> Fact | None:
    """A correction as a fact of the kind that it corrects, None where nothing known is meant."""
    if fact.kind != CORRECTION:
        return fact
    own = [f for f in facts.values() if f.is_own == fact.is_own]
    meant = [f for f in own if f.value.lower() == fact.label.lower()]
    if not fact.label and own:
        meant = [f for f in own if f.position == own[-1].position != fact.position]
    if len(meant) != 1 or meant[0].value == fact.value:
        return None
    kind = meant[0].kind
    if kind not in _LABELLED or not _LOOKS_LIKE.get(kind, _ANY).search(fact.value):
        return None
    return replace(fact, kind=kind, label=meant[0].label)


def _replaced(facts: dict[tuple[bool, str, str], Fact], fact: Fact) -> Iterator[Fact]:
    """The facts that a newer one makes the earlier ones of its slot, oldest first."""
    kinds = _DAYS if fact.kind in _DAYS else {fact.kind}
    kind = [f for f in facts.values() if f.is_own == fact.is_own and f.kind in kinds]
    if not fact.is_own:
        yield from _told_anew(kind, fact)
        return
    yield from (f for f in kind if f.position != fact.position and _is_slip(f, fact))
    is_told = fact.state in ("", "slip") and fact.kind not in SINGLE and fact.is_single
    if fact.kind not in _LABELLED or not (is_told or fact.state in ("own", "current")):
        return
    if fact.state == "current":
        yield from (f for f in kind if f.position == fact.position and f.state == "earlier")
    alike = [f for f in kind if f.position != fact.position]
    same = [f for f in alike if f.label == fact.label]
    if fact.is_single and (fact.label or fact.kind in SINGLE):
        yield from same
    elif fact.state == "current":
        yield from [f for f in same if f.state != "earlier"][-1:]
    if not same and fact.state == "current":
        holding = [f for f in alike if f.state != "earlier" and "" in (f.label, fact.label)]
        yield from holding[-1:]


def _told_anew(kind: Sequence[Fact], fact: Fact) -> Iterator[Fact]:
    """The desk tells of many things of a kind, so that only what it calls changed replaces the last
    of the same label."""
    if fact.state != "current" or not fact.label:
        return
    same = [f for f in kind if f.label == fact.label and f.position != fact.position]
    yield from [f for f in same if f.state != "earlier"][-1:]


def _is_slip(old: Fact, new: Fact) -> bool:
    """Was the older one only mistyped?"""
    if new.kind not in _TYPED or new.state == "another":
        return False
    if old.label != new.label and (new.kind in SINGLE or (old.label and new.label)):
        return False
    slip = slips.between(old.value, new.value, signs_count=new.kind in _SIGNS_COUNT)
    return slip == "surely" or (slip == "maybe" and new.state in ("slip", "current"))
