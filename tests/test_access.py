"""Who may use what: every route against every kind of credential, and what strangers learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from service import ids
from service.storage.tenants import TenantKeys
from service.web.routes import ALL, Operation
from tests.conftest import ORIGIN, Recap, Starter
from tests.doors import DOORS, OF_A_SESSION, door, name_of, path_of
from tests.rest import Answer, ask, code_of, request_bytes, rows, send_bytes
from tests.watching import say_streaming

OPERATOR = "operator-token-of-the-tests"
OTHER_ORIGIN = "https://rival.example"
UNKNOWN = "ses_AAAAAAAAAAAAAAAAAAAAAA"
NO_SESSION = {"id": UNKNOWN, "token": ids.sign_session(b"secret", UNKNOWN)}
NEAR_MISSES = (
    "https://shop.example.evil.example",
    "https://shop.example:8443",
    "https://shop.example:443",
    "https://shop.example/",
    "https://shop.exampl",
    "https://www.shop.example",
    "https://evil-shop.example",
    "http://shop.example",
    "HTTPS://SHOP.EXAMPLE",
    "shop.example",
    "https://shop.example https://evil.example",
    "null",
    "*",
    "",
)
pytestmark = pytest.mark.asyncio(loop_scope="module")
CLOSED = [operation for operation in ALL if door(operation).who]
Headers = dict[str, str]


@dataclass(frozen=True)
class People:
    """Two tenants, one of whom has changed its keys, customers of each kind, and live agents, by
    their tokens."""

    old: TenantKeys
    keys: TenantKeys
    rival: TenantKeys
    target: Mapping[str, Any]
    neighbour: Mapping[str, Any]
    agent: str
    rivals_agent: str
    former_agent: str

    def nobodies(self, session: Mapping[str, Any]) -> dict[str, Headers]:
        """What opens no route at all, tokens forged for this session among it."""
        key, token = self.keys.key, session["token"]
        flipped = token[:-1] + ("0" if token[-1] != "0" else "1")
        return {
            "nothing": {},
            "an empty header": {"Authorization": ""},
            "a scheme alone": {"Authorization": "Bearer"},
            "a blank": {"Authorization": "Bearer  "},
            "another scheme": {"Authorization": f"Basic {key}"},
            "no scheme": {"Authorization": key},
            "garbage": bearer("garbage"),
            "a key nobody has": bearer(ids.new_secret("rk")),
            "half a key": bearer(key[: len(key) // 2]),
            "a key and more": bearer(key + "x"),
            "two keys": bearer(f"{key} {key}"),
            "a key in other case": bearer(key.swapcase()),
            "a tampered token": bearer(flipped),
            "a token without signature": bearer(f"st.{session['id']}."),
            "a token in pieces": bearer(f"{token}.{token}"),
            "a rotated key": bearer(self.old.key),
            "a rotated publishable key": bearer(self.old.publishable_key, Origin=ORIGIN),
            "a publishable key nobody has": bearer(ids.new_secret("pk"), Origin=ORIGIN),
            "an agent's token nobody has": bearer(ids.new_secret("at")),
            "a revoked agent's token": bearer(self.former_agent),
        }

    def misplaced(self) -> dict[str, Headers]:
        """The publishable key without its origin."""
        public = self.keys.publishable_key
        return {
            "the publishable key without an origin": bearer(public),
            "the publishable key at another tenant's": bearer(public, Origin=OTHER_ORIGIN),
        } | {f"the publishable key at {o!r}": bearer(public, Origin=o) for o in NEAR_MISSES}

    def owners(self, session: Mapping[str, Any]) -> dict[str, Headers]:
        return {
            "tenantKey": bearer(self.keys.key),
            "publishableKey": bearer(self.keys.publishable_key, Origin=ORIGIN),
            "sessionToken": bearer(session["token"]),
            "operatorToken": bearer(OPERATOR),
            "agentToken": bearer(self.agent),
        }

    def refused(self, operation: Operation) -> dict[str, tuple[Headers, int]]:
        """Each credential that doesn't open this route, and the status it gets."""
        at = door(operation)
        of_a_session = operation in OF_A_SESSION
        expected = {name: (headers, 401) for name, headers in self.nobodies(self.target).items()}
        public = 403 if "publishableKey" in at.who else 401
        expected |= {name: (headers, public) for name, headers in self.misplaced().items()}
        expected |= {
            name: (headers, 401)
            for name, headers in self.owners(self.target).items()
            if name not in at.who
        }
        stranger = 404 if of_a_session and "tenantKey" in at.who else 401
        other_session = 404 if "sessionToken" in at.who else 401
        expected["another session's token"] = bearer(self.neighbour["token"]), other_session
        if of_a_session or "tenantKey" not in at.who:
            expected["another tenant's key"] = bearer(self.rival.key), stranger
        if of_a_session or "agentToken" not in at.who:
            status = 404 if "agentToken" in at.who else 401
            expected["another tenant's agent"] = bearer(self.rivals_agent), status
        return expected


