"""Sessions over REST: open, show, page, post, export, erase; each answer as openapi.json has it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service.scripted import Scripted
from tests.conftest import ORIGIN, Recap
from tests.rest import Answer, Contract, ask, code_of, contract_of, rows, running_call

MARKER = "zebra-7731-heliotrope"
ONE = "/v1/sessions/{id}"
MESSAGES = "/v1/sessions/{id}/messages"


class Caller:
    """The tenant's own server; holds every answer against the document."""

    def __init__(self, recap: Recap, contract: Contract) -> None:
        self._recap = recap
        self._contract = contract

    async def __call__(
        self, method: str, path: str, session_id: str = "", query: str = "", **rest: Any
    ) -> Answer:
        headers = self._recap.bearer(**rest.pop("headers", {}))
        address = path.format(id=session_id) + query
        answer = await ask(self._recap, method, address, headers=headers, **rest)
        self._contract.check(method, path, answer)
        return answer


@pytest.fixture
async def call(recap: Recap) -> Caller:
    return Caller(recap, await contract_of(recap))


def found_in_files(recap: Recap, text: str) -> dict[str, int]:
    """How often a text stands in the database's files, the write-ahead log among them."""
    files = recap.database.parent.glob(f"{recap.database.name}*")
    return {file.name: found for file in files if (found := file.read_bytes().count(text.encode()))}


async def test_a_session_is_opened_shown_and_belongs_to_the_bot(call: Caller) -> None:
    opened = (await call("POST", "/v1/sessions", json={"metadata": {"plan": "gold"}})).json()
    assert opened["owner"] == "bot"
    assert opened["token"].startswith("st.")
    shown = (await call("GET", ONE, opened["id"])).json()
    assert shown["id"] == opened["id"]
    assert shown["message_count"] == 0
    assert shown["created_at"] == shown["updated_at"] == opened["created_at"]


async def test_the_chat_page_opens_a_session_with_the_publishable_key(recap: Recap) -> None:
    headers = {"Authorization": f"Bearer {recap.keys.publishable_key}", "Origin": ORIGIN}
    answer = await ask(recap, "POST", "/v1/sessions", headers=headers)
    assert answer.status == 201
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    said = await recap.say(answer.json(), "Hello, is anybody there?")
    assert said["reply"]["content"] == "Answer to: Hello, is anybody there?"


@pytest.mark.parametrize("body", [b"", b"{}", b" \n", b'{"metadata": null}', b'{"unknown": 1}'])
async def test_a_session_needs_no_metadata(call: Caller, body: bytes) -> None:
    opened = await call("POST", "/v1/sessions", data=body)
    assert opened.status == 201
    assert (await call("GET", ONE + "/export", opened.json()["id"])).json()["metadata"] == {}


async def test_ids_and_tokens_are_never_twice_the_same(recap: Recap) -> None:
    opened = [await recap.open_session() for _ in range(20)]
    assert len({s["id"] for s in opened}) == len({s["token"] for s in opened}) == 20


async def test_every_answer_of_a_conversation_has_its_documented_shape(
    recap: Recap, call: Caller
) -> None:
    session = await recap.open_session()
    said = await call("POST", MESSAGES, session["id"], json={"content": "Where is A-20931?"})
    assert said.headers["cache-status"] == "recap; fwd=miss; stored"
    assert said.headers["cache-control"] == "no-store"
    answer = said.json()
    assert (answer["message"]["seq"], answer["message"]["kind"]) == (1, "customer")
    assert (answer["reply"]["seq"], answer["reply"]["kind"]) == (2, "bot")
    assert "superseded_by" not in answer
    shown = (await call("GET", ONE, session["id"])).json()
    assert shown["message_count"] == 2
    assert shown["updated_at"] == answer["reply"]["created_at"]
    page = (await call("GET", MESSAGES, session["id"])).json()
    assert page == {"data": [answer["message"], answer["reply"]], "next": None}


async def test_a_provider_that_fails_is_told_in_the_documented_form(
    recap: Recap, call: Caller
) -> None:
    session = await recap.open_session()
    recap.upstream.script.append(Scripted(status=429, headers={"Retry-After": "7"}))
    failed = await call("POST", MESSAGES, session["id"], json={"content": "Hello?"})
    assert (failed.status, code_of(MESSAGES, failed)) == (502, "upstream_error")
    assert failed.headers["retry-after"] == "7"


async def test_pages_follow_each_other_without_gap_or_repeat(recap: Recap, call: Caller) -> None:
    session = await recap.open_session()
    for number in range(51):
        await recap.say(session, f"Question {number}?")
    default = (await call("GET", MESSAGES, session["id"])).json()
    assert [m["seq"] for m in default["data"]] == list(range(1, 101))
    assert default["next"] == 100
    assert [m["seq"] for m in await pages(call, session["id"], 7)] == list(range(1, 103))
    for query, seqs, following in (
        ("?after=100", [101, 102], None),
        ("?after=99&limit=1", [100], 100),
        ("?after=101&limit=1", [102], None),
        ("?after=102", [], None),
        ("?after=9007199254740992", [], None),
        ("?limit=1000", list(range(1, 103)), None),
    ):
        for headers in ({}, recap.bearer(session["token"])):
            page = (await call("GET", MESSAGES, session["id"], query, headers=headers)).json()
            assert ([m["seq"] for m in page["data"]], page["next"]) == (seqs, following), query


