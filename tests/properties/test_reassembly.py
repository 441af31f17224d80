"""Parts of a file, put together again, are the file."""

import hashlib
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.core.asset import Asset, Stored
from hiss.core.decide import decide
from hiss.core.policy import Policy
from hiss.core.request import Request
from hiss.files.body import open_body
from hiss.files.memory import Memory
from hiss.files.source import FileSource, stamp_of

SIZE = 1000
POSITION = st.integers(0, SIZE + 50)
SPECS = st.one_of(
    st.builds("{}-".format, POSITION),
    st.builds("-{}".format, POSITION),
    st.tuples(POSITION, POSITION).map(lambda pair: f"{min(pair)}-{max(pair)}"),
)
PART = re.compile(
    rb"\r\n--(?P<boundary>[^\r]+)\r\nContent-Type: text/css\r\n"
    rb"Content-Range: bytes (?P<first>\d+)-(?P<last>\d+)/(?P<size>\d+)\r\n\r\n"
)


@pytest.fixture(scope="module", params=[0, 2**20], ids=["streamed", "read"])
def fetch(tmp_path_factory, request):
    """Sends a GET for a file of `SIZE` bytes; returns status, fields and body."""
    path = tmp_path_factory.mktemp("root") / "file"
    path.write_bytes(DATA)
    source = FileSource(str(path), stamp_of(path.stat()))
    digest = hashlib.sha256(DATA).digest()
    asset = Asset(
        Policy(), (("Content-Type", "text/css"),), digest, None, [Stored("identity", SIZE, source)]
    )
    memory = Memory(request.param)

    def get(**fields):
        reply = decide(asset, Request("GET", **fields))
        body = reply.content
        if not isinstance(body, bytes):
            body = open_body(body, memory)
            body = body if isinstance(body, bytes) else b"".join(body)
        sent = dict(reply.headers)
        assert sent["Content-Length"] == str(len(body))
        return reply.status, sent, body

    return get


# No two stretches of it are alike, and line ends and hyphens are everywhere.
DATA = b"".join(b"\r\n--%03d" % n for n in range(SIZE))[:SIZE]


def wanted(spec):
    """The positions that a spec asks for, the long way round."""
    first, _, last = spec.partition("-")
    if not first:
        return set(range(SIZE)[SIZE - min(int(last), SIZE) :])
    return {at for at in range(SIZE) if at >= int(first) and (not last or at <= int(last))}


def read_parts(sent, body):
    """The parts of a 206, as pairs of their first position and bytes."""
    if sent["Content-Type"] == "text/css":
        first, last, size = map(int, re.findall(r"\d+", sent["Content-Range"]))
        assert size == SIZE
        assert last - first + 1 == len(body)
        return [(first, body)]
    boundary = sent["Content-Type"].removeprefix("multipart/byteranges; boundary=").encode()
    parts = []
    while head := PART.match(body):
        assert head["boundary"] == boundary
        assert int(head["size"]) == SIZE
        first, stop = int(head["first"]), int(head["last"]) + 1
        parts.append((first, body[head.end() : head.end() + stop - first]))
        body = body[head.end() + stop - first :]
    assert body == b"\r\n--" + boundary + b"--\r\n"
    assert len(parts) > 1
    return parts


@given(specs=st.lists(SPECS, min_size=1, max_size=6))
def test_ranges(fetch, specs):
    """A 206 has every byte that was asked for, no other, none twice, and each where it belongs."""
    expected = set().union(*(wanted(spec) for spec in specs))
    status, sent, body = fetch(range="bytes=" + ",".join(specs))
    if not expected:
        assert (status, sent["Content-Range"]) == (416, f"bytes */{SIZE}")
        return
    assert status == 206
    parts = read_parts(sent, body)
    for first, data in parts:
        assert data == DATA[first : first + len(data)]
        assert data
    positions = [at for first, data in parts for at in range(first, first + len(data))]
    assert len(positions) == len(set(positions))
    assert set(positions) == expected


@given(cuts=st.sets(st.integers(1, SIZE - 1), max_size=10))
def test_a_resumed_download(fetch, cuts):
    """A file fetched piece by piece, each on condition of its tag, is the file."""
    etag = fetch()[1]["ETag"]
    bounds = [0, *sorted(cuts), SIZE]
    got = b""
    for start, stop in pairwise(bounds):
        status, _, body = fetch(range=f"bytes={start}-{stop - 1}", if_range=etag)
        assert status == 206
        got += body
    assert got == DATA
