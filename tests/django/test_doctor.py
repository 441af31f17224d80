"""Broken set-ups, each found by its own id and no other's; and `hiss doctor`, as people run it."""

import codecs
import json
import os
import re
import shutil
import subprocess
import sys
import types
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import packages
import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import override_settings
from django.urls import set_script_prefix

from hiss.django.checks import CHECKS, Check, run
from hiss.django.storage import CompressedManifestStaticFilesStorage

# Who may read little may not read Python's own library, either: it is looked for once.
codecs.lookup("ascii")

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "checks.md"
ID = re.compile(r"hiss\.[EWI]\d{3}")

HISS = "hiss.django.middleware.HissMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
GOOD_ORDER = [SECURITY, HISS, SESSION, COMMON]

SOURCES = {
    "css/app.css": "a{background:url(../img/a.svg)}" * 40,
    "css/print.css": "p{color:black}" * 40,
    "img/a.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "js/app.js": "console.log(1);" * 40,
}


def found():
    """The ids of what is wrong, in order."""
    return sorted(each.id for each in run(deploy=True))


@dataclass(frozen=True)
class Shop:
    """A project that is set up well: its folders."""

    path: Path
    sources: Path
    root: Path

    @property
    def release(self):
        """The id of the release in force."""
        return (self.root / ".hiss/current").read_text().strip()

    @property
    def manifest(self):
        """Where the manifest of the release in force is."""
        return self.root / f".hiss/releases/{self.release}.json"

    def hashed(self, name):
        """The published file of a name, by Django's manifest."""
        return self.root / json.loads((self.root / "staticfiles.json").read_text())["paths"][name]


@pytest.fixture
def shop(tmp_path, configure, make_tree, collect):
    """A project that nothing is wrong with, collected."""
    sources = make_tree(SOURCES, "sources")
    configure(ALLOWED_HOSTS=["shop.example"], MIDDLEWARE=GOOD_ORDER, STATIC_URL="static/")
    return Shop(tmp_path, sources, collect())


# How set-ups are broken: each as a context manager, at whose end they are mended.


def setting(**changes):
    """With these settings; a function as a value is asked with the shop."""
    return lambda shop: override_settings(
        **{
            name: value(shop) if isinstance(value, types.FunctionType) else value
            for name, value in changes.items()
        }
    )


def storage(backend, **changes):
    """With this storage of static files."""
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return setting(STORAGES={"default": default, "staticfiles": {"BACKEND": backend}}, **changes)


def written(place, data=""):
    """With a file of this content, or without it for `None`; `place(shop)` says where."""

    @contextmanager
    def breaking(shop):
        path = place(shop)
        before = path.read_bytes() if path.is_file() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        text = data(shop) if callable(data) else data
        path.unlink() if text is None else path.write_text(text)
        yield
        path.unlink(missing_ok=True) if before is None else path.write_bytes(before)

    return breaking


def source(name, data=""):
    """With a source of this content."""
    return written(lambda shop: shop.sources / name, data)


def left_out(name, data=""):
    """With a source that was there when the release was built, and is not in it: `-i` left it out.

    Its own times cannot be set; those of the release are moved on.
    """
    return together(source(name, data), lambda shop: nullcontext(os.utime(shop.manifest)))


def older(*breaks):
    """With what these bring, as it was there when the release was built."""
    return together(*breaks, lambda shop: nullcontext(os.utime(shop.manifest)))


def together(*breaks):
    """With all of these."""

    @contextmanager
    def breaking(shop):
        first, *rest = breaks
        with first(shop):
            if rest:
                with together(*rest)(shop):
                    yield
            else:
                yield

    return breaking


def environment(**changes):
    """With these variables."""
    return lambda _shop: patch.dict(os.environ, changes)


def collecting_all():
    """With a staticfiles app that passes over nothing, as those have it who need .well-known."""
    return lambda _shop: patch.object(apps.get_app_config("staticfiles"), "ignore_patterns", [])


def without_module(name):
    """Without a package."""
    return lambda _shop: patch.dict(sys.modules, {name: None})


def with_hooks(_shop):
    """With a storage of the project's own that overrides one of Django's hooks."""
    module = types.ModuleType("shop_storages")
    module.Own = type("Own", (CompressedManifestStaticFilesStorage,), {"patterns": ()})
    both = together(
        lambda _shop: patch.dict(sys.modules, {"shop_storages": module}),
        storage("shop_storages.Own"),
    )
    return both(_shop)


def order(*middleware):
    """With this middleware."""
    return setting(MIDDLEWARE=list(middleware))


def storage_with(**options):
    """With Hiss's storage, and these options."""
    backend = "hiss.django.storage.CompressedManifestStaticFilesStorage"
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ours = {"BACKEND": backend, "OPTIONS": options}
    return setting(STORAGES={"default": default, "staticfiles": ours})


def with_another(module, name):
    """With a middleware beside Hiss's that serves static files too, and is installed."""

    def breaking(shop):
        made = types.ModuleType(module)
        setattr(made, name, type(name, (), {"__module__": module}))
        package = types.ModuleType(module.partition(".")[0])
        package.middleware = made
        both = together(
            lambda _shop: patch.dict(sys.modules, {package.__name__: package, module: made}),
            order(SECURITY, f"{module}.{name}", HISS, SESSION, COMMON),
        )
        return both(shop)

    return breaking


def with_broken_module(breaking):
    """With a module `shop_broken` in reach that raises."""

    @contextmanager
    def in_reach(shop):
        (shop.path / "lib").mkdir(exist_ok=True)
        (shop.path / "lib/shop_broken.py").write_text("1 / 0")
        with patch.object(sys, "path", [str(shop.path / "lib"), *sys.path]):
            yield

    return together(in_reach, breaking)


@contextmanager
def with_a_ring(shop):
    """With links that lead to each other among the sources."""
    ring = [shop.sources / "a", shop.sources / "b"]
    ring[0].symlink_to(ring[1])
    ring[1].symlink_to(ring[0])
    yield
    for each in ring:
        each.unlink()


@contextmanager
def with_a_link_to_the_root(shop):
    """With STATIC_ROOT among the folders of sources, by another name."""
    link = shop.path / "link"
    link.symlink_to(shop.root)
    with override_settings(STATICFILES_DIRS=[shop.sources, link]):
        yield
    link.unlink()


CURRENT, RELEASES = ".hiss/current", ".hiss/releases"
EN = "\u041d"
DJANGOS = "django.contrib.staticfiles.storage"
UPDATE = "django.middleware.cache.UpdateCacheMiddleware"
FETCH = "django.middleware.cache.FetchFromCacheMiddleware"
CONDITIONAL = "django.middleware.http.ConditionalGetMiddleware"
GZIP = "django.middleware.gzip.GZipMiddleware"

