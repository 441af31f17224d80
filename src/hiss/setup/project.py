"""A Django project on disk: its manage.py, its settings files, its doors."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hiss.errors import ConfigurationError
from hiss.setup.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE: Final = "DJANGO_SETTINGS_MODULE"

#: Folders that hold no code of the project's own.
FOREIGN: Final = frozenset(
    {"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv"}
)


@dataclass(frozen=True, slots=True)
class Settings:
    """A settings file, and those whose names it takes over."""

    module: str
    source: Source
    #: What it takes everything from (`from .base import *`), nearest last.
    taken_from: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """What was found."""

    #: Where requirements and the like are.
    folder: str
    #: Where manage.py is.
    code: str
    settings: tuple[Settings, ...]
    #: The files `wsgi.py` and `asgi.py`.
    doors: tuple[Source, ...]
    #: The dotted name of the WSGI application's module; empty where there is none.
    wsgi: str
    asgi: str

    @property
    def name(self) -> str:
        """A short name for the project."""
        module = self.settings[0].module.split(".")[0]
        plain = module in {"config", "conf", "core", "project", "settings", "src"}
        return os.path.basename(self.folder) if plain else module

    @property
    def sources(self) -> tuple[Source, ...]:
        """All settings files, each once."""
        files = {
            each.path: each
            for settings in self.settings
            for each in (*settings.taken_from, settings.source)
        }
        return tuple(files.values())


def find_project(folder: str, module: str = "") -> Project:
    """The project in `folder`; `module`: its settings, where manage.py is not to say it.

    Raises:
        ConfigurationError: There is none, or its settings are not to be found.
    """
    folder = os.path.abspath(folder)
    manage = _find_manage(folder)
    code = os.path.dirname(manage)
    program = read_source(manage)
    named = [module] if module else _named_by(program)
    if not named and os.environ.get(_VARIABLE):
        named = [os.environ[_VARIABLE]]
    if not named:
        raise ConfigurationError(
            f"{manage} does not say which settings it uses",
            "Name them: --settings shop.settings.",
        )
    first = named[0]
    doors = _find_doors(code, first)
    if not module:
        named += [each for door in doors for each in _named_by(door)]
    settings = tuple(
        found
        for each in dict.fromkeys(named)
        if (found := _read_settings(code, each, needed=each == first)) is not None
    )
    by_name = {os.path.basename(each.path): _module_of(code, each.path) for each in doors}
    return Project(
        folder, code, settings, doors, by_name.get("wsgi.py", ""), by_name.get("asgi.py", "")
    )


def read_source(path: str) -> Source:
    """A Python file, parsed."""
    with open(path, "rb") as file:
        return Source(path, file.read())


def walk(folder: str) -> Iterator[str]:
    """The project's own files below a folder, sorted."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            each
            for each in folders
            if each not in FOREIGN
            and (not each.startswith(".") or each in {".github", ".circleci"})
            and not os.path.exists(os.path.join(parent, each, "pyvenv.cfg"))
        )
        for name in sorted(files):
            yield os.path.join(parent, name)


def _find_manage(folder: str) -> str:
    if not os.path.isdir(folder):
        raise ConfigurationError(f"there is no folder {folder}")
    found = [path for path in walk(folder) if os.path.basename(path) == "manage.py"]
    depths = [path.count(os.sep) for path in found]
    nearest = [path for path, depth in zip(found, depths, strict=True) if depth == min(depths)]
    if not nearest:
        raise ConfigurationError(
            f"there is no manage.py in {folder}",
            "Name the folder of a Django project: hiss init DIR. Other applications need no "
            "set-up: see hiss.wsgi.StaticFiles and hiss.asgi.StaticFiles.",
        )
    if len(nearest) > 1:
        raise ConfigurationError(
            f"there is more than one manage.py in {folder}: {', '.join(nearest)}",
            "Name the folder of one: hiss init DIR.",
        )
    return nearest[0]


def _named_by(source: Source) -> list[str]:
    """The settings modules that a program names, in its order."""
    found = []
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setdefault"),
                args=[ast.Constant(value=name), ast.Constant(value=str(module))],
            ) if name == _VARIABLE:
                found.append(module)
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=name))],
                value=ast.Constant(value=str(module)),
            ) if name == _VARIABLE:
                found.append(module)
    return found


def _find_doors(code: str, module: str) -> tuple[Source, ...]:
    """`wsgi.py` and `asgi.py`, beside the settings or above them."""
    folder = os.path.join(code, *module.split(".")[:-1])
    places = [folder, os.path.dirname(folder), code, os.path.join(code, "config")]
    found = []
    for name in ("wsgi.py", "asgi.py"):
        paths = [os.path.join(place, name) for place in places if place.startswith(code)]
        existing = [path for path in paths if os.path.isfile(path)]
        found += [read_source(path) for path in existing[:1]]
    return tuple(found)


def _module_of(code: str, path: str) -> str:
    return os.path.relpath(path, code).removesuffix(".py").replace(os.sep, ".")


def _read_settings(code: str, module: str, *, needed: bool) -> Settings | None:
    path = _path_of(code, module)
    if not path:
        if not needed:
            return None
        raise ConfigurationError(
            f"the settings {module} are not below {code}",
            "Name a module of the project's own: --settings shop.settings.",
        )
    source = read_source(path)
    return Settings(module, source, tuple(_taken_from(code, source, (path,))))


def _path_of(code: str, module: str) -> str:
    place = os.path.join(code, *module.split("."))
    for path in (f"{place}.py", os.path.join(place, "__init__.py")):
        if os.path.isfile(path):
            return path
    return ""


def _taken_from(code: str, source: Source, seen: tuple[str, ...]) -> Iterator[Source]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or [each.name for each in node.names] != ["*"]:
            continue
        if node.level:
            folder = os.path.dirname(source.path)
            for _ in range(node.level - 1):
                folder = os.path.dirname(folder)
            path = _path_of(folder, node.module or "__init__")
        else:
            path = _path_of(code, node.module or "")
        if path and path not in seen:
            found = read_source(path)
            yield from _taken_from(code, found, (*seen, path))
            yield found
