"""Recap's own layout, by the functions that the server plans with.

As with a session, each turn starts from the stand-in that the turn before left. Whole replies that
the server would give again without a call are not credited: each recorded reply was paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service import prefix, tokens
from service.context import planning, rounds
from service.context.planning import Turn
from service.context.recall import Index
from service.context.rounds import Entry, WireMessage, tokens_of
from service.context.stand_in import StandIn
from service.prefix import Canonical
from service.prices import Price
from service.replay.billing import Call
from service.replay.layouts import History, Sent, Thread

_ASKED = {"role": "user", "content": ""}


class Recap:
    """Head, whole rounds since the cut, recall."""

    name = "recap"
    title = "Recap"
    caches = True

    def __init__(self, price: Price) -> None:
        self._price = price
        self._stored: set[bytes] = set()

    def open(self, system: Sequence[Entry]) -> Thread:
        return RecapThread(system, self._price, self._stored)


class RecapThread(History):
    """One conversation; `stored` are the names of the prefixes that have a stand-in."""

    def __init__(self, system: Sequence[Entry], price: Price, stored: set[bytes]) -> None:
        super().__init__(system)
        self.price = price
        self.tail: list[Entry] = []
        self._stored = stored
        self._stand_in = StandIn()
        self._index, self._indexed = Index(), 0
        self._is_plain = True
        self._canonical = Canonical()
        self._name = prefix.root("replay")
        self._name_on(system)

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        turn = self.turn(newest, idle=idle)
        payload = planning.plan(self._stand_in, self.tail, turn)
        hit = self._name.key in self._stored
        if not (self._is_plain and _can_shorten(newest)):
            return Sent([*self.system, *self.said, *newest], hit=hit, after=payload.stand_in)
        if planning.may_reach_back(payload, self.tail, tokens_of(self.said), turn):
            payload = planning.reaching_back(payload, self.said, turn)
        if planning.wants_recall(payload, turn):
            index = self._index_up_to(payload.stand_in.plan.cut)
            payload = planning.with_recall(payload, index, turn)
            if planning.is_dearer_than_whole(payload, tokens_of(self.said), turn):
                payload = planning.sent_whole(payload, self.said, turn)
        sizes = {id(e.message): e.tokens for e in (*self.system, *self.said, *newest)}
        messages = [
            Entry(message, sizes.get(id(message)) or tokens.count_message(message), 0)
            for message in payload.messages
        ]
        return Sent(messages, hit=hit, after=payload.stand_in)

    def turn(self, newest: Sequence[Entry], *, idle: bool) -> Turn:
        """What is planned for."""
        return Turn(self.system, newest, self.price, idle)

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        calls = super().close(sent, newest, reply)
        if rounds.is_answer(reply.message):
            self._stand_in = sent.after
            self.tail = [e for e in self.said if e.anchor > self._stand_in.plan.cut]
            self._stored.add(self._name.key)
        return calls

    def add(self, entries: Sequence[Entry]) -> None:
        super().add(entries)
        self.tail += entries
        self._is_plain = self._is_plain and _can_shorten(entries)
        self._name_on(entries)

    def _name_on(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._name = prefix.extend(self._name, self._canonical(entry.message))

    def _index_up_to(self, cut: int) -> Index:
        if self._indexed > cut:
            self._index, self._indexed = Index(), 0
        folded = [e for e in self.said[self._indexed :] if e.anchor <= cut]
        for whole in rounds.read(folded):
            self._index.add(whole)
        self._indexed = cut
        return self._index


def _can_shorten(entries: Iterable[Entry]) -> bool:
    """May a list with these messages after its first ones, and a question at its end, be cut?"""
    messages: list[WireMessage] = [_ASKED, *(entry.message for entry in entries)]
    if rounds.is_answer(messages[-1]):
        messages.append(_ASKED)
    return rounds.can_shorten(messages)
