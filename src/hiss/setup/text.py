"""A file's text and edits to it: all that is not edited stays byte for byte as it was."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class OddError(Exception):
    """Something is written in a way that is left alone; the message says which."""


class Edit(NamedTuple):
    """What is to stand in the place of a stretch of text; lines end with `\\n`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, with what is needed to write it back."""

    bom: bytes
    encoding: str
    #: As it lies in the file.
    raw: str
    #: The same, with `\n` at the end of each line; positions are of this one.
    text: str
    #: How lines of the file end.
    newline: str

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The file's bytes with the edits made.

        Raises:
            OddError: Two of them overlap.
        """
        returns = self._returns()
        pieces, at = [], 0
        for edit in sorted(edits, key=lambda each: (each.start, each.end)):
            start = edit.start + bisect_left(returns, edit.start)
            if start < at:
                raise OddError("what is to be changed there overlaps")
            pieces += [self.raw[at:start], edit.text.replace("\n", self.newline)]
            at = edit.end + bisect_left(returns, edit.end)
        pieces.append(self.raw[at:])
        return self.bom + "".join(pieces).encode(self.encoding, "surrogateescape")

    def _returns(self) -> list[int]:
        """Where, in `text`, those lines end that have one character more in `raw`."""
        return [each.start() - longer for longer, each in enumerate(re.finditer("\r\n", self.raw))]

    def line(self, position: int) -> int:
        """The number of the line that a position is on, from 1."""
        return self.text.count("\n", 0, position) + 1

    def line_start(self, position: int) -> int:
        """Where the line begins that a position is on."""
        return self.text.rfind("\n", 0, position) + 1

    def line_end(self, position: int) -> int:
        """Where the line ends that a position is on: at its `\\n`, or at the text's end."""
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def indent(self, position: int) -> str:
        """The white space that the line of a position begins with."""
        line = self.text[self.line_start(position) : self.line_end(position)]
        return line[: len(line) - len(line.lstrip(" \t"))]


def read_text(data: bytes) -> Text:
    """Text that is UTF-8, or near enough to be written back as it was."""
    return _text(data, "utf-8", "surrogateescape")


def read_python(data: bytes, path: str) -> Text:
    """Python's source, in the encoding that it declares.

    Raises:
        ConfigurationError: It is not in that encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return _text(data, "utf-8" if encoding == "utf-8-sig" else encoding, "strict")
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise ConfigurationError(f"{path} cannot be read as Python: {error}") from error


def _text(data: bytes, encoding: str, errors: str) -> Text:
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    raw = data[len(bom) :].decode(encoding, errors)
    text = _LINE_END.sub("\n", raw)
    windows = raw.count("\r\n")
    newline = "\r\n" if windows * 2 > text.count("\n") else "\n"
    return Text(bom, encoding, raw, text, newline)
