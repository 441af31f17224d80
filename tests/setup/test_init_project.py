"""`hiss init` on the rest of a project: doors, requirements, .gitignore; and how it writes."""

import json
import os
import subprocess
import tomllib

import pytest

import hiss
from hiss.errors import ConfigurationError, HissError
from hiss.setup.plan import apply
from setup.styles import APPS, HEAD, MIDDLEWARE, STATIC

PLAIN = HEAD + APPS + MIDDLEWARE + STATIC
VERSION = hiss.__version__


@pytest.fixture
def project(make_project):
    return make_project({"shop/settings.py": PLAIN})


def test_shows_a_diff_that_git_applies(project, tmp_path):
    """Without --apply nothing is written, and what is shown alone does the same as --apply."""
    project.write({"shop/asgi.py": "from django.core.asgi import get_asgi_application\r\n"})
    before = project.tree()
    shown = project.init()
    assert project.tree() == before
    assert shown.err == "4 files to change; --apply writes it\n"
    patch = tmp_path / "hiss.patch"
    patch.write_bytes(shown.out.encode())
    subprocess.run(["git", "apply", "--whitespace=nowarn", patch], cwd=project.folder, check=True)
    patched = project.tree()
    assert patched != before
    project.write(before)
    project.init("--apply")
    assert project.tree() == patched


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
@pytest.mark.parametrize(
    "text",
    [
        "from django.core.{0} import get_{0}_application\napplication = get_{0}_application()\n",
        "import os\nif True:\n    from django.core.{0} import get_{0}_application as get  # x\n",
        "from django.core.{0} import (\n    get_{0}_application,\n)\n",
    ],
)
def test_doors(project, kind, text):
    """Only the module's name in the import changes."""
    text = text.format(kind)
    project.write({f"shop/{kind}.py": text})
    project.init("--apply")
    expected = text.replace(f"django.core.{kind}", "hiss.django")
    assert (project / f"shop/{kind}.py").read_text() == expected


@pytest.mark.parametrize(
    "text",
    ["from own import application\n", "from django.core.wsgi import a, get_wsgi_application\n"],
)
def test_odd_door(project, text):
    """A door that is made in another way is left alone, and said; the middleware serves there."""
    project.write({"shop/wsgi.py": text})
    done = project.init("--apply")
    assert done.code == 0
    assert "note: shop/wsgi.py does not import" in done.out
    assert (project / "shop/wsgi.py").read_text() == text


POETRY = '[tool.poetry.dependencies]\npython = "^3.12"\ndjango = "^5.2"\n'
PIPFILE = '[packages]\ndjango = "*"\n\n[dev-packages]\npytest = "*"\n'

# A file of requirements, its text before and after.
PINS = {
    "pinned and sorted": (
        "requirements.txt",
        "django==5.2\ngunicorn==23.0\nwaitress==3.0\n",
        f"django==5.2\ngunicorn==23.0\nhiss=={VERSION}\nwaitress==3.0\n",
    ),
    "as it comes": ("requirements.txt", "psycopg\ndjango\n", "psycopg\ndjango\nhiss\n"),
    "no line at the end": ("requirements.txt", "django>=5", f"django>=5\nhiss>={VERSION}"),
    "comments and options": (
        "requirements/base.txt",
        "# The web\n-r other.txt\nDjango~=5.2  # LTS\n",
        f"# The web\n-r other.txt\nDjango~=5.2  # LTS\nhiss~={VERSION}\n",
    ),
    "CRLF": (
        "requirements.txt",
        "a==1\r\nDjango==5\r\n",
        f"a==1\r\nDjango==5\r\nhiss=={VERSION}\r\n",
    ),
    "an array": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = [\n    "django>=5.2", # ]\n    "z>=1"\n]\n',
        '[project]\nname = "x"\ndependencies = [\n    "django>=5.2", # ]\n'
        f'    "hiss>={VERSION}",\n    "z>=1"\n]\n',
    ),
    "an array whose last has a comment": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = [\n    "django>=5.2",  # LTS\n    # ]\n]\n',
        '[project]\nname = "x"\ndependencies = [\n    "django>=5.2",  # LTS\n'
        f'    "hiss>={VERSION}",\n    # ]\n]\n',
    ),
    "an array without a last comma": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = [\n    "django>=5.2"  # LTS ]\n]\n',
        '[project]\nname = "x"\ndependencies = [\n    "django>=5.2",  # LTS ]\n'
        f'    "hiss>={VERSION}"\n]\n',
    ),
    "an array with commas in front": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = [\n  "django"\n, "z"\n]\n',
        '[project]\nname = "x"\ndependencies = [\n  "django",\n  "hiss"\n, "z"\n]\n',
    ),
    "an array on one line": (
        "pyproject.toml",
        "[project]\nname = 'x'\ndependencies = ['django']\n",
        "[project]\nname = 'x'\ndependencies = ['django', 'hiss']\n",
    ),
    "the first by its name": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = [\n  "iso", "mail"\n]\n',
        '[project]\nname = "x"\ndependencies = [\n  "hiss",\n  "iso", "mail"\n]\n',
    ),
    "an empty array": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = []\n',
        '[project]\nname = "x"\ndependencies = ["hiss"]\n',
    ),
    "Poetry": ("pyproject.toml", POETRY, POETRY + f'hiss = "^{VERSION}"\n'),
    "a Pipfile": ("Pipfile", PIPFILE, PIPFILE.replace('"*"\n\n', '"*"\nhiss = "*"\n\n')),
}


