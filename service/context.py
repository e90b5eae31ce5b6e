"""What is sent in place of a prefix: the stand-in, the cut, and the payload.

A payload is `system prompt | head | whole rounds since the cut | recall | newest messages`. The
head holds the digest of the rounds folded last and the facts of all, recall what the newest message
needs of the rest; both are marked as data and never in the system role. Between two cuts a payload
differs from the one before at its end alone, so that the provider's own prefix cache goes on
hitting.

**When to cut.** Carrying old rounds costs a little more each turn; cutting costs the tokens that go
cold, once. So cutting starts a cycle, and the best cycle is the one with the least mean cost a
turn; carrying on is right while its own least mean cost from here on is lower. For costs that grow
by (1-d)r a round after a price of dM this gives the known optimum n* = sqrt(2dM / ((1-d)r)), and no
constant is needed for a provider's minimum prefix, write price or cache life: they are in the
costs. Where nothing is cached every turn cuts down to the last two rounds; a chat that is cheapest
sent whole is sent whole.

Everything here is pure: for a list and a price the stand-in is always the same, byte for byte,
whether it was kept up turn by turn or built from the whole list.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from service import facts, head, tokens
from service.facts import Fact
from service.prices import Price
from service.recall import Found, Round

KEPT_ROUNDS = 2
"""Rounds that a cut always leaves raw."""
WINDOW_SHARE = 0.9
"""How full a payload may make the model's window; the answer needs room too."""
FACTS_REMEMBERED = 200
"""The most facts that a stand-in carries, newest first; what it leaves out is in the transcript."""

SYSTEM_ROLES = frozenset({"system", "developer"})

