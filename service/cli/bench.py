"""`recap bench …`"""

from __future__ import annotations

import argparse

from service.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds")


async def run(settings: Settings, words: argparse.Namespace) -> int:
    return 0
