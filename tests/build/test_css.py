"""Every reference of a style sheet is found, at its bytes, and nothing else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.build.css import find_references, unescape
from hiss.build.references import Kind, Reference

URL, IMPORT, SET, SRC, MAP = (
    Kind.CSS_URL,
    Kind.CSS_IMPORT,
    Kind.CSS_IMAGE_SET,
    Kind.CSS_SRC,
    Kind.SOURCE_MAP,
)
NUL = "\ufffd"


def one(raw: bytes, kind: Kind = URL, url: str | None = None) -> list[tuple[bytes, str, Kind]]:
    return [(raw, raw.decode() if url is None else url, kind)]


def many(*found: tuple[bytes, Kind]) -> list[tuple[bytes, str, Kind]]:
    return [(raw, raw.decode(), kind) for raw, kind in found]


NONE: list[tuple[bytes, str, Kind]] = []

TABLE = {
    "url() without quotes": [
        (b"a{background:url(a.png)}", one(b"a.png")),
        (b"a{background:URL(a.png)}", one(b"a.png")),
        (b"a{background:uRl( \t\r\n\fa.png \n )}", one(b"a.png")),
        (b"@font-face{src:url(x.eot?#iefix) format('eot')}", one(b"x.eot?#iefix")),
        (b"a{b:url(a.png),url(b.png) , url(../c/d.png)}", many(*((x, URL) for x in (
            b"a.png", b"b.png", b"../c/d.png")))),
        (b"a{fill:url(#id)}", one(b"#id")),
        (b"a{b:url(data:image/png;base64,AAA=)}", one(b"data:image/png;base64,AAA=")),
        (b"a{b:url(//cdn.example/a.png)}", one(b"//cdn.example/a.png")),
        (b"a{b:url(/*c*/a.png)}", one(b"/*c*/a.png")),
        (b"a{b:url(a<!--b)}", one(b"a<!--b")),
        (b"a{b:url(a;b{c}d[e]@import)}", one(b"a;b{c}d[e]@import")),
        ("a{b:url(bücher/日本.png)}".encode(), one("bücher/日本.png".encode())),
        (b"a{b:url(\xff.png)}", one(b"\xff.png", url="\ufffd.png")),
        (b"a{b:url(a\0b)}", one(b"a\0b", url=f"a{NUL}b")),
        (b"--x: url(a.png)", one(b"a.png")),
        (b"a{--x:{b:url(a.png)}}", one(b"a.png")),
        (b"a{behavior:url(pie.htc)}", one(b"pie.htc")),
        (b"@media print{a{b:url(a.png)}}", one(b"a.png")),
        (b"cross-fade(url(a.png), url(b.png), 50%)", many((b"a.png", URL), (b"b.png", URL))),
        (b"a{b:url(a.png)url(b.png)}", many((b"a.png", URL), (b"b.png", URL))),
        (b"a{b:url(a.png", one(b"a.png")),
        (b"a{b:url(a.png  ", one(b"a.png")),
    ],
    "url() that names nothing": [
        (b"a{b:url()}", NONE),
        (b"a{b:url( \n )}", NONE),
        (b"a{b:url('')}", NONE),
        (b"a{b:url(' ')}", NONE),
        (b"a{b:url(\"\\\n\")}", NONE),
        (b"a{b:url(", NONE),
        (b"a{b:url(  ", NONE),
        (b"@import '';", NONE),
        (b"image-set('' 1x)", NONE),
    ],
    "url() with quotes": [
        (b"a{b:url(\"a b.png\")}", one(b"a b.png")),
        (b"a{b:url('a\"(b).png')}", one(b"a\"(b).png")),
        (b"a{b:url(\r\n 'a.png'\t)}", one(b"a.png")),
        (b"a{b:url('a.png' crossorigin(anonymous))}", one(b"a.png")),
        (b"a{b:url('a.png'/**/)}", one(b"a.png")),
        (b"a{b:url('a.png' 'b.png')}", one(b"a.png")),
        (b"a{b:url('/*a.png*/')}", one(b"/*a.png*/")),
        (b"a{b:url('url(a.png)')}", one(b"url(a.png)")),
        (b"a{b:url(  'data:image/svg+xml,<svg xmlns=\"http://a/b\"/>')}",
         one(b"data:image/svg+xml,<svg xmlns=\"http://a/b\"/>")),
        (b"a{b:url('a.png", one(b"a.png")),
        (b"a{b:url('a.png\\", one(b"a.png")),
        (b"a{b:url('a.png'", one(b"a.png")),
    ],
    "escapes": [
        (rb"a{b:u\72l(a.png)}", one(b"a.png")),
        (rb"a{b:\75\72\6c(a.png)}", one(b"a.png")),
        (rb"a{b:\000075 rl(a.png)}", one(b"a.png")),
        (b"a{b:\\75\r\nrl('a.png')}", one(b"a.png")),
        (rb"a{b:\55 R\L(a.png)}", one(b"a.png")),
        (rb"a{b:ur\l(a.png)}", one(b"a.png")),
        (rb"a{b:url(a\ b\(\).png)}", one(rb"a\ b\(\).png", url="a b().png")),
        (rb"a{b:url(a\20 b)}", one(rb"a\20 b", url="a b")),
        (rb"a{b:url(a\20 )}", one(rb"a\20 ", url="a ")),
        (rb"a{b:url(\41\042\00043)}", one(rb"\41\042\00043", url="ABC")),
        (rb"a{b:url('\0000411')}", one(rb"\0000411", url="A1")),
        (rb"a{b:url('\1F600.png')}", one(rb"\1F600.png", url="\U0001f600.png")),
        (rb"a{b:url('\0 \d800 \110000')}", one(rb"\0 \d800 \110000", url=NUL * 3)),
        (b"a{b:url('a\\\nb\\\r\nc\\\fd\\\re')}", one(b"a\\\nb\\\r\nc\\\fd\\\re", url="abcde")),
        (b"a{b:url('a\\41\nb\\41\r\nc')}", one(b"a\\41\nb\\41\r\nc", url="aAbAc")),
        (rb"a{b:url('\'\"\\')}", one(rb"\'\"\\", url="'\"\\")),
        ("a{b:url(\\é)}".encode(), one("\\é".encode(), url="é")),
        (b"a{b:url(a\\", one(b"a\\", url=f"a{NUL}")),
        (b"a{b:url(a\\\0)}", one(b"a\\\0", url=f"a{NUL}")),
        (rb"@\69mport 'a.css';", one(b"a.css", IMPORT)),
        (rb"@im\50 ort 'a.css';", one(b"a.css", IMPORT)),
        (rb"im\61ge-set('a.png' 1x)", one(b"a.png", SET)),
        (rb"\2dwebkit-image-set('a.png' 1x)", one(b"a.png", SET)),
        (rb"\73rc('a.woff')", one(b"a.woff", SRC)),
        (rb".sm\:u\72l (a.png)", NONE),
        (rb".a\/b{c:url(d)}", one(b"d")),
        (rb".a\"b{c:url(d)}/*'*/", one(b"d")),
        (b"a\\\nurl(b)", one(b"b")),
    ],
    "names that only end as url does": [
        (b"a{b:fourl(a.png)}", NONE),
        (b"a{b:-url(a.png)}", NONE),
        (b"a{b:--url(a.png)}", NONE),
        (b"a{b:_url(a.png)}", NONE),
        ("a{b:éurl(a.png)}".encode(), NONE),
        (b"a{b:\0url(a.png)}", NONE),
        (rb"a{b:\66 url(a.png)}", NONE),
        (rb"a{b:\66url(a.png)}", NONE),
        (rb"a{b:\:url(a.png)}", NONE),
        (rb"a{b:url\28(a.png)}", NONE),
        (b"a{b:1url(a.png) 1.5url(a) 1e3url(a) 1-url(a) 1--url(a)}", NONE),
        (rb"a{b:1u\72l(a.png)}", NONE),
        (b"a{b:#url(a.png)}", NONE),
        (rb"a{b:#\66 url(a.png) #u\72l(b)}", NONE),
        (rb"@url(a.png);@u\72l(b);@\66 url(c)", NONE),
        (b"a{b:url-prefix(a.png) url (a.png) url/**/(a.png)}", NONE),
        (b"a{b:xsrc('a') my-image-set('a' 1x) src-x('a')}", NONE),
        ("a{b:-web\u212ait-image-set('a' 1x)}".encode(), NONE),
        (b"a{b:+url(a) *url(b) 1%url(c) 1.url(d) ,url(e) =url(f)}",
         many(*((bytes([x]), URL) for x in b"abcdef"))),
        (b"<!--url(a)-->url(b)", many((b"a", URL), (b"b", URL))),
        (b"<!--u\\72l(a)", one(b"a")),
        (rb"\<!--url(a)", NONE),
        (b"a<!---url(a)", NONE),
        (b"a-->url(a)", one(b"a")),
    ],
    "comments and strings": [
        (b"/*url(a.png)*/", NONE),
        (b"/* @import 'a.css'; */b{c:url(d)}", one(b"d")),
        (b"/*/url(a.png)*/", NONE),
        (b"/**/url(a.png)/***/url(b.png)/* * / */", many((b"a.png", URL), (b"b.png", URL))),
        (b"/*'*/url(a.png)/*'*/", one(b"a.png")),
        (b"a{b:url(a)}/* url(b)", one(b"a")),
        (b"a{content:'url(x.png)'}", NONE),
        (b'a{content:"url(x.png)"}', NONE),
        (b"a{content:'\\'url(x.png)'}", NONE),
        (b"a{content:'\\\n url(x.png)'}", NONE),
        (b"a{content:'/*'}b{c:url(d)}/**/", one(b"d")),
        (b"a{content:\"@import 'a.css'\"}", NONE),
        (b"a{content:'url(x.png)", NONE),
        (b"a/url(b)", one(b"b")),
    ],
    "what is broken": [
        (b"a{b:url(a b)} c{d:url(e)}", one(b"e")),
        (b"a{b:url(a'b)} c{d:url(e)}", one(b"e")),
        (b"a{b:url(a(b)} c{d:url(e)}", one(b"e")),
        (b"a{b:url(a\x01b)} c{d:url(e)}", one(b"e")),
        (b"a{b:url(a\x0bb)} c{d:url(e)}", one(b"e")),
        (b"a{b:url(a\\\nb)} c{d:url(e)}", one(b"e")),
        (rb"a{b:url(a b\)url(c)} d{e:url(f)}", one(b"f")),
        (rb"a{b:url(a b\\)url(c)", one(b"c")),
        (b"a{b:url(a b", NONE),
        (b"a{b:url('a\n)} c{d:url(e)}", one(b"e")),
        (b"a{b:'x\nc:url(d);e:'f'}", one(b"d")),
        (b"a{b:'x\rc:url(d)}", one(b"d")),
        (b"a{b:'x\fc:url(d)}", one(b"d")),
        (b"@import 'a.css\n;b{c:url(d)}", one(b"d")),
        (b"a{b:)]}url(c)", one(b"c")),
        (b"", NONE),
        (b"\\", NONE),
        (b"@", NONE),
        (b"'", NONE),
        (b"/*", NONE),
        (b"u\\72l", NONE),
    ],
    "@import": [
        (b"@import 'a.css';", one(b"a.css", IMPORT)),
        (b'@import"a.css";', one(b"a.css", IMPORT)),
        (b"@IMPORT 'a.css'", one(b"a.css", IMPORT)),
        (b"@import url(a.css);", one(b"a.css", IMPORT)),
        (b"@import url( 'a.css' ) screen;", one(b"a.css", IMPORT)),
        (b"@import src('a.css');", one(b"a.css", IMPORT)),
        (rb"@import u\72l(a.css);", one(b"a.css", IMPORT)),
        (b"@import/**/ /*;*/\r\n'a.css';", one(b"a.css", IMPORT)),
        (b"@import/**/url(a.css);", one(b"a.css", IMPORT)),
        (b"@import 'a.css' layer(b.c) supports(display:grid) (width>1px);", one(b"a.css", IMPORT)),
        (b"@import 'a.css' supports(content:'b.css') 'c.css';", one(b"a.css", IMPORT)),
        (b"@import 'a.css' supports(b:url(c));", many((b"a.css", IMPORT), (b"c", URL))),
        (b"@charset 'utf-8';@import 'a.css';@import 'b.css';",
         many((b"a.css", IMPORT), (b"b.css", IMPORT))),
        (b"@layer a;@import 'a.css' layer;", one(b"a.css", IMPORT)),
        (b"@import url(a b);@import 'c';", one(b"c", IMPORT)),
        (b"@import url();", NONE),
        (b"@import (less) 'a.css';", NONE),
        (b"@import a 'b.css';", NONE),
        (b"@import;'a.css'", NONE),
        (b"@important 'a.css';@import-x 'a';@imports 'a';@-import 'a'", NONE),
        (b"@ import 'a.css';", NONE),
        (rb"@import\20 'a.css';", NONE),
        (b"@import 'a.css", one(b"a.css", IMPORT)),
        (b"@import url(a.css", one(b"a.css", IMPORT)),
        (b"@import", NONE),
        (b"@import /*", NONE),
        (b"import 'a.css'", NONE),
        (b"@import 'https://a.example/b.css';", one(b"https://a.example/b.css", IMPORT)),
    ],
    "at-rules whose strings and urls are no files": [
        (b"@namespace 'http://www.w3.org/1999/xhtml';", NONE),
        (b"@namespace url(http://www.w3.org/1999/xhtml);", NONE),
        (b"@NAMESPACE svg url('http://www.w3.org/2000/svg');", NONE),
        (b"@namespace/**/svg/**/url(http://a);b{c:url(d)}", one(b"d")),
        (rb"@n\61mespace svg url(a);", NONE),
        (b"@namespace;b{c:url(d)}", one(b"d")),
        (b"@charset 'utf-8';", NONE),
        (b"@layer 'a';@media 'b'{}", NONE),
    ],
    "image-set()": [
        (b"a{b:image-set('a.png' 1x, \"b.png\" 2x)}", many((b"a.png", SET), (b"b.png", SET))),
        (b"a{b:-webkit-image-set(url(a.png) 1x, 'b.png' 2x)}",
         many((b"a.png", URL), (b"b.png", SET))),
        (b"a{b:IMAGE-SET('a.avif' type('image/avif'), 'b.png' type(\"image/png\"))}",
         many((b"a.avif", SET), (b"b.png", SET))),
        (b"image-set(type('a') 'b')", one(b"b", SET)),
        (b"image-set(('a') ['b'] {'c'} 'd') 'e'", one(b"d", SET)),
        (b"image-set(url('a') 'b' url(c) 'd') 'e'",
         many((b"a", URL), (b"b", SET), (b"c", URL), (b"d", SET))),
        (b"image-set(src('a') 1x, 'b')", many((b"a", SRC), (b"b", SET))),
        (b"image-set(/*'a'*/'b'/*)*/,'c')'d'", many((b"b", SET), (b"c", SET))),
        (b"image-set(cross-fade(url(a), 'b'), 'c')", many((b"a", URL), (b"c", SET))),
        (b"cross-fade(image-set('a' 1x), 'b')", one(b"a", SET)),
        (b"image-set(']})' '}', x(']') 'a')", many((b"]})", SET), (b"}", SET), (b"a", SET))),
        (b"image-set(] } 'a')", one(b"a", SET)),
        (b"image-set([)'a'] 'b')", one(b"b", SET)),
        (b"image-set(image-set('a') 'b') 'c'", many((b"a", SET), (b"b", SET))),
        (b"image-set(#url(b) #x('c') 'd')", one(b"d", SET)),
        (rb"image-set(\66 url(b) \:x('c') 'd')", one(b"d", SET)),
        (b"image-set('a' 1x", one(b"a", SET)),
        (b"image-set('a", one(b"a", SET)),
        (b"image-set('a\n'b')", one(b"b", SET)),
        (rb"image-set('a\'b')", one(rb"a\'b", SET, "a'b")),
        (b"image-set(<!--'a') 'b'", one(b"a", SET)),
    ],
    "src()": [
        (b"a{b:src('a.png')}", one(b"a.png", SRC)),
        (b"a{b:SRC( /**/ \"a.png\" crossorigin(anonymous) 'b')}", one(b"a.png", SRC)),
        (b"a{b:src(var(--a))}", NONE),
        (b"a{b:src(a.png)}", NONE),
        (b"a{b:src(a 'b.png')}", NONE),
        (b"a{filter:x(src='b.png')}", NONE),
        (b"@font-face{src:'a.woff'}", NONE),
    ],
    "source maps": [
        (b"a{}\n/*# sourceMappingURL=a.css.map */\n", one(b"a.css.map", MAP)),
        (b"a{}/*# sourceMappingURL=a.css.map*/", one(b"a.css.map", MAP)),
        (b"a{}/*@ sourceMappingURL=a.css.map */", one(b"a.css.map", MAP)),
        (b"/*#sourceMappingURL=a.map */", one(b"a.map", MAP)),
        (b"/*# sourceMappingURL=a.map */b{c:url(d)}/*# sourceMappingURL=e.map */",
         many((b"d", URL), (b"e.map", MAP))),
        (b"/*# sourceMappingURL=a.map */b{c:url(d)}", many((b"a.map", MAP), (b"d", URL))),
        (b"@import /*# sourceMappingURL=a.map */ 'b';", many((b"a.map", MAP), (b"b", IMPORT))),
        (b"/*# sourceMappingURL=data:application/json;base64,e30= */",
         one(b"data:application/json;base64,e30=", MAP)),
        (rb"/*# sourceMappingURL=a\62.map */", one(rb"a\62.map", MAP)),
        (b"/*# sourceMappingURL=a.map", one(b"a.map", MAP)),
        (b"/*# sourceMappingURL=\0.map */", one(b"\0.map", MAP, f"{NUL}.map")),
        (b"/*# sourceMappingURL= */", NONE),
        (b"/*# sourceMappingURL=a b */", NONE),
        (b"/* # sourceMappingURL=a.map */", NONE),
        (b"/*# sourceURL=a.css */", NONE),
        (b"'/*# sourceMappingURL=a.map */'", NONE),
        (b"//# sourceMappingURL=a.map", NONE),
    ],
    "offsets": [
        (b"\xef\xbb\xbfurl(a.png)", one(b"a.png")),
        (b"\xef\xbb\xbf@import 'a.css';", one(b"a.css", IMPORT)),
        (b"\xef\xbb\xbfu\\72l(a)", one(b"a")),
        ("/* é */\r\n.日本{\r\nb:url(a.png)\r\n}".encode(), one(b"a.png")),
    ],
}  # fmt: skip
ROWS = [
    pytest.param(css, expected, id=f"{group}-{number}")
    for group, rows in TABLE.items()
    for number, (css, expected) in enumerate(rows)
]


@pytest.mark.parametrize(("css", "expected"), ROWS)
def test_finds(css, expected):
    """Each construct gives its references: their raw bytes, what these say, and the kind."""
    found = find_references(css)
    assert [(css[ref.start : ref.end], ref.url, ref.kind) for ref in found] == expected


def test_offsets_count_bytes():
    css = "\ufeff/* é\r\n */a{b:url( 'ü.png' )}".encode()
    start = css.index("ü".encode())
    assert find_references(css) == [Reference(start, start + 6, "ü.png", URL)]


def test_long_names_are_no_functions():
    """A name longer than any that matters is not taken for its last letters."""
    for length in range(1, 40):
        assert find_references(b"a" * length + b"image-set('a')") == []
        assert find_references(b"#" + b"a" * length + b"url(a)") == []
        assert find_references(b"a" * length + rb"u\72l(a)") == []


FRAGMENTS = (
    [css for rows in TABLE.values() for css, _ in rows]
    + [bytes([byte]) for byte in b"\"'()[]{}\\/*@#-<! \n\r;:,=a0"]
    + [b"url(", b"src(", b"image-set(", b"@import ", b"@namespace ", b"/*", b"*/", b"<!--"]
    + [b"/*# sourceMappingURL=", b"\\75 rl(", b"\\", b"\xc3\xa9", b"\xff", b"type("]
)
SHEETS = st.binary() | st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=3)).map(b"".join)


@given(SHEETS)
def test_any_bytes(css):
    """Any bytes have references, in order and apart, whose raw text says their url."""
    before = 0
    for ref in find_references(css):
        assert before <= ref.start < ref.end <= len(css)
        before = ref.end + 1
        raw = css[ref.start : ref.end]
        assert ref.url == unescape(raw) or (ref.kind is MAP and b"\\" in raw)
        assert ref.url.strip(" \t\r\n\f")


@given(SHEETS)
def test_splice(css):
    """What is written over the references is what the file then refers to."""
    pieces, expected, at = [], [], 0
    for number, ref in enumerate(find_references(css)):
        url = f"../{number}.0123456789ab.png"
        pieces += [css[at : ref.start], url.encode()]
        expected.append((url, ref.kind))
        at = ref.end
    spliced = b"".join([*pieces, css[at:]])
    assert [(ref.url, ref.kind) for ref in find_references(spliced)] == expected


SHAPES = [
    b"/*", b"/**/", b"/*# sourceMappingURL=", b"/*# sourceMappingURL=a*/",
    b"url(", b"url( ", b"url( a ", b"url(a)", b'url("', b'url("a"', b"url(\\", b"#url(", b"\\75rl(",
    b"src(", b"src('", b"src(/**/", b"image-set(", b"image-set('a'", b"image-set({",
    b"\\", b"\\\n", b"\\a", b"\\a ", b"\\a(", b'"', b"'", b'"\\', b'"\n', b"'\"",
    b"(", b")", b"()", b"{", b"a", b"-", b"0", b"#", b"<!--", b"\0", b"\xff",
    b"@", b"@a", b"@a\\a", b"@import", b"@import ", b"@import/**/", b"@import'a'", b"@namespace a ",
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
@pytest.mark.parametrize("before", [b"", b"image-set(", b"url(a ", b"'"], ids=repr)
def test_takes_linear_time(before, shape):
    """No input makes the scanner go back: 200 kB take a fraction of a second."""
    css = before + shape * (200_000 // len(shape))
    started = time.perf_counter()
    find_references(css)
    assert time.perf_counter() - started < 5


def test_passes_a_long_data_url_at_once():
    data = b"data:image/png;base64," + b"A" * 2**23
    css = b"a{b:url(" + data + b")}c{d:url('" + data + b"')}e{f:url(g)}"
    started = time.perf_counter()
    assert [len(ref.url) for ref in find_references(css)] == [len(data), len(data), 1]
    assert time.perf_counter() - started < 2