WireMessage = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of a list, its tokens, and its place: the index from 1, or a session's seq."""

    message: WireMessage
    tokens: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`cut` is the anchor of the last folded message (0: none); `warm` the tokens of the last
    payload by our count, of which a provider that caches has seen as much."""

    cut: int = 0
    warm: int = 0

    def to_json(self) -> list[int]:
        return [self.cut, self.warm]

    @classmethod
    def from_json(cls, value: Sequence[int]) -> Plan:
        return cls(*value)


@dataclass(frozen=True, slots=True)
class StandIn:
    """What is kept of a prefix: its plan, the facts of its folded messages, newest first, and the
    digest of its folded rounds, oldest first. `label` is what the last folded answer asked."""

    plan: Plan = field(default_factory=Plan)
    facts: tuple[Fact, ...] = ()
    digest: tuple[str, ...] = ()
    label: str = ""

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


@dataclass(frozen=True, slots=True)
class Payload:
    """What is sent: messages, their tokens by our count, and the stand-in to keep afterwards.

    The first `stable` messages begin the next payload too, unless that cuts.
    """

    messages: list[WireMessage]
    tokens: int
    stand_in: StandIn
    stable: int = 0

    @property
    def is_whole(self) -> bool:
        return self.stand_in.plan.cut == 0


def plan(
    stand_in: StandIn,
    system: Sequence[Entry],
    tail: Sequence[Entry],
    newest: Sequence[Entry],
    price: Price,
    *,
    idle: bool = False,
) -> Payload:
    """The payload for `newest` after a prefix.

    `tail` is the prefix since the stand-in's cut. `idle` says that the provider's cache of the
    last payload has gone.
    """
    warm = 0 if idle else stand_in.plan.warm
    system_tokens, newest_tokens = _sum(system), _sum(newest) + tokens.REPLY_PRIMING
    around = system_tokens + newest_tokens
    carried = _Layout(stand_in, tail, around, price)
    chosen = carried
    rounds = split_rounds(tail)
    if len(rounds) > KEPT_ROUNDS:
        growth = _sum(tail) / len(rounds)
        carrying = least_mean_cost(carried.tokens, warm, growth, price)
        if carried.tokens > price.context_window * WINDOW_SHARE:
            carrying = math.inf

        def fresh(size: int) -> float:
            return least_mean_cost(size, min(warm, system_tokens), growth, price)

        def pays(size: int) -> bool:
            return size < carried.tokens and fresh(size) <= carrying

        # Finding facts is the dear part: first ask whether a cut would pay with no new ones.
        sizes = _sizes(carried.tokens, rounds)
        keep = min(_keeps(sizes, price), key=lambda keep: fresh(sizes[keep]))
        if pays(sizes[keep]):
            folded = _fold(stand_in, rounds, around, price, keep)
            chosen = folded if pays(folded.tokens) else carried
    if chosen.tokens > price.context_window * WINDOW_SHARE:
        chosen = _fitted(stand_in, rounds, around, price)
    messages = [*_messages(system), *chosen.messages(), *_messages(newest)]
    after = replace(chosen.stand_in, plan=Plan(chosen.stand_in.plan.cut, chosen.tokens))
    return Payload(messages, chosen.tokens, after, stable=len(messages))


def _sizes(carried: int, rounds: Sequence[Sequence[Entry]]) -> list[int]:
    """What a payload would take that kept so many of the last rounds, and folded the others."""
    sizes = [carried - sum(map(_sum, rounds))]
    for entries in reversed(rounds[1:]):
        sizes.append(sizes[-1] + _sum(entries))
    return sizes


def _keeps(sizes: Sequence[int], price: Price) -> list[int]:
    """How many rounds a cut may keep: as few as it must, or as many as make the payload long
    enough for the provider to keep it, so that the very next one is read from its cache."""
    enough = [n for n, size in enumerate(sizes) if size >= price.min_cacheable_tokens]
    longer = [n for n in enough[:1] if n > KEPT_ROUNDS and price.discount > 0]
    return [KEPT_ROUNDS, *longer]


def with_recall(payload: Payload, found: Found, newest: Sequence[Entry]) -> Payload:
    """The payload with what was fetched back, in front of the newest messages.

    The provider will have seen the next payload only up to there.
    """
    block = head.recalled(found)
    size = tokens.count_message(block)
    place = len(payload.messages) - len(newest)
    messages = [*payload.messages[:place], block, *payload.messages[place:]]
    warm = payload.tokens - _sum(newest) - tokens.REPLY_PRIMING
    stand_in = replace(payload.stand_in, plan=replace(payload.stand_in.plan, warm=warm))
    return Payload(messages, payload.tokens + size, stand_in, stable=place)


def rounds_of(entries: Sequence[Entry]) -> list[Round]:
    """Folded messages as recall reads them."""
    found = []
    for whole in split_rounds(entries):
        said = [text_of(e.message) for e in whole if e.message.get("role") == "user"]
        answers = [text_of(e.message) for e in whole if e.message.get("role") == "assistant"]
        found.append(Round("\n".join(said), "\n".join(answers), whole[0].anchor))
    return found


def least_mean_cost(start: int, warm: int, growth: float, price: Price) -> float:
    """The least that turns cost on the average, over any number of them, if the payload grows on.

    In input-token equivalents; the first payload has `start` tokens, of which the provider has
    seen `warm`, and each later one `growth` more. Beyond the provider's minimum each turn costs
    more than the one before, so the mean falls until the next turn would cost more than it.
    """
    best = total = price.billed(start, warm)
    turns, size = 1, float(start)
    while size < price.context_window:
        seen, size = size, size + growth
        cost = price.billed(int(size), int(seen))
        if cost >= best and (seen >= price.min_cacheable_tokens or price.discount == 0):
            break
        total, turns = total + cost, turns + 1
        best = min(best, total / turns)
    return best


def rebuild(system: Sequence[Entry], prefix: Sequence[Entry], price: Price) -> StandIn:
    """The stand-in of a whole prefix, as if each of its rounds had been planned in turn."""
    stand_in = StandIn()
    tail: list[Entry] = []
    for entries in split_rounds(prefix):
        if question := [entry for entry in entries if not is_answer(entry.message)]:
            stand_in = plan(stand_in, system, tail, question, price).stand_in
        tail = [entry for entry in (*tail, *entries) if entry.anchor > stand_in.plan.cut]
    return stand_in


def remember(prefix: Iterable[Entry], plan_kept: Plan) -> StandIn:
    """The stand-in of a prefix whose plan is known: its facts and its digest, found again."""
    folded = [entry for entry in prefix if entry.anchor <= plan_kept.cut]
    known = facts.merge((), _facts_of(folded))[:FACTS_REMEMBERED]
    return StandIn(plan_kept, known, *head.digested((), "", rounds_of(folded)))


def split_rounds(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Cut a list into rounds; each ends with an answer (the last one perhaps not)."""
    rounds: list[list[Entry]] = []
    answered = True
    for entry in entries:
        if answered:
            rounds.append([])
        rounds[-1].append(entry)
        answered = is_answer(entry.message)
    return rounds


