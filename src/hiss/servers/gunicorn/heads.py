"""Reads the head of a request, where it is one that every server reads alike.

A strict subset of RFC 9112: what is not certainly read here as the server would read it is not read
at all, and is the server's to answer or to refuse. Two readers that differ are how requests are
smuggled. Pure: bytes in, values out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from hiss.servers.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# RFC 9112, section 3: "request-line = method SP request-target SP HTTP-version". Of the targets,
# the origin-form, in RFC 3986's characters; `//` is read in two ways by those who read URLs.
_REQUEST_LINE: Final = re.compile(
    rb"(GET|HEAD) ((/(?!/)[\w.~!$&'()*+,;=:@/%-]*)(?:\?([\w.~!$&'()*+,;=:@/?%-]*))?) "
    rb"HTTP/1\.([01])",
    re.ASCII,
).fullmatch
# Section 5: "field-line = field-name ":" OWS field-value OWS". Names without `_`, which WSGI cannot
# tell from `-`; values in ASCII; folded lines begin with a blank, and so have no name here.
_FIELD_LINE: Final = re.compile(rb"([A-Za-z0-9-]+):([\t\x20-\x7e]*)").fullmatch

# That a body follows, that the client waits for a word first, that the connection becomes another.
_NOT_OURS: Final = frozenset(
    {
        "CONTENT-LENGTH",
        "CONTENT-TYPE",
        "EXPECT",
        "HTTP2-SETTINGS",
        "PROXY-CONNECTION",
        "TE",
        "TRAILER",
        "TRANSFER-ENCODING",
        "UPGRADE",
    }
)
_CONNECTIONS: Final = frozenset({"", "close", "keep-alive"})
_BLANKS: Final = " \t"


@dataclass(frozen=True, slots=True)
class Target:
    """A request line, as WSGI tells of it."""

    method: str
    uri: str
    path: str
    query: str
    version: tuple[int, int]
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields: their names in capitals, and as WSGI tells of them."""

    pairs: tuple[tuple[str, str], ...]
    scheme: str
    #: What `Connection` says: `close`, `keep-alive` or nothing.
    connection: str
    environ: Mapping[str, str]


class Head(NamedTuple):
    """A request line, and the fields that follow it."""

    target: Target
    fields: Fields

    @property
    def is_last(self) -> bool:
        """Whether the connection is closed after the answer (RFC 9112, section 9.3)."""
        asked = self.fields.connection
        return asked == "close" or (self.target.version == (1, 0) and asked != "keep-alive")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a head may hold; the server refuses what is more in its own words."""

    line: int
    fields: int
    field: int


class Heads:
    """Reads heads within limits, from peers of one kind."""

    def __init__(
        self, limits: Limits, *, script_name: str, secure_fields: Mapping[str, str]
    ) -> None:
        """`secure_fields`: what the peers' word for https is, by the field's name in capitals;
        empty: they are not believed.
        """
        self._limits = limits
        self._script_name = script_name
        self._secure_fields = secure_fields
        # What many clients send alike is read once; that takes some 20 MiB at the very most.
        self._targets = Memo(self._read_target)
        self._sections = Memo(self._read_fields)

    def read(self, data: bytes, start: int, end: int) -> Head | None:
        """The head from `start` up to `end`, where its empty line is; `None`: not for us."""
        line_end = data.find(b"\r\n", start, end)
        if line_end < 0:
            return None
        target = self._targets.get(data[start:line_end])
        fields = None if target is None else self._sections.get(data[line_end + 2 : end])
        return None if target is None or fields is None else Head(target, fields)

    def _read_target(self, line: bytes) -> Target | None:
        matched = _REQUEST_LINE(line)
        if matched is None or len(line) >= self._limits.line:
            return None
        method, uri, path, query, minor = (part.decode("ascii") for part in matched.groups(b""))
        if not path.startswith(self._script_name):
            return None
        below = path[len(self._script_name) :]
        environ = {
            "REQUEST_METHOD": method,
            "RAW_URI": uri,
            "QUERY_STRING": query,
            "PATH_INFO": unquote_to_bytes(below).decode("latin-1") if "%" in below else below,
            "SCRIPT_NAME": self._script_name,
        }
        return Target(method, uri, path, query, (1, int(minor)), environ)

    def _read_fields(self, block: bytes) -> Fields | None:
        pairs = tuple(self._read_lines(block))
        # None of the lines is left out: those that are not ours end the reading.
        if len(pairs) != block.count(b"\r\n") + 1 or len(pairs) > self._limits.fields:
            return None
        names = [name for name, _ in pairs]
        # RFC 9112, section 3.2: a server must refuse a request "that lacks a Host header field"
        # and one "that contains more than one Host header field line".
        if names.count("HOST") != 1 or names.count("CONNECTION") > 1:
            return None
        connection = next((value.lower() for name, value in pairs if name == "CONNECTION"), "")
        if connection not in _CONNECTIONS:
            return None
        schemes = {
            "https" if value == self._secure_fields[name] else "http"
            for name, value in pairs
            if name in self._secure_fields
        }
        if len(schemes) > 1:
            return None
        scheme = schemes.pop() if schemes else "http"
        environ = {"wsgi.url_scheme": scheme}
        for name, value in pairs:
            key = "HTTP_" + name.replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return Fields(pairs, scheme, connection, environ)

    def _read_lines(self, block: bytes) -> Iterator[tuple[str, str]]:
        """The fields, up to a line that is not ours."""
        for line in block.split(b"\r\n"):
            matched = _FIELD_LINE(line)
            if matched is None or len(line) + len(b"\r\n") >= self._limits.field:
                return
            name = matched[1].decode("ascii").upper()
            value = matched[2].decode("ascii").strip(_BLANKS)
            if name in _NOT_OURS:
                return
            yield name, value
