"""Part 5: index documents, and the redirects that lead to them."""

from __future__ import annotations

from typing import Final

from .case import (
    APP,
    MISSING,
    REFUSED,
    Case,
    Chapter,
    Expected,
    Field,
    Notice,
    head,
    not_allowed,
    not_modified,
    part,
    whole,
)
from .files import ACCENTED_INDEX, CSS, INDEX, ONE
from .message import Request, request_for

# A target, and the one that its redirect must come to, relative, with the query kept.
_REDIRECTS: Final = {
    "folder": ("/indexed/docs", "/indexed/docs/"),
    "folder-query": ("/indexed/docs?x=1&y=2", "/indexed/docs/?x=1&y=2"),
    "folder-query-url": ("/indexed/docs?next=http://a/b", "/indexed/docs/?next=http://a/b"),
    "folder-query-encoded": ("/indexed/docs?x=%2F%20%26", "/indexed/docs/?x=%2F%20%26"),
    "folder-query-line-end": (
        "/indexed/docs?x=%0d%0aX-Evil:%20yes",
        "/indexed/docs/?x=%0d%0aX-Evil:%20yes",
    ),
    "name": ("/indexed/docs/index.html", "/indexed/docs/"),
    "name-query": ("/indexed/docs/index.html?x=1", "/indexed/docs/?x=1"),
    "accented": ("/indexed/%C3%A9:%C3%BC", "/indexed/%C3%A9:%C3%BC/"),
    "accented-query": ("/indexed/%C3%A9:%C3%BC?a=b", "/indexed/%C3%A9:%C3%BC/?a=b"),
    "accented-name": ("/indexed/%C3%A9:%C3%BC/index.html", "/indexed/%C3%A9:%C3%BC/"),
}


def cases() -> list[Case]:
    """The cases of index documents."""
    chapter = Chapter(5, "RFC 9110 10.2.2")
    for key, (target, goal) in _REDIRECTS.items():
        fields = (Field("Location", "leads", goal), Field("X-Evil", "absent"))
        for method in ("GET", "HEAD"):
            suffix = "" if method == "GET" else "-head"
            request = Request(target=target, method=method, site="index")
            expected = Expected((301, 302, 307, 308), Notice(), fields)
            chapter.add(f"index-redirect-{key}{suffix}", request, expected)
    request = Request(target="/indexed/docs", method="POST", site="index")
    chapter.add("index-redirect-post", request, not_allowed(), rfc="RFC 9110 15.5.6")
    _documents(chapter)
    return chapter.cases


def _documents(chapter: Chapter) -> None:
    site, target, tag = "index", "/indexed/docs/", f"{{etag:{INDEX}:identity}}"
    html = Field("Content-Type", "is", "text/html; charset=utf-8")
    chapter.rfc = "http.md"
    chapter.add("index-document", Request(target=target, site=site), whole(INDEX, "identity", html))
    chapter.add("index-document-query", Request(target=f"{target}?x=1", site=site), whole(INDEX))
    chapter.add(
        "index-document-accented",
        Request(target="/indexed/%C3%A9:%C3%BC/", site=site),
        whole(ACCENTED_INDEX),
    )
    chapter.add("index-document-head", Request(target=target, method="HEAD", site=site), head(html))
    request = Request(target=target, site=site, headers=(("If-None-Match", tag),))
    chapter.add("index-document-304", request, not_modified(INDEX))
    request = Request(target=target, site=site, headers=(("Range", "bytes=0-8"),))
    chapter.add("index-document-range", request, part(INDEX, 0, 9))
    request = Request(target=target, method="PUT", site=site)
    chapter.add("index-document-put", request, not_allowed())
    request = Request(target=target, site=site, headers=(("If-None-Match", "*"),))
    chapter.add("index-document-star", request, not_modified(INDEX))
    chapter.add("index-other-file", request_for(ONE, site=site), whole(ONE))
    request = request_for(CSS, site=site, accept_encoding="gzip")
    chapter.add("index-other-file-coded", request, whole(CSS, "gzip"))
    for key, path in {
        "none": "css/",
        "none-no-slash": "css",
        "none-empty": "nested/empty/",
        "root": "",
        "double-slash": "docs//",
        "double-slash-first": "/docs",
        "host": "/example.com/..",
        "slash-encoded": "docs%2F",
        "slash-encoded-name": "docs%2findex.html",
        "dot": "docs/.",
        "file-slash": "docs/index.html/",
        "missing": "missing/",
    }.items():
        request = Request(target=f"/indexed/{path}", site=site)
        chapter.add(f"index-missing-{key}", request, MISSING, REFUSED)
    chapter.add("index-prefix-no-slash", Request(target="/indexed", site=site), APP)
