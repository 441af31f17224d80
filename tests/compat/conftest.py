"""WhiteNoise's import names from compat/whitenoise, which no environment has installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks.registry import registry
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import override_settings
from django.urls import clear_script_prefix, re_path, set_script_prefix

from harness.ports import free_port
from harness.servers import running

SOURCES = Path(__file__).parents[2] / "compat" / "whitenoise" / "src"
# Before a real one, should there be one.
sys.path.insert(0, str(SOURCES))

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.staticfiles"],
        SECRET_KEY="of no worth",
    )
if not apps.ready:
    apps.populate(settings.INSTALLED_APPS)

_WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"


@pytest.fixture(scope="session", autouse=True)
def shared_cache(tmp_path_factory):
    """The builds of these tests share a cache, and leave the user's alone."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("HISS_CACHE_DIR")
    os.environ["HISS_CACHE_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["HISS_CACHE_DIR"]
    else:
        os.environ["HISS_CACHE_DIR"] = before


@pytest.fixture(autouse=True)
def checks_as_they_were():
    """Apps that tests install, such as daphne, register checks for good; other tests run those."""
    before = set(registry.registered_checks)
    yield
    registry.registered_checks.intersection_update(before)


@pytest.fixture
def app():
    """The WSGI application of WhiteNoise's pages: it answers for what has no file."""

    def hello(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]

    return hello


@pytest.fixture
def whitenoise_site(tmp_path):
    """Changes settings until the test ends, and returns Django's application: `site(DEBUG=True)`.

    `kind="asgi"` has its ASGI application.
    """
    with ExitStack() as stack:

        def change(*, kind="wsgi", **changes):
            base = {
                "ALLOWED_HOSTS": ["*"],
                "DEBUG": False,
                "FORCE_SCRIPT_NAME": None,
                "INSTALLED_APPS": ["whitenoise.runserver_nostatic", "django.contrib.staticfiles"],
                "MIDDLEWARE": ["django.middleware.security.SecurityMiddleware", _WHITENOISE],
                "ROOT_URLCONF": (re_path("", lambda request: HttpResponse("page")),),
                "STATICFILES_DIRS": [],
                "STATIC_ROOT": tmp_path / "static",
                "STATIC_URL": "/static/",
                "STORAGES": {
                    "staticfiles": {
                        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
                    }
                },
            }
            stack.enter_context(override_settings(**{**base, **changes}))
            return WSGIHandler() if kind == "wsgi" else ASGIHandler()

        set_script_prefix("/")
        yield change
    clear_script_prefix()


@dataclass(frozen=True)
class Project:
    """A Django project in a folder of its own, run by processes of its own."""

    folder: Path

    @property
    def environment(self):
        """Where the processes find WhiteNoise's names."""
        kept = {name: each for name, each in os.environ.items() if not name.startswith("COVERAGE_")}
        return {**kept, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"}

    def manage(self, *arguments):
        """Run manage.py; what it said."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def serve(self, command):
        """Start a server, `{port}` in its command line filled in; its address."""
        port = free_port()
        command = [sys.executable, *command.format(port=port).split()]
        log = self.folder / "server.log"
        with running(command, log, port=port, cwd=self.folder, env=self.environment):
            yield "127.0.0.1", port


@pytest.fixture(scope="session")
def started_project(tmp_path_factory):
    """What `django-admin startproject mysite` makes."""
    folder = tmp_path_factory.mktemp("started")
    command = [sys.executable, "-m", "django", "startproject", "mysite", str(folder)]
    subprocess.run(command, check=True, cwd=folder)
    return folder


@pytest.fixture
def make_project(started_project, tmp_path):
    """A new project, with its settings changed: `make_project([(old, new)], "STATIC_ROOT = …")`."""

    def make(edits, bottom):
        folder = tmp_path / "project"
        shutil.copytree(started_project, folder)
        path = folder / "mysite" / "settings.py"
        text = path.read_text(encoding="utf-8")
        for old, new in (("DEBUG = True", "DEBUG = False"), *edits):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        hosts = text.replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["127.0.0.1"]')
        path.write_text(f"{hosts}\n\n{bottom}\n", encoding="utf-8")
        return Project(folder)

    return make
