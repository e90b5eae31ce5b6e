"""Conversations: one call a session at a time, and bursts.

A message is durable before anything else happens. While a call runs for a session, messages that
arrive share one waiting turn. A call that finds a newer message at its commit is superseded: its
text is dropped, and the waiting turn answers all of them. It waits for a short silence first,
since a customer who has just sent two messages often sends a third. After two superseded calls in
a row the next reply is committed whatever arrives, so a steady typist is answered too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from service import completion, handover, ids, tokens
from service.completion import Body
from service.context import facts
from service.errors import (
    NotFound,
    NothingToAnswer,
    RecapError,
    ShuttingDown,
    StillRunning,
    UpstreamError,
    UpstreamRefused,
)
from service.events import Channels, Live
from service.lanes import Batch, Directives, Lane
from service.metrics import Metrics
from service.prices import PriceList
from service.storage.records import Answered, Committed, Message, Session
from service.storage.storage import Storage
from service.storage.tenants import Tenant
from service.turns import ask
from service.turns.ask import Ask
from service.turns.turn import Turn
from service.turns.turns import Turns

log = logging.getLogger(__name__)

SUPERSEDED_IN_A_ROW = 2
"""Calls of one session that may be dropped one after the other."""


@dataclass(frozen=True, slots=True)
class ModelDefaults:
    """What a tenant that sets nothing gets."""

    model: str
    system_prompt: str | None


class Conversations:
    """Posts customers' messages and has them answered."""

    def __init__(
        self,
        *,
        storage: Storage,
        turns: Turns,
        channels: Channels,
        prices: PriceList,
        metrics: Metrics,
        defaults: ModelDefaults,
        silence: float,
        clock: ids.Clock = ids.now,
    ) -> None:
        """`silence` is how long a superseded customer has to be quiet, in seconds."""
        self._sessions = storage.sessions
        self._handovers = storage.handovers
        self._inbox = storage.inbox
        self._turns = turns
        self._channels = channels
        self._prices = prices
        self._metrics = metrics
        self._defaults = defaults
        self._silence = silence
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._batches: dict[str, Batch] = {}
        self._runners: set[asyncio.Task[None]] = set()
        self._posting: set[asyncio.Task[tuple[Message, Batch | None]]] = set()
        self._closing = False

    async def create(
        self,
        tenant: Tenant,
        *,
        metadata: dict[str, object],
        idempotency_key: str | None,
        request_hash: bytes,
    ) -> Session:
        """A new session of a tenant. Raises IdempotencyMismatch."""
        root = ask.system_name(tenant.id, self._prompt(tenant))
        return await self._sessions.create(
            tenant,
            root=root,
            system_hash=root.key,
            metadata=metadata,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
        )

    async def post(
        self,
        session_id: str,
        content: str,
        *,
        idempotency_key: str | None,
        request_hash: bytes,
        directives: Directives,
        join: bool,
    ) -> tuple[Message, Batch | None]:
        """Append a customer's message and have it answered.

        Returns the durable message and the batch it is answered with; None where there is nothing
        to wait for. A key that was used before gives its first message: answered, or with `join`
        the batch that is under way. Raises NotFound, IdempotencyMismatch, StillRunning (without
        `join`), ShuttingDown.
        """
        posting = asyncio.create_task(
            self._post(session_id, content, idempotency_key, request_hash, directives, join)
        )
        self._posting.add(posting)
        posting.add_done_callback(self._posting.discard)
        return await asyncio.shield(posting)

    async def _post(
        self,
        session_id: str,
        content: str,
        idempotency_key: str | None,
        request_hash: bytes,
        directives: Directives,
        join: bool,
    ) -> tuple[Message, Batch | None]:
        """A task of its own: a customer who hangs up at once has said it all the same."""
        if self._closing:
            raise ShuttingDown
        message, session, reopened = await self._sessions.append(
            session_id,
            content,
            tokens=tokens.count_message({"role": "user", "content": content}),
            personal=facts.is_personal(content),
            idempotency_key=idempotency_key,
            request_hash=request_hash,
        )
        if reopened:
            self._channels.announce(reopened)
        self._channels.notify(session_id)
        if session.owner != "bot":
            return message, None
        is_repeated = message.seq <= session.last_seq
        if is_repeated and message.id not in self._batches:
            message = await self._sessions.message(message.id) or message
        if message.turn_id is not None:
            return message, None
        if is_repeated and message.id in self._batches and not join:
            raise StillRunning
        if self._closing:
            raise ShuttingDown
        return message, self._batch(session_id, message, directives)

    async def answer(self, message: Message, batch: Batch | None) -> Answered:
        """What became of a message, once its batch is done. Raises what its turn raised."""
        if batch is not None:
            await asyncio.shield(batch.done)
        answered = await self._sessions.answered(message.id)
        if answered is None:
            raise NotFound
        turn = answered.settled_by
        if turn and turn.outcome == "failed" and answered.owner == "bot":
            raise UpstreamRefused
        return answered

    async def resume(self, session_id: str) -> None:
        """The bot has a session back: let it answer what nobody did, without handing it over."""
        found = await self._sessions.get(session_id)
        if found is None or self._closing or found[0].owner != "bot":
            return
        for message in await self._inbox.pending(session_id, found[0].answered_seq):
            self._batch(session_id, message, Directives(), again=True).may_hand_over = False

    async def draft(self, session_id: str) -> str:
        """What the bot would answer, for a live agent to edit. Nothing of it enters the session.

        Raises NotFound, NothingToAnswer, UpstreamError.
        """
        found = await self._sessions.get(session_id)
        if found is None:
            raise NotFound
        session, tenant = found
        if not await self._inbox.pending(session_id, session.answered_seq):
            raise NothingToAnswer
        question = await self._ask(session, tenant, may_hand_over=False, is_draft=True)
        finished = await self._turns.start(question).finished()
        return completion.text_of(finished.body)

    async def close(self, seconds: float) -> None:
        """Finish running turns, at most for `seconds`; what waits is left for another try."""
        self._closing = True
        for lane in self._lanes.values():
            if lane.waiting:
                self._end(lane.waiting, ShuttingDown())
                lane.waiting = None
        await self._turns.drain(seconds)
        if self._runners:
            _, late = await asyncio.wait(set(self._runners), timeout=0.5)
            for runner in late:
                runner.cancel()

    def _batch(
        self, session_id: str, message: Message, directives: Directives, *, again: bool = False
    ) -> Batch:
        """The batch that will answer a message: its own, the waiting one, or a new one.

        `again` is for a message whose call may still be running, for an answer that won't count.
        """
        lane = self._lanes.get(session_id)
        own = self._batches.get(message.id)
        if own is not None and (not again or (lane is not None and own is lane.waiting)):
            return own
        if lane is None:
            lane = self._lanes[session_id] = Lane()
            runner = asyncio.create_task(self._run(session_id, lane), name=f"lane-{session_id}")
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)
        if lane.waiting is None:
            lane.waiting = Batch([], directives)
        batch = self._batches[message.id] = lane.waiting
        batch.messages.append(message)
        batch.directives |= directives
        batch.last_arrival = asyncio.get_running_loop().time()
        return batch

    async def _run(self, session_id: str, lane: Lane) -> None:
        """Answer batch after batch until none waits."""
        try:
            while lane.waiting is not None:
                if lane.superseded:
                    await lane.settle(self._silence)
                batch, lane.waiting = lane.waiting, None
                if batch is not None:
                    await self._answer_batch(session_id, lane, batch)
        finally:
            del self._lanes[session_id]
            if lane.waiting is not None:
                self._end(lane.waiting, ShuttingDown())

    async def _answer_batch(self, session_id: str, lane: Lane, batch: Batch) -> None:
        error: RecapError | None = None
        batch.directives |= lane.directives  # what it was said of is answered now
        live = batch.live = self._channels.begin(session_id, batch.messages[-1])
        try:
            committed = await self._turn(session_id, lane, batch, live)
            is_superseded = committed is not None and committed.outcome == "superseded"
            lane.superseded = lane.superseded + 1 if is_superseded else 0
            lane.directives = batch.directives if is_superseded else Directives()
        except RecapError as raised:
            error = raised
        except asyncio.CancelledError:
            error = ShuttingDown()
            raise
        except Exception:
            error = RecapError()
            self._metrics.errors.labels("conversation").inc()
            log.exception("a turn could not be run", extra={"action": "turn_failed"})
        finally:
            self._end(batch, error)
            self._close_live(session_id, live, error)

    async def _turn(
        self, session_id: str, lane: Lane, batch: Batch, live: Live
    ) -> Committed | None:
        """One turn over all that is unanswered now; None if nothing is, or a human owns it.

        The live reply has begun before the owner is read, so that whoever claims from now on
        silences it.
        """
        found = await self._sessions.get(session_id)
        if found is None:
            raise NotFound
        session, tenant = found
        if session.owner != "bot" or session.customer_seq <= session.answered_seq:
            return None
        question = await self._ask(
            session,
            tenant,
            may_hand_over=batch.may_hand_over,
            force=lane.superseded >= SUPERSEDED_IN_A_ROW,
            directives=batch.directives,
        )
        turn = self._turns.start(question)
        try:
            with contextlib.suppress(RecapError):  # how it ended is the turn's to say
                await self._relay(session_id, turn, live)
            committed = (await turn.finished()).committed
        except UpstreamError:
            if not await self._after_failure(session):
                raise
            return None
        if committed is not None:
            self._tell(live, committed)
        return committed

    async def _ask(
        self,
        session: Session,
        tenant: Tenant,
        *,
        may_hand_over: bool,
        force: bool = False,
        directives: Directives | None = None,
        is_draft: bool = False,
    ) -> Ask:
        request: Body = {"model": tenant.model or self._defaults.model}
        if tenant.handover and may_hand_over:
            request["tools"] = [handover.TOOL]
        directives = directives or Directives()
        return await ask.of_session(
            self._sessions,
            session,
            tenant,
            request=request,
            system_prompt=self._prompt(tenant),
            idle=self._is_idle(session, tenant),
            force=force,
            no_cache=directives.no_cache,
            no_store=directives.no_store,
            is_draft=is_draft,
        )

    async def _after_failure(self, session: Session) -> bool:
        """The model failed beyond its retries: to a live agent, if the tenant has any."""
        change = await self._handovers.after_failure(session.id, session.epoch)
        if change is not None:
            self._channels.announce(change)
        return change is not None

    def _tell(self, live: Live, committed: Committed) -> None:
        if committed.reply is None:
            live.superseded = True
            live.by = committed.superseded_by
        if committed.change is not None:
            live.ended = True  # by its own hand: nobody silences it
            self._channels.announce(committed.change)

    async def _relay(self, session_id: str, turn: Turn, live: Live) -> None:
        async for chunk in turn.chunks():
            if text := completion.delta_text(chunk):
                live.text += text
                self._channels.notify(session_id)

    def _close_live(self, session_id: str, live: Live, error: RecapError | None) -> None:
        live.error = error
        self._channels.end(session_id, live)

    def _end(self, batch: Batch, error: RecapError | None = None) -> None:
        for message in batch.messages:
            if self._batches.get(message.id) is batch:
                del self._batches[message.id]
        batch.end(error)

    def _prompt(self, tenant: Tenant) -> str | None:
        return tenant.system_prompt or self._defaults.system_prompt

    def _is_idle(self, session: Session, tenant: Tenant) -> bool:
        price = self._prices.price(tenant.model or self._defaults.model)
        return self._clock() - session.answered_at > price.cache_seconds * ids.SECOND
