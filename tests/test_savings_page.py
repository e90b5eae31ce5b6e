"""The savings page in a real browser, over a ledger whose rows are known."""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browsing import (
    ARTIFACTS,
    DESKTOP,
    NEEDS_CHROMIUM,
    PHONE,
    SCHEMES,
    Windows,
    open_windows,
)
from tests.conftest import Recap
from tests.ledger_rows import UNKNOWN, turn, write
from tests.rest import ask

OPERATOR = "operator-token-of-the-tests"
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
UNAUTHORISED = "status of 401"
"""Chromium's line for a key that the server does not know."""
CHARTS = ("time", "means", "round", "tenant", "model", "outcome", "latency")

pytestmark = NEEDS_CHROMIUM


def day(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).strftime("%Y-%m-%d")


TODAY = day(0)


@dataclass
class Finance:
    """What a test looks through: windows, and the server behind them."""

    windows: Windows
    recap: Recap

    async def open(self, key: str | None = None, query: str = "", **options: Any) -> Page:
        """The page with a key, its figures there."""
        address = f"{self.recap.url}/savings{query}#key={key or self.recap.keys.key}"
        page = await self.windows.open(address, **{"locale": "en-US", **options})
        await settled(page)
        return page

    async def report(self, credential: str | None = None, **query: str) -> list[dict[str, Any]]:
        """What the API says of the same time as the page: its last 30 days."""
        span = {"from": day(29), "to": day(-1)}
        headers = self.recap.bearer(credential)
        answer = await ask(
            self.recap, "GET", "/v1/usage", params={**span, **query}, headers=headers
        )
        assert answer.status == 200, answer.body
        data: list[dict[str, Any]] = answer.json()["data"]
        return data


@pytest.fixture
async def finance(recap: Recap) -> AsyncIterator[Finance]:
    async with open_windows() as windows:
        yield Finance(windows, recap)


async def settled(page: Page) -> None:
    await expect(page.locator("#report:not([aria-busy])")).to_be_visible()


def figure(page: Page, title: str) -> Locator:
    return page.get_by_role("figure", name=title)


