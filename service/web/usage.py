"""The ledger over HTTP: what was spent, and what the whole histories would have cost."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
from aiohttp import web

from service.errors import InvalidRequest
from service.storage.ledger import GROUPINGS, Grouping
from service.web import requests
from service.web.keys import rooms


async def usage(request: web.Request) -> web.Response:
    """Sums by day, month, model, outcome, session or tenant; JSON, or CSV by `Accept`."""
    tenant_id = None if requests.is_operator(request) else (await requests.tenant_of(request)).id
    by = _grouping(request.query.get("by", "day"))
    rows = await rooms(request).ledger.usage(
        by=by,
        tenant_id=tenant_id,
        start=requests.moment(request, "from"),
        end=requests.moment(request, "to"),
    )
    currency = rooms(request).settings.currency
    if "text/csv" in request.headers.get("Accept", ""):
        return web.Response(text=_csv(rows, currency), content_type="text/csv", charset="utf-8")
    body = {"by": by, "currency": currency, "data": rows}
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def _grouping(text: str) -> Grouping:
    for grouping in GROUPINGS:
        if grouping == text:
            return grouping
    raise InvalidRequest(f"by takes one of {', '.join(GROUPINGS)}.", param="by")


def _csv(rows: list[dict[str, Any]], currency: str) -> str:
    """A spreadsheet must take no cell for a formula: names are quoted with an apostrophe then."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, [*rows[0], "currency"])
        writer.writeheader()
        for row in rows:
            writer.writerow({k: _cell(v) for k, v in row.items()} | {"currency": currency})
    return out.getvalue()


def _cell(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if is_formula else value
