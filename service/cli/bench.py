"""`recap bench`: what is saved, measured on the real server on this machine."""

from __future__ import annotations

import argparse
import logging
import statistics
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from service.bench import runs, workload
from service.bench.client import client_rows
from service.bench.workload import Conversation
from service.cli import output
from service.settings import Settings, SettingsError

LATENCY_SAMPLES = 20
WINDOWS = ((5, 35), (250, 300), (950, 1000))
"""Rounds over which added times are told."""


async def run(settings: Settings, words: argparse.Namespace) -> int:
    """Tokens that reached the provider, and first-token times, against the whole history."""
    if any(not 1 <= rounds <= 2000 for rounds in words.rounds):
        raise SettingsError("--rounds takes whole numbers from 1 to 2000")
    logging.getLogger("service").setLevel(logging.ERROR)
    if words.client:
        _print({"CPU of a call, ms": await client_rows()}, ["client"], words.json)
        return 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        if words.added:
            tables = {"Added to a turn, ms": await _added(max(words.rounds), progress)}
            _print(tables, ["added"], words.json)
            return 0
        tables = {
            "Prompt tokens sent, no provider's cache": await _tokens(words, progress, False),
            "Input tokens billed, cached ones at a tenth": (await _tokens(words, progress, True)),
        }
        if not words.no_latency:
            tables["First token, median ms"] = await _latency(words, progress)
    _print(tables, ["tokens", "billed", "latency"], words.json)
    return 0


def _print(tables: dict[str, list[dict[str, Any]]], names: list[str], as_json: bool) -> None:
    if as_json:
        output.json_line(dict(zip(names, tables.values(), strict=False)))
        return
    for title, rows in tables.items():
        output.table(rows, title=title, empty="")
        print()


async def _tokens(
    words: argparse.Namespace, progress: Progress, caches: bool
) -> list[dict[str, Any]]:
    rows = []
    for rounds in words.rounds:
        talk = [workload.synthetic(rounds)]
        rows.append(await _token_row("synthetic", rounds, talk, progress, caches))
    for rounds, talks in sorted(_by_length(words.data).items()):
        rows.append(await _token_row("recorded", rounds, talks, progress, caches))
    return rows


async def _token_row(
    kind: str, rounds: int, talks: list[Conversation], progress: Progress, caches: bool
) -> dict[str, Any]:
    task = progress.add_task(f"{kind}, {rounds} rounds", total=sum(len(t.rounds) for t in talks))
    advance = partial(progress.advance, task)
    done = [await runs.token_run(talk, caches=caches, advance=advance) for talk in talks]
    result = runs.together(done)
    whole, recap = (result.whole_billed, result.billed) if caches else (result.whole, result.sent)
    repeated = result.turns - len(talks)
    return {
        "talk": kind,
        "rounds": rounds,
        "sessions": len(talks),
        "whole": round(whole),
        "recap": round(recap),
        "mean": round(recap / result.turns),
        "fewer_%": round(100 * (1 - recap / whole), 1) + 0.0,
        "hits_%": round(100 * result.hits / repeated, 1) if repeated else None,
    }


async def _latency(words: argparse.Namespace, progress: Progress) -> list[dict[str, Any]]:
    rows = []
    for rounds in words.rounds:
        for caches in (False, True):
            task = progress.add_task(f"first token, {rounds} rounds", total=rounds)
            measured = await runs.latency_run(
                workload.synthetic(rounds),
                caches=caches,
                every=max(1, rounds // LATENCY_SAMPLES),
                advance=partial(progress.advance, task),
            )
            rows.append(
                {
                    "rounds": rounds,
                    "provider_caches": caches,
                    "whole_history_ms": round(measured.whole * 1000, 1),
                    "recap_ms": round(measured.recap * 1000, 1),
                    "ratio": round(measured.ratio, 2),
                }
            )
    return rows


async def _added(rounds: int, progress: Progress) -> list[dict[str, Any]]:
    rows = []
    for caches in (False, True):
        task = progress.add_task("added time", total=rounds)
        added = await runs.added_run(
            workload.synthetic(rounds), caches=caches, advance=partial(progress.advance, task)
        )
        for first, last in [(a, b) for a, b in WINDOWS if b <= rounds]:
            turns = added[first - 1 : last]
            row: dict[str, Any] = {"provider_caches": caches, "rounds": f"{first}-{last}"}
            for part in ("before", "whole"):
                cuts = statistics.quantiles((getattr(one, part) * 1000 for one in turns), n=20)
                row |= {f"{part}_p50": round(cuts[9], 1), f"{part}_p95": round(cuts[18], 1)}
            rows.append(row)
    return rows


def _by_length(path: Path | None) -> dict[int, list[Conversation]]:
    """Recorded conversations by their number of rounds, rounded to the aims' lengths."""
    groups: dict[int, list[Conversation]] = {}
    try:
        conversations: Iterable[Conversation] = workload.recorded(path) if path else ()
        for conversation in conversations:
            if conversation.rounds:
                groups.setdefault(len(conversation.rounds), []).append(conversation)
    except workload.DataError as error:
        raise SettingsError(f"--data {error}") from None
    return groups
