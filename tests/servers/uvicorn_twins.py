"""Two connections that are told the same: uvicorn's own, and the lane's. Both in this process, over
a wire in memory and by a clock that stands still until it is told to go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState
from wsproto.utilities import LocalProtocolError

from hiss.asgi import StaticFiles
from hiss.servers.uvicorn import StaticProtocol

DATE: Final = (b"date", b"Fri, 02 Jan 2026 03:04:05 GMT")
#: What an asyncio transport holds before it says that it is full.
HIGH_WATER: Final = 64 * 1024

# uvicorn's answer to what is no HTTP, which it gives as soon as it is read.
_ANSWER: Final = b"HTTP/1.1 "
_REFUSAL: Final = b"HTTP/1.1 400 "
_LOGGERS: Final = ("uvicorn.access", "uvicorn.error", "uvicorn.asgi")


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock is moved by hand, and whose threads are none."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.set_default_executor(_Inline())

    def time(self) -> float:
        return self.now

    def settle(self) -> None:
        """Run until nothing is left that could be done now."""
        idle = 0
        while idle < 2:
            self.call_soon(self.stop)
            self.run_forever()
            # A round more, for timers that are due at once.
            idle = 0 if self._ready else idle + 1


class _Inline(ThreadPoolExecutor):
    """Does at once what it is given."""

    def submit(self, function, *arguments, **named):
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except BaseException as error:  # noqa: BLE001 - the future's to raise
            future.set_exception(error)
        return future


class Wire(asyncio.Transport):
    """A transport that keeps what is written, and ends as those of asyncio do."""

    def __init__(self, loop: Loop, site: Site) -> None:
        self.sent: list[bytes] = []
        self.faults: list[str] = []
        self.is_stalled = False
        self.is_reading = True
        self.protocol: Any = None
        #: How many answers were written as soon as their requests were read: those of the lane.
        self.at_once = 0
        self._loop = loop
        self._is_delivering = self._is_due = False
        self._info = {
            "peername": site.client,
            "sockname": ("127.0.0.1", 8000),
            "sslcontext": "an SSLContext" if site.is_secure else None,
        }
        self._unread: deque[bytes] = deque()
        self._held = 0
        self._is_full = False
        self._is_closing = False
        self._is_lost = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._info.get(name, default)

    def set_protocol(self, protocol) -> None:
        self.protocol = protocol

    def write(self, data) -> None:
        is_answer = data.startswith(_ANSWER) and not data.startswith(_REFUSAL)
        self.at_once += self._is_delivering and is_answer
        if self._is_lost:
            return
        self.sent.append(bytes(data))
        if self.is_stalled:
            self._held += len(data)
            if self._held > HIGH_WATER and not self._is_full:
                self._is_full = True
                self.protocol.pause_writing()

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            if not self._held:
                self._lose(None)

    def abort(self) -> None:
        self.vanish()

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True
        self._await_delivery()

    def receive(self, data: bytes) -> None:
        """Bytes come from the client."""
        self._unread.append(data)
        self._await_delivery()

    def relieve(self) -> None:
        """The client reads all that it was sent."""
        self._held = 0
        if self._is_full:
            self._is_full = False
            self.protocol.resume_writing()
        if self._is_closing:
            self._lose(None)

    def vanish(self) -> None:
        """The client is gone."""
        self._is_closing = True
        self._lose(ConnectionResetError())

    def _await_delivery(self) -> None:
        if not self._is_due:
            self._is_due = True
            # A round later, as what a selector finds.
            self._loop.call_soon(self._loop.call_soon, self._deliver)

    def _deliver(self) -> None:
        self._is_due = False
        if self._unread and self.is_reading and not self._is_closing:
            data = self._unread.popleft()
            self._is_delivering = True
            try:
                self.protocol.data_received(data)
            except Exception as error:  # noqa: BLE001 - as asyncio does
                self.faults.append(repr(error))
                self.vanish()
            self._is_delivering = False
            # What is read next comes after what this has begun.
            self._await_delivery()

    def _lose(self, error: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._loop.call_soon(self.protocol.connection_lost, error)


class Stall:
    """From now on the client reads nothing; and again."""

    def __repr__(self) -> str:
        return "STALL"


class Relieve:
    """The client reads on."""

    def __repr__(self) -> str:
        return "RELIEVE"


class Vanish:
    """The client resets the connection."""

    def __repr__(self) -> str:
        return "VANISH"


class Shutdown:
    """The server is told to stop."""

    def __repr__(self) -> str:
        return "SHUTDOWN"


STALL, RELIEVE, VANISH, SHUTDOWN = Stall(), Relieve(), Vanish(), Shutdown()

#: Bytes of the client, seconds that go by, one of the above, or what is done to the static root.
Act = bytes | float | Stall | Relieve | Vanish | Shutdown | Callable[[Path], object]
#: An act on the first connection, or on that of a number.
Step = Act | tuple[int, Act]


@dataclass(frozen=True)
class Site:
    """A server, as far as its configuration goes, and its clients."""

    #: The application for a static root and what is behind it.
    make: Callable[[Any, Path], Any] = lambda app, root: StaticFiles(app, root=root)
    options: dict[str, Any] = field(default_factory=dict)
    client: Any = ("127.0.0.1", 50000)
    is_secure: bool = False


@dataclass(frozen=True)
class Outcome:
    """All that can be seen of a server after a script; of connections in their order."""

    sent: tuple[bytes, ...]
    is_closed: tuple[bool, ...]
    #: Whether they were closed some time later: before, and after, the keep-alive timeout.
    is_closed_later: tuple[tuple[bool, ...], ...]
    is_reading: tuple[bool, ...]
    faults: tuple[str, ...]
    total_requests: int
    connections: int
    tasks: int
    calls: tuple[str, ...]
    log: tuple[str, ...]


class _Watched(StaticProtocol):
    """The lane, whose answers can be told from those of the server behind it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        #: By chunk, of each request that ended in it: whether it was answered as it was read.
        self.answered: list[list[bool]] = []
        #: By chunk, whether there was something in it that uvicorn turned to as it was read.
        self.eager: list[bool] = []

    def data_received(self, data: bytes) -> None:
        self.answered.append([])
        self.eager.append(False)
        self._before = self.transport.at_once
        super().data_received(data)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        now = self.transport.at_once
        self.answered[-1].append(now > self._before)
        self._before = now

    def send_400_response(self, msg: str) -> None:
        self.eager[-1] = True
        super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        self.eager[-1] = True
        super().handle_websocket_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        self.eager[-1] = True
        super()._unsupported_upgrade_warning()


