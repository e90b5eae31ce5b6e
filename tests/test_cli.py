"""The command line: tenants, the cache, usage and checks, beside a running server."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from service import __version__
from service.cli import main
from service.loopback import Scripted
from service.storage.reports import GROUPINGS
from tests.commands import Ran, run
from tests.conftest import Recap, Starter

Command = Callable[..., Awaitable[Ran]]
UNUSABLE = {
    "a-folder": "unable to open database file",
    "not-a-database": "file is not a database",
    "newer.db": "Can't locate revision identified by '9999'",
}


@pytest.fixture
def command(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Commands on this test's database, in a thread of their own, so that the server goes on."""
    monkeypatch.chdir(database.parent)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv("COLUMNS", "80")

    async def recap(*words: str) -> Ran:
        code = await asyncio.to_thread(main, words)
        return Ran(code, *capsys.readouterr())

    return recap


def plant(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(sql)


def test_a_new_tenants_keys_are_the_last_line_and_nowhere_in_clear(tmp_path: Path) -> None:
    ran = run(tmp_path, "tenant", "create", "shop", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.line) == ["id", "key", "publishable_key"]
    assert ran.out.count("\n") == 1
    listed = run(tmp_path, "tenant", "list")
    assert ran.line["id"] in listed.out
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (ran.line["key"], ran.line["publishable_key"]):
        assert len(secret) > 40
        assert secret.encode() not in kept
        assert secret not in listed.out + listed.err


async def test_a_duplicate_name_is_one_line_and_exit_1(command: Command) -> None:
    ran = await command("tenant", "create", "shop")
    assert "not shown again" in ran.out
    assert re.search(r"^key +rk_\S+$", ran.out, re.MULTILINE)
    again = await command("tenant", "create", "shop")
    assert again == Ran(1, "", "recap: There is a tenant of the name 'shop' already.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "set", "nobody", "--model", "m"),
        ("tenant", "rotate", "nobody"),
        ("usage", "--tenant", "nobody"),
        ("cache", "purge", "--tenant", "nobody"),
    ],
)
async def test_an_unknown_tenant_is_one_line_and_exit_1(
    words: tuple[str, ...], command: Command
) -> None:
    said = "recap: There is no tenant of the name or id 'nobody'.\n"
    assert await command(*words) == Ran(1, "", said)


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "create", " "),
        ("tenant", "create", "x" * 201),
        ("tenant", "create", "x", "--origin", "shop.example"),
        ("tenant", "set", "x", "--origin", "https://shop.example/path"),
        ("usage", "--from", "yesterday"),
        ("usage", "--limit", "0"),
        ("usage", "--limit", "ten"),
    ],
)
async def test_a_wrong_argument_is_one_line_and_exit_2(
    words: tuple[str, ...], command: Command
) -> None:
    ran = await command(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("recap: ")


async def test_a_tenant_made_beside_the_server_is_served_at_once(
    recap: Recap, database: Path
) -> None:
    ran = await asyncio.to_thread(
        run,
        database.parent,
        "tenant",
        "create",
        "new",
        "--json",
        DATABASE_URL=f"sqlite:///{database}",
    )
    session = await recap.open_session(ran.line["key"])
    assert (await recap.say(session, "Hello?"))["reply"]["content"] == "Answer to: Hello?"


async def test_rotated_keys_are_dead_at_once_and_the_new_ones_work(
    recap: Recap, command: Command
) -> None:
    ran = await command("tenant", "rotate", "shop", "--json")
    assert ran.line["id"] == recap.keys.id
    for key, status in ((recap.keys.key, 401), (ran.line["key"], 201)):
        async with recap.http.post("/v1/sessions", headers=recap.bearer(key)) as response:
            assert response.status == status
    for key, status in ((recap.keys.publishable_key, 401), (ran.line["publishable_key"], 201)):
        headers = recap.bearer(key, Origin="https://shop.example")
        async with recap.http.post("/v1/sessions", headers=headers) as response:
            assert response.status == status


async def test_set_changes_what_sessions_get_and_empty_goes_back_to_the_servers(
    recap: Recap, command: Command
) -> None:
    prompt = "Be brief [/and] kind."
    words = ("--system-prompt", prompt, "--model", "other-model", "--origin", "https://b.example")
    ran = await command(
        "tenant", "set", "shop", *words, "--origin", "http://c.example:81", "--json"
    )
    assert ran.line["origins"] == ["https://b.example", "http://c.example:81"]
    await recap.say(await recap.open_session(), "First?")
    assert (await command("tenant", "set", recap.keys.id, "--model", "")).code == 0
    await recap.say(await recap.open_session(), "Second?")
    ran = await command("tenant", "set", "shop", "--system-prompt", "", "--origin", "", "--json")
    assert (ran.line["origins"], ran.line["system_prompt"]) == ([], None)
    await recap.say(await recap.open_session(), "Third?")
    sent = [(r["model"], r["messages"][0]["content"]) for r in recap.upstream.requests]
    server = "You are the shop's helper."
    assert sent == [("other-model", prompt), ("test-model", prompt), ("test-model", server)]


async def test_the_list_shows_every_tenant_whatever_is_in_its_texts(
    recap: Recap, command: Command
) -> None:
    await command("tenant", "create", "[red]b[/]", "--system-prompt", "[/x] " + "many words " * 30)
    ran = await command("tenant", "list")
    assert recap.keys.id in ran.out
    assert "[red]b[/]" in ran.out
    listed = (await command("tenant", "list", "--json")).line
    assert [tenant["name"] for tenant in listed] == ["shop", "[red]b[/]"]
    assert not {"key", "key_hash", "session_secret"} & set(listed[0])


async def test_the_cache_is_counted_and_emptied_for_one_tenant_or_all(
    recap: Recap, command: Command
) -> None:
    other = await command("tenant", "create", "other", "--json")
    await recap.say(await recap.open_session(), "Hello?")
    await recap.say(await recap.open_session(other.line["key"]), "Hello?")
    full = (await command("cache", "stats", "--json")).line
    assert full["rows"] == 6
    assert full["bytes"] > 0
    assert (await command("cache", "purge", "--tenant", "other", "--json")).line == {"removed": 3}
    assert "3" in (await command("cache", "stats")).out
    assert (await command("cache", "purge")).out == "3 rows removed.\n"
    assert (await command("cache", "stats", "--json")).line["rows"] == 0
    assert (await recap.say(await recap.open_session(), "Hello?"))["cache"]["status"] == "miss"


@pytest.mark.parametrize("by", GROUPINGS)
async def test_usage_without_a_turn_is_empty_and_no_error(by: str, command: Command) -> None:
    assert await command("usage", "--by", by) == Ran(0, "No turn in that time.\n", "")
    assert (await command("usage", "--by", by, "--json")).line["data"] == []


async def test_usage_sums_what_the_provider_counted(recap: Recap, command: Command) -> None:
    counts = {"prompt_tokens": 1_234_567, "completion_tokens": 10, "total_tokens": 1_234_577}
    recap.upstream.script = [Scripted(text="Yes.", usage=counts) for _ in range(3)]
    session = await recap.open_session()
    for text in ("One?", "Two?", "Three?"):
        await recap.say(session, text)
    [row] = (await command("usage", "--by", "session", "--json")).line["data"]
    assert (row["session"], row["turns"], row["hits"]) == (session["id"], 3, 2)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (3 * 1_234_567, 30)
    assert (await command("usage", "--from", "2999-01-01", "--json")).line["data"] == []
    assert (await command("usage", "--to", "2000-01-01", "--json")).line["data"] == []
    table = (await command("usage")).out
    assert "3,703,701" in table
    assert max(map(len, table.splitlines())) <= 80
    by_session = (await command("usage", "--by", "session")).out
    assert session["id"] in by_session
    rounds = (await command("usage", "--by", "round", "--limit", "2", "--json")).line["data"]
    assert [(row["round"], row["hits"]) for row in rounds] == [("1", 0), ("2", 1)]
    dearest = (await command("usage", "--by", "session", "--order", "cost")).out
    assert session["id"] in dearest
    assert (await command("usage", "--model", "other", "--json")).line["data"] == []
    assert (await command("usage", "--outcome", "failed", "--json")).line["data"] == []
    assert "…" not in table + by_session


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DELETE FROM messages WHERE seq = 2", "its messages are not numbered 1 to last_seq"),
        ("DELETE FROM messages WHERE seq = 4", "its reply is not there"),
        (
            "UPDATE messages SET content = 'No' WHERE seq = 1",
            "its prefix hash is not its messages'",
        ),
        ("UPDATE messages SET kind = 'bot', anchor_seq = 1 WHERE seq = 3", "two bot replies"),
        ("UPDATE prefix_cache SET bytes = bytes + 1", "its size is not its value's"),
        ("UPDATE turns SET prompt_tokens = NULL", "a cost without a usage"),
    ],
)
async def test_check_finds_what_does_not_agree(
    sql: str, found: str, recap: Recap, command: Command
) -> None:
    session = await recap.open_session()
    for text in ("Where is my parcel?", "And when?"):
        await recap.say(session, text)
    assert await command("check") == Ran(0, "Everything stored agrees.\n", "")
    plant(recap.database, sql)
    ran = await command("check")
    assert (ran.code, ran.err) == (1, "")
    assert found in ran.out
    told = json.loads((await command("check", "--json")).out)
    assert told == {"ok": False, "disagreements": ran.out.splitlines()}


