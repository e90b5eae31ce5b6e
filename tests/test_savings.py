"""What finance reads from `GET /v1/usage`: costs with and without caches, means, rounds, times."""

from __future__ import annotations

import asyncio
import csv
import io
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.completion import Usage
from service.context.layout import Payload
from service.context.stand_in import StandIn
from service.loopback import Scripted
from service.metrics import Metrics
from service.prices import Price
from service.storage import migrate
from service.storage.database import Database
from service.storage.ledger import OUTCOMES, Ledger
from service.storage.prefix_cache import CacheLimits, PrefixCache
from service.storage.reports import GROUPINGS, Question
from service.turns import accounting
from service.turns.planner import Planned
from tests.conftest import Recap
from tests.ledger_rows import PLAIN, UNKNOWN, turn, write
from tests.rest import Answer, ask

OPERATOR = "operator-token-of-the-tests"
MONEY = ("cost", "full_cost", "uncached_cost", "saved_cost")
ADDED = (
    "turns",
    "unknown",
    "hits",
    "misses",
    "reused",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "full_prompt_tokens",
    "saved_tokens",
    *MONEY,
)
"""What may be added up over rows."""
DAY = "2026-03-14"
TENANTS = ("ten_1", "ten_2")
"""Of the property test."""


async def usage(recap: Recap, credential: str = OPERATOR, **query: Any) -> Answer:
    return await ask(recap, "GET", "/v1/usage", params=query, headers=recap.bearer(credential))


async def report(recap: Recap, credential: str = OPERATOR, **query: Any) -> list[dict[str, Any]]:
    answer = await usage(recap, credential, **query)
    assert answer.status == 200, answer.body
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def shortened(**values: Any) -> dict[str, Any]:
    """A turn of 1,000 tokens instead of 4,000."""
    less = {"layout": "checkpoint", "status": "hit", "full_prompt_tokens": 4_000}
    money = {"cost": 0.002, "full_cost": 0.005, "uncached_cost": 0.009}
    return {**less, "prompt_tokens": 1_000, **money, **values}


class TestWhatTheWholeHistoryWouldHaveCost:
    PRICE = Price(input=2.0, cached_input=0.2, cache_write=2.5, output=10.0)

    def planned(self, *, sent: int, full: int, warm: int = 0) -> Planned:
        payload = Payload([], sent, StandIn(), is_whole=sent == full)
        return Planned(payload, "hit", [], {}, full, warm, prefix_tokens=0, expected=0, measure="")

    def test_without_the_providers_cache_every_token_has_the_price_of_a_new_one(self) -> None:
        bill = accounting.bill(
            self.planned(sent=1_000, full=10_000, warm=9_000),
            Usage(1_000, 100),
            100,
            self.PRICE,
            called=True,
        )
        answer = 100 * 10.0
        assert bill.uncached_cost == pytest.approx((10_000 * 2.0 + answer) / 1e6)
        assert bill.full_cost == pytest.approx((9_000 * 0.2 + 1_000 * 2.5 + answer) / 1e6)
        assert bill.cost == pytest.approx((1_000 * 2.0 + answer) / 1e6)

    def test_a_history_that_was_sent_whole_is_counted_by_the_provider_in_both(self) -> None:
        took = Usage(5_010, 100, cached_tokens=4_000, cache_write_tokens=1_010)
        bill = accounting.bill(
            self.planned(sent=5_000, full=5_000), took, 100, self.PRICE, called=True
        )
        assert bill.cost == bill.full_cost
        assert bill.full_cost == pytest.approx((4_000 * 0.2 + 1_010 * 2.5 + 1_000) / 1e6)
        assert bill.uncached_cost == pytest.approx((5_010 * 2.0 + 1_000) / 1e6)

    def test_an_answer_that_was_reused_would_have_cost_its_call(self) -> None:
        planned = self.planned(sent=1_000, full=3_000)
        bill = accounting.bill(planned, Usage(), 50, self.PRICE, called=False)
        assert bill.cost == 0
        assert bill.uncached_cost == pytest.approx((3_000 * 2.0 + 500) / 1e6)

    def test_unknown_usage_is_never_guessed(self) -> None:
        bill = accounting.bill(
            self.planned(sent=1_000, full=3_000), None, 0, self.PRICE, called=True
        )
        assert (bill.cost, bill.full_cost, bill.uncached_cost) == (None, None, None)

    async def test_under_a_provider_that_caches_nothing_both_are_one(self, recap: Recap) -> None:
        recap.upstream.default = lambda body: Scripted(text="So it is with parcels. " * 40)
        session = await recap.open_session()
        for number in range(12):
            await recap.say(session, f"Tell me more about parcel number {number}, please.")
        [row] = await report(recap, by="session")
        assert 0 < row["cost"] < row["full_cost"] == row["uncached_cost"]
        assert row["saved_cost"] == pytest.approx(row["full_cost"] - row["cost"])


