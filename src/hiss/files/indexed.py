"""Finding files by the index of a release: nothing is read before it is asked for.

What is not in the index may have been put beside the release by hand: it is looked for on the disk,
and served as a plain file.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Final

from hiss.errors import ManifestError
from hiss.files.documents import find_document, prefix_document
from hiss.files.load import FileEntry, Listing
from hiss.files.release import INDEX, open_index
from hiss.files.scan import is_within
from hiss.files.source import stamp_at
from hiss.http.codings import SUFFIXES
from hiss.http.paths import is_plain_name, is_public_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hiss.core.asset import Resource
    from hiss.core.catalog import Entry, Finder
    from hiss.core.manifest import ManifestEntry
    from hiss.files.index import Index
    from hiss.files.load import Loader
    from hiss.files.mount import Mount
    from hiss.files.options import Settled
    from hiss.files.source import Stamp

logger = logging.getLogger("hiss.files")

# Seconds.
_INTERVAL: Final = 1.0


class IndexedFinder:
    """Finds the files of mounts that have an index, or may get one; asks `rest` for all else.

    What is immutable stays known for ever, and costs no look at the disk. Of the rest, the index
    is looked at once a second at most: another build may have replaced it.
    """

    def __init__(
        self,
        mounts: Iterable[tuple[Mount, Index | None]],
        settled: Settled,
        loader: Loader,
        rest: Finder,
        *,
        fixed: Mapping[str, Entry],
        known: Mapping[str, Entry],
        refused: Mapping[Mount, Stamp | None],
    ) -> None:
        """`fixed`: entries that are there whatever the index says, unless a file has that URL;
        `known`: those that were made at the start, before anybody asks; `refused`: what tells the
        indexes that are there and cannot be read.
        """
        self._shelves = tuple(
            _Shelf(mount, index, refused.get(mount), settled, loader, self._renew)
            for mount, index in mounts
        )
        prefixes = [shelf.prefix for shelf in self._shelves]
        # A prefix without its slash may lead to its document.
        self._bare = frozenset(prefix.rstrip("/") for prefix in prefixes)
        self._prefixes = tuple(prefixes)
        self._rest = rest
        self._fixed = fixed
        self._known: dict[str, Entry] = {}
        #: Who finds an entry for it, takes this first, and then looks at the index: what was found
        #: in one index is then not kept among what was found in the next.
        self.plain: dict[str, Entry] = {}
        self._looked = time.monotonic()
        for path, entry in known.items():
            is_kept = isinstance(entry, FileEntry) and entry.listing.immutable
            (self._known if is_kept else self.plain)[path] = entry
        self.miss = rest.miss

    def find(self, path: str) -> Entry | None:
        """The entry for a decoded URL path; `None`: the request is not for Hiss."""
        entry = self._known.get(path)
        if entry is not None:
            return entry
        entry = self.plain.get(path)
        if entry is not None:
            return entry if not self.is_time() else _Due(self, path, entry)
        if path.startswith(self._prefixes) or path in self._bare:
            entry = self._look(path)
            if entry is not None:
                return entry
        return self._fixed.get(path) or self._rest.find(path)

    def known(self, path: str) -> Entry | None:
        """The entry for a path, if it is known without a look anywhere else; never blocks."""
        entry = self._known.get(path)
        if entry is not None:
            return entry
        entry = self.plain.get(path)
        if entry is not None:
            return None if self.is_time() else entry
        return None if path.startswith(self._prefixes) else self._rest.known(path)

    def _look(self, path: str) -> Entry | None:
        plain = self.plain
        matching = [shelf for shelf in self._shelves if path.startswith(shelf.prefix)]
        if len(matching) == 1 and matching[0].can_wait:
            return self._look_later(matching[0], path, plain)
        for shelf in self._shelves:
            entry = shelf.find(path)
            if entry is not None:
                return self.remember(path, entry, plain)
        return None

    def _look_later(self, shelf: _Shelf, path: str, plain: dict[str, Entry]) -> Entry | None:
        """The entry for a path that is ours in any case: loading it may look at the disk."""
        name, index = path[len(shelf.prefix) :], shelf.index
        entry = shelf.listed(name)
        if entry is not None:
            return self.remember(path, entry, plain)
        if self._fixed.get(path) is not None or not shelf.may_be_file(name):
            return None
        return _Unlisted(self, shelf, name, path, index)

    def remember(self, path: str, entry: Entry, plain: dict[str, Entry]) -> Entry:
        """Keep the entry of a path; the one that is kept. In `plain`, if the next index may say
        otherwise: a redirect may become a file, and what an index has not may be in the next.
        """
        listing = entry.listing if isinstance(entry, FileEntry) else None
        is_kept = listing is not None and listing.immutable and listing.record is not None
        return (self._known if is_kept else plain).setdefault(path, entry)

    def is_time(self) -> bool:
        """Whether the indexes are to be looked at."""
        return time.monotonic() - self._looked >= _INTERVAL

    def refresh(self) -> bool:
        """Look whether an index was replaced; whether one was."""
        self._looked = time.monotonic()
        renewed = [shelf.refresh() for shelf in self._shelves]
        return any(renewed)

    def _renew(self) -> None:
        """Forget what was known of names that other builds may give to other bytes."""
        self.plain = {}


class _Shelf:
    """One mount with its index."""

    def __init__(
        self,
        mount: Mount,
        index: Index | None,
        refused: Stamp | None,
        settled: Settled,
        loader: Loader,
        renew: Callable[[], None],
    ) -> None:
        """`refused`: of an index that cannot be read; `renew` is called when it was replaced."""
        self.prefix = mount.prefix
        self._root = mount.root or ""
        self._index_path = os.path.join(self._root, INDEX)
        self._refused = refused
        #: Whether looking can wait: what is below the prefix is ours, whatever it comes to.
        self.can_wait = settled.own_misses and settled.index_file is None
        self.index = index
        self._settled = settled
        self._loader = loader
        self._renew = renew

    def find(self, path: str) -> Entry | None:
        index_file, policy = self._settled.index_file, self._settled.policy
        if path.startswith(self.prefix):
            return find_document(path[len(self.prefix) :], index_file, policy, self._file)
        if f"{path}/" == self.prefix:
            return prefix_document(self.prefix, index_file, policy, self._file)
        return None

    def listed(self, name: str) -> Entry | None:
        """The entry of a file that is in the index."""
        if not self.may_be_file(name):
            return None
        record = self._record(name)
        return None if record is None else self.entry(name, record)

    def refresh(self) -> bool:
        """Read the index anew if another build, or a prune, has replaced it; whether it has."""
        stamp = stamp_at(self._index_path)
        known = None if self.index is None else self.index.stamp
        if stamp is None or stamp in {known, self._refused}:
            return False
        try:
            index = open_index(self._root)
        except (ManifestError, OSError) as error:
            logger.warning("Serving by the index that was read before: %s", error)
            self._refused = stamp
            return False
        if index is None:
            # Between the writing of an index and the switch to its release, it is not yet the one.
            return False
        self.index = index
        self._renew()
        return True

    def is_renewed(self, index: Index | None) -> bool:
        """Whether the index is another than this one, now that it was looked at: somebody else may
        have read it anew in the meantime.
        """
        self.refresh()
        return self.index is not index

    def entry(self, name: str, record: ManifestEntry | None) -> Entry:
        """The entry of a file."""
        path, url = os.path.join(self._root, name), self.prefix + name
        immutable = record is not None and record.immutable
        immutable = immutable or self._is_immutable(path, url)
        listing = Listing(path, url, immutable=immutable, record=record, within=self._root)
        # A user's rule for header fields is called when it is loaded, where it cannot raise.
        return FileEntry(self._loader, listing, None)

    def _is_immutable(self, path: str, url: str) -> bool:
        try:
            return self._settled.is_immutable(path, url)
        except Exception:
            logger.exception(
                "immutable_file_test failed for %s: it counts as one that may change", url
            )
            return False

    def _file(self, name: str) -> Entry | None:
        index = self.index
        entry = self.listed(name)
        if entry is None and self.may_be_file(name):
            if self.is_renewed(index):
                entry = self.listed(name)
            if entry is None and self.is_unlisted(name):
                entry = self.entry(name, None)
        return entry

    def gone(self, path: str) -> Resource:
        """The 404 for a URL path that has no file."""
        return self._loader.gone(path, is_listed=None if self.index is None else False)

    def may_be_file(self, name: str) -> bool:
        """Whether a file of that name could be served at all."""
        return is_plain_name(name) and is_public_name(name)

    def _record(self, name: str) -> ManifestEntry | None:
        try:
            return None if self.index is None else self.index.get(name)
        except ManifestError as error:
            logger.warning("Serving %s as a plain file: %s", name, error)
            return None

    def is_unlisted(self, name: str) -> bool:
        """Whether there is such a file, and it is not a variant that the release has of another.

        No folder on the way to it may be a link: a loop of them would be a file under any number
        of names.
        """
        if self.index is None:
            # All that was there when the process started is known.
            return False
        for coding, suffix in SUFFIXES.items():
            if name.endswith(suffix):
                record = self._record(name.removesuffix(suffix))
                if record is not None and coding in record.codings:
                    return False
        root, path = os.path.realpath(self._root), os.path.join(self._root, name)
        folder = os.path.join(root, os.path.dirname(name)).rstrip(os.sep)
        if os.path.realpath(os.path.dirname(path)) != folder:
            return False
        real = os.path.realpath(path)
        return is_within(real, root) and os.path.isfile(real)


class _Unlisted:
    """A name that is not in the index: whether there is such a file is for `load` to see, which may
    block.
    """

    __slots__ = ("_entry", "_finder", "_index", "_name", "_path", "_shelf", "resource")

    def __init__(
        self, finder: IndexedFinder, shelf: _Shelf, name: str, path: str, index: Index | None
    ) -> None:
        """`index`: the one that it is not in."""
        self._index = index
        self._finder = finder
        self._shelf = shelf
        self._name = name
        self._path = path
        self._entry: Entry | None = None
        self.resource: Resource | None = None

    def load(self) -> Resource:
        plain = self._finder.plain
        entry = None
        if self._shelf.is_renewed(self._index):
            entry = self._shelf.listed(self._name)
        if entry is None:
            if not self._shelf.is_unlisted(self._name):
                return self._shelf.gone(self._path)
            entry = self._shelf.entry(self._name, None)
        self._entry = self._finder.remember(self._path, entry, plain)
        return self._entry.load()

    def forget(self) -> None:
        if self._entry is not None:
            self._entry.forget()


class _Due:
    """What was known of a plain name, at the moment when the indexes are to be looked at: that is
    for `load` to do, which may block.
    """

    __slots__ = ("_entry", "_finder", "_path", "resource")

    def __init__(self, finder: IndexedFinder, path: str, entry: Entry) -> None:
        self._finder = finder
        self._path = path
        self._entry = entry
        self.resource: Resource | None = None

    def load(self) -> Resource:
        # Of those who found it so at one time, one looks.
        if self._finder.is_time() and self._finder.refresh():
            self._entry = self._finder.find(self._path) or self._entry
        return self._entry.load()

    def forget(self) -> None:
        self._entry.forget()
