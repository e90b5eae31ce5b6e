"""`recap replay`: what each layout sends, what that costs, and what it remembers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from service import tokens
from service.context import layout
from service.prices import Price
from service.replay import billing, memory
from service.replay.billing import Call
from service.replay.bm25 import BM25
from service.replay.layouts import Full, Thread, Window
from service.replay.published import Published
from service.replay.recap import Recap
from service.replay.summary import SummaryBuffer
from tests.payloads import roles_in, spoken
from tests.replaying import NO_CACHE, PRICE, entry, message, replay, rounds, talk, write

SYSTEM = message("system", 1200, "system")
PROMPT = {"role": "system", "content": "You are the shop's helper."}


def drive(thread: Thread, said: Sequence[dict[str, Any]]) -> list[tuple[list[Any], Sequence[Call]]]:
    """Every request's payload, and the calls that the layout made after it."""
    taken = []
    for place in range(0, len(said), 2):
        question, reply = (entry(said[place + n], place + n + 1) for n in (0, 1))
        sent = thread.ask([question])
        calls = thread.close(sent, [question], reply)
        taken.append(([e.message for e in sent.messages], calls))
    return taken


def sizes(thread: Thread, said: Sequence[dict[str, Any]]) -> list[int]:
    return [tokens.count_messages(payload) for payload, _ in drive(thread, said)]


@pytest.mark.parametrize(
    ("layout", "sent", "cached"),
    [
        ("full", 1303 + 1603 + 1903, 0),
        ("full-cache", 1303 + 1603 + 1903, 1280 + 1536),
        ("window-4", 1303 + 1603 + 1903, 1280 + 1536),
        ("window-20", 1303 + 1603 + 1903, 1280 + 1536),
        ("chunked", 1303 + 1603 + 1903, 1280 + 1536),
        ("summary-buffer", 1303 + 1603 + 1903, 1280 + 1536),
        ("published", 1303 + 1603 + 1903, 1280 + 1536),
        ("slim", 1303 + 1603 + 1603, 1280 + 1152),
        ("bm25", 1303 + 1603 + 1903, 1280 + 1536),
        ("recap", 1303 + 1603 + 1903, 1280 + 1536),
    ],
)
def test_three_rounds_come_to_what_a_pencil_makes_of_them(
    layout: str, sent: int, cached: int, tmp_path: Path
) -> None:
    """A prompt of 1,200 tokens and rounds of 100 + 200; a request takes 3 more. The provider reads
    what is repeated, in steps of 128: 1,300 are 1,280, 1,600 are 1,536, the prompt is 1,152."""
    path = write(tmp_path / "talk.jsonl", {"messages": rounds(3)})
    bill = replay(path, PRICE, [SYSTEM])[layout].bill
    assert (bill.requests, bill.calls, bill.tokens, bill.cached) == (3, 0, sent, cached)
    assert bill.ite == pytest.approx(sent - 0.9 * cached)
    assert bill.input_cost == pytest.approx((sent - 0.9 * cached) / 1e6)
    assert bill.output_cost == pytest.approx(2 * 3 * 196 / 1e6)


def test_writing_to_a_providers_cache_has_its_price(tmp_path: Path) -> None:
    price = PRICE.model_copy(update={"cache_write": 1.25})
    path = write(tmp_path / "talk.jsonl", {"messages": rounds(2)})
    results = replay(path, price, [SYSTEM])
    expected = 1303 * 1.25 + 1280 * 0.1 + (1603 - 1280) * 1.25
    assert results["full-cache"].bill.ite == pytest.approx(expected)
    assert results["full-cache"].bill.input_cost == pytest.approx(expected / 1e6)
    assert results["full"].bill.ite == 1303 + 1603
    assert results["full"].bill.input_cost == pytest.approx((1303 + 1603) / 1e6)


def test_below_the_providers_minimum_nothing_is_cached(tmp_path: Path) -> None:
    path = write(tmp_path / "talk.jsonl", {"messages": rounds(3)})
    bill = replay(path, PRICE)["full-cache"].bill
    assert (bill.tokens, bill.cached, bill.ite) == (103 + 403 + 703, 0, 103 + 403 + 703)


