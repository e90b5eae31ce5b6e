"""What is asked of the ledger, as statements: the sums, and how long turns took.

Money is summed in billionths of CURRENCY, which are whole numbers: whatever turns are grouped by,
the sums agree to the last digit. (A price of three decimals a million tokens makes no fraction of
a billionth.)

**Rounds** are counted within a session from its first turn on, whatever part of it is asked for;
turns that belong to no session are the round "".

**Means** say by what a turn saved. They are a property of the turn, and every turn has one:

    reused      the stored answer to the identical list was given again: no call
    collapsed   the turn shared a call that was under way for the identical list
    shortened   its call was sent a stand-in for a part of the history
    whole       its call was sent everything, so it cost what the whole history costs

So the parts add up to `saved_cost` exactly. `shortened` can be below zero in a short span: a cut
makes a part of the prompt cold at the provider once, and pays for that over the turns after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Label,
    Select,
    case,
    cast,
    func,
    label,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from service.storage.database import Row
from service.storage.models import Tenant, Turn

Grouping = Literal["day", "month", "model", "outcome", "session", "tenant", "round", "means"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
Order = Literal["name", "cost"]
ORDERS: tuple[Order, ...] = get_args(Order)

_ROUNDS: dict[Any, str] = {
    0: "",
    1: "1",
    2: "2",
    3: "3",
    4: "4-10",
    11: "11-30",
    31: "31-100",
    101: "101-300",
    301: "301+",
}
"""The names of rounds by the first of them; a group of another kind has no number for a name."""

_BILLION = 1_000_000_000
_MONEY = ("cost", "full_cost", "uncached_cost", "saved_cost")
_PERCENTILES = {"p50": 0.5, "p95": 0.95}
_TIMES = {"latency": "latency_us", "first_token": "first_token_us"}
_UNTIMED = {f"{time}_{percentile}_ms": None for time in _TIMES for percentile in _PERCENTILES}


@dataclass(frozen=True, slots=True)
class Question:
    """Sums by `by` over turns in [start, end) microseconds, of one tenant or of all.

    `order` is by the group's own name, or the dearest first; `limit` None is all of them.
    """

    by: Grouping = "day"
    tenant_id: str | None = None
    model: str | None = None
    outcome: str | None = None
    start: int | None = None
    end: int | None = None
    order: Order = "name"
    limit: int | None = None


def statement(question: Question) -> Select[Any]:
    """The sums of each group; read its rows through `answer`."""
    turns = _turns(question)
    name = _name(question.by, turns).label("name")
    columns: list[ColumnElement[Any]] = [name, *sums(turns)]
    if question.by == "session":
        columns.append(_only(Tenant.name).label("tenant"))
    asked = _asked(question, turns, columns).group_by(name)
    if question.order == "cost":
        asked = asked.order_by(asked.selected_columns["cost"].desc())
    return asked.order_by(name).limit(question.limit)


def times(question: Question) -> Select[Any]:
    """The percentiles of each group, by nearest rank: the least time that so many percent of its
    turns did not exceed. A statement of its own, because it must sort all of them."""
    turns = _turns(question)
    name = _name(question.by, turns)
    columns: list[ColumnElement[Any]] = [name.label("name")]
    for time, column in _TIMES.items():
        value = getattr(turns, column)
        share = func.cume_dist().over(partition_by=(name, value.is_(None)), order_by=value)
        columns += [value.label(time), share.label(f"{time}_share")]
    ranked = _asked(question, turns, columns).subquery("ranked").c
    found = [
        label(f"{time}_{percentile}_ms", func.min(ranked[time]).filter(reached) / 1000.0)
        for time in _TIMES
        for percentile, share in _PERCENTILES.items()
        for reached in [ranked[f"{time}_share"] >= share]
    ]
    return select(ranked.name, *found).group_by(ranked.name)


def answer(question: Question, rows: Sequence[Row], timed: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as they are shown: a group's name under the name of the grouping, and its sums."""
    of_group = {row["name"]: dict(row) for row in timed}
    shown = []
    for row in rows:
        values = readable(row) | of_group.get(row["name"], _UNTIMED)
        name = values.pop("name")
        shown.append({question.by: _ROUNDS.get(name, name), **values})
    return shown


def readable(row: Row) -> dict[str, Any]:
    """Money in units of CURRENCY, averages without the digits that mean nothing."""
    shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in dict(row).items()}
    return shown | {name: shown[name] / _BILLION for name in _MONEY}


