"""Settings, from the environment or a `.env` file in the working folder; nothing else reads them.

A wrong value is one clear line and exit 2.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service import ids

DEMO_MODEL = "recap-demo"
DEMO_TENANT = "demo"
"""The tenant that a first start on loopback makes."""
MIN_TOKEN_CHARS = 16


class SettingsError(ValueError):
    """A setting is wrong; the text names it."""


class Settings(BaseSettings):
    """Every setting and its default; `.env.example` says what each is for."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    database_url: str = "sqlite:///recap.db"
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str | None = None
    upstream_timeout_seconds: float = Field(default=60, gt=0, le=3600)
    upstream_max_retries: int = Field(default=2, ge=0, le=10)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    ops_port: int | None = Field(default=None, ge=1, le=65535)
    max_body_bytes: int = Field(default=10 * 2**20, ge=1024, le=2**30)
    max_message_chars: int = Field(default=16_000, ge=1, le=10_000_000)

    system_prompt: str | None = None
    prices_file: Path | None = None
    currency: str = Field(default="USD", min_length=1, max_length=8)
    burst_silence_seconds: float = Field(default=1.0, ge=0, le=30)

    cache_ttl_seconds: float = Field(default=7 * 24 * 3600, gt=0, le=10**10)
    cache_max_entries: int = Field(default=200_000, ge=1)
    cache_max_bytes: int = Field(default=2**30, ge=4096)
    reply_reuse: bool = True

    agent_grace_seconds: float = Field(default=45, gt=0, le=86_400)
    agent_capacity: int | None = Field(default=None, ge=1, le=10_000)

    operator_token: SecretStr | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("database_url")
    @classmethod
    def _is_sqlite(cls, value: str) -> str:
        if not value.startswith("sqlite:///") or value == "sqlite:///":
            raise ValueError("must name a SQLite file, as in sqlite:///recap.db")
        return value

    @field_validator("openai_base_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must be an address, as in https://api.openai.com/v1")
        return value

    @field_validator("operator_token")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_TOKEN_CHARS:
            raise ValueError(f"must be at least {MIN_TOKEN_CHARS} characters long")
        return value

    @property
    def is_demo(self) -> bool:
        """Is the built-in demonstration model to answer?"""
        return self.openai_api_key is None and self.openai_base_url is None

    @property
    def is_loopback(self) -> bool:
        """Can only this machine reach the server?"""
        return is_loopback(self.host)

    @property
    def model(self) -> str:
        """The model that answers the sessions of a tenant that names none."""
        return self.openai_model or (DEMO_MODEL if self.is_demo else "gpt-4o-mini")

    @property
    def cache_ttl(self) -> int:
        """Microseconds."""
        return int(self.cache_ttl_seconds * ids.SECOND)


def is_loopback(host: str) -> bool:
    """Is it this machine's own address?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load() -> Settings:
    """The settings of this process. Raises SettingsError with one line."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
    except (OSError, UnicodeError) as error:
        raise SettingsError(f".env cannot be read: {error}") from None
