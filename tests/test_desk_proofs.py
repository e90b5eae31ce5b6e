"""What the desk promises, at length: each test is a claim, and notes its figures."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Starter
from tests.crowd_claims import (
    Grabber,
    Tally,
    claim_at_once,
    claims_of,
    highest_load,
    hire_many,
    loads_now,
    open_many,
    watch_loads,
)
from tests.crowd_cuts import Faults, Roamer, stored, work, write
from tests.crowd_deaf import Blocks, Deaf, Pulse, no_garbage_collection, write_backlog
from tests.crowd_kills import Account, Floor
from tests.crowd_races import IN_COMMIT, SEAMS, Pace, Seams, racer
from tests.crowd_server import Shop, assert_checked, found_shops, memory, serving
from tests.crowd_stop import Talk, goodbyes, return_at_once, stop
from tests.figures import note
from tests.held import held_model
from tests.raw_agent import connect_all, connected, leave_all, raise_file_limit
from tests.watching import assert_all_agrees, eventually, post, rows

CLAIMS, CLAIMANTS = 1000, 50
GRABS = 150
"""Rounds in which agents grab more than they may have."""
RACES, RACERS, RACING = 5000, 250, 20
"""Claims in the middle of turns; in how many sessions; of which so many at once."""
EVENTS, ROAMERS, SESSIONS = 10_000, 10, 20
"""Durable events in how many sessions, which all of the agents follow."""
DEAF, READERS, BEATS = 200, 20, 50
"""Clients that never read, and healthy ones, of a session with so many messages a second."""
QUIET_SECONDS = 6
"""How long the deaf stay away between."""
IDLE, CHURNS, SETTLE_SECONDS = (20, 100), 3, 3
"""Tenants, and idle sockets of each; how often they go and come again."""
STOPPED, TALKS = 1000, 10
"""Sockets at a server that is stopped, and conversations that go on there."""
KILLS, WORKERS, FREE = 8, 6, 2000
"""Kills, live agents at work meanwhile, and conversations for them to claim."""


@pytest.mark.long
async def test_of_fifty_who_claim_at_once_one_wins_and_the_others_are_told_who(
    start_recap: Starter,
) -> None:
    choose, tally = random.Random(50), Tally()
    async with start_recap() as recap:
        staff = await hire_many(recap, CLAIMANTS)
        sessions = await open_many(recap, CLAIMS // 2)
        sessions += await open_many(recap, CLAIMS - CLAIMS // 2, waiting=True)
        async with connected(recap.url, [one.token for one in staff]) as agents:
            began = time.monotonic()
            for session in sessions:
                answers = await claim_at_once(agents, session["id"], choose)
                winner = tally.add(staff, answers)
                assert claims_of(recap.database, session["id"]) == [(winner, winner)]
            seconds = time.monotonic() - began
    await assert_all_agrees(recap.database)
    note(
        "claims",
        rounds=CLAIMS,
        claims=CLAIMS * CLAIMANTS,
        winners=tally.winners.total(),
        refusals=tally.refusals,
        seconds=round(seconds, 1),
    )


@pytest.mark.long
async def test_a_capacity_of_three_is_never_four(start_recap: Starter) -> None:
    """Two servers over one file, and two sockets at each for every agent."""
    choose = random.Random(3)
    async with start_recap() as recap, start_recap(keys=recap.keys) as other:
        staff = await hire_many(recap, 4, capacity=3)
        sessions = [session["id"] for session in await open_many(recap, 10)]
        tokens = [agent.token for agent in staff for _ in range(2)]
        watch_loads(recap.database)
        async with connected(recap.url, tokens) as here, connected(other.url, tokens) as there:
            grabbers = [
                Grabber(agent, [a.id for a in staff if a != staff[n // 2]], sessions, choose)
                for agents in (here, there)
                for n, agent in enumerate(agents)
            ]
            for _ in range(GRABS):
                await asyncio.gather(*(grabber.grab(5) for grabber in grabbers))
                assert max(loads_now(recap.database).values()) <= 3
                await asyncio.gather(*(one.let_go_of_all() for one in grabbers[:8:2]))
                assert not loads_now(recap.database)
        assert highest_load(recap.database) == 3
    await assert_all_agrees(recap.database)
    outcomes = sum((grabber.outcomes for grabber in grabbers), Counter[str]())
    assert outcomes["claim at_capacity"] > 0
    assert outcomes["transfer at_capacity"] > GRABS
    assert outcomes["transfer done"] > GRABS
    note("capacity", rounds=GRABS, capacity=3, highest=3, servers=2, **outcomes)


@pytest.mark.long
async def test_the_bot_never_speaks_after_a_claim_wherever_in_its_turn_that_comes(
    start_recap: Starter,
) -> None:
    choose, pace = random.Random(5000), Pace()
    outcomes: Counter[str] = Counter()
    turnstile = asyncio.Semaphore(RACING)
    began = time.monotonic()
    async with start_recap() as recap:
        seams = Seams(recap.rooms.sessions)
        shops = await found_shops(recap.database, RACERS, 1)

        async def run(shop: Shop) -> None:
            async with turnstile, racer(recap, shop, seams, pace, choose) as racing:
                for number in range(RACES // RACERS):
                    await racing.race(number)
                await racing.judge_all()
                outcomes.update(racing.outcomes)

        async with asyncio.TaskGroup() as group:
            for shop in shops:
                group.create_task(run(shop))
    await assert_all_agrees(recap.database)
    assert outcomes.total() == RACES
    for seam in SEAMS:
        assert outcomes[f"{seam}: answered before"] > 0
        assert (outcomes[f"{seam}: fenced"] > 0) == (seam != IN_COMMIT)
    seconds = round(time.monotonic() - began, 1)
    note("races", races=RACES, spoken_after=0, seconds=seconds, **outcomes)


@pytest.mark.long
async def test_nothing_is_lost_or_doubled_while_every_line_is_cut_again_and_again(
    database: Path,
) -> None:
    choose = random.Random(10)
    (shop,) = await found_shops(database, 1, ROAMERS)
    async with serving(database, shop.keys) as (_, recap):
        sessions = [await recap.open_session() for _ in range(SESSIONS)]
        names = [session["id"] for session in sessions]
        roamers = [Roamer(recap.url, token, names, choose) for token in shop.tokens]
        roaming = [asyncio.create_task(roamer.roam()) for roamer in roamers]
        began = time.monotonic()
        owners = list(zip(names, itertools.cycle(roamers), strict=False))
        await asyncio.gather(*(owner.do("claim", name) for name, owner in owners))
        times = EVENTS // len(names) // 2
        await asyncio.gather(
            *(work(owner, name, choose, times) for name, owner in owners),
            *(write(recap, session, times) for session in sessions),
        )
        tables = {name: stored(database, name) for name in names}
        ends = {name: len(table) for name, table in tables.items()}
        await asyncio.gather(*(roamer.until_at(ends) for roamer in roamers))
        seconds = time.monotonic() - began
        for task in roaming:
            task.cancel()
        await asyncio.wait(roaming)
    faults = [Faults.between(tables[n], roamer.seen[n]) for roamer in roamers for n in names]
    told = {
        "events": sum(ends.values()),
        "deliveries": sum(len(seen) for roamer in roamers for seen in roamer.seen.values()),
        "cuts": sum(roamer.cuts for roamer in roamers),
        "commands_tried_again": sum(roamer.tried_again for roamer in roamers),
        "lost": sum(fault.lost for fault in faults),
        "doubled": sum(fault.doubled for fault in faults),
        "out_of_order": sum(fault.out_of_order for fault in faults),
        "seconds": round(seconds, 1),
    }
    note("cuts", **told)
    assert told["events"] >= EVENTS
    assert all(roamer.seen == tables and not roamer.resyncs for roamer in roamers)
    assert told["commands_tried_again"] > 0
    sent = "SELECT 1 FROM messages WHERE kind IN ('agent', 'note')"
    distinct = "SELECT DISTINCT session_id, content FROM messages WHERE kind IN ('agent', 'note')"
    assert len(rows(database, sent)) == len(rows(database, distinct))
    await assert_checked(database.parent)


@pytest.mark.measured
async def test_clients_that_never_read_are_gone_in_ten_seconds_and_slow_nobody(
    database: Path,
) -> None:
    (shop,) = await found_shops(database, 1, 1 + READERS + DEAF)
    readers, deaf_ones = shop.tokens[1 : 1 + READERS], shop.tokens[1 + READERS :]
    borne, taken = [], []
    async with serving(database, shop.keys) as (server, recap):
        blocks = Blocks((server.process.pid, os.getpid()))
        session = await recap.open_session()
        pulse = Pulse(recap, session, BEATS)
        async with (
            no_garbage_collection(),
            connected(recap.url, shop.tokens[:1]) as (owner,),
            connected(recap.url, readers, pulse.hear) as healthy,
        ):
            await owner.command("claim", session_id=session["id"])
            seq = await write_backlog(owner, session["id"])
            for reader in healthy:
                await reader.command("subscribe", cursors={session["id"]: seq})
            async with pulse.beating():
                await asyncio.sleep(SETTLE_SECONDS)
                while not blocks.are_enough:
                    lean = memory(server)
                    blocks.begin()
                    await asyncio.sleep(QUIET_SECONDS)
                    blocks.end(pulse, blocks.without)
                    async with Deaf() as deaf:
                        await deaf.gather(recap.url, deaf_ones, session["id"])
                        await asyncio.sleep(0.5)
                        blocks.begin()
                        taken.append(memory(server) - lean)
                        await deaf.all_gone()
                        blocks.end(pulse, blocks.present)
                        borne += deaf.borne
                    await asyncio.sleep(SETTLE_SECONDS)
    note(
        "deaf",
        deaf=DEAF,
        readers=READERS,
        messages_a_second=BEATS,
        gone_after_seconds_at_most=round(max(borne), 2),
        kb_each=round(taken[0] / 1024 / DEAF),
        **blocks.figures(),
    )
    assert len(borne) == DEAF * len(blocks.present)
    assert max(borne) <= 10
    assert blocks.ratio <= 1.5


@pytest.mark.measured
async def test_two_thousand_idle_sockets_take_forty_kilobytes_each_and_leave_nothing(
    database: Path,
) -> None:
    """Agents of twenty tenants, each with a snapshot of its hundred colleagues."""
    raise_file_limit()
    shops = await found_shops(database, *IDLE)
    tokens = [token for shop in shops for token in shop.tokens]
    async with serving(database, shops[0].keys) as (server, recap):
        await leave_all(await connect_all(recap.url, tokens[:50]))
        await asyncio.sleep(SETTLE_SECONDS)
        before, during = memory(server), []
        for _ in range(1 + CHURNS):
            agents = await connect_all(recap.url, tokens)
            await asyncio.sleep(SETTLE_SECONDS)
            during.append(memory(server) - before)
            await leave_all(agents)
            await asyncio.sleep(SETTLE_SECONDS)
        after = memory(server) - before
    each = [round(taken / 1024 / len(tokens), 1) for taken in during]
    note(
        "idle",
        sockets=len(tokens),
        kb_each=each,
        base_mb=before >> 20,
        left_mb=round(after / 2**20, 1),
    )
    assert max(each) <= 40
    assert during[-1] - during[1] <= 0.05 * during[1], "it grows with every round"


@pytest.mark.long
async def test_a_stop_is_over_in_five_seconds_and_a_thousand_sockets_come_back(
    database: Path,
) -> None:
    raise_file_limit()
    (shop,) = await found_shops(database, 1, STOPPED)
    async with held_model() as model:
        env = {"OPENAI_BASE_URL": model.base_url}
        async with serving(database, shop.keys, **env) as (server, recap):
            agents = await connect_all(recap.url, shop.tokens)
            asked = [await recap.open_session() for _ in range(2)]
            asking = [
                asyncio.create_task(post(recap, session, session["id"], **{"Idempotency-Key": "k"}))
                for session in asked
            ]
            calls = [await model.next_call() for _ in asked]
            for call in calls:
                call.say("One ")
            talks = []
            for agent in agents[:TALKS]:
                talks.append(Talk(recap, await recap.open_session(), agent))
                await agent.command("claim", session_id=talks[-1].session["id"])
            talking = [asyncio.create_task(talk.talk()) for talk in talks]
            await asyncio.sleep(1)
            stopping = asyncio.create_task(stop(server))
            await eventually(lambda: any(agent.is_draining for agent in agents))
            next(call for call in calls if call.asked == [asked[0]["id"]]).finish("moment.")
            code, seconds = await stopping
            said = await goodbyes(agents)
            answers = await asyncio.gather(*asking)
            await asyncio.gather(*talking)
        assert "Traceback" not in server.logged
        async with serving(database, shop.keys, **env) as (_, recap):
            again, took = await return_at_once(recap, shop.tokens)
            repeated = post(recap, asked[1], asked[1]["id"], **{"Idempotency-Key": "k"})
            late = asyncio.create_task(repeated)
            (await model.next_call()).finish("Here I am.")
            last = await late
            for agent in again:
                agent.cut()
    table = {entry[1]: entry for talk in talks for entry in stored(database, talk.session["id"])}
    told = [message for talk in talks for message in talk.answered]
    note(
        "stop",
        sockets=STOPPED,
        exit_seconds=round(seconds, 2),
        closed_1012=said[1012, True],
        acknowledged=len(told),
        lost=sum(message["id"] not in table for message in told),
        back_seconds=round(max(took), 2),
        back_median_seconds=round(statistics.median(took), 2),
    )
    assert (code, said) == (0, {(1012, True): STOPPED})
    assert seconds <= 5
    for message in told:
        fields = message["seq"], message["id"], message["kind"], message["content"]
        assert table[message["id"]] == fields
    assert (answers[0][0], answers[0][1]["reply"]["content"]) == (200, "One moment.")
    assert (answers[1][0], answers[1][1]["code"]) == (503, "shutting_down")
    assert (last[0], last[1]["reply"]["content"]) == (200, "Here I am.")
    await assert_checked(database.parent)


@pytest.mark.long
async def test_a_kill_loses_nothing_that_was_acknowledged_and_a_repeated_message_is_said_once(
    database: Path,
) -> None:
    choose = random.Random(9)
    (shop,) = await found_shops(database, 1, WORKERS)
    floor, done_unanswered = Floor(shop, choose), 0
    for life in range(KILLS + 1):
        async with serving(database, shop.keys) as (server, recap):
            await floor.come(recap, free=FREE)
            await asyncio.sleep(choose.uniform(0.2, 0.7))
            if life == KILLS:
                tables = await floor.finish(database)
            server.process.kill()
            await asyncio.to_thread(server.process.wait, 30)
        account = Account.of(database, floor.workers)
        done_unanswered += account.unanswered_but_there
        await assert_checked(database.parent)
    roamers = [worker.roamer for worker in floor.workers]
    note(
        "kills",
        kills=KILLS,
        acknowledged_messages=account.messages,
        acknowledged_claims=account.claims,
        lost=0,
        doubled=0,
        commands_tried_again=sum(roamer.tried_again for roamer in roamers),
        of_those_done_before_the_kill=done_unanswered,
        said_again_after_an_answer=floor.repeated,
        deliveries=sum(len(seen) for roamer in roamers for seen in roamer.seen.values()),
    )
    assert all(roamer.seen == tables and not roamer.resyncs for roamer in roamers)
    assert floor.repeated >= KILLS
