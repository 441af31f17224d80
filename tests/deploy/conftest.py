"""A small Django site behind a real gunicorn, whose code comes in versions."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.ports import free_port
from hiss.files.release import read_manifest
from hiss.release.deploy.journal import JOURNAL

SETTINGS = """
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECRET_KEY = "of a test"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["hiss.django", "django.contrib.staticfiles"]
MIDDLEWARE = ["hiss.django.middleware.HissMiddleware"]
ROOT_URLCONF = "urls"
STATIC_URL = "/static/"
STATIC_ROOT = HERE.parent.parent / "static"
STATICFILES_DIRS = [HERE / "assets"]
STORAGES = {
    "staticfiles": {"BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage"}
}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [HERE]}]
HISS = {"CACHE_DIR": HERE.parent.parent / "cache"}
"""

URLS = """
import time

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path


def about(request):
    # Long enough for a test to see a deploy wait for it.
    time.sleep(0.2)
    return HttpResponseRedirect("/")


urlpatterns = [path("", lambda request: render(request, "page.html")), path("about/", about)]
"""

WSGI = """
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
"""

PAGE = """{{% load static %}}<!doctype html><title>{name}</title>
<link rel="stylesheet" href="{{% static 'css/app.css' %}}">
<script type="module" src="{{% static 'js/app.js' %}}"></script>
{more}
<p>{name}</p>
"""

# Each process tells that it has imported the application.
HOOKS = """
from pathlib import Path

READY = Path(__file__).with_name("ready")


def post_worker_init(worker):
    READY.mkdir(exist_ok=True)
    (READY / str(worker.pid)).touch()
"""

START = """#!/bin/sh
# Starts gunicorn, which goes on by itself; it knows the code by a link, which deploys move.
cd "$(dirname "$0")"
export PYTHONPATH=$PWD/current DJANGO_SETTINGS_MODULE=settings
rm -f app.pid
{python} -m gunicorn wsgi:application --config hooks.py \\
    --bind 127.0.0.1:{port} --workers 2 --pid $PWD/app.pid --error-logfile $PWD/app.log \\
    --graceful-timeout 1 --no-control-socket --daemon
# Whoever comes next is to know it.
for moment in $(seq 200); do [ -s app.pid ] && break; sleep 0.05; done
"""

FULL = """#!/bin/sh
cd "$(dirname "$0")"
pid=$(cat app.pid 2>/dev/null)
if [ -n "$pid" ]; then
    kill "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
fi
exec ./start.sh
"""

# A gunicorn whose new workers do not start ends: there may be none any more to reload.
RELOAD = """#!/bin/sh
cd "$(dirname "$0")"
kill -HUP "$(cat app.pid 2>/dev/null)" 2>/dev/null || exec ./start.sh
"""

NOTHING = """#!/bin/sh
"""

PROJECT = """
[tool.hiss.deploy]
root = "static"
check = "{check}"
build = "{python} current/manage.py collectstatic --noinput -v0{also}"
restart = "./{restart}.sh"
{undo}
url = "http://127.0.0.1:{port}"
pages = ["/", "/about/"]
timeout = {timeout}
settle = 3
"""

UNDO = "ln -sfn $(cat former) current"

MANAGE = """
import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def __str__(self):
        return f"{self.code}\n{self.out}\n{self.err}"


