"""Assets: what each answer of a file carries, and what a user's rule cannot change."""

import hashlib
import re
from email.parser import BytesParser

import pytest

from hiss.core.asset import Asset, Missing, Stored, notice
from hiss.core.policy import Policy
from hiss.core.reply import Extract
from hiss.http.ranges import Span

BODY = b"body{margin:0}"
DIGEST = hashlib.sha256(BODY).digest()
CHANGED = 784_111_777
POLICY = Policy()
PLAIN = POLICY.for_file("/srv/app.css", "/static/app.css", immutable=False)


class Bytes:
    """A source whose bytes are in memory."""

    def __init__(self, data):
        self.data = data


def make_asset(*, headers=PLAIN, sizes=(), last_modified=CHANGED):
    stored = [Stored("identity", len(BODY), Bytes(BODY))]
    stored += [Stored(coding, size, Bytes(bytes(size))) for coding, size in sizes]
    return Asset(POLICY, headers, DIGEST, last_modified, stored)


def fields(reply):
    assert len({name.lower() for name, _ in reply.headers}) == len(reply.headers)
    return dict(reply.headers)


def test_whole():
    """A 200 says all there is to say of the file, each field once."""
    reply = make_asset().identity.whole
    assert reply.status == 200
    assert fields(reply) == {
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": "max-age=60, public",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
        "Accept-Ranges": "bytes",
        "ETag": reply.headers[-2][1],
        "Content-Length": "14",
    }


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], ("identity",)),
        ([("br", 5), ("gzip", 9)], ("br", "gzip", "identity")),
        ([("br", 9), ("gzip", 5)], ("gzip", "br", "identity")),
        ([("gzip", 20)], ("identity", "gzip")),
        ([("gzip", 14)], ("identity", "gzip")),
        ([("br", 5), ("zstd", 5)], ("br", "zstd", "identity")),
    ],
)
def test_offer_is_smallest_first(sizes, expected):
    """Representations stand by their real size; a variant that saves nothing comes last."""
    assert make_asset(sizes=sizes).offer == expected


def test_vary_is_on_every_answer_of_what_varies():
    """Vary stands on all answers of an asset with variants, identity and 304 too (B2)."""
    asset = make_asset(sizes=[("br", 5)])
    for representation in asset.representations:
        for reply in (
            representation.whole,
            representation.head,
            representation.not_modified,
            representation.unsatisfiable,
            representation.partial((Span(0, 1),)),
            representation.partial((Span(0, 1), Span(3, 4))),
        ):
            assert fields(reply)["Vary"] == "Accept-Encoding"
    assert "Vary" not in fields(make_asset().identity.whole)


def test_each_coding_has_its_own_etag():
    """No two representations share a validator (W2)."""
    asset = make_asset(sizes=[("br", 5), ("gzip", 6), ("zstd", 7)])
    tags = [each.etag for each in asset.representations]
    assert len(set(tags)) == 4
    assert asset.identity.etag == make_asset().identity.etag
    codings = [fields(each.whole).get("Content-Encoding") for each in asset.representations]
    assert codings == ["br", "gzip", "zstd", None]


def test_head_is_whole_without_a_body():
    """HEAD has every field of GET, Content-Length too."""
    representation = make_asset().identity
    assert representation.head.headers == representation.whole.headers
    assert representation.head.content == b""


def test_not_modified_carries_what_the_rfc_lists():
    """A 304 has caching, CORS and policy fields, and nothing of the body (15.4.5)."""
    headers = (*PLAIN, ("Content-Language", "en"), ("Content-Location", "/app.css"))
    asset = make_asset(headers=headers, sizes=[("br", 5)])
    reply = asset.representations[0].not_modified
    assert (reply.status, reply.content) == (304, b"")
    assert sorted(fields(reply)) == [
        "Access-Control-Allow-Origin",
        "Cache-Control",
        "Content-Location",
        "Cross-Origin-Resource-Policy",
        "ETag",
        "Vary",
        "X-Content-Type-Options",
    ]


def test_unsatisfiable_can_be_read_by_a_script():
    """A 416 has the size, CORS and cache fields (W1), and a text of its own."""
    reply = make_asset(sizes=[("br", 5)]).representations[0].unsatisfiable
    assert reply.status == 416
    assert reply.content == b"416 Requested Range Not Satisfiable\n"
    sent = fields(reply)
    assert sent["Content-Range"] == "bytes */5"
    assert sent["Content-Type"] == "text/plain; charset=utf-8"
    assert sent["Content-Length"] == str(len(reply.content))
    assert sent["Access-Control-Allow-Origin"] == "*"
    assert sent["Cache-Control"] == "max-age=60, public"
    assert sent.keys().isdisjoint({"ETag", "Last-Modified", "Content-Encoding"})