@pytest.mark.parametrize("name", PINS)
def test_pin(project, name):
    """Hiss stands among the requirements, in the file's own style, and nothing else changes."""
    path, before, after = PINS[name]
    (project / "requirements.txt").unlink()
    project.write({path: before})
    assert project.init("--apply").code == 0
    assert (project / path).read_bytes().decode() == after
    if path == "pyproject.toml":
        tomllib.loads(after)
    assert project.init().out == "nothing to do: all is set up\n"


def test_no_requirements(project):
    """Without a file of requirements the project is set up all the same, and it is said."""
    (project / "requirements.txt").unlink()
    done = project.init("--apply")
    assert (done.code, "note: no file of requirements was found" in done.out) == (0, True)
    assert not (project / "requirements.txt").exists()


def test_pin_beside_django(project):
    """Of several files, the one that names Django; and a lock that is now behind is said."""
    project.write(
        {
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["ruff"]\n',
            "uv.lock": "",
        }
    )
    done = project.init("--apply")
    assert "hiss" in (project / "requirements.txt").read_text()
    assert "hiss" not in (project / "pyproject.toml").read_text()
    assert "run `uv lock`" in done.out


@pytest.mark.parametrize(
    "text", ["django==5 --hash=sha256:00\n", "# autogenerated by uv\ndjango\n"]
)
def test_compiled_requirements(project, text):
    """What a tool made is left to that tool."""
    project.write({"requirements.txt": text})
    done = project.init("--apply")
    assert done.code == 1
    assert "a tool made this file" in done.out
    assert (project / "requirements.txt").read_text() == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "/staticfiles/\n"),
        ("*.pyc", "*.pyc\n/staticfiles/\n"),
        ("*.pyc\r\n", "*.pyc\r\n/staticfiles/\r\n"),
        ("staticfiles\n", "staticfiles\n"),
        ("**/staticfiles/\n", "**/staticfiles/\n"),
    ],
)
def test_ignored(project, before, after):
    """The folder that collectstatic writes to is ignored, and written once."""
    (project / ".git").mkdir()
    if before is not None:
        project.write({".gitignore": before})
    project.init("--apply")
    assert (project / ".gitignore").read_bytes().decode() == after


def test_ignored_where_static_root_is(project):
    """STATIC_ROOT's own folder is meant, wherever it is; outside a repository there is no file."""
    project.write({"shop/settings.py": PLAIN + 'STATIC_ROOT = BASE_DIR / "out" / "s"\n'})
    project.init("--apply")
    assert not (project / ".gitignore").exists()
    (project / ".git").mkdir()
    project.init("--apply")
    assert (project / ".gitignore").read_text() == "/out/s/\n"


def test_keeps_modes_and_links(project):
    """A program stays one, and a link still leads where it led."""
    (project / "shop/wsgi.py").chmod(0o750)
    (project / "shop/settings.py").rename(project / "real.py")
    (project / "shop/settings.py").symlink_to("../real.py")
    project.init("--apply")
    assert (project / "shop/wsgi.py").stat().st_mode & 0o777 == 0o750
    assert (project / "shop/settings.py").is_symlink()
    assert "HissMiddleware" in (project / "real.py").read_text()


def test_all_or_nothing(project):
    """If one file cannot be written, none is changed."""
    from hiss.setup.init import plan_init

    plan = plan_init(project.find())
    (project / "requirements.txt").unlink()
    (project / "requirements.txt").mkdir()
    before = project.tree()
    with pytest.raises((OSError, ConfigurationError)):
        apply(plan)
    assert project.tree() == before


