"""System checks: settings that are wrong, and settings that do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from hiss.django.conf import read_configuration
from hiss.django.names import (
    ALIASES,
    DICT,
    KEYS,
    OLD_PREFIX,
    Misnamed,
    misnamed_keys,
    misnamed_settings,
)
from hiss.errors import HissError
from hiss.files.pin import find_running

if TYPE_CHECKING:
    from collections.abc import Iterator

# What changes answers in ways that are right for pages, and wrong for files.
_MUST_FOLLOW: Final = frozenset(
    {
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
    }
)


def find_misnamed() -> Iterator[Misnamed]:
    """Settings that were meant for Hiss and do nothing."""
    ours = getattr(settings, DICT, {})
    if isinstance(ours, dict):
        yield from misnamed_keys(ours)
    yield from misnamed_settings(name for name in dir(settings) if name.isupper())


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E001: a value of the wrong type; hiss.W001: a name that there is none of; hiss.I001:
    what is honoured of WhiteNoise's.
    """
    messages: list[CheckMessage] = []
    try:
        read_configuration()
    except ImproperlyConfigured as error:
        messages.append(Error(str(error), id="hiss.E001"))
    for misnamed in find_misnamed():
        hint = f"Did you mean {misnamed.meant}?" if misnamed.meant else None
        messages.append(Warning(f"{misnamed}.", hint=hint, id="hiss.W001"))
    honoured = sorted(
        OLD_PREFIX + key for key in (*KEYS, *ALIASES) if hasattr(settings, OLD_PREFIX + key)
    )
    if honoured:
        text = f"Honoured where {DICT} says nothing: {', '.join(honoured)}."
        messages.append(Info(text, hint=f"Move them into {DICT}.", id="hiss.I001"))
    return messages


def check_release(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E002: the release that HISS_RELEASE or RELEASE_FILE names is not in STATIC_ROOT."""
    try:
        configuration = read_configuration()
        if configuration.static_root and configuration.settled.pin:
            find_running(configuration.static_root, configuration.settled.pin)
    except ImproperlyConfigured:
        # hiss.E001 says it.
        return []
    except HissError as error:
        return [Error(error.message, hint=error.hint, id="hiss.E002")]
    return []


def check_storage(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W004: a storage of the project's own overrides what Hiss's build does not ask."""
    if not apps.is_installed("django.contrib.staticfiles"):
        return []
    from django.contrib.staticfiles.storage import ManifestFilesMixin

    from hiss.django.storage import CompressedManifestStaticFilesStorage

    try:
        storage = import_string(settings.STORAGES["staticfiles"]["BACKEND"])
    except (ImportError, KeyError, TypeError):
        # Django says it, and better.
        return []
    if not isinstance(storage, type) or not issubclass(
        storage, CompressedManifestStaticFilesStorage
    ):
        return []
    overridden = [
        name
        for name in ("patterns", "url_converter")
        if getattr(storage, name) is not getattr(ManifestFilesMixin, name)
    ]
    if not overridden:
        return []
    return [
        Warning(
            f"{storage.__module__}.{storage.__qualname__} overrides {' and '.join(overridden)}, "
            "which does nothing: Hiss finds references with tokenizers, and splices new names in.",
            hint="Remove it; MISSING_REFERENCES says how what is not found is judged.",
            id="hiss.W004",
        )
    ]


def check_apps(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W002: Django's own runserver is found before ours."""
    installed = list(settings.INSTALLED_APPS)
    ours = [place for place, app in enumerate(installed) if app.startswith("hiss.django")]
    theirs = [
        place for place, app in enumerate(installed) if app.startswith("django.contrib.staticfiles")
    ]
    if not ours or not theirs or ours[0] < theirs[0]:
        return []
    return [
        Warning(
            '"hiss.django" comes after "django.contrib.staticfiles" in INSTALLED_APPS, so '
            "runserver serves static files in Django's way and not as production does.",
            hint='Move "hiss.django" before it.',
            id="hiss.W002",
        )
    ]


def check_order(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W003: a middleware that changes answers stands before ours."""
    order = list(settings.MIDDLEWARE)
    ours = next((place for place, name in enumerate(order) if _is_ours(name)), None)
    if ours is None:
        return []
    before = [name for name in order[:ours] if name in _MUST_FOLLOW]
    if not before:
        return []
    name = order[ours].rpartition(".")[2]
    return [
        Warning(
            f"{', '.join(before)} comes before {name} in MIDDLEWARE, and changes its "
            "answers: it compresses parts as if they were whole, or gives them other tags.",
            hint=f"Move {name} up, right after SecurityMiddleware.",
            id="hiss.W003",
        )
    ]


def _is_ours(path: str) -> bool:
    """Whether it is Hiss's middleware, or a subclass."""
    from hiss.django.middleware import HissMiddleware

    try:
        middleware = import_string(path)
    except ImportError:
        return False
    return isinstance(middleware, type) and issubclass(middleware, HissMiddleware)
