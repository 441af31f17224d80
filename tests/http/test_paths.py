"""Request paths: decoded once, and only the plain names of files."""

import pytest

from hiss.http.paths import (
    decode_wsgi_path,
    has_encoded_slash,
    is_plain_name,
    is_public_name,
    is_text,
    normalise_prefix,
    quote_path,
)


@pytest.mark.parametrize(
    ("path_info", "expected"),
    [
        ("/static/app.css", "/static/app.css"),
        ("/static/%2e", "/static/%2e"),
        ("/static/\xc3\xa9.txt", "/static/é.txt"),
        ("/static/\xe9.txt", "/static/\udce9.txt"),
        ("/static/é\u2603", "/static/é\u2603"),
        ("", ""),
    ],
)
def test_decode_wsgi_path(path_info, expected):
    """PATH_INFO's Latin-1 is undone once; bytes that are not UTF-8 become no name of ours."""
    assert decode_wsgi_path(path_info) == expected


@pytest.mark.parametrize(
    ("raw_path", "expected"),
    [
        ("/static/a/b", False),
        ("/static/a%2Fb", True),
        ("/static/a%2fb", True),
        ("/static/a%252Fb", False),
        ("/static/a%20b", False),
        ("/static/a?next=%2Fb", False),
        ("/static/%2F?x", True),
    ],
)
def test_has_encoded_slash(raw_path, expected):
    """A separator in disguise is found in the path, and not sought in the query."""
    assert has_encoded_slash(raw_path) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.css", True),
        ("css/app.css", True),
        ("a b/é☃.txt", True),
        ("...", True),
        ("..a/b..", True),
        ("", False),
        ("/etc/passwd", False),
        ("css/", False),
        ("css//app.css", False),
        (".", False),
        ("..", False),
        ("./app.css", False),
        ("css/../app.css", False),
        ("css/..", False),
        ("a\\b", False),
        ("..\\..\\secret", False),
        ("C:\\secret", False),
        ("a\0b", False),
        ("\udce9.txt", False),
        ("\ud800", False),
    ],
)
def test_is_plain_name(name, expected):
    """No empty, dot or parent segment, no backslash, no NUL, no bytes that are not text."""
    assert is_plain_name(name) is expected


@pytest.mark.parametrize(("name", "expected"), [("é", True), ("\udce9", False), ("", True)])
def test_is_text(name, expected):
    """Lone surrogates stand for bytes that are not UTF-8."""
    assert is_text(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.css", True),
        (".env", False),
        ("a/.git/config", False),
        (".hiss/current", False),
        (".well-known/security.txt", True),
        (".well-known/.env", False),
        (".well-known-not/a", False),
        ("a./b.", True),
    ],
)
def test_is_public_name(name, expected):
    """Dotfiles stay private, `.well-known` does not (W11: `.env` was served)."""
    assert is_public_name(name) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a b", "a%20b"),
        ("é", "%C3%A9"),
        ("a/b;c=d,e:f@g", "a/b;c=d,e:f@g"),
        ("?#%", "%3F%23%25"),
        ('"<>', "%22%3C%3E"),
        ("a\r\nb", "a%0D%0Ab"),
    ],
)
def test_quote_path(path, expected):
    """A path is percent-encoded as UTF-8, but for what may stand in one."""
    assert quote_path(path) == expected


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("static", "/static/"),
        ("/static", "/static/"),
        ("static/", "/static/"),
        ("/static/", "/static/"),
        ("/a/b/", "/a/b/"),
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
    ],
)
def test_normalise_prefix(prefix, expected):
    """A prefix has both its slashes, however it was written."""
    assert normalise_prefix(prefix) == expected
