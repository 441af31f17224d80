"""Reading what the system has in memory, and nothing that would make the reader wait for a disk.

Linux can be asked for that (`preadv2` with `RWF_NOWAIT`); elsewhere there is nothing to be had.
"""

from __future__ import annotations

import errno
import os
import threading
from typing import BinaryIO, Final

#: Bytes, none at the end of the file; `None`: they could not be had at once.
Chunk = bytes | None

_NOWAIT: Final[int | None] = getattr(os, "RWF_NOWAIT", None)

# What a file system, or a system call filter, says that does not know the flag.
_UNKNOWN: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EPERM})


class _Scratch(threading.local):
    """What is read into before it is copied out: a new buffer each time would cost more."""

    def __init__(self) -> None:
        self.buffer = bytearray()


_scratch = _Scratch()


def read_cached(file: BinaryIO, start: int, size: int) -> Chunk:
    """At most `size` bytes of a file from `start` on, if the system has them in memory.

    Raises:
        OSError: The file cannot be read.
    """
    if _NOWAIT is None:
        return None
    buffer = _scratch.buffer
    if len(buffer) < size:
        buffer = _scratch.buffer = bytearray(size)
    view = memoryview(buffer)[:size]
    try:
        count = os.preadv(file.fileno(), [view], start, _NOWAIT)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno in _UNKNOWN:
            return None
        raise
    return bytes(view[:count])
