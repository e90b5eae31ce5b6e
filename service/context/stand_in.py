"""The stand-in: what is kept of a prefix, so that the next turn need not read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from service.context import digest, facts, rounds, slots, standing, tools
from service.context.rounds import Entry
from service.context.slots import Fact
from service.context.standing import Standing
from service.prices import Price

WISHED: Final = frozenset({"refusal", "preference"})
"""Kinds of facts that may be standing wishes too."""
FACTS_REMEMBERED = 64
"""The most facts of the customer's own that a stand-in carries, and as many that were told, newest
first, twice what a record has room for; what it leaves out is in the transcript. Its row is read
and written every turn."""

_UNKNOWN: Final = (0, 0, 0, 0)
"""What rows of older versions leave out of a plan."""
_YES: Final = re.compile(
    r"(?:yes|yeah|yep|correct|right|exactly|that's (?:right|correct|it)|it is|对的?|是的?|没错"
    r"|正确)(?:[,.!，。 ]+(?:please|thanks|thank you|that's (?:right|correct|it)|correct|it is|谢谢"
    r"|没错))?"
    r"[.!。！]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a prefix is laid out. `cut` is the anchor of the last folded message (0: none); `warm`
    the tokens of the last payload by our count, of which a provider that caches has seen as much;
    `is_full` says that the record shows all of the digest. `whole` is the share of the last turns,
    in hundredths, that had to be sent whole whatever the cut.
    """

    cut: int = 0
    warm: int = 0
    is_full: bool = False
    whole: int = 0

    def after_whole(self, tokens: int) -> Plan:
        """After a turn that was sent whole: all of that is warm, so going on so is cheap."""
        return Plan(0, tokens, is_full=False, whole=self.whole + (100 - self.whole) // 4)

    def after_planned(self, warm: int) -> Plan:
        """After a turn that was sent as it was planned."""
        return replace(self, warm=warm, whole=self.whole * 3 // 4)

    def cost_of_going_whole(self, tokens: int, price: Price) -> float:
        """What a turn costs more, on the average, because a whole list finds nothing of it warm."""
        return self.whole / 100 * price.expected(tokens, 0) if self.whole else 0.0

    def to_json(self) -> list[int]:
        return [self.cut, self.warm, int(self.is_full), self.whole]

    @classmethod
    def from_json(cls, value: Sequence[int]) -> Plan:
        cut, warm, full, whole = (*value, *_UNKNOWN[len(value) :])
        return cls(cut, warm, bool(full), whole)


@dataclass(frozen=True, slots=True)
class StandIn:
    """What is kept of a prefix: its plan, the facts of its folded messages, newest first, what is
    to hold from now on, newest last, and the digest of its folded rounds, oldest first. `asked` is
    the last folded answer's question; `left_out` counts the wishes and promises that there was no
    more room for."""

    plan: Plan = field(default_factory=Plan)
    facts: tuple[Fact, ...] = ()
    digest: tuple[str, ...] = ()
    asked: str = ""
    standing: tuple[Standing, ...] = ()
    left_out: int = 0

    def folding(self, entries: Sequence[Entry], plan: Plan) -> StandIn:
        """With these messages, whole rounds, folded too."""
        found, asked = _facts_of(entries, self.asked)
        said = [(e.speaker, rounds.text_of(e.message), e.anchor) for e in entries if e.speaker]
        held, lost = standing.fold(self.standing, said)
        return StandIn(
            plan,
            facts=slots.merge(self.facts, found, FACTS_REMEMBERED),
            digest=digest.extended(self.digest, self.asked, rounds.read(entries)),
            asked=asked,
            standing=held,
            left_out=self.left_out + lost,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "plan": self.plan.to_json(),
            "facts": [fact.to_json() for fact in self.facts],
            "digest": [self.asked, *self.digest],
            "standing": [self.left_out, *(one.to_json() for one in self.standing)],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StandIn:
        asked, *lines = map(str, value["digest"])
        left_out, *held = value["standing"]
        return cls(
            Plan.from_json(value["plan"]),
            tuple(Fact.from_json(fact) for fact in value["facts"]),
            tuple(lines),
            asked,
            tuple(Standing.from_json(one) for one in held),
            int(left_out),
        )


def remember(prefix: Iterable[Entry], plan: Plan) -> StandIn:
    """The stand-in of a prefix whose plan is known, found again."""
    return StandIn().folding([entry for entry in prefix if entry.anchor <= plan.cut], plan)


def _facts_of(entries: Iterable[Entry], asked: str) -> tuple[list[Fact], str]:
    """What everybody said, the customer's own by the questions that he answered, and the last
    question."""
    found: list[Fact] = []
    for entry in entries:
        text, place, speaker = rounds.text_of(entry.message), entry.anchor, entry.speaker
        if speaker == "customer":
            own = facts.find(text, speaker=speaker, position=place, asked=asked)
            found += _without_wishes(own, text)
            if asked and _YES.fullmatch(text.strip()):
                found += facts.find(asked, speaker=speaker, position=place)
        elif speaker:
            told = "\n".join(tools.lines_of(text)) if speaker == "tool" else text
            found += facts.find(told, speaker=speaker, position=place)
        if rounds.is_answer(entry.message):
            asked = digest.question_of(text)
    return found, asked


def _without_wishes(found: list[Fact], text: str) -> list[Fact]:
    """Without what a standing wish says already, which can be taken back."""
    if not any(fact.kind in WISHED for fact in found):
        return found
    wished = [wish.text for wish in standing.wishes(text, 0)]
    return [f for f in found if f.kind not in WISHED or not any(f.value in w for w in wished)]