def test_turns_of_before_get_the_cost_with_the_cache_which_is_a_lower_bound(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate.upgrade(f"sqlite:///{path}", "0002")
    row = turn("ten_1", DAY, cost=0.1, full_cost=0.3)
    unknown = turn("ten_1", DAY, **UNKNOWN)
    for old in (row, unknown):
        del old["uncached_cost"]
    write(path, [row, unknown])
    migrate.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        kept = dict(connection.execute("SELECT id, uncached_cost FROM turns").fetchall())
    assert kept == {row["id"]: 0.3, unknown["id"]: None}


async def test_each_turn_saved_by_one_of_the_means_and_they_add_up(recap: Recap) -> None:
    given = {"outcome": "reused", "status": "reuse", "cost": 0.0, "prompt_tokens": 0}
    shared = {"outcome": "collapsed", "status": "collapsed", "cost": 0.0, "prompt_tokens": 0}
    rows = [
        shortened(),
        shortened(cost=0.006),  # what a cut costs, once
        given | {"full_cost": 0.004, "layout": "checkpoint"},
        shared | {"full_cost": 0.003},
        shared | {"full_cost": 0.003, "outcome": "superseded"},
        shared | {"full_cost": 0.003, "outcome": "drafted"},
        {"status": "bypass", "cost": 0.007, "full_cost": 0.007},
        {"status": "hit", "cost": 0.001, "full_cost": 0.001},
        dict(UNKNOWN, layout="checkpoint"),
    ]
    write(recap.database, [turn(recap.keys.id, DAY, **row) for row in rows])
    means = {row["means"]: row for row in await report(recap, by="means")}
    assert {name: row["saved_cost"] for name, row in means.items()} == {
        "collapsed": 0.009,
        "reused": 0.004,
        "shortened": 0.002,
        "whole": 0.0,
    }
    assert {name: row["turns"] for name, row in means.items()} == {
        "collapsed": 3,
        "reused": 1,
        "shortened": 3,
        "whole": 2,
    }
    assert means["shortened"]["unknown"] == 1
    [day] = await report(recap)
    assert day["saved_cost"] == 0.015


async def test_the_means_of_real_turns_are_what_happened_to_them(recap: Recap) -> None:
    recap.upstream.default = lambda body: Scripted(text="It is on its way to you. " * 20)
    body = {"model": "m", "messages": [{"role": "user", "content": "Where is it?"}]}
    path = "/v1/chat/completions"
    for _ in range(2):
        await ask(recap, "POST", path, json=body, headers=recap.bearer())
    recap.upstream.gate.clear()
    recap.upstream.asked.clear()
    same = {**body, "temperature": 0.5}
    asking = [
        asyncio.create_task(ask(recap, "POST", path, json=same, headers=recap.bearer()))
        for _ in range(3)
    ]
    await recap.upstream.asked.wait()
    recap.upstream.gate.set()
    await asyncio.gather(*asking)
    session = await recap.open_session()
    for number in range(8):
        await recap.say(session, f"And what of parcel {number}?")
    means = {row["means"]: row for row in await report(recap, by="means")}
    assert (means["reused"]["turns"], means["collapsed"]["turns"]) == (1, 2)
    assert means["shortened"]["turns"] > 3
    assert means["whole"]["saved_cost"] == 0
    assert all(means[name]["saved_cost"] > 0 for name in ("reused", "collapsed", "shortened"))


class TestRounds:
    async def test_turns_are_numbered_within_their_session(self, recap: Recap) -> None:
        rows = [
            turn(
                recap.keys.id,
                f"{DAY}T{n // 60:02}:{n % 60:02}:00",
                session_id="ses_1",
                status="miss" if n in (1, 20) else "hit",
            )
            for n in range(1, 351)
        ]
        rows += [turn(recap.keys.id, f"{DAY}T09:00:00", session_id="ses_2") for _ in range(2)]
        rows += [turn(recap.keys.id, f"{DAY}T09:00:00") for _ in range(5)]
        write(recap.database, rows)
        found = {
            row["round"]: (row["turns"], row["hits"], row["misses"])
            for row in await report(recap, by="round")
        }
        assert list(found) == ["", "1", "2", "3", "4-10", "11-30", "31-100", "101-300", "301+"]
        assert found == {
            "": (5, 0, 5),
            "1": (2, 0, 2),
            "2": (2, 1, 1),
            "3": (1, 1, 0),
            "4-10": (7, 7, 0),
            "11-30": (20, 19, 1),
            "31-100": (70, 70, 0),
            "101-300": (200, 200, 0),
            "301+": (50, 50, 0),
        }

    async def test_what_was_said_before_the_period_is_counted_in_the_number(
        self, recap: Recap
    ) -> None:
        rows = [
            turn(recap.keys.id, f"2026-03-{day:02}", session_id="ses_1", model=model)
            for day, model in enumerate("aabab", start=10)
        ]
        write(recap.database, rows)
        late = await report(recap, by="round", **{"from": "2026-03-12", "to": "2026-03-14"})
        assert [(row["round"], row["turns"]) for row in late] == [("3", 1), ("4-10", 1)]
        of_b = await report(recap, by="round", model="b")
        assert [(row["round"], row["turns"]) for row in of_b] == [("3", 1), ("4-10", 1)]

    async def test_the_second_round_of_a_session_is_a_hit(self, recap: Recap) -> None:
        session = await recap.open_session()
        for text in ("Where is it?", "And when?", "And how?"):
            await recap.say(session, text)
        rows = await report(recap, by="round")
        assert [(row["round"], row["hits"]) for row in rows] == [("1", 0), ("2", 1), ("3", 1)]


class TestTimes:
    async def test_percentiles_are_times_that_turns_took(self, recap: Recap) -> None:
        first = {3: 250_000, 17: 750_000}
        rows = [
            turn(recap.keys.id, DAY, latency_us=1_000_000 * n, first_token_us=first.get(n))
            for n in range(20, 0, -1)
        ]
        write(recap.database, rows)
        [row] = await report(recap)
        assert (row["latency_p50_ms"], row["latency_p95_ms"]) == (10_000, 19_000)
        assert (row["first_token_p50_ms"], row["first_token_p95_ms"]) == (250, 750)
        assert (row["latency_ms"], row["first_token_ms"]) == (10_500, 500)

    async def test_each_group_has_its_own(self, recap: Recap) -> None:
        rows = [
            turn(recap.keys.id, DAY, model=model, latency_us=latency)
            for model, latency in [("slow", 9_000_000), ("fast", 1_000), ("fast", 2_000)]
        ]
        write(recap.database, rows)
        assert [
            (row["model"], row["latency_p50_ms"], row["first_token_p95_ms"])
            for row in await report(recap, by="model")
        ] == [("fast", 1, None), ("slow", 9_000, None)]


class TestFiltersAndOrder:
    async def test_a_filter_leaves_the_matching_turns(self, recap: Recap) -> None:
        other = await recap.rooms.tenants.create("other")
        rows = [
            turn(tenant, DAY, model=model, outcome=outcome)
            for tenant in (recap.keys.id, other.id)
            for model in ("a", "b")
            for outcome in ("answered", "failed", "failed")
        ]
        write(recap.database, rows)

        async def count(credential: str = OPERATOR, **query: str) -> int:
            return sum(row["turns"] for row in await report(recap, credential, **query))

        assert await count() == 12
        assert await count(tenant="other") == await count(tenant=other.id) == 6
        assert await count(model="b") == 6
        assert await count(outcome="failed") == 8
        assert await count(tenant="other", model="a", outcome="answered") == 1
        assert await count(other.key, model="a") == 3
        assert await count(model="") == await count(model="'; DROP TABLE turns; --") == 0

    async def test_a_report_says_whose_it_is(self, recap: Recap) -> None:
        everybody = (await usage(recap)).json()
        one = (await usage(recap, tenant="shop")).json()
        own = (await usage(recap, recap.keys.key)).json()
        assert (everybody["tenant"], one["tenant"], own["tenant"]) == (None, "shop", "shop")

    async def test_a_key_asks_for_its_own_tenant_and_no_other(self, recap: Recap) -> None:
        other = await recap.rooms.tenants.create("other")
        assert (await usage(recap, other.key, tenant="other")).status == 200
        for named in ("shop", recap.keys.id, "nobody", ""):
            answer = await usage(recap, other.key, tenant=named)
            assert (answer.status, answer.json()["param"]) == (422, "tenant")
            assert answer.json()["detail"] == "Only the operator may name another tenant."

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("tenant", "nobody"),
            ("tenant", ""),
            ("tenant", "\udc80"),
            ("outcome", "hit"),
            ("outcome", ""),
            ("order", "saved"),
            ("limit", "0"),
            ("limit", "1001"),
            ("limit", "ten"),
            ("by", "rounds"),
        ],
    )
    async def test_a_wrong_filter_names_its_parameter(
        self, name: str, value: str, recap: Recap
    ) -> None:
        answer = await ask(
            recap,
            "GET",
            f"/v1/usage?{name}={value}" if value.isascii() else f"/v1/usage?{name}=%ED%B2%80",
            headers=recap.bearer(OPERATOR),
        )
        assert (answer.status, answer.json()["param"]) == (422, name)

    async def test_the_ten_dearest_sessions_come_dearest_first(self, recap: Recap) -> None:
        other = await recap.rooms.tenants.create("other")
        rows = [
            turn(other.id if n % 2 else recap.keys.id, DAY, session_id=f"ses_{n:02}", cost=n / 1000)
            for n in range(15)
            for _ in range(2)
        ]
        write(recap.database, rows)
        dearest = await report(recap, by="session", order="cost", limit="10")
        assert [row["session"] for row in dearest] == [f"ses_{n:02}" for n in range(14, 4, -1)]
        assert [row["tenant"] for row in dearest[:2]] == ["shop", "other"]
        assert dearest[0]["cost"] == 0.028
        by_name = await report(recap, by="session", limit="3")
        assert [row["session"] for row in by_name] == ["ses_00", "ses_01", "ses_02"]

    async def test_what_belongs_to_no_session_may_be_of_several_tenants(self, recap: Recap) -> None:
        other = await recap.rooms.tenants.create("other")
        write(recap.database, [turn(recap.keys.id, DAY), turn(other.id, DAY)])
        [row] = await report(recap, by="session")
        assert (row["session"], row["tenant"], row["turns"]) == ("", None, 2)


