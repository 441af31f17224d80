"""Part 4: Range alone: grammar, satisfiability, several ranges, and what is too many."""

from __future__ import annotations

from typing import Final

from .case import (
    Case,
    Chapter,
    Covers,
    Expected,
    Field,
    Parts,
    Slice,
    Spans,
    failed,
    head,
    part,
    unsatisfiable,
    whole,
)
from .files import ALPHABET, CLIP, CSS, EMPTY, FILES, HASHED, LEGACY, ONE, PIXEL
from .message import request_for

_SIZE: Final = len(FILES[ALPHABET])
_WHOLE: Final = (0, _SIZE)
_CLIP_SIZE: Final = len(FILES[CLIP])

# On the alphabet, 26 bytes: the value, and the span (half open) that must come.
_ONE_RANGE: Final = {
    "first-byte": ("bytes=0-0", (0, 1)),
    "second-byte": ("bytes=1-1", (1, 2)),
    "last-byte": ("bytes=25-25", (25, 26)),
    "start": ("bytes=0-4", (0, 5)),
    "middle": ("bytes=5-9", (5, 10)),
    "open": ("bytes=5-", (5, 26)),
    "open-from-zero": ("bytes=0-", _WHOLE),
    "open-last": ("bytes=25-", (25, 26)),
    "suffix": ("bytes=-5", (21, 26)),
    "suffix-one": ("bytes=-1", (25, 26)),
    "suffix-all": ("bytes=-26", _WHOLE),
    "suffix-longer": ("bytes=-27", _WHOLE),
    "suffix-far-longer": ("bytes=-99999999", _WHOLE),
    "suffix-huge": ("bytes=-" + "9" * 40, _WHOLE),
    "all": ("bytes=0-25", _WHOLE),
    "end-past": ("bytes=20-26", (20, 26)),
    "end-far-past": ("bytes=0-999999999", _WHOLE),
    "end-huge": ("bytes=3-" + "9" * 40, (3, 26)),
    "end-huge-digits": ("bytes=3-" + "9" * 5000, (3, 26)),
    "leading-zeros": ("bytes=000-0004", (0, 5)),
    "unit-upper": ("BYTES=0-4", (0, 5)),
    "unit-mixed": ("Bytes=0-4", (0, 5)),
    "ows-around": ("  bytes=0-4  ", (0, 5)),
    "empty-element-first": ("bytes=,0-4", (0, 5)),
    "empty-element-last": ("bytes=0-4,", (0, 5)),
    "empty-elements": ("bytes=, ,0-4,\t,", (0, 5)),
}

# 416, with the size.
_UNSATISFIABLE: Final = {
    "suffix-zero": "bytes=-0",
    "suffix-zeros": "bytes=-000",
    "at-end": "bytes=26-",
    "at-end-closed": "bytes=26-30",
    "past": "bytes=999-",
    "far-past": "bytes=99999999-99999999",
    "huge": "bytes=" + "9" * 40 + "-",
    "huge-both": "bytes=" + "9" * 40 + "-" + "9" * 41,
    "several": "bytes=26-, 30-40, -0",
}

# Not of the grammar, or of another unit: as if it had not been sent.
_IGNORED: Final = {
    "word": "bytes=abc",
    "inverted": "bytes=5-2",
    "underscore": "bytes=1_0-20",
    "double-minus": "bytes=--5",
    "negative-end": "bytes=5--2",
    "no-dash": "bytes=5",
    "only-dash": "bytes=-",
    "no-set": "bytes=",
    "only-commas": "bytes=,,",
    "three": "bytes=0-1-2",
    "plus": "bytes=+1-5",
    "plus-end": "bytes=1-+5",
    "inner-spaces": "bytes=0 - 5",
    "space-in-number": "bytes=0-1 0",
    "hexadecimal": "bytes=0x0-0x5",
    "exponent": "bytes=0-1e1",
    "float": "bytes=0.0-5.0",
    "wide-digits": "bytes=\xef\xbc\x91-\xef\xbc\x95",
    "arabic-digits": "bytes=\xd9\xa1-\xd9\xa5",
    "latin-digits": "bytes=\xb9-\xb2",
    "semicolon": "bytes=0-4;5-9",
    "no-equals": "bytes 0-4",
    "colon": "bytes:0-4",
    "unit-items": "items=0-4",
    "unit-seconds": "seconds=0-4",
    "unit-longer": "bytesx=0-4",
    "unit-prefixed": "xbytes=0-4",
    "unit-none": "=0-4",
    "no-unit": "0-4",
    "empty": "",
    "unit-space": "bytes =0-4",
    "two-specifiers": "bytes=0-4, bytes=6-9",
    "one-of-two-bad": "bytes=0-4, abc",
    "one-of-two-inverted": "bytes=0-4, 9-6",
    "content-range": "bytes 0-4/26",
    "star": "bytes=*",
    "quoted": '"bytes=0-4"',
}

