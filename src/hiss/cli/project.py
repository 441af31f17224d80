"""What a command works on, as pyproject.toml or Django's settings say it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from hiss.build.config import read_pyproject
from hiss.cli.settings import read_retention
from hiss.errors import ConfigurationError
from hiss.release.retain import settle_retention

if TYPE_CHECKING:
    import argparse

    from hiss.build.config import BuildConfig
    from hiss.release.retain import Retention


def find_config(options: argparse.Namespace) -> BuildConfig:
    """What the project says: `manage.py` gives its settings, otherwise pyproject.toml counts.

    Raises:
        ConfigurationError: It cannot be read, or a value is wrong.
    """
    config: BuildConfig | None = getattr(options, "config", None)
    return read_pyproject(os.getcwd()) if config is None else config


def find_root(options: argparse.Namespace) -> str:
    """The folder that is served, from `--root` or the project.

    Raises:
        ConfigurationError: Nothing says it, or there is no such folder.
    """
    root = options.root or find_config(options).output
    if not root:
        raise ConfigurationError(
            "no folder of static files is named",
            "Name it with --root DIR, or `output` in [tool.hiss]; with Django, "
            "`manage.py hiss …` takes STATIC_ROOT.",
        )
    if not os.path.isdir(root):
        raise ConfigurationError(f"there is no folder {root}", "Build into it first.")
    return os.path.abspath(root)


def find_retention(options: argparse.Namespace, root: str, *, must_know: bool = False) -> Retention:
    """Which releases are kept in `root`, from `--keep-releases`, `--keep-days` and the project.

    `must_know`: what lets releases go does not guess where the project's settings cannot be read.

    Raises:
        ConfigurationError: A number is wrong, or what must be known is not.
    """
    config = find_config(options)
    known = config.retention
    releases = getattr(options, "keep_releases", None)
    days = getattr(options, "keep_days", None)
    is_said = config.says_retention or (releases is not None and days is not None)
    if getattr(options, "config", None) is None and not config.sources and not is_said:
        known = _settings_retention(root, must_know=must_know) or known
    return settle_retention(
        known.releases if releases is None else releases, known.days if days is None else days
    )


def _settings_retention(root: str, *, must_know: bool) -> Retention | None:
    """What the settings of the Django project here keep in `root`; `None`: nothing is known."""
    try:
        return read_retention(root)
    except ConfigurationError as error:
        trouble = (
            f"KEEP_RELEASES and KEEP_DAYS of the project's settings cannot be read: {error.message}"
        )
        hint = (
            "`python manage.py hiss …` reads them as the project does; keep_releases and "
            "keep_days in [tool.hiss] say it without them."
        )
        if must_know:
            raise ConfigurationError(trouble, hint) from error
        print(f"hiss: {trouble}; the defaults count. {hint}", file=sys.stderr)
        return None