def test_partial_of_one_span():
    """A 206 of one range is the 200 with Content-Range and its own length."""
    representation = make_asset().identity
    reply = representation.partial((Span(2, 6),))
    assert reply.status == 206
    assert reply.content == Extract(representation.source, (Span(2, 6),))
    expected = {"Content-Range": "bytes 2-5/14", "Content-Length": "4"}
    assert fields(reply) == {**fields(representation.whole), **expected}


def test_partial_of_several_spans():
    """A 206 of several ranges is multipart/byteranges, which a MIME parser reads."""
    representation = make_asset().identity
    reply = representation.partial((Span(0, 4), Span(10, 14)))
    body = b"".join(
        each if isinstance(each, bytes) else BODY[each.start : each.stop]
        for each in reply.content.segments
    )
    sent = fields(reply)
    assert sent["Content-Length"] == str(len(body))
    assert "Content-Range" not in sent
    head = f"Content-Type: {sent['Content-Type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + body)
    assert not message.defects
    parts = [
        (part["Content-Type"], part["Content-Range"], part.get_payload(decode=True))
        for part in message.get_payload()
    ]
    assert parts == [
        ("text/css; charset=utf-8", "bytes 0-3/14", b"body"),
        ("text/css; charset=utf-8", "bytes 10-13/14", b"n:0}"),
    ]


def test_boundary_is_legal_and_not_in_the_content():
    """The boundary is no longer than MIME allows, and made of the content's own hash."""
    reply = make_asset().identity.partial((Span(0, 1), Span(3, 4)))
    boundary = fields(reply)["Content-Type"].partition("boundary=")[2]
    assert re.fullmatch(r"[0-9A-Za-z-]{1,70}", boundary)
    assert DIGEST.hex() in boundary


@pytest.mark.parametrize("last_modified", [None, CHANGED])
def test_last_modified_is_sent_where_it_is_known(last_modified):
    """Without a believable date there is no field."""
    sent = fields(make_asset(last_modified=last_modified).identity.whole)
    assert ("Last-Modified" in sent) is (last_modified is not None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Length", "1"),
        ("content-length", "1"),
        ("ETag", '"mine"'),
        ("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Accept-Ranges", "none"),
    ],
)
def test_a_users_rule_cannot_falsify(name, value):
    """What only Hiss can know of a file is Hiss's to say."""
    untouched = make_asset().identity.whole
    assert make_asset(headers=(*PLAIN, (name, value))).identity.whole.headers == untouched.headers


def test_a_users_vary_is_kept():
    """A user's Vary is joined with ours, in one field."""
    headers = (*PLAIN, ("vary", "Origin"), ("Vary", "Cookie"))
    assert fields(make_asset(headers=headers).identity.whole)["Vary"] == "Origin, Cookie"
    varied = make_asset(headers=headers, sizes=[("br", 5)]).identity
    assert fields(varied.whole)["Vary"] == "Origin, Cookie, Accept-Encoding"


def test_a_users_content_encoding_means_that_the_file_is_coded():
    """Nothing is coded twice: a file that a rule calls gzip has no variants and no Vary."""
    headers = (*PLAIN, ("content-encoding", "gzip"))
    asset = make_asset(headers=headers, sizes=[("br", 5), ("gzip", 6)])
    assert asset.offer == ("identity",)
    sent = fields(asset.identity.whole)
    assert sent["content-encoding"] == "gzip"
    assert sent.keys().isdisjoint({"Vary", "Content-Encoding"})


def test_parts_of_what_has_no_type_are_bytes():
    """Where a rule took Content-Type away, the parts of a multipart answer still name one."""
    asset = make_asset(headers=())
    assert asset.content_type == "application/octet-stream"
    reply = asset.identity.partial((Span(0, 1), Span(3, 4)))
    assert b"Content-Type: application/octet-stream" in reply.content.segments[0]


@pytest.mark.parametrize(
    ("reply", "status", "extra"),
    [
        (make_asset().not_allowed, 405, {"Allow": "GET, HEAD"}),
        (make_asset().precondition_failed, 412, {}),
        (Missing(POLICY).reply, 404, {"Cache-Control": "no-store"}),
        (notice(302, POLICY.for_notice()), 302, {}),
    ],
)
def test_notices(reply, status, extra):
    """Short answers have a text, its type and its length, and our CORS and policy fields."""
    assert reply.status == status
    assert reply.content == f"{reply.status_line}\n".encode()
    assert fields(reply) == {
        "Content-Type": "text/plain; charset=utf-8",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Content-Length": str(len(reply.content)),
        **extra,
    }


def test_missing_to_head():
    """HEAD of a miss is the 404 without its body."""
    missing = Missing(POLICY)
    assert missing.head.headers == missing.reply.headers
    assert missing.head.content == b""
