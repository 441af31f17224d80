"""Names and paths, as shells, YAML, images and systemd's units read them."""

from __future__ import annotations

import re
import shlex
from typing import Final

from hiss.errors import ConfigurationError

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODULE: Final = re.compile(rf"{_VARIABLE.pattern}(?:\.{_VARIABLE.pattern})*")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")
# Ends of lines, and what a workflow would fill in before any shell sees it.
_NOWHERE: Final = re.compile(r"[\x00-\x1f\x7f]|\$\{\{")


def is_variable(name: str) -> bool:
    """Whether it is the name of a variable in a shell."""
    return bool(_VARIABLE.fullmatch(name))


def is_module(name: str) -> bool:
    """Whether it is a dotted name that Python imports, and nothing that a shell would run."""
    return bool(_MODULE.fullmatch(name))


def check_path(path: str) -> str:
    """The path.

    Raises:
        ConfigurationError: There is a character in it that no quotes help against.
    """
    if _NOWHERE.search(path):
        raise ConfigurationError(
            f"{path!r} cannot be written into a recipe", "Give the folder a plainer name."
        )
    return path


def slug(name: str) -> str:
    """A name for images, apps, units and users: lower case, digits and single hyphens."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    # A user's name begins with a letter.
    return plain if plain[:1].isalpha() else f"site-{plain}".rstrip("-")


def shell(text: str) -> str:
    """A word of a shell's."""
    return shlex.quote(text)


def yaml(text: str) -> str:
    """A text in YAML."""
    # In single quotes only the quote itself means something.
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def in_json(text: str) -> str:
    """A part of a text between double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def unit_path(text: str) -> str:
    """A path that is the whole value of a unit's setting: systemd knows no quotes there."""
    return text.replace("%", "%%")


def unit_program(text: str) -> str:
    """The program of ExecStart."""
    word = unit_path(text)
    return word if _PLAIN.fullmatch(text) else f'"{in_json(word)}"'