async def pages(call: Caller, session_id: str, limit: int) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        query = f"?after={after}&limit={limit}"
        page = (await call("GET", MESSAGES, session_id, query)).json()
        assert len(page["data"]) <= limit
        said, after = said + page["data"], page["next"]
    return said


@pytest.mark.parametrize("name", ["after", "limit"])
@pytest.mark.parametrize(
    "value", ["", "-1", "1.0", "1e2", "x", "0x10", "١", "+5", "9007199254740993", "9" * 400]
)
async def test_a_place_that_is_no_number_is_refused(
    recap: Recap, call: Caller, name: str, value: str
) -> None:
    session = await recap.open_session()
    answer = await call("GET", MESSAGES, session["id"], f"?{name}={value}")
    assert (answer.status, answer.json()["param"]) == (422, name)
    for limit in ("0", "1001"):
        assert (await call("GET", MESSAGES, session["id"], f"?limit={limit}")).status == 422


async def test_posts_at_once_are_neither_lost_nor_doubled_and_seq_is_dense(
    recap: Recap, call: Caller
) -> None:
    session = await recap.open_session()
    texts = [f"Question number {number}?" for number in range(50)]
    answers = await asyncio.gather(
        *(call("POST", MESSAGES, session["id"], json={"content": text}) for text in texts)
    )
    assert {answer.status for answer in answers} == {200}
    said = await pages(call, session["id"], 1000)
    assert [m["seq"] for m in said] == list(range(1, len(said) + 1))
    asked = [m for m in said if m["kind"] == "customer"]
    assert sorted(m["content"] for m in asked) == sorted(texts)
    posted = [answer.json()["message"] for answer in answers]
    assert sorted(posted, key=lambda m: int(m["seq"])) == asked
    newest_reply = max(m["seq"] for m in said if m["kind"] == "bot")
    assert newest_reply == len(said)


async def test_the_export_is_all_that_is_held(recap: Recap, call: Caller) -> None:
    metadata = {"customer": {"name": "Zoë", "tags": [1, 2.5, None, "é"]}}
    session = await recap.open_session(metadata=metadata)
    answers = [await recap.say(session, f"Order A-2093{n}, please.") for n in range(3)]
    held = (await call("GET", ONE + "/export", session["id"])).json()
    assert held["metadata"] == metadata
    assert held["messages"] == await recap.transcript(session)
    assert len(held["messages"]) == 6
    assert [turn["prompt_tokens"] for turn in held["turns"]] == [
        answer["usage"]["prompt_tokens"] for answer in answers
    ]
    assert [turn["reply_id"] for turn in held["turns"]] == [a["reply"]["id"] for a in answers]
    shown = (await call("GET", ONE, session["id"])).json()
    assert {name: held[name] for name in shown if name != "message_count"} == {
        name: value for name, value in shown.items() if name != "message_count"
    }


async def test_what_was_erased_is_gone_everywhere(recap: Recap, call: Caller) -> None:
    kept = await recap.open_session()
    await recap.say(kept, "I am somebody else.")
    before = rows(recap.database)
    session = await recap.open_session(metadata={"note": MARKER})
    for number in range(6):
        content = f"{MARKER}: where is order A-2093{number}?"
        await recap.say(session, content, **{"Idempotency-Key": f"{MARKER}-{number}"})
    assert sum(found_in_files(recap, MARKER).values()) > 12
    assert (await call("DELETE", ONE, session["id"])).status == 204
    assert found_in_files(recap, MARKER) == {}
    assert rows(recap.database) == before | {"turns": before["turns"] + 6}
    for method, path in (("GET", ONE), ("GET", MESSAGES), ("GET", ONE + "/export")):
        assert (await call(method, path, session["id"])).status == 404
    assert (await call("DELETE", ONE, session["id"])).status == 404
    said = await call("POST", MESSAGES, session["id"], json={"content": "Still there?"})
    assert said.status == 404
    token = recap.bearer(session["token"])
    assert (await ask(recap, "GET", ONE.format(id=session["id"]), headers=token)).status == 401
    assert len(await recap.transcript(kept)) == 2


async def test_the_ledgers_sums_outlive_what_was_erased(recap: Recap, call: Caller) -> None:
    session = await recap.open_session()
    for number in range(3):
        await recap.say(session, f"{MARKER} {number}")
    before = (await call("GET", "/v1/usage")).json()
    await call("DELETE", ONE, session["id"])
    assert (await call("GET", "/v1/usage")).json() == before
    by_session = (await call("GET", "/v1/usage", "", "?by=session")).json()["data"]
    assert [(row["session"], row["turns"]) for row in by_session] == [("", 3)]


async def test_a_call_that_outlives_its_session_is_paid_for_and_forgotten(
    recap: Recap, call: Caller
) -> None:
    session = await recap.open_session()
    async with running_call(recap, session, f"{MARKER}, are you there?") as posted:
        assert (await call("DELETE", ONE, session["id"])).status == 204
    assert (await posted).status == 404
    assert found_in_files(recap, MARKER) == {}
    assert rows(recap.database)["prefix_cache"] == 0
    (row,) = (await call("GET", "/v1/usage", "", "?by=session")).json()["data"]
    assert (row["session"], row["turns"], row["unknown"]) == ("", 1, 0)
    assert row["prompt_tokens"] > 0
