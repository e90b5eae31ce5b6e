"""Who listens to a session, and what is being said in it right now.

A listener has no queue. It is told that something changed and then reads the table and the running
replies itself, so a slow one costs nothing, loses nothing durable, and sees the rest of a stream in
larger pieces.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from service import ids
from service.errors import RecapError
from service.storage.records import Message, OwnerChange
from service.storage.sessions import Sessions
from service.storage.transitions import TO_BOT

CUSTOMER = "customer"
OWNER, TYPING, READ = "owner", "typing", "read"
Standing = Callable[[], Awaitable[dict[str, Any]]]
"""Reads who answers a session now, as the customer is told."""
LIVES_KEPT = 8
"""Replies of a session whose end a listener may still have to be told."""
PAGE = 100
"""Messages that a listener holds at most while its client is slow."""
_DIGITS = 18  # more may not fit a column
_TOLD = -1


@dataclass(slots=True)
class Live:
    """A reply being written: to which message, its words so far, and how it ended.

    A reply that was committed is a message in the table; `superseded` and `error` say that there
    won't be one. `by` is the message that came before it, None for a claim.
    """

    number: int
    message: Message
    text: str = ""
    ended: bool = False
    superseded: bool = False
    by: str | None = None
    error: RecapError | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `id` None leaves a client's place as it was; `message` is what it tells of."""

    name: str
    data: Any
    id: str | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """The newest of what is not durable: somebody is typing, has read, or the owner changed.

    `by` is whose it is, who isn't told of it; `number` grows with each. Who is slow sees the last.
    """

    number: int
    by: str
    event: Event


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client stands: the newest seq it has, and how many characters (`offset`) of the
    reply `live` that is being written; 0 is none."""

    seq: int = 0
    live: int = 0
    offset: int = 0

    @classmethod
    def parse(cls, text: str) -> Place:
        """From a `Last-Event-ID`: `SEQ` or `SEQ.LIVE.OFFSET`; anything else is the start."""
        parts = text.split(".")
        if len(parts) not in (1, 3) or not all(p.isdecimal() and len(p) <= _DIGITS for p in parts):
            return cls()
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.seq}.{self.live}.{self.offset}" if self.live else str(self.seq)

    def sent_of(self, live: Live) -> int:
        """How many characters of this reply the client has."""
        return self.offset if self.live == live.number else 0


@dataclass(slots=True)
class _Channel:
    ended: bool = False
    wakes: set[asyncio.Event] = field(default_factory=set)
    lives: deque[Live] = field(default_factory=lambda: deque(maxlen=LIVES_KEPT))
    signs: dict[tuple[str, str], Sign] = field(default_factory=dict)


class Channels:
    """The sessions that are listened to or being answered."""

    def __init__(self, clock: ids.Clock = ids.now) -> None:
        self._channels: dict[str, _Channel] = {}
        self._numbers = itertools.count(clock())  # no earlier process used one of these
        self._on_owner_change: list[Callable[[OwnerChange], None]] = []
        self.closed = False

    def on_owner_change(self, callback: Callable[[OwnerChange], None]) -> None:
        """Have every change of owner told, in the order of the commits; only where the model hands
        a session over, what was committed just afterwards may be told first: look at the epoch."""
        self._on_owner_change.append(callback)

    def announce(self, change: OwnerChange) -> None:
        """A change of owner was committed: the bot's words end here, and whoever listens hears.

        The running call goes on to its end, since it is paid for; its commit will be refused.
        """
        session_id = change.session.id
        for live in self.lives(session_id):
            if not live.ended:
                live.ended = live.superseded = True
        self.sign(session_id, OWNER)
        self.notify(session_id)
        for callback in self._on_owner_change:
            callback(change)

    def sign(self, session_id: str, name: str, /, **data: Any) -> None:
        """Tell the listeners something that is gone tomorrow; who isn't there misses it.

        `by` in the data is whose sign it is.
        """
        if channel := self._channels.get(session_id):
            by = str(data.get("by"))
            channel.signs[name, by] = Sign(next(self._numbers), by, Event(name, data))
            self.notify(session_id)

    def signs(self, session_id: str, after: int) -> list[Sign]:
        """The newest signs after a number, in order."""
        channel = self._channels.get(session_id)
        newer = (s for s in channel.signs.values() if s.number > after) if channel else ()
        return sorted(newer, key=lambda sign: sign.number)

    def has_listeners(self, session_id: str) -> bool:
        channel = self._channels.get(session_id)
        return channel is not None and bool(channel.wakes)

    def newest_number(self) -> int:
        """Signs from now on have greater ones."""
        return next(self._numbers)

    def notify(self, session_id: str) -> None:
        """Something changed: wake whoever listens."""
        if channel := self._channels.get(session_id):
            for wake in channel.wakes:
                wake.set()

    def begin(self, session_id: str, message: Message) -> Live:
        live = Live(next(self._numbers), message)
        self._channels.setdefault(session_id, _Channel()).lives.append(live)
        self.notify(session_id)
        return live

    def end(self, session_id: str, live: Live) -> None:
        live.ended = True
        self.notify(session_id)
        self._tidy(session_id)

    def lives(self, session_id: str) -> Sequence[Live]:
        channel = self._channels.get(session_id)
        return tuple(channel.lives) if channel else ()

    @contextlib.contextmanager
    def listen(self, session_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever something changes; the listener clears it."""
        wake = asyncio.Event()
        self._channels.setdefault(session_id, _Channel()).wakes.add(wake)
        try:
            yield wake
        finally:
            self._channels[session_id].wakes.discard(wake)
            self._tidy(session_id)

    def end_session(self, session_id: str) -> None:
        """Let the listeners of an erased session end."""
        if channel := self._channels.get(session_id):
            channel.ended = True
            self.notify(session_id)

    def has_ended(self, session_id: str) -> bool:
        channel = self._channels.get(session_id)
        return self.closed or (channel is not None and channel.ended)

    def close(self) -> None:
        """Let every listener end."""
        self.closed = True
        for session_id in list(self._channels):
            self.notify(session_id)

    def _tidy(self, session_id: str) -> None:
        channel = self._channels.get(session_id)
        if channel and not channel.wakes and all(live.ended for live in channel.lives):
            del self._channels[session_id]


