"""Heads are read where everybody reads them alike, and left alone where not."""

from __future__ import annotations

import pytest

from hiss.servers.gunicorn.heads import Heads, Limits

_LIMITS = Limits(line=60, fields=4, field=40)


def _read(text, **options):
    options = {"script_name": "", "secure_fields": {}} | options
    data = text.encode("latin-1")
    return Heads(_LIMITS, **options).read(data, 0, data.find(b"\r\n\r\n"))


def _head(*fields, line="GET /a HTTP/1.1"):
    return "\r\n".join([line, *(fields or ("Host: h",)), "", ""])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /a HTTP/1.1", ("GET", "/a", "/a", "")),
        ("HEAD /a?b=c HTTP/1.1", ("HEAD", "/a?b=c", "/a", "b=c")),
        ("GET /a?b?c HTTP/1.0", ("GET", "/a?b?c", "/a", "b?c")),
        ("GET /%C3%BC HTTP/1.1", ("GET", "/%C3%BC", "/\xc3\xbc", "")),
        ("GET / HTTP/1.1", ("GET", "/", "/", "")),
        ("POST /a HTTP/1.1", None),
        ("GET a HTTP/1.1", None),
        ("GET //a HTTP/1.1", None),
        ("GET /a#b HTTP/1.1", None),
        ("GET http://h/a HTTP/1.1", None),
        ("GET /a  HTTP/1.1", None),
        ("GET /a HTTP/1.2", None),
        ("GET /\xfc HTTP/1.1", None),
        ("GET /a\nHost: x HTTP/1.1", None),
        (f"GET /{'a' * 60} HTTP/1.1", None),
    ],
)
def test_request_lines(line, expected):
    """Origin-form of RFC 3986's characters, and nothing else."""
    head = _read(_head(line=line))
    keys = ("REQUEST_METHOD", "RAW_URI", "PATH_INFO", "QUERY_STRING")
    assert (head and tuple(head.target.environ[key] for key in keys)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("Host: h", "A-b: c"), {"HTTP_HOST": "h", "HTTP_A_B": "c"}),
        (("host:h", "a: \t b c \t"), {"HTTP_HOST": "h", "HTTP_A": "b c"}),
        (("Host: h", "A: b", "a: c"), {"HTTP_HOST": "h", "HTTP_A": "b,c"}),
        (("Host:",), {"HTTP_HOST": ""}),
        (("A: b",), None),
        (("Host: h", "Host: h"), None),
        (("Host: h", " folded"), None),
        (("Host: h", "A : b"), None),
        (("Host: h", "A_B: c"), None),
        (("Host: h", "A"), None),
        (("Host: h", "A: b\nC: d"), None),
        (("Host: h", "A: \xfc"), None),
        (("Host: h", "Content-Length: 0"), None),
        (("Host: h", "Transfer-Encoding: chunked"), None),
        (("Host: h", "Connection: upgrade"), None),
        (("Host: h", "Connection: close", "Connection: close"), None),
        (("Host: h", *(f"A{number}: b" for number in range(4))), None),
        (("Host: h", f"A: {'b' * 40}"), None),
    ],
)
def test_fields(fields, expected):
    """Every line must be one that cannot be read in two ways, and none may announce a body."""
    head = _read(_head(*fields))
    environ = head and {
        key: value for key, value in head.fields.environ.items() if key.startswith("HTTP_")
    }
    assert environ == expected


@pytest.mark.parametrize(
    ("version", "connection", "is_last"),
    [
        ("1.1", None, False),
        ("1.1", "keep-alive", False),
        ("1.1", "Close", True),
        ("1.0", None, True),
        ("1.0", "Keep-Alive", False),
        ("1.0", "close", True),
    ],
)
def test_persistence(version, connection, is_last):
    """In HTTP/1.1 a connection persists unless it is to close; in HTTP/1.0 where it is asked to."""
    fields = ["Host: h", *([f"Connection: {connection}"] if connection else [])]
    head = _read(_head(*fields, line=f"GET /a HTTP/{version}"))
    assert head is not None
    assert head.is_last is is_last


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), "http"),
        (("X-Proto: https",), "https"),
        (("X-Proto: http",), "http"),
        (("X-Proto: https", "X-Ssl: off"), None),
    ],
)
def test_schemes(fields, expected):
    """A believed field says the scheme; two that disagree are for the server to refuse."""
    secure = {"X-PROTO": "https", "X-SSL": "on"}
    head = _read(_head("Host: h", *fields), secure_fields=secure)
    assert (head and head.fields.environ["wsgi.url_scheme"]) == expected


def test_script_name_is_taken_off():
    """The path of an application is below its place."""
    head = _read(_head(), script_name="/a")
    assert head is not None
    assert (head.target.environ["SCRIPT_NAME"], head.target.environ["PATH_INFO"]) == ("/a", "")
    assert _read(_head(), script_name="/b") is None
