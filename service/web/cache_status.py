"""The `Cache-Status` field (RFC 9211) of an answer; it never tells a key."""

from __future__ import annotations

from service.storage.ledger import Status

_FIELDS: dict[Status, str] = {
    "reuse": "recap; hit; detail=reuse",
    "hit": "recap; hit; detail=prefix",
    "miss": "recap; fwd=miss",
    "collapsed": "recap; fwd=miss; collapsed",
    "bypass": "recap; fwd=bypass",
}


def cache_status(status: Status, *, stored: bool = True) -> str:
    """`stored` says whether a miss leaves a row behind."""
    return _FIELDS[status] + ("; stored" if stored and status == "miss" else "")
