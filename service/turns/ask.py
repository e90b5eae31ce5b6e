"""What is asked of the model, in one form for both faces.

An ask splits a message list at its last answer: the prefix up to there, which is named by its
hash and only read as far back as needed, and the newest messages, which are sent as they are.
A stateless caller brings the whole list each time; a session keeps its prefix's hash, so a turn
of a session hashes and reads the same few messages however long it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from service import ids, prefix, tokens
from service.completion import Body
from service.context import rounds
from service.context.rounds import Entry
from service.context.stand_in import Plan
from service.errors import NotFound
from service.prefix import Canonical, PrefixHash
from service.storage.records import Session
from service.storage.sessions import Sessions
from service.storage.tenants import Tenant

PROMPTS_COUNTED = 64
"""System prompts whose tokens are known, as every turn of a session begins with one."""

Tail = Callable[[int], Awaitable[list[Entry]]]
"""The prefix's messages anchored after a cut, without the system's."""


@dataclass(frozen=True, slots=True)
class SessionAsk:
    """What only a session's turn has: the fence for its commit, and its running numbers.

    A draft is for a live agent to look at: it ends in the ledger, not in the session.
    """

    id: str
    epoch: int
    covered_seq: int
    force: bool
    system_hash: bytes
    plan: Plan
    idle: bool
    personal: bool
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the model.

    `request` is the body without its messages; `before` names the list up to the last answer,
    `name` all of it. `newest` is what came after that answer: the question, and where its turn is
    under way the calls and results since. `instructions` are the messages of the prefix that stand
    in the system's role among its rounds. `conversation` is the same for every turn of one: a
    session's id, or what a list begins with.
    """

    tenant: Tenant
    request: Body
    system: Sequence[Entry]
    newest: list[Entry]
    before: PrefixHash
    name: PrefixHash
    tail: Tail
    canonical: Canonical
    can_shorten: bool
    stream: bool
    conversation: str
    instructions: Sequence[Entry] = ()
    session: SessionAsk | None = None
    no_cache: bool = False
    no_store: bool = False

    @property
    def question_length(self) -> int:
        """How many of the newest messages are the question; the rest followed it in its turn."""
        return rounds.question_length([entry.message for entry in self.newest])

    @property
    def tools_tokens(self) -> int:
        """Tokens of the tools on offer, which stand before the messages."""
        return tokens.count_tools(self.request)

    @property
    def mark(self) -> str:
        """What a forged record lacks."""
        return ids.record_mark(self.tenant.session_secret)

    @property
    def system_tokens(self) -> int:
        return sum(entry.tokens for entry in self.system)

    @property
    def newest_tokens(self) -> int:
        return sum(entry.tokens for entry in self.newest)

    @property
    def scope(self) -> str:
        """Whose answer this is: that of anybody who brings the list, or one session's."""
        return self.session.id if self.session else ""

    @property
    def is_anonymous(self) -> bool:
        """Is the list a caller's who does not say which customer it is about?"""
        names = (self.request.get("user"), self.request.get("safety_identifier"))
        return self.session is None and not any(str(name or "").strip() for name in names)

    def named_with(self, reply: Body) -> PrefixHash:
        """The name of the list with its answer, which is the next turn's prefix."""
        return prefix.extend(self.name, self.canonical.copy()(reply))


def of_list(tenant: Tenant, body: Body, *, no_cache: bool = False, no_store: bool = False) -> Ask:
    """A stateless caller's request; `body` is valid and has messages."""
    messages: list[dict[str, Any]] = body["messages"]
    start = _count_leading(messages)
    answered = rounds.last_answer(messages, start)
    canonical = Canonical()
    names = [prefix.root(tenant.id)]
    for message in messages:
        names.append(prefix.extend(names[-1], canonical(message)))
    earlier = messages[start:answered]

    async def tail(cut: int) -> list[Entry]:
        return _entries(earlier[cut:], cut)

    return Ask(
        tenant=tenant,
        request={k: v for k, v in body.items() if k != "messages"},
        system=_entries(messages[:start], 0),
        newest=_entries(messages[answered:], answered - start),
        before=names[answered],
        name=names[-1],
        tail=tail,
        canonical=canonical,
        can_shorten=(body.get("n") or 1) == 1,
        stream=bool(body.get("stream")),
        conversation=names[min(start + 1, len(messages))].key.hex(),
        instructions=_instructions(earlier),
        no_cache=no_cache,
        no_store=no_store,
    )


