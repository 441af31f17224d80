"""The checker and the client themselves: what is wrong is seen, what is right is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .apps import make_wsgi
from .bodies import decode
from .cases import CASES, Response
from .cases.files import CSS, SECRET
from .check import check, check_house
from .client import parse_response
from .doors import ask_wsgi
from .survey import Survey

_BY_ID = {case.id: case for case in CASES}


def _set(name: str, value: str | None):
    """A change of a response: one field set, or dropped."""

    def change(response: Response) -> Response:
        kept = tuple(pair for pair in response.headers if pair[0].lower() != name.lower())
        return replace(response, headers=kept if value is None else (*kept, (name, value)))

    return change


def _add(name: str, value: str):
    return lambda response: replace(response, headers=(*response.headers, (name, value)))


def _body(change):
    return lambda response: replace(response, body=change(response.body))


def _status(status: int):
    return lambda response: replace(response, status=status)


# Case, what is done to the right answer, and a word of the complaint.
_BROKEN = {
    "status": ("neg-gzip", _status(500), "status"),
    "other-coding": ("neg-gzip-q0", _set("Content-Encoding", "gzip"), "coding"),
    "not-encoded": ("neg-gzip", _set("Content-Encoding", None), "coding"),
    "bytes": ("neg-absent", _body(lambda body: b"x" + body[1:]), "not css/app.css"),
    "cut-short": ("neg-br", _body(lambda body: body[:-1]), "does not decode"),
    "longer": ("neg-gzip", _body(lambda body: body + b"x"), "gzip member"),
    "length": ("body-text", _set("Content-Length", "1"), "Content-Length"),
    "no-type": ("neg-absent", _set("Content-Type", None), "Content-Type"),
    "two-tags": ("neg-absent", _add("ETag", '"x"'), "2 times"),
    "two-varies": ("neg-absent", _add("Vary", "Origin"), "2 times"),
    "weak-tag": ("neg-absent", _set("ETag", 'W/"x"'), "strong"),
    "no-tag": ("neg-absent", _set("ETag", None), "strong"),
    "no-vary": ("neg-absent", _set("Vary", None), "Vary"),
    "no-vary-206": ("vary-206", _set("Vary", "Origin"), "Vary"),
    "no-policy": ("neg-absent", _set("Cross-Origin-Resource-Policy", None), "Resource-Policy"),
    "no-policy-304": ("inm-exact", _set("Access-Control-Allow-Origin", None), "Allow-Origin"),
    "no-accept-ranges": ("neg-absent", _set("Accept-Ranges", None), "Accept-Ranges"),
    "304-body": ("inm-exact", _body(lambda body: b"x"), "body"),
    "304-tag": ("inm-exact", _set("ETag", '"x"'), "ETag"),
    "304-no-cache": ("inm-exact", _set("Cache-Control", None), "Cache-Control"),
    "304-no-vary": ("inm-exact", _set("Vary", None), "Vary"),
    "head-body": ("head-br", _body(lambda body: b"x"), "body"),
    "head-length": ("head-br", _set("Content-Length", "7"), "content-length"),
    "head-extra": ("head-br", _add("X-Extra", "1"), "x-extra"),
    "modified-late": ("lm-utc", _set("Last-Modified", "Fri, 01 Jan 2100 00:00:00 GMT"), "later"),
    "modified-bad": ("lm-utc", _set("Last-Modified", "yesterday"), "Last-Modified"),
    "405-no-allow": ("method-post", _set("Allow", None), "Allow"),
    "405-allows-all": ("method-post", _set("Allow", "GET, HEAD, POST"), "Allow"),
    "206-range": ("range-start", _set("Content-Range", "bytes 0-4/99"), "Content-Range"),
    "206-bytes": ("range-start", _body(lambda body: body[::-1]), "bytes"),
    "206-coding": ("if-range-br", _set("Content-Encoding", None), "coding"),
    "416-size": ("range-416-past", _set("Content-Range", "bytes */9"), "Content-Range"),
    "parts-order": ("multi-two", _body(lambda body: body.replace(b"5000-", b"5001-")), "part"),
    "parts-cut": ("multi-two", _body(lambda body: body[:-6]), "boundary"),
    "parts-type": ("multi-two", _body(lambda body: body.replace(b"octet", b"other")), "Type"),
    "parts-range": ("multi-two", _set("Content-Range", "bytes 0-1/2"), "Content-Range"),
    "miss-cached": ("miss-file", _set("Cache-Control", "max-age=60"), "no-store"),
    "miss-app": ("miss-file", _set("X-App", "yes"), "application"),
    "not-the-app": ("app-page", _set("X-App", None), "application"),
    "file-in-404": ("miss-file", _body(lambda body: b"content of a.csv\n"), "a file's bytes"),
    "secret": ("path-parent", _body(lambda body: SECRET), "secret"),
    "absolute-redirect": ("index-redirect-folder", _set("Location", "http://x/"), "Location"),
    "host-redirect": ("index-redirect-folder", _set("Location", "//x/indexed/docs/"), "Location"),
    "no-host-redirect": ("index-redirect-folder", _set("Location", "http://[x"), "Location"),
    "lost-query": ("index-redirect-folder-query", _set("Location", "./docs/"), "Location"),
    "no-response": ("neg-absent", lambda _: Response(0, faults=("nobody there",)), "nobody"),
}


@pytest.fixture(scope="module")
def survey(tree):
    """The WSGI door, whose answers are right."""
    app = make_wsgi(tree)
    return Survey(lambda request: ask_wsgi(app, request))


@pytest.mark.parametrize("key", _BROKEN)
def test_a_broken_answer_is_seen(key, survey):
    """A right answer passes; the same with one thing wrong in it does not."""
    name, change, word = _BROKEN[key]
    case = _BY_ID[name]
    request, context = survey.context(case)
    right = survey.ask(request)
    assert check(case, request, right, context) + check_house(case, request, right, context) == []
    wrong = change(right)
    faults = check(case, request, wrong, context) + check_house(case, request, wrong, context)
    assert any(word in fault for fault in faults), faults


def test_equal_tags_are_seen(survey):
    """Two representations with one ETag are a fault."""
    case = _BY_ID["etag-distinct-codings"]
    request, context = survey.context(case)
    response = survey.ask(request)
    same = replace(context, representation=lambda file, coding: response)
    assert any("one ETag" in fault for fault in check(case, request, response, same))


@pytest.mark.parametrize("coding", ["br", "gzip", "zstd", "nonsense"])
def test_what_is_not_coded_does_not_decode(coding):
    """A plain body under a coding's name is an error."""
    with pytest.raises(ValueError):
        decode(coding, CSS.encode())


