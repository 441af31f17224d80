"""The startup index: every published file of a root, found by name without reading the rest.

One file, mapped into memory and shared by all processes that map it. Opening it costs the same for
ten files and for a hundred thousand; a record is read when its name is first asked for.

    header    8s magic · I version · I slots · Q where the slots begin · Q length of the file
    records   one after the other: I length of the name · I length of the entry · I CRC-32 of both
              · the name, UTF-8 · the manifest's entry, JSON
    slots     a hash table with open addressing: Q offset of a record each, 0 for a free one;
              the number of slots is a power of two, at most half of them taken

Numbers are little-endian. The hash of a name is its CRC-32.
"""

from __future__ import annotations

import json
import mmap
import struct
from typing import TYPE_CHECKING, Final
from zlib import crc32

from hiss.core.manifest import ManifestEntry, entry_fields, parse_entry
from hiss.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC: Final = b"hissindx"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIIQQ")
_RECORD: Final = struct.Struct("<III")
_SLOT: Final = struct.Struct("<Q")


def format_index(entries: Iterable[ManifestEntry]) -> bytes:
    """The index of these entries, which have different files; the same for the same entries."""
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
    header = _HEADER.pack(_MAGIC, _VERSION, len(slots), begin, length)
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
    """An index, open; look-ups by name."""

    def __init__(self, path: str) -> None:
        """Map the index at `path`.

        Raises:
            FileNotFoundError: There is none.
            ManifestError: It is not an index, is of another version, or is not whole.
        """
        self._path = path
        with open(path, "rb") as file:
            try:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                magic, version, self._size, self._begin, length = _HEADER.unpack_from(self._data)
            except (ValueError, struct.error) as error:
                raise self._error("is not an index of Hiss") from error
        if magic != _MAGIC:
            raise self._error("is not an index of Hiss")
        if version != _VERSION:
            raise self._error(f"is of version {version}; this Hiss reads version {_VERSION}")
        whole = length == len(self._data) == self._begin + self._size * _SLOT.size
        if not whole or not self._size:
            raise self._error("is not whole")

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
            offset = _SLOT.unpack_from(self._data, slot)[0]
            if not offset:
                return None
            if self._name(offset) == wanted:
                return self._entry(offset)
        raise self._error("is damaged")

    def __iter__(self) -> Iterator[ManifestEntry]:
        """All entries, in the order of their files' names; reads the whole index."""
        offset = _HEADER.size
        while offset < self._begin:
            yield self._entry(offset)
            name_length, rest_length, _ = _RECORD.unpack_from(self._data, offset)
            offset += _RECORD.size + name_length + rest_length

    def _name(self, offset: int) -> bytes:
        length, _, _ = self._lengths(offset)
        begin = offset + _RECORD.size
        return self._data[begin : begin + length]

    def _entry(self, offset: int) -> ManifestEntry:
        name_length, rest_length, checksum = self._lengths(offset)
        begin = offset + _RECORD.size
        record = self._data[begin : begin + name_length + rest_length]
        if crc32(record) != checksum:
            raise self._error("is damaged")
        try:
            return parse_entry(json.loads(record[name_length:]))
        except (ValueError, TypeError, RecursionError) as error:
            raise self._error("is damaged") from error

    def _lengths(self, offset: int) -> tuple[int, int, int]:
        if not _HEADER.size <= offset <= self._begin - _RECORD.size:
            raise self._error("is damaged")
        lengths: tuple[int, int, int] = _RECORD.unpack_from(self._data, offset)
        return lengths

    def _error(self, problem: str) -> ManifestError:
        return ManifestError(f"{self._path} {problem}", "Run the build again to replace it.")
