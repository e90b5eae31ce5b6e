"""`GET /v1/usage`: the provider's own counts, summed to the token, and nobody else's."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from service.loopback import Scripted
from service.storage.tenants import TenantKeys
from tests.conftest import Recap, Starter

OPERATOR = "operator-token-of-the-tests"
GROUPINGS = ["day", "month", "model", "outcome", "session", "tenant", "round", "means"]
COUNTS = ("prompt_tokens", "completion_tokens", "cached_tokens")
DAY = 86_400_000_000


def usage_of(prompt: int, completion: int, cached: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


SCRIPT = [
    Scripted(text="One.", usage=usage_of(1_000_003, 17, 512)),
    Scripted(text="Two.", usage=usage_of(999_983, 5, 0)),
    Scripted(text="Three.", usage={}),
    Scripted(text="Four.", usage=usage_of(77, 1, 64)),
    Scripted(status=500),
    Scripted(text="Five.", usage=usage_of(1, 1, 0)),
]
TAKEN = {"prompt_tokens": 2_000_064, "completion_tokens": 24, "cached_tokens": 576}
"""What the provider counted in all of SCRIPT."""


async def report(recap: Recap, token: str | None = None, **query: str) -> list[dict[str, Any]]:
    headers = recap.bearer(token)
    async with recap.http.get("/v1/usage", params=query, headers=headers) as response:
        assert response.status == 200, await response.text()
        body = await response.json()
        assert body["by"] == query.get("by", "day")
        assert body["currency"] == "USD"
        data: list[dict[str, Any]] = body["data"]
        return data


async def spreadsheet(recap: Recap, token: str, **query: str) -> list[dict[str, str]]:
    headers = recap.bearer(token, Accept="text/csv")
    async with recap.http.get("/v1/usage", params=query, headers=headers) as response:
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(await response.text()), strict=True))


async def complete(recap: Recap, key: str, text: str, model: str = "m") -> None:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    headers = recap.bearer(key)
    async with recap.http.post("/v1/chat/completions", json=body, headers=headers) as response:
        await response.read()


async def spend(recap: Recap) -> TenantKeys:
    """SCRIPT, by two tenants: a session of three turns, and requests; returns the other's keys."""
    other = await recap.rooms.tenants.create("other")
    recap.upstream.script = list(SCRIPT)
    session = await recap.open_session()
    for n in range(3):
        await recap.say(session, f"Question {n}?")
    for text in ("Four?", "Failing?"):
        await complete(recap, recap.keys.key, text)
    await complete(recap, other.key, "Five?", model="other-model")
    await complete(recap, other.key, "Five?", model="other-model")
    return other


@pytest.mark.parametrize("by", GROUPINGS)
async def test_every_grouping_adds_up_to_what_the_provider_counted(by: str, recap: Recap) -> None:
    await spend(recap)
    rows = await report(recap, OPERATOR, by=by)
    assert {name: sum(row[name] for row in rows) for name in COUNTS} == TAKEN
    assert sum(row["turns"] for row in rows) == 7
    assert sum(row["unknown"] for row in rows) == 2
    assert sum(row["reused"] for row in rows) == 1
    assert len({row[by] for row in rows}) == len(rows)


async def test_a_grouping_names_its_rows(recap: Recap) -> None:
    await spend(recap)
    [day] = await report(recap, OPERATOR)
    [month] = await report(recap, OPERATOR, by="month")
    assert day["day"].startswith(f"{month['month']}-")
    by = {name: [row[name] for row in await report(recap, OPERATOR, by=name)] for name in GROUPINGS}
    assert by["model"] == ["m", "other-model", "test-model"]
    assert by["outcome"] == ["answered", "failed", "reused"]
    assert by["tenant"] == ["other", "shop"]
    assert [name[:4] for name in by["session"]] == ["", "ses_"]
    assert by["round"] == ["", "1", "2", "3"]
    assert by["means"] == ["reused", "whole"]


async def test_the_answers_of_a_session_add_up_to_its_row(recap: Recap) -> None:
    session = await recap.open_session()
    answers = [(await recap.say(session, f"Question {n}?"))["usage"] for n in range(12)]
    [row] = await report(recap, by="session")
    for name in (*COUNTS, "full_prompt_tokens", "saved_tokens"):
        assert row[name] == sum(answer[name] for answer in answers), name
    for name in ("cost", "saved_cost"):
        assert row[name] == pytest.approx(sum(answer[name] for answer in answers), abs=1e-9)
    assert row["full_cost"] == pytest.approx(row["cost"] + row["saved_cost"], abs=1e-9)
    assert row["saved_tokens"] > 0
    assert row["first_token_ms"] > 0


