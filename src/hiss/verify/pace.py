"""A time by which an answer must be there, as a whole: its status line and its fields, too.

A socket's own time-out is for each piece, and a server may send a byte at a time.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socket import socket

    from _typeshed import WriteableBuffer


class Clock:
    """How long may still be waited."""

    __slots__ = ("_end", "_most")

    def __init__(self) -> None:
        self._end = self._most = 0.0

    def set(self, seconds: float, most: float) -> None:
        """From now on so many seconds, and for each piece `most` of them."""
        self._end, self._most = time.monotonic() + seconds, most

    def left(self) -> float:
        """Seconds for the next piece.

        Raises:
            TimeoutError: There is no time left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._most)


class PacedResponse(HTTPResponse):
    """Reads as long as its clock lets it."""

    def __init__(
        self,
        sock: socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        clock: Clock,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self.fp = io.BufferedReader(_Paced(sock, clock))


class _Paced(io.RawIOBase):
    def __init__(self, sock: socket, clock: Clock) -> None:
        self._socket, self._clock = sock, clock
        # What keeps the socket open, where its connection lets it go before the body is read.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._socket.settimeout(self._clock.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
