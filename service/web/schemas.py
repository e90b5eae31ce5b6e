"""The shapes that the API takes and gives, for `openapi.json` and for the tests that check it."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from service.desk.protocol import Card


class SessionCreate(TypedDict):
    """What opens a conversation."""

    metadata: NotRequired[dict[str, Any]]


class SessionCreated(TypedDict):
    """An open conversation and the token that speaks for it."""

    id: str
    token: str
    owner: str
    created_at: str


class SessionShown(TypedDict):
    """A conversation's state."""

    id: str
    owner: str
    message_count: int
    created_at: str
    updated_at: str


class MessageCreate(TypedDict):
    """What the customer says."""

    content: str


class MessageShown(TypedDict):
    """One entry of a conversation; `seq` is dense from 1."""

    id: str
    seq: int
    kind: Literal["customer", "bot", "agent", "note", "activity"]
    content: str
    author: NotRequired[str]
    created_at: str


class UsageShown(TypedDict):
    """What a turn took, and what sending the whole history would have taken.

    Null where the provider's usage never came.
    """

    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    full_prompt_tokens: int
    saved_tokens: int | None
    cost: float | None
    saved_cost: float | None
    currency: str


class CacheShown(TypedDict):
    """What the prefix cache was good for, and how the payload was laid out."""

    status: Literal["hit", "miss", "reuse", "collapsed", "bypass"]
    layout: Literal["full", "checkpoint"]


class HandoffCreate(TypedDict):
    """What the customer wants a person for, if that was said."""

    reason: NotRequired[str | None]


class HandoffShown(TypedDict):
    """Who answers now; `position` is the place in the queue, from 1, if it is in it."""

    owner: str
    position: int | None
    agents_online: int


class OwnerShown(TypedDict):
    """Who answers now."""

    owner: str


class ReadCreate(TypedDict):
    """Up to where the customer has read."""

    seq: int


class TicketShown(TypedDict):
    """What opens the live agents' websocket, once."""

    ticket: str
    expires_at: str


class LastMessage(TypedDict):
    """The newest words of a conversation, 200 characters at most."""

    kind: Literal["customer", "bot", "agent"]
    content: str


class CardShown(Card):
    """A conversation in a desk's list."""

    message_count: int
    created_at: str
    updated_at: str


class CardListed(CardShown):
    """The same with its newest words."""

    last_message: LastMessage | None


class CardList(TypedDict):
    """Conversations, the newest first."""

    data: list[CardListed]


class AnswerShown(TypedDict):
    """How a message was taken care of; `superseded_by` names the newer message, if any.

    `usage` and `cache` are for the tenant's key; with a session token they are null.
    """

    message: MessageShown
    reply: MessageShown | None
    owner: str
    usage: UsageShown | None
    cache: CacheShown | None
    superseded_by: NotRequired[str | None]


class MessagePage(TypedDict):
    """A page of a transcript; `next` is what to give as `after` for the next one."""

    data: list[MessageShown]
    next: int | None


class SessionExport(TypedDict):
    """All that is held about a conversation."""

    id: str
    owner: str
    metadata: dict[str, Any]
    created_at: str
    updated_at: str
    messages: list[MessageShown]
    turns: list[dict[str, Any]]
    cache: list[dict[str, Any]]


class UsageSums(TypedDict):
    """Sums of the ledger; `saved_cost` is `full_cost` less `cost`.

    `full_cost` is what the whole histories would have cost under the provider's own cache,
    `uncached_cost` what they would have cost without it.
    """

    turns: int
    unknown: int
    hits: int
    misses: int
    reused: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    full_prompt_tokens: int
    saved_tokens: int
    cost: float
    full_cost: float
    uncached_cost: float
    saved_cost: float
    latency_ms: float | None
    first_token_ms: float | None


class UsageRow(UsageSums, extra_items=Any):  # type: ignore[call-arg]
    """Sums of one group and its percentiles; its name stands under the grouping's own name."""

    latency_p50_ms: float | None
    latency_p95_ms: float | None
    first_token_p50_ms: float | None
    first_token_p95_ms: float | None


class SessionUsage(UsageSums):
    """Sums of one session."""

    currency: str


class SessionDetail(CardShown):
    """A conversation, what it carries along, and what it has cost."""

    metadata: dict[str, Any]
    usage: SessionUsage


class UsageReport(TypedDict):
    """The ledger, summed up; `tenant` is whose turns these are, null for everybody's."""

    by: str
    tenant: str | None
    currency: str
    data: list[UsageRow]


class Problem(TypedDict):
    """An error (RFC 9457); switch on `code`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    param: NotRequired[str]


class OpenAIErrorBody(TypedDict):
    """What OpenAI says of an error."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(TypedDict):
    """An error on OpenAI's routes."""

    error: OpenAIErrorBody


class Health(TypedDict):
    """How the server is."""

    status: str
