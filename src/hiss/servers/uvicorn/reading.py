"""What a lane reads of a request, beside what uvicorn's parser reads, or before it.

Two readers that differ are how requests are smuggled: what is not certainly read here as the parser
would read it is not read at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from httptools import HttpParserInvalidURLError, parse_url

from hiss.core.request import FIELDS, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

Fields = list[tuple[bytes, bytes]]

# More than any client has to say; each is remembered.
_MOST_TOLD: Final = 16

#: Methods that a lane answers.
METHODS: Final = frozenset({b"GET", b"HEAD"})

# That a body follows, that the client waits for a word first, that the connection becomes another.
_NOT_OURS: Final = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})
_FORWARDED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})

#: Of a browser's ten fields, those that matter here.
TELLING: Final = {name.encode("ascii") for name in FIELDS} | _NOT_OURS | _FORWARDED

# A target that is its path, as it stands.
_PLAIN: Final = re.compile(rb"/[\w./~!$&'()*+,;=:@-]*", re.ASCII).fullmatch


# RFC 9112, section 5: "field-line = field-name ":" OWS field-value OWS". Of that: names without the
# rarer signs, at most one blank before a value, none behind it, and values of visible ASCII. Each
# line can be read in one way alone: nothing is tried twice. A possessive group, `)++`, would
# match what is not there before CPython 3.11.5 (gh-106052).
_PLAIN_SECTION: Final = re.compile(rb"(?:[\w-]+: ?[!-~][ -~]*+(?<! )\r\n)+\r\n", re.ASCII).fullmatch
# The parser takes them for one another, and looks into them.
_CONNECTION: Final = frozenset({b"connection", b"proxy-connection"})
_KEEP_ALIVE: Final = b"keep-alive"


class Section(NamedTuple):
    """What was read in the header section of a request."""

    request: Request
    #: The fields behind it, and those that a lane looks at.
    telling: Fields
    is_forwarded: bool
    #: The section as it came; empty where only its fields are known.
    source: bytes

    @classmethod
    def of(cls, method: str, query: str, telling: Fields, source: bytes = b"") -> Section:
        """The section with these fields."""
        is_forwarded = not _FORWARDED.isdisjoint([name for name, _ in telling])
        request = Request.from_raw_headers(method, query, telling)
        return cls(request, telling, is_forwarded, source)


class SectionReader:
    """Reads the header sections of GETs without a query."""

    def __init__(self, telling: Iterable[bytes]) -> None:
        """`telling`: the names of the fields that are told, in lower case."""
        names = b"|".join(re.escape(name) for name in sorted({*telling, *_CONNECTION}) if name)
        self._tell = re.compile(rb"\n(" + names + rb"): ?([^\r]*)").finditer

    def read(self, section: bytes) -> Section | None:
        """What is said in the lines behind a request's first, up to its end; `None`: it is not
        plain, or not of a GET that is answered at once, and after which the connection stays open.
        """
        if not _PLAIN_SECTION(section):
            return None
        # So that a name is found by what is before it, at the beginning, too.
        lines = b"\n" + section
        told = [
            (found[1], lines[found.start(2) : found.end(2)]) for found in self._tell(lines.lower())
        ]
        telling = [pair for pair in told if pair[0] not in _CONNECTION]
        if len(told) > _MOST_TOLD or (len(telling) < len(told) and not _stays(told)):
            return None
        return Section.of("GET", "", telling, section) if is_ours(telling) else None


def _stays(told: Fields) -> bool:
    """Whether the fields that speak of the connection say nothing but that it stays open."""
    said = [pair for pair in told if pair[0] in _CONNECTION]
    return [(name, value.lower()) for name, value in said] == [(b"connection", _KEEP_ALIVE)]


class Target(NamedTuple):
    """A request's target as uvicorn reads it; `path` is decoded."""

    path: str
    raw_path: bytes
    query: bytes = b""


def is_ours(telling: Fields) -> bool:
    """Whether nothing follows the header, and nothing is asked but an answer."""
    return _NOT_OURS.isdisjoint([name for name, _ in telling])


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
