"""The release in STATIC_ROOT: whether it is there, whole, and of today's sources."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from hiss.django.checks.folders import check_root, check_sources
from hiss.django.checks.listed import Listed, shorten
from hiss.django.checks.paths import read_folder
from hiss.django.checks.sources import find_changed
from hiss.django.checks.storage import builds_releases, find_storage, is_collected
from hiss.django.conf import read_configuration
from hiss.errors import HissError
from hiss.files.denied import describe, find_denied, reader, remedy
from hiss.files.pin import find_pin, find_running, read_running
from hiss.files.release import (
    BUILT,
    CURRENT,
    DJANGO_MANIFEST,
    INDEX,
    RELEASES,
    kept_ids,
    manifest_name,
    read_manifest,
    read_published,
)
from hiss.http.codings import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.core.manifest import Manifest, ManifestEntry

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


def check_built(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W009: nothing was built into STATIC_ROOT."""
    root = read_folder(settings.STATIC_ROOT)
    # Of a release that should be there, hiss.E002 tells more; of what may not be read, hiss.E008.
    if not root or not is_collected() or check_release() or _find_shut(root):
        return []
    if not os.path.isdir(root):
        problem = "is not there"
    elif _is_empty(root):
        problem = "is empty"
    elif builds_releases(find_storage()) and not _has_release(root):
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


def _is_empty(root: str) -> bool:
    try:
        return not os.listdir(root)
    except PermissionError:
        # Who may enter it may serve what is in it.
        return False


def _has_release(root: str) -> bool:
    """Whether there is one, or was: of a pointer without its manifest hiss.E008 tells."""
    return bool(kept_ids(root)) or os.path.exists(os.path.join(root, CURRENT))


def _find_shut(root: str) -> str:
    """What keeps who runs this from all that is in the folder, or from the list of releases."""
    return find_denied(root, os.X_OK) or find_denied(
        os.path.join(root, RELEASES), os.R_OK | os.X_OK
    )


def check_manifests(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E008: what says what is published does not agree, with itself or with the files; or who
    runs this may not read it.
    """
    root = read_folder(settings.STATIC_ROOT)
    if not root:
        return []
    shut = _find_shut(root)
    if shut:
        return [_denied(root, [shut])]
    if not os.path.isdir(root):
        return []
    try:
        manifest = read_manifest(root)
        records = read_published(root).records if manifest else {}
    except HissError as error:
        return [Error(error.message, hint=error.hint, id="hiss.E008")]
    if manifest is None:
        return _find_lost_pointer(root)
    denied = _denied_places(records.values(), root)
    if denied:
        return [_denied(root, denied)]
    problem = _lost_files(manifest, records.values(), root) or _other_names(manifest, root)
    if not problem:
        return []
    return [
        Error(
            f"What is in {root} is not what the manifest of release {manifest.id}, in force there, "
            f"or of another kept one, says: {problem}.",
            # Django does not start the build of a manifest storage whose manifest it cannot read.
            hint="Remove a manifest that cannot be read, and run collectstatic again; let nothing "
            "else write into STATIC_ROOT.",
            id="hiss.E008",
        )
    ]


def _find_lost_pointer(root: str) -> list[CheckMessage]:
    """Of a folder that was built into, and where no release is in force any more. Releases that
    were only adopted wait for their first build.
    """
    if not os.path.exists(os.path.join(root, BUILT)) or not kept_ids(root):
        return []
    try:
        if find_pin(read_configuration().release_file):
            return []
    except (HissError, ImproperlyConfigured):
        # hiss.E001 or hiss.E002 says it.
        return []
    return [
        Error(
            f"{os.path.join(root, CURRENT)} is gone, so no release is in force, though "
            f"{len(kept_ids(root))} are kept.",
            hint="Run collectstatic again.",
            id="hiss.E008",
        )
    ]


def _denied(root: str, places: list[str]) -> CheckMessage:
    more = f" and {len(places) - _MOST} more" if len(places) > _MOST else ""
    text = f"{'; '.join(map(describe, places[:_MOST]))}{more}"
    return Error(
        f"What is in {root} cannot be read by {reader()}: {text}.", hint=remedy(), id="hiss.E008"
    )


def _denied_places(records: Iterable[ManifestEntry], root: str) -> list[str]:
    """What keeps who runs this from the files that kept releases have, and from what says which."""
    said = (INDEX, *map(manifest_name, kept_ids(root)), _django_manifest())
    names = (*said, *(name for record in records for name, _ in _files(record)))
    denied = (find_denied(os.path.join(root, name)) for name in names)
    return [*dict.fromkeys(filter(None, denied))]


def _lost_files(manifest: Manifest, records: Iterable[ManifestEntry], root: str) -> str:
    """Of the release in force all files; of the others that are kept, those that no other replaces.
    Variants too, as the release says that was built last: it made them anew.
    """
    in_force = {entry.file for entry in manifest.entries}
    lost = [
        name
        for record in records
        if record.immutable or record.file in in_force
        for name, size in _files(record)
        if _size(os.path.join(root, name)) != size
    ]
    more = f" and {len(lost) - _MOST} more" if len(lost) > _MOST else ""
    return f"{', '.join(lost[:_MOST])}{more} is missing or of another size" if lost else ""


def _files(record: ManifestEntry) -> Iterator[tuple[str, int]]:
    """The names of a file and its variants, with their sizes."""
    yield record.file, record.size
    for coding, size in record.codings.items():
        if coding in SUFFIXES:
            yield record.file + SUFFIXES[coding], size


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return -1


def _django_manifest() -> str:
    name: str = getattr(find_storage(), "manifest_name", DJANGO_MANIFEST)
    return name


def _other_names(manifest: Manifest, root: str) -> str:
    django_manifest = _django_manifest()
    path = os.path.join(root, django_manifest)
    try:
        with open(path, encoding="utf-8") as file:
            paths = dict(json.load(file)["paths"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        return f"{django_manifest} cannot be read"
    hashed = {entry.name: entry.file for entry in manifest.entries if entry.immutable}
    other = [name for name, file in hashed.items() if paths.get(name) != file]
    return f"{django_manifest} has other names, such as that of {other[0]}" if other else ""


def check_stale(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W010: sources are not what they were when the release that is rendered was built."""
    # Where what is built is collected again, as hiss.E006 says, it is never of its sources.
    if not builds_releases(find_storage()) or check_sources() or check_root():
        return []
    try:
        configuration = read_configuration()
        root, pin = configuration.static_root, configuration.settled.pin
        manifest = read_running(root, pin) if root else None
    except (HissError, ImproperlyConfigured):
        # hiss.E001, hiss.E002 or hiss.E008 says it.
        return []
    if manifest is None or root is None:
        return []
    changed = find_changed(manifest, _built_at(root, manifest))
    if not changed:
        return []
    return [
        Listed(
            f"Release {manifest.id} is not of today's sources: {shorten(changed)}.",
            names=changed,
            hint="Run collectstatic, and start the application again.",
            id="hiss.W010",
        )
    ]


def _built_at(root: str, manifest: Manifest) -> int:
    """When a release came into this folder, in nanoseconds: what came here since was not left out
    of it. A build that changes nothing writes down no more than which release it was.
    """
    moments = [os.stat(os.path.join(root, manifest_name(manifest.id))).st_ctime_ns]
    try:
        with open(os.path.join(root, BUILT), encoding="ascii", errors="replace") as file:
            if file.read().strip() == manifest.id:
                moments.append(os.fstat(file.fileno()).st_ctime_ns)
    except OSError:
        # Not built here, but adopted.
        pass
    return max(moments)
