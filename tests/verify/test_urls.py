"""URLs as pages and servers write them."""

from __future__ import annotations

import pytest

from hiss.verify.urls import host_of, is_same_origin, join


@pytest.mark.parametrize(
    ("url", "joined"),
    [
        ("b.css", "http://x/a/b.css"),
        ("//y/", "http://y/"),
        ("http://[", None),
        ("http://[bad]/", None),
        ("//[/", None),
        ("http://a\u2100b/", None),
    ],
)
def test_what_is_no_url_is_none(url, joined):
    """And no error."""
    assert join("http://x/a/", url) == joined


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://x/a", "https://x/b", True),
        ("https://x/", "https://x:443/", True),
        ("http://x/", "http://X:80/", True),
        ("http://x/", "http://user@x/", True),
        ("https://x/", "http://x/", False),
        ("https://x:8000/", "http://x:8000/", False),
        ("https://x/", "https://x:8443/", False),
        ("https://x/", "https://y/", False),
        ("https://x/", "https://x:port/", False),
        ("https://[", "https://[", False),
    ],
)
def test_origins(one, other, same):
    """Scheme, host and port, the usual one said or not."""
    assert is_same_origin(one, other) is same


def test_a_host_without_a_user():
    """Such as may be named by --host."""
    assert host_of("http://me:secret@Shop.example:8000/") == "shop.example:8000"
