"""Pictures, sounds and files: those since the cut stay as they came, folded ones leave a line."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Starter
from tests.payloads import record_of
from tests.probes import user
from tests.turns.calling import (
    CACHED,
    FILE,
    NO_CACHE,
    PICTURE,
    SOUND,
    Caller,
    assert_ends_as_said,
    price_file,
)

KINDS: dict[str, dict[str, Any]] = {"picture": PICTURE, "sound": SOUND, "file": FILE}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_folded_attachment_leaves_its_words_and_the_list_is_short(
    start_recap: Starter, tmp_path: Path, kind: str
) -> None:
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, said=[{"role": "system", "content": "Be kind."}])
        shown = {"type": "text", "text": "This lamp arrived broken yesterday"}
        for turn in range(9):
            question = user(f"I have case {turn}. {'Thank you. ' * 40}")
            if turn == 1:
                question = {"role": "user", "content": [KINDS[kind], shown]}
            opened = len(caller.said)
            (sent,) = await caller.ask(question)
            assert_ends_as_said(sent, caller.said[: opened + 1], 1)
        assert len(sent) == 6, "one attachment no longer sends all later turns whole"
        (line,) = [line for line in record_of(sent).splitlines() if "lamp" in line]
        assert line.startswith("- ")
        assert f"{kind}: " in line
        assert "arrived broken yesterday" in line


async def test_a_long_recording_is_not_taken_for_text_that_fills_the_window(
    start_recap: Starter, tmp_path: Path
) -> None:
    data = base64.b64encode(bytes(range(256)) * 2500).decode()
    sound = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, CACHED, said=[{"role": "system", "content": "Be kind."}])
        await caller.ask(user("My order is A-55512."))
        for question in ({"role": "user", "content": [sound]}, user("Did you hear it?")):
            (sent,) = await caller.ask(question)
            assert sent == caller.said[:-1], "a short chat is sent whole"


@pytest.mark.parametrize("model", [NO_CACHE, CACHED])
async def test_the_record_stands_before_the_parts_of_a_question_that_has_some(
    start_recap: Starter, tmp_path: Path, model: str
) -> None:
    async with start_recap(prices_file=price_file(tmp_path)) as recap:
        caller = Caller(recap, model, said=[{"role": "system", "content": "Be kind."}])
        records = 0
        for turn in range(30):
            text = {"type": "text", "text": f"This is picture {turn} of the lamp. " * 9}
            question = {"role": "user", "content": [text, PICTURE, SOUND, FILE]}
            opened = len(caller.said)
            (sent,) = await caller.ask(question)
            assert_ends_as_said(sent, caller.said[: opened + 1], 1)
            records += bool(record_of(sent))
        assert records
