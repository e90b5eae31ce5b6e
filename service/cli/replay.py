"""`recap replay`: what recorded conversations would have cost, and what would have been remembered.

Offline: it reads a file, the price list, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from service.cli import output
from service.prices import Price, PriceList
from service.replay import grid, page, reading, report, synthetic
from service.replay.grid import Cell
from service.replay.reading import Recording, Unreadable
from service.replay.report import Report
from service.replay.runs import Result, Runs, layouts
from service.settings import Settings, SettingsError

DEFAULT_MODEL: Final = "gpt-5-mini"
DEFAULT_SYSTEM_TOKENS: Final = 500
MOST_SYSTEM_TOKENS: Final = 100_000
MOST_NAMED: Final = 20
"""What is named as skipped; the rest is counted."""
MARKS: Final = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)
"""Rounds that the table by rounds shows."""
WORST_CELLS: Final = 12
PROFILES: Final = {
    "none": Price(input=1, output=4),
    "50": Price(input=1, cached_input=0.5, output=4),
    "75": Price(input=1, cached_input=0.25, output=4),
    "90": Price(input=1, cached_input=0.1, output=8),
    "90-write": Price(input=1, cached_input=0.1, cache_write=1.25, output=5),
    "98": Price(input=1, cached_input=0.02, output=4, min_cacheable_tokens=64),
}
"""Prices by what a provider's cache takes off: input at 1 a million tokens."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `recap replay` takes."""
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help=f"conversations, gzipped or not: {reading.READS}; with their probes if there are any",
    )
    prices = parser.add_mutually_exclusive_group()
    prices.add_argument(
        "--model", metavar="NAME", help=f"whose prices to count with (default: {DEFAULT_MODEL})"
    )
    prices.add_argument(
        "--profile",
        choices=PROFILES,
        help="prices by what a provider's cache takes off, in per cent",
    )
    system = parser.add_mutually_exclusive_group()
    system.add_argument(
        "--system-prompt",
        metavar="TEXT|FILE",
        help="for conversations without a system message of their own",
    )
    system.add_argument(
        "--system-tokens",
        type=int,
        metavar="N",
        help=f"a made-up system prompt of so many tokens (default: {DEFAULT_SYSTEM_TOKENS})",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report with charts")
    parser.add_argument(
        "--grid",
        action="store_true",
        help="instead of a file: the planner against fixed layouts over a grid of prices",
    )


async def run(settings: Settings, words: argparse.Namespace) -> int:
    """Exit 1 where the file cannot be used."""
    logging.getLogger("service").setLevel(logging.ERROR)
    if words.grid:
        return await _grid(words)
    if words.file is None:
        raise SettingsError("replay takes a FILE, or --grid")
    prices = PriceList.load(settings.prices_file)
    model, price = _price(prices, words)
    prompt = _system_prompt(words)
    if words.html is not None and not words.html.parent.is_dir():
        raise SettingsError(f"--html {words.html}: there is no such folder")
    skipped = _Skipped(words.file)
    runs = Runs(layouts(price), price, synthetic.system_entries(prompt))
    try:
        await _replay(Recording(words.file, skipped), runs)
    except Unreadable as error:
        print(f"recap: {error}", file=sys.stderr)
        return 1
    finally:
        skipped.sum_up()
    made = Report(
        file=words.file.name,
        made_on=date.today(),
        model=model,
        price=price,
        currency=settings.currency,
        prices_as_of=prices.as_of,
        system_tokens=sum(e.tokens for e in synthetic.system_entries(prompt)),
        lengths=runs.lengths,
        skipped=skipped.count,
        results=runs.results,
    )
    if words.html is not None:
        words.html.write_text(page.page(made), encoding="utf-8")
    _print(made, words)
    return 0


class _Skipped:
    """Names what is skipped on stderr, the first few one by one."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._name = path.name

    def __call__(self, place: str, reason: str) -> None:
        self.count += 1
        if self.count <= MOST_NAMED:
            print(f"recap: {self._name}, {place}: {reason}; skipped", file=sys.stderr)

    def sum_up(self) -> None:
        if (more := self.count - MOST_NAMED) > 0:
            print(f"recap: {self._name}: {more:,} more skipped", file=sys.stderr)


async def _replay(recording: Recording, runs: Runs) -> None:
    with _progress() as progress:
        task = progress.add_task("replaying", total=recording.size)
        for conversation in recording:
            runs.feed(conversation)
            progress.update(task, completed=recording.position)
            await asyncio.sleep(0)  # lets Ctrl-C in


async def _grid(words: argparse.Namespace) -> int:
    cells: list[Cell] = []
    with _progress() as progress:
        task = progress.add_task("planning", total=grid.STEPS)
        for cell in grid.cells(lambda: progress.advance(task)):
            cells.append(cell)
            await asyncio.sleep(0)
    cells.sort(key=lambda cell: -cell.ratio)
    if words.json:
        output.json_line({"allowed": grid.ALLOWED, "cells": [cell.to_json() for cell in cells]})
        return 0
    title = "The planner against the cheapest fixed layout, by provider's cache hits"
    groups = product((False, True), grid.HIT_SHARES)
    rows = [_share_row(cells, share, has_tools=has_tools) for has_tools, share in groups]
    output.table(rows, title=title, empty="")
    print()
    worst = [cell.to_json() for cell in cells[:WORST_CELLS]]
    output.table(worst, title="Where it is dearest, in input-token equivalents", empty="")
    return 0


def _share_row(cells: list[Cell], share: float, *, has_tools: bool) -> dict[str, Any]:
    some = [cell for cell in cells if cell.hit_share == share and cell.has_tools == has_tools]
    ratios = [cell.ratio for cell in some]
    return {
        "conversation": "with tools" if has_tools else "prose",
        "hits_%": round(100 * share),
        "cells": len(ratios),
        f"above_{grid.ALLOWED:g}": sum(ratio > grid.ALLOWED for ratio in ratios),
        "worst": round(max(ratios), 3),
    }


def _print(made: Report, words: argparse.Namespace) -> None:
    if words.json:
        output.json_line(made.to_json())
        return
    title = f"{made.conversations:,} conversations at {made.model}'s prices, {made.currency}"
    output.table([_row(made, result) for result in made.results], title=title, empty="")
    if made.has_probes:
        rows = [_recall_row(made, result) for result in made.results]
        print()
        output.table(rows, title="Recalled, % of the probes, by rounds back", empty="")
    if len(made.spans()) > 1:
        rows = [_length_row(made, result) for result in made.results]
        print()
        output.table(rows, title="Money by requests in a conversation", empty="")
    print()
    title = "By round, means: tokens a request, and money up to there"
    output.table(_round_rows(made), title=title, empty="")
    print()
    for sentence in report.sentences(made):
        output.prose(sentence)


def _row(made: Report, result: Result) -> dict[str, Any]:
    bill = result.bill
    row: dict[str, Any] = {
        "layout": result.title,
        "tokens_a request": round(bill.tokens / bill.requests),
        "cached_%": report.percent(bill.cached / bill.tokens),
        "billed,_as input": round(bill.ite / bill.requests),
        "money": round(bill.cost, 6),
        "saved_%": report.percent(made.saved(result)),
        "prefix_hits %": report.percent(result.hits / bill.requests),
    }
    if made.has_probes:
        row["recalled_%"] = report.percent(result.recall().share)
    return row


def _recall_row(made: Report, result: Result) -> dict[str, Any]:
    languages = {name: result.recall(language=name) for name in made.languages()}
    distances = {span: result.recall(distance=span) for span in made.distances()}
    shares = {name: report.percent(t.share) for name, t in (languages | distances).items()}
    return {"layout": result.title, **shares}


def _length_row(made: Report, result: Result) -> dict[str, Any]:
    money = {span: round(result.by_length[span].cost, 6) for span in made.spans()}
    return {"layout": result.title, **money}


def _round_rows(made: Report) -> list[dict[str, Any]]:
    ours, whole = made.ours.by_round, made.yardstick.by_round
    spent, spent_whole = made.ours.spent(), made.yardstick.spent()
    rows = []
    for mark in sorted({mark for mark in MARKS if mark < len(ours)} | {len(ours)}):
        mine, other = ours[mark - 1], whole[mark - 1]
        count = mine.bill.requests
        rows.append(
            {
                "round": mark,
                "conversations": count,
                "tokens,_whole": round(other.bill.tokens / count),
                "tokens,_Recap": round(mine.bill.tokens / count),
                "prefix_hits %": report.percent(mine.hits / count),
                "cached_%": report.percent(mine.bill.cached / mine.bill.tokens),
                "money,_whole": round(spent_whole[mark - 1], 8),
                "money,_Recap": round(spent[mark - 1], 8),
            }
        )
    return rows


def _price(prices: PriceList, words: argparse.Namespace) -> tuple[str, Price]:
    """What to count with, and its name. Raises SettingsError for a model without a price."""
    if words.profile is not None:
        return f"profile {words.profile}", PROFILES[words.profile]
    model = words.model or DEFAULT_MODEL
    price = prices.price(model)
    if price is prices.default:
        raise SettingsError(
            f"--model {model!r} has no price: add it to PRICES_FILE, or take a --profile"
        )
    return model, price


def _system_prompt(words: argparse.Namespace) -> str:
    """Raises SettingsError."""
    if words.system_prompt is not None:
        return _text_or_file(words.system_prompt)
    length = DEFAULT_SYSTEM_TOKENS if words.system_tokens is None else words.system_tokens
    if not 0 <= length <= MOST_SYSTEM_TOKENS:
        raise SettingsError(f"--system-tokens takes 0 to {MOST_SYSTEM_TOKENS:,}")
    return synthetic.filler(length)


def _text_or_file(given: str) -> str:
    """A file's text where there is a file of that name, else the words themselves."""
    try:
        return Path(given).read_text(encoding="utf-8") if Path(given).is_file() else given
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"--system-prompt {given}: cannot be read: {error}") from None


def _progress() -> Progress:
    """A bar on stderr, and nothing where that is no terminal."""
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
