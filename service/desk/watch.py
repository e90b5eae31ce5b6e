"""What has to happen by itself: leases renewed, sessions of lost agents taken back, lines closed.

An agent's lease is `agents.seen_at` in the table, so it outlives this process and is right for
several of them: whoever looks finds whom nobody has seen for the grace period.
"""

from __future__ import annotations

import asyncio
import logging

from service import ids
from service.desk.desk import Desk
from service.events import Channels
from service.metrics import Metrics
from service.storage.storage import Storage

log = logging.getLogger(__name__)

REVOKED, TOO_SLOW = 4003, 4008
LOOKS_A_GRACE = 4
"""How often in a grace period everything is looked at, a second apart at most."""
LEASES_A_GRACE = 3
PAUSE_SECONDS, SPREAD_SECONDS = 0.005, 1.0
"""The pause after each line that is closed and each agent who has gone, so that many at once hold
up nobody else; and how long all of them may take."""
_OVERLAP = 10 * ids.SECOND  # a revocation may be committed a little after its time


class Watch:
    """Looks again and again. `grace` is in seconds."""

    def __init__(
        self,
        *,
        desk: Desk,
        channels: Channels,
        storage: Storage,
        metrics: Metrics,
        grace: float,
        clock: ids.Clock = ids.now,
    ) -> None:
        self._desk = desk
        self._hub = desk.hub
        self._channels = channels
        self._agents = storage.agents
        self._handovers = storage.handovers
        self._metrics = metrics
        self._grace = grace
        self._clock = clock
        self._started_at = clock()
        self._leased_at = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._task = asyncio.create_task(self._run(), name="desk-watch")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._grace / LOOKS_A_GRACE))
            for look in (self._lines, self._presences, self._leases, self._revoked, self._lost):
                try:
                    await look()
                except Exception:
                    self._metrics.errors.labels("watch").inc()
                    log.exception("a look failed", extra={"action": "watch_failed"})

    async def _lines(self) -> None:
        slow = [line for line in self._hub.every_line() if line.outbox.is_too_slow()]
        for line in slow:
            line.close(TOO_SLOW)
            await _pause(len(slow))

    async def _presences(self) -> None:
        gone = self._hub.newly_gone(self._grace)
        for agent in gone:
            self._desk.tell_presence(agent, "offline")
            await _pause(len(gone))

    async def _leases(self) -> None:
        if self._clock() - self._leased_at >= self._micros(self._grace / LEASES_A_GRACE):
            self._leased_at = self._clock()
            if connected := self._hub.connected():
                await self._agents.seen(connected)

    async def _revoked(self) -> None:
        for agent_id in await self._agents.revoked_since(self._clock() - _OVERLAP):
            for line in self._hub.lines_of(agent_id):
                line.close(REVOKED)

    async def _lost(self) -> None:
        """Agents who were here when the last process ended get the grace period to come back."""
        grace = self._micros(self._grace)
        now = self._clock()
        unseen_since = now - grace if now - self._started_at >= grace else 0
        while changes := await self._handovers.take_back(unseen_since):
            for change in changes:
                self._channels.announce(change)

    @staticmethod
    def _micros(seconds: float) -> int:
        return int(seconds * ids.SECOND)


async def _pause(count: int) -> None:
    await asyncio.sleep(min(PAUSE_SECONDS, SPREAD_SECONDS / count))
