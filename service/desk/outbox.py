"""What is on its way to one socket: a queue with a bound.

Two kinds of frames come in. What can be read again from the table waits for room (`put`), so a slow
reader holds up its own reading and nothing else. What happens now is pushed: typing, presence and
deltas are dropped when there is no room, and before anything else is. A reader that takes longer
than `patience` to read a whole queue is too slow, and so is one for whom something was lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

FRAMES = 256
"""The bound. With messages of ordinary length some 100 kB."""
BYTES = 128 * 1024
"""Where the bound is for what waits for room, if that is reached sooner."""
PATIENCE_SECONDS = 4.0


class Outbox:
    """Frames in order. One reader; any number of writers."""

    def __init__(self, most: int = FRAMES, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._frames: deque[tuple[bytes, bool]] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._room: deque[asyncio.Future[None]] = deque()
        self._full_since: float | None = None
        self._taken = 0
        self._has_lost = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def push(self, frame: bytes, *, droppable: bool = False) -> bool:
        """Add a frame now; False where there was no room for it. Where that is one that may not
        be dropped, the reader is too slow from here on."""
        if len(self._frames) >= self._most:
            self._mark_full()
            if droppable or not self._drop_one():
                self.dropped += 1
                self._has_lost = self._has_lost or not droppable
                return False
        self._add(frame, droppable)
        return True

    async def put(self, frame: bytes) -> None:
        """Add a frame as soon as there is room."""
        while not self._has_room():
            self._mark_full()
            room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._room.append(room)
            await room
        self._add(frame, False)

    async def take(self) -> bytes:
        """The next frame, when there is one."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        frame, _ = self._frames.popleft()
        self._bytes -= len(frame)
        self._taken += 1
        self._note_progress()
        if self._has_room():
            self._let_in(self._most - len(self._frames))
        return frame

    def is_too_slow(self, patience: float = PATIENCE_SECONDS) -> bool:
        """Was something lost, or was the queue full for so long, and less than all of it read?"""
        if self._has_lost:
            return True
        return self._full_since is not None and self._clock() - self._full_since >= patience

    def _has_room(self) -> bool:
        return len(self._frames) < self._most and self._bytes < BYTES

    def _add(self, frame: bytes, droppable: bool) -> None:
        self._frames.append((frame, droppable))
        self._bytes += len(frame)
        self._filled.set()

    def _let_in(self, free: int) -> None:
        while self._room and free > 0:
            room = self._room.popleft()
            if not room.done():
                room.set_result(None)
                free -= 1

    def _mark_full(self) -> None:
        if self._full_since is None:
            self._full_since, self._taken = self._clock(), 0

    def _note_progress(self) -> None:
        if self._full_since is None:
            return
        if len(self._frames) <= self._most // 2:
            self._full_since = None
        elif self._taken >= self._most:
            self._full_since, self._taken = self._clock(), 0

    def _drop_one(self) -> bool:
        """Make room: the oldest frame that may be dropped goes."""
        for place, (frame, droppable) in enumerate(self._frames):
            if droppable:
                del self._frames[place]
                self._bytes -= len(frame)
                self.dropped += 1
                return True
        return False
