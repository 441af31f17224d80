"""The Django project that a command is run in, and its settings; without Django there is none."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hiss.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.release.retain import Retention

_VARIABLE: Final = "DJANGO_SETTINGS_MODULE"
# What manage.py says, which is not run for it.
_NAMED: Final = re.compile(rf"{_VARIABLE}[\"'](?:,|\]\s*=)\s*[\"']([\w.]+)[\"']")


def find_manage(folder: str) -> tuple[str, str]:
    """The nearest folder with a manage.py, and the settings that this names; empty for none."""
    start = folder
    while True:
        path = os.path.join(folder, "manage.py")
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                found = _NAMED.search(file.read())
            return folder, found[1] if found else ""
        parent = os.path.dirname(folder)
        if parent == folder:
            return start, ""
        folder = parent


def find_application(folder: str) -> tuple[str, str] | None:
    """The folder of the Django project that `folder` is in, and its ASGI application as
    module:attribute; `None` where there is none.
    """
    place, named = find_manage(folder)
    packages = (os.environ.get(_VARIABLE) or named).split(".")[:-1]
    while packages:
        if os.path.isfile(os.path.join(place, *packages, "asgi.py")):
            return place, ".".join((*packages, "asgi:application"))
        packages.pop()
    return None


def read_retention(root: str) -> Retention | None:
    """Which releases the project's settings keep in `root`; `None` where there is no such project,
    or its STATIC_ROOT is another folder.

    Raises:
        ConfigurationError: The settings cannot be read, or say something wrong.
    """
    with _settings() as module:
        if not module:
            return None
        from hiss.django.building import read_building
        from hiss.django.conf import read_configuration

        configuration, building = read_configuration(), read_building()
    if os.path.realpath(configuration.static_root or "") != os.path.realpath(root):
        return None
    return building.retention


def read_prefix() -> str:
    """The path of the project's static files; empty where there is no such project, or it says
    none.

    Raises:
        ConfigurationError: The settings cannot be read, or say something wrong.
    """
    with _settings() as module:
        if not module:
            return ""
        from hiss.django.conf import find_static_prefix

        return find_static_prefix() or ""


@contextmanager
def _settings() -> Iterator[str]:
    """The settings of the project around, which can be read inside; empty where there are none."""
    folder, named = find_manage(os.getcwd())
    module = os.environ.get(_VARIABLE) or named
    if not module or not os.path.isfile(os.path.join(folder, "manage.py")):
        yield ""
        return
    try:
        with _named(folder, module):
            yield module
    except (Exception, SystemExit) as error:
        # Settings are code: they may raise anything, such as KeyError for a variable that is unset.
        raise ConfigurationError(f"{module}: {type(error).__name__}: {error}") from error


@contextmanager
def _named(folder: str, module: str) -> Iterator[None]:
    """As manage.py in that folder would have it; commands that are run are to say so themselves."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = module
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if before is None:
            del os.environ[_VARIABLE]
