"""Live agents on the command line: who may sign in to the desk, and who no longer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from service.cli import main
from service.ids import SECOND
from service.storage.agents import Agent, Agents
from service.storage.database import Database
from service.storage.tenants import Tenants
from tests.commands import Ran, run

T = TypeVar("T")
PUBLIC = ["id", "tenant", "name", "capacity", "created_at", "revoked_at"]


@dataclass
class Shell:
    """Runs commands in a folder, and asks the storage about the file that they use."""

    folder: Path
    run: Callable[..., Ran]

    def agent(self, verb: str, *words: str, tenant: str = "shop") -> Ran:
        return self.run("agent", verb, "--tenant", tenant, *words)

    def created(self, name: str, *words: str, tenant: str = "shop") -> dict[str, str]:
        ran = self.agent("create", "--name", name, *words, "--json", tenant=tenant)
        assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
        made: dict[str, str] = ran.line
        return made

    def listed(self, *words: str) -> list[dict[str, Any]]:
        ran = self.run("agent", "list", *words, "--json")
        assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
        rows: list[dict[str, Any]] = ran.line
        return rows

    def owner_of(self, token: str) -> Agent | None:
        return self.inside(lambda database: Agents(database).by_token(token))

    def inside(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def opened() -> T:
            async with Database(f"sqlite:///{self.folder / 'recap.db'}") as database:
                return await work(database)

        return asyncio.run(opened())


@pytest.fixture
def outside(tmp_path: Path) -> Shell:
    """Commands as processes of their own, in an empty folder."""
    return Shell(tmp_path, partial(run, tmp_path))


@pytest.fixture
def shell(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """Commands in this process, which is quicker, on a database with tenants `shop` and `bank`."""
    monkeypatch.chdir(database.parent)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv("COLUMNS", "80")

    def recap(*words: str) -> Ran:
        code = main(words)
        return Ran(code, *capsys.readouterr())

    async def make(storage: Database) -> None:
        for name in ("shop", "bank"):
            await Tenants(storage).create(name)

    shell = Shell(database.parent, recap)
    shell.inside(make)
    return shell


def test_a_new_agents_token_is_shown_once_finds_it_and_is_nowhere_in_clear(outside: Shell) -> None:
    assert outside.run("tenant", "create", "shop").code == 0
    made = outside.created("Anna", "--capacity", "3")
    assert list(made) == ["id", "token"]
    assert re.fullmatch(r"agt_[\w-]{22}", made["id"])
    assert re.fullmatch(r"at_[\w-]{43}", made["token"])
    found = outside.owner_of(made["token"])
    assert found is not None
    assert (found.id, found.name, found.capacity) == (made["id"], "Anna", 3)
    shown = outside.run("agent", "list")
    assert made["id"] in shown.out
    assert made["token"] not in shown.out + shown.err
    kept = b"".join(path.read_bytes() for path in outside.folder.iterdir())
    assert made["id"].encode() in kept
    assert made["token"].encode() not in kept


def test_an_empty_folder_is_migrated_first(outside: Shell) -> None:
    said = "No agent yet: recap agent create --tenant TENANT --name NAME\n"
    assert outside.run("agent", "list") == Ran(0, said, "")
    said = "recap: There is no tenant of the name or id 'shop'.\n"
    assert outside.agent("create", "--name", "Anna") == Ran(1, "", said)


@pytest.mark.parametrize(
    ("env", "desk"),
    [
        ({}, "http://127.0.0.1:8080/desk"),
        ({"HOST": "::1", "PORT": "9000"}, "http://[::1]:9000/desk"),
        ({"PORT": "0"}, None),
    ],
)
def test_people_get_a_link_to_the_desk_where_the_port_is_known(
    env: dict[str, str], desk: str | None, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOST", "PORT"):
        monkeypatch.setenv(name, env.get(name, ""))
    ran = shell.agent("create", "--name", "Anna")
    assert ran.code == 0
    assert "not shown again" in ran.out
    [token] = re.findall(r"^token +(at_\S+)$", ran.out, re.MULTILINE)
    links = re.findall(r"^desk +(\S+)$", ran.out, re.MULTILINE)
    assert links == ([f"{desk}#token={token}"] if desk else [])


def test_a_revoked_agents_token_finds_nobody_and_revoking_again_changes_nothing(
    shell: Shell,
) -> None:
    made = shell.created("Anna")
    other = shell.created("Ben")
    first = shell.agent("revoke", "Anna", "--json")
    assert (first.code, first.err, first.out.count("\n")) == (0, "", 1)
    assert first.line["id"] == made["id"]
    assert first.line["revoked_at"] is not None
    assert shell.owner_of(made["token"]) is None
    assert shell.owner_of(other["token"]) is not None
    assert shell.agent("revoke", made["id"], "--json") == first
    assert [row["revoked_at"] for row in shell.listed()] == [first.line["revoked_at"], None]


def test_a_rotated_token_finds_nobody_and_the_new_one_the_same_agent(shell: Shell) -> None:
    made = shell.created("Anna")
    again = shell.agent("rotate", "Anna", "--json")
    assert (again.code, again.err, again.out.count("\n")) == (0, "", 1)
    assert list(again.line) == ["id", "token"]
    assert again.line["id"] == made["id"]
    assert shell.owner_of(made["token"]) is None
    found = shell.owner_of(again.line["token"])
    assert found is not None
    assert found.id == made["id"]
    plain = shell.agent("rotate", made["id"])
    [token] = re.findall(r"#token=(\S+)$", plain.out, re.MULTILINE)
    assert shell.owner_of(again.line["token"]) is None
    assert shell.owner_of(token) is not None


def test_a_name_is_taken_within_its_tenant_until_its_agent_is_revoked(shell: Shell) -> None:
    taken = Ran(1, "", "recap: There is an agent of the name 'Anna' already.\n")
    old = shell.created("Anna")
    assert shell.agent("create", "--name", "Anna") == taken
    shell.created("Anna", tenant="bank")
    shell.agent("revoke", "Anna")
    new = shell.created("Anna")
    assert new["id"] != old["id"]
    assert shell.agent("rotate", "Anna", "--json").line["id"] == new["id"]
    shell.created("Ben")
    assert shell.agent("set", "Ben", "--name", "Anna") == taken
    assert shell.agent("set", "Ben", "--name", new["id"]).code == 1
    assert shell.agent("set", "Anna", "--name", "Anna").code == 0


def test_set_changes_what_is_given_and_a_capacity_of_0_goes_back_to_the_servers(
    shell: Shell,
) -> None:
    made = shell.created("Anna")
    ran = shell.agent("set", "Anna", "--name", "Anna [red]B[/]", "--capacity", "5", "--json")
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    assert list(ran.line) == PUBLIC
    assert (ran.line["name"], ran.line["capacity"]) == ("Anna [red]B[/]", 5)
    ran = shell.agent("set", made["id"], "--capacity", "0", "--json")
    assert (ran.line["name"], ran.line["capacity"]) == ("Anna [red]B[/]", None)
    assert "Anna [red]B[/]" in shell.agent("set", made["id"]).out
    assert shell.listed() == [ran.line]
    assert shell.owner_of(made["token"]) is not None


def test_the_list_is_every_tenants_or_one_tenants_the_oldest_first(shell: Shell) -> None:
    for name, tenant in (("Zoe", "shop"), ("Ben", "bank"), ("Anna", "shop")):
        shell.created(name, tenant=tenant)
    everyone = [(row["tenant"], row["name"]) for row in shell.listed()]
    assert everyone == [("shop", "Zoe"), ("shop", "Anna"), ("bank", "Ben")]
    assert [row["name"] for row in shell.listed("--tenant", "bank")] == ["Ben"]
    [shop, _] = shell.run("tenant", "list", "--json").line
    assert [row["name"] for row in shell.listed("--tenant", shop["id"])] == ["Zoe", "Anna"]


@pytest.mark.parametrize("verb", ["set", "rotate", "revoke"])
def test_an_agent_that_is_not_the_tenants_is_one_line_and_exit_1(verb: str, shell: Shell) -> None:
    other = shell.created("Ben", tenant="bank")
    for name in ("Ben", other["id"]):
        said = f"recap: There is no agent of the name or id {name!r}.\n"
        assert shell.agent(verb, name) == Ran(1, "", said)
    assert shell.owner_of(other["token"]) is not None


@pytest.mark.parametrize("verb", ["set", "rotate"])
def test_a_revoked_agent_cannot_be_changed_or_given_a_new_token(verb: str, shell: Shell) -> None:
    shell.created("Anna")
    shell.agent("revoke", "Anna")
    said = "recap: The agent 'Anna' was revoked.\n"
    assert shell.agent(verb, "Anna") == Ran(1, "", said)


@pytest.mark.parametrize(
    "words",
    [("create", "--name", "A"), ("set", "A"), ("rotate", "A"), ("revoke", "A"), ("list",)],
)
def test_an_unknown_tenant_is_one_line_and_exit_1(words: tuple[str, ...], shell: Shell) -> None:
    said = "recap: There is no tenant of the name or id 'nobody'.\n"
    assert shell.agent(*words, tenant="nobody") == Ran(1, "", said)


@pytest.mark.parametrize(
    "words",
    [
        ("create", "--name", ""),
        ("create", "--name", " \t"),
        ("create", "--name", "x" * 201),
        ("create", "--name", "Anna", "--capacity", "many"),
        ("create", "--name", "Anna", "--capacity=-1"),
        ("create", "--name", "Anna", "--capacity", "10001"),
        ("set", "Anna", "--name", ""),
        ("set", "Anna", "--capacity", "1.5"),
        ("set", "Anna", "--capacity", ""),
    ],
)
def test_a_wrong_value_is_one_line_and_exit_2(words: tuple[str, ...], shell: Shell) -> None:
    ran = shell.agent(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("recap: ")


def test_the_longest_name_and_the_largest_capacity_are_taken(shell: Shell) -> None:
    shell.created("ü" * 200, "--capacity", "10000")
    [row] = shell.listed()
    assert list(row) == PUBLIC
    assert (row["name"], row["capacity"]) == ("ü" * 200, 10_000)


def test_a_tenant_says_whether_the_model_may_hand_over_by_itself(shell: Shell) -> None:
    assert shell.run("tenant", "create", "plain").code == 0
    assert shell.run("tenant", "create", "eager", "--handover", "on").code == 0
    rows = {row["name"]: row for row in shell.run("tenant", "list", "--json").line}
    assert (rows["plain"]["handover"], rows["eager"]["handover"]) == (False, True)
    for words, handover in (
        (("--handover", "on"), True),
        (("--model", "m"), True),
        (("--handover", "off"), False),
    ):
        ran = shell.run("tenant", "set", "plain", *words, "--json")
        assert ran.line["handover"] is handover
    with pytest.raises(SystemExit, match="2"):
        shell.run("tenant", "set", "plain", "--handover", "maybe")


def test_those_who_were_seen_and_those_who_were_revoked_are_known_by_the_moment(
    shell: Shell,
) -> None:
    moment = 1_000 * SECOND

    async def work(database: Database) -> None:
        shop = await Tenants(database).find("shop")
        agents = Agents(database, clock=lambda: moment)
        anna, ben, cleo = [await agents.create(shop, name) for name in ("Anna", "Ben", "Cleo")]
        later = Agents(database, clock=lambda: moment + SECOND)
        await later.seen([])
        await later.seen([anna.id, cleo.id, "agt_unknown"])
        seen = {agent.name: agent.seen_at - moment for agent in await agents.of_tenant(shop.id)}
        assert seen == {"Anna": SECOND, "Ben": 0, "Cleo": SECOND}
        await agents.revoke(shop.id, "Anna")
        await later.revoke(shop.id, "Ben")
        assert await agents.revoked_since(moment) == [anna.id, ben.id]
        assert await agents.revoked_since(moment + 1) == [ben.id]
        revoked = await agents.get(anna.id)
        assert revoked == await agents.find(shop.id, "Anna")
        assert await agents.get("agt_unknown") is None

    shell.inside(work)
