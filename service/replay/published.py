"""The published idea, exactly as it was published.

`messages[:-1]` is hashed (JSON with sorted keys, non-ASCII kept). On a hit the model is sent the
cached reply and the newest message, and nothing else; on a miss everything. The reply is stored
under `messages[:-1]` of *this* turn: a list that the next turn of the conversation never has, since
the reply is missing from it, and that another conversation has as soon as it begins alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service import tokens
from service.context import rounds
from service.context.rounds import Entry
from service.replay.billing import Call
from service.replay.layouts import History, Sent, Thread


@dataclass(frozen=True, slots=True)
class _Row:
    reply: Entry
    conversation: int


class Published:
    """One cache for all conversations, in the order of the file."""

    name = "published"
    title = "published idea"
    caches = True

    def __init__(self) -> None:
        self._rows: dict[bytes, _Row] = {}
        self._opened = 0

    def open(self, system: Sequence[Entry]) -> Thread:
        self._opened += 1
        return _PublishedThread(system, self._rows, self._opened)


class _PublishedThread(History):
    def __init__(self, system: Sequence[Entry], rows: dict[bytes, _Row], number: int) -> None:
        super().__init__(system)
        self._rows = rows
        self._number = number
        self._hash = hashlib.sha256(b"[")
        self._hashed = 0
        self._hash_on(system)

    def ask(self, newest: Sequence[Entry], *, idle: bool = False) -> Sent:
        if newest[-1].message["role"] != "user":
            return Sent([*self.system, *self.said, *newest])
        key = self._key(newest[:-1])
        row = self._rows.get(key)
        if row is None:
            return Sent([*self.system, *self.said, *newest], after=key)
        is_foreign = row.conversation != self._number
        return Sent([row.reply, newest[-1]], hit=True, is_foreign=is_foreign, after=key)

    def close(self, sent: Sent, newest: Sequence[Entry], reply: Entry) -> Sequence[Call]:
        if sent.after is not None and rounds.is_answer(reply.message):
            said = {"role": "assistant", "content": rounds.text_of(reply.message)}
            entry = Entry(said, tokens.count_message(said), reply.anchor)
            self._rows[sent.after] = _Row(entry, self._number)
        return super().close(sent, newest, reply)

    def add(self, entries: Sequence[Entry]) -> None:
        super().add(entries)
        self._hash_on(entries)

    def _hash_on(self, entries: Iterable[Entry]) -> None:
        self._hashed = _update(self._hash, self._hashed, entries)

    def _key(self, more: Sequence[Entry]) -> bytes:
        """The digest of `json.dumps` of the whole list, of which only the end is new."""
        digest = self._hash.copy()
        _update(digest, self._hashed, more)
        digest.update(b"]")
        return digest.digest()


def _update(digest: hashlib._Hash, hashed: int, entries: Iterable[Entry]) -> int:
    for entry in entries:
        text = json.dumps(entry.message, sort_keys=True, ensure_ascii=False)
        digest.update(f"{', ' if hashed else ''}{text}".encode())
        hashed += 1
    return hashed
