"""What a build need not work out again: by the content that it was made of.

A folder of small files that builds, image builds and CI runs may share. An entry is believed only
if its own hash says so; one that cannot be read or written is worked out anew, so the worst that
a cache can do is nothing.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from typing import Final

from hiss.files.atomic import write_atomic

logger = logging.getLogger("hiss.build")

#: Bytes that a cache may grow to.
DEFAULT_LIMIT: Final = 1024 * 1024 * 1024

# Room is made for a while, not for the next entry alone.
_KEPT_SHARE: Final = 0.8

_DIGEST_SIZE: Final = sha256().digest_size

# The form of the entries; another form is another folder.
_FORM: Final = "1"


def default_folder() -> str:
    """`HISS_CACHE_DIR`, or a folder in the user's own cache folder, where the system has that."""
    chosen = os.environ.get("HISS_CACHE_DIR")
    if chosen:
        return chosen
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if base.startswith("~"):
        # A user without a home, as containers have them.
        base = tempfile.gettempdir()
    return os.path.join(base, "hiss")


class Cache:
    """Payloads by key; a key names all that its payload depends on, and is a plain file name."""

    def __init__(
        self, folder: str, *, limit: int = DEFAULT_LIMIT, is_writable: bool = True
    ) -> None:
        """`limit`: bytes; what is not `is_writable` is only read."""
        self._folder = os.path.join(folder, _FORM)
        self._limit = limit
        self._is_writable = is_writable

    def get(self, key: str) -> bytes | None:
        """The payload; `None` if there is none, or it is damaged."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                entry = file.read()
        except OSError:
            return None
        digest, payload = entry[:_DIGEST_SIZE], entry[_DIGEST_SIZE:]
        if sha256(key.encode() + payload).digest() != digest:
            logger.warning("The cache's entry %s is damaged: making it anew", path)
            return None
        if self._is_writable:
            # What was used last goes last.
            with suppress(OSError):
                os.utime(path)
        return payload

    def put(self, key: str, payload: bytes) -> None:
        """Keep a payload, if the folder lets us."""
        if not self._is_writable:
            return
        digest = sha256(key.encode() + payload).digest()
        try:
            write_atomic(self._path(key), digest + payload)
        except OSError as error:
            self._is_writable = False
            logger.warning("Nothing more is cached in %s: %s", self._folder, error)

    def trim(self) -> None:
        """Let the entries go that were not used for longest, until the rest is within the limit."""
        entries = []
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                with suppress(OSError):
                    status = os.stat(path)
                    entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        if total <= self._limit:
            return
        for _, size, path in sorted(entries):
            with suppress(OSError):
                os.unlink(path)
            total -= size
            if total <= self._limit * _KEPT_SHARE:
                return

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key[:2], key)