BROKEN = [
    # Of the wrong type.
    ("E001", "no-dict", setting(HISS=["MAX_AGE"])),
    ("E001", "text", setting(HISS={"MAX_AGE": "60"})),
    ("E001", "choice", setting(HISS={"MISSES": "theirs"})),
    ("E001", "level", setting(HISS={"COMPRESSION": {"br": 99}})),
    ("E001", "coding", setting(HISS={"COMPRESSION": {"lzma": 9}})),
    ("E001", "prefix", setting(HISS={"STATIC_PREFIX": "https://cdn.example/"})),
    ("E001", "folder", setting(HISS={"ROOT": 5})),
    ("E001", "kept", setting(HISS={"KEEP_RELEASES": "all"})),
    ("E001", "rules", setting(HISS={"MISSING_REFERENCES": []})),
    ("E001", "static-root", setting(STATIC_ROOT=5)),
    ("E001", "whitenoises", setting(WHITENOISE_MAX_AGE="60")),
    # Unknown, misspelt, of another alphabet, or of no use any more.
    ("W001", "unknown", setting(HISS={"XYZZY": 5})),
    ("W001", "misspelt", setting(HISS={"MAXAGE": 5})),
    ("W001", "outside", setting(HISS_MAX_AGE=5)),
    ("W001", "cyrillic", setting(**{f"WHITE{EN}OISE_MAX_AGE": 5})),
    ("W001", "cyrillic-dict", setting(**{f"{EN}ISS": {}})),
    ("W001", "whitenoise", setting(WHITENOISE_ROOTS="/srv")),
    ("W001", "dict", setting(HIS={"MAX_AGE": 5})),
    ("W001", "dict-of-changed-places", setting(HSIS={"MAX_AGE": 5})),
    ("W001", "servestatic", setting(SERVESTATIC_MAX_AGE=5)),
    ("W001", "servestatic-unknown", setting(SERVESTATIC_USE_MANIFEST=True)),
    # The pin.
    ("E002", "variable", environment(HISS_RELEASE="0123456789abcdef")),
    (
        "E002",
        "file",
        together(
            written(lambda shop: shop.path / "RELEASE", "v9\n"),
            setting(HISS=lambda shop: {"RELEASE_FILE": shop.path / "RELEASE"}),
        ),
    ),
    (
        "E002",
        "no-release-at-all",
        together(
            environment(HISS_RELEASE="0123456789abcdef"),
            setting(STATIC_ROOT=lambda shop: shop.path / "nowhere"),
        ),
    ),
    # Who serves.
    ("W002", "apps", setting(INSTALLED_APPS=["django.contrib.staticfiles", "hiss.django"])),
    ("W003", "gzip", order("django.middleware.gzip.GZipMiddleware", *GOOD_ORDER)),
    ("W003", "cache", order(UPDATE, FETCH, *GOOD_ORDER)),
    ("W003", "common", order(SECURITY, COMMON, HISS, SESSION)),
    ("W003", "last-of-all", order(SECURITY, SESSION, COMMON, HISS)),
    ("W015", "whitenoise", with_another("whitenoise.middleware", "WhiteNoiseMiddleware")),
    ("W015", "servestatic", with_another("servestatic.middleware", "ServeStaticMiddleware")),
    ("W015", "hiss-twice", order(SECURITY, HISS, SESSION, HISS)),
    ("W016", "media", setting(MEDIA_URL="/static/media/")),
    ("W016", "relative", setting(MEDIA_URL="static/media/")),
    # What starts nothing, or no page.
    ("E010", "misspelt", storage("hiss.django.storage.CompresedManifestStaticFilesStorage")),
    ("E010", "no-such-module", storage("nothing.of.the.Kind")),
    ("E010", "no-storage", setting(STORAGES={})),
    ("E010", "no-url", setting(STATIC_URL=None)),
    ("E010", "the-site-itself", setting(STATIC_URL="/")),
    ("E010", "no-such-option", storage_with(nothing=1)),
    ("E010", "middleware", order(SECURITY, "hiss.django.middleware.HisMiddleware", SESSION)),
    ("E010", "a-middleware-of-others", order(*GOOD_ORDER, "nothing.of.the.Kind")),
    ("E010", "a-middleware-that-raises", with_broken_module(order(*GOOD_ORDER, "shop_broken.A"))),
    ("E012", "links-in-a-ring", with_a_ring),
    ("W005", "no-middleware", order(SECURITY, SESSION, COMMON)),
    ("W006", "before-security", order(HISS, SECURITY, SESSION, COMMON)),
    ("W006", "after-sessions", order(SECURITY, SESSION, HISS, COMMON)),
    ("W006", "no-security", order(SESSION, HISS, COMMON)),
    # The storage.
    ("E004", "hisss", setting(STATICFILES_STORAGE="hiss.django.storage.X")),
    ("E004", "and-no-other", storage(f"{DJANGOS}.StaticFilesStorage", STATICFILES_STORAGE="X")),
    ("W004", "hooks", with_hooks),
    ("W008", "djangos", storage(f"{DJANGOS}.StaticFilesStorage")),
    ("W008", "hisss", storage("hiss.django.storage.CompressedStaticFilesStorage")),
    # STATIC_ROOT.
    ("E005", "none", setting(STATIC_ROOT=None)),
    ("E005", "empty", setting(STATIC_ROOT="")),
    ("W009", "missing", setting(STATIC_ROOT=lambda shop: shop.path / "nowhere")),
    (
        "W009",
        "empty",
        together(
            lambda shop: _new_folder(shop.path / "empty"),
            setting(STATIC_ROOT=lambda shop: shop.path / "empty"),
        ),
    ),
    (
        "W009",
        "not-hisss",
        together(
            written(lambda shop: shop.path / "theirs/css/app.css"),
            setting(STATIC_ROOT=lambda shop: shop.path / "theirs"),
        ),
    ),
    ("W010", "changed", source("js/app.js", "console.log(2)")),
    ("W010", "changed-css", source("css/app.css", "b{}")),
    ("W010", "new", source("css/new.css", "a{}")),
    ("W010", "new-folder", source("fonts/a.woff2", "w")),
    ("W010", "new-folder-in-a-folder", source("css/shop/print/a.css", "a{}")),
    (
        "W010",
        "new-source",
        together(
            written(lambda shop: shop.path / "assets/robots.txt"),
            setting(STATICFILES_DIRS=lambda shop: [shop.sources, shop.path / "assets"]),
        ),
    ),
    (
        "W010",
        "source-that-is-named-now",
        older(
            written(lambda shop: shop.path / "assets/fonts/a.woff2"),
            setting(STATICFILES_DIRS=lambda shop: [shop.sources, shop.path / "assets"]),
        ),
    ),
    (
        "W010",
        "new-source-of-a-name",
        together(
            written(lambda shop: shop.path / "dist/app.js"),
            setting(STATICFILES_DIRS=lambda shop: [shop.sources, ("v", shop.path / "dist")]),
        ),
    ),
    ("W010", "removed", source("css/print.css", None)),
    ("E006", "root-in-sources", setting(STATICFILES_DIRS=lambda shop: [shop.sources, shop.path])),
    (
        "E006",
        "sources-in-root",
        setting(STATICFILES_DIRS=lambda shop: [shop.sources, ("x", shop.root / "css")]),
    ),
    ("E006", "the-same", setting(STATICFILES_DIRS=lambda shop: [shop.sources, shop.root])),
    ("E006", "nothing-but-it", setting(STATICFILES_DIRS=lambda shop: [("x", str(shop.root))])),
    ("E006", "a-link-to-it", with_a_link_to_the_root),
    ("E007", "media-in-root", setting(MEDIA_ROOT=lambda shop: shop.root / "media")),
    ("E007", "root-in-media", setting(MEDIA_ROOT=lambda shop: shop.path)),
    ("E007", "the-same", setting(MEDIA_ROOT=lambda shop: str(shop.root))),
    ("E007", "media-in-sources", setting(MEDIA_ROOT=lambda shop: shop.sources / "uploads")),
    (
        "E007",
        "media-at-the-root-of-the-site",
        setting(
            MEDIA_ROOT=lambda shop: shop.path / "public/media",
            HISS=lambda shop: {"ROOT": shop.path / "public"},
        ),
    ),
    # What is about to be public.
    ("W011", "env", older(collecting_all(), source(".env", "SECRET=1"))),
    ("W011", "env-of-a-place", left_out("conf/production.env", "SECRET=1")),
    ("W011", "git", older(collecting_all(), source(".git/config"))),
    ("W011", "key", left_out("conf/server.pem")),
    ("W011", "ssh-key", left_out("conf/id_ed25519")),
    ("W011", "node_modules", left_out("node_modules/vue/index.js")),
    (
        "W011",
        "all-of-node_modules",
        older(
            written(lambda shop: shop.path / "node_modules/vue/index.js"),
            setting(STATICFILES_DIRS=lambda s: [s.sources, ("x", s.path / "node_modules")]),
        ),
    ),
    ("W011", "database", left_out("data/db.sqlite3")),
    ("W011", "packed-database", left_out("data/db.sqlite3.gz")),
    ("W011", "dump", left_out("data/dump.tar.gz")),
    ("W011", "dump-of-a-day", left_out("data/shop-backup-2026-11-20.zip")),
    ("W011", "credentials", left_out("data/credentials.json", "{}")),
    ("I002", "map", left_out("js/app.js.map", '{"sourcesContent": ["let a"]}')),
    ("W011", "sources-of-css", left_out("css/app.scss", "$a: red")),
    ("W011", "sources-of-js", left_out("js/app.ts", "let a: number = 1")),
    ("W011", "bytecode", left_out("js/__pycache__/x.pyc")),
    (
        "W011",
        "the-project-at-the-root-of-the-site",
        together(
            written(lambda shop: shop.path / "project/manage.py"),
            setting(HISS=lambda shop: {"ROOT": shop.path / "project"}),
        ),
    ),
    # STATIC_URL and the prefix.
    ("W012", "prefix", setting(HISS={"STATIC_PREFIX": "/assets/"})),
    ("W012", "script-name", setting(FORCE_SCRIPT_NAME="/shop", STATIC_URL="/static/")),
    ("W012", "no-scheme", setting(STATIC_URL="cdn.example/static/")),
    ("W012", "no-scheme-cloudfront", setting(STATIC_URL="d11abc.cloudfront.net/")),
    ("W012", "no-scheme-country", setting(STATIC_URL="static.laden.de/a/")),
    ("W012", "no-scheme-www", setting(STATIC_URL="www.shop.pizza/static/")),
    ("W012", "no-scheme-port", setting(STATIC_URL="localhost:8000/static/")),
    (
        "W012",
        "no-scheme-and-prefix",
        setting(STATIC_URL="cdn.example/static/", HISS={"STATIC_PREFIX": "/static/"}),
    ),
    # Production.
    ("W013", "debug", setting(DEBUG=True)),
    ("W014", "hosts", setting(ALLOWED_HOSTS=[])),
    # Manifest and release.
    ("E008", "pointer", written(lambda shop: shop.root / CURRENT, "../../etc\n")),
    ("E008", "pointer-to-none", written(lambda shop: shop.root / CURRENT, "0123456789abcdef\n")),
    ("E008", "no-pointer", written(lambda shop: shop.root / CURRENT, None)),
    ("E008", "no-manifest", written(lambda shop: shop.manifest, None)),
    ("E008", "half-a-manifest", written(lambda shop: shop.manifest, '{"version": 1, ')),
    ("E008", "lost-file", written(lambda shop: shop.hashed("js/app.js"), None)),
    ("E008", "cut-file", written(lambda shop: shop.hashed("js/app.js"), "console")),
    ("E008", "lost-plain-file", written(lambda shop: shop.root / "js/app.js", None)),
    (
        "E008",
        "lost-variant",
        written(lambda shop: Path(f"{shop.hashed('js/app.js')}.br"), None),
    ),
    (
        "E008",
        "other-staticfiles-json",
        written(lambda s: s.root / "staticfiles.json", '{"paths": {"js/app.js": "js/app.0.js"}}'),
    ),
    ("E008", "no-json", written(lambda shop: shop.root / "staticfiles.json", "<html>")),
    ("E008", "odd-json", written(lambda shop: shop.root / "staticfiles.json", '{"paths": [1]}')),
    ("E009", "brotli", without_module("brotli")),
    ("I001", "honoured", setting(WHITENOISE_MAX_AGE=5)),
]


