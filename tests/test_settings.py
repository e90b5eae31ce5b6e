"""Settings: what is documented is what there is, and a wrong value is one clear line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from service.cli import main
from service.settings import Settings
from tests.commands import Ran, run

EXAMPLE = Path(__file__).parent.parent / ".env.example"
DEFAULT = re.compile(r"^# ([A-Z_]+)=(.*)$", re.MULTILINE)
SECRET = "hunter2hunter2"

WRONG = {
    "PORT": ["abc", "-1", "65536", "80 80"],
    "OPS_PORT": ["0", "x"],
    "CURRENCY": ["NINELETTR"],
    "DATABASE_URL": ["postgres://u:p@host/db", "sqlite://", "sqlite:///", "recap.db"],
    "OPENAI_BASE_URL": ["api.example.com/v1", "ftp://api.example.com"],
    "UPSTREAM_TIMEOUT_SECONDS": ["0", "soon", "nan", "inf"],
    "UPSTREAM_MAX_RETRIES": ["-1", "1.5"],
    "CACHE_TTL_SECONDS": ["0", "-5", "inf", "1e300"],
    "CACHE_MAX_ENTRIES": ["0"],
    "CACHE_MAX_BYTES": ["1"],
    "REPLY_REUSE": ["perhaps"],
    "BURST_SILENCE_SECONDS": ["-1"],
    "OPERATOR_TOKEN": [SECRET],
    "LOG_LEVEL": ["loud"],
    "LOG_FORMAT": ["xml"],
}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the commands, and an environment without a setting in it."""
    monkeypatch.chdir(tmp_path)
    for name in {name.upper() for name in Settings.model_fields} & set(os.environ):
        monkeypatch.delenv(name)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command says before it gives up over a setting."""
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_one_line_that_names_the_setting_and_exit_2(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    said = complaint(capsys, "tenant", "list")
    assert said.startswith(f"recap: {name}: ")
    assert SECRET not in said
    assert not list(Path().iterdir()), "a command with a wrong setting must not begin"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"PORT=eighty", "PORT"),
        (b"SYSTEM_PROMPT=\xff\xfe", ".env"),
        (b"currency=ABCDEFGHI", "CURR"),
    ],
)
def test_a_wrong_env_file_is_one_line_too(
    content: bytes, names: str, empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty_folder / ".env").write_bytes(content)
    assert complaint(capsys, "tenant", "list").startswith(f"recap: {names}")


def test_the_environment_wins_over_the_file_and_an_empty_value_is_none(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / ".env").write_text("PORT=1\nHOST=10.0.0.1\nOPS_PORT=\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("PORT", "2")
    settings = Settings()
    assert (settings.port, settings.host, settings.ops_port) == (2, "10.0.0.1", None)


@pytest.mark.parametrize("name", ["nowhere.json", "broken.json"])
@pytest.mark.usefixtures("own_logging")
def test_the_server_does_not_start_without_its_prices(
    name: str,
    empty_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (empty_folder / "broken.json").write_text('{"gpt-4o": {"input": "much"}}')
    monkeypatch.setenv("PRICES_FILE", name)
    assert complaint(capsys, "serve").startswith(f"recap: PRICES_FILE: {name}: ")


def test_beyond_loopback_the_server_does_not_start_before_a_tenant_exists(
    empty_folder: Path,
) -> None:
    ran = run(empty_folder, HOST="0.0.0.0")
    assert ran == Ran(2, "", ran.err)
    assert ran.err.startswith("recap: HOST=0.0.0.0 ")
    assert ran.err.count("\n") == 1


def test_the_example_names_exactly_the_settings_that_exist_each_with_its_default() -> None:
    documented = dict(DEFAULT.findall(EXAMPLE.read_text()))
    assert set(documented) == {name.upper() for name in Settings.model_fields}
    assert len(documented) == len(DEFAULT.findall(EXAMPLE.read_text()))
    for name, field in Settings.model_fields.items():
        given = documented[name.upper()]
        assert (given == "") == (field.default is None), name


def test_the_example_uncommented_changes_nothing(empty_folder: Path) -> None:
    (empty_folder / ".env").write_text(DEFAULT.sub(r"\1=\2", EXAMPLE.read_text()))
    assert Settings() == Settings(_env_file=None)


def test_the_example_sets_nothing_as_it_stands() -> None:
    lines = EXAMPLE.read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_every_setting_in_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for place, line in enumerate(lines):
        if DEFAULT.match(line):
            before = lines[place - 1]
            assert before.startswith("# "), line
            assert DEFAULT.match(before) or before.endswith("."), line
