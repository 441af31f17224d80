"""Part 7: Content-Type, from our own table."""

from __future__ import annotations

from typing import Final

from .case import Case, Chapter, Expected, Field, Parts, head, not_modified, part, whole
from .files import (
    ACCENTED,
    CLIP,
    CSS,
    EMPTY,
    HASHED,
    INDEX,
    JSON,
    LEGACY,
    ORDER,
    PAGE,
    PIXEL,
    SECURITY,
    TARBALL,
)
from .message import request_for

_UTF_8: Final = "; charset=utf-8"

# File to its type, as a regular expression, from IANA's registry; where that has changed its mind
# or is silent, every name in use.
_TYPES: Final = {
    CSS: "text/css" + _UTF_8,
    HASHED: "text/javascript" + _UTF_8,
    LEGACY: "text/javascript" + _UTF_8,
    "app.mjs": "text/javascript" + _UTF_8,
    "types/a.JS": "text/javascript" + _UTF_8,
    "app.wasm": "application/wasm",
    "app.webmanifest": r"application/manifest\+json",
    "app.js.map": "application/json",
    JSON: "application/json",
    "types/a.jsonld": r"application/ld\+json",
    "types/a.geojson": r"application/geo\+json",
    "fonts/x.woff2": "font/woff2",
    "types/a.woff": "font/woff",
    "types/a.ttf": "font/ttf",
    "types/a.otf": "font/otf",
    "types/a.eot": r"application/vnd\.ms-fontobject",
    PAGE: "text/html" + _UTF_8,
    INDEX: "text/html" + _UTF_8,
    "types/a.htm": "text/html" + _UTF_8,
    "types/a.xhtml": r"application/xhtml\+xml",
    "types/a.xml": r"application/xml|text/xml; charset=utf-8",
    "types/a.atom": r"application/atom\+xml",
    "types/a.rss": r"application/rss\+xml",
    EMPTY: "text/plain" + _UTF_8,
    ACCENTED: "text/plain" + _UTF_8,
    SECURITY: "text/plain" + _UTF_8,
    "types/a.csv": "text/csv" + _UTF_8,
    "types/a.md": "text/markdown" + _UTF_8,
    "types/a.vtt": "text/vtt" + _UTF_8,
    "types/a.ics": "text/calendar" + _UTF_8,
    ORDER: r"image/svg\+xml",
    PIXEL: "image/png",
    "types/a.jpg": "image/jpeg",
    "types/a.jpeg": "image/jpeg",
    "types/a.gif": "image/gif",
    "types/a.webp": "image/webp",
    "types/a.avif": "image/avif",
    "types/a.bmp": "image/bmp",
    "types/a.mp3": "audio/mpeg",
    "types/a.ogg": "audio/ogg",
    "types/a.wav": "audio/(x-|vnd.)?wave?",
    "types/a.mp4": "video/mp4",
    "types/a.webm": "video/webm",
    "types/a.pdf": "application/pdf",
    "types/a.zip": "application/zip",
    "types/a.zst": "application/zstd",
    "types/a.glb": "model/gltf-binary",
    TARBALL: "application/(x-)?gzip",
    CLIP: "application/octet-stream",
    "types/a.unknownext": "application/octet-stream",
    "types/a": "application/octet-stream",
}

# Names that are not fit for an id, or would be another's in lower case.
_KEYS: Final = {HASHED: "immutable.js", ACCENTED: "accented.txt", "types/a.JS": "upper-case.js"}


def cases() -> list[Case]:
    """The cases of media types."""
    chapter = Chapter(7, "RFC 9110 8.3")
    for file, pattern in _TYPES.items():
        key = _KEYS.get(file) or file.replace("/", "-").replace(" ", "-").lower()
        expected = whole(file, "identity", Field("Content-Type", "like", pattern))
        chapter.add(f"type-{key}", request_for(file), expected)
    css = Field("Content-Type", "is", "text/css; charset=utf-8")
    for coding in ("br", "gzip", "zstd"):
        request = request_for(CSS, accept_encoding=coding)
        chapter.add(f"type-coded-{coding}", request, whole(CSS, coding, css))
    chapter.add("type-head", request_for(CSS, method="HEAD"), head(css))
    request = request_for(CSS, range="bytes=0-9")
    chapter.add("type-206", request, part(CSS, 0, 10, "identity", css))
    request = request_for(CSS, range="bytes=0-9,5000-5009")
    multipart = Field("Content-Type", "like", r"multipart/byteranges; ?boundary=[^ ;]{1,70}")
    expected = Expected((206,), Parts(CSS, ((0, 10), (5000, 5010))), (multipart,))
    chapter.add("type-206-multipart", request, expected, rfc="RFC 9110 14.6")
    request = request_for(CSS, if_none_match="*")
    chapter.add(
        "type-304-not-coded",
        request,
        not_modified(CSS, "identity", Field("Content-Encoding", "absent")),
    )
    return chapter.cases
