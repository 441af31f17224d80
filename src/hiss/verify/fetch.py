"""Asking politely: few connections, few tries, a limit on all of it, and only hosts that are named.

Every request goes through here. Knows nothing of what is asked, or why.
"""

from __future__ import annotations

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote, urlsplit

import hiss
from hiss.verify.messages import MOST_OF_BODY, Answer, Obstacle, Request
from hiss.verify.pace import Clock, PacedResponse
from hiss.verify.shelf import Shelf
from hiss.verify.urls import host_of, is_same_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from hiss.verify.messages import Field

USER_AGENT: Final = f"hiss-verify/{hiss.__version__}"

_CHUNK: Final = 64 * 1024
# Bytes of a body that is kept in any case: parts, and what comes in the place of a file.
_SMALL: Final = 64 * 1024
# What may stand in a request's target as it is, beyond what `quote` lets stand.
_TARGET_SAFE: Final = "/%:?[]@!$&'()*+,;=~"
# Those that say "later": RFC 9110, 15.6, and RFC 6585, 4.
_LATER: Final = frozenset({429, 502, 503, 504})
# A server may ask for more patience than a person at a terminal has.
_MOST_PATIENCE: Final = 10.0
# Seconds: what follows an answer comes with it.
_SHORTLY: Final = 1.0
# Bytes may come in time, and yet never end: so many time-outs for a whole answer.
_SLOWNESS: Final = 4
# What a server says may hold what moves a terminal's cursor; and may be long.
_MOVES: Final = dict.fromkeys((*range(32), *range(127, 160)))
_MOST_OF_WORDS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is asked of a site."""

    connections: int = 4
    requests: int = 500
    tries: int = 3
    #: Seconds before the second try; twice as many before each further one.
    back_off: float = 0.5
    #: Seconds for a connection, and for each piece of an answer.
    timeout: float = 15.0
    #: Bytes of a body that are read, and that it may stand for.
    body: int = MOST_OF_BODY
    #: Bytes of bodies that are kept, of all answers together.
    kept: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hosts:
    """Which hosts may be asked: `example.org` on any port, `example.org:8000` on that one."""

    names: frozenset[str]

    def hold(self, url: str) -> bool:
        """Whether a URL is at one of them."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        here = {host_of(url), parts.hostname or ""}
        return parts.scheme in {"http", "https"} and bool(here & self.names)


