"""uvicorn's lane and uvicorn without it, told the same: what they send, log, count and close."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from conftest import write_tree
from hiss.asgi import StaticFiles
from hiss.core.request import Request
from hiss.files.body import FileBody
from hiss.servers.uvicorn import StaticProtocol
from hiss.servers.uvicorn.lane import lane_of

from .uvicorn_twins import (
    RELIEVE,
    SHUTDOWN,
    STALL,
    VANISH,
    Site,
    ask_lane,
    ask_server,
    cut,
    playing,
    with_site,
)

MODIFIED = 1_700_000_000
FILES = {
    "app.css": b"body { color: green }\n" * 20,
    "large.bin": bytes(range(256)) * 1024,
    "huge.bin": bytes(range(256)) * 2048,
    "sp ace/\xfc.txt": b"unlike",
    "empty.txt": b"",
}
BROWSER = (
    b"Host: shop.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/css,*/*;q=0.1\r\n"
    b"Accept-Language: en\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Referer: https://shop.example/\r\nConnection: keep-alive\r\nCookie: a=b\r\n"
    b"Sec-Fetch-Dest: style\r\nSec-Fetch-Mode: no-cors\r\n"
)


def make_static(app, root, **options):
    """The door, its small files in memory."""
    return warm(StaticFiles(app, root=root, **options), root)


def warm(door, root):
    """The door, once everything behind it was asked for."""
    for path in sorted(root.rglob("*")):
        entry = door.origin.find(f"{door.prefixes[0]}{path.relative_to(root).as_posix()}")
        if path.is_file() and entry is not None:
            for accepted in (None, "gzip", "br"):
                body = door.origin.answer(entry, Request("GET", accept_encoding=accepted)).body
                if isinstance(body, FileBody):
                    body.close()
    return door


def get(target="/static/app.css", *lines, method="GET", version="HTTP/1.1", host="Host: x"):
    """The bytes of a request."""
    lines = [f"{method} {target} {version}", *([host] if host else []), *lines, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def page(target="/page", *lines, **how):
    """The bytes of a request for something that is no file."""
    return get(target, *lines, **how)


A = get()
BODY = b"a=1&b=2"
POST = page("/page", "Content-Length: 7", method="POST") + BODY
WEBSOCKET = page(
    "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip
SLOW, STREAM, BYE, RAISE, EARLY = (
    page(f"/{name}") for name in ("slow", "stream", "bye", "raise", "early")
)
BROWSED = b"GET /static/app.css HTTP/1.1\r\n" + BROWSER + b"\r\n"

WARM = Site(make_static)
COLD = Site(lambda app, root: StaticFiles(app, root=root))
# What is larger than a sixteenth of it is read from the disk for each answer.
LEAN = Site(lambda app, root: make_static(app, root, memory=16_000))
AT_ROOT = Site(lambda app, root: make_static(app, root, prefix="/"))
INDEXED = Site(lambda app, root: make_static(app, root, index_file=True))
FRESH = Site(lambda app, root: make_static(app, root, autorefresh=True))
ALONE = Site(lambda app, root: make_static(None, root))
PASSING = Site(lambda app, root: make_static(app, root, misses="pass"))
NESTED = Site(
    lambda app, root: make_static(make_static(app, root, prefix="/inner/"), root, prefix="/outer/")
)


class Subclass(StaticFiles):
    """Whatever a subclass does first is not for a lane to leave out."""

    def find(self, scope, look):
        return super().find(scope, look)

    async def __call__(self, scope, receive, send):
        await super().__call__({**scope, "path": "/static/empty.txt"}, receive, send)


class Around:
    """A middleware that lets its application be seen through it."""

    def __init__(self, app):
        self.app = app

    def __getattr__(self, name):
        return getattr(self.app, name)

    async def __call__(self, scope, receive, send):
        async def stamp(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-around", b"yes"))
            await send(message)

        await self.app(scope, receive, stamp)


def options(site=WARM, **options):
    """The site with some of uvicorn's options."""
    return with_site(site, options={**site.options, **options})


def by_proxies(trusted, *, own=False):
    """A site behind proxies whose word is taken, by uvicorn or by the project itself."""
    if not own:
        return options(forwarded_allow_ips=trusted)
    site = Site(lambda app, root: ProxyHeadersMiddleware(make_static(app, root), trusted))
    return options(site, proxy_headers=False)


def replace_file(root):
    """Other bytes for the same name, of another length and time."""
    (root / "app.css").write_bytes(b"other")
    os.utime(root / "app.css", (MODIFIED + 60, MODIFIED + 60))


