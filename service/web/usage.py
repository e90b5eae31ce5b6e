"""The ledger over HTTP: what was spent, and what the whole histories would have cost."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from aiohttp import web

from service.errors import InvalidRequest, UnknownTenant
from service.storage.ledger import OUTCOMES
from service.storage.reports import GROUPINGS, ORDERS, Question
from service.storage.tenants import Tenant
from service.web import requests
from service.web.keys import rooms

MOST_ROWS = 1000
_FORMULA = re.compile(r"[=+\-@\t\r]")
_DATE = re.compile(r"\d{1,3}-\d{1,3}")

Word = TypeVar("Word", bound=str)


async def usage(request: web.Request) -> web.Response:
    """What was spent and saved, by day, model, round and so on; JSON, or CSV by `Accept`."""
    tenant = await _tenant(request)
    question = Question(
        by=_word(request, "by", GROUPINGS) or "day",
        tenant_id=tenant.id if tenant else None,
        model=request.query.get("model"),
        outcome=_word(request, "outcome", OUTCOMES),
        start=requests.moment(request, "from"),
        end=requests.moment(request, "to"),
        order=_word(request, "order", ORDERS) or "name",
        limit=requests.integer(request, "limit", 0, 1, MOST_ROWS) or None,
    )
    rows = await rooms(request).ledger.usage(question)
    currency = rooms(request).settings.currency
    if "text/csv" in request.headers.get("Accept", ""):
        return web.Response(text=_csv(rows, currency), content_type="text/csv", charset="utf-8")
    body = {
        "by": question.by,
        "tenant": tenant.name if tenant else None,
        "currency": currency,
        "data": rows,
    }
    return web.Response(body=orjson.dumps(body), content_type="application/json")


async def _tenant(request: web.Request) -> Tenant | None:
    """Whose turns: a key's own tenant; for the operator the one that is named, or None for all."""
    named = request.query.get("tenant")
    if not requests.is_operator(request):
        own = await requests.tenant_of(request)
        if named not in (None, own.name, own.id):
            raise InvalidRequest("Only the operator may name another tenant.", param="tenant")
        return own
    if named is None:
        return None
    try:
        return await rooms(request).tenants.find(named)
    except UnknownTenant as error:
        raise InvalidRequest(error.detail, param="tenant") from None


def _word(request: web.Request, name: str, words: Sequence[Word]) -> Word | None:
    """One of these words of the query, None where it is left out. Raises InvalidRequest."""
    text = request.query.get(name)
    for word in words:
        if word == text:
            return word
    if text is None:
        return None
    raise InvalidRequest(f"{name} takes one of {', '.join(words)}.", param=name)


def _csv(rows: list[dict[str, Any]], currency: str) -> str:
    """A spreadsheet must take no name for a formula, nor the rounds 4-10 for a day in April: an
    apostrophe in front of them says that they are texts."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, [*rows[0], "currency"])
        writer.writeheader()
        for row in rows:
            writer.writerow({k: _cell(v) for k, v in row.items()} | {"currency": currency})
    return out.getvalue()


def _cell(value: Any) -> Any:
    is_read_as_more = isinstance(value, str) and (_FORMULA.match(value) or _DATE.fullmatch(value))
    return f"'{value}" if is_read_as_more else value
