"""gunicorn's threaded worker, with static files answered by the thread that waits.

That worker has one thread that waits for all connections, and a pool whose threads answer. Here the
one that waits reads first: a GET or HEAD of a static file in memory is answered on the spot, if its
head is one that everybody reads alike. Else the connection goes to the pool as it always would, and
what was read goes with it.
"""

from __future__ import annotations

import errno
import logging
import time
from bisect import insort
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from operator import attrgetter
from selectors import EVENT_READ, EVENT_WRITE
from socket import SHUT_WR
from typing import TYPE_CHECKING, Any, Final

from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    DEFAULT_WORKER_DATA_TIMEOUT,
    ThreadWorker,
)

from hiss.servers.doors import Doors, NoLaneError
from hiss.servers.gunicorn.answers import Answers, Peer
from hiss.servers.gunicorn.connection import Connection, without

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from hiss.servers.gunicorn.answers import Answer

logger = logging.getLogger("hiss.servers")

# As much as gunicorn reads at a time: its limits count from the same byte.
_CHUNK: Final = 8192
# To copy so much costs less than to tell the system of two pieces.
_JOINED: Final = 64 * 1024
# What accept says when there is nothing to accept any more.
_GONE: Final = frozenset({errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK})

_TIMEOUT: Final = attrgetter("timeout")
# gunicorn's: `gunicorn.util.close_graceful`.
_LINGER: Final = 2.0
_LARGEST_LINGER: Final = 64 * 1024

# What gunicorn's threads make known when they have answered.
_KEPT_ALIVE: Final[Future[bool]] = Future()
_KEPT_ALIVE.set_result(True)
_LAST: Final[Future[bool]] = Future()
_LAST.set_result(False)


