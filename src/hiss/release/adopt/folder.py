"""A folder that was built into, as a source of releases."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hiss.errors import ManifestError
from hiss.files.release import ORIGINALS, kept_ids
from hiss.release.adopt.intake import read_chunks
from hiss.release.adopt.wanted import take_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.release.adopt.wanted import Content, Taker, Wanted


class FolderSource:
    """A STATIC_ROOT. It is only read, and not locked: it may be of a file system that is read-only,
    and what changes meanwhile has another hash.
    """

    refused = ()

    def __init__(self, folder: str) -> None:
        self.where = self.folder = folder

    def fetch(self, wanted: Iterable[Wanted], take: Taker) -> dict[Content, str]:
        """Hand over all that it has of what is wanted; of the rest, why not."""
        failed = {}
        for each in wanted:
            names = (*(place.name for place in each.places), f"{ORIGINALS}/{each.content.sha256}")
            readings = (read_chunks(os.path.join(self.folder, name)) for name in names)
            why = take_first(each, readings, take)
            if why:
                failed[each.content] = why
        return failed


@contextmanager
def open_folder(folder: str) -> Iterator[FolderSource]:
    """A folder that was built into.

    Raises:
        ManifestError: Nothing was.
    """
    if not kept_ids(folder):
        raise ManifestError(
            f"there is no release in {folder}",
            "Name a folder that Hiss built into: it has a folder .hiss/releases.",
        )
    yield FolderSource(folder)
