"""Part 1: which representation answers, and Vary."""

from __future__ import annotations

from typing import Final

from .case import MISSING, Case, Chapter, Field, head, not_modified, part, unsatisfiable, whole
from .files import (
    CLIP,
    CSS,
    HASHED,
    JSON,
    JSON_DOWNLOAD,
    LEGACY,
    LOST,
    ORDER,
    PAGE,
    PIXEL,
    TAMPERED,
    TARBALL,
    UNRECORDED,
)
from .message import request_for

# Accept-Encoding for a file in br, gzip and zstd, and the coding that must come.
_PREFERENCES: Final = {
    "absent": (None, "identity"),
    "empty": ("", "identity"),
    "blank": (" ", "identity"),
    "identity": ("identity", "identity"),
    "gzip": ("gzip", "gzip"),
    "br": ("br", "br"),
    "zstd": ("zstd", "zstd"),
    "browser": ("gzip, deflate, br, zstd", "smallest:br,gzip,zstd"),
    "no-spaces": ("gzip,deflate,br,zstd", "smallest:br,gzip,zstd"),
    "safari": ("gzip, deflate, br", "smallest:br,gzip"),
    "two-by-size": ("gzip, zstd", "smallest:gzip,zstd"),
    "two-by-size-reversed": ("zstd, gzip", "smallest:gzip,zstd"),
    "equal-q": ("gzip;q=0.8, br;q=0.8", "smallest:br,gzip"),
    "q-decides": ("br;q=0.5, gzip;q=0.9", "gzip"),
    "q-decides-zstd": ("br;q=0.1, gzip;q=0.2, zstd;q=0.3", "zstd"),
    "q-three-digits": ("br;q=0.998, gzip;q=0.999", "gzip"),
    "q-one": ("gzip;q=1, br;q=0.9", "gzip"),
    "q-one-dot": ("gzip;q=1., br;q=0.9", "gzip"),
    "q-one-zeros": ("gzip;q=1.000, br;q=0.999", "gzip"),
    "q-least": ("gzip;q=0.001", "gzip"),
    "q-zero-dot": ("gzip;q=0.", "identity"),
    "gzip-q0": ("gzip;q=0", "identity"),
    "gzip-q000": ("gzip;q=0.000", "identity"),
    "gzip-q0-upper": ("gzip;Q=0", "identity"),
    "gzip-q0-spaces": ("gzip ; q=0", "identity"),
    "gzip-q0-tabs": ("gzip\t;\tq=0", "identity"),
    "gzip-q0-br": ("gzip;q=0, br", "br"),
    "all-q0": ("br;q=0, gzip;q=0, zstd;q=0", "identity"),
    "upper": ("GZIP", "gzip"),
    "mixed-case": ("Br", "br"),
    "mixed-case-zstd": ("ZStd;Q=0.5", "zstd"),
    "x-gzip": ("x-gzip", "gzip"),
    "x-gzip-upper": ("X-GZIP", "gzip"),
    "x-gzip-q0": ("x-gzip;q=0", "identity"),
    "not-gzip": ("not-gzip", "identity"),
    "gzipped": ("gzipped", "identity"),
    "xgzip": ("xgzip", "identity"),
    "gzip-suffix": ("gzip-9", "identity"),
    "brotli": ("brotli", "identity"),
    "br2": ("br2, vibrant", "identity"),
    "unknown": ("deflate, compress, exi", "identity"),
    "unknown-and-gzip": ("deflate, gzip, compress", "gzip"),
    "delta-no-dictionary": ("dcb, dcz", "identity"),
    "star": ("*", "smallest:br,gzip,zstd"),
    "star-q0": ("*;q=0", "identity"),
    "star-low": ("gzip, *;q=0.1", "gzip"),
    "star-without-br": ("br;q=0, *", "smallest:gzip,zstd"),
    "star-q0-gzip": ("*;q=0, gzip", "gzip"),
    "star-q0-identity": ("*;q=0, identity", "identity"),
    "star-first": ("*;q=0.5, gzip;q=0.4, br;q=0.3", "zstd"),
    "identity-first": ("identity, gzip;q=0.5", "identity"),
    "identity-q1-star": ("identity;q=1, *;q=0", "identity"),
    "identity-half-star-q0": ("identity;q=0.5, *;q=0", "identity"),
    "identity-half-gzip": ("identity;q=0.5, gzip", "gzip"),
    "identity-equal": ("identity, gzip", "gzip"),
    "identity-q0": ("identity;q=0", "identity"),
    "identity-q0-gzip": ("identity;q=0, gzip", "gzip"),
    "identity-q0-unknown": ("identity;q=0, compress", "identity"),
    "everything-q0": ("identity;q=0, *;q=0", "identity"),
    "ows": ("  gzip  ", "gzip"),
    "ows-tabs": ("\tdeflate\t,\tgzip\t", "gzip"),
    "ows-weight": ("br ; q=0.1 , gzip ; q=0.9", "gzip"),
    "empty-elements": (",, gzip ,,", "gzip"),
    "only-commas": (",,,", "identity"),
    "duplicate-q0": ("gzip;q=0, gzip;q=0", "identity"),
    "two-lines": (("br;q=0", "gzip"), "gzip"),
    "two-lines-join": (("deflate", "br"), "br"),
    "very-long": (", ".join(f"coding{n}" for n in range(400)) + ", gzip", "gzip"),
    "very-long-refusal": (", ".join(f"coding{n}" for n in range(400)) + ", gzip;q=0", "identity"),
    "very-long-name": ("gzip" * 500, "identity"),
    "non-ascii": ("\xe9\xff, gzip", "gzip"),
    "malformed-neighbour": ("b r; q=x, gzip", "gzip"),
}

