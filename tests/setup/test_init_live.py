"""From `django-admin startproject` to a verified site, without an editor."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.servers import running

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
UV = ROOT / ".hiss-tools/bin/uv"
#: Of each Django, the oldest Python that it runs on.
DJANGOS = {"5.2": (3, 11), "6.0": (3, 12), "6.1": (3, 12)}
# Settings for production, without a change to those that init has edited.
LIVE = "from shop.settings import *\n\nDEBUG = False\nALLOWED_HOSTS = ['127.0.0.1']\n"


@cache
def find_python(oldest):
    """A Python from that version on; empty where there is none."""
    names = [f"python3.{minor}" for minor in range(oldest[1], 16)]
    paths = [
        sys.executable,
        *filter(None, map(shutil.which, names)),
        *sorted(map(str, Path.home().glob(".pyenv/versions/3.*/bin/python"))),
    ]
    ask = f"import sys; sys.exit(not {oldest} <= sys.version_info[:2])"
    for path in paths:
        # What pyenv has on the path may be no Python, but a hint at one.
        done = subprocess.run([path, "-c", ask], capture_output=True, check=False)
        if done.returncode == 0:
            return path
    return ""


def uv(*arguments):
    """Run uv; what it needs may not be within reach."""
    if not UV.exists():
        pytest.skip("uv is not there: scripts/setup brings it")
    done = subprocess.run([UV, *arguments], capture_output=True, text=True, check=False)
    if "error sending request" in done.stderr:
        pytest.skip("PyPI cannot be reached")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Hiss, as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
    [wheel] = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Started:
    """A project of `startproject`, in an environment of its own."""

    folder: Path
    bin: Path
    environment: dict[str, str]

    def run(self, program, *arguments, **how):
        """What a command said; it must end well."""
        done = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def serve(self, **variables):
        """gunicorn; yields the URL of the site."""
        port = free_port()
        command = [self.bin / "gunicorn", "shop.wsgi", f"--bind=127.0.0.1:{port}"]
        environment = {**self.environment, **variables}
        log = self.folder.parent / f"log-{port}"
        with running(command, log, port=port, cwd=self.folder, env=environment):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module", params=DJANGOS)
def project(request, wheel, tmp_path_factory):
    """startproject, pip install hiss, hiss init --apply, collectstatic."""
    python = find_python(DJANGOS[request.param])
    if not python:
        pytest.skip(f"Django {request.param} needs a Python from {DJANGOS[request.param]} on")
    folder = tmp_path_factory.mktemp("started")
    uv("venv", "--quiet", "--python", python, str(folder / "venv"))
    bin = folder / "venv/bin"  # noqa: A001 - its name
    install = ["pip", "install", "--quiet", "--python", str(bin / "python")]
    uv(*install, f"django=={request.param}.*", "gunicorn")
    environment = {
        "PATH": f"{bin}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(folder),
        # One for all Djangos: the same bytes are not compressed again.
        "HISS_CACHE_DIR": str(wheel.parent / "cache"),
    }
    made = Started(folder / "site", bin, environment)
    made.folder.mkdir()
    made.run("django-admin", "startproject", "shop", ".")
    uv(*install, str(wheel))
    assert "shop/settings.py: hiss.django before" in made.run("hiss", "init", "--apply")
    assert "nothing to do: all is set up" in made.run("hiss", "init")
    made.run("python", "manage.py", "check")
    made.run("python", "manage.py", "collectstatic", "--noinput")
    (made.folder / "shop/live.py").write_text(LIVE)
    return made


@pytest.fixture(scope="module")
def site(project):
    """The URL of the site under gunicorn, as its settings are."""
    with project.serve() as url:
        yield url


def test_five_commands(project, site):
    """What a user has then is verified: that DEBUG is on is said, and nothing is wrong."""
    said = project.run("hiss", "verify", f"{site}/admin/login/")
    assert "nothing is wrong" in said
    assert re.findall(r"hiss\.V\d+", said) == ["hiss.V006"]


def test_the_admin_is_styled(site, browser):
    """In Chromium."""
    page = browser.new_page()
    failed = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status > 399 else None)
    page.goto(f"{site}/admin/login/")
    style = "getComputedStyle(document.querySelector('#header')).backgroundColor"
    assert page.evaluate(style) == "rgb(65, 118, 144)"
    assert failed == []
    page.close()


def test_in_production(project):
    """With DEBUG off the admin names hashed files, which are what was built; not even a note."""
    names = json.loads((project.folder / "staticfiles/staticfiles.json").read_text())["paths"]
    with project.serve(DJANGO_SETTINGS_MODULE="shop.live") as url:
        root = ("--root", "staticfiles", "--expect-hiss")
        said = project.run("hiss", "verify", f"{url}/admin/login/", *root)
        page = project.run("python", "-c", READ, f"{url}/admin/login/")
    assert "nothing is wrong" in said
    assert "hiss.V" not in said
    assert f'href="/static/{names["admin/css/base.css"]}"' in page


READ = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