# Disjoint, far enough apart that nobody joins them, in the order asked for.
_IN_ORDER: Final[dict[str, tuple[str, Spans]]] = {
    "two": ("bytes=0-9,5000-5009", ((0, 10), (5000, 5010))),
    "two-spaces": ("bytes=0-9 , 5000-5009", ((0, 10), (5000, 5010))),
    "two-tabs": ("bytes=0-9\t,\t5000-5009", ((0, 10), (5000, 5010))),
    "three": ("bytes=0-0,3000-3000,6000-6000", ((0, 1), (3000, 3001), (6000, 6001))),
    "descending": ("bytes=5000-5009,0-9", ((5000, 5010), (0, 10))),
    "with-suffix": ("bytes=0-9,-10", ((0, 10), (_CLIP_SIZE - 10, _CLIP_SIZE))),
    "with-open": ("bytes=0-9,1048000-", ((0, 10), (1_048_000, _CLIP_SIZE))),
    "with-unsatisfiable": (
        "bytes=0-9,99999999-,5000-5009",
        ((0, 10), (5000, 5010)),
    ),
    "large": (
        "bytes=0-399999,600000-999999",
        ((0, 400_000), (600_000, 1_000_000)),
    ),
    "sixteen": (
        "bytes=" + ",".join(f"{n * 5000}-{n * 5000 + 9}" for n in range(16)),
        tuple((n * 5000, n * 5000 + 10) for n in range(16)),
    ),
}

# Overlapping or touching: no byte twice, all bytes asked for.
_OVERLAPPING: Final[dict[str, tuple[str, Spans]]] = {
    "overlap": ("bytes=0-10,5-15", ((0, 16),)),
    "overlap-descending": ("bytes=5-15,0-10", ((0, 16),)),
    "touching": ("bytes=0-4,5-9", ((0, 10),)),
    "same-twice": ("bytes=3-7,3-7", ((3, 8),)),
    "inside": ("bytes=0-20,5-6", ((0, 21),)),
    "suffix-overlaps": ("bytes=20-,-10", ((16, 26),)),
    "whole-twice": ("bytes=0-,0-", (_WHOLE,)),
    "whole-ten-times": ("bytes=" + ",".join(["0-"] * 10), (_WHOLE,)),
    "overlap-and-apart": ("bytes=0-2,1-3,20-22", ((0, 4), (20, 23))),
    "one-satisfiable": ("bytes=0-4,99-", ((0, 5),)),
    "one-satisfiable-suffix": ("bytes=-0,-5", ((21, 26),)),
    "near": ("bytes=0-2,6-8", ((0, 3), (6, 9))),
}


def cases() -> list[Case]:
    """The cases of this part that need no If-Range."""
    chapter = Chapter(4, "RFC 9110 14.2")
    for key, (value, (start, stop)) in _ONE_RANGE.items():
        expected = part(ALPHABET, start, stop, "identity", Field("Accept-Ranges", "has", "bytes"))
        chapter.add(f"range-{key}", request_for(ALPHABET, range=value), expected)
    for key, value in _UNSATISFIABLE.items():
        request = request_for(ALPHABET, range=value)
        chapter.add(f"range-416-{key}", request, unsatisfiable(ALPHABET), rfc="RFC 9110 15.5.17")
    for key, value in _IGNORED.items():
        expected = whole(ALPHABET, "identity", Field("Content-Range", "absent"))
        chapter.add(f"range-ignored-{key}", request_for(ALPHABET, range=value), expected)
    # Not of the strict grammar, and clear enough that many take it.
    request = request_for(ALPHABET, range="bytes= 0-4")
    chapter.add("range-space-after-equals", request, part(ALPHABET, 0, 5), whole(ALPHABET))
    _several(chapter)
    _representations(chapter)
    _sizes(chapter)
    _advertised(chapter)
    return chapter.cases


def _several(chapter: Chapter) -> None:
    for key, (value, spans) in _IN_ORDER.items():
        expected = Expected((206,), Parts(CLIP, spans))
        chapter.add(
            f"multi-{key}", request_for(CLIP, range=value), expected, rfc="RFC 9110 15.3.7.2"
        )
    for key, (value, spans) in _OVERLAPPING.items():
        expected = Expected((206,), Covers(ALPHABET, spans))
        request = request_for(ALPHABET, range=value)
        chapter.add(f"multi-{key}", request, expected, rfc="RFC 9110 15.3.7.2")
    for key, value in {
        "seventeen": ",".join(f"{n * 5000}-{n * 5000 + 9}" for n in range(17)),
        "hundred": ",".join(f"{n * 2}-{n * 2}" for n in range(100)),
        "thousand": ",".join(f"{n}-" for n in range(1000)),
    }.items():
        request = request_for(CLIP, range=f"bytes={value}")
        chapter.add(f"multi-abusive-{key}", request, whole(CLIP), rfc="RFC 9110 17.15")


