"""Who gets to the live agents' websocket, how it closes on whom, and who is known to be there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import sys

import aiohttp
import pytest

from service import ids, logs
from service.settings import Settings
from service.web.tickets import LIFE, MOST
from tests.agents import SOCKET, SUBPROTOCOL, TICKET, Agent, connect, ticket_of
from tests.conftest import ORIGIN, Recap, Starter
from tests.customer import hand_over
from tests.floor import live_through_a_day
from tests.probes import metric
from tests.rest import ask, code_of, request_bytes, send_bytes
from tests.watching import assert_all_agrees, change, eventually, listen, rows

NOT_AUTHENTICATED, REVOKED = 4001, 4003


async def knock(
    recap: Recap, *protocols: str, query: str = "", **headers: str
) -> tuple[int | None, str]:
    """Try to open a socket: its close code, or None with the agent's id where it was let in."""
    async with recap.http.ws_connect(
        SOCKET + query, protocols=(SUBPROTOCOL, *protocols), headers=headers, compress=15
    ) as socket:
        assert socket.protocol == SUBPROTOCOL
        assert socket.compress == 0
        first = await socket.receive(timeout=20)
        if first.type is aiohttp.WSMsgType.TEXT:
            return None, str(first.json()["agent"]["id"])
        return socket.close_code, ""


async def test_a_ticket_opens_its_agents_socket_once(recap: Recap) -> None:
    maria, ben = await recap.hire("Maria"), await recap.hire("Ben")
    for agent, other in ((maria, ben), (ben, maria)):
        ticket = f"ticket.{await ticket_of(recap.http, agent.token)}"
        bearer = recap.bearer(other.token)  # which the ticket wins over
        assert await knock(recap, ticket, **bearer) == (None, agent.id)
        assert await knock(recap, ticket, **bearer) == (NOT_AUTHENTICATED, "")


async def test_a_ticket_is_good_for_thirty_seconds(recap: Recap) -> None:
    maria, now = await recap.hire(), [ids.now()]
    recap.rooms.tickets._clock = lambda: now[0]
    answer = await ask(recap, "POST", TICKET, headers=recap.bearer(maria.token))
    assert answer.json()["expires_at"] == ids.rfc3339(now[0] + 30 * ids.SECOND)
    tickets = [answer.json()["ticket"], await ticket_of(recap.http, maria.token)]
    now[0] += LIFE - 1
    assert await knock(recap, f"ticket.{tickets[0]}") == (None, maria.id)
    now[0] += 1
    assert await knock(recap, f"ticket.{tickets[1]}") == (NOT_AUTHENTICATED, "")


async def test_tickets_that_nobody_uses_are_bounded_and_forgotten(recap: Recap) -> None:
    maria, now = await recap.hire(), [ids.now()]
    recap.rooms.tickets._clock = lambda: now[0]
    for _ in range(MOST):
        recap.rooms.tickets.issue(maria.id)
    answer = await ask(recap, "POST", TICKET, headers=recap.bearer(maria.token))
    assert (answer.status, code_of(TICKET, answer)) == (429, "too_many_tickets")
    assert answer.headers["retry-after"]
    now[0] += LIFE
    assert await knock(recap, f"ticket.{await ticket_of(recap.http, maria.token)}") == (
        None,
        maria.id,
    )


async def test_who_is_nobody_is_let_in_only_to_be_told_so(recap: Recap) -> None:
    maria, zoe = await recap.hire("Maria"), await recap.hire("Zoe")
    session = await recap.open_session()
    zoes_ticket = await ticket_of(recap.http, zoe.token)
    await recap.rooms.agents.revoke(recap.keys.id, "Zoe")
    used = await ticket_of(recap.http, maria.token)
    await knock(recap, f"ticket.{used}")
    fresh = await ticket_of(recap.http, maria.token)
    tries: list[tuple[tuple[str, ...], dict[str, str]]] = [
        ((), {}),
        ((), recap.bearer(zoe.token)),
        ((), recap.bearer(maria.token + "x")),
        ((), recap.bearer(recap.keys.key)),
        ((), recap.bearer(session["token"])),
        ((f"ticket.{zoes_ticket}",), {}),
        ((f"ticket.{fresh}x",), {}),
        (("ticket.",), {}),
        ((f"ticket.{maria.token}",), {}),
        ((f"ticket.{used}",), recap.bearer(maria.token)),
        ((), {"query": f"?ticket={fresh}"}),
        ((), {"query": f"?token={maria.token}&access_token={maria.token}"}),
    ]
    for protocols, how in tries:
        assert await knock(recap, *protocols, **how) == (NOT_AUTHENTICATED, ""), (protocols, how)
    assert await knock(recap, f"ticket.{fresh}") == (None, maria.id)
    assert await knock(recap, **recap.bearer(maria.token)) == (None, maria.id)


