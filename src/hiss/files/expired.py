"""The hashed files that were published once: so that a miss can say why it is one.

A line for each, the last to go at the end:

    5f2a0c9d1e7b3344 js/app.0a1b2c3d4e5f.js
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from hiss.files.atomic import write_atomic
from hiss.files.release import EXPIRED, is_release_id

if TYPE_CHECKING:
    from collections.abc import Iterable

# Two megabytes, and years of releases.
_MOST: Final = 20_000


def read_expired(root: str) -> dict[str, str]:
    """By the name of a file that no kept release has: the id of the last release that had it."""
    try:
        with open(os.path.join(root, EXPIRED), encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError:
        return {}
    pairs = (line.split(" ", 1) for line in lines)
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and is_release_id(pair[0])}


def add_expired(root: str, gone: Iterable[tuple[str, str]]) -> None:
    """Write down the files that went: pairs of a file's name and its release's id."""
    known = read_expired(root)
    for name, release in gone:
        if "\n" not in name:
            known.pop(name, None)
            known[name] = release
    lines = [f"{release} {name}\n" for name, release in known.items()][-_MOST:]
    write_atomic(os.path.join(root, EXPIRED), "".join(lines).encode("utf-8"))
