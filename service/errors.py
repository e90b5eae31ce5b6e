"""Every error that Recap raises on purpose.

One root; the docstring of a class is its message unless it is given a better one. `code` is stable
and is what clients switch on. Nothing here knows HTTP: `web.problems` maps classes to statuses.
"""

from __future__ import annotations

from typing import ClassVar


class RecapError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str | None = None, *, param: str | None = None) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.param = param
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