@contextmanager
def _new_folder(path):
    path.mkdir()
    yield


@pytest.mark.parametrize(
    ("identity", "breaking"),
    [(identity, breaking) for identity, _, breaking in BROKEN],
    ids=[f"{identity}-{name}" for identity, name, _ in BROKEN],
)
def test_what_is_broken_is_found(shop, identity, breaking):
    """A broken set-up gives its own id, once, and no other; the same one, mended, gives none."""
    assert found() == []
    with breaking(shop):
        assert found() == [f"hiss.{identity}"]
    assert found() == []


def test_every_id_has_a_broken_setup():
    """No check is without a row of the table."""
    assert {f"hiss.{identity}" for identity, _, _ in BROKEN} == set(_ids_of_checks())


# As they should be, or as others rightly have them.
FINE = [
    ("cdn", setting(STATIC_URL="https://cdn.example/static/")),
    ("cdn-and-prefix", setting(STATIC_URL="//cdn.example/a/", HISS={"STATIC_PREFIX": "/b/"})),
    ("cdn-and-script-name", setting(STATIC_URL="https://cdn.example/", FORCE_SCRIPT_NAME="/a")),
    ("script-name", setting(FORCE_SCRIPT_NAME="/shop", STATIC_URL="/shop/static/")),
    *(
        (f"folder-{url.rstrip('/')}", setting(STATIC_URL=url))
        for url in ("assets.v2/", "static.min/", "v1.2.beta/", "app.ui/", "static/cdn.example/")
    ),
    ("folder-like-a-host", setting(STATIC_URL="/cdn.example/static/")),
    ("same-prefix", setting(HISS={"STATIC_PREFIX": "static"})),
    ("same-folder-twice", setting(STATICFILES_DIRS=lambda shop: [("", shop.sources)])),
    ("media-beside", setting(MEDIA_ROOT=lambda shop: shop.path / "media")),
    ("media-of-a-like-name", setting(MEDIA_ROOT=lambda shop: f"{shop.root}-media")),
    ("djangos-manifest", storage(f"{DJANGOS}.ManifestStaticFilesStorage")),
    ("cache-that-fetches-last", order(UPDATE, *GOOD_ORDER, FETCH)),
    ("conditional", order(CONDITIONAL, *GOOD_ORDER)),
    ("media-that-is-passed-on", setting(MEDIA_URL="/static/m/", HISS={"MISSES": "pass"})),
    ("media-of-a-host", setting(MEDIA_URL="https://media.example/static/media/")),
    ("media-of-a-like-url", setting(MEDIA_URL="/static-media/")),
    ("a-dict-of-others", setting(HITS={"COLOUR": "red"}, MISS={})),
    ("map-without-sources", left_out("js/app.js.map", '{"sources": ["a.ts"]}')),
    ("archive", left_out("downloads/shop-1.0.tar.gz")),
    (
        "left-out-source",
        older(
            written(lambda shop: shop.path / "maps/a.map"),
            setting(STATICFILES_DIRS=lambda s: [s.sources, ("vendor", s.path / "maps")]),
        ),
    ),
    ("left-out-folder", together(left_out("docs/a.txt"), source("docs/b.txt"))),
    ("left-out-kind", together(left_out("css/a.map"), source("css/new/a.map"))),
    ("hidden-env", left_out(".env", "SECRET=1")),
    ("one-package", left_out("js/vendor/node_modules.js")),
    ("declarations", left_out("types/app.d.ts")),
    ("video", left_out("video/1.ts", "G" + "\0" * 187 + "G" + "\0" * 187)),
    ("others-sources", left_out("vendor/bootstrap/scss/_grid.scss")),
    (
        "a-package-of-node_modules",
        older(
            written(lambda shop: shop.path / "node_modules/vue/dist/vue.d.ts"),
            written(lambda shop: shop.path / "node_modules/vue/dist/vue.scss"),
            setting(
                STATICFILES_DIRS=lambda s: [s.sources, ("v", s.path / "node_modules/vue")],
                SILENCED_SYSTEM_CHECKS=["hiss.W010"],
            ),
        ),
    ),
    (
        "an-apps-node_modules",
        older(
            written(lambda shop: shop.path / "site-packages/app/static/node_modules/a.js"),
            setting(
                STATICFILES_DIRS=lambda s: [s.sources, ("v", s.path / "site-packages/app/static")],
                SILENCED_SYSTEM_CHECKS=["hiss.W010"],
            ),
        ),
    ),
    (
        "root-of-the-site",
        together(
            written(lambda shop: shop.path / "public/.well-known/security.txt"),
            written(lambda shop: shop.path / "public/robots.txt"),
            setting(HISS=lambda shop: {"ROOT": shop.path / "public"}),
        ),
    ),
    (
        "a-folder-of-the-storages-own",
        setting(
            STATIC_ROOT=None,
            STORAGES=lambda shop: {
                "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
                "staticfiles": {
                    "BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage",
                    "OPTIONS": {"location": shop.root},
                },
            },
        ),
    ),
    (
        "pinned",
        together(
            written(lambda shop: shop.path / "RELEASE", lambda shop: shop.release),
            setting(HISS=lambda shop: {"RELEASE_FILE": shop.path / "RELEASE"}),
        ),
    ),
    (
        "silenced",
        together(order(SECURITY), setting(SILENCED_SYSTEM_CHECKS=["hiss.W005"])),
    ),
    # nginx has the script name before it, and needs no STATIC_URL below it.
    (
        "nginx",
        together(
            order(SECURITY),
            setting(
                FORCE_SCRIPT_NAME="/shop",
                STATIC_URL="/static/",
                SILENCED_SYSTEM_CHECKS=["hiss.W005"],
            ),
        ),
    ),
]


