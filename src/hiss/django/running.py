"""The release whose names this process gives to templates."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hiss.django.conf import read_configuration
from hiss.errors import ManifestError
from hiss.files.pin import find_pin, read_running

if TYPE_CHECKING:
    from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

    from hiss.core.manifest import Manifest

logger = logging.getLogger("hiss.django")


def read_running_release(storage: ManifestStaticFilesStorage) -> Manifest | None:
    """The release that HISS_RELEASE or RELEASE_FILE pins, or else the one in force; `None` where
    there is none of Hiss's, or the storage keeps its names elsewhere.

    Raises:
        ManifestError: The pinned release is not there, or cannot be read.
    """
    location = storage.location
    if not location:
        return None
    pin = find_pin(read_configuration().release_file)
    if pin is not None:
        return read_running(str(location), pin)
    if storage.manifest_storage is not storage:
        return None
    try:
        return read_running(str(location), None)
    except ManifestError as error:
        logger.warning("Reading Django's own manifest of static files instead: %s", error)
        return None