# What comes over the wire, and the body and faults that it is read as.
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_WIRE = {
    "exact": (_HEAD + b"Content-Length: 3\r\n\r\nabc", "GET", b"abc", 0),
    "short": (_HEAD + b"Content-Length: 4\r\n\r\nabc", "GET", b"abc", 1),
    "long": (_HEAD + b"Content-Length: 2\r\n\r\nabc", "GET", b"abc", 1),
    "bad-length": (_HEAD + b"Content-Length: x\r\n\r\nabc", "GET", b"abc", 1),
    "until-close": (_HEAD + b"\r\nabc", "GET", b"abc", 0),
    "chunked": (
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "GET", b"abc", 0,
    ),
    "chunked-cut": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "GET", b"abc", 1),
    "chunked-more": (
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nx", "GET", b"abc", 1,
    ),
    "both": (
        _HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", "GET", b"abc", 1,
    ),
    "head": (_HEAD + b"Content-Length: 3\r\n\r\n", "HEAD", b"", 0),
    "head-body": (_HEAD + b"Content-Length: 3\r\n\r\nabc", "HEAD", b"abc", 1),
    "304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "GET", b"", 0),
    "304-body": (b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\nabc", "GET", b"abc", 1),
    "interim": (b"HTTP/1.1 100 Continue\r\n\r\n" + _HEAD + b"\r\nabc", "GET", b"abc", 0),
    "header-line": (_HEAD + b"nonsense\r\n\r\n", "GET", b"", 1),
    "nothing": (b"", "GET", b"", 1),
    "not-http": (b"hello", "GET", b"hello", 1),
}  # fmt: skip


@pytest.mark.parametrize("key", _WIRE)
def test_the_client_reads_what_came(key):
    """The body is what came, and a wrong length, framing or end is told."""
    data, method, body, faults = _WIRE[key]
    response = parse_response(data, method)
    assert response.body == body
    assert len(response.faults) == faults
