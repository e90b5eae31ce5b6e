"""The command `recap`: its words, and which function does what they say.

A wrong setting or argument is one clear line on stderr and exit 2; what went wrong in the doing is
one line and exit 1. `--json` prints exactly one line, the last on stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from service import __version__, settings
from service.bench.workload import LENGTHS
from service.cli import agents, data, replay, tenants
from service.errors import RecapError
from service.prices import PriceFileError
from service.settings import Settings, SettingsError
from service.storage.ledger import OUTCOMES
from service.storage.reports import GROUPINGS, ORDERS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = _parser().parse_args(arguments)
    try:
        return int(asyncio.run(words.run(settings.load(), words)))
    except SettingsError as error:
        print(f"recap: {error}", file=sys.stderr)
        return 2
    except PriceFileError as error:
        print(f"recap: PRICES_FILE: {error}", file=sys.stderr)
        return 2
    except (RecapError, OSError) as error:
        print(f"recap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recap", description="A customer-service chat backend. Bare, it runs the server."
    )
    parser.add_argument("--version", action="version", version=f"recap {__version__}")
    parser.set_defaults(run=_serve)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add(commands, "serve", _serve, "run the server (the default)")
    _add(commands, "migrate", data.migrate, "bring the database to the newest schema")
    _add_tenants(commands)
    _add_agents(commands)
    _add_cache(commands)
    _add_usage(commands)
    _add(commands, "check", data.check, "look whether everything stored agrees", json=True)
    _add_bench(commands)
    replay.add_arguments(
        _add(commands, "replay", replay.run, "what recorded conversations would cost", json=True)
    )
    return parser


def _add_tenants(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("tenant", help="create, change, list and re-key tenants")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = _add(verbs, "create", tenants.create, "a new tenant; prints its keys once", json=True)
    change = _add(verbs, "set", tenants.change, "change what a tenant's sessions get", json=True)
    rotate = _add(verbs, "rotate", tenants.rotate, "new keys; the old stop working", json=True)
    _add(verbs, "list", tenants.show, "every tenant", json=True)
    for verb in (create, change, rotate):
        verb.add_argument("name", help="the tenant's name" + ("" if verb is create else " or id"))
    for verb in (create, change):
        verb.add_argument("--system-prompt", metavar="TEXT", help="'' goes back to the server's")
        verb.add_argument("--model", metavar="MODEL", help="'' goes back to the server's")
        verb.add_argument(
            "--origin",
            action="append",
            metavar="ORIGIN",
            help="a page's origin, exactly, as in https://shop.example; repeat for more, "
            "'' for none",
        )
        verb.add_argument(
            "--handover",
            choices=("on", "off"),
            help="on lets the model hand a conversation over by itself",
        )


def _add_agents(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("agent", help="create, change, list and revoke live agents")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = _add(verbs, "create", agents.create, "a new agent; prints its token once", json=True)
    change = _add(verbs, "set", agents.change, "rename, or change the capacity", json=True)
    rotate = _add(verbs, "rotate", agents.rotate, "a new token; the old stops working", json=True)
    revoke = _add(verbs, "revoke", agents.revoke, "stop the token, for good", json=True)
    listing = _add(verbs, "list", agents.show, "every agent", json=True)
    create.add_argument("--name", required=True, metavar="NAME", help="what customers see")
    for verb in (create, change, rotate, revoke):
        verb.add_argument("--tenant", required=True, metavar="TENANT", help="name or id")
    for verb in (change, rotate, revoke):
        verb.add_argument("name", metavar="NAME", help="the agent's name or id")
    change.add_argument("--name", dest="new_name", metavar="NEW", help="a new name")
    for verb in (create, change):
        verb.add_argument(
            "--capacity", metavar="N", help="sessions at a time; 0 goes back to the server's"
        )
    listing.add_argument("--tenant", metavar="TENANT", help="only this tenant's (name or id)")


def _add_cache(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("cache", help="the prefix cache: its size, and emptying it")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(verbs, "stats", data.cache_stats, "rows and bytes", json=True)
    purge = _add(verbs, "purge", data.cache_purge, "remove rows", json=True)
    purge.add_argument("--tenant", metavar="TENANT", help="only this tenant's (name or id)")


def _add_usage(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    usage = _add(commands, "usage", data.usage, "what was spent and what was saved", json=True)
    usage.add_argument("--by", choices=GROUPINGS, default="day")
    usage.add_argument("--tenant", metavar="TENANT", help="only this tenant's (name or id)")
    usage.add_argument("--model", metavar="MODEL", help="only this model's")
    usage.add_argument("--outcome", choices=OUTCOMES, help="only turns that ended so")
    usage.add_argument("--from", dest="start", metavar="DATE", help="inclusive, UTC")
    usage.add_argument("--to", dest="end", metavar="DATE", help="exclusive, UTC")
    usage.add_argument("--order", choices=ORDERS, default="name", help="cost: the dearest first")
    usage.add_argument("--limit", metavar="N", help="so many rows at most")


def _add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    bench = _add(commands, "bench", _bench, "measure what is saved, on this machine", json=True)
    bench.add_argument(
        "--rounds",
        type=int,
        nargs="+",
        default=list(LENGTHS),
        metavar="N",
        help="lengths of the synthetic conversations (default: 30 100 300)",
    )
    bench.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="also drive recorded conversations: JSON lines with messages, .gz or not",
    )
    bench.add_argument("--client", action="store_true", help="only the client: CPU of a call")
    bench.add_argument(
        "--added", action="store_true", help="only what Recap adds to a turn's time, by round"
    )
    bench.add_argument("--no-latency", action="store_true", help="tokens only")


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: object,
    text: str,
    *,
    json: bool = False,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    if json:
        command.add_argument("--json", action="store_true", help="one line of JSON")
    return command


# Both bring the web and the model's client along, which no other command should wait for.


async def _serve(settings: Settings, words: argparse.Namespace) -> int:
    from service.cli import server

    return await server.serve(settings, words)


async def _bench(settings: Settings, words: argparse.Namespace) -> int:
    from service.cli import bench

    return await bench.run(settings, words)
