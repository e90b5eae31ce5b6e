"""`recap tenant …`"""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import urlsplit

from service import ids
from service.cli import output
from service.cli.storage import opened
from service.settings import Settings, SettingsError
from service.storage.tenants import Tenant, TenantKeys


async def create(settings: Settings, words: argparse.Namespace) -> int:
    """A new tenant; its keys are shown this once."""
    origins = _origins(words.origin) or []
    if not words.name.strip() or len(words.name) > 200:
        raise SettingsError("a tenant's name takes 1 to 200 characters")
    async with opened(settings) as storage:
        keys = await storage.tenants.create(
            words.name,
            origins=origins,
            system_prompt=words.system_prompt or None,
            model=words.model or None,
            handover=words.handover == "on",
        )
    _print_keys(keys, words.json)
    return 0


async def change(settings: Settings, words: argparse.Namespace) -> int:
    """Change what is given and leave the rest."""
    origins = _origins(words.origin)
    async with opened(settings) as storage:
        tenant = await storage.tenants.set(
            words.name,
            origins=origins,
            system_prompt=words.system_prompt,
            model=words.model,
            handover=None if words.handover is None else words.handover == "on",
        )
    _print_tenants([tenant], words.json, one=True)
    return 0


async def rotate(settings: Settings, words: argparse.Namespace) -> int:
    """New keys; the old ones stop working at once."""
    async with opened(settings) as storage:
        keys = await storage.tenants.rotate(words.name)
    _print_keys(keys, words.json)
    return 0


async def show(settings: Settings, words: argparse.Namespace) -> int:
    """Every tenant, without secrets."""
    async with opened(settings) as storage:
        tenants = await storage.tenants.all()
    _print_tenants(tenants, words.json)
    return 0


def _print_keys(keys: TenantKeys, as_json: bool) -> None:
    shown = {"id": keys.id, "key": keys.key, "publishable_key": keys.publishable_key}
    if as_json:
        output.json_line(shown)
        return
    for name, value in shown.items():
        print(f"{name.replace('_', ' '):16} {value}")
    print("The keys are not shown again.")


def _print_tenants(tenants: list[Tenant], as_json: bool, *, one: bool = False) -> None:
    shown = [_public(tenant) for tenant in tenants]
    if as_json:
        output.json_line(shown[0] if one else shown)
        return
    output.table(shown, title="Tenants", empty="No tenant yet: recap tenant create NAME")


def _public(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "model": tenant.model,
        "origins": list(tenant.origins),
        "system_prompt": tenant.system_prompt,
        "handover": tenant.handover,
        "created_at": ids.rfc3339(tenant.created_at),
    }


def _origins(given: list[str] | None) -> list[str] | None:
    """Exact origins; an empty text stands for none. Raises SettingsError."""
    if given is None:
        return None
    origins = [origin for origin in given if origin]
    for origin in origins:
        parts = urlsplit(origin)
        if f"{parts.scheme}://{parts.netloc}" != origin or not parts.netloc:
            raise SettingsError(f"--origin {origin!r}: must be scheme://host[:port] and no more")
    return origins