def test_windows_slide_and_chunks_are_cut_at_once() -> None:
    said = rounds(70)
    prompt = [entry(SYSTEM)]
    sliding = sizes(Window("", "", 4).open(prompt), said)
    assert sliding == [1300 + 300 * min(n, 4) for n in range(70)]
    chunked = sizes(Window("", "", 30, 10).open(prompt), said)
    held = [*range(31), *(10 + n % 21 for n in range(39))]
    assert chunked == [1300 + 300 * n for n in held]


@pytest.mark.parametrize("price", [PRICE, NO_CACHE], ids=["cache", "no cache"])
def test_a_plain_search_sends_no_more_than_recap_does_for_the_same_question(price: Price) -> None:
    said = [*talk("My locker code is Falcon-77, remember it.", "Noted."), *rounds(40, 40, 60)]
    said += talk("Which locker code did I tell you earlier?", "It is Falcon-77.")
    ours = sizes(Recap(price).open([entry(PROMPT)]), said)
    payloads = [payload for payload, _ in drive(BM25(price).open([entry(PROMPT)]), said)]
    searched = [tokens.count_messages(payload) for payload in payloads]
    assert all(theirs <= own for theirs, own in zip(searched, ours, strict=True))
    assert payloads[-1][:3] == [PROMPT, *said[:2]]
    assert payloads[-1][-5:] == said[-6:-1]
    roles = [m["role"] for m in payloads[-1][1:]]
    assert roles == [("user", "assistant")[n % 2] for n in range(len(roles))]


def test_a_plain_search_sends_a_call_with_its_result() -> None:
    thread = BM25(NO_CACHE).open([])
    for number in range(8):
        name = f"call_{number}"
        function = {"name": "find", "arguments": f"kettle {number}"}
        call = {"id": name, "type": "function", "function": function}
        used = [
            entry({"role": "user", "content": f"Look for kettle {number}."}, 4 * number + 1),
            entry({"role": "assistant", "content": None, "tool_calls": [call]}, 4 * number + 2),
            entry({"role": "tool", "tool_call_id": name, "content": "found"}, 4 * number + 3),
            entry({"role": "assistant", "content": "Found it."}, 4 * number + 4),
        ]
        for end in (1, 3):
            sent = thread.ask(used[:end])
            thread.close(sent, used[:end], used[end])
    question = entry({"role": "user", "content": "What was kettle 3 again?"}, 33)
    payload = [e.message for e in thread.ask([question]).messages]
    calls = [call["id"] for m in payload for call in m.get("tool_calls", ())]
    assert calls == [m["tool_call_id"] for m in payload if m["role"] == "tool"]
    assert calls[-2:] == ["call_6", "call_7"]


def test_the_summary_buffer_pops_its_oldest_messages_and_pays_a_call_for_it() -> None:
    thread = SummaryBuffer().open([entry(PROMPT)])
    taken = drive(thread, rounds(9))
    calls = [list(made) for _, made in taken]
    assert calls[:6] == [[]] * 6
    # The seventh round makes 2,100 tokens: its oldest message of 100 goes.
    summary = tokens.count_message(taken[7][0][1])
    assert calls[6] == [Call(150 + 100, summary)]
    # The eighth makes 2,300: replies are popped with the questions, until 2,000 are left.
    assert calls[7][0].prompt_tokens == 150 + summary + 200 + 100
    payload, _ = taken[8]
    assert [m["role"] for m in payload[:3]] == ["system", "system", "assistant"]
    assert payload[1]["content"].startswith("Summary")
    assert summary < 300


def test_a_summary_forgets_its_oldest_lines() -> None:
    thread = SummaryBuffer().open([])
    said = [*talk("My locker code is Falcon-77, remember it.", "Noted."), *rounds(30)]
    payloads = [payload for payload, _ in drive(thread, said)]
    held = [any("Falcon-77" in m["content"] for m in payload) for payload in payloads]
    forgotten = held.index(False)
    assert held == [*[True] * forgotten, *[False] * (31 - forgotten)]
    assert 8 < forgotten < 31


def test_the_published_idea_hits_only_across_and_sends_a_strangers_reply() -> None:
    layout = Published()
    first = drive(layout.open([entry(PROMPT)]), talk("Hello", "Hi!", "My parcel?", "Where?"))
    assert [len(payload) for payload, _ in first] == [2, 4]
    second = layout.open([entry(PROMPT)])
    sent = second.ask([entry({"role": "user", "content": "Refund me"})])
    assert [e.message for e in sent.messages] == talk("", "Hi!", "Refund me")[1:]
    assert (sent.hit, sent.is_foreign) == (True, True)