@pytest.mark.parametrize(
    "fine", [each for _, each in FINE], ids=[name.replace(" ", "-") for name, _ in FINE]
)
def test_what_is_fine_is_not_found(shop, fine):
    """No false alarm."""
    with fine(shop):
        assert found() == []


def test_what_a_forgotten_scheme_makes_of_the_url_is_said(shop):
    """Both that may have been meant: the host, and a folder of that name."""
    with setting(STATIC_URL="cdn.example/static/", FORCE_SCRIPT_NAME="/shop")(shop):
        [message] = run(deploy=True)
    assert message.msg.startswith("STATIC_URL, 'cdn.example/static/', begins as a host does")
    assert '"https://cdn.example/static/"' in message.hint
    assert '"/cdn.example/static/"' in message.hint


# What who runs the doctor may not read; the place that is named.
SHUT = [
    ("out", "out"),
    (".", "."),
    ("out/.hiss", "out/.hiss"),
    ("out/.hiss/current", "out/.hiss/current"),
    ("out/.hiss/index", "out/.hiss/index"),
    ("out/.hiss/releases", "out/.hiss/releases"),
    ("out/css", "out/css"),
    ("out/js/app.js", "out/js/app.js"),
    ("out/js/app.js.br", "out/js/app.js.br"),
    ("out/staticfiles.json", "out/staticfiles.json"),
]


