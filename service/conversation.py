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
from dataclasses import dataclass, field

from service import ask, completion, facts, ids, tokens
from service.errors import NotFound, RecapError, ShuttingDown, StillRunning, UpstreamRefused
from service.events import Channels, Live
from service.metrics import Metrics
from service.prices import PriceList
from service.storage.ledger import Ledger, TurnRow
from service.storage.records import Committed, Message, Session
from service.storage.sessions import Sessions
from service.storage.tenants import Tenant
from service.turn import Turn, Turns

log = logging.getLogger(__name__)

SUPERSEDED_IN_A_ROW = 2
"""Calls of one session that may be dropped one after the other."""
LONGEST_SETTLING = 3.0
"""What a waiting turn waits for silence at most, in units of that silence."""


@dataclass(frozen=True, slots=True)
class Directives:
    """What requests said in Cache-Control about stored rows."""

    no_cache: bool = False
    no_store: bool = False

    def __or__(self, other: Directives) -> Directives:
        return Directives(self.no_cache or other.no_cache, self.no_store or other.no_store)


@dataclass(frozen=True, slots=True)
class ModelDefaults:
    """What a tenant that sets nothing gets."""

    model: str
    system_prompt: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """How a customer's message was taken care of, if it has been (`is_settled`).

    `turn` is told with the newest of the messages that it was for, so that usages add up.
    """

    message: Message
    reply: Message | None
    superseded_by: str | None
    owner: str
    turn: TurnRow | None
    is_settled: bool


@dataclass(slots=True)
class Batch:
    """Messages that one turn answers. `done` is set when the turn has been committed."""

    messages: list[Message]
    directives: Directives
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    live: Live | None = None
    last_arrival: float = 0.0

    def end(self, error: RecapError | None = None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
            return
        self.done.set_exception(error)
        self.done.exception()  # whoever hung up won't ask for it


@dataclass(slots=True)
class _Lane:
    """A session that is being answered: the batch that waits, and what was dropped in a row."""

    waiting: Batch | None = None
    superseded: int = 0
    directives: Directives = field(default_factory=Directives)


class Conversations:
    """Posts customers' messages and has them answered."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        ledger: Ledger,
        turns: Turns,
        channels: Channels,
        prices: PriceList,
        metrics: Metrics,
        defaults: ModelDefaults,
        silence: float,
        clock: ids.Clock = ids.now,
    ) -> None:
        """`silence` is how long a superseded customer has to be quiet, in seconds."""
        self._sessions = sessions
        self._ledger = ledger
        self._turns = turns
        self._channels = channels
        self._prices = prices
        self._metrics = metrics
        self._defaults = defaults
        self._silence = silence
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
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
        message, session = await self._sessions.append(
            session_id,
            content,
            tokens=tokens.count_message({"role": "user", "content": content}),
            personal=facts.is_personal(content),
            idempotency_key=idempotency_key,
            request_hash=request_hash,
        )
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

    async def answer(self, session_id: str, message: Message, batch: Batch | None) -> Answered:
        """What became of a message, once its batch is done. Raises what its turn raised."""
        if batch is not None:
            await asyncio.shield(batch.done)
        found = await self._sessions.get(session_id)
        stored = await self._sessions.message(message.id)
        if found is None or stored is None:
            raise NotFound
        turn = await self._ledger.turn(stored.turn_id) if stored.turn_id else None
        if turn and turn.outcome == "failed":
            raise UpstreamRefused
        reply = None
        if turn and turn.reply_id and stored.superseded_by is None:
            reply = await self._sessions.message(turn.reply_id)
        is_newest = turn and await self._sessions.is_newest_of_its_turn(session_id, stored)
        owner = found[0].owner
        told = turn if is_newest else None
        return Answered(stored, reply, stored.superseded_by, owner, told, turn is not None)

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

    def _batch(self, session_id: str, message: Message, directives: Directives) -> Batch:
        """The batch that will answer a message: its own, the waiting one, or a new one."""
        if batch := self._batches.get(message.id):
            return batch
        lane = self._lanes.get(session_id)
        if lane is None:
            lane = self._lanes[session_id] = _Lane()
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

    async def _run(self, session_id: str, lane: _Lane) -> None:
        """Answer batch after batch until none waits."""
        try:
            while lane.waiting is not None:
                if lane.superseded:
                    await self._settle(lane)
                batch, lane.waiting = lane.waiting, None
                if batch is not None:
                    await self._answer_batch(session_id, lane, batch)
        finally:
            del self._lanes[session_id]
            if lane.waiting is not None:
                self._end(lane.waiting, ShuttingDown())

    async def _settle(self, lane: _Lane) -> None:
        """Wait until the customer has been quiet for a moment."""
        time = asyncio.get_running_loop().time
        latest = time() + LONGEST_SETTLING * self._silence
        while lane.waiting is not None:
            quiet_at = min(lane.waiting.last_arrival + self._silence, latest)
            if (left := quiet_at - time()) <= 0:
                return
            await asyncio.sleep(left)

    async def _answer_batch(self, session_id: str, lane: _Lane, batch: Batch) -> None:
        error: RecapError | None = None
        batch.directives |= lane.directives  # what it was said of is answered now
        try:
            committed = await self._turn(session_id, lane, batch)
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
            self._close_live(session_id, batch, error)

    async def _turn(self, session_id: str, lane: _Lane, batch: Batch) -> Committed | None:
        """One turn over all that is unanswered now; None if nothing is, or a human owns it."""
        found = await self._sessions.get(session_id)
        if found is None:
            raise NotFound
        session, tenant = found
        if session.owner != "bot" or session.customer_seq <= session.answered_seq:
            return None
        question = await ask.of_session(
            self._sessions,
            session,
            tenant,
            request={"model": tenant.model or self._defaults.model},
            system_prompt=self._prompt(tenant),
            idle=self._is_idle(session, tenant),
            force=lane.superseded >= SUPERSEDED_IN_A_ROW,
            no_cache=batch.directives.no_cache,
            no_store=batch.directives.no_store,
        )
        turn = self._turns.start(question)
        batch.live = self._channels.begin(session_id, batch.messages[-1])
        with contextlib.suppress(RecapError):  # how it ended is the turn's to say
            await self._relay(session_id, turn, batch.live)
        committed = (await turn.finished()).committed
        if committed is not None and committed.outcome != "answered":
            batch.live.superseded = True
            batch.live.by = committed.superseded_by
        return committed

    async def _relay(self, session_id: str, turn: Turn, live: Live) -> None:
        async for chunk in turn.chunks():
            if text := completion.delta_text(chunk):
                live.text += text
                self._channels.notify(session_id)

    def _close_live(self, session_id: str, batch: Batch, error: RecapError | None) -> None:
        if batch.live is not None:
            batch.live.error = error
            self._channels.end(session_id, batch.live)

    def _end(self, batch: Batch, error: RecapError | None = None) -> None:
        for message in batch.messages:
            self._batches.pop(message.id, None)
        batch.end(error)

    def _prompt(self, tenant: Tenant) -> str | None:
        return tenant.system_prompt or self._defaults.system_prompt

    def _is_idle(self, session: Session, tenant: Tenant) -> bool:
        price = self._prices.price(tenant.model or self._defaults.model)
        return self._clock() - session.answered_at > price.cache_seconds * ids.SECOND
