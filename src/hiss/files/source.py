"""Where a representation's bytes are: a file, recognised when it is opened again.

A source remembers what its file looked like when it was measured. Opened later, a file that looks
otherwise is not that source any more, and nothing of it is sent under the old length and tag.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# Opening a FIFO that took a file's place would wait for a writer for ever.
_NON_BLOCKING: Final = getattr(os, "O_NONBLOCK", 0)


class Stamp(NamedTuple):
    """What tells a file from another, or from itself after a change: size in bytes, both times in
    nanoseconds, inode. The change time cannot be set back, so equal times and sizes are no trap.
    """

    size: int
    modified: int
    changed: int
    inode: int


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file from what the system says of it."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def stamp_at(path: str) -> Stamp | None:
    """The stamp of what is at `path`; `None` where nothing is, or it cannot be seen."""
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


def open_regular(path: str) -> tuple[BinaryIO, Stamp]:
    """Open a regular file for reading, unbuffered.

    Raises:
        OSError: It cannot be opened, or it is something else than a file.
    """
    file = open(path, "rb", buffering=0, opener=_opener)  # noqa: SIM115 - the caller closes it
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise IsADirectoryError(f"{path} is not a regular file")
    return file, stamp_of(status)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | _NON_BLOCKING)


def read_all(file: BinaryIO, size: int) -> bytes:
    """The `size` bytes from where `file` stands; fewer only where it ends sooner."""
    data = file.read(size)
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data


class FileSource:
    """A file's bytes."""

    __slots__ = ("data", "path", "stamp")

    def __init__(self, path: str, stamp: Stamp) -> None:
        self.path = path
        self.stamp = stamp
        #: All its bytes, while they are kept in memory.
        self.data: bytes | None = None

    def open(self) -> BinaryIO | None:
        """The file, open; `None` when it is gone or is not what was measured."""
        try:
            file, stamp = open_regular(self.path)
        except OSError:
            return None
        if stamp == self.stamp:
            return file
        file.close()
        return None

    def read(self) -> bytes | None:
        """All its bytes; `None` when it is gone or is not what was measured."""
        file = self.open()
        if file is None:
            return None
        with file:
            data = read_all(file, self.stamp.size)
            # Written to while it was read: those are nobody's bytes.
            if stamp_of(os.fstat(file.fileno())) != self.stamp:
                return None
        return data if len(data) == self.stamp.size else None


class VariantSource(FileSource):
    """A compressed file's bytes, as long as the file it was made of is what it was."""

    __slots__ = ("_origin",)

    def __init__(self, path: str, stamp: Stamp, origin: FileSource) -> None:
        super().__init__(path, stamp)
        self._origin = origin

    def open(self) -> BinaryIO | None:
        """The file, open; `None` when it, or what it was made of, is not what was measured."""
        try:
            if stamp_of(os.stat(self._origin.path)) != self._origin.stamp:
                return None
        except OSError:
            return None
        return super().open()


class BytesSource:
    """Bytes that are in no file."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data: bytes | None = data

    def open(self) -> None:
        """Nothing: there is no file of these bytes."""

    def read(self) -> bytes | None:
        """The bytes."""
        return self.data


class CompressedSource:
    """A small file's bytes in a coding that is made when they are needed."""

    __slots__ = ("_compress", "_origin", "_size", "data")

    def __init__(self, origin: FileSource, size: int, compress: Callable[[bytes], bytes]) -> None:
        """`size` is that of the compressed bytes."""
        self._origin = origin
        self._size = size
        self._compress = compress
        self.data: bytes | None = None

    def open(self) -> None:
        """Nothing: there is no file of these bytes."""

    def read(self) -> bytes | None:
        """The compressed bytes; `None` when the file is not what it was."""
        plain = self._origin.data or self._origin.read()
        if plain is None:
            return None
        data = self._compress(plain)
        return data if len(data) == self._size else None
