"""A real Recap server on a loopback port, over a real SQLite file, in front of a scripted model."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import hypothesis
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from service import tokens
from service.app import create_app, open_rooms
from service.loopback import LoopbackModel, Scripted
from service.settings import Settings
from service.storage import migrate
from service.storage.agents import AgentToken
from service.storage.tenants import TenantKeys
from service.web.keys import Rooms
from tests import payloads

hypothesis.settings.register_profile("recap", deadline=None, max_examples=60)
hypothesis.settings.load_profile("recap")

ORIGIN = "https://shop.example"


@dataclass
class Upstream:
    """The model's provider: answers from a script, and remembers what it was asked."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    script: list[Scripted] = field(default_factory=list)
    default: Callable[[dict[str, Any]], Scripted] = lambda body: Scripted(
        text=f"Answer to: {last_text(body)[:60]}"
    )
    base_url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def respond(self, body: dict[str, Any]) -> Scripted:
        """Every call sets `asked`; while `gate` is cleared it waits there."""
        self.requests.append(body)
        self.asked.set()
        await self.gate.wait()
        return self.script.pop(0) if self.script else self.default(body)

    @property
    def calls(self) -> int:
        return len(self.requests)


def last_text(body: Mapping[str, Any]) -> str:
    """The words of the last message, without what was put in front of them."""
    return payloads.said_in(body["messages"][-1])


@dataclass
class Recap:
    """One running server and everything a test needs to talk to it."""

    url: str
    rooms: Rooms
    http: aiohttp.ClientSession
    keys: TenantKeys
    upstream: Upstream
    database: Path

    def bearer(self, token: str | None = None, **headers: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.keys.key}", **headers}

    async def hire(self, name: str = "Maria", tenant: str = "shop", **values: Any) -> AgentToken:
        """A live agent of a tenant."""
        return await self.rooms.agents.create(await self.rooms.tenants.find(tenant), name, **values)

    async def open_session(self, key: str | None = None, **body: Any) -> dict[str, Any]:
        async with self.http.post(
            "/v1/sessions", json=body, headers=self.bearer(key or self.keys.key)
        ) as response:
            assert response.status == 201, await response.text()
            session: dict[str, Any] = await response.json()
            return session | {"key": key or self.keys.key}

    async def say(self, session: Mapping[str, Any], content: str, **headers: str) -> dict[str, Any]:
        """Post a message and return the whole answer, with what only the tenant is told of it."""
        async with self.http.post(
            f"/v1/sessions/{session['id']}/messages",
            json={"content": content},
            headers=self.bearer(session.get("key"), **headers),
        ) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    async def transcript(self, session: Mapping[str, Any]) -> list[dict[str, Any]]:
        async with self.http.get(
            f"/v1/sessions/{session['id']}/messages?limit=1000",
            headers=self.bearer(session["token"]),
        ) as response:
            data: list[dict[str, Any]] = (await response.json())["data"]
            return data


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "recap.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "recap.db"))


@contextlib.asynccontextmanager
async def run_upstream() -> AsyncIterator[Upstream]:
    scripted = Upstream()
    scripted.gate.set()
    server = LoopbackModel(scripted.respond, count_tokens=tokens.count)
    scripted.base_url = await server.start()
    yield scripted
    await server.close()


@contextlib.asynccontextmanager
async def run_recap(
    upstream: Upstream,
    database: Path,
    *,
    key_bytes: int = 32,
    keys: TenantKeys | None = None,
    **values: Any,
) -> AsyncIterator[Recap]:
    """A server over a database; keyword arguments are settings."""
    settings = make_settings(upstream, database, **values)
    async with open_rooms(settings, key_bytes=key_bytes) as rooms:
        made = keys or await rooms.tenants.create("shop", origins=[ORIGIN])
        server = TestServer(create_app(settings, rooms))
        await server.start_server(shutdown_timeout=1)
        url = str(server.make_url("")).rstrip("/")
        try:
            async with aiohttp.ClientSession(url) as http:
                yield Recap(url, rooms, http, made, upstream, database)
        finally:
            await server.close()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with run_upstream() as scripted:
        yield scripted


Starter = Callable[..., contextlib.AbstractAsyncContextManager[Recap]]


@pytest.fixture
def start_recap(upstream: Upstream, database: Path) -> Starter:
    """Starts servers over this test's database; keyword arguments are settings."""
    return functools.partial(run_recap, upstream, database)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_recap(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Recap]:
    """One server for a module whose tests don't disturb each other; they share its loop."""
    database = Path(shutil.copy(template, tmp_path_factory.mktemp("shared") / "recap.db"))
    async with run_upstream() as scripted, run_recap(scripted, database) as running:
        yield running


@pytest.fixture
async def recap(start_recap: Starter) -> AsyncIterator[Recap]:
    async with start_recap() as running:
        yield running


def make_settings(upstream: Upstream, database: Path, **values: Any) -> Settings:
    defaults = {
        "database_url": f"sqlite:///{database}",
        "openai_base_url": upstream.base_url,
        "openai_api_key": "test",
        "openai_model": "test-model",
        "system_prompt": "You are the shop's helper.",
        "burst_silence_seconds": 0.1,
        "upstream_timeout_seconds": 60,  # a thousand askers take long on a slow machine
        "upstream_max_retries": 0,
        "operator_token": "operator-token-of-the-tests",
    }
    return Settings(_env_file=None, **{**defaults, **values})


@pytest.fixture
def own_logging() -> Iterator[None]:
    """For tests that configure logging as the server does: afterwards it is pytest's again."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the tests alone."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "DATABASE_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _service_log_level() -> Iterator[None]:
    """Commands that quieten the service's loggers do it for their own test alone."""
    logger = logging.getLogger("service")
    level = logger.level
    yield
    logger.setLevel(level)
