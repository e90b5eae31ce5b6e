"""Both pages with the keyboard alone: nothing here moves a pointer, and the focus is never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browsing import NEEDS_CHROMIUM
from tests.conftest import Starter
from tests.people import AtDesk, Customer, Shop, open_shop

pytestmark = NEEDS_CHROMIUM

MOST_TABS = 40
WATCH_FOCUS = """
    let began = false, looks = 0, before = '';
    window.lostFocus = [];
    addEventListener('focusin', ({target}) => { began = true; before = target.outerHTML }, true);
    setInterval(() => {
        looks = began && document.activeElement === document.body ? looks + 1 : 0;
        if (looks === 5) window.lostFocus.push(before);
    }, 100);
"""
"""Notes what had the focus when it was nowhere for half a second."""


@pytest.fixture
async def shop(start_recap: Starter) -> AsyncIterator[Shop]:
    async with open_shop(start_recap) as opened:
        yield opened


async def test_the_desk_is_worked_with_its_shortcuts(shop: Shop) -> None:
    customer, maria = await customer_and_desk(shop)
    keys = maria.page.keyboard
    await keys.press("Alt+q")
    await customer.is_with("Maria")
    await expect(labelled(maria, "Reply to the customer")).to_be_focused()
    await keys.type("Good morning.")
    await keys.press("Enter")
    await expect(customer.said("agent")).to_have_text(["Good morning."])
    await keys.press("Alt+n")
    await expect(labelled(maria, "Note for live agents")).to_be_focused()
    await keys.type("Be quick with this one.")
    await keys.press("Enter")
    await expect(maria.said("note")).to_have_text(["Be quick with this one."])
    await keys.press("Alt+n")
    await customer.say("Where is it?")
    await expect(maria.said("customer").last).to_have_text("Where is it?")
    await keys.press("Alt+g")
    (await shop.model.next_call()).finish("On its way.")
    await expect(maria.input).to_have_value("On its way.")
    await keys.type(" Truly.")
    await keys.press("Enter")
    await expect(customer.said("agent").last).to_have_text("On its way. Truly.")
    await keys.press("Alt+r")
    await customer.is_with("Recap")
    await expect(maria.page.locator("#head h2")).to_be_focused()
    await assert_focus_was_kept(maria.page)


async def test_the_desk_gives_chats_away_and_looks_around_with_its_shortcuts(shop: Shop) -> None:
    customer, maria = await customer_and_desk(shop)
    tom = await shop.agent("Tom", WATCH_FOCUS)
    keys = maria.page.keyboard
    await keys.press("Tab")
    await keys.press("Alt+/")
    await expect(maria.page.get_by_role("dialog")).to_be_visible()
    await keys.press("Escape")
    await expect(maria.page.get_by_role("dialog")).to_be_hidden()
    for _ in range(2):  # without a chat there are no details
        await keys.press("Alt+i")
        await expect(maria.page.locator("#details")).to_be_hidden()
    await keys.press("Alt+ArrowDown")
    await expect(maria.button("Claim")).to_be_focused()
    await keys.press("Alt+c")
    await customer.is_with("Maria")
    await keys.press("Alt+l")
    await customer.is_with("Recap")
    await expect(maria.list("Queue")).to_have_count(1)
    await keys.press("Alt+c")
    await customer.is_with("Maria")
    await keys.press("Alt+x")
    await expect(maria.page.get_by_role("menuitem", name="Tom")).to_be_focused()
    await keys.press("Escape")
    await expect(maria.button("Transfer")).to_be_focused()
    await keys.press("Alt+x")
    await keys.press("Enter")
    await customer.is_with("Tom")
    await expect(tom.list("My chats")).to_have_count(1)
    await expect(maria.page.locator("#closed")).to_have_text("Tom answers this customer.")
    await keys.press("Alt+i")
    await keys.press("Alt+a")
    await expect(maria.page.get_by_role("combobox", name="My status")).to_have_value("away")
    await assert_focus_was_kept(maria.page)
    await tom.page.keyboard.press("Alt+ArrowDown")
    await expect(labelled(tom, "Reply to the customer")).to_be_focused()
    await tom.page.keyboard.press("Alt+k")
    await expect(customer.panel).to_contain_text("This conversation is resolved")
    await assert_focus_was_kept(tom.page)


async def test_the_desk_is_worked_with_tab_arrows_and_enter(shop: Shop) -> None:
    customer, maria = await customer_and_desk(shop)
    keys = maria.page.keyboard
    await tab_to(maria.page, maria.list("Queue").first)
    await keys.press("Enter")
    await expect(maria.button("Claim")).to_be_focused()
    await keys.press("Enter")
    await customer.is_with("Maria")
    await expect(labelled(maria, "Reply to the customer")).to_be_focused()
    await keys.type("Good morning.")
    await keys.press("Enter")
    await expect(customer.said("agent")).to_have_text(["Good morning."])
    await customer.say("Where is it?")
    await expect(maria.said("customer").last).to_have_text("Where is it?")
    await keys.type("Let me see")
    await tab_to(maria.page, maria.page.get_by_role("button", name="Suggest a reply"), "Shift+Tab")
    await keys.press("Enter")
    (await shop.model.next_call()).finish("On its way.")
    suggestion = maria.page.get_by_role("region", name="Suggestion by the bot")
    await expect(suggestion).to_contain_text("On its way.")
    await tab_to(maria.page, suggestion.get_by_role("button", name="Use"), "Shift+Tab")
    await keys.press("Enter")
    await expect(maria.input).to_have_value("On its way.")
    await expect(maria.input).to_be_focused()
    await keys.press("Enter")
    await expect(customer.said("agent").last).to_have_text("On its way.")
    await tab_to(maria.page, maria.page.get_by_role("tab", name="Reply"), "Shift+Tab")
    await keys.press("ArrowRight")
    await expect(maria.page.get_by_role("tab", name="Note")).to_be_focused()
    await tab_to(maria.page, labelled(maria, "Note for live agents"))
    await keys.type("Be quick with this one.")
    await keys.press("Enter")
    await expect(maria.said("note")).to_have_text(["Be quick with this one."])
    await tab_to(maria.page, maria.button("Return to bot"), "Shift+Tab")
    await keys.press("Enter")
    await customer.is_with("Recap")
    await expect(maria.page.locator("#head h2")).to_be_focused()
    await assert_focus_was_kept(maria.page)


async def test_the_customer_asks_for_a_person_and_goes_back_with_tab_and_enter(shop: Shop) -> None:
    customer = await shop.customer(WATCH_FOCUS)
    keys = customer.page.keyboard
    await expect(customer.input).to_be_focused()
    await tab_to(customer.page, customer.button("Talk to a person"))
    await keys.press("Enter")
    await expect(customer.panel).to_contain_text("Nobody is here at the moment")
    await expect(customer.input).to_be_focused()
    await keys.type("Hello?")
    await keys.press("Enter")
    await expect(customer.said("customer")).to_have_text(["Hello?"])
    await tab_to(customer.page, customer.button("Continue with the assistant"), "Shift+Tab")
    await keys.press("Enter")
    (await shop.model.next_call()).finish("Good morning.")
    await expect(customer.said("bot")).to_have_text(["Good morning."])
    await expect(customer.input).to_be_focused()
    await tab_to(customer.page, customer.button("New conversation"), "Shift+Tab")
    await keys.press("Enter")
    await expect(customer.page.get_by_role("heading", level=2)).to_have_text("How can we help?")
    await expect(customer.input).to_be_focused()
    await assert_focus_was_kept(customer.page)


async def customer_and_desk(shop: Shop) -> tuple[Customer, AtDesk]:
    """Somebody who waits for a person, and a desk that nobody has touched yet."""
    customer = await shop.customer()
    await customer.button("Talk to a person").click()
    await customer.say("Is anybody there?")
    maria = await shop.agent("Maria", WATCH_FOCUS)
    await expect(maria.list("Queue")).to_have_count(1)
    return customer, maria


def labelled(desk: AtDesk, name: str) -> Locator:
    return desk.page.get_by_role("textbox", name=name)


async def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there."""
    await expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if await target.evaluate("node => node === document.activeElement"):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached with {key}")


async def assert_focus_was_kept(page: Page) -> None:
    """Never nowhere since it first was somewhere."""
    await expect(page.locator(":focus")).to_have_count(1)
    assert await page.evaluate("window.lostFocus") == []