class Follower:
    """Turns a session's table, running replies and signs into events, each once and in order.

    `listener` is `customer` or a live agent's id: nobody is told of what they did themselves (but
    how far an agent has read, as that may be by another window), and notes are for live agents.
    With `standing` the listener is told who answers: at first unless it is the bot, and whenever
    that changes; how far the other side has read is told likewise. Once it was told that somebody
    else has the session, it is told no more words of the bot's: a change is in the table before it
    is announced.
    """

    def __init__(
        self,
        channels: Channels,
        sessions: Sessions,
        session_id: str,
        place: Place,
        *,
        listener: str = CUSTOMER,
        standing: Standing | None = None,
    ) -> None:
        self._channels = channels
        self._sessions = sessions
        self._session_id = session_id
        self._place = place
        self._listener = listener
        self._standing = standing
        self._stood: dict[str, Any] | None = None
        self._marks: dict[str, int] = {}
        self._sent: dict[int, int] = {}
        self._is_bots = True

    async def events(self, heartbeat: float) -> AsyncIterator[Event | None]:
        """Events from the place on, until the server closes; None every `heartbeat` seconds."""
        with self._channels.listen(self._session_id) as wake:
            signed = self._channels.newest_number()
            for known in [*await self._owner(), *await self._read()]:
                yield known
            while not self._channels.has_ended(self._session_id):
                wake.clear()
                async for event in self._durable():
                    yield event
                for live in self._channels.lives(self._session_id):
                    for event in self._of_live(live):
                        yield event
                for sign in self._channels.signs(self._session_id, signed):
                    signed = sign.number
                    for told in await self._of_sign(sign):
                        yield told
                try:
                    async with asyncio.timeout(heartbeat):  # 3.11's wait_for loses a cancellation
                        await wake.wait()
                except TimeoutError:
                    yield None

    async def _durable(self) -> AsyncIterator[Event]:
        while page := await self._sessions.page(
            self._session_id,
            after=self._place.seq,
            limit=PAGE,
            notes=self._listener != CUSTOMER,
        ):
            for message in page:
                self._place = replace(self._place, seq=message.seq)
                if message.kind == "activity":
                    self._is_bots = message.content in TO_BOT
                yield Event("message", message.public(), str(self._place), message)

    async def _of_sign(self, sign: Sign) -> list[Event]:
        if sign.event.name == OWNER:
            return await self._owner()
        if sign.event.name == READ:
            return await self._read()
        return [] if sign.by == self._listener else [sign.event]

    async def _owner(self) -> list[Event]:
        """Who answers, if that is news; read from the table, so a sign is only a hint."""
        if self._standing is None:
            return []
        stands, before = await self._standing(), self._stood
        self._stood = stands
        is_news = stands != before if before else stands["owner"] != "bot"
        return [Event(OWNER, stands)] if is_news else []

    async def _read(self) -> list[Event]:
        """How far others have read, where that is news; from the table, too: what was read while
        this listener was about to come would be missed."""
        if (found := await self._sessions.get(self._session_id)) is None:
            return []
        marks = {"agent": found[0].agent_read_seq, CUSTOMER: found[0].customer_read_seq}
        marks.pop(self._listener, None)
        news = {by: seq for by, seq in marks.items() if seq > self._marks.get(by, 0)}
        self._marks |= news
        return [Event(READ, {"seq": seq, "by": by}) for by, seq in news.items()]

    def _of_live(self, live: Live) -> Iterator[Event]:
        if live.number not in self._sent and live.ended and not self._place.sent_of(live):
            return
        sent = self._sent.setdefault(live.number, self._place.sent_of(live))
        if sent == _TOLD:
            return
        if live.ended:  # and if it is a reply, told
            self._sent[live.number] = _TOLD
            yield from self._end(live)
        elif len(live.text) > sent and self._is_bots:
            self._sent[live.number] = len(live.text)
            self._place = replace(self._place, live=live.number, offset=len(live.text))
            yield delta(live, sent, self._place)

    def _end(self, live: Live) -> Iterator[Event]:
        data: dict[str, Any] = {"message_id": live.message.id}
        if live.superseded:
            by = {"by": live.by}
            yield Event("superseded", data | by, str(self._place), live.message)
        if live.error:
            problem = {"code": live.error.code, "detail": live.error.detail}
            yield Event("error", data | problem, str(self._place), live.message)


def delta(live: Live, offset: int, place: Place) -> Event:
    """The words of a running reply from `offset` characters on."""
    data = {
        "message_id": live.message.id,
        "seq": live.message.seq,
        "offset": offset,
        "content": live.text[offset:],
    }
    return Event("delta", data, str(place))
