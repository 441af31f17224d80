"""STATIC_ROOT, and the folders that must not be it, be in it, or hold it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from hiss.django.checks.paths import is_in, read_folder
from hiss.django.checks.storage import has_own_folder, is_collected
from hiss.django.conf import read_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_static_root(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E005: STATIC_ROOT is not set."""
    if settings.STATIC_ROOT or not is_collected() or has_own_folder():
        return []
    return [
        Error(
            "STATIC_ROOT is not set: collectstatic has nowhere to build to, and production nothing "
            "to serve.",
            hint='STATIC_ROOT = BASE_DIR / "staticfiles"',
            id="hiss.E005",
        )
    ]


def check_sources(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E006: STATIC_ROOT lies in a folder that is collected from, or holds one."""
    root = read_folder(settings.STATIC_ROOT)
    if not root:
        return []
    pairs = [(read_folder(said), "of STATICFILES_DIRS") for said in _said() if not _is_root(said)]
    pairs += [(each, "of an app") for each in _apps_sources()]
    return [
        _collected_again(
            f"STATIC_ROOT, {root}, and {source} {whose} lie in each other"
            if source != root
            else f"STATIC_ROOT, {root}, is a folder {whose} too, by another name"
        )
        for source, whose in pairs
        if source and (is_in(source, root) or is_in(root, source))
    ]


def check_root(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E006 too: STATIC_ROOT is in STATICFILES_DIRS, as Django's own check says it."""
    if not any(map(_is_root, _said())):
        return []
    return [_collected_again(f"STATIC_ROOT, {settings.STATIC_ROOT}, is in STATICFILES_DIRS")]


def _collected_again(problem: str) -> CheckMessage:
    return Error(
        f"{problem}: what is built would be collected again.",
        hint="Let STATIC_ROOT be a folder of its own.",
        id="hiss.E006",
    )


def check_media(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E007: uploads lie where static files are, or the other way round: what users upload is
    public.
    """
    media, root = read_folder(settings.MEDIA_ROOT), read_folder(settings.STATIC_ROOT)
    if not media:
        return []
    places = (
        [f"STATIC_ROOT, {root},"] if root and (is_in(media, root) or is_in(root, media)) else []
    )
    # One that holds only a folder of sources makes nothing public.
    places += [
        f"{source}, from where static files are collected,"
        for source in (*named_sources(), *_apps_sources())
        if is_in(media, source)
    ]
    site_root = _site_root()
    if site_root and is_in(media, site_root):
        places.append(f'HISS["ROOT"], {site_root},')
    if not places:
        return []
    return [
        Error(
            f"MEDIA_ROOT, {media}, and {' and '.join(places)} lie in each other: what users upload "
            "would be served from the site's own address, or be cleared away.",
            hint="Keep them apart. Hiss serves no uploads.",
            id="hiss.E007",
        )
    ]


def _said() -> Iterator[object]:
    """The folders of STATICFILES_DIRS, as they are written."""
    named = getattr(settings, "STATICFILES_DIRS", ())
    for each in named if isinstance(named, list | tuple) else ():
        yield each[1] if isinstance(each, list | tuple) and len(each) > 1 else each


def _is_root(said: object) -> bool:
    """Whether it is STATIC_ROOT by its name, whatever links lead to it: so Django compares them."""
    root = settings.STATIC_ROOT
    return (
        isinstance(said, str | os.PathLike)
        and isinstance(root, str | os.PathLike)
        and bool(os.fspath(root))
        and os.path.abspath(os.fspath(said)) == os.path.abspath(os.fspath(root))
    )


def named_sources() -> Iterator[str]:
    """The folders of STATICFILES_DIRS."""
    yield from filter(None, map(read_folder, _said()))


def _apps_sources() -> Iterator[str]:
    for config in apps.get_app_configs():
        source = os.path.join(config.path, "static")
        if os.path.isdir(source):
            yield os.path.realpath(source)


def _site_root() -> str:
    try:
        return read_folder(read_configuration().root)
    except ImproperlyConfigured:
        # hiss.E001 says it.
        return ""
