"""What pages, style sheets, scripts and manifests name."""

from __future__ import annotations

import time

import pytest

from hiss.verify.discover import (
    ImportMap,
    Want,
    find_in_manifest,
    find_in_page,
    find_in_script,
    find_in_style,
)

PAGE = "https://shop.example/tea/"
AT = "https://shop.example"

#: HTML to the URLs in it, and what for.
ELEMENTS = [
    ('<link rel="stylesheet" href="/a.css">', {("/a.css", Want.STYLE)}),
    ('<link rel="alternate stylesheet" href="/a.css">', set()),
    ('<LINK REL="Stylesheet" HREF="a.css">', {("/tea/a.css", Want.STYLE)}),
    ('<link rel="shortcut icon" href="/i.ico">', {("/i.ico", Want.IMAGE)}),
    ('<link rel="apple-touch-icon" href="/i.png">', {("/i.png", Want.IMAGE)}),
    ('<link rel="manifest" href="/m.webmanifest">', {("/m.webmanifest", Want.MANIFEST)}),
    ('<link rel="modulepreload" href="/m.js">', {("/m.js", Want.MODULE)}),
    ('<link rel="preload" as="font" href="/f.woff2" crossorigin>', {("/f.woff2", Want.FONT)}),
    ('<link rel="preload" as="fetch" href="/api">', set()),
    ('<link rel="canonical" href="/">', set()),
    (
        '<link rel="preload" as="image" imagesrcset="/1.png 1x, /2.png 2x">',
        {("/1.png", Want.IMAGE), ("/2.png", Want.IMAGE)},
    ),
    ('<script src="/a.js"></script>', {("/a.js", Want.SCRIPT)}),
    ('<script type="module" src="/a.js"></script>', {("/a.js", Want.MODULE)}),
    ('<script type="text/template" src="/a.html"></script>', set()),
    ('<script>import("/no.js"); "<img src=/no.png>"</script>', set()),
    ('<script type="module">import "./a.js"</script>', {("/tea/a.js", Want.MODULE)}),
    ('<img src=" /a.png ">', {("/a.png", Want.IMAGE)}),
    ('<img srcset="/a,b.png 1x,/c.png 2x">', {("/a,b.png", Want.IMAGE), ("/c.png", Want.IMAGE)}),
    ('<img src="data:image/png;base64,x">', set()),
    ('<img src="//cdn.example/a.png">', {("//cdn.example/a.png", Want.IMAGE)}),
    ("<img src>", set()),
    ('<img src="http://[::1/">', set()),
    ('<picture><source srcset="/a.avif"></picture>', {("/a.avif", Want.IMAGE)}),
    (
        '<video src="/a.webm" poster="/p.jpg"><track src="/t.vtt"></video>',
        {("/a.webm", Want.MEDIA), ("/p.jpg", Want.IMAGE), ("/t.vtt", Want.OTHER)},
    ),
    ('<svg><use href="/i.svg#tea"/><use href="#here"/></svg>', {("/i.svg", Want.IMAGE)}),
    ("<style>a{background:url(a.png)}</style>", {("/tea/a.png", Want.IMAGE)}),
    ("<style>@import '/b.css';</style>", {("/b.css", Want.STYLE)}),
    ("<p style=\"background: url('/a.png')\">", {("/a.png", Want.IMAGE)}),
    ('<template><img src="/a.png"></template><img src="/b.png">', {("/b.png", Want.IMAGE)}),
    ('<!-- <img src="/a.png"> -->', set()),
    ('<base href="/other/"><img src="a.png">', {("/other/a.png", Want.IMAGE)}),
    ('<a href="/a.pdf">', set()),
    ('<iframe src="/a.html">', set()),
]


def urls(uses):
    return {(each.url.removeprefix("https:").removeprefix("//shop.example"), each.want)
            for each in uses}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ELEMENTS, ids=[each[0] for each in ELEMENTS])
def test_what_a_page_names(text, expected):
    """As a browser would load it."""
    assert urls(find_in_page(PAGE, text).uses) == expected


def test_how_a_page_needs_it():
    """Integrity and CORS are the use's."""
    text = """<script src="/a.js" integrity="sha384-x" crossorigin></script>
              <script src="/b.js"></script><script type="module" src="/c.js"></script>"""
    found = {each.url: (each.integrity, each.cors) for each in find_in_page(PAGE, text).uses}
    assert found == {
        f"{AT}/a.js": ("sha384-x", True),
        f"{AT}/b.js": ("", False),
        f"{AT}/c.js": ("", True),
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('</a.css>; rel=preload; as="style"', {("/a.css", Want.STYLE)}),
        ("</a.js>;rel=modulepreload, </b.css>; rel=stylesheet",
         {("/a.js", Want.MODULE), ("/b.css", Want.STYLE)}),
        ('</a,b.woff2>; rel="preload"; as=font; crossorigin', {("/a,b.woff2", Want.FONT)}),
        ("<https://cdn.example>; rel=preconnect", set()),
        ("nonsense", set()),
    ],
)  # fmt: skip
def test_what_a_link_field_names(value, expected):
    """RFC 8288."""
    assert urls(find_in_page(PAGE, "", value).uses) == expected


