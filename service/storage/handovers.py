"""Who answers a session: handing over, claiming, giving back, and what live agents say meanwhile.

Every method is one transaction, and a change of owner is one conditional UPDATE with its activity
message (`transitions.change_owner`). What was asked for twice is done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service import ids, prefix
from service.errors import (
    AlreadyClaimed,
    AtCapacity,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotOwner,
    SessionResolved,
)
from service.prefix import PrefixHash
from service.storage import records
from service.storage import session_statements as sql
from service.storage.agents import Agent, agent_of
from service.storage.database import Database, Row, Transaction
from service.storage.records import Message, OwnerChange, Session
from service.storage.transitions import (
    Cause,
    change_owner,
    found,
    insert_message,
    read_session,
)

LOST_AT_ONCE = 50
"""Sessions that one transaction takes back from agents who are gone."""
MODEL_FAILED = "the model did not answer"


@dataclass(frozen=True, slots=True)
class Words:
    """What a live agent writes. A note is for live agents only.

    `client_msg_id` is the writing page's own: the same one again gives the first message.
    """

    content: str
    tokens: int
    client_msg_id: str
    is_note: bool = False


class Handovers:
    """Changes owners, and writes for them."""

    def __init__(
        self, database: Database, *, capacity: int | None, clock: ids.Clock = ids.now
    ) -> None:
        """`capacity` is how many sessions an agent may have that has no limit of its own."""
        self._database = database
        self._capacity = capacity
        self._clock = clock

    async def request(self, session_id: str, reason: str | None) -> OwnerChange | None:
        """The customer asks for a person. None where one has it, or is waited for. NotFound."""

        async def unit(tx: Transaction) -> OwnerChange | None:
            session = await read_session(tx, session_id)
            if session.owner not in ("bot", "resolved"):
                return None
            return await self._change(tx, session, "waiting", "handed over", reason=reason)

        return await self._database.write(unit)

    async def withdraw(self, session_id: str) -> OwnerChange | None:
        """The customer waits no longer. None where nobody was waited for. Raises NotFound."""

        async def unit(tx: Transaction) -> OwnerChange | None:
            session = await read_session(tx, session_id)
            if session.owner != "waiting":
                return None
            return await self._change(tx, session, "bot", "withdrawn")

        return await self._database.write(unit)

    async def after_failure(self, session_id: str, epoch: int) -> OwnerChange | None:
        """The model failed the bot that had the session at `epoch`.

        None where somebody else has it by now, or the tenant has no live agents at all.
        """

        async def unit(tx: Transaction) -> OwnerChange | None:
            row = await tx.one(sql.SESSION, of_id=session_id)
            session = records.session(row) if row is not None else None
            if session is None or (session.owner, session.epoch) != ("bot", epoch):
                return None
            if await tx.one(sql.AGENT_OF_TENANT, of_tenant=session.tenant_id) is None:
                return None
            return await self._change(tx, session, "waiting", "handed over", reason=MODEL_FAILED)

        return await self._database.write(unit)

    async def claim(self, session_id: str, agent_id: str) -> OwnerChange | Session:
        """Take a session from the queue or from the bot; the session alone if it is the agent's.

        Raises NotFound, AlreadyClaimed, SessionResolved, AtCapacity, NotAuthenticated.
        """

        async def unit(tx: Transaction) -> OwnerChange | Session:
            agent = await _agent(tx, agent_id)
            session = await _session_of_tenant(tx, session_id, agent.tenant_id)
            if session.owner == agent.id:
                return session
            if session.owner == "resolved":
                raise SessionResolved
            if session.owner not in ("bot", "waiting"):
                raise AlreadyClaimed(context=await _owner(tx, session))
            await self._require_room(tx, agent)
            return await self._change(tx, session, agent.id, "claimed", by=agent, name=agent.name)

        return await self._database.write(unit)

    async def give(self, session_id: str, agent_id: str, owner: str, cause: Cause) -> OwnerChange:
        """Give an own session back: to the queue, to the bot, or to nobody (`resolved`).

        Raises NotFound, NotOwner, NotAuthenticated.
        """

        async def unit(tx: Transaction) -> OwnerChange:
            agent, session = await _own(tx, session_id, agent_id)
            return await self._change(tx, session, owner, cause, by=agent)

        return await self._database.write(unit)

    async def transfer(self, session_id: str, agent_id: str, to_id: str) -> OwnerChange:
        """Give an own session to another live agent of the tenant.

        Raises NotFound, NotOwner, AtCapacity (the other one is), NotAuthenticated.
        """

        async def unit(tx: Transaction) -> OwnerChange:
            agent, session = await _own(tx, session_id, agent_id)
            to = agent_of(found(await tx.one(sql.AGENT, of_id=to_id)))
            if to.tenant_id != agent.tenant_id or to.revoked_at is not None or to.id == agent.id:
                raise NotFound("There is no other live agent of that id.")
            await self._require_room(tx, to)
            return await self._change(tx, session, to.id, "transferred", by=agent, name=to.name)

        return await self._database.write(unit)

    async def take_back(self, unseen_since: int) -> list[OwnerChange]:
        """Sessions of agents who were revoked, or not seen since then, go back to their place in
        the queue; some of them, until there are none."""

        async def unit(tx: Transaction) -> list[OwnerChange]:
            changes: list[OwnerChange] = []
            for lost in map(agent_of, await tx.all(sql.LOST, before=unseen_since)):
                of = {"of_tenant": lost.tenant_id, "of_owner": lost.id}
                for row in (await tx.all(sql.OWNED, **of))[: LOST_AT_ONCE - len(changes)]:
                    session = records.session(row)
                    changes.append(
                        await self._change(tx, session, "waiting", "agent lost", by=lost)
                    )
            return changes

        if not await self._database.all(sql.LOST, before=unseen_since):
            return []
        return await self._database.write(unit)

    async def say(self, session_id: str, agent_id: str, words: Words) -> Message:
        """Add what a live agent writes; durable on return.

        A message is the assistant's in the model's eyes and answers whatever the customer said
        before it, so the chain of the prefix hash goes on through it; a note is in nobody's.
        Raises NotFound, NotOwner (not for notes), NotAuthenticated, InvalidRequest where the
        client_msg_id was another text's.
        """

        async def unit(tx: Transaction) -> Message:
            agent = await _agent(tx, agent_id)
            session = await _session_of_tenant(tx, session_id, agent.tenant_id)
            same = {"of_agent": agent.id, "of_client_id": words.client_msg_id}
            if known := await tx.one(sql.MESSAGE_BY_CLIENT_ID, of_session=session_id, **same):
                return _same(records.message(known), words)
            if not words.is_note and session.owner != agent.id:
                raise NotOwner(context=await _owner(tx, session))
            return await self._write(tx, session, agent, words)

        return await self._database.write(unit)

    async def read(self, session_id: str, seq: int, agent_id: str | None) -> int | None:
        """Note up to where a session was read, by its live agent or by the customer (None).

        Returns the seq if that is news, else None. Raises NotFound, NotOwner.
        """

        async def unit(tx: Transaction) -> int | None:
            if agent_id is None:
                session = await read_session(tx, session_id)
                known, statement = session.customer_read_seq, sql.CUSTOMER_HAS_READ
            else:
                _, session = await _own(tx, session_id, agent_id)
                known, statement = session.agent_read_seq, sql.AGENT_HAS_READ
            newest = min(seq, session.last_seq)
            if newest <= known:
                return None
            await tx.run(statement, of_id=session_id, seq=newest)
            return newest

        return await self._database.write(unit)

    async def _change(
        self,
        tx: Transaction,
        session: Session,
        owner: str,
        cause: Cause,
        *,
        by: Agent | None = None,
        name: str | None = None,
        reason: str | None = None,
    ) -> OwnerChange:
        return await change_owner(
            tx, session, owner, cause, self._clock(), by=by, name=name, reason=reason
        )

    async def _require_room(self, tx: Transaction, agent: Agent) -> None:
        capacity = agent.capacity or self._capacity
        if capacity is None:
            return
        load = await tx.one(sql.LOAD, of_tenant=agent.tenant_id, of_owner=agent.id)
        if found(load)["sessions"] >= capacity:
            raise AtCapacity(context={"capacity": capacity})

    async def _write(
        self, tx: Transaction, session: Session, agent: Agent, words: Words
    ) -> Message:
        message = Message(
            id=ids.new_id("msg"),
            seq=session.last_seq + 1,
            kind="note" if words.is_note else "agent",
            content=words.content,
            author=agent.name,
            created_at=self._clock(),
            agent_id=agent.id,
            client_msg_id=words.client_msg_id,
        )
        name = None if words.is_note else await _name_with(tx, session, words.content)
        await insert_message(tx, session.id, message, anchor_seq=message.seq, tokens=words.tokens)
        counted = {"last_seq": message.seq, "updated_at": message.created_at}
        if name is None:
            await tx.run(sql.COUNT_NOTE, of_id=session.id, **counted)
        else:
            await tx.run(
                sql.COUNT_AGENT_MESSAGE,
                of_id=session.id,
                answered_seq=message.seq,
                prefix_key=name.key,
                prefix_check=name.check,
                prefix_count=name.count,
                **counted,
            )
        return message


def _same(known: Message, words: Words) -> Message:
    """The message that is said again. Raises InvalidRequest where it is another one."""
    if (known.kind == "note", known.content) != (words.is_note, words.content):
        raise InvalidRequest("This client_msg_id, or cmd_id, was used for another text.")
    return known


async def _name_with(tx: Transaction, session: Session, content: str) -> PrefixHash:
    """The name of the list with what is unanswered in it, and this answer."""
    rows: Sequence[Row] = await tx.all(
        sql.VIEW_SINCE, of_session=session.id, after=session.answered_seq
    )
    said = [{"role": sql.ROLES[row["kind"]], "content": row["content"]} for row in rows]
    return prefix.chain(session.prefix, [*said, {"role": "assistant", "content": content}])


async def _agent(tx: Transaction, agent_id: str) -> Agent:
    row = await tx.one(sql.AGENT, of_id=agent_id)
    if row is None or row["revoked_at"] is not None:
        raise NotAuthenticated("This live agent's access was taken away.")
    return agent_of(row)


async def _session_of_tenant(tx: Transaction, session_id: str, tenant_id: str) -> Session:
    session = await read_session(tx, session_id)
    if session.tenant_id != tenant_id:
        raise NotFound
    return session


async def _own(tx: Transaction, session_id: str, agent_id: str) -> tuple[Agent, Session]:
    agent = await _agent(tx, agent_id)
    session = await _session_of_tenant(tx, session_id, agent.tenant_id)
    if session.owner != agent.id:
        raise NotOwner(context=await _owner(tx, session))
    return agent, session


async def _owner(tx: Transaction, session: Session) -> dict[str, Any]:
    """Who has a session, for those who were refused it."""
    row = await tx.one(sql.AGENT, of_id=session.owner)
    return {"owner": {"id": session.owner, "name": row["name"] if row else None}}
