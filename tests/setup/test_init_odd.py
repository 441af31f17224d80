"""`hiss init` on settings that are split, computed or odd: left alone, and explained."""

import json
import subprocess
import sys

import pytest

from setup.styles import APPS, HEAD, MIDDLEWARE, STATIC

PLAIN = HEAD + APPS + MIDDLEWARE + STATIC

# Settings, the lines that are left, and words of each reason.
ODD = {
    "class-based": (
        "from configurations import Configuration\n\nclass Base(Configuration):\n"
        + "".join(f"    {line}\n" for line in (APPS + MIDDLEWARE + STATIC).splitlines()),
        [(0, "made within class Base")],
    ),
    "from elsewhere": (
        'from split_settings.tools import include\ninclude("parts/*.py")\n',
        [(0, "INSTALLED_APPS is not set here")],
    ),
    "built by a function": (
        PLAIN.replace(MIDDLEWARE, "\ndef make(): return []\n\nMIDDLEWARE = make()\n"),
        [(17, "MIDDLEWARE is computed")],
    ),
    "a comprehension": (
        PLAIN.replace(APPS, '\nINSTALLED_APPS = [each for each in ("a", "b")]\n'),
        [(10, "INSTALLED_APPS is computed")],
    ),
    "in brackets of its own": (
        PLAIN.replace(
            '"django.middleware.security.SecurityMiddleware"',
            '("django.middleware.security.SecurityMiddleware")',
        ),
        [(0, "in brackets of its own")],
    ),
    "an app in brackets of its own": (
        PLAIN.replace('"django.contrib.staticfiles"', '("django.contrib.staticfiles")'),
        [(0, "INSTALLED_APPS is written in an unusual way")],
    ),
    "in branches": (
        PLAIN.replace(
            MIDDLEWARE,
            "if DEBUG:\n    MIDDLEWARE = ["
            '"django.middleware.security.SecurityMiddleware"]\nelse:\n'
            '    MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]\n',
        ),
        [(17, "more than once")],
    ),
    "only in a branch": (
        PLAIN.replace(
            MIDDLEWARE,
            "MIDDLEWARE = []\nif not DEBUG:\n"
            '    MIDDLEWARE += ["django.middleware.security.SecurityMiddleware"]\n',
        ),
        [(16, "changed within `if`")],
    ),
    "after the cache's": (
        PLAIN.replace(
            "MIDDLEWARE = [\n",
            'MIDDLEWARE = [\n    "django.middleware.cache.UpdateCacheMiddleware",\n',
        ),
        [(16, "UpdateCacheMiddleware comes before")],
    ),
    "ours in the wrong place": (
        PLAIN.replace('staticfiles",\n', 'staticfiles",\n    "hiss.django",\n'),
        [(13, "must come before")],
    ),
    "no staticfiles": (
        PLAIN.replace('    "django.contrib.staticfiles",\n', ""),
        [(0, "not in INSTALLED_APPS")],
    ),
    "another storage": (
        PLAIN + 'STORAGES = {"staticfiles": {"BACKEND": "storages.backends.s3.S3Storage"}}\n',
        [(21, "storages.backends.s3.S3Storage, which may be meant")],
    ),
    "a computed storage": (
        PLAIN + "COMMON = {}\nSTORAGES = {**COMMON}\n",
        [(22, "STORAGES is computed")],
    ),
    "a storage in a branch": (
        PLAIN + 'if not DEBUG:\n    STORAGES = {"staticfiles": {"BACKEND": "x.Y"}}\n',
        [(22, "within `if`")],
    ),
    "storages of before Django 5.1": (
        PLAIN + 'DEFAULT_FILE_STORAGE = "storages.backends.s3.S3Storage"\n',
        [(21, "does nothing since Django 5.1")],
    ),
    "no STATIC_URL": (PLAIN.replace(STATIC, ""), [(0, "STATIC_URL is not set")]),
    "no folder of the project": (
        PLAIN.replace("BASE_DIR = Path(__file__).resolve().parent.parent", "BASE_DIR = Path.cwd()"),
        [(0, "no BASE_DIR")],
    ),
    "WhiteNoise": (
        PLAIN.replace(
            'SecurityMiddleware",',
            'SecurityMiddleware",\n    "whitenoise.middleware.WhiteNoiseMiddleware",',
        ),
        [(17, "`hiss migrate` puts Hiss in its place")],
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_left_alone(make_project, changed, name):
    """The odd setting is as it was, and said with its line and what to write; exit code 1."""
    text, expected = ODD[name]
    project = make_project({"shop/settings.py": text})
    shown = project.init("--json")
    assert shown.code == 1
    by_hand = json.loads(shown.out)["by_hand"]
    assert [each["line"] for each in by_hand] == [line for line, _ in expected]
    for each, (_, words) in zip(by_hand, expected, strict=True):
        assert words in each["why"]
        assert each["file"] == "shop/settings.py"
        assert each["lines"] or "hiss migrate" in each["why"]
    done = project.init("--apply", "--json")
    after = (project / "shop/settings.py").read_text()
    for before, now in zip(by_hand, json.loads(done.out)["by_hand"], strict=True):
        if before["line"]:
            line = text.splitlines()[before["line"] - 1]
            assert after.splitlines()[now["line"] - 1] == line
    assert all(line.startswith("+") for line in changed(text.encode(), after.encode()))
    compile(after, "settings.py", "exec")
    again = project.init("--json")
    assert (again.code, json.loads(again.out)["changes"]) == (1, [])


@pytest.mark.parametrize("name", ["class-based", "from elsewhere", "storages of before Django 5.1"])
def test_advice_is_whole(make_project, name):
    """Where no STORAGES is made, what to write by hand makes it: it ended in a NameError."""
    project = make_project({"shop/settings.py": ODD[name][0]})
    [left] = json.loads(project.init("--json").out)["by_hand"]
    start = next(i for i, line in enumerate(left["lines"]) if line.startswith("STORAGES"))
    names = {}
    exec("\n".join(left["lines"][start:]), names)
    assert set(names["STORAGES"]) == {"default", "staticfiles"}


BASE = HEAD.replace("parent.parent", "parent.parent.parent") + APPS + MIDDLEWARE + STATIC
SPLIT = {
    "manage.py": "import os\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n',
    "shop/wsgi.py": "",
    "config/__init__.py": "",
    "config/wsgi.py": (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n'
        "application = get_wsgi_application()\n"
    ),
    "config/settings/__init__.py": "",
    "config/settings/base.py": BASE,
    "config/settings/local.py": "from .base import *\n\nDEBUG = True\n"
    'INSTALLED_APPS = ["django.contrib.messages", *INSTALLED_APPS]\n',
    "config/settings/production.py": "from config.settings.base import *  # noqa\n\n"
    'MIDDLEWARE += ["django.middleware.locale.LocaleMiddleware"]\n',
}


def test_split(make_project):
    """Settings that others take over are left alone: each line and its place is said, once."""
    project = make_project(SPLIT)
    before = {name: data for name, data in project.tree().items() if "settings" in name}
    done = project.init("--apply")
    assert done.code == 1
    after = {name: data for name, data in project.tree().items() if "settings" in name}
    assert after == before
    assert done.out.count("by hand:") == 4
    assert "config/settings/base.py:12: hiss.django before" in done.out
    assert '    "hiss.django",\n' in done.out
    assert "config/settings/base.py:17: HissMiddleware right after" in done.out
    assert "hiss init --settings config.settings.base" in done.out
    # What is not odd is done.
    assert "from hiss.django import" in (project / "config/wsgi.py").read_text()


def test_split_named(make_project, changed):
    """Named, the file that others take over is set up, and then all is well with them."""
    project = make_project(SPLIT)
    done = project.init("--apply", "--settings", "config.settings.base")
    assert done.code == 0, done.said
    for module in ("local", "production"):
        found = project.try_it(f"config.settings.{module}")
        assert found["problems"] == []
        assert found["middleware"][1] == "hiss.django.middleware.HissMiddleware"
    again = project.init()
    assert (again.code, again.said) == (0, "nothing to do: all is set up\n")


def test_split_with_own_storage(make_project):
    """What a split file makes by itself is its own, and is set up there."""
    backend = "django.core.files.storage.InMemoryStorage"
    storages = f'STORAGES = {{\n    "default": {{"BACKEND": "{backend}"}},\n}}\n'
    production = SPLIT["config/settings/production.py"] + storages
    project = make_project({**SPLIT, "config/settings/production.py": production})
    project.init("--apply")
    assert "CompressedManifest" in (project / "config/settings/production.py").read_text()
    assert "CompressedManifest" not in (project / "config/settings/base.py").read_text()


def test_two_settings(make_project):
    """Where manage.py and wsgi.py name two whole files, both are set up."""
    project = make_project(
        {
            "shop/settings.py": PLAIN,
            "shop/live.py": PLAIN.replace('ALLOWED_HOSTS = ["*"]', 'ALLOWED_HOSTS = ["a.example"]'),
            "shop/wsgi.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.live"\n'
            "from django.core.wsgi import get_wsgi_application\n"
            "application = get_wsgi_application()\n",
        }
    )
    assert project.init("--apply").code == 0
    for module in ("settings", "live"):
        assert project.try_it(f"shop.{module}")["problems"] == []
        assert "HissMiddleware" in (project / f"shop/{module}.py").read_text()


def test_base_named_by_manage(make_project):
    """A file on top of the one that manage.py names needs nothing of its own."""
    project = make_project(
        {
            "shop/settings.py": PLAIN,
            "shop/live.py": "from .settings import *\nDEBUG = False\n",
            "shop/asgi.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.live"\n',
        }
    )
    assert project.init("--apply").code == 0
    assert (project / "shop/live.py").read_text() == "from .settings import *\nDEBUG = False\n"
    assert project.try_it("shop.live")["problems"] == []


def test_the_command_finds_what_django_would_not(make_project):
    """The wrong order that init leaves alone is one that `manage.py check` warns of, too."""
    project = make_project({"shop/settings.py": ODD["ours in the wrong place"][0]})
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "hiss.W002" in done.stderr
