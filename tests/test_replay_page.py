"""The replay's report in a real browser, opened from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.replaying import Command, command, rounds, talk, write
from tests.test_page import CHROMIUM, FLAGS, shoot

__all__ = ["command"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]


@pytest.fixture
def report(tmp_path: Path, command: Command) -> Path:
    said = [*talk("My locker code is Falcon-77.", "Noted."), *rounds(60)]
    asked = [
        {"after_turn": n, "question": "What was my locker code?", "must_contain": "Falcon-77"}
        for n in range(1, 121, 6)
    ]
    path = write(tmp_path / "talk.jsonl", {"messages": said, "probes": asked, "language": "en"})
    assert command(path.name, "--html", "out.html").code == 0
    return tmp_path / "out.html"


async def test_the_report_opens_from_disk_loads_nothing_and_fits_a_phone(
    report: Path, tmp_path: Path
) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=str(CHROMIUM), args=FLAGS
        )
        page = browser.pages[0]
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda line: seen.append(line.text))
        await page.goto(report.as_uri())
        for width in (1280, 390):
            await page.set_viewport_size({"width": width, "height": 800})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            lines = page.locator("polyline.c-recap")
            assert [await line.is_visible() for line in await lines.all()] == [True, True]
        await shoot(page, "replay")
        assert seen == [report.as_uri()]
        await browser.close()