class Server:
    """One of the twins, with its connections."""

    def __init__(
        self, loop: Loop, protocol: type[asyncio.Protocol], site: Site, root: Path
    ) -> None:
        self.loop = loop
        self.wires: list[Wire] = []
        self.protocols: list[Any] = []
        self.calls: list[str] = []
        self._site = site
        self._root = root
        self._protocol = protocol
        app = site.make(speak(self.calls), root)
        self.config = uvicorn.Config(app, log_config=None, lifespan="off", **site.options)
        self.config.load()
        self.state = ServerState()
        self.state.default_headers = [DATE, *self.config.encoded_headers]

    def play(self, script: Iterable[Step]) -> None:
        """Do one act after the other, each when the one before has had its effects."""
        for step in script:
            number, act = step if isinstance(step, tuple) else (0, step)
            while len(self.wires) <= number:
                self._open()
            self._do(act, self.wires[number])
            self.loop.settle()

    def _open(self) -> None:
        wire = Wire(self.loop, self._site)
        protocol = self._protocol(self.config, self.state, {"from": "lifespan"}, self.loop)
        wire.protocol = protocol
        protocol.connection_made(wire)
        self.wires.append(wire)
        self.protocols.append(protocol)

    def _do(self, act: Act, wire: Wire) -> None:
        match act:
            case bytes():
                wire.receive(act)
            case float() | int():
                self.loop.now += act
            case Stall():
                wire.is_stalled = True
            case Relieve():
                wire.is_stalled = False
                wire.relieve()
            case Vanish():
                wire.vanish()
            case Shutdown():
                for connection in list(self.state.connections):
                    # Of those that have become WebSockets, not every one can be.
                    with contextlib.suppress(LocalProtocolError):
                        connection.shutdown()
            case _:
                act(self._root)

    def outcome(self, log: Sequence[str]) -> Outcome:
        """What can be seen; waits for the end of the keep-alive."""
        sent = tuple(b"".join(wire.sent) for wire in self.wires)
        is_closed = self._are_closed()
        is_reading = tuple(wire.is_reading or wire.is_closing() for wire in self.wires)
        seen = (
            self.state.total_requests,
            len(self.state.connections),
            len(self.state.tasks),
            tuple(self.calls),
            tuple(log),
        )
        later = []
        timeout = self.config.timeout_keep_alive
        for seconds in (timeout - 0.5, 1.0):
            self.loop.now += seconds
            self.loop.settle()
            later.append(self._are_closed())
        faults = tuple(fault for wire in self.wires for fault in wire.faults)
        return Outcome(sent, is_closed, tuple(later), is_reading, faults, *seen)

    def end(self) -> None:
        """Nothing that runs stays behind."""
        for wire in self.wires:
            wire.vanish()
        for task in list(self.state.tasks):
            task.cancel()
        self.loop.settle()

    def _are_closed(self) -> tuple[bool, ...]:
        return tuple(wire.is_closing() for wire in self.wires)


