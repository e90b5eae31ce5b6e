"""What a customer does about live agents: ask for one, wait no longer, type, and read."""

from __future__ import annotations

from aiohttp import web

from service import handover
from service.errors import InvalidRequest
from service.events import CUSTOMER, READ, TYPING
from service.web import requests
from service.web.answers import json_response
from service.web.keys import rooms


async def request(request: web.Request) -> web.Response:
    """Ask for a live agent; the place in the queue, and how many are there."""
    session, _, _ = await requests.session_of(request)
    body, _ = await requests.json_object(request, empty_ok=True, most=requests.SMALL_BODY)
    reason = body.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise InvalidRequest("reason takes a text.", param="reason")
    room = rooms(request)
    change = await room.handovers.request(session.id, handover.shorten(reason or "") or None)
    if change is not None:
        room.channels.announce(change)
    stands = await room.desk.standing(session.id)
    shown = {name: stands[name] for name in ("owner", "position", "agents_online")}
    return json_response(shown, status=202)


async def withdraw(request: web.Request) -> web.Response:
    """Wait for a live agent no longer; the bot goes on."""
    session, _, _ = await requests.session_of(request)
    room = rooms(request)
    change = await room.handovers.withdraw(session.id)
    if change is not None:
        room.channels.announce(change)
        await room.conversations.resume(session.id)
    stands = await room.desk.standing(session.id)
    return json_response({"owner": stands["owner"]})


async def typing(request: web.Request) -> web.Response:
    """Say that the customer is writing."""
    session, _, _ = await requests.session_of(request)
    rooms(request).channels.sign(session.id, TYPING, by=CUSTOMER, name=None)
    return web.Response(status=204)


async def read(request: web.Request) -> web.Response:
    """Say up to where the customer has read."""
    session, _, _ = await requests.session_of(request)
    body, _ = await requests.json_object(request, most=requests.SMALL_BODY)
    seq = body.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < 2**53:
        raise InvalidRequest("seq takes a whole number from 0.", param="seq")
    news = await rooms(request).handovers.read(session.id, seq, None)
    if news is not None:
        rooms(request).channels.sign(session.id, READ)
    return web.Response(status=204)
