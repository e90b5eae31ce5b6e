"""Was what a message asks for said at all, is it near enough to be it, and is it missing?

A message that plainly looks back is believed as soon as a fair share of what it is about was said:
it may put things in other words. One that doesn't must find most of its topic in one round, with a
value of the kind that it asks for, while no line of the payload is as close.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from service.context import needs
from service.context.needs import Need
from service.context.postings import Postings
from service.context.terms import terms

SAID: Final = 0.2
"""The share of a topic, by weight, that must have been said where the message looks back."""
CLOSE: Final = 0.3
"""The share that one round must hold where it doesn't."""
AS_CLOSE: Final = 0.8
"""Rounds are taken that hold so much of what the best one holds."""
PRESENT: Final = 0.95
"""A line of the payload that holds so much of it makes fetching needless."""
RARE: Final = 6
RARE_SHARE: Final = 0.08
"""A term is rare in up to so many pieces, or in this share of the rounds."""
FEW: Final = 3
"""Pieces that hold a name which is asked about, though nothing else of the question was said."""
ALONE: Final = 2.0
"""The weight of a single character that was never said; one that was tells nothing."""


def kind_term(kind: str) -> str:
    """The term that stands for values of a kind; no text has such a one."""
    return f"\0{kind}"


def was_said(need: Need, said: Postings) -> bool:
    """Was enough said of what a message is about that looks back?"""
    if not need.topic:
        return not need.kinds or any(kind_term(kind) in said for kind in need.kinds)
    known, unknown = _topic(need, said)
    return sum(known.values()) >= SAID * (sum(known.values()) + unknown)


def close_rounds(need: Need, said: Postings, rounds: int, present: str) -> frozenset[int]:
    """The rounds, of so many, that hold what a plain message asks for; none where the payload is
    as close."""
    if named := _named(need, said, present):
        return named
    known, unknown = _topic(need, said)
    whole = sum(known.values()) + unknown
    if not known or sum(known.values()) < CLOSE * whole or not _tells(need, known, said, rounds):
        return frozenset()
    held = dict[int, float]()
    for term, weight in known.items():
        for place in {said.pieces[number].round for number in said.held(term)}:
            held[place] = held.get(place, 0.0) + weight
    best = max(held.values())
    if best < CLOSE * whole:
        return frozenset()
    least = max(CLOSE * whole, AS_CLOSE * best)
    close = {place for place, weight in held.items() if weight >= least}
    if need.kinds:
        close &= {piece.round for piece in said.pieces if piece.kinds & need.kinds}
    if close and _closest_line(need, known, present) >= PRESENT * best:
        return frozenset()
    return frozenset(close)


def _named(need: Need, said: Postings, present: str) -> frozenset[int]:
    """The rounds that hold a name of which few speak, and the payload doesn't."""
    rare = [name for name in sorted(need.names) if 0 < said.count(name) <= FEW]
    lacking = frozenset(rare).difference(*(map(terms, present.splitlines()) if rare else ()))
    return frozenset(said.pieces[number].round for name in lacking for number in said.held(name))


def _tells(need: Need, known: dict[str, float], said: Postings, rounds: int) -> bool:
    """Does the topic tell a few rounds from the others? It need not where what is the customer's
    is asked for ("my flight number"), but for things that are just being talked about."""
    most = max(RARE, RARE_SHARE * rounds)
    if any(said.count(term) <= most for term in known):
        return True
    return need.is_own and bool(need.kinds) and not need.points


def _topic(need: Need, said: Postings) -> tuple[dict[str, float], float]:
    """The terms of the topic that were said, with their weights; and the weight of the others."""
    known, unknown = dict[str, float](), 0.0
    for group in need.topic:
        if len(group) == 1 and needs.is_character(group[0]):
            unknown += 0.0 if group[0] in said.characters else ALONE
            continue
        known |= {term: said.weight(term) for term in group if term in said}
        unknown += sum(said.weight(term) for term in _unsaid(group, said))
    return known, unknown


def _unsaid(group: Sequence[str], said: Postings) -> Iterator[str]:
    """The terms of a group that were not said, without those that overlap one that was, or one
    that counts already."""
    known = [False, *(term in said for term in group), False]
    last = -2
    for place, term in enumerate(group):
        if not any(known[place : place + 3]) and place > last + 1:
            last = place
            yield term


def _closest_line(need: Need, known: dict[str, float], present: str) -> float:
    """The weight of the topic in the payload's closest line that holds a value of the right kind
    and says of what; the line before belongs to it, as a question does to its answer."""
    best, before = 0.0, frozenset[str]()
    for line in present.splitlines():
        here = frozenset(known).intersection(terms(line))
        if here and (not need.kinds or needs.kinds_in(line) & need.kinds):
            best = max(best, sum(known[term] for term in here | before))
        before = here
    return best
