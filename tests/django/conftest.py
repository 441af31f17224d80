"""A Django project whose settings each test changes as it needs, in each kind of stack.

Whoever configures Django first, what a test relies on is set by `configure`, and taken back.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import override_settings
from django.urls import clear_script_prefix, set_script_prefix

from hiss.django import get_asgi_application, get_wsgi_application

# Settings name the site, and storages of the tests' own, by their modules.
sys.path.append(str(Path(__file__).parent))

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["hiss.django", "django.contrib.staticfiles"],
        SECRET_KEY="of no worth",
    )
if not apps.ready:
    apps.populate(settings.INSTALLED_APPS)

SETTINGS = {
    "ALLOWED_HOSTS": ["*"],
    "DEBUG": False,
    "FORCE_SCRIPT_NAME": None,
    "HISS": {},
    "INSTALLED_APPS": ["hiss.django", "django.contrib.staticfiles"],
    "MIDDLEWARE": ["hiss.django.middleware.HissMiddleware"],
    "ROOT_URLCONF": "hiss_site",
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
    "SECURE_HSTS_PRELOAD": False,
    "SECURE_HSTS_SECONDS": 0,
    "SECURE_PROXY_SSL_HEADER": None,
    "SECURE_REDIRECT_EXEMPT": [],
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_SSL_HOST": None,
    "SECURE_SSL_REDIRECT": False,
    "STATICFILES_DIRS": [],
    "STATICFILES_FINDERS": [
        "django.contrib.staticfiles.finders.FileSystemFinder",
        "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    ],
    "STATIC_ROOT": None,
    "STATIC_URL": "static/",
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
    "USE_X_FORWARDED_HOST": False,
    "WSGI_APPLICATION": None,
}


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    """A cache that the builds of these tests share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def away_from_the_users_cache(monkeypatch, shared_cache):
    """No test reads or fills the cache of whoever runs it."""
    monkeypatch.setenv("HISS_CACHE_DIR", str(shared_cache))


@pytest.fixture(autouse=True)
def configure():
    """Changes settings until the test ends: `configure(DEBUG=True)`."""
    with ExitStack() as stack:

        def change(**changes):
            stack.enter_context(override_settings(**changes))

        set_script_prefix("/")
        change(**SETTINGS)
        yield change
    clear_script_prefix()


@dataclass(frozen=True)
class Site:
    """A project, running: `site.get("/static/app.css")`."""

    app: Any
    kind: str
    client: Any

    def get(self, target, method="GET", headers=(), *, https=False, **extra):
        """The answer to a request; what is extra goes into WSGI's environment or ASGI's scope."""
        if https:
            extra["wsgi.url_scheme" if self.kind == "wsgi" else "scheme"] = "https"
        return self.client(self.app, target, method, headers, **extra)


@dataclass(frozen=True)
class Stack:
    """One way to run a project; `open` starts it with settings of the test's choice."""

    kind: str
    client: Any
    configure: Any
    make: Any

    def open(self, **changes):
        """The project, running with these settings."""
        self.configure(**changes)
        return Site(self.make(), self.kind, self.client)


MIDDLEWARE = {"wsgi": WSGIHandler, "asgi": ASGIHandler}
WRAPPERS = {"wsgi": get_wsgi_application, "asgi": get_asgi_application}


@pytest.fixture(params=["wsgi", "asgi"])
def kind(request):
    """The kind of server, in turn."""
    return request.param


@pytest.fixture
def clients(wsgi_get, asgi_get):
    """The client of each kind."""
    return {"wsgi": wsgi_get, "asgi": asgi_get}


@pytest.fixture
def stack(kind, clients, configure):
    """Django's own handlers, in turn: Hiss is there by its middleware."""
    return Stack(kind, clients[kind], configure, MIDDLEWARE[kind])


@pytest.fixture
def wrapped(kind, clients, configure):
    """Hiss's handlers, in turn, in front of a Django that has none of its middleware."""
    configure(MIDDLEWARE=[])
    return Stack(kind, clients[kind], configure, WRAPPERS[kind])


@pytest.fixture(params=["middleware", "wrapper"])
def either(request, kind, clients, configure):
    """Middleware and wrapper in turn, by WSGI and by ASGI."""
    if request.param == "wrapper":
        configure(MIDDLEWARE=[])
    make = MIDDLEWARE if request.param == "middleware" else WRAPPERS
    return Stack(kind, clients[kind], configure, make[kind])


@pytest.fixture
def started_threads(monkeypatch):
    """The threads that were started, by name."""
    names = []
    start = threading.Thread.start

    def note(thread):
        names.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", note)
    return names


@pytest.fixture
def collect(tmp_path, configure):
    """Runs collectstatic over `tmp_path/sources`: `collect(**settings)` returns STATIC_ROOT."""

    def run(
        *,
        storage="CompressedManifestStaticFilesStorage",
        root="out",
        options=(),
        verbosity=0,
        **changes,
    ):
        static_root = tmp_path / root
        backend = storage if "." in storage else f"hiss.django.storage.{storage}"
        configure(
            **{"STATICFILES_DIRS": [tmp_path / "sources"]} | changes,
            STATIC_ROOT=static_root,
            STORAGES=SETTINGS["STORAGES"] | {"staticfiles": {"BACKEND": backend}},
        )
        # Hiss's own script, which every project with its app collects, is not what is tested here.
        options = ["--ignore=hiss", *options]
        call_command("collectstatic", *options, interactive=False, verbosity=verbosity)
        return static_root

    return run


@pytest.fixture
def install(tmp_path, make_tree, monkeypatch):
    """Installs an app as pip would: `install("shelf", {"shelf/a.css": "a{}"})`."""
    monkeypatch.syspath_prepend(tmp_path / "lib/site-packages")
    names = []

    def put(name, files):
        names.append(name)
        make_tree(
            {f"site-packages/{name}/__init__.py": ""}
            | {f"site-packages/{name}/static/{file}": text for file, text in files.items()},
            "lib",
        )

    yield put
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def recorded():
    """What the manifest in force in a folder says of each file, as it stands in the JSON."""

    def read(root):
        release = (root / ".hiss/current").read_text().strip()
        manifest = json.loads((root / f".hiss/releases/{release}.json").read_text())
        assert manifest["id"] == release
        return {entry["file"]: {"codings": {}} | entry for entry in manifest["entries"]}

    return read
