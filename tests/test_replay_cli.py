"""The command `recap replay`: its words, its answer as tables and as JSON, and its report."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from service import tokens
from service.prices import PriceList
from service.replay import report, synthetic
from tests.commands import run
from tests.replaying import Command, command, rounds, talk, write

__all__ = ["command"]
LAYOUTS = [
    "full",
    "full-cache",
    "window-4",
    "window-20",
    "chunked",
    "summary-buffer",
    "published",
    "slim",
    "bm25",
    "recap",
]
VOID = frozenset({"meta", "path", "polyline", "br"})


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two conversations, one of them long and with a question about its beginning."""
    said = [*talk("My locker code is Falcon-77.", "Noted."), *rounds(40)]
    asked = {"after_turn": 81, "question": "What was my locker code?", "must_contain": "Falcon-77"}
    return write(
        tmp_path / "talk.jsonl",
        {"messages": said, "probes": [asked], "language": "en"},
        {"messages": rounds(2)},
    )


def test_json_is_one_line_and_the_last(recording: Path, command: Command) -> None:
    ran = command(recording.name, "--json", "--model", "gpt-5-mini")
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    answer = ran.line
    assert [layout["name"] for layout in answer["layouts"]] == LAYOUTS
    assert (answer["conversations"], answer["lengths"]) == (2, {"1-10": 1, "31-100": 1})
    assert answer["price"] == PriceList.load().price("gpt-5-mini").model_dump()
    assert (answer["currency"], answer["prices_as_of"]) == ("USD", "2026-11")
    for layout in answer["layouts"]:
        assert layout["requests"] == 43
        assert layout["cost"] == pytest.approx(layout["input_cost"] + layout["output_cost"])
        assert [len(values) for values in layout["by_round"].values()] == [41] * 5
        assert set(layout["by_length"]) == {"1-10", "31-100"}
        assert sum(part["cost"] for part in layout["by_length"].values()) == pytest.approx(
            layout["cost"]
        )
        assert layout["recall"]["en"]["asked"] == layout["recall"]["all"]["asked"] == 1
    by_name = {layout["name"]: layout for layout in answer["layouts"]}
    assert by_name["full-cache"]["saved_percent"] == 0
    assert by_name["full"]["cached_percent"] == 0
    assert by_name["recap"]["recall"]["all"]["percent"] == 100
    assert by_name["window-20"]["recall_by_distance"] == {
        "21-50": {"held": 0, "asked": 1, "percent": 0}
    }
    assert by_name["recap"]["by_round"]["hits"] == [0, 2, *[1] * 39]


def test_saved_money_is_counted_against_the_whole_history_with_the_providers_cache(
    recording: Path, command: Command
) -> None:
    layouts = {one["name"]: one for one in command(recording.name, "--json").line["layouts"]}
    ours, whole = layouts["recap"]["cost"], layouts["full-cache"]["cost"]
    assert layouts["recap"]["saved_percent"] == pytest.approx(100 * (1 - ours / whole), abs=0.06)


def test_tables_and_sentences_say_the_same(recording: Path, command: Command) -> None:
    ran = command(recording.name)
    assert (ran.code, ran.err) == (0, "")
    for words in ("full history, cached", "chunked window", "Recap", "Recalled", "31-100"):
        assert words in ran.out
    sentences = command(recording.name, "--json").line["summary"]
    assert " ".join(" ".join(sentences).split()) in " ".join(ran.out.split())
    assert "hits 0 times inside a conversation" in ran.out


