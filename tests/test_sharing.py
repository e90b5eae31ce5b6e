"""A reply that names somebody reaches nobody else; one that all get alike, the fourth may have."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.scripted import Scripted
from service.storage.prefix_cache import Asker
from tests.cache_table import TTL, Clock, name, opened
from tests.conftest import ORIGIN, Recap, Starter, last_text
from tests.crowd import crowd_of
from tests.held import held_model
from tests.probes import complete, text_of, user
from tests.strangers import QUESTION, ask_for_themselves, lose_replies
from tests.watching import assert_all_agrees, change, eventually, rows, say_streaming

REFUND = "I want a refund."
OWN = [
    "Done: your ticket is RT-58213 and goes to ann@example.com.",
    "Hi Ann, it is on its way.",
    "Of course, Mr Okafor, it is on its way.",
    "Thanks, Priya! It is on its way.",
    "王先生您好，退款已经在路上了。",
    "It is on its way. Your agent is Dolores.",
    "You get $45 back.",
    "It comes on 4 March.",
    "It goes to 12 Harbour Road.",
    "Your code is XKVPRT.",
]
"""Replies that are for one customer alone."""
ALIKE = "It is on its way."


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_reply_that_names_somebody_reaches_nobody_who_asks_later(
    recap: Recap, own: str, streamed: bool
) -> None:
    recap.upstream.script = [Scripted(own)]
    recap.upstream.default = lambda body: Scripted(ALIKE)
    said: list[str] = []
    for _ in range(6):
        session = await recap.open_session()
        if streamed:
            async with say_streaming(recap, session, REFUND) as stream:
                heard = await stream.rest()
            assert own not in str(heard) or not said
            said.append(heard[-1].data["reply"]["content"])
        else:
            said.append((await recap.say(session, REFUND))["reply"]["content"])
    assert said == [own] + [ALIKE] * 5
    assert recap.upstream.calls == 6, "while one of three was named, each asks for itself"


@pytest.mark.parametrize(
    "left",
    [
        "DELETE FROM prefix_cache WHERE kind = 'reply' AND value LIKE '%RT-58213%'",
        """UPDATE prefix_cache SET value = '{"personal":false}' WHERE kind = 'asker'""",
    ],
    ids=["only who asked", "only the answer"],
)
async def test_one_sign_of_a_personal_answer_is_enough(recap: Recap, left: str) -> None:
    recap.upstream.script = [Scripted(ALIKE), Scripted(OWN[0]), Scripted(ALIKE)]
    await ask_for_themselves(recap, REFUND)
    await change(recap, left)
    await ask_for_themselves(recap, REFUND, sessions=2)


async def test_nor_whoever_asks_at_the_same_moment(start_recap: Starter) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        first, second, third = [await recap.open_session() for _ in range(3)]
        asking = asyncio.create_task(recap.say(first, REFUND))
        call = await model.next_call()
        call.say(OWN[0])
        async with say_streaming(recap, second, REFUND) as stream:
            whole = asyncio.create_task(recap.say(third, REFUND))
            for own in [await model.next_call() for _ in range(2)]:
                own.finish(ALIKE)
            call.finish()
            heard = await stream.rest()
        answers = [await asking, heard[-1].data, await whole]
        assert [a["reply"]["content"] for a in answers] == [OWN[0], ALIKE, ALIKE]
        assert OWN[0] not in str(heard)
        assert model.calls == 3


async def test_the_fourth_session_is_the_first_that_may_be_given_what_others_got(
    recap: Recap,
) -> None:
    recap.upstream.script = [Scripted(f"{ALIKE}{'!' * n}") for n in range(3)]
    said: list[str] = []
    statuses: list[str] = []
    for _ in range(5):
        answer = await recap.say(await recap.open_session(), REFUND)
        said.append(answer["reply"]["content"])
        statuses.append(answer["cache"]["status"])
    assert statuses == ["miss"] * 3 + ["reuse"] * 2
    assert said == [ALIKE, f"{ALIKE}!", f"{ALIKE}!!", ALIKE, ALIKE]
    await assert_all_agrees(recap.database)


async def test_a_session_that_asks_again_counts_once_and_has_its_own_answer(
    start_recap: Starter,
) -> None:
    async with held_model() as model, start_recap(openai_base_url=model.base_url) as recap:
        session = await recap.open_session()
        for number, headers in enumerate(({}, {"Cache-Control": "no-cache"}, {}), 1):
            key = {"Idempotency-Key": "k"} | headers
            asking = asyncio.create_task(recap.say(session, REFUND, **key))
            if number < 3:
                call = await model.next_call()
                await change(recap, "UPDATE sessions SET epoch = epoch + 1")
                call.finish(ALIKE + "!" * number)
                assert (await asking)["reply"] is None, "dropped, so the list is asked again"
                await change(recap, "UPDATE messages SET turn_id = NULL")
        assert (await asking)["reply"]["content"] == f"{ALIKE}!!"
        assert model.calls == 2
        for calls in (3, 4, 4):
            asking = asyncio.create_task(recap.say(await recap.open_session(), REFUND))
            if calls > model.calls:
                (await model.next_call()).finish(ALIKE)
            await asking
            assert model.calls == calls


async def test_who_has_asked_is_known_after_a_restart_and_forgotten_after_the_rows_age(
    start_recap: Starter,
) -> None:
    async with start_recap() as recap:
        await ask_for_themselves(recap, sessions=2)
    async with start_recap(keys=recap.keys) as again:
        await ask_for_themselves(again, sessions=1)
        assert (await again.say(await again.open_session(), QUESTION))["cache"]["status"] == "reuse"
        await change(again, "UPDATE prefix_cache SET expires_at = 1 WHERE kind = 'asker'")
        await ask_for_themselves(again)


async def test_another_prompt_model_or_tool_is_another_list(recap: Recap) -> None:
    await ask_for_themselves(recap)
    for other in ({"model": "other"}, {"system_prompt": "Be brief."}, {"handover": True}):
        await recap.rooms.tenants.set("shop", **other)
        await ask_for_themselves(recap, sessions=1)


async def test_what_the_tenants_own_prompt_names_is_no_secret(start_recap: Starter) -> None:
    prompt = "You are the helper of Zephyr Outfitters."
    async with start_recap(system_prompt=prompt) as recap:
        recap.upstream.default = lambda body: Scripted("We are Zephyr Outfitters.")
        await ask_for_themselves(recap, "Who are you?")
        answer = await recap.say(await recap.open_session(), "Who are you?")
        assert answer["cache"]["status"] == "reuse"


async def erase(recap: Recap, session: dict[str, Any]) -> None:
    url = f"/v1/sessions/{session['id']}"
    async with recap.http.delete(url, headers=recap.bearer()) as response:
        assert response.status == 204


@pytest.mark.parametrize("erased", [0, 1, 2])
async def test_erasing_a_session_takes_back_what_was_shared_from_it(
    recap: Recap, erased: int
) -> None:
    recap.upstream.script = [Scripted(f"We open at {hour}.") for hour in ("nine", "ten", "one")]
    sessions = await ask_for_themselves(recap)
    gone = (await recap.transcript(sessions[erased]))[-1]["content"]
    await erase(recap, sessions[erased])
    kept = rows(
        recap.database, "SELECT session_id, value FROM prefix_cache WHERE kind != 'stand_in'"
    )
    assert sessions[erased]["id"] not in {row["session_id"] for row in kept}
    assert gone not in str([row["value"] for row in kept])
    await ask_for_themselves(recap, sessions=1)
    answer = await recap.say(await recap.open_session(), QUESTION)
    assert answer["cache"]["status"] == "reuse"
    assert answer["reply"]["content"] != gone
    await assert_all_agrees(recap.database)


async def test_a_customer_is_not_told_what_an_answer_took_or_where_it_came_from(
    recap: Recap,
) -> None:
    shapes = Counter[Any]()
    for number in range(5):
        session = await recap.open_session()
        async with recap.http.post(
            f"/v1/sessions/{session['id']}/messages",
            json={"content": QUESTION},
            headers=recap.bearer(session["token"]),
        ) as response:
            answer = await response.json()
            assert "Cache-Status" not in response.headers
            ours = ("X-Request-ID", "Date", "Content-Length")
            headers = sorted(name for name in response.headers if name not in ours)
        assert (answer["usage"], answer["cache"]) == (None, None)
        assert answer["reply"]["content"] == f"Answer to: {QUESTION}"
        shapes[str(headers)] += 1
        other = await recap.open_session()
        async with say_streaming(recap, other, f"{QUESTION} {number}") as stream:
            last = (await stream.rest())[-1]
            assert "Cache-Status" not in stream.response.headers
        assert (last.data["usage"], last.data["cache"]) == (None, None)
    assert len(shapes) == 1
    assert recap.upstream.calls == 3 + 5


async def test_the_tenant_is_told(recap: Recap) -> None:
    session = await recap.open_session()
    async with recap.http.post(
        f"/v1/sessions/{session['id']}/messages",
        json={"content": QUESTION},
        headers=recap.bearer(),
    ) as response:
        assert response.headers["Cache-Status"] == "recap; fwd=miss; stored"
        answer = await response.json()
    assert answer["cache"] == {"status": "miss", "layout": "full"}
    assert answer["usage"]["prompt_tokens"] > 0
    async with say_streaming(recap, session, "And on Sundays?", recap.keys.key) as stream:
        last = (await stream.rest())[-1]
    assert last.data["cache"]["status"] == "hit"
    assert last.data["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize(
    ("called", "origins", "host", "is_told"),
    [
        ("demo", ["http://127.0.0.1:8080", "http://localhost:8080"], "127.0.0.1", True),
        ("demo", ["http://[::1]:8080"], "::1", True),
        ("demo", ["http://127.0.0.1:8080", ORIGIN], "127.0.0.1", False),
        ("demo", [], "127.0.0.1", False),
        ("demo", ["http://127.0.0.1:8080"], "0.0.0.0", False),
        ("store", ["http://127.0.0.1:8080"], "127.0.0.1", False),
    ],
)
async def test_the_demonstration_shows_its_visitor_what_was_saved(
    start_recap: Starter, called: str, origins: list[str], host: str, is_told: bool
) -> None:
    async with start_recap(host=host) as recap:
        made = await recap.rooms.tenants.create(called, origins=origins)
        session = await recap.open_session(made.key)
        async with say_streaming(recap, session, QUESTION) as stream:
            last = (await stream.rest())[-1]
        assert (last.data["usage"] is not None, last.data["cache"] is not None) == (is_told,) * 2


PERSONAL_LISTED = [user("Where is my refund?")]


async def test_without_a_user_a_personal_reply_is_not_kept_for_other_callers(recap: Recap) -> None:
    recap.upstream.script = [Scripted(own) for own in OWN]
    said = [text_of((await complete(recap, PERSONAL_LISTED))[0]) for _ in OWN]
    assert said == OWN
    assert rows(recap.database, "SELECT 1 FROM prefix_cache WHERE kind = 'reply'") == []
    recap.upstream.script = [Scripted(ALIKE), Scripted("never asked")]
    said = [text_of((await complete(recap, PERSONAL_LISTED))[0]) for _ in range(3)]
    assert said == [ALIKE] * 3


@pytest.mark.parametrize("who", [{"user": "u-1"}, {"safety_identifier": "u-1"}])
async def test_with_a_user_it_is_kept_for_that_user(recap: Recap, who: dict[str, Any]) -> None:
    recap.upstream.script = [Scripted(OWN[0]), Scripted(OWN[1])]
    said = [text_of((await complete(recap, PERSONAL_LISTED, **who))[0]) for _ in range(2)]
    said.append(text_of((await complete(recap, PERSONAL_LISTED))[0]))
    assert said == [OWN[0], OWN[0], OWN[1]]


@pytest.mark.parametrize("blank", ["", " ", None])
async def test_a_blank_user_is_none(recap: Recap, blank: str | None) -> None:
    recap.upstream.script = [Scripted(OWN[0]), Scripted(OWN[1])]
    said = [text_of((await complete(recap, PERSONAL_LISTED, user=blank))[0]) for _ in range(2)]
    assert said == OWN[:2]


async def test_a_tool_call_with_somebodys_number_is_not_kept_either(recap: Recap) -> None:
    function = {"name": "refund", "arguments": '{"order": "RT-58213"}'}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    recap.upstream.script = [Scripted(tool_calls=calls), Scripted(ALIKE)]
    first, _ = await complete(recap, PERSONAL_LISTED)
    again, _ = await complete(recap, PERSONAL_LISTED)
    assert first["choices"][0]["message"]["tool_calls"] == calls
    assert text_of(again) == ALIKE


@pytest.mark.parametrize("own", [OWN[0], OWN[1]])
async def test_followers_without_a_user_hear_nothing_of_what_is_not_for_them(
    start_recap: Starter, own: str
) -> None:
    async with (
        held_model() as model,
        start_recap(openai_base_url=model.base_url) as recap,
        crowd_of(recap, customer=None) as crowd,
    ):
        crowd.ask(stream=True)
        call = await model.next_call()
        call.say(own)
        for stream in (True, True, True):
            crowd.ask(stream=stream)
        await crowd.all_on_board()
        assert model.calls == 1, "they wait whether it is for them"
        call.finish()
        for other in [await model.next_call() for _ in range(3)]:
            other.finish(ALIKE)
        first, *others = await crowd.heard()
    assert first.said[0] == own
    assert [other.said[0] for other in others] == [ALIKE] * 3
    assert all(own.encode() not in other.raw for other in others)
    assert {other.cache_status for other in others} == {"recap; fwd=miss; stored"}
    assert model.calls == 4


@pytest.mark.parametrize("others", [False, True])
async def test_and_all_of_what_is_everybodys(start_recap: Starter, others: bool) -> None:
    async with start_recap() as recap, crowd_of(recap, customer=None) as crowd:
        recap.upstream.gate.clear()
        recap.upstream.default = lambda body: Scripted(ALIKE)
        for stream in (True, others, others):
            crowd.ask(stream=stream)
        await crowd.all_on_board()
        recap.upstream.gate.set()
        first, *rest = await crowd.heard()
    assert recap.upstream.calls == 1
    assert {one.said[0] for one in (first, *rest)} == {ALIKE}
    assert {one.cache_status for one in rest} == {"recap; fwd=miss; collapsed"}


async def test_sessions_and_api_callers_share_nothing(start_recap: Starter) -> None:
    listed = [{"role": "system", "content": "You are the shop's helper."}, user(QUESTION)]
    async with start_recap() as recap:
        for _ in range(5):
            await complete(recap, listed)
        assert recap.upstream.calls == 1
        await ask_for_themselves(recap)
        await lose_replies(recap)
    async with (
        held_model() as model,
        start_recap(keys=recap.keys, openai_base_url=model.base_url) as recap,
    ):
        asking = asyncio.create_task(recap.say(await recap.open_session(), QUESTION))
        call = await model.next_call()
        other = asyncio.create_task(complete(recap, listed, temperature=0))
        await eventually(lambda: model.calls == 2)
        call.finish("At nine.")
        assert (await asking)["reply"]["content"] == "At nine."
        (await model.next_call()).fail(500)
        with pytest.raises(AssertionError):
            await other


async def test_in_the_table_a_session_has_one_place_and_personal_stays_said(
    database: Path,
) -> None:
    clock = Clock()
    places = (name(1), name(2), name(3))
    async with opened(database, clock) as table:
        tenant, other = table.tenants

        async def known() -> list[tuple[str, bool]]:
            found = await table.cache.askers(places, tenant)
            return [(asker.session_id, asker.personal) for asker in found]

        async def ask(session: str, *, personal: bool = False, tenant: str = tenant) -> None:
            await table.database.write(
                lambda tx: table.cache.store(tx, [Asker(places, tenant, session, personal)])
            )

        for session in ("a", "a", "b", "a"):
            await ask(session)
        assert await known() == [("a", False), ("b", False)]
        await ask("b", personal=True)
        await ask("b")
        await ask("c")
        await ask("d")
        assert await known() == [("a", False), ("b", True), ("c", False)]
        await ask("e", personal=True)
        assert await known() == [("a", False), ("b", True), ("e", True)]
        assert await table.cache.askers(places, other) == []
        clock.now += TTL
        assert await known() == []


TRIES = 1000
RUNS = 4
AT_ONCE = 10


@dataclass
class Trial:
    """Strangers who ask a few questions over and over; no two replies of the model are alike."""

    recap: Recap
    choose: random.Random
    made: dict[str, tuple[str, bool]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    asked: dict[str, set[str]] = field(default_factory=dict)
    shared: int = 0
    leaks: list[Any] = field(default_factory=list)

    def reply(self, body: dict[str, Any]) -> Scripted:
        """As often with somebody's words as the question says."""
        question = last_text(body)
        personal = self.choose.random() < float(question.split("|")[1])
        own = self.choose.choice(OWN) if personal else ALIKE
        text = f"{'well, ' * len(self.made)}{own}"
        self.made[text] = question, personal
        return Scripted(text, first_token_delay=self.choose.random() * 0.003)

    async def say(self, session: dict[str, Any], question: str, streamed: bool) -> tuple[str, bool]:
        """What a session heard, and whether it had been asked for by another."""
        if streamed:
            async with say_streaming(self.recap, session, question, self.recap.keys.key) as stream:
                heard = await stream.rest()
            answer = heard[-1].data
            deltas = "".join(e.data["content"] for e in heard if e.name == "delta")
            assert deltas == answer["reply"]["content"]
        else:
            answer = await self.recap.say(session, question)
        return answer["reply"]["content"], answer["cache"]["status"] in ("reuse", "collapsed")

    async def ask_at_once(self, questions: list[str]) -> None:
        sessions = [await self.recap.open_session() for _ in range(AT_ONCE)]
        wanted = [self.choose.choice(questions) for _ in sessions]
        streams = [self.choose.random() < 0.5 for _ in sessions]
        told = await asyncio.gather(*map(self.say, sessions, wanted, streams))
        heard = list(zip(sessions, wanted, told, strict=True))
        for session, question, (reply, is_anothers) in heard:
            if not is_anothers:
                if self.owners.setdefault(reply, session["id"]) != session["id"]:
                    self.leaks.append((question, reply))
                self.asked.setdefault(question, set()).add(session["id"])
        for session, question, (reply, is_anothers) in heard:
            if is_anothers:
                self.shared += 1
                about, personal = self.made[reply]
                few = len(self.asked.get(question, set()) - {session["id"]}) < 3
                if personal or few or about != question or "K-2" in question:
                    self.leaks.append((question, reply))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(RUNS))
async def test_in_1000_tries_nothing_reaches_another_session_that_may_not(
    start_recap: Starter, seed: int
) -> None:
    """Stored answers get lost on the way, so that calls are shared as well."""
    choose = random.Random(seed)
    async with start_recap(key_bytes=2 if seed == 0 else 32) as recap:
        trial = Trial(recap, choose)
        recap.upstream.default = trial.reply
        for number in range(TRIES // RUNS // AT_ONCE):
            odds = ("0", "0", "0.1", "0.5")
            questions = [f"{odd}|{odd}|{number // 5}" for odd in odds]
            await trial.ask_at_once([*questions, f"K-20931|0|{number // 5}"])
            if choose.random() < 0.3:
                await lose_replies(recap)
        shared = "SELECT count(*) AS turns FROM turns WHERE status IN ('reuse', 'collapsed')"
        (told,) = rows(recap.database, shared)
    assert trial.leaks == []
    assert trial.shared == told["turns"] > 20
