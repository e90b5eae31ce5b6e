"""What a desk looks up over HTTP: conversations by who answers, one of them, and its messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import Recap
from tests.customer import Session, hand_over, transcript
from tests.floor import Floor, open_floor
from tests.rest import ask, code_of, contract_of

LIST, DETAIL = "/v1/agents/sessions", "/v1/agents/sessions/{id}"


@pytest.fixture
async def floor(recap: Recap) -> AsyncIterator[Floor]:
    async with open_floor(recap) as opened:
        yield opened


async def look_up(floor: Floor, path: str, route: str) -> Any:
    """A good answer, which is as documented."""
    headers = floor.recap.bearer(floor.tokens["Maria"])
    answer = await ask(floor.recap, "GET", path, headers=headers)
    assert answer.status == 200, answer.body
    (await contract_of(floor.recap)).check("GET", route, answer)
    return answer.json()


async def test_conversations_are_listed_by_who_answers_the_newest_first(floor: Floor) -> None:
    sessions: dict[str, Session] = {
        name: await floor.recap.open_session() for name in ("a", "b", "c", "d", "e")
    }
    for name in ("waiting", "mine", "resolved"):
        sessions[name] = await floor.waiting(name)
    for name in ("mine", "resolved"):
        await floor.ben.done("claim", session_id=sessions[name]["id"])
    await floor.ben.done("resolve", session_id=sessions["resolved"]["id"])
    for name in ("b", "a"):
        await floor.recap.say(sessions[name], "Hello")
    names = {session["id"]: name for name, session in sessions.items()}
    for query, expected in (
        ("", ["a", "b", "e", "d", "c"]),
        ("?owner=bot&limit=2", ["a", "b"]),
        ("?owner=waiting", ["waiting"]),
        ("?owner=agent", ["mine"]),
        ("?owner=resolved", ["resolved"]),
    ):
        data = (await look_up(floor, LIST + query, LIST))["data"]
        assert [names[row["session_id"]] for row in data] == expected, query
    (mine,) = (await look_up(floor, LIST + "?owner=agent", LIST))["data"]
    assert (mine["agent"], mine["reason"]) == ({"id": floor.ben.id, "name": "Ben"}, "mine")


async def test_a_card_shows_the_beginning_of_what_was_said_last(floor: Floor) -> None:
    session = await floor.of_maria("汉" * 300)
    await floor.ben.done("note", session_id=session["id"], content="Long-winded.")
    (card,) = (await look_up(floor, LIST + "?owner=agent", LIST))["data"]
    assert card["last_message"] == {"kind": "customer", "content": "汉" * 200}
    assert card["message_count"] == 4
    await floor.maria.done("send", session_id=session["id"], content="Hm.")
    (card,) = (await look_up(floor, LIST + "?owner=agent", LIST))["data"]
    assert card["last_message"] == {"kind": "agent", "content": "Hm."}
    await floor.waiting()
    (empty,) = (await look_up(floor, LIST + "?owner=waiting", LIST))["data"]
    assert empty["last_message"] is None


async def test_a_list_that_makes_no_sense_is_refused(recap: Recap) -> None:
    headers = recap.bearer((await recap.hire()).token)
    for query in ("owner=nobody", "owner=", "limit=0", "limit=201", "limit=x", "limit=-1"):
        answer = await ask(recap, "GET", f"{LIST}?{query}", headers=headers)
        assert (answer.status, code_of(LIST, answer)) == (422, "invalid_request"), query
        assert answer.json()["param"] == query.partition("=")[0]


async def test_one_conversation_is_shown_with_what_it_carries_and_costs(floor: Floor) -> None:
    session: Session = await floor.recap.open_session(metadata={"plan": "gold"})
    usages = [(await floor.recap.say(session, text))["usage"] for text in ("One", "Two")]
    await hand_over(floor.recap, session, "Complicated")
    await floor.maria.done("claim", session_id=session["id"])
    shown = await look_up(floor, DETAIL.format(id=session["id"]), DETAIL)
    assert shown["metadata"] == {"plan": "gold"}
    assert (shown["owner"], shown["agent"]["name"], shown["epoch"]) == (floor.maria.id, "Maria", 2)
    assert (shown["reason"], shown["message_count"]) == ("Complicated", 6)
    assert shown["usage"]["turns"] == 2
    for name in ("prompt_tokens", "completion_tokens", "full_prompt_tokens", "saved_tokens"):
        assert shown["usage"][name] == sum(usage[name] for usage in usages)


async def test_an_agent_reads_all_of_a_conversation_page_by_page(floor: Floor) -> None:
    session = await floor.of_maria(*map(str, range(7)))
    await floor.ben.done("note", session_id=session["id"], content="Patient.")
    path, after, read = f"/v1/sessions/{session['id']}/messages", 0, []
    while after is not None:
        page = await look_up(floor, f"{path}?after={after}&limit=4", "/v1/sessions/{id}/messages")
        read += page["data"]
        after = page["next"]
    assert read == await transcript(floor.recap, session, floor.tokens["Ben"])
    assert [message["seq"] for message in read] == list(range(1, 11))
    assert read[-1]["kind"] == "note"
