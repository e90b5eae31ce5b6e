"""What commands print: tables for people, one line of JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

ENDLESS = 10_000
"""So wide a terminal, in characters, that a table can say how much it needs."""
NARROWEST = 24
"""Characters that a text with spaces is folded into at least."""


def json_line(value: Any) -> None:
    """Exactly one line, and out at once."""
    print(orjson.dumps(value).decode(), flush=True)


def table(rows: Sequence[Mapping[str, Any]], *, title: str, empty: str) -> None:
    """Rows of equal keys as a table; numbers to the right.

    Texts with spaces are folded; ids and numbers never are, and nothing is cut: a table that needs
    more than the terminal has is wider.
    """
    if not rows:
        print(empty)
        return
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
    drawn.collapse_padding, drawn.pad_edge = True, False
    for name, value in rows[0].items():
        texts = [cell(row[name]) for row in rows]
        has_spaces = any(" " in text for text in texts)
        drawn.add_column(
            name.replace("_", "\n"),
            justify="right" if isinstance(value, int | float) else "left",
            no_wrap=not has_spaces,
            min_width=min(NARROWEST, max(map(len, texts))) if has_spaces else None,
            overflow="fold",
        )
    for row in rows:
        drawn.add_row(*(Text(cell(value)) for value in row.values()))
    console = Console()
    least = console.measure(drawn, options=console.options.update(width=ENDLESS)).minimum
    console.width = max(console.width, least)
    console.print(drawn)


def prose(text: str) -> None:
    """A paragraph, folded at the terminal's width."""
    Console(highlight=False).print(Text(text))


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
