"""Media types: what a name means, its charset, and whether it is worth compressing."""

import mimetypes
import re
import runpy
from pathlib import Path

import pytest

from hiss.http._media_table import COMPRESSIBLE, MEDIA_TYPES
from hiss.http.media import content_type, is_compressible, media_type, normalise_overrides

GENERATOR = Path(__file__).parents[2] / "scripts/generate_media_table.py"

BY_EXTENSION = """
    7z application/x-7z-compressed
    atom application/atom+xml
    avif image/avif
    br application/octet-stream
    bz2 application/x-bzip2
    cjs text/javascript
    css text/css
    csv text/csv
    eot application/vnd.ms-fontobject
    flac audio/flac
    geojson application/geo+json
    gif image/gif
    glb model/gltf-binary
    gltf model/gltf+json
    gz application/gzip
    heic image/heic
    htm text/html
    html text/html
    ico image/vnd.microsoft.icon
    ics text/calendar
    jpeg image/jpeg
    jpg image/jpeg
    js text/javascript
    json application/json
    json5 application/json5
    jsonld application/ld+json
    jxl image/jxl
    m3u8 application/vnd.apple.mpegurl
    m4a audio/mp4
    map application/json
    md text/markdown
    mjs text/javascript
    mp3 audio/mpeg
    mp4 video/mp4
    ogg audio/ogg
    opus audio/ogg
    otf font/otf
    pdf application/pdf
    png image/png
    rss application/rss+xml
    rtf application/rtf
    svg image/svg+xml
    svgz application/gzip
    tgz application/gzip
    toml application/toml
    ts video/mp2t
    ttc font/collection
    ttf font/ttf
    txt text/plain
    usdz model/vnd.usdz+zip
    vtt text/vtt
    wasm application/wasm
    wav audio/wav
    webm video/webm
    webmanifest application/manifest+json
    webp image/webp
    woff font/woff
    woff2 font/woff2
    xhtml application/xhtml+xml
    xml application/xml
    xz application/x-xz
    yaml application/yaml
    yml application/yaml
    zip application/zip
    zst application/zstd
"""


@pytest.mark.parametrize("line", BY_EXTENSION.strip().splitlines())
def test_extensions_of_the_web(line):
    """What a site serves has the type that browsers take and, where there is one, IANA's."""
    extension, expected = line.split()
    assert media_type(f"some/file.{extension}") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("css/app.0123456789ab.css", "text/css"),
        ("APP.JS", "text/javascript"),
        ("archive.tar.gz", "application/gzip"),
        ("app.js.br", "application/octet-stream"),
        ("app.js.zst", "application/zstd"),
        ("v1.2/LICENSE", "application/octet-stream"),
        ("file.nosuchtype", "application/octet-stream"),
        ("file.", "application/octet-stream"),
        (".js", "application/octet-stream"),
        ("dir.css/.html", "application/octet-stream"),
        (".eslintrc.json", "application/json"),
        ("js", "application/octet-stream"),
        ("dir.js/", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("логотип.svg", "image/svg+xml"),
        (".well-known/apple-app-site-association", "application/json"),
        ("crossdomain.xml", "text/x-cross-domain-policy"),
        ("notcrossdomain.xml", "application/xml"),
    ],
)
def test_names(name, expected):
    """The whole base name decides first, then the last extension; never a content coding."""
    assert media_type(name) == expected


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("a/app.js", {".js": "text/x-mine"}, "text/x-mine"),
        ("a/app.js", {"js": "text/x-mine"}, "text/x-mine"),
        ("a/APP.JS", {".js": "text/x-mine"}, "text/x-mine"),
        ("app.js", {".js": "text/dotted", "js": "text/bare"}, "text/dotted"),
        ("app.js", {"app.js": "text/whole", ".js": "text/x-mine"}, "text/whole"),
        ("my.app.js", {"app.js": "text/whole"}, "text/javascript"),
        ("app.mjs", {".js": "text/x-mine"}, "text/javascript"),
        ("types.d.ts", {".d.ts": "text/plain"}, "text/plain"),
        ("a.b.d.ts", {".ts": "text/x-mine", ".d.ts": "text/plain"}, "text/plain"),
        ("movie.ts", {".d.ts": "text/plain"}, "video/mp2t"),
        ("crossdomain.xml", {".xml": "text/xml"}, "text/x-cross-domain-policy"),
        ("crossdomain.xml", {"crossdomain.xml": "text/xml"}, "text/xml"),
        ("apple-app-site-association", {"apple-app-site-association": "text/a"}, "text/a"),
        ("LICENSE", {"license": "text/plain"}, "text/plain"),
        ("a.new", {".new": "Text/New; charset=latin-1"}, "text/new"),
    ],
)
def test_overrides_win(name, overrides, expected):
    """An override wins over the table: by whole name, then by its longest extension."""
    assert media_type(name, overrides) == expected


