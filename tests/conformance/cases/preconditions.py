"""Part 3: the preconditions one by one and together, in the order of RFC 9110, 13.2.2."""

from __future__ import annotations

from typing import Final

from .case import (
    MISSING,
    Case,
    Chapter,
    Expected,
    failed,
    head,
    not_allowed,
    not_modified,
    part,
    whole,
)
from .files import CSS
from .message import Request, request_for

_TAG: Final = f"{{etag:{CSS}:identity}}"
_OPAQUE: Final = f"{{opaque:{CSS}:identity}}"
_SAME: Final = f"{{last-modified:{CSS}:+0:imf}}"
_EARLIER: Final = f"{{last-modified:{CSS}:-60:imf}}"
_LATER: Final = f"{{last-modified:{CSS}:+60:imf}}"

# If-Match on the identity representation: by strong comparison.
_MATCH: Final = {
    "exact": (_TAG, True),
    "star": ("*", True),
    "list": (f'"one", {_TAG}, "two"', True),
    "list-empty-elements": (f",{_TAG},,", True),
    "two-lines": (('"one"', _TAG), True),
    "weak": (f"W/{_OPAQUE}", False),
    "other": ('"other"', False),
    "list-other": ('"one", "two"', False),
    "unquoted": ("abcdef", False),
    "quoted-star": ('"*"', False),
    "other-coding": (f"{{etag:{CSS}:br}}", False),
}

# Fields together: the name of each, and what they come to. The comments are 13.2.2's steps.
_TOGETHER: Final = {
    # 1 before 2: If-Unmodified-Since is not looked at beside If-Match.
    "im-true-ius-false": ({"if_match": _TAG, "if_unmodified_since": _EARLIER}, 200),
    "im-star-ius-false": ({"if_match": "*", "if_unmodified_since": _EARLIER}, 200),
    "im-false-ius-true": ({"if_match": '"x"', "if_unmodified_since": _LATER}, 412),
    # 1 before 3.
    "im-true-inm-true": ({"if_match": _TAG, "if_none_match": _TAG}, 304),
    "im-true-inm-false": ({"if_match": _TAG, "if_none_match": '"x"'}, 200),
    "im-false-inm-true": ({"if_match": '"x"', "if_none_match": _TAG}, 412),
    "im-false-inm-false": ({"if_match": '"x"', "if_none_match": '"x"'}, 412),
    # 1 before 4.
    "im-true-ims-unchanged": ({"if_match": _TAG, "if_modified_since": _SAME}, 304),
    "im-true-ims-changed": ({"if_match": _TAG, "if_modified_since": _EARLIER}, 200),
    "im-false-ims-unchanged": ({"if_match": '"x"', "if_modified_since": _SAME}, 412),
    # 2 before 3.
    "ius-true-inm-true": ({"if_unmodified_since": _LATER, "if_none_match": _TAG}, 304),
    "ius-false-inm-true": ({"if_unmodified_since": _EARLIER, "if_none_match": _TAG}, 412),
    "ius-false-inm-false": ({"if_unmodified_since": _EARLIER, "if_none_match": '"x"'}, 412),
    # 2 before 4.
    "ius-true-ims-unchanged": ({"if_unmodified_since": _LATER, "if_modified_since": _SAME}, 304),
    "ius-false-ims-unchanged": ({"if_unmodified_since": _EARLIER, "if_modified_since": _SAME}, 412),
    # 3 without 4: If-Modified-Since is not looked at beside If-None-Match.
    "inm-false-ims-unchanged": ({"if_none_match": '"x"', "if_modified_since": _SAME}, 200),
    "inm-false-ims-later": ({"if_none_match": '"x"', "if_modified_since": _LATER}, 200),
    "inm-true-ims-changed": ({"if_none_match": _TAG, "if_modified_since": _EARLIER}, 304),
    "inm-unquoted-ims-unchanged": ({"if_none_match": "x", "if_modified_since": _SAME}, 200),
    # All four.
    "all-true": (
        {
            "if_match": _TAG,
            "if_unmodified_since": _SAME,
            "if_none_match": '"x"',
            "if_modified_since": _EARLIER,
        },
        200,
    ),
    "all-false": (
        {
            "if_match": '"x"',
            "if_unmodified_since": _EARLIER,
            "if_none_match": _TAG,
            "if_modified_since": _SAME,
        },
        412,
    ),
}

