"""`recap replay` reads the forms in which people keep conversations: each comes to what the same
conversation comes to in OpenAI's form, one a line."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from service.replay import reading
from tests.conftest import Recap
from tests.replaying import Command, command, read, talk, write

__all__ = ["command"]
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "find_order", "arguments": '{"order":"A-17"}'},
}
USED: list[dict[str, Any]] = [
    {"role": "user", "content": "Where is my order A-17?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": '{"status": "on its way"}'},
    {"role": "assistant", "content": "It is on its way."},
    {"role": "user", "content": "When will it be here?"},
    {"role": "assistant", "content": "On Friday."},
]
SAID = talk("Hello", "Hi! What can I do?", "I want a refund.", "Which order?", "A-17.", "Done.")
PROMPT = {"role": "system", "content": "You are the shop's helper."}
SPOKEN = {"user": "human", "assistant": "gpt", "system": "system"}


def sharegpt(said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"from": SPOKEN[one["role"]], "value": one["content"]} for one in said]


def messages_of(*documents: Any, folder: Path) -> list[list[dict[str, Any]]]:
    """What goes to a model of each conversation in a file of these lines."""
    found, complaints = read(write(folder / "one.jsonl", *documents))
    assert complaints == []
    return [[dict(e.message) for e in (*one.system, *one.messages)] for one in found]


def figures(command: Command, path: Path) -> list[tuple[Any, ...]]:
    """Every layout's requests, tokens and money."""
    ran = command(path.name, "--json", "--profile", "90")
    assert (ran.code, ran.err) == (0, "")
    return [(one["name"], one["requests"], one["cost"]) for one in ran.line["layouts"]]


def files(folder: Path, said: Sequence[dict[str, Any]]) -> dict[str, Path]:
    """One conversation twice, in every way that a file may hold it."""
    plain = {"messages": list(said)}
    asked = {"model": "m", "tools": [{"type": "function"}], **plain}
    contents = {
        "array.json": json.dumps([plain, plain]),
        "pretty.json": json.dumps([plain, plain], indent=2),
        "lists.json": json.dumps([said, said], indent=1),
        "list-lines.jsonl": f"{json.dumps(said)}\n{json.dumps(said)}\n",
        "one-line.json": json.dumps([said, said]),
        "requests.jsonl": f"{json.dumps(asked)}\n{json.dumps(asked)}\n",
        "windows.jsonl": f"\ufeff{json.dumps(plain)}\r\n{json.dumps(plain)}\r\n",
        "windows.json": "\ufeff" + json.dumps([plain, plain], indent=4).replace("\n", "\r\n"),
        "blank.json": "\n \r\n" + json.dumps([plain, plain], indent=2),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content.encode())
    (folder / "packed.json.gz").write_bytes(gzip.compress(contents["pretty.json"].encode()))
    return {name: folder / name for name in (*contents, "packed.json.gz")}


@pytest.mark.parametrize("said", [[PROMPT, *SAID], USED], ids=["talk", "tools"])
def test_arrays_lists_requests_and_windows_files_come_to_what_json_lines_come_to(
    said: list[dict[str, Any]], tmp_path: Path, command: Command
) -> None:
    lines = write(tmp_path / "lines.jsonl", {"messages": said}, {"messages": said})
    expected = figures(command, lines)
    for name, path in files(tmp_path, said).items():
        assert figures(command, path) == expected, name


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_may_be_one_conversation(
    indent: int | None, tmp_path: Path, command: Command
) -> None:
    expected = figures(command, write(tmp_path / "lines.jsonl", {"messages": SAID}))
    for number, document in enumerate([SAID, {"messages": SAID}]):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document, indent=indent))
        assert figures(command, path) == expected


def test_sharegpt_comes_to_what_openais_form_comes_to(tmp_path: Path, command: Command) -> None:
    expected = figures(command, write(tmp_path / "lines.jsonl", {"messages": [PROMPT, *SAID]}))
    beside = {"conversations": sharegpt(SAID), "system": PROMPT["content"], "tools": "[]"}
    within = {"id": "x", "conversations": sharegpt([PROMPT, *SAID])}
    for number, document in enumerate([beside, within, [within]]):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document, indent=2))
        assert figures(command, path) == expected