class StaticThreadWorker(ThreadWorker):  # type: ignore[misc]
    """One worker.

    Where there is no lane, because the application is no door of Hiss's or gunicorn is set up for
    something else, it is gunicorn's worker, and a line in the log says why.
    """

    _lane: Answers | None = None
    _keepalive = 0.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lingering: deque[Connection] = deque()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        try:
            doors = Doors(self.wsgi)
            _look_for_obstacles(self.cfg)
        except NoLaneError as error:
            logger.warning("gunicorn serves without Hiss's lane: %s", error)
            return
        self._lane = Answers(doors, self.cfg, self.log)
        self._keepalive = self.cfg.keepalive

    # Up to the first bytes.

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; its first bytes are waited for here, and not by a thread."""
        if self._lane is None:
            super().accept(listener)
            return
        try:
            sock, client = listener.accept()
            conn = Connection(self._linger, self.cfg, sock, client, listener.getsockname())
        except OSError as error:
            if error.errno not in _GONE:
                raise
            return
        self.nr_conns += 1
        # As long as gunicorn's thread would wait, and its queue after that.
        conn.timeout = time.monotonic() + DEFAULT_WORKER_DATA_TIMEOUT + self._keepalive
        self.pending_conns.append(conn)
        self.poller.register(sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """The first bytes are there: from now on it is as any connection that is kept alive."""
        if self._lane is None:
            super().on_pending_socket_readable(conn, client)
            return
        self.pending_conns.remove(conn)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        callback = partial(self.on_client_socket_readable, conn)
        self.poller.modify(client, EVENT_READ, callback)
        callback(client)

    # From the bytes of requests to those of answers.

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """A connection that is kept alive has bytes, or has ended."""
        if self._lane is None:
            super().on_client_socket_readable(conn, client)
        else:
            self._guard(self._receive, conn)

    def _guard(self, act: Callable[[Connection], None], conn: Connection) -> None:
        """Act on a connection; what goes wrong with it must not harm the others."""
        try:
            act(conn)
        except Exception:
            self.log.exception("Error in Hiss's lane")
            self._drop(conn)

    def _receive(self, conn: Connection) -> None:
        # What gunicorn has read already comes before what there is to be read.
        if conn.parser is not None and conn.parser.unreader.buf.getvalue():
            self._hand_over(conn, b"")
            return
        try:
            data = conn.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._serve(conn, data)
        else:
            self._drop(conn)

    def _serve(self, conn: Connection, data: bytes) -> None:
        """Answer the requests in `data`; from the first on that is not ours they are gunicorn's."""
        at = 0
        while at < len(data):
            end = data.find(b"\r\n\r\n", at)
            answer = self._answer(conn, data, at, end) if end >= 0 else None
            if answer is None:
                self._hand_over(conn, data[at:])
                return
            self.nr += 1
            at = end + 4
            conn.tail = data[at:]
            if not self._send(conn, answer):
                return
        conn.quiet_until = time.monotonic() + self._keepalive

    def _answer(self, conn: Connection, data: bytes, start: int, end: int) -> Answer | None:
        lane = self._lane
        # The other times gunicorn closes the connection, and may end the worker.
        may_keep = (
            self.alive
            and self.nr + 1 < self.max_requests
            and len(self.keepalived_conns) <= self.max_keepalived
        )
        if lane is None or not may_keep:
            return None
        if conn.peer is None:
            heads = lane.heads_of(conn.client)
            conn.peer = Peer(conn.sock, conn.client, conn.server, heads)
        return lane.answer(conn.peer, data, start, end)

    def _hand_over(self, conn: Connection, data: bytes) -> None:
        """Leave a connection to gunicorn's pool, and `data`, which was read of it."""
        conn.quiet_until = 0.0
        conn.init()
        if data:
            conn.parser.unreader.unread(data)
        super().on_client_socket_readable(conn, conn.sock)

    def _send(self, conn: Connection, answer: Answer) -> bool:
        """Send an answer; whether the connection is ready for the next one."""
        head, body, conn.is_last, conn.telling = answer
        try:
            if len(body) <= _JOINED:
                sent = conn.sock.send(head + body)
            else:
                sent = conn.sock.sendmsg((head, body))
        except BlockingIOError:
            sent = 0
        except OSError:
            self._tell(conn)
            self._drop(conn)
            return False
        if sent == len(head) + len(body):
            self._tell(conn)
            if conn.is_last:
                self.poller.unregister(conn.sock)
                self.keepalived_conns.remove(conn)
                self.finish_request(conn, _LAST)
            return not conn.is_last
        conn.unsent = without(sent, head, body)
        self.keepalived_conns.remove(conn)
        callback = partial(self._on_client_socket_writable, conn)
        self.poller.modify(conn.sock, EVENT_WRITE, callback)
        return False

    # Where a client reads slowly.

    def _on_client_socket_writable(self, conn: Connection, _: socket.socket) -> None:
        self._guard(self._send_rest, conn)

    def _send_rest(self, conn: Connection) -> None:
        try:
            sent = conn.sock.sendmsg(conn.unsent)
        except BlockingIOError:
            return
        except OSError:
            self._tell(conn)
            self._drop(conn)
            return
        conn.unsent = without(sent, *conn.unsent)
        if conn.unsent:
            return
        self._tell(conn)
        # To where gunicorn's own connections are after an answer.
        self.poller.unregister(conn.sock)
        conn.init()
        self.finish_request(conn, _LAST if conn.is_last else _KEPT_ALIVE)
        if conn.tail and conn in self.keepalived_conns:
            self._serve(conn, conn.tail)

    def _tell(self, conn: Connection) -> None:
        telling, conn.telling = conn.telling, None
        if telling is not None:
            telling.tell()

    # The end of a connection. RFC 9112, section 9.6: "the server ... continues to read from the
    # connection until it receives a corresponding close by the client", lest the client lose the
    # last answer. gunicorn does so too, and lets all other connections wait meanwhile.

    def _linger(self, conn: Connection) -> None:
        conn.sock.setblocking(False)
        try:
            conn.sock.shutdown(SHUT_WR)
        except OSError:
            conn.close()
            return
        # It is one still, as long as the client has not closed it.
        self.nr_conns += 1
        conn.timeout = time.monotonic() + _LINGER
        self._lingering.append(conn)
        callback = partial(self._on_lingering_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, callback)

    def _on_lingering_socket_readable(self, conn: Connection, _: socket.socket) -> None:
        self._guard(self._pass_over, conn)

    def _pass_over(self, conn: Connection) -> None:
        try:
            count = len(conn.sock.recv(_CHUNK))
        except BlockingIOError:
            return
        except OSError:
            count = 0
        conn.lingered += count
        if not count or conn.lingered >= _LARGEST_LINGER:
            self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        for queue in (self.keepalived_conns, self._lingering):
            with suppress(ValueError):
                queue.remove(conn)
        self.nr_conns -= 1
        conn.close()

    # gunicorn looks at the head of its queues, which are in the order of `timeout`. To put a
    # connection back in its place for each answer would cost more than the answer: it keeps the
    # place, and gets the next one when its time would have come.

    def murder_keepalived(self, *arguments: Any, **named: Any) -> None:
        """Close what has been quiet for too long."""
        if self._lane is not None and self.alive:
            now, conns, due = time.monotonic(), self.keepalived_conns, []
            while conns and conns[0].timeout <= now:
                due.append(conns.popleft())
            for conn in due:
                conn.settle()
                insort(conns, conn, key=_TIMEOUT)
        else:
            self._settle_all()
        super().murder_keepalived(*arguments, **named)

    def _cap_keepalive(self, deadline: float) -> None:
        self._settle_all()
        super()._cap_keepalive(deadline)

    def _settle_all(self) -> None:
        """Put all connections in their places: a worker that stops answers no more here."""
        if self._lane is None:
            return
        if [conn for conn in self.keepalived_conns if conn.settle()]:
            ordered = sorted(self.keepalived_conns, key=_TIMEOUT)
            self.keepalived_conns.clear()
            self.keepalived_conns.extend(ordered)

    def murder_pending(self) -> None:
        """Close what has sent nothing for too long."""
        if self._lane is not None and not self.alive and self._keepalive:
            # gunicorn's threads would end their waiting, and its queue takes no more.
            for conn in self.pending_conns:
                conn.timeout -= self._keepalive
            self._keepalive = 0.0
        super().murder_pending()
        now = time.monotonic()
        while self._lingering and self._lingering[0].timeout <= now:
            self._drop(self._lingering[0])


