"""A case: one request, and every answer to it that the contract allows.

Header values may hold symbols, resolved by asking the server under test first:

    {etag:FILE:CODING}      the entity tag as it came, quotes included
    {opaque:FILE:CODING}    the same without `W/`
    {last-modified:FILE:SECONDS:FORM}   the date, so many seconds off (`+60`, `-60`, `+0`), as
                            `imf`, `rfc850` or `asctime`
    {size:FILE:CODING}      bytes of the representation

CODING is `identity`, `br`, `gzip` or `zstd`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from .message import Request

Spans = tuple[tuple[int, int], ...]


class Field(NamedTuple):
    """What must hold of a response field.

    `rule` is one of: is, absent, has (a member of the list, case-insensitive), lacks, like (a
    regular expression that matches the whole value), not, leads (Location, resolved against the
    target, is the value; it names no scheme and no host).
    """

    name: str
    rule: str
    value: str = ""


class Whole(NamedTuple):
    """The whole file.

    `coding` is the one it must come in; `smallest:a,b` the smaller of these; `any:a,b` any.
    """

    file: str
    coding: str = "identity"


class Slice(NamedTuple):
    """Bytes `start` to `stop` of a representation, as the only part; `start` below zero: the last
    so many.
    """

    file: str
    start: int
    stop: int
    coding: str = "identity"


class Parts(NamedTuple):
    """Several spans (half open), in this order, as multipart/byteranges."""

    file: str
    spans: Spans
    coding: str = "identity"


class Covers(NamedTuple):
    """Parts, or a single one, that hold at least these spans and no byte twice."""

    file: str
    spans: Spans
    coding: str = "identity"


class Empty(NamedTuple):
    """No body at all."""


class Notice(NamedTuple):
    """A short text, or nothing: no file's bytes, nothing of the application's."""


class App(NamedTuple):
    """What the application behind answers."""


class Free(NamedTuple):
    """Anything that is not a secret."""


Body = Whole | Slice | Parts | Covers | Empty | Notice | App | Free


class Expected(NamedTuple):
    """One allowed answer."""

    status: tuple[int, ...]
    body: Body
    fields: tuple[Field, ...] = ()

    def but(self, *fields: Field) -> Expected:
        """The same, with more that must hold."""
        return self._replace(fields=(*self.fields, *fields))


@dataclass(frozen=True, slots=True)
class Case:
    """A request and what may answer it. The first of `expected` is what Hiss means to answer."""

    id: str
    #: Part of http.md.
    part: int
    #: The RFC's number and section, or `http.md` where the rule is the contract's own.
    rfc: str
    request: Request
    expected: tuple[Expected, ...]
    #: Files whose named representations' entity tags must all differ: (file, coding).
    distinct: tuple[tuple[str, str], ...] = ()


class Chapter:
    """Collects the cases of one part of the contract."""

    def __init__(self, part: int, rfc: str) -> None:
        self.part = part
        self.rfc = rfc
        self.cases: list[Case] = []

    def add(
        self,
        id: str,  # noqa: A002 - the field's name
        request: Request,
        *expected: Expected,
        rfc: str = "",
        distinct: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Add a case."""
        self.cases.append(Case(id, self.part, rfc or self.rfc, request, expected, distinct))


def whole(file: str, coding: str = "identity", *fields: Field) -> Expected:
    """200 with the whole file."""
    return Expected((200,), Whole(file, coding), fields)


def head(*fields: Field) -> Expected:
    """200 to a HEAD."""
    return Expected((200,), Empty(), fields)


def part(file: str, start: int, stop: int, coding: str = "identity", *fields: Field) -> Expected:
    """206 with one range, half open."""
    return Expected((206,), Slice(file, start, stop, coding), fields)


def not_modified(file: str, coding: str = "identity", *fields: Field) -> Expected:
    """304, with the tag of the representation that the client has."""
    return Expected((304,), Empty(), (Field("ETag", "is", f"{{etag:{file}:{coding}}}"), *fields))


def failed(*fields: Field) -> Expected:
    """412."""
    return Expected((412,), Notice(), (Field("Content-Range", "absent"), *fields))


def unsatisfiable(file: str, coding: str = "identity", *fields: Field) -> Expected:
    """416."""
    size = Field("Content-Range", "is", f"bytes */{{size:{file}:{coding}}}")
    return Expected((416,), Notice(), (size, Field("Content-Encoding", "absent"), *fields))


def not_allowed(*fields: Field) -> Expected:
    """405."""
    allow = Field("Allow", "like", r"GET, ?HEAD|HEAD, ?GET")
    return Expected((405,), Notice(), (allow, *fields))


MISSING: Final = Expected((404,), Notice(), (Field("Cache-Control", "has", "no-store"),))
#: A server may refuse a target before any application sees it.
REFUSED: Final = Expected((400, 404, 414), Notice())
APP: Final = Expected((200,), App())