@pytest.mark.parametrize("mode", [0o000, 0o600], ids=["none", "owner"])
@pytest.mark.parametrize(("shut", "place"), SHUT, ids=[shut for shut, _ in SHUT])
def test_what_the_server_may_not_read_is_found(
    configure, collect, public_folder, unprivileged, shut, place, mode
):
    """As the user who serves: the place, its owner and mode, the user, and what to do about it;
    once, and nothing besides. For who may read it, nothing is wrong.
    """
    if mode and os.geteuid() != 0:
        pytest.skip("only root can take what is its own from others alone")
    sources = public_folder / "sources"
    for name, text in SOURCES.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text)
    configure(ALLOWED_HOSTS=["shop.example"], MIDDLEWARE=GOOD_ORDER)
    # Where they lie is not in question where the folder above them is shut.
    collect(root=str(public_folder / "out"), STATICFILES_DIRS=[] if shut == "." else [sources])
    with unprivileged():
        assert found() == []
    where = (public_folder / shut).resolve()
    before = where.stat().st_mode
    where.chmod(mode)
    with unprivileged():
        messages = run(deploy=True)
    where.chmod(before)
    [message] = messages
    assert message.id == "hiss.E008"
    assert "cannot be read by user " in message.msg
    assert f"{(public_folder / place).resolve()} is of " in message.msg
    assert f"with mode {mode:04o}" in message.msg
    assert "chmod" in message.hint
    assert found() == []


def test_many_files_that_may_not_be_read(configure, collect, public_folder, unprivileged):
    """The first are named, and how many more there are."""
    sources = public_folder / "sources"
    sources.mkdir()
    for number in range(9):
        (sources / f"{number}.txt").write_text(str(number))
    configure(ALLOWED_HOSTS=["shop.example"], MIDDLEWARE=GOOD_ORDER)
    root = collect(root=str(public_folder / "out"), STATICFILES_DIRS=[sources])
    assert found() == []
    for path in root.glob("?.txt"):
        path.chmod(0)
    with unprivileged():
        [message] = run(deploy=True)
    assert message.id == "hiss.E008"
    assert message.msg.count("with mode 0000") == 5
    assert message.msg.endswith(" and 4 more.")


def test_the_script_name_before_a_relative_url(shop, configure):
    """`static/` with FORCE_SCRIPT_NAME, as `django.setup` has it: Django adds the script name."""
    set_script_prefix("/shop")
    configure(FORCE_SCRIPT_NAME="/shop", STATIC_URL="static/")
    assert found() == []


def test_a_bucket(shop, configure, monkeypatch):
    """Files that are kept in a bucket need neither STATIC_ROOT nor anybody to serve them."""
    from django.contrib.staticfiles.storage import ManifestFilesMixin
    from django.core.files.storage import InMemoryStorage

    module = types.ModuleType("shop_buckets")
    module.Bucket = type("Bucket", (ManifestFilesMixin, InMemoryStorage), {})
    monkeypatch.setitem(sys.modules, "shop_buckets", module)
    configure(MIDDLEWARE=[SECURITY], STATIC_ROOT=None, STATIC_URL="https://bucket.example/")
    with storage("shop_buckets.Bucket")(shop):
        assert found() == []
    # The same, if files were kept here.
    assert found() == ["hiss.E005", "hiss.W005"]


def test_a_storage_that_cannot_be_loaded(shop, monkeypatch):
    """django-storages says ImproperlyConfigured where boto3 is missing: it is said."""
    from django.core.exceptions import ImproperlyConfigured

    class Module(types.ModuleType):
        def __getattr__(self, name):
            raise ImproperlyConfigured("Could not load Boto3's S3 bindings.")

    monkeypatch.setitem(sys.modules, "shop_s3", Module("shop_s3"))
    with storage("shop_s3.S3ManifestStaticStorage")(shop):
        [message] = run(deploy=True)
    assert message.id == "hiss.E010"
    assert "ImproperlyConfigured: Could not load Boto3's S3 bindings." in message.msg


MEANT = [
    (
        storage("hiss.django.storage.CompresedManifestStaticFilesStorage"),
        'Did you mean "hiss.django.storage.CompressedManifestStaticFilesStorage"?',
    ),
    (
        storage("hiss.djnago.storages.CompressedStaticFilesStorage"),
        'Did you mean "hiss.django.storage.CompressedStaticFilesStorage"?',
    ),
    (storage("nothing.of.the.Kind"), "Let it name what can be imported."),
    (order("hiss.django.middleware.HisMiddleware"), f'Did you mean "{HISS}"?'),
    (setting(STATIC_URL=None), 'STATIC_URL = "static/"'),
]


@pytest.mark.parametrize(("breaking", "hint"), MEANT, ids=lambda each: str(each)[:30])
def test_the_name_that_was_meant_is_said(shop, breaking, hint):
    """Of what cannot be imported, the nearest that can."""
    with breaking(shop):
        assert [each.hint for each in run(deploy=True)] == [hint]


def test_what_cannot_be_found_out_keeps_nothing_else_from_being_said(shop):
    """A check that raises is one finding, however many checks do so; the others go on."""
    with with_a_ring(shop), override_settings(ALLOWED_HOSTS=[]):
        assert found() == ["hiss.E012", "hiss.W014"]


CURES = [
    ([GZIP, SECURITY, HISS], f"Move {GZIP} below HissMiddleware."),
    ([SECURITY, GZIP, HISS], "Move HissMiddleware up, right after SecurityMiddleware."),
    (
        [GZIP, SECURITY, COMMON, HISS],
        f"Move {GZIP} below HissMiddleware. "
        "Move HissMiddleware up, right after SecurityMiddleware.",
    ),
]


@pytest.mark.parametrize(("middleware", "hint"), CURES, ids=["before", "after", "both"])
def test_the_cure_of_a_wrong_order_cures(shop, middleware, hint):
    """The middleware that is moved is the one that stands wrong."""
    with order(*middleware)(shop):
        assert [(each.id, each.hint) for each in run(deploy=True)] == [("hiss.W003", hint)]


def test_the_worst_is_said_first(shop):
    """Keys before what tools leave; five for people, and all for machines."""
    names = [*(f"{each}.swp" for each in "abcde"), "dump.sql", "x/server.pem"]
    for name in names:
        left_out(name)(shop).__enter__()
    [message] = run(deploy=True)
    assert message.msg.startswith(f"collectstatic would make public: {shop.sources}/x/server.pem")
    assert [Path(each).name for each in message.names][:2] == ["server.pem", "dump.sql"]
    assert message.msg.endswith(" and 2 more.")
    assert len(message.names) == 7


def test_maps_are_fine_at_work(shop):
    """With DEBUG nothing is said of source maps."""
    with left_out("js/app.js.map", '{"sourcesContent": []}')(shop), override_settings(DEBUG=True):
        assert found() == ["hiss.W013"]


