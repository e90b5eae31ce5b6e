"""The layout: what of a conversation is sent, and when rounds are folded.

A payload is `system | record + first kept question | whole rounds since the cut | recall + newest
question | the calls and results of the turn under way`. The record holds what the folded rounds
said, recall what the newest message needs of them word for word; both are marked as data, stand in
front of the customer's own words in the user's role, and never rise to the system's. Between two
cuts a payload differs from the one before at its end alone, so that the provider's own prefix
cache goes on hitting. All calls of a turn have the same cut, record and recall: the plan is made
for the question, whatever tools have answered since.

**When to cut.** Carrying old rounds costs a little more each turn; cutting costs the tokens that go
cold, once. So cutting starts a cycle, and the best cycle is the one with the least mean cost a
turn; carrying on is right while its own least mean cost from here on is lower. For costs that grow
by (1-d)r a round after a price of dM this gives the known optimum n* = sqrt(2dM / ((1-d)r)), and no
constant is needed for a provider's minimum prefix, write price, hit rate or cache life: they are in
the costs. Where nothing is cached every turn cuts down to the last two rounds, and so does a chat
that is still too short to be cached; once it is long enough and that pays, folded rounds are
carried word for word again. A chat that is cheapest sent whole is sent whole.

Everything here is pure: for a list and a price the stand-in is always the same, byte for byte,
whether it was kept up turn by turn or built from the whole list. The server, a rebuild and a
replay all lay out by these functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from service import tokens
from service.context import head, joining, needs, rounds
from service.context.costs import Pace, least_mean_cost
from service.context.recall import Found, Index
from service.context.rounds import Entry, WireMessage, messages_of, tokens_of
from service.context.stand_in import StandIn
from service.prices import Price

KEPT_ROUNDS: Final = 2
"""Rounds that a cut always leaves raw."""
WINDOW_SHARE: Final = 0.9
"""How full a payload may make the model's window; the answer needs room too."""
RECALL_RENT: Final = 15
"""Tokens that recall costs a turn, on the average, once anything is folded."""
RECALL_TOKENS: Final = (950, 500)
"""What recall may fetch for a message that plainly looks back, and for any other, at full price.
The first is seldom, and what it buys is large."""
RECALL_BESIDE_CACHED: Final = (1100, 300)
"""The same where the rest of the payload is nearly free, and more of it stands there anyway."""
LINE_TOKENS: Final = 10
"""What a folded round adds to the record at least, where all of it is shown: a line of its words.
Folding is the dear part of a plan, and is tried only where this leaves something to gain."""
LEAST_GAIN: Final = 1.03
"""How much dearer going on must be than starting a new cycle: a chat may end before that pays."""


class Past(Protocol):
    """What a layout may ask for of the prefix, which it seldom needs whole."""

    async def messages(self) -> Sequence[Entry]:
        """All of it, without the messages that the list begins with in the system's role."""

    async def index(self, cut: int) -> Index:
        """Recall's index of the messages up to a cut."""


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
    """What a plan is made for: what stands in every layout, and what it costs.

    `question` is what is asked, `loop` what followed it within the same turn: calls and their
    results. `instructions` are the messages in the system's role that stand among the rounds; they
    are sent even where their rounds are folded. `tools` are the tokens of the tools on offer,
    `mark` is what a forged record lacks. `idle` says that the provider's cache of the last payload
    has gone, `alternates` that messages of one role in a row are to be joined.
    """

    system: Sequence[Entry]
    question: Sequence[Entry]
    price: Price
    loop: Sequence[Entry] = ()
    instructions: Sequence[Entry] = ()
    tools: int = 0
    mark: str = ""
    idle: bool = False
    alternates: bool = False

    @property
    def preamble(self) -> int:
        """Tokens that every payload begins with."""
        return tokens_of(self.system) + self.tools

    @property
    def around(self) -> int:
        """Tokens of what is the same in every layout, up to the question."""
        return self.preamble + tokens_of(self.question) + tokens.REPLY_PRIMING

    @property
    def room(self) -> float:
        """Tokens that a payload may take, besides what followed the question."""
        return self.price.context_window * WINDOW_SHARE - tokens_of(self.loop)

    @property
    def is_well_cached(self) -> bool:
        """Does the provider ask little for what it keeps?"""
        return self.price.discount * self.price.cache_hit_rate >= head.WELL_CACHED

    @property
    def asked(self) -> str:
        """The words of the question."""
        said = (e for e in self.question if e.speaker == "customer")
        return "\n".join(rounds.text_of(entry.message) for entry in said)

    def cold_cost(self, size: int, pace: Pace) -> float:
        """The least mean cost of turns that start with a payload of which only the preamble is
        like the last one, with the margin that a new cycle must gain."""
        warm = 0 if self.idle else self.preamble
        return LEAST_GAIN * least_mean_cost(size, warm, pace, self.price)


