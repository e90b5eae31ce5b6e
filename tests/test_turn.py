"""The turn of a session, at the REST door."""

from __future__ import annotations

from tests.conftest import Recap


async def test_a_message_is_answered_and_both_are_in_the_transcript(recap: Recap) -> None:
    session = await recap.open_session()
    answer = await recap.say(session, "Where is my order A-20931?")
    assert answer["reply"]["content"] == "Answer to: Where is my order A-20931?"
    assert answer["owner"] == "bot"
    assert answer["cache"] == {"status": "miss", "layout": "full"}
    said = await recap.transcript(session)
    assert [(m["seq"], m["kind"]) for m in said] == [(1, "customer"), (2, "bot")]


async def test_from_the_second_turn_on_the_prefix_is_a_hit(recap: Recap) -> None:
    session = await recap.open_session()
    answers = [await recap.say(session, f"Question {n}, order A-2093{n}?") for n in range(8)]
    statuses = [answer["cache"]["status"] for answer in answers]
    assert statuses == ["miss"] + ["hit"] * 7
    for a in answers:
        print(a["usage"], a["cache"])
    for m in recap.upstream.requests[-1]["messages"]:
        print(m)
