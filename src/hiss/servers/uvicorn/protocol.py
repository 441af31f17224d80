"""One connection of uvicorn's, with the lane in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from hiss.servers.memo import LONGEST
from hiss.servers.uvicorn.lane import lane_of
from hiss.servers.uvicorn.reading import METHODS, Section, is_ours, read_target

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import HTTPScope
    from uvicorn.config import Config

    from hiss.core.catalog import Entry
    from hiss.core.reply import Headers
    from hiss.core.request import Request
    from hiss.files.origin import Origin
    from hiss.servers.uvicorn.reading import Target

# Up to so many bytes, a body is copied behind its header: that costs less than a second write.
_COPIED: Final = 32 * 1024

# How a header section ends where the connection stays open, and where it closes.
_OPEN: Final = b"\r\n"
_LAST: Final = b"connection: close\r\n\r\n"


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
        #: The header section of the last plain GET.
        self._section: Section | None = None
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
        lane = self._lane
        if not self._is_between or len(data) > LONGEST:
            super().data_received(data)
            return
        line, _, rest = data.partition(b"\r\n")
        target = lane.targets.get(line)
        if target is not None:
            section = self._section
            # A client says the same again and again: to compare costs less than to hash.
            if section is None or section.source != rest:
                section = self._section = lane.sections.get(rest)
            if section is not None and self._answer_again(target, section):
                return
        begun = self._begun
        super().data_received(data)
        if target is None and self._begun == begun + 1 and self._was_plain(line):
            lane.remember(line, self.url)

    def on_message_begin(self) -> None:
        # What uvicorn makes at the beginning can wait until it is known to be wanted.
        self.url = b""
        self.headers = []
        self._is_answered = self._is_between = False
        self._begun += 1

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        # Of what follows the answer after which the connection closes, uvicorn answers nothing.
        if self._is_last or (self.url.startswith(self._lane.prefixes) and self._answer()):
            self._is_answered = True
            return
        # What came along with a request that was answered is not what its connection waits for.
        self._quiet_since = None
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        # The scope has this very list.
        self.headers.extend(headers)
        expected = [value for name, value in headers if name == b"expect"]
        self.expect_100_continue = any(value.lower() == b"100-continue" for value in expected)
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
        """Whether what the parser had was a GET of a path, which the lane answered, and after which
        the connection stays open.
        """
        is_read = self._is_answered and self._is_between
        is_line = b"?" not in line and line == b"GET %b HTTP/1.1" % self.url
        return is_read and is_line and not self.transport.is_closing()

    def _answer(self) -> bool:
        """Answer the request whose header was read, if that is the lane's; whether it was."""
        parser, wanted = self.parser, self._lane.telling
        telling = [pair for pair in self.headers if pair[0] in wanted]
        method = parser.get_method()
        if method not in METHODS or not is_ours(telling):
            return False
        target = read_target(self.url)
        if target is None:
            return False
        http_version = parser.get_http_version()
        keep_alive = http_version != "1.0" and parser.should_keep_alive()
        if not (keep_alive or self._lane.closes):
            return False
        query = target.query.decode("latin-1")
        section = Section.of(method.decode("ascii"), query, telling)
        return self._reply(target, section, http_version, _OPEN if keep_alive else _LAST)

    def _answer_again(self, target: Target, section: Section) -> bool:
        """Answer a GET whose line is remembered, if it may be now; whether it was answered."""
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        origin = self._lane.origin
        if origin is None or self.access_log or self.root_path:
            return self._reply(target, section, "1.1", _OPEN)
        # What needs no scope, gets none.
        entry = origin.known(target.path) if self._is_next() else None
        return entry is not None and self._write(origin, entry, (), section.request, _OPEN, None)

    def _reply(self, target: Target, section: Section, http_version: str, end: bytes) -> bool:
        """Answer what was read, if a door has that in memory; whether it was answered."""
        if not self._is_next():
            return False
        request, telling, says_forwarded, _ = section
        place = self.root_path
        # What of the scope a door and the log want; the headers are those that tell something.
        scope: Any = {
            "type": "http",
            "http_version": http_version,
            "method": request.method,
            "scheme": self.scheme,
            "client": self.client,
            "root_path": place,
            "path": place + target.path,
            "raw_path": place.encode("ascii") + target.raw_path if place else target.raw_path,
            "query_string": target.query,
            "headers": telling,
        }
        if says_forwarded:
            self._lane.go_behind_proxies(scope)
        found = self._lane.doors.find(scope, target.path)
        if found is None:
            return False
        door, (entry, extra) = found
        return self._write(door.origin, entry, extra, request, end, scope)

    def _write(
        self,
        origin: Origin,
        entry: Entry,
        extra: Headers,
        request: Request,
        end: bytes,
        scope: HTTPScope | None,
    ) -> bool:
        """Write the answer, if it is in memory; whether it was. `scope`: what the log tells of."""
        known = None if request.key is None else origin.answer_known(entry, request.key)
        held = known or origin.answer_held(entry, request)
        fields = self._lane.block(self.server_state.default_headers)
        if held is None or fields is None:
            return False
        reply, body = held
        if self.access_log and scope is not None:
            self._log(scope, reply.status)
        status, block = STATUS_LINE[reply.status], reply.block(extra)
        if len(body) <= _COPIED:
            self.transport.write(b"".join((status, fields, block, end, body)))
        else:
            self.transport.write(b"".join((status, fields, block, end)))
            self.transport.write(body)
        self.server_state.total_requests += 1
        if end is _OPEN:
            # The connection stays open for as long as uvicorn would let it, once nothing comes.
            self._quiet_since = self.loop.time()
            if self._timer is None:
                self._timer = self.loop.call_later(self.timeout_keep_alive, self._look)
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
