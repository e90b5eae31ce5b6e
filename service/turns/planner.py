"""From an ask to its payload: the stand-in, kept or rebuilt, and what to keep for the next turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from service import completion, ids, tokens
from service.completion import Body
from service.context import layout, memo, rounds
from service.context.layout import Payload, Turn
from service.context.recall import Index
from service.context.rounds import Entry, WireMessage
from service.context.stand_in import StandIn, remember
from service.model.provider_cache import ProviderCaches, Sent
from service.prefix import PrefixHash
from service.prices import Price, PriceList
from service.storage.ledger import Layout, Status
from service.storage.prefix_cache import CacheEntry, PrefixCache
from service.storage.provider_caches import LearnedCaches
from service.turns import cache_marks
from service.turns.ask import Ask
from service.turns.indexes import Indexes

ECHOED = ("role", "content", "refusal", "name", "tool_calls", "function_call", "audio")
"""What every client sends back of a reply; some leave out what else a provider put into it."""
LONG = 200
"""Messages from which on a rebuild leaves the event loop to others."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a turn sends, and what the ledger and the next turn will want to know of it.

    `status` is what the look-up of the prefix came to. `messages` are the payload's as they are
    sent, `hints` the fields that go with them. Tokens are our counts: `full_tokens` the whole
    list's, `full_warm` how much of that a provider that is sent everything would have seen by now,
    `prefix_tokens` the prefix's without the messages that the list begins with in the system's
    role; of the payload's the provider should have `expected` in its cache, 0 if it was kept too
    short for that, None if that cannot be said. `measure` says what a cut is counted in: a
    session's seqs, or a list's indexes at its model's price and the provider's hits as known.
    """

    payload: Payload
    status: Status
    messages: Sequence[WireMessage]
    hints: dict[str, Any]
    full_tokens: int
    full_warm: int
    prefix_tokens: int
    expected: int | None
    measure: str

    @property
    def layout(self) -> Layout:
        return "full" if self.payload.is_whole else "checkpoint"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a prefix: its stand-in, its messages since the cut, and its tokens."""

    status: Status
    stand_in: StandIn
    tail: list[Entry]
    tokens: int


class Planner:
    """Looks prefixes up and plans payloads by the model's price."""

    def __init__(
        self,
        cache: PrefixCache,
        prices: PriceList,
        learned: LearnedCaches,
        clock: ids.Clock = ids.now,
    ) -> None:
        self._cache = cache
        self._prices = prices
        self._learned = learned
        self._clock = clock
        self._indexes = Indexes()
        self._providers = ProviderCaches()

    async def open(self) -> None:
        """Read what was learned when a server last ran."""
        self._providers = ProviderCaches(await self._learned.read())

    def price(self, ask: Ask) -> Price:
        """What the price file says."""
        return self._prices.price(str(ask.request["model"]))

    async def learn(self, ask: Ask, planned: Planned, cached_tokens: int | None) -> None:
        """The provider answered, and says how much it found in its cache; None: it does not say."""
        model, price = str(ask.request["model"]), self.price(ask)
        self._providers.sent(ask.conversation, _sent(ask, planned.payload, self._clock()))
        if cached_tokens is None or planned.expected is None:
            return
        found = {"expected": planned.expected, "cached": cached_tokens}
        if (share := self._providers.learn(model, price, **found)) is not None:
            await self._learned.hold(model, share)

    async def plan(self, ask: Ask) -> Planned:
        """The payload by the price as it is known, and all that goes with it."""
        price = self._providers.known(str(ask.request["model"]), self.price(ask))
        known = await self._known(ask, price)
        turn = _turn(ask, price)
        if ask.can_shorten:
            past = _Past(ask, self._indexes)
            payload = await layout.lay_out(known.stand_in, known.tail, known.tokens, turn, past)
        else:
            payload = layout.sent_whole(StandIn(), await ask.tail(0), turn)
            after = known.stand_in.plan.after_whole(payload.tokens)
            payload = replace(payload, stand_in=StandIn(after))
        hints, messages = _marked(ask, payload, price)
        before = turn.preamble + known.tokens
        full = before + ask.newest_tokens + tokens.REPLY_PRIMING
        return Planned(
            payload,
            status=known.status if ask.can_shorten else "bypass",
            messages=messages,
            hints=hints,
            full_tokens=full,
            full_warm=0 if turn.idle else _seen_whole(turn, known),
            prefix_tokens=known.tokens,
            expected=self._expected(ask, payload, full, price),
            measure=_measure(ask, price),
        )

    def _expected(self, ask: Ask, payload: Payload, full_tokens: int, price: Price) -> int | None:
        """As in `Planned`; a list that is too short itself says nothing either."""
        messages, now = payload.messages, self._clock()
        expected = self._providers.expected(
            ask.conversation, _before_messages(ask), messages, price, now
        )
        return None if full_tokens < price.min_cacheable_tokens else expected

    def forget(self, session_id: str) -> None:
        """An erased session is forgotten here too."""
        self._indexes.forget(session_id)
        self._providers.forget(session_id)
        memo.forget()

    async def _known(self, ask: Ask, price: Price) -> _Known:
        """The prefix's stand-in and its messages since the cut.

        A session's own plan counts: a row that somebody with the same words but another cut has
        written is a miss, and so is one whose cut was counted or priced in another way.
        """
        kept = ask.session.plan if ask.session else None
        measure = _measure(ask, price)
        cached = await self._cache.get("stand_in", ask.before, ask.tenant.id, _measured)
        if cached is not None and cached.value[1] == measure:
            stand_in = cached.value[0]
            if kept is None or kept.cut == stand_in.plan.cut:
                stand_in = replace(stand_in, plan=kept or stand_in.plan)
                tail = await ask.tail(stand_in.plan.cut)
                return _Known("hit", stand_in, tail, cached.tokens)
        everything = await ask.tail(0)
        if kept is not None:
            build = partial(remember, everything, kept)
        else:
            build = partial(layout.rebuilt, ask.system, everything, price, ask.tools_tokens)
        stand_in = build() if len(everything) < LONG else await asyncio.to_thread(build)
        tail = [entry for entry in everything if entry.anchor > stand_in.plan.cut]
        return _Known("miss", stand_in, tail, rounds.tokens_of(everything))


