"""CSS: the references of a style sheet, found by the tokens of CSS Syntax Level 3.

Owns what a CSS token is; must not know where the sheet stands or what a URL leads to.

"Syntax" is https://www.w3.org/TR/css-syntax-3/, "Values" https://www.w3.org/TR/css-values-4/.
Bytes of 0x80 and above belong to names, so that UTF-8 moves no offset; so does NUL, which Syntax
3.3 makes U+FFFD. An `@import` counts wherever it stands, though browsers heed it only at the top.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hiss.build.patterns import compile_pattern
from hiss.build.references import Kind, Reference


def _pattern(pattern: str) -> re.Pattern[bytes]:
    return compile_pattern(pattern.encode("ascii"), re.VERBOSE)


# Every repetition is possessive: a token gives back nothing it took, so that time stays linear.
_SPACE = r"[ \t\r\n\f]"
_NAME = r"[-\w\0\x80-\xff]"
_HEX = rf"[0-9a-fA-F]{{1,6}}+ (?: \r\n | {_SPACE} )?+"
# Syntax 4.3.8: a backslash escapes all but a newline. 4.3.7: before the end it is U+FFFD.
_ESCAPE = rf"\\ (?: {_HEX} | [^\r\n\f0-9a-fA-F] | \Z )"
# Syntax 4.3.11. A number with its unit goes the same way: nothing that matters begins with a digit.
_NAMED = rf"(?: {_NAME}++ | {_ESCAPE} )"
# Syntax 4.3.5: a string ends at its quote, at a newline not escaped, or with the file.
_IN_STRING = {
    quote: rf"(?: [^{quote}\\\r\n\f]++ | \\ (?: {_HEX} | \r\n | [^0-9a-fA-F] ) )*+"
    for quote in "\"'"
}
# Syntax 4.3.6: no quote, parenthesis, space or control character.
_IN_URL = rf"(?: [^\"'()\\ \x01-\x1f\x7f]++ | {_ESCAPE} )*+"

_SPACES = _pattern(rf"{_SPACE}*+")
_WHOLE_NAME = _pattern(rf"{_NAMED}*+")
# Syntax 4.3.9: what would start a number, or is a lone hyphen, starts no identifier.
_IDENTIFIER = _pattern(rf"(?! -?+ [0-9] | - (?! {_NAME} | \\ ) ) {_NAMED}++")
_STRING = {quote.encode(): _pattern(inside) for quote, inside in _IN_STRING.items()}
_URL = _pattern(rf"( {_IN_URL} ) {_SPACE}*+ (?: \) | \Z )")
# Syntax 4.3.14: what is left of a bad url, to the first parenthesis that is not escaped.
_BAD_URL = _pattern(r"(?: [^)\\]++ | \\ (?: [\s\S] | \Z ) )*+ \)?+")
# ECMA-426, MatchSourceMapURL.
_SOURCE_MAP = _pattern(r"[\#@] \s*+ sourceMappingURL= ( \S++ ) \s*+ \Z")

# All that cannot begin a reference, in one match, which ends where something may.
_DULL = rf"""
    | / (?! \* )
    | < (?! !-- )
    | @ (?! (?i:import|namespace) | {_NAME}*+ \\ )
    | \\ (?= [\r\n\f] )
    | {_NAMED}++ (?! \( )
"""
_OUTSIDE = _pattern(rf"""(?:
      [^"'(/<@\\]++ {_DULL}
    | " {_IN_STRING['"']} "?+
    | ' {_IN_STRING["'"]} '?+
    | \( (?<! (?i:url|src) \( ) (?<! (?i:image-set) \( )
)*+""")
_INSIDE_IMAGE_SET = _pattern(rf"""(?: [^"'()\[\]{{}}/<@\\]++ {_DULL} )*+""")

_CLOSERS = {b"(": b")", b"[": b"]", b"{": b"}"}
_BOM = b"\xef\xbb\xbf"
_NAME_BYTES = bytes(byte for byte in range(256) if re.match(_NAME.encode(), bytes([byte])))
# How far back a name that matters can begin, and one byte more.
_NAME_REACH = len("-webkit-image-set") + 1

_UNDO = re.compile(
    rf"\\ (?: (?P<hex> [0-9a-fA-F]{{1,6}} ) (?: \r\n | {_SPACE} )? | \r\n | (?P<char> [\s\S] )? )",
    re.VERBOSE,
)


def find_references(data: bytes) -> list[Reference]:
    """The references in a style sheet, by position; of its source maps only the last."""
    scanner = _Scanner(data)
    scanner.scan()
    return sorted(scanner.references + scanner.source_map)


def unescape(raw: bytes) -> str:
    """What a name, a string or a url says that is written as `raw`."""
    return _UNDO.sub(_undo, _decode(raw)) if b"\\" in raw else _decode(raw)


def _decode(raw: bytes) -> str:
    # Syntax 3.3: NUL, too, is replaced.
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd")


def _undo(escape: re.Match[str]) -> str:
    if escape["hex"]:
        code = int(escape["hex"], 16)
        # Syntax 4.3.7: zero, a surrogate, or more than Unicode has.
        return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code or 0xFFFD)
    if escape["char"]:
        return "" if escape["char"] in "\r\n\f" else escape["char"]
    return "" if escape[0].endswith("\n") else "\ufffd"


def _lower(name: bytes) -> bytes:
    # As bytes, for Syntax compares without case in ASCII alone.
    return unescape(name).encode().lower()


def _end(pattern: re.Pattern[bytes], data: bytes, start: int) -> int:
    found = pattern.match(data, start)
    return found.end() if found else start


class _Open(NamedTuple):
    """A bracket not closed yet, and the kind of the strings that stand right inside it."""

    closer: bytes
    strings: Kind | None = None


class _Scanner:
    __slots__ = ("at", "data", "opened", "references", "source_map")

    def __init__(self, data: bytes) -> None:
        self.data = data
        # Always between two tokens: what stands before is no part of what follows.
        self.at = len(_BOM) if data.startswith(_BOM) else 0
        self.references: list[Reference] = []
        self.source_map: list[Reference] = []
        # Counted only from the outermost image-set() on; elsewhere brackets change nothing.
        self.opened: list[_Open] = []

    def scan(self) -> None:
        while True:
            dull = _INSIDE_IMAGE_SET if self.opened else _OUTSIDE
            start = _end(dull, self.data, self.at)
            match self.data[start : start + 1]:
                case b"":
                    return
                case b"/":
                    self.comment(start)
                case b"<":
                    self.at = start + len(b"<!--")
                case b"@":
                    self.at_keyword(start + 1)
                case b"(" | b"\\":
                    self.named(start)
                case b'"' | b"'":
                    self.string(start, self.opened[-1].strings)
                case bracket:
                    self.at = start + 1
                    self.bracket(bracket)

    def add(self, start: int, end: int, kind: Kind) -> None:
        # Values 4.5: an empty url is no resource; one of spaces would be the sheet itself.
        url = unescape(self.data[start:end])
        if url.strip(" \t\r\n\f"):
            self.references.append(Reference(start, end, url, kind))

    def comment(self, start: int) -> None:
        close = self.data.find(b"*/", start + 2)
        end = len(self.data) if close < 0 else close
        self.at = min(end + 2, len(self.data))
        if found := _SOURCE_MAP.match(self.data, start + 2, end):
            url = _decode(found[1])
            self.source_map = [Reference(*found.span(1), url, Kind.SOURCE_MAP)]

    def gap(self) -> None:
        """Pass spaces and comments."""
        self.at = _end(_SPACES, self.data, self.at)
        while self.data.startswith(b"/*", self.at):
            self.comment(self.at)
            self.at = _end(_SPACES, self.data, self.at)

    def string(self, start: int, kind: Kind | None) -> None:
        end = _end(_STRING[self.data[start : start + 1]], self.data, start + 1)
        # Syntax 4.3.5: a newline makes it a bad string, and stays; the end of the file does not,
        # and may leave a backslash that says nothing.
        if self.data[end : end + 1] in (b"\r", b"\n", b"\f"):
            self.at = end
            return
        self.at = min(end + 1, len(self.data))
        if kind:
            self.add(start + 1, end, kind)

    def at_keyword(self, start: int) -> None:
        self.at = _end(_WHOLE_NAME, self.data, start)
        match _lower(self.data[start : self.at]):
            case b"import":
                self.gap()
                self.value(Kind.CSS_IMPORT)
            case b"namespace":
                # CSS Namespaces 2: a prefix or none, then a url that identifies and is not fetched.
                known = len(self.references)
                self.gap()
                prefix = _end(_IDENTIFIER, self.data, self.at)
                if self.data[prefix : prefix + 1] != b"(":
                    self.at = prefix
                    self.gap()
                self.value(Kind.CSS_IMPORT)
                del self.references[known:]

    def value(self, kind: Kind) -> None:
        """Pass one value: if it is a string, a url() or a src(), it is a reference of `kind`."""
        if self.data[self.at : self.at + 1] in _STRING:
            self.string(self.at, kind)
        else:
            self.named(self.at, kind)

    def named(self, within: int, kind: Kind | None = None) -> None:
        """Pass a name, of which no part before `within` is escaped, and how its function opens."""
        before = self.data[max(self.at, within - _NAME_REACH) : within]
        other = before.rstrip(_NAME_BYTES)
        name = before[len(other) :]
        self.at = _end(_WHOLE_NAME, self.data, within)
        # Syntax 4.3.1: these make it a hash or an at-keyword; neither can be a function's name.
        if other.endswith((b"#", b"@")) or self.data[self.at : self.at + 1] != b"(":
            return
        name += self.data[within : self.at]
        self.at += 1
        match _lower(name):
            case b"url":
                self.url(kind or Kind.CSS_URL)
            case b"src":
                self.bracket(b"(")
                self.gap()
                if self.data[self.at : self.at + 1] in _STRING:
                    self.string(self.at, kind or Kind.CSS_SRC)
            case b"image-set" | b"-webkit-image-set":
                self.opened.append(_Open(b")", Kind.CSS_IMAGE_SET))
            case _:
                self.bracket(b"(")

    def url(self, kind: Kind) -> None:
        # Syntax 4.3.4: with a quote next it is a function, and only a space may stand before that;
        # with anything else it is a token to its end, in which even a comment is text.
        start = _end(_SPACES, self.data, self.at)
        if self.data[start : start + 1] in _STRING:
            self.bracket(b"(")
            self.string(start, kind)
        elif found := _URL.match(self.data, start):
            self.at = found.end()
            self.add(*found.span(1), kind)
        else:
            self.at = _end(_BAD_URL, self.data, start)

    def bracket(self, bracket: bytes) -> None:
        if not self.opened:
            return
        if closer := _CLOSERS.get(bracket):
            self.opened.append(_Open(closer))
        elif self.opened[-1].closer == bracket:
            self.opened.pop()
