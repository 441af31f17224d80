"""The release in STATIC_ROOT: whether it is there, whole, and of today's sources."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from hiss.django.checks.storage import find_storage
from hiss.django.conf import read_configuration
from hiss.errors import HissError
from hiss.files.pin import find_running
from hiss.files.release import DJANGO_MANIFEST, read_manifest

if TYPE_CHECKING:
    from hiss.core.manifest import Manifest

_MOST: Final = 5


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


def check_manifests(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E008: what says what is published does not agree, with itself or with the files."""
    root = os.fspath(settings.STATIC_ROOT or "")
    if not root or not os.path.isdir(root):
        return []
    try:
        manifest = read_manifest(root)
    except HissError as error:
        return [Error(error.message, hint=error.hint, id="hiss.E008")]
    if manifest is None:
        return []
    problem = _lost_files(manifest, root) or _other_names(manifest, root)
    if not problem:
        return []
    return [
        Error(
            f"The release in force in {root}, {manifest.id}, is not what its manifest says: "
            f"{problem}.",
            hint="Run collectstatic again; let nothing else write into STATIC_ROOT.",
            id="hiss.E008",
        )
    ]


def _lost_files(manifest: Manifest, root: str) -> str:
    lost = [
        entry.file
        for entry in manifest.entries
        if entry.immutable and _size(os.path.join(root, entry.file)) != entry.size
    ]
    more = f" and {len(lost) - _MOST} more" if len(lost) > _MOST else ""
    return f"{', '.join(lost[:_MOST])}{more} is missing or of another size" if lost else ""


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return -1


def _other_names(manifest: Manifest, root: str) -> str:
    path = os.path.join(root, DJANGO_MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            paths = json.load(file)["paths"]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        return f"{DJANGO_MANIFEST} cannot be read"
    hashed = {entry.name: entry.file for entry in manifest.entries if entry.immutable}
    other = [name for name, file in hashed.items() if paths.get(name) != file]
    return f"{DJANGO_MANIFEST} has other names, such as that of {other[0]}" if other else ""


def check_stale(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W010: sources are not what they were when the release in force was built."""
    root = os.fspath(settings.STATIC_ROOT or "")
    storage = find_storage()
    try:
        manifest = read_manifest(root) if root and storage else None
        configuration = read_configuration()
    except (HissError, ImproperlyConfigured):
        # hiss.E008 or hiss.E001 says it.
        return []
    if manifest is None:
        return []
    from hiss.django.checks.sources import find_changed

    changed = find_changed(manifest, configuration)
    if not changed:
        return []
    more = f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
    return [
        Warning(
            f"The release in force, {manifest.id}, is not of today's sources: "
            f"{', '.join(changed[:_MOST])}{more}.",
            hint="Run collectstatic, and start the application again.",
            id="hiss.W010",
        )
    ]
