"""A connection of gunicorn's threaded worker, and what the lane knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable

    from hiss.servers.gunicorn.answers import Peer, Telling


class Connection(TConn):  # type: ignore[misc]
    """gunicorn's connection, and what the lane knows of it."""

    def __init__(self, linger: Callable[[Connection], None], *arguments: Any) -> None:
        """`linger`: what closes it once the client has."""
        super().__init__(*arguments)
        self._linger = linger
        self.timeout: float
        self.lingered = 0
        self.peer: Peer | None = None
        #: When it will have been quiet for long enough since the lane's last answer; 0 where
        #: gunicorn's own `timeout` says it.
        self.quiet_until = 0.0
        #: Of the answer that is being sent: its bytes, whether it is the last, what is told of it,
        #: and the requests behind it.
        self.unsent: tuple[memoryview, ...] = ()
        self.is_last = False
        self.telling: Telling | None = None
        self.tail = b""

    def close(self, graceful: bool = False) -> None:
        """Close it; `graceful`: when the client has, which gunicorn would stand and wait for."""
        if graceful:
            self._linger(self)
        else:
            super().close()

    def settle(self) -> bool:
        """Take over into `timeout` what the lane has put off; whether it had."""
        is_put_off: bool = self.quiet_until > self.timeout
        if is_put_off:
            self.timeout, self.quiet_until = self.quiet_until, 0.0
        return is_put_off


def without(count: int, *buffers: bytes | memoryview) -> tuple[memoryview, ...]:
    """What is left of buffers after their first `count` bytes."""
    left = []
    for buffer in buffers:
        if count < len(buffer):
            left.append(memoryview(buffer)[count:])
        count = max(count - len(buffer), 0)
    return tuple(left)
