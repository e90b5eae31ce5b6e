"""The plan: what of a conversation is sent, and when rounds are folded.

A payload is `system prompt | head | whole rounds since the cut | recall | newest messages`. The
head holds the digest of the rounds folded last and the facts of all, recall what the newest message
needs of the rest; both are marked as data and never in the system role. Between two cuts a payload
differs from the one before at its end alone, so that the provider's own prefix cache goes on
hitting.

**When to cut.** Carrying old rounds costs a little more each turn; cutting costs the tokens that go
cold, once. So cutting starts a cycle, and the best cycle is the one with the least mean cost a
turn; carrying on is right while its own least mean cost from here on is lower. For costs that grow
by (1-d)r a round after a price of dM this gives the known optimum n* = sqrt(2dM / ((1-d)r)), and no
constant is needed for a provider's minimum prefix, write price, hit rate or cache life: they are in
the costs. Where nothing is cached every turn cuts down to the last two rounds, and so does a chat
that is still too short to be cached; once it is long enough and that pays, folded rounds are
carried word for word again. A chat that is cheapest sent whole is sent whole.

Everything here is pure: for a list and a price the stand-in is always the same, byte for byte,
whether it was kept up turn by turn or built from the whole list.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service import tokens
from service.context import head, needs, rounds
from service.context.costs import least_mean_cost
from service.context.recall import Index
from service.context.rounds import Entry, WireMessage, messages_of, tokens_of
from service.context.stand_in import Plan, StandIn
from service.prices import Price

KEPT_ROUNDS = 2
"""Rounds that a cut always leaves raw."""
WINDOW_SHARE = 0.9
"""How full a payload may make the model's window; the answer needs room too."""
RECALL_RENT = 30
"""Tokens that recall costs a turn, on the average, once anything is folded."""
RECALL_TOKENS = 950
"""What recall may fetch at most."""
LEAST_GAIN = 1.03
"""How much dearer going on must be than starting a new cycle: a chat may end before that pays."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What is sent: messages, their tokens by our count, and the stand-in to keep afterwards.

    The first `stable` messages begin the next payload too, unless that cuts. `is_whole` says that
    nothing is left out.
    """

    messages: list[WireMessage]
    tokens: int
    stand_in: StandIn
    stable: int = 0
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What a plan is made for: the messages that stand in every layout, and what they cost.

    `idle` says that the provider's cache of the last payload has gone.
    """

    system: Sequence[Entry]
    newest: Sequence[Entry]
    price: Price
    idle: bool = False

    @property
    def around(self) -> int:
        """Tokens of what is the same in every layout."""
        return tokens_of(self.system) + tokens_of(self.newest) + tokens.REPLY_PRIMING

    @property
    def room(self) -> float:
        """Tokens that a payload may take."""
        return self.price.context_window * WINDOW_SHARE

    @property
    def is_well_cached(self) -> bool:
        """Does the provider ask little for what it keeps?"""
        return self.price.discount * self.price.cache_hit_rate >= head.WELL_CACHED

    def cold_cost(self, size: int, growth: float) -> float:
        """The least mean cost of turns that start with a payload of which only the system prompt
        is like the last one, with the margin that a new cycle must gain."""
        warm = 0 if self.idle else tokens_of(self.system)
        return LEAST_GAIN * least_mean_cost(size, warm, growth, self.price)


def plan(stand_in: StandIn, tail: Sequence[Entry], turn: Turn) -> Payload:
    """The payload after a prefix; `tail` is the prefix since the stand-in's cut."""
    carried = _Layout(stand_in, tail, turn)
    chosen = carried
    parts = rounds.split(tail)
    if len(parts) > KEPT_ROUNDS:
        growth = tokens_of(tail) / len(parts)
        rent = RECALL_RENT if carried.is_whole else 0
        warm = 0 if turn.idle else stand_in.plan.warm
        carrying = least_mean_cost(carried.tokens, warm, growth, turn.price)
        if carried.tokens > turn.room:
            carrying = math.inf

        def mean_cost(layout: _Layout) -> float:
            return turn.cold_cost(layout.tokens, growth)

        # Finding facts is the dear part: first ask whether a cut would pay with no new ones.
        sizes = _sizes(carried.tokens, parts)
        keeps = [n for n in _keeps(sizes, turn.price) if sizes[n] < carried.tokens]
        keeps = [n for n in keeps if turn.cold_cost(sizes[n], growth) + rent <= carrying]
        folded = min(_folds(stand_in, parts, turn, keeps), key=mean_cost, default=carried)
        if folded.tokens < carried.tokens and mean_cost(folded) + rent <= carrying:
            chosen = folded
    if chosen.tokens > turn.room:
        chosen = _fitted(stand_in, parts, turn)
    return chosen.payload()