async def test_migrating_twice_is_as_good_as_once(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///other.db")
    first, second = await command("migrate"), await command("migrate")
    assert (first.code, first.err) == (0, "")
    assert first == second
    assert (await command("check")).code == 0


@pytest.mark.parametrize(("name", "why"), UNUSABLE.items())
async def test_a_database_that_cannot_be_used_is_one_line_and_exit_1(
    name: str, why: str, command: Command, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (database.parent / "a-folder").mkdir()
    (database.parent / "not-a-database").write_text("this is prose, and too long for a header" * 9)
    plant(database, "UPDATE alembic_version SET version_num = '9999'")
    shutil.move(database, database.parent / "newer.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{name}")
    assert await command("tenant", "list") == Ran(1, "", f"recap: sqlite:///{name}: {why}\n")


async def test_the_server_keeps_its_credentials_out_of_the_database(
    start_recap: Starter, database: Path
) -> None:
    secrets = {"openai_api_key": "sk-of-the-provider", "operator_token": "operator-token-in-clear"}
    async with start_recap(**secrets) as recap:
        session = await recap.open_session()
        await recap.say(session, "Hello?")
        kept = b"".join(path.read_bytes() for path in database.parent.iterdir())
    assert b"Hello?" in kept
    for secret in (*secrets.values(), recap.keys.key, recap.keys.publishable_key, session["token"]):
        assert secret.encode() not in kept


def exit_code(*words: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0
    assert capsys.readouterr() == (f"recap {__version__}\n", "")


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    known: list[str] = []

    def explain(*words: str) -> None:
        assert exit_code(*words, "-h") == 0
        out, err = capsys.readouterr()
        assert out.startswith(f"usage: {' '.join(('recap', *words))} ")
        assert err == ""
        known.append(" ".join(words))
        for verb in re.findall(r"^    (\w+) +\w", out.partition("\ncommands:")[2], re.MULTILINE):
            explain(*words, verb)

    explain()
    assert {"serve", "migrate", "check", "usage", "bench", "cache purge"} < set(known)
    assert {f"tenant {verb}" for verb in ("create", "set", "rotate", "list")} < set(known)
    assert {f"agent {verb}" for verb in ("create", "set", "rotate", "revoke", "list")} < set(known)


@pytest.mark.parametrize("words", [("tenant",), ("tenant", "create"), ("nonsense",), ("cache",)])
def test_words_that_make_no_command_are_refused_with_exit_2(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == 2
    assert capsys.readouterr().out == ""
