"""From an ask to its payload: the stand-in, kept or rebuilt, and what to keep for the next turn."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from service import cache_marks, completion, tokens
from service.ask import Ask
from service.completion import Body
from service.context import planning
from service.context.planning import Payload, Turn
from service.context.rounds import Entry, WireMessage
from service.context.stand_in import StandIn, remember
from service.hit_rates import HitRates
from service.indexes import Indexes
from service.prefix import PrefixHash
from service.prices import Price, PriceList
from service.storage.ledger import Layout, Status
from service.storage.prefix_cache import CacheEntry, PrefixCache

ECHOED = ("role", "content", "refusal", "name", "tool_calls", "function_call", "audio")
"""What every client sends back of a reply; some leave out what else a provider put into it."""
LONG = 200
"""Messages from which on a rebuild leaves the event loop to others."""


@dataclass(slots=True)
class Course:
    """What a turn finds out on its way. Tokens are our counts; times are microseconds.

    `full_tokens` is the whole list, `full_warm` how much of it a provider that is sent everything
    would have seen the turn before, `prefix_tokens` the prefix without the system's messages.
    `messages` are the payload's as they are sent, `hints` the fields that go with them; of the
    payload's tokens the provider should have `expected` in its cache.
    """

    id: str
    started_at: int
    status: Status = "miss"
    layout: Layout = "full"
    full_tokens: int = 0
    full_warm: int = 0
    prefix_tokens: int = 0
    payload: Payload = field(default_factory=lambda: Payload([], 0, StandIn()))
    messages: list[WireMessage] = field(default_factory=list)
    hints: dict[str, Any] = field(default_factory=dict)
    expected: int = 0
    called: bool = False


class Planner:
    """Looks prefixes up and plans payloads by the model's price."""

    def __init__(self, cache: PrefixCache, prices: PriceList) -> None:
        self._cache = cache
        self._prices = prices
        self._indexes = Indexes()
        self._hit_rates = HitRates()

    def price(self, ask: Ask) -> Price:
        """What the price file says."""
        return self._prices.price(str(ask.request["model"]))

    def learn(self, ask: Ask, course: Course, cached_tokens: int | None) -> None:
        """The provider answered, and says how much it found in its cache; None: it does not say."""
        model, price = str(ask.request["model"]), self.price(ask)
        if ask.session and cached_tokens is not None and price.discount:
            found = {"expected": course.expected, "cached": cached_tokens}
            self._hit_rates.learn(model, price, **found)

    async def plan(self, ask: Ask, course: Course) -> None:
        """Put the payload on the course, and what the ledger will want to know."""
        price = self.price(ask)
        if ask.session:  # a list's plan is the list's and the price file's alone
            price = self._hit_rates.known(str(ask.request["model"]), price)
        stand_in, tail = await self._stand_in(ask, course, price)
        idle = ask.session.idle if ask.session else False
        turn = Turn(ask.system, ask.newest, price, idle)
        payload = planning.plan(stand_in, tail, turn)
        if ask.can_shorten:
            if planning.may_reach_back(payload, tail, course.prefix_tokens, turn):
                payload = planning.reaching_back(payload, await ask.tail(0), turn)
            if planning.wants_recall(payload, turn):
                index = await self._indexes.of(ask, payload.stand_in.plan.cut)
                payload = planning.with_recall(payload, index, turn)
                if planning.is_dearer_than_whole(payload, course.prefix_tokens, turn):
                    payload = planning.sent_whole(payload, await ask.tail(0), turn)
            self._mark(ask, course, payload, price)
            course.expected = _expected(course, turn, stand_in, payload)
        before = ask.system_tokens + course.prefix_tokens
        course.full_tokens = before + ask.newest_tokens + tokens.REPLY_PRIMING
        course.full_warm = 0 if idle or not tail else before - tail[-1].tokens
        if not ask.can_shorten:
            course.status = "bypass"
            messages = [e.message for e in (*ask.system, *await ask.tail(0), *ask.newest)]
            payload = replace(payload, messages=messages, tokens=course.full_tokens)
        elif not payload.is_whole:
            course.layout = "checkpoint"
        course.payload = payload
        course.messages = course.messages or payload.messages

    def _mark(self, ask: Ask, course: Course, payload: Payload, price: Price) -> None:
        """Tell the provider what to keep, unless the caller does that."""
        if not any(name in ask.request for name in cache_marks.OWN):
            course.hints = cache_marks.hints(payload, ask.conversation, price)
            course.messages = cache_marks.marked(payload, price)

    def forget(self, session_id: str) -> None:
        """An erased session is forgotten here too."""
        self._indexes.forget(session_id)

    async def _stand_in(
        self, ask: Ask, course: Course, price: Price
    ) -> tuple[StandIn, list[Entry]]:
        """The prefix's stand-in and its messages since the cut.

        A session's own plan counts: a row that somebody with the same words but another cut has
        written is a miss, and so is one whose cut was counted or priced in another way.
        """
        kept = ask.session.plan if ask.session else None
        cached = await self._cache.get("stand_in", ask.before, ask.tenant.id, _measured)
        if cached is not None and cached.value[1] == _measure(ask):
            stand_in = cached.value[0]
            if kept is None or kept.cut == stand_in.plan.cut:
                course.status = "hit"
                course.prefix_tokens = cached.tokens
                stand_in = replace(stand_in, plan=kept or stand_in.plan)
                return stand_in, await ask.tail(stand_in.plan.cut)
        everything = await ask.tail(0)
        course.prefix_tokens = sum(entry.tokens for entry in everything)
        if kept is not None:
            build = partial(remember, everything, kept)
        else:
            build = partial(planning.rebuild, ask.system, everything, price)
        stand_in = build() if len(everything) < LONG else await asyncio.to_thread(build)
        return stand_in, [e for e in everything if e.anchor > stand_in.plan.cut]