WRAPPERS = [
    ("from hiss.wsgi import StaticFiles\n", True),
    ("import os\nfrom hiss.django import get_wsgi_application\n", True),
    ("from whitenoise import WhiteNoise\napplication = WhiteNoise(None)\n", True),
    ("# from hiss.wsgi import StaticFiles\n", False),
    ("SETTINGS = 'thissshop.settings'  # hiss\n", False),
]


@pytest.mark.parametrize(("text", "is_wrapped"), WRAPPERS, ids=["a", "b", "c", "comment", "word"])
def test_a_wrapper_serves_too(shop, configure, monkeypatch, text, is_wrapped):
    """Who wraps wsgi.py needs no middleware; a word in a comment does not serve."""
    package = shop.path / "lib/thissshop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "wsgi.py").write_text(text)
    monkeypatch.syspath_prepend(package.parent)
    configure(MIDDLEWARE=[SECURITY], WSGI_APPLICATION="thissshop.wsgi.application")
    try:
        assert found() == ([] if is_wrapped else ["hiss.W005"])
    finally:
        sys.modules.pop("thissshop", None)


def test_before_a_wrapper_the_order_does_not_matter(shop, configure, monkeypatch):
    """The wrapper answers before any middleware is asked: no file costs what a page does."""
    package = shop.path / "lib/fourthshop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "wsgi.py").write_text(WRAPPERS[0][0])
    monkeypatch.syspath_prepend(package.parent)
    configure(MIDDLEWARE=[GZIP, SECURITY, SESSION, HISS])
    assert found() == ["hiss.W003", "hiss.W006"]
    configure(WSGI_APPLICATION="fourthshop.wsgi.application")
    try:
        assert found() == []
    finally:
        sys.modules.pop("fourthshop", None)


def test_an_apps_folder_that_holds_static_root(shop, configure, install, collect):
    """STATIC_ROOT in an app's `static` would be collected again, and Django does not say it."""
    install("shelf", {"shelf/a.css": "a{}"})
    inside = "lib/site-packages/shelf/static/out"
    configure(INSTALLED_APPS=["hiss.django", "django.contrib.staticfiles", "shelf"])
    assert found() == ["hiss.W010"]
    collect(root=inside)
    assert found() == ["hiss.E006"]
    shutil.rmtree(shop.path / inside)
    collect()
    assert found() == []


@pytest.mark.parametrize("hashed", [{}, {"KEEP_ONLY_HASHED_FILES": True}], ids=["all", "hashed"])
def test_collecting_again_mends_what_is_stale(shop, collect, hashed):
    """Each kind is named for what it is, also where plain files were left out; the hint is true."""
    collect(HISS=hashed)
    assert found() == []
    (shop.sources / "js/app.js").write_text("console.log(3)")
    (shop.sources / "css/new.css").write_text("a{}")
    (shop.sources / "css/print.css").unlink()
    [stale] = run(deploy=True)
    assert stale.id == "hiss.W010"
    assert "css/new.css (new), css/print.css (removed), js/app.js." in stale.msg
    collect(HISS=hashed)
    assert found() == []


def test_what_was_left_out_or_built_elsewhere_is_not_stale(shop, collect, configure, make_tree):
    """`collectstatic -i`, and sources that are not on this machine, are nothing to warn of."""
    frontend = make_tree({"app.mjs": "1"}, "frontend")
    make_tree({"docs/a.txt": "a"}, "sources")
    dirs = [shop.sources, frontend]
    collect(options=["--ignore=docs"], STATICFILES_DIRS=dirs)
    assert found() == []
    shutil.rmtree(frontend)
    assert found() == []
    frontend.mkdir()
    assert found() == ["hiss.W010"]


def test_it_is_the_pinned_release_that_is_compared(shop, collect, configure):
    """The code beside these sources renders the release it is pinned to, whichever is in force."""
    first = shop.release
    (shop.sources / "js/app.js").write_text("console.log(4)")
    collect()
    (shop.sources / "js/app.js").write_text(SOURCES["js/app.js"])
    assert found() == ["hiss.W010"]
    with environment(HISS_RELEASE=first)(shop):
        assert found() == []


@pytest.mark.parametrize(
    "breaking",
    [
        lambda shop: (shop.root / CURRENT).write_text("../x"),
        lambda shop: shop.manifest.unlink(),
        lambda shop: shop.hashed("js/app.js").unlink(),
        lambda shop: (shop.root / "js/app.js").write_text(""),
        lambda shop: (shop.root / "staticfiles.json").write_text('{"paths": {}, "version": "1.1"}'),
    ],
    ids=["pointer", "manifest", "hashed", "plain", "django"],
)
def test_collecting_again_mends_what_does_not_match(shop, collect, breaking):
    """The hint of hiss.E008 is true."""
    breaking(shop)
    assert found() == ["hiss.E008"]
    collect()
    assert found() == []


def test_two_releases_with_other_variants(shop, collect):
    """A later build may make variants anew: that is no mismatch; nor are the names that went."""
    (shop.sources / "css/print.css").unlink()
    collect(HISS={"COMPRESSION_LEVEL": 1})
    assert found() == []
    call_command("hiss", "release", "rollback", verbosity=0)
    assert found() == ["hiss.W010"]


def test_a_manifest_of_another_name(shop, collect):
    """Beside the manifest that counts, a staticfiles.json of before says nothing."""
    collect(storage="own_storages.NamedManifest")
    (shop.root / "staticfiles.json").write_text('{"paths": {}}')
    assert found() == []
    (shop.root / "names/of-files.json").write_text('{"paths": {}}')
    assert found() == ["hiss.E008"]


def test_the_letters_and_their_places_are_named(shop):
    """Who cannot see the difference reads it."""
    with setting(**{f"WHITE{EN}OISE_MAX_AGE": 5})(shop):
        [message] = run(deploy=False)
    assert "letter 6 is CYRILLIC CAPITAL LETTER EN" in message.msg
    assert "WHITENOISE_MAX_AGE" in message.hint


def test_static_files_of_common_apps_are_fine(shop, configure):
    """What other people's packages publish is theirs to judge."""
    names = ("django@", "django-debug", "django-unfold", "djangorestframework", "wagtail")
    cache = packages.cache_folder()
    folders = [p for p in cache.iterdir() if p.name.startswith(names)] if cache.is_dir() else []
    if not folders:
        pytest.skip("no packages were fetched")
    there = []
    for number, static in enumerate(sorted(s for f in folders for s in f.rglob("static"))):
        if static.is_dir() and not {"static", "test"} & set(static.parent.parts):
            place = shop.path / f"site-packages/app{number}/static"
            shutil.copytree(static, place)
            there.append(place)
    assert there
    configure(STATICFILES_DIRS=[shop.sources, *there])
    assert "hiss.W011" not in found()
    (there[0] / "server.pem").touch()
    assert "hiss.W011" in found()


