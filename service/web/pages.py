"""Pages: static files and nothing else, under a policy that lets them load nothing from outside."""

from __future__ import annotations

from importlib import resources

from aiohttp import web

from service.errors import NotFound

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_TYPES = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}


async def chat(request: web.Request) -> web.Response:
    """The customer's chat page."""
    return _file("chat.html")


async def desk(request: web.Request) -> web.Response:
    """The live agents' desk."""
    return _file("desk.html")


async def savings(request: web.Request) -> web.Response:
    """What was spent and what was saved, for finance."""
    return _file("savings.html")


async def static(request: web.Request) -> web.Response:
    """A page's script, style or picture."""
    return _file(request.match_info["name"])


def _file(name: str) -> web.Response:
    folder = resources.files("service.web") / "static"
    kind = _TYPES.get(name.rpartition(".")[2])
    known = {entry.name for entry in folder.iterdir()}
    if kind is None or name not in known:
        raise NotFound
    return web.Response(
        body=(folder / name).read_bytes(), content_type=kind, charset="utf-8", headers=_HEADERS
    )
