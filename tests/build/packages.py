"""Real packages for the tests: what Python web projects put among their static files.

`fetch` gets one by its registry's own client and keeps it unpacked below `HISS_TEST_PACKAGES`, or
in the user's cache folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple


class Package(NamedTuple):
    name: str
    registry: Literal["npm", "pypi"]
    version: str


class UnavailableError(Exception):
    """A package that cannot be fetched here, and why."""


PACKAGES: tuple[Package, ...] = (
    Package("@fortawesome/fontawesome-free", "npm", "7.3.1"),
    Package("@highlightjs/cdn-assets", "npm", "11.12.0"),
    Package("bootstrap", "npm", "5.3.8"),
    Package("bulma", "npm", "1.0.4"),
    Package("chart.js", "npm", "4.6.1"),
    Package("ckeditor5", "npm", "48.5.2"),
    Package("codemirror", "npm", "6.65.7"),
    Package("d3", "npm", "7.9.2"),
    Package("htmx.org", "npm", "4.0.1"),
    Package("jquery-ui-dist", "npm", "1.13.3"),
    Package("katex", "npm", "0.19.1"),
    Package("leaflet", "npm", "1.9.4"),
    Package("mathjax", "npm", "4.1.3"),
    Package("monaco-editor", "npm", "0.57.0"),
    Package("pdfjs-dist", "npm", "5.6.205"),
    Package("select2", "npm", "4.0.13"),
    Package("swagger-ui-dist", "npm", "5.35.0"),
    Package("three", "npm", "0.187.0"),
    Package("tinymce", "npm", "8.9.2"),
    Package("video.js", "npm", "8.24.1"),
    Package("vue", "npm", "3.5.45"),
    Package("django", "pypi", "5.2.19"),
    Package("django-debug-toolbar", "pypi", "8.0.0"),
    Package("django-unfold", "pypi", "0.91.0"),
    Package("djangorestframework", "pypi", "3.18.3"),
    Package("wagtail", "pypi", "8.0.1"),
)


def cache_folder() -> Path:
    if chosen := os.environ.get("HISS_TEST_PACKAGES"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "hiss", "test-packages")


def fetch(package: Package) -> Path:
    """The folder that holds `package` unpacked: npm's below `package/`, PyPI's as installed.

    Raises `UnavailableError` where there is no client, no registry or no such version.
    """
    cache = cache_folder()
    folder = cache / f"{package.name.replace('/', '+')}@{package.version}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    # Two runs may fetch the same package: each into a folder of its own, and the first rename wins.
    with tempfile.TemporaryDirectory(dir=cache) as work:
        unpacked = Path(work, "unpacked")
        unpacked.mkdir()
        (unpack_npm if package.registry == "npm" else unpack_pypi)(package, unpacked)
        try:
            unpacked.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    return folder


def unpack_npm(package: Package, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(f"{package.name}: there is no npm here")
    spec = f"{package.name}@{package.version}"
    run(package, [npm, "pack", "--loglevel=error", "--ignore-scripts", spec], cwd=target.parent)
    (archive,) = target.parent.glob("*.tgz")
    with tarfile.open(archive) as members:
        members.extractall(target, filter="data")


def unpack_pypi(package: Package, target: Path) -> None:
    spec = f"{package.name}=={package.version}"
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(target)]
    run(package, [*pip_install(package), *options, spec], cwd=target.parent)


def pip_install(package: Package) -> list[str]:
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--no-compile"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return [pip, "install", "--no-compile"]
    raise UnavailableError(f"{package.name}: there is no pip and no uv here")


def run(package: Package, command: list[str], cwd: Path) -> None:
    try:
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=100)
    except subprocess.CalledProcessError as error:
        said = " ".join((error.stderr or error.stdout).split())[:300]
        raise UnavailableError(f"{package.name}: {Path(command[0]).name}: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{package.name}: {error}") from error