async def of_session(
    sessions: Sessions,
    session: Session,
    tenant: Tenant,
    *,
    request: Body,
    system_prompt: str | None,
    idle: bool,
    force: bool,
    no_cache: bool = False,
    no_store: bool = False,
    is_draft: bool = False,
) -> Ask:
    """The unanswered messages of a session, as they stand in the table now. Raises NotFound.

    A draft is asked afresh each time, and nothing of it is stored.
    """
    top = system_name(tenant.id, system_prompt)
    is_same_prompt = session.system_hash == top.key
    view = await sessions.view_since(session.id, session.plan.cut if is_same_prompt else 0)
    newest = _unanswered(session, view)
    before = session.prefix if is_same_prompt else _renamed(session, top, view)

    async def tail(cut: int) -> list[Entry]:
        read = view if cut >= session.plan.cut else await sessions.view_since(session.id, cut)
        return [e for e in read if cut < e.anchor <= session.answered_seq]

    of = _session_ask(session, newest[-1].anchor, top, idle=idle, force=force, is_draft=is_draft)
    return Ask(
        tenant=tenant,
        request=request,
        system=_system(system_prompt),
        newest=newest,
        before=before,
        name=prefix.chain(before, (entry.message for entry in newest)),
        tail=tail,
        canonical=Canonical(),
        can_shorten=True,
        stream=True,
        conversation=session.id,
        session=of,
        no_cache=no_cache or is_draft,
        no_store=no_store or is_draft,
    )


def _renamed(session: Session, top: PrefixHash, view: Sequence[Entry]) -> PrefixHash:
    """The name of a session's prefix under another system prompt; `view` is the whole of it."""
    return prefix.chain(top, (e.message for e in view if e.anchor <= session.answered_seq))


def _unanswered(session: Session, view: Sequence[Entry]) -> list[Entry]:
    """What is to be answered. Raises NotFound where it was erased since the session was read.

    What came since then is not in it: it may be personal, which the session's row did not say.
    """
    newest = [e for e in view if session.answered_seq < e.anchor <= session.customer_seq]
    if not newest:
        raise NotFound
    return newest


def _session_ask(
    session: Session,
    covered_seq: int,
    top: PrefixHash,
    *,
    idle: bool,
    force: bool,
    is_draft: bool,
) -> SessionAsk:
    return SessionAsk(
        id=session.id,
        epoch=session.epoch,
        covered_seq=covered_seq,
        force=force,
        system_hash=top.key,
        plan=session.plan,
        idle=idle,
        personal=session.personal,
        is_draft=is_draft,
    )


def system_name(tenant_id: str, system_prompt: str | None) -> PrefixHash:
    """The name of a session's list before anything was said."""
    return prefix.chain(prefix.root(tenant_id), (e.message for e in _system(system_prompt)))


@lru_cache(PROMPTS_COUNTED)
def _system(system_prompt: str | None) -> tuple[Entry, ...]:
    """The messages that a list of a session begins with: one, or none."""
    said = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return tuple(_entries(said, 0))


def _entries(messages: Sequence[dict[str, Any]], before: int) -> list[Entry]:
    return [
        Entry(message, tokens.count_message(message), place)
        for place, message in enumerate(messages, before + 1)
    ]


def _instructions(messages: Sequence[dict[str, Any]]) -> list[Entry]:
    """Those in the system's role, and where they stand."""
    return [
        Entry(message, tokens.count_message(message), place)
        for place, message in enumerate(messages, 1)
        if message.get("role") in rounds.SYSTEM_ROLES
    ]


def _count_leading(messages: Sequence[dict[str, Any]]) -> int:
    for index, message in enumerate(messages):
        if message.get("role") not in rounds.SYSTEM_ROLES:
            return index
    return len(messages)
