"""What tools were asked and what they told, as words.

A JSON result is read by its leaves: one line for each object that holds any, the path to it first
and then its fields by name, so that "flight number of the second flight" finds them. A result that
is not JSON is its own lines. Pure, bounded, and never an error: a tool may answer anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

MOST_READ: Final = 40_000
"""Characters of a result that are read."""
MOST_LINES: Final = 200
LONGEST_LEAF: Final = 400
"""Characters of one value; a longer one is a document."""
LONGEST_CALL: Final = 200
"""Characters of the line that tells what a tool was called with."""
_DEEPEST: Final = 12

_WORD_BREAK: Final = re.compile(r"[_\-.\s]+|(?<=[a-z0-9])(?=[A-Z])")


def lines_of(text: str) -> list[str]:
    """What a result tells, a line for each of its objects, or its own lines."""
    text = text[:MOST_READ]
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict | list):
        said = (" ".join(line.split()) for line in text.splitlines())
        return [line for line in said if line][:MOST_LINES]
    found = []
    for line in _objects(value, "", 0):
        found.append(line)
        if len(found) == MOST_LINES:
            break
    return found


def call_line(name: str, arguments: str) -> str:
    """`name: argument value, argument value`, on one line and bounded."""
    told = "; ".join(lines_of(arguments)) if arguments else ""
    line = f"{name}: {told}" if told else name
    return " ".join(line.split())[:LONGEST_CALL]


def _objects(value: Any, path: str, depth: int) -> Iterator[str]:
    """A line for an object's own values, then those of what it holds."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        named = [(_words(str(key)), item) for key, item in value.items()]
    else:
        named = [(str(place), item) for place, item in enumerate(value, 1)]
    if own := ", ".join(_leaves(named, is_list=isinstance(value, list))):
        yield f"{path}: {own}" if path else own
    for name, item in named:
        if isinstance(item, dict | list):
            yield from _objects(item, f"{path} {name}".strip(), depth + 1)


def _leaves(named: list[tuple[str, Any]], *, is_list: bool) -> Iterator[str]:
    for name, item in named:
        if isinstance(item, dict | list) or item is None or item == "":
            continue
        value = {True: "yes", False: "no"}[item] if isinstance(item, bool) else str(item)
        shown = " ".join(value.split())[:LONGEST_LEAF]
        yield shown if is_list else f"{name} {shown}"


def _words(name: str) -> str:
    return " ".join(part.lower() for part in _WORD_BREAK.split(name) if part)
