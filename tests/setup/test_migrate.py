"""`hiss migrate`: from WhiteNoise and ServeStatic, in the styles that there are of either."""

import json
import shutil
import subprocess
import sys

import pytest

import hiss
from hiss.django.names import KEYS as OUR_KEYS
from hiss.setup.names import DOTTED, KEYS, NO_COUNTERPART
from setup.styles import APPS, HEAD, MIDDLEWARE, STATIC

VERSION = hiss.__version__
HISS = "hiss.django.middleware.HissMiddleware"
STORAGE = "hiss.django.storage.CompressedManifestStaticFilesStorage"


def _with(package, name):
    """Settings with the middleware and the storage of a package."""
    order = MIDDLEWARE.replace(
        'SecurityMiddleware",\n', f'SecurityMiddleware",\n    "{package}.middleware.{name}",\n'
    )
    storages = (
        "\nSTORAGES = {\n"
        '    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},\n'
        f'    "staticfiles": {{"BACKEND": "{package}.storage.{STORAGE.rpartition(".")[2]}"}},\n'
        "}\n"
    )
    return HEAD + APPS + order + STATIC + 'STATIC_ROOT = BASE_DIR / "staticfiles"\n' + storages


WHITENOISE = _with("whitenoise", "WhiteNoiseMiddleware")
SERVESTATIC = _with("servestatic", "ServeStaticMiddleware")
NAMES = [
    '-    "{0}.middleware.{1}",',
    '-    "staticfiles": {{"BACKEND": "{0}.storage.CompressedManifestStaticFilesStorage"}},',
    '+    "hiss.django",',
    f'+    "{HISS}",',
    f'+    "staticfiles": {{{{"BACKEND": "{STORAGE}"}}}},',
]


def _names(package="whitenoise", name="WhiteNoiseMiddleware"):
    return sorted(line.format(package, name) for line in NAMES)


KEYS_BEFORE = """
# Static files
# for a minute
WHITENOISE_MAX_AGE = 60  # seconds
WHITENOISE_MIMETYPES: dict = {
    ".foo": "text/foo",  # ours
}

LANGUAGE_CODE = "de"

WHITENOISE_ROOT = (
    BASE_DIR / "root"
)
"""
KEYS_AFTER = [
    "+HISS = {",
    "+    # Static files",
    "+    # for a minute",
    '+    "MAX_AGE": 60,  # seconds',
    '+    "MIMETYPES": {',
    '+        ".foo": "text/foo",  # ours',
    "+    },",
    '+    "ROOT": (',
    '+        BASE_DIR / "root"',
    "+    ),",
    "+}",
]