async def test_over_plain_http_the_socket_says_what_it_is_to_agents_alone(recap: Recap) -> None:
    maria = await recap.hire()
    for headers, status, code in (
        ({}, 401, "not_authenticated"),
        (recap.bearer(), 401, "not_authenticated"),
        (recap.bearer(maria.token), 426, "not_a_websocket"),
    ):
        answer = await ask(recap, "GET", SOCKET, headers=headers)
        assert (answer.status, code_of(SOCKET, answer)) == (status, code)
    assert answer.headers["upgrade"] == "websocket"


@pytest.mark.parametrize("offered", ["ticket.{ticket}", "recap.v2, ticket.{ticket}"])
async def test_a_socket_of_another_protocol_is_not_opened(recap: Recap, offered: str) -> None:
    maria = await recap.hire()
    ticket = await ticket_of(recap.http, maria.token)
    upgrade = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", offered.format(ticket=ticket)),
    ]
    answer = await send_bytes(recap, request_bytes("GET", SOCKET, upgrade))
    assert (answer.status, code_of(SOCKET, answer)) == (426, "not_a_websocket")


OWN = ("{own}", "http://{host}", "https://{host}", ORIGIN)
FOREIGN = (
    "https://bank.example",
    "https://evil.example",
    "https://{host}.evil.example",
    "https://evil.example/{host}",
    "https://{host}@evil.example",
    "https://x{host}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    f"{ORIGIN}:8443",
    f"{ORIGIN}.evil.example",
    ORIGIN.replace("https", "http"),
    "null",
    "",
    "http://[",
    "{host}",
)


async def test_a_page_opens_the_socket_from_its_own_or_its_tenants_origin(recap: Recap) -> None:
    await recap.rooms.tenants.create("bank", origins=["https://bank.example"])
    maria, host = await recap.hire(), recap.url.removeprefix("http://")
    for origins, expected in ((OWN, (None, maria.id)), (FOREIGN, (NOT_AUTHENTICATED, ""))):
        for origin in origins:
            given = {"Origin": origin.format(own=recap.url, host=host)}
            ticket = await ticket_of(recap.http, maria.token)
            assert await knock(recap, f"ticket.{ticket}", **given) == expected, given
            assert await knock(recap, **given, **recap.bearer(maria.token)) == expected, given


async def test_a_revoked_agent_is_put_out_within_seconds_and_its_sessions_wait_again(
    start_recap: Starter,
) -> None:
    async with start_recap(agent_grace_seconds=2) as recap:
        maria, ben = await recap.hire("Maria"), await recap.hire("Ben")
        async with connect(recap, ben.token) as witness:
            async with connect(recap, maria.token) as agent, connect(recap, maria.token) as second:
                session = await recap.open_session()
                await hand_over(recap, session, "Lost")
                queued_at = (await witness.until("session.waiting"))["queued_at"]
                await agent.done("claim", session_id=session["id"])
                await recap.rooms.agents.revoke(recap.keys.id, "Maria")
                assert await agent.closed() == await second.closed() == REVOKED
            lost = await witness.until("session.released", session_id=session["id"])
            assert (lost["owner"], lost["cause"]) == ("waiting", "agent lost")
            assert lost["by"] == {"id": maria.id, "name": "Maria"}
            assert lost["queued_at"] == queued_at
            assert await knock(recap, **recap.bearer(maria.token)) == (NOT_AUTHENTICATED, "")
            await witness.done("claim", session_id=session["id"])
    await assert_all_agrees(recap.database)


async def test_a_revoked_agents_last_words_are_refused(recap: Recap) -> None:
    maria = await recap.hire()
    session = await recap.open_session()
    async with connect(recap, maria.token) as agent:
        await agent.done("claim", session_id=session["id"])
        await change(recap, "UPDATE agents SET revoked_at = 1")  # so long ago that it stays open
        for kind in ("send", "note", "release", "resolve", "read", "return_to_bot"):
            more = {"seq": 1} if kind == "read" else {"content": "Ha!"}
            refused = await agent.refused(kind, session_id=session["id"], **more)
            assert refused == "not_authenticated"
    said_by_agents = "SELECT * FROM messages WHERE kind IN ('agent', 'note')"
    assert rows(recap.database, said_by_agents) == []


