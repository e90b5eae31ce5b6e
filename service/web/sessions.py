"""Sessions over REST: what the chat page and the tenant's own servers use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from service import ids
from service.errors import InvalidRequest, RecapError
from service.events import Event, Follower, Live, Place, delta
from service.lanes import Batch
from service.storage.ledger import TurnRow
from service.storage.records import Answered, Message
from service.turns import accounting
from service.web import problems, requests
from service.web.answers import json_response
from service.web.cache_status import cache_status
from service.web.keys import Rooms, rooms
from service.web.sse import HEARTBEAT_SECONDS, EventStream

METADATA_BYTES = 8192
EXPORT_PAGE = 1000


async def create(request: web.Request) -> web.Response:
    """Open a conversation."""
    tenant = await requests.tenant_for_new_session(request)
    key = requests.idempotency_key(request)
    body, raw = await requests.json_object(request, empty_ok=True, most=requests.SMALL_BODY)
    metadata = {} if body.get("metadata") is None else body["metadata"]
    if not isinstance(metadata, dict) or len(orjson.dumps(metadata)) > METADATA_BYTES:
        raise InvalidRequest(
            f"metadata takes an object of at most {METADATA_BYTES} bytes.", param="metadata"
        )
    session = await rooms(request).conversations.create(
        tenant, metadata=metadata, idempotency_key=key, request_hash=ids.fingerprint(raw)
    )
    return json_response(
        {
            "id": session.id,
            "token": ids.sign_session(tenant.session_secret, session.id),
            "owner": "bot",
            "created_at": ids.rfc3339(session.created_at),
        },
        status=201,
    )


async def show(request: web.Request) -> web.Response:
    """One conversation."""
    session, _ = await requests.readable_session(request)
    return json_response(
        {
            "id": session.id,
            "owner": session.owner,
            "message_count": session.last_seq,
            "created_at": ids.rfc3339(session.created_at),
            "updated_at": ids.rfc3339(session.updated_at),
        }
    )


async def post_message(request: web.Request) -> web.StreamResponse:
    """Say something as the customer; answers when the turn is done, or as it goes (SSE)."""
    session, tenant, is_tenant = await requests.session_of(request)
    bill = requests.sees_the_bill(request, tenant, is_tenant=is_tenant)
    key = requests.idempotency_key(request)
    longest = rooms(request).settings.max_message_chars
    most = requests.SMALL_BODY + requests.LONGEST_CHARACTER * longest
    body, raw = await requests.json_object(request, most=most)
    content = _content(body, longest)
    streams = requests.wants_events(request)
    message, batch = await rooms(request).conversations.post(
        session.id,
        content,
        idempotency_key=key,
        request_hash=ids.fingerprint(raw),
        directives=requests.directives(request),
        join=streams,
    )
    if streams:
        return await _stream_answer(request, session.id, message, batch, bill=bill)
    answered = await rooms(request).conversations.answer(message, batch)
    headers = _cache_headers(request, answered.turn) if bill else {}
    return json_response(_answer(rooms(request), answered, bill=bill), headers=headers)


async def messages(request: web.Request) -> web.Response:
    """The transcript, page by page."""
    session, sees_notes = await requests.readable_session(request)
    after = requests.integer(request, "after", 0, 0, 2**53)
    limit = requests.integer(request, "limit", 100, 1, 1000)
    page = await rooms(request).sessions.page(
        session.id, after=after, limit=limit + 1, notes=sees_notes
    )
    more = len(page) > limit
    shown = page[:limit]
    return json_response(
        {"data": [m.public() for m in shown], "next": shown[-1].seq if more else None}
    )


async def events(request: web.Request) -> web.StreamResponse:
    """Everything that happens in a conversation, as server-sent events."""
    session, _, _ = await requests.session_of(request)
    place = Place.parse(request.headers.get("Last-Event-ID", ""))
    room = rooms(request)
    stream = await EventStream().open(request)
    standing = partial(room.desk.standing, session.id)
    follower = Follower(room.channels, room.sessions, session.id, place, standing=standing)
    async for event in follower.events(HEARTBEAT_SECONDS):
        await (stream.heartbeat() if event is None else stream.send(event))
    return await stream.close()


async def export(request: web.Request) -> web.Response:
    """All that is held about a conversation."""
    session, _ = await requests.session_of_tenant(request)
    room = rooms(request)
    said: list[dict[str, Any]] = []
    while page := await room.sessions.page(
        session.id, after=said[-1]["seq"] if said else 0, limit=EXPORT_PAGE, notes=True
    ):
        said += [message.public() for message in page]
    turns = await room.sessions.turns(session.id)
    cached = await room.sessions.cached(session.id)
    return json_response(
        {
            "id": session.id,
            "owner": session.owner,
            "metadata": session.metadata,
            "created_at": ids.rfc3339(session.created_at),
            "updated_at": ids.rfc3339(session.updated_at),
            "messages": said,
            "turns": [turn | {"created_at": ids.rfc3339(turn["created_at"])} for turn in turns],
            "cache": [
                row | {name: ids.rfc3339(row[name]) for name in ("created_at", "expires_at")}
                for row in cached
            ],
        }
    )


async def erase(request: web.Request) -> web.Response:
    """Erase a conversation everywhere, the cache included."""
    session, _ = await requests.session_of_tenant(request)
    erased = await asyncio.shield(rooms(request).sessions.erase(session.id))  # whoever asked may go
    rooms(request).turns.forget(session.id)
    rooms(request).channels.end_session(session.id)
    rooms(request).desk.tell_erased(erased)
    return web.Response(status=204)


async def _stream_answer(
    request: web.Request, session_id: str, message: Message, batch: Batch | None, *, bill: bool
) -> web.StreamResponse:
    room = rooms(request)
    place = Place.parse(request.headers.get("Last-Event-ID", ""))
    stream = await EventStream().open(request)
    if place.seq < message.seq:
        place = Place(message.seq)
        await stream.send(Event("message", message.public(), str(place)))
    try:
        if batch is not None:
            await _stream_batch(stream, room, session_id, batch, place)
        answered = await room.conversations.answer(message, batch)
        await stream.send(_last_event(room, answered, bill=bill))
    except RecapError as error:
        await stream.send(Event("error", problems.problem(error)))
    return await stream.close()


async def _stream_batch(
    stream: EventStream, room: Rooms, session_id: str, batch: Batch, place: Place
) -> None:
    """The deltas of the reply to a batch, until it is committed or dropped."""
    with room.channels.listen(session_id) as wake:
        batch.done.add_done_callback(lambda _: wake.set())
        while not batch.done.done():
            wake.clear()
            place = await _send_rest(stream, batch.live, place)
            if batch.done.done():
                break
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await wake.wait()
            except TimeoutError:
                await stream.heartbeat()
        await _send_rest(stream, batch.live, place)


async def _send_rest(stream: EventStream, live: Live | None, place: Place) -> Place:
    if live is None or live.superseded or len(live.text) <= (sent := place.sent_of(live)):
        return place
    place = replace(place, live=live.number, offset=len(live.text))
    await stream.send(delta(live, sent, place))
    return place


def _last_event(room: Rooms, answered: Answered, *, bill: bool) -> Event:
    data = _answer(room, answered, bill=bill)
    if answered.reply is not None:
        return Event("reply", data, str(answered.reply.seq))
    if answered.settled_by is None:
        return Event("reply", data, str(answered.message.seq))
    return Event("superseded", {"by": answered.message.superseded_by} | data)


def _cache_headers(request: web.Request, turn: TurnRow | None) -> dict[str, str]:
    stored = not requests.directives(request).no_store
    return {"Cache-Status": cache_status(turn.status, stored=stored)} if turn else {}


def _answer(room: Rooms, answered: Answered, *, bill: bool) -> dict[str, Any]:
    """`bill` says whether the caller may see what it took."""
    turn = answered.turn if bill else None
    body: dict[str, Any] = {
        "message": answered.message.public(),
        "reply": answered.reply.public() if answered.reply else None,
        "owner": answered.owner,
        "usage": accounting.usage_json(turn, room.settings.currency) if turn else None,
        "cache": {"status": turn.status, "layout": turn.layout} if turn else None,
    }
    if answered.reply is None and answered.settled_by is not None:
        body["superseded_by"] = answered.message.superseded_by
    return body


def _content(body: dict[str, Any], most: int) -> str:
    content = body.get("content")
    if not isinstance(content, str):
        raise InvalidRequest("content takes a text.", param="content")
    if not content.strip():
        raise InvalidRequest("content must not be blank.", param="content")
    if len(content) > most:
        raise InvalidRequest(f"content takes at most {most} characters.", param="content")
    return content
