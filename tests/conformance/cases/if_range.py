"""Part 4: If-Range: which representation's part, or else the whole."""

from __future__ import annotations

from typing import Final

from .case import (
    Case,
    Chapter,
    Covers,
    Expected,
    Field,
    Parts,
    failed,
    head,
    part,
    unsatisfiable,
    whole,
)
from .files import ALPHABET, CSS, LEGACY, PIXEL
from .message import request_for

_TAG: Final = f"{{etag:{CSS}:identity}}"
_CODINGS: Final = ("br", "gzip", "zstd")

# On the identity representation, with no Accept-Encoding: whether the condition holds.
_CONDITIONS: Final = {
    "tag": (_TAG, True),
    "tag-spaces": (f" {_TAG} ", True),
    "date": (f"{{last-modified:{CSS}:+0:imf}}", True),
    "weak": (f"W/{{opaque:{CSS}:identity}}", False),
    "other": ('"other"', False),
    "other-file": (f"{{etag:{PIXEL}:identity}}", False),
    "star": ("*", False),
    "list": (f'{_TAG}, "other"', False),
    "unquoted": ("abcdef", False),
    "half-quoted": ('"abcdef', False),
    "empty": ("", False),
    "date-earlier": (f"{{last-modified:{CSS}:-1:imf}}", False),
    "date-later": (f"{{last-modified:{CSS}:+1:imf}}", False),
    "date-far-later": ("Fri, 01 Jan 2038 00:00:00 GMT", False),
    "date-bad": ("2024-01-02T03:04:05Z", False),
    "date-zone": ("Tue, 02 Jan 2024 03:04:05 +0000", False),
}


def cases() -> list[Case]:
    """The cases with If-Range."""
    chapter = Chapter(4, "RFC 9110 13.1.5")
    for key, (value, holds) in _CONDITIONS.items():
        request = request_for(CSS, range="bytes=4-7", if_range=value)
        chapter.add(f"if-range-{key}", request, part(CSS, 4, 8) if holds else whole(CSS))
    for form in ("rfc850", "asctime"):
        # The same moment, in a form that no sender may use: exact or not, both read well.
        value = f"{{last-modified:{CSS}:+0:{form}}}"
        request = request_for(CSS, range="bytes=4-7", if_range=value)
        chapter.add(f"if-range-date-{form}", request, part(CSS, 4, 8), whole(CSS))
    _codings(chapter)
    _together(chapter)
    return chapter.cases


def _codings(chapter: Chapter) -> None:
    for coding in _CODINGS:
        tag = f"{{etag:{CSS}:{coding}}}"
        request = request_for(CSS, accept_encoding=coding, range="bytes=4-7", if_range=tag)
        tagged = part(CSS, 4, 8, coding, Field("ETag", "is", tag))
        chapter.add(f"if-range-{coding}", request, tagged)
        everything = "gzip, deflate, br, zstd"
        request = request_for(CSS, accept_encoding=everything, range="bytes=4-7", if_range=tag)
        chapter.add(f"if-range-{coding}-of-all", request, tagged)
        request = request_for(CSS, accept_encoding="*", range="bytes=-9", if_range=tag)
        chapter.add(f"if-range-{coding}-star", request, part(CSS, -9, 0, coding))
        weak = f"W/{{opaque:{CSS}:{coding}}}"
        request = request_for(CSS, accept_encoding=coding, range="bytes=4-7", if_range=weak)
        chapter.add(f"if-range-{coding}-weak", request, whole(CSS, coding))
        # The client no longer takes that coding.
        request = request_for(CSS, range="bytes=4-7", if_range=tag)
        chapter.add(f"if-range-{coding}-not-named", request, whole(CSS))
        request = request_for(CSS, accept_encoding=f"{coding};q=0", range="bytes=4-7", if_range=tag)
        chapter.add(f"if-range-{coding}-refused", request, whole(CSS))
        # The whole of it is there, and the end is that representation's own.
        request = request_for(CSS, accept_encoding=coding, range="bytes=6000-", if_range=tag)
        chapter.add(f"if-range-{coding}-416", request, unsatisfiable(CSS, coding))
        request = request_for(CSS, accept_encoding=coding, range="bytes=0-3", if_range=_TAG)
        chapter.add(f"if-range-identity-for-{coding}", request, part(CSS, 0, 4))
        request = request_for(CSS, accept_encoding=coding, range="bytes=0-3,900-909", if_range=tag)
        expected = Expected((206,), Parts(CSS, ((0, 4), (900, 910)), coding))
        chapter.add(f"if-range-{coding}-multi", request, expected)
    request = request_for(CSS, accept_encoding="identity;q=0, br", range="bytes=4-7", if_range=_TAG)
    chapter.add("if-range-identity-refused", request, whole(CSS, "br"), rfc="http.md")
    request = request_for(
        CSS, accept_encoding="gzip", range="bytes=4-7", if_range=f"{{etag:{CSS}:br}}"
    )
    chapter.add("if-range-br-for-gzip", request, whole(CSS, "gzip"))
    request = request_for(
        LEGACY, accept_encoding="gzip", range="bytes=4-7", if_range=f"{{etag:{LEGACY}:gzip}}"
    )
    chapter.add("if-range-gzip-only", request, part(LEGACY, 4, 8, "gzip"))


def _together(chapter: Chapter) -> None:
    tag = f"{{etag:{ALPHABET}:identity}}"
    no_range = Field("Content-Range", "absent")
    request = request_for(ALPHABET, if_range=tag)
    chapter.add("if-range-without-range", request, whole(ALPHABET, "identity", no_range))
    request = request_for(ALPHABET, if_range='"other"')
    chapter.add("if-range-other-without-range", request, whole(ALPHABET, "identity", no_range))
    request = request_for(ALPHABET, method="HEAD", range="bytes=0-4", if_range=tag)
    chapter.add("if-range-head", request, head(no_range))
    request = request_for(ALPHABET, range="bytes=99-", if_range=tag)
    chapter.add("if-range-true-416", request, unsatisfiable(ALPHABET))
    request = request_for(ALPHABET, range="bytes=99-", if_range='"other"')
    chapter.add("if-range-false-unsatisfiable", request, whole(ALPHABET, "identity", no_range))
    request = request_for(ALPHABET, range="bytes=x", if_range=tag)
    chapter.add("if-range-true-bad-range", request, whole(ALPHABET, "identity", no_range))
    request = request_for(ALPHABET, range="items=0-4", if_range=tag)
    chapter.add("if-range-true-unit", request, whole(ALPHABET, "identity", no_range))
    request = request_for(ALPHABET, range="bytes=0-4", if_range=tag, if_match='"other"')
    chapter.add("if-range-true-if-match-false", request, failed())
    expected = Expected((206,), Covers(ALPHABET, ((0, 16),)))
    request = request_for(ALPHABET, range="bytes=0-10,5-15", if_range=tag)
    chapter.add("if-range-true-overlap", request, expected)
