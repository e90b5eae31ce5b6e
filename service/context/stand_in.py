"""The stand-in: what is kept of a prefix, so that the next turn need not read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from service.context import digest, facts, head, rounds, slots
from service.context.rounds import Entry
from service.context.slots import Fact
from service.prices import Price

FACTS_REMEMBERED = 64
"""The most facts that a stand-in carries, newest first, twice what a head has room for; what it
leaves out is in the transcript. Its row is read and written every turn."""

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
    """What is kept of a prefix: its plan, the facts of its folded messages, newest first, and the
    digest of its folded rounds, oldest first. `asked` is the last folded answer's question."""

    plan: Plan = field(default_factory=Plan)
    facts: tuple[Fact, ...] = ()
    digest: tuple[str, ...] = ()
    asked: str = ""

    def folding(self, entries: Sequence[Entry], plan: Plan) -> StandIn:
        """With these messages, whole rounds, folded too."""
        found, asked = _facts_of(entries, self.asked)
        known = slots.merge(self.facts, found, FACTS_REMEMBERED)
        lines = head.digested(self.digest, self.asked, rounds.read(entries))
        return StandIn(plan, known, lines, asked)

    def head(self, mark: str) -> str:
        """The text that stands for the folded rounds; empty where there is nothing to say."""
        return head.head(self.digest, self.facts, mark, is_full=self.plan.is_full)

    def to_json(self) -> dict[str, Any]:
        return {
            "plan": self.plan.to_json(),
            "facts": [fact.to_json() for fact in self.facts],
            "digest": [self.asked, *self.digest],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StandIn:
        asked, *lines = map(str, value["digest"])
        return cls(
            Plan.from_json(value["plan"]),
            tuple(Fact.from_json(fact) for fact in value["facts"]),
            tuple(lines),
            asked,
        )


def remember(prefix: Iterable[Entry], plan: Plan) -> StandIn:
    """The stand-in of a prefix whose plan is known: its facts and its digest, found again."""
    return StandIn().folding([entry for entry in prefix if entry.anchor <= plan.cut], plan)


def _facts_of(entries: Iterable[Entry], asked: str) -> tuple[list[Fact], str]:
    """What customers said, and of an answer's words only what they said yes to; and the last
    question."""
    found: list[Fact] = []
    for entry in entries:
        text, place = rounds.text_of(entry.message), entry.anchor
        if entry.message.get("role") == "user":
            found += facts.find(text, speaker="customer", position=place, asked=asked)
            if asked and _YES.fullmatch(text.strip()):
                found += facts.find(asked, speaker="assistant", position=place)
        elif rounds.is_answer(entry.message):
            asked = digest.question_of(text)
    return found, asked