def speak(calls: list[str]):
    """An application that says what it was asked, and some of whose pages misbehave."""

    async def app(scope, receive, send):
        calls.append(f"{scope['type']} {scope.get('method')} {scope['path']}")
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": scope["path"]})
            await send({"type": "websocket.close"})
            return
        name = scope["path"].rpartition("/")[2]
        body, more = b"", name not in {"early", "raise"}
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        if name == "raise":
            raise RuntimeError("the application's own")
        if name == "slow":
            await asyncio.sleep(20)
        telling = {key: scope[key] for key in sorted(scope) if key not in {"asgi", "extensions"}}
        text = f"{telling} {body!r}".encode()
        fields = [] if name == "stream" else [(b"content-length", b"%d" % len(text))]
        if name == "bye":
            fields.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        for piece in (text[:10], text[10:20]):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": text[20:]})

    return app


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname} {record.getMessage()}")


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """The lines of uvicorn's loggers, which are as they were afterwards."""
    handler = _Lines()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(each, each.level, each.propagate, each.handlers) for each in loggers]
    for each in loggers:
        each.handlers, each.propagate = [handler], False
        each.setLevel(logging.INFO)
    try:
        yield handler.lines
    finally:
        for each, level, propagate, handlers in before:
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)


@dataclass
class Run:
    """A script's outcome, and the server it was played to."""

    outcome: Outcome
    server: Server


@contextlib.contextmanager
def playing(
    protocol: type[asyncio.Protocol], script: Sequence[Step], site: Site, root: Path
) -> Iterator[Run]:
    """A server that a script was played to."""
    loop = Loop()
    asyncio.set_event_loop(loop)
    with listening() as log:
        try:
            server = Server(loop, protocol, site, root)
            server.play(script)
            try:
                yield Run(server.outcome(log), server)
            finally:
                server.end()
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def ask_server(script: Sequence[Step], site: Site, root: Path) -> Outcome:
    """What uvicorn does by itself."""
    with playing(HttpToolsProtocol, script, site, root) as run:
        return run.outcome


def ask_lane(script: Sequence[Step], site: Site, root: Path) -> tuple[Outcome, int]:
    """What the lane does, and how many requests it answered without the server."""
    with playing(StaticProtocol, script, site, root) as run:
        return run.outcome, sum(wire.at_once for wire in run.server.wires)


def cut(script: Sequence[Step], site: Site, root: Path) -> list[Step]:
    """The script, in which what uvicorn turns to as it reads it never comes at once with requests
    that the lane answers: those come each by itself.
    """
    with playing(_Watched, script, site, root) as run:
        chunks = [
            deque(zip(each.answered, each.eager, strict=True)) for each in run.server.protocols
        ]
    ends = [_Ends() for _ in chunks]
    result: list[Step] = []
    for step in script:
        number, act = step if isinstance(step, tuple) else (0, step)
        if not isinstance(act, bytes) or not chunks[number]:
            result.append(step)
            continue
        flags, is_eager = chunks[number].popleft()
        places = zip(ends[number].feed(act), flags, strict=False)
        cuts = [place for place, is_answered in places if is_answered and is_eager]
        result += [
            (number, act[start:stop])
            for start, stop in pairwise([0, *cuts, len(act)])
            if start < stop
        ]
    return result


class _Ends:
    """Where requests end."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._ends = 0
        with contextlib.suppress(AttributeError):
            self._parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def on_message_complete(self) -> None:
        self._ends += 1

    def feed(self, data: bytes) -> list[int]:
        """The places in `data` at which one ends, up to what is no HTTP."""
        places = []
        for place in range(len(data)):
            self._ends = 0
            try:
                self._parser.feed_data(data[place : place + 1])
            except (httptools.HttpParserError, httptools.HttpParserUpgrade):
                return places
            places += [place + 1] * self._ends
        return places


def with_site(site: Site, **changes: Any) -> Site:
    """The site with some things otherwise."""
    return replace(site, **changes)
