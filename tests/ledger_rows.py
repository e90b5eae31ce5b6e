"""Rows of the ledger, put into the table as they are: a test's own past."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from service import ids

PLAIN: Mapping[str, Any] = {
    "session_id": None,
    "reply_id": None,
    "model": "m",
    "outcome": "answered",
    "status": "miss",
    "layout": "full",
    "prompt_tokens": 100,
    "completion_tokens": 10,
    "cached_tokens": 0,
    "cache_write_tokens": 0,
    "full_prompt_tokens": 100,
    "cost": 0.001,
    "full_cost": 0.001,
    "uncached_cost": 0.001,
    "latency_us": 1_000_000,
    "first_token_us": None,
}
"""A turn whose whole history was sent, and that cost what it costs."""
UNKNOWN: Mapping[str, Any] = dict.fromkeys(
    (
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "cost",
        "full_cost",
        "uncached_cost",
    )
)
"""What is not known of a turn whose usage never came."""


def turn(tenant_id: str, at: str, **values: Any) -> dict[str, Any]:
    """A turn of a tenant at a date or a time; what is not said is as in PLAIN."""
    made = {"id": ids.new_id("turn"), "tenant_id": tenant_id, "created_at": ids.micros(at)}
    return {**made, **PLAIN, **values}


def write(database: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put turns into the table; their sessions need not exist."""
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        for row in rows:
            names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(f"INSERT INTO turns ({names}) VALUES ({marks})", dict(row))
