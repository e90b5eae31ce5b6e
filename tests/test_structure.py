"""The shape of the code: which way imports point, one door per library, and what a reader may
expect of every module. Read from the sources, so it holds for code that no test runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "service"

LEVELS = """
context.memo errors ids metrics completion prefix prices tokens wording scripted
context.languages.face context.languages.forms context.languages.english.words
context.languages.english.condensing context.languages.english.asking
context.languages.english.shapes context.languages.english.saying context.languages.english.marks
context.languages.english.telling context.languages.english.promising
context.languages.english.lifting context.languages.english.topics
context.languages.english.lasting context.languages.english.wishing
context.languages.english.facts context.languages.english.standing
context.languages.chinese.condensing context.languages.chinese.asking
context.languages.chinese.shapes context.languages.chinese.saying context.languages.chinese.marks
context.languages.chinese.telling context.languages.chinese.promising
context.languages.chinese.facts context.languages.chinese.standing
context.languages.english context.languages.chinese
context.languages
context.tools context.sentences context.clauses context.plain context.terms
context.rounds context.fact_patterns context.slips
context.digest context.needs context.costs context.joining context.told context.tool_values
context.slots context.standing context.pieces
context.numbers context.statements context.postings
context.facts context.ordinary_words context.evidence
context.privacy context.recall
context.stand_in
context.head
context.layout
model.provider_cache
turns.flight settings loopback llm handover desk.answers desk.outbox desk.protocol
demo logs bench.workload
replay.memory replay.billing
replay.forms replay.layouts replay.synthetic
replay.reading replay.published replay.summary replay.recap
replay.steps replay.bm25
replay.runs replay.grid
replay.report replay.charts
replay.page
storage.models storage.database
storage.migrate storage.prefix_cache storage.tenants storage.reports
storage.ledger storage.session_statements storage.agents storage.provider_caches
storage.records
storage.transitions storage.inbox
storage.sessions storage.handovers
storage.storage storage.checks
turns.ask events
turns.indexes lanes desk.frames turns.cache_marks
turns.planner
turns.accounting turns.answers desk.hub turns.sharing
turns.turn desk.desk
turns.turns
conversation desk.watch
desk.commands
web.schemas web.pages web.problems web.cache_status web.sse web.answers web.tickets web.asyncapi
web.keys
web.middleware web.operations web.requests
web.completions web.sessions web.usage web.handoff web.agents
web.routes
web.openapi
app
bench.client
bench.runs
cli.output cli.storage
cli.tenants cli.agents cli.data cli.server cli.bench cli.replay
cli
__main__
"""
"""Every module that holds code, from the pure rooms up. A module imports from lines above its own
and from nothing else: not from its neighbours on a line, and never from below."""

DOORS = {
    "aiohttp": ["web", "app", "loopback", "cli.server", "bench.runs"],
    "aiosqlite": ["storage.database"],
    "alembic": ["storage.migrate"],
    "bpe_openai": ["tokens"],
    "httpx2": ["llm"],
    "openai": ["llm", "bench.client"],
    "prometheus_client": ["metrics", "web.operations"],
    "pydantic": ["settings", "prices", "web", "desk.protocol"],
    "pydantic_settings": ["settings"],
    "rich": ["cli"],
    "sqlalchemy": ["storage"],
    "argparse": ["cli"],
    "csv": ["web.usage"],
    "socket": ["web.agents"],
    "sqlite3": ["storage.migrate"],
    "pickle": [],
    "requests": [],
}
"""Who may import a library: these rooms, and what is inside them."""

ENVIRONMENT = {"environ", "environb", "getenv", "putenv", "unsetenv"}
MOST_LINES_OF_A_MODULE = 400
MOST_LINES_OF_A_FUNCTION = 40

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def trees() -> dict[str, ast.Module]:
    """The package's modules by name, without `service.`; the package itself is ''."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
        found[".".join(parts).removesuffix("__init__").rstrip(".")] = ast.parse(path.read_text())
    return found


def imports(tree: ast.Module) -> set[str]:
    """Everything imported anywhere in a module, functions included: modules, and names in them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms(tree: ast.Module) -> set[str]:
    """The package's own modules that a module imports."""
    found = set()
    for name in imports(tree):
        own = name.removeprefix(f"{PACKAGE}.")
        if own != name:
            found.add(own if own in trees() else own.rpartition(".")[0])
    return found


def libraries(tree: ast.Module) -> set[str]:
    return {name.partition(".")[0] for name in imports(tree)}


def is_inside(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def definitions(body: list[ast.stmt], inside: str = "") -> Iterator[tuple[str, Definition]]:
    """Classes, functions and methods with their names; not what is defined inside functions."""
    for node in body:
        if isinstance(node, Definition):
            yield f"{inside}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from definitions(node.body, f"{inside}{node.name}.")


def length(node: Definition) -> int:
    """Lines from `def` to the end, the docstring left out."""
    docstring = ast.get_docstring(node, clean=False)
    lines = len(docstring.splitlines()) if docstring else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - lines


def test_every_module_that_holds_code_has_its_place_and_only_one() -> None:
    placed = LEVELS.split()
    assert len(placed) == len(set(placed))
    with_code = {name for name, tree in trees().items() if len(tree.body) > 1}
    assert with_code - {""} == set(placed)


@pytest.mark.parametrize("level", range(len(LEVELS.strip().splitlines())))
def test_imports_point_one_way(level: int) -> None:
    lines = [line.split() for line in LEVELS.strip().splitlines()]
    above = {name for line in lines[:level] for name in line} | {""}
    wrong = {name: rooms(trees()[name]) - above for name in lines[level]}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize(("library", "doors"), DOORS.items())
def test_a_library_is_known_behind_its_door_alone(library: str, doors: list[str]) -> None:
    users = {name for name, tree in trees().items() if library in libraries(tree)}
    assert {name for name in users if not any(is_inside(name, door) for door in doors)} == set()
    assert [door for door in doors if not any(is_inside(name, door) for name in users)] == []


def test_nothing_is_imported_by_a_name_made_at_run_time() -> None:
    for name, tree in trees().items():
        assert "importlib.import_module" not in imports(tree), name
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        named = {call.id for call in calls if isinstance(call, ast.Name)}
        assert not named & {"__import__", "eval", "exec", "compile"}, name


def test_only_settings_read_the_environment() -> None:
    for name, tree in trees().items():
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {found.removeprefix("os.") for found in imports(tree) if found.startswith("os.")}
        assert name == "settings" or not used & ENVIRONMENT, name


def test_migrations_know_the_tables_and_the_settings_and_nothing_else() -> None:
    allowed = {"__future__", "alembic", "sqlalchemy"}
    for path in sorted((ROOT / "migrations").rglob("*.py")):
        tree = ast.parse(path.read_text())
        own = {PACKAGE} if path.name == "env.py" else set()
        assert libraries(tree) <= allowed | own, path.name
        assert rooms(tree) <= {"settings", "storage.migrate", "storage.models"}, path.name


def test_a_module_says_what_it_is_for() -> None:
    assert [name for name, tree in trees().items() if not ast.get_docstring(tree)] == []


def test_a_public_class_or_function_says_what_it_is_for() -> None:
    silent = [
        f"{name}.{node.name}"
        for name, tree in trees().items()
        for node in tree.body
        if isinstance(node, Definition) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name}.{of}": length(node)
        for name, tree in trees().items()
        for of, node in definitions(tree.body)
        if not isinstance(node, ast.ClassDef) and length(node) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_no_module_is_longer_than_a_sitting() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in (ROOT / PACKAGE).rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_MODULE} == {}
