"""Making an asset of a file: its content's hash, its variants, its header fields.

Happens once a file, when it is first asked for, and again when it is found to have changed. What
a build recorded is believed only as far as the bytes on disk bear it out.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Final

from hiss.core.asset import Asset, Missing, Stored
from hiss.files.scan import is_within
from hiss.files.source import CompressedSource, FileSource, Stamp, open_regular, read_all, stamp_of
from hiss.http.codings import SUFFIXES, compress
from hiss.http.encoding import IDENTITY
from hiss.http.media import is_compressible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from hiss.core.asset import Resource
    from hiss.core.manifest import ManifestEntry
    from hiss.core.policy import Policy
    from hiss.core.reply import Headers
    from hiss.files.memory import Memory

logger = logging.getLogger("hiss.files")

_HASH_CHUNK: Final = 1024 * 1024

# A file that is being written while it is read is read again, so many times.
_ATTEMPTS: Final = 3

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
    #: The real folder that it must lie in; `None` for one that is trusted, wherever it leads.
    within: str | None = None


class Content:
    """What reading a file once told."""

    __slots__ = ("data", "sha256", "stamp")

    def __init__(self, sha256: bytes, stamp: Stamp, data: bytes | None) -> None:
        self.sha256 = sha256
        self.stamp = stamp
        #: All its bytes, if they are few enough to keep.
        self.data = data


class Loader:
    """Makes assets; shared by all entries of a site."""

    def __init__(
        self, policy: Policy, memory: Memory, *, dynamic: Mapping[str, int] | None = None
    ) -> None:
        """`dynamic`: the codings, and their levels, to make of files that a build made none of."""
        self.policy = policy
        self.memory = memory
        self._dynamic = dynamic or {}
        self.missing = Missing(policy)
        # Many first requests for one large file hash it once, not each for itself.
        self._locks = tuple(Lock() for _ in range(16))

    def entry(self, listing: Listing) -> FileEntry:
        """The catalog entry of a file. A user's own header rule is called now, and may raise."""
        headers = None
        if self.policy.add_headers is not None:
            headers = self.headers(listing, immutable=listing.immutable)
        return FileEntry(self, listing, headers)

    def headers(self, listing: Listing, *, immutable: bool) -> Headers:
        """The policy's header fields for a file."""
        return self.policy.for_file(listing.path, listing.url, immutable=immutable)

    def lock(self, path: str) -> Lock:
        """The lock to hold while the file at `path` is loaded."""
        return self._locks[hash(path) % len(self._locks)]

    def load(self, listing: Listing, headers: Headers | None) -> Asset:
        """The asset that the file is.

        Raises:
            OSError: The file is gone, or may not be served.
        """
        content = self._read(listing)
        record = listing.record
        if record is not None and content.sha256.hex() != record.sha256:
            logger.warning(
                "%s is not what the build wrote: serving it as it is now, not as immutable, "
                "without its variants. Run the build again.",
                listing.path,
            )
            record, headers = None, None
        immutable = listing.immutable and (record is not None or listing.record is None)
        if headers is None:
            headers = self._fresh_headers(listing, immutable=immutable)
        stored = self._stored(listing, record, content)
        return Asset(self.policy, headers, content.sha256, _last_modified(content.stamp), stored)

    def _fresh_headers(self, listing: Listing, *, immutable: bool) -> Headers:
        try:
            return self.headers(listing, immutable=immutable)
        except Exception:
            logger.exception("add_headers_function failed for %s: serving it without", listing.url)
            plain = replace(self.policy, add_headers=None)
            return plain.for_file(listing.path, listing.url, immutable=immutable)

    def _read(self, listing: Listing) -> Content:
        if listing.within is not None and not is_within(
            os.path.realpath(listing.path), listing.within
        ):
            raise PermissionError("it now leads out of the root")
        for _ in range(_ATTEMPTS):
            file, stamp = open_regular(listing.path)
            with file:
                content = self._measure(file, stamp)
                if stamp_of(os.fstat(file.fileno())) == stamp:
                    return content
        raise OSError("it changes while it is read")

    def _measure(self, file: BinaryIO, stamp: Stamp) -> Content:
        if stamp.size <= self.memory.largest:
            data = read_all(file, stamp.size)
            return Content(sha256(data).digest(), stamp, data)
        digest = sha256()
        while chunk := file.read(_HASH_CHUNK):
            digest.update(chunk)
        return Content(digest.digest(), stamp, None)

    def _stored(
        self, listing: Listing, record: ManifestEntry | None, content: Content
    ) -> Iterator[Stored]:
        identity = FileSource(listing.path, content.stamp)
        yield Stored(IDENTITY, content.stamp.size, identity)
        variants = [*_recorded(listing.path, record), *self._made(identity, content)]
        # Where there are variants, few clients will ask for the plain bytes.
        if content.data is not None and not variants:
            self.memory.keep(identity, content.data)
        yield from variants

    def _made(self, identity: FileSource, content: Content) -> Iterator[Stored]:
        data = content.data
        if data is None or len(data) < _DYNAMIC_LEAST or not self._dynamic:
            return
        if not is_compressible(self.policy.content_type(identity.path)):
            return
        for coding, level in self._dynamic.items():
            encode = partial(compress, coding, level=level)
            packed = encode(data)
            if len(packed) < len(data):
                source = CompressedSource(identity, len(packed), encode)
                self.memory.keep(source, packed)
                yield Stored(coding, len(packed), source)


def _recorded(path: str, record: ManifestEntry | None) -> Iterator[Stored]:
    """The variants that the build recorded and that are still what it wrote, by their size."""
    for coding, size in record.codings.items() if record else ():
        variant = path + SUFFIXES.get(coding, "")
        try:
            stamp = stamp_of(os.stat(variant, follow_symlinks=False))
        except OSError:
            stamp = None
        if coding in SUFFIXES and stamp is not None and stamp.size == size:
            yield Stored(coding, size, FileSource(variant, stamp))
        else:
            logger.warning("Not serving %s: it is not the variant that the build wrote", variant)


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

    __slots__ = ("_gone", "_headers", "_loader", "listing", "resource")

    def __init__(self, loader: Loader, listing: Listing, headers: Headers | None) -> None:
        self._loader = loader
        self._headers = headers
        self._gone = False
        self.listing = listing
        self.resource: Resource | None = None

    def load(self) -> Resource:
        """The resource, made if it is not there; a file that is gone is looked for each time."""
        resource = self.resource
        if resource is not None:
            return resource
        with self._loader.lock(self.listing.path):
            if self.resource is None:
                try:
                    self.resource = self._loader.load(self.listing, self._headers)
                except OSError as error:
                    self._report(error)
                    return self._loader.missing
                self._gone = False
            return self.resource

    def forget(self) -> None:
        """Drop what was loaded, because the file has changed."""
        if self.resource is not None:
            logger.warning("%s changed while it was served: reading it again", self.listing.path)
        self.resource = None

    def _report(self, error: OSError) -> None:
        """Say once that the file is gone, however often it is asked for."""
        if not self._gone:
            reason = error.strerror or error
            logger.warning(
                "Answering 404 for %s: %s: %s", self.listing.url, self.listing.path, reason
            )
        self._gone = True
