"""Live agents: the people of a tenant who answer, their tokens, and when each was last seen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from service import ids
from service.errors import DuplicateAgent, UnknownAgent
from service.storage.database import Database, Row, Statement, Transaction
from service.storage.models import Agent as A
from service.storage.models import table
from service.storage.tenants import Tenant

BY_TOKEN = Statement(
    select(A.__table__).where(A.token_hash == bindparam("hash"), A.revoked_at.is_(None))
)
BY_ID = Statement(select(A.__table__).where(A.id == bindparam("of_id")))
OF_TENANT = Statement(
    select(A.__table__).where(A.tenant_id == bindparam("tenant_id")).order_by(A.created_at, A.id)
)
BY_NAME_OR_ID = Statement(
    select(A.__table__)
    .where(
        A.tenant_id == bindparam("tenant_id"),
        or_(A.name == bindparam("name"), A.id == bindparam("name")),
    )
    .order_by(A.revoked_at.is_not(None), A.revoked_at.desc())
    .limit(1)
)
TAKEN = Statement(
    select(A.id).where(
        A.tenant_id == bindparam("tenant_id"),
        A.id != bindparam("of_id"),
        or_(
            and_(A.name == bindparam("name"), A.revoked_at.is_(None)),
            A.id == bindparam("name"),
        ),
    )
)
REVOKED_SINCE = Statement(
    select(A.id).where(A.revoked_at >= bindparam("moment")).order_by(A.revoked_at)
)
INSERT = Statement(insert(table(A)))
UPDATE = Statement(
    update(table(A))
    .where(A.id == bindparam("of_id"))
    .values({column: bindparam(column) for column in ("name", "capacity", "revoked_at")})
)
UPDATE_TOKEN = Statement(
    update(table(A))
    .where(A.id == bindparam("of_id"))
    .values({"token_hash": bindparam("token_hash")})
)
_ids = func.json_each(bindparam("of_ids")).table_valued("value")
SEEN = Statement(
    update(table(A)).where(A.id.in_(select(_ids.c.value))).values({"seen_at": bindparam("seen_at")})
)


@dataclass(frozen=True, slots=True)
class Agent:
    """A live agent. Times are microseconds; `capacity` None means the server's own default."""

    id: str
    tenant_id: str
    name: str
    capacity: int | None
    seen_at: int
    created_at: int
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class AgentToken:
    """An agent's secret, in clear; only ever seen when it is made."""

    id: str
    token: str


