"""One writer at a time for a folder: a lock that the system lets go when its holder dies."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock file at `path`, which stays; whoever else wants it waits.

    Where the file system knows no locks (some network ones), nothing is held.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "ab") as file:
        _lock(file.fileno())
        yield


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return
