"""Part 5: request targets: what is decoded, what is refused, and what is the application's."""

from __future__ import annotations

from typing import Final

from .case import APP, MISSING, REFUSED, Case, Chapter, Empty, Expected, Field, Free, whole
from .files import (
    ACCENTED,
    AMPERSAND,
    COLON,
    CSS,
    DEEP,
    INDEX,
    LINKED,
    LONG,
    ONE,
    PERCENT,
    PLUS,
    SECURITY,
)
from .message import Request, request_for

# Under the prefix, and no file of ours: never a file, never the application's page.
_REFUSED: Final = {
    "parent": "/static/../outside.txt",
    "parent-inside": "/static/css/../css/app.css",
    "parent-deep": "/static/css/../../../outside.txt",
    "parent-many": "/static/" + "../" * 20 + "etc/passwd",
    "parent-encoded": "/static/%2e%2e/outside.txt",
    "parent-half-encoded": "/static/.%2e/outside.txt",
    "parent-encoded-upper": "/static/%2E%2E/outside.txt",
    "parent-encoded-slash": "/static/..%2foutside.txt",
    "parent-encoded-slashes": "/static/css/..%2f..%2foutside.txt",
    "parent-all-encoded": "/static/%2e%2e%2foutside.txt",
    "parent-backslash": "/static/..%5coutside.txt",
    "parent-double-encoded": "/static/%252e%252e/outside.txt",
    "parent-double-encoded-slash": "/static/..%252foutside.txt",
    "parent-overlong": "/static/%c0%ae%c0%ae/outside.txt",
    "parent-overlong-slash": "/static/..%c0%afoutside.txt",
    "parent-wide": "/static/%ef%bc%8e%ef%bc%8e/outside.txt",
    "slash-encoded": "/static/css%2Fapp.css",
    "slash-encoded-lower": "/static/css%2fapp.css",
    "slash-encoded-extra": "/static/css/%2fapp.css",
    "slash-encoded-absolute": "/static/%2fetc/passwd",
    "slash-double": "/static//one.txt",
    "slash-double-inside": "/static/css//app.css",
    "slash-double-absolute": "/static//etc/passwd",
    "slash-trailing": "/static/one.txt/",
    "slash-trailing-double": "/static/one.txt//",
    "dot": "/static/./one.txt",
    "dot-inside": "/static/css/./app.css",
    "dot-encoded": "/static/%2e/one.txt",
    "dot-trailing": "/static/one.txt/.",
    "dots-trailing": "/static/css/app.css/..",
    "three-dots": "/static/.../one.txt",
    "backslash-encoded": "/static/css%5Capp.css",
    "backslash-raw": "/static/css\\app.css",
    "nul": "/static/one.txt%00",
    "nul-suffix": "/static/one.txt%00.png",
    "nul-first": "/static/%00one.txt",
    "newline": "/static/one.txt%0a",
    "carriage-return": "/static/one.txt%0d%0aX-Evil:%20yes",
    "colon-drive": "/static/C:/outside.txt",
    "stream": "/static/one.txt::$DATA",
    "double-encoded-letter": "/static/%256Fne.txt",
    "percent-decoded-twice": "/static/aA.txt",
    "percent-decoded-once": "/static/a%41.txt",
    "plus-is-no-space": "/static/%C3%A9+%C3%BC.txt",
    "latin-1": "/static/%E9%20%FC.txt",
    "decomposed": "/static/e%CC%81%20u%CC%88.txt",
    "not-utf-8": "/static/%ff",
    "not-utf-8-name": "/static/one%ff.txt",
    "cut-utf-8": "/static/%C3",
    "surrogate": "/static/%ed%b3%bf.txt",
    "overlong-letter": "/static/%c1%afne.txt",
    "beyond-unicode": "/static/%f5%80%80%80",
    "percent-alone": "/static/%",
    "percent-short": "/static/one.txt%4",
    "percent-not-hex": "/static/one%zz.txt",
    "case": "/static/ONE.txt",
    "case-folder": "/static/CSS/app.css",
    "trailing-dot": "/static/one.txt.",
    "trailing-space": "/static/one.txt%20",
    "leading-space": "/static/%20one.txt",
    "parameter": "/static/one.txt;v=1",
    "hash-encoded": "/static/one.txt%23x",
    "question-encoded": "/static/one.txt%3fv=1",
    "folder": "/static/css",
    "folder-slash": "/static/css/",
    "folder-empty": "/static/nested/empty/",
    "root": "/static/",
    "index-not-asked-for": "/static/docs/",
    "below-file": "/static/one.txt/more.txt",
    "dotfile": "/static/.env",
    "dotfile-encoded": "/static/%2eenv",
    "dot-folder": "/static/.git/config",
    "dotfile-inside": "/static/css/.hidden.css",
    "dotfile-well-known": "/static/.well-known/.private",
    "manifest-pointer": "/static/.hiss/current",
    "manifest-folder": "/static/.hiss/releases/",
    "link-out": "/static/link-out.txt",
    "link-out-folder": "/static/link-out/outside.txt",
    "link-dangling": "/static/dangling.txt",
    "link-loop": "/static/loop/loop/one.txt",
    "long-name": "/static/" + "x" * 300 + ".txt",
    "long-path": "/static/" + "x/" * 1500 + "x",
    "missing": "/static/missing.css",
    "missing-query": "/static/missing.css?x=/static/one.txt",
    "missing-folder": "/static/missing/folder/file.js",
    "missing-non-ascii": "/static/%E2%98%83.txt",
    "script-name": "/static/<script>.html",
}

