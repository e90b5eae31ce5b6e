"""The figures of the proofs: printed, and kept for the README as lines of JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson


def note(proof: str, **figures: Any) -> None:
    """Print what a proof came to, and add it to `$ARTIFACTS/proofs.jsonl`.

    `load` is the machine's, of the last minute: figures of a busy machine are worth less.
    """
    line = {"proof": proof, **figures, "load": round(os.getloadavg()[0], 2)}
    sys.stdout.write("\n" + "  ".join(f"{name}={value}" for name, value in line.items()) + "\n")
    folder = Path(os.environ.get("ARTIFACTS", ".artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "proofs.jsonl").open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent * 100) // 10_000) - 1)]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