class _Past:
    """The prefix of an ask, as far back as a layout asks for."""

    def __init__(self, ask: Ask, indexes: Indexes) -> None:
        self._ask = ask
        self._indexes = indexes

    async def messages(self) -> list[Entry]:
        return await self._ask.tail(0)

    async def index(self, cut: int) -> Index:
        return await self._indexes.of(self._ask, cut)


def _turn(ask: Ask, price: Price) -> Turn:
    length = ask.question_length
    return Turn(
        system=ask.system,
        question=ask.newest[:length],
        price=price,
        loop=ask.newest[length:],
        instructions=ask.instructions,
        tools=ask.tools_tokens,
        mark=ask.mark,
        idle=ask.session.idle if ask.session else False,
        alternates=ask.session is not None,
    )


def _seen_whole(turn: Turn, known: _Known) -> int:
    """Tokens that a provider that is sent everything has seen of a list: all up to the newest
    answer or call, which it has said itself."""
    calls = [n for n, entry in enumerate(turn.loop) if rounds.is_call(entry.message)]
    if calls:
        since = [*turn.question, *turn.loop[: calls[-1]]]
        return turn.preamble + known.tokens + rounds.tokens_of(since)
    return turn.preamble + known.tokens - known.tail[-1].tokens if known.tail else 0


def _marked(
    ask: Ask, payload: Payload, price: Price
) -> tuple[dict[str, Any], Sequence[WireMessage]]:
    """What tells the provider what to keep, unless the caller does that."""
    if not ask.can_shorten or any(name in ask.request for name in cache_marks.OWN):
        return {}, payload.messages
    return cache_marks.hints(payload, ask.conversation, price), cache_marks.marked(payload, price)


def _sent(ask: Ask, payload: Payload, now: int) -> Sent:
    """What the next payload of this conversation should begin with."""
    is_stable = payload.stable == len(payload.messages)
    return Sent.of(
        payload.messages,
        before=_before_messages(ask),
        stable=payload.stable,
        tokens=payload.tokens
        if is_stable
        else payload.tokens - tokens.count_messages(payload.messages[payload.stable :]),
        opening=len(ask.system),
        opening_tokens=ask.system_tokens + ask.tools_tokens,
        at=now,
    )


def _before_messages(ask: Ask) -> str:
    """What a provider's cache holds in front of a list: other tools are another prefix."""
    return repr([ask.request.get(name) for name in ("model", "tools", "functions")])


def stand_in_entry(ask: Ask, planned: Planned, body: Body) -> list[CacheEntry]:
    """The rows for the list with its answer, which is what the next turn will look for.

    A turn whose answer calls a tool goes on: what comes next looks for the same prefix again.
    """
    if ask.no_store:
        return []
    names: dict[PrefixHash, Body] = {}
    for reply in _replies(ask, body):
        plain = {field: reply[field] for field in ECHOED if field in reply}
        names |= {ask.named_with(said): said for said in (plain, reply)}
    return [
        CacheEntry(
            "stand_in",
            name,
            ask.tenant.id,
            ask.session.id if ask.session else None,
            planned.payload.stand_in.to_json() | {"measure": planned.measure},
            planned.prefix_tokens + ask.newest_tokens + tokens.count_message(said),
        )
        for name, said in names.items()
    ]


def _replies(ask: Ask, body: Body) -> list[Body]:
    """The answers that a next turn may go on from."""
    if ask.session is not None:
        text = completion.text_of(body)
        # handed over without a word: the list ends here
        return [{"role": "assistant", "content": text}] if text.strip() else []
    said = [choice.get("message") or {} for choice in body["choices"]]
    return [reply for reply in said if rounds.is_answer(reply)]


def reply_entry(ask: Ask, planned: Planned, name: PrefixHash, body: Body) -> list[CacheEntry]:
    """The row for the answer itself, if it is whole and may be given again."""
    if ask.no_store or not completion.is_whole(body):
        return []
    session_id = ask.session.id if ask.session else None
    return [CacheEntry("reply", name, ask.tenant.id, session_id, body, planned.full_tokens)]


def _measured(value: dict[str, Any]) -> tuple[StandIn, str]:
    return StandIn.from_json(value), str(value["measure"])


def _measure(ask: Ask, price: Price) -> str:
    return "" if ask.session else f"{ask.request['model']} {price.cache_hit_rate}"
