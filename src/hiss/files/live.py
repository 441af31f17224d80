"""Looking at the disk on each request: for development, where files come and change at will."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from hiss.files.documents import find_document, prefix_document
from hiss.files.load import FileEntry, Listing
from hiss.files.mount import owned_prefixes
from hiss.files.scan import is_within
from hiss.files.source import Stamp, stamp_of
from hiss.http.paths import is_plain_name, is_public_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.catalog import Entry
    from hiss.files.load import Loader
    from hiss.files.misses import Misses
    from hiss.files.mount import Mount
    from hiss.files.options import Settled


class LiveFinder:
    """Finds each file anew; what has not changed since it was last asked for is not read again.

    What a build left in a folder plays no part: nothing is immutable, and nothing is sent coded.
    """

    def __init__(
        self, mounts: Iterable[Mount], settled: Settled, loader: Loader, misses: Misses
    ) -> None:
        self._mounts = tuple(mounts)
        self._settled = settled
        self._loader = loader
        self._misses = misses
        self._owned = owned_prefixes(self._mounts, settled)
        self._known: dict[str, tuple[Stamp, FileEntry]] = {}

    def find(self, path: str) -> Entry | None:
        """The entry for a decoded URL path; `None`: the request is not for Hiss."""
        for mount in self._mounts:
            entry = self._in(mount, path)
            if entry is not None:
                return entry
        return self.miss(path)

    def known(self, _path: str) -> None:
        """Nothing is known that would not be looked for anew."""

    def miss(self, path: str) -> Entry | None:
        """The entry for a path that has no file: Hiss's own 404, or `None`."""
        return self._misses.entry(path) if path.startswith(self._owned) else None

    def _in(self, mount: Mount, path: str) -> Entry | None:
        index_file, policy = self._settled.index_file, self._settled.policy

        def file(name: str) -> Entry | None:
            return self._file(mount, name, path)

        if path.startswith(mount.prefix):
            return find_document(path[len(mount.prefix) :], index_file, policy, file)
        if f"{path}/" == mount.prefix:
            return prefix_document(mount.prefix, index_file, policy, file)
        return None

    def _file(self, mount: Mount, name: str, url: str) -> Entry | None:
        if not (is_plain_name(name) and is_public_name(name)):
            return None
        located = mount.locate(name) if mount.locate is not None else None
        if located is not None:
            return self._entry(Listing(located, url))
        if mount.root is None:
            return None
        path, within = os.path.join(mount.root, name), os.path.realpath(mount.root)
        if not is_within(os.path.realpath(path), within):
            return None
        return self._entry(Listing(path, url, within=within))

    def _entry(self, listing: Listing) -> Entry | None:
        try:
            status = os.stat(listing.path)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        stamp = stamp_of(status)
        known_stamp, known = self._known.get(listing.url, (None, None))
        if known is not None and known_stamp == stamp and known.listing.path == listing.path:
            return known
        immutable = self._settled.is_immutable(listing.path, listing.url)
        fresh = Listing(listing.path, listing.url, immutable=immutable, within=listing.within)
        entry = FileEntry(self._loader, fresh, None)
        self._known[listing.url] = (stamp, entry)
        return entry
