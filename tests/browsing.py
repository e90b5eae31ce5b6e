"""Real windows for tests: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Error,
    Page,
    WebSocket,
    async_playwright,
    expect,
)

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARTIFACTS = Path(os.environ.get("ARTIFACTS", ".artifacts"))
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]
DESKTOP, PHONE = (1280, 800), (390, 844)
"""Widths and heights in CSS pixels."""
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
PATIENCE_MS = 20_000
"""After which what never comes is given up; two busy cores take their time."""

STILL_RUNNING = "status of 409"
"""Chromium's line for a message that is sent again while its turn runs: the page then waits."""
OUT_OF_REACH = "ERR_(CONNECTION_(REFUSED|RESET)|INCOMPLETE_CHUNKED|EMPTY_RESPONSE)"
"""Its lines for requests to a server that is stopped."""

expect.set_options(timeout=PATIENCE_MS)


class Windows:
    """Windows of one Chromium, each with a storage of its own, as those of different people.

    `problems` are the errors in all of them, `loaded` every address that they asked for.
    """

    def __init__(self, browser: Browser) -> None:
        self.problems: list[str] = []
        self.loaded: list[str] = []
        self._browser = browser
        self._tolerated = re.compile(r"(?!)")

    @property
    def contexts(self) -> list[BrowserContext]:
        return self._browser.contexts

    def tolerate(self, *patterns: str) -> None:
        """Lines of the console that what this test does brings with it."""
        self._tolerated = re.compile("|".join(patterns))

    async def open(self, url: str, *scripts: str, **options: Any) -> Page:
        """A new window; `scripts` run in it before the page's own."""
        context = await self._browser.new_context(**options)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._heard)
        page.on("request", lambda request: self.loaded.append(request.url))
        page.on("websocket", self._connected)
        for script in scripts:
            await page.add_init_script(script)
        await page.goto(url)
        return page

    def _heard(self, line: ConsoleMessage) -> None:
        if line.type == "error" and not self._tolerated.search(line.text):
            self.problems.append(f"{line.text} ({line.page and line.page.url})")

    def _connected(self, socket: WebSocket) -> None:
        self.loaded.append(socket.url.replace("ws", "http", 1))


@contextlib.asynccontextmanager
async def open_windows() -> AsyncIterator[Windows]:
    """A Chromium with a new profile; nothing must have gone wrong in any of its windows."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        windows = Windows(browser)
        try:
            yield windows
        finally:
            await browser.close()
    assert windows.problems == []


class Wire:
    """Everything that the server tells a window, byte by byte, streams included."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._bodies: dict[str, bytes] = {}
        self._asking: set[asyncio.Task[None]] = set()

    @classmethod
    async def tap(cls, page: Page) -> Wire:
        """Of what comes from now on."""
        session = await page.context.new_cdp_session(page)
        wire = cls(session)
        session.on("Network.responseReceived", lambda event: wire._ask(wire._follow, event))
        session.on("Network.dataReceived", wire._more)
        session.on("Network.loadingFinished", lambda event: wire._ask(wire._take, event))
        await session.send("Network.enable")
        return wire

    async def text(self) -> str:
        """All of it so far."""
        while self._asking:
            await asyncio.wait(self._asking)
        return "\n".join(body.decode(errors="replace") for body in self._bodies.values())

    def _ask(self, ask: Callable[[str], Coroutine[Any, Any, None]], event: dict[str, Any]) -> None:
        task = asyncio.create_task(ask(event["requestId"]))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _follow(self, request_id: str) -> None:
        """From the answer on, the pieces of a stream carry their content."""
        self._bodies.setdefault(request_id, b"")
        with contextlib.suppress(Error):  # it is at its end already, and taken whole
            asked = await self._session.send(
                "Network.streamResourceContent", {"requestId": request_id}
            )
            before = base64.b64decode(asked["bufferedData"])
            self._bodies[request_id] = before + self._bodies[request_id]

    def _more(self, event: dict[str, Any]) -> None:
        request_id = event["requestId"]
        piece = base64.b64decode(event.get("data", ""))
        self._bodies[request_id] = self._bodies.get(request_id, b"") + piece

    async def _take(self, request_id: str) -> None:
        """The whole of what has ended, unless its pieces were there."""
        if self._bodies.get(request_id):
            return
        with contextlib.suppress(Error):  # a window that was loaded again has forgotten it
            taken = await self._session.send("Network.getResponseBody", {"requestId": request_id})
            body: str = taken["body"]
            is_encoded = taken["base64Encoded"]
            self._bodies[request_id] = base64.b64decode(body) if is_encoded else body.encode()


async def shoot(page: Page, name: str) -> None:
    """Leave pictures for people to look at: phone and desktop, dark and light."""
    for size, (width, height) in {"phone": PHONE, "desktop": DESKTOP}.items():
        await page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            path = ARTIFACTS / f"{name}-{size}-{scheme}.png"
            await page.screenshot(path=path, animations="disabled")