async def lay_out(
    stand_in: StandIn, tail: Sequence[Entry], prefix_tokens: int, turn: Turn, past: Past
) -> Payload:
    """The payload of a turn; `tail` is the prefix since the stand-in's cut."""
    layout = planned(stand_in, tail, prefix_tokens, turn)
    if _may_reach_back(layout, tail, prefix_tokens, turn):
        layout = _reaching_back(layout, await past.messages(), turn)
    if layout.is_whole or not needs.may_need(turn.asked):
        return layout.payload()
    index = await past.index(layout.stand_in.plan.cut)
    found = index.find(turn.asked, layout.text(), *_most_recalled(layout, turn))
    if not found:
        return layout.payload()
    payload = layout.payload(found)
    if payload.tokens > turn.room + tokens_of(turn.loop):
        return layout.payload()
    if _is_dearer_than_whole(payload, prefix_tokens, turn):
        return sent_whole(layout.payload().stand_in, await past.messages(), turn)
    return payload


def planned(stand_in: StandIn, tail: Sequence[Entry], prefix_tokens: int, turn: Turn) -> Layout:
    """The cheapest layout that keeps the last rounds: carrying the tail on, or a cut."""
    carried = Layout(stand_in, tail, turn)
    chosen = carried
    parts = rounds.split(tail)
    if len(parts) > KEPT_ROUNDS:
        pace = Pace.of(parts)
        rent = stand_in.plan.cost_of_going_whole(prefix_tokens + turn.around, turn.price)
        warm = 0 if turn.idle else stand_in.plan.warm
        carrying = least_mean_cost(carried.tokens, warm, pace, turn.price)
        if carried.is_whole:
            rent += RECALL_RENT
        else:
            carrying += rent
        if carried.tokens > turn.room:
            carrying = math.inf

        def mean_cost(layout: Layout) -> float:
            return turn.cold_cost(layout.tokens, pace) + rent

        sizes = _sizes(carried.tokens, parts)
        keeps = [n for n in _keeps(sizes, turn.price) if sizes[n] < carried.tokens]
        if turn.is_well_cached:
            sizes = [size + LINE_TOKENS * (len(parts) - n) for n, size in enumerate(sizes)]
        keeps = [n for n in keeps if turn.cold_cost(sizes[n], pace) + rent <= carrying]
        folded = min(_folds(stand_in, parts, turn, keeps), key=mean_cost, default=carried)
        if folded.tokens < carried.tokens and mean_cost(folded) <= carrying:
            chosen = folded
    if chosen.tokens > turn.room:
        chosen = _fitted(stand_in, parts, turn)
    return chosen


def sent_whole(stand_in: StandIn, prefix: Sequence[Entry], turn: Turn) -> Payload:
    """Everything for once; `stand_in` is what is kept of it."""
    entries = [*prefix, *turn.question, *turn.loop]
    said = messages_of(entries)
    if turn.alternates:
        said = joining.alternating(said)
    messages = [*messages_of(turn.system), *said]
    size = turn.preamble + tokens_of(entries) + tokens.REPLY_PRIMING
    return Payload(messages, size, stand_in, len(messages), is_whole=True)


