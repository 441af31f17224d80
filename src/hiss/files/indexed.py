"""Finding files by the index of a release: nothing is read before it is asked for.

What is not in the index may have been put beside the release by hand: it is looked for on the disk,
and served as a plain file.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from hiss.errors import ManifestError
from hiss.files.documents import find_document, prefix_document
from hiss.files.load import Listing
from hiss.files.scan import is_within
from hiss.http.codings import SUFFIXES
from hiss.http.paths import is_plain_name, is_public_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.catalog import Entry, Finder
    from hiss.core.manifest import ManifestEntry
    from hiss.files.index import Index
    from hiss.files.load import Loader
    from hiss.files.mount import Mount
    from hiss.files.options import Settled

logger = logging.getLogger("hiss.files")


class IndexedFinder:
    """Finds the files of mounts that have an index; asks `rest` for everything else."""

    def __init__(
        self,
        mounts: Iterable[tuple[Mount, Index]],
        settled: Settled,
        loader: Loader,
        rest: Finder,
    ) -> None:
        self._shelves = tuple(_Shelf(mount, index, settled, loader) for mount, index in mounts)
        prefixes = [shelf.prefix for shelf in self._shelves]
        # A prefix without its slash may lead to its document.
        self._bare = frozenset(prefix.rstrip("/") for prefix in prefixes)
        self._prefixes = tuple(prefixes)
        self._rest = rest
        self._known: dict[str, Entry] = {}
        self.miss = rest.miss

    def find(self, path: str) -> Entry | None:
        """The entry for a decoded URL path; `None`: the request is not for Hiss."""
        entry = self._known.get(path)
        if entry is not None:
            return entry
        if path.startswith(self._prefixes) or path in self._bare:
            entry = self._look(path)
            if entry is not None:
                self._known[path] = entry
                return entry
        return self._rest.find(path)

    def _look(self, path: str) -> Entry | None:
        for shelf in self._shelves:
            entry = shelf.find(path)
            if entry is not None:
                return entry
        return None


class _Shelf:
    """One mount with its index."""

    def __init__(self, mount: Mount, index: Index, settled: Settled, loader: Loader) -> None:
        self.prefix = mount.prefix
        self._root = mount.root or ""
        self._within = os.path.realpath(self._root)
        self._index = index
        self._settled = settled
        self._loader = loader

    def find(self, path: str) -> Entry | None:
        index_file, policy = self._settled.index_file, self._settled.policy
        if path.startswith(self.prefix):
            return find_document(path[len(self.prefix) :], index_file, policy, self._file)
        if f"{path}/" == self.prefix:
            return prefix_document(self.prefix, index_file, policy, self._file)
        return None

    def _file(self, name: str) -> Entry | None:
        if not (is_plain_name(name) and is_public_name(name)):
            return None
        record = self._record(name)
        path, url = os.path.join(self._root, name), self.prefix + name
        if record is None and not self._is_unlisted(name, path):
            return None
        immutable = record is not None and record.immutable
        immutable = immutable or self._settled.is_immutable(path, url)
        listing = Listing(path, url, immutable=immutable, record=record, within=self._within)
        return self._loader.entry(listing)

    def _record(self, name: str) -> ManifestEntry | None:
        try:
            return self._index.get(name)
        except ManifestError as error:
            logger.warning("Serving %s as a plain file: %s", name, error)
            return None

    def _is_unlisted(self, name: str, path: str) -> bool:
        """Whether there is such a file, and it is not a variant that the release has of another."""
        for coding, suffix in SUFFIXES.items():
            if name.endswith(suffix):
                record = self._record(name.removesuffix(suffix))
                if record is not None and coding in record.codings:
                    return False
        real = os.path.realpath(path)
        return is_within(real, self._within) and os.path.isfile(real)