# Settings, the lines that differ (sorted), and what HISS then is.
STYLES = {
    "WhiteNoise": (WHITENOISE, _names(), {}),
    "ServeStatic": (SERVESTATIC, _names("servestatic", "ServeStaticMiddleware"), {}),
    "runserver_nostatic": (
        WHITENOISE.replace(
            '    "django.contrib.static',
            '    "whitenoise.runserver_nostatic",\n    "django.contrib.static',
        ),
        sorted([*_names(), '-    "whitenoise.runserver_nostatic",']),
        {},
    ),
    "settings into the dict": (
        WHITENOISE + KEYS_BEFORE,
        sorted(
            [
                *_names(),
                *KEYS_AFTER,
                *(
                    f"-{line}"
                    for line in KEYS_BEFORE.splitlines()[1:]
                    if line and "LANG" not in line
                ),
            ]
        ),
        {"MAX_AGE": 60, "MIMETYPES": {".foo": "text/foo"}, "ROOT": "{folder}/root"},
    ),
    "the alias": (
        WHITENOISE + "WHITENOISE_CACHE_MAX_AGE = 5\n",
        sorted(
            [*_names(), "-WHITENOISE_CACHE_MAX_AGE = 5", "+HISS = {", '+    "MAX_AGE": 5,', "+}"]
        ),
        {"MAX_AGE": 5},
    ),
    "between empty lines": (
        WHITENOISE + 'USE_I18N = True\n\nWHITENOISE_MAX_AGE = 5\n\nWHITENOISE_CHARSET = "x"\n',
        sorted(
            [
                *_names(),
                "-WHITENOISE_MAX_AGE = 5",
                "-",
                '-WHITENOISE_CHARSET = "x"',
                "+HISS = {",
                '+    "MAX_AGE": 5,',
                '+    "CHARSET": "x",',
                "+}",
            ]
        ),
        {"MAX_AGE": 5, "CHARSET": "x"},
    ),
    "of ServeStatic": (
        SERVESTATIC + "SERVESTATIC_MAX_AGE = 5\n",
        sorted(
            [
                *_names("servestatic", "ServeStaticMiddleware"),
                "-SERVESTATIC_MAX_AGE = 5",
                "+HISS = {",
                '+    "MAX_AGE": 5,',
                "+}",
            ]
        ),
        {"MAX_AGE": 5},
    ),
    "single quotes, CRLF and a BOM": (
        "\ufeff"
        + WHITENOISE.replace('"""', "###")
        .replace('"', "'")
        .replace("###", '"""')
        .replace("\n", "\r\n"),
        sorted(line.replace('"', "'") + "\r" for line in _names()),
        {},
    ),
    "inserted": (
        (HEAD + APPS + MIDDLEWARE + STATIC)
        + 'STATIC_ROOT = BASE_DIR / "staticfiles"\n'
        + 'MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")\n',
        sorted(
            [
                '+    "hiss.django",',
                '-MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")',
                f'+MIDDLEWARE.insert(1, "{HISS}")',
            ]
        ),
        {},
    ),
    "the storage of before Django 5.1": (
        WHITENOISE[: WHITENOISE.index("STATIC_ROOT")]
        + 'STATIC_ROOT = BASE_DIR / "staticfiles"\n'
        + "STATICFILES_STORAGE = 'whitenoise.storage.CompressedStaticFilesStorage'\n",
        sorted(
            [
                *[line for line in _names() if "storage" not in line],
                "-STATICFILES_STORAGE = 'whitenoise.storage.CompressedStaticFilesStorage'",
                "+STORAGES = {",
                '+    "default": {',
                '+        "BACKEND": "django.core.files.storage.FileSystemStorage",',
                "+    },",
                '+    "staticfiles": {',
                '+        "BACKEND": "hiss.django.storage.CompressedStaticFilesStorage",',
                "+    },",
                "+}",
            ]
        ),
        {},
    ),
}


@pytest.mark.parametrize("name", STYLES)
def test_settings(make_project, changed, name):
    """The expected lines change, and no byte else; the result imports and passes the checks; a
    second run changes nothing."""
    text, expected, settings = STYLES[name]
    data = text.encode()
    project = make_project({"shop/settings.py": data, "root/robots.txt": ""})
    done = project.migrate("--apply")
    assert done.code == 0, done.said
    assert sorted(changed(data, (project / "shop/settings.py").read_bytes())) == expected
    found = project.try_it()
    # That files keep plain names is what these projects say.
    assert [each for each in found["problems"] if "hiss.W008" not in each] == []
    wanted = {
        key: value.format(folder=project.folder) if isinstance(value, str) else value
        for key, value in settings.items()
    }
    assert found["hiss"] == wanted
    if "WhiteNoiseMiddleware" in text:
        assert found["middleware"].index(HISS) == 1
    tree = project.tree()
    again = project.migrate("--apply")
    assert (again.code, again.out) == (0, "nothing to do: all is set up\n")
    assert project.tree() == tree


# What is added to the settings, and what is said of it.
CLASS = """
from configurations import Configuration

class Base(Configuration):
    STATICFILES_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
"""
OLD = 'STATICFILES_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"\n'