class Fetcher:
    """Asks, in a few threads, each with one connection at a time."""

    def __init__(
        self,
        limits: Limits,
        hosts: Hosts,
        own: str = "",
        headers: Iterable[Field] = (),
        advance: Callable[[int, int], None] = lambda done, known: None,
    ) -> None:
        self.limits = limits
        self.hosts = hosts
        #: How many requests were sent.
        self.sent = 0
        #: How many were not, as that would have been too many.
        self.refused = 0
        #: How many are left alone, for what is asked later.
        self.leaving = 0
        #: How many bodies were let go, as all together were too much.
        self.let_go = 0
        self._known = 0
        self._kept = 0
        self._shelf: Shelf[bytes | Obstacle] = Shelf()
        #: A URL of the one origin that is given `headers`, which may be secret.
        self._own = own
        self._headers = dict(headers)
        self._advance = advance
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._connections: list[HTTPConnection] = []
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(limits.connections)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)
        for each in self._connections:
            each.close()

    @property
    def left(self) -> int:
        """How many requests may still be sent."""
        return max(self.limits.requests - self.leaving - self.sent, 0)

    def ask(self, request: Request) -> Answer | None:
        """The answer to a request; `None` where it was not asked, for the limit or its host."""
        return self.ask_all([request])[0]

    def ask_all(self, requests: Iterable[Request]) -> list[Answer | None]:
        """The answers to requests, in their order."""
        asked = list(requests)
        with self._lock:
            self._known += len(asked)
        return list(self._pool.map(self._ask, asked))

    def _ask(self, request: Request) -> Answer | None:
        if not self.hosts.hold(request.url):
            return None
        answer: Answer | None = None
        for again in range(self.limits.tries):
            if not self._may_send(is_new=not again):
                return answer
            answer = self._try(request)
            if answer.status and answer.status not in _LATER and not answer.trouble:
                break
            if again + 1 < self.limits.tries:
                self._stopped.wait(self._patience(answer, again))
        with self._lock:
            self._advance(self.sent, self._known)
        return answer

    def _may_send(self, *, is_new: bool) -> bool:
        with self._lock:
            if self._stopped.is_set():
                return False
            if not self.left:
                self.refused += is_new
                return False
            self.sent += 1
            return True

    def _patience(self, answer: Answer, again: int) -> float:
        wished = answer.header("Retry-After")
        if wished.isdecimal():
            return min(float(wished), _MOST_PATIENCE)
        return min(float(self.limits.back_off * 2**again), _MOST_PATIENCE)

    def _try(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        query = f"?{parts.query}" if parts.query else ""
        target = quote((parts.path or "/") + query, safe=_TARGET_SAFE)
        given = self._headers if is_same_origin(request.url, self._own) else {}
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", **given, **dict(request.fields)}
        if request.method == "HEAD":
            # So that what follows an answer without a body is the end.
            headers["Connection"] = "close"
        self._clock.set(self.limits.timeout * _SLOWNESS, self.limits.timeout)
        try:
            response = self._send(request, parts.scheme, parts.netloc, target, headers)
            return self._read(request, response)
        except (OSError, HTTPException, ValueError) as error:
            self._drop()
            return Answer(request, 0, trouble=_words(error))

    def _send(
        self, request: Request, scheme: str, netloc: str, target: str, headers: dict[str, str]
    ) -> HTTPResponse:
        connection, is_used = self._connect(scheme, netloc)
        try:
            return self._exchange(connection, request.method, target, headers)
        except (ConnectionError, HTTPException):
            if not is_used:
                raise
        # A server may close what was kept open at any time; that says nothing about the site.
        self._drop()
        connection, _ = self._connect(scheme, netloc)
        return self._exchange(connection, request.method, target, headers)

    def _exchange(
        self, connection: HTTPConnection, method: str, target: str, headers: dict[str, str]
    ) -> HTTPResponse:
        if connection.sock is not None:
            connection.sock.settimeout(self._clock.left())
        connection.request(method, target, headers=headers)
        return connection.getresponse()

    def _connect(self, scheme: str, netloc: str) -> tuple[HTTPConnection, bool]:
        """This thread's connection to a place, and whether it was used before."""
        place = (scheme, netloc)
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is not None and self._mine.place == place and connection.sock is not None:
            return connection, True
        self._drop()
        parts = urlsplit(f"//{netloc}")
        name = parts.hostname or ""
        host = name if name.isascii() else name.encode("idna").decode("ascii")
        if scheme == "https":
            connection = HTTPSConnection(
                host,
                parts.port,
                timeout=self.limits.timeout,
                context=ssl.create_default_context(),
            )
        else:
            connection = HTTPConnection(host, parts.port, timeout=self.limits.timeout)
        made = partial(PacedResponse, clock=self._clock)
        connection.response_class = cast("type[HTTPResponse]", made)
        self._mine.connection, self._mine.place = connection, place
        with self._lock:
            self._connections.append(connection)
        return connection, False

    @property
    def _clock(self) -> Clock:
        """This thread's."""
        clock: Clock | None = getattr(self._mine, "clock", None)
        if clock is None:
            clock = self._mine.clock = Clock()
        return clock

    def _drop(self) -> None:
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            return
        connection.close()
        self._mine.connection = None
        with self._lock:
            self._connections.remove(connection)

    def _read(self, request: Request, response: HTTPResponse) -> Answer:
        fields = tuple(response.headers.items())
        trouble = ""
        body = bytearray()
        is_too_long = False
        if request.method == "HEAD":
            body += self._beyond(response)
        else:
            try:
                is_too_long = self._read_body(response, body)
            except TimeoutError:
                trouble = "not at its end in time"
            except (OSError, HTTPException) as error:
                trouble = _words(error)
        # A length that was announced, and not sent (RFC 9112, 8).
        if not trouble and not is_too_long and response.length:
            trouble = f"cut short: {response.length} bytes are missing"
        response.close()
        if trouble or is_too_long or request.method == "HEAD":
            self._drop()
        is_let_go = not is_too_long and not self._may_keep(len(body))
        return Answer(
            request,
            response.status,
            fields,
            b"" if is_let_go else bytes(body),
            trouble,
            is_too_long or is_let_go,
            self.limits.body,
            is_let_go,
            self._shelf,
        )

    def _read_body(self, response: HTTPResponse, body: bytearray) -> bool:
        """Read into `body`; whether it is longer than is read."""
        while chunk := response.read(_CHUNK):
            body += chunk
            if len(body) > self.limits.body:
                body.clear()
                return True
        return False

    def _may_keep(self, size: int) -> bool:
        with self._lock:
            may_keep = size <= _SMALL or self._kept + size <= self.limits.kept
            self._kept += size if may_keep else 0
            self.let_go += not may_keep
            return may_keep

    def _beyond(self, response: HTTPResponse) -> bytes:
        """What a server sends after an answer that has no body."""
        with suppress(OSError, ValueError):
            # It may not close, though it was told to.
            self._clock.set(_SHORTLY, self.limits.timeout)
            found: bytes = response.fp.read(1)
            return found
        return b""


def _words(error: Exception) -> str:
    match error:
        case IncompleteRead():
            return f"cut short after {len(error.partial)} bytes of a piece"
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER"):
            return "no TLS is spoken there; a site that redirects http to https names that port"
        case ssl.SSLError():
            return f"TLS: {error.reason or str(error).translate(_MOVES)}"
        case _:
            said = str(error).translate(_MOVES)[:_MOST_OF_WORDS]
            return f"no answer: {said or type(error).__name__}"