# What the grammar does not know. Whatever is made of them, the answer is coherent.
_MALFORMED: Final = {
    "q-word": "gzip;q=high",
    "q-above-one": "gzip;q=1.5",
    "q-negative": "gzip;q=-1",
    "q-four-digits": "gzip;q=0.1234",
    "q-empty": "gzip;q=",
    "q-missing": "gzip;q",
    "q-comma": "gzip;q=0,5",
    "q-exponent": "gzip;q=1e0",
    "q-infinite": "gzip;q=inf",
    "q-nan": "gzip;q=nan",
    "other-parameter": "gzip;level=9",
    "two-weights": "gzip;q=1;q=0.5",
    "semicolon": "gzip;",
    "space": "gzip q=1",
    "quoted": '"gzip"',
    "slash": "gzip/br",
    "duplicate": "gzip;q=0, gzip",
    "alias-twice": "gzip, x-gzip;q=0",
}

# These read as a refusal, whether strictly or leniently.
_REFUSALS: Final = {"q-many-zeros": "gzip;q=0.0000", "q-double-zero": "gzip;q=00"}


def cases() -> list[Case]:
    """The cases of this part."""
    chapter = Chapter(1, "RFC 9110 12.5.3")
    _preferences(chapter)
    _one_variant(chapter)
    _vary(chapter)
    _downloads(chapter)
    return chapter.cases


def _preferences(chapter: Chapter) -> None:
    for key, (value, coding) in _PREFERENCES.items():
        fields = {} if value is None else {"accept_encoding": value}
        chapter.add(f"neg-{key}", request_for(CSS, **fields), whole(CSS, coding))
    for key, value in _MALFORMED.items():
        request = request_for(CSS, accept_encoding=value)
        chapter.add(f"neg-bad-{key}", request, whole(CSS, "any:identity,gzip"))
    for key, value in _REFUSALS.items():
        chapter.add(f"neg-bad-{key}", request_for(CSS, accept_encoding=value), whole(CSS))
    # The real size counts, not a fixed order of codings.
    chapter.add(
        "neg-real-size", request_for(ORDER, accept_encoding="br, gzip"), whole(ORDER, "gzip")
    )
    chapter.add("neg-real-size-star", request_for(ORDER, accept_encoding="*"), whole(ORDER, "gzip"))
    chapter.add(
        "neg-real-size-q",
        request_for(ORDER, accept_encoding="br, gzip;q=0.9"),
        whole(ORDER, "br"),
    )
    chapter.add("neg-immutable", request_for(HASHED, accept_encoding="zstd"), whole(HASHED, "zstd"))


