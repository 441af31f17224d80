"""A request and its answer, as values; a field's lines are kept as they came."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.errors import ConfigurationError
from hiss.http.codings import SUFFIXES, TooLargeError, decompress
from hiss.http.media import essence

if TYPE_CHECKING:
    from hiss.verify.shelf import Shelf

#: A header field: its name and its value.
Field = tuple[str, str]

#: Bytes of a body that are read, and that it may stand for.
MOST_OF_BODY: Final = 64 * 1024 * 1024

_METHODS: Final = {"GET": ("-o", "/dev/null", "-D", "-"), "HEAD": ("-I",)}
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
# Python's own, which no page is in; some take their time.
_NO_CHARSETS: Final = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    url: str
    #: Those that matter for the answer; who asks adds its own.
    fields: tuple[Field, ...] = ()
    method: str = "GET"

    def curl(self) -> str:
        """The command that asks it again."""
        fields = [word for name, value in self.fields for word in ("-H", f"{name}: {value}")]
        return shlex.join(["curl", "-sS", *_METHODS[self.method], *fields, self.url])


class Obstacle(NamedTuple):
    """Why a body cannot be looked at, in words."""

    words: str
    #: It is more than is looked at.
    is_size: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    request: Request
    #: 0 where nothing came.
    status: int
    fields: tuple[Field, ...] = ()
    body: bytes = b""
    #: Why nothing came, or not all of it.
    trouble: str = ""
    #: The body was longer than is read, and is not whole for that.
    is_too_long: bool = False
    #: Bytes that its content may have without its coding.
    limit: int = MOST_OF_BODY
    #: The body was whole, and had to go, as all together were too much.
    is_let_go: bool = False
    #: Where its content is kept while there is room; with the answer where there is none.
    shelf: Shelf[bytes | Obstacle] | None = field(default=None, compare=False, repr=False)

    def values(self, name: str) -> list[str]:
        """The lines of a field."""
        lower = name.lower()
        return [value.strip() for each, value in self.fields if each.lower() == lower]

    def header(self, name: str) -> str:
        """A field's value, its lines joined (RFC 9110, 5.2); empty where it was not sent."""
        return ", ".join(self.values(name))

    def members(self, name: str) -> list[str]:
        """A list's members, in lower case."""
        return [each for part in self.header(name).lower().split(",") if (each := part.strip())]

    @property
    def type(self) -> str:
        """The media type, without parameters."""
        return essence(self.header("Content-Type"))

    @property
    def coding(self) -> str:
        """The content coding; empty for none."""
        coding = ",".join(each for each in self.members("Content-Encoding") if each != "identity")
        return {"x-gzip": "gzip"}.get(coding, coding)

    @property
    def content(self) -> bytes | None:
        """The body without its coding; `None` where it cannot be told, or is not whole."""
        found = self._found
        return None if isinstance(found, Obstacle) else found

    @property
    def obstacle(self) -> Obstacle | None:
        """Why there is no content; `None` where there is."""
        found = self._found
        return found if isinstance(found, Obstacle) else None

    @property
    def _found(self) -> bytes | Obstacle:
        if self.trouble or self.is_too_long:
            return Obstacle(self.trouble or "it is longer than is read", self.is_too_long)
        if not self.coding:
            return self.body
        return self._decoded if self.shelf is None else self.shelf.get(self, self._decode)

    @cached_property
    def _decoded(self) -> bytes | Obstacle:
        return self._decode()

    def _decode(self) -> bytes | Obstacle:
        data = self.body
        for coding in reversed(self.coding.split(",")):
            if coding not in SUFFIXES:
                return Obstacle(f"{coding} is not a coding that is known here")
            try:
                data = decompress(coding, data, limit=self.limit)
            except TooLargeError as error:
                return Obstacle(str(error), is_size=True)
            except (ValueError, ConfigurationError):
                return Obstacle(f"what is said to be {coding} is not: it does not decode")
        return data

    @property
    def is_html(self) -> bool:
        """Whether it says that it is a page, or begins like one."""
        if self.type in _HTML:
            return True
        start = (self.content or b"")[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return start.startswith((b"<!doctype html", b"<html"))

    @property
    def text(self) -> str:
        """The content as text."""
        _, _, parameter = self.header("Content-Type").lower().partition("charset=")
        charset = parameter.partition(";")[0].strip(' "')
        data = self.content or b""
        if charset.replace("_", "-") not in _NO_CHARSETS:
            # LookupError: there is none of that name; ValueError: it can be no name at all.
            with suppress(LookupError, ValueError):
                return data.decode(charset or "utf-8", "replace")
        return data.decode("utf-8", "replace")
