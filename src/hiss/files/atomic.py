"""Writing files so that whoever reads one sees all of it: the old, or the new."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How the names of files begin that are not complete. They are dot files: what is killed half-way
#: leaves nothing that could be served.
TEMPORARY: Final = ".hiss-part-"


def write_atomic(path: str, data: bytes, *, durable: bool = False) -> None:
    """Write `data` to the file at `path`, replacing what is there in one step.

    Folders that lack are made; on any failure nothing has changed. `durable` waits for the disk,
    so that a pointer is not there before what it points to, should the power fail.
    """
    with replacing(path, durable=durable) as file:
        file.write(data)


@contextmanager
def replacing(path: str, *, durable: bool = False) -> Iterator[BinaryIO]:
    """A file to write what shall be at `path`; it is put there when the block ends well.

    Raises:
        OSError: It cannot be written; names `path`, as a full disk does not by itself.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f"{TEMPORARY}{token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        with suppress(OSError):
            # Whoever may read what was there may read what comes in its place.
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename in {None, temporary}:
            error.filename = path
        raise


def clear_leftovers(root: str) -> None:
    """Remove what was only begun when something was killed that wrote below `root`."""
    for folder, _, names in os.walk(root):
        for name in names:
            if name.startswith(TEMPORARY):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))
