"""The one decision, over a table of requests."""

import hashlib

import pytest

from hiss.core.asset import Asset, Missing, Redirect, Stored
from hiss.core.decide import decide
from hiss.core.policy import Policy
from hiss.core.reply import Extract
from hiss.core.request import Request

BODY = b"0123456789abcdefghij"
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"


class Bytes:
    """A source whose bytes are in memory."""

    def __init__(self, data):
        self.data = data


def make_asset(body=BODY, **variants):
    stored = [Stored("identity", len(body), Bytes(body))]
    stored += [Stored(coding, len(data), Bytes(data)) for coding, data in variants.items()]
    return Asset(Policy(), (), hashlib.sha256(body).digest(), 784_111_777, stored)


ASSET = make_asset(br=b"BR" * 3, gzip=b"GZIP" * 2)
TAGS = {each.coding: each.etag for each in ASSET.representations}
PLAIN, BR, GZIP = TAGS["identity"], TAGS["br"], TAGS["gzip"]


def answer(request, asset=ASSET):
    """Status, coding and body of the decision."""
    reply = decide(asset, request)
    sent = dict(reply.headers)
    body = reply.content
    if isinstance(body, Extract):
        body = b"".join(
            each if isinstance(each, bytes) else body.source.data[each.start : each.stop]
            for each in body.segments
        )
    if request.method != "HEAD" and reply.status != 304:
        assert sent["Content-Length"] == str(len(body))
    return reply.status, sent.get("Content-Encoding"), body


