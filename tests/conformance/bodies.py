"""Holds a response's body against what a case expects of it: pure, differences in words."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from .cases.case import App, Covers, Empty, Free, Notice, Parts, Slice, Whole
from .cases.files import SECRET

if TYPE_CHECKING:
    from .cases import Response
    from .cases.case import Body
    from .survey import Context

_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
# RFC 9110, section 15.3.7.2: ranges may be joined over a gap smaller than the overhead of a part.
_GAP: Final = 120


def check_body(body: Body, response: Response, context: Context) -> list[str]:
    """What is wrong with the body of `response`."""
    if SECRET in response.body:
        return ["a secret came out"]
    match body:
        case Whole(file, coding):
            return _whole(response, context, file, coding)
        case Slice(file, start, stop, coding):
            return _slice(response, context, file, (start, stop), coding)
        case Parts() | Covers():
            return _parts(response, context, body)
        case Empty():
            return [] if not response.body else [f"a body of {len(response.body)} bytes"]
        case Notice():
            return _notice(response, context)
        case App():
            is_app = response.field("x-app") == "yes" and response.body == b"app"
            return [] if is_app else ["not the application's answer"]
        case Free():
            return []


def decode(coding: str, data: bytes) -> bytes:
    """`data` without its content coding.

    Raises:
        ValueError: It is not in that coding.
    """
    if coding == "identity":
        return data
    if coding not in _DECODERS:
        raise ValueError(f"nobody knows the coding {coding}")
    try:
        return _DECODERS[coding](data)
    except Exception as error:
        raise ValueError(f"it does not decode: {error}") from error


def _gunzip(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    plain = unpacker.decompress(data)
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("it is not one whole gzip member")
    return plain


def _unbrotli(data: bytes) -> bytes:
    import brotli

    return brotli.decompress(data)


def _unzstd(data: bytes) -> bytes:
    from backports import zstd

    return zstd.decompress(data)


_DECODERS: Final = {"br": _unbrotli, "gzip": _gunzip, "zstd": _unzstd}


def _whole(response: Response, context: Context, file: str, wanted: str) -> list[str]:
    coding = response.field("content-encoding") or "identity"
    allowed = _allowed(context, file, wanted)
    if coding not in allowed:
        return [f"the coding is {coding}, not {' or '.join(sorted(allowed))}"]
    try:
        plain = decode(coding, response.body)
    except ValueError as error:
        return [f"the body is not in {coding}: {error}"]
    if plain != context.files[file]:
        return [f"the body, decoded, is not {file}: {len(plain)} bytes, {plain[:40]!r}"]
    return []


def _allowed(context: Context, file: str, wanted: str) -> set[str]:
    how, colon, names = wanted.partition(":")
    if not colon:
        return {wanted}
    codings = names.split(",")
    if how == "any":
        return set(codings)
    sizes = {each: len(context.representation(file, each).body) for each in codings}
    return {each for each, size in sizes.items() if size == min(sizes.values())}


def _slice(
    response: Response, context: Context, file: str, span: tuple[int, int], coding: str
) -> list[str]:
    data = _bytes(context, file, coding)
    start, stop = span if span[0] >= 0 else (len(data) + span[0], len(data))
    faults = _coded(response, coding)
    wanted = f"bytes {start}-{stop - 1}/{len(data)}"
    if response.field("content-range") != wanted:
        faults.append(f"Content-Range is {response.field('content-range')!r}, not {wanted!r}")
    if response.body != data[start:stop]:
        faults.append(f"{len(response.body)} bytes that are not {start} to {stop} of {file}")
    return faults


def _bytes(context: Context, file: str, coding: str) -> bytes:
    if coding == "identity":
        return context.files[file]
    return context.representation(file, coding).body


def _coded(response: Response, coding: str) -> list[str]:
    actual = response.field("content-encoding") or "identity"
    return [] if actual == coding else [f"the coding is {actual}, not {coding}"]


class _Piece(NamedTuple):
    start: int
    stop: int
    size: int
    data: bytes
    content_type: str | None


def _parts(response: Response, context: Context, body: Parts | Covers) -> list[str]:
    data = _bytes(context, body.file, body.coding)
    faults = _coded(response, body.coding)
    try:
        pieces = read_pieces(response)
    except ValueError as error:
        return [*faults, str(error)]
    whole = context.representation(body.file, body.coding)
    for piece in pieces:
        if piece.size != len(data) or piece.data != data[piece.start : piece.stop]:
            faults.append(f"the part {piece.start}-{piece.stop - 1} is not {body.file}'s")
        if piece.content_type != whole.field("content-type"):
            faults.append(f"a part's Content-Type is {piece.content_type!r}")
    spans = [(piece.start, piece.stop) for piece in pieces]
    if isinstance(body, Parts):
        if spans != list(body.spans):
            faults.append(f"the parts are {spans}, not {list(body.spans)}")
        return faults
    return faults + _coverage(spans, body.spans)


def _coverage(spans: list[tuple[int, int]], wanted: tuple[tuple[int, int], ...]) -> list[str]:
    sent = [position for start, stop in spans for position in range(start, stop)]
    asked = {position for start, stop in wanted for position in range(start, stop)}
    faults = []
    if len(sent) != len(set(sent)):
        faults.append(f"bytes came twice: {spans}")
    if not asked <= set(sent):
        faults.append(f"bytes are missing: {spans}")
    if len(set(sent) - asked) > _GAP:
        faults.append(f"more bytes than were asked for: {spans}")
    return faults


def read_pieces(response: Response) -> list[_Piece]:
    """The parts of a 206, of one range or of several.

    Raises:
        ValueError: It is not put together as RFC 9110, section 14.6, says.
    """
    content_type = response.field("content-type") or ""
    if not content_type.lower().startswith("multipart/byteranges"):
        content_range = response.field("content-range")
        return [_piece(content_range, response.body, content_type)]
    if response.field("content-range") is not None:
        raise ValueError("a multipart answer has a Content-Range of its own")
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if boundary is None:
        raise ValueError(f"no boundary in {content_type!r}")
    delimiter = b"\r\n--" + boundary[1].encode("latin-1")
    _, *parts = (b"\r\n" + response.body).split(delimiter)
    if not parts or parts.pop().strip() != b"--":
        raise ValueError("the last boundary is missing")
    return [_part(each) for each in parts]


def _part(part: bytes) -> _Piece:
    head, found, data = part.partition(b"\r\n\r\n")
    if not found or not head.startswith(b"\r\n"):
        raise ValueError(f"a part begins with {part[:40]!r}")
    lines = head.decode("latin-1")[2:].split("\r\n")
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
    return _piece(fields.get("content-range"), data, fields.get("content-type"))


def _piece(content_range: str | None, data: bytes, content_type: str | None) -> _Piece:
    match = _CONTENT_RANGE.fullmatch(content_range or "")
    if match is None:
        raise ValueError(f"a part's Content-Range is {content_range!r}")
    first, last, size = (int(each) for each in match.groups())
    return _Piece(first, last + 1, size, data, content_type)


def _notice(response: Response, context: Context) -> list[str]:
    if response.field("x-app") is not None:
        return ["the application's answer"]
    if response.field("content-encoding") is not None:
        return ["a notice with a content coding"]
    # One byte, or none, is in every text.
    if any(data == response.body for data in context.files.values() if len(data) > 1):
        return ["a file's bytes"]
    if len(response.body) > 100_000:
        return [f"{len(response.body)} bytes where a short text was to come"]
    return []
