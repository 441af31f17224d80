"""Whether what settings name can be made at all: the storage, and the middleware."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error

from hiss.django.checks.folders import check_static_root
from hiss.django.checks.importing import describe_failure, import_failure, nearest_import
from hiss.django.checks.release import check_manifests, check_release
from hiss.django.checks.storage import OURS
from hiss.django.checks.values import find_wrong


def check_made(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E010: the storage cannot be made, and so each page fails that names a static file; or a
    middleware cannot be imported, and so the application does not start.
    """
    if not apps.is_installed("django.contrib.staticfiles"):
        return []
    from django.core.files.storage.handler import StorageHandler

    try:
        StorageHandler(settings.STORAGES)["staticfiles"]
    except Exception as error:  # noqa: BLE001 - a storage is code, and may raise anything
        # Where one of these is why, it says more.
        if find_wrong() or check_static_root() or check_release() or check_manifests():
            return []
        return [
            Error(
                f"The storage of static files cannot be made: {describe_failure(error)}. Each "
                "page that names a static file fails.",
                hint=_remedy(),
                id="hiss.E010",
            )
        ]
    return []


def _remedy() -> str:
    """What to do about a storage that cannot be made."""
    try:
        backend = settings.STORAGES["staticfiles"]["BACKEND"]
    except (KeyError, TypeError):
        return f'STORAGES = {{…, "staticfiles": {{"BACKEND": "{OURS}"}}}}'
    if import_failure(backend):
        near = nearest_import(backend)
        return f'Did you mean "{near}"?' if near else "Let it name what can be imported."
    if not settings.STATIC_URL or settings.STATIC_URL == settings.MEDIA_URL:
        return 'STATIC_URL = "static/"'
    return 'Mend STORAGES["staticfiles"], or what its storage needs.'


def check_middleware(**_kwargs: Any) -> list[CheckMessage]:
    """A middleware that cannot be imported: the application does not start."""
    messages: list[CheckMessage] = []
    for path in settings.MIDDLEWARE:
        error = import_failure(path)
        if error is not None:
            near = nearest_import(path)
            messages.append(
                Error(
                    f"{path}, in MIDDLEWARE, cannot be imported: {describe_failure(error)}: the "
                    "application does not start.",
                    hint=f'Did you mean "{near}"?' if near else "Install it, or take it out.",
                    id="hiss.E010",
                )
            )
    return messages
