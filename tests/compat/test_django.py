"""The page "Using WhiteNoise with Django": its settings, one by one."""

import json
import re
import sys
from gzip import compress as gzip
from hashlib import md5
from importlib import import_module
from pathlib import Path

import brotli
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command, get_commands, load_command_class
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage, MissingFileError

TEXT = "a { color: red } " * 200
FOR_EVER = "max-age=31536000, public, immutable"
MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
HERE = __name__


def force_download_pdfs(headers, path, url):
    """The page's example of WHITENOISE_ADD_HEADERS_FUNCTION."""
    if path.endswith(".pdf"):
        headers["Content-Disposition"] = "attachment"


def immutable_file_test(path, url):
    """The page's example of WHITENOISE_IMMUTABLE_FILE_TEST."""
    # Match filename with 12 hex digits before the extension
    # e.g. app.db8f2edc0c8a.js
    return re.match(r"^.+\.[0-9a-f]{12}\..+$", url)


# Files of STATIC_ROOT; settings; a URL; a header field, and what it should say.
SETTINGS = [
    ({}, "/static/a.css", "Cache-Control", "max-age=60, public"),
    ({"WHITENOISE_MAX_AGE": 5}, "/static/a.css", "Cache-Control", "max-age=5, public"),
    ({"WHITENOISE_MAX_AGE": None}, "/static/a.css", "Cache-Control", None),
    ({"DEBUG": True}, "/static/a.css", "Cache-Control", "max-age=0, public"),
    ({}, "/static/a.foo", "Content-Type", "application/octet-stream"),
    (
        {"WHITENOISE_MIMETYPES": {".foo": "application/x-foo"}},
        "/static/a.foo",
        "Content-Type",
        "application/x-foo",
    ),
    (
        {"WHITENOISE_MIMETYPES": {"some-special-file": "application/x-custom-type"}},
        "/static/some-special-file",
        "Content-Type",
        "application/x-custom-type",
    ),
    ({}, "/static/a.css", "Content-Type", "text/css; charset=utf-8"),
    (
        {"WHITENOISE_CHARSET": "latin-1"},
        "/static/a.css",
        "Content-Type",
        "text/css; charset=latin-1",
    ),
    ({}, "/static/a.css", "Access-Control-Allow-Origin", "*"),
    ({"WHITENOISE_ALLOW_ALL_ORIGINS": False}, "/static/a.css", "Access-Control-Allow-Origin", None),
    (
        {"WHITENOISE_ADD_HEADERS_FUNCTION": force_download_pdfs},
        "/static/a.pdf",
        "Content-Disposition",
        "attachment",
    ),
    (
        {"WHITENOISE_IMMUTABLE_FILE_TEST": immutable_file_test},
        "/static/app.db8f2edc0c8a.js",
        "Cache-Control",
        FOR_EVER,
    ),
    (
        {"WHITENOISE_IMMUTABLE_FILE_TEST": r"^.+\.[0-9a-f]{12}\..+$"},
        "/static/app.db8f2edc0c8a.js",
        "Cache-Control",
        FOR_EVER,
    ),
    ({}, "/static/app.db8f2edc0c8a.js", "Cache-Control", "max-age=60, public"),
    ({"WHITENOISE_INDEX_FILE": True}, "/static/docs", "Location", "./docs/"),
    ({"WHITENOISE_INDEX_FILE": True}, "/static/docs/index.html", "Location", "./"),
    ({"WHITENOISE_INDEX_FILE": "a.css"}, "/static/a.css", "Location", "./"),
    ({"WHITENOISE_INDEX_FILE": True}, "/static/docs/", "Content-Type", "text/html; charset=utf-8"),
    ({"WHITENOISE_STATIC_PREFIX": "/cdn/"}, "/cdn/a.css", "Cache-Control", "max-age=60, public"),
    (
        {"STATIC_URL": "https://d4663kmspf1sqa.cloudfront.net/static/"},
        "/static/a.css",
        "Cache-Control",
        "max-age=60, public",
    ),
    (
        {"FORCE_SCRIPT_NAME": "/my-app", "STATIC_URL": "/my-app/static/"},
        "/static/a.css",
        "Cache-Control",
        "max-age=60, public",
    ),
]


