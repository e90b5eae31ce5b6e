"""`recap bench`: what is saved, measured on the real server on this machine."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from service.bench import runs, workload
from service.bench.workload import Conversation
from service.cli import output
from service.settings import Settings, SettingsError

LATENCY_SAMPLES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rounds",
        type=int,
        nargs="+",
        default=list(workload.LENGTHS),
        metavar="N",
        help="lengths of the synthetic conversations (default: 30 100 300)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="also drive recorded conversations: JSON lines with messages, .gz or not",
    )
    parser.add_argument("--no-latency", action="store_true", help="tokens only")


async def run(settings: Settings, words: argparse.Namespace) -> int:
    """Tokens that reached the provider, and first-token times, against the whole history."""
    if any(not 1 <= rounds <= 2000 for rounds in words.rounds):
        raise SettingsError("--rounds takes whole numbers from 1 to 2000")
    logging.getLogger("service").setLevel(logging.ERROR)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        tokens = await _tokens(words, progress)
        latency = [] if words.no_latency else await _latency(words, progress)
    if words.json:
        output.json_line({"tokens": tokens, "latency": latency})
        return 0
    output.table(tokens, title="Prompt tokens, no provider's cache", empty="")
    output.table(latency, title="First token, median ms", empty="")
    return 0


async def _tokens(words: argparse.Namespace, progress: Progress) -> list[dict[str, Any]]:
    rows = []
    for rounds in words.rounds:
        conversation = workload.synthetic(rounds)
        rows.append(await _token_row("synthetic", rounds, [conversation], progress))
    for rounds, conversations in sorted(_by_length(words.data).items()):
        rows.append(await _token_row("recorded", rounds, conversations, progress))
    return rows


async def _token_row(
    kind: str, rounds: int, conversations: list[Conversation], progress: Progress
) -> dict[str, Any]:
    total = sum(len(c.rounds) for c in conversations)
    task = progress.add_task(f"tokens, {kind}, {rounds} rounds", total=total)
    done = [await runs.token_run(c, lambda: progress.advance(task)) for c in conversations]
    result = runs.together(done)
    repeated = result.turns - len(conversations)
    return {
        "talk": kind,
        "rounds": rounds,
        "sessions": len(conversations),
        "whole": result.whole,
        "sent": result.sent,
        "fewer_%": round(100 * result.fewer, 1),
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
                advance=lambda task=task: progress.advance(task),  # type: ignore[misc]
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
