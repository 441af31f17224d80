"""Commands of WhiteNoise's and ServeStatic's in scripts, images and CI: found, and told."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from hiss.setup.plan import ByHand, Plan
from hiss.setup.project import walk
from hiss.setup.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = re.compile(
    r"(?i)procfile(\.\w+)?|(\w+\.)?dockerfile(\.\w+)?|makefile|justfile|rakefile"
    r"|.*\.(sh|bash|mk|ya?ml|toml|cfg|ini)|(app|package)\.json"
)
# Scripts need no ending; other files without one, such as notes, may say anything.
_SCRIPTS: Final = frozenset({"bin", "script", "scripts"})
_COMPRESS: Final = re.compile(r"whitenoise\.compress|\bservestatic +-|-m +servestatic\b")
_INSTALL: Final = re.compile(
    r"\b(?:pip|uv|pipx)\b.*\b(?:install|add)\b.*\b(whitenoise|servestatic)\b"
)
# What people write by hand is shorter.
_LARGEST: Final = 200_000

_INSTEAD: Final = (
    "collectstatic compresses what it collects, and needs no command after it; "
    "for another tool's folder there is `hiss build`"
)


def plan_commands(folder: str) -> Plan:
    """Each line with such a command, and what goes in its place."""
    found: list[ByHand] = []
    for path in walk(folder):
        if _is_known(path) and os.path.getsize(path) < _LARGEST:
            found += _in_file(path)
    return Plan(by_hand=tuple(found))


def _is_known(path: str) -> bool:
    folder, name = os.path.split(path)
    if "." in name or _NAMES.fullmatch(name) or not os.path.isfile(path):
        return bool(_NAMES.fullmatch(name)) and os.path.isfile(path)
    if os.path.basename(folder) in _SCRIPTS:
        return True
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def _in_file(path: str) -> Iterator[ByHand]:
    with open(path, "rb") as file:
        data = file.read()
    if b"\0" in data:
        return
    for number, line in enumerate(read_text(data).text.split("\n"), start=1):
        if _COMPRESS.search(line):
            yield ByHand(path, number, f"`{line.strip()}`: {_INSTEAD}")
        elif _INSTALL.search(line):
            yield ByHand(path, number, f"`{line.strip()}`: install hiss instead")
