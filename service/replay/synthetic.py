"""Text that is made up: a system prompt of so many tokens, and conversations that look back, in
prose alone and with a desk's tools.

Drawn from fixed seeds, so two runs on one version see the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final

from service import tokens
from service.bench import workload
from service.context.rounds import Entry

LOOKS_BACK_EVERY: Final = 25
"""Rounds from one question that looks back to the next; recorded customers do it less often."""
TOOLS_EVERY: Final = 2
"""In a conversation with tools, every so manieth round calls one, and every second of those another
one after it."""
RESULT_TOKENS: Final = 400


def filler(length: int) -> str:
    """A system prompt of `length` tokens, or one or two fewer."""
    return workload.text_of(random.Random(0), length)  # noqa: S311 - repeatable text


def system_entries(prompt: str) -> list[Entry]:
    """The system's messages of a conversation: one, or none for an empty prompt."""
    message = {"role": "system", "content": prompt}
    return [Entry(message, tokens.count_message(message), 1)] if prompt else []


def conversation(rounds: int) -> list[Entry]:
    """Questions of 25 tokens and replies of 60; some name an order, and some ask for it later."""
    return _entries([message for whole in _rounds(rounds) for message in whole])


def tool_conversation(rounds: int) -> list[Entry]:
    """The same, with tools called in between, whose results take 400 tokens each."""
    draw = random.Random(3)  # noqa: S311
    said: list[Mapping[str, Any]] = []
    for number, (question, reply) in enumerate(_rounds(rounds), 1):
        calls = 0 if number % TOOLS_EVERY else 1 + (number // TOOLS_EVERY) % 2
        used = [m for call in range(calls) for m in _tool_use(draw, f"call_{number}_{call}")]
        said += [question, *used, reply]
    return _entries(said)


def _rounds(count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Questions with their replies."""
    draw = random.Random(2)  # noqa: S311
    found = []
    for number, (asked, replied) in enumerate(workload.synthetic(count).rounds, 1):
        if number % LOOKS_BACK_EVERY == 0:
            asked = workload.text_of(draw, workload.QUESTION_TOKENS, _look_back(draw, number))
        found.append(
            ({"role": "user", "content": asked}, {"role": "assistant", "content": replied})
        )
    return found


def _tool_use(draw: random.Random, name: str) -> list[dict[str, Any]]:
    """A call and its result."""
    order = 20_000 + draw.randrange(10_000)
    function = {"name": "find_order", "arguments": f'{{"order": "A-{order}"}}'}
    call = {"id": name, "type": "function", "function": function}
    result = workload.text_of(draw, RESULT_TOKENS, f"Order A-{order}:")
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": name, "content": result},
    ]


def _entries(said: list[Mapping[str, Any]]) -> list[Entry]:
    return [Entry(m, tokens.count_message(m), place) for place, m in enumerate(said, 1)]


def _look_back(draw: random.Random, number: int) -> str:
    """About an order that was named some rounds ago."""
    order = 20_000 + draw.randrange(0, number, 5)
    return f"What did I say about order A-{order} before?"