def replace_large(root):
    """The same for what is read from the disk."""
    (root / "large.bin").write_bytes(b"other" * 500)
    os.utime(root / "large.bin", (MODIFIED + 60, MODIFIED + 60))


def remove_file(root):
    """The file is gone."""
    (root / "app.css").unlink()


FORWARDED = "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"

#: Name to a script, how many of its requests the lane answers, and the site if it is not WARM.
CASES = {
    # What static requests may be.
    "get": ([A], 1),
    "head": ([get(method="HEAD")], 1),
    "a browser": ([BROWSED], 1),
    "empty file": ([get("/static/empty.txt")], 1),
    "encoded name": ([get("/static/sp%20ace/%C3%BC.txt")], 1),
    "query": ([get("/static/app.css?v=1&x=%2F")], 1),
    "empty query": ([get("/static/app.css?")], 1),
    "two question marks": ([get("/static/app.css?a?b")], 1),
    "fragment": ([get("/static/app.css#a?b")], 1),
    "not modified": ([get("/static/app.css", "If-None-Match: *")], 1),
    "range": ([get("/static/app.css", "Range: bytes=5-9")], 1),
    "two ranges": ([get("/static/app.css", "Range: bytes=0-1,9-")], 1),
    "two lines of a field": ([get("/static/app.css", "If-None-Match: a", "If-None-Match: *")], 1),
    "no such range": ([get("/static/app.css", "Range: bytes=9999-")], 1),
    "failed condition": ([get("/static/app.css", 'If-Match: "x"')], 1),
    "head of a range": ([get("/static/app.css", "Range: bytes=5-9", method="HEAD")], 1),
    "head of what is not modified": (
        [get(A.decode().split()[1], "If-None-Match: *", method="HEAD")],
        1,
    ),
    "large": ([get("/static/large.bin")], 1),
    "without Host": ([get(host="")], 1),
    "two Hosts": ([get("/static/app.css", "Host: y")], 1),
    "fields in any case": ([get("/static/app.css", "RANGE: bytes=0-0", "coNNection: CLOSE")], 1),
    "high bytes in a field": ([get("/static/app.css", "If-None-Match: \xff, *")], 1),
    # What is the server's.
    "page": ([page()], 0),
    "unknown name": ([get("/static/none.css")], 0),
    "unknown name, passed on": ([get("/static/none.css")], 0, PASSING),
    "unknown name, nothing behind": ([get("/static/none.css")], 0, ALONE),
    "nothing behind": ([A, A, page()], 2, ALONE),
    "dot segments": ([get("/static/../static/app.css")], 0),
    "two slashes": ([get("//static/app.css"), get("/static//app.css")], 0),
    "encoded prefix": ([get("/%73tatic/app.css")], 0),
    "encoded slash": ([get("/static%2Fapp.css"), get("/static/sp%20ace%2F%C3%BC.txt")], 0),
    "absolute target": ([get("http://x/static/app.css")], 0),
    "target without host": ([get("http:///static/app.css")], 0),
    "asterisk": ([get("*", method="OPTIONS"), get("*")], 0),
    "connect": ([get("x:443", method="CONNECT"), A], 0),
    "post": ([get("/static/app.css", "Content-Length: 7", method="POST") + BODY, A], 1),
    "options": ([get(method="OPTIONS"), A], 1),
    "get with a body": ([get("/static/app.css", "Content-Length: 7") + BODY, A], 1),
    "get with no body, said so": ([get("/static/app.css", "Content-Length: 0"), A], 1),
    "get with chunks": (
        [get("/static/app.css", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n", A],
        1,
    ),
    "trailers": (
        [
            page("/page", "Transfer-Encoding: chunked", method="POST")
            + b"3\r\nabc\r\n0\r\nRange: bytes=0-0\r\nExpect: 100-continue\r\n\r\n",
            A,
        ],
        1,
    ),
    "expect": ([get("/static/app.css", "Expect: 100-continue"), A], 1),
    "expect of a page": (
        [page("/page", "Content-Length: 7", "Expect: 100-continue", method="POST"), BODY, A],
        1,
    ),
    "unknown expectation": ([get("/static/app.css", "Expect: more"), A], 1),
    "upgrade to websocket": (
        [
            get(
                "/static/app.css",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            )
        ],
        0,
    ),
    "upgrade to websocket of a page": (
        [
            page(
                "/ws",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            )
        ],
        0,
    ),
    "upgrade where there is none": (
        [get("/static/app.css", "Connection: Upgrade", "Upgrade: websocket"), A],
        1,
        options(ws="none"),
    ),
    "upgrade to h2c": ([get("/static/app.css", "Connection: Upgrade", "Upgrade: h2c"), A], 1),
    "upgrade, but not of this hop": ([get("/static/app.css", "Upgrade: h2c"), A], 1),
    "connection: upgrade alone": ([get("/static/app.css", "Connection: Upgrade"), A], 2),
    "a query of bytes": ([b"GET /static/app.css?\xff HTTP/1.1\r\n\r\n"], 0),
    # How connections stay open, and end.
    "many after another": ([A, get(method="HEAD"), BROWSED, A, A, BROWSED], 6),
    "and pages between": ([A, page(), A, POST, BROWSED, STREAM, BROWSED], 4),
    "close": ([get("/static/app.css", "Connection: close"), A], 1),
    "close among others": ([get("/static/app.css", "Connection: x, Close")], 1),
    "close, with more": ([get("/static/app.css", "Connection: close") + A + page()], 1),
    "keep-alive": ([get("/static/app.css", "Connection: keep-alive"), A], 2),
    "http/1.0": ([get(version="HTTP/1.0"), A], 1),
    "http/1.0 keep-alive": (
        [get("/static/app.css", "Connection: keep-alive", version="HTTP/1.0"), A],
        1,
    ),
    "http/1.0 keep-alive, with more": (
        [get("/static/app.css", "Connection: keep-alive", version="HTTP/1.0") + page() + A],
        1,
    ),
    "http/0.9": ([b"GET /static/app.css\r\n\r\n"], 1),
    "http/2.0": ([get(version="HTTP/2.0"), A], 1),
    "page that closes": ([A, BYE, A], 1),
    "page that raises": ([A, RAISE, A], 1),
    "early page": (
        [page("/early", "Content-Length: 7", method="POST"), BODY[:3], BODY[3:] + A, A],
        2,
    ),
    "expiry": ([A, 4.9, A, 4.9, A, 4.9, page(), 4.9, A, 5.1], 4),
    "expiry after a page": ([page(), 4.9, A, 4.9, page(), 5.1, A], 1),
    "expiry, another time": ([A, 1.9, A, 2.1, A], 2, options(timeout_keep_alive=2)),
    "no keep-alive": ([A, 0.1, A], 1, options(timeout_keep_alive=0)),
    "expiry in a header": ([A, A[:20], 4.9, A[20:], A[:20], 5.1], 2),
    "expiry in a header that came along": ([A + A[:20], 5.1], 1),
    "no expiry in a header": ([A, 4.0, A[:20], 5.1, A[20:]], 2),
    "no expiry while a page is made": ([A, SLOW, 6, 6, 6, 6, A], 2),
    "no expiry while a page that came along is made": ([A + SLOW, 6, 6, 6, 6, A], 2),
    "no expiry while a page is made, and one waits": ([A + SLOW + A, 6, 6, 6, 6, A], 2),
    "no expiry while a body comes": (
        [A + page("/page", "Content-Length: 7", method="POST"), 6, BODY[:3], 6, BODY[3:], A],
        2,
    ),
    "two connections": ([(0, A), (1, A), (0, page()), (1, A[:9]), (0, A), (1, A[9:])], 4),
    "one expires": ([(0, A), 3, (1, A), 3, (1, A)], 3),
    # Pipelines.
    "three at once": ([A + A + A], 3),
    "hundred at once": ([A * 100], 100),
    "page first": ([page() + A + A], 0),
    "page between": ([A + page() + A], 1),
    "page behind": ([A + A + POST], 2),
    "slow page first": ([SLOW + A, A, 21, A], 1),
    "a body, and more": ([POST + A, POST[:-3], POST[-3:] + A, A], 1),
    "blank lines before": ([b"\r\n\r\n" + A + b"\r\n" + A + b"\n\r\n", A, b"\r\n", A], 4),
    "close behind": ([A + get("/static/app.css", "Connection: close") + A], 2),
    # Header sections that are remembered, and what is like them.
    "remembered": ([BROWSED] * 4, 4),
    "remembered from another": ([(0, BROWSED), (1, BROWSED), (2, BROWSED)], 3),
    "remembered, another file": ([BROWSED, BROWSED.replace(b"app.css", b"large.bin")] * 2, 4),
    "remembered, head": ([BROWSED, BROWSED.replace(b"GET", b"HEAD")] * 2, 4),
    "remembered, head first": ([BROWSED.replace(b"GET", b"HEAD"), BROWSED] * 2, 4),
    "remembered, post": ([BROWSED, BROWSED.replace(b"GET", b"POST"), BROWSED], 2),
    "remembered, http/1.0": ([BROWSED, BROWSED.replace(b"/1.1", b"/1.0"), BROWSED], 2),
    "remembered, http/1.2": ([BROWSED, BROWSED.replace(b"/1.1", b"/1.2")], 1),
    "remembered, a query": ([BROWSED, BROWSED.replace(b".css ", b".css?v=1 ")] * 2, 4),
    "remembered, a query first": ([BROWSED.replace(b".css ", b".css?v=1 "), BROWSED] * 2, 4),
    "remembered, a fragment": ([BROWSED.replace(b".css ", b".css#a?v=1 "), BROWSED] * 2, 4),
    "remembered, unknown name": ([BROWSED, BROWSED.replace(b"app", b"none"), BROWSED], 2),
    "remembered, page": ([BROWSED, BROWSED.replace(b"/static/", b"/page/"), BROWSED], 2),
    "remembered, absolute": ([BROWSED, BROWSED.replace(b"/st", b"http://x/st"), BROWSED], 2),
    "remembered, two spaces": ([BROWSED, BROWSED.replace(b"GET ", b"GET  ")] * 2, 4),
    "remembered, two spaces behind": ([BROWSED, BROWSED.replace(b" HTTP", b"  HTTP")], 2),
    "remembered, tab": ([BROWSED, BROWSED.replace(b"GET ", b"GET\t")], 1),
    "remembered, lower case": ([BROWSED, BROWSED.replace(b"GET", b"get")], 1),
    "remembered, no version": ([BROWSED, BROWSED.replace(b" HTTP/1.1", b"")], 2),
    "remembered, bare line feed": ([BROWSED, BROWSED.replace(b"\r\n", b"\n", 1)], 1),
    "remembered, a line between": (
        [BROWSED, BROWSED.replace(b"/1.1\r\n", b"/1.1\nRange: bytes=0-1\r\n"), BROWSED],
        1,
    ),
    "remembered, encoded": ([BROWSED, BROWSED.replace(b"app", b"%61pp")] * 2, 4),
    "remembered, then pipelined": ([BROWSED, BROWSED + BROWSED, BROWSED + page(), BROWSED], 5),
    "remembered, then half of one": ([BROWSED, BROWSED + BROWSED[:50], BROWSED[50:], BROWSED], 4),
    "remembered, blank lines": ([BROWSED + b"\r\n", BROWSED + b"\r\n", b"\r\n" + BROWSED], 3),
    "remembered, and a body's end": (
        [BROWSED, page("/page", "Content-Length: 7", method="POST"), BODY + BROWSED, BROWSED],
        2,
    ),
    "remembered as a body": (
        [
            BROWSED,
            page("/page", f"Content-Length: {len(BROWSED)}", method="POST"),
            BROWSED,
            BROWSED,
        ],
        2,
    ),
    "remembered as the rest of a header": ([BROWSED, b"GET / HTTP/1.1\r\nX: ", BROWSED], 1),
    "remembered, while a page is made": ([BROWSED, SLOW, BROWSED, 21, BROWSED], 2),
    "remembered, not the one that closes": (
        [
            get("/static/app.css", "Connection: close"),
            (1, get("/static/app.css", "Connection: close")),
            (2, A),
        ],
        3,
    ),
    "remembered, not the first of two": ([A + BROWSED, A, BROWSED, A, BROWSED], 6),
    "remembered, not two": ([A + BROWSED] * 3 + [BROWSED + A, BROWSED + A], 10),
    "remembered, conditional": (
        [
            get("/static/app.css", "If-None-Match: *"),
            get("/static/large.bin", "If-None-Match: *"),
            A,
        ]
        * 2,
        6,
    ),
    "remembered, not an upgrade": (
        [BROWSED, get("/static/app.css", "Upgrade: x"), get("/static/app.css", "Upgrade: x")],
        1,
    ),
    "remembered after an upgrade": (
        [BROWSED, page("/page", "Connection: Upgrade", "Upgrade: h2c"), BROWSED],
        2,
    ),
    # Clients that do not read, and those that leave.
    "slow reader": ([STALL, get("/static/huge.bin"), A, A, RELIEVE, A], 2),
    "slow reader, at once": ([STALL, get("/static/huge.bin") + A * 200, RELIEVE, A], 2),
    "slow reader of remembered": ([STALL, *[get("/static/large.bin")] * 4, RELIEVE, A], 3),
    "slow reader, close": (
        [STALL, get("/static/huge.bin", "Connection: close"), 60, RELIEVE],
        1,
    ),
    "slow reader, expiry": ([STALL, get("/static/huge.bin"), 5.1, RELIEVE], 1),
    "slow reader that leaves": ([STALL, get("/static/huge.bin"), A, A, VANISH], 1),
    "slow reader of a page": ([STALL, *[STREAM] * 3, get("/static/huge.bin"), page(), A], 1),
    "http/1.0 to a slow reader, with more": (
        [
            STALL,
            get("/static/huge.bin", "Connection: keep-alive", version="HTTP/1.0") + page(),
            RELIEVE,
        ],
        1,
    ),
    "client that leaves": ([A, VANISH, (1, A)], 2),
    "client that leaves in a header": ([A + A[:10], VANISH, 10], 1),
    "client that leaves in a body": ([A + POST[:-3], VANISH, 10], 1),
    "client that leaves a page": ([A + SLOW, VANISH, 30], 1),
    "shutdown of the idle": ([A, SHUTDOWN, A], 1),
    "shutdown of the new": ([b"", SHUTDOWN, A], 0),
    "shutdown in a header": ([A + A[:10], SHUTDOWN, A[10:]], 1),
    "shutdown while a page is made": ([A + SLOW + A, SHUTDOWN, 21, A], 1),
    "shutdown of a slow reader": ([STALL, get("/static/huge.bin"), SHUTDOWN, RELIEVE], 1),
    # What the server adds, and what it is told.
    "fields of the server's": (
        [A, A, page()],
        2,
        options(headers=[("X-Own", "a"), ("x-own", "b")]),
    ),
    "no fields of the server's": ([A, page()], 1, options(server_header=False)),
    "fields that are the answer's too": (
        [A, A],
        2,
        options(headers=[("Cache-Control", "no-store"), ("ETag", '"own"')]),
    ),
    "Connection of the server's": ([A, A, page()], 0, options(headers=[("Connection", "close")])),
    "keep-alive of the server's": ([A, A], 0, options(headers=[("Connection", "keep-alive")])),
    "Content-Length of the server's": ([A, A], 0, options(headers=[("Content-Length", "1")])),
    "Transfer-Encoding of the server's": (
        [A, A],
        0,
        options(headers=[("Transfer-Encoding", "chunked")]),
    ),
    "a broken value of the server's": ([A, A], 0, options(headers=[("X-Own", "a\nb: c")])),
    "a broken name of the server's": ([A, A], 0, options(headers=[("X Own", "a")])),
    "one at a time": ([A, page()], 0, options(limit_concurrency=1)),
    "two at a time": ([(0, A), (1, A), (1, A)], 1, options(limit_concurrency=2)),
    "a page at a time": ([(0, A), (0, SLOW), (1, A), 21, (1, A)], 1, options(limit_concurrency=2)),
    "three at a time": ([(0, A), (1, A), (0, SLOW), (1, A)], 3, options(limit_concurrency=3)),
    "below a path": ([A, A, get("/shop/static/app.css")], 2, options(root_path="/shop")),
    "below a path of others": ([A, A], 0, options(root_path="/\u2603")),
    "below a path that ends in a slash": ([A, A], 0, options(root_path="/shop/")),
    "without an access log": ([A, A, page()], 2, options(access_log=False)),
    "of errors alone": ([A, page()], 1, options(log_level="error")),
    "all that there is to log": ([A, page()], 0, options(log_level="trace")),
    "https": ([A, A, page()], 2, with_site(WARM, is_secure=True)),
    "unix socket": ([A, A, page()], 2, with_site(WARM, client=None)),
    # What proxies say.
    "proxy, of the same machine": (
        [get("/static/app.css", *FORWARDED), A, page("/", *FORWARDED)],
        2,
    ),
    "proxy, remembered": (
        [(0, get("/static/app.css", *FORWARDED))] * 3 + [(1, A), (0, A)],
        5,
        by_proxies("*"),
    ),
    "proxy, unknown": (
        [get("/static/app.css", *FORWARDED)] * 2,
        2,
        with_site(WARM, client=("192.0.2.1", 5)),
    ),
    "proxy, trusted": (
        [get("/static/app.css", *FORWARDED)] * 2,
        2,
        with_site(by_proxies("192.0.2.0/24"), client=("192.0.2.1", 5)),
    ),
    "proxy, and nobody is trusted": ([get("/static/app.css", *FORWARDED)] * 2, 2, by_proxies("")),
    "proxy, a list of the trusted": (
        [get("/static/app.css", *FORWARDED)] * 2,
        2,
        by_proxies(["127.0.0.1", "203.0.113.9"]),
    ),
    "proxy, not read": ([get("/static/app.css", *FORWARDED)], 1, options(proxy_headers=False)),
    "proxy, read by the project": (
        [get("/static/app.css", *FORWARDED)] * 2,
        2,
        by_proxies("192.0.2.1", own=True),
    ),
    "proxy, several": (
        [get("/static/app.css", "X-Forwarded-For: a, 203.0.113.9:80", "X-Forwarded-For: 127.0.0.1")]
        * 2,
        2,
    ),
    "proxy, nonsense": (
        [get("/static/app.css", "X-Forwarded-For: ", "X-Forwarded-Proto: \xff")] * 2,
        2,
    ),
    # Sites of other kinds.
    "cold": ([A, A, get("/static/large.bin"), get("/static/none.css")] * 2, 4, COLD),
    "lean": (
        [A, get("/static/large.bin"), get("/static/large.bin", "Range: bytes=0-9"), A],
        2,
        LEAN,
    ),
    "lean, head": ([get("/static/large.bin", method="HEAD")] * 2, 2, LEAN),
    "lean, slow reader": ([STALL, get("/static/large.bin") + A, RELIEVE, A], 1, LEAN),
    "lean, client that leaves": ([STALL, get("/static/huge.bin"), VANISH], 0, LEAN),
    "at the root": ([get("/app.css"), page(), get("/"), get("*"), get("/app.css")], 2, AT_ROOT),
    "index files": ([get("/static/"), get("/static"), A, get("/static/sp%20ace")], 1, INDEXED),
    "always fresh": ([A, A, replace_file, A, remove_file, A], 0, FRESH),
    "two doors": ([get("/outer/app.css"), get("/inner/app.css"), A] * 3, 6, NESTED),
    "subclass": ([A, A], 0, Site(lambda app, root: warm(Subclass(app, root=root), root))),
    "something around": ([A, A], 0, Site(lambda app, root: Around(make_static(app, root)))),
    "a closure around": (
        [A, A],
        0,
        Site(lambda app, root: closure(make_static(app, root))),
    ),
    "replaced on disk": ([A, replace_file, A, A, get(method="HEAD")], 4),
    "removed from disk": ([A, remove_file, A, A], 3),
    "replaced on disk, lean": (
        [
            get("/static/large.bin"),
            replace_large,
            get("/static/large.bin", "Range: bytes=0-9"),
        ],
        0,
        LEAN,
    ),
    # What is no HTTP.
    "garbage": ([b"\x16\x03\x01\x02\x00\x01\x00"], 0),
    "garbage afterwards": ([A, b"garbage\r\n\r\n", A], 1),
    "a broken field": ([A, get("/static/app.css", "No colon"), A], 1),
    "a folded field": ([A, get("/static/app.css", "X: a", " b"), A], 1),
    "a field with a NUL": ([A, get("/static/app.css", "X: a\0b"), A], 1),
    "bytes in the path": ([A, b"GET /static/\xff HTTP/1.1\r\n\r\n"], 1),
    "two lengths": ([A, get("/static/app.css", "Content-Length: 1", "Content-Length: 2")], 1),
    "length and chunks": (
        [A, get("/static/app.css", "Content-Length: 1", "Transfer-Encoding: chunked")],
        1,
    ),
    "a long header": ([get("/static/app.css", "X: " + "x" * 70_000)] * 2, 2),
    "many fields": ([get("/static/app.css", *["X: x"] * 2000)] * 2, 2),
}


def closure(app):
    """A middleware without a class."""

    async def around(scope, receive, send):
        await app(scope, receive, send)

    return around


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The static root that the twins' are copies of."""
    root = write_tree(tmp_path_factory.mktemp("tree"), FILES)
    for path in sorted(root.rglob("*")):
        os.utime(path, (MODIFIED, MODIFIED))
    return root


@pytest.fixture
def roots(tree, tmp_path):
    """Makes a root for each twin: what a script does to one the other must see for itself."""

    def make():
        shutil.rmtree(tmp_path / "root", ignore_errors=True)
        return shutil.copytree(tree, tmp_path / "root")

    return make


def differences(expected, found):
    """What of two outcomes is not the same, by name."""
    return {
        each.name: (getattr(expected, each.name), getattr(found, each.name))
        for each in fields(expected)
        if getattr(expected, each.name) != getattr(found, each.name)
    }


@pytest.mark.parametrize("name", CASES)
def test_alike(roots, name):
    """Clients, log, counters, timers and application see the same with the lane and without, and
    the lane answers as much as it could.
    """
    script, at_once, *rest = CASES[name]
    site = rest[0] if rest else WARM
    expected = ask_server(script, site, roots())
    found, answered = ask_lane(script, site, roots())
    assert differences(expected, found) == {}
    assert answered == at_once


@pytest.mark.parametrize(
    ("before", "data"),
    [
        ([], BROWSED),
        ([BROWSED], BROWSED),
        ([], get("/static/app.css", "If-None-Match: *", "Connection: close")),
        ([A], A + POST + A),
        ([], get("/static/app.css?v=1", method="HEAD") + b"\r\n" + A),
        ([A], A + b"garbage\r\n\r\n"),
    ],
    ids=["browser", "remembered", "close", "pipeline", "blank line", "garbage"],
)
def test_in_two_pieces(tree, before, data):
    """Wherever a network cuts the bytes, the answers are those of uvicorn."""
    script = [(0, each) for each in before]
    for place in range(1, len(data)):
        script += [(place, data[:place]), (place, data[place:])]
    expected, (found, _) = ask_server(script, WARM, tree), ask_lane(script, WARM, tree)
    if b"garbage" in data:
        expected = ask_server(cut(script, WARM, tree), WARM, tree)
    assert differences(expected, found) == {}


@pytest.mark.parametrize("before", [[], [BROWSED]], ids=["new", "remembered"])
def test_byte_by_byte(tree, before):
    """Requests whose bytes come one by one are answered as uvicorn answers them."""
    data = BROWSED + POST + A + get(method="HEAD") + page() + get("/static/app.css?v=1", "X: y")
    script = [*before, *(data[place : place + 1] for place in range(len(data)))]
    expected, (found, answered) = ask_server(script, WARM, tree), ask_lane(script, WARM, tree)
    assert differences(expected, found) == {}
    assert answered == len(before) + 4


def test_an_answer_comes_before_what_is_no_http(tree):
    """What uvicorn loses to bytes that came at once with a request, the lane has sent before."""
    found, _ = ask_lane([A + b"garbage\r\n\r\n"], WARM, tree)
    assert differences(ask_server([A, b"garbage\r\n\r\n"], WARM, tree), found) == {}
    [lost] = ask_server([A + b"garbage\r\n\r\n"], WARM, tree).sent
    assert lost.startswith(b"HTTP/1.1 400 ")


def test_the_servers_fields_are_those_of_now(tree):
    """uvicorn makes its header fields anew each second, and the lane sends the newest."""
    with playing(StaticProtocol, [A], WARM, tree) as run:
        for number, date in enumerate((b"now", b"later"), 1):
            run.server.state.default_headers = [(b"date", date)]
            run.server.play([(number, A)])
            assert run.server.wires[number].sent[-1].startswith(b"HTTP/1.1 200 OK\r\ndate: " + date)


@pytest.mark.parametrize("more", [b"garbage\r\n\r\n", WEBSOCKET], ids=["garbage", "websocket"])
def test_nothing_comes_after_the_last_answer(tree, more):
    """What follows the answer that closes the connection gets none, of whatever kind it is."""
    last = get("/static/huge.bin", "Connection: keep-alive", version="HTTP/1.0")
    found, _ = ask_lane([STALL, last + more, RELIEVE], WARM, tree)
    expected = ask_server([STALL, last, more, RELIEVE], WARM, tree)
    assert {*differences(expected, found)} <= {"log"}


def test_what_a_lane_remembers_is_bounded(tree):
    """Strangers can neither fill the memory with names and header sections, nor lose it for others
    than themselves.
    """
    names = [get(f"/static/{n}.css") for n in range(2000)]
    queries = [get(f"/static/app.css?{n}") for n in range(2000)]
    sections = [get("/static/app.css", f"X-Number: {n % 2000}") for n in range(4000)]
    long = get("/static/app.css", "X: " + "x" * 5000)
    with playing(StaticProtocol, [*names, *queries, *sections, long], WARM, tree) as run:
        lane = lane_of(run.server.config)
        assert set(lane.targets) == {b"GET /static/app.css HTTP/1.1"}
        read = [each.partition(b"\r\n")[2] for each in (*sections[2000:], long)]
        kept = [each for each in read if each in lane.sections.kept]
        assert len(kept) == len(lane.sections.kept)
        assert kept == read[-1 - len(kept) : -1]
        assert 100 <= len(kept) <= 1000


@pytest.mark.parametrize("protocol", [HttpToolsProtocol, StaticProtocol])
def test_an_outer_door_comes_first(protocol, tree, tmp_path):
    """What an outer door may have by now, no inner one answers: once the lane sent the inner's."""

    def make(app, root):
        inner = make_static(app, root, immutable_file_test=lambda _path, _url: True)
        return StaticFiles(inner, root=tmp_path, autorefresh=True, misses="pass")

    with playing(protocol, [A, A], Site(make), tree) as run:
        (tmp_path / "app.css").write_bytes(b"of the outer door")
        run.server.play([(1, A)])
        assert b"".join(run.server.wires[1].sent).endswith(b"of the outer door")


@pytest.mark.parametrize("protocol", [HttpToolsProtocol, StaticProtocol])
def test_what_was_put_behind_a_door_since(protocol, tree):
    """Between two doors something may be put at any time: once the lane went past it."""
    made = []

    def make(app, root):
        made.append(make_static(make_static(app, root, prefix="/inner/"), root))
        return made[0]

    asked = get("/inner/app.css")
    with playing(protocol, [asked], Site(make), tree) as run:
        made[0].app = refuse
        run.server.play([(1, asked)])
        assert b"HTTP/1.1 401" in b"".join(run.server.wires[1].sent)


async def refuse(_scope, _receive, send):
    """Nobody may come in."""
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Guarded(StaticFiles):
    """A door that nobody may come in by."""

    __call__ = staticmethod(refuse)


def test_a_door_that_became_another_has_no_lane(tree):
    """What a door's class does first counts, however it came to be of it: once the lane went past
    the class of a door that had been a plain one.
    """

    def make(app, root):
        door = make_static(app, root)
        door.__class__ = Guarded
        return door

    found, answered = ask_lane([A, A], Site(make), tree)
    assert answered == 0
    assert found.sent[0].count(b"HTTP/1.1 401") == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [("subclass", "Subclass"), ("something around", "Around"), ("a closure around", "function")],
)
def test_no_lane_is_said_once(tree, log, name, kind):
    """Where the application is no plain door, one line says so, however many clients come."""
    *_, site = CASES[name]
    ask_lane([(number, A) for number in range(5)], site, tree)
    [line] = [each for each in log() if "lane" in each]
    assert re.search(rf"the application is of [\w.]+\.{kind}, and neither", line)


@pytest.mark.parametrize("version", ["0.34.9", "0.55.0", "0.540", "1.54", "0.54rc1", "2", "x"])
def test_no_lane_for_unknown_versions(monkeypatch, tree, log, version):
    """A uvicorn that nobody has read answers by itself, and one line says so."""
    monkeypatch.setattr(uvicorn, "__version__", version)
    found, answered = ask_lane([(0, A), (1, A)], WARM, tree)
    assert answered == 0
    assert found == ask_server([(0, A), (1, A)], WARM, tree)
    [line] = [each for each in log() if "lane" in each]
    assert f"version {version} of uvicorn is not known to it" in line


PROXY = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
SHOP = {"FORCE_SCRIPT_NAME": "/shop"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # A site and a script; how many answers are the lane's, are the application's, have HSTS.
        ({}, {"http plain": (5, 1, 0), "https plain": (5, 1, 0)}),
        (
            {"SECURE_HSTS_SECONDS": 60},
            {
                "http plain": (5, 1, 0),
                "https plain": (5, 1, 5),
                "http proxy": (3, 0, 2),
                "stranger proxy": (3, 0, 0),
            },
        ),
        (
            {"SECURE_HSTS_SECONDS": 60, "SECURE_SSL_REDIRECT": True},
            {
                "http plain": (0, 6, 0),
                "https plain": (5, 1, 5),
                "http proxy": (2, 1, 2),
                "stranger proxy": (0, 3, 0),
            },
        ),
        (
            {"SECURE_HSTS_SECONDS": 60, "SECURE_SSL_REDIRECT": True, **PROXY},
            {
                "https plain": (5, 1, 5),
                "http proxy": (2, 1, 2),
                "stranger proxy": (2, 1, 2),
                "stranger proxies": (2, 0, 2),
            },
        ),
        (SHOP, {"http below": (2, 0, 0)}),
    ],
    ids=["plain", "hsts", "redirect", "proxy", "script name"],
)
def test_django(tree, settings, expected):
    """What Django's security settings ask of an answer holds with the lane as without."""
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "servers.uvicorn_django", str(tree)],
        input=json.dumps(settings), capture_output=True, text=True, cwd=Path(__file__).parents[1],
        check=True,
    )  # fmt: skip
    results = json.loads(child.stdout)
    assert {name: each[0] for name, each in results.items()} == dict.fromkeys(results, "{}")
    assert {name: tuple(results[name][1]) for name in expected} == expected
