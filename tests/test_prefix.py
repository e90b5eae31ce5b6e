"""The prefix hash: what must change a name, and what must not."""

from __future__ import annotations

import copy
import hashlib
import typing
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openai.types.chat import completion_create_params as sdk

from service import prefix
from service.prefix import PrefixHash
from tests.message_lists import (
    Message,
    as_floats,
    call_ids,
    leaves,
    lists,
    shuffled,
    spoken,
    words,
)

IN_THE_KEY: dict[str, tuple[Any, Any]] = {
    "audio": ({"voice": "ash", "format": "wav"}, {"voice": "ash", "format": "mp3"}),
    "frequency_penalty": (0, 0.5),
    "function_call": ("auto", {"name": "find"}),
    "functions": ([{"name": "find"}], [{"name": "find", "description": "finds"}]),
    "logit_bias": ({"50256": -100}, {"50256": 100}),
    "logprobs": (True, False),
    "max_completion_tokens": (10, 11),
    "max_tokens": (10, 11),
    "modalities": (["text"], ["text", "audio"]),
    "model": ("gpt-a", "gpt-b"),
    "moderation": ({"model": "m1"}, {"model": "m2"}),
    "n": (1, 2),
    "parallel_tool_calls": (True, False),
    "prediction": ({"type": "content", "content": "a"}, {"type": "content", "content": "b"}),
    "presence_penalty": (0, 0.5),
    "reasoning_effort": ("low", "high"),
    "response_format": ({"type": "text"}, {"type": "json_object"}),
    "safety_identifier": ("customer-1", "customer-2"),
    "seed": (1, 2),
    "service_tier": ("flex", "default"),
    "stop": (["a"], ["b"]),
    "temperature": (0, 0.001),
    "tool_choice": ("none", "auto"),
    "tools": (
        [{"type": "function", "function": {"name": "f", "strict": True}}],
        [{"type": "function", "function": {"name": "f", "strict": False}}],
    ),
    "top_logprobs": (1, 2),
    "top_p": (0.5, 0.6),
    "user": ("customer-1", "customer-2"),
    "verbosity": ("low", "high"),
    "web_search_options": ({}, {"search_context_size": "low"}),
    "a_field_invented_tomorrow": ("one", "other"),
}
LEFT_OUT: dict[str, Any] = {
    "messages": [],  # named by the chain
    "metadata": {"ticket": "7"},
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "explicit"},
    "prompt_cache_retention": "24h",
    "store": True,
    "stream": True,
    "stream_options": {"include_usage": True},
}

ROOT = prefix.root("ten_1")


def request_key(request: dict[str, Any], *, scope: str = "", root: PrefixHash = ROOT) -> PrefixHash:
    return prefix.reply_key(root, request, scope)


def name_of(messages: list[Message], root: PrefixHash = ROOT) -> PrefixHash:
    return prefix.chain(root, messages)


def test_every_parameter_of_the_sdk_is_classified_as_in_the_key_or_left_out() -> None:
    known = {
        field
        for params in (
            sdk.CompletionCreateParamsBase,
            sdk.CompletionCreateParamsNonStreaming,
            sdk.CompletionCreateParamsStreaming,
        )
        for field in typing.get_type_hints(params)
    }
    classified = IN_THE_KEY.keys() | LEFT_OUT.keys()
    assert classified - {"a_field_invented_tomorrow"} == known
    assert not IN_THE_KEY.keys() & LEFT_OUT.keys()
    assert LEFT_OUT.keys() == prefix.LEFT_OUT


@pytest.mark.parametrize("field", IN_THE_KEY)
def test_a_parameter_that_changes_the_answer_changes_the_key_and_the_check(field: str) -> None:
    base = {"model": "gpt-a"}
    one, other = IN_THE_KEY[field]
    keys = [request_key(request) for request in (base | {field: one}, base | {field: other})]
    if field != "model":
        keys.append(request_key(base))
    assert len({key.key for key in keys}) == len({key.check for key in keys}) == len(keys)


@pytest.mark.parametrize("field", LEFT_OUT)
def test_a_parameter_that_is_left_out_changes_nothing(field: str) -> None:
    base = {"model": "gpt-a", "temperature": 0.5}
    assert request_key(base | {field: LEFT_OUT[field]}) == request_key(base)


@given(data=st.data())
@settings(deadline=None)
def test_requests_that_are_equal_json_have_one_key(data: st.DataObject) -> None:
    fields = data.draw(st.lists(st.sampled_from(sorted(IN_THE_KEY)), unique=True))
    request = {"model": "gpt-a", "seed": 7, "temperature": 1} | {
        field: data.draw(st.sampled_from(IN_THE_KEY[field])) for field in fields
    }
    absent = set(IN_THE_KEY) - set(request)
    same = shuffled(data, request | dict.fromkeys(absent, None))
    assert request_key(as_floats(same)) == request_key(request)


def test_numbers_that_are_not_equal_have_their_own_keys() -> None:
    values = [0, 1, 1.5, 2**53, 2**53 + 1, float(2**53 + 2), True, "1", [1], {"1": 1}]
    assert len({request_key({"model": "m", "x": value}).key for value in values}) == len(values)


@given(lists, st.data())
@settings(deadline=None)
def test_any_change_of_a_message_changes_the_name(said: list[Message], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([p for p in leaves(said) if p[-1] != "id"]))
    changed = copy.deepcopy(said)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    old: str = holder[path[-1]]
    holder[path[-1]] = data.draw(spoken.filter(lambda new: bool(new != old)))
    if path[-1] == "tool_call_id":
        assume(not {old, holder[path[-1]]} & set(call_ids(said)))
    before, after = name_of(said), name_of(changed)
    assert before.key != after.key
    assert before.check != after.check


