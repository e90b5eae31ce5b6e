"""What handlers find on the application and on the request, each under a typed key."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from service.conversation import Conversations
from service.desk.commands import Commands
from service.desk.desk import Desk
from service.events import Channels
from service.llm import Model
from service.metrics import Metrics
from service.settings import Settings
from service.storage.agents import Agents
from service.storage.database import Database
from service.storage.handovers import Handovers
from service.storage.inbox import Inbox
from service.storage.ledger import Ledger
from service.storage.sessions import Sessions
from service.storage.storage import Storage
from service.storage.tenants import Tenants
from service.turns.turns import Turns
from service.web.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Rooms:
    """The opened rooms of one server."""

    settings: Settings
    metrics: Metrics
    storage: Storage
    model: Model
    turns: Turns
    conversations: Conversations
    channels: Channels
    desk: Desk
    commands: Commands
    tickets: Tickets

    @property
    def database(self) -> Database:
        return self.storage.database

    @property
    def tenants(self) -> Tenants:
        return self.storage.tenants

    @property
    def agents(self) -> Agents:
        return self.storage.agents

    @property
    def sessions(self) -> Sessions:
        return self.storage.sessions

    @property
    def handovers(self) -> Handovers:
        return self.storage.handovers

    @property
    def inbox(self) -> Inbox:
        return self.storage.inbox

    @property
    def ledger(self) -> Ledger:
        return self.storage.ledger


ROOMS = web.AppKey("rooms", Rooms)
REQUEST_ID = web.RequestKey("request_id", str)


def rooms(request: web.Request) -> Rooms:
    """The rooms of the server that got this request."""
    return request.config_dict[ROOMS]
