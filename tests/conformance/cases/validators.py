"""Part 2: entity tags, Last-Modified, and how If-None-Match and dates are read."""

from __future__ import annotations

from typing import Final

from .case import Case, Chapter, Field, head, not_modified, whole
from .files import ALPHABET, CLIP, CSS, EMPTY, FUTURE, HASHED, LEGACY, ORDER, PIXEL
from .message import request_for

_TAG: Final = f"{{etag:{CSS}:identity}}"
_OPAQUE: Final = f"{{opaque:{CSS}:identity}}"

# If-None-Match on the identity representation: the value, and whether it matches.
_NONE_MATCH: Final = {
    "exact": (_TAG, True),
    "weak": (f"W/{_OPAQUE}", True),
    "star": ("*", True),
    "star-spaces": (" * ", True),
    "list-first": (f'{_TAG}, "other"', True),
    "list-last": (f'"one", "two", {_TAG}', True),
    "list-no-spaces": (f'"one",{_TAG},"two"', True),
    "list-weak": (f'W/"one", W/{_OPAQUE}', True),
    "list-empty-elements": (f", ,{_TAG},", True),
    "list-tabs": (f'"one"\t,\t{_TAG}', True),
    "list-tag-with-comma": (f'"a,b", {_TAG}', True),
    "list-tag-with-obs-text": (f'"\xe9\xff", {_TAG}', True),
    "empty-tag-and-ours": (f'"", {_TAG}', True),
    "two-lines": (('"one"', _TAG), True),
    "long-list": (", ".join(f'"tag{n}"' for n in range(300)) + f", {_TAG}", True),
    "other": ('"other"', False),
    "other-weak": ('W/"other"', False),
    "empty": ("", False),
    "empty-tag": ('""', False),
    "unquoted": ("abcdef", False),
    "longer": (f'"x{_OPAQUE}', False),
    "quoted-star": ('"*"', False),
    "case": ('"A", "b"', False),
    "other-coding-br": (f"{{etag:{CSS}:br}}", False),
    "other-coding-gzip": (f"{{etag:{CSS}:gzip}}", False),
    "other-coding-zstd": (f"{{etag:{CSS}:zstd}}", False),
    "other-file": (f"{{etag:{PIXEL}:identity}}", False),
}

_CODINGS: Final = ("identity", "br", "gzip", "zstd")
_FORMS: Final = ("imf", "rfc850", "asctime")

# What is no HTTP-date must be ignored (RFC 9110, section 13.1.3): 200.
_BAD_DATES: Final = {
    "word": "yesterday",
    "empty": "",
    "iso": "2050-01-01T00:00:00Z",
    "number": "2524608000",
    "zone-offset": "Sat, 01 Jan 2050 00:00:00 +0000",
    "zone-name": "Sat, 01 Jan 2050 00:00:00 EST",
    "no-zone": "Sat, 01 Jan 2050 00:00:00",
    "one-digit-day": "Sat, 1 Jan 2050 00:00:00 GMT",
    "no-such-day": "Thu, 30 Feb 2050 00:00:00 GMT",
    "no-such-hour": "Sat, 01 Jan 2050 25:00:00 GMT",
    "month-name": "Sat, 01 Foo 2050 00:00:00 GMT",
    "parameter": "Sat, 01 Jan 2050 00:00:00 GMT; length=99",
    "two-dates": "Sat, 01 Jan 2050 00:00:00 GMT, Sun, 02 Jan 2050 00:00:00 GMT",
    "non-ascii": "Sat, 01 Jan 2050 00:00:0\xb2 GMT",
}


def cases() -> list[Case]:
    """The cases of this part."""
    chapter = Chapter(2, "RFC 9110 8.8.3")
    _tags(chapter)
    _none_match(chapter)
    _dates(chapter)
    return chapter.cases


def _tags(chapter: Chapter) -> None:
    strong = Field("ETag", "like", r'"[\x21\x23-\x7e\x80-\xff]+"')
    for coding in _CODINGS:
        request = request_for(CSS, accept_encoding=coding)
        chapter.add(f"etag-strong-{coding}", request, whole(CSS, coding, strong))
    for key, file in {"binary": PIXEL, "empty": EMPTY, "large": CLIP, "immutable": HASHED}.items():
        request = request_for(file)
        chapter.add(f"etag-strong-{key}", request, whole(file, "identity", strong))
    chapter.add(
        "etag-distinct-codings",
        request_for(CSS),
        whole(CSS),
        distinct=tuple((CSS, coding) for coding in _CODINGS),
    )
    chapter.add(
        "etag-distinct-files",
        request_for(CSS),
        whole(CSS),
        distinct=tuple((file, "identity") for file in (CSS, HASHED, LEGACY, ORDER, PIXEL, EMPTY)),
    )
    chapter.add("etag-stable", request_for(CSS), whole(CSS, "identity", Field("ETag", "is", _TAG)))
    chapter.add(
        "etag-unrelated-field",
        request_for(CSS, x_unrelated="1"),
        whole(CSS, "identity", Field("ETag", "is", _TAG)),
    )