async def test_a_tenant_sees_its_own_and_the_operator_everybodys(recap: Recap) -> None:
    other = await spend(recap)
    mine = await report(recap, by="tenant")
    theirs = await report(recap, other.key, by="tenant")
    assert [row["tenant"] for row in mine] == ["shop"]
    assert [(row["tenant"], row["prompt_tokens"], row["turns"]) for row in theirs] == [
        ("other", 1, 2)
    ]
    assert await report(recap, OPERATOR, by="tenant") == theirs + mine


@pytest.mark.parametrize("credential", ["publishable", "session", "wrong", "empty", "none"])
async def test_no_other_credential_reads_the_ledger(credential: str, recap: Recap) -> None:
    session = await recap.open_session()
    headers = {
        "publishable": recap.bearer(recap.keys.publishable_key, Origin="https://shop.example"),
        "session": recap.bearer(session["token"]),
        "wrong": recap.bearer("operator-token-of-the-test"),
        "empty": {"Authorization": "Bearer "},
        "none": {},
    }[credential]
    async with recap.http.get("/v1/usage", headers=headers) as response:
        assert response.status == 401
        assert (await response.json())["code"] == "not_authenticated"


async def test_without_an_operator_token_there_is_no_operator(start_recap: Starter) -> None:
    async with start_recap(operator_token=None) as recap:
        for token in (OPERATOR, "None", "null"):
            async with recap.http.get("/v1/usage", headers=recap.bearer(token)) as response:
                assert response.status == 401


async def test_from_is_inclusive_and_to_exclusive(recap: Recap) -> None:
    await complete(recap, recap.keys.key, "First?")
    with closing(sqlite3.connect(recap.database)) as connection, connection:
        [first] = connection.execute("SELECT * FROM turns").fetchall()
        for number in range(1, 40):
            row = (f"turn_{number}", *first[1:-1], 1_704_067_200_000_000 + number * DAY)
            marks = ",".join("?" * len(row))
            connection.execute(f"INSERT INTO turns VALUES ({marks})", row)
        connection.execute("UPDATE turns SET created_at = 1704067200000000 WHERE id = ?", first[:1])

    async def days(**query: str) -> int:
        return sum(row["turns"] for row in await report(recap, **query))

    assert await days() == 40
    assert await days(**{"from": "2024-01-01", "to": "2024-01-02"}) == 1
    assert await days(**{"from": "2024-01-02"}) == 39
    assert await days(to="2024-01-01") == 0
    assert await days(**{"from": "2024-01-01T00:00:00.000001"}) == 39
    assert await days(**{"from": "2024-01-01T01:00:00+01:00", "to": "2024-01-02T00:00:01Z"}) == 2
    months = await report(recap, by="month")
    assert [(row["month"], row["turns"]) for row in months] == [("2024-01", 31), ("2024-02", 9)]
    by_day = await report(recap, by="day")
    assert [row["day"] for row in by_day][:2] == ["2024-01-01", "2024-01-02"]


@pytest.mark.parametrize(
    ("query", "param"),
    [({"by": "year"}, "by"), ({"by": ""}, "by"), ({"from": "today"}, "from"), ({"to": "1"}, "to")],
)
async def test_a_wrong_question_names_its_parameter(
    query: dict[str, str], param: str, recap: Recap
) -> None:
    async with recap.http.get("/v1/usage", params=query, headers=recap.bearer()) as response:
        assert response.status == 422
        assert (await response.json())["param"] == param


@pytest.mark.parametrize("by", GROUPINGS)
async def test_the_spreadsheet_says_the_same(by: str, recap: Recap) -> None:
    await spend(recap)
    rows = await report(recap, OPERATOR, by=by)
    sheet = await spreadsheet(recap, OPERATOR, by=by)
    texts = [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]
    assert sheet == [row | {"currency": "USD"} for row in texts]


async def test_a_spreadsheet_takes_no_name_for_a_formula(recap: Recap) -> None:
    signs = "=+-@\t\r"
    for number, sign in enumerate(signs):
        tenant = await recap.rooms.tenants.create(f"{sign}cmd|'/c calc'!A{number}")
        await complete(recap, tenant.key, "Hello?", model=f'{sign}HYPERLINK("x","y"),{number}')
    for by in ("tenant", "model"):
        names = [row[by] for row in await spreadsheet(recap, OPERATOR, by=by)]
        assert len(names) == len(signs)
        assert all(name.startswith("'") and name[1] in signs for name in names)


async def test_a_ledger_without_a_turn_is_empty(recap: Recap) -> None:
    assert await report(recap) == []
    assert await spreadsheet(recap, recap.keys.key) == []
