"""A customer and live agents in windows of their own, in a real browser, end to end."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browsing import NEEDS_CHROMIUM, OUT_OF_REACH, STILL_RUNNING, Wire, open_windows, shoot
from tests.commands import Server, run
from tests.conftest import Starter
from tests.held import HeldModel, held_model
from tests.people import AtDesk, Customer, Shop, open_shop

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
async def shop(start_recap: Starter) -> AsyncIterator[Shop]:
    async with open_shop(start_recap) as opened:
        yield opened


async def test_a_live_agent_takes_over_in_mid_sentence_and_gives_the_customer_back(
    shop: Shop,
) -> None:
    customer = await shop.customer()
    wire = await Wire.tap(customer.page)
    await customer.say("Where is my order A-1001?")
    call = await shop.model.next_call()
    call.say("Your order is on ")
    await expect(customer.draft).to_contain_text("Your order is on")
    session_id = await customer.session_id()
    maria = await shop.agent("Maria")
    await maria.open(session_id)
    await expect(maria.draft).to_contain_text("Your order is on")
    call.say("its way to the ")
    for side in (customer, maria):
        await expect(side.draft).to_contain_text("Your order is on its way to the")

    await maria.draft.get_by_role("button", name="Take over").click()
    await customer.is_with("Maria")
    await expect(customer.said("activity")).to_have_text(["Maria joined the conversation"])
    await expect(maria.said("activity")).to_have_text(["Maria took over"])
    call.finish("depot.")
    await talk(customer, maria)
    await expect(customer.said("bot")).to_have_count(0)
    await expect(maria.said("bot")).to_have_count(0)
    for side in (customer, maria):
        await expect(side.draft).to_be_hidden()
        await expect(side.log).not_to_contain_text("on its way")
    await whisper(customer, maria, wire)
    await suggest(shop, customer, maria)
    await give_back(shop, customer, maria)
    said = ["customer", "agent", "customer", "note", "agent", "customer", "agent"]
    after = ["returned to bot", "customer", "bot"]
    assert shop.kinds(session_id) == ["customer", "claimed", *said[1:], *after]


async def talk(customer: Customer, maria: AtDesk) -> None:
    """Both sides see each other write and read."""
    await maria.input.press_sequentially("Hello, ")
    await expect(customer.page.locator("#typing")).to_have_text("Maria is typing…")
    await maria.input.press_sequentially("I have it in front of me.")
    await maria.input.press("Enter")
    await expect(customer.said("agent")).to_have_text(["Hello, I have it in front of me."])
    await expect(customer.log.locator(".agent .who")).to_have_text("Maria")
    await expect(customer.page.locator("#typing")).to_be_hidden()
    await expect(maria.log.locator(".agent .state")).to_have_text("Seen")
    await customer.input.press_sequentially("Thank you! ")
    await expect(maria.page.locator("#typing")).to_have_text("The customer is typing…")
    await customer.input.press_sequentially("Is it late?")
    await customer.input.press("Enter")
    await expect(maria.said("customer")).to_have_text(
        ["Where is my order A-1001?", "Thank you! Is it late?"]
    )
    await expect(maria.page.locator("#typing")).to_be_hidden()
    await expect(customer.log.locator(".customer .receipt").last).to_have_text("Seen")


async def whisper(customer: Customer, maria: AtDesk, wire: Wire) -> None:
    """A note is for live agents; no byte of it reaches the customer."""
    note, reply = "Waits since the 4th: ask the depot.", "No, it comes tomorrow."
    await maria.note(note)
    await expect(maria.said("note")).to_have_text([note])
    await maria.reply(reply)
    await expect(customer.said("agent").last).to_have_text(reply)
    heard = await wire.text()
    assert reply in heard
    assert "the depot" not in heard
    assert "the depot" not in await customer.page.content()
    await customer.page.reload()
    await expect(customer.said("agent").last).to_have_text(reply)
    assert "the depot" not in await wire.text() + await customer.page.content()


async def suggest(shop: Shop, customer: Customer, maria: AtDesk) -> None:
    """What the bot suggests goes out only as the live agent has it."""
    await customer.say("At what time?")
    await expect(maria.said("customer").last).to_have_text("At what time?")
    await maria.input.fill("Let me see")
    await maria.page.get_by_role("button", name="Suggest a reply").click()
    call = await shop.model.next_call()
    asked = [message["content"] for message in call.messages]
    assert "No, it comes tomorrow." in asked
    call.finish("Between eight and ten.")
    suggestion = maria.page.get_by_role("region", name="Suggestion by the bot")
    await expect(suggestion).to_contain_text("Between eight and ten.")
    await expect(maria.input).to_have_value("Let me see")
    await suggestion.get_by_role("button", name="Use").click()
    await expect(maria.input).to_have_value("Between eight and ten.")
    await expect(maria.page.locator("#hint")).to_have_text(
        "Suggested by the bot: read it before you send it."
    )
    await maria.input.press_sequentially(" I promise.")
    await expect(maria.page.locator("#hint")).not_to_contain_text("Suggested")
    await expect(suggestion).to_be_hidden()
    await maria.input.press("Enter")
    await expect(customer.said("agent").last).to_have_text("Between eight and ten. I promise.")


async def give_back(shop: Shop, customer: Customer, maria: AtDesk) -> None:
    """The bot goes on, and knows what the live agent said."""
    await maria.button("Return to bot").click()
    await customer.is_with("Recap")
    await expect(customer.said("activity").last).to_have_text("Maria left; the assistant is back")
    await customer.say("Where will it be left?")
    call = await shop.model.next_call()
    human = {"role": "assistant", "content": "Between eight and ten. I promise."}
    assert human in call.messages
    assert "depot" not in str(call.messages)
    call.say("At your ")
    for side in (customer, maria):
        await expect(side.draft).to_contain_text("At your")
    call.finish("door.")
    for side in (customer, maria):
        await expect(side.said("bot")).to_have_text(["At your door."])
        await expect(side.draft).to_be_hidden()


async def test_reloads_in_mid_stream_go_on_streaming_on_both_sides(shop: Shop) -> None:
    shop.windows.tolerate(STILL_RUNNING)
    customer = await shop.customer()
    await customer.say("Tell me everything, please.")
    call = await shop.model.next_call()
    call.say("One, ")
    await expect(customer.draft).to_contain_text("One,")
    maria = await shop.agent()
    await maria.open(await customer.session_id())
    await expect(maria.draft).to_contain_text("One,")
    await asyncio.gather(customer.page.reload(), maria.page.reload())
    for side in (customer, maria):
        await expect(side.draft.locator(".text")).to_have_text("One, ")
    call.say("two, ")
    for side in (customer, maria):
        await expect(side.draft.locator(".text")).to_have_text("One, two, ")
    call.finish("three.")
    for side in (customer, maria):
        await expect(side.said("bot")).to_have_text(["One, two, three."])
        await expect(side.said("customer")).to_have_text(["Tell me everything, please."])
        await expect(side.draft).to_be_hidden()
    assert shop.model.calls == 1
    assert shop.kinds(await customer.session_id()) == ["customer", "bot"]


async def test_with_nobody_there_the_page_says_so_and_the_assistant_can_go_on(shop: Shop) -> None:
    customer = await shop.customer()
    await customer.button("Talk to a person").click()
    await expect(customer.panel).to_have_attribute("data-mode", "nobody")
    await expect(customer.panel).to_contain_text("Nobody is here at the moment")
    await expect(customer.button("Talk to a person")).to_be_hidden()
    await customer.say("Is my order lost?")
    await expect(customer.log.locator(".customer .receipt")).to_have_text("Delivered")
    await expect(customer.draft).to_be_hidden()
    assert shop.model.calls == 0
    await customer.button("Continue with the assistant").click()
    call = await shop.model.next_call()
    assert call.asked == ["Is my order lost?"]
    call.finish("It is not.")
    await expect(customer.said("bot")).to_have_text(["It is not."])
    await expect(customer.panel).to_be_hidden()
    await expect(customer.said("activity")).to_have_text(
        ["A person was asked to join", "You went on with the assistant"]
    )
    await expect(customer.button("Talk to a person")).to_be_visible()


async def test_the_place_in_the_queue_counts_down_as_the_desk_claims(shop: Shop) -> None:
    first, second = [await shop.customer() for _ in range(2)]
    maria = await shop.agent()
    for place, customer in enumerate((first, second), start=1):
        await customer.button("Talk to a person").click()
        await expect(customer.panel).to_have_attribute("data-mode", "waiting")
        await expect(customer.panel).to_contain_text("Waiting for a person")
        await expect(customer.panel).to_contain_text(f"Your place in the queue: {place}.")
        await expect(maria.list("Queue")).to_have_count(place)
    claim_next = maria.page.get_by_role("button", name="Claim next")
    await claim_next.click()
    await first.is_with("Maria")
    await expect(first.panel).to_be_hidden()
    await expect(second.panel).to_contain_text("Your place in the queue: 1.")
    await claim_next.click()
    await second.is_with("Maria")
    await expect(claim_next).to_be_hidden()
    await expect(maria.list("My chats")).to_have_count(2)
    await expect(maria.page.locator("#seats")).to_have_text("2 chats")


async def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told_who(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await shop.customer()
    await customer.button("Talk to a person").click()
    desks = {name: await shop.agent(name) for name in ("Maria", "Tom")}
    session_id = await customer.session_id()
    claim, both = shop.recap.rooms.handovers.claim, asyncio.Barrier(2)

    async def claim_together(session_id: str, agent_id: str) -> Any:
        await both.wait()
        return await claim(session_id, agent_id)

    monkeypatch.setattr(shop.recap.rooms.handovers, "claim", claim_together)
    for desk in desks.values():
        await desk.open(session_id)
    await asyncio.gather(*(desk.button("Claim").click() for desk in desks.values()))
    heading = customer.page.get_by_role("heading", level=1)
    await expect(heading).to_have_text(re.compile("Maria|Tom"))
    winner = await heading.inner_text()
    (loser,) = desks.keys() - {winner}
    await expect(desks[loser].alert).to_have_text(f"{winner} has taken this chat already.")
    await expect(desks[loser].page.locator("#closed")).to_have_text(
        f"{winner} answers this customer."
    )
    await expect(desks[loser].button("Claim")).to_be_hidden()
    await desks[winner].reply("It is mine.")
    await expect(customer.said("agent")).to_have_text(["It is mine."])
    await expect(desks[winner].alert).to_have_count(0)
    assert shop.kinds(session_id) == ["handed over", "claimed", "agent"]


async def test_a_live_agent_who_is_revoked_is_told_and_the_customer_is_back_in_the_queue(
    shop: Shop,
) -> None:
    shop.windows.tolerate("status of 401")  # what the desk asks for before it is told
    customer = await shop.customer()
    await customer.button("Talk to a person").click()
    maria = await shop.agent()
    await maria.page.get_by_role("button", name="Claim next").click()
    await customer.is_with("Maria")
    folder = shop.recap.database.parent
    ran = await asyncio.to_thread(run, folder, "agent", "revoke", "--tenant", "shop", "Maria")
    assert ran.code == 0, ran
    await expect(maria.page.get_by_role("heading", name="Your access was ended")).to_be_visible()
    await expect(maria.page.locator("#desk")).to_be_hidden()
    await shoot(maria.page, "desk-revoked")
    await customer.is_with("Recap")
    await expect(customer.panel).to_contain_text("Nobody is here at the moment")
    await expect(customer.said("activity").last).to_have_text("Maria lost the connection")
    tom = await shop.agent("Tom")
    await expect(customer.panel).to_contain_text("Waiting for a person")
    await tom.page.get_by_role("button", name="Claim next").click()
    await customer.is_with("Tom")


async def test_a_restart_in_mid_chat_heals_by_itself_and_loses_no_words(tmp_path: Path) -> None:
    async with held_model() as model, open_windows() as windows:
        windows.tolerate(OUT_OF_REACH, "status of 503", STILL_RUNNING)
        env = {"PORT": str(free_port()), "OPENAI_BASE_URL": model.base_url}
        env |= {"OPENAI_API_KEY": "test", "BURST_SILENCE_SECONDS": "0"}
        async with serving(tmp_path, env) as server:
            chat, desk = (link_of(server, page) for page in ("Chat page", "Desk"))
            customer, robin = Customer(await windows.open(chat)), AtDesk(await windows.open(desk))
            await customer.say("Hello?")
            (await model.next_call()).finish("Good morning.")
            await expect(customer.said("bot")).to_have_text(["Good morning."])
            await customer.button("Talk to a person").click()
            await robin.page.get_by_role("button", name="Claim next").click()
            await customer.is_with("Robin")
            await robin.reply("I am Robin.")
            await expect(customer.said("agent")).to_have_text(["I am Robin."])
        await expect(customer.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
        await expect(robin.page.locator("#banner")).to_contain_text("Reconnecting…")
        for words in ("My parcel is late.", "Are you there?"):
            await customer.say(words)
        for words in ("One moment, please.", "I look it up."):
            await robin.reply(words)
        await expect(customer.log.get_by_text("Not sent yet")).to_have_count(2)
        await expect(robin.log.get_by_text("sending…")).to_have_count(2)
        await shoot(customer.page, "chat-server-down")
        await shoot(robin.page, "desk-server-down")

        async with serving(tmp_path, env):
            await heal(customer, robin)
            await break_off(model, customer, robin)
        async with serving(tmp_path, env):
            await answer_again(model, customer, robin)


async def heal(customer: Customer, robin: AtDesk) -> None:
    """Each message once, in the order of its writer, at the same place on both sides."""
    for side in (customer, robin):
        await expect(side.said("customer")).to_have_text(
            ["Hello?", "My parcel is late.", "Are you there?"]
        )
        await expect(side.said("agent")).to_have_text(
            ["I am Robin.", "One moment, please.", "I look it up."]
        )
        await expect(side.log.get_by_text(re.compile("Not sent|sending"))).to_have_count(0)
        await expect(side.page.locator("#banner")).to_be_hidden()
    said = await robin.log.locator(".message:not(.activity) > .text").all_text_contents()
    await expect(customer.log.locator(".message:not(.activity) > .text")).to_have_text(said)
    await robin.reply("There it is.")
    await expect(customer.said("agent").last).to_have_text("There it is.")


async def break_off(model: HeldModel, customer: Customer, robin: AtDesk) -> None:
    """The next restart comes while the bot answers."""
    await robin.button("Return to bot").click()
    await customer.is_with("Recap")
    await customer.say("When will it come?")
    call = await model.next_call()
    call.say("It will ")
    for side in (customer, robin):
        await expect(side.draft).to_contain_text("It will")


async def answer_again(model: HeldModel, customer: Customer, robin: AtDesk) -> None:
    """The page asks again by itself, and of the broken reply nothing is left."""
    call = await model.next_call()
    call.say("Tomorrow ")
    for side in (customer, robin):
        await expect(side.draft.locator(".text")).to_have_text("Tomorrow ")
    call.finish("morning.")
    for side in (customer, robin):
        await expect(side.said("bot")).to_have_text(["Good morning.", "Tomorrow morning."])
        await expect(side.said("customer").last).to_have_text("When will it come?")
        await expect(side.draft).to_be_hidden()
    assert model.waiting == 0


@contextlib.asynccontextmanager
async def serving(folder: Path, env: dict[str, str]) -> AsyncIterator[Server]:
    """Recap as a process in a folder, and in the end SIGTERM."""
    server = Server(folder, **env)
    try:
        await asyncio.to_thread(server.__enter__)
        yield server
    finally:
        assert await asyncio.to_thread(server.stop) == 0


def link_of(server: Server, page: str) -> str:
    """What a first start prints of a page."""
    [line] = [line for line in server.printed.splitlines() if line.startswith(page)]
    return line.removeprefix(page).strip()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