async def test_a_spreadsheet_takes_no_rounds_for_a_day_in_april(recap: Recap) -> None:
    rows = [turn(recap.keys.id, f"{DAY}T00:{n:02}:00", session_id="ses_1") for n in range(12)]
    write(recap.database, rows)
    headers = recap.bearer(Accept="text/csv")
    answer = await ask(recap, "GET", "/v1/usage?by=round", headers=headers)
    sheet = list(csv.DictReader(io.StringIO(answer.body.decode()), strict=True))
    assert [row["round"] for row in sheet] == ["1", "2", "3", "'4-10", "'11-30"]
    days = await ask(recap, "GET", "/v1/usage?by=day", headers=headers)
    assert f"\r\n{DAY}," in days.body.decode()


billionths = st.integers(0, 10**9).map(lambda whole: whole / 10**9)
counts = st.integers(0, 10**6)
costs = ("cost", "full_cost", "uncached_cost")
tokens = ("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens")
known = st.fixed_dictionaries(
    dict.fromkeys(costs, billionths) | dict.fromkeys((*tokens, "full_prompt_tokens"), counts)
)
unknown = st.builds(lambda full: {**UNKNOWN, "full_prompt_tokens": full}, counts)
turns = st.lists(
    st.builds(
        lambda took, rest: {**PLAIN, **rest, **took},
        st.one_of(known, known, unknown),
        st.fixed_dictionaries(
            {
                "tenant_id": st.sampled_from(TENANTS),
                "session_id": st.sampled_from([None, "ses_1", "ses_2", "ses_3"]),
                "model": st.sampled_from(["a", "b"]),
                "outcome": st.sampled_from(OUTCOMES),
                "status": st.sampled_from(["hit", "miss", "reuse", "collapsed", "bypass"]),
                "layout": st.sampled_from(["full", "checkpoint"]),
                "latency_us": st.integers(0, 10**8),
                "first_token_us": st.one_of(st.none(), st.integers(0, 10**8)),
                "created_at": st.integers(1_767_225_600_000_000, 1_777_225_600_000_000),
            }
        ),
    ),
    max_size=40,
)


