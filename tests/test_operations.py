"""Health, metrics and request ids: what operators' tools ask a running server."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.loopback import Scripted
from service.storage import migrate
from service.web import routes
from tests.conftest import Recap, Starter

EXPECTED = {
    "recap_turns",
    "recap_prefix_lookups",
    "recap_cache_evicted",
    "recap_cache_collisions",
    "recap_cache_faults",
    "recap_prompt_tokens_sent",
    "recap_prompt_tokens_cached",
    "recap_prompt_tokens_saved",
    "recap_unknown_usage",
    "recap_errors",
    "recap_http_request_seconds",
    "recap_first_token_seconds",
    "recap_turn_seconds",
    "recap_overhead_seconds",
    "recap_turns_running",
}
VOCABULARY = {
    "method": {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "other"},
    "route": {operation.path for operation in routes.ALL} | {"unknown"},
    "outcome": {"answered", "reused", "collapsed", "superseded", "fenced", "failed"},
    "result": {"hit", "miss", "reuse", "collapsed", "bypass"},
    "why": {"expired", "lru"},
    "operation": {"read", "write"},
    "place": {"web", "turn", "conversation", "storage"},
}


async def numbers(recap: Recap) -> dict[str, float]:
    """Every sample of /metrics by its name and its labels' values, as in `recap_turns:answered`."""
    async with recap.http.get("/metrics") as response:
        assert response.status == 200
        text = await response.text()
    return {
        ":".join([sample.name.removesuffix("_total"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket"))
    }


async def complete(recap: Recap, text: str, **body: Any) -> int:
    request = {"model": "m", "messages": [{"role": "user", "content": text}], **body}
    headers = recap.bearer()
    async with recap.http.post("/v1/chat/completions", json=request, headers=headers) as response:
        await response.read()
        return response.status


async def status(recap: Recap, path: str) -> tuple[int, Mapping[str, Any]]:
    async with recap.http.get(path) as response:
        return response.status, await response.json()


class TestHealth:
    async def test_it_is_live_and_ready_without_a_credential_or_a_call(self, recap: Recap) -> None:
        assert await status(recap, "/livez") == (200, {"status": "ok"})
        assert await status(recap, "/readyz") == (200, {"status": "ok"})
        assert recap.upstream.calls == 0

    async def test_it_is_ready_while_the_provider_is_down(self, start_recap: Starter) -> None:
        async with start_recap(openai_base_url="http://127.0.0.1:1/v1") as recap:
            assert (await status(recap, "/readyz"))[0] == 200

    async def test_it_is_live_but_not_ready_over_a_schema_that_is_not_there(
        self, recap: Recap
    ) -> None:
        url = f"sqlite:///{recap.database}"
        await asyncio.to_thread(migrate.downgrade, url, "base")
        assert await status(recap, "/readyz") == (503, {"status": "no database"})
        assert (await status(recap, "/livez"))[0] == 200
        await asyncio.to_thread(migrate.upgrade, url)
        assert (await status(recap, "/readyz"))[0] == 200

    async def test_it_is_not_ready_once_its_file_was_removed_or_replaced(
        self, recap: Recap
    ) -> None:
        away = recap.database.with_suffix(".away")
        shutil.move(recap.database, away)
        assert await status(recap, "/readyz") == (503, {"status": "no database"})
        shutil.copy(away, recap.database)
        assert (await status(recap, "/readyz"))[0] == 503
        shutil.move(away, recap.database)
        assert (await status(recap, "/readyz"))[0] == 200

    async def test_it_is_ready_while_another_process_writes_and_messages_wait_their_turn(
        self, recap: Recap
    ) -> None:
        session = await recap.open_session()
        with closing(sqlite3.connect(recap.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            saying = asyncio.create_task(recap.say(session, "Hello?"))
            assert (await status(recap, "/readyz"))[0] == 200
            assert not saying.done()
            other.execute("ROLLBACK")
        assert (await saying)["reply"]["content"] == "Answer to: Hello?"


class TestMetrics:
    async def test_every_metric_is_there_from_the_start(self, recap: Recap) -> None:
        async with recap.http.get("/metrics") as response:
            assert response.headers["Content-Type"].startswith("text/plain")
            text = await response.text()
        families = {family.name for family in text_string_to_metric_families(text)}
        assert families >= EXPECTED

    async def test_a_sessions_turns_move_look_ups_tokens_and_latencies(self, recap: Recap) -> None:
        session = await recap.open_session()
        usages = [(await recap.say(session, f"Question {n}?"))["usage"] for n in range(12)]
        after = await numbers(recap)
        assert after["recap_turns:answered"] == 12
        assert after["recap_prefix_lookups:miss"] == 1
        assert after["recap_prefix_lookups:hit"] == 11
        sent, saved = (sum(u[k] for u in usages) for k in ("prompt_tokens", "saved_tokens"))
        assert after["recap_prompt_tokens_sent"] == sent > 0
        assert after["recap_prompt_tokens_saved"] == saved > 0
        for name in ("turn", "first_token", "overhead"):
            assert after[f"recap_{name}_seconds_count"] == 12
            assert after[f"recap_{name}_seconds_sum"] > 0
        posts = "recap_http_request_seconds_count:POST:/v1/sessions/{id}/messages:200"
        assert after[posts] == 12
        assert after["recap_turns_running"] == 0

    async def test_reuse_collapse_and_bypass_are_counted_and_take_no_tokens(
        self, recap: Recap
    ) -> None:
        recap.upstream.gate.clear()
        asking = [asyncio.create_task(complete(recap, "Hello?")) for _ in range(3)]
        await recap.upstream.asked.wait()
        while (await numbers(recap))["recap_turns_running"] < 3:
            pass
        recap.upstream.gate.set()
        assert await asyncio.gather(*asking) == [200, 200, 200]
        one = (await numbers(recap))["recap_prompt_tokens_sent"]
        await complete(recap, "Hello?")
        after = await numbers(recap)
        assert after["recap_prefix_lookups:miss"] == 1
        assert after["recap_prefix_lookups:collapsed"] == after["recap_turns:collapsed"] == 2
        assert after["recap_prefix_lookups:reuse"] == after["recap_turns:reused"] == 1
        assert after["recap_prompt_tokens_sent"] == one > 0
        await complete(recap, "Hello?", n=2)
        assert (await numbers(recap))["recap_prefix_lookups:bypass"] == 1

    async def test_tokens_that_the_provider_had_cached_are_counted(self, recap: Recap) -> None:
        usage = {
            "prompt_tokens": 2000,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 1920},
        }
        recap.upstream.script = [Scripted(text="Yes.", usage=usage)]
        await complete(recap, "Hello?")
        after = await numbers(recap)
        assert after["recap_prompt_tokens_sent"] == 2000
        assert after["recap_prompt_tokens_cached"] == 1920

    async def test_a_usage_that_never_came_is_counted_and_in_no_sum(self, recap: Recap) -> None:
        recap.upstream.script = [Scripted(text="Yes.", usage={})]
        await complete(recap, "Hello?")
        after = await numbers(recap)
        assert (after["recap_unknown_usage"], after["recap_prompt_tokens_sent"]) == (1, 0)

    async def test_a_failed_call_is_a_failed_turn(self, recap: Recap) -> None:
        recap.upstream.script = [Scripted(status=500)]
        assert await complete(recap, "Hello?") == 500
        assert (await numbers(recap))["recap_turns:failed"] == 1

    @pytest.mark.parametrize(
        ("limit", "why", "never"),
        [
            ({"cache_max_entries": 2}, "lru", "expired"),
            ({"cache_ttl_seconds": 1e-6}, "expired", "lru"),
        ],
    )
    async def test_rows_that_go_are_counted_by_why(
        self, limit: dict[str, Any], why: str, never: str, start_recap: Starter
    ) -> None:
        async with start_recap(**limit) as recap:
            for n in range(3):
                await complete(recap, f"Question {n}?")
            after = await numbers(recap)
        assert after[f"recap_cache_evicted:{why}"] >= 4
        assert after.get(f"recap_cache_evicted:{never}", 0) == 0

    async def test_collisions_are_counted(self, start_recap: Starter) -> None:
        async with start_recap(key_bytes=0) as recap:
            await complete(recap, "One?")
            assert (await numbers(recap))["recap_cache_collisions"] == 0
            await complete(recap, "Two?")
            assert (await numbers(recap))["recap_cache_collisions"] > 0

    async def test_a_cache_that_fails_is_counted_and_fails_nobody(self, recap: Recap) -> None:
        with closing(sqlite3.connect(recap.database)) as connection:
            connection.execute("DROP TABLE prefix_cache")
        session = await recap.open_session()
        assert (await recap.say(session, "Hello?"))["reply"]["content"] == "Answer to: Hello?"
        after = await numbers(recap)
        assert after["recap_cache_faults:read"] > 0
        assert after["recap_cache_faults:write"] > 0

    async def test_no_label_holds_an_id_or_anything_a_caller_chose(self, recap: Recap) -> None:
        session = await recap.open_session(metadata={"customer": "C-1"})
        await recap.say(session, "Hello?")
        await complete(recap, "Hello?", model="a-model-of-ours", user="u-1")
        recap.upstream.script = [Scripted(status=429)]
        await complete(recap, "And now?")
        for method, path in (
            ("PROPFIND", "/"),
            ("MKCOL", "/nowhere-1234"),
            ("GET", f"/v1/sessions/{session['id']}/nothing"),
            ("GET", "/v1/usage?by=session&from=2026-01-01"),
            ("PUT", f"/v1/sessions/{session['id']}"),
            ("GET", "/static/nothing-1234.js"),
        ):
            async with recap.http.request(method, path) as response:
                assert response.status in (401, 404, 405)
        async with recap.http.get("/metrics") as response:
            text = await response.text()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                for name, value in sample.labels.items():
                    if name in ("le", "status"):
                        assert re.fullmatch(r"[0-9.]+|\+Inf", value)
                    else:
                        assert value in VOCABULARY[name], (sample.name, name)


class TestRequestIds:
    @pytest.mark.parametrize("given", ["a", "5f0c6f3e-77aa", "A.b_c-9", "x" * 64])
    async def test_a_sane_one_is_given_back(self, given: str, recap: Recap) -> None:
        for path in ("/livez", "/v1/usage", "/nowhere"):
            async with recap.http.get(path, headers={"X-Request-ID": given}) as response:
                assert response.headers.getall("X-Request-ID") == [given]

    @pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "ü", '{"a":1}', "a;b", "a/b"])
    async def test_any_other_is_replaced_by_a_new_one(
        self, given: str | None, recap: Recap
    ) -> None:
        headers = {} if given is None else {"X-Request-ID": given}
        seen = set()
        for _ in range(2):
            async with recap.http.get("/livez", headers=headers) as response:
                seen.add(response.headers["X-Request-ID"])
        assert len(seen) == 2
        assert all(re.fullmatch(r"req_[\w-]{22}", made) for made in seen)

    async def test_an_answer_that_streams_has_one_too(self, recap: Recap) -> None:
        session = await recap.open_session()
        headers = recap.bearer(session["token"], **{"X-Request-ID": "r-1"})
        headers["Accept"] = "text/event-stream"
        url = f"/v1/sessions/{session['id']}/messages"
        async with recap.http.post(url, json={"content": "Hello?"}, headers=headers) as response:
            await response.read()
            assert response.headers["X-Request-ID"] == "r-1"