def test_the_published_ideas_hits_are_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path / "talk.jsonl",
        {"messages": talk("Hello", "Hi!", "My parcel?", "Where?", "Here", "Thanks")},
        {"messages": talk("Hello", "Hi!", "My refund?", "Soon.")},  # hits twice: it began alike
        {"messages": talk("Good day", "Hi!", "My order?", "Which?")},  # once: nothing was said yet
    )
    results = replay(path, NO_CACHE, [PROMPT])
    published = results["published"]
    assert (published.hits_inside, published.hits_across) == (0, 3)
    assert [this.hits for this in published.by_round] == [2, 1, 0]
    assert published.bill.requests == 7
    assert (results["recap"].hits_inside, results["recap"].hits_across) == (4, 0)


def test_the_published_ideas_key_is_the_digest_of_the_whole_lists_json() -> None:
    layout = Published()
    said = talk("我的订单?", "哪一个？", "A-1", "Merci")
    thread = layout.open([entry(PROMPT)])
    drive(thread, said)
    for length in (0, 2):
        listed = json.dumps([PROMPT, *said[:length]], sort_keys=True, ensure_ascii=False)
        assert hashlib.sha256(listed.encode()).digest() in layout._rows
    assert len(layout._rows) == 2


def probe(after: int, question: str, answer: str, **values: Any) -> dict[str, Any]:
    return {"after_turn": after, "question": question, "must_contain": answer, **values}


def test_a_probe_is_right_where_the_payload_holds_its_answer(tmp_path: Path) -> None:
    said = [*talk("My locker code is 1,596 ＡＢ.", "Noted."), *rounds(6)]
    asked = [
        probe(1, "What was my locker code?", "1596ab"),
        probe(13, "What was my locker code?", "1596 AB", distance_rounds=7),
        probe(13, "What was my Thunderbolt called?", "Thunderbolt"),  # only the question says it
        probe(13, "What do you do?", "shop's helper"),  # only the system prompt says it
    ]
    path = write(tmp_path / "talk.jsonl", {"messages": said, "probes": asked, "language": "en"})
    results = replay(path, NO_CACHE, [PROMPT])
    held = {name: result.recall().held for name, result in results.items()}
    assert held == {
        "full": 2,
        "full-cache": 2,
        "window-4": 1,
        "window-20": 2,
        "chunked": 2,
        "summary-buffer": 2,
        "published": 2,
        "slim": 1,
        "bm25": 2,
        "recap": 2,
    }
    far = results["window-4"].recall(distance="6-20", language="en")
    near = results["window-4"].recall(distance="1-5")
    unknown = results["window-4"].recall(distance="?")
    assert [(t.held, t.asked) for t in (far, near, unknown)] == [(0, 1), (1, 1), (0, 2)]
    assert results["recap"].recall(language="zh").share is None


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    said = [*talk("My locker code is 1,596.", "Noted."), *rounds(12)]
    asked = [probe(n, "What was my locker code, earlier?", "1,596") for n in range(1, 26, 2)]
    bare = write(tmp_path / "bare.jsonl", {"messages": said})
    probed = write(tmp_path / "probed.jsonl", {"messages": said, "probes": asked})
    for price in (NO_CACHE, PRICE):
        alone = {name: result.bill for name, result in replay(bare, price, [PROMPT]).items()}
        assert alone == {
            name: result.bill for name, result in replay(probed, price, [PROMPT]).items()
        }


@pytest.mark.parametrize(
    ("rounds_back", "group"), [(1, "1-5"), (5, "1-5"), (6, "6-20"), (301, ">300"), (None, "?")]
)
def test_distances_are_told_in_groups(rounds_back: int | None, group: str) -> None:
    assert memory.span(rounds_back, memory.DISTANCES) == group


def test_a_pause_beyond_the_caches_life_costs_the_whole_prefix_and_makes_a_cut_free(
    tmp_path: Path,
) -> None:
    price = PRICE.model_copy(update={"min_cacheable_tokens": 0, "cache_seconds": 300})
    said = rounds(9)
    for place, one in enumerate(said):
        one["created_at"] = f"2026-11-24T10:00:{place:02}Z"
    said[-2]["created_at"] = said[-1]["created_at"] = "2026-11-24T11:00:00Z"
    path = write(tmp_path / "talk.jsonl", {"messages": said})
    results = replay(path, price, [PROMPT])
    last = {name: result.by_round[-1].bill for name, result in results.items()}
    assert last["full-cache"].cached == 0
    assert results["full-cache"].by_round[-2].bill.cached > 0
    assert last["recap"].tokens < last["full-cache"].tokens


