"""The startup index: every published file of a root, found without reading the rest; by the file's
name, or by the logical name that a release has for it.

Opening it costs the same for ten files and for a hundred thousand; a record is read when its name
is first asked for.

    header    8s magic · I version · I slots · I files · I releases · Q where the files' records end
              · Q where the slots begin · Q length of the file · 32s id of the release in force,
              filled up with zeros
    records   one after the other: I length of the name · I length of the entry · I CRC-32 of both
              · the name, UTF-8 · the manifest's entry, JSON; those of the files, and after them
              what single releases say otherwise of a file
    slots     a hash table with open addressing: Q offset of a record each, 0 for a free one;
              the number of slots is a power of two, at most half of them taken
    releases  one after the other: 32s id · I slots of its names · I CRC-32 of those
    names     of each release, in that order, a hash table by logical name: Q offset of a record
              · I CRC-32 of the name and the offset

Numbers are little-endian. The hash of a name is its CRC-32.
"""

from __future__ import annotations

import json
import os
import struct
import weakref
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from hiss.core.manifest import ManifestEntry, by_name, entry_fields, parse_entry
from hiss.errors import ManifestError
from hiss.files.source import stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.core.manifest import Manifest

_MAGIC: Final = b"hissindx"
_VERSION: Final = 3
# As every version has it.
_BEGINNING: Final = struct.Struct("<8sI")
_HEADER: Final = struct.Struct("<8sIIIIQQQ32s")
_RECORD: Final = struct.Struct("<III")
_SLOT: Final = struct.Struct("<Q")
_RELEASE: Final = struct.Struct("<32sII")
_NAME: Final = struct.Struct("<QI")
_LONGEST_ID: Final = 32


