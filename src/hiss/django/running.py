"""The releases whose names this process may give to templates."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from hiss.django.conf import read_configuration
from hiss.errors import ManifestError
from hiss.files.pin import find_pin, read_running
from hiss.files.release import kept_ids, kept_manifests, read_current, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

    from hiss.core.manifest import Manifest
    from hiss.django.conf import Configuration

logger = logging.getLogger("hiss.django")


# By folder: the release that was in force when this process opened it. The storage reads its names
# only when the first page asks for one.
_started: dict[str, str] = {}


def note_start(configuration: Configuration) -> None:
    """Have the pages of this process name files of the release that is in force now, as hiss.json
    says, whatever is in force when the first is asked for.
    """
    root = configuration.static_root
    if not root:
        return
    _started.pop(root, None)
    with suppress(ManifestError):
        current = read_current(root)
        if current is not None:
            _started[root] = current


def read_pinned_release(storage: ManifestStaticFilesStorage) -> Manifest | None:
    """The release that HISS_RELEASE or RELEASE_FILE names; `None` where neither does.

    Raises:
        ManifestError: It is not there, or cannot be read.
    """
    pin = find_pin(read_configuration().release_file) if storage.location else None
    return None if pin is None else read_running(str(storage.location), pin)


def read_releases(storage: ManifestStaticFilesStorage) -> Iterator[Manifest]:
    """The releases in a storage's folder, the one in force first; none where none is, or where the
    storage keeps its names elsewhere.
    """
    if not storage.location or storage.manifest_storage is not storage:
        return
    root = str(storage.location)
    try:
        current = _read_started(root) or read_manifest(root)
    except ManifestError as error:
        logger.warning("Reading Django's own manifest of static files instead: %s", error)
        return
    if current is not None:
        yield current
        yield from kept_manifests(root, current)[1:]


def _read_started(root: str) -> Manifest | None:
    started = _started.get(root)
    # It may have been let go since.
    return read_manifest(root, started) if started and started in kept_ids(root) else None
