"""Every error that Recap raises on purpose.

One root; the docstring of a class is its message unless it is given a better one. `code` is stable
and is what clients switch on. Nothing here knows HTTP: `web.problems` maps classes to statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class RecapError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        param: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """`context` is what a client needs beside the code, such as who has the session."""
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.param = param
        self.context = dict(context or {})
        super().__init__(self.detail)


class InvalidRequest(RecapError):
    """The request is not valid."""

    code = "invalid_request"


class MalformedBody(RecapError):
    """The body is not JSON in UTF-8."""

    code = "malformed_body"


class BodyTooLarge(RecapError):
    """The body is larger than this server accepts."""

    code = "body_too_large"


class NotAuthenticated(RecapError):
    """A valid credential is needed: Authorization: Bearer …"""

    code = "not_authenticated"


class OriginNotAllowed(RecapError):
    """This key may not be used from this origin."""

    code = "origin_not_allowed"


class NotFound(RecapError):
    """There is nothing here for you."""

    code = "not_found"


class IdempotencyMismatch(RecapError):
    """This Idempotency-Key was used with another body."""

    code = "idempotency_mismatch"


class StillRunning(RecapError):
    """The first request with this Idempotency-Key is still running."""

    code = "still_running"


class ShuttingDown(RecapError):
    """The server is restarting; ask again, with the same Idempotency-Key if there was one."""

    code = "shutting_down"


class UpstreamError(RecapError):
    """The model could not be reached or did not answer."""

    code = "upstream_error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        status: int | None = None,
        retry_after: str | None = None,
        error: dict[str, object] | None = None,
    ) -> None:
        """`status` is the provider's own, `error` its error object; both None if it never came."""
        super().__init__(detail)
        self.status = status
        self.retry_after = retry_after
        self.error = error


class UpstreamIncomplete(UpstreamError):
    """The model's answer broke off before its end."""

    code = "upstream_incomplete"


class UpstreamRefused(UpstreamError):
    """The model's provider will not answer this message, however often it is asked."""

    code = "upstream_refused"


class UpstreamTimeout(UpstreamError):
    """The model did not answer in time."""

    code = "upstream_timeout"


class StorageError(RecapError):
    """The database could not keep this."""

    code = "storage_error"


class UnknownTenant(RecapError):
    """There is no tenant of that name or id."""

    code = "unknown_tenant"


class DuplicateTenant(RecapError):
    """A tenant of that name exists already."""

    code = "duplicate_tenant"


class UnknownAgent(RecapError):
    """There is no live agent of that name or id."""

    code = "unknown_agent"


class DuplicateAgent(RecapError):
    """A live agent of that name exists already."""

    code = "duplicate_agent"


class AlreadyClaimed(RecapError):
    """Another live agent has this session."""

    code = "already_claimed"


class NotOwner(RecapError):
    """This session is not yours."""

    code = "not_owner"


class SessionResolved(RecapError):
    """This session is resolved; a message of the customer opens it again."""

    code = "resolved"


class AtCapacity(RecapError):
    """This live agent has as many sessions as allowed."""

    code = "at_capacity"


class AgentOffline(RecapError):
    """This live agent is not connected."""

    code = "agent_offline"


class NothingToAnswer(RecapError):
    """The customer's newest message has an answer."""

    code = "nothing_to_answer"


class TooManyTickets(RecapError):
    """Too many tickets are waiting to be used; try again in some seconds."""

    code = "too_many_tickets"


class NotAWebSocket(RecapError):
    """This route is a websocket of the subprotocol recap.v1."""

    code = "not_a_websocket"
