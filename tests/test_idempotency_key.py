"""Idempotency-Key on what creates: the same key and body are the same answer, whatever happened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service.scripted import Scripted
from tests.conftest import Recap, Starter
from tests.rest import Answer, ask, code_of, request_bytes, rows, running_call, send_bytes

SESSIONS = "/v1/sessions"
KEYS = ["k", "k" * 255, "ключ-" * 51, "订单 🙂 £", '"quoted", and; more', "%0d%0a", "../../etc"]
FACES = ["a session", "a message"]


async def post(
    recap: Recap, path: str, body: Any, key: str | None = None, credential: str | None = None
) -> Answer:
    headers = recap.bearer(credential) | ({} if key is None else {"Idempotency-Key": key})
    return await ask(recap, "POST", path, json=body, headers=headers)


async def place(recap: Recap, face: str) -> tuple[str, Any, Any]:
    """Where something is created, a body for it, and another one."""
    if face == "a session":
        return SESSIONS, {"metadata": {"plan": "gold"}}, {"metadata": {"plan": "tin"}}
    session = await recap.open_session()
    return f"{SESSIONS}/{session['id']}/messages", {"content": "Hello?"}, {"content": "Hello!"}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("key", KEYS)
async def test_the_same_key_and_body_are_the_same_answer(recap: Recap, face: str, key: str) -> None:
    path, body, _ = await place(recap, face)
    first = await post(recap, path, body, key)
    assert first.status in (200, 201)
    before, calls = rows(recap.database), recap.upstream.calls
    for _ in range(2):
        again = await post(recap, path, body, key)
        assert (again.status, again.body) == (first.status, first.body)
    assert (rows(recap.database), recap.upstream.calls) == (before, calls)


@pytest.mark.parametrize("face", FACES)
async def test_the_same_key_with_another_body_is_refused(recap: Recap, face: str) -> None:
    path, body, other = await place(recap, face)
    await post(recap, path, body, "once")
    before, calls = rows(recap.database), recap.upstream.calls
    answer = await post(recap, path, other, "once")
    assert (answer.status, code_of(path, answer)) == (422, "idempotency_mismatch")
    assert (rows(recap.database), recap.upstream.calls) == (before, calls)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("key", ["", "k" * 256, "订" * 256, " " * 300, b"\xff\xfe"])
async def test_a_key_that_is_none_or_too_long_or_no_text_is_refused(
    recap: Recap, face: str, key: str | bytes
) -> None:
    path, _, _ = await place(recap, face)
    before = rows(recap.database)
    body = b'{"content": "Hello?"}'
    headers: list[tuple[str, bytes | str]] = [
        ("Authorization", f"Bearer {recap.keys.key}"),
        ("Idempotency-Key", key),
        ("Content-Length", str(len(body))),
    ]
    answer = await send_bytes(recap, request_bytes("POST", path, headers, body))
    assert (answer.status, code_of(path, answer)) == (422, "invalid_request")
    assert answer.json()["param"] == "Idempotency-Key"
    assert rows(recap.database) == before


@pytest.mark.parametrize("face", FACES)
async def test_a_key_makes_one_thing_however_many_ask_at_once(recap: Recap, face: str) -> None:
    path, body, _ = await place(recap, face)
    before = rows(recap.database)
    answers = await asyncio.gather(*(post(recap, path, body, "once") for _ in range(20)))
    made = {answer.body for answer in answers if answer.status in (200, 201)}
    assert len(made) == 1
    late = [answer for answer in answers if answer.status not in (200, 201)]
    assert {code_of(path, answer) for answer in late} <= {"still_running"}
    now = rows(recap.database)
    if face == "a session":
        assert not late
        assert now == before | {"sessions": before["sessions"] + 1}
    else:
        assert now["messages"] == 2
        assert recap.upstream.calls == 1


async def test_a_key_that_is_still_running_is_a_conflict_until_it_is_answered(
    recap: Recap,
) -> None:
    session = await recap.open_session()
    path = f"{SESSIONS}/{session['id']}/messages"
    async with running_call(recap, session, "Hello?", **{"Idempotency-Key": "once"}) as running:
        conflict = await post(recap, path, {"content": "Hello?"}, "once")
        assert (conflict.status, code_of(path, conflict)) == (409, "still_running")
        mismatch = await post(recap, path, {"content": "Hello!"}, "once")
        assert (mismatch.status, code_of(path, mismatch)) == (422, "idempotency_mismatch")
    assert (await post(recap, path, {"content": "Hello?"}, "once")).body == (await running).body
    assert recap.upstream.calls == 1


async def test_a_turn_that_failed_is_run_again_by_its_key_and_appended_once(recap: Recap) -> None:
    session = await recap.open_session()
    path = f"{SESSIONS}/{session['id']}/messages"
    recap.upstream.script.append(Scripted(status=500))
    failed = await post(recap, path, {"content": "Hello?"}, "once")
    assert (failed.status, code_of(path, failed)) == (502, "upstream_error")
    answered = await post(recap, path, {"content": "Hello?"}, "once")
    assert answered.json()["reply"]["content"] == "Answer to: Hello?"
    assert [m["kind"] for m in await recap.transcript(session)] == ["customer", "bot"]


async def test_keys_of_other_tenants_and_other_sessions_are_other_keys(recap: Recap) -> None:
    rival = await recap.rooms.tenants.create("rival")
    ours = await post(recap, SESSIONS, {}, "once")
    theirs = await post(recap, SESSIONS, {"metadata": {"a": 1}}, "once", rival.key)
    assert (ours.status, theirs.status) == (201, 201)
    assert ours.json()["id"] != theirs.json()["id"]
    for number in range(2):
        session = await recap.open_session()
        content = {"content": f"Hello, {number}?"}
        answer = await post(recap, f"{SESSIONS}/{session['id']}/messages", content, "once")
        assert answer.status == 200


async def test_a_key_outlives_a_restart_and_a_change_of_keys(start_recap: Starter) -> None:
    async with start_recap() as recap:
        first = await post(recap, SESSIONS, {}, "once")
        path = f"{SESSIONS}/{first.json()['id']}/messages"
        said = await post(recap, path, {"content": "Hello?"}, "once")
        keys = await recap.rooms.tenants.rotate("shop")
    async with start_recap(keys=keys) as recap:
        assert (await post(recap, SESSIONS, {}, "once")).body == first.body
        assert (await post(recap, path, {"content": "Hello?"}, "once")).body == said.body


async def test_without_a_key_the_same_words_twice_are_two_messages(recap: Recap) -> None:
    session = await recap.open_session()
    for _ in range(2):
        await recap.say(session, "Hello?")
    assert [m["seq"] for m in await recap.transcript(session)] == [1, 2, 3, 4]