def test_failing_write(project, monkeypatch):
    """A write that fails in the midst puts back what was written before it."""
    from hiss.setup.init import plan_init

    plan = plan_init(project.find())
    assert len(plan.changes) == 3
    before = project.tree()
    replace, calls = os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        apply(plan)
    assert project.tree() == before


def test_changed_meanwhile(project):
    """A file that was written to since the plan was made is not written over."""
    from hiss.setup.init import plan_init

    plan = plan_init(project.find())
    project.write({"shop/settings.py": PLAIN + "# mine\n"})
    with pytest.raises(ConfigurationError, match="changed since"):
        apply(plan)
    assert (project / "shop/settings.py").read_text() == PLAIN + "# mine\n"


def test_json(project):
    """All of it, for programs."""
    document = json.loads(project.init("--json").out)
    assert document["version"] == 1
    assert document["applied"] is False
    assert [each["file"] for each in document["changes"]] == [
        "shop/settings.py",
        "shop/wsgi.py",
        "requirements.txt",
    ]
    assert "+hiss>=" in document["changes"][2]["diff"]
    assert (document["by_hand"], document["notes"]) == ([], [])
    assert json.loads(project.init("--json", "--apply").out)["applied"] is True


def test_code_in_a_folder_below(make_project):
    """manage.py may be below the folder of the requirements."""
    project = make_project({"src/shop/settings.py": PLAIN, ".git/x": ""})
    for name in ("manage.py", "shop/wsgi.py", "shop/__init__.py", "shop/urls.py"):
        (project / "src" / name).parent.mkdir(exist_ok=True)
        (project / name).rename(project / "src" / name)
    assert project.init("--apply").code == 0
    assert (project / ".gitignore").read_text() == "/src/staticfiles/\n"
    assert "from hiss.django import" in (project / "src/shop/wsgi.py").read_text()
    assert "hiss" in (project / "requirements.txt").read_text()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"shop/settings.py": "A = (\n"}, "settings.py:1: it is not Python"),
        ({"shop/settings.py": b"# \xff\n"}, "cannot be read as Python"),
        ({"manage.py": "pass\n"}, "does not say which settings"),
        ({"manage.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "a.b"\n'}, "a.b are not"),
    ],
)
def test_cannot_run(make_project, files, words):
    """What keeps it from beginning is said, and nothing is written."""
    project = make_project({"shop/settings.py": PLAIN, **files})
    before = project.tree()
    with pytest.raises(HissError, match=words):
        project.init("--apply")
    assert project.tree() == before


def test_no_project(tmp_path, make_project):
    """A folder without manage.py, or with several, is no project."""
    project = make_project({"shop/settings.py": PLAIN})
    (project / "manage.py").unlink()
    with pytest.raises(ConfigurationError, match=r"no manage\.py"):
        project.init()
    project.write({"a/manage.py": "", "b/manage.py": ""})
    with pytest.raises(ConfigurationError, match="more than one"):
        project.init()


@pytest.mark.parametrize(
    ("name", "is_there"),
    [
        ("shop/settings.py", True),
        ("requirements.txt", True),
        (".gitignore", True),
        (".gitignore", False),
    ],
)
def test_a_link_out_of_the_project(project, tmp_path, name, is_there):
    """What a link leads to elsewhere is neither written over nor made; what to do is said."""
    outside = tmp_path / "elsewhere"
    before = (project / name).read_text() if (project / name).exists() else "*.pyc\n"
    (project / name).unlink(missing_ok=True)
    (project / name).symlink_to(outside)
    (project / ".git").mkdir()
    if is_there:
        outside.write_text(before)
    done = project.init("--apply", "--json")
    assert done.code == 1
    [left] = [each for each in json.loads(done.out)["by_hand"] if each["file"] == name]
    assert f"it leads out of the project, to {outside}, where nothing is written" in left["why"]
    assert any("hiss" in line or "/staticfiles/" in line for line in left["lines"])
    assert (outside.read_text() if is_there else outside.exists()) == (
        before if is_there else False
    )
    assert "hiss.django" in (project / "shop/wsgi.py").read_text()


def test_a_link_within_the_project(project):
    """A link that stays within is followed, and stays a link."""
    (project / "shop/settings.py").rename(project / "shop/real.py")
    (project / "shop/settings.py").symlink_to("real.py")
    assert project.init("--apply").code == 0
    assert (project / "shop/settings.py").is_symlink()
    assert "HissMiddleware" in (project / "shop/real.py").read_text()
