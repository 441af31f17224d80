"""uvicorn's lane: `uvicorn mysite.asgi:application --http hiss.servers.uvicorn:StaticProtocol`.

uvicorn's own parser reads the requests. A GET or HEAD of a static file in memory is answered when
its header has been read, before a task is made; every other request goes uvicorn's way, from that
same moment.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote
from weakref import WeakKeyDictionary

import uvicorn
from httptools import HttpParserInvalidURLError, parse_url
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from hiss.core.request import FIELDS, Request
from hiss.files.origin import Origin

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from uvicorn._types import HTTPScope
    from uvicorn.config import Config

    from hiss.asgi import Door, Scope

logger = logging.getLogger("hiss.servers")

# The versions whose protocol was read, and is tested.
_FIRST_KNOWN: Final = (0, 35)
_LAST_KNOWN: Final = (0, 54)

# That a body follows, that the client waits for a word first, that the connection becomes another.
_NOT_OURS: Final = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})
_METHODS: Final = frozenset({b"GET", b"HEAD"})
# A target that is its path, as it stands.
_PLAIN: Final = re.compile(rb"/[\w./~!$&'()*+,;=:@-]*", re.ASCII).fullmatch

_FORWARDED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
# Of a browser's ten fields, those that matter here.
_TELLING: Final = {name.encode("ascii") for name in FIELDS} | _NOT_OURS | _FORWARDED

# What the server's own header fields must leave to the answer.
_FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})


class Lane:
    """What the connections of one server share."""

    def __init__(self, door: Door, proxied: ProxyHeadersMiddleware | None) -> None:
        """`proxied`: uvicorn's own reading of what proxies say; `None`: they are not believed."""
        self.find = door.find
        self.answer_held = door.origin.answer_held
        self.prefixes = tuple(prefix.encode() for prefix in door.prefixes)
        self._proxied = proxied
        self._fields: Sequence[tuple[bytes, bytes]] = ()
        self._block: bytes | None = b""

    def block(self, fields: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        """The server's own header fields as they are sent; `None` where they say how the answer
        ends, which is then uvicorn's to see to. uvicorn makes them anew each second.
        """
        if fields is not self._fields:
            says_end = any(name.lower() in _FRAMING for name, _ in fields)
            self._block = None if says_end else b"".join(b"%b: %b\r\n" % pair for pair in fields)
            self._fields = fields
        return self._block

    def behind_proxies(self, scope: HTTPScope) -> HTTPScope:
        """The scope as an application behind `ProxyHeadersMiddleware` sees it."""
        if self._proxied is None:
            return scope
        seen = scope.copy()
        # It waits for nothing but the application, which here is none.
        with suppress(StopIteration):
            self._proxied(seen, _nothing, _nothing).send(None)
        return seen


class StaticProtocol(HttpToolsProtocol):
    """One connection.

    Where there is no lane, because the application is no door of Hiss's or this uvicorn is of a
    version that was not read, it is uvicorn's own, and a line in the log says so.
    """

    def __new__(cls, config: Config, *arguments: Any, **named: Any) -> HttpToolsProtocol:  # type: ignore[misc]
        """A connection of the server that has this configuration."""
        if lane_of(config) is None:
            return HttpToolsProtocol(config, *arguments, **named)
        return super().__new__(cls)

    def __init__(self, config: Config, *arguments: Any, **named: Any) -> None:
        super().__init__(config, *arguments, **named)
        lane = lane_of(config)
        assert lane is not None
        self._lane = lane
        self._telling: list[tuple[bytes, bytes]] = []
        #: Whether the request that is being read has its answer already.
        self._is_answered = False
        # Timers are dear beside an answer: one for many, which looks how long it has been quiet.
        self._quiet_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._telling = []
        self._is_answered = False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.headers.append((name, value))
        if name in _TELLING:
            self._telling.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        if self.url.startswith(self._lane.prefixes) and self._answer():
            self._is_answered = True
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_answered:
            super().on_message_complete()

    def _answer(self) -> bool:
        """Answer the request whose header was read, if that is the lane's; whether it was."""
        lane, parser = self._lane, self.parser
        method = parser.get_method()
        if method not in _METHODS or not self._is_next():
            return False
        scope = self._aim(method)
        if scope is None:
            return False
        found = lane.find(cast("Scope", scope))
        if found is None:
            return False
        entry, extra = found
        query = scope["query_string"].decode("latin-1")
        request = Request.from_raw_headers(scope["method"], query, self._telling)
        answered = lane.answer_held(entry, request)
        fields = lane.block(self.server_state.default_headers)
        if answered is None or fields is None:
            return False
        reply, body = answered
        http_version = parser.get_http_version()
        keep_alive = http_version != "1.0" and parser.should_keep_alive()
        if self.access_log:
            self.access_logger.info(
                '%s - "%s %s HTTP/%s" %d',
                get_client_addr(scope),
                scope["method"],
                get_path_with_query_string(scope),
                http_version,
                reply.status,
            )
        end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        head = STATUS_LINE[reply.status], fields, reply.block(extra), end
        assert isinstance(body, bytes)
        self.transport.write(b"".join((*head, body)))
        self.server_state.total_requests += 1
        if keep_alive:
            self._wait()
        else:
            self.transport.close()
        return True

    def _is_next(self) -> bool:
        """Whether the answer to what was read may be written now, by this lane."""
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            return False
        # Who does not read what was sent gets no more before that.
        if self.flow.write_paused or self.transport.is_closing():
            return False
        limit = self.limit_concurrency
        if limit is not None and (len(self.connections) >= limit or len(self.tasks) >= limit):
            return False
        return not any(name in _NOT_OURS for name, _ in self._telling)

    def _aim(self, method: bytes) -> HTTPScope | None:
        """The scope, with what uvicorn would say in it of the target; `None`: that is no path."""
        scope, url = self.scope, self.url
        raw_path, query = url, b""
        if not _PLAIN(url):
            try:
                parsed = parse_url(url)
            except HttpParserInvalidURLError:
                return None
            raw_path, query = parsed.path, parsed.query or b""
        try:
            path = raw_path.decode("ascii")
        except UnicodeDecodeError:
            return None
        scope["method"] = method.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + raw_path
        scope["query_string"] = query
        if any(name in _FORWARDED for name, _ in self._telling):
            return self._lane.behind_proxies(scope)
        return scope

    def _wait(self) -> None:
        """Let the connection stay open for as long as uvicorn would, once nothing more comes."""
        self._quiet_since = self.loop.time()
        if self._timer is None:
            self._timer = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._quiet_since is None:
            return
        left = self._quiet_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._look)
        else:
            self.timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        self._quiet_since = None
        super()._unset_keepalive_if_required()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)


