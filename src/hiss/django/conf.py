"""Django's settings, read once into one typed value.

`HISS` first, then the `WHITENOISE_*` setting of the same name, then the default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hiss.build.config import settle_extensions, settle_levels
from hiss.build.problems import Rules
from hiss.build.publish import Choices
from hiss.django.names import ALIASES, DICT, OLD_PREFIX
from hiss.errors import ConfigurationError, HissError
from hiss.files.options import settle
from hiss.files.pin import find_pin
from hiss.http.paths import normalise_prefix
from hiss.release.retain import settle_retention

if TYPE_CHECKING:
    from hiss.core.reply import Headers
    from hiss.files.options import Settled
    from hiss.release.retain import Retention

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
    #: How collectstatic writes a release.
    choices: Choices
    #: How collectstatic judges references to files that are not there.
    rules: Rules
    #: The folder of the build's cache; empty for the user's own.
    cache_dir: str
    #: Whether a name that the manifest lacks is an error.
    manifest_strict: bool
    #: Which releases are kept.
    retention: Retention
    #: The file, beside the code, that says which release the code was built with; empty where
    #: none is wanted.
    release_file: str


def read_configuration(*, always: Headers = ()) -> Configuration:
    """The configuration that Django's settings give; `always` are header fields for every answer.

    Raises:
        ImproperlyConfigured: A setting's value is not of its type; the message names it.
    """
    try:
        return _read(always)
    except HissError as error:
        raise ImproperlyConfigured(f"{DICT} (or {OLD_PREFIX}*) in settings: {error}") from error


def _read(always: Headers) -> Configuration:
    # DEBUG is often read from the environment, as a number or a text.
    autorefresh = _boolean("AUTOREFRESH", bool(settings.DEBUG))
    options = {
        option: value
        for key, option in _OPTIONS.items()
        if (value := find_setting(key)) is not _UNSET
    }
    release_file = _path("RELEASE_FILE", _value("RELEASE_FILE", None), "a file") or ""
    options["max_age"] = _value("MAX_AGE", 0 if settings.DEBUG else 60)
    options["autorefresh"] = autorefresh
    return Configuration(
        settled=replace(settle(options, always=always), pin=find_pin(release_file)),
        static_prefix=_static_prefix(),
        static_root=_folder("STATIC_ROOT", settings.STATIC_ROOT),
        root=_folder("ROOT", _value("ROOT", None)),
        use_finders=_boolean("USE_FINDERS", bool(settings.DEBUG)),
        choices=Choices(
            levels=settle_levels(_value("COMPRESSION", None), _value("COMPRESSION_LEVEL", None)),
            skip_extensions=_extensions(),
            only_hashed=_boolean("KEEP_ONLY_HASHED_FILES", default=False),
        ),
        rules=_rules(),
        cache_dir=_folder("CACHE_DIR", _value("CACHE_DIR", None)) or "",
        manifest_strict=_boolean("MANIFEST_STRICT", default=True),
        retention=settle_retention(_value("KEEP_RELEASES", 3), _value("KEEP_DAYS", 7)),
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


def is_set(key: str) -> bool:
    """Whether the settings say anything of a key."""
    return find_setting(key) is not _UNSET


def _value(key: str, default: Any) -> Any:  # noqa: ANN401
    value = find_setting(key)
    return default if value is _UNSET else value


def _boolean(key: str, default: bool) -> bool:
    value = _value(key, default)
    if not isinstance(value, bool) and value not in (0, 1):
        raise ConfigurationError(f"{key} must be True or False, not {value!r}")
    return bool(value)


def _folder(key: str, value: object) -> str | None:
    return _path(key, value, "a folder")


def _path(key: str, value: object, kind: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | os.PathLike):
        raise ConfigurationError(f"{key} must be the path of {kind}, not {value!r}")
    return os.path.abspath(os.fspath(value))


def _static_prefix() -> str | None:
    prefix = _value("STATIC_PREFIX", None)
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


def _extensions() -> frozenset[str] | None:
    value = _value("SKIP_COMPRESS_EXTENSIONS", None)
    return None if value is None else settle_extensions(value, "SKIP_COMPRESS_EXTENSIONS")


def _rules() -> Rules:
    value = _value("MISSING_REFERENCES", {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"MISSING_REFERENCES must be a dict, not {value!r}")
    return Rules(value)
