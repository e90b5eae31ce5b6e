"""Whatever anybody writes is text on both pages: no markup, no script, nothing from outside."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browsing import DESKTOP, NEEDS_CHROMIUM, PHONE, shoot
from tests.conftest import Starter
from tests.customer import hand_over
from tests.people import AtDesk, Customer, Shop, open_shop
from tests.rest import ask

pytestmark = NEEDS_CHROMIUM

OWN = "document.title = 'owned'"
HOSTILE = "\n".join(
    [
        f"<script>{OWN}</script>",
        f'<img src="x" onerror="{OWN}">',
        f'<svg onload="{OWN}"><use href="https://evil.example/x.svg#x"/></svg>',
        f'</div></textarea></template><iframe srcdoc="<script>parent.{OWN}</script>"></iframe>',
        f"[click](javascript:{OWN}) ![seen](https://evil.example/seen.png)",
        '<style>@import "https://evil.example/x.css"; * { display: none }</style>',
        "&lt;b&gt; &amp; `code` ${1 + 1} {{ 1 + 1 }} \\u003cb>",
        "\u202eright to left\u202c שלום עולם, العالم",
        "W" * 300,
    ]
)
NAME = f'<b onclick="{OWN}">Maria</b>'
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
INTRUDERS = ":is(#log, #draft, #details, #lists, #head, header, #suggestion) :is({})".format(
    "script, img[src='x'], iframe, style, a, b, textarea, svg[onload]"
)


@pytest.fixture
async def shop(start_recap: Starter) -> AsyncIterator[Shop]:
    async with open_shop(start_recap) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/desk"])
async def test_the_policy_of_a_page_is_strict(shop: Shop, path: str) -> None:
    answer = await ask(shop.recap, "GET", path)
    rules = answer.headers["content-security-policy"].split(";")
    assert dict(rule.strip().split(" ", 1) for rule in rules) == STRICT
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"<script>" not in answer.body
    assert b" style=" not in answer.body


async def test_hostile_words_of_all_sides_are_shown_as_text_on_both_pages(shop: Shop) -> None:
    metadata = {"name": HOSTILE[:60], f"<i onclick={OWN}>plan</i>": HOSTILE, "more": [HOSTILE]}
    session = await shop.recap.open_session(metadata=metadata)
    customer = await shop.customer(keep(shop, session))
    await customer.say(HOSTILE)
    call = await shop.model.next_call()
    call.say(HOSTILE)
    await expect(customer.draft.locator(".text")).to_have_js_property("textContent", HOSTILE)
    maria = await shop.agent(NAME)
    await maria.open(session["id"])
    await expect(maria.draft.locator(".text")).to_have_js_property("textContent", HOSTILE)
    call.finish()
    for side in (customer, maria):
        await shows(side.said("customer"), side.said("bot"))
    await hand_over(shop.recap, session, HOSTILE)
    await customer.say(HOSTILE + "?")
    await maria.button("Claim").click()
    await customer.is_with(NAME)
    await maria.note(HOSTILE)
    await shows(maria.said("note"))
    await maria.page.get_by_role("tab", name="Reply").click()
    await maria.input.fill("Yes")
    await maria.page.get_by_role("button", name="Suggest a reply").click()
    (await shop.model.next_call()).finish(HOSTILE)
    suggestion = maria.page.get_by_role("region", name="Suggestion by the bot")
    await shows(suggestion.locator(".text"))
    await suggestion.get_by_role("button", name="Use").click()
    await maria.input.press("Enter")
    for side in (customer, maria):
        await shows(side.said("agent"))
    await assert_harmless(shop, customer, maria)
    await shoot(customer.page, "hostile-chat")
    await shoot(maria.page, "hostile-desk")


def keep(shop: Shop, session: dict[str, Any]) -> str:
    """A script that gives a page a session that is there already."""
    kept: dict[str, Any] = {"key": shop.recap.keys.publishable_key}
    kept["session"] = {"id": session["id"], "token": session["token"]}
    items = ((f"recap.chat.{name}", json.dumps(value)) for name, value in kept.items())
    return ";".join(f"localStorage.setItem({json.dumps(k)}, {json.dumps(v)})" for k, v in items)


async def shows(*places: Locator) -> None:
    """Character by character."""
    for place in places:
        await expect(place.first).to_have_js_property("textContent", HOSTILE)


async def assert_harmless(shop: Shop, customer: Customer, maria: AtDesk) -> None:
    """Nothing ran, nothing was made of the words, nothing came from outside, and all fits in."""
    for page in (customer.page, maria.page):
        assert await page.title() != "owned"
        await expect(page.locator(INTRUDERS)).to_have_count(0)
        for size in (PHONE, DESKTOP):
            await assert_fits(page, *size)
    details = maria.page.locator("#metadata dd")
    await expect(details.nth(1)).to_have_js_property("textContent", HOSTILE)
    assert shop.windows.loaded
    assert all(url.startswith(shop.recap.url) for url in shop.windows.loaded)


async def assert_fits(page: Page, width: int, height: int) -> None:
    """No word is so long that the page has to be scrolled sideways."""
    await page.set_viewport_size({"width": width, "height": height})
    wide = "[...document.querySelectorAll('html, body, #scroller, #lists, #details')]"
    over = f"{wide}.filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.id)"
    assert await page.evaluate(over) == []
