"""A summary buffer, as LangChain's ConversationSummaryBufferMemory keeps one.

The newest messages up to 2,000 tokens stand as they are; beyond that the oldest are popped into a
moving summary, which a call to the model writes anew. There is no model here, so the summary is
modelled, and kindly: it holds the customer's words of the popped messages, condensed but otherwise
as they were said, the newest of them, up to 256 tokens (what such summaries are asked to stay
under). A real one loses some 60 % of the facts each time that it is rewritten. Each writing costs a
call: 150 tokens of instructions, the old summary and the popped messages; the new summary is its
answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from service import tokens
from service.context import digest, rounds
from service.context.rounds import Entry
from service.replay.billing import Call
from service.replay.layouts import History, Sent, Thread

BUFFER_TOKENS: Final = 2000
SUMMARY_TOKENS: Final = 256
INSTRUCTION_TOKENS: Final = 150
HEAD: Final = "Summary of the conversation so far:"


class SummaryBuffer:
    """The newest messages, and a moving summary of what came before them."""

    name = "summary-buffer"
    title = "summary buffer, 2,000 tokens"
    caches = True

    def open(self, system: Sequence[Entry]) -> Thread:
        return _SummaryThread(system)


class _SummaryThread(History):
    def __init__(self, system: Sequence[Entry]) -> None:
        super().__init__(system)
        self._lines: deque[tuple[str, int]] = deque()
        self._summary: list[Entry] = []
        self._asked = ""

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        return Sent([*self.system, *self._summary, *self.said, *newest])

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        super().close(sent, newest, reply)
        return self._prune() if rounds.is_answer(reply.message) else ()

    def _prune(self) -> list[Call]:
        held = sum(entry.tokens for entry in self.said)
        if held <= BUFFER_TOKENS:
            return []
        popped = 0
        while held > BUFFER_TOKENS:
            held -= self.said[popped].tokens
            popped += 1
        old, self.said = self.said[:popped], self.said[popped:]
        before = sum(entry.tokens for entry in self._summary)
        self._rewrite(old)
        after = sum(entry.tokens for entry in self._summary)
        read = sum(entry.tokens for entry in old)
        return [Call(INSTRUCTION_TOKENS + before + read, after)]

    def _rewrite(self, popped: Iterable[Entry]) -> None:
        """The popped messages' lines join the summary, and its oldest make room."""
        for entry in popped:
            text = rounds.text_of(entry.message)
            if entry.message["role"] == "assistant":
                self._asked = digest.question_of(text)
            elif line := digest.line_of(text, self._asked):
                self._lines.append((line, tokens.count(line) + 1))
        while self._lines and sum(size for _, size in self._lines) > SUMMARY_TOKENS:
            self._lines.popleft()
        lines = [HEAD, *(line for line, _ in self._lines)]
        message = {"role": "system", "content": "\n".join(lines)}
        self._summary = [Entry(message, tokens.count_message(message), 0)]