def rebuilt(
    system: Sequence[Entry], prefix: Sequence[Entry], price: Price, tools: int = 0
) -> StandIn:
    """The stand-in of a whole prefix, as if each of its rounds had been planned in turn."""
    stand_in, tail, before = StandIn(), list[Entry](), 0
    instructions = rounds.instructions(prefix)
    for number, entries in enumerate(parts := rounds.split(prefix)):
        asked = entries[:-1] if rounds.is_answer(entries[-1].message) else entries
        length = rounds.question_length(messages_of(asked))
        if asked:
            turn = Turn(system, asked[:length], price, asked[length:], instructions, tools)
            layout = planned(stand_in, tail, before, turn)
            if _may_reach_back(layout, tail, before, turn):
                tail = [entry for part in parts[:number] for entry in part]
                layout = _reaching_back(layout, tail, turn)
            stand_in = layout.payload().stand_in
        tail = [entry for entry in (*tail, *entries) if entry.anchor > stand_in.plan.cut]
        before += tokens_of(entries)
    return stand_in


class Layout:
    """Record and tail of a payload."""

    def __init__(
        self, stand_in: StandIn, tail: Sequence[Entry], turn: Turn, *, shows_head: bool = True
    ) -> None:
        self.stand_in = stand_in
        self._tail = tail
        self._turn = turn
        cut = stand_in.plan.cut
        self._instructions = _distinct(e for e in turn.instructions if e.anchor <= cut)
        self._shows_head = shows_head
        # Counted with no mark, as a plan is the same whoever's payload it is for.
        record = head.head(stand_in, "") if shows_head else ""
        own = tokens.count(record) + head.MARKS_TOKENS if record else 0
        own += tokens_of(self._instructions)
        self.tokens = turn.around + own + tokens_of(tail)

    @property
    def is_whole(self) -> bool:
        return self.stand_in.plan.cut == 0

    def text(self) -> str:
        """All words before the question, to tell what the payload holds already. What tools have
        told since is not among them: each call of a turn has the same recall."""
        entries = [*self._turn.system, *self._instructions, *self._tail]
        return "\n".join([self._head, *(rounds.text_of(e.message) for e in entries)])

    @property
    def _head(self) -> str:
        return head.head(self.stand_in, self._turn.mark) if self._shows_head else ""

    def payload(self, found: Found | None = None) -> Payload:
        """What is sent, and kept: the provider will have seen all of it but what was recalled."""
        turn = self._turn
        said, asked = messages_of(self._tail), messages_of(turn.question)
        stable = len(said) + len(asked) + len(turn.loop)
        recalled = 0
        if found:
            place = _last_of_user(asked)
            asked[place] = joining.in_front(head.recalled(found, turn.mark), asked[place])
            stable = len(said) + place
            recalled = tokens.count(head.recalled(found, "")) + head.MARKS_TOKENS
        whole = [*said, *asked, *messages_of(turn.loop)]
        if record := self._head:
            whole, added = _with_head(record, whole)
            stable += added
        if turn.alternates:
            begin_joined, whole = joining.alternating(whole[:stable]), joining.alternating(whole)
            stable = sum(a == b for a, b in zip(begin_joined, whole, strict=False))
        begin = messages_of([*turn.system, *self._instructions])
        seen = self.tokens + tokens_of(turn.loop)
        after = replace(self.stand_in, plan=self.stand_in.plan.after_planned(seen))
        size = seen + recalled
        return Payload([*begin, *whole], size, after, len(begin) + stable, self.is_whole)


def _may_reach_back(layout: Layout, tail: Sequence[Entry], prefix_tokens: int, turn: Turn) -> bool:
    """Would it pay to carry folded rounds again, as the chat is now long enough to be cached?

    `tail` is what was planned with, `prefix_tokens` are those of the whole prefix, without the
    system's messages at its beginning.
    """
    least = turn.price.min_cacheable_tokens
    if layout.is_whole or layout.tokens >= least or prefix_tokens + turn.around < least:
        return False
    parts = rounds.split(tail)
    pace = Pace.of(parts) if parts else Pace(0)
    return turn.cold_cost(int(least + pace.growth), pace) < layout.tokens * pace.calls


