"""The command line as a shell sees it: processes in a folder, with an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEPT = ("PATH", "PYTHONPATH", "LANG")
SECONDS = 30


@dataclass(frozen=True)
class Ran:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> Any:
        """The last line of stdout, which `--json` promises to be all of the answer."""
        return json.loads(self.out.splitlines()[-1])


def run(folder: Path, *words: str, **env: str) -> Ran:
    """`recap …` in a folder, to its end."""
    ended = subprocess.run(
        _command(words), cwd=folder, env=_clean(folder, env), capture_output=True, timeout=SECONDS
    )
    return Ran(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


class Server:
    """`recap` as a process of its own; a context manager that stops it with SIGTERM."""

    def __init__(self, folder: Path, *words: str, **env: str) -> None:
        self.folder = folder
        self.printed = ""
        self._log = folder / "stderr"
        with self._log.open("wb") as err:
            self.process = subprocess.Popen(
                _command(words),
                cwd=folder,
                env=_clean(folder, {"PORT": "0", **env}),
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )

    def __enter__(self) -> Server:
        """Returns when it has printed its links, which is when it listens."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(SECONDS, self.process.kill)
        watchdog.start()
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("These keys") or ("Chat page" in line and "#" not in line):
                watchdog.cancel()
                return self
        watchdog.cancel()
        raise AssertionError(f"no server: {self.printed} {self.logged}")

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """SIGTERM, and the exit code. Raises TimeoutExpired if it lingers."""
        self.process.terminate()
        try:
            rest, _ = self.process.communicate(timeout=SECONDS)
            self.printed += rest
        finally:
            self.process.kill()
        return self.process.returncode

    @property
    def logged(self) -> str:
        return self._log.read_text()

    @property
    def url(self) -> str:
        return self._word("Chat page").partition("/#")[0].rstrip("/")

    @property
    def publishable_key(self) -> str:
        return self._word("Chat page").partition("#key=")[2]

    @property
    def key(self) -> str:
        return self._word("OpenAI API").rpartition(" ")[2]

    def _word(self, label: str) -> str:
        [line] = [line for line in self.printed.splitlines() if line.startswith(label)]
        return line.removeprefix(label).strip()


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "service", *words]


def _clean(folder: Path, env: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "HOME": str(folder), "COLUMNS": "80", **env}
