"""The forms in which people keep conversations, each told as the messages that go to a model.

- A list of messages in OpenAI's form, tool calls and their results included: alone, or as
  `messages` of an object.
- Recap's own export of a session. What a live agent said is the assistant's, as in a prompt, but no
  model was asked for it; notes and activities never go to a model.
- ShareGPT: `conversations` of `{"from", "value"}`. Calls stand in turns of their own
  (`function_call`), or in `<tool_call>` tags of the assistant's; results name no call and belong to
  the oldest that is open.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson

ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
WIRE_FIELDS: Final = ("role", "content", "name", "tool_calls", "tool_call_id", "function_call")
"""What of a logged message is sent to a model; the rest is the log's own."""
LISTS: Final = ("messages", "conversations")
"""Where an object keeps its list of messages."""
TIMES: Final = ("time", "timestamp", "created_at")
KINDS: Final = {"customer": "user", "bot": "assistant", "agent": "assistant"}
"""Of an export's messages, those that a model is sent."""
ASIDE: Final = frozenset({"note", "activity"})
SPEAKERS: Final = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "system": "system",
    "function_call": "call",
    "observation": "result",
    "tool": "result",
    "function_response": "result",
}
"""ShareGPT's speakers; `call` and `result` are a tool's."""

_MARKS: Final = ("role", "from", "kind")
"""A message has one of these."""
_OPENS: Final = "<tool_call>"
_CLOSES: Final = "</tool_call>"
_MILLISECONDS_FROM: Final = 1e11
"""A number above this is taken for milliseconds: in seconds it would be the year 5138."""


class UnknownForm(ValueError):
    """This is no conversation that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it goes to a model; its time in seconds, where that is known.

    `by_person`: a live agent's words, for which no model was asked. `at` is its place in the logged
    list; None for a prompt that stands beside it.
    """

    message: dict[str, Any]
    time: float | None = None
    by_person: bool = False
    at: int | None = None


def conversations(document: Any) -> list[Any]:
    """Those of a list of conversations; a list of messages, or an object, is one itself."""
    if not isinstance(document, list) or not document or _is_message(document[0]):
        return [document]
    return document


def listed(conversation: Any) -> list[Any]:
    """A conversation's messages as they were logged. Raises UnknownForm."""
    if isinstance(conversation, list) and conversation:
        return conversation
    if isinstance(conversation, dict):
        for name in LISTS:
            if isinstance(conversation.get(name), list):
                return list(conversation[name])
    raise UnknownForm("is not an object with a list of `messages`")


def read(conversation: Any) -> list[Said]:
    """A conversation's messages as they go to a model. Raises UnknownForm."""
    said: list[Said] = []
    tools = _ToolTurns()
    for place, logged in enumerate(listed(conversation)):
        where = f"messages[{place}]"
        form, before = _form(logged), len(said)
        if form == "role":
            said.append(Said(_openai(where, logged), _time(logged)))
        elif form == "from":
            tools.take(where, logged, said)
        elif form == "kind":
            said += _exported(where, logged)
        else:
            raise UnknownForm(f"{where} has no role that is known")
        said[before:] = [replace(one, at=place) for one in said[before:]]
    return [*_system(conversation, said), *said]


def _is_message(value: Any) -> bool:
    is_object = isinstance(value, dict)
    return is_object and any(m in value for m in _MARKS) and not any(n in value for n in LISTS)


def _form(logged: Any) -> str | None:
    """By which field it says who is speaking."""
    if not isinstance(logged, dict):
        return None
    return next((mark for mark in _MARKS if isinstance(logged.get(mark), str)), None)


def _system(conversation: Any, said: Sequence[Said]) -> list[Said]:
    """A prompt that is kept beside the messages, where they do not begin with one."""
    prompt = conversation.get("system") if isinstance(conversation, dict) else None
    is_own = bool(said) and said[0].message["role"] in ("system", "developer")
    if not isinstance(prompt, str) or not prompt.strip() or is_own:
        return []
    return [Said({"role": "system", "content": prompt})]


def _openai(where: str, logged: Mapping[str, Any]) -> dict[str, Any]:
    if logged["role"] not in ROLES:
        raise UnknownForm(f"{where} has no role that is known")
    content = logged.get("content")
    is_parts = isinstance(content, list) and all(isinstance(part, dict) for part in content)
    if not (content is None or isinstance(content, str) or is_parts):
        raise UnknownForm(f"{where} has a content that is neither text nor parts")
    return {field: logged[field] for field in WIRE_FIELDS if logged.get(field) is not None}


