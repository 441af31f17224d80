"""The applications of the sites: Hiss in front of a small one that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hiss import asgi, wsgi

from .cases.message import MOUNT, SITES

if TYPE_CHECKING:
    from pathlib import Path

# So little that the large file of the tree is streamed and not kept in memory.
_MEMORY: Final = 4 * 1024 * 1024
PLAIN: Final[dict[str, Any]] = {
    "max_age": None,
    "allow_all_origins": False,
    "cross_origin_resource_policy": None,
    "nosniff": False,
    "misses": "pass",
    "memory": _MEMORY,
}
_HEADERS: Final = (("Content-Type", "text/plain"), ("X-App", "yes"), ("Content-Length", "3"))


def make_wsgi(root: Path):
    """The WSGI application with all sites but `secure`."""
    mounted = wsgi.StaticFiles(_wsgi_page, root, SITES["main"], memory=_MEMORY)
    below = shift_wsgi(mounted)

    def rest(environ, start_response):
        app = below if environ["PATH_INFO"].startswith(f"{MOUNT}/") else _wsgi_page
        return app(environ, start_response)

    # Doors before all else: so they are a lane's, where a server has one.
    plain = wsgi.StaticFiles(rest, root, SITES["plain"], **PLAIN)
    indexed = wsgi.StaticFiles(plain, root, SITES["index"], index_file=True, memory=_MEMORY)
    return wsgi.StaticFiles(indexed, root, SITES["main"], memory=_MEMORY)


def make_asgi(root: Path):
    """The ASGI application with all sites but `secure`."""
    mounted = asgi.StaticFiles(_asgi_page, root, SITES["main"], memory=_MEMORY)
    below = shift_asgi(mounted)

    async def rest(scope, receive, send):
        is_below = scope["type"] == "http" and scope["path"].startswith(f"{MOUNT}/")
        await (below if is_below else _asgi_page)(scope, receive, send)

    plain = asgi.StaticFiles(rest, root, SITES["plain"], **PLAIN)
    indexed = asgi.StaticFiles(plain, root, SITES["index"], index_file=True, memory=_MEMORY)
    return asgi.StaticFiles(indexed, root, SITES["main"], memory=_MEMORY)


def shift_wsgi(app):
    """The application at a place of its own: SCRIPT_NAME takes it, PATH_INFO loses it."""

    def shifted(environ, start_response):
        path = environ["PATH_INFO"].removeprefix(MOUNT)
        below = {"SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + MOUNT, "PATH_INFO": path}
        return app({**environ, **below}, start_response)

    return shifted


def shift_asgi(app):
    """The application at a place of its own: root_path names it, path keeps it."""

    async def shifted(scope, receive, send):
        scope = {**scope, "root_path": scope.get("root_path", "") + MOUNT}
        await app(scope, receive, send)

    return shifted


def _wsgi_page(environ, start_response):
    start_response("200 OK", list(_HEADERS))
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"app"]


async def _asgi_page(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else b"app"
    await send({"type": "http.response.body", "body": body})
