"""Whatever bytes a client sends in its header fields, the answer is whole and coherent."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hiss.core.asset import Asset, Missing, Redirect, Stored
from hiss.core.decide import decide
from hiss.core.policy import Policy
from hiss.core.reply import Extract
from hiss.core.request import FIELDS, Request
from hiss.files.body import held_body


class Bytes:
    """A source whose bytes are in memory."""

    def __init__(self, data):
        self.data = data


def make_asset(body, last_modified):
    stored = [Stored("identity", len(body), Bytes(body))]
    stored += [Stored(coding, 7, Bytes(coding.encode()[:1] * 7)) for coding in ("br", "gzip")]
    digest = hashlib.sha256(body).digest()
    return Asset(Policy(), (("Content-Type", "text/css"),), digest, last_modified, stored)


ASSETS = [make_asset(bytes(range(40)), 784_111_777), make_asset(b"", None)]
RESOURCES = [*ASSETS, Redirect(Policy(), "./docs/"), Missing(Policy())]
TAGS = [each.etag for asset in ASSETS for each in asset.representations]

# Bytes at random, and bytes that look as if they meant something.
TOKENS = [
    b"bytes=", b"0-0", b"-5", b"5-", b"5-2", b"-0", b"99999999999999999999-", b"*", b",", b";",
    b" ", b"\t", b"q=", b"q=0", b"q=0.5", b"gzip", b"br", b"identity", b"W/", b'"', b'"a"', b"\xff",
    b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sunday, 06-Nov-94 08:49:37 GMT",
    b"Sun Nov  6 08:49:37 1994",
    *(tag.encode() for tag in TAGS),
]  # fmt: skip
VALUES = st.binary(max_size=60) | st.lists(st.sampled_from(TOKENS), max_size=8).map(b"".join)
HEADERS = st.lists(st.tuples(st.sampled_from([name.encode() for name in FIELDS]), VALUES))
METHODS = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]) | st.text(max_size=9)


@pytest.mark.parametrize("resource", RESOURCES, ids=["asset", "empty", "redirect", "missing"])
@given(method=METHODS, query=st.text(max_size=20), headers=HEADERS)
@example(method="GET", query="", headers=[(b"range", b"bytes=" + b"0" * 9000 + b"-")])
@example(method="GET", query="\ud800\r\n", headers=[])
def test_any_request_gets_a_reply(resource, method, query, headers):
    """No method, query or header field makes a decision raise, or its length untrue."""
    reply = decide(resource, Request.from_raw_headers(method, query, headers))
    assert reply.status in {200, 206, 302, 304, 404, 405, 412, 416}
    content = reply.content
    body = held_body(content) if isinstance(content, Extract) else content
    names = [name.lower() for name, _ in reply.headers]
    assert len(names) == len(set(names))
    length = dict(reply.headers).get("Content-Length")
    if method == "HEAD" or reply.status == 304:
        assert body == b""
    else:
        assert length == str(len(body))
    if reply.status != 304:
        assert length is not None
        assert "content-type" in names
    assert all(
        b"\r" not in line and b"\n" not in line for pair in reply.raw_headers for line in pair
    )
    reply.status_line.encode("ascii")
    if isinstance(resource, Asset) and reply.status in {200, 206, 304, 416}:
        assert dict(reply.headers)["Vary"] == "Accept-Encoding"
