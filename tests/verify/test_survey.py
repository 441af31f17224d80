"""Which pages and files are looked at, and which rules they are held to."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import replace

import pytest

from hiss.errors import ConfigurationError
from hiss.verify import survey
from hiss.verify.messages import Answer, Request

from .conftest import ids, look
from .faults import instead, page_says, with_fields
from .server import Reply
from .test_verify import hide_hiss

HTML = [("Content-Type", "text/html")]


def at(path, reply):
    """Something else at one path."""
    return lambda asked, right: reply if asked.path.partition("?")[0] == path else right


def test_a_redirect_of_a_page_is_followed(server, shop):
    """As a browser does."""
    server.fault = at("/", Reply(302, [("Location", "/admin/login/?next=/")]))
    report = look(server.url)
    assert report.findings == ()
    assert report.assets == 11


@pytest.mark.parametrize(
    ("target", "what", "cause"),
    [
        ("https://me@other.example/", "which is at another host", "--host other.example."),
        ("/", "and leads round and round", "SECURE_PROXY_SSL_HEADER"),
        ("http://[bad/", "to http://[bad/, which is no URL", "writes it wrong"),
    ],
)
def test_a_page_that_leads_nowhere_is_found(server, target, what, cause):
    """To another host, to itself, or to what is no URL; and it is said which."""
    server.fault = at("/", Reply(302, [("Location", target)]))
    report = look(server.url, pages=("/",))
    assert ids(report) == {"V001"}
    assert report.findings[0].what.endswith(what)
    assert cause in report.findings[0].cause
    assert len([each for each in server.asked if each.path == "/"]) < 8


def test_a_page_that_says_nothing_is_no_site(server):
    """The connection is closed."""
    server.fault = lambda asked, reply: reply if asked.is_static else None
    with pytest.raises(ConfigurationError, match="no answer"):
        look(server.url)


def test_a_url_may_have_a_path(server):
    """It is the page; absolute paths are from the root."""
    report = look(f"{server.url}/admin/login/")
    assert report.pages == (f"{server.url}/admin/login/",)
    assert look(f"{server.url}/admin/", pages=("login/", "/")).pages == (
        f"{server.url}/admin/login/",
        f"{server.url}/",
    )


def elsewhere(server, reply):
    """A page that names a script outside the prefix."""
    says = page_says(b"</head>", b'<script src="/other/x.js"></script></head>')
    fault = at("/other/x.js", reply)
    server.fault = lambda asked, right: fault(asked, says(asked, right))
    return ids(look(server.url))


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        (Reply(200, [("Content-Type", "text/javascript")], b"1"), set()),
        (Reply(404), {"V010"}),
        (Reply(200, HTML, b"<!doctype html>"), {"V011"}),
        (Reply(200, [("Content-Type", "text/plain")], b"1"), {"V012"}),
        (Reply(200, [("Content-Type", "text/javascript")], b"1", length=9), {"V023"}),
        (Reply(302, [("Location", "/nowhere.js")]), {"V010"}),
        # Its bytes are no script's, and its type is not wrong for what it is.
        (Reply(302, [("Location", "/admin/login/")]), {"V011"}),
    ],
)
def test_what_is_elsewhere_is_held_to_what_browsers_enforce(server, reply, key):
    """And not to what a build would have made."""
    assert elsewhere(server, reply) == key


#: What pages say to the ids that it comes to.
HOSTILE = [
    ('<base href="http://[">', set()),
    ('<script type="importmap">{"imports": {"a": "http://[", "//[": "/x.js"}}</script>', set()),
    ('<script type="importmap">{"scopes": {"http://[": {"a": "/x.js"}}}</script>', set()),
    ('<script type="importmap">{"integrity": {"http://[": "sha384-x"}}</script>', set()),
    ('<script type="module">import "http://["; import "./[";</script>', set()),
    ("<style>@import 'http://[';</style>", set()),
    ("<![evil[ x ]]>", set()),
]


@pytest.mark.parametrize(("text", "keys"), HOSTILE, ids=[each[0] for each in HOSTILE])
def test_a_page_may_say_anything(server, text, keys):
    """It is looked at all the same."""
    server.fault = page_says(b"</body>", text.encode() + b"</body>")
    assert ids(look(server.url)) == keys


def test_what_was_not_read_of_a_page_is_said(server):
    """Where the parser gives up."""
    server.fault = page_says(b"</body>", b"<![evil[ x ]]></body>")
    assert any("only the beginning was read" in each for each in look(server.url).notes)
    server.reset()
    assert not any("only the beginning" in each for each in look(server.url).notes)


def test_what_was_not_read_of_a_style_sheet_is_said(server, monkeypatch):
    """Its beginning is; and what it names there is asked for."""
    monkeypatch.setattr(survey, "MOST_OF_FILE", 100)
    report = look(server.url)
    assert any(".css" in each and "only the beginning" in each for each in report.notes)
    assert (report.findings, report.assets) == ((), 11)


def test_a_module_may_import_anything(server):
    """What is no URL is passed over."""
    body = b'import "http://["; import "//[/x.js";'
    kind = [("Content-Type", "text/javascript")]
    assert elsewhere(server, Reply(200, kind, body)) == set()


def test_a_file_that_redirects_to_what_is_no_url(server):
    """Is not there, wherever it should be."""
    leads = Reply(302, [("Location", "http://[bad/")])
    assert elsewhere(server, leads) == {"V010"}
    server.fault = instead(".js", 302, location="http://[bad/")
    report = look(server.url)
    assert ids(report) == {"V014"}
    assert report.findings[0].what == "302 to http://[bad/, which is no URL"


def test_a_host_left_out_is_named_as_it_may_be_asked(server):
    """Without the user before it; and one is one."""
    says = b'<img src="http://127.0.0.1:1@evil.test/x.png"></body>'
    server.fault = page_says(b"</body>", says)
    notes = look(server.url).notes
    assert "1 URL at evil.test was not asked for: --host evil.test lets it be" in notes


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><p>Tea", "by 2 pages, so no static file was looked at"),
        (b'<!doctype html><img src="/x.png"><img src="/y.png">', "they name http://"),
    ],
)
def test_nothing_below_the_prefix_is_found(server, body, words):
    """Nothing was looked at, so nothing can be said to be right."""
    page = Reply(200, HTML, body)
    image = Reply(200, [("Content-Type", "image/png")], b"\x89PNG")
    images = {"/x.png": image, "/y.png": image}
    server.fault = lambda asked, reply: reply if asked.is_static else images.get(asked.path, page)
    report = look(server.url)
    assert [each.id for each in report.findings] == ["hiss.V007"]
    [found] = report.findings
    assert f"no file below {server.url}/static/ is named" in found.what
    assert words in found.what
    assert "--prefix" in found.cause
    assert not report.is_good


def test_a_wrong_prefix_is_found(server):
    """The pages name files, and none of them below it."""
    report = look(server.url, prefix="/assets/")
    assert "V007" in ids(report)
    assert ids(look(server.url, pages=("/nowhere/",), prefix="/assets/")) == {"V001"}


def test_what_is_elsewhere_is_asked_once(server):
    """It may be an application's."""
    elsewhere(server, Reply(200, [("Content-Type", "text/javascript")], b"1"))
    asked = [each for each in server.asked if each.path == "/other/x.js"]
    assert len(asked) == 1


