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

from service.context import languages, slips

State = Literal["", "own", "slip", "another", "current", "earlier"]

SINGLE: Final = frozenset({"name", "user name", "address", "postcode", "email", "phone"})
"""Kinds of which somebody has one, for each label."""
SINGLE_LABELS: Final = frozenset(
    {"account", "arrival", "birthday", "budget", "check-in", "check-out", "delivery", "departure"}
    | {"deposit", "limit", "member", "passport", "policy", "return"}
)
"""Labels of which there is one, whatever the kind."""

_RULES: Final = tuple(language.facts.marks for language in languages.ALL)
_LABELS: Final = {
    name: "|".join(dict(rules.labels)[name] for rules in _RULES if name in dict(rules.labels))
    for name in dict.fromkeys(name for rules in _RULES for name, _ in rules.labels)
}
_PEOPLE: Final = "|".join(rules.people for rules in _RULES if rules.people)
_WORDS: Final = [rf"(?P<l{n}>{words})" for n, words in enumerate(_LABELS.values())]
_LABEL: Final = re.compile(
    rf"(?<![a-z])(?:{'|'.join([*_WORDS, rf'(?P<who>{_PEOPLE})'])})", re.IGNORECASE
)
_WHAT: Final = {f"l{n}": label for n, label in enumerate(_LABELS)}
_LABELLED: Final = SINGLE | {"identifier", "amount", "date", "appointment", "time", "link"}
_DAYS: Final = frozenset({"date", "appointment"})
"""Kinds that may stand for each other: a day, and a day with its time."""

_TYPED: Final = frozenset({"identifier", "phone", "email", "user name", "postcode"})
_SIGNS_COUNT: Final = frozenset({"email", "user name"})

_CHANGES_TO: Final = re.compile(
    rf"(?:{languages.either(rules.changes_to for rules in _RULES)})"
    rf"(?:[\s:\"',，]|{languages.either(rules.between for rules in _RULES)})*$",
    re.IGNORECASE,
)
_MISTOLD: Final = languages.joined(rules.mistold for rules in _RULES)
_CHANGE: Final = languages.joined(rules.change for rules in _RULES)
_SLIP: Final = languages.joined(rules.slip for rules in _RULES)
_ANOTHER: Final = languages.joined(rules.another for rules in _RULES)
_HINT: Final = languages.joined(rules.hint for rules in _RULES)
_OWN: Final = languages.joined(rules.own for rules in _RULES)
_DENIED_BEFORE: Final = re.compile(
    rf"(?:{languages.either(rules.denied_before for rules in _RULES)})[\s:\"']*$", re.IGNORECASE
)
_MOVED_FROM: Final = re.compile(
    rf"(?:{languages.either(rules.moved_from for rules in _RULES)})\s?$", re.IGNORECASE
)
_DENIED_AFTER: Final = re.compile(
    rf"[\s,]{{0,2}}(?:{languages.either(rules.denied_after for rules in _RULES)})", re.IGNORECASE
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
