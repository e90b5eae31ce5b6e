"""Recordings for the replay's tests: messages of so many tokens, files of them, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from service import tokens
from service.cli import main
from service.context.rounds import Entry
from service.prices import Price
from service.replay import runs
from service.replay.layouts import Layout
from service.replay.reading import Conversation, Recording
from service.replay.runs import Result, Runs
from tests.commands import Ran

PRICE = Price(input=1, cached_input=0.1, output=2, min_cacheable_tokens=1024)
NO_CACHE = Price(input=1, output=2)
Command = Callable[..., Ran]


def text(length: int, first: str = "word") -> str:
    """A text of so many tokens; two with another first word have no beginning in common."""
    made = " ".join([first, *["word"] * (length - 1)])
    assert tokens.count(made) == length
    return made


def message(role: str, length: int, first: str = "word") -> dict[str, Any]:
    """A message that takes `length` tokens, its overhead included."""
    return {"role": role, "content": text(length - tokens.MESSAGE_OVERHEAD, first)}


def rounds(count: int, question: int = 100, reply: int = 200) -> list[dict[str, Any]]:
    """Rounds of so many tokens, no two alike."""
    firsts = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    said = []
    for number in range(count):
        first = f"{firsts[number // 10 % 10]} {firsts[number % 10]}"
        for role, length in (("user", question), ("assistant", reply)):
            body = " ".join([first, *["word"] * (length - tokens.MESSAGE_OVERHEAD - 2)])
            assert tokens.count(body) == length - tokens.MESSAGE_OVERHEAD
            said.append({"role": role, "content": body})
    return said


def talk(*said: str) -> list[dict[str, Any]]:
    """Questions and answers in turn."""
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": words} for n, words in enumerate(said)]


def write(path: Path, *lines: Any) -> Path:
    """A file of JSON lines; texts are written as they are."""
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    return path


def entry(message: dict[str, Any], anchor: int = 1) -> Entry:
    return Entry(message, tokens.count_message(message), anchor)


def read(path: Path) -> tuple[list[Conversation], list[str]]:
    """What a file holds, and the complaints about it."""
    complaints: list[str] = []
    found = list(Recording(path, lambda place, reason: complaints.append(f"{place}: {reason}")))
    return found, complaints


def replay(
    path: Path,
    price: Price = PRICE,
    system: Sequence[dict[str, Any]] = (),
    layouts: Sequence[Layout] | None = None,
) -> dict[str, Result]:
    """Every layout's result by name."""
    entries = [entry(one) for one in system]
    run = Runs(runs.layouts(price) if layouts is None else layouts, price, entries)
    for conversation in read(path)[0]:
        run.feed(conversation)
    return {result.name: result for result in run.results}


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """`recap replay …` in this test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: object) -> Ran:
        try:
            code = main(["replay", *map(str, words)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ran(code, *capsys.readouterr())

    return run
