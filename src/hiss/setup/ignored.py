""".gitignore: the folder that collectstatic writes to is built, and not kept with the code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hiss.setup.plan import Change, Plan
from hiss.setup.text import Edit, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator


def plan_ignored(folder: str, static_root: str) -> Plan:
    """The folder of STATIC_ROOT in the nearest .gitignore, or a new one in a repository."""
    place = _place(folder)
    name = os.path.relpath(static_root, place).replace(os.sep, "/") if static_root and place else ""
    if not name or name.startswith(".") or not place:
        return Plan()
    path = os.path.join(place, ".gitignore")
    what = ("what collectstatic writes",)
    if not os.path.isfile(path):
        return Plan((Change(path, None, f"/{name}/\n".encode(), what),))
    with open(path, "rb") as file:
        data = file.read()
    text = read_text(data)
    if any(pattern in _patterns(name) for pattern in text.text.split("\n")):
        return Plan()
    end = len(text.text)
    gap = "" if not text.text or text.text.endswith("\n") else "\n"
    return Plan((Change(path, data, text.edited([Edit(end, end, f"{gap}/{name}/\n")]), what),))


def _place(folder: str) -> str:
    """The folder of the .gitignore that counts; empty outside a repository."""
    at = folder
    while True:
        if os.path.isfile(os.path.join(at, ".gitignore")) or os.path.exists(
            os.path.join(at, ".git")
        ):
            return at
        parent = os.path.dirname(at)
        if parent == at:
            return ""
        at = parent


def _patterns(name: str) -> frozenset[str]:
    """The ways to write it, its parents' too: what is below an ignored folder is ignored."""

    def ways() -> Iterator[str]:
        parts = name.split("/")
        for count in range(1, len(parts) + 1):
            path, last = "/".join(parts[:count]), parts[count - 1]
            for each in (path, f"/{path}", last, f"**/{last}"):
                yield from (each, f"{each}/", f"{each}/*", f"{each}/**")

    return frozenset(ways())
