"""Tickets: what a page exchanges an agent's token for, so that no lasting secret opens a socket."""

from __future__ import annotations

from service import ids
from service.errors import TooManyTickets

LIFE = 30 * ids.SECOND
MOST = 10_000
"""Tickets that nobody has used yet."""


class Tickets:
    """Single use, and for 30 seconds. Kept as fingerprints, in this process alone."""

    def __init__(self, clock: ids.Clock = ids.now) -> None:
        self._clock = clock
        self._open: dict[bytes, tuple[str, int]] = {}

    def issue(self, agent_id: str) -> tuple[str, int]:
        """A ticket for an agent, and when it expires. Raises TooManyTickets."""
        now = self._clock()
        while self._open:  # in the order of their expiry
            key, (_, expires_at) = next(iter(self._open.items()))
            if expires_at > now:
                break
            del self._open[key]
        if len(self._open) >= MOST:
            raise TooManyTickets
        ticket = ids.new_secret("tk")
        self._open[ids.fingerprint(ticket)] = agent_id, now + LIFE
        return ticket, now + LIFE

    def redeem(self, ticket: str) -> str | None:
        """Whose ticket it was; None where it is used, expired or nobody's."""
        agent_id, expires_at = self._open.pop(ids.fingerprint(ticket), (None, 0))
        return agent_id if expires_at > self._clock() else None
