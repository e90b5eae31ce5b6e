"""A prefix cache that fails: turns are answered and paid for all the same."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Recap, Starter
from tests.probes import complete, metric, select, text_of, user

GONE = ["ALTER TABLE prefix_cache RENAME TO away"]
BACK = ["ALTER TABLE away RENAME TO prefix_cache"]


def run_sql(database: Path, *statements: str) -> None:
    """What somebody else does to the file while the server runs."""
    with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


async def faults(recap: Recap) -> tuple[float, float]:
    """Reads and writes that failed."""
    return (
        await metric(recap, "recap_cache_faults_total", operation="read"),
        await metric(recap, "recap_cache_faults_total", operation="write"),
    )


async def ask(recap: Recap, text: str) -> tuple[str, str]:
    body, status = await complete(recap, [user(text)])
    return text_of(body), status


def ledger(recap: Recap) -> list[str]:
    return [outcome for (outcome,) in select(recap, "SELECT outcome FROM turns")]


async def test_turns_are_answered_while_the_table_is_gone_and_hit_again_when_it_is_back(
    recap: Recap,
) -> None:
    session = await recap.open_session()
    await recap.say(session, "Hello?")
    assert (await recap.say(session, "Are you there?"))["cache"]["status"] == "hit"
    assert await faults(recap) == (0, 0)

    run_sql(recap.database, *GONE)
    answer = await recap.say(session, "And now?")
    assert answer["reply"]["content"] == "Answer to: And now?"
    assert answer["cache"]["status"] == "miss"
    assert await ask(recap, "Hi") == ("Answer to: Hi", "recap; fwd=miss; stored")
    assert await ask(recap, "Hi") == ("Answer to: Hi", "recap; fwd=miss; stored")
    reads, writes = await faults(recap)
    assert reads >= 4
    assert writes >= 3
    assert ledger(recap) == ["answered"] * 5

    run_sql(recap.database, *BACK)
    assert (await recap.say(session, "Back?"))["cache"]["status"] == "miss"
    assert (await recap.say(session, "Really?"))["cache"]["status"] == "hit"
    said = await recap.transcript(session)
    assert [m["seq"] for m in said] == list(range(1, 11))


async def test_a_row_that_cannot_be_written_costs_no_paid_reply(recap: Recap) -> None:
    run_sql(
        recap.database,
        "CREATE TRIGGER broken BEFORE INSERT ON prefix_cache "
        "BEGIN SELECT RAISE(ABORT, 'disk fault'); END",
    )
    session = await recap.open_session()
    for n in range(3):
        answer = await recap.say(session, f"Question {n}?")
        assert answer["reply"]["content"] == f"Answer to: Question {n}?"
        assert answer["usage"]["prompt_tokens"] > 0
    assert await faults(recap) == (0, 3)
    assert ledger(recap) == ["answered"] * 3
    run_sql(recap.database, "DROP TRIGGER broken")
    await recap.say(session, "Better?")
    assert (await recap.say(session, "Sure?"))["cache"]["status"] == "hit"


async def test_a_broken_row_is_undone_with_the_rows_beside_it(recap: Recap) -> None:
    run_sql(
        recap.database,
        "CREATE TRIGGER broken BEFORE INSERT ON prefix_cache WHEN NEW.kind = 'reply' "
        "BEGIN SELECT RAISE(FAIL, 'disk fault'); END",
    )
    assert (await ask(recap, "Hi"))[0] == "Answer to: Hi"
    assert await faults(recap) == (0, 1)
    assert select(recap, "SELECT count(*) FROM prefix_cache") == [(0,)]


@pytest.mark.parametrize("value", ["{no json", "", "\x00"])
async def test_a_value_that_is_no_json_is_a_miss(recap: Recap, value: str) -> None:
    session = await recap.open_session()
    await recap.say(session, "Hello?")
    await ask(recap, "Hi")
    with contextlib.closing(sqlite3.connect(recap.database)) as connection:
        connection.execute("UPDATE prefix_cache SET value = ?", (value,))
        connection.commit()
    assert (await recap.say(session, "Still there?"))["cache"]["status"] == "miss"
    assert (await ask(recap, "Hi"))[1] == "recap; fwd=miss; stored"
    assert recap.upstream.calls == 4
    assert (await faults(recap))[0] == 2


async def test_the_server_stops_cleanly_while_the_table_is_gone(start_recap: Starter) -> None:
    async with start_recap() as recap:
        session = await recap.open_session()
        for text in ("Hello?", "Are you there?"):
            await recap.say(session, text)
        run_sql(recap.database, *GONE)


async def test_a_file_whose_cache_pages_are_broken_is_opened_and_read(
    start_recap: Starter,
) -> None:
    async with start_recap() as recap:
        session = await recap.open_session()
        await recap.say(session, "Hello?")
    break_pages(recap.database)
    async with start_recap(keys=recap.keys) as again:
        said = await again.transcript(session)
        assert [m["content"] for m in said] == ["Hello?", "Answer to: Hello?"]
        await again.say(session, "Still there?")
        assert (await faults(again))[0] >= 1


def break_pages(database: Path) -> None:
    """Noise where the table's root page is."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'prefix_cache'"
        ).fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
