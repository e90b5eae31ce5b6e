"""Does everything stored agree? The invariants, asked of the tables."""

from __future__ import annotations

from sqlalchemy import LargeBinary, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from service.prefix import PrefixHash, chain
from service.storage.database import Database, Row
from service.storage.models import Agent as A
from service.storage.models import Message as M
from service.storage.models import PrefixCacheRow as C
from service.storage.models import Session as S
from service.storage.models import Turn
from service.storage.prefix_cache import ROW_OVERHEAD
from service.storage.session_statements import ROLES, VIEW_SINCE
from service.storage.transitions import TO_BOT

_counted = (
    select(M.session_id, func.count().label("rows"), func.max(M.seq).label("newest"))
    .group_by(M.session_id)
    .subquery()
)
SEQ_NOT_DENSE = (
    select(S.id)
    .outerjoin(_counted, _counted.c.session_id == S.id)
    .where(
        or_(
            func.coalesce(_counted.c.rows, 0) != S.last_seq,
            func.coalesce(_counted.c.newest, 0) != S.last_seq,
        )
    )
)
REPLY_MISSING = (
    select(Turn.id)
    .outerjoin(M, M.id == Turn.reply_id)
    .where(Turn.reply_id.is_not(None), M.id.is_(None))
)
TWO_REPLIES = (
    select(M.session_id, M.anchor_seq)
    .where(M.kind == "bot")
    .group_by(M.session_id, M.anchor_seq)
    .having(func.count() > 1)
)
COST_WITHOUT_USAGE = select(Turn.id).where(Turn.prompt_tokens.is_(None), Turn.cost.is_not(None))
CACHE_SIZE_WRONG = select(func.hex(C.key)).where(
    C.bytes != func.length(cast(C.value, LargeBinary)) + ROW_OVERHEAD
)
_changes = (
    select(func.count())
    .where(M.session_id == S.id, M.kind == "activity")
    .correlate(S)
    .scalar_subquery()
)
EPOCH_NOT_TOLD = select(S.id).where(S.epoch != _changes)
PLACE_WRONG = select(S.id).where(
    S.owner.in_(("bot", "resolved")) != S.queued_at.is_(None)  # with people there is a place
)
OWNER_UNKNOWN = (
    select(S.id)
    .outerjoin(A, and_(A.id == S.owner, A.tenant_id == S.tenant_id))
    .where(S.owner.not_in(("bot", "waiting", "resolved")), A.id.is_(None))
)
_bot, _activity = aliased(M), aliased(M)
_last_change = (
    select(_activity.content)
    .where(
        _activity.session_id == _bot.session_id,
        _activity.kind == "activity",
        _activity.seq < _bot.seq,
    )
    .order_by(_activity.seq.desc())
    .limit(1)
    .correlate(_bot)
    .scalar_subquery()
)
BOT_SPOKE_UNASKED = (
    select(_bot.session_id)
    .join(S, S.id == _bot.session_id)
    .where(S.epoch > 0, _bot.kind == "bot", _last_change.not_in(TO_BOT))
)
SESSIONS = select(S.id, S.system_hash, S.prefix_key, S.answered_seq)


async def disagreements(database: Database) -> list[str]:
    """One line for each thing that is not as it must be; none is good news."""
    found: list[str] = []
    for clause, text in (
        (SEQ_NOT_DENSE, "session {}: its messages are not numbered 1 to last_seq"),
        (REPLY_MISSING, "turn {}: its reply is not there"),
        (TWO_REPLIES, "session {}: two bot replies to one message"),
        (EPOCH_NOT_TOLD, "session {}: not every change of its owner is told in it"),
        (PLACE_WRONG, "session {}: its place in the queue does not go with its owner"),
        (OWNER_UNKNOWN, "session {}: its owner is no live agent of its tenant"),
        (BOT_SPOKE_UNASKED, "session {}: the bot spoke while it was not the bot's"),
        (COST_WITHOUT_USAGE, "turn {}: a cost without a usage"),
        (CACHE_SIZE_WRONG, "cache row {}: its size is not its value's"),
    ):
        found += [text.format(next(iter(row))) for row in await database.report(clause)]
    for row in await database.report(SESSIONS):
        if not await _is_named_right(database, row):
            found.append(f"session {row['id']}: its prefix hash is not its messages'")
    return found


async def _is_named_right(database: Database, session: Row) -> bool:
    rows = await database.all(VIEW_SINCE, of_session=session["id"], after=0)
    view = [
        {"role": ROLES[row["kind"]], "content": row["content"]}
        for row in rows
        if row["anchor_seq"] <= session["answered_seq"]
    ]
    start = PrefixHash(session["system_hash"], b"", 0)
    return bool(chain(start, view).key == session["prefix_key"])
