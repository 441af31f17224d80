"""uvicorn's lane: `uvicorn mysite.asgi:application --http hiss.servers.uvicorn:StaticProtocol`.

uvicorn's own parser reads the requests. A GET or HEAD of a static file in memory is answered when
its header has been read, before a task is made; every other request goes uvicorn's way, from that
same moment.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import unquote
from weakref import WeakKeyDictionary

import uvicorn
from httptools import HttpParserInvalidURLError, parse_url
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
)
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from hiss.core.request import FIELDS, Request
from hiss.files.origin import Origin
from hiss.http.paths import quote_path

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from uvicorn._types import HTTPScope
    from uvicorn.config import Config

    from hiss.asgi import Door, Scope

    Fields = list[tuple[bytes, bytes]]

logger = logging.getLogger("hiss.servers")

# The versions whose protocol was read, and is tested.
_FIRST_KNOWN: Final = (0, 35)
_LAST_KNOWN: Final = (0, 54)
# Versions before this one end connections in other ways: those answers are left to them.
_FIRST_CLOSING: Final = (0, 53)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?![\da-z])").match

# That a body follows, that the client waits for a word first, that the connection becomes another.
_NOT_OURS: Final = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})
_METHODS: Final = frozenset({b"GET", b"HEAD"})
# Header sections that a lane remembers the reading of. A browser sends the same one for many files
# of a page; what is longer than this, or was sent by more clients than that, is read anew.
_MEMO_ENTRIES: Final = 512
_MEMO_LENGTH: Final = 2048

# A target that is its path, as it stands.
_PLAIN: Final = re.compile(rb"/[\w./~!$&'()*+,;=:@-]*", re.ASCII).fullmatch

_FORWARDED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
# Of a browser's ten fields, those that matter here.
_TELLING: Final = {name.encode("ascii") for name in FIELDS} | _NOT_OURS | _FORWARDED

# Up to so many bytes, a body is copied behind its header: that costs less than a second write.
_COPIED: Final = 32 * 1024

# What the server's own header fields must leave to the answer.
_FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})


def _may_be_sent(name: bytes, value: bytes) -> bool:
    """Whether a header field of the server's is one that changes nothing for the answer."""
    is_broken = HEADER_RE.search(name) or HEADER_VALUE_RE.search(value)
    return not is_broken and name.lower() not in _FRAMING


class Section(NamedTuple):
    """What was read in the header section of a GET: the request, and the fields behind it."""

    request: Request
    telling: list[tuple[bytes, bytes]]
    is_forwarded: bool


class Target(NamedTuple):
    """A request's target as uvicorn reads it; `path` is decoded."""

    path: str
    raw_path: bytes
    query: bytes = b""


def is_forwarded(telling: Fields) -> bool:
    """Whether a proxy says something of its client."""
    return any(name in _FORWARDED for name, _ in telling)


def read_target(url: bytes) -> Target | None:
    """The target of a request; `None` where it is none that uvicorn could read."""
    if _PLAIN(url):
        return Target(url.decode("ascii"), url)
    try:
        parsed = parse_url(url)
        path = parsed.path.decode("ascii")
    except (HttpParserInvalidURLError, UnicodeDecodeError, AttributeError):
        return None
    return Target(unquote(path) if "%" in path else path, parsed.path, parsed.query or b"")


