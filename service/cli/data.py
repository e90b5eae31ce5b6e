"""`recap migrate`, `cache`, `usage` and `check`: what is in the database."""

from __future__ import annotations

import argparse
import asyncio

from service import ids
from service.cli import output
from service.cli.storage import opened
from service.settings import Settings, SettingsError
from service.storage import checks
from service.storage import migrate as migrations
from service.storage.reports import Question

_TABLE_COLUMNS = (
    "turns",
    "hits",
    "prompt_tokens",
    "full_prompt_tokens",
    "saved_tokens",
    "cost",
    "saved_cost",
    "first_token_ms",
)


async def migrate(settings: Settings, words: argparse.Namespace) -> int:
    """Up to the newest schema; nothing to do is fine."""
    await asyncio.to_thread(migrations.upgrade, settings.database_url)
    print(f"{settings.database_url} is at the newest schema.")
    return 0


async def cache_stats(settings: Settings, words: argparse.Namespace) -> int:
    """How full the prefix cache is."""
    async with opened(settings) as storage:
        size = dict(await storage.cache.stats())
    stats = size | {
        "max_rows": settings.cache_max_entries,
        "max_bytes": settings.cache_max_bytes,
    }
    if words.json:
        output.json_line(stats)
    else:
        output.table([stats], title="Prefix cache", empty="")
    return 0


async def cache_purge(settings: Settings, words: argparse.Namespace) -> int:
    """Empty the prefix cache, or one tenant's part of it."""
    async with opened(settings) as storage:
        tenant = await storage.tenants.find(words.tenant) if words.tenant else None
        removed = await storage.cache.purge(tenant_id=tenant.id if tenant else None)
    if words.json:
        output.json_line({"removed": removed})
    else:
        print(f"{removed:,} rows removed.")
    return 0


async def usage(settings: Settings, words: argparse.Namespace) -> int:
    """The ledger, summed up."""
    start, end = _moment(words.start, "--from"), _moment(words.end, "--to")
    limit = _rows(words.limit)
    async with opened(settings) as storage:
        tenant = await storage.tenants.find(words.tenant) if words.tenant else None
        question = Question(
            by=words.by,
            tenant_id=tenant.id if tenant else None,
            model=words.model,
            outcome=words.outcome,
            start=start,
            end=end,
            order=words.order,
            limit=limit,
        )
        rows = await storage.ledger.usage(question)
    if words.json:
        output.json_line({"by": words.by, "currency": settings.currency, "data": rows})
        return 0
    shown = [{words.by: row[words.by]} | {c: row[c] for c in _TABLE_COLUMNS} for row in rows]
    title = f"Usage by {words.by}, money in {settings.currency}"
    output.table(shown, title=title, empty="No turn in that time.")
    return 0


async def check(settings: Settings, words: argparse.Namespace) -> int:
    """Exit 1 and a line for everything that disagrees."""
    await asyncio.to_thread(migrations.upgrade, settings.database_url)
    is_sound = await asyncio.to_thread(migrations.is_sound, settings.database_url)
    found = [] if is_sound else ["the database file is damaged"]
    async with opened(settings) as storage:
        found += await checks.disagreements(storage.database)
    if words.json:
        output.json_line({"ok": not found, "disagreements": found})
    else:
        print("\n".join(found) or "Everything stored agrees.")
    return 1 if found else 0


def _moment(text: str | None, flag: str) -> int | None:
    if text is None:
        return None
    try:
        return ids.micros(text)
    except ValueError:
        raise SettingsError(f"{flag}: {text!r} is not a date, as in 2026-01-31") from None


def _rows(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0):
        raise SettingsError(f"--limit: {text!r} is not a whole number from 1")
    return int(text)
