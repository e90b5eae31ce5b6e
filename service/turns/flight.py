"""Single-flight: one call that any number of askers share.

A flight is the call's growing record: its chunks from the first on, then its answer or its error.
Whoever joins late reads the record from the start. The call belongs to no asker: it goes on when
the first one leaves, and an error is shared by those who wait but never kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from service.completion import Body, Chunk
from service.prefix import PrefixHash


@dataclass(frozen=True, slots=True)
class Landed:
    """A finished call: its body, when its first token came, and whether a stored row gave it."""

    body: Body
    first_token_at: int | None = None
    stored: bool = False


@dataclass(slots=True)
class Flight:
    """One call under way. `names` are what it can be joined under."""

    names: list[PrefixHash]
    chunks: list[Chunk] = field(default_factory=list)
    landed: Landed | None = None
    error: Exception | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)
        self._wake()

    def land(self, landed: Landed) -> None:
        self.landed = landed
        self._wake()

    def fail(self, error: Exception) -> None:
        self.error = error
        self._wake()

    async def result(self) -> Landed:
        """The finished call. Raises what the call raised."""
        while self.landed is None:
            if self.error is not None:
                raise self.error
            await self._changed.wait()
        return self.landed

    async def follow(self) -> AsyncIterator[Chunk]:
        """Every chunk from the first on, as they come. Raises what the call raised in its place."""
        sent = 0
        while True:
            while sent < len(self.chunks):
                yield self.chunks[sent]
                sent += 1
            if self.landed is not None:
                return
            if self.error is not None:
                raise self.error
            await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Flights:
    """The calls under way, by key."""

    def __init__(self, key_bytes: int = 32) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._key_bytes = key_bytes

    def join(self, name: PrefixHash) -> tuple[Flight | None, bool]:
        """The flight of that very name, if one is under way; and whether another has its key."""
        flight = self._flights.get(name.key[: self._key_bytes])
        if flight is None:
            return None, False
        known = {(own.check, own.count) for own in flight.names}
        return (flight, False) if (name.check, name.count) in known else (None, True)

    def take_off(self, name: PrefixHash) -> Flight:
        """A new flight under that name, unless the key is taken: then one that nobody can join."""
        flight = Flight([])
        self.offer(flight, name)
        return flight

    def offer(self, flight: Flight, name: PrefixHash) -> None:
        """Let a flight be joined under this name too, unless the key is taken."""
        flight.names.append(name)
        self._flights.setdefault(name.key[: self._key_bytes], flight)

    def forget(self, flight: Flight) -> None:
        for name in flight.names:
            key = name.key[: self._key_bytes]
            if self._flights.get(key) is flight:
                del self._flights[key]
