"""Ids, secrets and time.

Ids and secrets hold at least 128 random bits, so nothing can be guessed. Times are integer
microseconds since 1970 (UTC) inside, RFC 3339 text outside.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]
"""A source of the present in microseconds; an argument wherever a test wants to set it."""

SECOND = 1_000_000

_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")
"""A mark of letters alone takes fewer tokens, and is no number that somebody might ask for."""


def now() -> int:
    """The present in microseconds; the usual Clock."""
    return time.time_ns() // 1_000


def rfc3339(micros: int) -> str:
    """A time as texts show it: UTC, to the millisecond."""
    moment = datetime.fromtimestamp(micros / SECOND, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def micros(text: str) -> int:
    """From a date or a time in ISO 8601, UTC where none is said. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * SECOND)


def new_id(prefix: str) -> str:
    """`prefix` and 22 URL-safe characters, 128 random bits."""
    return f"{prefix}_{secrets.token_urlsafe(16)}"


def new_secret(prefix: str) -> str:
    """`prefix` and 43 URL-safe characters, 256 random bits."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def fingerprint(data: str | bytes) -> bytes:
    """SHA-256. Enough for secrets too: they are 256 random bits, so there is nothing to stretch."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).digest()


def sign_session(secret: bytes, session_id: str) -> str:
    """The session's token: derived, never stored, the same each time."""
    mac = hmac.new(secret, session_id.encode(), hashlib.sha256).hexdigest()
    return f"st.{session_id}.{mac}"


def session_of(token: str) -> str | None:
    """The session id that a token claims to be for; None if it isn't one's form."""
    parts = token.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == "st" else None


def token_matches(secret: bytes, session_id: str, token: str) -> bool:
    """Is this the session's token? In constant time."""
    return hmac.compare_digest(sign_session(secret, session_id).encode(), token.encode())


def record_mark(secret: bytes) -> str:
    """Six letters that open and close the record in a tenant's payloads: the same each time, and
    unknown to whoever does not know the secret."""
    return hmac.new(secret, b"record", hashlib.sha256).hexdigest()[:6].translate(_LETTERS)
