"""Plain `hiss …` in a Django project: the settings say which releases are kept."""

import os
import subprocess
import sys

import pytest

from hiss.files.release import kept_ids
from release.roots import publish_all, write_history

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
SETTINGS = """
import os
from pathlib import Path

SECRET_KEY = "of a test" + os.environ["SECRET"]
STATIC_URL = "static/"
STATIC_ROOT = Path(__file__).parent.parent / "static"
HISS = {"KEEP_RELEASES": 9, "KEEP_DAYS": 0}
"""
DEPLOY = ("--build", "make", "--restart", "make", "--url", "http://127.0.0.1:1", "--root", "static")
UNREADABLE = (
    "hiss: KEEP_RELEASES and KEEP_DAYS of the project's settings cannot be read: shop.settings: "
    "KeyError: 'SECRET'"
)


@pytest.fixture
def project(tmp_path):
    """A project whose settings keep nine releases; it has five, by the defaults three too many."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/settings.py").write_text(SETTINGS)
    (tmp_path / "manage.py").write_text(MANAGE)
    versions = publish_all(tmp_path / "static", *range(5))
    write_history(tmp_path / "static", *zip((50, 40, 30, 20, 10), versions, strict=True))
    return tmp_path


@pytest.fixture
def run(project):
    """Runs `hiss …` in the project's folder: its exit code, and what it said on either side."""

    def call(*arguments, folder=project, **environment):
        kept = {name: each for name, each in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        done = subprocess.run(
            [sys.executable, "-m", "hiss", *arguments],
            cwd=folder,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.mark.parametrize("folder", [".", "shop"])
def test_prune_keeps_what_the_settings_keep(project, run, folder):
    """Also from a folder of the project; what is said on the command line counts before."""
    root = project / "static"
    where = {"folder": project / folder, "SECRET": "x"}
    code, out, err = run("release", "prune", "-d", str(root), **where)
    assert (code, out.splitlines()[-1], err) == (0, "removed 0 releases, 0 files, 0 B", "")
    assert len(kept_ids(str(root))) == 5
    assert run("release", "prune", "-d", str(root), "--keep-releases", "2", **where)[0] == 0
    assert len(kept_ids(str(root))) == 2


def test_prune_does_not_guess(project, run):
    """Where the settings cannot be read nothing goes, unless all is said."""
    code, out, err = run("release", "prune", "-d", "static", "--keep-releases", "1")
    assert (code, out) == (2, "")
    assert err.startswith(f"{UNREADABLE}\n")
    assert "python manage.py hiss" in err
    assert len(kept_ids(str(project / "static"))) == 5
    said = ("--keep-releases", "4", "--keep-days", "1")
    assert run("release", "prune", "-d", "static", *said)[0] == 0
    assert len(kept_ids(str(project / "static"))) == 4


@pytest.mark.parametrize(
    ("table", "gone"),
    [
        ("keep_releases = 2", 3),
        # hiss build is what builds, and prunes.
        ('sources = ["shop"]', 2),
        ('output = "static"', 0),
    ],
)
def test_what_pyproject_says_counts_before(project, run, table, gone):
    """Where it says which are kept, or that Hiss builds."""
    (project / "pyproject.toml").write_text(f"[tool.hiss]\n{table}\n")
    _, out, _ = run("release", "prune", "-n", "-d", "static", SECRET="x")
    assert f"would remove {gone} releases" in out


def test_settings_of_another_folder_say_nothing(project, run, tmp_path):
    """What is kept in STATIC_ROOT is not for other folders to keep."""
    other = tmp_path / "other/static"
    versions = publish_all(other, *range(5))
    write_history(other, *zip((50, 40, 30, 20, 10), versions, strict=True))
    _, out, _ = run("release", "prune", "-n", "-d", str(other), SECRET="x")
    assert "would remove 2 releases" in out


def test_a_manage_py_of_something_else(project, run):
    """Other frameworks have one, too."""
    (project / "manage.py").write_text("print('no Django')\n")
    _, out, _ = run("release", "prune", "-n", "-d", "static")
    assert "would remove 2 releases" in out


def test_deploy_keeps_what_the_settings_keep(run):
    """Its last step lets go no more than a collectstatic would."""
    code, out, err = run("deploy", "--dry-run", *DEPLOY, SECRET="x")
    assert (code, err) == (0, "")
    assert "let go releases that are not kept: the last 9 stay\n" in out


def test_deploy_does_not_guess(run):
    """It ends before anything is done; the way back needs no settings."""
    code, _, err = run("deploy", *DEPLOY)
    assert (code, err.startswith(f"{UNREADABLE}\n")) == (2, True)
    _, _, err = run("deploy", "--undo", *DEPLOY)
    assert "the defaults count" in err
    assert "hiss release rollback" in err


def test_list_says_what_it_goes_by(run):
    """It lets nothing go: it tells, and says that it does not know."""
    _, out, err = run("release", "list", "-d", "static", SECRET="x")
    assert ("goes with the next build" in out, err) == (False, "")
    code, out, err = run("release", "list", "-d", "static")
    assert (code, out.count("goes with the next build")) == (0, 2)
    assert err.startswith(f"{UNREADABLE}; the defaults count.")
