"""What handlers find on the application and on the request, each under a typed key."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from service.conversation import Conversations
from service.events import Channels
from service.llm import Model
from service.metrics import Metrics
from service.settings import Settings
from service.storage.database import Database
from service.storage.ledger import Ledger
from service.storage.sessions import Sessions
from service.storage.tenants import Tenants
from service.turn import Turns


@dataclass(frozen=True, slots=True)
class Rooms:
    """The opened rooms of one server."""

    settings: Settings
    metrics: Metrics
    database: Database
    tenants: Tenants
    sessions: Sessions
    ledger: Ledger
    turns: Turns
    conversations: Conversations
    channels: Channels
    model: Model


ROOMS = web.AppKey("rooms", Rooms)
REQUEST_ID = web.RequestKey("request_id", str)


def rooms(request: web.Request) -> Rooms:
    """The rooms of the server that got this request."""
    return request.config_dict[ROOMS]
