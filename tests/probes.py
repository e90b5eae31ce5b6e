"""What a test asks a running server besides its own question: metrics, rows, completions."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import openai
from openai import AsyncOpenAI
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Recap

Messages = Sequence[dict[str, Any]]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def client_of(recap: Recap, key: str | None = None) -> AsyncOpenAI:
    """The real client, with nothing but its base URL changed."""
    return AsyncOpenAI(
        base_url=f"{recap.url}/v1",
        api_key=key or recap.keys.key,
        max_retries=0,
        http_client=openai.DefaultAioHttpClient(),
    )


async def metric(recap: Recap, name: str, **labels: str) -> float:
    """The value of one sample on `/metrics`; 0 where there is none."""
    async with recap.http.get("/metrics") as response:
        families = text_string_to_metric_families(await response.text())
    samples = [sample for family in families for sample in family.samples]
    return sum(s.value for s in samples if s.name == name and s.labels == labels)


async def complete(
    recap: Recap, messages: Messages, *, headers: dict[str, str] | None = None, **request: Any
) -> tuple[dict[str, Any], str]:
    """A whole completion and its Cache-Status, without a client between."""
    async with recap.http.post(
        "/v1/chat/completions",
        json={"model": "test-model", "messages": messages} | request,
        headers=recap.bearer(**(headers or {})),
    ) as response:
        body: dict[str, Any] = await response.json()
        assert response.status == 200, body
        return body, response.headers["Cache-Status"]


def text_of(body: dict[str, Any]) -> str:
    text: str = body["choices"][0]["message"]["content"]
    return text


def select(recap: Recap, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows as another process sees them."""
    with contextlib.closing(sqlite3.connect(recap.database, timeout=10)) as connection:
        return connection.execute(statement, values).fetchall()
