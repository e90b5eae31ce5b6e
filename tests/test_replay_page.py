"""The replay's report in a real browser, opened from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browsing import DESKTOP, NEEDS_CHROMIUM, PHONE, SCHEMES, open_windows, shoot
from tests.replaying import Command, command, rounds, talk, write

__all__ = ["command"]
pytestmark = NEEDS_CHROMIUM


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


async def test_the_report_opens_from_disk_loads_nothing_and_fits_a_phone(report: Path) -> None:
    async with open_windows() as windows:
        page = await windows.open(report.as_uri())
        for width, height in (DESKTOP, PHONE):
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                for line in await page.locator("polyline.c-recap").all():
                    await expect(line).to_be_visible()
        await shoot(page, "replay")
        assert windows.loaded == [report.as_uri()]
