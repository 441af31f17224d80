"""Reading a file once to know it: its hashes, what it looked like meanwhile, its bytes if few."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Final

from hiss.files.source import Stamp, open_regular, read_all, stamp_of

if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK: Final = 1024 * 1024

# A file that is being written while it is read is read again, so many times.
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """What reading a file told."""

    stamp: Stamp
    sha256: bytes
    #: In hex; `None` unless it was asked for. Django makes names of it; nothing is trusted for it.
    md5: str | None
    #: All its bytes, if they are few enough to keep.
    data: bytes | None


def measure(path: str, *, keep: int, with_md5: bool = False) -> Measured:
    """Read the file at `path`; its bytes are kept if there are no more than `keep`.

    Raises:
        OSError: It cannot be read, is no file, or changes all the while.
    """
    for _ in range(_ATTEMPTS):
        file, stamp = open_regular(path)
        with file:
            measured = _measure(file, stamp, keep, with_md5=with_md5)
            if file.tell() == stamp.size and stamp_of(os.fstat(file.fileno())) == stamp:
                return measured
    raise OSError("it changes while it is read")


def _measure(file: BinaryIO, stamp: Stamp, keep: int, *, with_md5: bool) -> Measured:
    digests = [sha256(), *([md5(usedforsecurity=False)] if with_md5 else [])]
    kept: bytes | None = None
    if stamp.size <= keep:
        kept = read_all(file, stamp.size)
        for digest in digests:
            digest.update(kept)
    else:
        while chunk := file.read(_CHUNK):
            for digest in digests:
                digest.update(chunk)
    named = digests[1].hexdigest() if with_md5 else None
    return Measured(stamp, digests[0].digest(), named, kept)
