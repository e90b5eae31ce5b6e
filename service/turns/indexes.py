"""Recall's indexes of the sessions that asked for it lately, so that each reads its past once.

A session's transcript only grows, so an index is brought up to a cut by reading what was folded
since. Bounded by rounds in all; the session that asked longest ago goes first.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from service.context import rounds
from service.context.recall import Index
from service.context.rounds import Entry
from service.turns.ask import Ask

MOST_ROUNDS = 20_000
"""Rounds of all indexes together; some 2 kB each."""
LONG = 60
"""Messages from which on an index is built beside the event loop."""


class Indexes:
    """One index a session. A stateless list has none to keep: it brings its past along."""

    def __init__(self, most_rounds: int = MOST_ROUNDS) -> None:
        self._most = most_rounds
        self._kept: OrderedDict[str, tuple[Index, int]] = OrderedDict()

    async def of(self, ask: Ask, cut: int) -> Index:
        """The index of what an ask's payload has folded, up to `cut`."""
        key = ask.session.id if ask.session else None
        index, known = self._kept.pop(key, (Index(), 0)) if key else (Index(), 0)
        if known > cut:  # the plan was made anew with an earlier cut
            index, known = Index(), 0
        folded = [entry for entry in await ask.tail(known) if entry.anchor <= cut]
        if len(folded) > LONG:
            await asyncio.to_thread(_extend, index, folded)
        else:
            _extend(index, folded)
        if key:
            self._keep(key, index, cut)
        return index

    def forget(self, session_id: str) -> None:
        """An erased session is gone from here too."""
        self._kept.pop(session_id, None)

    def _keep(self, key: str, index: Index, cut: int) -> None:
        self._kept[key] = index, cut
        total = sum(kept.rounds for kept, _ in self._kept.values())
        while total > self._most and len(self._kept) > 1:
            _, (oldest, _) = self._kept.popitem(last=False)
            total -= oldest.rounds


def _extend(index: Index, folded: Sequence[Entry]) -> None:
    for whole in rounds.read(folded):
        index.add(whole)
