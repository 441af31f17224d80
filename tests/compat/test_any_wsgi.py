"""The page "Using WhiteNoise with any WSGI application"."""

import json
import re
from email.utils import formatdate
from gzip import compress as gzip
from gzip import decompress as gunzip
from hashlib import md5

import brotli
import pytest
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage, CompressedStaticFilesStorage

from hiss.errors import ConfigurationError

TEXT = b"a { color: red } " * 200
FOR_EVER = "max-age=31536000, public, immutable"


def test_wrapping_an_application(make_tree, wsgi_get, app):
    """The page's first example: files of two folders, the second below a prefix; the rest goes to
    the application.
    """
    more = make_tree({"b.js": "let b"}, name="more")
    application = WhiteNoise(app, root=str(make_tree({"a.css": TEXT})))
    application.add_files(str(more), prefix="more-files/")
    assert application.application is app
    assert wsgi_get(application, "/a.css").body == TEXT
    assert wsgi_get(application, "/more-files/b.js").body == b"let b"
    for target in ("/", "/b.js", "/none.css", "/more-files/", "/more-files/none.css"):
        assert wsgi_get(application, target).body == b"hello"


@pytest.mark.parametrize("prefix", ["static", "/static", "static/", "/static/"])
def test_a_prefix_gets_its_slashes(make_tree, wsgi_get, app, prefix):
    """However the prefix is written; and below it, too, what has no file is the application's."""
    application = WhiteNoise(app, make_tree({"a.css": "a"}), prefix)
    assert wsgi_get(application, "/static/a.css").body == b"a"
    assert wsgi_get(application, "/static/none.css").body == b"hello"
    assert wsgi_get(application, "/static-pages/").body == b"hello"


@pytest.mark.parametrize("autorefresh", [False, True])
def test_of_two_files_the_later_folder_has_it(make_tree, wsgi_get, app, autorefresh):
    """Folders added later come first, whether the disk is looked at or not."""
    application = WhiteNoise(app, make_tree({"a.css": "1", "b.css": "1"}), autorefresh=autorefresh)
    application.add_files(make_tree({"b.css": "2"}, name="two"))
    application.add_files(make_tree({"c.css": "3"}, name="three"))
    found = [wsgi_get(application, f"/{name}.css").body for name in "abc"]
    assert found == [b"1", b"2", b"3"]


def test_a_folder_that_is_not_there(tmp_path, wsgi_get, app):
    """A warning in the words that people's filters have, and the application runs."""
    with pytest.warns(UserWarning, match=rf"^No directory at: {re.escape(str(tmp_path))}/none/$"):
        application = WhiteNoise(app, root=tmp_path / "none")
    assert wsgi_get(application, "/a.css").body == b"hello"


def test_autorefresh(make_tree, wsgi_get, app, tmp_path):
    """With it what changes is seen, without it a new file is not; a folder may come later."""
    root = make_tree({"a.css": "1"})
    live = WhiteNoise(app, root, autorefresh=True)
    live.add_files(tmp_path / "later")
    still = WhiteNoise(app, root)
    (root / "a.css").write_text("changed")
    (root / "new.css").write_text("new")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "x.css").write_text("x")
    assert wsgi_get(live, "/a.css").body == b"changed"
    assert wsgi_get(live, "/new.css").body == b"new"
    assert wsgi_get(live, "/x.css").body == b"x"
    assert wsgi_get(still, "/new.css").body == b"hello"


@pytest.mark.parametrize(
    ("configuration", "name", "field", "expected"),
    [
        ({}, "a.css", "Cache-Control", "max-age=60, public"),
        ({"max_age": 5}, "a.css", "Cache-Control", "max-age=5, public"),
        ({"max_age": None}, "a.css", "Cache-Control", None),
        ({}, "a.css", "Content-Type", "text/css; charset=utf-8"),
        ({"charset": "latin-1"}, "a.css", "Content-Type", "text/css; charset=latin-1"),
        ({}, "a.foo", "Content-Type", "application/octet-stream"),
        (
            {"mimetypes": {".foo": "application/x-foo"}},
            "a.foo",
            "Content-Type",
            "application/x-foo",
        ),
        (
            {"mimetypes": {"some-special-file": "application/x-custom-type"}},
            "some-special-file",
            "Content-Type",
            "application/x-custom-type",
        ),
        ({}, "a.css", "Access-Control-Allow-Origin", "*"),
        ({"allow_all_origins": False}, "a.css", "Access-Control-Allow-Origin", None),
        ({"immutable_file_test": r"/a\."}, "a.css", "Cache-Control", FOR_EVER),
        ({"immutable_file_test": r"/b\."}, "a.css", "Cache-Control", "max-age=60, public"),
    ],
)
@pytest.mark.parametrize("way", ["arguments", "subclass"])
def test_configuration(make_tree, wsgi_get, app, way, configuration, name, field, expected):
    """Each attribute, as a keyword argument and as the attribute of a subclass."""
    root = make_tree({"a.css": TEXT, "a.foo": TEXT, "some-special-file": TEXT})
    if way == "arguments":
        application = WhiteNoise(app, root, **configuration)
    else:
        test = configuration.get("immutable_file_test")
        own = {**configuration}
        if test is not None:
            own["immutable_file_test"] = lambda self, path, url: bool(re.search(test, url))
        application = type("Own", (WhiteNoise,), own)(app, root)
    response = wsgi_get(application, f"/{name}")
    assert (response.status, response.headers[field]) == (200, expected)