def may_reach_back(payload: Payload, tail: Sequence[Entry], prefix_tokens: int, turn: Turn) -> bool:
    """Would it pay to carry folded rounds again, as the chat is now long enough to be cached?

    `tail` is what the payload was planned with, `prefix_tokens` are those of the whole prefix,
    without the system's messages.
    """
    least = turn.price.min_cacheable_tokens
    if payload.is_whole or payload.tokens >= least or prefix_tokens + turn.around < least:
        return False
    growth = tokens_of(tail) / (len(rounds.split(tail)) or 1)
    return turn.cold_cost(int(least + growth), growth) < payload.tokens


def reaching_back(payload: Payload, prefix: Sequence[Entry], turn: Turn) -> Payload:
    """The payload with as many rounds of the whole prefix as make it long enough to be cached, if
    that pays."""
    parts = rounds.split(prefix)
    layout = _Layout(StandIn(), prefix, turn)
    growth = tokens_of(prefix) / len(parts)
    sizes = _sizes(layout.tokens, parts)
    head_tokens = max(0, payload.tokens - sizes[min(KEPT_ROUNDS, len(parts) - 1)])
    for keep in range(KEPT_ROUNDS + 1, len(parts)):
        if sizes[keep] + head_tokens >= turn.price.min_cacheable_tokens:
            (folded,) = _folds(StandIn(), parts, turn, [keep])
            if folded.tokens >= turn.price.min_cacheable_tokens:
                layout = min(folded, layout, key=lambda one: one.tokens)
                break
    return layout.payload() if turn.cold_cost(layout.tokens, growth) < payload.tokens else payload


def wants_recall(payload: Payload, turn: Turn) -> bool:
    """May the newest message need something of the folded rounds?"""
    return not payload.is_whole and needs.may_need(_question(turn))


def with_recall(payload: Payload, index: Index, turn: Turn) -> Payload:
    """The payload with what the index finds, if anything, in front of the newest messages."""
    question = _question(turn)
    present = "\n".join(map(rounds.text_of, payload.messages)).removesuffix(question)
    if not (found := index.find(question, present, RECALL_TOKENS)):
        return payload
    block = head.recalled(found)
    size = payload.tokens + tokens.count_message(block)
    if size > turn.room:
        return payload
    place = len(payload.messages) - len(turn.newest)
    messages = [*payload.messages[:place], block, *payload.messages[place:]]
    return Payload(messages, size, payload.stand_in, stable=place)


def is_dearer_than_whole(payload: Payload, prefix_tokens: int, turn: Turn) -> bool:
    """Does a payload that is not cached take more, with what was fetched back, than everything?"""
    price = turn.price
    is_cached = price.discount > 0 and payload.tokens >= price.min_cacheable_tokens
    return not is_cached and payload.tokens > prefix_tokens + turn.around


def sent_whole(payload: Payload, prefix: Sequence[Entry], turn: Turn) -> Payload:
    """Everything for once; what is kept stays as it was planned."""
    messages = messages_of([*turn.system, *prefix, *turn.newest])
    size = tokens_of(prefix) + turn.around
    return Payload(messages, size, payload.stand_in, len(messages), is_whole=True)


