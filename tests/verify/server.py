"""A server that can misbehave on purpose: Hiss answers, and a fault has the last word.

What goes over the wire is written here, byte by byte, as some faults are of the wire.
"""

from __future__ import annotations

import contextlib
import io
import socketserver
import ssl
import threading
from dataclasses import dataclass, field, replace
from http.client import parse_headers
from typing import Any
from urllib.parse import unquote_to_bytes


@dataclass
class Asked:
    """A request, as it came."""

    method: str
    path: str
    #: Names in lower case.
    fields: dict[str, str]
    #: How often this method and path were asked for before, by this server.
    before: int = 0

    def field(self, name):
        return self.fields.get(name.lower(), "")

    @property
    def is_static(self):
        return self.path.startswith("/static/")


@dataclass
class Reply:
    """What is sent."""

    status: int
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    #: Content-Length, where it is not that of the body.
    length: int | None = None
    #: The body goes out to HEAD, too.
    is_loud: bool = False

    def get(self, name):
        return next((value for each, value in self.fields if each.lower() == name.lower()), "")

    def set(self, **fields):
        """Put fields in the place of those of these names; `None` drops one."""
        names = {name.replace("_", "-").lower(): value for name, value in fields.items()}
        kept = [(name, value) for name, value in self.fields if name.lower() not in names]
        added = [(name.title(), value) for name, value in names.items() if value is not None]
        return replace(self, fields=[*kept, *added])


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class Misbehaving:
    """A server on loopback, running as long as it is entered."""

    def __init__(self, app, *, context: ssl.SSLContext | None = None, host="127.0.0.1"):
        self.app = app
        self.fault = lambda asked, reply: reply
        self.asked: list[Asked] = []
        self.counts: dict[tuple[str, str], int] = {}
        self.lock = threading.Lock()
        self.open = self.most_open = 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self):
                with outer.lock:
                    outer.open += 1
                    outer.most_open = max(outer.most_open, outer.open)
                try:
                    with contextlib.suppress(OSError):
                        while outer._talk(self.rfile, self.wfile):
                            pass
                finally:
                    with outer.lock:
                        outer.open -= 1

        self.server = _Server((host, 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if context else "http"
        self.port = self.server.server_address[1]
        self.url = f"{self.scheme}://{host}:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def reset(self):
        """Forget what was asked, and behave."""
        self.fault = lambda asked, reply: reply
        self.asked.clear()
        self.counts.clear()
        self.most_open = 0

    def _talk(self, rfile, wfile):
        """One request and its reply; whether the connection may be used again."""
        line = rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        fields = {name.lower(): value for name, value in parse_headers(rfile).items()}
        with self.lock:
            before = self.counts.get((line[0], line[1]), 0)
            self.counts[line[0], line[1]] = before + 1
        asked = Asked(line[0], line[1], fields, before)
        self.asked.append(asked)
        reply = self.fault(asked, call(self.app, asked, self.scheme))
        if reply is None:
            return False
        is_silent = reply.status in {204, 304} or (asked.method == "HEAD" and not reply.is_loud)
        sent = b"" if is_silent else reply.body
        names = {name.lower() for name, _ in reply.fields}
        lines = [f"HTTP/1.1 {reply.status} -", *(f"{n}: {v}" for n, v in reply.fields)]
        if "content-length" not in names and reply.status not in {204, 304} and not is_silent:
            length = len(reply.body) if reply.length is None else reply.length
            lines.append(f"Content-Length: {length}")
        wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + sent)
        return reply.length is None and "close" not in fields.get("connection", "").lower()


def call(app: Any, asked: Asked, scheme="http") -> Reply:
    """What a WSGI application answers; without Content-Length, which is the body's."""
    path, _, query = asked.path.partition("?")
    host, _, port = asked.field("host").partition(":")
    environ = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **{f"HTTP_{n.upper().replace('-', '_')}": v for n, v in asked.fields.items()},
    }
    started = []
    result = app(environ, lambda status, fields, exc_info=None: started.append((status, fields)))
    body = b"".join(result)
    if hasattr(result, "close"):
        result.close()
    [(status, fields)] = started
    is_empty = asked.method == "HEAD" or status[:3] == "304"
    kept = [(name, value) for name, value in fields if is_empty or name.lower() != "content-length"]
    return Reply(int(status[:3]), kept, body)