# One of our files, under the URL as it stands.
_FOUND: Final = {
    "query": ("/static/one.txt?v=1", ONE),
    "query-empty": ("/static/one.txt?", ONE),
    "query-encoded-slash": ("/static/one.txt?next=%2Fstatic%2F", ONE),
    "query-dots": ("/static/one.txt?x=../../etc/passwd", ONE),
    "query-nul": ("/static/one.txt?x=%00", ONE),
    "query-questions": ("/static/one.txt??a?b", ONE),
    "query-not-utf-8": ("/static/one.txt?x=%ff%zz", ONE),
    "query-long": ("/static/one.txt?" + "x" * 3000, ONE),
    "encoded-letter": ("/static/%6Fne.txt", ONE),
    "encoded-prefix": ("/st%61tic/one.txt", ONE),
    "encoded-dot": ("/static/one%2Etxt", ONE),
    "non-ascii": ("/static/%C3%A9%20%C3%BC.txt", ACCENTED),
    "non-ascii-lower": ("/static/%c3%a9%20%c3%bc.txt", ACCENTED),
    "percent": ("/static/a%2541.txt", PERCENT),
    "plus": ("/static/a+b.txt", PLUS),
    "plus-encoded": ("/static/a%2Bb.txt", PLUS),
    "ampersand": ("/static/c&d.txt", AMPERSAND),
    "ampersand-encoded": ("/static/c%26d.txt", AMPERSAND),
    "colon": ("/static/e:f.txt", COLON),
    "colon-encoded": ("/static/e%3Af.txt", COLON),
    "well-known": ("/static/.well-known/security.txt", SECURITY),
    "long-name": (f"/static/{LONG}", LONG),
    "deep": (f"/static/{DEEP}", DEEP),
    "link-inside": (f"/static/{LINKED}", LINKED),
    "index-by-name": ("/static/docs/index.html", INDEX),
}

# Not under the prefix.
_APPLICATION: Final = {
    "home": "/",
    "page": "/page",
    "static-pages": "/static-pages/",
    "static-pages-file": "/static-pages/one.txt",
    "prefix-no-slash": "/static",
    "prefix-dot": "/static.txt",
    "prefix-case": "/STATIC/one.txt",
    "prefix-inside": "/x/static/one.txt",
    "query": "/page?file=/static/one.txt",
    "page-non-ascii": "/%C3%A9",
    "page-latin-1": "/%E9",
}


def cases() -> list[Case]:
    """The cases of targets."""
    chapter = Chapter(5, "RFC 3986 3.3")
    for key, target in _REFUSED.items():
        chapter.add(f"path-{key}", Request(target=target), MISSING, REFUSED)
    for key, (target, file) in _FOUND.items():
        chapter.add(f"path-found-{key}", Request(target=target), whole(file))
    # Bytes that ought to be percent-encoded: a server may refuse them.
    request = Request(target="/static/\xc3\xa9%20\xc3\xbc.txt")
    chapter.add("path-raw-utf-8", request, whole(ACCENTED), REFUSED)
    for key, target in _APPLICATION.items():
        chapter.add(f"app-{key}", Request(target=target), APP, rfc="http.md")
    # Outside the prefix by the letter; whoever tidies it up first may find a file or a miss.
    request = Request(target="//static/one.txt")
    chapter.add("app-double-slash", request, APP, MISSING, REFUSED, rfc="http.md")
    request = Request(target="/page/../static/one.txt")
    chapter.add("app-parent", request, APP, MISSING, REFUSED, rfc="http.md")
    request = Request(target="/static/../page")
    chapter.add("path-parent-to-app", request, MISSING, REFUSED, APP, rfc="http.md")
    request = Request(target="/static/one.txt#part")
    chapter.add("path-fragment", request, MISSING, REFUSED, whole(ONE), rfc="RFC 9112 3.2.1")
    chapter.add(
        "target-absolute",
        Request(target="http://127.0.0.1/static/one.txt"),
        whole(ONE),
        rfc="RFC 9112 3.2.2",
    )
    anything = Expected((200, 204, 400, 404, 405, 501), Free())
    chapter.add(
        "target-asterisk", Request(target="*", method="OPTIONS"), anything, rfc="RFC 9112 3.2.4"
    )
    _mounted(chapter)
    return chapter.cases


def _mounted(chapter: Chapter) -> None:
    """The application's own place, root_path or SCRIPT_NAME, stands before the prefix."""
    site = "mounted"
    for key, file in {"css": CSS, "non-ascii": ACCENTED, "one": ONE}.items():
        request = request_for(file, site=site)
        chapter.add(f"mounted-{key}", request, whole(file), rfc="http.md")
    request = request_for(CSS, site=site, accept_encoding="br")
    chapter.add("mounted-coded", request, whole(CSS, "br"), rfc="http.md")
    missing = request_for("missing.css", site=site)
    chapter.add("mounted-missing", missing, MISSING, rfc="http.md")
    request = Request(target="/app/static/css%2Fapp.css", site=site)
    chapter.add("mounted-slash-encoded", request, MISSING, rfc="http.md")
    request = Request(target="/app/page", site=site)
    chapter.add("mounted-app", request, APP, rfc="http.md")
    request = Request(target="/app/static-pages/", site=site)
    chapter.add("mounted-static-pages", request, APP, rfc="http.md")
    request = request_for(CSS, site=site, method="HEAD", if_none_match=f"{{etag:{CSS}:identity}}")
    expected = Expected((304,), Empty(), (Field("ETag", "is", f"{{etag:{CSS}:identity}}"),))
    chapter.add("mounted-304", request, expected, rfc="http.md")
