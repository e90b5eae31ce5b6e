"""The prefix hash is the same in every process, under every hash seed and Python version."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import prefix

GOLDEN = "0cf212b44e8178959057e034bef28192fdc00a03a25f3a9566cea703068dc1f0"
PROGRAM = """
from service import prefix
said = [
    {"role": "system", "content": "Be brief. 请简短。"},
    {"role": "user", "content": [{"type": "text", "text": "Wo ist A-1, Müller?"}], "name": "b"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "shipped"},
]
request = {"model": "m", "temperature": 0.3, "top_p": 1.0, "stop": ["x", "y"], "seed": 2**60}
name = prefix.reply_key(prefix.chain(prefix.root("ten_1"), said), request, "ses_1")
print(name.key.hex()[:32] + name.check.hex()[:32])
"""


def pythons() -> Iterator[Path]:
    """Other Python versions of this machine."""
    for folder in sorted(Path.home().glob(".pyenv/versions/3.*")):
        minor = int(folder.name.split(".")[1])
        if minor >= 11 and minor != sys.version_info.minor:
            yield folder / "bin" / "python"


def digest(python: str | Path, hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    root = Path(prefix.__file__).parents[1]
    run = subprocess.run(
        [python, "-c", PROGRAM], cwd=root, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize("hash_seed", ["0", "1", "4294967295"])
def test_names_are_the_same_in_every_process(hash_seed: str) -> None:
    assert digest(sys.executable, hash_seed) == GOLDEN


def test_names_are_the_same_in_another_python() -> None:
    able = [
        python
        for python in pythons()
        if subprocess.run([python, "-c", "import orjson"], capture_output=True).returncode == 0
    ]
    if not able:
        pytest.skip("no other Python with orjson on this machine")
    assert {digest(python, "random") for python in able} == {GOLDEN}
