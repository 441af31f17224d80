"""Writing files so that whoever reads one sees all of it: the old, or the new."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress


def write_atomic(path: str, data: bytes) -> None:
    """Write `data` to the file at `path`, replacing what is there in one step.

    Folders that lack are made; on any failure nothing has changed.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    # A dot file until it is complete: what is killed here leaves nothing that could be served.
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".hiss-")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    # There is no way to read it but to set it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