def test_arguments_come_before_a_subclass(make_tree, wsgi_get, app):
    """A keyword argument counts, whatever the class says."""

    class Slow(WhiteNoise):
        max_age = 600

    application = Slow(app, make_tree({"a.css": "a"}), max_age=6)
    assert wsgi_get(application, "/a.css").headers["Cache-Control"] == "max-age=6, public"


def test_forever_is_a_subclasss_to_say(make_tree, wsgi_get, app):
    """So many seconds, as the class has it; other rules still apply."""

    class Decade(WhiteNoise):
        FOREVER = 315_360_000

        def immutable_file_test(self, path, url):
            return url == "/a.css"

        def add_headers_function(self, headers, path, url):
            headers["X-Url"] = url

    application = Decade(app, make_tree({"a.css": "a", "b.css": "b"}))
    response = wsgi_get(application, "/a.css")
    assert response.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert response.headers["X-Url"] == "/a.css"
    assert wsgi_get(application, "/b.css").headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize("index_file", [True, "index.html", "main.htm"])
@pytest.mark.parametrize("autorefresh", [False, True])
def test_index_files(make_tree, wsgi_get, app, index_file, autorefresh):
    """The page's three rules, for the name that is told; and the root has one, too."""
    name = "index.html" if index_file is True else index_file
    root = make_tree({f"example/{name}": "inner", name: "outer", "other/x.css": "x"})
    application = WhiteNoise(app, root, index_file=index_file, autorefresh=autorefresh)
    assert wsgi_get(application, "/example/").body == b"inner"
    assert wsgi_get(application, "/").body == b"outer"
    for target in ("/example", f"/example/{name}"):
        response = wsgi_get(application, f"{target}?a=b")
        location = {"/example": "./example/?a=b"}.get(target, "./?a=b")
        assert (response.status, response.headers["Location"]) == (302, location)
    assert wsgi_get(application, "/other/").body == b"hello"


def test_no_index_files_unless_told(make_tree, wsgi_get, app):
    """By default a folder's URL is the application's."""
    application = WhiteNoise(app, make_tree({"example/index.html": "inner"}), index_file=False)
    assert wsgi_get(application, "/example/").body == b"hello"
    assert wsgi_get(application, "/example/index.html").body == b"inner"


def test_add_headers_function(make_tree, wsgi_get, app):
    """The page's example: PDFs are downloads, everything else is as it was."""
    root = make_tree({"a.pdf": "%PDF", "a.css": "a"})
    called = []

    def force_download_pdfs(headers, path, url):
        called.append((path, url))
        if path.endswith(".pdf"):
            headers["Content-Disposition"] = "attachment"

    application = WhiteNoise(app, root, "static", add_headers_function=force_download_pdfs)
    assert wsgi_get(application, "/static/a.pdf").headers["Content-Disposition"] == "attachment"
    assert "Content-Disposition" not in wsgi_get(application, "/static/a.css").headers
    assert (str(root / "a.pdf"), "/static/a.pdf") in called


