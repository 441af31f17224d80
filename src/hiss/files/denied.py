"""What a build left and the system does not let be read: where that is, by whom, what to do."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Final

from hiss.errors import ManifestError

if sys.platform != "win32":
    import pwd

# What is in the place of a file is none: a build does not take it away.
_NO_FILE: Final = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ELOOP})


def unreadable(path: str, error: OSError | ValueError) -> ManifestError:
    """The error for a file, or a folder, of a build's that could not be read."""
    if isinstance(error, PermissionError):
        place = find_denied(path) or path
        return ManifestError(f"{path} cannot be read by {reader()}: {describe(place)}", remedy())
    if not isinstance(error, OSError):
        return ManifestError(f"{path} cannot be read: {error}", "Run the build again.")
    if error.errno in _NO_FILE:
        hint = "Something else is in its place: remove that, and run the build again."
    else:
        # A disk that fails, a share that is away, too many open files.
        hint = "That is the system's to mend; then start again. The build has no part in it."
    return ManifestError(f"{path} cannot be read: {error.strerror or error}", hint)


def find_denied(path: str, mode: int = os.R_OK) -> str:
    """What keeps this process from `path`, where it is: the outermost folder above it that may not
    be entered, or itself. Empty where nothing does, and where it is not there.
    """
    if _may(path, mode):
        return ""
    above = [path]
    while (folder := os.path.dirname(above[-1])) != above[-1]:
        above.append(folder)
    for folder in reversed(above[1:]):
        if os.path.isdir(folder or os.curdir) and not _may(folder or os.curdir, os.X_OK):
            return folder
    return path if os.path.exists(path) else ""


def describe(place: str) -> str:
    """In words, why a place may not be read: whose it is, and its mode."""
    try:
        status = os.stat(place)
    except OSError as error:
        return f"{place}: {error.strerror}"
    return f"{place} is of {_name(status.st_uid)}, with mode {stat.S_IMODE(status.st_mode):04o}"


def reader() -> str:
    """In words, who this process is to the system."""
    return "this process" if sys.platform == "win32" else f"user {_name(os.geteuid())}"


def remedy() -> str:
    """What to do where this process may not read what a build left."""
    return (
        f"Let {reader()} read it, and enter what is a folder (chmod, chown), or have one user "
        "build and serve. What a build writes has the modes that the umask of its user gives."
    )


def _may(path: str, mode: int) -> bool:
    # As the user that files are opened as, which may not be the one who began the process.
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _name(user: int) -> str:
    if sys.platform == "win32":
        return str(user)
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        # In a container, a user may be but a number.
        return str(user)
