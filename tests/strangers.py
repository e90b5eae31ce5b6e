"""Sessions that ask the same, so that another may be given what they got."""

from __future__ import annotations

from typing import Any

from tests.conftest import Recap
from tests.watching import change, eventually

QUESTION = "When do you open?"
SESSIONS = 3
"""Sessions that ask for themselves before one is given their answer."""


async def ask_for_themselves(
    recap: Recap, question: str = QUESTION, sessions: int = SESSIONS
) -> list[dict[str, Any]]:
    """So many new sessions, each of which has asked the question as its first."""
    opened = [await recap.open_session() for _ in range(sessions)]
    for session in opened:
        assert (await recap.say(session, question))["cache"]["status"] == "miss"
    return opened


async def lose_replies(recap: Recap) -> None:
    """The table keeps who asked, and no answer: what a full cache may come to."""
    await change(recap, "DELETE FROM prefix_cache WHERE kind = 'reply'")


async def all_have_looked(recap: Recap, turns: int) -> None:
    """So many turns run, and each has read what it wanted to know: reads are answered in turn."""
    running = recap.rooms.metrics.registry.get_sample_value
    await eventually(lambda: running("recap_turns_running") == turns)
    for _ in range(30):
        await recap.rooms.storage.cache.stats()
