"""Python environments for the pages, where pip finds this checkout and what else it may need."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

HISS = Path(__file__).parents[2]

#: What pages install beside Hiss and its extras; versions are those of the tests' environment.
PACKAGES = (
    "django>=5.2",
    "fastapi",
    "flask",
    "gunicorn",
    "jinja2",
    "starlette",
    "uvicorn",
    "whitenoise",
)

_SECONDS = 100


@contextlib.contextmanager
def once(folder, name):
    """For the first of several processes, a folder to fill; for the others, and after, `None`."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / f"{name}.ready"
        if ready.exists():
            yield None
            return
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
        yield folder / name
        ready.touch()


def make_wheels(folder, base):
    """Fill a folder with the wheels of this checkout, of what it needs, and of PACKAGES."""
    constraints = folder / "constraints.txt"
    versions = {each.name: each.version for each in metadata.distributions()}
    versions.pop("hiss", None)
    constraints.write_text("".join(f"{name}=={versions[name]}\n" for name in sorted(versions)))
    pip = [base / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    whitenoise = HISS / "compat" / "whitenoise"
    _call(*pip, "wheel", "--no-deps", "--wheel-dir", folder, HISS, whitenoise)
    [wheel] = folder.glob("hiss-*.whl")
    project = tomllib.loads((HISS / "pyproject.toml").read_text("utf-8"))["project"]
    hiss = f"{wheel}[{','.join(project.get('optional-dependencies', ()))}]"
    _call(*pip, "download", "--dest", folder, "--constraint", constraints, hiss, *PACKAGES)


def make_environment(folder):
    """An environment with nothing but pip, as users have it."""
    _call(sys.executable, "-m", "venv", folder)


def clone_environment(base, folder):
    """A copy of an environment in another place; files that nobody writes into are shared."""
    shutil.copytree(base, folder, symlinks=True, copy_function=_link)
    for path in (folder / "bin").iterdir():
        if path.is_file() and not path.is_symlink():
            text = path.read_bytes()
            path.unlink()
            path.write_bytes(text.replace(os.fsencode(base), os.fsencode(folder)))
            path.chmod(0o755)


def _link(source, target):
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    else:
        os.link(source, target)


def _call(*command):
    done = subprocess.run(
        [str(each) for each in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise OSError(f"{' '.join(map(str, command))}:\n{done.stdout}")
