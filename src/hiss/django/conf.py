"""Django's settings, as far as a server needs them, read once into one typed value.

`HISS` first, then the `WHITENOISE_*` setting of the same name, then the default.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hiss.django.names import (
    ALIASES,
    DICT,
    OLD_PREFIX,
    Misnamed,
    misnamed_keys,
    misnamed_settings,
)
from hiss.errors import ConfigurationError, HissError
from hiss.files.options import settle
from hiss.files.pin import find_pin
from hiss.http.paths import normalise_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    "SHOW_MANIFEST": "show_manifest",
    "SHOW_RELEASE": "show_release",
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
    #: Whether a name that the manifest lacks is an error.
    manifest_strict: bool
    #: The file, beside the code, that says which release the code was built with; empty where
    #: none is wanted.
    release_file: str


def read_configuration(*, always: Headers = ()) -> Configuration:
    """The configuration that Django's settings give; `always` are header fields for every answer.

    Raises:
        ImproperlyConfigured: A setting's value is not of its type; the message names it.
    """
    with named_errors():
        return _read(always)


@contextmanager
def named_errors() -> Iterator[None]:
    """What is wrong with a setting, as Django says such things."""
    try:
        yield
    except HissError as error:
        raise ImproperlyConfigured(f"{DICT} (or {OLD_PREFIX}*) in settings: {error}") from error


def _read(always: Headers) -> Configuration:
    # DEBUG is often read from the environment, as a number or a text.
    autorefresh = boolean_of("AUTOREFRESH", bool(settings.DEBUG))
    options = {
        option: value
        for key, option in _OPTIONS.items()
        if (value := find_setting(key)) is not _UNSET
    }
    release_file = _path("RELEASE_FILE", value_of("RELEASE_FILE", None), "a file") or ""
    options["max_age"] = value_of("MAX_AGE", 0 if settings.DEBUG else 60)
    options["autorefresh"] = autorefresh
    return Configuration(
        settled=replace(settle(options, always=always), pin=find_pin(release_file)),
        static_prefix=_static_prefix(),
        static_root=folder_of("STATIC_ROOT", settings.STATIC_ROOT),
        root=folder_of("ROOT", value_of("ROOT", None)),
        use_finders=boolean_of("USE_FINDERS", bool(settings.DEBUG)),
        manifest_strict=boolean_of("MANIFEST_STRICT", default=True),
        release_file=release_file,
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


def find_misnamed() -> Iterator[Misnamed]:
    """Settings that were meant for Hiss and do nothing."""
    ours = getattr(settings, DICT, {})
    if isinstance(ours, dict):
        yield from misnamed_keys(ours)
    yield from misnamed_settings(name for name in dir(settings) if name.isupper())


def is_set(key: str) -> bool:
    """Whether the settings say anything of a key."""
    return find_setting(key) is not _UNSET


def value_of(key: str, default: Any) -> Any:  # noqa: ANN401
    """The value of a key, or the default."""
    value = find_setting(key)
    return default if value is _UNSET else value


def boolean_of(key: str, default: bool) -> bool:
    """The value of a key that is True or False."""
    value = value_of(key, default)
    if not isinstance(value, bool) and value not in (0, 1):
        raise ConfigurationError(f"{key} must be True or False, not {value!r}")
    return bool(value)


def folder_of(key: str, value: object) -> str | None:
    """The absolute path of a folder; `None` where none is named."""
    return _path(key, value, "a folder")


def _path(key: str, value: object, kind: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | os.PathLike):
        raise ConfigurationError(f"{key} must be the path of {kind}, not {value!r}")
    return os.path.abspath(os.fspath(value))


def _static_prefix() -> str | None:
    prefix = value_of("STATIC_PREFIX", None)
    if prefix is not None:
        if not isinstance(prefix, str) or "://" in prefix:
            raise ConfigurationError(f"STATIC_PREFIX must be a URL path, not {prefix!r}")
        return normalise_prefix(prefix)
    return find_static_prefix()


def find_static_prefix() -> str | None:
    """The path that STATIC_URL names, below the application; `None` where it is not set.

    Raises:
        ConfigurationError: It is no URL.
    """
    try:
        static_url = settings.STATIC_URL
        path = urlsplit(static_url or "").path
    except (ValueError, TypeError, AttributeError) as error:
        # Django asks whatever it is how it begins.
        said = settings._wrapped.STATIC_URL
        raise ConfigurationError(f"STATIC_URL is no URL: {said!r}: {error}") from error
    # Django puts the script prefix of the moment in front and keeps that for good; at this moment,
    # before the first request, it may not know the prefix yet.
    vars(settings).pop("STATIC_URL", None)
    if not static_url:
        return None
    script_name = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    if script_name and path.startswith(f"{script_name}/"):
        path = path[len(script_name) :]
    return normalise_prefix(path)
