"""What `recap replay` makes of other people's files: good lines, bad lines, and bad files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.replay import reading, runs
from service.replay.runs import Runs
from tests.replaying import NO_CACHE, Command, command, read, rounds, talk, write

__all__ = ["command"]
GOOD = {"messages": talk("Hello", "Hi!")}
BAD_LINES = {
    "{": "is not JSON in UTF-8",
    '{"messages": "none"}': "is not an object with a list of `messages`",
    "[]": "is not an object with a list of `messages`",
    '{"messages": []}': "holds no message of a user",
    '{"messages": [{"role": "assistant", "content": "Hi"}]}': "holds no message of a user",
    '{"messages": [{"role": "robot", "content": "Hi"}]}': "messages[0] has no role that is known",
    '{"messages": [{"role": ["user"], "content": "Hi"}]}': "messages[0] has no role that is known",
    '{"messages": ["Hi"]}': "messages[0] has no role that is known",
    '{"messages": [{"role": "user", "content": 5}]}': "messages[0] has a content that is neither",
    '{"messages": [{"role": "user", "content": ["Hi"]}]}': "messages[0] has a content that is",
    '{"messages": [{"role": "user", "content": "\\ud800"}]}': "is not JSON in UTF-8",
}
BAD_PROBES: list[Any] = [
    "what?",
    {"question": "q", "must_contain": "a"},
    {"after_turn": 1, "question": "q", "must_contain": " , "},
    {"after_turn": 1, "question": 1, "must_contain": "a"},
    {"after_turn": 0, "question": "q", "must_contain": "a"},
    {"after_turn": 9, "question": "q", "must_contain": "a"},
    {"after_turn": -1, "question": "q", "must_contain": "a"},
    {"after_turn": "1", "question": "q", "must_contain": "a"},
    {"after_turn": True, "question": "q", "must_contain": "a"},
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES.items())
def test_a_bad_line_is_named_and_skipped(line: str, reason: str, tmp_path: Path) -> None:
    path = write(tmp_path / "talk.jsonl", GOOD, line, "", GOOD)
    conversations, [complaint] = read(path)
    assert [c.name for c in conversations] == ["1", "4"]
    assert complaint.startswith(f"line 2: {reason}")


def test_bytes_that_are_no_utf_8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(b'{"messages": "\xff"}\n' + json.dumps(GOOD).encode())
    conversations, [complaint] = read(path)
    assert len(conversations) == 1
    assert complaint.startswith("line 1: is not JSON in UTF-8")


def test_a_line_that_is_too_long_is_skipped_without_being_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 200)
    monkeypatch.setattr(reading, "_PIECE", 64)
    path = write(tmp_path / "talk.jsonl", GOOD, "x" * 5000, GOOD, "y" * 300)
    conversations, complaints = read(path)
    assert [c.name for c in conversations] == ["1", "3"]
    assert [c.partition(":")[0] for c in complaints] == ["line 2", "line 4"]


def test_a_conversation_of_too_many_messages_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_MESSAGES", 4)
    path = write(tmp_path / "talk.jsonl", {"messages": rounds(2)}, {"messages": rounds(3)})
    conversations, complaints = read(path)
    assert len(conversations) == 1
    assert complaints == ["line 2: has more than 4 messages"]


@pytest.mark.parametrize("probe", BAD_PROBES)
def test_a_bad_probe_is_named_and_left_out(probe: Any, tmp_path: Path) -> None:
    good = {"after_turn": 1, "question": "What did I say?", "must_contain": "hello"}
    path = write(tmp_path / "talk.jsonl", {**GOOD, "probes": [probe, good]})
    [conversation], [complaint] = read(path)
    assert complaint.startswith("line 1: probes[0] ")
    assert [(p.after, p.expected, p.distance) for p in conversation.probes] == [(2, "hello", 1)]


def test_probes_that_are_no_list_are_left_out(tmp_path: Path) -> None:
    [conversation], [complaint] = read(write(tmp_path / "t.jsonl", {**GOOD, "probes": {}}))
    assert conversation.probes == []
    assert complaint.startswith("line 1: has `probes` that are no list")


def test_only_what_goes_to_a_model_is_kept_of_a_message(tmp_path: Path) -> None:
    said = {"role": "user", "content": "Hi", "id": "m1", "time": 5, "weight": 0, "name": "Jo"}
    [conversation], _ = read(write(tmp_path / "t.jsonl", {"messages": [said]}))
    [entry] = conversation.messages
    assert entry.message == {"role": "user", "content": "Hi", "name": "Jo"}
    assert conversation.times == [5.0]


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (1_764_000_000, 1_764_000_000.0),
        (1_764_000_000_000, 1_764_000_000.0),
        ("2025-11-24T16:00:00Z", 1_764_000_000.0),
        ("2025-11-24T17:00:00+01:00", 1_764_000_000.0),
        ("yesterday", None),
        (True, None),
        (None, None),
    ],
)
def test_times_are_read_in_the_forms_that_logs_have(
    time: Any, seconds: float | None, tmp_path: Path
) -> None:
    said = [{"role": "user", "content": "Hi", "timestamp": time}]
    [conversation], complaints = read(write(tmp_path / "t.jsonl", {"messages": said}))
    assert conversation.times == [seconds]
    assert complaints == []


def test_a_gzip_file_is_known_by_its_bytes_and_a_byte_order_mark_is_no_matter(
    tmp_path: Path,
) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(GOOD).encode()
    for name, packed in (("a.jsonl.gz", True), ("b.jsonl", True), ("c.jsonl", False)):
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if packed else content)
        assert len(read(path)[0]) == 1, name


def test_files_that_cannot_be_used_are_one_line_and_exit_1(
    tmp_path: Path, command: Command
) -> None:
    packed = gzip.compress(json.dumps(GOOD).encode() * 100)
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "blank.jsonl").write_text("\n \n")
    (tmp_path / "plain.jsonl.gz").write_text(json.dumps(GOOD))
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[:-20])
    (tmp_path / "broken.jsonl.gz").write_bytes(packed[:12] + b"\xff" * 30 + packed[42:])
    (tmp_path / "folder").mkdir()
    reasons = {
        "empty.jsonl": "holds no conversation",
        "blank.jsonl": "holds no conversation",
        "plain.jsonl.gz": "is not a gzip file",
        "cut.jsonl.gz": "is damaged",
        "broken.jsonl.gz": "is damaged",
        "folder": "is a folder",
        "absent.jsonl": "No such file",
    }
    for name, reason in reasons.items():
        ran = command(name, "--json")
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1), (name, ran.err)
        assert ran.err.startswith("recap: ")
        assert reason in ran.err
        assert name in ran.err


def test_a_file_of_bad_lines_names_them_and_says_that_it_holds_nothing(
    tmp_path: Path, command: Command
) -> None:
    write(tmp_path / "talk.jsonl", *["{"] * 30)
    ran = command("talk.jsonl")
    assert (ran.code, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert len(lines) == 22
    assert lines[0].startswith("recap: talk.jsonl, line 1: is not JSON in UTF-8")
    assert "recap: talk.jsonl: 10 more skipped" in lines
    [last] = [line for line in lines if "holds no conversation; what is read: JSON lines" in line]
    assert all(form in last for form in ("JSON array", "Recap's exports", "ShareGPT"))


def test_skipped_lines_are_counted_in_the_answer(tmp_path: Path, command: Command) -> None:
    write(tmp_path / "talk.jsonl", GOOD, "{", GOOD)
    ran = command("talk.jsonl", "--json")
    assert ran.code == 0
    assert (ran.line["conversations"], ran.line["skipped"]) == (2, 1)
    assert ran.err.count("\n") == 1
    assert "line 2" in ran.err


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "function", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
roles = st.sampled_from(["system", "user", "user", "assistant", "assistant", "tool"])
texts = st.text(max_size=30)
contents = (
    texts | st.none() | st.lists(st.fixed_dictionaries({"type": st.just("text")}), max_size=2)
)
strange = st.fixed_dictionaries(
    {"role": roles, "content": contents},
    optional={"tool_calls": odd, "function_call": odd, "name": odd, "time": odd, "x": odd},
)
asked = st.fixed_dictionaries(
    {"after_turn": st.integers(-1, 9), "question": texts | odd, "must_contain": texts | odd},
    optional={"distance_rounds": odd},
)
lines = st.fixed_dictionaries(
    {"messages": st.lists(strange, max_size=9) | odd},
    optional={"id": odd, "language": odd, "probes": st.lists(asked | odd, max_size=3) | odd},
)


@given(st.lists(lines | odd, max_size=4))
def test_whatever_a_line_holds_it_is_replayed_or_named(logged: list[Any]) -> None:
    run = Runs(runs.layouts(NO_CACHE), NO_CACHE, [])
    complaints: list[str] = []
    replayed = 0
    for number, line in enumerate(logged, 1):
        before = len(complaints)
        for conversation in reading.parse(
            json.dumps(line).encode(), number, lambda place, _: complaints.append(place)
        ):
            run.feed(conversation)
            replayed += 1
            before = -1
        assert len(complaints) > before
    assert run.lengths.total() == replayed
    assert len({result.bill.requests for result in run.results}) == 1