class ShopSite:
    """The folder of the site, as an operator has it."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "static"
        self.journal = self.root / JOURNAL
        #: The version that it was last seen to serve.
        self.serving = ""
        self.port = free_port()
        for name, text in (
            ("start", START),
            ("full", FULL),
            ("reload", RELOAD),
            ("nothing", NOTHING),
        ):
            script = folder / f"{name}.sh"
            script.write_text(text.format(python=sys.executable, port=self.port))
            script.chmod(0o755)
        (folder / "hooks.py").write_text(HOOKS)
        self.configure("reload")

    def configure(self, restart, *, timeout=20, undo=UNDO, also="", check="sleep 0.2"):
        """Write pyproject.toml; `also` is done at the end of the build."""
        text = PROJECT.format(
            python=sys.executable,
            port=self.port,
            restart=restart,
            timeout=timeout,
            undo=f'undo = "{undo}"' if undo else "",
            also=also,
            check=check.format(python=sys.executable),
        )
        (self.folder / "pyproject.toml").write_text(text)

    def bring(self, name, *, more="", broken=""):
        """Put a version's code beside the others and have the link lead to it, as `git` or `rsync`
        do before a deploy.

        A process that is still starting would take that code for its own, so that a site which
        nobody restarts afterwards would go on rendering it.
        """
        self._await_workers()
        code = self.folder / "code" / name
        for path, text in {
            "settings.py": SETTINGS,
            "urls.py": URLS,
            "wsgi.py": WSGI + broken,
            "manage.py": MANAGE,
            "page.html": PAGE.format(name=name, more=more),
            "assets/css/app.css": f"/* {name} */ body {{ background: url(../img/dot.svg) }}",
            "assets/img/dot.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><!-- {name} --></svg>",
            "assets/js/app.js": f"import './part.js'; console.log('{name}');",
            "assets/js/part.js": f"console.log('part of {name}');",
        }.items():
            (code / path).parent.mkdir(parents=True, exist_ok=True)
            (code / path).write_text(text)
        link = self.folder / "current"
        if self.serving:
            (self.folder / "former").write_text(f"code/{self.serving}")
        link.unlink(missing_ok=True)
        link.symlink_to(f"code/{name}")

    def collect(self):
        """A release as it was before there were deploys: put in force by its build."""
        command = [sys.executable, "current/manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(command, cwd=self.folder, check=True)

    def start_deploy(self, *arguments):
        """Begin `hiss deploy`."""
        return subprocess.Popen(
            [sys.executable, "-m", "hiss", "deploy", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def deploy(self, *arguments):
        """Run `hiss deploy`, and return how that ended."""
        with self.start_deploy(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)

    def deploy_to(self, step, *arguments, signal_number=signal.SIGKILL):
        """Run `hiss deploy` until its journal says that it has begun `step`, and kill it there."""
        with self.start_deploy(*arguments) as process:
            while process.poll() is None:
                if self.step() == step:
                    process.send_signal(signal_number)
                    break
                time.sleep(0.002)
            else:
                pytest.fail(f"it ended before: {process.communicate()}")
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)

    def step(self):
        """The step that the journal names; empty where there is none."""
        try:
            return json.loads(self.journal.read_text())["step"]
        except FileNotFoundError:
            return ""

    def get(self, path):
        """Ask the site: status, fields and body; status 0 where nothing answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()
        except urllib.error.URLError as error:
            return 0, {}, str(error).encode()

    def assert_serves(self, name):
        """The site serves that version whole: each of its processes renders its page, and every
        file that the page needs has the bytes that the version's release recorded.
        """
        manifest = read_manifest(self.root)
        files = {each.file: each for each in manifest.entries}
        asked = set()
        for _ in range(6):
            status, _, page = self.get("/")
            assert (status, name) == (200, page.decode().rpartition("<p>")[2].partition("<")[0])
            asked |= set(re.findall(r'(?:href|src)="/static/([^"]+)"', page.decode()))
            assert json.loads(self.get("/static/hiss.json")[2])["id"] == manifest.id
        assert len(asked) == 2
        # What the CSS and the JavaScript name in turn, of the same release.
        asked |= {each.file for each in manifest.entries if each.immutable}
        assert {"img", "css", "js"} <= {file.partition("/")[0] for file in asked}
        for file in asked:
            status, headers, body = self.get(f"/static/{file}")
            assert (status, hashlib.sha256(body).hexdigest()) == (200, files[file].sha256)
            assert "immutable" in headers["Cache-Control"]
        # The plain names go with the release, too.
        assert name.encode() in self.get("/static/css/app.css")[2]
        assert name in (self.root / "css/app.css").read_text()
        paths = json.loads((self.root / "staticfiles.json").read_text())["paths"]
        assert paths["css/app.css"] in files
        assert not self.journal.exists()
        self.serving = name

    def assert_page_is_whole(self):
        """Whichever version the page is of, what it names is there."""
        status, _, page = self.get("/")
        assert status == 200
        asked = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page.decode()))
        assert len(asked) == 2
        assert {self.get(f"/static/{file}")[0] for file in asked} == {200}

    def stop(self):
        """End what was started here, by its process's id."""
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self._processes():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _await_workers(self):
        """Until as many processes as there should be have imported the code, where any do."""
        deadline = time.monotonic() + 20
        while processes := self._processes():
            ready = {int(path.name) for path in (self.folder / "ready").glob("*")}
            # The one that is never ready is the first, which starts the others.
            if len(processes) == 3 and len(ready & set(processes)) == 2:
                return
            assert time.monotonic() < deadline, (processes, ready)
            time.sleep(0.02)

    def _processes(self):
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if str(self.folder / "app.pid").encode() in path.read_bytes():
                    found.append(int(path.parent.name))
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The site, before its first deploy."""
    site = ShopSite(tmp_path_factory.mktemp("shop"))
    try:
        yield site
    finally:
        site.stop()