def _look_for_obstacles(cfg: Any) -> None:  # noqa: ANN401 - gunicorn's own
    """Raise NoLaneError for what in a configuration keeps its workers from having a lane."""
    for why, holds in _OBSTACLES.items():
        if holds(cfg):
            raise NoLaneError(why)


def _has_hook(cfg: Any, name: str) -> bool:  # noqa: ANN401
    setting = cfg.settings[name]
    return setting.get() is not setting.default


_OBSTACLES: Final[dict[str, Callable[[Any], bool]]] = {
    "TLS is gunicorn's own": lambda cfg: bool(cfg.is_ssl),
    "the protocol is not HTTP": lambda cfg: getattr(cfg, "protocol", "http") != "http",
    "connections begin with the PROXY protocol": lambda cfg: cfg.proxy_protocol != "off",
    "connections may begin in HTTP/2": lambda cfg: (
        getattr(cfg, "http2_cleartext", "off") not in {"off", "upgrade"}
    ),
    "no connection is kept alive": lambda cfg: not cfg.keepalive,
    "there is a pre_request hook": lambda cfg: _has_hook(cfg, "pre_request"),
    "there is a post_request hook": lambda cfg: _has_hook(cfg, "post_request"),
    "the log tells of each request (loglevel debug)": lambda cfg: cfg.loglevel.lower() == "debug",
}
