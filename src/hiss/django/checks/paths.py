"""Folders as settings name them."""

from __future__ import annotations

import os


def read_folder(value: object) -> str:
    """The real path of the folder that a setting names; empty where it names none: of a value that
    is no path, hiss.E001 tells, or Django.
    """
    if not value or not isinstance(value, str | os.PathLike):
        return ""
    return os.path.realpath(os.fspath(value))


def is_in(path: str, folder: str) -> bool:
    """Whether a real path is `folder`, or below it."""
    return os.path.join(path, "").startswith(os.path.join(folder, ""))
