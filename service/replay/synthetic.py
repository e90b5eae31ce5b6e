"""Text that is made up: a system prompt of so many tokens, and a conversation that looks back.

Drawn from fixed seeds, so two runs on one version see the same bytes.
"""

from __future__ import annotations

import random
from typing import Final

from service import tokens
from service.bench import workload
from service.context.rounds import Entry

LOOKS_BACK_EVERY: Final = 25
"""Rounds from one question that looks back to the next; recorded customers do it less often."""


def filler(length: int) -> str:
    """A system prompt of `length` tokens, or one or two fewer."""
    return workload.text_of(random.Random(0), length)  # noqa: S311 - repeatable text


def system_entries(prompt: str) -> list[Entry]:
    """The system's messages of a conversation: one, or none for an empty prompt."""
    message = {"role": "system", "content": prompt}
    return [Entry(message, tokens.count_message(message), 1)] if prompt else []


def conversation(rounds: int) -> list[Entry]:
    """Questions of 25 tokens and replies of 60; some name an order, and some ask for it later."""
    draw = random.Random(2)  # noqa: S311
    entries: list[Entry] = []
    for number, (asked, replied) in enumerate(workload.synthetic(rounds).rounds, 1):
        if number % LOOKS_BACK_EVERY == 0:
            asked = workload.text_of(draw, workload.QUESTION_TOKENS, _look_back(draw, number))
        for role, text in (("user", asked), ("assistant", replied)):
            message = {"role": role, "content": text}
            entries.append(Entry(message, tokens.count_message(message), len(entries) + 1))
    return entries


def _look_back(draw: random.Random, number: int) -> str:
    """About an order that was named some rounds ago."""
    order = 20_000 + draw.randrange(0, number, 5)
    return f"What did I say about order A-{order} before?"
