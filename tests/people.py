"""A customer and a live agent at their pages, and the shop that they talk in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Locator, Page, expect

from service.storage.agents import AgentToken
from tests.browsing import Windows, open_windows
from tests.conftest import Recap, Starter
from tests.held import HeldModel, held_model
from tests.watching import assert_all_agrees, rows


@dataclass
class Customer:
    """The chat page in a customer's window."""

    page: Page

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def draft(self) -> Locator:
        """The bot's reply while it is written."""
        return self.page.locator("#draft")

    @property
    def panel(self) -> Locator:
        """What there is to say of the queue."""
        return self.page.locator("#panel")

    @property
    def input(self) -> Locator:
        return self.page.get_by_role("textbox")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def said(self, kind: str) -> Locator:
        """The texts of one kind, in order: customer, bot, agent or activity."""
        return self.log.locator(f".message.{kind} > .text")

    async def say(self, text: str) -> None:
        await self.input.fill(text)
        await self.input.press("Enter")

    async def is_with(self, name: str) -> None:
        """Wait until the page says who answers: a live agent's name, or Recap."""
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(name)

    async def session_id(self) -> str:
        kept = "JSON.parse(localStorage.getItem('recap.chat.session')).id"
        return str(await self.page.evaluate(kept))


@dataclass
class AtDesk:
    """The desk in a live agent's window."""

    page: Page

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def draft(self) -> Locator:
        """The bot's reply while it is written."""
        return self.page.locator("#draft")

    @property
    def input(self) -> Locator:
        return self.page.locator("#input")

    @property
    def alert(self) -> Locator:
        """What could not be done."""
        return self.page.get_by_role("region", name="Notices").get_by_role("alert")

    def list(self, name: str) -> Locator:
        """The rows of one of the lists: My chats, Queue, With the bot."""
        return self.page.get_by_role("listbox", name=name).get_by_role("option")

    def button(self, name: str) -> Locator:
        """A button in the chat's head."""
        return self.page.locator("#head").get_by_role("button", name=name)

    def said(self, kind: str) -> Locator:
        """The texts of one kind, in order: customer, bot, agent, note or activity."""
        return self.log.locator(f".message.{kind} > .text")

    async def open(self, session_id: str) -> None:
        """Look at a session, wherever it is listed."""
        await self.page.locator(f"#lists [data-id='{session_id}']").click()

    async def reply(self, text: str) -> None:
        await self.page.get_by_role("tab", name="Reply").click()
        await self.page.get_by_role("textbox", name="Reply to the customer").fill(text)
        await self.page.get_by_role("button", name="Send").click()

    async def note(self, text: str) -> None:
        await self.page.get_by_role("tab", name="Note").click()
        await self.page.get_by_role("textbox", name="Note for live agents").fill(text)
        await self.page.get_by_role("button", name="Add note").click()


@dataclass
class Shop:
    """A tenant with its pages, in front of a provider whose calls are held."""

    recap: Recap
    model: HeldModel
    windows: Windows
    _staff: dict[str, AgentToken] = field(default_factory=dict)

    async def customer(self, *scripts: str, **options: Any) -> Customer:
        """Somebody opens the chat page."""
        url = f"{self.recap.url}/#key={self.recap.keys.publishable_key}"
        return Customer(await self.windows.open(url, *scripts, **options))

    async def agent(self, name: str = "Maria", *scripts: str, **options: Any) -> AtDesk:
        """A live agent opens the desk; it is there when this returns."""
        if name not in self._staff:
            self._staff[name] = await self.recap.hire(name)
        url = f"{self.recap.url}/desk#token={self._staff[name].token}"
        page = await self.windows.open(url, *scripts, **options)
        await expect(page.locator("#myname")).to_have_text(name)
        return AtDesk(page)

    def kinds(self, session_id: str) -> list[str]:
        """What a session is made of: the kinds, and what activities tell."""
        sql = "SELECT kind, content FROM messages WHERE session_id = ? ORDER BY seq"
        found = rows(self.recap.database, sql, session_id)
        return [row["content"] if row["kind"] == "activity" else row["kind"] for row in found]


@contextlib.asynccontextmanager
async def open_shop(start_recap: Starter, **settings: Any) -> AsyncIterator[Shop]:
    """In the end nothing went wrong in any window, and everything stored agrees."""
    async with held_model() as model:
        values = {"openai_base_url": model.base_url, "burst_silence_seconds": 0} | settings
        async with start_recap(**values) as recap, open_windows() as windows:
            await recap.rooms.tenants.set("shop", origins=[recap.url])
            yield Shop(recap, model, windows)
    await assert_all_agrees(recap.database)
