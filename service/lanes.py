"""Who waits for what in a session: the batch of messages that is next to be answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from service.errors import RecapError
from service.events import Live
from service.storage.records import Message

LONGEST_SETTLING = 3.0
"""What a waiting turn waits for silence at most, in units of that silence."""


@dataclass(frozen=True, slots=True)
class Directives:
    """What requests said in Cache-Control about stored rows."""

    no_cache: bool = False
    no_store: bool = False

    def __or__(self, other: Directives) -> Directives:
        return Directives(self.no_cache or other.no_cache, self.no_store or other.no_store)


@dataclass(slots=True)
class Batch:
    """Messages that one turn answers. `done` is set when the turn has been committed.

    `may_hand_over` is off where a live agent, or the customer, has just called the bot back.
    """

    messages: list[Message]
    directives: Directives
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    may_hand_over: bool = True
    live: Live | None = None
    last_arrival: float = 0.0

    def end(self, error: RecapError | None = None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
            return
        self.done.set_exception(error)
        self.done.exception()  # whoever hung up won't ask for it


@dataclass(slots=True)
class Lane:
    """A session that is being answered: the batch that waits, and what was dropped in a row."""

    waiting: Batch | None = None
    superseded: int = 0
    directives: Directives = field(default_factory=Directives)

    async def settle(self, silence: float) -> None:
        """Wait until the customer has been quiet for a moment, in seconds."""
        time = asyncio.get_running_loop().time
        latest = time() + LONGEST_SETTLING * silence
        while self.waiting is not None:
            quiet_at = min(self.waiting.last_arrival + silence, latest)
            if (left := quiet_at - time()) <= 0:
                return
            await asyncio.sleep(left)
