"""The model: every call that leaves this process goes through here.

The async client of `openai` is used with its own retries, timeouts and errors, over its aiohttp
transport, but below its typed layer: `post` with a body that is already JSON. CPU a call at
1 / 20 / 600 messages by `recap bench --client`: `chat.completions.create` 2.5 / 7.5 / 146 ms, this
way 0.9 / 0.8 / 1.7 ms.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import cache
from types import TracebackType
from typing import Any

import httpx2
import openai
import orjson
from openai import AsyncStream

from service import completion
from service.completion import Body, Chunk
from service.errors import (
    UpstreamError,
    UpstreamIncomplete,
    UpstreamRefused,
    UpstreamTimeout,
)

_PATH = "/chat/completions"
_MODELS = "/models"
_JSON = {"Content-Type": "application/json"}
_CONNECT_SECONDS = 5.0
REFUSALS = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "context_length_exceeded",
        "invalid_prompt",
        "string_above_max_length",
    }
)
"""Codes of errors that are about what was said, not about how or when it was asked."""


@cache
def _tls() -> ssl.SSLContext:
    """With the certificates that this machine trusts; reading them takes some 40 ms."""
    return httpx2.create_ssl_context()


class Model:
    """An OpenAI-compatible endpoint. Use as an async context manager."""

    def __init__(
        self, *, api_key: str, base_url: str | None, timeout: float, max_retries: int
    ) -> None:
        """`timeout` is the longest silence in seconds, at the start and between chunks."""
        self._timeout = timeout
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=max_retries,
            timeout=openai.Timeout(timeout, connect=_CONNECT_SECONDS),
            http_client=openai.DefaultAioHttpClient(verify=_tls()),
        )

    async def __aenter__(self) -> Model:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def complete(self, request: Body) -> Body:
        """The whole answer to a request. Raises UpstreamError and what derives from it."""
        try:
            response = await self._client.post(
                _PATH,
                cast_to=httpx2.Response,
                content=orjson.dumps(request),
                options={"headers": _JSON},
            )
        except openai.OpenAIError as error:
            raise _translate(error) from error
        return _parse(response.content)

    async def stream(self, request: Body) -> AsyncIterator[Chunk]:
        """The answer's chunks as they come, the usage in the last. Errors as `complete`."""
        options = dict(request.get("stream_options") or {}) | {"include_usage": True}
        request = request | {"stream": True, "stream_options": options}
        begun = False
        try:
            stream = await self._client.post(
                _PATH,
                cast_to=object,
                content=orjson.dumps(request),
                options={"headers": _JSON},
                stream=True,
                stream_cls=AsyncStream[object],
            )
            begun = True
            async with stream:
                while True:
                    async with asyncio.timeout(self._timeout):
                        chunk = await anext(stream, None)
                    if chunk is None:
                        return
                    if isinstance(chunk, dict):
                        yield _readable(chunk)
        except TimeoutError as error:
            raise UpstreamTimeout from error
        except openai.OpenAIError as error:
            raise _translate(error, begun=begun) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise UpstreamIncomplete from error

    async def models(self) -> Body:
        """The provider's list of models, as it sends it."""
        try:
            response = await self._client.get(_MODELS, cast_to=httpx2.Response)
        except openai.OpenAIError as error:
            raise _translate(error) from error
        return _parse(response.content)


def _parse(content: bytes) -> Body:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UpstreamError("The model's answer is not JSON.") from error
    if not isinstance(body, dict):
        raise UpstreamError("The model's answer is not an object.")
    return _readable(body)


def _readable(body: Body) -> Body:
    """The body, if it can be read and written down. Raises UpstreamError."""
    try:
        orjson.dumps(body)  # half characters and endless integers come through other parsers
    except TypeError as error:
        raise UpstreamError("The model's answer cannot be written down.") from error
    if not completion.is_readable(body):
        raise UpstreamError("The model's answer is not a completion.")
    return body


def _translate(error: openai.OpenAIError, *, begun: bool = False) -> UpstreamError:
    match error:
        case openai.APIStatusError():
            refused = error.status_code == 413 or error.code in REFUSALS
            return (UpstreamRefused if refused else UpstreamError)(
                f"The model's provider answered {error.status_code}.",
                status=error.status_code,
                retry_after=error.response.headers.get("retry-after"),
                error=_error_object(error.body),
            )
        case openai.APITimeoutError() if _is_out_of_time(error):
            return UpstreamTimeout()
        case openai.APIConnectionError() if not begun:
            return UpstreamError()
        case _:
            return UpstreamIncomplete()


def _is_out_of_time(error: BaseException | None) -> bool:
    """Did time run out? The transport below calls a refused connection a timeout too."""
    while error is not None:
        if isinstance(error, TimeoutError):
            return True
        error = error.__cause__
    return False


def _error_object(body: Any) -> dict[str, object] | None:
    return body if isinstance(body, dict) and isinstance(body.get("message"), str) else None
