"""Part 8: what is sent is what Content-Length says, small or large."""

from __future__ import annotations

from typing import Final

from .case import Case, Chapter, Expected, Field, Parts, head, part, whole
from .files import ALPHABET, CLIP, CSS, DEEP, EMPTY, FILES, HASHED, LEGACY, ONE, ORDER, PIXEL
from .message import request_for

_FILES: Final = {
    "empty": EMPTY,
    "one-byte": ONE,
    "small": ALPHABET,
    "binary": PIXEL,
    "text": CSS,
    "script": HASHED,
    "large": CLIP,
    "deep": DEEP,
}


def cases() -> list[Case]:
    """The cases of bodies."""
    chapter = Chapter(8, "RFC 9110 8.6")
    for key, file in _FILES.items():
        length = Field("Content-Length", "is", str(len(FILES[file])))
        chapter.add(f"body-{key}", request_for(file), whole(file, "identity", length))
        request = request_for(file, method="HEAD")
        chapter.add(f"body-{key}-head", request, head(length))
    for file, codings in {
        CSS: ("br", "gzip", "zstd"),
        HASHED: ("br", "gzip", "zstd"),
        LEGACY: ("gzip",),
        ORDER: ("br", "gzip"),
    }.items():
        for coding in codings:
            length = Field("Content-Length", "is", f"{{size:{file}:{coding}}}")
            key = "immutable-js" if file == HASHED else file.replace("/", "-")
            request = request_for(file, accept_encoding=coding)
            chapter.add(f"body-{coding}-{key}", request, whole(file, coding, length))
    size = len(FILES[CLIP])
    for key, start, stop in (
        ("one-byte", 0, 1),
        ("chunk", 0, 131_072),
        ("chunk-and-one", 0, 131_073),
        ("unaligned", 77_777, 777_777),
        ("all-but-one", 1, size),
    ):
        length = Field("Content-Length", "is", str(stop - start))
        request = request_for(CLIP, range=f"bytes={start}-{stop - 1}")
        expected = part(CLIP, start, stop, "identity", length)
        chapter.add(f"body-slice-{key}", request, expected)
    request = request_for(CLIP, range="bytes=0-300000,400000-700000,800000-")
    spans = ((0, 300_001), (400_000, 700_001), (800_000, size))
    chapter.add("body-parts-large", request, Expected((206,), Parts(CLIP, spans)))
    return chapter.cases
