"""The entries of one release, by logical name and by published file, each read when it is asked
for: from the index where that has the release, or else from its manifest, as a whole.

They stay those of that release, whatever replaces the index or lets the release go meanwhile.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hiss.core.manifest import by_name
from hiss.errors import ManifestError
from hiss.files.pin import find_running
from hiss.files.release import kept_ids, open_index, read_current, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.files.index import Index
    from hiss.files.pin import Pin

logger = logging.getLogger("hiss.files")

# On Windows nobody could put another in the place of an index that is held open.
_MAY_HOLD: Final = os.name != "nt"


class Entries(Mapping[str, "ManifestEntry"]):
    """The entries of a release by their logical names, the hashed one where there are two.

    What was found is kept. To list or count them reads all.
    """

    def __init__(self, root: str, release: str, index: Index) -> None:
        """`index` has the names of the release, which is one of `root`."""
        #: The id of the release.
        self.release = release
        self._root = root
        # None: all are known.
        self._index: Index | None = index
        self._known: dict[str, ManifestEntry] = {}
        self._files: dict[str, ManifestEntry] = {}
        self._is_filed = False
        self._is_told = False

    @classmethod
    def of(cls, manifest: Manifest) -> Entries:
        """Those of a manifest that was read."""
        entries = cls.__new__(cls)
        entries.release, entries._root = manifest.id, ""
        entries._take(by_name(manifest.entries))
        return entries

    def _take(self, known: dict[str, ManifestEntry]) -> None:
        self._known = known
        self._files, self._is_filed = {}, False
        self._index = None

    def __getitem__(self, name: str) -> ManifestEntry:
        """The entry of that name.

        Raises:
            KeyError: The release has none.
            ManifestError: What is recorded of it is damaged, or not there any more.
        """
        index = self._index
        entry = self._known.get(name)
        if entry is None and index is not None and isinstance(name, str):
            entry = self._ask(lambda: index.named(self.release, name))
            if entry is None:
                entry = self._known.get(name)
            else:
                self._known[name] = entry
        if entry is None:
            raise KeyError(name)
        return entry

    def of_file(self, file: str) -> ManifestEntry | None:
        """The entry of a published file, where `[]` gives it for its name.

        Raises:
            ManifestError: What is recorded of it is damaged, or not there any more.
        """
        entry = self._files.get(file)
        if entry is not None:
            return entry
        index = self._index
        if index is not None:
            found = self._ask(lambda: index.get(file))
            entry = None if found is None else self.get(found.name)
            if entry is not None and entry.file == file:
                self._files[file] = entry
                return entry
        if self._index is None and not self._is_filed:
            self._files = {each.file: each for each in self._known.values()}
            self._is_filed = True
        return self._files.get(file)

    def files(self) -> dict[str, str]:
        """The published file of each name; reads all, and keeps nothing of it.

        Raises:
            ManifestError: What is recorded is damaged, or not there any more.
        """
        index = self._index
        if index is not None:
            try:
                names = {each.name: each.file for each in index.entries_of(self.release)}
            except ManifestError as error:
                self._fall_back(error)
            else:
                return dict(sorted(names.items()))
        return {name: entry.file for name, entry in self._known.items()}

    def __iter__(self) -> Iterator[str]:
        """The names, sorted."""
        return iter(self._all())

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._all())

    def _all(self) -> dict[str, ManifestEntry]:
        index = self._index
        if index is not None:
            try:
                self._take(by_name(index.entries_of(self.release)))
            except ManifestError as error:
                self._fall_back(error)
        return self._known

    def _ask(self, look_up: Callable[[], ManifestEntry | None]) -> ManifestEntry | None:
        try:
            return look_up()
        except ManifestError as error:
            self._fall_back(error)
            return None

    def _fall_back(self, error: ManifestError) -> None:
        """Read the manifest, because of what is wrong with the index."""
        if not self._is_told:
            self._is_told = True
            logger.warning("Reading the manifest of release %s instead: %s", self.release, error)
        manifest = read_manifest(self._root, self.release)
        assert manifest is not None
        self._take(by_name(manifest.entries))


def find_entries(root: str, release_id: str) -> Entries | None:
    """The entries of a release in `root`, from the index; `None` where that has not its names.

    Raises:
        ManifestError: The index cannot be read.
    """
    index = open_index(root) if _MAY_HOLD else None
    if index is None or release_id not in index.releases:
        return None
    return Entries(root, release_id, index)


def open_entries(root: str, release_id: str | None = None) -> Entries | None:
    """The entries of a release in `root`: of the one in force, or of the id given; `None` where no
    build left one.

    Raises:
        ManifestError: There is no such release, or what is recorded of it cannot be read.
    """
    wanted = release_id or read_current(root)
    if wanted is None:
        return None
    try:
        entries = find_entries(root, wanted)
    except ManifestError as error:
        logger.warning("Reading the manifest of release %s instead: %s", wanted, error)
        entries = None
    if entries is None:
        manifest = read_manifest(root, release_id)
        entries = None if manifest is None else Entries.of(manifest)
    return entries


def kept_entries(root: str, but: str) -> Iterator[Entries]:
    """The entries of each release that is kept in `root`, but of one; what cannot be read is passed
    over.
    """
    index = None
    with suppress(ManifestError):
        index = open_index(root) if _MAY_HOLD else None
    for release_id in kept_ids(root):
        if release_id == but:
            continue
        if index is not None and release_id in index.releases:
            yield Entries(root, release_id, index)
        else:
            with suppress(ManifestError):
                manifest = read_manifest(root, release_id)
                if manifest is not None:
                    yield Entries.of(manifest)


def open_running(root: str, pin: Pin | None) -> Entries | None:
    """The entries of the release that a process with this pin renders; `None` where no build left
    one.

    Raises:
        ManifestError: The pinned release is not in `root`, or what is recorded of it cannot be
            read.
    """
    return open_entries(root, None if pin is None else find_running(root, pin))