def test_sharegpts_calls_and_results_become_openais(tmp_path: Path) -> None:
    asked, answer, more = sharegpt([USED[0]]), sharegpt([USED[3]]), sharegpt(USED[4:])
    call = json.dumps({"name": "find_order", "arguments": {"order": "A-17"}})
    result = USED[2]["content"]
    turns = [{"from": "function_call", "value": call}, {"from": "observation", "value": result}]
    tagged = [
        {"from": "gpt", "value": f"<tool_call>\n{call}\n</tool_call>"},
        {"from": "tool", "value": result},
    ]
    for middle in (turns, tagged):
        document = {"conversations": [*asked, *middle, *answer, *more]}
        assert messages_of(document, folder=tmp_path) == [USED]


@pytest.mark.parametrize("results", ["turns", "list"])
def test_several_calls_at_once_each_get_their_result(results: str, tmp_path: Path) -> None:
    calls = [json.dumps({"name": name, "arguments": {}}) for name in ("stock", "price")]
    told = ["none left", "9 dollars"]
    answered = told if results == "turns" else [json.dumps(told)]
    document = {
        "conversations": [
            {"from": "human", "value": "Tell me of the kettle."},
            *({"from": "function_call", "value": call} for call in calls),
            *({"from": "observation", "value": one} for one in answered),
            {"from": "gpt", "value": "There are none left."},
        ]
    }
    [[_, asking, *found, _]] = messages_of(document, folder=tmp_path)
    assert [call["function"]["name"] for call in asking["tool_calls"]] == ["stock", "price"]
    ids = [call["id"] for call in asking["tool_calls"]]
    assert [(one["tool_call_id"], one["content"]) for one in found] == [
        *zip(ids, told, strict=True)
    ]


def test_a_call_that_is_no_json_is_kept_as_it_is(tmp_path: Path) -> None:
    document = {
        "conversations": [
            {"from": "human", "value": "Hello"},
            {"from": "gpt", "value": "Let me see. <tool_call>look it up</tool_call> One moment."},
            {"from": "tool", "value": "nothing"},
            {"from": "gpt", "value": "Nothing."},
        ]
    }
    [[_, asking, result, _]] = messages_of(document, folder=tmp_path)
    [call] = asking["tool_calls"]
    assert call["function"] == {"name": "tool", "arguments": "look it up"}
    assert asking["content"] == "Let me see.  One moment."
    assert result["tool_call_id"] == call["id"]


async def test_recaps_own_export_comes_to_what_was_said(recap: Recap, tmp_path: Path) -> None:
    session = await recap.open_session()
    said = []
    for question in ("Hello", "Where is my order A-17?", "谢谢"):
        answer = await recap.say(session, question)
        said += talk(question, answer["reply"]["content"])
    path = f"/v1/sessions/{session['id']}/export"
    async with recap.http.get(path, headers=recap.bearer()) as response:
        exported = await response.json()
    [found], complaints = read(write(tmp_path / "export.jsonl", exported))
    assert complaints == []
    assert [entry.message for entry in found.messages] == said
    assert found.name == session["id"]
    assert None not in found.times


