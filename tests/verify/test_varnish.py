"""Varnish before Hiss, set up well and badly."""

from __future__ import annotations

import urllib.request

import pytest

from .conftest import ids, look
from .daemons import varnish
from .faults import page_says

pytestmark = pytest.mark.live

BROKEN = {
    "Vary is removed": ("V032", "sub vcl_deliver { unset resp.http.Vary; }"),
    "a miss is kept": (
        "V081",
        """sub vcl_backend_response {
            if (beresp.status == 404) { unset beresp.http.Cache-Control; set beresp.ttl = 1h; }
        }""",
    ),
    "a miss is said to be kept": (
        "V081",
        """sub vcl_deliver {
            if (resp.status == 404) { set resp.http.Cache-Control = "public, max-age=3600"; }
        }""",
    ),
    "files are passed": (
        "V091",
        'sub vcl_recv { if (req.url ~ "^/static/") { return (pass); } }',
    ),
    "all is immutable": (
        "V040",
        """sub vcl_deliver {
            if (resp.status == 200 && req.url ~ "^/static/") {
                set resp.http.Cache-Control = "max-age=31536000, public, immutable";
            }
        }""",
    ),
    "tags are removed": ("V050", "sub vcl_deliver { unset resp.http.ETag; }"),
    "a cookie is set": ("V043", 'sub vcl_deliver { set resp.http.Set-Cookie = "lb=1"; }'),
}


def test_varnish_as_it_comes_is_clean(server, tmp_path):
    """It gunzips for who asks for identity, weakens the tag then, and sends no parts of that."""
    with varnish(tmp_path / "v", server.port) as port:
        report = look(f"http://127.0.0.1:{port}/")
        assert report.findings == ()
        assert "Varnish" in report.served_by


@pytest.mark.parametrize(("key", "vcl"), BROKEN.values(), ids=BROKEN)
def test_what_varnish_does_badly_is_found(server, tmp_path, key, vcl):
    """By its own id, and no other's."""
    with varnish(tmp_path / "v", server.port, vcl) as port:
        report = look(f"http://127.0.0.1:{port}/")
        assert ids(report) == {key}


def test_a_page_that_outlives_its_release_is_found(server, shop, tmp_path):
    """Varnish keeps the page of the former release."""
    [old] = [
        each.name
        for each in shop.root.glob("js/old.*.js")
        if each.name != shop.file("js/old.js").removeprefix("js/")
    ]
    files = page_says(shop.file("js/old.js").encode(), f"js/{old}".encode())
    without = page_says(b"integrity=", b"data-x=")
    vcl = """sub vcl_backend_response {
        if (beresp.http.Content-Type ~ "html" && beresp.status == 200) {
            set beresp.ttl = 1h; return (deliver);
        }
    }"""
    with varnish(tmp_path / "v", server.port, vcl) as port:
        url = f"http://127.0.0.1:{port}/"
        server.fault = lambda asked, reply: without(asked, files(asked, reply))
        urllib.request.urlopen(url).read()
        server.reset()
        report = look(url, pages=("/",))
        assert ids(report) == {"V003"}
        assert "Varnish" not in report.findings[0].what
        assert "ban" in report.findings[0].cause
