"""The stand-in: what is kept of a prefix, so that the next turn need not read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.context import facts, head, rounds
from service.context.facts import Fact
from service.context.rounds import Entry

FACTS_REMEMBERED = 200
"""The most facts that a stand-in carries, newest first; what it leaves out is in the transcript."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a prefix is laid out. `cut` is the anchor of the last folded message (0: none); `warm`
    the tokens of the last payload by our count, of which a provider that caches has seen as much;
    `is_full` says that the head shows all of the digest.
    """

    cut: int = 0
    warm: int = 0
    is_full: bool = False

    def to_json(self) -> list[int]:
        return [self.cut, self.warm, int(self.is_full)]

    @classmethod
    def from_json(cls, value: Sequence[int]) -> Plan:
        cut, warm, *full = value
        return cls(cut, warm, bool(full and full[0]))


@dataclass(frozen=True, slots=True)
class StandIn:
    """What is kept of a prefix: its plan, the facts of its folded messages, newest first, and the
    digest of its folded rounds, oldest first. `label` is what the last folded answer asked."""

    plan: Plan = field(default_factory=Plan)
    facts: tuple[Fact, ...] = ()
    digest: tuple[str, ...] = ()
    label: str = ""

    def folding(self, entries: Sequence[Entry], plan: Plan) -> StandIn:
        """With these messages, whole rounds, folded too."""
        known = facts.merge(self.facts, _facts_of(entries))[:FACTS_REMEMBERED]
        return StandIn(plan, known, *head.digested(self.digest, self.label, rounds.read(entries)))

    def to_json(self) -> dict[str, Any]:
        return {
            "plan": self.plan.to_json(),
            "facts": [fact.to_json() for fact in self.facts],
            "digest": [self.label, *self.digest],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StandIn:
        label, *lines = map(str, value["digest"])
        return cls(
            Plan.from_json(value["plan"]),
            tuple(Fact.from_json(fact) for fact in value["facts"]),
            tuple(lines),
            label,
        )


def remember(prefix: Iterable[Entry], plan: Plan) -> StandIn:
    """The stand-in of a prefix whose plan is known: its facts and its digest, found again."""
    return StandIn().folding([entry for entry in prefix if entry.anchor <= plan.cut], plan)


def _facts_of(entries: Iterable[Entry]) -> list[Fact]:
    return [
        fact
        for entry in entries
        if entry.message.get("role") == "user"
        for fact in facts.find(
            rounds.text_of(entry.message), speaker="customer", position=entry.anchor
        )
    ]
