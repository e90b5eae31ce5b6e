"""The desk: every live agent's socket is told how things are, and then what happens.

Push is only a hint. What agents must not miss is in the table: messages are read from there by
cursor, owners come with their epoch. What is pushed to a socket before its snapshot is out waits
until it is, so that snapshot and events together are always the state.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from service.desk import frames
from service.desk.hub import Follow, Hub, Line
from service.desk.protocol import HEARTBEAT_SECONDS
from service.errors import NotFound, RecapError
from service.events import OWNER, Channels, Follower, Place
from service.metrics import Metrics
from service.storage.agents import Agent
from service.storage.records import OwnerChange, Session
from service.storage.storage import Storage

log = logging.getLogger(__name__)

NEVER = 24 * 3600.0
"""Seconds between an idle follower's looks at the table; it is woken when there is something."""


class Desk:
    """Connects live agents, and tells them, and the customers who wait, of changes."""

    def __init__(
        self,
        channels: Channels,
        storage: Storage,
        metrics: Metrics,
        *,
        capacity: int | None,
    ) -> None:
        """`capacity` is how many sessions an agent may have that has no limit of its own."""
        self.hub = Hub(metrics)
        self._channels = channels
        self._sessions = storage.sessions
        self._inbox = storage.inbox
        self._agents = storage.agents
        self._metrics = metrics
        self._capacity = capacity
        self._refreshing: dict[str, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        channels.on_owner_change(self._changed)

    async def connect(self, agent: Agent, close: Callable[[int], None]) -> Line:
        """Open a line: hello, snapshot, and then what happens. The caller disconnects it."""
        line = Line(agent, close)
        is_new = self.hub.enter(line)
        line.outbox.push(frames.encode(self._hello(agent)))
        try:
            if is_new:
                await self._agents.seen([agent.id])
                self.tell_presence(agent, self.hub.status(agent.id))
            await self._send_snapshot(line)
        except BaseException:
            await self.disconnect(line)
            raise
        return line

    async def disconnect(self, line: Line) -> None:
        """Close a line. From its agent's last one on, the grace period runs."""
        for session_id in list(line.follows):
            self.unfollow(line, session_id)
        self._metrics.frames_dropped.inc(line.outbox.dropped)
        if self.hub.leave(line):
            await self._agents.seen([line.agent.id])

    def follow(self, line: Line, session_id: str, after: int, *, own_since: int = 0) -> None:
        """Tell a line what it missed of a session since `after`, and then what happens in it.

        `own_since` is the epoch from which it is its agent's, where that is why.
        """
        self.unfollow(line, session_id)
        task = asyncio.create_task(self._follow(line, session_id, after), name="follow")
        line.follows[session_id] = Follow(task, own_since > 0, own_since)

    def unfollow(self, line: Line, session_id: str) -> None:
        """Tell it no more."""
        if follow := line.follows.pop(session_id, None):
            follow.task.cancel()

    def tell_presence(self, agent: Agent, status: str) -> None:
        """A live agent came, went or changed its status: colleagues and customers hear of it."""
        frame = {"type": "agent.presence", "agent": frames.agent(agent), "status": status}
        self.hub.publish(agent.tenant_id, frame, droppable=True)
        self._refresh(agent.tenant_id)

    def tell_erased(self, session: Session) -> None:
        """A session was erased: it leaves the lists, and the queue moves up."""
        if session.owner != "bot":
            self.hub.publish(session.tenant_id, frames.erased(session))
            self._refresh(session.tenant_id)

    async def standing(self, session_id: str) -> dict[str, Any]:
        """Who answers a session, as its customer is told. Raises NotFound."""
        found = await self._sessions.get(session_id)
        if found is None:
            raise NotFound
        session = found[0]
        is_person = session.owner not in frames.OWNERS
        agent = await self._agents.get(session.owner) if is_person else None
        return {
            "owner": session.owner,
            "agent": {"name": agent.name} if agent else None,
            "position": await self._inbox.position(session),
            "agents_online": self.hub.count_online(session.tenant_id),
        }

    def drain(self) -> None:
        """Tell every line that the server is about to restart."""
        frame = frames.encode({"type": "draining"})
        for line in self.hub.every_line():
            line.outbox.push(frame, droppable=True)

    async def close(self, code: int, seconds: float) -> None:
        """End every line, and wait so long for them to be gone."""
        for line in self.hub.every_line():
            line.close(code)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.hub.emptied.wait(), seconds)

    def _hello(self, agent: Agent) -> frames.Frame:
        status = self.hub.status(agent.id)
        capacity = agent.capacity or self._capacity
        shown = frames.agent(agent) | {"status": status, "capacity": capacity}
        return {"type": "hello", "agent": shown, "heartbeat": HEARTBEAT_SECONDS}

    async def _send_snapshot(self, line: Line) -> None:
        agent = line.agent
        own = await self._inbox.owned(agent.tenant_id, agent.id)
        queue = await self._inbox.owned(agent.tenant_id, "waiting")
        here = self.hub.here(agent.tenant_id)
        line.outbox.push(frames.encode(frames.snapshot(queue, own, here)))
        for owned in own:
            session = owned.session
            self.follow(line, session.id, session.last_seq, own_since=session.epoch)
        held, line.held = line.held or [], None
        for frame, change in held:
            line.outbox.push(frame)
            if change is not None:
                self._follow_owner(line, change)

    def _changed(self, change: OwnerChange) -> None:
        session = change.session
        self._metrics.owner_changes.labels(change.activity.content).inc()
        self.hub.publish(session.tenant_id, frames.owner_changed(change), change=change)
        for line in self.hub.lines(session.tenant_id):
            if line.held is None:
                self._follow_owner(line, change)
        if "waiting" in (session.owner, change.was):
            self._refresh(session.tenant_id)

    def _follow_owner(self, line: Line, change: OwnerChange) -> None:
        """By epoch: an older change may be told after a newer one, or after the snapshot."""
        session, is_own = change.session, change.session.owner == line.agent.id
        follow = line.follows.get(session.id)
        if is_own and follow is None:
            self.follow(line, session.id, change.activity.seq, own_since=session.epoch)
        elif not is_own and follow and follow.is_own and session.epoch > follow.epoch:
            self.unfollow(line, session.id)

    async def _follow(self, line: Line, session_id: str, after: int) -> None:
        follower = Follower(
            self._channels, self._sessions, session_id, Place(after), listener=line.agent.id
        )
        try:
            async for event in follower.events(NEVER):
                frame = frames.of_event(session_id, event) if event else None
                if frame is not None:
                    await line.outbox.put(frames.encode(frame))
        except RecapError as error:  # whoever comes back by cursor has missed nothing
            self._metrics.errors.labels("follow").inc()
            log.error("a session could not be followed", extra={"action": "follow_failed"})
            log.debug("why", exc_info=error)
            line.close(1011)
            return
        line.follows.pop(session_id, None)
        if not self._channels.closed:
            gone = {"type": "resync_required", "session_id": session_id, "reason": "erased"}
            await line.outbox.put(frames.encode(gone))

    def _refresh(self, tenant_id: str) -> None:
        """Have the customers who wait look at their place again; once for any number of changes."""
        if tenant_id in self._refreshing:
            self._refreshing[tenant_id] = True
            return
        self._refreshing[tenant_id] = False
        task = asyncio.create_task(self._tell_waiting(tenant_id), name="tell-waiting")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_waiting(self, tenant_id: str) -> None:
        try:
            is_wanted = True
            while is_wanted:
                self._refreshing[tenant_id] = False
                for owned in await self._inbox.owned(tenant_id, "waiting"):
                    if self._channels.has_listeners(owned.session.id):
                        self._channels.sign(owned.session.id, OWNER)
                is_wanted = self._refreshing[tenant_id]
        except RecapError:
            self._metrics.errors.labels("queue").inc()
            log.exception("the queue could not be told", extra={"action": "queue_failed"})
        finally:
            del self._refreshing[tenant_id]