def choice(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


async def value(place: Locator) -> float:
    """The exact number behind what is shown."""
    return float(await place.locator("data").first.get_attribute("value") or "nan")


def dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def a_month(tenant_id: str, seed: int = 1) -> list[dict[str, Any]]:
    """Thirty days of a tenant: sessions that grow, shared and reused answers, and failures."""
    chance = random.Random(seed)
    rows = []
    for ago in range(29, -1, -1):
        for number in range(chance.randrange(2, 7)):
            length = min(60, int(chance.lognormvariate(2, 0.9)) + 1)
            session = f"ses_{seed}_{ago:02}_{number}".ljust(26, "x")
            model = chance.choice(["gpt-6-sol", "gpt-6-sol", "gpt-5-mini"])
            rows += [
                a_turn(chance, tenant_id, f"{day(ago)}T00:{n:02}:00", session, model, n)
                for n in range(length)
            ]
    return rows


def a_turn(
    chance: random.Random, tenant_id: str, at: str, session: str, model: str, n: int
) -> dict[str, Any]:
    full = 700 + 220 * n
    whole = {"prompt_tokens": full, "layout": "full"}
    short = {"prompt_tokens": min(full, 1400 + 60 * (n % 9)), "layout": "checkpoint"}
    sent: dict[str, Any] = short if full > 2500 else whole
    cost = round(sent["prompt_tokens"] * 4e-6 + 0.001, 9)
    values: dict[str, Any] = {
        **sent,
        "model": model,
        "session_id": session,
        "status": "miss" if n == 0 or chance.random() < 0.02 else "hit",
        "full_prompt_tokens": full,
        "cost": cost,
        "full_cost": cost if sent is whole else round(full * 6e-6 + 0.001, 9),
        "uncached_cost": round(full * 1.6e-5 + 0.001, 9),
        "latency_us": int(chance.lognormvariate(14.1, 0.4)),
        "first_token_us": int(chance.lognormvariate(12.8, 0.3)),
    }
    match chance.random():
        case x if x < 0.05:
            values |= {"outcome": "reused", "status": "reuse", "cost": 0.0, "prompt_tokens": 0}
        case x if x < 0.08:
            shared = {"outcome": "collapsed", "status": "collapsed"}
            values |= {**shared, "cost": 0.0, "prompt_tokens": 0}
        case x if x < 0.1:
            values |= {"outcome": "failed", **UNKNOWN}
        case x if x < 0.12:
            values |= {"outcome": "superseded"}
    return turn(tenant_id, at, **values)


async def test_the_headline_is_what_the_api_says(finance: Finance) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    page = await finance.open()
    days = await finance.report()
    sums = {name: math.fsum(row[name] for row in days) for name in days[0] if name != "day"}
    compared = page.locator("#compared .amount")
    shown = [await value(page.locator("#saved"))] + [await value(compared.nth(n)) for n in range(3)]
    amounts = [sums[name] for name in ("saved_cost", "uncached_cost", "full_cost", "cost")]
    assert shown == pytest.approx(amounts, abs=1e-9)
    await expect(page.locator("#saved")).to_have_text(dollars(amounts[0]))
    await expect(compared).to_have_text([dollars(amount) for amount in amounts[1:]])
    saved = f"{100 * sums['saved_cost'] / sums['full_cost']:.1f}".removesuffix(".0")
    await expect(page.locator("#verdict")).to_contain_text(f"{saved}% less than the whole history")
    await expect(page.locator("#turns")).to_have_text(f"{sums['turns']:,.0f}")
    rate = f"{100 * sums['hits'] / (sums['hits'] + sums['misses']):.1f}".removesuffix(".0")
    await expect(page.locator("#rate")).to_have_text(f"{rate}%")
    assert await value(page.locator("#tokens")) == sums["saved_tokens"]
    await expect(page.locator("#unknown")).to_contain_text(f"{sums['unknown']:.0f} turns took")
    await expect(page.locator("#whose")).to_have_text("shop")


async def test_every_table_holds_the_rows_of_its_report(finance: Finance) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    page = await finance.open()
    tables = {
        "Spent and saved by day": ("day", {}),
        "Saved by which means": ("means", {}),
        "By model": ("model", {"order": "cost"}),
        "By outcome": ("outcome", {"order": "cost"}),
        "The ten dearest sessions": ("session", {"order": "cost", "limit": "10"}),
    }
    for title, (by, query) in tables.items():
        rows = await finance.report(by=by, **query)
        place = figure(page, title)
        if title != "The ten dearest sessions":
            await place.get_by_role("button", name="Table").click()
        lines = place.locator("tbody tr")
        await expect(lines).to_have_count(len(rows))
        found = [await amounts_of(lines.nth(n)) for n in range(len(rows))]
        fields = ("turns", "cost", "full_cost", "uncached_cost", "saved_cost")
        expected = [tuple(row[name] for name in fields) for row in rows]
        assert sorted(found) == sorted(expected), title
        if query:
            assert [line[1] for line in found] == [row["cost"] for row in rows]


async def amounts_of(line: Locator) -> tuple[float, ...]:
    numbers = line.locator("data")
    return tuple([float(await numbers.nth(n).get_attribute("value") or "") for n in range(5)])


async def test_the_means_on_the_page_add_up_to_what_was_saved(finance: Finance) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    page = await finance.open()
    amounts = figure(page, "Saved by which means").locator(".amount")
    parts = [await value(amounts.nth(n)) for n in range(4)]
    assert math.fsum(parts) == pytest.approx(await value(page.locator("#saved")), abs=1e-9)
    assert all(part > 0 for part in parts[:3])
    assert parts[3] == 0


async def test_every_figure_is_downloaded_as_the_apis_csv(finance: Finance, tmp_path: Path) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    page = await finance.open(query=f"?period=custom&from={day(9)}&to={day(0)}&model=gpt-6-sol")
    titles = {
        "Spent and saved by day": "day",
        "Saved by which means": "means",
        "Hit rate by round": "round",
        "By model": "model",
        "By outcome": "outcome",
        "The ten dearest sessions": "session",
    }
    for title, by in titles.items():
        async with page.expect_download() as caught:
            await page.get_by_role("button", name=f"Download CSV: {title}").click()
        download = await caught.value
        assert download.suggested_filename == f"recap-{by}-{day(9)}-{day(0)}.csv"
        path = tmp_path / f"{by}.csv"
        await download.save_as(path)
        query = {"by": by, "from": day(9), "to": day(-1), "model": "gpt-6-sol"}
        if by in ("model", "outcome", "session"):
            query["order"] = "cost"
        headers = finance.recap.bearer(Accept="text/csv")
        asked = await ask(finance.recap, "GET", "/v1/usage", params=query, headers=headers)
        text = path.read_bytes().decode("utf-8-sig")
        assert text == asked.body.decode()
        assert len(list(csv.DictReader(io.StringIO(text), strict=True))) > 0


async def test_the_operator_sees_all_tenants_and_switches_to_one(finance: Finance) -> None:
    other = await finance.recap.rooms.tenants.create("月光书店")
    for seed, tenant_id in enumerate((finance.recap.keys.id, other.id)):
        write(finance.recap.database, a_month(tenant_id, seed))
    page = await finance.open(OPERATOR)
    await expect(page.locator("#whose")).to_have_text("All tenants")
    shares = figure(page, "By tenant").locator(".amount")
    both = [await value(shares.nth(n)) for n in range(2)]
    spent = page.locator("#compared .amount").nth(2)
    assert await value(spent) == pytest.approx(sum(both), abs=1e-9)

    await choice(page, "Tenant").select_option("月光书店")
    await settled(page)
    await expect(page.locator("#whose")).to_have_text("月光书店")
    await expect(figure(page, "By tenant")).to_be_hidden()
    assert await value(spent) == pytest.approx(
        sum(row["cost"] for row in await finance.report(other.key)), abs=1e-9
    )
    await choice(page, "Tenant").select_option("All tenants")
    await expect(page.locator("#whose")).to_have_text("All tenants")
    assert await value(spent) == pytest.approx(sum(both), abs=1e-9)


async def test_a_tenant_has_no_choice_of_tenants(finance: Finance) -> None:
    await finance.recap.rooms.tenants.create("other")
    write(finance.recap.database, [turn(finance.recap.keys.id, TODAY, session_id="ses_1")])
    page = await finance.open(query="?tenant=other")
    await expect(page.locator("#whose")).to_have_text("shop")
    await expect(choice(page, "Tenant")).to_be_hidden()
    await expect(figure(page, "By tenant")).to_be_hidden()
    head = figure(page, "The ten dearest sessions").locator("thead")
    await expect(head).not_to_contain_text("Tenant")


async def test_model_and_outcome_narrow_everything_and_stand_in_the_address(
    finance: Finance,
) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    page = await finance.open()
    await choice(page, "Model").select_option("gpt-5-mini")
    await settled(page)
    await choice(page, "Outcome").select_option("Overtaken by a newer message")
    await settled(page)
    rows = await finance.report(model="gpt-5-mini", outcome="superseded")
    await expect(page.locator("#turns")).to_have_text(str(sum(row["turns"] for row in rows)))
    assert "model=gpt-5-mini" in page.url
    assert "outcome=superseded" in page.url
    await page.reload()
    await settled(page)
    await expect(choice(page, "Model")).to_have_value("gpt-5-mini")
    await expect(page.locator("#turns")).to_have_text(str(sum(row["turns"] for row in rows)))


async def test_the_last_day_of_a_period_of_ones_own_is_in_it(finance: Finance) -> None:
    rows = [
        turn(finance.recap.keys.id, at)
        for at in ("2025-02-27", "2025-03-01T00:00:00", "2025-03-02T23:59:59", "2025-03-03")
    ]
    write(finance.recap.database, [*rows, turn(finance.recap.keys.id, TODAY)])
    page = await finance.open()
    await choice(page, "Period").select_option("From … to …")
    await choice(page, "To").fill("2025-03-02")
    await choice(page, "From").fill("2025-03-01")
    await expect(page.locator("#turns")).to_have_text("2")
    await choice(page, "Steps").select_option("By month")
    await figure(page, "Spent and saved by month").get_by_role("button", name="Table").click()
    lines = figure(page, "Spent and saved by month").locator("tbody tr")
    await expect(lines).to_have_count(1)
    await expect(lines.first).to_contain_text("March 2025")


async def test_no_name_is_taken_for_html(finance: Finance) -> None:
    hostile = await finance.recap.rooms.tenants.create(HOSTILE)
    values = {"model": HOSTILE, "session_id": HOSTILE}
    write(
        finance.recap.database,
        [turn(tenant, TODAY, **values) for tenant in (hostile.id, finance.recap.keys.id)],
    )
    page = await finance.open(OPERATOR)
    for title in ("By model", "By tenant"):
        await expect(figure(page, title).locator(".plot").get_by_text(HOSTILE)).to_be_visible()
        await figure(page, title).get_by_role("button", name="Table").click()
        await expect(figure(page, title).locator("tbody")).to_contain_text(HOSTILE)
    await expect(figure(page, "The ten dearest sessions")).to_contain_text(HOSTILE)
    await choice(page, "Tenant").select_option(HOSTILE)
    await expect(page.locator("#whose")).to_have_text(HOSTILE)
    await choice(page, "Model").select_option(HOSTILE)
    await settled(page)
    assert await page.locator("img[src=x], main script").count() == 0
    assert "owned" not in await page.title()


async def test_nothing_is_loaded_from_outside(finance: Finance) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    await finance.open()
    assert len(finance.windows.loaded) > 20
    assert all(url.startswith(finance.recap.url) for url in finance.windows.loaded)
    assert not any(finance.recap.keys.key in url for url in finance.windows.loaded)


class TestTheKey:
    async def test_it_leaves_the_address_and_stays_in_the_tab(self, finance: Finance) -> None:
        write(finance.recap.database, [turn(finance.recap.keys.id, TODAY)])
        page = await finance.open()
        assert page.url == f"{finance.recap.url}/savings"
        assert await page.evaluate("localStorage.length") == 0
        await page.reload()
        await settled(page)
        await expect(page.locator("#turns")).to_have_text("1")

    async def test_without_one_the_page_asks_and_signing_out_forgets_it(
        self, finance: Finance
    ) -> None:
        write(finance.recap.database, [turn(finance.recap.keys.id, TODAY)])
        page = await finance.windows.open(f"{finance.recap.url}/savings", locale="en-US")
        field = page.get_by_label("Secret key or operator token")
        await expect(field).to_be_focused()
        await expect(field).to_have_attribute("type", "password")
        await field.fill(finance.recap.keys.key)
        await page.keyboard.press("Enter")
        await expect(page.locator("#turns")).to_have_text("1")
        await page.get_by_role("button", name="Sign out").click()
        await expect(field).to_be_focused()
        await expect(page.locator("#report")).to_be_hidden()
        await page.reload()
        await expect(field).to_be_visible()
        assert await page.evaluate("sessionStorage.length") == 0

    async def test_a_wrong_one_is_said_to_be_wrong(self, finance: Finance) -> None:
        finance.windows.tolerate(UNAUTHORISED)
        page = await finance.windows.open(
            f"{finance.recap.url}/savings#key=rk_wrong", locale="en-US"
        )
        problem = page.get_by_role("alert")
        await expect(problem).to_contain_text("knows no such key")
        field = page.get_by_label("Secret key or operator token")
        for typed, said in (
            (finance.recap.keys.publishable_key, "publishable key"),
            ("two words", "cannot be a key"),
            ("rk_other", "knows no such key"),
        ):
            await field.fill(typed)
            await page.get_by_role("button", name="Show savings").click()
            await expect(problem).to_contain_text(said)
            await expect(field).to_be_focused()


async def test_a_time_without_a_turn_says_so(finance: Finance) -> None:
    write(finance.recap.database, [turn(finance.recap.keys.id, "2020-01-01")])
    page = await finance.open()
    heading = page.get_by_role("heading", name="Nothing was answered in this time")
    await expect(heading).to_be_visible()
    await expect(page.locator("#found")).to_be_hidden()
    await picture(page, "savings-empty")


async def test_what_could_not_be_loaded_can_be_tried_again(finance: Finance) -> None:
    finance.windows.tolerate("ERR_FAILED", "status of 503")
    write(finance.recap.database, [turn(finance.recap.keys.id, TODAY)])
    page = await finance.open()
    await page.route("**/v1/usage?**", lambda route: route.abort())
    await choice(page, "Steps").select_option("By month")
    alert = page.get_by_role("alert").filter(visible=True)
    await expect(alert).to_contain_text("the server cannot be reached")
    await expect(page.locator("#turns")).to_have_text("1")
    await page.unroute("**/v1/usage?**")
    await page.get_by_role("button", name="Try again").click()
    await expect(figure(page, "Spent and saved by month")).to_be_visible()
    await expect(alert).to_have_count(0)


async def test_a_day_that_cost_more_than_the_whole_history_is_shown_as_such(
    finance: Finance,
) -> None:
    dearer = {"layout": "checkpoint", "cost": 0.6, "full_cost": 0.5, "uncached_cost": 0.9}
    write(finance.recap.database, [turn(finance.recap.keys.id, TODAY, **dearer)])
    page = await finance.open()
    await expect(page.locator("#verdict")).to_contain_text("no cheaper")
    await expect(page.locator("#saved")).to_have_text("-$0.100")
    chart = figure(page, "Spent and saved by day")
    await expect(chart.locator("rect.over")).to_have_count(1)
    await expect(chart.get_by_text("Above the whole history")).to_be_visible()


async def test_small_amounts_keep_the_digits_that_count(finance: Finance) -> None:
    small = {"cost": 0.000031, "full_cost": 0.000084, "uncached_cost": 0.000084}
    write(
        finance.recap.database, [turn(finance.recap.keys.id, TODAY, layout="checkpoint", **small)]
    )
    page = await finance.open()
    await expect(page.locator("#saved")).to_have_text("$0.0000530")
    await expect(page.locator("#compared .amount").nth(2)).to_have_text("$0.0000310")


async def test_the_arrow_keys_read_a_chart(finance: Finance) -> None:
    costs = {"cost": 1.5, "full_cost": 4.0, "uncached_cost": 6.0, "layout": "checkpoint"}
    write(
        finance.recap.database,
        [turn(finance.recap.keys.id, day(1)), turn(finance.recap.keys.id, TODAY, **costs)],
    )
    page = await finance.open()
    chart = page.get_by_role("group", name="Chart: Spent and saved by day")
    await chart.focus()
    await page.keyboard.press("End")
    told = chart.get_by_role("status")
    await expect(told).to_contain_text("Spent$1.50")
    await expect(told).to_contain_text("Saved$2.50 · 62.5%")
    await page.keyboard.press("ArrowLeft")
    await expect(told).to_contain_text("Spent$0.00")
    await page.keyboard.press("Escape")
    await expect(told).to_be_hidden()


async def test_chinese_readers_get_chinese(finance: Finance) -> None:
    write(finance.recap.database, a_month(finance.recap.keys.id))
    page = await finance.open(locale="zh-CN")
    await expect(page.get_by_role("heading", level=1)).to_have_text("节省报告")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    for title in ("每日支出与节省", "节省的来源", "各轮命中率", "费用最高的十个会话"):
        await expect(figure(page, title)).to_be_visible()
    await picture(page, "savings-chinese")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_nothing_is_wider_than_the_screen(width: int, finance: Finance) -> None:
    name = "A tenant whose name is as long as names can well become, and then some more"
    other = await finance.recap.rooms.tenants.create(name)
    long = turn(other.id, TODAY, model="a-model/" + "of-a-very-long-name-" * 5, session_id="s" * 60)
    write(finance.recap.database, [*a_month(finance.recap.keys.id), long])
    page = await finance.open(OPERATOR, viewport={"width": width, "height": 800})
    for _ in ("charts", "tables"):
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        for toggle in await page.locator(".toggle:visible").all():
            await toggle.click()


async def test_pictures_are_left_for_people_to_look_at(finance: Finance) -> None:
    others = [
        await finance.recap.rooms.tenants.create(name) for name in ("Hansen & Søn", "月光书店")
    ]
    for seed, tenant_id in enumerate((finance.recap.keys.id, *(other.id for other in others))):
        write(finance.recap.database, a_month(tenant_id, seed))
    page = await finance.open(OPERATOR)
    for name in CHARTS:
        drawn = page.locator(f"#figure-{name}").locator("rect, path.line")
        await expect(drawn.first).to_be_attached()
    await picture(page, "savings")
    page = await finance.windows.open(f"{finance.recap.url}/savings", locale="en-US")
    await picture(page, "savings-key")


async def picture(page: Page, name: str) -> None:
    """The whole page: desktop and phone, light and dark."""
    for size, (width, height) in {"phone": PHONE, "desktop": DESKTOP}.items():
        await page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            path = ARTIFACTS / f"{name}-{size}-{scheme}.png"
            await page.screenshot(path=path, full_page=True, animations="disabled")
