"""Part 6: Cache-Control, on every answer of a file, and of none."""

from __future__ import annotations

from typing import Final

from .case import (
    APP,
    MISSING,
    Case,
    Chapter,
    Empty,
    Expected,
    Field,
    head,
    not_modified,
    part,
    unsatisfiable,
    whole,
)
from .files import (
    ALPHABET,
    CSS,
    EMPTY,
    HASHED,
    LEGACY,
    LOOKS_HASHED,
    PAGE,
    PIXEL,
    TAMPERED,
    UNHASHED,
)
from .message import Request, request_for

_FOREVER: Final = Field("Cache-Control", "is", "max-age=31536000, public, immutable")
_SHORT: Final = Field("Cache-Control", "is", "max-age=60, public")
_NONE: Final = Field("Cache-Control", "absent")


def cases() -> list[Case]:
    """The cases of this part."""
    chapter = Chapter(6, "RFC 9111 5.2.2")
    for key, file, rule in (("immutable", HASHED, _FOREVER), ("other", CSS, _SHORT)):
        _everywhere(chapter, key, file, rule)
    for key, file in {
        "unhashed-twin": UNHASHED,
        "looks-hashed": LOOKS_HASHED,
        "recorded-bare": PAGE,
        "unrecorded": ALPHABET,
        "binary": PIXEL,
        "empty": EMPTY,
        # The name is in the manifest as immutable; the content behind it is another.
        "tampered": TAMPERED,
    }.items():
        chapter.add(f"cache-{key}", request_for(file), whole(file, "identity", _SHORT))
    chapter.add(
        "cache-immutable-query",
        Request(target=f"/static/{HASHED}?v=1"),
        whole(HASHED, "identity", _FOREVER),
    )
    _misses(chapter)
    _switched_off(chapter)
    return chapter.cases


def _everywhere(chapter: Chapter, key: str, file: str, rule: Field) -> None:
    rfc = "RFC 8246" if key == "immutable" else ""
    for coding in ("identity", "br", "gzip", "zstd"):
        request = request_for(file, accept_encoding=coding)
        chapter.add(f"cache-{key}-{coding}", request, whole(file, coding, rule), rfc=rfc)
    request = request_for(file, method="HEAD")
    chapter.add(f"cache-{key}-head", request, head(rule), rfc=rfc)
    request = request_for(file, range="bytes=0-9")
    chapter.add(f"cache-{key}-206", request, part(file, 0, 10, "identity", rule), rfc=rfc)
    request = request_for(file, range="bytes=999999-")
    chapter.add(f"cache-{key}-416", request, unsatisfiable(file, "identity", rule), rfc=rfc)
    request = request_for(file, if_none_match=f"{{etag:{file}:identity}}")
    chapter.add(f"cache-{key}-304", request, not_modified(file, "identity", rule), rfc=rfc)
    request = request_for(file, if_modified_since=f"{{last-modified:{file}:+0:imf}}")
    chapter.add(f"cache-{key}-304-date", request, not_modified(file, "identity", rule), rfc=rfc)


def _misses(chapter: Chapter) -> None:
    exactly = MISSING.but(Field("Cache-Control", "is", "no-store"), Field("ETag", "absent"))
    for key, target in {
        "file": "/static/missing.css",
        "hashed": "/static/js/main.000000000000.js",
        "old-hash": f"/static/{HASHED}.old.js",
        "page": "/static/missing.html",
        "folder": "/static/missing/",
        "query": "/static/missing.css?v=2",
        "image": "/static/img/missing.png",
    }.items():
        chapter.add(f"miss-{key}", Request(target=target), exactly, rfc="RFC 9111 5.2.2.5")
    no_store = Field("Cache-Control", "is", "no-store")
    request = request_for("missing.css", method="HEAD")
    chapter.add("miss-head", request, Expected((404,), Empty(), (no_store,)), rfc="http.md")
    for key, fields in {
        "range": {"range": "bytes=0-4"},
        "coded": {"accept_encoding": "br, gzip"},
        "html": {"accept": "text/html"},
    }.items():
        chapter.add(f"miss-{key}", request_for("missing.css", **fields), exactly, rfc="http.md")


def _switched_off(chapter: Chapter) -> None:
    """A site with `max_age=None` and misses left to the application."""
    site = "plain"
    chapter.rfc = "http.md"
    chapter.add("plain-no-header", request_for(CSS, site=site), whole(CSS, "identity", _NONE))
    chapter.add(
        "plain-no-header-206",
        request_for(CSS, site=site, range="bytes=0-0"),
        part(CSS, 0, 1, "identity", _NONE),
    )
    chapter.add(
        "plain-no-header-304",
        request_for(CSS, site=site, if_none_match="*"),
        not_modified(CSS, "identity", _NONE),
    )
    chapter.add(
        "plain-immutable", request_for(HASHED, site=site), whole(HASHED, "identity", _FOREVER)
    )
    chapter.add("plain-miss-is-the-apps", request_for("missing.css", site=site), APP)
    chapter.add("plain-dotfile-is-the-apps", Request(target="/plain/.env", site=site), APP)
    request = request_for(LEGACY, site=site, accept_encoding="gzip")
    chapter.add("plain-coded", request, whole(LEGACY, "gzip"))