def rebuild(system: Sequence[Entry], prefix: Sequence[Entry], price: Price) -> StandIn:
    """The stand-in of a whole prefix, as if each of its rounds had been planned in turn."""
    stand_in, tail, before = StandIn(), list[Entry](), 0
    for number, entries in enumerate(parts := rounds.split(prefix)):
        if question := [entry for entry in entries if not rounds.is_answer(entry.message)]:
            turn = Turn(system, question, price)
            payload = plan(stand_in, tail, turn)
            can_shorten = rounds.can_shorten(messages_of(question))
            if can_shorten and may_reach_back(payload, tail, before, turn):
                tail = [entry for part in parts[:number] for entry in part]
                payload = reaching_back(payload, tail, turn)
            stand_in = payload.stand_in
        tail = [entry for entry in (*tail, *entries) if entry.anchor > stand_in.plan.cut]
        before += tokens_of(entries)
    return stand_in


class _Layout:
    """Head and tail of a payload."""

    def __init__(
        self, stand_in: StandIn, tail: Sequence[Entry], turn: Turn, *, shows_head: bool = True
    ) -> None:
        self._stand_in = stand_in
        self._tail = tail
        self._turn = turn
        told = head.head(stand_in.digest, stand_in.facts, is_full=stand_in.plan.is_full)
        self._head = told if shows_head else None
        head_tokens = tokens.count_message(self._head) if self._head else 0
        self.tokens = turn.around + head_tokens + tokens_of(tail)

    @property
    def is_whole(self) -> bool:
        return self._stand_in.plan.cut == 0

    def payload(self) -> Payload:
        """What is sent, and kept: the provider will have seen all of it but recall."""
        entries = [*self._tail, *self._turn.newest]
        said = [*([self._head] if self._head else []), *messages_of(entries)]
        messages = [*messages_of(self._turn.system), *said]
        plan = replace(self._stand_in.plan, warm=self.tokens)
        after = replace(self._stand_in, plan=plan)
        return Payload(messages, self.tokens, after, len(messages), self.is_whole)


def _sizes(carried: int, parts: Sequence[Sequence[Entry]]) -> list[int]:
    """What a payload would take that kept so many of the last rounds, and folded the others."""
    sizes = [carried - sum(map(tokens_of, parts))]
    for entries in reversed(parts[1:]):
        sizes.append(sizes[-1] + tokens_of(entries))
    return sizes


def _keeps(sizes: Sequence[int], price: Price) -> list[int]:
    """How many rounds a cut may keep: as few as it must, or as many as make the payload long
    enough for the provider to keep it, so that the very next one is read from its cache."""
    enough = [n for n, size in enumerate(sizes) if size >= price.min_cacheable_tokens]
    longer = [n for n in enough[:1] if n > KEPT_ROUNDS and price.discount > 0]
    return [*longer, KEPT_ROUNDS]


def _fitted(stand_in: StandIn, parts: Sequence[Sequence[Entry]], turn: Turn) -> _Layout:
    """What the model's window takes: fewer raw rounds, at last none, and then no head either."""
    keeps = range(min(KEPT_ROUNDS, len(parts) - 1), -1, -1)
    for layout in _folds(stand_in, parts, turn, keeps):
        if layout.tokens <= turn.room:
            return layout
    old = [entry for entries in parts for entry in entries]
    plan = Plan(old[-1].anchor if old else stand_in.plan.cut)
    return _Layout(stand_in.folding(old, plan), (), turn, shows_head=False)


def _folds(
    stand_in: StandIn, parts: Sequence[Sequence[Entry]], turn: Turn, keeps: Iterable[int]
) -> Iterator[_Layout]:
    """The layouts that keep so many of the last rounds, each fewer than the one before: what the
    others held joins what is known.

    All of the digest is in the head where the provider keeps the payload and asks little for that.
    """
    start = 0
    for keep in keeps:
        split = len(parts) - keep
        old = [entry for entries in parts[start:split] for entry in entries]
        kept = [entry for entries in parts[split:] for entry in entries]
        stand_in, start = stand_in.folding(old, Plan(old[-1].anchor, is_full=True)), split
        full = _Layout(stand_in, kept, turn) if turn.is_well_cached else None
        if full and full.tokens >= turn.price.min_cacheable_tokens:
            yield full
        else:
            yield _Layout(replace(stand_in, plan=Plan(old[-1].anchor)), kept, turn)


def _question(turn: Turn) -> str:
    return "\n".join(rounds.text_of(entry.message) for entry in turn.newest)