@pytest.fixture
def root(make_tree):
    """STATIC_ROOT, as somebody filled it."""
    return make_tree(
        {
            "a.css": TEXT,
            "a.foo": "foo",
            "a.pdf": "%PDF",
            "app.db8f2edc0c8a.js": "let a",
            "docs/index.html": "<p>docs",
            "some-special-file": "special",
        }
    )


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(("changes", "target", "field", "expected"), SETTINGS)
def test_a_setting(whitenoise_site, wsgi_get, changes, target, field, expected):
    """Each setting has the meaning that the page gives it."""
    response = wsgi_get(whitenoise_site(**changes), target)
    assert response.headers[field] == expected
    assert response.headers["Content-Type"] != "text/html"


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_root(whitenoise_site, make_tree, wsgi_get, asgi_get, root, kind):
    """WHITENOISE_ROOT: robots.txt and favicon.ico at the root of the site, the rest is Django's."""
    packed = brotli.compress(TEXT.encode())
    files = {"robots.txt": TEXT, "favicon.ico": "icon", "robots.txt.br": packed}
    own = make_tree(files, name="root")
    site = whitenoise_site(kind=kind, WHITENOISE_ROOT=str(own))
    get = wsgi_get if kind == "wsgi" else asgi_get
    response = get(site, "/robots.txt", headers={"Accept-Encoding": "br"})
    assert response.headers["Content-Encoding"] == "br"
    assert brotli.decompress(response.body).decode() == TEXT
    assert get(site, "/favicon.ico").body == b"icon"
    assert get(site, "/static/a.css").status == 200
    assert get(site, "/other.txt").body == b"page"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, False),
        ({"DEBUG": True}, True),
        ({"WHITENOISE_USE_FINDERS": True}, True),
        ({"DEBUG": True, "WHITENOISE_USE_FINDERS": False}, False),
        ({"WHITENOISE_USE_FINDERS": True, "WHITENOISE_AUTOREFRESH": True}, True),
    ],
)
def test_finders(whitenoise_site, make_tree, wsgi_get, root, changes, found):
    """WHITENOISE_USE_FINDERS: files where they were written, without collectstatic."""
    source = make_tree({"source.css": "source"}, name="source")
    site = whitenoise_site(**changes, STATICFILES_DIRS=[source])
    assert (wsgi_get(site, "/static/source.css").body == b"source") is found


@pytest.mark.parametrize(
    ("changes", "seen"),
    [({}, False), ({"WHITENOISE_AUTOREFRESH": True}, True), ({"DEBUG": True}, True)],
)
def test_autorefresh(whitenoise_site, wsgi_get, root, changes, seen):
    """WHITENOISE_AUTOREFRESH: a file that comes after the start is found."""
    site = whitenoise_site(**changes)
    (root / "new.css").write_text("new")
    assert (wsgi_get(site, "/static/new.css").body == b"new") is seen


# What collectstatic is told; the suffixes of the hashed files that it leaves of app.css, and
# whether the plain one stays.
COLLECTED = [
    ({}, {".css", ".css.br", ".css.gz", ".css.zst"}, True),
    ({"WHITENOISE_SKIP_COMPRESS_EXTENSIONS": ["css"]}, {".css"}, True),
    (
        {"WHITENOISE_KEEP_ONLY_HASHED_FILES": True},
        {".css", ".css.br", ".css.gz", ".css.zst"},
        False,
    ),
]