def test_nothing_is_written_but_the_report(recording: Path) -> None:
    ran = run(recording.parent, "replay", recording.name, "--html", "out.html", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert {path.name for path in recording.parent.iterdir()} == {"talk.jsonl", "out.html"}


def test_the_price_follows_the_model_the_file_or_the_profile(
    recording: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = {"input": 7, "cached_input": 3.5, "output": 9}
    prices = write(recording.parent / "prices.json", {"my-model": price})
    monkeypatch.setenv("PRICES_FILE", str(prices))
    monkeypatch.setenv("CURRENCY", "EUR")
    own = command(recording.name, "--json", "--model", "my-model").line
    assert (own["price"]["cached_input"], own["currency"]) == (3.5, "EUR")
    profile = command(recording.name, "--json", "--profile", "none").line
    by_name = {layout["name"]: layout for layout in profile["layouts"]}
    assert by_name["full"]["cost"] == by_name["full-cache"]["cost"]
    assert {layout["cached_percent"] for layout in profile["layouts"]} == {0}
    assert by_name["full"]["ite_a_request"] == by_name["full"]["tokens_a_request"]


def test_the_system_prompt_is_a_text_a_file_or_a_length(recording: Path, command: Command) -> None:
    def first(*words: object) -> float:
        answer = command(recording.name, "--json", "--profile", "none", *words).line
        assert isinstance(answer["layouts"][0]["by_round"]["tokens"][0], float)
        return float(answer["layouts"][0]["by_round"]["tokens"][0])

    bare = first("--system-tokens", 0)
    prompt = {"role": "system", "content": "Be kind to customers."}
    taken = tokens.count_message(prompt)
    assert first("--system-prompt", prompt["content"]) == bare + taken
    (recording.parent / "prompt.txt").write_text(prompt["content"])
    assert first("--system-prompt", "prompt.txt") == bare + taken
    assert 1998 <= first("--system-tokens", 2000) - bare - tokens.MESSAGE_OVERHEAD <= 2000
    assert first() == bare + tokens.count_message(
        {"role": "system", "content": synthetic.filler(500)}
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("talk.jsonl", "--model", "nobody-knows"), "has no price"),
        (("talk.jsonl", "--model", "gpt-5", "--profile", "50"), "not allowed with"),
        (("talk.jsonl", "--profile", "12"), "invalid choice"),
        (("talk.jsonl", "--system-tokens", "-1"), "takes 0 to"),
        (("talk.jsonl", "--system-tokens", "many"), "invalid int"),
        (("talk.jsonl", "--html", "no/such/folder.html"), "no such folder"),
        ((), "takes a FILE"),
    ],
)
def test_a_wrong_word_is_exit_2(
    words: tuple[str, ...], said: str, recording: Path, command: Command
) -> None:
    ran = command(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


class Reader(HTMLParser):
    """The report's elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def html_of(path: Path, command: Command, *words: object) -> tuple[str, Reader]:
    ran = command(path.name, "--html", "out.html", *words)
    assert (ran.code, ran.err) == (0, "")
    page = (path.parent / "out.html").read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return page, reader


def test_the_report_stands_alone(recording: Path, command: Command) -> None:
    page, reader = html_of(recording, command)
    assert not re.search(r"https?:|//|<script|@import|url\(|javascript:", page)
    assert {name for _, name, _ in reader.attributes}.isdisjoint({"src", "href", "onload"})
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes
    assert page.startswith("<!doctype html>")
    assert page.count("<figure>") == 4
    assert page.count("<polyline") == 10 + 9
    assert "NaN" not in page


def test_the_report_says_what_the_answer_says(recording: Path, command: Command) -> None:
    _, reader = html_of(recording, command)
    told = reader.text.replace("\u00a0", " ")
    answer = command(recording.name, "--json").line
    for sentence in answer["summary"]:
        assert sentence in told
    for layout in answer["layouts"]:
        assert layout["title"] in told


def test_names_from_outside_are_escaped_in_the_report(tmp_path: Path, command: Command) -> None:
    name = "<img src=x onerror=alert(1)>&.jsonl"
    path = write(tmp_path / name, {"messages": rounds(5), "language": "<b>"})
    page, reader = html_of(path, command)
    assert "<img" not in page
    assert name in reader.text


@pytest.mark.parametrize(
    "lines",
    [
        [{"messages": talk("Hello")}],
        [{"messages": talk("Hello", "Hi!")}],
        [{"messages": rounds(3)}],
        [{"messages": talk("", "")}],
    ],
)
def test_the_smallest_recordings_make_a_report_too(
    lines: list[dict[str, Any]], tmp_path: Path, command: Command
) -> None:
    path = write(tmp_path / "talk.jsonl", *lines)
    for profile in ("none", "90"):
        page, _ = html_of(path, command, "--profile", profile, "--system-tokens", 0)
        assert "Every layout" in page
    free = write(tmp_path / "free.json", {"free": {"input": 0, "output": 0}})
    ran = run(tmp_path, "replay", path.name, "--model", "free", "--json", PRICES_FILE=str(free))
    assert (ran.code, ran.err) == (0, "")
    page, _ = html_of(path, command)
    assert "Every layout" in page


def test_the_answer_is_the_same_each_time(recording: Path, command: Command) -> None:
    first, second = (command(recording.name, "--json").out for _ in range(2))
    assert json.loads(first) == json.loads(second)


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        (0, "USD", "$0"),
        (0.0000124, "USD", "$0.0000124"),
        (0.6, "USD", "$0.60"),
        (0.3344, "EUR", "€0.334"),
        (16.0, "USD", "$16"),
        (1234.567, "CHF", "1,234.57 CHF"),
    ],
)
def test_money_is_told_as_people_read_it(amount: float, currency: str, told: str) -> None:
    assert report.money(amount, currency) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.26, "26 % less than"), (0.004, "as much as"), (-0.0312, "3.1 % more than")],
)
def test_a_saving_is_told_either_way(share: float, told: str) -> None:
    assert report.compared(share) == told