def agent_of(row: Row) -> Agent:
    """The agent in a row of the table."""
    return Agent(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        capacity=row["capacity"],
        seen_at=row["seen_at"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )


class Agents:
    """Reads and changes live agents. Tokens come back in clear once, from `create` and `rotate`.

    A name is unique among the tenant's agents that are not revoked. A revoked agent stays as a
    record of who wrote what: it cannot be changed any more, and its name may be used again.
    """

    def __init__(self, database: Database, clock: ids.Clock = ids.now) -> None:
        self._database = database
        self._clock = clock
        self._seen: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    async def by_token(self, token: str) -> Agent | None:
        """Whose token it is; nobody's once it was rotated away or the agent revoked."""
        return _agent(await self._database.one(BY_TOKEN, hash=ids.fingerprint(token)))

    async def get(self, agent_id: str) -> Agent | None:
        """By id, revoked or not."""
        return _agent(await self._database.one(BY_ID, of_id=agent_id))

    async def of_tenant(self, tenant_id: str) -> list[Agent]:
        """All of them, revoked ones too, the oldest first."""
        rows = await self._database.all(OF_TENANT, tenant_id=tenant_id)
        return [agent_of(row) for row in rows]

    async def find(self, tenant_id: str, name_or_id: str) -> Agent:
        """The unrevoked agent of that name or id, else the last one revoked. UnknownAgent."""
        row = await self._database.one(BY_NAME_OR_ID, tenant_id=tenant_id, name=name_or_id)
        return _found(row, name_or_id)

    async def create(self, tenant: Tenant, name: str, *, capacity: int | None = None) -> AgentToken:
        """Raises DuplicateAgent."""
        made = _new_token(ids.new_id("agt"))
        now = self._clock()

        async def unit(tx: Transaction) -> None:
            await _check_name(tx, tenant.id, made.id, name)
            await tx.run(
                INSERT,
                id=made.id,
                tenant_id=tenant.id,
                name=name,
                token_hash=ids.fingerprint(made.token),
                capacity=capacity or None,
                seen_at=now,
                created_at=now,
                revoked_at=None,
            )

        await self._database.write(unit)
        return made

    async def set(
        self,
        tenant_id: str,
        name_or_id: str,
        *,
        name: str | None = None,
        capacity: int | None = None,
    ) -> Agent:
        """Change what is given; a capacity of 0 goes back to the server's own default.

        Raises UnknownAgent, for a revoked one too, and DuplicateAgent.
        """

        async def unit(tx: Transaction) -> Agent:
            agent = await _for_change(tx, tenant_id, name_or_id)
            changed = replace(
                agent,
                name=agent.name if name is None else name,
                capacity=agent.capacity if capacity is None else capacity or None,
            )
            await _check_name(tx, tenant_id, agent.id, changed.name)
            await _update(tx, changed)
            return changed

        return await self._database.write(unit)

    async def revoke(self, tenant_id: str, name_or_id: str) -> Agent:
        """Its token stops working at once, for good. Again changes nothing. UnknownAgent."""

        async def unit(tx: Transaction) -> Agent:
            agent = await _find(tx, tenant_id, name_or_id)
            if agent.revoked_at is not None:
                return agent
            revoked = replace(agent, revoked_at=self._clock())
            await _update(tx, revoked)
            return revoked

        return await self._database.write(unit)

    async def rotate(self, tenant_id: str, name_or_id: str) -> AgentToken:
        """A new token; the old one stops working at once. UnknownAgent, for a revoked one too."""

        async def unit(tx: Transaction) -> AgentToken:
            made = _new_token((await _for_change(tx, tenant_id, name_or_id)).id)
            token_hash = ids.fingerprint(made.token)
            await tx.run(UPDATE_TOKEN, of_id=made.id, token_hash=token_hash)
            return made

        return await self._database.write(unit)

    async def seen(self, agent_ids: Sequence[str]) -> None:
        """These agents are connected now. One statement, for however many come until its turn."""
        if not agent_ids:
            return
        self._seen.update(agent_ids)
        if self._writing is None or self._writing.done():  # done: the last one failed
            self._writing = asyncio.create_task(self._write_seen(), name="agents-seen")
        await asyncio.shield(self._writing)

    async def revoked_since(self, moment: int) -> list[str]:
        """Ids of the agents revoked at or after `moment`, in that order."""
        rows = await self._database.all(REVOKED_SINCE, moment=moment)
        return [row["id"] for row in rows]

    async def _write_seen(self) -> None:
        written: set[str] = set()  # a unit may be run twice

        async def unit(tx: Transaction) -> None:
            written.update(self._seen)
            self._seen, self._writing = set(), None
            of_ids = orjson.dumps(list(written)).decode()
            await tx.run(SEEN, of_ids=of_ids, seen_at=self._clock())

        await self._database.write(unit)


async def _check_name(tx: Transaction, tenant_id: str, agent_id: str, name: str) -> None:
    """May this agent have this name? Another one's id is as taken as its name."""
    if await tx.one(TAKEN, tenant_id=tenant_id, of_id=agent_id, name=name):
        raise DuplicateAgent(f"There is an agent of the name {name!r} already.")


async def _update(tx: Transaction, agent: Agent) -> None:
    await tx.run(
        UPDATE,
        of_id=agent.id,
        name=agent.name,
        capacity=agent.capacity,
        revoked_at=agent.revoked_at,
    )


async def _find(tx: Transaction, tenant_id: str, name_or_id: str) -> Agent:
    row = await tx.one(BY_NAME_OR_ID, tenant_id=tenant_id, name=name_or_id)
    return _found(row, name_or_id)


async def _for_change(tx: Transaction, tenant_id: str, name_or_id: str) -> Agent:
    agent = await _find(tx, tenant_id, name_or_id)
    if agent.revoked_at is not None:
        raise UnknownAgent(f"The agent {name_or_id!r} was revoked.")
    return agent


def _found(row: Row | None, name_or_id: str) -> Agent:
    if row is None:
        raise UnknownAgent(f"There is no agent of the name or id {name_or_id!r}.")
    return agent_of(row)


def _agent(row: Row | None) -> Agent | None:
    return None if row is None else agent_of(row)


def _new_token(agent_id: str) -> AgentToken:
    return AgentToken(agent_id, ids.new_secret("at"))
