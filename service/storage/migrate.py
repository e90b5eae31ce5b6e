"""Brings a database to the newest schema with Alembic; safe to call from several processes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError

from service.errors import StorageError
from service.storage.database import sqlite_path

_PACKAGE = Path(__file__).resolve().parent.parent


def scripts() -> Path:
    """The migrations: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "migrations"
    return inside if inside.is_dir() else _PACKAGE.parent / "migrations"


def config(url: str) -> Config:
    """An Alembic configuration for that database, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def engine(url: str) -> Engine:
    """A plain engine whose transactions also hold the schema, as SQLite's can."""
    made = create_engine(f"sqlite:///{sqlite_path(url)}")

    @event.listens_for(made, "connect")
    def _own_begin(connection: object, _: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        connection.execute("PRAGMA busy_timeout=10000")  # type: ignore[attr-defined]

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`; one transaction, and one process at a time.

    Raises StorageError where the file is none of ours, or from a newer version.
    """
    _run(url, lambda settings: command.upgrade(settings, revision))


def downgrade(url: str, revision: str) -> None:
    """Migrate down to `revision`; `base` removes everything."""
    _run(url, lambda settings: command.downgrade(settings, revision))


def is_sound(url: str) -> bool:
    """Does SQLite find its own file sound? Takes no lock that a writer would wait for."""
    try:
        with contextlib.closing(sqlite3.connect(sqlite_path(url))) as connection:
            answer: tuple[str] = connection.execute("PRAGMA integrity_check").fetchone()
            return answer == ("ok",)
    except sqlite3.DatabaseError:
        return False


def _run(url: str, act: Callable[[Config], None]) -> None:
    made = engine(url)
    settings = config(url)
    try:
        with made.begin() as connection:
            settings.attributes["connection"] = connection
            act(settings)
    except (DatabaseError, CommandError) as error:
        raise StorageError(f"{url}: {getattr(error, 'orig', error)}") from error
    finally:
        made.dispose()
