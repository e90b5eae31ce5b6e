"""What live agents may do: each command is done once and answered with `result` or `error`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import orjson

from service import ids, tokens
from service.conversation import Conversations
from service.desk import frames, protocol
from service.desk.answers import Answers
from service.desk.desk import Desk
from service.desk.hub import Line
from service.desk.protocol import CURSORS, AnyCommand
from service.errors import (
    AgentOffline,
    InvalidRequest,
    NotFound,
    NotOwner,
    RecapError,
    ShuttingDown,
    StorageError,
)
from service.events import READ, TYPING, Channels
from service.metrics import Metrics
from service.storage.handovers import Words
from service.storage.records import OwnerChange, Session
from service.storage.storage import Storage
from service.storage.transitions import Cause

log = logging.getLogger(__name__)

Done = dict[str, Any]
_GIVE: dict[str, tuple[str, Cause]] = {
    "release": ("waiting", "released"),
    "return_to_bot": ("bot", "returned to bot"),
    "resolve": ("resolved", "resolved"),
}


class Commands:
    """Does what comes over the lines. A line's commands are done one after the other."""

    def __init__(
        self,
        desk: Desk,
        channels: Channels,
        storage: Storage,
        conversations: Conversations,
        metrics: Metrics,
        *,
        most_chars: int,
    ) -> None:
        """`most_chars` is the longest message in characters."""
        self._desk = desk
        self._hub = desk.hub
        self._channels = channels
        self._sessions = storage.sessions
        self._handovers = storage.handovers
        self._conversations = conversations
        self._metrics = metrics
        self._most = most_chars
        self._answers = Answers()
        self._drafting: set[asyncio.Task[None]] = set()
        self._do: dict[str, Callable[[Line, Any], Awaitable[Done]]] = {
            "claim": self._claim,
            "release": self._give,
            "return_to_bot": self._give,
            "resolve": self._give,
            "transfer": self._transfer,
            "send": self._send,
            "note": self._send,
            "typing": self._typing,
            "read": self._read,
            "draft": self._draft,
            "status": self._status,
            "ping": self._ping,
        }

    async def run(self, line: Line, raw: bytes) -> None:
        """Do one command and put its answer on the line; it never raises what it can answer."""
        try:
            command = protocol.parse(raw)
        except InvalidRequest as error:
            line.outbox.push(frames.encode(frames.error(error, _cmd_id(raw))))
            return
        if isinstance(command, protocol.Subscribe):
            try:
                await self._subscribe(line, command)
            except RecapError as error:
                line.outbox.push(frames.encode(frames.error(error, command.cmd_id)))
        elif isinstance(command, protocol.Draft):
            task = asyncio.create_task(self._answer(line, command), name="draft")
            self._drafting.add(task)
            task.add_done_callback(self._drafting.discard)
        else:
            await self._answer(line, command)

    async def close(self) -> None:
        """Finish what is being done."""
        await self._answers.settle()

    async def _answer(self, line: Line, command: AnyCommand) -> None:
        run = partial(self._run, line, command)
        if command.always_runs:
            answer = await run()
        else:
            answer = await self._answers.once(line.agent.id, command.cmd_id, run)
        line.outbox.push(answer)

    async def _run(self, line: Line, command: AnyCommand) -> bytes:
        try:
            done = await self._do[command.type](line, command)
            return frames.encode({"type": "result", "cmd_id": command.cmd_id, **done})
        except RecapError as error:
            if isinstance(error, StorageError | ShuttingDown):
                self._answers.forget(line.agent.id, command.cmd_id)  # the next try may do it
            return frames.encode(frames.error(error, command.cmd_id))
        except Exception:
            self._metrics.errors.labels("command").inc()
            log.exception("a command failed", extra={"action": "command_failed"})
            return frames.encode(frames.error(RecapError(), command.cmd_id))

    async def _subscribe(self, line: Line, command: protocol.Subscribe) -> None:
        """The answer first, then what was missed. Raises InvalidRequest, StorageError."""
        if len(line.follows.keys() | command.cursors.keys()) > CURSORS:
            raise InvalidRequest(f"cursors: a socket follows at most {CURSORS} sessions.")
        known: dict[str, int] = {}
        lost: list[dict[str, Any]] = []
        for session_id, cursor in command.cursors.items():
            if cursor is None:
                continue
            session = await self._session(line, session_id)
            if session is None or cursor > session.last_seq:
                reason = "unknown" if session is None else "ahead"
                lost.append({"type": "resync_required", "session_id": session_id, "reason": reason})
            else:
                known[session_id] = session.last_seq
        for session_id in command.cursors:
            self._desk.unfollow(line, session_id)
        result = {"type": "result", "cmd_id": command.cmd_id, "sessions": known}
        line.outbox.push(frames.encode(result))
        for frame in lost:
            line.outbox.push(frames.encode(frame))
        for session_id in known:
            self._desk.follow(line, session_id, command.cursors[session_id] or 0)

    async def _claim(self, line: Line, command: protocol.Claim) -> Done:
        claimed = await self._handovers.claim(command.session_id, line.agent.id)
        if isinstance(claimed, OwnerChange):
            return self._changed(claimed)
        return {"session": frames.mine(claimed, line.agent.name)}

    async def _give(
        self, line: Line, command: protocol.Release | protocol.ReturnToBot | protocol.Resolve
    ) -> Done:
        owner, cause = _GIVE[command.type]
        change = await self._handovers.give(command.session_id, line.agent.id, owner, cause)
        done = self._changed(change)
        if owner == "bot":
            await self._conversations.resume(command.session_id)
        return done

    async def _transfer(self, line: Line, command: protocol.Transfer) -> Done:
        await self._own(line, command.session_id)
        if not self._hub.is_here(command.agent_id, line.agent.tenant_id):
            raise AgentOffline
        return self._changed(
            await self._handovers.transfer(command.session_id, line.agent.id, command.agent_id)
        )

    def _changed(self, change: OwnerChange) -> Done:
        self._channels.announce(change)
        return {"session": frames.mine(change.session, change.name)}

    async def _send(self, line: Line, command: protocol.Send | protocol.Note) -> Done:
        if len(command.content) > self._most:
            raise InvalidRequest(f"content takes at most {self._most} characters.")
        is_note = isinstance(command, protocol.Note)
        own_id = command.client_msg_id if isinstance(command, protocol.Send) else None
        said = {"role": "assistant", "content": command.content}
        words = Words(
            content=command.content,
            tokens=0 if is_note else tokens.count_message(said),
            client_msg_id=own_id or command.cmd_id,
            is_note=is_note,
        )
        message = await self._handovers.say(command.session_id, line.agent.id, words)
        self._channels.notify(command.session_id)
        return {"message": frames.message(command.session_id, message)}

    async def _typing(self, line: Line, command: protocol.Typing) -> Done:
        session = await self._own(line, command.session_id)
        who = {"by": line.agent.id, "name": line.agent.name}
        self._channels.sign(session.id, TYPING, **who)
        return {}

    async def _read(self, line: Line, command: protocol.Read) -> Done:
        seq = await self._handovers.read(command.session_id, command.seq, line.agent.id)
        if seq is not None:
            self._channels.sign(command.session_id, READ)
        return {"seq": command.seq if seq is None else seq}

    async def _draft(self, line: Line, command: protocol.Draft) -> Done:
        await self._own(line, command.session_id)
        content = await self._conversations.draft(command.session_id)
        ready = {
            "type": "draft.ready",
            "session_id": command.session_id,
            "cmd_id": command.cmd_id,
            "content": content,
        }
        for other in self._hub.lines_of(line.agent.id):
            other.outbox.push(frames.encode(ready))
        return {"content": content}

    async def _status(self, line: Line, command: protocol.SetStatus) -> Done:
        self._hub.set_status(line.agent.id, command.status)
        self._desk.tell_presence(line.agent, command.status)
        return {"status": command.status}

    async def _ping(self, line: Line, command: protocol.Ping) -> Done:
        return {"at": ids.rfc3339(ids.now())}

    async def _own(self, line: Line, session_id: str) -> Session:
        session = await self._session(line, session_id)
        if session is None:
            raise NotFound
        if session.owner != line.agent.id:
            raise NotOwner
        return session

    async def _session(self, line: Line, session_id: str) -> Session | None:
        """A session of the agent's tenant."""
        found = await self._sessions.get(session_id)
        if found is None or found[0].tenant_id != line.agent.tenant_id:
            return None
        return found[0]


def _cmd_id(raw: bytes) -> str | None:
    """The id of a command that could not be read, as far as it could."""
    try:
        command = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    cmd_id = command.get("cmd_id") if isinstance(command, dict) else None
    return cmd_id if isinstance(cmd_id, str) else None
