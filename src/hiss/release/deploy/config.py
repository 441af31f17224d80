"""`[tool.hiss.deploy]` in pyproject.toml: the commands of a deploy, and where the site answers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hiss.core.nearest import nearest
from hiss.errors import ConfigurationError
from hiss.http.paths import normalise_prefix
from hiss.release.retain import Retention

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployConfig:
    """What a deploy is told, from the file and from the command line."""

    #: The folder of the project; commands run in it.
    folder: str
    #: The folder that is served.
    root: str
    #: Commands that must end well before anything is done.
    check: tuple[str, ...] = ()
    #: Builds a release into the root.
    build: str
    #: Restarts the application.
    restart: str
    #: Puts the former code back; empty where nothing does.
    undo: str = ""
    #: Where the application answers; `unix:/path` for a socket.
    url: str
    prefix: str = "/static/"
    #: The Host header; empty for that of the URL.
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    pages: tuple[str, ...] = ("/",)
    #: Seconds that the new process may take.
    timeout: float = 60
    #: Seconds that a command may take.
    command_timeout: float = 600
    #: So many answers in a row, each over a connection of its own: several processes may answer.
    settle: int = 5
    #: The file beside the code that says which release it was built with; empty: none.
    release_file: str = ""
    #: Which releases are kept once the site answers with the new one.
    retention: Retention = field(default_factory=Retention)


# What there must be, and what to write where it lacks.
_NEEDED: Final = {
    "root": 'root = "static"` (the folder that is served: STATIC_ROOT)',
    "build": 'build = "python manage.py collectstatic --noinput"`',
    "restart": 'restart = "systemctl restart shop"`',
    "url": 'url = "http://127.0.0.1:8000"` (where the application answers)',
}


def parse_deploy(
    table: Mapping[str, Any], folder: str, defaults: Mapping[str, Any] | None = None
) -> DeployConfig:
    """A [tool.hiss.deploy] table; paths are relative to `folder`. `defaults` are for what it lacks.

    Raises:
        ConfigurationError: A key is unknown or lacking, or a value is of the wrong type.
    """
    _refuse_unknown(table)
    values: dict[str, Any] = {key: value for key, value in (defaults or {}).items() if value}
    values.update({key: _READERS[key](key, value) for key, value in table.items()})
    for key, example in _NEEDED.items():
        if not values.get(key):
            raise ConfigurationError(f"{key} is not set", f"Such as `{example} in pyproject.toml.")
    for key in ("root", "release_file"):
        if values.get(key):
            values[key] = os.path.join(folder, values[key])
    return DeployConfig(folder=folder, **values)


def _refuse_unknown(table: Mapping[str, Any]) -> None:
    for key in table:
        if key not in _READERS:
            near = nearest(key, _READERS, most=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_READERS)}."
            raise ConfigurationError(f"there is no key {key!r}", hint)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{key} must be text, not {value!r}")
    return value


def _commands(key: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) and each for each in values):
        raise ConfigurationError(f"{key} must be a command, or a list of them, not {value!r}")
    return tuple(values)


def _pages(key: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(
        isinstance(each, str) and each.startswith("/") for each in values
    ):
        raise ConfigurationError(f"{key} must be paths that begin with a slash, not {value!r}")
    return tuple(values)


def _seconds(key: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ConfigurationError(f"{key} must be a number of seconds above 0, not {value!r}")
    return float(value)


def _count(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{key} must be a number from 1 on, not {value!r}")
    return value


def _headers(key: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ConfigurationError(
            f"{key} must be a table of names and values, not {value!r}",
            'Such as `headers = { X-Forwarded-Proto = "https" }`.',
        )
    return value


def _prefix(key: str, value: object) -> str:
    return normalise_prefix(_text(key, value))


def _url(key: str, value: object) -> str:
    url = _text(key, value)
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good and not url.startswith("unix:/"):
        raise ConfigurationError(
            f"{key} must say where the application answers, not {url!r}",
            "Such as http://127.0.0.1:8000, or unix:/run/shop.sock.",
        )
    return url


_READERS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "build": _text,
    "check": _commands,
    "command_timeout": _seconds,
    "headers": _headers,
    "host": _text,
    "pages": _pages,
    "prefix": _prefix,
    "release_file": _text,
    "restart": _text,
    "root": _text,
    "settle": _count,
    "timeout": _seconds,
    "undo": _text,
    "url": _url,
}
