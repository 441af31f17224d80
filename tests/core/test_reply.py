"""Replies: their status line and their fields in both wire forms."""

import pytest

from hiss.core.reply import Reply


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
