"""A bare `recap`: the first start in an empty folder, the next ones, and the pages it serves."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

import aiohttp
import openai
import pytest

from service.cli import main
from service.storage.database import Database
from service.storage.models import Base
from service.storage.tenants import TenantKeys, Tenants
from tests.commands import Server
from tests.conftest import Recap, Upstream

STATIC = Path(str(resources.files("service.web") / "static"))
FILES = sorted(path.name for path in STATIC.iterdir())
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
NAMESPACE = "http://www.w3.org/2000/svg"
FORBIDDEN = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function|srcdoc)\b"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The first start in an empty folder."""
    with Server(tmp_path_factory.mktemp("first")) as server:
        yield server


@pytest.fixture
async def http(demo: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(demo.url) as session:
        yield session


def bearer(secret: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", **headers}


def test_a_first_start_makes_the_database_and_prints_its_links_on_stdout_alone(
    demo: Server,
) -> None:
    folder = demo.folder
    with closing(sqlite3.connect(folder / "recap.db")) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert set(Base.metadata.tables) < {name for (name,) in rows}
        assert connection.execute("SELECT name FROM tenants").fetchall() == [("demo",)]
    assert "the built-in demonstration model" in demo.printed
    assert f"{demo.url}/savings" in demo.printed
    assert re.fullmatch(r"rk_\S{43}", demo.key)
    assert re.fullmatch(r"pk_\S{43}", demo.publishable_key)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", demo.url)
    for secret in (demo.key, demo.publishable_key):
        assert demo.printed.count(secret) == 1
        assert secret not in demo.logged


async def test_what_the_customer_said_is_quoted_back_later(
    demo: Server, http: aiohttp.ClientSession
) -> None:
    headers = bearer(demo.publishable_key, Origin=demo.url)
    async with http.post("/v1/sessions", headers=headers) as response:
        assert response.status == 201
        session = await response.json()
    said = ["Hello!", "My order is A-20931 and my cat is called Mora."]
    said += ["What are your opening hours?", "What was my order number?"]
    for text in said:
        async with http.post(
            f"/v1/sessions/{session['id']}/messages",
            json={"content": text},
            headers=bearer(session["token"]),
        ) as response:
            answer = await response.json()
    assert "A-20931" in answer["reply"]["content"]
    assert "You said" in answer["reply"]["content"]
    assert answer["usage"]["full_prompt_tokens"] > 0, "who tries it sees what it saves"
    assert answer["cache"]["status"] == "hit"


async def test_the_openai_sdk_works_with_the_printed_key(demo: Server) -> None:
    async with openai.AsyncOpenAI(base_url=f"{demo.url}/v1", api_key=demo.key) as client:
        question = [{"role": "user", "content": "Who are you?"}]
        whole = await client.chat.completions.create(model="any-name", messages=question)  # type: ignore[arg-type]
        assert "demonstration model" in str(whole.choices[0].message.content)
        names = [model.id async for model in client.models.list()]
        assert names == ["recap-demo"]


async def test_another_start_prints_no_key_and_the_first_ones_open_its_page_too(
    demo: Server,
) -> None:
    with Server(demo.folder) as again:
        assert "rk_" not in again.printed
        assert "pk_" not in again.printed
        headers = bearer(demo.publishable_key, Origin=again.url)
        async with (
            aiohttp.ClientSession(again.url) as http,
            http.post("/v1/sessions", headers=headers) as response,
        ):
            assert again.url != demo.url
            assert response.status == 201
            assert response.headers["Access-Control-Allow-Origin"] == again.url


async def test_operations_move_to_a_port_of_their_own_which_says_when_it_drains(
    database: Path, upstream: Upstream, unused_tcp_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {
        "DATABASE_URL": f"sqlite:///{database}",
        "OPENAI_BASE_URL": upstream.base_url,
        "OPS_PORT": str(unused_tcp_port),
        "HOST": "0.0.0.0",
    }
    made = await new_tenant(database)
    with Server(database.parent, **env) as server:
        assert "rk_" not in server.printed
        main_url = server.url.replace("0.0.0.0", "127.0.0.1")
        operations = f"http://127.0.0.1:{unused_tcp_port}"
        async with aiohttp.ClientSession() as http:
            for path in ("/livez", "/readyz", "/metrics", "/openapi.json"):
                assert (await http.get(main_url + path)).status == 404
                found = await http.get(operations + path)
                assert found.status == 200
                assert found.headers["X-Request-ID"].startswith("req_")
            assert (await http.get(operations + "/v1/usage")).status == 404
            body = {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}
            url = f"{main_url}/v1/chat/completions"
            upstream.gate.clear()
            asking = asyncio.create_task(http.post(url, json=body, headers=bearer(made.key)))
            await upstream.asked.wait()
            server.process.terminate()
            while (ready := await http.get(operations + "/readyz")).status == 200:
                pass
            assert (ready.status, await ready.json()) == (503, {"status": "draining"})
            upstream.gate.set()
            assert (await asking).status == 200
        assert await asyncio.to_thread(server.stop) == 0


async def new_tenant(database: Path) -> TenantKeys:
    async with Database(f"sqlite:///{database}") as opened:
        return await Tenants(opened).create("shop")


async def test_the_page_may_load_nothing_from_outside(recap: Recap) -> None:
    for path in ("/", *(f"/static/{name}" for name in FILES)):
        async with recap.http.get(path) as response:
            assert response.status == 200
            kind = TYPES[path.rpartition(".")[2]] if path != "/" else "text/html"
            assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
            directives = response.headers["Content-Security-Policy"].split("; ")
            assert dict(part.split(" ", 1) for part in directives) == POLICY
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"


def test_everything_that_the_pages_and_scripts_refer_to_is_there() -> None:
    texts = [path.read_text() for path in STATIC.iterdir()]
    named = {name for text in texts for name in re.findall(r"/static/([\w.-]+)", text)}
    imported = {n for text in texts for n in re.findall(r"from \"\./([\w.-]+)\"", text)}
    assert {"chat.js", "chat.css"} <= named
    assert named | imported <= set(FILES)


@pytest.mark.parametrize("name", ["..%2Fpages.py", "%2e%2e%2fpages.py", "chat", "nothing.js"])
async def test_nothing_but_the_static_files_is_served(name: str, recap: Recap) -> None:
    async with recap.http.get(f"/static/{name}") as response:
        assert response.status == 404


@pytest.mark.parametrize("name", FILES)
def test_a_static_file_names_no_address_outside(name: str) -> None:
    text = (STATIC / name).read_text().replace(NAMESPACE, "")
    assert not re.search(r"\b(https?|wss?|ftp):/", text)
    assert not re.search(r"""["'(=\s]//[\w.-]+\.""", text)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_a_script_turns_no_text_into_markup_or_code(name: str) -> None:
    text = (STATIC / name).read_text()
    assert not FORBIDDEN.search(text)
    assert not re.search(r"""\bset(Timeout|Interval)\(\s*["'`]""", text)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".html", ".svg"))])
def test_a_page_holds_no_code_and_no_style_of_its_own(name: str) -> None:
    text = (STATIC / name).read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\s(on\w+|style)\s*=|javascript:", text)


@pytest.mark.usefixtures("own_logging")
def test_a_server_that_cannot_listen_says_so_in_one_line(
    demo: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = demo.url.rpartition(":")[2]
    monkeypatch.setenv("PORT", port)
    monkeypatch.chdir(demo.folder)
    assert main(["serve"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"recap: cannot listen on 127\.0\.0\.1:{port}: .+\n", err)
