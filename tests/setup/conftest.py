"""Projects on disk, the commands that set them up, and a child that tries what came of it."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hiss.cli import init, migrate
from hiss.setup.project import find_project

MANAGE = """\
import os
import sys

def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)

if __name__ == "__main__":
    main()
"""
WSGI = """\
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = get_wsgi_application()
"""
URLS = "urlpatterns = []\n"

# What settings import that is not installed here: no more of it than they use.
ENVIRON = """\
import os, pathlib

class Env:
    def __init__(self, **kinds): pass
    def __call__(self, name, default=None): return os.environ.get(name, default or "value")
    def bool(self, name, default=False): return bool(default)
    def list(self, name, default=()): return list(default)
    def db(self, name="DATABASE_URL", default=None):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    @classmethod
    def read_env(cls, path): pass
"""
DECOUPLE = """\
import os

def config(name, default="value", cast=str):
    return cast(os.environ.get(name, default))

def Csv():
    return lambda text: [each for each in text.split(",") if each]
"""

# All that is asked of the result, in one process: it imports, and what the checks say.
_TRY = """\
import django, json, sys
django.setup()
from django.conf import settings
from django.core.checks import run_checks
found = [m for m in run_checks(include_deployment_checks=True)]
print(json.dumps({
    "apps": list(settings.INSTALLED_APPS),
    "middleware": list(settings.MIDDLEWARE),
    "storages": settings.STORAGES,
    "static_root": str(settings.STATIC_ROOT),
    "hiss": getattr(settings, "HISS", {}),
    "problems": [
        str(m) for m in found
        if m.level >= 40 or m.id.startswith(("hiss.", "staticfiles."))
    ],
}, default=str))
"""


@dataclass
class Outcome:
    """What a command did and said."""

    code: int
    out: str
    err: str

    @property
    def said(self):
        return self.out + self.err


class ProjectFolder:
    """A project that commands are run on."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self._capsys = capsys

    def __truediv__(self, name):
        return self.folder / name

    def write(self, files):
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def tree(self):
        """The bytes of all files."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }

    def run(self, command, *arguments):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        options = parser.parse_args([str(self.folder), *arguments])
        self._capsys.readouterr()
        code = command.run(options)
        return Outcome(code, *self._capsys.readouterr())

    def init(self, *arguments):
        return self.run(init, *arguments)

    def migrate(self, *arguments):
        return self.run(migrate, *arguments)

    def find(self):
        return find_project(str(self.folder))

    def try_it(self, module="shop.settings"):
        """The settings as Django has them then, and what `check --deploy` finds."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _TRY],
            cwd=self.folder,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": module, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def make_project(tmp_path, capsys, monkeypatch):
    """A project of these files, beside a manage.py, a wsgi.py and an empty urls.py."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    def make(files, name="site"):
        project = ProjectFolder(tmp_path / name, capsys)
        plain = {
            "manage.py": MANAGE,
            "shop/__init__.py": "",
            "shop/wsgi.py": WSGI,
            "shop/urls.py": URLS,
            "environ.py": ENVIRON,
            "decouple.py": DECOUPLE,
            "requirements.txt": "django>=5.2\n",
        }
        return project.write({**plain, **files})

    return make


@pytest.fixture(scope="session")
def changed():
    """The lines that differ, each with its sign, byte for byte: `- old`, `+ new`."""

    def lines(before, after):
        parts = [re.findall(r"[^\n]*\n|[^\n]+", data.decode("latin-1")) for data in (before, after)]
        return [
            line.removesuffix("\n")
            for line in difflib.unified_diff(*parts, n=0)
            if not line.startswith(("---", "+++", "@@"))
        ]

    return lines


STARTPROJECT = Path(__file__).parent / "startproject"
