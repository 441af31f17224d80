"""The releases whose names this process may give to templates."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from hiss.django.conf import read_configuration
from hiss.errors import ManifestError
from hiss.files.entries import Entries, find_entries, open_entries, open_running
from hiss.files.noted import is_noted
from hiss.files.pin import find_pin
from hiss.files.release import kept_ids, kept_manifests, read_current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

    from hiss.django.conf import Configuration

logger = logging.getLogger("hiss.django")


# By folder: the release that was in force when this process opened it, and its entries, where the
# index has them. The storage reads its names only when the first page asks for one.
_started: dict[str, tuple[str, Entries | None]] = {}


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
            _started[root] = current, None
            _started[root] = current, find_entries(root, current)


def open_pinned(storage: ManifestStaticFilesStorage) -> Entries | None:
    """The release that HISS_RELEASE or RELEASE_FILE names; `None` where neither does.

    Raises:
        ManifestError: It is not there, or cannot be read.
    """
    pin = find_pin(read_configuration().release_file) if storage.location else None
    return None if pin is None else open_running(str(storage.location), pin)


def open_started(storage: ManifestStaticFilesStorage) -> Entries | None:
    """The release in a storage's folder that is in force, or was when this process began; `None`
    where none is, or where the storage keeps its names elsewhere.
    """
    if not storage.location or storage.manifest_storage is not storage:
        return None
    root = str(storage.location)
    started, entries = _started.get(root, ("", None))
    if entries is not None:
        return entries
    try:
        # It may have been let go since.
        return open_entries(root, started if started and started in kept_ids(root) else None)
    except ManifestError as error:
        logger.warning("Reading Django's own manifest of static files instead: %s", error)
        return None


def is_ours(storage: ManifestStaticFilesStorage) -> bool:
    """Whether it is known, without reading it, that Django's manifest is not another's: Hiss wrote
    it last, or there is none.
    """
    path = storage.path(storage.manifest_name)
    return is_noted(str(storage.location), path) or not storage.exists(storage.manifest_name)


def is_of_a_release(names: Mapping[str, str], storage: ManifestStaticFilesStorage) -> bool:
    """Whether a kept release in a storage's folder has these names, as Django's manifest has
    them.
    """
    kept = kept_manifests(str(storage.location), None)
    return any(Entries.of(each).files() == names for each in kept)
