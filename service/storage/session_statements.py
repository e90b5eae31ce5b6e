"""The statements of sessions and messages: every query by name, in one place."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from service.storage.database import Statement
from service.storage.models import Agent as A
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
_reply, _later = aliased(M), aliased(M)
ANSWERED = Statement(
    select(
        M.__table__,
        S.owner,
        *(column.label(f"ledger_{column.name}") for column in Turn.__table__.columns),
        *(getattr(_reply, c.name).label(f"reply_{c.name}") for c in M.__table__.columns),
        exists()
        .where(
            _later.session_id == M.session_id,
            _later.seq > M.seq,
            _later.turn_id == M.turn_id,
            _later.kind == "customer",
        )
        .label("is_followed"),
    )
    .join(S, S.id == M.session_id)
    .outerjoin(Turn, Turn.id == M.turn_id)
    .outerjoin(_reply, _reply.id == Turn.reply_id)
    .where(M.id == bindparam("of_id"))
)
CHANGE_OWNER = Statement(
    update(table(S))
    .where(S.id == bindparam("of_id"), S.epoch == bindparam("of_epoch"))
    .values(
        {
            c: bindparam(c)
            for c in ("owner", "queued_at", "handover_reason", "last_seq", "updated_at")
        }
        | {"epoch": S.epoch + 1}
    )
    .returning(S.__table__)
)
# What no answer came to is to be answered by whoever has the session next.
REOPEN_MESSAGES = Statement(
    update(table(M))
    .where(
        M.session_id == bindparam("of_session"),
        M.seq > bindparam("after"),
        M.anchor_seq > bindparam("after"),
        M.kind == "customer",
    )
    .values(turn_id=None, superseded_by=None)
)
PENDING = Statement(
    select(M.__table__)
    .where(
        M.session_id == bindparam("of_session"),
        M.seq > bindparam("after"),
        M.anchor_seq > bindparam("after"),
        M.kind == "customer",
    )
    .order_by(M.seq)
)
MESSAGE_BY_CLIENT_ID = Statement(
    select(M.__table__).where(
        M.session_id == bindparam("of_session"),
        M.agent_id == bindparam("of_agent"),
        M.client_msg_id == bindparam("of_client_id"),
    )
)
COUNT_NOTE = Statement(
    update(table(S))
    .where(S.id == bindparam("of_id"))
    .values({c: bindparam(c) for c in ("last_seq", "updated_at")})
)
COUNT_AGENT_MESSAGE = Statement(
    update(table(S))
    .where(S.id == bindparam("of_id"))
    .values(
        {
            c: bindparam(c)
            for c in (
                "last_seq",
                "answered_seq",
                "prefix_key",
                "prefix_check",
                "prefix_count",
                "updated_at",
            )
        }
        | {"personal": 1}
    )
)
AGENT_HAS_READ = Statement(
    update(table(S)).where(S.id == bindparam("of_id")).values(agent_read_seq=bindparam("seq"))
)
CUSTOMER_HAS_READ = Statement(
    update(table(S)).where(S.id == bindparam("of_id")).values(customer_read_seq=bindparam("seq"))
)
AGENT = Statement(select(A.__table__).where(A.id == bindparam("of_id")))
AGENT_OF_TENANT = Statement(
    select(A.id).where(A.tenant_id == bindparam("of_tenant"), A.revoked_at.is_(None)).limit(1)
)
LOAD = Statement(
    select(func.count().label("sessions")).where(
        S.tenant_id == bindparam("of_tenant"), S.owner == bindparam("of_owner")
    )
)
OWNED = Statement(
    select(S.__table__, A.name.label("agent_name"))
    .outerjoin(A, A.id == S.owner)
    .where(S.tenant_id == bindparam("of_tenant"), S.owner == bindparam("of_owner"))
    .order_by(S.queued_at, S.id)
)
WAITING_BEFORE = Statement(
    select(func.count().label("sessions")).where(
        S.tenant_id == bindparam("of_tenant"),
        S.owner == "waiting",
        or_(
            S.queued_at < bindparam("of_time"),
            and_(S.queued_at == bindparam("of_time"), S.id < bindparam("of_id")),
        ),
    )
)
LOST = Statement(
    select(A.__table__).where(
        or_(A.revoked_at.is_not(None), A.seen_at < bindparam("before")),
        exists().where(S.tenant_id == A.tenant_id, S.owner == A.id),
    )
)
_newest_words = (
    select(M.seq)
    .where(M.session_id == S.id, or_(*(M.kind == kind for kind in ROLES)))
    .order_by(M.seq.desc())
    .limit(1)
    .correlate(S)
    .scalar_subquery()
)
LISTED = (
    select(
        S.__table__,
        A.name.label("agent_name"),
        M.kind.label("last_kind"),
        func.substr(M.content, 1, 200).label("last_content"),
    )
    .outerjoin(A, A.id == S.owner)
    .outerjoin(M, and_(M.session_id == S.id, M.seq == _newest_words))
    .where(S.tenant_id == bindparam("of_tenant"))
    .order_by(S.updated_at.desc())
    .limit(bindparam("most"))
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