def _expected(course: Course, turn: Turn, kept: StandIn, payload: Payload) -> int:
    """Tokens that the provider's cache should hold: all of the last payload, unless rounds were
    folded since, nobody knows what was sent, or it has long been idle."""
    is_grown = course.status == "hit" and kept.plan.cut == payload.stand_in.plan.cut
    warm = kept.plan.warm if is_grown and not turn.idle else 0
    return warm if turn.price.discount and warm >= turn.price.min_cacheable_tokens else 0


def stand_in_entry(ask: Ask, course: Course, body: Body) -> list[CacheEntry]:
    """The row for the list with its answer, which is what the next turn will look for."""
    if ask.no_store or len(body["choices"]) != 1:
        return []
    reply = completion.message_of(body)
    if ask.session is not None:
        reply = {"role": "assistant", "content": completion.text_of(body)}
        if not completion.text_of(body).strip():  # handed over without a word: the list ends here
            return []
    plain = {field: reply[field] for field in ECHOED if field in reply}
    names = {ask.named_with(said): said for said in (plain, reply)}
    return [
        CacheEntry(
            "stand_in",
            name,
            ask.tenant.id,
            ask.session.id if ask.session else None,
            course.payload.stand_in.to_json() | {"measure": _measure(ask)},
            course.prefix_tokens + ask.newest_tokens + tokens.count_message(said),
        )
        for name, said in names.items()
    ]


def reply_entry(ask: Ask, course: Course, name: PrefixHash, body: Body) -> list[CacheEntry]:
    """The row for the answer itself, if it is whole and may be given again."""
    if ask.no_store or not completion.is_whole(body):
        return []
    session_id = ask.session.id if ask.session else None
    return [CacheEntry("reply", name, ask.tenant.id, session_id, body, course.full_tokens)]


def _measured(value: dict[str, Any]) -> tuple[StandIn, str]:
    return StandIn.from_json(value), str(value["measure"])


def _measure(ask: Ask) -> str:
    """What a cut is counted in: a session's seqs, or a list's indexes at its model's price."""
    return "" if ask.session else str(ask.request["model"])