def test_an_etag_of_ones_own(make_tree, wsgi_get, app):
    """The page offers the function for another scheme of tags: Hiss's own tag stays in force."""

    def tag(headers, path, url):
        headers["ETag"] = '"mine"'

    application = WhiteNoise(app, make_tree({"a.css": "a"}), add_headers_function=tag)
    response = wsgi_get(application, "/a.css")
    assert response.headers.get_all("ETag") != ['"mine"']
    again = wsgi_get(application, "/a.css", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304


def test_immutable_file_test(make_tree, wsgi_get, app):
    """The page's example, of twelve hex digits before the extension, gets the path and the URL."""
    root = make_tree({"app.db8f2edc0c8a.js": "let a", "app.js": "let b"})
    paths = []

    def immutable_file_test(path, url):
        paths.append(path)
        return re.match(r"^.+\.[0-9a-f]{12}\..+$", url)

    application = WhiteNoise(app, root, immutable_file_test=immutable_file_test)
    hashed = wsgi_get(application, "/app.db8f2edc0c8a.js")
    assert hashed.headers["Cache-Control"] == FOR_EVER
    assert wsgi_get(application, "/app.js").headers["Cache-Control"] == "max-age=60, public"
    assert str(root / "app.js") in paths


@pytest.mark.parametrize(
    ("accept", "coding", "decode"),
    [
        ("gzip, br", "br", brotli.decompress),
        ("gzip", "gzip", gunzip),
        ("", None, bytes),
        ("gzip;q=0, br;q=0", None, bytes),
        ("GZIP", "gzip", gunzip),
    ],
)
def test_what_lies_beside_a_file(make_tree, wsgi_get, app, accept, coding, decode):
    """`.gz` and `.br`, whoever made them, are sent to those who take them; each has its own tag."""
    files = {"app.js": TEXT, "app.js.gz": gzip(TEXT), "app.js.br": brotli.compress(TEXT)}
    application = WhiteNoise(app, make_tree(files))
    response = wsgi_get(application, "/app.js", headers={"Accept-Encoding": accept})
    assert response.headers["Content-Encoding"] == coding
    assert decode(response.body) == TEXT
    assert response.headers["Vary"] == "Accept-Encoding"
    plain = wsgi_get(application, "/app.js")
    assert (plain.headers["ETag"] == response.headers["ETag"]) == (coding is None)


@pytest.mark.parametrize(
    "content", [gzip(b"of an earlier build " * 9), b"no gzip at all"], ids=["another", "none"]
)
def test_what_lies_beside_and_is_another(make_tree, wsgi_get, app, caplog, content):
    """A variant that does not hold the file's bytes is not sent for it, and the log says so."""
    application = WhiteNoise(app, make_tree({"app.js": TEXT, "app.js.gz": content}))
    response = wsgi_get(application, "/app.js", headers={"Accept-Encoding": "gzip"})
    assert (response.headers["Content-Encoding"], response.body) == (None, TEXT)
    assert [each.levelname for each in caplog.records if "app.js.gz" in each.getMessage()] == [
        "WARNING"
    ]


def test_variants_go_with_the_folder_that_has_the_file(make_tree, wsgi_get, app):
    """A later folder's file is sent plain, though an earlier one's has a variant."""
    first = make_tree({"app.js": TEXT, "app.js.gz": gzip(TEXT)})
    application = WhiteNoise(app, first)
    application.add_files(make_tree({"app.js": TEXT.upper()}, name="later"))
    response = wsgi_get(application, "/app.js", headers={"Accept-Encoding": "gzip"})
    assert response.body == TEXT.upper()


def test_a_build_of_hisss_is_known(make_release, wsgi_get, app):
    """What a build recorded counts: hashed names are immutable, variants are sent."""
    root = make_release({"a.css": TEXT, "b.css": TEXT}, immutable=("a.css",))
    application = WhiteNoise(app, root, prefix="static")
    response = wsgi_get(application, "/static/a.css", headers={"Accept-Encoding": "br"})
    assert response.headers["Cache-Control"] == FOR_EVER
    assert response.headers["Content-Encoding"] == "br"
    assert wsgi_get(application, "/static/b.css").headers["Cache-Control"] != FOR_EVER


def test_not_modified(make_tree, wsgi_get, app):
    """Tag and date are sent for every file, and a 304 where nothing changed."""
    application = WhiteNoise(app, make_tree({"a.css": "a"}))
    headers = wsgi_get(application, "/a.css").headers
    for fields in (
        {"If-None-Match": headers["ETag"]},
        {"If-None-Match": f"W/{headers['ETag']}"},
        {"If-Modified-Since": headers["Last-Modified"]},
    ):
        assert wsgi_get(application, "/a.css", headers=fields).status == 304
    old = {"If-Modified-Since": formatdate(0, usegmt=True)}
    assert wsgi_get(application, "/a.css", headers=old).status == 200


def test_wrong_configuration_is_told_at_once(make_tree, app):
    """A name that there is none of, and a value that cannot be, when the application is made."""
    with pytest.raises(TypeError, match="maxage"):
        WhiteNoise(app, maxage=5)
    with pytest.raises(ConfigurationError, match="max_age"):
        WhiteNoise(app, max_age="5")
    with pytest.raises(ConfigurationError, match="regular expression"):
        WhiteNoise(app, immutable_file_test="(")


@pytest.mark.parametrize("content", [TEXT, TEXT.upper()])
def test_a_folder_that_whitenoise_collected(make_tree, wsgi_get, app, content):
    """Django's manifest names the hashed files: immutable where the content bears its name out."""
    name = f"app.{md5(TEXT).hexdigest()[:12]}.css"
    manifest = json.dumps({"paths": {"app.css": name}, "version": "1.1", "hash": ""})
    root = make_tree(
        {name: content, f"{name}.br": brotli.compress(content), "staticfiles.json": manifest}
    )
    response = wsgi_get(WhiteNoise(app, root), f"/{name}", headers={"Accept-Encoding": "br"})
    assert brotli.decompress(response.body) == content
    assert (response.headers["Cache-Control"] == FOR_EVER) is (content == TEXT)


@pytest.mark.parametrize(
    ("base", "hook"),
    [
        (WhiteNoise, "find_file"),
        (WhiteNoiseMiddleware, "serve"),
        (CompressedStaticFilesStorage, "create_compressor"),
        (CompressedManifestStaticFilesStorage, "compress_files"),
        (Compressor, "compress_brotli"),
    ],
)
def test_hooks_that_are_never_called_are_told(base, hook):
    """A subclass that overrides an inner part of WhiteNoise's is warned of, when it is made."""
    with pytest.warns(UserWarning, match=f"overrides {hook}, which does nothing") as told:
        type("Own", (base,), {hook: lambda self: None})
    assert len(told) == 1
    type("Silent", (base,), {"other": lambda self: None})