# The command, as a process.


@dataclass(frozen=True)
class Runner:
    """Runs commands in a project of its own."""

    path: Path
    environment: dict

    def __call__(self, *command, folder=".", **variables):
        done = subprocess.run(
            command,
            cwd=self.path / folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def doctor(self, *arguments, **how):
        return self(
            shutil.which("hiss", path=Path(sys.executable).parent), "doctor", *arguments, **how
        )

    def manage(self, *arguments, **how):
        return self(sys.executable, "manage.py", *arguments, **how)

    def ids(self, *arguments, **how):
        """The exit code, and the ids that `hiss doctor --json` tells."""
        code, out, err = self.doctor("--json", *arguments, **how)
        assert not err, err
        return code, sorted(each["id"] for each in json.loads(out)["findings"])


def _runner(path, cache):
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SHOP_", "HISS_", "DJANGO_"))
    }
    return Runner(path, {**variables, "HISS_CACHE_DIR": str(cache), "PYTHONWARNINGS": ""})


# As the README has it; and what a test wants otherwise, last.
SET_UP = f"""
import os
INSTALLED_APPS.insert(0, "hiss.django")
MIDDLEWARE.insert(1, "{HISS}")
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage"}},
}}
DEBUG, ALLOWED_HOSTS = False, ["shop.example"]
exec(os.environ.get("OTHERWISE", ""))
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What `startproject` makes, and nothing of Hiss in it."""
    path = tmp_path_factory.mktemp("fresh")
    run_in = _runner(path, tmp_path_factory.mktemp("cache"))
    code, _, err = run_in(sys.executable, "-m", "django", "startproject", "shop", ".")
    assert code == 0, err
    return run_in


@pytest.fixture(scope="module")
def project(fresh, tmp_path_factory):
    """The same, set up and collected: nothing is wrong."""
    path = tmp_path_factory.mktemp("shop")
    shutil.copytree(fresh.path, path, dirs_exist_ok=True)
    with (path / "shop/settings.py").open("a") as file:
        file.write(SET_UP)
    run_in = Runner(path, fresh.environment)
    code, _, err = run_in.manage("collectstatic", "--noinput", "-v0")
    assert code == 0, err
    assert run_in.ids("--deploy") == (0, [])
    return run_in


def test_a_fresh_project(fresh):
    """Before anything is done, it says what there is to do; and for production, what else."""
    to_do = ["hiss.E005", "hiss.W005", "hiss.W008"]
    assert fresh.ids() == (1, to_do)
    assert fresh.ids("--deploy") == (1, sorted([*to_do, "hiss.W013", "hiss.W014"]))


def test_words(project):
    """Each finding has its id, its level, what to do, and where it is explained; then their sum."""
    code, out, _ = project.doctor(OTHERWISE="STATIC_ROOT = ''; ALLOWED_HOSTS = []")
    assert code == 1
    first, hint, page, total = out.splitlines()
    assert first.startswith("hiss.E005 error: STATIC_ROOT is not set")
    assert (hint, page) == (
        '  STATIC_ROOT = BASE_DIR / "staticfiles"',
        "  hiss doctor --explain hiss.E005",
    )
    assert total == "1 error(s), 0 warning(s)"
    assert project.doctor(folder="shop") == (0, "Nothing is wrong.\n", "")


def test_an_id_is_explained_anywhere(project, tmp_path):
    """Without a project too, by the page that comes with the package: the id in any case."""
    run_in = Runner(tmp_path, project.environment)
    code, out, _ = run_in.doctor("--explain", "w009")
    assert (code, out.splitlines()[0]) == (0, "hiss.W009")
    assert out.splitlines()[2].startswith("STATIC_ROOT is not there")
    assert "hiss.W010" not in out
    code, out, err = run_in.doctor("--explain", "hiss.X1")
    assert (code, out, "hiss.W009" in err) == (2, "", True)


def test_json(project):
    """For machines: version, and of each finding what is said to people, too."""
    code, out, _ = project.doctor(
        "--json", OTHERWISE="HISS = {'MAXAGE': 1}; WHITENOISE_CHARSET='x'"
    )
    document = json.loads(out)
    assert (code, document["version"]) == (1, 1)
    assert document["findings"][0] == {
        "id": "hiss.W001",
        "level": "warning",
        "message": 'HISS["MAXAGE"] does nothing.',
        "hint": 'Did you mean HISS["MAX_AGE"]?',
        "docs": "docs/checks.md#hissw001",
    }
    assert [each["level"] for each in document["findings"]] == ["warning", "info"]


def test_json_has_all_names(project):
    """Of a finding about files, machines are told every one."""
    code, out, _ = project.doctor("--json", OTHERWISE="HISS = {'ROOT': BASE_DIR}")
    [finding] = json.loads(out)["findings"]
    assert (code, finding["id"]) == (1, "hiss.W011")
    assert " more." in finding["message"]
    assert len(finding["names"]) > 5


def test_what_is_only_information_is_good(project):
    """The exit code is about what is wrong."""
    assert project.ids(OTHERWISE="WHITENOISE_MAX_AGE = 5") == (0, ["hiss.I001"])


BROKEN_PROJECTS = [
    ("MIDDLEWARE.insert(0, MIDDLEWARE.pop(1))", ["hiss.W006"]),
    ("MIDDLEWARE.insert(1, 'django.middleware.gzip.GZipMiddleware')", ["hiss.W003"]),
    ("INSTALLED_APPS.append(INSTALLED_APPS.pop(0))", ["hiss.W002"]),
    ("FORCE_SCRIPT_NAME = '/shop'; STATIC_URL = '/static/'", ["hiss.W012"]),
    ("FORCE_SCRIPT_NAME = '/shop'", []),
    ("MIDDLEWARE.pop(1); SILENCED_SYSTEM_CHECKS = ['hiss.W005']", []),
    ("DEBUG = True; HISS = {'ROOT': BASE_DIR}", ["hiss.W011", "hiss.W013"]),
    ("STATIC_URL = None", ["hiss.E010"]),
    ("STATIC_URL = '/'", ["hiss.E010"]),
    ("STORAGES.pop('staticfiles')", ["hiss.E010"]),
    ("MIDDLEWARE[1] = 'hiss.django.middleware.HisMiddleware'", ["hiss.E010"]),
    ("MIDDLEWARE.append(MIDDLEWARE.pop(1))", ["hiss.W003"]),
]


