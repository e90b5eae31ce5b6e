"""Scripted answers of the loopback model, and their shapes in OpenAI's chat completions.

Invariant: an answer adds nothing of its own. A `Reply` is a pure function of the request, the
script and the head it is given, and its chunks, joined, are its whole completion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CountTokens = Callable[[str], int]

_MESSAGE_TOKENS, _REPLY_PRIMING_TOKENS = 4, 3
# Ideographs and full-width marks carry no spaces, so they stream two at a time.
_PIECE = re.compile(
    r"\s*(?:[\u2e80-\u9fff\uff00-\uffef]{1,2}|[^\s\u2e80-\u9fff\uff00-\uffef]+)|\s+"
)


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer, and how it travels. Delays are in seconds.

    `tool_calls` are whole OpenAI tool calls; with them a `finish_reason` of `stop` is sent as
    `tool_calls`. A `status` other than 200 sends `error` as OpenAI's error object. `cut_after`
    drops a streamed connection once that many content chunks are out, at the latest before the
    finish chunk. `usage` replaces the counted usage; an empty one sends none. `body` replaces the
    whole response body as it stands.
    """

    text: str = ""
    tool_calls: list[dict[str, Any]] | None = None
    finish_reason: str = "stop"
    status: int = 200
    error: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    first_token_delay: float = 0.0
    token_delay: float = 0.0
    cut_after: int | None = None
    usage: dict[str, Any] | None = None
    body: bytes | None = None
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer in the wire's two shapes: a whole completion, or chunks in sending order.

    `head` holds the fields that every chunk repeats; an empty `usage` is left out.
    """

    payload: Mapping[str, Any]
    answer: Scripted
    head: Mapping[str, Any]
    usage: Mapping[str, Any]

    def whole(self) -> dict[str, Any]:
        """The `chat.completion` object."""
        choices = [
            {
                "index": index,
                "message": self._message(),
                "finish_reason": self._finish_reason(),
                "logprobs": self._logprobs(_pieces(self.answer.text)),
            }
            for index in self._choices()
        ]
        completion = {**self.head, "object": "chat.completion", "choices": choices}
        return completion | ({"usage": self.usage} if self.usage else {})

    def opening(self) -> Iterator[dict[str, Any]]:
        """The chunk that names the role, for each choice."""
        for index in self._choices():
            yield self._chunk(index, {"role": "assistant", "content": "", "refusal": None})

    def content(self) -> Iterator[dict[str, Any]]:
        """The text, a word a chunk; several choices take turns."""
        for piece in _pieces(self.answer.text):
            for index in self._choices():
                yield self._chunk(index, {"content": piece}, logprobs=self._logprobs([piece]))

    def closing(self) -> Iterator[dict[str, Any]]:
        """Tool calls, finish reasons, and the usage if it was asked for."""
        if self.answer.tool_calls:
            calls = [{"index": i, **call} for i, call in enumerate(self.answer.tool_calls)]
            for index in self._choices():
                yield self._chunk(index, {"tool_calls": calls})
        for index in self._choices():
            yield self._chunk(index, {}, finish_reason=self._finish_reason())
        if self._usage_asked() and self.usage:
            yield self._envelope([]) | {"usage": self.usage}

    def _chunk(
        self,
        index: int,
        delta: dict[str, Any],
        *,
        finish_reason: str | None = None,
        logprobs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
        return self._envelope([{**choice, "logprobs": logprobs}])

    def _envelope(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        chunk = {**self.head, "object": "chat.completion.chunk", "choices": choices}
        return chunk | ({"usage": None} if self._usage_asked() else {})

    def _message(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": self.answer.text, "refusal": None}
        if not self.answer.tool_calls:
            return message | {"annotations": []}
        return message | {
            "content": self.answer.text or None,
            "tool_calls": self.answer.tool_calls,
        }

    def _finish_reason(self) -> str:
        called = self.answer.tool_calls and self.answer.finish_reason == "stop"
        return "tool_calls" if called else self.answer.finish_reason

    def _logprobs(self, pieces: list[str]) -> dict[str, Any] | None:
        if not self.payload.get("logprobs"):
            return None
        ranked = bool(self.payload.get("top_logprobs"))
        return {"content": [_logprob(piece, ranked) for piece in pieces], "refusal": None}

    def _usage_asked(self) -> bool:
        return bool((self.payload.get("stream_options") or {}).get("include_usage"))

    def _choices(self) -> range:
        return range(_choice_count(self.payload))


def count_usage(
    payload: Mapping[str, Any], answer: Scripted, count_tokens: CountTokens
) -> dict[str, Any]:
    """OpenAI's usage object: 4 tokens a message and 3 for the reply, plus the texts counted."""

    def count(text: str) -> int:
        return count_tokens(text) if text else 0

    texts = [text for message in payload["messages"] for text in text_parts(message)]
    prompt = sum(map(count, texts)) + _MESSAGE_TOKENS * len(payload["messages"])
    prompt += _REPLY_PRIMING_TOKENS
    calls = json.dumps(answer.tool_calls) if answer.tool_calls else ""
    completion = (count(answer.text) + count(calls)) * _choice_count(payload)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": answer.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def text_parts(message: Mapping[str, Any]) -> list[str]:
    """The texts of a message's content: the string itself, or each of its text parts."""
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return [text for text in texts if isinstance(text, str)]


def _choice_count(payload: Mapping[str, Any]) -> int:
    return int(payload.get("n") or 1)


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text)


def _logprob(piece: str, ranked: bool) -> dict[str, Any]:
    likely = {
        "token": piece,
        "logprob": round(-0.02 * (len(piece) % 7 + 1), 2),
        "bytes": list(piece.encode(errors="replace")),
    }
    return {**likely, "top_logprobs": [likely] if ranked else []}
