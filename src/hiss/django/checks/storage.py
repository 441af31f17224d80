"""The storage of static files: whether it builds releases, and with hashed names."""

from __future__ import annotations

from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

OURS: Final = "hiss.django.storage.CompressedManifestStaticFilesStorage"


def find_storage() -> type | None:
    """The class of the storage; `None` where there is none, as hiss.E010 says."""
    if not apps.is_installed("django.contrib.staticfiles"):
        return None
    try:
        storage = import_string(settings.STORAGES["staticfiles"]["BACKEND"])
    except Exception:  # noqa: BLE001 - a module is code, and may raise anything
        return None
    return storage if isinstance(storage, type) else None


def builds_releases(storage: type | None) -> bool:
    """Whether collectstatic makes releases with this storage: it is Hiss's."""
    from hiss.django.storage import (
        CompressedManifestStaticFilesStorage,
        CompressedStaticFilesStorage,
    )

    ours = (CompressedManifestStaticFilesStorage, CompressedStaticFilesStorage)
    return storage is not None and issubclass(storage, ours)


def is_elsewhere(storage: type | None) -> bool:
    """Whether files are kept, and so served, elsewhere than in STATIC_ROOT, as in a bucket."""
    from django.contrib.staticfiles.storage import StaticFilesStorage

    return storage is not None and not issubclass(storage, StaticFilesStorage)


def is_collected() -> bool:
    """Whether collectstatic is to write into STATIC_ROOT."""
    return apps.is_installed("django.contrib.staticfiles") and not is_elsewhere(find_storage())


def has_own_folder() -> bool:
    """Whether the storage was given a folder of its own, and so needs no STATIC_ROOT."""
    from django.contrib.staticfiles.storage import staticfiles_storage

    try:
        return bool(getattr(staticfiles_storage, "location", None))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, hiss.E010 says
        return False


def check_old_setting(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E004: STATICFILES_STORAGE, which Django 5.1 and later do not read."""
    value = getattr(settings, "STATICFILES_STORAGE", None)
    if value is None:
        return []
    return [
        Error(
            f"STATICFILES_STORAGE, {value!r}, does nothing: Django reads STORAGES instead. Files "
            "are neither hashed nor compressed.",
            hint=f'STORAGES = {{…, "staticfiles": {{"BACKEND": "{OURS}"}}}}',
            id="hiss.E004",
        )
    ]


def check_hashing(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W008: a storage that does not hash: browsers ask again each minute, and a deploy can
    break a page.
    """
    storage = find_storage()
    if storage is None or hasattr(settings, "STATICFILES_STORAGE"):
        return []
    from django.contrib.staticfiles.storage import HashedFilesMixin

    if issubclass(storage, HashedFilesMixin):
        return []
    return [
        Warning(
            f"{storage.__module__}.{storage.__qualname__} gives files names that do not say what "
            "is in them, so nobody may cache them for long.",
            hint=f'Let STORAGES["staticfiles"] be "{OURS}".',
            id="hiss.W008",
        )
    ]


def check_hooks(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W004: a storage of the project's own overrides what Hiss's build does not ask."""
    storage = find_storage()
    if storage is None:
        return []
    from django.contrib.staticfiles.storage import ManifestFilesMixin

    from hiss.django.storage import CompressedManifestStaticFilesStorage

    if not issubclass(storage, CompressedManifestStaticFilesStorage):
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