@pytest.mark.parametrize(
    ("text", "default"),
    [
        (OLD + 'DEFAULT_FILE_STORAGE = "own.Storage"\n', "own.Storage"),
        (f"if not False:\n    {OLD}", "django.core.files.storage.FileSystemStorage"),
        (CLASS, "django.core.files.storage.FileSystemStorage"),
    ],
)
def test_advice_is_whole(make_project, text, default):
    """Where no STORAGES is made, what to write by hand makes it: it ended in a NameError."""
    project = make_project({"shop/settings.py": HEAD + APPS + MIDDLEWARE + STATIC + text})
    by_hand = json.loads(project.migrate("--json").out)["by_hand"]
    [left] = [each for each in by_hand if "STATICFILES_STORAGE" in each["why"]]
    names = {}
    exec("\n".join(left["lines"]), names)
    assert names["STORAGES"]["default"] == {"BACKEND": default}
    assert names["STORAGES"]["staticfiles"]["BACKEND"].startswith("hiss.django.storage.")


LEFT = {
    "in a branch": (
        "if DEBUG:\n    WHITENOISE_AUTOREFRESH = True\n",
        0,
        "WHITENOISE_AUTOREFRESH stays, and goes on working",
    ),
    "read elsewhere": (
        "WHITENOISE_MAX_AGE = 5\nCACHE = WHITENOISE_MAX_AGE\n",
        0,
        "is read elsewhere",
    ),
    "beside HISS": ("WHITENOISE_MAX_AGE = 5\nHISS = {}\n", 0, "there is a dict HISS already"),
    "ServeStatic's in a branch": (
        "if DEBUG:\n    SERVESTATIC_AUTOREFRESH = True\n",
        1,
        "SERVESTATIC_AUTOREFRESH does nothing any more",
    ),
    "without counterpart": ("SERVESTATIC_MINIFY = True\n", 1, "SERVESTATIC_MINIFY has no counter"),
    "misspelt": ("WHITENOISE_MAXAGE = 5\n", 1, 'HISS["MAX_AGE"] may be meant'),
    "an old storage beside STORAGES": (
        'STATICFILES_STORAGE = "whitenoise.storage.CompressedStaticFilesStorage"\n',
        1,
        "STORAGES is there and counts",
    ),
    "a logger": (
        'LOGGING = {"loggers": {"whitenoise": {}}}\n',
        1,
        "names what Hiss takes the place",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_left_alone(make_project, name):
    """What cannot be moved is as it was, and is said with its line."""
    text, code, words = LEFT[name]
    project = make_project({"shop/settings.py": WHITENOISE + text})
    done = project.migrate("--apply")
    assert (done.code, words in done.out) == (code, True), done.said
    assert (project / "shop/settings.py").read_text().endswith(text)
    assert "shop/settings.py:" in done.out
    assert project.migrate().code == code


def test_split_settings(make_project):
    """Dotted names are moved wherever they are; keys stay where several files have them."""
    project = make_project(
        {
            "shop/settings.py": "from .base import *\nWHITENOISE_MAX_AGE = 5\n",
            "shop/base.py": WHITENOISE.replace(
                '    "django.contrib.static',
                '    "whitenoise.runserver_nostatic",\n    "django.contrib.static',
            )
            + "WHITENOISE_MAX_AGE = 50\n",
        }
    )
    done = project.migrate("--apply")
    assert done.code == 0, done.said
    assert "several files set them" in done.out
    found = project.try_it()
    assert (HISS in found["middleware"], "hiss.django" in found["apps"]) == (True, True)
    # hiss.I001, which is no problem, but the only thing said: WHITENOISE_MAX_AGE is honoured.
    assert [each for each in found["problems"] if "Honoured" not in each] == []


DJANGO = "from django.core.wsgi import get_wsgi_application\n"

# A module with a wrapper, before and after.
WRAPPERS = {
    "in front of Django": (
        f"{DJANGO}from whitenoise.django import DjangoWhiteNoise\n\n"
        "application = get_wsgi_application()\napplication = DjangoWhiteNoise(application)\n",
        "from hiss.django import get_wsgi_application\n\napplication = get_wsgi_application()\n",
    ),
    "around Django": (
        f"from whitenoise.django import DjangoWhiteNoise\n{DJANGO}\n"
        "application = DjangoWhiteNoise(get_wsgi_application())\n",
        "from hiss.django import get_wsgi_application\n\napplication = get_wsgi_application()\n",
    ),
    "a root": (
        "from whitenoise import WhiteNoise\nfrom own import app\n"
        'application = WhiteNoise(app, root="static", prefix="assets/", max_age=5)\n',
        "from hiss.wsgi import StaticFiles\nfrom own import app\n"
        'application = StaticFiles(app, root="static", prefix="assets/", max_age=5)\n',
    ),
    "Flask, without a prefix": (
        "from flask import Flask\nfrom whitenoise.base import WhiteNoise\n\napp = Flask(__name__)\n"
        "app.wsgi_app = WhiteNoise(app.wsgi_app, root='static/')  # all of it\n",
        "from flask import Flask\nfrom hiss.wsgi import StaticFiles\n\napp = Flask(__name__)\n"
        "app.wsgi_app = StaticFiles(app.wsgi_app, root='static/', prefix='/')  # all of it\n",
    ),
    "add_files": (
        "from whitenoise import WhiteNoise\nfrom own import app\n"
        'application = WhiteNoise(app, "static", "s", charset="latin-1")\n'
        'application.add_files("more", prefix="more/")\n',
        "from hiss.wsgi import StaticFiles\nfrom own import app\n"
        'application = StaticFiles(app, "static", "s", charset="latin-1")\n'
        'application = StaticFiles(application, "more", prefix="more/", charset="latin-1", '
        'misses="pass")\n',
    ),
    "add_files alone": (
        "from whitenoise import WhiteNoise\nfrom own import application\n"
        'application = WhiteNoise(application)\napplication.add_files("more")\n',
        "from hiss.wsgi import StaticFiles\nfrom own import application\n"
        'application = StaticFiles(application, "more", prefix="/")\n',
    ),
    "ASGI": (
        "from servestatic import ServeStaticASGI\nfrom own import app\n"
        'application = ServeStaticASGI(app, root="static", prefix="s/")\n',
        "from hiss.asgi import StaticFiles\nfrom own import app\n"
        'application = StaticFiles(app, root="static", prefix="s/")\n',
    ),
    "a storage of one's own": (
        "from whitenoise.storage import CompressedManifestStaticFilesStorage\n"
        "class Own(CompressedManifestStaticFilesStorage):\n    manifest_strict = False\n",
        "from hiss.django.storage import CompressedManifestStaticFilesStorage\n"
        "class Own(CompressedManifestStaticFilesStorage):\n    manifest_strict = False\n",
    ),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers(make_project, name):
    """The import and the call are ours, and all around them is as it was."""
    before, after = WRAPPERS[name]
    project = make_project({"shop/settings.py": HEAD + APPS, "shop/served.py": before})
    done = project.migrate("--apply")
    assert done.code == 0, done.said
    assert (project / "shop/served.py").read_text() == after


@pytest.mark.parametrize("name", ["a root", "add_files", "add_files alone"])
def test_wrappers_serve(make_project, name):
    """What came of it serves the same files at the same URLs."""
    project = make_project(
        {
            "shop/settings.py": HEAD + APPS,
            "served.py": WRAPPERS[name][0],
            "own.py": "def app(environ, start):\n    start('410 Gone', [])\n    return [b'']\n"
            "application = app\n",
            "static/a.css": "a {}",
            "more/b.css": "b {}",
        }
    )
    assert project.migrate("--apply").code == 0
    urls = {
        "a root": {"/assets/a.css": "200 OK"},
        "add_files": {"/s/a.css": "200 OK", "/more/b.css": "200 OK", "/more/c.css": "410 Gone"},
        "add_files alone": {"/b.css": "200 OK", "/c.css": "410 Gone"},
    }[name]
    code = (
        "import served, sys\nfrom wsgiref.util import setup_testing_defaults\n"
        "for url in sys.argv[1:]:\n"
        "    environ = {'PATH_INFO': url}\n    setup_testing_defaults(environ)\n"
        "    served.application(environ, lambda status, headers: print(status))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *urls],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == list(urls.values()), done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from whitenoise import WhiteNoise\nWhiteNoise(1, root='a')\n", "otherwise than in"),
        ("from whitenoise import WhiteNoise\na = WhiteNoise(1, 'b', foo=1)\n", "no option foo"),
        ("from whitenoise import WhiteNoise\na = WhiteNoise(1)\n", "no folder to serve"),
        (
            "from whitenoise import WhiteNoise\na = WhiteNoise(1, 'b')\nc.add_files('d')\n",
            "something else",
        ),
        ("from whitenoise import WhiteNoise\nclass Own(WhiteNoise): pass\n", "WhiteNoise: it is"),
        ("import whitenoise.base\n", "names what Hiss takes the place of"),
        ("from whitenoise.storage import MissingFileError\n", "names what Hiss takes the place of"),
    ],
)
def test_odd_wrappers(make_project, text, words):
    """What is odd is left as it was, and said."""
    project = make_project({"shop/settings.py": HEAD + APPS, "shop/served.py": text})
    done = project.migrate("--apply")
    assert (done.code, words in done.out) == (1, True), done.said
    assert "shop/served.py:" in done.out
    assert (project / "shop/served.py").read_text() == text


REQUIREMENTS = {
    "pinned": (
        "requirements.txt",
        "whitenoise[brotli]==6.9.0  # css\n",
        f"hiss=={VERSION}  # css\n",
    ),
    "a range": ("requirements/base.txt", "a\nWhiteNoise>=6,<7; x\n", f"a\nhiss>={VERSION}; x\n"),
    "bare": ("requirements.in", "servestatic\nwhitenoise-extra\n", "hiss\nwhitenoise-extra\n"),
    "an array": (
        "pyproject.toml",
        '[project]\ndependencies = ["django", "whitenoise[brotli]~=6.5; a"]\n[x]\ny="whitenoise"\n',
        f'[project]\ndependencies = ["django", "hiss~={VERSION}; a"]\n[x]\ny="hiss"\n',
    ),
    "Poetry": (
        "pyproject.toml",
        '[tool.poetry.dependencies]\nwhitenoise = {version = "^6.5", extras = ["brotli"]}  # x\n',
        f'[tool.poetry.dependencies]\nhiss = "^{VERSION}"  # x\n',
    ),
    "a Pipfile": ("Pipfile", '[packages]\nwhitenoise = "*"\n', '[packages]\nhiss = "*"\n'),
}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements(make_project, name):
    """Hiss in its place, and in its style."""
    path, before, after = REQUIREMENTS[name]
    project = make_project({"shop/settings.py": HEAD + APPS, path: before})
    assert project.migrate("--apply").code == 0
    assert (project / path).read_text() == after
    assert "nothing to do" in project.migrate().out


def test_compiled_requirements(make_project):
    """What a tool made is left to that tool."""
    text = "whitenoise==6.9.0 \\\n    --hash=sha256:00\n"
    project = make_project({"shop/settings.py": HEAD + APPS, "requirements.txt": text})
    done = project.migrate("--apply")
    assert (done.code, "a tool made this file" in done.out) == (1, True)
    assert (project / "requirements.txt").read_text() == text


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("Procfile", "release: python -m whitenoise.compress static"),
        ("Dockerfile", "RUN python -m whitenoise.compress --no-brotli /app/static"),
        ("Makefile", "\tservestatic --compress static out"),
        (".github/workflows/ci.yml", "  - run: pip install whitenoise"),
        ("bin/release", "python3 -m servestatic static"),
    ],
)
def test_commands(make_project, path, line):
    """Commands of theirs in scripts, images and CI are said, with file and line."""
    project = make_project({"shop/settings.py": WHITENOISE, path: f"# one\n{line}\n"})
    done = project.migrate("--apply")
    assert done.code == 1
    assert f"by hand: {path}:2: `{line.strip()}`" in done.out
    assert (project / path).read_text() == f"# one\n{line}\n"


