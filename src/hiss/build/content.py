"""Bytes that a build works with, in a file or in memory, and their hashes, taken in one pass."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import md5, sha256, sha384
from io import BytesIO
from typing import BinaryIO, Final

from hiss.errors import SourceChangedError

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """Some bytes: either `data`, or those of the file at `path`."""

    size: int
    #: In hex.
    sha256: str
    #: In hex; names are made of it, nothing is trusted for it.
    md5: str
    #: As in the `integrity` attribute.
    integrity: str
    path: str
    data: bytes | None = None

    def open(self) -> BinaryIO:
        """The bytes as a file."""
        return open(self.path, "rb") if self.data is None else BytesIO(self.data)

    def read(self) -> bytes:
        """All the bytes.

        Raises:
            SourceChangedError: They are not what they were when they were hashed.
        """
        if self.data is not None:
            return self.data
        with open(self.path, "rb") as file:
            data = file.read()
        if sha256(data).hexdigest() != self.sha256:
            raise SourceChangedError(self.path)
        return data

    def copy_to(self, target: BinaryIO) -> None:
        """Write all the bytes to `target`.

        Raises:
            SourceChangedError: They are not what they were when they were hashed.
        """
        digest = sha256()
        with self.open() as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
        if digest.hexdigest() != self.sha256:
            raise SourceChangedError(self.path)


def of_bytes(data: bytes) -> Content:
    """Bytes in memory."""
    hashes = _Hashes()
    hashes.update(data)
    return hashes.content("", data)


def of_file(path: str) -> Content:
    """The bytes of a file, which are not kept.

    Raises:
        OSError: It cannot be read.
    """
    hashes = _Hashes()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            hashes.update(chunk)
    return hashes.content(path, None)


class _Hashes:
    def __init__(self) -> None:
        self._size = 0
        self._sha256, self._sha384 = sha256(), sha384()
        self._md5 = md5(usedforsecurity=False)

    def update(self, chunk: bytes) -> None:
        self._size += len(chunk)
        for each in (self._sha256, self._sha384, self._md5):
            each.update(chunk)

    def content(self, path: str, data: bytes | None) -> Content:
        integrity = f"sha384-{b64encode(self._sha384.digest()).decode('ascii')}"
        return Content(
            self._size, self._sha256.hexdigest(), self._md5.hexdigest(), integrity, path, data
        )
