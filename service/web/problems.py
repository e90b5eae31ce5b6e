"""Errors as answers: `application/problem+json`, and OpenAI's error object on OpenAI's routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from service import errors
from service.errors import RecapError, UpstreamError

_STATUSES: dict[type[RecapError], int] = {
    errors.InvalidRequest: 422,
    errors.MalformedBody: 400,
    errors.BodyTooLarge: 413,
    errors.NotAuthenticated: 401,
    errors.OriginNotAllowed: 403,
    errors.NotFound: 404,
    errors.IdempotencyMismatch: 422,
    errors.StillRunning: 409,
    errors.ShuttingDown: 503,
    errors.UpstreamTimeout: 504,
    errors.UpstreamError: 502,
    errors.UpstreamIncomplete: 502,
    errors.UpstreamRefused: 502,
    errors.StorageError: 503,
    errors.TooManyTickets: 429,
    errors.NotAWebSocket: 426,
}
OPENAI_PATHS = ("/v1/chat/", "/v1/models")
_CODES = {405: "method_not_allowed", 404: "not_found", 413: "body_too_large"}


def is_openai(request: web.Request) -> bool:
    """Does this route answer in OpenAI's words?"""
    return request.path.startswith(OPENAI_PATHS)


def status_of(error: RecapError) -> int:
    """The HTTP status of an error."""
    return _STATUSES.get(type(error), 500)


def problem(error: RecapError) -> dict[str, Any]:
    """The problem object (RFC 9457) of an error."""
    status = status_of(error)
    described: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.param:
        described["param"] = error.param
    return described


def openai_error(error: RecapError) -> tuple[int, dict[str, Any]]:
    """Status and body of an error in OpenAI's form; a provider's own is passed on.

    The provider's 401 and 403 are about this server's key, not the caller's: they become 502.
    """
    status = 400 if isinstance(error, errors.InvalidRequest) else status_of(error)
    if isinstance(error, UpstreamError) and error.status and error.status not in (401, 403):
        status = error.status
        if error.error:
            return status, {"error": error.error}
    kind = "invalid_request_error" if status < 500 else "api_error"
    code = "invalid_api_key" if status == 401 else error.code
    return status, {
        "error": {"message": error.detail, "type": kind, "param": error.param, "code": code}
    }


def response(request: web.Request, error: RecapError) -> web.Response:
    """The answer to a request that raised."""
    if is_openai(request):
        status, body = openai_error(error)
        content_type = "application/json"
    else:
        body = problem(error)
        status, content_type = body["status"], "application/problem+json"
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, UpstreamError) and error.retry_after:
        headers["Retry-After"] = error.retry_after
    elif status in (429, 503):
        headers["Retry-After"] = "1"
    elif status == 426:
        headers["Upgrade"] = "websocket"
    return web.Response(
        status=status, body=orjson.dumps(body), content_type=content_type, headers=headers
    )


def of_http(request: web.Request, error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals (no such route, wrong method, too large) in the same form."""
    code = _CODES.get(error.status, "invalid_request")
    detail = HTTPStatus(error.status).description or error.reason
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    if is_openai(request):
        body: dict[str, Any] = {
            "error": {
                "message": detail,
                "type": "invalid_request_error",
                "param": None,
                "code": code,
            }
        }
        kind = "application/json"
    else:
        body = {
            "type": "about:blank",
            "title": error.reason,
            "status": error.status,
            "code": code,
            "detail": detail,
        }
        kind = "application/problem+json"
    return web.Response(
        status=error.status, body=orjson.dumps(body), content_type=kind, headers=headers
    )