def lane_of(config: Config) -> Lane | None:
    """The lane of the server that has this configuration; the log says why, where there is none."""
    if config not in _lanes:
        if not config.loaded:
            config.load()
        try:
            _lanes[config] = _open_lane(config)
        except _NoLaneError as error:
            logger.warning("uvicorn serves without Hiss's lane: %s", error)
            _lanes[config] = None
    return _lanes[config]


_lanes: WeakKeyDictionary[Config, Lane | None] = WeakKeyDictionary()


class _NoLaneError(Exception):
    """Why there is no lane."""


def _open_lane(config: Config) -> Lane:
    version = tuple(int(part) for part in uvicorn.__version__.split(".")[:2])
    if not _FIRST_KNOWN <= version <= _LAST_KNOWN:
        raise _NoLaneError(f"version {uvicorn.__version__} of uvicorn is not known to it")
    app, proxied = config.loaded_app, None
    if isinstance(app, ProxyHeadersMiddleware):
        proxied = ProxyHeadersMiddleware(_nothing, config.forwarded_allow_ips or "127.0.0.1")
        app = app.app
    if not isinstance(getattr(app, "origin", None), Origin) or not app.is_plain:
        raise _NoLaneError(
            f"the application is a {type(app).__qualname__}, and no hiss.asgi.StaticFiles nor what "
            "hiss.django.get_asgi_application makes, with nothing around it"
        )
    return Lane(app, proxied)


async def _nothing(*_: object) -> Any:  # noqa: ANN401 - called as all three of ASGI's callables
    """An application that does nothing: what is around it is wanted."""
