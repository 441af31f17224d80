"""What Hiss wrote as Django's manifest, noted beside it: whoever reads names knows by that whether
it is still Hiss's, and has not to parse it.
"""

from __future__ import annotations

import json
import os
from hashlib import file_digest, sha256

from hiss.files.atomic import write_atomic
from hiss.files.release import NOTED


def write_noted(root: str, path: str, data: bytes) -> None:
    """Write Django's manifest, of a release of Hiss's in `root`, to `path`.

    Raises:
        OSError: It cannot be written. What is noted then is true of no other.
    """
    write_atomic(path, data, durable=True)
    note = {"name": _name_of(root, path), "sha256": sha256(data).hexdigest()}
    document = json.dumps({**note, **_stamp(os.stat(path))})
    write_atomic(os.path.join(root, NOTED), document.encode("ascii"))


def is_noted(root: str, path: str) -> bool:
    """Whether Django's manifest at `path` is the one that Hiss wrote there last."""
    try:
        with open(os.path.join(root, NOTED), encoding="ascii") as file:
            note = json.load(file)
        if note["name"] != _name_of(root, path):
            return False
        stamp = _stamp(os.stat(path))
        if stamp["size"] != note["size"]:
            return False
        if all(note[key] == value for key, value in stamp.items()):
            return True
        # It was copied, or is another.
        with open(path, "rb") as content:
            return bool(file_digest(content, "sha256").hexdigest() == note["sha256"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False


def _name_of(root: str, path: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")


def _stamp(status: os.stat_result) -> dict[str, int]:
    # Without the time of change: to set a mode changes that, and not the bytes.
    return {"size": status.st_size, "modified": status.st_mtime_ns, "inode": status.st_ino}
