"""What live agents look at: the queue, their sessions, and what waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_

from service.storage import records
from service.storage import session_statements as sql
from service.storage.database import Database, Row
from service.storage.models import Session as S
from service.storage.records import Message, Session


@dataclass(frozen=True, slots=True)
class OwnedSession:
    """A session, and the name of the live agent who has it."""

    session: Session
    name: str | None


class Inbox:
    """Reads a tenant's sessions by owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owned(self, tenant_id: str, owner: str) -> list[OwnedSession]:
        """A tenant's sessions of one owner, by their place in the queue."""
        rows = await self._database.all(sql.OWNED, of_tenant=tenant_id, of_owner=owner)
        return [owned_session(row) for row in rows]

    async def position(self, session: Session) -> int | None:
        """The place in the queue, from 1; None where a session is not in it."""
        if session.owner != "waiting":
            return None
        before = {"of_time": session.queued_at, "of_id": session.id}
        row = await self._database.one(sql.WAITING_BEFORE, of_tenant=session.tenant_id, **before)
        return 1 + (row["sessions"] if row else 0)

    async def listed(self, tenant_id: str, owner: str, limit: int) -> list[dict[str, Any]]:
        """A tenant's sessions of one owner (`agent`: any live agent), the newest words first.

        Each with `owned`, an OwnedSession, and of its last words `kind` and `content`, or None.
        """
        is_agent = and_(*(S.owner != name for name in ("bot", "waiting", "resolved")))
        is_wanted = is_agent if owner == "agent" else S.owner == owner
        rows = await self._database.report(
            sql.LISTED.where(is_wanted), of_tenant=tenant_id, most=limit
        )
        return [
            {"owned": owned_session(row), "kind": row["last_kind"], "content": row["last_content"]}
            for row in rows
        ]

    async def pending(self, session_id: str, after: int) -> list[Message]:
        """What the customer said after `after`, as far as the model may see it."""
        rows = await self._database.all(sql.PENDING, of_session=session_id, after=after)
        return [records.message(row) for row in rows]


def owned_session(row: Row) -> OwnedSession:
    """From a row of `sessions` with its agent's name."""
    return OwnedSession(records.session(row), row["agent_name"])