def format_index(
    entries: Iterable[ManifestEntry], release_id: str = "", releases: Iterable[Manifest] = ()
) -> bytes:
    """The index of these entries, which have different files; `release_id` is in force. `releases`
    are those whose names can be looked up.
    """
    records = bytearray()
    files: dict[str, tuple[ManifestEntry, int]] = {}
    for entry in sorted(entries, key=lambda each: each.file):
        files[entry.file] = entry, _HEADER.size + len(records)
        records += _record(entry)
    end = _HEADER.size + len(records)
    hashed = [(crc32(name.encode()), offset) for name, (_, offset) in files.items()]
    slots = b"".join(_SLOT.pack(offset or 0) for offset in _slots(hashed))
    directory, tables = [], []
    others: dict[bytes, int] = {}
    for release in sorted(releases, key=lambda each: each.id):
        if not _can_be_listed(release):
            continue
        offsets = {}
        for name, entry in by_name(release.entries).items():
            known, offset = files.get(entry.file, (None, 0))
            if known != entry:
                record = _record(entry)
                offset = others.setdefault(record, _HEADER.size + len(records))
                if offset == _HEADER.size + len(records):
                    records += record
            offsets[name.encode()] = offset
        table = _format_names(offsets)
        tables.append(table)
        directory.append(_RELEASE.pack(release.id.encode(), len(table) // _NAME.size, crc32(table)))
    begin = _HEADER.size + len(records)
    rest = b"".join([slots, *directory, *tables])
    counts = len(slots) // _SLOT.size, len(files), len(directory)
    places = end, begin, begin + len(rest)
    header = _HEADER.pack(_MAGIC, _VERSION, *counts, *places, release_id.encode())
    return b"".join([header, records, rest])


def _can_be_listed(release: Manifest) -> bool:
    """Whether its names can be here; no build makes others, and of such the manifest is read."""
    try:
        for each in release.entries:
            f"{each.name}{each.file}".encode()
    except UnicodeEncodeError:
        return False
    return len(release.id) <= _LONGEST_ID


def _record(entry: ManifestEntry) -> bytes:
    name = entry.file.encode("utf-8")
    rest = json.dumps(entry_fields(entry), separators=(",", ":")).encode("ascii")
    return _RECORD.pack(len(name), len(rest), crc32(rest, crc32(name))) + name + rest


def _format_names(offsets: dict[bytes, int]) -> bytes:
    names = list(offsets)
    slots = _slots([(crc32(name), number) for number, name in enumerate(names)])
    pieces = []
    for number in slots:
        if number is None:
            pieces.append(bytes(_NAME.size))
        else:
            name = names[number]
            pieces.append(_NAME.pack(offsets[name], _check(name, offsets[name])))
    return b"".join(pieces)


def _check(name: bytes, offset: int) -> int:
    """What a slot of a name holds besides the offset: it tells it from all others."""
    return crc32(_SLOT.pack(offset), crc32(name))


def _slots(hashed: list[tuple[int, int]]) -> list[int | None]:
    """The slots for pairs of a hash and a value, `None` in those that stay free."""
    size = 2
    while size < 2 * len(hashed):
        size *= 2
    slots: list[int | None] = [None] * size
    for each, value in hashed:
        place = each % size
        while slots[place] is not None:
            place = (place + 1) % size
        slots[place] = value
    return slots


class _Names(NamedTuple):
    """Where the names of a release are."""

    begin: int
    slots: int
    checksum: int


class Index:
    """An index, open; look-ups by name.

    It is read piece by piece and never mapped: whoever writes over the file in place makes pieces
    that are damaged, which is noticed, and not a process that is killed. Where another is put in
    its place, this one can still be read.
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
        if len(header) < _BEGINNING.size:
            raise self._error("is not an index of Hiss")
        magic, version = _BEGINNING.unpack_from(header)
        if magic == _MAGIC and version != _VERSION:
            raise self._error(f"is of version {version}; this Hiss reads version {_VERSION}")
        if magic != _MAGIC or len(header) != _HEADER.size:
            raise self._error("is not an index of Hiss")
        _, _, self._size, files, releases, self._end, self._begin, length, release = _HEADER.unpack(
            header
        )
        status = os.fstat(self._descriptor)
        whole = status.st_size
        #: What tells its file from one that takes its place.
        self.stamp = stamp_of(status)
        place = self._begin + self._size * _SLOT.size
        names = place + releases * _RELEASE.size
        if not (
            _HEADER.size <= self._end <= self._begin and names <= whole == length and self._size
        ):
            raise self._error("is not whole")
        #: How many files it has.
        self.files: int = files
        #: The id of the release that was in force; empty where there was none.
        self.release: str = _text(release)
        #: By the id of each release whose names it has.
        self._names: dict[str, _Names] = {}
        for each, slots, checksum in _RELEASE.iter_unpack(self._read(place, names - place)):
            self._names[_text(each)] = _Names(names, slots, checksum)
            names += slots * _NAME.size
        if names != whole:
            raise self._error("is not whole")
        self._checked: set[str] = set()

    @property
    def releases(self) -> tuple[str, ...]:
        """The ids of the releases whose names it has, sorted."""
        return tuple(self._names)

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
            found, rest, _ = self._record(offset, self._end)
            if found == wanted:
                return self._parse(rest)
        raise self._error("is damaged")

    def named(self, release: str, name: str) -> ManifestEntry | None:
        """The entry that one of its releases has for a logical name, the hashed one where there is
        also the original.

        Raises:
            ManifestError: What it has of that release is damaged.
        """
        try:
            wanted = name.encode("utf-8")
        except UnicodeEncodeError:
            return None
        names = self._names[release]
        first = crc32(wanted)
        for place in range(first, first + names.slots):
            slot = names.begin + place % names.slots * _NAME.size
            offset, check = _NAME.unpack(self._read(slot, _NAME.size))
            if not offset:
                break
            if check == _check(wanted, offset):
                entry = self._parse(self._record(offset, self._begin)[1])
                if entry.name == name:
                    return entry
        if release not in self._checked:
            # That a release lacks a name is not for a damaged table to say.
            self._table(release)
            self._checked.add(release)
        return None

    def entries_of(self, release: str) -> Iterator[ManifestEntry]:
        """What `named` gives for each name of one of its releases; reads all of that.

        Raises:
            ManifestError: It is damaged.
        """
        offsets = sorted(offset for offset, _ in _NAME.iter_unpack(self._table(release)) if offset)
        for offset in offsets:
            yield self._parse(self._record(offset, self._begin)[1])

    def _table(self, release: str) -> bytes:
        names = self._names[release]
        table = self._read(names.begin, names.slots * _NAME.size)
        if crc32(table) != names.checksum:
            raise self._error("is damaged")
        return table

    def __iter__(self) -> Iterator[ManifestEntry]:
        """The entries of all files, in the order of their names; reads the whole index."""
        offset = _HEADER.size
        while offset < self._end:
            _, rest, offset = self._record(offset, self._end)
            yield self._parse(rest)

    def _record(self, offset: int, limit: int) -> tuple[bytes, bytes, int]:
        """The name and the rest of the record at `offset`, and where the next one begins; all of it
        is before `limit`.
        """
        if not _HEADER.size <= offset <= limit - _RECORD.size:
            raise self._error("is damaged")
        head = self._read(offset, _RECORD.size)
        name_length, rest_length, checksum = _RECORD.unpack(head)
        begin = offset + _RECORD.size
        end = begin + name_length + rest_length
        # Nothing but zeros, as a disk may leave it, has a checksum that is right.
        if end > limit or end == begin:
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


def _text(release: bytes) -> str:
    return release.rstrip(b"\0").decode("ascii", "replace")


if hasattr(os, "pread"):
    # Has no place in the file, which workers that were forked would share.
    _read_at = os.pread
else:
    _place = Lock()

    def _read_at(descriptor: int, size: int, offset: int, /) -> bytes:
        with _place:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, size)
