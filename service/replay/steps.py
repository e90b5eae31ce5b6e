"""A recorded conversation as its requests: what was asked of the model, and when.

A request was made for each of the assistant's messages that answers something, tool calls too, and
for a question that the recording ends with; none for what a person answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.context import rounds
from service.context.rounds import Entry
from service.replay.reading import Conversation, Probe

_ASKING: Final = frozenset({"user", "tool", "function"})


@dataclass(frozen=True, slots=True)
class Step:
    """What was said since the step before.

    With a request: its newest messages, its reply (None: the recording ends before it), and the
    seconds since the request before was answered (None: nobody knows). Without one: messages that
    answer nothing, such as a greeting. `probes` are asked after it.
    """

    newest: Sequence[Entry]
    reply: Entry | None
    is_request: bool
    pause: float | None
    probes: Sequence[Probe]

    @property
    def said(self) -> list[Entry]:
        """All of it, in order."""
        return [*self.newest, *([self.reply] if self.reply else [])]


def steps(conversation: Conversation) -> list[Step]:
    """The steps of a conversation, in order; a last question without an answer is one."""
    said, times = conversation.messages, conversation.times
    probes: dict[int, list[Probe]] = {}
    for probe in conversation.probes:
        probes.setdefault(probe.after, []).append(probe)
    found = []
    answered, replied = 0, None
    for place, entry in enumerate(said):
        if entry.message["role"] != "assistant":
            continue
        newest = said[answered:place]
        is_request = _asks(newest) and entry.anchor not in conversation.by_people
        is_answer = rounds.is_answer(entry.message)
        if is_request or is_answer:
            pause = _pause(times, replied, place - 1) if is_request else None
            asked = probes.get(place + 1, ())
            found.append(Step(newest, entry, is_request, pause, asked))
        replied = place if is_request else replied
        answered = place + 1 if is_answer else answered
    if _asks(newest := said[answered:]):
        found.append(Step(newest, None, True, _pause(times, replied, len(said) - 1), ()))
    return found


def _asks(newest: Sequence[Entry]) -> bool:
    """Is somebody waiting for an answer to these?"""
    roles = [entry.message["role"] for entry in newest]
    return bool(roles) and roles[-1] != "assistant" and not _ASKING.isdisjoint(roles)


def _pause(times: Sequence[float | None], replied: int | None, asked: int) -> float | None:
    if replied is None:
        return None
    start, end = times[replied], times[asked]
    return None if start is None or end is None else end - start
