"""Pictures of both pages in their main states, for people to look at: in ARTIFACTS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.browsing import DESKTOP, NEEDS_CHROMIUM, PHONE, shoot
from tests.conftest import Starter
from tests.customer import hand_over
from tests.held import PATIENCE
from tests.people import AtDesk, Customer, Shop, open_shop

pytestmark = NEEDS_CHROMIUM


@dataclass(frozen=True)
class Script:
    """What is said on the pictures, in one language."""

    locale: str
    agent: str
    colleague: str
    other: str
    reason: str
    question: str
    answer: tuple[str, str]
    greeting: str
    thanks: str
    note: str
    steps: tuple[str, ...]
    begun: str
    suggestion: str


ENGLISH = Script(
    locale="en-GB",
    agent="Maria",
    colleague="Tom Okafor",
    other="Ada Lindqvist",
    reason="A refund that has not come",
    question="Where is my order A-1001? It should have been here on Friday.",
    answer=(
        "Your order A-1001 left our warehouse on Thursday and is with the carrier. ",
        "It is a day late; the carrier says that it comes tomorrow before noon.",
    ),
    greeting="Hello, this is Maria. I have your order in front of me.",
    thanks="Thank you! I am not at home tomorrow. Can it be left with a neighbour?",
    note="Third late parcel this month: waive the delivery fee.",
    steps=(
        "Yes, it can. Here is how:",
        "1. Open the carrier’s page with the link in your e-mail.",
        "2. Choose “Leave with a neighbour”, and tell the house number.",
        "3. The neighbour signs, and you get a message at once.",
    ),
    begun="Let me look that up for you",
    suggestion="Yes, gladly. Tell me the name and the house number, and I note it for the driver.",
)
CHINESE = Script(
    locale="zh-CN",
    agent="王芳",
    colleague="李强",
    other="陈思远",
    reason="退款还没有到账",
    question="我的订单 A-1001 到哪里了？本来应该星期五就送到的。",
    answer=(
        "您的订单 A-1001 已于星期四从仓库发出，目前由承运商配送。",
        "比预计晚了一天，承运商表示明天中午前送达。",
    ),
    greeting="您好，我是王芳，您的订单信息我已经看到了。",
    thanks="谢谢！我明天不在家，可以放在邻居那里吗？",
    note="本月第三次延误，请免除运费。",
    steps=(
        "可以的，步骤如下：",
        "一、点击邮件中的链接，打开承运商的页面。",
        "二、选择“由邻居代收”，并填写门牌号。",
        "三、邻居签收后，您会立即收到通知。",
    ),
    begun="我帮您查一下",
    suggestion="可以的。请告诉我邻居的姓名和门牌号，我来转告配送员。",
)


@pytest.fixture
async def shop(start_recap: Starter) -> AsyncIterator[Shop]:
    async with open_shop(start_recap) as opened:
        yield opened


@pytest.mark.parametrize("script", [ENGLISH, CHINESE], ids=["english", "chinese"])
async def test_both_pages_in_their_main_states(shop: Shop, script: Script) -> None:
    tour = Tour(script, shop, *await arrive(shop, script))
    await tour.the_bot_writes()
    await tour.a_person_comes()
    await tour.a_person_helps()
    await tour.much_is_new()
    await tour.it_ends()
    await tour.nobody_is_there()


async def arrive(shop: Shop, script: Script) -> tuple[Customer, AtDesk]:
    """The doors: without a key or a token, and with them; two wait in the queue."""
    tongue = {"locale": script.locale, "color_scheme": "light"}
    closed = await shop.windows.open(f"{shop.recap.url}/desk", **tongue)
    await expect(closed.locator("#card h2")).to_be_visible()
    await shoot(closed, f"desk-{script.locale}-0-no-token")
    metadata = {"name": script.other, "plan": "gold", "orders": 12}
    hurt = await shop.recap.open_session(metadata=metadata)
    await hand_over(shop.recap, hurt, script.reason)
    other = await shop.customer(**tongue)
    await other.page.locator("#ask").click()
    await expect(other.panel).to_have_attribute("data-mode", "nobody")
    customer = await shop.customer(**tongue)
    await expect(customer.page.locator("#card")).to_be_visible()
    await shoot(customer.page, f"chat-{script.locale}-1-welcome")
    await shop.agent(script.colleague, **tongue)
    return customer, await shop.agent(script.agent, **tongue)


@dataclass
class Tour:
    """A conversation from its beginning to its end, with a picture at each turn."""

    script: Script
    shop: Shop
    customer: Customer
    desk: AtDesk

    async def picture(self, page: Page, name: str) -> None:
        side = "desk" if page is self.desk.page else "chat"
        await shoot(page, f"{side}-{self.script.locale}-{name}")

    async def act(self, action: str) -> None:
        await self.desk.page.locator(f"#head [data-action={action}]").click()

    async def write(self, kind: str, text: str) -> None:
        """As a live agent: a reply (`send`) or a `note`."""
        await self.desk.page.locator(f"#tab-{kind}").click()
        await self.desk.input.fill(text)
        await self.desk.input.press("Enter")

    async def the_bot_writes(self) -> None:
        customer, desk, (first, second) = self.customer, self.desk, self.script.answer
        await customer.say(self.script.question)
        call = await self.shop.model.next_call()
        await desk.page.reload()  # whom the bot serves is asked for every ten seconds
        await expect(desk.page.locator("#lists [role=option]")).to_have_count(3)
        await self.picture(desk.page, "1-lists")
        call.say(first)
        await expect(customer.draft).to_contain_text(first.strip())
        await self.picture(customer.page, "2-bot")
        await desk.open(await customer.session_id())
        await expect(desk.draft).to_contain_text(first.strip())
        await self.picture(desk.page, "2-bot")
        call.finish(second)
        await expect(customer.said("bot")).to_have_text([first + second])

    async def a_person_comes(self) -> None:
        customer, desk = self.customer, self.desk
        await customer.page.locator("#ask").click()
        await expect(customer.panel).to_contain_text("3")
        await self.picture(customer.page, "3-waiting")
        await expect(desk.page.locator("#head")).to_have_attribute("data-standing", "waiting")
        await self.picture(desk.page, "3-waiting")
        await self.act("claim")
        await customer.is_with(self.script.agent)
        await self.write("send", self.script.greeting)
        await expect(customer.said("agent")).to_have_text([self.script.greeting])
        await customer.say(self.script.thanks)
        await expect(desk.said("customer").last).to_have_text(self.script.thanks)
        await self.write("note", self.script.note)
        await expect(desk.said("note")).to_have_text([self.script.note])
        await desk.page.locator("#tab-send").click()
        await desk.input.press_sequentially(self.script.begun)
        await expect(customer.page.locator("#typing")).to_be_visible()
        await self.picture(customer.page, "4-person")

    async def a_person_helps(self) -> None:
        customer, desk = self.customer, self.desk
        await desk.page.locator("#suggest").click()
        (await self.shop.model.next_call()).finish(self.script.suggestion)
        await expect(desk.page.locator("#suggestion")).to_be_visible()
        async with asyncio.timeout(PATIENCE):
            while not await desk.page.locator("#typing").is_visible():  # told every 3 s at most
                await customer.input.press_sequentially("…")
        await customer.input.fill("")
        await self.picture(desk.page, "4-suggestion")
        await desk.page.locator("#tab-note").click()
        await desk.input.fill(self.script.note)
        await self.picture(desk.page, "5-note")
        await self.act("transfer")
        await expect(desk.page.get_by_role("menuitem", name=self.script.colleague)).to_be_visible()
        await self.picture(desk.page, "6-transfer")
        await desk.page.keyboard.press("Escape")
        await desk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await desk.page.locator("#panel").click()
        await expect(desk.page.locator("#details")).to_be_visible()
        await self.picture(desk.page, "7-details")
        await desk.page.keyboard.press("Alt+/")
        await expect(desk.page.get_by_role("dialog")).to_be_visible()
        await self.picture(desk.page, "8-help")
        await desk.page.keyboard.press("Escape")

    async def much_is_new(self) -> None:
        """The reader is further up: what comes is counted, and marked."""
        customer, (begin, *more) = self.customer, self.script.steps
        await self.write("send", "\n\n".join([begin, *more] * 3))
        await expect(customer.said("agent").last).to_contain_text(more[-1])
        await customer.page.locator("#scroller").hover()
        await customer.page.mouse.wheel(0, -2 * DESKTOP[1])
        await expect(customer.page.locator("#latest")).to_be_visible()
        for step in more[-2:]:
            await self.write("send", step)
        await expect(customer.page).to_have_title(f"(2) {self.script.agent} · Recap")
        await expect(customer.log.get_by_role("separator")).to_have_count(1)
        await self.picture(customer.page, "5-unread")
        await customer.page.locator("#latest").click()
        await expect(customer.page).to_have_title(f"{self.script.agent} · Recap")
        await self.picture(customer.page, "6-read")

    async def it_ends(self) -> None:
        customer, desk = self.customer, self.desk
        await self.act("returnToBot")
        await customer.is_with("Recap")
        await expect(desk.page.locator("#toasts .act")).to_be_visible()
        await self.picture(desk.page, "9-returned")
        await self.picture(customer.page, "7-returned")
        await self.act("claim")
        await self.act("resolve")
        await expect(customer.panel).to_have_attribute("data-mode", "resolved")
        await self.picture(customer.page, "8-resolved")
        await expect(desk.page.locator("#head")).to_have_attribute("data-standing", "resolved")
        await self.picture(desk.page, "10-resolved")

    async def nobody_is_there(self) -> None:
        customer = self.customer
        for context in self.shop.windows.contexts:
            if any(page.url.endswith("/desk") for page in context.pages):
                await context.close()
        await customer.say(self.script.thanks)
        (await self.shop.model.next_call()).finish(self.script.suggestion)
        await expect(customer.said("bot").last).to_have_text(self.script.suggestion)
        await customer.page.locator("#ask").click()
        await expect(customer.panel).to_have_attribute("data-mode", "nobody")
        await self.picture(customer.page, "9-nobody")
