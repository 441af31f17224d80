"""What a lane reads of a request, beside what uvicorn's parser reads."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from httptools import HttpParserInvalidURLError, parse_url

from hiss.core.request import FIELDS, Request

Fields = list[tuple[bytes, bytes]]

#: Methods that a lane answers.
METHODS: Final = frozenset({b"GET", b"HEAD"})

# That a body follows, that the client waits for a word first, that the connection becomes another.
_NOT_OURS: Final = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})
_FORWARDED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})

#: Of a browser's ten fields, those that matter here.
TELLING: Final = {name.encode("ascii") for name in FIELDS} | _NOT_OURS | _FORWARDED

# A target that is its path, as it stands.
_PLAIN: Final = re.compile(rb"/[\w./~!$&'()*+,;=:@-]*", re.ASCII).fullmatch


class Section(NamedTuple):
    """What was read in the header section of a GET: the request, and the fields behind it."""

    request: Request
    telling: Fields
    is_forwarded: bool


class Target(NamedTuple):
    """A request's target as uvicorn reads it; `path` is decoded."""

    path: str
    raw_path: bytes
    query: bytes = b""


def is_ours(telling: Fields) -> bool:
    """Whether nothing follows the header, and nothing is asked but an answer."""
    return _NOT_OURS.isdisjoint([name for name, _ in telling])


def is_forwarded(telling: Fields) -> bool:
    """Whether a proxy says something of its client."""
    return not _FORWARDED.isdisjoint([name for name, _ in telling])


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