@pytest.mark.parametrize(
    ("fields", "status", "coding", "body"),
    [
        ({}, 200, None, BODY),
        ({"accept_encoding": "br"}, 200, "br", b"BR" * 3),
        ({"accept_encoding": "gzip, br;q=0"}, 200, "gzip", b"GZIP" * 2),
        # Preconditions speak of the representation that would be sent.
        ({"if_none_match": PLAIN}, 304, None, b""),
        ({"if_none_match": f"W/{PLAIN}"}, 304, None, b""),
        ({"if_none_match": "*"}, 304, None, b""),
        ({"if_none_match": BR}, 200, None, BODY),
        ({"if_none_match": BR, "accept_encoding": "br"}, 304, None, b""),
        ({"if_none_match": PLAIN, "accept_encoding": "br"}, 200, "br", b"BR" * 3),
        ({"if_none_match": f"{PLAIN}, {BR}, {GZIP}", "accept_encoding": "br"}, 304, None, b""),
        ({"if_modified_since": DATE}, 304, None, b""),
        ({"if_modified_since": EARLIER}, 200, None, BODY),
        ({"if_match": PLAIN}, 200, None, BODY),
        ({"if_match": BR}, 412, None, b"412 Precondition Failed\n"),
        ({"if_unmodified_since": EARLIER}, 412, None, b"412 Precondition Failed\n"),
        ({"if_match": '"x"', "range": "bytes=0-0"}, 412, None, b"412 Precondition Failed\n"),
        ({"if_none_match": PLAIN, "range": "bytes=0-0"}, 304, None, b""),
        # A range is of identity, whatever codings are taken.
        ({"range": "bytes=0-0"}, 206, None, b"0"),
        ({"range": "bytes=-2"}, 206, None, b"ij"),
        ({"range": "bytes=0-1", "accept_encoding": "br, gzip"}, 206, None, b"01"),
        ({"range": "bytes=0-1", "accept_encoding": "br, identity;q=0"}, 206, None, b"01"),
        ({"range": "bytes=0-"}, 206, None, BODY),
        ({"range": "bytes=20-"}, 416, None, b"416 Requested Range Not Satisfiable\n"),
        ({"range": "bytes=-0"}, 416, None, b"416 Requested Range Not Satisfiable\n"),
        ({"range": "bytes=5-2"}, 200, None, BODY),
        ({"range": "lines=1-2", "accept_encoding": "br"}, 200, "br", b"BR" * 3),
        # A precondition names what the client holds a part of: identity, or what it would get.
        ({"range": "bytes=0-0", "if_match": PLAIN, "accept_encoding": "br"}, 206, None, b"0"),
        ({"range": "bytes=0-0", "if_match": BR, "accept_encoding": "br"}, 206, "br", b"B"),
        ({"range": "bytes=0-0", "if_none_match": BR, "accept_encoding": "br"}, 304, None, b""),
        # W2: If-Range says of what the client holds a part.
        ({"range": "bytes=2-3", "if_range": PLAIN}, 206, None, b"23"),
        ({"range": "bytes=2-3", "if_range": PLAIN, "accept_encoding": "br"}, 206, None, b"23"),
        ({"range": "bytes=2-3", "if_range": BR, "accept_encoding": "br"}, 206, "br", b"BR"),
        (
            {"range": "bytes=0-3", "if_range": GZIP, "accept_encoding": "br, gzip"},
            206,
            "gzip",
            b"GZIP",
        ),
        ({"range": "bytes=2-3", "if_range": BR}, 200, None, BODY),
        ({"range": "bytes=2-3", "if_range": BR, "accept_encoding": "br;q=0"}, 200, None, BODY),
        ({"range": "bytes=2-3", "if_range": f"W/{PLAIN}"}, 200, None, BODY),
        ({"range": "bytes=2-3", "if_range": '"old"'}, 200, None, BODY),
        ({"range": "bytes=2-3", "if_range": "*"}, 200, None, BODY),
        ({"range": "bytes=2-3", "if_range": DATE}, 206, None, b"23"),
        ({"range": "bytes=2-3", "if_range": DATE, "accept_encoding": "br"}, 206, None, b"23"),
        ({"range": "bytes=2-3", "if_range": EARLIER}, 200, None, BODY),
        ({"range": "bytes=2-3", "if_range": LATER}, 200, None, BODY),
        ({"range": "bytes=99-", "if_range": '"old"'}, 200, None, BODY),
        (
            {"range": "bytes=6-", "if_range": BR, "accept_encoding": "br"},
            416,
            None,
            b"416 Requested Range Not Satisfiable\n",
        ),
        # If-Range without Range says nothing.
        ({"if_range": '"old"'}, 200, None, BODY),
    ],
)
def test_get(fields, status, coding, body):
    """A GET is answered by negotiation, then preconditions, then If-Range and Range."""
    assert answer(Request("GET", **fields)) == (status, coding, body)


@pytest.mark.parametrize(
    ("fields", "status", "length"),
    [
        ({}, 200, "20"),
        ({"accept_encoding": "br"}, 200, "6"),
        # W12: HEAD knows no ranges.
        ({"range": "bytes=0-0"}, 200, "20"),
        ({"range": "bytes=99-"}, 200, "20"),
        ({"range": "bytes=0-0", "if_range": PLAIN}, 200, "20"),
        ({"if_none_match": PLAIN}, 304, None),
        ({"if_match": '"x"'}, 412, "24"),
    ],
)
def test_head(fields, status, length):
    """HEAD says what GET would say, without a body and without ranges."""
    reply = decide(ASSET, Request("HEAD", **fields))
    assert (reply.status, reply.content) == (status, b"")
    assert dict(reply.headers).get("Content-Length") == length
    if "range" not in fields:
        assert reply.headers == decide(ASSET, Request("GET", **fields)).headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "", "\xff"])
@pytest.mark.parametrize("resource", [ASSET, Redirect(Policy(), "./")])
def test_other_methods(method, resource):
    """Every other method is refused, with the ones there are (B7: 405 without Allow)."""
    reply = decide(resource, Request(method, if_none_match="*", range="bytes=0-0"))
    assert reply.status == 405
    assert dict(reply.headers)["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("value", "status"),
    [("bytes=0-0", 416), ("bytes=0-", 416), ("bytes=-5", 200), ("bytes=-0", 416), ("x", 200)],
)
def test_range_of_an_empty_file(value, status):
    """Of an empty file a suffix is all of it; no Content-Range could name its bytes."""
    reply = decide(make_asset(b""), Request("GET", range=value))
    assert reply.status == status
    expected = "bytes */0" if status == 416 else None
    assert dict(reply.headers).get("Content-Range") == expected


