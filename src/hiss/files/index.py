"""The startup index: every published file of a root, found by name without reading the rest.

Opening it costs the same for ten files and for a hundred thousand; a record is read when its name
is first asked for.

    header    8s magic · I version · I slots · I files · Q where the slots begin · Q length of the
              file · 32s id of the release in force, filled up with zeros
    records   one after the other: I length of the name · I length of the entry · I CRC-32 of both
              · the name, UTF-8 · the manifest's entry, JSON
    slots     a hash table with open addressing: Q offset of a record each, 0 for a free one;
              the number of slots is a power of two, at most half of them taken

Numbers are little-endian. The hash of a name is its CRC-32.
"""

from __future__ import annotations

import json
import os
import struct
import weakref
from threading import Lock
from typing import TYPE_CHECKING, Final
from zlib import crc32

from hiss.core.manifest import ManifestEntry, entry_fields, parse_entry
from hiss.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC: Final = b"hissindx"
_VERSION: Final = 2
_HEADER: Final = struct.Struct("<8sIIIQQ32s")
_RECORD: Final = struct.Struct("<III")
_SLOT: Final = struct.Struct("<Q")


def format_index(entries: Iterable[ManifestEntry], release_id: str = "") -> bytes:
    """The index of these entries, which have different files; `release_id` is in force."""
    records = bytearray()
    offsets: list[tuple[int, int]] = []
    for entry in sorted(entries, key=lambda each: each.file):
        name = entry.file.encode("utf-8")
        rest = json.dumps(entry_fields(entry), separators=(",", ":")).encode("ascii")
        offsets.append((crc32(name), _HEADER.size + len(records)))
        records += _RECORD.pack(len(name), len(rest), crc32(rest, crc32(name))) + name + rest
    slots = _slots(offsets)
    begin = _HEADER.size + len(records)
    length = begin + len(slots) * _SLOT.size
    counts = len(slots), len(offsets)
    header = _HEADER.pack(_MAGIC, _VERSION, *counts, begin, length, release_id.encode())
    return b"".join([header, records, *(_SLOT.pack(slot) for slot in slots)])


def _slots(offsets: list[tuple[int, int]]) -> list[int]:
    size = 2
    while size < 2 * len(offsets):
        size *= 2
    slots = [0] * size
    for hashed, offset in offsets:
        place = hashed % size
        while slots[place]:
            place = (place + 1) % size
        slots[place] = offset
    return slots


class Index:
    """An index, open; look-ups by name.

    It is read piece by piece and never mapped: whoever writes over the file in place makes pieces
    that are damaged, which is noticed, and not a process that is killed.
    """

    def __init__(self, path: str) -> None:
        """Open the index at `path`.

        Raises:
            FileNotFoundError: There is none.
            ManifestError: It is not an index, is of another version, or is not whole.
        """
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._descriptor)
        header = _read_at(self._descriptor, _HEADER.size, 0)
        if len(header) != _HEADER.size:
            raise self._error("is not an index of Hiss")
        magic, version, *rest = _HEADER.unpack(header)
        if magic != _MAGIC:
            raise self._error("is not an index of Hiss")
        if version != _VERSION:
            raise self._error(f"is of version {version}; this Hiss reads version {_VERSION}")
        self._size, files, self._begin, length, release = rest
        whole = os.fstat(self._descriptor).st_size
        if not length == whole == self._begin + self._size * _SLOT.size or not self._size:
            raise self._error("is not whole")
        #: How many files it has.
        self.files: int = files
        #: The id of the release that was in force; empty where there was none.
        self.release: str = release.rstrip(b"\0").decode("ascii", "replace")

    def get(self, name: str) -> ManifestEntry | None:
        """The entry of the file of that name.

        Raises:
            ManifestError: Its record is damaged.
        """
        try:
            wanted = name.encode("utf-8")
        except UnicodeEncodeError:
            return None
        first = crc32(wanted)
        # No further than once around: a damaged table may have no free slot.
        for place in range(first, first + self._size):
            slot = self._begin + place % self._size * _SLOT.size
            (offset,) = _SLOT.unpack(self._read(slot, _SLOT.size))
            if not offset:
                return None
            found, rest, _ = self._record(offset)
            if found == wanted:
                return self._parse(rest)
        raise self._error("is damaged")

    def __iter__(self) -> Iterator[ManifestEntry]:
        """All entries, in the order of their files' names; reads the whole index."""
        offset = _HEADER.size
        while offset < self._begin:
            _, rest, offset = self._record(offset)
            yield self._parse(rest)

    def _record(self, offset: int) -> tuple[bytes, bytes, int]:
        """The name and the rest of the record at `offset`, and where the next one begins."""
        if not _HEADER.size <= offset <= self._begin - _RECORD.size:
            raise self._error("is damaged")
        head = self._read(offset, _RECORD.size)
        name_length, rest_length, checksum = _RECORD.unpack(head)
        begin = offset + _RECORD.size
        end = begin + name_length + rest_length
        if end > self._begin:
            raise self._error("is damaged")
        record = self._read(begin, end - begin)
        if crc32(record) != checksum:
            raise self._error("is damaged")
        return record[:name_length], record[name_length:], end

    def _parse(self, rest: bytes) -> ManifestEntry:
        try:
            return parse_entry(json.loads(rest))
        except (ValueError, TypeError, RecursionError) as error:
            raise self._error("is damaged") from error

    def _read(self, offset: int, size: int) -> bytes:
        try:
            data = _read_at(self._descriptor, size, offset)
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}") from error
        if len(data) != size:
            raise self._error("is not whole")
        return data

    def _error(self, problem: str) -> ManifestError:
        return ManifestError(f"{self._path} {problem}", "Run the build again to replace it.")


if hasattr(os, "pread"):
    # Has no place in the file, which workers that were forked would share.
    _read_at = os.pread
else:
    _place = Lock()

    def _read_at(descriptor: int, size: int, offset: int, /) -> bytes:
        with _place:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, size)
