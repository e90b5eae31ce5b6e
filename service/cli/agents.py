"""`recap agent …`"""

from __future__ import annotations

import argparse
from typing import Any

from service import ids
from service.cli import output
from service.cli.storage import opened
from service.settings import Settings, SettingsError
from service.storage.agents import Agent, AgentToken

LONGEST_NAME = 200
MOST_CAPACITY = 10_000


async def create(settings: Settings, words: argparse.Namespace) -> int:
    """A new live agent; the token is shown this once."""
    name, capacity = _name(words.name), _capacity(words.capacity)
    async with opened(settings) as storage:
        tenant = await storage.tenants.find(words.tenant)
        made = await storage.agents.create(tenant, name, capacity=capacity)
    _print_token(made, settings, words.json)
    return 0


async def change(settings: Settings, words: argparse.Namespace) -> int:
    """Change what is given and leave the rest."""
    name = None if words.new_name is None else _name(words.new_name)
    capacity = _capacity(words.capacity)
    async with opened(settings) as storage:
        tenant = await storage.tenants.find(words.tenant)
        agent = await storage.agents.set(tenant.id, words.name, name=name, capacity=capacity)
    _print_agent(_public(agent, tenant.name), words.json)
    return 0


async def rotate(settings: Settings, words: argparse.Namespace) -> int:
    """A new token; the old one stops working at once."""
    async with opened(settings) as storage:
        tenant = await storage.tenants.find(words.tenant)
        made = await storage.agents.rotate(tenant.id, words.name)
    _print_token(made, settings, words.json)
    return 0


async def revoke(settings: Settings, words: argparse.Namespace) -> int:
    """The token stops working at once, for good; again is no error."""
    async with opened(settings) as storage:
        tenant = await storage.tenants.find(words.tenant)
        agent = await storage.agents.revoke(tenant.id, words.name)
    _print_agent(_public(agent, tenant.name), words.json)
    return 0


async def show(settings: Settings, words: argparse.Namespace) -> int:
    """Every live agent, of one tenant or of all, without secrets."""
    async with opened(settings) as storage:
        of_one = [await storage.tenants.find(words.tenant)] if words.tenant is not None else None
        shown = [
            _public(agent, tenant.name)
            for tenant in of_one or await storage.tenants.all()
            for agent in await storage.agents.of_tenant(tenant.id)
        ]
    if words.json:
        output.json_line(shown)
    else:
        empty = "No agent yet: recap agent create --tenant TENANT --name NAME"
        output.table(shown, title="Agents", empty=empty)
    return 0


def _print_token(made: AgentToken, settings: Settings, as_json: bool) -> None:
    """For people also as a link that signs in to the desk, where the port is known."""
    if as_json:
        output.json_line({"id": made.id, "token": made.token})
        return
    print(f"id     {made.id}\ntoken  {made.token}")
    if settings.port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(f"desk   http://{host}:{settings.port}/desk#token={made.token}")
    print("The token is not shown again.")


def _print_agent(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.json_line(shown)
    else:
        output.table([shown], title="Agent", empty="")


def _public(agent: Agent, tenant_name: str) -> dict[str, Any]:
    return {
        "id": agent.id,
        "tenant": tenant_name,
        "name": agent.name,
        "capacity": agent.capacity,
        "created_at": ids.rfc3339(agent.created_at),
        "revoked_at": None if agent.revoked_at is None else ids.rfc3339(agent.revoked_at),
    }


def _name(text: str) -> str:
    """Raises SettingsError."""
    if not text.strip() or len(text) > LONGEST_NAME:
        raise SettingsError(f"an agent's name takes 1 to {LONGEST_NAME} characters")
    return text


def _capacity(text: str | None) -> int | None:
    """Sessions at a time; 0 stands for the server's own default. Raises SettingsError."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= MOST_CAPACITY):
        raise SettingsError(
            f"--capacity {text!r}: must be a whole number from 1 to {MOST_CAPACITY}, "
            "or 0 for the server's own"
        )
    return int(text)
