"""Migrations: what they build is what the models say; all of it or nothing, from anywhere."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from service.errors import StorageError
from service.storage import migrate
from service.storage.database import Database, sqlite_path
from service.storage.models import Base
from service.storage.tenants import Tenants
from tests.commands import run

ROOT = Path(__file__).parent.parent
FAILING = '''
"""A table, and then a mistake."""

import sqlalchemy as sa
from alembic import op

revision = "zzzz"
down_revision = {head!r}


def upgrade() -> None:
    op.create_table("half_done", sa.Column("id", sa.Text(), primary_key=True))
    op.execute("UPDATE tenants SET name = 'changed'")
    op.execute("SELECT * FROM nowhere")
'''


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recap.db'}"


def schema(url: str) -> dict[str, set[str]]:
    """What a database's objects are made of, by name; the order of a table's lines is nothing,
    and nor are the quotes that SQLite puts around the name of a table that was built anew."""
    rows = query(url, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: set(re.split(r",? *\n\t?", sql.replace('"', ""))) for name, sql in rows}


def query(url: str, sql: str) -> list[Any]:
    with closing(sqlite3.connect(sqlite_path(url))) as connection, connection:
        return connection.execute(sql).fetchall()


def test_an_empty_file_becomes_what_the_models_say_names_of_constraints_included(url: str) -> None:
    migrate.upgrade(url)
    made = create_engine(url)
    with made.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    made.dispose()
    of_models = f"{url}.models"
    made = create_engine(of_models)
    Base.metadata.create_all(made)
    made.dispose()
    migrated = schema(url)
    del migrated["alembic_version"]
    assert migrated == schema(of_models)


def test_down_to_base_leaves_nothing_and_up_again_brings_everything(url: str) -> None:
    migrate.upgrade(url)
    before = schema(url)
    migrate.downgrade(url, "base")
    assert list(schema(url)) == ["alembic_version"]
    assert query(url, "SELECT * FROM alembic_version") == []
    migrate.upgrade(url)
    assert schema(url) == before


def test_every_step_up_can_be_taken_back_alone(url: str) -> None:
    script = ScriptDirectory.from_config(migrate.config(url))
    for revision in reversed(list(script.walk_revisions())):
        below = schema(url)
        below.pop("alembic_version", None)
        migrate.upgrade(url, revision.revision)
        migrate.downgrade(url, revision.down_revision or "base")  # type: ignore[arg-type]
        after = schema(url)
        del after["alembic_version"]
        assert after == below
        migrate.upgrade(url, revision.revision)


def test_there_is_one_newest_revision(url: str) -> None:
    assert len(ScriptDirectory.from_config(migrate.config(url)).get_heads()) == 1


def test_upgrading_twice_changes_nothing(url: str) -> None:
    migrate.upgrade(url)
    before = Path(sqlite_path(url)).read_bytes()
    migrate.upgrade(url)
    assert Path(sqlite_path(url)).read_bytes() == before


@pytest.mark.parametrize("start", ["base", "head"])
def test_a_migration_that_fails_leaves_the_file_as_it_was(
    start: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ScriptDirectory.from_config(migrate.config(url))
    if start == "head":
        migrate.upgrade(url)
        query(url, f"INSERT INTO tenants VALUES {('id', 'kept', *map(str, range(9)))}")
    before = schema(url)
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.scripts(), scripts, ignore=shutil.ignore_patterns("__pycache__"))
    failing = FAILING.format(head=script.get_current_head())
    (scripts / "versions" / "zzzz_failing.py").write_text(failing)
    monkeypatch.setattr(migrate, "scripts", lambda: scripts)
    with pytest.raises(StorageError, match="no such table: nowhere"):
        migrate.upgrade(url)
    assert schema(url) == before
    if start == "head":
        assert query(url, "SELECT name FROM tenants") == [("kept",)]


def test_processes_that_begin_on_the_same_new_file_at_once_all_succeed(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(3)
    names = ["one", "two", "three"]
    processes = [context.Process(target=_begin, args=(url, name, together)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert set(schema(url)) >= set(Base.metadata.tables)
    assert len(query(url, "SELECT * FROM alembic_version")) == 1
    assert {name for (name,) in query(url, "SELECT name FROM tenants")} == set(names)


def _begin(url: str, name: str, together: Any) -> None:
    async def create() -> None:
        async with Database(url) as database:
            await Tenants(database).create(name)

    together.wait(30)
    migrate.upgrade(url)
    asyncio.run(create())


@pytest.mark.long
def test_an_installed_package_migrates_from_any_folder(tmp_path: Path) -> None:
    source, installed, elsewhere = (tmp_path / name for name in ("source", "installed", "else"))
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "tests", "*.db*")
    )
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--wheel-dir", str(tmp_path), str(source)], check=True, cwd=tmp_path
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall(installed)
    assert [name for name in names if not name.startswith(("service/", "recap_chat-"))] == []
    elsewhere.mkdir()
    found = subprocess.run(
        [sys.executable, "-c", "import service; print(service.__file__)"],
        cwd=elsewhere,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        check=True,
    )
    assert Path(found.stdout.decode().strip()) == installed / "service" / "__init__.py"
    ran = run(elsewhere, "tenant", "create", "shop", "--json", PYTHONPATH=str(installed))
    assert (ran.code, ran.err) == (0, "")
    url = f"sqlite:///{elsewhere / 'recap.db'}"
    assert set(schema(url)) >= set(Base.metadata.tables)