def test_what_a_live_agent_answered_was_asked_of_no_model(tmp_path: Path, command: Command) -> None:
    kinds = [
        ("customer", "Hello"),
        ("bot", "Hi!"),
        ("customer", "I want a human."),
        ("activity", "handed over"),
        ("note", "She is a good customer."),
        ("agent", "Maria here. What is it?"),
        ("customer", "My kettle leaks."),
        ("agent", "I will send a new one."),
        ("activity", "returned"),
        ("customer", "What did she promise?"),
        ("bot", "A new kettle."),
    ]
    times = [f"2026-01-05T10:00:{number:02}Z" for number in range(len(kinds))]
    logged = [
        {"id": f"m{n}", "seq": n, "kind": kind, "content": content, "created_at": times[n - 1]}
        for n, (kind, content) in enumerate(kinds, 1)
    ]
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"id": "s1", "owner": "bot", "messages": logged, "turns": []}))
    [conversation], _ = read(export)
    roles = [entry.message["role"] for entry in conversation.messages]
    assert roles == ["user", "assistant"] * 4
    assert "good customer" not in str(conversation.messages)
    assert {name: requests for name, requests, _ in figures(command, export)}["full"] == 2


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"conversations": [{"from": "robot", "value": "Hi"}]}, "messages[0] is from nobody who"),
        ({"conversations": [{"from": "human", "value": 5}]}, "messages[0] has a value that is no"),
        (
            {"conversations": [{"from": "tool", "value": "5"}]},
            "messages[0] is a tool's result that",
        ),
        ({"messages": [{"kind": "ghost", "content": "Hi"}]}, "messages[0] has no kind that is"),
        ({"messages": [{"kind": "bot", "content": None}]}, "messages[0] has a content that is no"),
        ({"prompt": "Hi", "completion": "Ho"}, "is not an object with a list of `messages`"),
        ("Hi", "is not an object with a list of `messages`"),
    ],
)
def test_what_is_in_no_known_form_is_named_by_its_place(
    document: Any, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "mixed.json"
    path.write_text(json.dumps([{"messages": SAID}, document, {"messages": SAID}], indent=2))
    found, [complaint] = read(path)
    assert [one.name for one in found] == ["1", "3"]
    assert complaint.startswith(f"conversation 2: {reason}")
    path.write_text(json.dumps([{"messages": SAID}, document]))
    assert read(path)[1][0].startswith(f"line 1, conversation 2: {reason}")


def test_a_file_in_no_known_form_is_told_which_forms_are_read(
    tmp_path: Path, command: Command
) -> None:
    (tmp_path / "pairs.json").write_text(json.dumps([{"q": "Hi", "a": "Ho"}], indent=2))
    (tmp_path / "wide.jsonl").write_bytes(json.dumps({"messages": SAID}).encode("utf-16"))
    ran = command("pairs.json")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 2)
    for form in ("JSON lines", "JSON array of up to 64 MiB", '"messages"', "exports", "ShareGPT"):
        assert form in ran.err.splitlines()[1]
    ran = command("wide.jsonl")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "is UTF-16" in ran.err


def test_an_array_that_is_too_long_to_hold_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    path = tmp_path / "long.json"
    path.write_text(json.dumps([{"messages": SAID}] * 9, indent=2))
    assert len(read(path)[0]) == 9
    monkeypatch.setattr(reading, "LONGEST_DOCUMENT", path.stat().st_size - 1)
    ran = command(path.name)
    assert ran.code == 1
    assert "JSON array of up to" in ran.err


@pytest.mark.parametrize("indent", [None, 2])
def test_a_pipe_is_read_as_a_file_is(indent: int | None, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = "\n" + json.dumps([{"messages": SAID}] * 2, indent=indent) + "\n{\n" * (not indent)
    with ThreadPoolExecutor() as pool:
        written = pool.submit(pipe.write_text, content)
        found, complaints = read(pipe)
        assert written.result() == len(content)
    assert len(found) == 2
    assert [one.partition(":")[0] for one in complaints] == ["line 3"] * (not indent)


def test_a_probe_counts_the_messages_as_they_were_logged(tmp_path: Path) -> None:
    asked = {"question": "Which order was it?", "must_contain": "A-17"}
    kinds = {"user": "customer", "assistant": "bot"}
    exported: list[dict[str, Any]] = [{"kind": "activity", "content": "opened"}]
    exported += [{"kind": kinds[one["role"]], "content": one["content"]} for one in SAID]
    documents = [
        {"system": PROMPT["content"], "messages": SAID, "probes": [{**asked, "after_turn": 5}]},
        {"messages": [PROMPT, *SAID], "probes": [{**asked, "after_turn": 6}]},
        {"messages": exported, "probes": [{**asked, "after_turn": 6}]},
    ]
    found, complaints = read(write(tmp_path / "probed.jsonl", *documents))
    assert complaints == []
    assert [[(p.after, p.distance) for p in one.probes] for one in found] == [[(6, 1)]] * 3
