"""Who is connected: the open sockets, by tenant and by live agent, and how each agent stands.

A connected agent is online until it says otherwise, and what it said outlives a broken line by
the grace period.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from service.desk import frames
from service.desk.frames import Frame
from service.desk.outbox import Outbox
from service.desk.protocol import Status
from service.metrics import Metrics
from service.storage.agents import Agent
from service.storage.records import OwnerChange

GONE_SECONDS = 2.0
"""How long an agent without a socket still counts as there: a page being loaded again."""


@dataclass(slots=True)
class Follow:
    """A session that a socket follows; by itself where it is the agent's own, since `epoch`."""

    task: asyncio.Task[None]
    is_own: bool
    epoch: int


@dataclass(slots=True, eq=False)
class Line:
    """One open socket of a live agent.

    `held` are changes that came before the snapshot was sent, None from then on. `close` ends the
    socket with a code; whoever calls it first says with which.
    """

    agent: Agent
    close: Callable[[int], None]
    outbox: Outbox = field(default_factory=Outbox)
    follows: dict[str, Follow] = field(default_factory=dict)
    held: list[tuple[bytes, OwnerChange | None]] | None = field(default_factory=list)


@dataclass(slots=True)
class Presence:
    """A live agent who is there, or was a moment ago."""

    agent: Agent
    status: Status = "online"
    lines: set[Line] = field(default_factory=set)
    gone_at: float = 0.0
    is_told_gone: bool = False

    def is_here(self, now: float) -> bool:
        return bool(self.lines) or now - self.gone_at < GONE_SECONDS


class Hub:
    """Sockets and presence. Times are of a monotonic clock, in seconds."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._presences: dict[str, Presence] = {}
        self._lines: dict[str, set[Line]] = {}
        self.emptied = asyncio.Event()
        self.emptied.set()

    def enter(self, line: Line) -> bool:
        """A socket opened; True where its agent was not there before."""
        agent = line.agent
        presence = self._presences.setdefault(agent.id, Presence(agent, gone_at=-GONE_SECONDS))
        is_new = not presence.is_here(self._clock()) or presence.is_told_gone
        presence.agent = agent
        presence.lines.add(line)
        presence.is_told_gone = False
        self._lines.setdefault(agent.tenant_id, set()).add(line)
        self.emptied.clear()
        self._metrics.agent_sockets.inc()
        return is_new

    def leave(self, line: Line) -> bool:
        """A socket closed; True where it was its agent's last."""
        agent = line.agent
        presence = self._presences[agent.id]
        presence.lines.discard(line)
        presence.gone_at = self._clock()
        lines = self._lines[agent.tenant_id]
        lines.discard(line)
        if not lines:
            del self._lines[agent.tenant_id]
        if not self._lines:
            self.emptied.set()
        self._metrics.agent_sockets.dec()
        return not presence.lines

    def lines(self, tenant_id: str) -> tuple[Line, ...]:
        """The open sockets of a tenant's agents."""
        return tuple(self._lines.get(tenant_id, ()))

    def every_line(self) -> Iterator[Line]:
        """The open sockets of everybody."""
        for lines in list(self._lines.values()):
            yield from list(lines)

    def lines_of(self, agent_id: str) -> tuple[Line, ...]:
        """The open sockets of one agent."""
        presence = self._presences.get(agent_id)
        return tuple(presence.lines) if presence else ()

    def connected(self) -> list[str]:
        """Agents with an open socket, by id."""
        return [agent_id for agent_id, presence in self._presences.items() if presence.lines]

    def status(self, agent_id: str) -> Status:
        return self._presences[agent_id].status

    def set_status(self, agent_id: str, status: Status) -> None:
        self._presences[agent_id].status = status

    def is_here(self, agent_id: str, tenant_id: str) -> bool:
        """Is this agent of the tenant connected, online or away?"""
        presence = self._presences.get(agent_id)
        if presence is None or presence.agent.tenant_id != tenant_id:
            return False
        return presence.is_here(self._clock())

    def here(self, tenant_id: str) -> list[Frame]:
        """A tenant's agents who are there, by name, with their status."""
        now = self._clock()
        found = [
            presence
            for presence in self._presences.values()
            if presence.agent.tenant_id == tenant_id and presence.is_here(now)
        ]
        found.sort(key=lambda presence: (presence.agent.name, presence.agent.id))
        return [frames.agent(p.agent) | {"status": p.status} for p in found]

    def count_online(self, tenant_id: str) -> int:
        """How many could take a customer now."""
        return sum(shown["status"] == "online" for shown in self.here(tenant_id))

    def newly_gone(self, forget_after: float) -> list[Agent]:
        """Agents who are there no longer, each told once; forgotten after so many seconds."""
        now = self._clock()
        gone = []
        for agent_id, presence in list(self._presences.items()):
            if presence.is_here(now):
                continue
            if not presence.is_told_gone:
                presence.is_told_gone = True
                gone.append(presence.agent)
            if now - presence.gone_at >= forget_after:
                del self._presences[agent_id]
        return gone

    def publish(
        self,
        tenant_id: str,
        frame: Frame,
        *,
        change: OwnerChange | None = None,
        droppable: bool = False,
    ) -> None:
        """Push a frame to every socket of a tenant's agents; after its snapshot, if that is still
        on its way. What may be dropped is in the snapshot then."""
        encoded = frames.encode(frame)
        for line in self.lines(tenant_id):
            if line.held is None:
                line.outbox.push(encoded, droppable=droppable)
            elif not droppable:
                line.held.append((encoded, change))
