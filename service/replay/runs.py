"""Running recorded conversations through the layouts, and what comes of it, added up.

Replies are those of the recording, so every layout is asked the same questions after the same
answers. Probes are asked beside the conversation and leave nothing in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from service import tokens
from service.context.rounds import Entry
from service.prices import Price
from service.replay import billing, memory
from service.replay.billing import Bill
from service.replay.bm25 import BM25
from service.replay.layouts import CHUNK_FROM, CHUNK_TO, Full, Layout, Sent, Thread, Window
from service.replay.published import Published
from service.replay.reading import Conversation, Probe
from service.replay.recap import Recap
from service.replay.steps import Step, steps
from service.replay.summary import SummaryBuffer

LENGTHS: Final = (10, 30, 100, 300)
"""Upper ends of the groups that conversations are told by, in requests."""
YARDSTICK: Final = "full-cache"
"""The layout that savings are counted against: anything else would be boasting."""
UNCACHED: Final = "full"
OURS: Final = "recap"
MOST_ROUNDS: Final = 1000
"""Rounds that are told one by one; later ones count in the sums."""


@dataclass(slots=True)
class Round:
    """The n-th requests of all conversations that have one; `hits` are of the layout's cache."""

    bill: Bill = field(default_factory=Bill)
    hits: int = 0


@dataclass(frozen=True, slots=True)
class ProbeGroup:
    """What probes are told by: language, rounds back, and requests of their conversation."""

    language: str
    distance: str
    length: str


@dataclass(slots=True)
class Tally:
    """Probes asked, and those whose answer the payload held."""

    held: int = 0
    asked: int = 0

    @property
    def share(self) -> float | None:
        return self.held / self.asked if self.asked else None


@dataclass(slots=True)
class Result:
    """What a layout comes to.

    `hits_inside`: its own cache knew the prefix and sent for it what this conversation held;
    `hits_across`: it sent what another was answered. `too_long` are requests above the model's
    window, which a provider would refuse.
    """

    name: str
    title: str
    bill: Bill = field(default_factory=Bill)
    hits_inside: int = 0
    hits_across: int = 0
    too_long: int = 0
    by_round: list[Round] = field(default_factory=list)
    by_length: dict[str, Bill] = field(default_factory=dict)
    probes: dict[ProbeGroup, Tally] = field(default_factory=dict)

    @property
    def hits(self) -> int:
        return self.hits_inside + self.hits_across

    def spent(self) -> list[float]:
        """Money up to each round, of a conversation that goes so far."""
        means = (this.bill.cost / this.bill.requests for this in self.by_round)
        return list(accumulate(means))

    def recall(
        self, *, language: str | None = None, distance: str | None = None, length: str | None = None
    ) -> Tally:
        """The probes of a language, of a distance, of conversations of a length; or of all."""
        total = Tally()
        for group, tally in self.probes.items():
            if (
                language in (None, group.language)
                and distance in (None, group.distance)
                and length in (None, group.length)
            ):
                total.held += tally.held
                total.asked += tally.asked
        return total


class Runs:
    """All layouts beside each other, under one price. `system` is for conversations without any."""

    def __init__(self, layouts: Sequence[Layout], price: Price, system: Sequence[Entry]) -> None:
        self.results = [Result(layout.name, layout.title) for layout in layouts]
        self._layouts = layouts
        self._price = price
        self._uncached = price.model_copy(
            update={"cached_input": price.input, "cache_write": price.input}
        )
        self._system = system
        self.lengths: Counter[str] = Counter()
        """Conversations by their length."""

    def feed(self, conversation: Conversation) -> None:
        """Run one conversation through every layout."""
        taken = steps(conversation)
        length = length_group(sum(step.is_request for step in taken))
        self.lengths[length] += 1
        system = conversation.system or self._system
        for layout, result in zip(self._layouts, self.results, strict=True):
            price = self._price if layout.caches else self._uncached
            drive = _Drive(layout.open(system), result, price, system)
            for step in taken:
                drive.take(step)
                for probe in step.probes:
                    distance = memory.span(probe.distance, memory.DISTANCES)
                    group = ProbeGroup(conversation.language, distance, length)
                    tally = result.probes.setdefault(group, Tally())
                    tally.asked += 1
                    tally.held += drive.probe(probe)
            result.by_length.setdefault(length, Bill()).add(drive.bill)
            result.bill.add(drive.bill)


class _Drive:
    """One conversation through one layout; `bill` is what it comes to."""

    def __init__(
        self, thread: Thread, result: Result, price: Price, system: Sequence[Entry]
    ) -> None:
        self.bill = Bill()
        self._thread = thread
        self._result = result
        self._price = price
        self._prompts = {id(entry.message) for entry in system}
        self._before: Sequence[Entry] = ()

    def take(self, step: Step) -> None:
        if not step.is_request:
            self._thread.add(step.said)
            return
        idle = step.pause is not None and step.pause > self._price.cache_seconds
        sent = self._thread.ask(step.newest, idle=idle)
        bill = self._billed(sent, step.reply, idle)
        if step.reply is not None:
            calls = self._thread.close(sent, step.newest, step.reply)
            bill.add(billing.of_calls(self._price, calls))
        self._count(bill, sent)

    def probe(self, probe: Probe) -> bool:
        """Would the payload for this question hold its answer?"""
        message = {"role": "user", "content": probe.question}
        question = Entry(message, tokens.count_message(message), probe.after + 1)
        *said, last = (entry.message for entry in self._thread.ask([question]).messages)
        in_front = str(last["content"]).removesuffix(probe.question)
        said.append({"role": "user", "content": in_front})
        return memory.holds((m for m in said if id(m) not in self._prompts), probe.expected)

    def _billed(self, sent: Sent, reply: Entry | None, idle: bool) -> Bill:
        prompt = sum(entry.tokens for entry in sent.messages) + tokens.REPLY_PRIMING
        seen = 0 if idle else billing.seen_tokens(self._before, sent.messages)
        self._before = sent.messages
        self._result.too_long += prompt > self._price.context_window
        completion = reply.tokens - tokens.MESSAGE_OVERHEAD if reply else 0
        return billing.of_request(self._price, prompt, seen, completion)

    def _count(self, bill: Bill, sent: Sent) -> None:
        place = self.bill.requests
        self.bill.add(bill)
        self._result.hits_inside += sent.hit and not sent.is_foreign
        self._result.hits_across += sent.hit and sent.is_foreign
        if place >= MOST_ROUNDS:
            return
        if place == len(self._result.by_round):
            self._result.by_round.append(Round())
        self._result.by_round[place].bill.add(bill)
        self._result.by_round[place].hits += sent.hit


def layouts(price: Price) -> list[Layout]:
    """Every layout that is compared, ours last."""
    return [
        Full(UNCACHED, "full history, uncached", caches=False),
        Full(YARDSTICK, "full history, cached", caches=True),
        Window("window-4", "sliding window, 4 rounds", 4),
        Window("window-20", "sliding window, 20 rounds", 20),
        Window(
            "chunked", f"chunked window, {CHUNK_TO} to {CHUNK_FROM} rounds", CHUNK_FROM, CHUNK_TO
        ),
        SummaryBuffer(),
        Published(),
        Window("slim", "slim, last round", 1),
        BM25(price),
        Recap(price),
    ]


def length_group(requests: int) -> str:
    """The group of a conversation's length, as in `11-30`."""
    return memory.span(requests, LENGTHS)