@hypothesis_settings(max_examples=20)
@given(rows=turns)
def test_whatever_turns_are_grouped_by_the_sums_are_the_same_to_the_last_digit(
    rows: list[dict[str, Any]], template: Path
) -> None:
    for number, row in enumerate(rows):
        row["id"] = f"turn_{number}"
    with TemporaryDirectory() as folder:
        database = Path(shutil.copy(template, folder))
        _add_tenants(database)
        write(database, rows)
        found = asyncio.run(_every_grouping(database))
    expected = _added_up(rows)
    for by, summed in found.items():
        assert _totals(summed) == expected, by


def _add_tenants(database: Path) -> None:
    columns = "id, name, key_hash, publishable_key_hash, session_secret, origins, handover"
    with closing(sqlite3.connect(database)) as connection, connection:
        for tenant in TENANTS:
            connection.execute(
                f"INSERT INTO tenants ({columns}, created_at, updated_at)"
                " VALUES (:id, :id, :id, :id, '', '[]', 0, 0, 0)",
                {"id": tenant},
            )


async def _every_grouping(path: Path) -> dict[str, list[dict[str, Any]]]:
    """By each grouping, and in parts: tenant by tenant, outcome by outcome."""
    questions: dict[str, list[Question]] = {by: [Question(by=by)] for by in GROUPINGS}
    questions["parts by tenant"] = [Question(tenant_id=tenant) for tenant in TENANTS]
    questions["parts by outcome"] = [Question(by="round", outcome=word) for word in OUTCOMES]
    async with Database(f"sqlite:///{path}") as database:
        ledger = Ledger(database, PrefixCache(database, CacheLimits(1, 1, 1), Metrics()))
        return {
            by: [row for question in asked for row in await ledger.usage(question)]
            for by, asked in questions.items()
        }


def _totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    return {name: sum((Decimal(str(row[name])) for row in rows), Decimal(0)) for name in ADDED}


def _added_up(rows: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """The same, turn by turn and without a database."""
    taken = [row for row in rows if row["prompt_tokens"] is not None]
    totals = {
        name: sum((round(Decimal(row[name]), 9) for row in taken), Decimal(0)) for name in costs
    }
    totals["saved_cost"] = totals["full_cost"] - totals["cost"]
    for name in (*tokens, "full_prompt_tokens"):
        totals[name] = Decimal(sum(row[name] for row in taken))
    totals["saved_tokens"] = totals["full_prompt_tokens"] - totals["prompt_tokens"]
    totals["turns"] = Decimal(len(rows))
    totals["unknown"] = Decimal(len(rows) - len(taken))
    totals["hits"] = Decimal(sum(row["status"] == "hit" for row in rows))
    totals["misses"] = Decimal(sum(row["status"] == "miss" for row in rows))
    totals["reused"] = Decimal(sum(row["outcome"] in ("reused", "collapsed") for row in rows))
    return totals