class Lane:
    """What the connections of one server share."""

    def __init__(
        self, doors: list[Door], proxied: ProxyHeadersMiddleware | None, *, closes: bool
    ) -> None:
        """`doors`: from the outermost inwards; `proxied`: uvicorn's own reading of what proxies
        say, `None` where they are not believed; `closes`: whether the lane gives the last answers
        of connections.
        """
        self.doors = tuple(doors)
        self.closes = closes
        self.telling = _TELLING | {door.proxy_field for door in doors}
        prefixes = (prefix for door in doors for prefix in door.prefixes)
        self.prefixes = tuple(quote_path(prefix).encode("ascii") for prefix in prefixes)
        self.beginnings = tuple(b"GET " + prefix for prefix in self.prefixes)
        #: The paths of targets that stand for themselves, and have been answered.
        self.paths: dict[bytes, str] = {}
        self._sections: dict[bytes, Section] = {}
        self.recall = self._sections.get
        self._proxied = proxied
        self._fields: Sequence[tuple[bytes, bytes]] = ()
        self._block: bytes | None = b""

    def remember(self, section: bytes, telling: Fields) -> None:
        """Keep what was read in the header section of a GET without a query."""
        if len(section) <= _MEMO_LENGTH:
            if len(self._sections) >= _MEMO_ENTRIES:
                del self._sections[next(iter(self._sections))]
            request = Request.from_raw_headers("GET", "", telling)
            self._sections[section] = Section(request, telling, is_forwarded(telling))

    def block(self, fields: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        """The server's own header fields as they are sent; `None` where they say how the answer
        ends, or cannot be sent, which is then uvicorn's to see to. uvicorn makes them anew each
        second.
        """
        if fields is not self._fields:
            is_ours = all(_may_be_sent(name, value) for name, value in fields)
            self._block = b"".join(b"%b: %b\r\n" % pair for pair in fields) if is_ours else None
            self._fields = fields
        return self._block

    def go_behind_proxies(self, scope: HTTPScope) -> None:
        """Write into the scope what `ProxyHeadersMiddleware` does."""
        if self._proxied is not None:
            # It waits for nothing but the application, which here is none.
            with suppress(StopIteration):
                self._proxied(scope, _nothing, _nothing).send(None)


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
        #: What the lane wants to know of the header that is being read.
        self._telling: Fields = []
        #: Whether the request that is being read has its answer already.
        self._is_answered = False
        #: Whether the lane gave the connection's last answer.
        self._is_last = False
        #: Whether the parser is between two requests, and how many it has begun.
        self._is_between = True
        self._begun = 0
        # Timers are dear beside an answer: one for many, which looks how long it has been quiet.
        self._quiet_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        if not (self._is_between and data.startswith(self._lane.beginnings)):
            super().data_received(data)
            return
        line, _, section = data.partition(b"\r\n")
        remembered = self._lane.recall(section)
        if remembered is not None and self._answer_again(line, remembered):
            return
        begun = self._begun
        super().data_received(data)
        if self._begun == begun + 1 and remembered is None and self._was_plain(line):
            self._lane.remember(section, self._telling)

    def on_message_begin(self) -> None:
        # What uvicorn makes at the beginning can wait until it is known to be wanted.
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._telling = []
        self._is_answered = self._is_between = False
        self._begun += 1

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.headers.append((name, value))
        if name in self._lane.telling:
            self._telling.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        # Of what follows the answer after which the connection closes, uvicorn answers nothing.
        if self._is_last or (self.url.startswith(self._lane.prefixes) and self._answer()):
            self._is_answered = True
            return
        # What came along with a request that was answered is not what its connection waits for.
        self._quiet_since = None
        url, headers, is_expecting = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, is_expecting
        # The scope has this very list.
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_between = not self.parser.should_upgrade()
        if not self._is_answered:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not self._is_last:
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        if not self._is_last:
            super().handle_websocket_upgrade()

    def _was_plain(self, line: bytes) -> bool:
        """Whether all that the parser had was a request for a path, which the lane answered, and
        after which the connection stays open: then what followed its first line was its header.
        """
        is_read = self._is_answered and self._is_between
        is_line = b"?" not in line and line == b"GET %b HTTP/1.1" % self.url
        return is_read and is_line and not self.transport.is_closing()

    def _answer(self) -> bool:
        """Answer the request whose header was read, if that is the lane's; whether it was."""
        parser, telling = self.parser, self._telling
        method = parser.get_method()
        target = read_target(self.url)
        if method not in _METHODS or any(name in _NOT_OURS for name, _ in telling):
            return False
        if target is None:
            return False
        http_version = parser.get_http_version()
        keep_alive = http_version != "1.0" and parser.should_keep_alive()
        if not (keep_alive or self._lane.closes):
            return False
        query = target.query.decode("latin-1")
        request = Request.from_raw_headers(method.decode("ascii"), query, telling)
        scope = self._see(request.method, target, telling, http_version)
        if is_forwarded(telling):
            self._lane.go_behind_proxies(scope)
        is_answered = self._reply(scope, request, keep_alive=keep_alive)
        if is_answered and target.raw_path is self.url:
            self._lane.paths[self.url] = target.path
        return is_answered

    def _answer_again(self, line: bytes, section: Section) -> bool:
        """Answer a GET whose header section is remembered; whether that was the lane's."""
        url = line[4:-9]
        path = self._lane.paths.get(url)
        if path is None or not line.endswith(b" HTTP/1.1"):
            return False
        self._unset_keepalive_if_required()
        request, telling, is_forwarded = section
        scope = self._see("GET", Target(path, url), telling, "1.1")
        if is_forwarded:
            self._lane.go_behind_proxies(scope)
        return self._reply(scope, request, keep_alive=True)

    def _see(self, method: str, target: Target, telling: Fields, http_version: str) -> HTTPScope:
        """What of the scope a door and the log want; the headers are those that tell something."""
        place = self.root_path
        scope: Any = {
            "type": "http",
            "http_version": http_version,
            "method": method,
            "scheme": self.scheme,
            "client": self.client,
            "root_path": place,
            "path": place + target.path,
            "raw_path": place.encode("ascii") + target.raw_path if place else target.raw_path,
            "query_string": target.query,
            "headers": telling,
        }
        return cast("HTTPScope", scope)

    def _reply(self, scope: HTTPScope, request: Request, *, keep_alive: bool) -> bool:
        lane = self._lane
        if not self._is_next():
            return False
        for door in lane.doors:
            found = door.find(cast("Scope", scope))
            if found is not None:
                break
        else:
            return False
        entry, extra = found
        answer = door.origin.answer_held(entry, request)
        fields = lane.block(self.server_state.default_headers)
        if answer is None or fields is None:
            return False
        reply, body = answer
        assert isinstance(body, bytes)
        if self.access_log:
            self._log(scope, reply.status)
        end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        head = STATUS_LINE[reply.status], fields, reply.block(extra), end
        if len(body) <= _COPIED:
            self.transport.write(b"".join((*head, body)))
        else:
            self.transport.write(b"".join(head))
            self.transport.write(body)
        self.server_state.total_requests += 1
        if keep_alive:
            self._wait()
        else:
            self._is_last = True
            self.transport.close()
        return True

    def _log(self, scope: HTTPScope, status: int) -> None:
        """uvicorn's line for an answer."""
        self.access_logger.info(
            '%s - "%s %s HTTP/%s" %d',
            get_client_addr(scope),
            scope["method"],
            get_path_with_query_string(scope),
            scope["http_version"],
            status,
        )

    def _is_next(self) -> bool:
        """Whether the answer to what was read may be written now, by this lane."""
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            return False
        # Who does not read what was sent gets no more before that.
        if self.flow.write_paused or self.transport.is_closing():
            return False
        limit = self.limit_concurrency
        return limit is None or not (len(self.connections) >= limit or len(self.tasks) >= limit)

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
    found = _VERSION(uvicorn.__version__)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if not _FIRST_KNOWN <= version <= _LAST_KNOWN:
        raise _NoLaneError(f"version {uvicorn.__version__} of uvicorn is not known to it")
    app, proxied = config.loaded_app, None
    if type(app) is ProxyHeadersMiddleware:
        # uvicorn's, or the project's own, which trusts others.
        proxied = copy(app)
        proxied.app = _nothing
        app = app.app
    kind = type(app).__qualname__
    doors: list[Door] = []
    while _is_door(app):
        doors.append(app)
        app = app.app
    if not doors:
        raise _NoLaneError(
            f"the application is a {kind}, and neither a hiss.asgi.StaticFiles nor what "
            "hiss.django.get_asgi_application makes, with nothing around it"
        )
    return Lane(doors, proxied, closes=version >= _FIRST_CLOSING)


def _is_door(app: Any) -> bool:  # noqa: ANN401 - whatever the project serves
    """Whether an application is a plain door itself, and not something around one that hands on
    what is asked of it.
    """
    is_door = "find" in vars(type(app)) and isinstance(getattr(app, "origin", None), Origin)
    return is_door and app.is_plain


async def _nothing(*_: object) -> Any:  # noqa: ANN401 - called as all three of ASGI's callables
    """An application that does nothing: what is around it is wanted."""