@pytest.mark.parametrize(
    ("name", "overrides", "charset", "expected"),
    [
        ("app.css", {}, "utf-8", "text/css; charset=utf-8"),
        ("app.mjs", {}, "utf-8", "text/javascript; charset=utf-8"),
        ("app.css", {}, "latin-1", "text/css; charset=latin-1"),
        ("app.css", {}, "", "text/css"),
        ("app.css", {}, None, "text/css"),
        ("app.json", {}, "utf-8", "application/json"),
        ("sitemap.xml", {}, "utf-8", "application/xml"),
        ("logo.svg", {}, "utf-8", "image/svg+xml"),
        ("logo.png", {}, "utf-8", "image/png"),
        ("dump.sql", {}, "utf-8", "application/sql; charset=utf-8"),
        ("unknown", {}, "utf-8", "application/octet-stream"),
        (
            "a.js",
            {".js": "application/javascript"},
            "utf-8",
            "application/javascript; charset=utf-8",
        ),
        ("a.txt", {".txt": "text/plain;charset=koi8-r"}, "utf-8", "text/plain;charset=koi8-r"),
        ("a.md", {".md": "text/markdown; variant=GFM"}, "utf-8", "text/markdown; variant=GFM"),
        ("a.foo", {".foo": "TEXT/Foo"}, "utf-8", "TEXT/Foo; charset=utf-8"),
    ],
)
def test_content_type(name, overrides, charset, expected):
    """Text carries the charset, unquoted; what names its own encoding, and parameters, stay."""
    assert content_type(name, overrides, charset) == expected


def test_content_type_defaults_to_utf_8():
    """With nothing configured, text is UTF-8."""
    assert content_type("index.html") == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "kind",
    [
        "text/css",
        "text/javascript; charset=utf-8",
        "Text/Never-Heard-Of",
        "application/json",
        "application/manifest+json",
        "application/vnd.mine+JSON;v=1",
        "application/xml",
        "image/svg+xml",
        "application/raml+yaml",
        "application/yaml",
        "application/wasm",
        "application/octet-stream",
        "application/vnd.ms-fontobject",
        "font/ttf",
        "font/otf",
        "font/collection",
        "image/bmp",
        "image/vnd.microsoft.icon",
        "image/x-icon",
        "model/gltf-binary",
        "video/lottie+json",
    ],
)
def test_compressible(kind):
    """What is text, or has slack in it, is compressed, whatever its parameters and case."""
    assert is_compressible(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "font/woff",
        "font/woff2",
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/avif",
        "image/vnd.adobe.photoshop",
        "image/vnd.ms-dds",
        "audio/mpeg",
        "audio/wav",
        "video/mp4",
        "video/mp2t",
        "application/zip",
        "application/gzip",
        "application/zstd",
        "application/pdf",
        "application/epub+zip",
        "model/vnd.usdz+zip",
        "application/json+zip; x=text/plain",
        "",
    ],
)
def test_not_compressible(kind):
    """What is packed already is left alone."""
    assert not is_compressible(kind)


def test_normalise_overrides_folds_case_and_space():
    """Overrides come out with lower-case keys and trimmed values, ready for `media_type`."""
    given = {" .JS ": " text/x-mine ", "Robots.TXT": "text/plain; charset=UTF-8"}
    overrides = normalise_overrides(given)
    assert overrides == {".js": "text/x-mine", "robots.txt": "text/plain; charset=UTF-8"}
    assert media_type("a.js", overrides) == "text/x-mine"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("", "text/css", "names no file"),
        (" ", "text/css", "names no file"),
        (".", "text/css", "names no file"),
        ("css/App.css", "text/css", "has a slash; .* write 'App.css'"),
        ("dir/", "text/css", "has a slash; .* write '.ext'"),
        ("*.js", "text/javascript", 'is a pattern; .* write one like ".js"'),
        (".js", "", "no media type"),
        (".js", "javascript", "no media type"),
        (".js", "text/", "no media type"),
        (".js", "text/a b", "no media type"),
        (".js", "text/javascript\r\nSet-Cookie: a=b", "no media type"),
        (".js", "text/javascript; a=\nb", "no media type"),
        (".js", "text/jаvascript", "no media type"),
    ],
)
def test_normalise_overrides_refuses(key, value, message):
    """A key that can match nothing, or a value that is no field value, is named with its cure."""
    with pytest.raises(ValueError, match=message) as caught:
        normalise_overrides({key: value})
    assert repr(key) in str(caught.value)