@pytest.mark.parametrize(("changes", "suffixes", "has_plain"), COLLECTED)
def test_collectstatic(
    whitenoise_site, make_tree, tmp_path, wsgi_get, changes, suffixes, has_plain
):
    """The storage hashes and compresses as it is told, and what it leaves is served for ever."""
    source = make_tree({"css/app.css": TEXT}, name="source")
    storages = {"staticfiles": {"BACKEND": MANIFEST}}
    whitenoise_site(**changes, STATICFILES_DIRS=[source], STORAGES=storages)
    call_command("collectstatic", interactive=False, verbosity=0)
    url = staticfiles_storage.url("css/app.css")
    assert re.fullmatch(r"/static/css/app\.[0-9a-f]{12}\.css", url)
    hashed = url.removeprefix("/static/css/").removesuffix(".css")
    names = {path.name for path in (tmp_path / "static" / "css").iterdir()}
    assert {name.removeprefix(hashed) for name in names if name.startswith(hashed)} == suffixes
    assert ("app.css" in names) is has_plain
    site = whitenoise_site(**changes, STATICFILES_DIRS=[source], STORAGES=storages)
    response = wsgi_get(site, url, headers={"Accept-Encoding": "br, gzip"})
    assert (response.status, response.headers["Cache-Control"]) == (200, FOR_EVER)
    assert (response.headers["Content-Encoding"] == "br") is (".css.br" in suffixes)