def sums(turns: Any) -> list[Label[Any]]:
    """The sums over turns, given by their columns.

    A turn whose usage is unknown counts in `turns` and `unknown`, and in no sum of tokens or
    money. `hits` and `misses` are look-ups of the prefix whose result counted; turns that took a
    stored or a shared answer are in `reused`.
    """
    known = turns.prompt_tokens.is_not(None)
    full = func.sum(turns.full_prompt_tokens).filter(known)
    sent = func.sum(turns.prompt_tokens)
    cost, full_cost = _billionths(turns.cost), _billionths(turns.full_cost)
    columns: dict[str, Any] = {
        "turns": func.count(),
        "unknown": func.count().filter(~known),
        "hits": func.count().filter(turns.status == "hit"),
        "misses": func.count().filter(turns.status == "miss"),
        "reused": func.count().filter(or_(turns.outcome == "reused", turns.outcome == "collapsed")),
        "prompt_tokens": func.coalesce(sent, 0),
        "completion_tokens": func.coalesce(func.sum(turns.completion_tokens), 0),
        "cached_tokens": func.coalesce(func.sum(turns.cached_tokens), 0),
        "cache_write_tokens": func.coalesce(func.sum(turns.cache_write_tokens), 0),
        "full_prompt_tokens": func.coalesce(full, 0),
        "saved_tokens": func.coalesce(full - sent, 0),
        "cost": func.coalesce(func.sum(cost), 0),
        "full_cost": func.coalesce(func.sum(full_cost), 0),
        "uncached_cost": func.coalesce(func.sum(_billionths(turns.uncached_cost)), 0),
        "saved_cost": func.coalesce(func.sum(full_cost - cost), 0),
        "latency_ms": func.avg(turns.latency_us) / 1000,
        "first_token_ms": func.avg(turns.first_token_us) / 1000,
    }
    return [label(name, column) for name, column in columns.items()]


def _turns(question: Question) -> Any:
    """The turns, by their columns; where rounds are asked for, each with its number as `round`."""
    if question.by != "round":
        return Turn
    other = aliased(Turn)
    sessions = select(other.session_id).where(*_conditions(question, other))
    number = func.row_number().over(
        partition_by=Turn.session_id, order_by=(Turn.created_at, Turn.id)
    )
    is_in_none = Turn.session_id.is_(None)
    numbered = select(*Turn.__table__.columns, case((is_in_none, 0), else_=number).label("round"))
    return numbered.where(or_(is_in_none, Turn.session_id.in_(sessions))).subquery("numbered").c


def _asked(question: Question, turns: Any, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    asked = select(*columns).join(Tenant, Tenant.id == turns.tenant_id)
    return asked.where(*_conditions(question, turns))


def _conditions(question: Question, turn: Any) -> list[ColumnElement[bool]]:
    asked = {
        turn.tenant_id: question.tenant_id,
        turn.model: question.model,
        turn.outcome: question.outcome,
    }
    found = [column == value for column, value in asked.items() if value is not None]
    if question.start is not None:
        found.append(turn.created_at >= question.start)
    if question.end is not None:
        found.append(turn.created_at < question.end)
    return found


def _name(by: Grouping, turns: Any) -> ColumnElement[Any]:
    moment = func.datetime(turns.created_at // 1_000_000, "unixepoch")
    match by:
        case "day":
            return func.substr(moment, 1, 10)
        case "month":
            return func.substr(moment, 1, 7)
        case "session":
            return func.coalesce(turns.session_id, "")
        case "tenant":
            return Tenant.name.expression
        case "means":
            return case(
                (turns.status == "reuse", "reused"),
                (turns.status == "collapsed", "collapsed"),
                (turns.layout == "checkpoint", "shortened"),
                else_="whole",
            )
        case "round":
            firsts = sorted(_ROUNDS, reverse=True)
            return case(*((turns.round >= first, first) for first in firsts))
        case "model" | "outcome":
            column: ColumnElement[Any] = getattr(turns, by)
            return column


def _billionths(column: Any) -> ColumnElement[int]:
    return cast(func.round(column * _BILLION), BigInteger)


def _only(column: Any) -> ColumnElement[Any]:
    """The one value of a group, NULL where there are several."""
    return case((func.min(column) == func.max(column), func.min(column)), else_=None)