def test_notes_are_no_scripts(make_project):
    """Of files without an ending, scripts alone are read: notes were taken for some."""
    line = "python -m whitenoise.compress static\n"
    files = {"notes": line, "Dockerfile-notes.txt": line, "deploy": f"#!/bin/sh\n{line}"}
    project = make_project({"shop/settings.py": WHITENOISE, **files})
    found = json.loads(project.migrate("--json").out)["by_hand"]
    assert [each["file"] for each in found] == ["deploy"]


def test_report(make_project):
    """What changes for users is said; that nothing was measured, and why, too."""
    project = make_project({"shop/settings.py": WHITENOISE})
    shown = project.migrate()
    assert "a URL below the prefix without a file" in shown.err
    assert "not measured on your files: " in shown.err
    document = json.loads(project.migrate("--json").out)
    assert document["known_differences"][0]["after"] == "404, no-store"
    assert (document["seen"], bool(document["not_seen"])) == ([], True)


STUB = """\
class WhiteNoise:
    def __init__(self, app, root, prefix, immutable_file_test):
        self.app, self.test = app, immutable_file_test
    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if "no-such" in path:
            return self.app(environ, start_response)
        age = 315360000 if self.test("", path) else 60
        start_response("200 OK", [("Cache-Control", f"max-age={age}")])
        return [b""]
"""


