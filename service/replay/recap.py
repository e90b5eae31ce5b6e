"""Recap's own layout, by the functions that the server plans with.

As with a session, each turn starts from the stand-in that the turn before left. Whole replies that
the server would give again without a call are not credited: each recorded reply was paid for.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Final

from service import prefix, tokens
from service.context import layout, rounds
from service.context.layout import Payload, Turn
from service.context.recall import Index
from service.context.rounds import Entry, messages_of, tokens_of
from service.context.stand_in import StandIn
from service.prefix import Canonical
from service.prices import Price
from service.replay.billing import Call
from service.replay.layouts import History, Sent, Thread

MARK: Final = "replay"
"""A mark as long as those that a server makes of a secret."""


class Recap:
    """Record, whole rounds since the cut, recall."""

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
        self._tokens = 0
        self._past = _Past(self.said)
        self._canonical = Canonical()
        self._name = prefix.root("replay")
        self._name_on(system)

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        turn = self.turn(newest, idle=idle)
        laid = layout.lay_out(self._stand_in, self.tail, self._tokens, turn, self._past)
        payload = _result(laid)
        sizes = {id(e.message): e.tokens for e in (*self.system, *self.said, *newest)}
        messages = [
            Entry(message, sizes.get(id(message)) or tokens.count_message(message), 0)
            for message in payload.messages
        ]
        return Sent(messages, hit=self._name.key in self._stored, after=payload.stand_in)

    def turn(self, newest: Sequence[Entry], *, idle: bool) -> Turn:
        """What is planned for."""
        length = rounds.question_length(messages_of(newest))
        return Turn(
            self.system,
            newest[:length],
            self.price,
            newest[length:],
            rounds.instructions(self.said),
            mark=MARK,
            idle=idle,
        )

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
        self._tokens += tokens_of(entries)
        self._name_on(entries)

    def _name_on(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._name = prefix.extend(self._name, self._canonical(entry.message))


class _Past:
    """What was said so far, and recall's index of it, kept up from cut to cut."""

    def __init__(self, said: list[Entry]) -> None:
        self._said = said
        self._index, self._indexed = Index(), 0

    async def messages(self) -> list[Entry]:
        return list(self._said)

    async def index(self, cut: int) -> Index:
        if self._indexed > cut:
            self._index, self._indexed = Index(), 0
        folded = [e for e in self._said[self._indexed :] if e.anchor <= cut]
        for whole in rounds.read(folded):
            self._index.add(whole)
        self._indexed = cut
        return self._index


def _result(coroutine: Coroutine[Any, Any, Payload]) -> Payload:
    """What a coroutine that waits for nothing returns."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        result: Payload = ended.value
        return result
    raise RuntimeError("a layout waited for something")
