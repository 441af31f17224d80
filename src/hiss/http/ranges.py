"""Byte ranges: the Range field, what it asks of a body of known size, and how parts are framed.

RFC 9110, section 14. A span is `(start, stop)` in bytes, half open, as Python slices are. What is
not of the grammar is `None`, and means: as if the field had not been sent.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# ranges-specifier = range-unit "=" range-set; the unit's name is case-insensitive (14.1).
_SPECIFIER: Final = re.compile(r"bytes=(.*)", re.IGNORECASE)
# int-range    = first-pos "-" [ last-pos ]
# suffix-range = "-" suffix-length
_SPEC: Final = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")

# PDF viewers ask for a handful; more says that somebody wants the server to work for nothing.
# "A server that supports range requests MAY ignore or reject a Range header field that contains
# [...] a ranges-specifier with more than two overlapping ranges or a set of many small ranges".
MAX_RANGES: Final = 16

# No file is larger, and int() of some thousand digits costs time or raises.
_MAX_DIGITS: Final = 18
_HUGE: Final = 10**_MAX_DIGITS


class Span(NamedTuple):
    """Bytes `start` to `stop`, half open."""

    start: int
    stop: int


class ByteRange(NamedTuple):
    """One range as asked for: `first-last`, `first-` (no last), or `-suffix`."""

    first: int | None
    last: int | None

    def resolve(self, size: int) -> Span | None:
        """The span of a body of `size` bytes that this asks for; `None`: unsatisfiable."""
        if self.first is None:
            # "If the selected representation is shorter than the specified suffix-length, the
            # entire representation is used." A suffix of no bytes is unsatisfiable.
            return Span(max(size - (self.last or 0), 0), size) if self.last else None
        if self.first >= size:
            return None
        return Span(self.first, size if self.last is None else min(self.last + 1, size))


def parse_range(value: str) -> tuple[ByteRange, ...] | None:
    """The ranges a Range field asks for, in its order; `None` where the field is to be ignored.

    Ignored are: another unit, anything outside the grammar (also when only one range of several
    is), an inverted range, and more than `MAX_RANGES`.
    """
    specifier = _SPECIFIER.fullmatch(value.strip(" \t"))
    if specifier is None:
        return None
    # An empty element of a list is no element (5.6.1.2).
    elements = [text for part in specifier[1].split(",") if (text := part.strip(" \t"))]
    if not 0 < len(elements) <= MAX_RANGES:
        return None
    ranges = [_parse_spec(element) for element in elements]
    return None if None in ranges else tuple(ranges)  # type: ignore[arg-type]


def _parse_spec(text: str) -> ByteRange | None:
    match = _SPEC.fullmatch(text)
    if match is None:
        return None
    if match[3]:
        return ByteRange(None, _number(match[3]))
    first, last = _number(match[1]), _number(match[2]) if match[2] else None
    # "An int-range is invalid if the last-pos value is present and less than first-pos."
    return None if last is not None and last < first else ByteRange(first, last)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return _HUGE if len(digits) > _MAX_DIGITS else int(digits or 0)


def resolve_ranges(ranges: tuple[ByteRange, ...], size: int) -> tuple[Span, ...]:
    """The spans to send of a body of `size` bytes; none: the whole set is unsatisfiable.

    In the order asked for, unless some overlap or touch: then they are joined, in ascending order,
    so that no byte is sent twice.
    """
    spans = [span for asked in ranges if (span := asked.resolve(size))]
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].stop:
            joined[-1] = Span(joined[-1].start, max(joined[-1].stop, span.stop))
        else:
            joined.append(span)
    return tuple(spans if len(joined) == len(spans) else joined)


def format_content_range(span: Span | None, size: int) -> str:
    """Content-Range of a part of a body of `size` bytes; of none (`None`) for a 416."""
    if span is None:
        return f"bytes */{size}"
    return f"bytes {span.start}-{span.stop - 1}/{size}"


def format_part_head(boundary: str, content_type: str, span: Span, size: int) -> bytes:
    """What stands before a part's bytes in multipart/byteranges (14.6)."""
    return (
        f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\n"
        f"Content-Range: {format_content_range(span, size)}\r\n\r\n"
    ).encode("latin-1")


def format_last_boundary(boundary: str) -> bytes:
    """What ends a multipart/byteranges body."""
    return f"\r\n--{boundary}--\r\n".encode("latin-1")
