"""The application behind every subject, and one that says what it was given."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any, Final

Scope = MutableMapping[str, Any]
ASGIApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any]
WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

HEADERS: Final = (("Content-Type", "text/plain"), ("X-App", "yes"), ("Content-Length", "3"))
#: What a subject serves; set by the benchmark for every process it starts.
ROOT: Final = Path(os.environ.get("CONFORMANCE_ROOT", "."))
#: The site that a process has which can have but one.
SITE: Final = os.environ.get("CONFORMANCE_SITE", "main")


def is_immutable(_path: object, url: str = "") -> bool:
    """What a project's own test would say: the name that a build hashed, and no other."""
    return (url or str(_path)).endswith(os.environ["CONFORMANCE_HASHED"])


def wsgi_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers "app"."""
    start_response("200 OK", list(HEADERS))
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"app"]


async def asgi_page(
    scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answers "app"."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    await _answer(scope, send, ())


def wsgi_echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers "app", and says in X-Given what the server handed over."""
    fields = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    given = _given(environ["REQUEST_METHOD"], path, target, environ["QUERY_STRING"], fields)
    start_response("200 OK", [*HEADERS, given])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"app"]


async def asgi_echo(
    scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answers "app", and says in X-Given what the server handed over."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    fields: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    path = scope["path"].encode("utf-8", "surrogateescape").decode("latin-1")
    target = (scope.get("raw_path") or b"").decode("latin-1") or None
    query = scope["query_string"].decode("latin-1")
    await _answer(scope, send, (_given(scope["method"], path, target, query, fields),))


def _given(
    method: str, path: str, target: str | None, query: str, fields: dict[str, str]
) -> tuple[str, str]:
    what = {"method": method, "path": path, "target": target, "query": query, "fields": fields}
    return "X-Given", base64.b64encode(json.dumps(what).encode()).decode()


async def _live(
    receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(
    scope: Scope, send: Callable[[Any], Awaitable[None]], more: tuple[tuple[str, str], ...]
) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in (*HEADERS, *more)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else b"app"
    await send({"type": "http.response.body", "body": body})


def below_wsgi(mount: str, inside: WSGIApp, outside: WSGIApp) -> WSGIApp:
    """One application at `mount`, where SCRIPT_NAME names its place, and another elsewhere."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(f"{mount}/"):
            return outside(environ, start_response)
        name = environ.get("SCRIPT_NAME", "") + mount
        path = environ["PATH_INFO"].removeprefix(mount)
        return inside({**environ, "SCRIPT_NAME": name, "PATH_INFO": path}, start_response)

    return application


def below_asgi(mount: str, inside: ASGIApp, outside: ASGIApp) -> ASGIApp:
    """One application at `mount`, where root_path names its place, and another elsewhere."""

    async def application(
        scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{mount}/"):
            below = {**scope, "root_path": scope.get("root_path", "") + mount}
            await inside(below, receive, send)
        else:
            await outside(scope, receive, send)

    return application
