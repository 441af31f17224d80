"""The values that settings give to Hiss, each looked at alone, so that all wrong ones are told."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hiss.build.config import settle_extensions, settle_levels
from hiss.build.problems import Rules
from hiss.django.building import read_building
from hiss.django.conf import (
    boolean_of,
    find_static_prefix,
    folder_of,
    is_set,
    read_configuration,
    value_of,
)
from hiss.django.names import ALIASES, DICT, KEYS, OLD_PREFIX
from hiss.errors import ConfigurationError, HissError
from hiss.files.options import settle
from hiss.release.retain import settle_retention

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT: Final = "Write what it takes, or leave it out for its default: docs/settings.md lists them."


def find_wrong() -> list[tuple[str, str]]:
    """What is wrong, and what to do about it, of each setting with such a value."""
    try:
        found = [*_find_keys(), *_find_djangos()]
    except HissError as error:
        # HISS itself is no dict.
        return [(f"{error.message}.", f'{DICT} = {{"MAX_AGE": 60}}')]
    if found:
        return found
    try:
        read_configuration()
        read_building()
    except ImproperlyConfigured as error:
        # Each is good, and together they are not.
        return [(str(error), _HINT)]
    return []


def _find_keys() -> Iterator[tuple[str, str]]:
    for key in KEYS:
        if not is_set(key):
            continue
        try:
            _settle(key, value_of(key, None))
        except HissError as error:
            # Doors' options have the keys' names, in small letters.
            rest = re.sub(rf"^{key}\b", "", error.message, count=1, flags=re.IGNORECASE)
            joint = "" if rest != error.message else ": "
            yield f"{_named(key)}{joint}{rest}.", error.hint or _HINT


def _find_djangos() -> Iterator[tuple[str, str]]:
    try:
        folder_of("STATIC_ROOT", settings.STATIC_ROOT)
    except HissError as error:
        yield f"{error.message}.", 'STATIC_ROOT = BASE_DIR / "staticfiles"'
    try:
        find_static_prefix()
    except HissError as error:
        yield f"{error.message}.", 'STATIC_URL = "static/"'


def _settle(key: str, value: Any) -> None:  # noqa: ANN401 - that is what is looked at
    if key in _SETTLED:
        _SETTLED[key](value)
    elif key in _BOOLEANS:
        boolean_of(key, default=False)
    elif key in _FOLDERS:
        folder_of(key, value)
    else:
        settle({key.lower(): value})


def _rules(value: Any) -> None:  # noqa: ANN401
    _require("MISSING_REFERENCES", value, "a dict", holds=isinstance(value, dict))
    Rules(value)


def _file(value: object) -> None:
    is_path = value is None or isinstance(value, str | os.PathLike)
    _require("RELEASE_FILE", value, "the path of a file", holds=is_path)


def _extensions(value: object) -> None:
    if value is not None:
        settle_extensions(value, "SKIP_COMPRESS_EXTENSIONS")


def _prefix(value: object) -> None:
    is_prefix = value is None or (isinstance(value, str) and "://" not in value)
    _require("STATIC_PREFIX", value, "a URL path", holds=is_prefix)


_BOOLEANS: Final = frozenset(
    {"AUTOREFRESH", "KEEP_ONLY_HASHED_FILES", "MANIFEST_STRICT", "USE_FINDERS"}
)
_FOLDERS: Final = frozenset({"CACHE_DIR", "ROOT"})
_SETTLED: Final[Mapping[str, Callable[[Any], object]]] = {
    "COMPRESSION": lambda value: settle_levels(value, None),
    "COMPRESSION_LEVEL": lambda value: settle_levels(None, value),
    "KEEP_DAYS": lambda value: settle_retention(3, value),
    "KEEP_RELEASES": lambda value: settle_retention(value, 7),
    "MISSING_REFERENCES": _rules,
    "RELEASE_FILE": _file,
    "SKIP_COMPRESS_EXTENSIONS": _extensions,
    "STATIC_PREFIX": _prefix,
}


def _require(key: str, value: object, words: str, *, holds: bool) -> None:
    if not holds:
        raise ConfigurationError(f"{key} must be {words}, not {value!r}")


def _named(key: str) -> str:
    """A key as the settings have it."""
    names = (key, *(alias for alias, meant in ALIASES.items() if meant == key))
    for name in names:
        if name in getattr(settings, DICT, {}):
            return f'{DICT}["{name}"]'
    return next(OLD_PREFIX + name for name in names if hasattr(settings, OLD_PREFIX + name))