def _representations(chapter: Chapter) -> None:
    """Without If-Range a range is of the identity representation."""
    for coding in ("identity", "br", "gzip", "zstd", "gzip, deflate, br, zstd", "*"):
        key = coding.replace(", ", "-").replace("*", "star")
        request = request_for(CSS, accept_encoding=coding, range="bytes=10-19")
        chapter.add(f"range-identity-for-{key}", request, part(CSS, 10, 20), rfc="http.md")
    request = request_for(CSS, accept_encoding="identity;q=0, br", range="bytes=10-19")
    chapter.add("range-identity-refused", request, part(CSS, 10, 20), rfc="http.md")
    request = request_for(LEGACY, accept_encoding="gzip", range="bytes=-7")
    size = len(FILES[LEGACY])
    chapter.add("range-identity-gzip-only", request, part(LEGACY, size - 7, size), rfc="http.md")
    request = request_for(CSS, accept_encoding="br", range="bytes=0-9,5000-5009")
    expected = Expected((206,), Parts(CSS, ((0, 10), (5000, 5010))))
    chapter.add("multi-identity-for-br", request, expected, rfc="http.md")
    for coding in ("br", "gzip"):
        request = request_for(CSS, accept_encoding=coding, range="bytes=99999-")
        chapter.add(f"range-416-for-{coding}", request, unsatisfiable(CSS), rfc="http.md")
    # A client that holds a part of the coded bytes says so with If-Match: a part of others'
    # bytes under that condition would be spliced in.
    request = request_for(
        CSS, accept_encoding="br", if_match=f"{{etag:{CSS}:br}}", range="bytes=5-9"
    )
    chapter.add(
        "range-if-match-coded",
        request,
        failed(),
        Expected((206,), Slice(CSS, 5, 10, "br")),
        rfc="RFC 9110 13.1.1",
    )


def _sizes(chapter: Chapter) -> None:
    chapter.add("range-one-byte-file", request_for(ONE, range="bytes=0-0"), part(ONE, 0, 1))
    chapter.add("range-one-byte-suffix", request_for(ONE, range="bytes=-2"), part(ONE, 0, 1))
    chapter.add("range-one-byte-past", request_for(ONE, range="bytes=1-"), unsatisfiable(ONE))
    for key, value in {"first": "bytes=0-0", "open": "bytes=0-", "suffix-zero": "bytes=-0"}.items():
        chapter.add(f"range-empty-{key}", request_for(EMPTY, range=value), unsatisfiable(EMPTY))
    # Satisfiable by the letter, and no Content-Range can say it.
    request = request_for(EMPTY, range="bytes=-5")
    chapter.add("range-empty-suffix", request, whole(EMPTY), unsatisfiable(EMPTY))
    for key, value, start, stop in (
        ("first", "bytes=0-0", 0, 1),
        ("second-half", "bytes=524288-", 524_288, _CLIP_SIZE),
        ("suffix", "bytes=-1000", _CLIP_SIZE - 1000, _CLIP_SIZE),
        ("across-chunks", "bytes=131071-262145", 131_071, 262_146),
        ("all", "bytes=0-", 0, _CLIP_SIZE),
    ):
        chapter.add(f"range-large-{key}", request_for(CLIP, range=value), part(CLIP, start, stop))
    chapter.add("range-binary", request_for(PIXEL, range="bytes=1-3"), part(PIXEL, 1, 4))
    chapter.add("range-immutable", request_for(HASHED, range="bytes=1-3"), part(HASHED, 1, 4))


def _advertised(chapter: Chapter) -> None:
    advertised = Field("Accept-Ranges", "is", "bytes")
    rfc = "RFC 9110 14.3"
    for key, file in {"text": CSS, "binary": PIXEL, "empty": EMPTY, "large": CLIP}.items():
        request = request_for(file)
        chapter.add(f"accept-ranges-{key}", request, whole(file, "identity", advertised), rfc=rfc)
    request = request_for(CSS, accept_encoding="br")
    chapter.add("accept-ranges-coded", request, whole(CSS, "br", advertised), rfc=rfc)
    request = request_for(CSS, method="HEAD")
    chapter.add("accept-ranges-head", request, head(advertised), rfc=rfc)
    request = request_for(CSS, range="bytes=0-0")
    chapter.add("accept-ranges-206", request, part(CSS, 0, 1, "identity", advertised), rfc=rfc)
    no_range = Field("Content-Range", "absent")
    full = Field("Content-Length", "is", str(_SIZE))
    for key, value in {
        "one": "bytes=0-4",
        "several": "bytes=0-1,20-21",
        "unsatisfiable": "bytes=99-",
        "bad": "bytes=x",
    }.items():
        request = request_for(ALPHABET, method="HEAD", range=value)
        chapter.add(f"range-head-{key}", request, head(no_range, full), rfc="RFC 9110 14.2")