def test_tool_calls_are_requests_of_their_own_and_greetings_are_none(tmp_path: Path) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    said: list[dict[str, Any]] = [
        {"role": "assistant", "content": "Welcome!"},
        {"role": "user", "content": "Where is it?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "in Hamburg"},
        {"role": "assistant", "content": "In Hamburg."},
        {"role": "assistant", "content": "Anything else?"},
        {"role": "user", "content": "No."},
    ]
    path = write(tmp_path / "talk.jsonl", {"messages": said})
    results = replay(path, NO_CACHE)
    whole = [tokens.count_messages(said[:n]) + tokens.REPLY_PRIMING for n in (2, 4, 7)]
    for name in ("full", "window-4"):
        assert [this.bill.tokens for this in results[name].by_round] == whole, name
    assert [this.bill.tokens for this in results["recap"].by_round][:2] == whole[:2]
    assert results["full"].bill.output_cost == pytest.approx(
        2 * sum(tokens.count_message(said[n]) - tokens.MESSAGE_OVERHEAD for n in (2, 4)) / 1e6
    )


def test_a_list_that_holds_a_picture_is_shortened_like_others(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    said = rounds(8)
    said[0]["content"] = [{"type": "text", "text": "look"}, picture]
    path = write(tmp_path / "talk.jsonl", {"messages": said})
    results = replay(path, NO_CACHE)
    assert results["recap"].bill.tokens < results["full"].bill.tokens / 2
    last = results["recap"].by_round[-1].bill.tokens
    assert last < results["window-4"].by_round[-1].bill.tokens


def test_a_conversations_own_system_messages_stand(tmp_path: Path) -> None:
    own = [{"role": "developer", "content": "Be brief."}, *talk("Hello", "Hi!")]
    path = write(tmp_path / "talk.jsonl", {"messages": own}, {"messages": talk("Hello", "Hi!")})
    bill = replay(path, NO_CACHE, [PROMPT])["full"].bill
    expected = tokens.count_messages([own[0], own[1], PROMPT, own[1]]) + 2 * tokens.REPLY_PRIMING
    assert bill.tokens == expected


def test_requests_above_the_models_window_are_counted(tmp_path: Path) -> None:
    price = NO_CACHE.model_copy(update={"context_window": 1000})
    path = write(tmp_path / "talk.jsonl", {"messages": rounds(10)})
    results = replay(path, price)
    assert results["full"].too_long == 7  # 103, 403, 703, then 1,003 and more
    assert results["recap"].too_long == 0


def test_the_common_prefix_of_two_payloads_ends_inside_a_message() -> None:
    one = entry({"role": "user", "content": "word " * 50 + "apples"})
    other = entry({"role": "user", "content": "word " * 50 + "pears"})
    system = entry(PROMPT)
    shared = billing.seen_tokens([system, one], [system, other, one])
    assert system.tokens + 45 <= shared <= system.tokens + 50
    assert billing.seen_tokens([system, one], [system, one, other]) == system.tokens + one.tokens
    as_reply = entry({"role": "assistant", "content": one.message["content"]})
    assert billing.seen_tokens([one], [as_reply]) == 0
    assert billing.seen_tokens([], [one]) == 0


def test_recap_sends_what_the_planner_plans() -> None:
    thread = Recap(NO_CACHE).open([entry(PROMPT)])
    payloads = [payload for payload, _ in drive(thread, rounds(10))]
    assert payloads[-1][0] == PROMPT
    assert len(payloads[-1]) <= 1 + 2 * layout.KEPT_ROUNDS + 1
    assert roles_in(payloads[-1]) == ["user", "assistant"] * layout.KEPT_ROUNDS + ["user"]
    kept = rounds(10)[-2 * layout.KEPT_ROUNDS - 2 : -1]
    assert spoken(payloads[-1][1:]) == [(m["role"], m["content"]) for m in kept]


def test_every_layout_is_given_the_recorded_replies() -> None:
    said = rounds(3)
    for plain in (Full("", "", caches=True), Window("", "", 20)):
        payload, _ = drive(plain.open([entry(PROMPT)]), said)[-1]
        assert payload == [PROMPT, *said[:5]]