@given(lists, st.data())
@settings(deadline=None)
def test_taking_away_doubling_or_swapping_messages_changes_the_name(
    said: list[Message], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(said) - 1))
    others = [said[:at] + said[at + 1 :], said[:at] + said[at : at + 1] * 2 + said[at + 1 :]]
    if len({name_of([message]) for message in said[at : at + 2]}) == 2:
        others.append([*said[:at], *reversed(said[at : at + 2]), *said[at + 2 :]])
    assert name_of(said).key not in {name_of(other).key for other in others}


FOLDINGS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "case folding": str.casefold,
    "stripped": str.strip,
    "trailing space": lambda text: f"{text} ",
    "single spaces": lambda text: " ".join(text.split()),
    "NFC": partial(unicodedata.normalize, "NFC"),
    "NFD": partial(unicodedata.normalize, "NFD"),
    "NFKC": partial(unicodedata.normalize, "NFKC"),
    "line ends": lambda text: text.replace("\r\n", "\n"),
}


@pytest.mark.parametrize("fold", FOLDINGS)
@given(before=words, after=words)
@settings(deadline=None)
def test_text_is_never_folded(fold: str, before: str, after: str) -> None:
    text = f" {before} Ｏrder  Ⅳ\r\nof M\u00fcller: Straße, ﬁve e\u0301 {after} "
    folded = FOLDINGS[fold](text)
    assert folded != text
    for shape in (lambda t: t, lambda t: [{"type": "text", "text": t}] * 2):
        one, other = ([{"role": "user", "content": shape(t)}] for t in (text, folded))
        assert name_of(one).key != name_of(other).key
    assert request_key({"model": "m", "user": text}) != request_key({"model": "m", "user": folded})


@given(lists, st.data())
@settings(deadline=None)
def test_lists_that_are_equal_json_have_one_name(said: list[Message], data: st.DataObject) -> None:
    fields = ("name", "refusal", "tool_calls", "function_call", "audio", "annotations")
    same = []
    for message in shuffled(data, said):
        absent = [field for field in fields if field not in message]
        empty: st.SearchStrategy[Any] = st.sampled_from([None, "", [], {}])
        same.append(message | {field: data.draw(empty) for field in absent})
        if isinstance(message["content"], str) and data.draw(st.booleans()):
            same[-1]["content"] = [{"type": "text", "text": message["content"]}]
    assert name_of(same) == name_of(said)


def test_whole_numbers_in_messages_are_one_however_they_are_written() -> None:
    said = [{"role": "user", "content": "hi", "weight": 1, "place": {"line": [2, 0.5]}}]
    assert name_of(as_floats(said)) == name_of(said)
    assert name_of([said[0] | {"weight": 1.5}]) != name_of(said)


@given(st.lists(spoken, min_size=3, max_size=3, unique=True), st.permutations(range(3)))
@settings(deadline=None)
def test_tool_call_ids_may_be_redrawn_but_not_confused(ids: list[str], order: list[int]) -> None:
    def conversation(ids: list[str], results: list[int]) -> list[Message]:
        call = {"type": "function", "function": {"name": "find", "arguments": "{}"}}
        calls = [{"id": call_id} | call for call_id in ids]
        answers = [
            {"role": "tool", "tool_call_id": ids[place], "content": "found"} for place in results
        ]
        return [{"role": "assistant", "tool_calls": calls}, *answers]

    drawn = conversation(["call_a", "call_b", "call_c"], order)
    assert name_of(conversation(ids, order)) == name_of(drawn)
    swapped = conversation(["call_a", "call_b", "call_c"], [order[1], order[0], order[2]])
    assert name_of(swapped) != name_of(drawn)


@given(lists, st.data())
@settings(deadline=None)
def test_a_name_kept_up_message_by_message_is_the_whole_lists(
    said: list[Message], data: st.DataObject
) -> None:
    canonical = prefix.Canonical()
    kept = ROOT
    for message in said:
        kept = prefix.extend(kept, canonical(message))
    assert kept == name_of(said)
    assert kept.count == len(said)
    without_tools = [m for m in said if not m.get("tool_calls")]
    cut = data.draw(st.integers(0, len(without_tools)))
    halves = prefix.chain(name_of(without_tools[:cut]), without_tools[cut:])
    assert halves == name_of(without_tools)


@given(lists, st.lists(st.tuples(spoken, words), min_size=2, max_size=4, unique=True))
@settings(deadline=None)
def test_tenants_and_scopes_never_share_a_name(
    said: list[Message], owners: list[tuple[str, str]]
) -> None:
    made = [
        request_key({"model": "m"}, scope=scope, root=name_of(said, prefix.root(tenant)))
        for tenant, scope in owners
    ]
    assert len({key.key for key in made}) == len({key.check for key in made}) == len(owners)


def test_the_check_is_another_algorithms() -> None:
    assert ROOT.key != ROOT.check
    grown = prefix.extend(ROOT, b"{}")
    assert grown.key == hashlib.sha256(ROOT.key + b"{}").digest()
    assert grown.check == hashlib.blake2b(ROOT.check + b"{}", digest_size=32).digest()


def test_ids_that_a_provider_repeats_in_each_round_are_told_apart() -> None:
    calls = [{"id": f"call_{n}", "type": "function", "function": {"name": "f"}} for n in range(2)]
    rounds: list[dict[str, Any]] = [{"role": "assistant", "tool_calls": calls}] * 2
    result = {"role": "tool", "tool_call_id": "call_0", "content": "sunny"}
    start = prefix.root("ten_1")
    named = prefix.chain(start, [*rounds, result])
    assert named != prefix.chain(start, [*rounds, result | {"tool_call_id": "call_1"}])
