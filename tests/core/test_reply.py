"""Replies: their status line and their fields in both wire forms."""

import pytest

from hiss.core.reply import Reply, to_raw


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "200 OK"),
        (206, "206 Partial Content"),
        (302, "302 Found"),
        (304, "304 Not Modified"),
        (404, "404 Not Found"),
        (405, "405 Method Not Allowed"),
        (412, "412 Precondition Failed"),
    ],
)
def test_status_line(status, expected):
    """The status line has the code and its phrase."""
    assert Reply(status, ()).status_line == expected


def test_raw_headers():
    """ASGI's form is bytes, names in lower case, made once."""
    reply = Reply(200, (("Content-Type", "text/css"), ("X-Name", "caf\xe9")))
    assert reply.raw_headers == ((b"content-type", b"text/css"), (b"x-name", b"caf\xe9"))
    assert reply.raw_headers is reply.raw_headers


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), ()),
        ((("X-A", "1"),), (("X-A", "1"),)),
        ((("Content-Type", "text/html"),), ()),
        ((("content-type", "text/html"), ("X-A", "1")), (("X-A", "1"),)),
        ((("X-A", "1"), ("X-A", "2")), (("X-A", "1"), ("X-A", "2"))),
    ],
)
def test_lacking(fields, expected):
    """Of a framework's fields those count whose name, in whatever case, the reply has not."""
    assert Reply(200, (("Content-Type", "text/css"),)).lacking(fields) == expected


def test_to_raw():
    """Any fields take ASGI's form."""
    assert to_raw(()) == ()
    assert to_raw((("X-A", "\xff"), ("X-A", "b"))) == ((b"x-a", b"\xff"), (b"x-a", b"b"))
