"""An answer: status, header fields in both wire forms, and where its bytes are.

Replies are values, made once and sent many times. A door copies the header list before it hands
it on, because servers and middleware add to the list they are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import NamedTuple, Protocol

from hiss.http.ranges import Span

#: Header fields as WSGI and Django take them.
Headers = tuple[tuple[str, str], ...]


class Source(Protocol):
    """Where a representation's bytes come from; what that is only `hiss.files` knows."""

    @property
    def data(self) -> bytes | None:
        """All the bytes, where they are in memory."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Bytes to send of a source: spans of it and, between the parts of several, literal bytes."""

    source: Source
    segments: tuple[bytes | Span, ...]
    #: Whether that is the source from its first byte to its last.
    is_whole: bool = False


class _Held(NamedTuple):
    """Bytes in memory, or none."""

    data: bytes | None


@dataclass(frozen=True)
class Reply:
    """One answer, complete but for `Date` and what the server adds of itself."""

    status: int
    headers: Headers
    content: bytes | Extract = b""

    @cached_property
    def source(self) -> Source:
        """Where all its bytes are; of a part, nowhere in one piece."""
        content = self.content
        if isinstance(content, bytes):
            return _Held(content)
        return content.source if content.is_whole else _Held(None)

    @cached_property
    def status_line(self) -> str:
        """Status code and reason phrase, as WSGI takes them: `200 OK`."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    @cached_property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The header fields as ASGI takes them: bytes, names in lower case."""
        return to_raw(self.headers)

    def block(self, extra: Headers = ()) -> bytes:
        """The header fields, and those of `extra` that it has none of, as HTTP/1.1 sends them."""
        block = self._blocks.get(extra)
        if block is None:
            fields = *self.raw_headers, *to_raw(self.lacking(extra))
            block = self._blocks[extra] = b"".join(b"%b: %b\r\n" % field for field in fields)
        return block

    @cached_property
    def _blocks(self) -> dict[Headers, bytes]:
        return {}

    def lacking(self, fields: Headers) -> Headers:
        """Those of `fields` that the reply has none of by that name."""
        if not fields:
            return ()
        names = {name.lower() for name, _ in self.headers}
        return tuple(pair for pair in fields if pair[0].lower() not in names)


def to_raw(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """Header fields as ASGI takes them."""
    return tuple(
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
    )
