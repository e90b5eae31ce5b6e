"""Ways of laying out a prompt, each told a conversation turn by turn.

A layout opens a thread for each conversation. A thread is asked for the payload of the newest
messages, which changes nothing (so that a probe can be asked beside the conversation), and is then
told how the request was answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from service.context import rounds
from service.context.rounds import Entry
from service.replay.billing import Call

CHUNK_FROM: Final = 30
CHUNK_TO: Final = 10
"""Rounds at which the chunked window is cut, and rounds that it keeps then."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A payload. `hit`: the layout's own cache knew the prefix; `is_foreign`: it sends what another
    conversation was answered; `after` is for the thread itself."""

    messages: list[Entry]
    hit: bool = False
    is_foreign: bool = False
    after: Any = None


class Thread(Protocol):
    """One conversation under a layout."""

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        """The payload for the newest messages; `idle`: the provider's cache has run out."""

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        """The request was answered; returns the calls that the layout makes for itself then."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Said without a request to the model, such as a greeting."""


class Layout(Protocol):
    """A way of laying out prompts; what it learns, its next conversations may use."""

    name: str
    title: str
    caches: bool
    """Is it billed with the provider's cache?"""

    def open(self, system: Sequence[Entry]) -> Thread:
        """A new conversation under the system's messages."""


class History:
    """What every thread keeps: the rounds so far."""

    def __init__(self, system: Sequence[Entry]) -> None:
        self.system = list(system)
        self.said: list[Entry] = []

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        """A reply that asks something of a tool ends no round: it comes again with the newest."""
        if rounds.is_answer(reply.message):
            self.add([*newest, reply])
        return ()

    def add(self, entries: Sequence[Entry]) -> None:
        self.said.extend(entries)


class Full:
    """Everything, each time."""

    def __init__(self, name: str, title: str, *, caches: bool) -> None:
        self.name, self.title, self.caches = name, title, caches

    def open(self, system: Sequence[Entry]) -> Thread:
        return _FullThread(system)


class _FullThread(History):
    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        return Sent([*self.system, *self.said, *newest])


class Window:
    """The system's messages and the last rounds: up to `most`, cut down to `kept` beyond that.

    A sliding window keeps what it had at most; a chunked one keeps less, so that between two cuts
    it only grows at its end.
    """

    caches = True

    def __init__(self, name: str, title: str, most: int, kept: int | None = None) -> None:
        self.name, self.title = name, title
        self._most = most
        self._kept = most if kept is None else kept

    def open(self, system: Sequence[Entry]) -> Thread:
        return _WindowThread(system, self._most, self._kept)


class _WindowThread(History):
    def __init__(self, system: Sequence[Entry], most: int, kept: int) -> None:
        super().__init__(system)
        self._most = most
        self._kept = kept

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        return Sent([*self.system, *self.said, *newest])

    def add(self, entries: Sequence[Entry]) -> None:
        super().add(entries)
        parts = rounds.split(self.said)
        if len(parts) > self._most:
            self.said = [e for whole in parts[len(parts) - self._kept :] for e in whole]
