"""Answers to commands, kept for a while: a repeated command is answered again, not done again."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

KEPT_SECONDS = 600.0
KEPT = 100_000
"""Answers in all; the oldest go first."""


class Answers:
    """What each agent's commands came to, by `cmd_id`; also while they are still being done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, asyncio.Task[bytes]]] = OrderedDict()

    def once(
        self, agent_id: str, cmd_id: str, run: Callable[[], Coroutine[Any, Any, bytes]]
    ) -> Awaitable[bytes]:
        """The answer to a command; `run` is called if this is the first time.

        It goes on when whoever asked is gone: the answer waits for the command to come again.
        """
        self._forget_old()
        key = agent_id, cmd_id
        if key not in self._kept:
            self._kept[key] = self._clock(), asyncio.create_task(run())
        return asyncio.shield(self._kept[key][1])

    def forget(self, agent_id: str, cmd_id: str) -> None:
        """A command that could not be done: let it be tried again."""
        self._kept.pop((agent_id, cmd_id), None)

    async def settle(self) -> None:
        """Wait for what is being done; for the end of the server."""
        running = [task for _, task in self._kept.values() if not task.done()]
        if running:
            await asyncio.wait(running)

    def _forget_old(self) -> None:
        until = self._clock() - KEPT_SECONDS
        while self._kept:
            key, (since, task) = next(iter(self._kept.items()))
            if since > until and len(self._kept) < KEPT:
                return
            if not task.done():  # still being done: it will be the oldest again
                self._kept.move_to_end(key)
                return
            del self._kept[key]