# 5: Range comes last.
_WITH_RANGE: Final = {
    "inm-true": ({"if_none_match": _TAG}, 304),
    "inm-false": ({"if_none_match": '"x"'}, 206),
    "im-true": ({"if_match": _TAG}, 206),
    "im-false": ({"if_match": '"x"'}, 412),
    "ius-true": ({"if_unmodified_since": _SAME}, 206),
    "ius-false": ({"if_unmodified_since": _EARLIER}, 412),
    "ims-unchanged": ({"if_modified_since": _SAME}, 304),
    "ims-changed": ({"if_modified_since": _EARLIER}, 206),
    "inm-true-if-range-true": ({"if_none_match": _TAG, "if_range": _TAG}, 304),
    "inm-false-if-range-true": ({"if_none_match": '"x"', "if_range": _TAG}, 206),
    "im-true-if-range-true": ({"if_match": _TAG, "if_range": _TAG}, 206),
    "im-true-if-range-false": ({"if_match": _TAG, "if_range": '"x"'}, 200),
    "im-false-if-range-true": ({"if_match": '"x"', "if_range": _TAG}, 412),
}


def cases() -> list[Case]:
    """The cases of this part."""
    chapter = Chapter(3, "RFC 9110 13.2.2")
    _one_by_one(chapter)
    for key, (fields, status) in _TOGETHER.items():
        for method in ("GET", "HEAD"):
            suffix = "" if method == "GET" else "-head"
            request = request_for(CSS, method=method, **fields)
            chapter.add(f"pre-{key}{suffix}", request, _expected(status, request))
    for key, (fields, status) in _WITH_RANGE.items():
        request = request_for(CSS, range="bytes=2-5", **fields)
        chapter.add(f"pre-range-{key}", request, _expected(status, request))
    _elsewhere(chapter)
    return chapter.cases


def _expected(status: int, request: Request) -> Expected:
    match status:
        case 304:
            return not_modified(CSS)
        case 412:
            return failed()
        case 206:
            return part(CSS, 2, 6)
        case _:
            return head() if request.method == "HEAD" else whole(CSS)


def _one_by_one(chapter: Chapter) -> None:
    for key, (value, holds) in _MATCH.items():
        request = request_for(CSS, if_match=value)
        expected = whole(CSS) if holds else failed()
        chapter.add(f"im-{key}", request, expected, rfc="RFC 9110 13.1.1")
    for coding in ("br", "gzip", "zstd"):
        request = request_for(CSS, accept_encoding=coding, if_match=f"{{etag:{CSS}:{coding}}}")
        chapter.add(f"im-{coding}", request, whole(CSS, coding), rfc="RFC 9110 13.1.1")
    request = request_for(CSS, method="HEAD", if_match='"other"')
    chapter.add("im-head-other", request, failed(), rfc="RFC 9110 13.1.1")
    for form in ("imf", "rfc850", "asctime"):
        for key, seconds, expected in (
            ("same", "+0", whole(CSS)),
            ("later", "+60", whole(CSS)),
            ("earlier", "-60", failed()),
        ):
            value = f"{{last-modified:{CSS}:{seconds}:{form}}}"
            request = request_for(CSS, if_unmodified_since=value)
            chapter.add(f"ius-{key}-{form}", request, expected, rfc="RFC 9110 13.1.4")
    for key, value in {
        "word": "never",
        "empty": "",
        "iso": "2001-01-01T00:00:00Z",
        "zone": "Mon, 01 Jan 2001 00:00:00 PST",
    }.items():
        request = request_for(CSS, if_unmodified_since=value)
        chapter.add(f"ius-bad-{key}", request, whole(CSS), rfc="RFC 9110 13.1.4")


def _elsewhere(chapter: Chapter) -> None:
    """13.2.1: preconditions count only where the answer would be 2xx or 412 without them."""
    for key, fields in {
        "im-star": {"if_match": "*"},
        "im-other": {"if_match": '"x"'},
        "inm-star": {"if_none_match": "*"},
        "ims": {"if_modified_since": "Fri, 01 Jan 2038 00:00:00 GMT"},
        "ius": {"if_unmodified_since": "Mon, 01 Jan 2001 00:00:00 GMT"},
    }.items():
        chapter.add(
            f"pre-missing-{key}",
            request_for("missing.css", **fields),
            MISSING,
            rfc="RFC 9110 13.2.1",
        )
        request = request_for(CSS, method="POST", **fields)
        chapter.add(f"pre-post-{key}", request, not_allowed(), rfc="RFC 9110 13.2.1")
