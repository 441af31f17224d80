"""What a reference points to, by its form and by where it stands."""

import pytest

from hiss.build.references import Kind, Reference
from hiss.build.resolve import resolve

IMPORT, URL, JS_URL, MAP = Kind.JS_IMPORT, Kind.CSS_URL, Kind.JS_URL, Kind.SOURCE_MAP

CASES = [
    # Relative, from where the file stands.
    (URL, "css/app.css", "a.png", "css/a.png"),
    (URL, "css/app.css", "./a.png", "css/a.png"),
    (URL, "css/app.css", "../img/a.png", "img/a.png"),
    (URL, "css/app.css", "img/./b/../a.png", "css/img/a.png"),
    (URL, "app.css", "a.png", "a.png"),
    # As a browser has it: out of the prefix it is another's, and back in it is ours again.
    (URL, "app.css", "../a.png", None),
    (URL, "css/app.css", "../../a.png", None),
    (URL, "css/app.css", "../../static/a.png", "a.png"),
    (URL, "css/app.css", "../../../../static/a.png", "a.png"),
    (URL, "css/app.css", "/static/../a.png", None),
    # A folder is no file.
    (URL, "css/app.css", "img/", None),
    (URL, "css/app.css", "img/.", None),
    (URL, "css/app.css", "..", None),
    (JS_URL, "js/app.js", ".", None),
    (JS_URL, "js/app.js", "./", None),
    # An empty segment is a name of its own, which no file has.
    (URL, "css/app.css", "img//a.png", "css/img//a.png"),
    # Queries and fragments do not count.
    (URL, "css/app.css", "a.eot?#iefix", "css/a.eot"),
    (URL, "css/app.css", "a.svg#icon", "css/a.svg"),
    (URL, "css/app.css", "a.svg?v=1/2#x/y", "css/a.svg"),
    (URL, "css/app.css", "#icon", None),
    (URL, "css/app.css", "?v=1", None),
    (URL, "css/app.css", "", None),
    # Spaces around, as browsers strip them; not those within.
    (URL, "css/app.css", " \t\n a.png \f", "css/a.png"),
    (URL, "css/app.css", "my a.png", "css/my a.png"),
    # Percent-encoding is undone, once.
    (URL, "css/app.css", "my%20a.png", "css/my a.png"),
    (URL, "css/app.css", "%C3%BC.png", "css/ü.png"),
    (URL, "css/app.css", "ü.png", "css/ü.png"),
    (URL, "css/app.css", "a%2520.png", "css/a%20.png"),
    (URL, "css/app.css", "a%3Fb%23.png", "css/a?b#.png"),
    # But for a separator, which would be another one.
    (URL, "css/app.css", "d%2Fa.png", "css/d%2Fa.png"),
    (URL, "css/app.css", "d%2fa%20.png", "css/d%2fa%20.png"),
    (URL, "css/app.css", "d%5Ca.png", "css/d%5Ca.png"),
    # From the root of the site: ours below the prefix, and somebody else's above it.
    (URL, "css/app.css", "/static/img/a.png", "img/a.png"),
    (URL, "css/app.css", "/static/img/../a%20.png", "a .png"),
    (URL, "css/app.css", "/media/a.png", None),
    (URL, "css/app.css", "/static", None),
    (URL, "css/app.css", "/staticky/a.png", None),
    # Elsewhere.
    (URL, "css/app.css", "//cdn.example/static/a.png", None),
    (URL, "css/app.css", "https://cdn.example/a.png", None),
    (URL, "css/app.css", "HTTP://cdn.example/a.png", None),
    (URL, "css/app.css", "data:image/png;base64,AAAA", None),
    (URL, "css/app.css", "data:image/svg+xml,<svg xmlns='http://www.w3.org/'/>", None),
    (URL, "css/app.css", "about:blank", None),
    (URL, "css/app.css", "blob:x", None),
    (URL, "css/app.css", "a/b:c.png", "css/a/b:c.png"),
    (URL, "css/app.css", "1:c.png", "css/1:c.png"),
    # Module specifiers are URLs only if they begin like one; other references of scripts always.
    (IMPORT, "js/app.js", "./util.js", "js/util.js"),
    (IMPORT, "js/app.js", "../util.js", "util.js"),
    (IMPORT, "js/app.js", "/static/util.js", "util.js"),
    (IMPORT, "js/app.js", "util.js", None),
    (IMPORT, "js/app.js", "lodash/fp", None),
    (IMPORT, "js/app.js", "@scope/package", None),
    (IMPORT, "js/app.js", ".hidden.js", None),
    (IMPORT, "js/app.js", "https://esm.example/x.js", None),
    (Kind.JS_EXPORT, "js/app.js", "util.js", None),
    (Kind.JS_DYNAMIC_IMPORT, "js/app.js", "util.js", None),
    (Kind.JS_DYNAMIC_IMPORT, "js/app.js", "./util.js", "js/util.js"),
    (JS_URL, "js/app.js", "worker.js", "js/worker.js"),
    (MAP, "js/app.js", "app.js.map", "js/app.js.map"),
    (MAP, "js/app.js", "data:application/json;base64,e30=", None),
    (Kind.CSS_IMPORT, "css/app.css", "base.css", "css/base.css"),
]


@pytest.mark.parametrize(("kind", "file", "url", "expected"), CASES)
def test_resolve(kind, file, url, expected):
    """A logical name for what should be a file of the tree, nothing for what is elsewhere."""
    assert resolve(Reference(0, len(url), url, kind), file, "/static/") == expected


@pytest.mark.parametrize(
    ("prefix", "url", "expected"),
    [
        ("/", "/img/a.png", "img/a.png"),
        ("/", "//img/a.png", None),
        ("/a/b/", "/a/b/img/a.png", "img/a.png"),
        ("/a/b/", "/a/img/a.png", None),
    ],
)
def test_the_prefix(prefix, url, expected):
    """What lies below the prefix is the tree's, whichever that is."""
    assert resolve(Reference(0, 0, url, URL), "css/app.css", prefix) == expected
