"""Sessions and their messages: append, read, and the one transaction that ends a turn.

An acknowledged message is never lost, doubled or reordered; `seq` is dense from 1 in each
session, because it is handed out by the one writer in the transaction that inserts the row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from service import ids
from service.context.rounds import Entry
from service.errors import IdempotencyMismatch, NotFound
from service.prefix import PrefixHash
from service.storage import records
from service.storage import session_statements as sql
from service.storage.database import Database, Row, Transaction
from service.storage.ledger import TurnRow, insert_turn
from service.storage.prefix_cache import PrefixCache
from service.storage.records import Answered, Committed, Message, OwnerChange, ReplyCommit, Session
from service.storage.tenants import Tenant, tenant_of
from service.storage.transitions import change_owner, found, insert_message, read_session


class Sessions:
    """Reads and writes of sessions and messages; a public method is one transaction."""

    def __init__(self, database: Database, cache: PrefixCache, clock: ids.Clock = ids.now) -> None:
        self._database = database
        self._cache = cache
        self._clock = clock

    async def create(
        self,
        tenant: Tenant,
        *,
        root: PrefixHash,
        system_hash: bytes,
        metadata: dict[str, Any],
        idempotency_key: str | None,
        request_hash: bytes,
    ) -> Session:
        """A new session, or the one that this key made. Raises IdempotencyMismatch."""
        now = self._clock()

        async def unit(tx: Transaction) -> Session:
            if idempotency_key is not None:
                made = await tx.one(sql.SESSION_BY_KEY, of_tenant=tenant.id, of_key=idempotency_key)
                if made is not None:
                    _require_same(made, request_hash)
                    return records.session(made)
            session_id = ids.new_id("ses")
            await tx.run(
                sql.INSERT_SESSION,
                **records.unspoken(session_id, root),
                tenant_id=tenant.id,
                system_hash=system_hash,
                metadata=orjson.dumps(metadata).decode(),
                idempotency_key=idempotency_key,
                request_hash=request_hash,
                created_at=now,
                updated_at=now,
            )
            return await read_session(tx, session_id)

        return await self._database.write(unit)

    async def get(self, session_id: str) -> tuple[Session, Tenant] | None:
        row = await self._database.one(sql.SESSION_AND_TENANT, of_id=session_id)
        return None if row is None else (records.session(row), tenant_of(row, "tenant_"))

    async def append(
        self,
        session_id: str,
        content: str,
        *,
        tokens: int,
        personal: bool,
        idempotency_key: str | None,
        request_hash: bytes,
    ) -> tuple[Message, Session, OwnerChange | None]:
        """Append a customer's message; durable on return. With a key that was used, that one.

        The session is as it was before the message. A resolved one is the bot's again, which is
        the change. Raises NotFound when the session is gone, IdempotencyMismatch for another body.
        """

        async def unit(tx: Transaction) -> tuple[Message, Session, OwnerChange | None]:
            session = await read_session(tx, session_id)
            by_key = {"of_session": session_id, "of_key": idempotency_key}
            if idempotency_key is not None and (made := await tx.one(sql.MESSAGE_BY_KEY, **by_key)):
                _require_same(made, request_hash)
                return records.message(made), session, None
            change = None
            if session.owner == "resolved":
                change = await change_owner(tx, session, "bot", "reopened", self._clock())
                session = change.session
            seq, now = session.last_seq + 1, self._clock()
            message = Message(ids.new_id("msg"), seq, "customer", content, None, now)
            keyed = {"idempotency_key": idempotency_key, "request_hash": request_hash}
            await insert_message(tx, session_id, message, anchor_seq=seq, tokens=tokens, **keyed)
            await tx.run(
                sql.COUNT_MESSAGE,
                of_id=session_id,
                last_seq=seq,
                customer_seq=seq,
                personal=int(session.personal or personal),
                updated_at=message.created_at,
            )
            return message, session, change

        return await self._database.write(unit)

    async def message(self, message_id: str) -> Message | None:
        row = await self._database.one(sql.MESSAGE, of_id=message_id)
        return None if row is None else records.message(row)

    async def answered(self, message_id: str) -> Answered | None:
        """What became of a customer's message; None once it was erased."""
        row = await self._database.one(sql.ANSWERED, of_id=message_id)
        return None if row is None else records.answered(row)

    async def page(
        self, session_id: str, *, after: int, limit: int, notes: bool = False
    ) -> list[Message]:
        statement = sql.PAGE if notes else sql.PAGE_WITHOUT_NOTES
        rows = await self._database.all(statement, of_session=session_id, after=after, most=limit)
        return [records.message(row) for row in rows]

    async def view_since(self, session_id: str, seq: int) -> list[Entry]:
        """The messages as the model sees them, those anchored after `seq`, in its order."""
        rows = await self._database.all(sql.VIEW_SINCE, of_session=session_id, after=seq)
        return [
            Entry(
                {"role": sql.ROLES[row["kind"]], "content": row["content"]},
                row["tokens"],
                row["anchor_seq"],
                "agent" if row["kind"] == "agent" else None,
            )
            for row in rows
        ]

    async def commit(self, commit: ReplyCommit, turn: TurnRow) -> tuple[Committed, TurnRow]:
        """End a turn: reply if nothing newer happened, ledger row, cache rows; all or nothing.

        The ledger row gets the outcome that the transaction found. Raises NotFound when the
        session was erased meanwhile.
        """

        async def unit(tx: Transaction) -> tuple[Committed, TurnRow] | None:
            found = await tx.one(sql.SESSION, of_id=commit.session_id)
            if found is None:  # what the call took is owed all the same
                await insert_turn(tx, replace(turn, session_id=None, outcome="fenced"))
                return None
            session = records.session(found)
            committed = await self._settle(tx, session, commit, turn.id)
            reply_id = committed.reply.id if committed.reply else None
            outcome = turn.outcome if committed.outcome == "answered" else committed.outcome
            row = replace(turn, reply_id=reply_id, outcome=outcome)
            await insert_turn(tx, row)
            await self._cache.store(tx, commit.entries)
            return committed, row

        ended = await self._database.write(unit)
        if ended is None:
            raise NotFound
        return ended

    async def leave_out(self, session_id: str, covered_seq: int, turn: TurnRow) -> None:
        """Record a failed turn, and keep the messages that it was about from the model."""

        async def unit(tx: Transaction) -> None:
            await insert_turn(tx, turn)
            found = await tx.one(sql.SESSION, of_id=session_id)
            if found is not None:
                session = records.session(found)
                span = {"of_session": session_id, "after": session.answered_seq}
                await tx.run(sql.LEAVE_OUT, **span, up_to=covered_seq)
                await _resolve(tx, session, covered_seq, turn.id, None)

        await self._database.write(unit)

    async def erase(self, session_id: str) -> Session:
        """Remove a session everywhere, its cache rows included; its turns lose their link to it.

        Returns it as it was at the last. Raises NotFound.
        """

        async def unit(tx: Transaction) -> Session:
            session = await read_session(tx, session_id)
            await self._cache.forget_session(tx, session_id)
            await tx.run(sql.ERASE_MESSAGES, of_session=session_id)
            await tx.run(sql.ERASE_SESSION, of_session=session_id)
            await tx.run(sql.DETACH_TURNS, of_session=session_id)
            return session

        erased = await self._database.write(unit)
        await self._database.shred()
        return erased

    async def cached(self, session_id: str) -> list[dict[str, Any]]:
        """The cache rows that were stored on a session's account."""
        return await self._cache.of_session(session_id)

    async def turns(self, session_id: str) -> list[dict[str, Any]]:
        rows = await self._database.all(sql.TURNS, of_session=session_id)
        return [dict(row) for row in rows]

    async def _settle(
        self, tx: Transaction, session: Session, commit: ReplyCommit, turn_id: str
    ) -> Committed:
        if session.epoch != commit.epoch:
            await _resolve(tx, session, commit.covered_seq, turn_id, None)
            return Committed("fenced", None, None, session.owner)
        if session.answered_seq >= commit.covered_seq:  # another process was faster
            return Committed("superseded", None, None, session.owner)
        if session.customer_seq != commit.covered_seq and not commit.force:
            newest = await _message_at(tx, session.id, session.customer_seq)
            await _resolve(tx, session, commit.covered_seq, turn_id, newest)
            return Committed("superseded", None, newest, session.owner)
        covered = await _message_at(tx, session.id, commit.covered_seq)
        await _resolve(tx, session, commit.covered_seq - 1, turn_id, covered)
        await _resolve(tx, session, commit.covered_seq, turn_id, None)
        reply = None
        if commit.text.strip():
            reply = await self._insert_reply(tx, session, commit, turn_id)
        if commit.hand_over is None:
            return Committed("answered", reply, None, session.owner)
        return await self._hand_over(tx, session.id, reply, commit.hand_over)

    async def _hand_over(
        self, tx: Transaction, session_id: str, reply: Message | None, reason: str
    ) -> Committed:
        """The model asked for a live agent: in the transaction of what it said."""
        session = await read_session(tx, session_id)
        change = await change_owner(
            tx, session, "waiting", "handed over", self._clock(), reason=reason
        )
        return Committed("handed_over", reply, None, "waiting", change)

    async def _insert_reply(
        self, tx: Transaction, session: Session, commit: ReplyCommit, turn_id: str
    ) -> Message:
        reply = Message(
            ids.new_id("msg"),
            session.last_seq + 1,
            "bot",
            commit.text,
            None,
            self._clock(),
            turn_id,
        )
        await insert_message(
            tx, session.id, reply, anchor_seq=commit.covered_seq, tokens=commit.tokens
        )
        await tx.run(
            sql.COMMIT_REPLY,
            of_id=session.id,
            last_seq=reply.seq,
            answered_seq=commit.covered_seq,
            system_hash=commit.system_hash,
            prefix_key=commit.prefix.key,
            prefix_check=commit.prefix.check,
            prefix_count=commit.prefix.count,
            plan=orjson.dumps(commit.plan.to_json()).decode(),
            personal=int(session.personal or commit.personal),
            answered_at=reply.created_at,
            updated_at=reply.created_at,
        )
        return reply


async def _resolve(
    tx: Transaction, session: Session, up_to: int, turn_id: str, superseded_by: str | None
) -> None:
    """Say which turn took care of the customer's messages that none has answered so far."""
    await tx.run(
        sql.RESOLVE_MESSAGES,
        of_session=session.id,
        after=session.answered_seq,
        up_to=up_to,
        by_turn=turn_id,
        by_message=superseded_by,
    )


async def _message_at(tx: Transaction, session_id: str, seq: int) -> str:
    message_id: str = found(await tx.one(sql.MESSAGE_AT, of_session=session_id, of_seq=seq))["id"]
    return message_id


def _require_same(row: Row, request_hash: bytes) -> None:
    if row["request_hash"] != request_hash:
        raise IdempotencyMismatch
