"""Making an asset of a file: its content's hash, its variants, its header fields.

Happens once a file, when it is first asked for, and again when it is found to have changed. What
a build recorded is believed only as far as the bytes on disk bear it out.
"""

from __future__ import annotations

import logging
import os
import posixpath
import time
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final

from hiss.core.asset import Asset, Missing, Stored
from hiss.files.measure import Measured, measure
from hiss.files.scan import is_within
from hiss.files.source import CompressedSource, FileSource, VariantSource
from hiss.http.codings import SUFFIXES, compress
from hiss.http.encoding import IDENTITY
from hiss.http.media import is_compressible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hiss.core.asset import Resource
    from hiss.core.manifest import ManifestEntry
    from hiss.core.policy import Policy
    from hiss.core.reply import Headers
    from hiss.files.memory import Memory
    from hiss.files.misses import Misses
    from hiss.files.source import Stamp

logger = logging.getLogger("hiss.files")

# A date before the Web is no date at all: archives and reproducible builds pin their files' times
# to 1970, 1980 (zip's first year) or 1985 (npm's), whatever changed in them since.
_FIRST_BELIEVED: Final = 631_152_000  # 1990-01-01T00:00:00Z

# Seconds that a server's Date may lag behind the clock, with one to spare.
_DATE_AGE: Final = 2

# Below this, a coding's frame and the header fields it brings outweigh what it saves.
_DYNAMIC_LEAST: Final = 512


@dataclass(frozen=True, slots=True)
class Listing:
    """A file that may be served, before it is read."""

    path: str
    #: The path of its URL, decoded.
    url: str
    #: Whether a build, or the user's own test, says that its URL never changes its content.
    immutable: bool = False
    #: What the build recorded of it.
    record: ManifestEntry | None = None
    #: Whether its name, which is all the build recorded, holds the MD5 of its content.
    named_by_md5: bool = False
    #: The folder that it must lie in; `None` for one that is trusted, wherever it leads.
    within: str | None = None


class Loader:
    """Makes assets; shared by all entries of a site."""

    def __init__(
        self,
        policy: Policy,
        memory: Memory,
        *,
        dynamic: Mapping[str, int] | None = None,
        misses: Misses | None = None,
    ) -> None:
        """`dynamic`: the codings, and their levels, to make of files that a build made none of;
        `misses`: what is said of those that are gone.
        """
        self.policy = policy
        self.memory = memory
        self._dynamic = dynamic or {}
        self._misses = misses
        self.missing = Missing(policy)
        # Many first requests for one large file hash it once, not each for itself.
        self._locks = tuple(Lock() for _ in range(16))

    def entry(self, listing: Listing) -> FileEntry:
        """The catalog entry of a file. A user's own header rule is called now, and may raise."""
        headers = None
        if self.policy.add_headers is not None:
            headers = self._headers(listing, immutable=listing.immutable)
        return FileEntry(self, listing, headers)

    def gone(self, url: str, *, is_listed: bool | None = None) -> Missing:
        """The 404 for a URL path that has no file; `is_listed`: whether a release has it."""
        return self.missing if self._misses is None else self._misses.find(url, is_listed=is_listed)

    def lock(self, path: str) -> Lock:
        """The lock to hold while the file at `path` is loaded."""
        return self._locks[hash(path) % len(self._locks)]

    def load(self, listing: Listing, headers: Headers | None, notes: list[str]) -> Asset:
        """The asset that the file is; what of it is not as the build left it goes into `notes`.

        Raises:
            OSError: The file is gone, or may not be served.
        """
        # The root may be a link itself, which a deploy has turned to another folder meanwhile.
        if listing.within is not None and not is_within(
            os.path.realpath(listing.path), os.path.realpath(listing.within)
        ):
            raise PermissionError("it now leads out of the root")
        measured = measure(listing.path, keep=self.memory.largest, with_md5=listing.named_by_md5)
        record = listing.record
        immutable = listing.immutable
        if not _is_as_built(listing, measured):
            notes.append("it is not what the build wrote: served as it is, and not as immutable")
            record, immutable = None, False
        if headers is None or immutable != listing.immutable:
            headers = self._fresh_headers(listing, immutable=immutable)
        stored = [*self._stored(listing, record, measured, notes)]
        last_modified = _last_modified(measured.stamp)
        return Asset(self.policy, headers, measured.sha256, last_modified, stored)

    def _headers(self, listing: Listing, *, immutable: bool) -> Headers:
        return self.policy.for_file(listing.path, listing.url, immutable=immutable)

    def _fresh_headers(self, listing: Listing, *, immutable: bool) -> Headers:
        try:
            return self._headers(listing, immutable=immutable)
        except Exception:
            logger.exception("add_headers_function failed for %s: serving it without", listing.url)
            plain = replace(self.policy, add_headers=None)
            return plain.for_file(listing.path, listing.url, immutable=immutable)

    def _stored(
        self,
        listing: Listing,
        record: ManifestEntry | None,
        measured: Measured,
        notes: list[str],
    ) -> Iterator[Stored]:
        identity = FileSource(listing.path, measured.stamp)
        yield Stored(IDENTITY, measured.stamp.size, identity)
        variants = [*_recorded(identity, record, notes), *self._made(identity, measured, record)]
        # Where there are variants, few clients will ask for the plain bytes.
        if measured.data is not None and not variants:
            self.memory.keep(identity, measured.data)
        yield from variants

    def _made(
        self, identity: FileSource, measured: Measured, record: ManifestEntry | None
    ) -> Iterator[Stored]:
        """Variants made here and now, of a file that the build made none of."""
        data = measured.data
        if data is None or len(data) < _DYNAMIC_LEAST or (record and record.codings):
            return
        if not self._dynamic or not is_compressible(self.policy.content_type(identity.path)):
            return
        for coding, level in self._dynamic.items():
            encode = partial(compress, coding, level=level)
            packed = encode(data)
            if len(packed) < len(data):
                source = CompressedSource(identity, len(packed), encode)
                self.memory.keep(source, packed)
                yield Stored(coding, len(packed), source)