def test_vary_of_ranges():
    """A 206 and a 416 of what varies say so."""
    for value in ("bytes=0-0", "bytes=0-0,5-5", "bytes=99-"):
        assert dict(decide(ASSET, Request("GET", range=value)).headers)["Vary"] == "Accept-Encoding"


def test_answers_are_made_once():
    """The same question gets the very same reply: nothing is built anew for a request."""
    for fields in ({}, {"accept_encoding": "br"}, {"if_none_match": PLAIN}, {"range": "bytes=99-"}):
        assert decide(ASSET, Request("GET", **fields)) is decide(ASSET, Request("GET", **fields))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "./docs/"),
        ("v=1&a=b", "./docs/?v=1&a=b"),
        ("q=a%20b%2Fc", "./docs/?q=a%20b%2Fc"),
        ("q=a b", "./docs/?q=a%20b"),
        ("q=\xe9", "./docs/?q=%E9"),
        ("q=\u2603", "./docs/?q=?"),
        ("a\r\nSet-Cookie: b=c", "./docs/?a%0D%0ASet-Cookie:%20b=c"),
        ("?", "./docs/??"),
        ('"<>#', "./docs/?%22%3C%3E%23"),
    ],
)
def test_redirect(query, expected):
    """A redirect is relative, keeps the query (W12), and lets no query break out of its field."""
    redirect = Redirect(Policy(), "./docs/")
    reply = decide(redirect, Request("GET", query))
    assert reply.status == 302
    sent = dict(reply.headers)
    assert sent["Location"] == expected
    assert sent["Content-Type"] == "text/plain; charset=utf-8"
    assert sent["Content-Length"] == str(len(reply.content))
    head = decide(redirect, Request("HEAD", query))
    assert (head.status, head.headers, head.content) == (302, reply.headers, b"")


@pytest.mark.parametrize(
    ("method", "body"), [("GET", b"404 Not Found\n"), ("HEAD", b""), ("POST", b"404 Not Found\n")]
)
def test_missing(method, body):
    """What is not there is not there for any method, and conditions do not matter."""
    reply = decide(Missing(Policy()), Request(method, if_none_match="*", if_match='"x"'))
    assert (reply.status, reply.content) == (404, body)
    assert dict(reply.headers)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("ranges", ["bytes=abc", "lines=1-2", "bytes=5-2"])
@pytest.mark.parametrize("if_range", [None, '"stale"'])
def test_a_range_that_does_not_count_changes_nothing(ranges, if_range):
    """Preconditions are held against what is sent, and a Range that is ignored selects nothing."""
    etag = ASSET.identity.etag
    for fields in ({"if_match": etag}, {"if_none_match": etag}):
        plain = answer(Request("GET", accept_encoding="br", **fields))
        ranged = Request("GET", accept_encoding="br", range=ranges, if_range=if_range, **fields)
        assert answer(ranged) == plain


def test_what_is_remembered_is_bounded_and_begins_anew():
    """Clients that say odd things cannot keep an asset from remembering what browsers say."""
    asset = make_asset()
    for number in range(1000):
        decide(asset, Request("GET", accept_encoding=f"x{number}"))
        assert len(asset.known) <= 32
    wanted = Request("GET", accept_encoding="br, gzip")
    assert decide(asset, wanted) is decide(asset, wanted)
    assert wanted.key in asset.known
    long = Request("GET", accept_encoding="x" * 5000)
    assert decide(asset, long).status == 200
    assert long.key not in asset.known
