"""Generated message lists, and changes to them that keep or break their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Message = dict[str, Any]
Path = tuple[Any, ...]

words = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
spoken = words.filter(bool)
_function = st.fixed_dictionaries({"name": spoken, "arguments": spoken})
tool_calls = st.fixed_dictionaries(
    {"id": spoken, "type": st.just("function"), "function": _function}
)
parts = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": spoken}),
    st.fixed_dictionaries({"type": st.just("refusal"), "refusal": spoken}),
    st.fixed_dictionaries(
        {
            "type": st.just("image_url"),
            "image_url": st.fixed_dictionaries({"url": spoken, "detail": spoken}),
        }
    ),
)
content = st.one_of(spoken, st.lists(parts, min_size=1, max_size=3))
assistants = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": content},
    optional={
        "name": spoken,
        "refusal": spoken,
        "tool_calls": st.lists(tool_calls, min_size=1, max_size=3),
        "function_call": _function,
        "audio": st.fixed_dictionaries({"id": spoken}),
    },
)
messages = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "developer", "user"]), "content": content},
        optional={"name": spoken},
    ),
    assistants,
    st.fixed_dictionaries({"role": st.just("tool"), "content": content, "tool_call_id": spoken}),
)
lists = st.lists(messages, min_size=1, max_size=4)


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where the texts of a JSON value are."""
    if isinstance(value, str):
        yield path
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in items:
        yield from leaves(inner, (*path, step))


def call_ids(said: list[Message]) -> list[str]:
    return [call["id"] for message in said for call in message.get("tool_calls") or []]


def shuffled(data: st.DataObject, value: Any) -> Any:
    """The same JSON value with the keys of its objects in another order."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: shuffled(data, value[key]) for key in keys}
    if isinstance(value, list):
        return [shuffled(data, item) for item in value]
    return value


def as_floats(value: Any) -> Any:
    """The same JSON value with its whole numbers written as 1.0."""
    if isinstance(value, dict):
        return {key: as_floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
