"""Django's settings, read once into one typed value.

`HISS` first, then the `WHITENOISE_*` setting of the same name, then the default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hiss.django.names import ALIASES, DICT, OLD_PREFIX
from hiss.errors import ConfigurationError
from hiss.files.options import settle
from hiss.http.codings import BUILD_LEVELS, LEVELS
from hiss.http.paths import normalise_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hiss.core.reply import Headers
    from hiss.files.options import Settled

_UNSET: Final = object()

# Key of HISS to the option of the doors that it is, where it is one and has no default of its own.
_OPTIONS: Final = {
    "ADD_HEADERS_FUNCTION": "add_headers_function",
    "ALLOW_ALL_ORIGINS": "allow_all_origins",
    "CHARSET": "charset",
    "CROSS_ORIGIN_RESOURCE_POLICY": "cross_origin_resource_policy",
    "DYNAMIC_COMPRESSION": "dynamic_compression",
    "IMMUTABLE_FILE_TEST": "immutable_file_test",
    "INDEX_FILE": "index_file",
    "MEMORY": "memory",
    "MIMETYPES": "mimetypes",
    "MISSES": "misses",
    "NOSNIFF": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a project's settings say to Hiss."""

    #: How files are served.
    settled: Settled
    #: The path below the application that static files have, with both slashes; `None` where
    #: STATIC_URL is not set.
    static_prefix: str | None
    #: STATIC_ROOT; `None` where it is not set.
    static_root: str | None
    #: The folder of files for the root of the site; `None` where there is none.
    root: str | None
    #: Whether files are looked for where `collectstatic` would look.
    use_finders: bool
    #: Coding to level, for collectstatic.
    compression: Mapping[str, int]
    #: Extensions, without dot and in lower case, that are not compressed; `None`: by media type.
    skip_compress_extensions: frozenset[str] | None
    #: Whether collectstatic deletes the originals of hashed files.
    keep_only_hashed_files: bool
    #: Whether a name that the manifest lacks is an error.
    manifest_strict: bool


def read_configuration(*, always: Headers = ()) -> Configuration:
    """The configuration that Django's settings give; `always` are header fields for every answer.

    Raises:
        ImproperlyConfigured: A setting's value is not of its type; the message names it.
    """
    try:
        return _read(always)
    except ConfigurationError as error:
        raise ImproperlyConfigured(f"{DICT} (or {OLD_PREFIX}*) in settings: {error}") from error


def _read(always: Headers) -> Configuration:
    autorefresh = _boolean("AUTOREFRESH", settings.DEBUG)
    options = {
        option: value
        for key, option in _OPTIONS.items()
        if (value := find_setting(key)) is not _UNSET
    }
    options["max_age"] = _value("MAX_AGE", 0 if settings.DEBUG else 60)
    options["autorefresh"] = autorefresh
    return Configuration(
        settled=settle(options, always=always),
        static_prefix=_static_prefix(),
        static_root=_folder("STATIC_ROOT", settings.STATIC_ROOT),
        root=_folder("ROOT", _value("ROOT", None)),
        use_finders=_boolean("USE_FINDERS", settings.DEBUG),
        compression=_compression(),
        skip_compress_extensions=_extensions(),
        keep_only_hashed_files=_boolean("KEEP_ONLY_HASHED_FILES", default=False),
        manifest_strict=_boolean("MANIFEST_STRICT", default=True),
    )


def find_setting(key: str) -> Any:  # noqa: ANN401 - a setting may be anything until it is checked
    """The value of a key, from HISS, by its other names, or from WHITENOISE_*."""
    ours = getattr(settings, DICT, {})
    if not isinstance(ours, dict):
        raise ConfigurationError(f"{DICT} must be a dict, not {ours!r}")
    names = (key, *(alias for alias, meant in ALIASES.items() if meant == key))
    for name in names:
        if name in ours:
            return ours[name]
    for name in names:
        if hasattr(settings, OLD_PREFIX + name):
            return getattr(settings, OLD_PREFIX + name)
    return _UNSET


def _value(key: str, default: Any) -> Any:  # noqa: ANN401
    value = find_setting(key)
    return default if value is _UNSET else value


def _boolean(key: str, default: bool) -> bool:
    value = _value(key, default)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{key} must be True or False, not {value!r}")
    return value


def _folder(key: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | os.PathLike):
        raise ConfigurationError(f"{key} must be the path of a folder, not {value!r}")
    return os.path.abspath(os.fspath(value))


def _static_prefix() -> str | None:
    prefix = _value("STATIC_PREFIX", None)
    if prefix is not None:
        if not isinstance(prefix, str):
            raise ConfigurationError(f"STATIC_PREFIX must be a URL path, not {prefix!r}")
        return normalise_prefix(prefix)
    if not settings.STATIC_URL:
        return None
    path = urlsplit(settings.STATIC_URL).path
    script_name = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    if script_name and path.startswith(f"{script_name}/"):
        path = path[len(script_name) :]
    return normalise_prefix(path)


def _compression() -> dict[str, int]:
    levels: dict[str, int] = dict(BUILD_LEVELS)
    common = _value("COMPRESSION_LEVEL", None)
    if common is not None:
        if not isinstance(common, int) or common < 0:
            raise ConfigurationError(f"COMPRESSION_LEVEL must be a number, not {common!r}")
        # One number for three scales: each takes as much of it as it goes.
        levels = {c: min(max(common, low), high) for c, (low, high) in LEVELS.items()}
    wanted = _value("COMPRESSION", {})
    if wanted is False or wanted is None:
        return {}
    if wanted is True:
        return levels
    if not isinstance(wanted, dict) or not wanted.keys() <= LEVELS.keys():
        raise ConfigurationError(
            f"COMPRESSION must map {', '.join(LEVELS)} to levels, not {wanted!r}",
            'Such as {"br": 11, "gzip": 9, "zstd": None}; None switches a coding off.',
        )
    for coding, level in wanted.items():
        _set_level(levels, coding, level)
    return levels


def _set_level(levels: dict[str, int], coding: str, level: object) -> None:
    low, high = LEVELS[coding]
    if level is None or level is False:
        levels.pop(coding)
    elif isinstance(level, int) and level is not True and low <= level <= high:
        levels[coding] = level
    else:
        raise ConfigurationError(
            f'COMPRESSION["{coding}"] must be from {low} to {high}, or None, not {level!r}'
        )


def _extensions() -> frozenset[str] | None:
    value = _value("SKIP_COMPRESS_EXTENSIONS", None)
    if value is None:
        return None
    if isinstance(value, str) or not all(isinstance(each, str) for each in value):
        raise ConfigurationError(
            f"SKIP_COMPRESS_EXTENSIONS must be a list of extensions, not {value!r}"
        )
    return frozenset(each.lstrip(".").lower() for each in value)
