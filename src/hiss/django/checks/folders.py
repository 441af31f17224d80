"""STATIC_ROOT, and the folders that must not be it, be in it, or hold it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name

from hiss.files.release import kept_ids

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_static_root(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E005: STATIC_ROOT is not set."""
    if settings.STATIC_ROOT or not apps.is_installed("django.contrib.staticfiles"):
        return []
    return [
        Error(
            "STATIC_ROOT is not set: collectstatic has nowhere to build to, and production nothing "
            "to serve.",
            hint='STATIC_ROOT = BASE_DIR / "staticfiles"',
            id="hiss.E005",
        )
    ]


def check_built(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W009: nothing was built into STATIC_ROOT."""
    if not settings.STATIC_ROOT or not apps.is_installed("django.contrib.staticfiles"):
        return []
    root = os.fspath(settings.STATIC_ROOT)
    if not os.path.isdir(root):
        problem = "is not there"
    elif not os.listdir(root):
        problem = "is empty"
    elif not kept_ids(root):
        problem = "holds no release of Hiss's"
    else:
        return []
    return [
        Warning(
            f"STATIC_ROOT, {root}, {problem}.",
            hint="Run manage.py collectstatic where the application is released.",
            id="hiss.W009",
        )
    ]


def check_sources(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E006: STATIC_ROOT lies in a folder that is collected from, or holds one."""
    if not settings.STATIC_ROOT:
        return []
    root = _real(settings.STATIC_ROOT)
    return [
        Error(
            f"STATIC_ROOT, {root}, and {source} of STATICFILES_DIRS lie in each other: what is "
            "built would be collected again.",
            hint="Let STATIC_ROOT be a folder of its own.",
            id="hiss.E006",
        )
        for source in _sources()
        # Of the same folder Django says it.
        if source != root and (_is_in(source, root) or _is_in(root, source))
    ]


def check_media(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E007: uploads and static files lie in each other: what users upload is public."""
    if not settings.MEDIA_ROOT or not settings.STATIC_ROOT:
        return []
    media, root = _real(settings.MEDIA_ROOT), _real(settings.STATIC_ROOT)
    if not _is_in(media, root) and not _is_in(root, media):
        return []
    return [
        Error(
            f"MEDIA_ROOT, {media}, and STATIC_ROOT, {root}, lie in each other: what users upload "
            "would be served from the site's own address, or be cleared away.",
            hint="Keep them apart. Hiss serves no uploads.",
            id="hiss.E007",
        )
    ]


def _sources() -> Iterator[str]:
    for each in getattr(settings, "STATICFILES_DIRS", ()):
        yield _real(each[1] if isinstance(each, list | tuple) else each)


def _real(path: str | os.PathLike[str]) -> str:
    return os.path.realpath(os.fspath(path))


def _is_in(path: str, folder: str) -> bool:
    return os.path.join(path, "").startswith(os.path.join(folder, ""))
