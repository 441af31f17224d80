"""A site's static files: from mounts and options to the origin that doors ask."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from hiss.core.asset import Redirect
from hiss.core.catalog import Catalog, Fixed
from hiss.errors import ManifestError
from hiss.files.announce import announce, find_rendered
from hiss.files.indexed import IndexedFinder
from hiss.files.live import LiveFinder
from hiss.files.load import Listing, Loader
from hiss.files.memory import Memory
from hiss.files.misses import Misses
from hiss.files.mount import owned_prefixes
from hiss.files.origin import Origin
from hiss.files.release import INDEX, kept_ids, open_index, read_published
from hiss.files.scan import scan
from hiss.files.source import stamp_at
from hiss.http.paths import quote_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hiss.core.catalog import Entry, Finder
    from hiss.files.index import Index
    from hiss.files.misses import Explain
    from hiss.files.mount import Mount
    from hiss.files.options import Settled
    from hiss.files.source import Stamp

logger = logging.getLogger("hiss.start")


def open_site(
    mounts: Iterable[Mount],
    settled: Settled,
    *,
    listed: Iterable[Listing] = (),
    explain: Explain | None = None,
) -> Origin:
    """The origin of the files in `mounts`; of two for one URL, the first mount's.

    `listed` are files from elsewhere, before those of the mounts; `explain` has words for a name
    without a file, which the 404 says: for development.

    Raises:
        ConfigurationError: A user's own rule for header fields sets what HTTP cannot carry.
        ManifestError: A manifest that is there cannot be read, or the release that this process
            was told to render is not there.
    """
    mounts, listed = tuple(mounts), tuple(listed)
    prefixes = tuple(mount.prefix for mount in mounts)
    memory = Memory(settled.memory)
    misses = Misses(mounts, settled.policy, explain)
    loader = Loader(settled.policy, memory, dynamic=settled.dynamic, misses=misses)
    if settled.autorefresh:
        _tell_wrong_pin(mounts, settled)
        live = LiveFinder(mounts, settled, loader, misses)
        return Origin(live, loader.missing, memory, prefixes)
    announced = announce(mounts, settled, loader)
    indexed, refused = ({}, {}) if listed else _indexes(mounts)
    # A user's own code is called at the start, where its errors are seen: for that, every file
    # must be looked at.
    rest = tuple(m for m in mounts if settled.calls_user or indexed.get(m) is None)
    found = _entries(rest, settled, loader, listed)
    entries = found if indexed else {**announced, **found}
    finder: Finder = Catalog(entries, owned=owned_prefixes(mounts, settled), miss=misses.entry)
    if indexed:
        known = entries if settled.calls_user or None in indexed.values() else {}
        shelves = indexed.items()
        finder = IndexedFinder(
            shelves, settled, loader, finder, fixed=announced, known=known, refused=refused
        )
    _tell(mounts, indexed, found)
    return Origin(finder, loader.missing, memory, prefixes)


def _tell_wrong_pin(mounts: tuple[Mount, ...], settled: Settled) -> None:
    """Say what would stop a process that does not look at the disk anew."""
    for mount in mounts:
        try:
            find_rendered(mount, settled.pin)
        except ManifestError as error:
            logger.warning("Files come as they are on the disk; without AUTOREFRESH: %s", error)


def _indexes(
    mounts: tuple[Mount, ...],
) -> tuple[dict[Mount, Index | None], dict[Mount, Stamp | None]]:
    """The mounts that a build left an index in, or may: those that are Hiss's own; and what tells
    the indexes that cannot be read. At the root of a site every request would be looked for: there
    all names are read.
    """
    found: dict[Mount, Index | None] = {}
    refused: dict[Mount, Stamp | None] = {}
    for mount in mounts:
        if mount.root is None or not mount.owned:
            continue
        stamp = stamp_at(os.path.join(mount.root, INDEX))
        try:
            found[mount] = open_index(mount.root)
        except ManifestError as error:
            logger.warning("Reading the manifests instead: %s", error)
            found[mount], refused[mount] = None, stamp
    return found, refused


def _tell(
    mounts: tuple[Mount, ...], indexed: Mapping[Mount, Index | None], entries: Mapping[str, Entry]
) -> None:
    """One line for each folder: what is served of it, and where."""
    for mount in mounts:
        if mount.root is None:
            continue
        index = indexed.get(mount)
        files = index.files if index else sum(url.startswith(mount.prefix) for url in entries)
        releases = len(kept_ids(mount.root))
        if not files and mount.owned:
            logger.warning(
                "No file in %s: every URL below %s is a 404 until a build (with Django: "
                "collectstatic) has been made and this process started again",
                mount.root,
                mount.prefix,
            )
            continue
        kept = f" of {releases} release{'' if releases == 1 else 's'}" if releases else ""
        logger.info("Serving %d files%s in %s below %s", files, kept, mount.root, mount.prefix)


def _entries(
    mounts: tuple[Mount, ...], settled: Settled, loader: Loader, listed: Iterable[Listing]
) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for listing in (*listed, *(each for mount in mounts for each in _listings(mount, settled))):
        if listing.url not in entries:
            entries[listing.url] = loader.entry(listing)
    if settled.index_file:
        _add_index_documents(entries, settled, settled.index_file)
    return entries


def _listings(mount: Mount, settled: Settled) -> Iterator[Listing]:
    if mount.root is None:
        return
    published = read_published(mount.root)
    variants = published.variant_names()
    for name, path in scan(mount.root):
        if name not in variants:
            url = mount.prefix + name
            yield Listing(
                path=path,
                url=url,
                immutable=published.is_immutable(name) or settled.is_immutable(path, url),
                record=published.records.get(name),
                named_by_md5=published.is_named_by_md5(name)
                and not settled.is_immutable(path, url),
                within=mount.root,
            )


def _add_index_documents(entries: dict[str, Entry], settled: Settled, index_file: str) -> None:
    """An index document is served at its folder's URL, and the URLs beside that lead there."""
    for url in [url for url in entries if url.endswith(f"/{index_file}")]:
        folder = url.removesuffix(index_file)
        entries[folder] = entries[url]
        entries[url] = Fixed(Redirect(settled.policy, "./"))
        parent, _, last = folder.rstrip("/").rpartition("/")
        if last:
            # "./" keeps a colon in the name from being read as a scheme (RFC 3986, section 4.2).
            redirect = Redirect(settled.policy, f"./{quote_path(last)}/")
            entries.setdefault(f"{parent}/{last}", Fixed(redirect))