def _one_variant(chapter: Chapter) -> None:
    table = {
        "gzip": ("gzip", "gzip"),
        "browser": ("gzip, deflate, br, zstd", "gzip"),
        "low-q": ("br;q=1, gzip;q=0.1", "gzip"),
        "identity-wins": ("identity;q=0.5, gzip;q=0.1", "identity"),
        "star": ("*", "gzip"),
        "stale-br": ("br", "identity"),
        "stale-zstd": ("zstd", "identity"),
        "refused": ("gzip;q=0, br, zstd", "identity"),
    }
    for key, (value, coding) in table.items():
        request = request_for(LEGACY, accept_encoding=value)
        chapter.add(f"neg-one-{key}", request, whole(LEGACY, coding))
    everything = "gzip, br, zstd"
    for key, file in {"binary": PIXEL, "recorded-bare": PAGE, "large": CLIP}.items():
        chapter.add(f"neg-none-{key}", request_for(file, accept_encoding=everything), whole(file))
    chapter.add(
        "neg-none-identity-q0", request_for(PIXEL, accept_encoding="identity;q=0"), whole(PIXEL)
    )


def _vary(chapter: Chapter) -> None:
    rfc = "RFC 9110 12.5.5"
    vary = Field("Vary", "has", "Accept-Encoding")
    for coding in ("identity", "br", "gzip", "zstd"):
        request = request_for(CSS, accept_encoding=coding)
        chapter.add(f"vary-200-{coding}", request, whole(CSS, coding, vary), rfc=rfc)
        request = request_for(CSS, method="HEAD", accept_encoding=coding)
        chapter.add(f"vary-head-{coding}", request, head(vary), rfc=rfc)
        request = request_for(CSS, accept_encoding=coding, if_none_match=f"{{etag:{CSS}:{coding}}}")
        chapter.add(f"vary-304-{coding}", request, not_modified(CSS, coding, vary), rfc=rfc)
    chapter.add("vary-200-absent-field", request_for(CSS), whole(CSS, "identity", vary), rfc=rfc)
    chapter.add(
        "vary-206",
        request_for(CSS, range="bytes=0-9"),
        part(CSS, 0, 10, "identity", vary),
        rfc=rfc,
    )
    chapter.add(
        "vary-416",
        request_for(CSS, range="bytes=999999-"),
        unsatisfiable(CSS, "identity", vary),
        rfc=rfc,
    )
    chapter.add(
        "vary-one-variant",
        request_for(LEGACY, accept_encoding="br"),
        whole(LEGACY, "identity", vary),
        rfc=rfc,
    )
    chapter.add(
        "vary-no-variants",
        request_for(PIXEL, accept_encoding="gzip"),
        whole(PIXEL, "identity", Field("Vary", "lacks", "Accept-Encoding")),
        rfc=rfc,
    )


def _downloads(chapter: Chapter) -> None:
    everything = "gzip, br, zstd"
    gzip_type = Field("Content-Type", "like", r"application/(x-)?gzip")
    for key, value in {"gzip": "gzip", "all": everything, "none": "identity"}.items():
        chapter.add(
            f"download-tarball-{key}",
            request_for(TARBALL, accept_encoding=value),
            whole(TARBALL, "identity", gzip_type),
            rfc="RFC 9110 8.4",
        )
    chapter.add(
        "download-json-gz",
        request_for(JSON_DOWNLOAD, accept_encoding="gzip"),
        whole(JSON_DOWNLOAD, "identity", gzip_type),
        rfc="RFC 9110 8.4",
    )
    for key, file in {
        "download-is-no-variant": JSON,
        "unrecorded-variant": UNRECORDED,
        "tampered-variant": TAMPERED,
        "lost-variant": LOST,
    }.items():
        chapter.add(key, request_for(file, accept_encoding=everything), whole(file), rfc="http.md")
    chapter.add(
        "variant-has-no-url",
        request_for(CSS + ".br", accept_encoding="br"),
        MISSING,
        rfc="http.md",
    )
    stale = UNRECORDED + ".gz"
    chapter.add(
        "unrecorded-variant-is-content",
        request_for(stale, accept_encoding="gzip"),
        whole(stale, "identity", gzip_type),
        rfc="http.md",
    )