def _none_match(chapter: Chapter) -> None:
    rfc = "RFC 9110 13.1.2"
    for key, (value, matches) in _NONE_MATCH.items():
        request = request_for(CSS, if_none_match=value)
        expected = not_modified(CSS) if matches else whole(CSS)
        chapter.add(f"inm-{key}", request, expected, rfc=rfc)
    for coding in _CODINGS[1:]:
        for key, prefix in {"exact": "{etag:", "weak": "W/{opaque:"}.items():
            request = request_for(
                CSS, accept_encoding=coding, if_none_match=f"{prefix}{CSS}:{coding}}}"
            )
            chapter.add(f"inm-{key}-{coding}", request, not_modified(CSS, coding), rfc=rfc)
        request = request_for(CSS, accept_encoding=coding, if_none_match=_TAG)
        chapter.add(f"inm-identity-for-{coding}", request, whole(CSS, coding), rfc=rfc)
    for key, file in {"empty-file": EMPTY, "large-file": CLIP, "immutable": HASHED}.items():
        request = request_for(file, if_none_match=f"{{etag:{file}:identity}}")
        chapter.add(f"inm-{key}", request, not_modified(file), rfc=rfc)
    request = request_for(CSS, method="HEAD", if_none_match=_TAG)
    chapter.add("inm-head", request, not_modified(CSS), rfc=rfc)
    request = request_for(CSS, method="HEAD", if_none_match='"other"')
    chapter.add("inm-head-other", request, head(Field("ETag", "is", _TAG)), rfc=rfc)


def _dates(chapter: Chapter) -> None:
    rfc = "RFC 9110 13.1.3"
    day = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT"
    chapter.add(
        "lm-form",
        request_for(ALPHABET),
        whole(ALPHABET, "identity", Field("Last-Modified", "like", day)),
        rfc="RFC 9110 8.8.2",
    )
    chapter.add(
        "lm-utc",
        request_for(ALPHABET),
        whole(
            ALPHABET,
            "identity",
            Field("Last-Modified", "is", "Tue, 02 Jan 2024 03:04:05 GMT"),
        ),
        rfc="RFC 9110 8.8.2",
    )
    # The checker itself holds Last-Modified against Date.
    chapter.add("lm-future", request_for(FUTURE), whole(FUTURE), rfc="RFC 9110 8.8.2.1")
    for form in _FORMS:
        for key, seconds in {"same": "+0", "later": "+3600"}.items():
            value = f"{{last-modified:{CSS}:{seconds}:{form}}}"
            request = request_for(CSS, if_modified_since=value)
            chapter.add(f"ims-{key}-{form}", request, not_modified(CSS), rfc=rfc)
        request = request_for(CSS, if_modified_since=f"{{last-modified:{CSS}:-1:{form}}}")
        chapter.add(f"ims-earlier-{form}", request, whole(CSS), rfc=rfc)
    chapter.add(
        "ims-far-future",
        request_for(CSS, if_modified_since="Fri, 01 Jan 2038 00:00:00 GMT"),
        not_modified(CSS),
        rfc=rfc,
    )
    chapter.add(
        "ims-epoch",
        request_for(CSS, if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT"),
        whole(CSS),
        rfc=rfc,
    )
    chapter.add(
        "ims-rfc850-last-century",
        request_for(CSS, if_modified_since="Sunday, 06-Nov-94 08:49:37 GMT"),
        whole(CSS),
        rfc="RFC 9110 5.6.7",
    )
    chapter.add(
        "ims-coded",
        request_for(CSS, accept_encoding="br", if_modified_since=f"{{last-modified:{CSS}:+0:imf}}"),
        not_modified(CSS, "br"),
        rfc=rfc,
    )
    chapter.add(
        "ims-head",
        request_for(CSS, method="HEAD", if_modified_since=f"{{last-modified:{CSS}:+0:imf}}"),
        not_modified(CSS),
        rfc=rfc,
    )
    for key, value in _BAD_DATES.items():
        chapter.add(
            f"ims-bad-{key}", request_for(CSS, if_modified_since=value), whole(CSS), rfc=rfc
        )
