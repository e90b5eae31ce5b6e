"""A turn under way, as those see it who listen to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from service import completion, ids
from service.completion import Body, Chunk
from service.errors import (
    ShuttingDown,
)
from service.storage.ledger import Status, TurnRow
from service.storage.records import Committed
from service.turns.ask import Ask
from service.turns.flight import Flight, Landed
from service.turns.planner import Planned


@dataclass(frozen=True, slots=True)
class Finished:
    """A turn that ended: what the model said, its ledger row, and for a session its commit."""

    body: Body
    row: TurnRow
    committed: Committed | None


class Turn:
    """A turn under way. Listening to it, or ceasing to, changes nothing for it."""

    def __init__(self, ask: Ask, started_at: int) -> None:
        self.ask = ask
        self.id = ids.new_id("turn")
        self.started_at = started_at
        self.planned: Planned | None = None
        self.called = False
        self._status: Status | None = None
        self.flight: asyncio.Future[Flight] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[Finished]

    @property
    def status(self) -> Status:
        """What the prefix cache was good for; known once there is a flight."""
        return self._status or (self.planned.status if self.planned else "miss")

    def board(self, flight: Flight, status: Status | None = None) -> None:
        """From here on there is something to listen to."""
        self._status = status
        self.flight.set_result(flight)

    def note(self, landed: Landed) -> None:
        """Who followed a look-up that was a hit has shared no call."""
        if landed.stored:
            self._status = "reuse"

    async def chunks(self) -> AsyncIterator[Chunk]:
        """The answer as it comes, from its first chunk. Raises what the turn raises."""
        flight = await self._take_off()
        spoken = False
        async for chunk in flight.follow():
            spoken = True
            yield chunk
        if not spoken:
            landed = await flight.result()
            self.note(landed)
            for chunk in completion.disassemble(landed.body, include_usage=True):
                yield chunk

    async def finished(self) -> Finished:
        """The committed answer. Raises what the turn raised, ShuttingDown if it was stopped."""
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if self.task.cancelled():
                raise ShuttingDown from None
            raise

    async def _take_off(self) -> Flight:
        waited: list[asyncio.Future[Any]] = [self.flight, self.task]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not self.flight.done():
            await self.finished()
        return self.flight.result()