@pytest.mark.parametrize("is_plain_kept", [True, False])
def test_report_of_the_projects_own_files(make_project, monkeypatch, is_plain_kept):
    """Where both can be imported, the project's own files are asked for, before and after; with
    KEEP_ONLY_HASHED_FILES too, where it was said that collectstatic had not run.
    """
    manifest = json.dumps({"paths": {"a.css": "a.0123456789ab.css"}})
    project = make_project(
        {
            "shop/settings.py": WHITENOISE,
            **({"staticfiles/a.css": "a {}" * 100} if is_plain_kept else {}),
            "staticfiles/a.0123456789ab.css": "a {}" * (1 if is_plain_kept else 100),
            "staticfiles/staticfiles.json": manifest,
            "lib/whitenoise.py": STUB,
            "lib/whitenoise-6.12.0.dist-info/METADATA": "Name: whitenoise\nVersion: 6.12.0\n",
        }
    )
    monkeypatch.syspath_prepend(project / "lib")
    monkeypatch.delitem(sys.modules, "whitenoise", raising=False)
    seen = json.loads(project.migrate("--json").out)["seen"]
    monkeypatch.delitem(sys.modules, "whitenoise", raising=False)
    by_url = {each["request"].split()[1]: each for each in reversed(seen)}
    hashed = by_url["/static/a.0123456789ab.css"]
    assert "Cache-Control: max-age=315360000" in hashed["before"]
    assert "Cache-Control: max-age=31536000, public, immutable" in hashed["after"]
    assert "Content-Encoding: br" in hashed["after"]
    missing = by_url["/static/hiss-no-such-file.css"]
    assert "Cache-Control: no-store" in missing["after"]
    assert "Content-Type: text/html" in missing["before"]
    shown = project.migrate()
    assert "- Cache-Control: max-age=315360000" in shown.err
    monkeypatch.delitem(sys.modules, "whitenoise", raising=False)


def test_names_are_those_of_hiss():
    """Each key that settings are moved to is one; each dotted name can be imported."""
    assert set(KEYS.values()) <= set(OUR_KEYS)
    assert not set(KEYS) & set(NO_COUNTERPART)
    for name in set(DOTTED.values()) - {"hiss.django"}:
        module, _, attribute = name.rpartition(".")
        __import__(module)
        assert hasattr(sys.modules[module], attribute)


def test_nothing_of_theirs(make_project):
    """A project without either is left as it is."""
    project = make_project({"shop/settings.py": HEAD + APPS + MIDDLEWARE + STATIC})
    tree = project.tree()
    done = project.migrate("--apply")
    assert (done.code, done.out) == (0, "nothing to do: all is set up\n")
    assert project.tree() == tree
    shutil.rmtree(project.folder)
