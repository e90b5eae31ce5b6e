"""An edited history is another one: nothing of the branch that was left reaches the model."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.conftest import Recap
from tests.probes import complete, user

ROUNDS = 14
DEFAULT_EDITS = 60
ALL_EDITS = 10_000


def told(code: int) -> dict[str, Any]:
    """A customer's message with a number that no other has."""
    return user(f"My order number is A-{code}, and the parcel is late again. It is urgent.")


async def edit_at_random(recap: Recap, edits: int) -> None:
    """Each edit replaces one message and asks; the next one goes on from there, or from before."""
    draw = random.Random(7)
    codes = list(range(10_000, 10_000 + ROUNDS))
    for number in range(edits):
        place, replaced = draw.randrange(ROUNDS), list(codes)
        replaced[place] = 20_000 + number
        messages = []
        for code in replaced:
            messages += [told(code), {"role": "assistant", "content": f"Noted. {'Sorry. ' * 9}"}]
        question = draw.choice(["What was the number I gave you?", "Thank you.", "And now?"])
        await complete(recap, [*messages, user(question)])
        sent = "\n".join(str(m["content"]) for m in recap.upstream.requests.pop()["messages"])
        gone = {code for code in codes if code not in replaced}
        assert not any(f"A-{code}" in sent for code in gone), (number, place, sent)
        if draw.random() < 0.5:
            codes = replaced


async def test_an_edited_history_never_sees_what_another_branch_said(recap: Recap) -> None:
    await edit_at_random(recap, DEFAULT_EDITS)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_after_ten_thousand_edits_no_branch_has_seen_another(recap: Recap) -> None:
    await edit_at_random(recap, ALL_EDITS)
