"""Speaks to applications in process, as servers do: a request in, a response out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

from .cases import Request, Response
from .survey import format_date

Scope = MutableMapping[str, Any]
ASGIApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any]

# What wsgiref's validator knows; of another method it warns.
_KNOWN_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "OPTIONS", "PATCH", "PUT", "DELETE", "TRACE"}
)


def ask_wsgi(app, request: Request, *, file_wrapper: bool = False) -> Response:
    """The answer of a WSGI application.

    Held against PEP 3333 by wsgiref's validator, or else with a `wsgi.file_wrapper`, which the
    validator would hide.
    """
    environ = _environ(request)
    if file_wrapper:
        environ["wsgi.file_wrapper"] = FileWrapper
    elif request.method in _KNOWN_METHODS:
        app = validator(app)
    started: list[Any] = []

    def start_response(status, headers, exc_info=None):
        started[:] = [status, headers]
        return lambda data: None

    result = app(environ, start_response)
    with closing(result) if hasattr(result, "close") else nullcontext():
        body = b"".join(result)
    status, headers = started
    return _response(int(status[:3]), headers, body)


def _environ(request: Request) -> dict[str, Any]:
    raw_path, _, query = request.target.partition("?")
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "443" if request.secure else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if request.secure else "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_LENGTH" else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value.strip()}" if key in environ else value.strip()
    return environ


async def ask_asgi(
    app: ASGIApp, request: Request, *, pathsend: bool = False, any_case: bool = False
) -> Response:
    """The answer of an ASGI application, its messages held against the specification.

    `any_case` forgives header names that are not in lower case, as Django's are.
    """
    messages: list[Any] = []
    requested = False

    async def receive():
        nonlocal requested
        if requested:
            # The client stays until the answer is there.
            await _forever()
        requested = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message):
        messages.append(message)

    await app(_scope(request, pathsend=pathsend), receive, send)
    start, *rest = messages
    assert start["type"] == "http.response.start"
    assert any_case or all(name == name.lower() for name, _ in start["headers"])
    assert all(type(name) is type(value) is bytes for name, value in start["headers"])
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
    ]
    return _response(start["status"], headers, _body(rest))


async def _forever() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        await trio.sleep_forever()
    else:
        await asyncio.get_running_loop().create_future()


def _scope(request: Request, *, pathsend: bool) -> dict[str, Any]:
    raw_path, _, query = request.target.partition("?")
    headers = [("Host", "127.0.0.1"), *request.headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "https" if request.secure else "http",
        # As uvicorn, hypercorn and daphne do it.
        "path": unquote_to_bytes(raw_path.encode("latin-1")).decode("utf-8", "replace"),
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in headers
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 443 if request.secure else 80),
        "extensions": {"http.response.pathsend": {}} if pathsend else {},
    }


def _body(messages: list[Any]) -> bytes:
    if [message["type"] for message in messages] == ["http.response.pathsend"]:
        return Path(messages[0]["path"]).read_bytes()
    assert {message["type"] for message in messages} == {"http.response.body"}
    more = [message.get("more_body", False) for message in messages]
    assert not more[-1], "the answer has no end"
    assert all(more[:-1]), "something came after the end"
    return b"".join(message.get("body", b"") for message in messages)


def _response(status: int, headers, body: bytes) -> Response:
    """With the Date that a server adds, which is a second old where it is made once a second."""
    date = ("Date", format_date(datetime.now(UTC) - timedelta(seconds=1), "imf"))
    return Response(status, (*((str(name), str(value)) for name, value in headers), date), body)