def _exported(where: str, logged: Mapping[str, Any]) -> list[Said]:
    kind, content = logged["kind"], logged.get("content")
    if kind in ASIDE:
        return []
    if kind not in KINDS:
        raise UnknownForm(f"{where} has no kind that is known")
    if not isinstance(content, str):
        raise UnknownForm(f"{where} has a content that is no text")
    message = {"role": KINDS[kind], "content": content}
    return [Said(message, _time(logged), by_person=kind == "agent")]


class _ToolTurns:
    """ShareGPT's turns in OpenAI's form: calls get ids, and results those of their calls."""

    def __init__(self) -> None:
        self._open: deque[str] = deque()
        self._asking: dict[str, Any] = {}
        self._count = 0

    def take(self, where: str, logged: Mapping[str, Any], said: list[Said]) -> None:
        """Put what a turn says behind what was said before. Raises UnknownForm."""
        speaker, value = SPEAKERS.get(logged["from"]), logged.get("value")
        if speaker is None:
            raise UnknownForm(f"{where} is from nobody who is known")
        if not isinstance(value, str):
            raise UnknownForm(f"{where} has a value that is no text")
        time = _time(logged)
        if speaker == "result":
            said += [Said(message, time) for message in self._results(where, value)]
        elif speaker == "call":
            self._call("", _calls(value), said, time)
        elif speaker == "assistant" and _OPENS in value:
            self._call(*_tagged(value), said, time)
        else:
            said.append(Said({"role": speaker, "content": value}, time))

    def _call(self, text: str, asked: Sequence[Any], said: list[Said], time: float | None) -> None:
        calls = [self._numbered(call) for call in asked]
        if self._asking and said[-1].message is self._asking and not text:
            self._asking["tool_calls"] += calls  # several calls at once, in turns of their own
            return
        self._asking = {"role": "assistant", "content": text or None, "tool_calls": calls}
        said.append(Said(self._asking, time))

    def _numbered(self, call: Any) -> dict[str, Any]:
        self._count += 1
        self._open.append(f"call_{self._count}")
        return {"id": self._open[-1], "type": "function", "function": _function(call)}

    def _results(self, where: str, value: str) -> list[dict[str, Any]]:
        """One for a call; where all open calls were answered in one list, one for each."""
        if not self._open:
            raise UnknownForm(f"{where} is a tool's result that no call asked for")
        found = _json(value)
        if not (isinstance(found, list) and len(found) == len(self._open) > 1):
            return [self._result(value)]
        return [self._result(one if isinstance(one, str) else _text(one)) for one in found]

    def _result(self, content: str) -> dict[str, Any]:
        return {"role": "tool", "tool_call_id": self._open.popleft(), "content": content}


def _calls(value: str) -> list[Any]:
    """The calls of a text: JSON of one, or of a list of them; else the text is the call."""
    found = _json(value)
    if isinstance(found, list) and found:
        return found
    return [value if found is None else found]


def _tagged(value: str) -> tuple[str, list[Any]]:
    """What stands around the calls' tags, and the calls in them."""
    text, *tagged = value.split(_OPENS)
    calls: list[Any] = []
    for piece in tagged:
        inside, _, after = piece.partition(_CLOSES)
        calls += _calls(inside.strip())
        text += after
    return text.strip(), calls


def _function(call: Any) -> dict[str, str]:
    """Name and arguments of a call; one of another form is all arguments."""
    if not (isinstance(call, dict) and isinstance(call.get("name"), str)):
        return {"name": "tool", "arguments": call if isinstance(call, str) else _text(call)}
    arguments = call.get("arguments", call.get("parameters", {}))
    return {
        "name": call["name"],
        "arguments": arguments if isinstance(arguments, str) else _text(arguments),
    }


def _json(text: str) -> Any:
    """None where the text is no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _time(logged: Mapping[str, Any]) -> float | None:
    """Seconds; None where a message carries no time that can be read."""
    value = next((logged[field] for field in TIMES if logged.get(field) is not None), None)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value / 1000 if value > _MILLISECONDS_FROM else float(value)
    return None
