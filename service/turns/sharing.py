"""Who may be given an answer that was made for somebody else.

A session has its own answers to itself. It is given another's only where neither its list nor the
answer holds anything personal and three different sessions have asked the identical list before,
each for itself and each with an answer that names nobody: then the answer does not depend on who
asks. Who they are is in the table (`PrefixCache.askers`), so it expires, is evicted and is erased
with the answers themselves.

API callers keep their customers apart with `user` or `safety_identifier`, and then share as they
say. A list without either is anybody's: its answer is shared unless it holds something personal.
Sessions and API callers never share with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from service import completion, prefix
from service.completion import Body
from service.context import facts, privacy
from service.prefix import PrefixHash
from service.storage.prefix_cache import ASKERS, Asker, PrefixCache, Stored
from service.turns import planner
from service.turns.ask import Ask
from service.turns.planner import Planned

_SESSIONS = "sessions"
"""A scope that is no session's id."""
_NO_WORDS = frozenset({"role", "type", "id", "index", "name"})
"""Fields of a message that say how it is made."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored for an ask.

    `body` is an answer that may be given. Without one, `together` is the name under which a running
    call may be shared, if other sessions may have the answer at all.
    """

    body: Body | None = None
    together: PrefixHash | None = None


class Sharing:
    """Finds answers that may be given again, and says what to keep of a new one."""

    def __init__(self, cache: PrefixCache, *, reply_reuse: bool) -> None:
        self._cache = cache
        self._reply_reuse = reply_reuse

    async def find(self, ask: Ask) -> Found:
        """A stored answer for this asker: its own, or one that others have got."""
        if not self._reply_reuse or ask.no_cache or ask.no_store:
            return Found()
        own = await self._body(ask, ask.scope)
        if own is not None and may_be_given(own, ask):
            return Found(own)
        if ask.session is None or ask.session.personal:
            return Found()
        return await self._of_others(ask)

    def entries(self, ask: Ask, planned: Planned, body: Body) -> Sequence[Stored]:
        """The rows for an answer that was asked for: itself, and that this session has asked."""
        if not self._reply_reuse:
            return []
        reply = planner.reply_entry(ask, planned, name(ask), body)
        if not reply or not may_be_given(body, ask):
            return []
        if ask.session is None or ask.session.personal:
            return reply
        places = tuple(_name(ask, f"{_SESSIONS}/{number}") for number in range(ASKERS))
        return [*reply, Asker(places, ask.tenant.id, ask.session.id, is_personal(body, ask))]

    async def _of_others(self, ask: Ask) -> Found:
        places = tuple(_name(ask, f"{_SESSIONS}/{number}") for number in range(ASKERS))
        askers = await self._cache.askers(places, ask.tenant.id)
        sessions = {asker.session_id for asker in askers if not asker.personal}
        if len(sessions) < ASKERS:
            return Found()
        bodies = [await self._body(ask, asker.session_id) for asker in askers]
        known = [body for body in bodies if body is not None]
        if any(is_personal(body, ask) for body in known):
            return Found()
        return Found(known[0]) if known else Found(together=_name(ask, _SESSIONS))

    async def _body(self, ask: Ask, scope: str) -> Body | None:
        cached = await self._cache.get("reply", _name(ask, scope), ask.tenant.id, _stored_body)
        return None if cached is None else cached.value


def name(ask: Ask) -> PrefixHash:
    """The name of the answer to an ask, for whom it may be given again in any case."""
    return _name(ask, ask.scope)


def may_be_given(body: Body, ask: Ask) -> bool:
    """May an answer be given to those who bring the same list? What is personal may not, where
    nothing says that they are about the same customer."""
    return not (ask.is_anonymous and is_personal(body, ask))


def is_personal(body: Body, ask: Ask) -> bool:
    """Whether an answer may name somebody, or does something for a session: a call for a live
    agent tells that one what this customer needs."""
    messages = [choice.get("message") or {} for choice in body.get("choices") or []]
    if ask.session is not None and any(said.get("tool_calls") for said in messages):
        return True
    listed = " \n".join(
        text
        for entry in (*ask.system, *ask.newest)
        for text in _texts(entry.message.get("content"))
    )
    known = privacy.capitalised(listed[: facts.MOST_READ])
    return any(privacy.may_name_somebody(text, known) for text in _texts(messages))


def _texts(said: Any) -> Iterator[str]:
    """Every text in a part of a message."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        for field, value in said.items():
            if field not in _NO_WORDS:
                yield from _texts(value)
    elif isinstance(said, list):
        for value in said:
            yield from _texts(value)


def _name(ask: Ask, scope: str) -> PrefixHash:
    return prefix.reply_key(ask.name, ask.request, scope)


def _stored_body(value: Any) -> Body:
    """A stored answer, if it can be read as one. Raises ValueError."""
    if not (isinstance(value, dict) and value.get("choices") and completion.is_readable(value)):
        raise ValueError("not a completion")
    return value
