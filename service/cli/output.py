"""What commands print: tables for people, one line of JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table


def json_line(value: Any) -> None:
    print(orjson.dumps(value).decode(), flush=True)


def table(rows: Sequence[Mapping[str, Any]], *, title: str, empty: str) -> None:
    """Rows of equal keys as a table; numbers to the right."""
    if not rows:
        print(empty)
        return
    drawn = Table(title=title, title_justify="left")
    for name, value in rows[0].items():
        is_number = isinstance(value, int | float)
        drawn.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in rows:
        drawn.add_row(*map(cell, row.values()))
    Console().print(drawn)


def cell(value: Any) -> str:
    """A value as people read it: thousands apart, four significant digits of a fraction."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
    return str(value)
