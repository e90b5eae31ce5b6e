"""Recap's own layout, by the functions that the server plans with.

As with a session, each turn starts from the stand-in that the turn before left. Whole replies that
the server would give again without a call are not credited: each recorded reply was paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service import context, look_back, prefix, tokens
from service.context import Entry, Payload, StandIn, WireMessage
from service.prefix import Canonical
from service.prices import Price
from service.recall import Index
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
        payload = context.plan(
            self._stand_in, self.system, self.tail, newest, self.price, idle=idle
        )
        hit = self._name.key in self._stored
        if not (self._is_plain and _can_shorten(newest)):
            return Sent([*self.system, *self.said, *newest], hit=hit, after=payload.stand_in)
        payload = self._with_recall(payload, newest)
        sizes = {id(e.message): e.tokens for e in (*self.system, *self.tail, *newest)}
        messages = [
            Entry(message, sizes.get(id(message)) or tokens.count_message(message), 0)
            for message in payload.messages
        ]
        return Sent(messages, hit=hit, after=payload.stand_in)

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        calls = super().close(sent, newest, reply)
        if context.is_answer(reply.message):
            self._stand_in = sent.after
            self.tail = [e for e in self.tail if e.anchor > self._stand_in.plan.cut]
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

    def _with_recall(self, payload: Payload, newest: Sequence[Entry]) -> Payload:
        question = "\n".join(context.text_of(entry.message) for entry in newest)
        if payload.is_whole or not look_back.asks(question):
            return payload
        present = "\n".join(context.text_of(message) for message in payload.messages)
        index = self._index_up_to(payload.stand_in.plan.cut)
        found = index.find(question, present.removesuffix(question))
        recalled = context.with_recall(payload, found, newest) if found else payload
        fits = recalled.tokens <= self.price.context_window * context.WINDOW_SHARE
        return recalled if fits else payload

    def _index_up_to(self, cut: int) -> Index:
        if self._indexed > cut:
            self._index, self._indexed = Index(), 0
        folded = [e for e in self.said[self._indexed :] if e.anchor <= cut]
        for whole in context.rounds_of(folded):
            self._index.add(whole)
        self._indexed = cut
        return self._index


def _can_shorten(entries: Iterable[Entry]) -> bool:
    """May a list with these messages after its first ones, and a question at its end, be cut?"""
    messages: list[WireMessage] = [_ASKED, *(entry.message for entry in entries)]
    if context.is_answer(messages[-1]):
        messages.append(_ASKED)
    return context.can_shorten(messages)