def bearer(credential: str, **headers: str) -> Headers:
    return {"Authorization": f"Bearer {credential}", **headers}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(shared_recap: Recap) -> People:
    rival = await shared_recap.rooms.tenants.create("rival", origins=[OTHER_ORIGIN])
    target = await shared_recap.open_session()
    await shared_recap.say(target, "My order is A-20931.")
    neighbour = await shared_recap.open_session()
    keys = await shared_recap.rooms.tenants.rotate("shop")
    tenants, agents = shared_recap.rooms.tenants, shared_recap.rooms.agents
    shop = await tenants.find("shop")
    agent = await agents.create(shop, "Maria")
    former = await agents.create(shop, "Bo")
    await agents.revoke(shop.id, "Bo")
    rivals = await agents.create(await tenants.find("rival"), "Maria")
    return People(
        shared_recap.keys, keys, rival, target, neighbour, agent.token, rivals.token, former.token
    )


@pytest.fixture
def recap(shared_recap: Recap, people: People) -> Recap:
    """The server with the tenant's new key."""
    return replace(shared_recap, keys=people.keys)


async def request(recap: Recap, operation: Operation, session_id: str, headers: Headers) -> Answer:
    path, body = path_of(operation, session_id), door(operation).body
    return await ask(recap, operation.method, path, json=body, headers=headers)


async def test_every_route_is_covered() -> None:
    assert {(o.method, o.path): frozenset(o.who) for o in ALL} == {
        route: door.who for route, door in DOORS.items()
    }


@pytest.mark.parametrize("operation", CLOSED, ids=name_of)
async def test_a_route_refuses_every_credential_but_its_own(
    recap: Recap, people: People, operation: Operation
) -> None:
    calls, before = recap.upstream.calls, rows(recap.database)
    got, expected = {}, {}
    for name, (headers, status) in people.refused(operation).items():
        answer = await request(recap, operation, people.target["id"], headers)
        got[name], expected[name] = answer.status, status
        assert ("www-authenticate" in answer.headers) == (answer.status == 401), name
        assert code_of(path_of(operation, "x"), answer) == code_for(operation, status), name
    assert got == expected
    assert rows(recap.database) == before
    assert recap.upstream.calls == calls


@pytest.mark.parametrize("operation", CLOSED, ids=name_of)
async def test_a_route_opens_to_each_of_its_own(
    recap: Recap, people: People, operation: Operation
) -> None:
    for name in door(operation).who:
        session = await recap.open_session()
        headers = people.owners(session)[name]
        answer = await request(recap, operation, session["id"], headers)
        assert answer.status == door(operation).status, name
        assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("operation", [o for o in ALL if o not in CLOSED], ids=name_of)
async def test_an_open_route_asks_nobody_who_he_is(
    recap: Recap, people: People, operation: Operation
) -> None:
    everyone = people.nobodies(people.target) | people.misplaced() | people.owners(people.target)
    for name, headers in everyone.items():
        assert (await request(recap, operation, "", headers)).status == 200, name


@pytest.mark.parametrize("operation", OF_A_SESSION, ids=name_of)
async def test_nobody_learns_whether_somebody_elses_session_exists(
    recap: Recap, people: People, operation: Operation
) -> None:
    for method in {operation.method, "HEAD" if operation.method == "GET" else "PATCH"}:
        learnt = []
        for session in (people.target, NO_SESSION):
            everyone = people.nobodies(session) | people.misplaced()
            everyone["another tenant's key"] = bearer(people.rival.key)
            everyone["another tenant's agent"] = bearer(people.rivals_agent)
            everyone["another session's token"] = bearer(people.neighbour["token"])
            path = path_of(operation, session["id"])
            told = [await ask(recap, method, path, json={}, headers=h) for h in everyone.values()]
            learnt.append(dict(zip(everyone, map(all_but_the_clock, told), strict=True)))
        assert learnt[0] == learnt[1]


