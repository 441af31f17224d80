"""What uvicorn's lane reads by itself, uvicorn's parser reads alike; and what it then keeps."""

import tracemalloc

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hiss.core.request import FIELDS
from hiss.servers.memo import Memo
from hiss.servers.uvicorn.reading import TELLING, SectionReader

LINE = b"GET /static/app.css HTTP/1.1\r\n"
PROXY = b"x-forwarded-ssl"
PLAIN = b"Host: x\r\nAccept-Encoding: gzip, br\r\nConnection: keep-alive\r\n\r\n"

names = st.sampled_from(
    [
        *(name.title().encode() for name in FIELDS),
        *(b"host", b"ACCEPT-ENCODING", b"Connection", b"Proxy-Connection", b"Upgrade", b"Expect"),
        *(b"Content-Length", b"Transfer-Encoding", b"X-Forwarded-For", b"X-Forwarded-SSL", b"TE"),
        *(b"Cookie", b"X_Y", b"Accept-Encoding ", b" Range", b"", b"!#$%&'*+.^`|~", b"Tr\xe4ger"),
    ]
)
values = st.sampled_from(
    [
        *(b"br", b"gzip, br;q=0.5", b"keep-alive", b"Keep-Alive", b"close", b"upgrade", b"0", b"7"),
        *(b"", b" ", b"br ", b"  br", b"\tbr", b"br\t", b"a\tb", b"\xe4", b"a\0b", b"a\x7fb", b":"),
        *(b"keep-alive, close", b"chunked", b"100-continue", b'"a"', b"bytes=0-1", b"websocket"),
    ]
)
colons = st.sampled_from([b": ", b": ", b":", b" :", b":  ", b""])
ends = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n ", b""])
lines = st.builds(lambda *parts: b"".join(parts), names, colons, values, ends)
tails = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"", b"\n", b"\r\n\r\n", b"\r\n" + LINE, b"\0"])
sections = st.builds(lambda each, tail: b"".join(each) + tail, st.lists(lines, max_size=6), tails)


class Parsed:
    """What uvicorn's parser has to say."""

    def __init__(self, data):
        self.headers = []
        self.ended = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)

    def on_header(self, name, value):
        self.headers.append((name.lower(), value))

    def on_message_complete(self):
        self.ended += 1
        assert self.parser.should_keep_alive()
        assert not self.parser.should_upgrade()


@given(sections)
@example(PLAIN)
@example(b"Range: bytes=0-1\r\nRANGE: bytes=2-3\r\n\r\n")
@example(b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-SSL: on\r\n\r\n")
@example(b"Connection: Keep-Alive\r\n\r\n")
@example(b"Proxy-Connection: close\r\n\r\n")
@example(b"Accept-Encoding: br \r\n\r\n")
def test_what_is_read_is_what_the_parser_reads(section):
    """All that is read is one whole request, which has no body and leaves the connection open; and
    the fields that tell something are those that the parser hands over.
    """
    telling = TELLING | {PROXY}
    read = SectionReader(telling).read(section)
    if read is not None:
        parsed = Parsed(LINE + section)
        assert parsed.ended == 1
        assert read.telling == [pair for pair in parsed.headers if pair[0] in telling]
        assert read.is_forwarded == any(
            name.startswith(b"x-forwarded-f") for name, _ in read.telling
        )


@pytest.mark.parametrize(
    "section",
    [
        b"\r\n",
        PLAIN + LINE,
        PLAIN[:-1],
        b"Connection: close\r\n\r\n",
        b"Connection: keep-alive\r\nConnection: close\r\n\r\n",
        b"Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"Proxy-Connection: keep-alive\r\n\r\n",
        b"Content-Length: 0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Expect: 100-continue\r\n\r\n",
        b"Range : bytes=0-1\r\n\r\n",
        b"Range: bytes=0-1 \r\n\r\n",
        b"X: a\r\n b\r\n\r\n",
        # Read as whole by the possessive groups of CPython before 3.11.5.
        b"Host: x\r\nFoo:\r\n",
        b"Host: x\r\nRange:\r\n",
        b"a:b\r\na:a \r\n",
        b"X: \xe4\r\n\r\n",
        b"X: a\nRange: bytes=0-1\r\n\r\n",
    ],
)
def test_what_is_left_to_the_parser(section):
    """What is not plain is not read."""
    assert SectionReader(TELLING).read(section) is None


def test_what_is_plain_is_read():
    """What browsers send is."""
    read = SectionReader(TELLING).read(PLAIN)
    assert read is not None
    assert read.telling == [(b"accept-encoding", b"gzip, br")]
    assert read.request.key == ("gzip, br", None, None)


def test_what_comes_again_is_kept():
    """A section is kept from its second time on, and is then the very same."""
    sections = Memo(SectionReader(TELLING).read)
    first = sections.get(PLAIN)
    assert PLAIN not in sections.kept
    second = sections.get(PLAIN)
    assert PLAIN in sections.kept
    assert first is not second
    assert sections.get(PLAIN) is second


@pytest.mark.parametrize("line", [b"Range: b\r\n", b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"])
def test_strangers_fill_no_memory(line):
    """However many there are, and whatever they send, it stays within four MiB."""
    sections = Memo(SectionReader(TELLING).read)
    tracemalloc.start()
    try:
        for number in range(3000):
            head = b"X: %06d\r\n" % (number // 2)
            section = head + line * ((2000 - len(head)) // len(line)) + b"\r\n"
            sections.get(section)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(sections.kept) <= 512
    assert taken < 4 * 2**20