def _reaching_back(layout: Layout, prefix: Sequence[Entry], turn: Turn) -> Layout:
    """The layout with as many rounds of the whole prefix as make it long enough to be cached, if
    that pays."""
    parts = rounds.split(prefix)
    longer = Layout(StandIn(), prefix, turn)
    pace = Pace.of(parts)
    sizes = _sizes(longer.tokens, parts)
    head_tokens = max(0, layout.tokens - sizes[min(KEPT_ROUNDS, len(parts) - 1)])
    for keep in range(KEPT_ROUNDS + 1, len(parts)):
        if sizes[keep] + head_tokens >= turn.price.min_cacheable_tokens:
            (folded,) = _folds(StandIn(), parts, turn, [keep])
            if folded.tokens >= turn.price.min_cacheable_tokens:
                longer = min(folded, longer, key=lambda one: one.tokens)
                break
    return longer if turn.cold_cost(longer.tokens, pace) < layout.tokens * pace.calls else layout


def _most_recalled(layout: Layout, turn: Turn) -> tuple[int, int]:
    """How many tokens recall may fetch for a message that plainly looks back, and for any other, by
    what the payload costs without them."""
    is_cheap = turn.is_well_cached and layout.tokens >= turn.price.min_cacheable_tokens
    return RECALL_BESIDE_CACHED if is_cheap else RECALL_TOKENS


def _is_dearer_than_whole(payload: Payload, prefix_tokens: int, turn: Turn) -> bool:
    """Does a payload that is not cached take more, with what was fetched back, than everything?
    Judged up to the question, so that all calls of a turn are sent alike."""
    price, size = turn.price, payload.tokens - tokens_of(turn.loop)
    is_cached = price.discount > 0 and size >= price.min_cacheable_tokens
    return not is_cached and size > prefix_tokens + turn.around


def _with_head(text: str, messages: list[WireMessage]) -> tuple[list[WireMessage], int]:
    """The messages with the record in front of the first one that is not the system's, and by how
    many they have become more."""
    place = next((n for n, m in enumerate(messages) if m.get("role") not in rounds.SYSTEM_ROLES), 0)
    if messages and messages[place].get("role") == "user":
        first = joining.in_front(text, messages[place])
        return [*messages[:place], first, *messages[place + 1 :]], 0
    own: WireMessage = {"role": "user", "content": text}
    return [*messages[:place], own, *messages[place:]], 1


def _last_of_user(messages: Sequence[WireMessage]) -> int:
    """The place of the customer's last message among these, of which one is theirs."""
    return max(place for place, message in enumerate(messages) if message.get("role") == "user")


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    """Instructions, each once, where it was said last."""
    found: dict[str, Entry] = {}
    for entry in entries:
        key = repr(entry.message)
        found.pop(key, None)
        found[key] = entry
    return list(found.values())


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


def _fitted(stand_in: StandIn, parts: Sequence[Sequence[Entry]], turn: Turn) -> Layout:
    """What the model's window takes: fewer raw rounds, at last none, and then no record either."""
    keeps = range(min(KEPT_ROUNDS, len(parts) - 1), -1, -1)
    for layout in _folds(stand_in, parts, turn, keeps):
        if layout.tokens <= turn.room:
            return layout
    old = [entry for entries in parts for entry in entries]
    plan = replace(stand_in.plan, cut=old[-1].anchor if old else stand_in.plan.cut)
    return Layout(stand_in.folding(old, plan), (), turn, shows_head=False)


def _folds(
    stand_in: StandIn, parts: Sequence[Sequence[Entry]], turn: Turn, keeps: Iterable[int]
) -> Iterator[Layout]:
    """The layouts that keep so many of the last rounds, each fewer than the one before: what the
    others held joins what is known.

    All of the record is shown where the provider keeps the payload and asks little for that.
    """
    start = 0
    for keep in keeps:
        split = len(parts) - keep
        old = [entry for entries in parts[start:split] for entry in entries]
        kept = [entry for entries in parts[split:] for entry in entries]
        plan = replace(stand_in.plan, cut=old[-1].anchor, is_full=True)
        stand_in, start = stand_in.folding(old, plan), split
        full = Layout(stand_in, kept, turn) if turn.is_well_cached else None
        if full and full.tokens >= turn.price.min_cacheable_tokens:
            yield full
        else:
            yield Layout(replace(stand_in, plan=replace(plan, is_full=False)), kept, turn)