def is_answer(message: WireMessage) -> bool:
    """Does this message end a round: the assistant's, and nothing is asked of a tool?"""
    return (
        message.get("role") == "assistant"
        and not message.get("tool_calls")
        and not message.get("function_call")
    )


def can_shorten(messages: Sequence[WireMessage]) -> bool:
    """Is it safe to leave out old rounds of this list?

    Not while a tool call is open, pictures or sounds are in play, or instructions stand between
    rounds.
    """
    started = False
    for message in messages:
        is_system = message.get("role") in SYSTEM_ROLES
        if (is_system and started) or not _is_text(message):
            return False
        started = started or not is_system
    last = messages[-1] if messages else {}
    return last.get("role") == "user"


def text_of(message: WireMessage) -> str:
    """The words of a message; parts that are not text have none."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, dict))


class _Layout:
    """Head and tail of a payload; `around` counts what is the same in every layout."""

    def __init__(self, stand_in: StandIn, tail: Sequence[Entry], around: int, price: Price) -> None:
        self.stand_in = stand_in
        self._tail = tail
        self._head = head.head(stand_in.digest, stand_in.facts, price)
        head_tokens = tokens.count_message(self._head) if self._head else 0
        self.tokens = around + head_tokens + _sum(tail)

    def messages(self) -> list[WireMessage]:
        return [*([self._head] if self._head else []), *_messages(self._tail)]


def _fitted(
    stand_in: StandIn, rounds: Sequence[Sequence[Entry]], around: int, price: Price
) -> _Layout:
    """What the model's window takes: fewer raw rounds, at last none, and then no head either."""
    for keep in range(min(KEPT_ROUNDS, len(rounds) - 1), -1, -1):
        layout = _fold(stand_in, rounds, around, price, keep)
        if layout.tokens <= price.context_window * WINDOW_SHARE:
            return layout
    cut = rounds[-1][-1].anchor if rounds else stand_in.plan.cut
    return _Layout(StandIn(Plan(cut)), (), around, price)


def _fold(
    stand_in: StandIn,
    rounds: Sequence[Sequence[Entry]],
    around: int,
    price: Price,
    keep: int = KEPT_ROUNDS,
) -> _Layout:
    """The layout with all but the last rounds folded: what they held joins what is known."""
    folded = len(rounds) - keep
    old = [entry for entries in rounds[:folded] for entry in entries]
    kept = [entry for entries in rounds[folded:] for entry in entries]
    known = facts.merge(stand_in.facts, _facts_of(old))[:FACTS_REMEMBERED]
    lines = head.digested(stand_in.digest, stand_in.label, rounds_of(old))
    after = StandIn(Plan(old[-1].anchor), known, *lines)
    return _Layout(after, kept, around, price)


def _facts_of(entries: Iterable[Entry]) -> list[Fact]:
    return [
        fact
        for entry in entries
        if entry.message.get("role") == "user"
        for fact in facts.find(text_of(entry.message), speaker="customer", position=entry.anchor)
    ]


def _is_text(message: WireMessage) -> bool:
    content = message.get("content")
    if message.get("audio"):
        return False
    if isinstance(content, list):
        return all(isinstance(p, dict) and p.get("type") == "text" for p in content)
    return True


def _messages(entries: Iterable[Entry]) -> list[WireMessage]:
    return [entry.message for entry in entries]


def _sum(entries: Iterable[Entry]) -> int:
    return sum(entry.tokens for entry in entries)
