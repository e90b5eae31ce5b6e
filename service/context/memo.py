"""What was read of a message lately, so that a fold that is tried turn after turn reads it once.

Reading is pure: the same words give the same facts and wishes in every turn and session, so what is
remembered can be anybody's. It is customers' words all the same: erasing a session forgets it all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

MOST: Final = 1024
"""Readings of a kind that are remembered; those used longest ago go first."""

_FORGETTING: Final[list[Callable[[], None]]] = []


def remembered(read: Callable[P, T]) -> Callable[P, T]:
    """A pure function of hashable arguments that remembers what it returned lately."""
    cached = lru_cache(MOST)(read)
    _FORGETTING.append(cached.cache_clear)
    return cast(Callable[P, T], cached)


def forget() -> None:
    """Nothing of what was read stays in memory."""
    for clear in _FORGETTING:
        clear()
