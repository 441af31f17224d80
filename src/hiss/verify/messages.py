"""A request and its answer, as values; a field's lines are kept as they came."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from hiss.errors import ConfigurationError
from hiss.http.codings import SUFFIXES, decompress
from hiss.http.media import essence

#: A header field: its name and its value.
Field = tuple[str, str]

_METHODS: Final = {"GET": ("-o", "/dev/null", "-D", "-"), "HEAD": ("-I",)}
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})


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

    @cached_property
    def content(self) -> bytes | None:
        """The body without its coding; `None` where it cannot be told, or is not whole."""
        if self.trouble or self.is_too_long:
            return None
        data = self.body
        for coding in reversed(self.coding.split(",") if self.coding else []):
            if coding not in SUFFIXES:
                return None
            try:
                data = decompress(coding, data)
            except (ValueError, ConfigurationError):
                return None
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
        data = self.content or b""
        try:
            return data.decode(parameter.partition(";")[0].strip(' "') or "utf-8", "replace")
        except LookupError:
            return data.decode("utf-8", "replace")
