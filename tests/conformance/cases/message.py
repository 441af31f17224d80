"""Requests and responses as plain values: what goes over the wire, and nothing of how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

Fields = tuple[tuple[str, str], ...]

#: Site to the prefix of its files. `main` is Hiss as it comes; `index` has index documents,
#: `mounted` is below `/app`, the application's own place; `plain` has every option switched off;
#: `secure` is Django with its SECURE_ settings on.
SITES: Final = {
    "main": "/static/",
    "index": "/indexed/",
    "mounted": "/app/static/",
    "plain": "/plain/",
    "secure": "/static/",
}
MOUNT: Final = "/app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; text is Latin-1, which is to say bytes."""

    target: str
    method: str = "GET"
    headers: Fields = ()
    body: bytes = b""
    site: str = "main"
    #: The file in the tree whose own URL the target is, if it is one.
    file: str | None = None
    #: Came over TLS; in process only.
    secure: bool = False

    def lines(self, name: str) -> list[str]:
        """The values of the lines of a field."""
        return [value for each, value in self.headers if each.lower() == name.lower()]

    def bare(self, *, method: str | None = None) -> Request:
        """The same question without preconditions and ranges: what it negotiates, it keeps."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() == "accept-encoding")
        return replace(self, headers=kept, method=method or self.method, body=b"")


@dataclass(frozen=True, slots=True)
class Response:
    """A response; status 0 where none came. Header text is Latin-1."""

    status: int
    headers: Fields = ()
    body: bytes = b""
    #: What was wrong with the way it came: too short, too long, not closed.
    faults: tuple[str, ...] = ()

    def lines(self, name: str) -> list[str]:
        """The values of the lines of a field."""
        return [value for each, value in self.headers if each.lower() == name.lower()]

    def field(self, name: str) -> str | None:
        """A field's value, its lines joined; `None` where it was not sent."""
        lines = self.lines(name)
        return ", ".join(lines) if lines else None


def request_for(file: str, *, site: str = "main", method: str = "GET", **fields: object) -> Request:
    """A request for a file of the tree at its own URL."""
    # An index document's own URL is its folder's.
    name = file.removesuffix("index.html") if site == "index" else file
    target = SITES[site] + quote(name, safe="/!$&'()*+,;=:@-._~")
    return Request(target=target, method=method, headers=as_fields(fields), site=site, file=file)


def as_fields(fields: dict[str, object]) -> Fields:
    """Header fields of keyword arguments: `if_match="x"`; several lines as a tuple or list."""
    pairs = []
    for keyword, value in fields.items():
        name = "-".join(word.capitalize() for word in keyword.split("_"))
        lines = value if isinstance(value, (tuple, list)) else [value]
        pairs += [(name, str(line)) for line in lines]
    return tuple(pairs)