def test_compression_without_hashes(whitenoise_site, make_tree, wsgi_get):
    """The other storage: names stay, and variants are sent."""
    source = make_tree({"css/app.css": TEXT}, name="source")
    changes = {
        "STATICFILES_DIRS": [source],
        "STORAGES": {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"}},
    }
    whitenoise_site(**changes)
    call_command("collectstatic", interactive=False, verbosity=0)
    assert staticfiles_storage.url("css/app.css") == "/static/css/app.css"
    response = wsgi_get(
        whitenoise_site(**changes), "/static/css/app.css", headers={"Accept-Encoding": "br"}
    )
    assert response.headers["Content-Encoding"] == "br"
    assert response.headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize(
    ("strict", "raises"), [({}, True), ({"WHITENOISE_MANIFEST_STRICT": False}, False)]
)
def test_manifest_strict(whitenoise_site, make_tree, strict, raises):
    """A name that is not in the manifest is an error, with words that people search for; or not."""
    source = make_tree({"css/app.css": TEXT}, name="source")
    storages = {"staticfiles": {"BACKEND": MANIFEST}}
    whitenoise_site(**strict, STATICFILES_DIRS=[source], STORAGES=storages)
    call_command("collectstatic", interactive=False, verbosity=0)
    if raises:
        with pytest.raises(ValueError, match="Missing staticfiles manifest entry for 'css/none"):
            staticfiles_storage.url("css/none.css")
    else:
        assert staticfiles_storage.url("css/none.css") == "/static/css/none.css"


def test_a_reference_to_nothing(whitenoise_site, make_tree):
    """collectstatic stops, and the error can be caught by WhiteNoise's name for it."""
    source = make_tree({"css/app.css": "a { background: url(none.png) }"}, name="source")
    whitenoise_site(STATICFILES_DIRS=[source], STORAGES={"staticfiles": {"BACKEND": MANIFEST}})
    with pytest.raises(MissingFileError, match=r"css/app\.css:1:.*none\.png"):
        call_command("collectstatic", interactive=False, verbosity=0)


class Rewriting(CompressedManifestStaticFilesStorage):
    """As a project switches the rewriting of modules on."""

    support_js_module_import_aggregation = True


@pytest.mark.parametrize(("backend", "rewritten"), [(MANIFEST, False), (f"{HERE}.Rewriting", True)])
def test_modules(whitenoise_site, make_tree, backend, rewritten):
    """Imports between modules are left alone, as Django has it, until a subclass says otherwise."""
    source = make_tree({"a.js": 'import "./b.js"', "b.js": "let b"}, name="source")
    whitenoise_site(STATICFILES_DIRS=[source], STORAGES={"staticfiles": {"BACKEND": backend}})
    call_command("collectstatic", interactive=False, verbosity=0)
    text = Path(staticfiles_storage.path(staticfiles_storage.stored_name("a.js"))).read_text()
    assert (text != 'import "./b.js"') is rewritten


def page(request):
    """What is behind the middleware."""
    raise AssertionError(request.path)


class Nuxt(WhiteNoiseMiddleware):
    """As projects add a bundler's names."""

    def immutable_file_test(self, path, url):
        if "/_nuxt/" in url:
            return True
        return super().immutable_file_test(path, url)


class Never(WhiteNoiseMiddleware):
    """A test that the setting overrules."""

    def immutable_file_test(self, path, url):
        return False


class Told(WhiteNoiseMiddleware):
    """What the page calls configuration attributes, by a subclass."""

    max_age = 5
    charset = "latin-1"
    index_file = True

    def add_headers_function(self, headers, path, url):
        headers["X-Url"] = url


class WithMedia(WhiteNoiseMiddleware):
    """As projects add a folder."""

    def __init__(self, get_response, settings=settings):
        super().__init__(get_response, settings)
        self.add_files(settings.MORE_ROOT, prefix="/more/")


@pytest.mark.parametrize(
    ("name", "changes", "target", "field", "expected"),
    [
        ("Nuxt", {}, "/static/_nuxt/x.js", "Cache-Control", FOR_EVER),
        ("Nuxt", {}, "/static/a.css", "Cache-Control", "max-age=60, public"),
        (
            "Nuxt",
            {"WHITENOISE_IMMUTABLE_FILE_TEST": r"/a\."},
            "/static/a.css",
            "Cache-Control",
            FOR_EVER,
        ),
        (
            "Never",
            {"WHITENOISE_IMMUTABLE_FILE_TEST": r"/a\."},
            "/static/a.css",
            "Cache-Control",
            FOR_EVER,
        ),
        ("Told", {}, "/static/a.css", "Cache-Control", "max-age=5, public"),
        ("Told", {"WHITENOISE_MAX_AGE": 7}, "/static/a.css", "Cache-Control", "max-age=7, public"),
        ("Told", {}, "/static/a.css", "Content-Type", "text/css; charset=latin-1"),
        ("Told", {}, "/static/a.css", "X-Url", "/static/a.css"),
        ("Told", {}, "/static/docs", "Location", "./docs/"),
        ("Told", {}, "/static/a.css", "X-Content-Type-Options", "nosniff"),
        ("WithMedia", {}, "/more/x.txt", "Cache-Control", "max-age=60, public"),
        ("WithMedia", {}, "/static/a.css", "Cache-Control", "max-age=60, public"),
    ],
)
@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_subclasses(
    whitenoise_site, make_tree, wsgi_get, asgi_get, kind, name, changes, target, field, expected
):
    """A subclass says more of files, where the settings are silent."""
    make_tree({"a.css": "a", "_nuxt/x.js": "x", "docs/index.html": "docs"})
    more = make_tree({"x.txt": "more"}, name="more")
    middleware = ["django.middleware.security.SecurityMiddleware", f"{HERE}.{name}"]
    site = whitenoise_site(kind=kind, MIDDLEWARE=middleware, MORE_ROOT=str(more), **changes)
    response = (wsgi_get if kind == "wsgi" else asgi_get)(site, target)
    assert response.headers[field] == expected


def test_what_a_subclass_may_read(whitenoise_site, root):
    """Where static files are, and below which path."""
    whitenoise_site()
    middleware = WhiteNoiseMiddleware(page)
    assert (middleware.static_prefix, middleware.static_root) == ("/static/", str(root))
    assert (middleware.max_age, middleware.autorefresh, middleware.use_finders) == (
        60,
        False,
        False,
    )


def test_a_wrong_setting_is_named(whitenoise_site, root):
    """By the middleware, when the application starts."""
    with pytest.raises(ImproperlyConfigured, match="max_age"):
        whitenoise_site(WHITENOISE_MAX_AGE="a minute")


def test_stale_variants_in_the_root(whitenoise_site, make_tree, wsgi_get, root):
    """What lies beside a file of WHITENOISE_ROOT and holds other bytes is not sent for it."""
    own = make_tree({"robots.txt": TEXT, "robots.txt.gz": gzip(b"old " * 99)}, name="root")
    site = whitenoise_site(WHITENOISE_ROOT=own)
    response = wsgi_get(site, "/robots.txt", headers={"Accept-Encoding": "gzip"})
    assert response.body.decode() == TEXT


RUNSERVER = "whitenoise.runserver_nostatic.management.commands.runserver"


def test_runserver_nostatic(whitenoise_site, monkeypatch):
    """`runserver` is the app's, with --nostatic, and otherwise the next app's."""
    whitenoise_site()
    # Which the next is, it sees when it is imported.
    monkeypatch.delitem(sys.modules, RUNSERVER, raising=False)
    get_commands.cache_clear()
    try:
        assert get_commands()["runserver"] == "whitenoise.runserver_nostatic"
        command = load_command_class("whitenoise.runserver_nostatic", "runserver")
    finally:
        get_commands.cache_clear()
    parser = command.create_parser("manage.py", "runserver")
    assert parser.get_default("use_static_handler") is False
    assert type(command).__mro__[1].__module__.startswith("django.contrib.staticfiles")
    assert apps.is_installed("whitenoise.runserver_nostatic")


@pytest.mark.parametrize(
    ("below", "module"),
    [
        (["daphne", "django.contrib.staticfiles"], "daphne."),
        (["django.contrib.staticfiles", "daphne"], "django.contrib.staticfiles."),
        (["django.contrib.contenttypes"], "django.core."),
        ([], "django.core."),
    ],
)
def test_the_next_apps_runserver(whitenoise_site, below, module):
    """That of the first app below which has one; an app above it is not asked."""
    whitenoise_site(INSTALLED_APPS=["whitenoise.runserver_nostatic", *below], MIDDLEWARE=[])
    runserver = import_module(RUNSERVER)
    assert runserver.find_next("runserver").__module__.startswith(module)


@pytest.mark.parametrize("more", ["", "'hiss.django', "], ids=["alone", "with hiss.django"])
def test_system_checks(make_project, more):
    """The app brings Hiss's, those of a deployment too, each once; it keeps its label."""
    staticfiles = "'django.contrib.staticfiles',"
    project = make_project(
        [(staticfiles, f"'whitenoise.runserver_nostatic', {more}{staticfiles}")],
        "WHITENOISE_MAXAGE = 5\nSTATIC_ROOT = BASE_DIR / 'out'",
    )
    said = project.manage("check")
    assert said.count("(hiss.W001) WHITENOISE_MAXAGE does nothing.") == 1
    assert "hiss.W005" not in said
    said = project.manage("check", "--deploy")
    assert said.count("(hiss.W001)") == 1
    assert said.count("(hiss.W005) Nothing of Hiss serves static files") == 1
    project.manage("check", "runserver_nostatic")


@pytest.mark.parametrize("has_release", [False, True])
def test_what_whitenoise_collected(whitenoise_site, wsgi_get, root, has_release):
    """Its variants are sent until Hiss has collected; then they are leftovers, which no start of
    the process looks at.
    """
    name = f"old.{md5(TEXT.encode()).hexdigest()[:12]}.css"
    (root / name).write_text(TEXT)
    (root / f"{name}.br").write_bytes(brotli.compress(TEXT.encode()))
    paths = {"paths": {"old.css": name}, "version": "1.1", "hash": ""}
    (root / "staticfiles.json").write_text(json.dumps(paths))
    site = whitenoise_site(STORAGES={"staticfiles": {"BACKEND": MANIFEST}})
    if has_release:
        call_command("collectstatic", interactive=False, verbosity=0)
        site = WSGIHandler()
    response = wsgi_get(site, f"/static/{name}", headers={"Accept-Encoding": "br"})
    assert response.status == 200
    assert response.headers["Content-Encoding"] == (None if has_release else "br")
    assert (response.headers["Cache-Control"] == FOR_EVER) is not has_release
