"""The chat page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from service.loopback import Scripted
from tests.browsing import NEEDS_CHROMIUM, STILL_RUNNING, Windows, open_windows, shoot
from tests.conftest import Recap

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
async def windows() -> AsyncIterator[Windows]:
    async with open_windows() as opened:
        yield opened


@pytest.fixture
async def page(recap: Recap, windows: Windows) -> Page:
    await recap.rooms.tenants.set("shop", origins=[recap.url])
    return await windows.open(f"{recap.url}/#key={recap.keys.publishable_key}")


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.keyboard.press("Enter")


async def test_the_demonstrations_page_streams_a_reply_and_shows_what_the_turn_saved(
    recap: Recap, windows: Windows
) -> None:
    demo = await recap.rooms.tenants.create("demo", origins=[recap.url])
    page = await windows.open(f"{recap.url}/#key={demo.publishable_key}")
    long_enough_that_a_cut_pays = (
        "Your parcel is at the depot and comes tomorrow. The driver rings at every door between "
        "nine and six, waits for a minute, and leaves a card where nobody opens. "
    ) * 3
    recap.upstream.default = lambda body: Scripted(
        text=long_enough_that_a_cut_pays, token_delay=0.02
    )
    await say(page, "Where is my parcel?")
    log = page.get_by_role("log")
    await expect(log).to_contain_text("Your parcel is")
    for number in range(6):
        await expect(page.get_by_text("tokens sent")).to_have_count(number + 1)
        await say(page, f"And what about parcel number {number}, the one that I sent back?")
    await expect(page.get_by_text("saved").first).to_be_visible()
    await shoot(page, "chat")


async def test_another_tenants_page_shows_the_reply_alone(page: Page) -> None:
    await say(page, "Where is my parcel?")
    await expect(page.get_by_role("log")).to_contain_text("Answer to: Where is my parcel?")
    await say(page, "And when does it come?")
    await expect(page.get_by_role("log")).to_contain_text("Answer to: And when does it come?")
    await expect(page.get_by_text("tokens sent")).to_have_count(0)
    await expect(page.get_by_text("saved")).to_have_count(0)


async def test_a_reload_in_mid_stream_goes_on_streaming(
    page: Page, recap: Recap, windows: Windows
) -> None:
    windows.tolerate(STILL_RUNNING)
    words = " ".join(f"word{n}" for n in range(60))
    recap.upstream.default = lambda body: Scripted(text=words, token_delay=0.05)
    await say(page, "Tell me everything, please.")
    log = page.get_by_role("log")
    await expect(log).to_contain_text("word3")
    await page.reload()
    await expect(log).to_contain_text("Tell me everything, please.")
    await expect(log).to_contain_text("word59")
    assert recap.upstream.calls == 1


async def test_text_is_never_taken_for_html(page: Page, recap: Recap) -> None:
    hostile = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    recap.upstream.default = lambda body: Scripted(text=hostile)
    await say(page, hostile)
    await expect(page.get_by_role("log").get_by_text(hostile)).to_have_count(2)
    assert await page.locator("img[src=x]").count() == 0
    assert "owned" not in await page.title()


async def test_the_page_loads_nothing_from_outside(page: Page, recap: Recap) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    await page.reload()
    await say(page, "Hello there")
    await expect(page.get_by_role("log")).to_contain_text("Answer to: Hello there")
    assert urls
    assert all(url.startswith(recap.url) for url in urls)