async def test_a_rotated_token_opens_nothing_and_the_open_socket_goes_on(recap: Recap) -> None:
    maria = await recap.hire()
    session = await recap.open_session()
    async with connect(recap, maria.token) as agent:
        again = await recap.rooms.agents.rotate(recap.keys.id, "Maria")
        assert await knock(recap, **recap.bearer(maria.token)) == (NOT_AUTHENTICATED, "")
        await agent.done("claim", session_id=session["id"])
        await agent.done("send", session_id=session["id"], content="Still here.")
        assert await knock(recap, **recap.bearer(again.token)) == (None, maria.id)


async def test_who_is_there_is_told_to_colleagues_and_to_customers_who_wait(recap: Recap) -> None:
    maria, ben = await recap.hire("Maria"), await recap.hire("Ben")
    session = await recap.open_session()
    shown = {"id": maria.id, "name": "Maria"}
    await hand_over(recap, session)
    async with listen(recap, session) as customer, connect(recap, ben.token) as witness:
        assert (await customer.until("owner")).data["agents_online"] in (0, 1)
        async with connect(recap, maria.token):
            await witness.until("agent.presence", agent=shown, status="online")
            await customer.until("owner", agents_online=2)
        async with connect(recap, maria.token) as again:  # a page that is loaded again
            await again.done("status", status="away")
            await witness.until("agent.presence", agent=shown, status="away")
            await customer.until("owner", agents_online=1)
            assert len(witness.of("agent.presence", agent=shown)) == 2
        await witness.until("agent.presence", agent=shown, status="offline")
        await witness.done("status", status="away")
        nobody = {"owner": "waiting", "agent": None, "position": 1, "agents_online": 0}
        assert (await customer.until("owner", agents_online=0)).data == nobody
        async with connect(recap, maria.token) as late:
            assert late.frames[0]["agent"]["status"] == "away"  # as it was left
            assert late.state.shown()["agents"] == [
                {"id": ben.id, "name": "Ben", "status": "away"},
                shown | {"status": "away"},
            ]


async def test_nothing_that_is_said_and_no_secret_is_in_the_log(
    start_recap: Starter, own_logging: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, secrets, written = "heliotrope-4471", [], io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        logs.configure(Settings(_env_file=None, log_level="debug"))
    async with contextlib.AsyncExitStack() as stack, start_recap() as recap:
        agents: list[Agent] = []
        for name in ("Maria", "Ben"):
            hired = await recap.hire(name)
            agents.append(await stack.enter_async_context(connect(recap, hired.token)))
            secrets += [hired.token, await ticket_of(recap.http, hired.token)]
            await knock(recap, f"ticket.{secrets[-1]}", **recap.bearer(f"at_{said}"))
            await knock(recap, f"ticket.{secrets[-1]}", query=f"?token={said}")
        await live_through_a_day(recap, agents[0], agents[1], said)
        await agents[0].say(f'{{"type": "{said}", "cmd_id": "{said}"', None)
        await agents[0].command(said, is_bad=True, content=said)
        await agents[0].command("note", session_id="ses_x", content=said)
        await stack.aclose()
    lines = written.getvalue().splitlines()
    assert any("/v1/agents/socket" in line for line in lines)
    assert [line for line in lines if any(secret in line for secret in (said, *secrets))] == []
    assert [line for line in lines if re.search(r"\b(?:at|tk)_[\w-]{43}", line)] == []


async def test_after_all_have_gone_nothing_of_them_is_left(start_recap: Starter) -> None:
    async with start_recap(agent_grace_seconds=0.4) as recap:
        desk, channels = recap.rooms.desk, recap.rooms.channels
        maria = await recap.hire()
        sessions = [await recap.open_session() for _ in range(5)]
        for _ in range(12):
            async with connect(recap, maria.token) as agent, connect(recap, maria.token) as other:
                for session in sessions:
                    await agent.done("subscribe", cursors={session["id"]: 0, "ses_x": 0})
                    await other.done("subscribe", cursors={session["id"]: 0})
                    await other.done("subscribe", cursors={session["id"]: None})
                await agent.done("claim", session_id=sessions[0]["id"])
                await agent.done("return_to_bot", session_id=sessions[0]["id"])
                assert await metric(recap, "recap_agent_sockets") == 2
        await eventually(lambda: not desk.hub.connected() and not channels._channels)
        await eventually(lambda: not desk.hub._presences)
        assert list(desk.hub.every_line()) == []
        assert await metric(recap, "recap_agent_sockets") == 0
        await eventually(lambda: not tasks_of_sockets())


def tasks_of_sockets() -> list[str]:
    names = ("follow", "socket-sender", "socket-closer", "tell-waiting", "draft")
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() in names]