@pytest.mark.parametrize("operation", CLOSED, ids=name_of)
async def test_a_credential_that_is_no_text_is_nobodys(
    recap: Recap, people: People, operation: Operation
) -> None:
    id_ = people.target["id"]
    for credential in (b"\xff\xfe", f"st.{id_}.".encode() + b"\xed\xa0\x80", b"rk_\x80"):
        sent = request_bytes(
            operation.method,
            path_of(operation, id_),
            [("Authorization", b"Bearer " + credential), ("Content-Length", "0")],
        )
        answer = await send_bytes(recap, sent)
        assert answer.status == 401
        assert code_of(operation.path, answer) == code_for(operation, 401)


async def test_another_tenant_finds_nothing_of_this_one(recap: Recap, people: People) -> None:
    for path in ("/v1/usage?by=session", "/v1/usage?by=tenant", "/v1/usage"):
        answer = await ask(recap, "GET", path, headers=bearer(people.rival.key))
        assert answer.json()["data"] == []
    everything = await ask(recap, "GET", "/v1/usage?by=tenant", headers=bearer(OPERATOR))
    assert [row["tenant"] for row in everything.json()["data"]] == ["shop"]


async def test_a_key_in_the_address_is_none(recap: Recap, people: People) -> None:
    for name in ("key", "token", "access_token", "api_key", "Authorization"):
        answer = await ask(recap, "GET", f"/v1/models?{name}={people.keys.key}")
        assert answer.status == 401


async def test_the_scheme_may_be_written_in_any_case(recap: Recap) -> None:
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme}  {recap.keys.key}"}
        assert (await ask(recap, "GET", "/v1/models", headers=headers)).status == 200


async def test_rotating_keys_leaves_the_customers_tokens_alone(
    recap: Recap, people: People
) -> None:
    async with say_streaming(recap, people.target, "And the red one?") as stream:
        answer = (await stream.until("reply")).data
    assert answer["reply"]["content"] == "Answer to: And the red one?"


@pytest.mark.asyncio(loop_scope="function")
async def test_without_an_operator_token_there_is_no_operator(start_recap: Starter) -> None:
    async with start_recap(operator_token=None) as recap:
        for credential in (OPERATOR, "None", "null"):
            answer = await ask(recap, "GET", "/v1/usage", headers=bearer(credential))
            assert answer.status == 401


@pytest.mark.parametrize("operation", ALL, ids=name_of)
async def test_only_exactly_allowed_origins_may_read_answers(
    recap: Recap, operation: Operation
) -> None:
    """Any tenant's may: the browser asks before it says whose key it has."""
    preflight = {"Access-Control-Request-Method": operation.method}
    path, method = path_of(operation, UNKNOWN), operation.method
    named = (ORIGIN, OTHER_ORIGIN)
    for origin in (*named, *NEAR_MISSES):
        asked = await ask(recap, "OPTIONS", path, headers={"Origin": origin, **preflight})
        answer = await ask(recap, method, path, headers={"Origin": origin})
        for got in (asked, answer):
            allowed = got.headers.get("access-control-allow-origin")
            assert allowed == (origin if origin in named else None)
            assert "access-control-allow-credentials" not in got.headers
            assert "Origin" in got.headers["vary"]
        assert asked.status == 204
        assert ("access-control-allow-methods" in asked.headers) == (origin in named)
    assert "access-control-allow-origin" not in (await ask(recap, method, path)).headers


async def test_a_preflight_allows_what_the_chat_page_sends(recap: Recap) -> None:
    answer = await ask(
        recap,
        "OPTIONS",
        "/v1/sessions",
        headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"},
    )
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key", "last-event-id"} <= set(allowed)
    assert {"GET", "POST", "DELETE"} == set(
        answer.headers["access-control-allow-methods"].split(", ")
    )
    assert answer.body == b""


async def test_an_origin_is_allowed_by_the_tenant_that_named_it_alone(
    recap: Recap, people: People
) -> None:
    for keys, origin, status in (
        (people.keys, ORIGIN, 201),
        (people.keys, OTHER_ORIGIN, 403),
        (people.rival, OTHER_ORIGIN, 201),
        (people.rival, ORIGIN, 403),
    ):
        headers = bearer(keys.publishable_key, Origin=origin)
        assert (await ask(recap, "POST", "/v1/sessions", headers=headers)).status == status


def code_for(operation: Operation, status: int) -> str:
    if status == 401 and operation.path.startswith(("/v1/chat/", "/v1/models")):
        return "invalid_api_key"
    return {401: "not_authenticated", 403: "origin_not_allowed", 404: "not_found"}[status]


def all_but_the_clock(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """What an answer tells: not the time, and not the request's own number."""
    told = {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")}
    return answer.status, answer.body, told
