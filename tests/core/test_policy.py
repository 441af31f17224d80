"""Header rules: what is sent by default, what is switched off, what a user's rule may do."""

from dataclasses import replace

import pytest

from hiss.core.policy import Policy
from hiss.errors import ConfigurationError

BARE = Policy(
    max_age=None, allow_all_origins=False, cross_origin_resource_policy=None, nosniff=False
)


@pytest.mark.parametrize(
    ("policy", "immutable", "expected"),
    [
        (
            Policy(),
            False,
            {
                "Content-Type": "text/css; charset=utf-8",
                "Cache-Control": "max-age=60, public",
                "Access-Control-Allow-Origin": "*",
                "Cross-Origin-Resource-Policy": "cross-origin",
                "X-Content-Type-Options": "nosniff",
            },
        ),
        (
            BARE,
            True,
            {
                "Content-Type": "text/css; charset=utf-8",
                "Cache-Control": "max-age=31536000, public, immutable",
            },
        ),
        (BARE, False, {"Content-Type": "text/css; charset=utf-8"}),
        (replace(BARE, charset=""), False, {"Content-Type": "text/css"}),
        (
            replace(BARE, media_types={".css": "text/x-mine"}, max_age=0),
            False,
            {"Content-Type": "text/x-mine; charset=utf-8", "Cache-Control": "max-age=0, public"},
        ),
        (
            replace(BARE, cross_origin_resource_policy="same-site", always=(("X-A", "b"),)),
            False,
            {
                "Content-Type": "text/css; charset=utf-8",
                "Cross-Origin-Resource-Policy": "same-site",
                "X-A": "b",
            },
        ),
    ],
)
def test_for_file(policy, immutable, expected):
    """A file's fields: each rule adds its own, and each can be switched off."""
    headers = policy.for_file("/srv/app.css", "/static/app.css", immutable=immutable)
    assert dict(headers) == expected
    assert len(headers) == len(expected)


def test_for_miss():
    """A miss is plain text that no cache keeps, with what stands on every answer."""
    policy = replace(BARE, always=(("X-A", "b"),), add_headers=lambda *_: pytest.fail("not a file"))
    assert dict(policy.for_miss()) == {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "X-A": "b",
    }
    assert dict(policy.for_notice()) == {"Content-Type": "text/plain; charset=utf-8", "X-A": "b"}


def test_everywhere_names_each_field_once():
    """A framework's field that Hiss sends too is sent once, with the value of the option."""
    policy = Policy(always=(("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "origin")))
    names = [name for name, _ in policy.everywhere]
    assert len(names) == len(set(names)) == 4


def remove(headers, path, url):
    del headers["cache-control"]


def replace_value(headers, path, url):
    headers["cache-control"] = "no-cache"


def add(headers, path, url):
    headers["X"] = f"{path} {url}"


def add_twice(headers, path, url):
    headers.add_header("X", "a")
    headers.add_header("X", "b")


def latin(headers, path, url):
    headers["X"] = "caf\xe9\t~"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (remove, []),
        (replace_value, [("cache-control", "no-cache")]),
        (add, [("Cache-Control", "max-age=60, public"), ("X", "/srv/a.css /static/a.css")]),
        (add_twice, [("Cache-Control", "max-age=60, public"), ("X", "a"), ("X", "b")]),
        (latin, [("Cache-Control", "max-age=60, public"), ("X", "caf\xe9\t~")]),
    ],
)
def test_a_users_rule(rule, expected):
    """A user's rule sees the path and the URL, and adds, replaces and removes fields."""
    headers = Policy(add_headers=rule).for_file("/srv/a.css", "/static/a.css", immutable=False)
    assert [pair for pair in headers if pair[0].lower() in {"cache-control", "x"}] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nSet-Cookie: b=c"),
        ("X", "a\nb"),
        ("X", "a\0"),
        ("X", "\x7f"),
        ("X", "snow \u2603"),
        ("X y", "a"),
        ("X:", "a"),
        ("", "a"),
        ("X\r\nY", "a"),
        ("Ünicode", "a"),
    ],
)
def test_a_users_rule_that_http_cannot_carry(name, value):
    """A field that would break the answer is refused when it is set, with its URL."""

    def rule(headers, path, url):
        headers[name] = value

    with pytest.raises(ConfigurationError) as caught:
        Policy(add_headers=rule).for_file("/srv/a.css", "/static/a.css", immutable=False)
    assert "/static/a.css" in caught.value.message
    assert f"{name!r}: {value!r}" in caught.value.message


@pytest.mark.parametrize("odd", [5, None, b"a"], ids=repr)
def test_a_users_rule_with_a_value_that_is_no_text(odd):
    """A value that is not text is the user's mistake, and said as one, however it got there."""

    def value(headers, path, url):
        headers["X"] = odd

    def behind_their_back(headers, path, url):
        headers.add_header("X", "a")
        headers._headers[-1] = ("X", odd)

    for rule in (value, behind_their_back):
        with pytest.raises(ConfigurationError) as caught:
            Policy(add_headers=rule).for_file("/srv/a.css", "/static/a.css", immutable=False)
        assert "add_headers_function, called for /static/a.css: " in caught.value.message
        assert repr(odd) in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Transfer-Encoding", "chunked"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("Trailer", "Expires"),
        ("Upgrade", "h2c"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authorization", "Basic"),
        ("Content-Range", "bytes 0-0/1"),
    ],
)
def test_a_users_rule_cannot_frame_the_message(name, value):
    """Fields of the connection (PEP 3333 forbids them) and of a range are not a file's to have."""

    def rule(headers, path, url):
        headers[name] = value

    with pytest.raises(ConfigurationError, match=f"{name} is for the server or the answer to say"):
        Policy(add_headers=rule).for_file("/srv/a.css", "/static/a.css", immutable=False)
