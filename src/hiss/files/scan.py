"""Finding the files below a root.

Only names are looked at, not one file is opened or asked for its size. What must not become
public does not leave this room: dotfiles, links that lead out of the root, what is not a file.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, NamedTuple

from hiss.http.paths import is_plain_name, is_public_name

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("hiss.files")


class Found(NamedTuple):
    """A file below a root: its name there, `/` between segments, and its path on disk."""

    name: str
    path: str


class _Folder(NamedTuple):
    path: str
    prefix: str
    #: The real paths of this folder and those above it: a link to one of them is a loop.
    chain: tuple[str, ...]


def scan(root: str) -> Iterator[Found]:
    """Every file below `root` that may be served, in the order of names, folder by folder.

    A dangling link, a loop of links, a link out of the root and an unreadable folder are left out,
    each with one line in the log.
    """
    real_root = os.path.realpath(root)
    folders = [_Folder(root, "", (real_root,))]
    while folders:
        folder = folders.pop()
        for entry in _listing(folder.path):
            name = folder.prefix + entry.name
            if not is_public_name(entry.name):
                continue
            if not is_plain_name(entry.name):
                logger.warning("Not serving %r: no URL can say its name", entry.path)
                continue
            real = _real_path(entry, real_root, folder.chain)
            if real is None:
                continue
            if entry.is_dir():
                chain = (*folder.chain, real)
                folders.append(_Folder(entry.path, f"{name}/", chain))
            elif entry.is_file():
                yield Found(name, entry.path)


def _listing(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        logger.warning("Not serving what is in %s: %s", path, error.strerror)
        return []


def _real_path(entry: os.DirEntry[str], real_root: str, chain: tuple[str, ...]) -> str | None:
    """Where `entry` really is; `None`, with a line in the log, where it may not be served."""
    if not entry.is_symlink():
        return os.path.join(chain[-1], entry.name)
    problem = ""
    real = os.path.realpath(entry.path)
    if not os.path.exists(real):
        problem = "leads nowhere"
    elif not is_within(real, real_root):
        problem = "leads out of the root"
    elif real in chain:
        problem = "leads back to a folder that it is in"
    if problem:
        logger.warning("Not serving %s: the link %s (%s)", entry.path, problem, real)
        return None
    return real


def is_within(real_path: str, real_root: str) -> bool:
    """Whether a path is `real_root` or below it; both without links."""
    return real_path == real_root or real_path.startswith(real_root.rstrip(os.sep) + os.sep)
