"""What a command works on, as pyproject.toml or Django's settings say it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hiss.build.config import read_pyproject
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


def find_retention(options: argparse.Namespace) -> Retention:
    """Which releases are kept, from `--keep-releases`, `--keep-days` and the project.

    Raises:
        ConfigurationError: A number is wrong.
    """
    known = find_config(options).retention
    releases = getattr(options, "keep_releases", None)
    days = getattr(options, "keep_days", None)
    return settle_retention(
        known.releases if releases is None else releases, known.days if days is None else days
    )