def test_a_folder_that_django_built_is_compared_with(server, shop, tmp_path):
    """staticfiles.json says what is hashed, and the files what their bytes are."""
    root = tmp_path / "static"
    shutil.copytree(shop.root, root, ignore=shutil.ignore_patterns(".hiss"))
    paths = {each.name: each.file for each in shop.manifest.entries if each.immutable}
    (root / "staticfiles.json").write_text(json.dumps({"version": "1.1", "paths": paths}))
    server.fault = hide_hiss
    report = look(server.url, root=str(root))
    assert report.findings == ()
    assert report.checked["hiss.V021"] == 11
    (root / shop.file("js/old.js")).write_text("window.old = 2;")
    assert ids(look(server.url, root=str(root))) == {"V021"}


def test_modules_that_name_each_other_are_not_judged_by_their_names(server, shop):
    """Without a manifest: two files of the site do, so the names are not of one file's bytes."""
    server.fault = hide_hiss
    report = look(server.url)
    names = [shop.file("js/main.js"), shop.file("js/dep.js")]
    assert all(any(each.path.endswith(name) for each in server.asked) for name in names)
    assert report.findings == ()


@pytest.mark.parametrize(
    "document", [b"no", b"[]", b'{"id": 1}', b'{"id": "../x"}', b'{"id": "a", "releases": 1}']
)
def test_a_hiss_json_that_is_none(server, document):
    """Nothing is known of releases then."""
    reply = Reply(200, [("Content-Type", "application/json")], document)
    server.fault = at("/static/hiss.json", reply)
    report = look(server.url)
    assert report.release == ""
    assert report.findings == ()


def test_a_manifest_that_is_none_is_left_out(server):
    """The release is known, its files are not."""

    def fault(asked, reply):
        is_manifest = re.fullmatch(r"/static/hiss\.\w+\.json", asked.path)
        return replace(reply, body=b"{}").set(content_encoding=None) if is_manifest else reply

    server.fault = fault
    report = look(server.url)
    assert report.release
    assert any("--root" in each for each in report.notes)
    assert report.findings == ()


@pytest.mark.parametrize("etag", ["abc", '"a", "b"', "*", '"a"b'])
def test_a_tag_that_is_none_is_found(server, etag):
    """By the grammar of RFC 9110, 8.8.3."""
    server.fault = with_fields("", etag=etag)
    assert ids(look(server.url)) == {"V050"}


def test_a_server_that_does_not_close_does_not_hold_it_up(server):
    """HEAD is asked with Connection: close, and what may follow is not waited for long."""

    def linger(asked, reply):
        asked.fields.pop("connection", None)
        return reply

    server.fault = linger
    began = time.monotonic()
    report = look(server.url, timeout=0.2)
    assert report.findings == ()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("fields", "body", "content"),
    [
        ((), b"x", b"x"),
        ((("Content-Encoding", "identity"),), b"x", b"x"),
        ((("Content-Encoding", "x-gzip"),), b"no", None),
        ((("Content-Encoding", "compress"),), b"x", None),
    ],
)
def test_what_an_answer_holds(fields, body, content):
    """Without its coding; nothing where that is not known, or wrong."""
    assert Answer(Request("http://x/"), 200, fields, body).content == content


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/html", "é"),
        ("text/html; charset=latin-1", "Ã©"),
        ('text/html; charset="UTF-8"', "é"),
        ("text/html; charset=nonsense", "é"),
        ("text/html; charset=idna", "é"),
        ("text/html; charset=punycode", "é"),
        ("text/html; charset=undefined", "é"),
        ("text/html; charset=unicode_escape", "é"),
        ("text/html; charset=base64", "é"),
        ("text/html; charset=a\0b", "é"),
    ],
)
def test_the_text_of_an_answer(kind, text):
    """By the charset that it says, if there is one of that name."""
    answer = Answer(Request("http://x/"), 200, (("Content-Type", kind),), "é".encode())
    assert answer.text == text