@pytest.mark.parametrize(("otherwise", "ids"), BROKEN_PROJECTS, ids=lambda each: str(each)[:20])
def test_a_project_that_is_broken(project, otherwise, ids):
    """In a process of its own it finds what the checks find here."""
    assert project.ids("--deploy", OTHERWISE=otherwise) == (1 if ids else 0, ids)


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["--settings", "shop.nowhere"], {}, "No module named 'shop.nowhere'"),
        ([], {"OTHERWISE": "os.environ['SECRET_OF_OURS']"}, "KeyError: 'SECRET_OF_OURS'"),
        (
            [],
            {"OTHERWISE": "INSTALLED_APPS += ['nothing.of.the.kind']"},
            "No module named 'nothing'",
        ),
        ([], {"OTHERWISE": "a b"}, "SyntaxError"),
    ],
    ids=["module", "variable", "app", "syntax"],
)
def test_settings_that_cannot_be_read(project, arguments, variables, words):
    """Then it says why, in one message, and that it could not run."""
    code, out, err = project.doctor(*arguments, **variables)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_where_there_is_no_project(project, tmp_path):
    """Without manage.py, settings must be named."""
    code, _, err = Runner(tmp_path, project.environment).doctor()
    assert (code, "hiss doctor --settings" in err) == (2, True)


def test_other_settings(project):
    """`--settings` comes before the environment, and that before manage.py."""
    (project.path / "shop/other.py").write_text("from shop.settings import *\nALLOWED_HOSTS = []\n")
    (project.path / "shop/third.py").write_text("from shop.settings import *\nDEBUG = True\n")
    third = {"DJANGO_SETTINGS_MODULE": "shop.third"}
    assert project.ids("--deploy", **third) == (1, ["hiss.W013"])
    assert project.ids("--deploy", "--settings", "shop.other", **third) == (1, ["hiss.W014"])


def test_by_manage_py(project):
    """`manage.py hiss doctor` is the same, and its exit code too."""
    assert project.manage("hiss", "doctor", "--deploy") == (0, "Nothing is wrong.\n", "")
    code, out, _ = project.manage("hiss", "doctor", "--json", OTHERWISE="MIDDLEWARE.pop(1)")
    assert (code, [each["id"] for each in json.loads(out)["findings"]]) == (1, ["hiss.W005"])


def test_djangos_check_says_the_same_once(project):
    """What `check` and `check --deploy` say, each id once."""
    otherwise = "MIDDLEWARE.insert(0, MIDDLEWARE.pop(1)); STATIC_ROOT = ''; HISS = {'MAXAGE': 1}"
    variables = {"OTHERWISE": otherwise, "HISS_RELEASE": "0123456789abcdef"}
    _, _, plain = project.manage("check", **variables)
    assert sorted(ID.findall(plain)) == ["hiss.W001", "hiss.W006"]
    _, _, deploy = project.manage("check", "--deploy", **variables)
    assert sorted(ID.findall(deploy)) == ["hiss.E005", "hiss.W001", "hiss.W006"]
    assert project.ids("--deploy", **variables) == (1, sorted(ID.findall(deploy)))
    # What needs no static files is not stopped by a pin.
    code, _, pinned = project.manage("check", HISS_RELEASE="0123456789abcdef")
    assert (code, ID.findall(pinned)) == (0, [])
    code, _, pinned = project.manage("check", "--deploy", HISS_RELEASE="0123456789abcdef")
    assert (code, ID.findall(pinned)) == (1, ["hiss.E002"])


def test_collectstatic_is_not_kept_from_mending(project, tmp_path):
    """The release that is pinned and not there, and nothing built: collecting is the cure."""
    (tmp_path / "RELEASE").write_text("0123456789abcdef\n")
    otherwise = f"STATIC_ROOT = {str(tmp_path / 'out')!r}"
    assert project.ids("--deploy", OTHERWISE=otherwise) == (1, ["hiss.W009"])
    otherwise += f"; HISS = {{'RELEASE_FILE': {str(tmp_path / 'RELEASE')!r}}}"
    assert project.ids("--deploy", OTHERWISE=otherwise) == (1, ["hiss.E002"])
    code, _, err = project.manage("collectstatic", "--noinput", "-v0", OTHERWISE=otherwise)
    assert code == 0, err
    assert project.ids("--deploy", OTHERWISE=otherwise) == (0, [])


def test_what_stops_collectstatic_is_said_by_it(project):
    """A build into a folder that is collected is refused, by the id."""
    otherwise = "STATICFILES_DIRS = [BASE_DIR]"
    code, _, err = project.manage("collectstatic", "--noinput", OTHERWISE=otherwise)
    assert (code, "hiss.E006" in err) == (1, True)


def test_collectstatic_says_that_it_has_nowhere_to_build_to(project):
    """The id and the line to write, and no traceback; what needs no static files goes on."""
    otherwise = {"OTHERWISE": "STATIC_ROOT = None"}
    code, _, err = project.manage("collectstatic", "--noinput", **otherwise)
    assert (code, ID.findall(err)) == (1, ["hiss.E005"])
    assert 'STATIC_ROOT = BASE_DIR / "staticfiles"' in err
    assert "Traceback" not in err
    code, _, err = project.manage("check", **otherwise)
    assert (code, ID.findall(err)) == (0, [])
    code, _, err = project.manage("check", "--deploy", **otherwise)
    assert (code, ID.findall(err)) == (1, ["hiss.E005"])


def test_the_example(tmp_path, fresh):
    """examples/shop gives no alarm: before it is collected it says so, for production alone."""
    path = tmp_path / "shop"
    shutil.copytree(
        PROJECT / "examples/shop", path, ignore=shutil.ignore_patterns("staticfiles", "__pycache__")
    )
    shop = Runner(path, fresh.environment)
    assert shop.ids() == (0, [])
    assert shop.ids("--deploy", folder="catalog/static") == (1, ["hiss.W009"])
    code, _, err = shop.manage("collectstatic", "--noinput", "-v0")
    assert code == 0, err
    assert shop.ids() == (0, [])
    assert shop.ids("--deploy") == (0, [])


# The page.


def _ids_of_checks():
    docs = [Check.make.__doc__, *(check.function.__doc__ for check in CHECKS)]
    return sorted({each for text in docs for each in ID.findall(text)})


def test_every_id_is_explained():
    """Each id that a check gives has a heading in docs/checks.md, and there is no other."""
    headings = re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE)
    assert headings == sorted(headings, key=lambda each: ("EWI".index(each[5]), each))
    assert sorted(headings) == sorted(_ids_of_checks())


def test_every_explanation_is_whole():
    """What it is, why it matters and how to mend it, in a few lines."""
    for section in PAGE.read_text().split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        lines = text.strip().splitlines()
        assert 2 <= len(lines) <= 4, name
        assert max(map(len, lines)) <= 200, name
