"""A caller with tools at `/v1/chat/completions`, and what its lists must look like upstream."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.scripted import Scripted
from tests.conftest import Recap
from tests.probes import assistant, complete, text_of, user

Message = dict[str, Any]
Messages = Sequence[Mapping[str, Any]]

NO_CACHE, CACHED = "uncached-model", "cached-model"
PRICES: dict[str, dict[str, Any]] = {
    NO_CACHE: {"input": 2.0, "cached_input": 2.0, "output": 8.0},
    CACHED: {"input": 2.0, "cached_input": 0.2, "output": 8.0},
}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRiQAAABXQVZF", "format": "wav"}}
FILE = {"type": "file", "file": {"filename": "terms.pdf", "file_data": "data:;base64,JVBERi0="}}


def price_file(folder: Path, models: Mapping[str, Any] = PRICES) -> Path:
    file = folder / "prices.json"
    file.write_text(json.dumps(models))
    return file


def call(key: str, name: str, **arguments: Any) -> Message:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": key, "type": "function", "function": function}


def result(key: str, content: str) -> Message:
    return {"role": "tool", "tool_call_id": key, "content": content}


@dataclass
class Caller:
    """A program that keeps its own list, and hands in the whole of it with each call."""

    recap: Recap
    model: str = NO_CACHE
    headers: dict[str, str] = field(default_factory=dict)
    said: list[Message] = field(default_factory=list)

    async def call(self, *said: Message, **request: Any) -> list[Message]:
        """One call with these messages more; what was sent upstream for it."""
        self.said += said
        body, _ = await complete(
            self.recap, self.said, headers=self.headers, model=self.model, **request
        )
        reply = body["choices"][0]["message"]
        own = assistant(text_of(body))
        self.said.append(own | {k: reply[k] for k in ("tool_calls",) if reply.get(k)})
        sent: list[Message] = self.recap.upstream.requests[-1]["messages"]
        return sent

    async def ask(
        self,
        question: Message,
        steps: Sequence[Sequence[Message]] = (),
        results: Mapping[str, str] | None = None,
    ) -> list[list[Message]]:
        """A turn: the question, calls of tools step by step, and the answer; what was sent for
        each of its calls."""
        answers = results or {}
        script = [Scripted(tool_calls=list(step)) for step in steps]
        self.recap.upstream.script = script
        sent = [await self.call(question)]
        for step in steps:
            told = [result(c["id"], answers.get(c["id"], '{"ok": true}')) for c in step]
            sent.append(await self.call(*told))
        return sent


def assert_alternates(sent: Messages) -> None:
    """User and assistant by turns, the customer first; results stand behind their calls."""
    before = "assistant"
    for message in sent:
        role = str(message["role"])
        if role in ("system", "developer"):
            continue
        allowed = {"user": {"assistant"}, "assistant": {"user", "tool"}}.get(role)
        assert before in (allowed or {"assistant", "tool"}), [m["role"] for m in sent]
        before = role


def assert_calls_have_results(sent: Messages) -> None:
    """Every call is followed by its result, every result stands behind its call."""
    open_calls: set[str] = set()
    for message in sent:
        if message["role"] == "tool":
            assert message["tool_call_id"] in open_calls, "a result without its call"
            open_calls.remove(message["tool_call_id"])
            continue
        assert not open_calls, "a call without its result"
        open_calls = {called["id"] for called in message.get("tool_calls") or []}
    assert not open_calls


def assert_ends_as_said(sent: Messages, said: Messages, open_length: int) -> None:
    """What is sent is the end of the caller's list, byte for byte, but for what stands in front of
    its first question and of the newest; the last `open_length` messages are there at least."""
    systems = ("system", "developer")
    own = [m for m in said if m["role"] not in systems]
    kept = [m for m in sent if m["role"] not in systems]
    if len(kept) > len(own):  # the record alone, before an answer
        assert kept[0]["role"] == "user"
        kept = kept[1:]
    newest = len([m for m in said[len(said) - open_length :] if m["role"] not in systems])
    assert len(kept) >= newest
    open_from = len(kept) - newest
    questions = {n for n in range(open_from, len(kept)) if kept[n]["role"] == "user"}
    for place, (one, other) in enumerate(zip(kept, own[len(own) - len(kept) :], strict=True)):
        if place == 0 or place in questions:
            assert_ends_with(one, other)
        else:
            assert json.dumps(one) == json.dumps(other)
    assert json.dumps(sent[0]) == json.dumps(said[0])


def assert_ends_with(sent: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """The same message, but for words that stand in front."""
    assert {**sent, "content": 0} == {**said, "content": 0}
    if isinstance(said["content"], str):
        assert sent["content"].endswith(said["content"])
    else:
        assert sent["content"][-len(said["content"]) :] == said["content"]


_ITEMS = ("lamp", "sofa", "kettle", "bookcase", "carpet", "toaster", "mirror", "desk")


def some_question(choose: random.Random, turn: int) -> Message:
    """A customer's words, at times with a picture, at times looking back."""
    item = choose.choice(_ITEMS)
    words = choose.choice(
        [
            f"My {item}, order A-{turn:05}, came without its {choose.choice(_ITEMS)} "
            + "and I waited long " * choose.randint(1, 20),
            f"What was the number of the {item} that I asked about earlier?",
            "ok",
            f"Could you tell me where order A-{max(0, turn - choose.randint(3, 9)):05} is?",
            f"从现在起请叫我陈先生，{item}的订单号是 B-{turn:05}。",
        ]
    )
    if choose.random() < 0.15:
        attached = choose.choice([PICTURE, SOUND, FILE])
        return {"role": "user", "content": [attached, {"type": "text", "text": words}]}
    return user(words)


def some_steps(choose: random.Random, turn: int) -> list[list[Message]]:
    """None, one or two steps of one to three calls."""
    return [
        [
            call(f"call_{turn}_{step}_{n}", "look_up", order=f"A-{turn:05}", part=n)
            for n in range(choose.randint(1, 3))
        ]
        for step in range(choose.choice([0, 0, 1, 2]))
    ]


def some_result(choose: random.Random, turn: int) -> str:
    return choose.choice(
        [
            json.dumps({"status": "late", "carrier": {"name": "Kite", "code": f"K{turn}"}}),
            json.dumps([{"row": n, "note": "in the depot " * 5} for n in range(40)]),
            "No such order.",
            "",
        ]
    )
