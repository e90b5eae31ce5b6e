"""The statements of sessions and messages: every query by name, in one place."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, or_, select, update

from service.storage.database import Statement
from service.storage.models import Message as M
from service.storage.models import Session as S
from service.storage.models import Tenant as T
from service.storage.models import Turn, table

ROLES = {"customer": "user", "bot": "assistant", "agent": "assistant"}
"""The kinds that the model sees, and as whose words."""

SESSION = Statement(select(S.__table__).where(S.id == bindparam("of_id")))
SESSION_AND_TENANT = Statement(
    select(
        S.__table__,
        *(c.label(f"tenant_{c.name}") for c in T.__table__.columns if c.name != "id"),
    )
    .join(T, T.id == S.tenant_id)
    .where(S.id == bindparam("of_id"))
)
SESSION_BY_KEY = Statement(
    select(S.__table__).where(
        S.tenant_id == bindparam("of_tenant"), S.idempotency_key == bindparam("of_key")
    )
)
INSERT_SESSION = Statement(insert(table(S)))
INSERT_MESSAGE = Statement(insert(table(M)))
MESSAGE = Statement(select(M.__table__).where(M.id == bindparam("of_id")))
MESSAGE_BY_KEY = Statement(
    select(M.__table__).where(
        M.session_id == bindparam("of_session"), M.idempotency_key == bindparam("of_key")
    )
)
PAGE = Statement(
    select(M.__table__)
    .where(M.session_id == bindparam("of_session"), M.seq > bindparam("after"))
    .order_by(M.seq)
    .limit(bindparam("most"))
)
PAGE_WITHOUT_NOTES = Statement(
    select(M.__table__)
    .where(M.session_id == bindparam("of_session"), M.seq > bindparam("after"), M.kind != "note")
    .order_by(M.seq)
    .limit(bindparam("most"))
)
# seq >= anchor_seq always, so the index on (session_id, seq) bounds this read.
VIEW_SINCE = Statement(
    select(M.kind, M.content, M.tokens, M.anchor_seq)
    .where(
        M.session_id == bindparam("of_session"),
        M.seq > bindparam("after"),
        M.anchor_seq > bindparam("after"),
        or_(*(M.kind == kind for kind in ROLES)),
    )
    .order_by(M.anchor_seq, M.seq)
)
COUNT_MESSAGE = Statement(
    update(table(S))
    .where(S.id == bindparam("of_id"))
    .values({c: bindparam(c) for c in ("last_seq", "customer_seq", "personal", "updated_at")})
)
COMMIT_REPLY = Statement(
    update(table(S))
    .where(S.id == bindparam("of_id"))
    .values(
        {
            c: bindparam(c)
            for c in (
                "last_seq",
                "answered_seq",
                "system_hash",
                "prefix_key",
                "prefix_check",
                "prefix_count",
                "plan",
                "personal",
                "answered_at",
                "updated_at",
            )
        }
    )
)
RESOLVE_MESSAGES = Statement(
    update(table(M))
    .where(
        M.session_id == bindparam("of_session"),
        M.seq > bindparam("after"),
        M.seq <= bindparam("up_to"),
        M.kind == "customer",
        M.turn_id.is_(None),
    )
    .values(turn_id=bindparam("by_turn"), superseded_by=bindparam("by_message"))
)
MESSAGE_AT = Statement(
    select(M.id).where(M.session_id == bindparam("of_session"), M.seq == bindparam("of_seq"))
)
LEAVE_OUT = Statement(
    update(table(M))
    .where(
        M.session_id == bindparam("of_session"),
        M.seq > bindparam("after"),
        M.seq <= bindparam("up_to"),
        M.kind == "customer",
    )
    .values(anchor_seq=0)
)
LATER_OF_TURN = Statement(
    select(M.id)
    .where(
        M.session_id == bindparam("of_session"),
        M.seq > bindparam("after"),
        M.turn_id == bindparam("of_turn"),
        M.kind == "customer",
    )
    .limit(1)
)
ERASE_MESSAGES = Statement(delete(table(M)).where(M.session_id == bindparam("of_session")))
ERASE_SESSION = Statement(delete(table(S)).where(S.id == bindparam("of_session")))
DETACH_TURNS = Statement(
    update(table(Turn))
    .where(Turn.session_id == bindparam("of_session"))
    .values(session_id=None, reply_id=None)
)
TURNS = Statement(
    select(Turn.__table__)
    .where(Turn.session_id == bindparam("of_session"))
    .order_by(Turn.created_at)
)