def _is_as_built(listing: Listing, measured: Measured) -> bool:
    """Whether the content is the one that a build named or recorded."""
    if listing.record is not None:
        return measured.sha256.hex() == listing.record.sha256
    if listing.named_by_md5:
        # Django's name for it: the first 12 hex digits between two dots.
        return f".{(measured.md5 or '')[:12]}." in f"{posixpath.basename(listing.url)}."
    return True


def _recorded(
    identity: FileSource, record: ManifestEntry | None, notes: list[str]
) -> Iterator[Stored]:
    """The variants that the build recorded and that are still what it wrote."""
    for coding, size in record.codings.items() if record else ():
        path = identity.path + SUFFIXES.get(coding, "")
        stamp = _variant_stamp(path, size, record.checksums.get(coding) if record else None)
        if coding in SUFFIXES and stamp is not None:
            yield Stored(coding, size, VariantSource(path, stamp, identity))
        else:
            notes.append(f"its variant {os.path.basename(path)} is not the one that the build made")


def _variant_stamp(path: str, size: int, checksum: str | None) -> Stamp | None:
    try:
        if os.path.islink(path):
            return None
        measured = measure(path, keep=0)
    except OSError:
        return None
    is_it = measured.stamp.size == size and checksum in {None, measured.sha256.hex()}
    return measured.stamp if is_it else None


def _last_modified(stamp: Stamp) -> int | None:
    seconds = stamp.modified // 1_000_000_000
    if seconds < _FIRST_BELIEVED:
        return None
    # RFC 9110, section 8.8.2.1: "An origin server with a clock MUST NOT generate a Last-Modified
    # date that is later than the server's time of message origination (Date)." Servers make their
    # Date once a second, so it may be older than now.
    return min(seconds, int(time.time()) - _DATE_AGE)


class FileEntry:
    """A file's place in a catalog: loaded when it is first asked for."""

    __slots__ = ("_gone", "_headers", "_loader", "_was", "listing", "resource")

    def __init__(self, loader: Loader, listing: Listing, headers: Headers | None) -> None:
        self._loader = loader
        self._headers = headers
        self._gone = False
        # The hash of what was served before it was forgotten.
        self._was: bytes | None = None
        self.listing = listing
        self.resource: Resource | None = None

    def load(self) -> Resource:
        """The resource, made if it is not there; a file that is gone is looked for each time."""
        resource = self.resource
        if resource is not None:
            return resource
        with self._loader.lock(self.listing.path):
            resource = self.resource
            if resource is None:
                notes: list[str] = []
                try:
                    asset = self._loader.load(self.listing, self._headers, notes)
                except OSError as error:
                    self._report_gone(error)
                    return self._loader.gone(self.listing.url, is_listed=True)
                self._report(asset, notes)
                self.resource = resource = asset
        return resource

    def forget(self) -> None:
        """Drop what was loaded, because the file, or a variant of it, has changed."""
        resource = self.resource
        if isinstance(resource, Asset):
            self._was = resource.sha256
        self.resource = None

    def _report(self, asset: Asset, notes: list[str]) -> None:
        """One line for what is not as it was, or not as the build left it."""
        if not notes and self._was not in {None, asset.sha256}:
            notes = ["it changed on the disk: served as it is now"]
        if notes:
            logger.warning("%s: %s", self.listing.path, "; ".join(notes))
        self._gone, self._was = False, None

    def _report_gone(self, error: OSError) -> None:
        """Say once that the file is gone, however often it is asked for."""
        if not self._gone:
            url, path = self.listing.url, self.listing.path
            logger.warning("Answering 404 for %s: %s: %s", url, path, error.strerror or error)
        self._gone = True
