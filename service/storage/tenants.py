"""Tenants: the service's clients, their keys, origins, system prompt and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import bindparam, insert, or_, select, update

from service import ids
from service.errors import DuplicateTenant, UnknownTenant
from service.storage.database import Database, Row, Statement, Transaction
from service.storage.models import Tenant as T
from service.storage.models import table

BY_KEY = Statement(select(T.__table__).where(T.key_hash == bindparam("hash")))
BY_PUBLISHABLE_KEY = Statement(
    select(T.__table__).where(T.publishable_key_hash == bindparam("hash"))
)
BY_NAME_OR_ID = Statement(
    select(T.__table__).where(or_(T.name == bindparam("name"), T.id == bindparam("name")))
)
ALL = Statement(select(T.__table__).order_by(T.created_at))
ORIGINS = Statement(select(T.origins))
INSERT = Statement(insert(table(T)))
UPDATE = Statement(
    update(table(T))
    .where(T.id == bindparam("of_id"))
    .values(
        {
            column: bindparam(column)
            for column in (
                "key_hash",
                "publishable_key_hash",
                "origins",
                "system_prompt",
                "model",
                "handover",
                "updated_at",
            )
        }
    )
)


ORIGINS_KNOWN = 2 * ids.SECOND


@dataclass(frozen=True, slots=True)
class Tenant:
    """A client. `origins` are exact `scheme://host[:port]` texts; None means the server's own.

    `handover` lets the model hand a conversation over to a live agent by itself.
    """

    id: str
    name: str
    session_secret: bytes
    origins: tuple[str, ...]
    system_prompt: str | None
    model: str | None
    handover: bool
    created_at: int


@dataclass(frozen=True, slots=True)
class TenantKeys:
    """The two secrets of a tenant, in clear; only ever seen when they are made."""

    id: str
    key: str
    publishable_key: str


def tenant_of(row: Row, prefix: str = "") -> Tenant:
    """The tenant in a row whose columns' names begin with `prefix`."""
    return Tenant(
        id=row[f"{prefix}id"],
        name=row[f"{prefix}name"],
        session_secret=row[f"{prefix}session_secret"],
        origins=tuple(orjson.loads(row[f"{prefix}origins"])),
        system_prompt=row[f"{prefix}system_prompt"],
        model=row[f"{prefix}model"],
        handover=bool(row[f"{prefix}handover"]),
        created_at=row[f"{prefix}created_at"],
    )


class Tenants:
    """Reads and changes tenants. Keys come back in clear once, from `create` and `rotate`."""

    def __init__(self, database: Database, clock: ids.Clock = ids.now) -> None:
        self._database = database
        self._clock = clock
        self._origins: frozenset[str] = frozenset()
        self._origins_until = 0

    async def by_key(self, key: str) -> Tenant | None:
        return _tenant(await self._database.one(BY_KEY, hash=ids.fingerprint(key)))

    async def by_publishable_key(self, key: str) -> Tenant | None:
        return _tenant(await self._database.one(BY_PUBLISHABLE_KEY, hash=ids.fingerprint(key)))

    async def all(self) -> list[Tenant]:
        return [tenant for row in await self._database.all(ALL) if (tenant := _tenant(row))]

    async def find(self, name_or_id: str) -> Tenant:
        """Raises UnknownTenant."""
        tenant = _tenant(await self._database.one(BY_NAME_OR_ID, name=name_or_id))
        if tenant is None:
            raise UnknownTenant(f"There is no tenant of the name or id {name_or_id!r}.")
        return tenant

    async def allows_origin(self, origin: str) -> bool:
        """Does any tenant allow this origin? All that a preflight request can ask.

        Known for a few seconds, since anybody may ask.
        """
        if self._clock() >= self._origins_until:
            rows = await self._database.all(ORIGINS)
            self._origins = frozenset().union(*(orjson.loads(row["origins"]) for row in rows))
            self._origins_until = self._clock() + ORIGINS_KNOWN
        return origin in self._origins

    async def create(
        self,
        name: str,
        *,
        origins: Sequence[str] = (),
        system_prompt: str | None = None,
        model: str | None = None,
        handover: bool = False,
    ) -> TenantKeys:
        """Raises DuplicateTenant."""
        keys = _new_keys(ids.new_id("ten"))
        now = self._clock()

        async def unit(tx: Transaction) -> None:
            if await tx.one(BY_NAME_OR_ID, name=name):
                raise DuplicateTenant(f"There is a tenant of the name {name!r} already.")
            await tx.run(
                INSERT,
                id=keys.id,
                name=name,
                session_secret=ids.new_secret("").encode(),
                origins=orjson.dumps(list(origins)).decode(),
                system_prompt=system_prompt,
                model=model,
                handover=int(handover),
                created_at=now,
                updated_at=now,
                **_hashes(keys),
            )

        await self._database.write(unit)
        return keys

    async def set(
        self,
        name_or_id: str,
        *,
        origins: Sequence[str] | None = None,
        system_prompt: str | None = None,
        model: str | None = None,
        handover: bool | None = None,
    ) -> Tenant:
        """Change what is given; an empty text goes back to the server's own. UnknownTenant."""

        async def unit(tx: Transaction) -> Tenant:
            row, tenant = await _for_change(tx, name_or_id)
            changed = replace(
                tenant,
                origins=tenant.origins if origins is None else tuple(origins),
                system_prompt=_or_keep(system_prompt, tenant.system_prompt),
                model=_or_keep(model, tenant.model),
                handover=tenant.handover if handover is None else handover,
            )
            await self._update(tx, row, changed)
            return changed

        return await self._database.write(unit)

    async def rotate(self, name_or_id: str) -> TenantKeys:
        """New keys; the old ones stop working at once. Raises UnknownTenant."""

        async def unit(tx: Transaction) -> TenantKeys:
            row, tenant = await _for_change(tx, name_or_id)
            keys = _new_keys(tenant.id)
            await self._update(tx, dict(row) | _hashes(keys), tenant)
            return keys

        return await self._database.write(unit)

    async def _update(self, tx: Transaction, row: Row, tenant: Tenant) -> None:
        await tx.run(
            UPDATE,
            of_id=tenant.id,
            key_hash=row["key_hash"],
            publishable_key_hash=row["publishable_key_hash"],
            origins=orjson.dumps(list(tenant.origins)).decode(),
            system_prompt=tenant.system_prompt,
            model=tenant.model,
            handover=int(tenant.handover),
            updated_at=self._clock(),
        )


async def _for_change(tx: Transaction, name_or_id: str) -> tuple[Row, Tenant]:
    row = await tx.one(BY_NAME_OR_ID, name=name_or_id)
    tenant = _tenant(row)
    if row is None or tenant is None:
        raise UnknownTenant(f"There is no tenant of the name or id {name_or_id!r}.")
    return row, tenant


def _tenant(row: Row | None) -> Tenant | None:
    return None if row is None else tenant_of(row)


def _new_keys(tenant_id: str) -> TenantKeys:
    return TenantKeys(tenant_id, ids.new_secret("rk"), ids.new_secret("pk"))


def _hashes(keys: TenantKeys) -> dict[str, bytes]:
    return {
        "key_hash": ids.fingerprint(keys.key),
        "publishable_key_hash": ids.fingerprint(keys.publishable_key),
    }


def _or_keep(value: str | None, kept: str | None) -> str | None:
    return kept if value is None else value or None