#: What html.parser, or a regular expression, would take minutes over.
TIRING = {
    "comments that do not end": ("<!--" * 100_000, ""),
    "tags that do not end": ("<a " * 100_000, ""),
    "ends that do not end": ("</" * 100_000, ""),
    "instructions that do not end": ("<?" * 100_000, ""),
    "declarations that do not end": ("<!" * 100_000, ""),
    "a Link field": ("", "<" * 80_000),
    "a Link field's spaces": ("", "<a>" + " " * 80_000),
}


@pytest.mark.parametrize(("text", "link"), TIRING.values(), ids=TIRING)
def test_what_is_made_to_tire(text, link):
    """It takes as long as it is, and not as its square; what is before is found."""
    began = time.monotonic()
    named = find_in_page(PAGE, '<img src="/a.png">' + text, link)
    assert time.monotonic() - began < 12
    assert urls(named.uses) == {("/a.png", Want.IMAGE)}


def test_a_page_without_end_is_read_in_part():
    """Its first few MiB; and that is said."""
    text = '<img src="/a.png">' + "<p>" + "x" * 4_500_000 + '<img src="/b.png">'
    named = find_in_page(PAGE, text)
    assert (urls(named.uses), named.is_whole) == ({("/a.png", Want.IMAGE)}, False)
    assert find_in_page(PAGE, text[:60_000] + text[-18:]).is_whole


def test_a_page_in_pieces():
    """It is fed so, and means the same."""
    text = (
        '<script type="module">import "./a.js"; ' + "/* x */" * 20_000 + 'import "./b.js"</script>'
    )
    named = find_in_page(PAGE, text)
    assert urls(named.uses) == {("/tea/a.js", Want.MODULE), ("/tea/b.js", Want.MODULE)}
    assert named.is_whole


MAP = """<script type="importmap">{
    "imports": {"tea": "/js/tea.js", "lib/": "/lib/", "/js/old.js": "/js/new.js", "no": null},
    "scopes": {"/admin/": {"tea": "/js/admin-tea.js"}},
    "integrity": {"/js/tea.js": "sha384-x"}
}</script>"""


@pytest.mark.parametrize(
    ("source", "at", "expected"),
    [
        ("import 'tea'", "/js/a.js", "/js/tea.js"),
        ("import 'tea'", "/admin/a.js", "/js/admin-tea.js"),
        ("import x from 'lib/deep/x.js'", "/js/a.js", "/lib/deep/x.js"),
        ("import './old.js'", "/js/a.js", "/js/new.js"),
        ("import './b.js'", "/js/a.js", "/js/b.js"),
        ("import('https://shop.example/x.js')", "/js/a.js", "/x.js"),
        ("import 'bare'", "/js/a.js", None),
        ("new URL('./a.png', import.meta.url)", "/js/a.js", "/js/a.png"),
        ("new URL('.', import.meta.url)", "/js/a.js", None),
        ("import(name)", "/js/a.js", None),
        ("//# sourceMappingURL=a.js.map", "/js/a.js", None),
    ],
)
def test_what_a_script_names(source, at, expected):
    """By the page's import map."""
    known = find_in_page(PAGE, MAP).import_map
    found = [each.url for each in find_in_script(AT + at, source.encode(), PAGE, known)]
    assert found == ([AT + expected] if expected else [])


def test_an_import_map_names_modules():
    """With their integrity; what stands for a folder is none."""
    found = {each.url: each.integrity for each in find_in_page(PAGE, MAP).uses}
    assert found == {f"{AT}/js/tea.js": "sha384-x", f"{AT}/js/new.js": ""}


@pytest.mark.parametrize("text", ["[]", "{", '{"imports": []}', '{"scopes": 1}', "null"])
def test_an_import_map_that_is_none(text):
    """It names nothing."""
    named = find_in_page(PAGE, f'<script type="importmap">{text}</script>')
    assert (named.uses, named.import_map) == ([], ImportMap())


def test_what_a_style_sheet_names():
    """Fonts need CORS; a source map is nothing that a visitor loads."""
    sheet = b"""@import "b.css"; @font-face { src: url(f.woff2?v=1#x) }
        a { background: url(a.png) } /*# sourceMappingURL=a.css.map */"""
    found = {(each.url, each.want, each.cors) for each in find_in_style(f"{AT}/s/a.css", sheet, "")}
    assert found == {
        (f"{AT}/s/b.css", Want.STYLE, False),
        (f"{AT}/s/f.woff2?v=1", Want.FONT, True),
        (f"{AT}/s/a.png", Want.IMAGE, False),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"icons": [{"src": "i.png"}, {}], "screenshots": [{"src": "/s.png"}]}',
         {("/m/i.png", Want.IMAGE), ("/s.png", Want.IMAGE)}),
        ('{"icons": 1}', set()),
        ("[]", set()),
        ("no", set()),
    ],
)  # fmt: skip
def test_what_a_web_manifest_names(text, expected):
    """Its icons."""
    assert urls(find_in_manifest(f"{AT}/m/x.webmanifest", text.encode(), PAGE)) == expected
