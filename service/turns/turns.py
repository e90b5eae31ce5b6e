"""The turn: one question answered, from the look-up to the ledger.

    reply row that this asker may have?   hit  -> that reply, no call
    call under way that it may share?     yes  -> join that call
    stand-in row for the prefix?          hit  -> the stand-in;  miss -> rebuild it
    plan the payload -> call the model -> one transaction: reply, ledger row, cache rows

Both faces and both ways of answering go through `Turns.start`. A turn is a task of its own: a
caller who hangs up stops listening, never the call or the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from service import completion, ids, tokens
from service.completion import Body, Usage
from service.errors import (
    RecapError,
    ShuttingDown,
    StorageError,
    UpstreamError,
    UpstreamIncomplete,
    UpstreamRefused,
)
from service.llm import Model
from service.metrics import Metrics
from service.prefix import PrefixHash
from service.prices import PriceList
from service.storage.ledger import Ledger, Outcome, Status, TurnRow
from service.storage.prefix_cache import PrefixCache, Stored
from service.storage.provider_caches import LearnedCaches
from service.storage.records import Committed, ReplyCommit
from service.storage.sessions import Sessions
from service.turns import accounting, answers, planner, sharing
from service.turns.ask import Ask, SessionAsk
from service.turns.flight import Flight, Flights, Landed
from service.turns.planner import Planned, Planner
from service.turns.sharing import Sharing
from service.turns.turn import Finished, Turn

log = logging.getLogger(__name__)

_OUTCOMES: dict[Status, Outcome] = {"reuse": "reused", "collapsed": "collapsed"}


class Turns:
    """Starts turns, and knows those under way."""

    def __init__(
        self,
        *,
        model: Model,
        cache: PrefixCache,
        sessions: Sessions,
        ledger: Ledger,
        learned: LearnedCaches,
        prices: PriceList,
        metrics: Metrics,
        reply_reuse: bool,
        key_bytes: int = 32,
        clock: ids.Clock = ids.now,
    ) -> None:
        self._model = model
        self._sessions = sessions
        self._ledger = ledger
        self._planner = Planner(cache, prices, learned, clock)
        self._metrics = metrics
        self._sharing = Sharing(cache, reply_reuse=reply_reuse)
        self._clock = clock
        self._flights = Flights(key_bytes)
        self._running: set[asyncio.Task[Finished]] = set()

    async def open(self) -> None:
        """Read what a server before this one has learned."""
        await self._planner.open()

    def start(self, ask: Ask) -> Turn:
        """Begin a turn; it goes on whether or not anybody listens."""
        turn = Turn(ask, self._clock())
        turn.task = asyncio.create_task(self._run(turn), name=turn.id)
        self._running.add(turn.task)
        turn.task.add_done_callback(self._forget)
        return turn

    def forget(self, session_id: str) -> None:
        """A session was erased: nothing of it stays in memory."""
        self._planner.forget(session_id)

    async def drain(self, seconds: float) -> None:
        """Let the running turns end; stop those that don't, as if the process had died."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)
        for task in set(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running))

    def _forget(self, task: asyncio.Task[Finished]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            if not isinstance(error, RecapError):
                self._metrics.errors.labels("turn").inc()
                log.error("turn failed", exc_info=error, extra={"action": "turn_failed"})

    async def _run(self, turn: Turn) -> Finished:
        with self._metrics.running.track_inprogress():
            flight, leads = self._join(turn)
            if not leads:
                finished = await self._follow(turn, flight)
                if finished is not None:
                    return finished
                flight = Flight([])
            try:
                return await self._lead(turn, flight)
            except BaseException as error:
                flight.fail(error if isinstance(error, Exception) else ShuttingDown())
                raise
            finally:
                self._flights.forget(flight)

    def _join(self, turn: Turn) -> tuple[Flight, bool]:
        """The flight to be on, claimed before anything is awaited; and whether to lead it."""
        if turn.ask.no_cache or turn.ask.no_store:
            return Flight([]), True
        name = sharing.name(turn.ask)
        flight = self._under_way(name)
        return (self._flights.take_off(name), True) if flight is None else (flight, False)

    def _under_way(self, name: PrefixHash) -> Flight | None:
        flight, collided = self._flights.join(name)
        if collided:
            self._metrics.collisions.inc()
        return flight

    async def _follow(self, turn: Turn, flight: Flight) -> Finished | None:
        """Share another's call; None where its answer turns out to be for that one alone, which
        is known when it is whole: until then nothing of it is heard."""
        turn.planned = await self._planner.plan(turn.ask)
        if not turn.ask.is_anonymous:
            turn.board(flight, "collapsed")
        landed = await self._landed(turn, flight)
        if not sharing.may_be_given(landed.body, turn.ask):
            return None
        if turn.ask.is_anonymous:
            turn.board(flight, "collapsed")
        return await self._commit_shared(turn, turn.planned, landed)

    async def _landed(self, turn: Turn, flight: Flight) -> Landed:
        """What another's call came to. Its failure is this turn's too."""
        try:
            landed = await flight.result()
            answers.required(landed.body, turn.ask)
        except UpstreamError as error:
            await self._record_failure(turn, None, refused=isinstance(error, UpstreamRefused))
            raise
        return landed

    async def _commit_shared(self, turn: Turn, planned: Planned, landed: Landed) -> Finished:
        turn.note(landed)
        entries: list[Stored] = []
        if turn.ask.session is not None:
            entries += planner.stand_in_entry(turn.ask, planned, landed.body)
        return await self._commit(turn, landed, entries)

    async def _lead(self, turn: Turn, flight: Flight) -> Finished:
        ask = turn.ask
        planned, found = await asyncio.gather(self._planner.plan(ask), self._sharing.find(ask))
        turn.planned = planned
        if found.body is not None and answers.says_something(found.body, ask):
            stored = Landed(found.body, stored=True)
            turn.board(flight, "reuse")
            flight.land(stored)
            entries: list[Stored] = [*planner.stand_in_entry(ask, planned, stored.body)]
            return await self._commit(turn, stored, entries)
        if found.together is not None:
            shared = await self._together(turn, flight, found.together)
            if shared is not None:
                turn.board(flight, "collapsed")
                flight.land(shared)
                return await self._commit_shared(turn, planned, shared)
        turn.board(flight)
        landed = await self._call(turn, planned, flight)
        flight.land(landed)
        entries = [*planner.stand_in_entry(ask, planned, landed.body)]
        entries += self._sharing.entries(ask, planned, landed.body)
        return await self._commit(turn, landed, entries)

    async def _together(self, turn: Turn, flight: Flight, name: PrefixHash) -> Landed | None:
        """The answer to another session's call for the same list, once it is known to name nobody.

        Where there is no such call, the coming one may be joined by others.
        """
        other = self._under_way(name)
        if other is None:
            self._flights.offer(flight, name)
            return None
        landed = await self._landed(turn, other)
        return None if sharing.is_personal(landed.body, turn.ask) else landed

    async def _call(self, turn: Turn, planned: Planned, flight: Flight) -> Landed:
        request = turn.ask.request | planned.hints | {"messages": planned.messages}
        turn.called = True
        self._metrics.overhead.observe((self._clock() - turn.started_at) / ids.SECOND)
        body: Body = {}
        first_token_at: int | None = None
        try:
            if turn.ask.stream:
                first_token_at = await self._stream(flight, request, turn.started_at)
                body = completion.assemble(flight.chunks)
                if None in completion.finish_reasons(body):
                    raise UpstreamIncomplete
            else:
                body = await self._model.complete(request)
            await self._planner.learn(turn.ask, planned, completion.cached_tokens(body))
            return Landed(answers.required(body, turn.ask), first_token_at)
        except UpstreamError as error:
            said = body or completion.assemble(flight.chunks)
            ended = bool(said.get("choices")) and None not in completion.finish_reasons(said)
            usage = Usage.of(said) if ended else None
            await self._record_failure(turn, usage, refused=isinstance(error, UpstreamRefused))
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._record_failure(turn, None))
            raise

    async def _stream(self, flight: Flight, request: Body, started_at: int) -> int | None:
        """Feed the flight; returns when the first token came."""
        first_token_at: int | None = None
        async for chunk in self._model.stream(request):
            if first_token_at is None and completion.delta_text(chunk):
                first_token_at = self._clock()
                self._metrics.first_token.observe((first_token_at - started_at) / ids.SECOND)
            flight.add(chunk)
        return first_token_at

    async def _record_failure(
        self, turn: Turn, usage: Usage | None, *, refused: bool = False
    ) -> None:
        """A row for a turn that has no answer; what its call took is unknown unless it said so.

        What was refused for what it says is left out from then on, or no later turn of the session
        would be answered either.
        """
        if turn.called:
            log.warning("a call failed", extra={"action": "call_failed", "turn": turn.id})
        else:
            usage = Usage()
        row = self._row(turn, "failed", usage, None)
        session = turn.ask.session if refused else None
        if session is None or session.is_draft:
            await self._ledger.record(row, [])
        else:
            await self._sessions.leave_out(session.id, session.covered_seq, row)
        accounting.observe(self._metrics, row)

    async def _commit(self, turn: Turn, landed: Landed, entries: Sequence[Stored]) -> Finished:
        usage = Usage.of(landed.body) if turn.called else Usage()
        row = self._row(turn, _outcome(turn), usage, landed)
        try:
            committed, row = await self._write(turn, row, landed, entries)
        except StorageError:  # a broken cache can end the transaction; a paid reply is kept
            self._metrics.cache_faults.labels("write").inc()
            committed, row = await self._write(turn, row, landed, [])
        accounting.observe(self._metrics, row)
        return Finished(landed.body, row, committed)

    async def _write(
        self, turn: Turn, row: TurnRow, landed: Landed, entries: Sequence[Stored]
    ) -> tuple[Committed | None, TurnRow]:
        if turn.ask.session is None or turn.ask.session.is_draft:
            await self._ledger.record(row, entries)
            return None, row
        commit = self._reply_commit(turn, turn.ask.session, landed, entries)
        return await self._sessions.commit(commit, row)

    def _reply_commit(
        self, turn: Turn, session: SessionAsk, landed: Landed, entries: Sequence[Stored]
    ) -> ReplyCommit:
        ask = turn.ask
        text = completion.text_of(landed.body)
        reply = {"role": "assistant", "content": text}
        reply_tokens = tokens.count_message(reply)
        return ReplyCommit(
            session_id=session.id,
            covered_seq=session.covered_seq,
            epoch=session.epoch,
            force=session.force,
            text=text,
            tokens=reply_tokens,
            personal=session.personal or sharing.is_personal(landed.body, ask),
            system_hash=session.system_hash,
            prefix=ask.named_with(reply),
            plan=turn.planned.payload.stand_in.plan if turn.planned else session.plan,
            entries=entries,
            hand_over=answers.hand_over(landed.body, ask),
        )

    def _row(
        self, turn: Turn, outcome: Outcome, usage: Usage | None, landed: Landed | None
    ) -> TurnRow:
        ask = turn.ask
        said = Usage.of(landed.body) if landed else usage
        tried = turn.planned if landed or turn.called else None
        bill = accounting.bill(
            tried,
            usage,
            said.completion_tokens if said else 0,
            self._planner.price(ask),
            called=turn.called,
        )
        first_token_at = landed.first_token_at if landed else None
        return TurnRow(
            id=turn.id,
            tenant_id=ask.tenant.id,
            session_id=ask.session.id if ask.session else None,
            reply_id=None,
            model=str(ask.request["model"]),
            outcome=outcome,
            status=turn.status,
            layout=turn.planned.layout if turn.planned else "full",
            prompt_tokens=usage.prompt_tokens if usage else None,
            completion_tokens=usage.completion_tokens if usage else None,
            cached_tokens=usage.cached_tokens if usage else None,
            cache_write_tokens=usage.cache_write_tokens if usage else None,
            full_prompt_tokens=bill.full_prompt_tokens,
            cost=bill.cost,
            full_cost=bill.full_cost,
            uncached_cost=bill.uncached_cost,
            latency_us=self._clock() - turn.started_at,
            first_token_us=first_token_at - turn.started_at if first_token_at else None,
            created_at=turn.started_at,
        )


def _outcome(turn: Turn) -> Outcome:
    if turn.ask.session and turn.ask.session.is_draft:
        return "drafted"
    return _OUTCOMES.get(turn.status, "answered")
