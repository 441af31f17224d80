"""The releases whose names this process may give to templates."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hiss.django.conf import read_configuration
from hiss.errors import ManifestError
from hiss.files.pin import find_pin, read_running
from hiss.files.release import kept_manifests, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

    from hiss.core.manifest import Manifest

logger = logging.getLogger("hiss.django")


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
        current = read_manifest(root)
    except ManifestError as error:
        logger.warning("Reading Django's own manifest of static files instead: %s", error)
        return
    if current is not None:
        yield current
        yield from kept_manifests(root, current)[1:]
