"""Part 5: methods."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .case import APP, MISSING, Case, Chapter, Empty, Expected, Field, head, not_allowed
from .files import ALPHABET, CLIP, CSS, EMPTY, HASHED, LEGACY, PIXEL
from .message import Request, request_for

_OTHERS: Final = (
    "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "FOO", "get", "Head", "GETS",
)  # fmt: skip


def cases() -> list[Case]:
    """The cases of methods."""
    chapter = Chapter(5, "RFC 9110 9.1")
    for method in _OTHERS:
        request = request_for(CSS, method=method)
        chapter.add(f"method-{_key(method)}", request, not_allowed(), rfc="RFC 9110 15.5.6")
    text = Field("Content-Type", "like", r"text/plain.*|text/html.*")
    for key, request in {
        "post-body": replace(_post(), headers=(("Content-Length", "3"),), body=b"a=b"),
        "post-empty": replace(_post(), headers=(("Content-Length", "0"),)),
        "post-query": replace(_post(), target="/static/css/app.css?x=1", file=None),
    }.items():
        chapter.add(f"method-{key}", request, not_allowed(text), rfc="RFC 9110 15.5.6")
    for key, file in {"immutable": HASHED, "binary": PIXEL, "large": CLIP}.items():
        request = request_for(file, method="DELETE")
        chapter.add(f"method-delete-{key}", request, not_allowed(text), rfc="RFC 9110 15.5.6")
    request = request_for(CSS, method="POST", range="bytes=0-4", accept_encoding="br")
    chapter.add("method-post-range", request, not_allowed(Field("Content-Range", "absent")))
    request = request_for(
        CSS, method="OPTIONS", origin="http://example.com", access_control_request_method="GET"
    )
    chapter.add("method-preflight", request, not_allowed())
    # Which of the two is said of what does not exist is not the contract's affair.
    request = request_for("missing.css", method="POST")
    refusals = (MISSING, not_allowed())
    chapter.add("method-post-missing", request, *refusals)
    chapter.add("method-post-app", Request(target="/form", method="POST"), APP, rfc="http.md")
    chapter.add("method-options-app", Request(target="/", method="OPTIONS"), APP, rfc="http.md")
    _head(chapter)
    return chapter.cases


def _post() -> Request:
    return request_for(CSS, method="POST")


def _key(method: str) -> str:
    return method.lower() if method.isupper() else f"{method.lower()}-other-case"


def _head(chapter: Chapter) -> None:
    rfc = "RFC 9110 9.3.2"
    for key, file in {"empty": EMPTY, "binary": PIXEL, "large": CLIP, "immutable": HASHED}.items():
        size = Field("Content-Length", "is", f"{{size:{file}:identity}}")
        chapter.add(f"head-{key}", request_for(file, method="HEAD"), head(size), rfc=rfc)
    for coding in ("br", "gzip", "zstd", "identity"):
        size = Field("Content-Length", "is", f"{{size:{CSS}:{coding}}}")
        coded = Field("Content-Encoding", "is", coding)
        if coding == "identity":
            coded = Field("Content-Encoding", "absent")
        tag = Field("ETag", "is", f"{{etag:{CSS}:{coding}}}")
        request = request_for(CSS, method="HEAD", accept_encoding=coding)
        chapter.add(f"head-{coding}", request, head(size, coded, tag), rfc=rfc)
    request = request_for(LEGACY, method="HEAD", accept_encoding="br")
    chapter.add("head-stale-variant", request, head(Field("Content-Encoding", "absent")), rfc=rfc)
    no_store = Field("Cache-Control", "has", "no-store")
    request = request_for("missing.css", method="HEAD")
    chapter.add("head-missing", request, Expected((404,), Empty(), (no_store,)), rfc=rfc)
    request = request_for(ALPHABET, method="HEAD", accept_encoding="gzip")
    chapter.add("head-no-variants", request, head(), rfc=rfc)
    chapter.add("head-app", Request(target="/page", method="HEAD"), APP, rfc=rfc)
