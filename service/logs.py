"""Structured logs: one JSON object a line on stderr, or short text lines on a terminal.

Constant messages plus fields; the request's id is added to every line of its handling. Nothing
that a customer or a model said, and no secret, is ever given to a logger; an exception's own text
may hold either, so of exceptions only types and places are written.
"""

from __future__ import annotations

import contextvars
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

from service.settings import Settings

MAX_CAUSES = 8
REQUEST_ID: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One object a record: time, level, logger, message, request id, and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            entry["request_id"] = request_id
        entry |= _extra(record)
        if record.exc_info:
            entry["exception"] = _where(record.exc_info[1])
        return orjson.dumps(entry, default=str).decode()


class TextFormatter(logging.Formatter):
    """For people: the message and its fields on one line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        fields = " ".join(f"{k}={v}" for k, v in _extra(record).items() if k != "action")
        line = f"{moment} {record.levelname.lower():7} {record.getMessage()} {fields}".rstrip()
        if record.exc_info:
            line += "\n" + _where(record.exc_info[1])
        return line


def configure(settings: Settings) -> None:
    """Send every log line to stderr in the form that the settings ask for."""
    is_text = settings.log_format == "text" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if is_text else JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("httpx2", "openai", "aiosqlite", "asyncio", "aiohttp", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _where(error: BaseException | None) -> str:
    """The types and places of an error and its causes; not its text, which may quote anything."""
    parts: list[str] = []
    while error is not None and len(parts) < MAX_CAUSES:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return "\nbecause of\n".join(parts)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