def test_normalise_overrides_names_every_fault_at_once():
    """All faults are in one message, so that one run is enough to mend them."""
    with pytest.raises(ValueError, match=r"names no file.*a slash.*no media type"):
        normalise_overrides({"": "text/css", "a/b": "text/css", ".js": "nonsense"})


def test_table_is_sorted_lower_case_and_without_dots():
    """The table's keys are looked up as they are: lower case, the last extension, sorted."""
    assert list(MEDIA_TYPES) == sorted(MEDIA_TYPES)
    assert [key for key in MEDIA_TYPES if key != key.lower() or not key or "." in key] == []
    assert len(MEDIA_TYPES) > 1200


def test_table_holds_bare_lower_case_types():
    """Every type is an essence: type/subtype, lower case, without parameters."""
    bare = re.compile(r"[a-z0-9-]+/[a-z0-9][a-z0-9.+_-]*")
    assert [
        kind for kind in {*MEDIA_TYPES.values(), *COMPRESSIBLE} if not bare.fullmatch(kind)
    ] == []


def test_table_leaves_out_what_is_compressible_by_its_look():
    """The generator and `is_compressible` agree on which types need no entry."""
    by_look = ("+json", "+xml", "+text", "+yaml")
    assert [k for k in COMPRESSIBLE if k.startswith("text/") or k.endswith(by_look)] == []


def test_table_holds_the_generators_exceptions():
    """The committed table is no older than the script's overrides and compressible additions."""
    script = runpy.run_path(str(GENERATOR))
    assert script["OVERRIDES"].items() <= MEDIA_TYPES.items()
    assert script["COMPRESSIBLE_TOO"] <= COMPRESSIBLE
    assert script["PACKED"].isdisjoint(COMPRESSIBLE)
    assert f"mime-db {script['MIME_DB']}" in (
        GENERATOR.parent.parent / "src/hiss/http/_media_table.py"
    ).read_text(encoding="utf-8")


# Where Hiss differs from a stdlib on purpose: all that Python 3.11 to 3.15 say.
DELIBERATE = {
    ".js": {"application/javascript"},  # until 3.12; RFC 9239
    ".mjs": {"application/javascript"},
    ".xml": {"text/xml"},  # the charset of text/* would overrule the XML declaration
    ".rtf": {"text/rtf"},  # from 3.14; RTF names its own code page
    ".wav": {"audio/x-wav", "audio/vnd.wave"},
    ".3gp": {"audio/3gpp"},  # with pictures more often than not
    ".avi": {"video/vnd.avi"},  # from 3.15; players know the older name
    ".opus": {"audio/opus"},  # the file is Ogg; audio/opus is for RTP (RFC 7587)
    ".srt": {"text/plain"},  # what players ask for, and no guess at its encoding
    ".obj": {"application/octet-stream"},  # a 3D model on the web, not a compiler's output
}
WELL_KNOWN = """
    .3gp .avi .avif .bmp .css .csv .doc .gif .gz .heic .htm .html .ico .jpe .jpeg .jpg .js .json
    .m3u8 .md .mid .mjs .mov .mp3 .mp4 .mpeg .mpg .obj .opus .otf .pdf .png .ppt .ps .rtf .sh .srt
    .svg .swf .tar .tif .tiff .tsv .ttf .txt .vtt .wasm .wav .webm .webmanifest .webp .woff .woff2
    .xls .xml .yaml .zip
"""


def test_agrees_with_the_standard_library():
    """Well-known types are the stdlib's own (not the system's), but for the differences listed."""
    theirs = mimetypes.MimeTypes().types_map[True]
    known = [extension for extension in WELL_KNOWN.split() if extension in theirs]
    assert len(known) > 40
    differ = {e: theirs[e] for e in known if theirs[e] != media_type(f"file{e}")}
    assert {e: kind for e, kind in differ.items() if kind not in DELIBERATE.get(e, ())} == {}
