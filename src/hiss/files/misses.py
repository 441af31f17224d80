"""URLs that Hiss owns and has no file for: 404, and why.

A hashed name that is asked for was published by somebody: by a release that is not kept any more,
or by one that another instance has and this one lacks. Who reads the log should not have to guess.
"""

from __future__ import annotations

import logging
import os
import re
import time
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.core.asset import Missing
from hiss.errors import HissError
from hiss.files.expired import read_expired
from hiss.files.release import EXPIRED, kept_ids, kept_manifests
from hiss.files.source import stamp_of
from hiss.http.paths import is_public_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hiss.core.asset import Resource
    from hiss.core.policy import Policy
    from hiss.files.mount import Mount
    from hiss.files.source import Stamp

    #: What to do about a name that has no file, for people at work on the project.
    Explain = Callable[[str], str]

logger = logging.getLogger("hiss.misses")

# Lines a minute: enough to see what is wrong, too few to fill a disk.
_LINES: Final = 20
_MINUTE: Final = 60.0

NEVER_BUILT: Final = "never built"

_HASHED: Final = re.compile(r"[.-][0-9A-Za-z_-]{8,}\.\w+$")


class Why(NamedTuple):
    """Why there is no file, in words; whether that is worth a warning."""

    words: str
    is_warning: bool


class Misses:
    """The 404s of a site's own prefixes."""

    def __init__(
        self, mounts: Iterable[Mount], policy: Policy, explain: Explain | None = None
    ) -> None:
        self._policy = policy
        self._explain = explain
        self._shelves = [
            (mount.prefix, _Records(mount.root) if mount.root else None)
            for mount in mounts
            if mount.owned
        ]
        self._log = _RareLog()

    def entry(self, path: str) -> Miss:
        """The entry of a URL path below a prefix."""
        return Miss(self, path)

    def find(self, path: str, *, is_listed: bool | None = None) -> Missing:
        """The 404 for a URL path; may read the disk. `is_listed`: whether a kept release has it,
        where an index has said so; of what is listed and gone, the log has been told.
        """
        for prefix, records in self._shelves:
            if path.startswith(prefix):
                name = path[len(prefix) :]
                why = None if records is None else records.why(name, is_listed=is_listed)
                if why is not None and not is_listed:
                    self._log.write(path, why)
                advice = "" if self._explain is None else self._explain(name)
                return Missing(self._policy, why.words if why else "", advice)
        return Missing(self._policy)


class Miss:
    """The entry of a URL without a file. Kept by nobody: anybody can ask for any number of them."""

    __slots__ = ("_misses", "_path", "resource")

    def __init__(self, misses: Misses, path: str) -> None:
        self._misses = misses
        self._path = path
        self.resource: Resource | None = None

    def load(self) -> Resource:
        """The 404."""
        return self._misses.find(self._path)

    def forget(self) -> None:
        """Nothing: it is found anew each time."""


class _Records:
    """What a root remembers of files that it has not."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._expired: dict[str, str] = {}
        self._read: Stamp | None = None
        self._ids: list[str] = []
        # By its name, of each file of a kept release, which of them has it.
        self._releases: dict[str, str] = {}

    def why(self, name: str, *, is_listed: bool | None) -> Why | None:
        """Why there is no such file; `None` in a folder that no build made."""
        try:
            ids = kept_ids(self._root)
            if not ids:
                return None
            # To read the manifests takes time: only for what looks like one of theirs, where an
            # index has not said so. Of what is hidden nothing is told, not even that it is there.
            may_have = is_public_name(name) and (is_listed is not False or _HASHED.search(name))
            release = self._release_with(name, ids) if may_have else ""
            if release:
                words = (
                    f"in release {release}, cannot be read here"
                    if self._is_there(name)
                    else f"present in release {release}, not adopted here"
                )
                return Why(words, is_warning=True)
            release = self._release_without(name)
            if release:
                return Why(f"expired in release {release}", is_warning=True)
        except (HissError, OSError, ValueError):
            return None
        return Why(NEVER_BUILT, is_warning=False)

    def _release_with(self, name: str, ids: list[str]) -> str:
        if ids != self._ids:
            self._releases = {
                entry.file: manifest.id
                for manifest in reversed(kept_manifests(self._root, None))
                for entry in manifest.entries
            }
            self._ids = ids
        return self._releases.get(name, "")

    def _is_there(self, name: str) -> bool:
        """Whether anything is in a file's place. That is looked at each time: it may change."""
        try:
            os.lstat(os.path.join(self._root, name))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return False
        except OSError:
            # Such as a folder on the way that may not be entered: nobody knows what is in it.
            return True
        return True

    def _release_without(self, name: str) -> str:
        try:
            stamp = stamp_of(os.stat(os.path.join(self._root, EXPIRED)))
        except FileNotFoundError:
            return ""
        if stamp != self._read:
            self._expired, self._read = read_expired(self._root), stamp
        return self._expired.get(name, "")


class _RareLog:
    """A log that nobody who asks for nonsense can fill, nor keep from what matters: warnings have
    lines of their own.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._began = {logging.INFO: 0.0, logging.WARNING: 0.0}
        self._lines = {logging.INFO: 0, logging.WARNING: 0}

    def write(self, path: str, why: Why) -> None:
        level = logging.WARNING if why.is_warning else logging.INFO
        if not logger.isEnabledFor(level):
            return
        with self._lock:
            now = time.monotonic()
            untold = 0
            if now - self._began[level] > _MINUTE:
                untold = max(self._lines[level] - _LINES, 0)
                self._began[level], self._lines[level] = now, 0
            self._lines[level] += 1
            is_told = self._lines[level] <= _LINES
        if untold:
            logger.log(level, "%d more 404s in the minute before", untold)
        if is_told:
            # What a client asks for must not make lines of its own.
            logger.log(level, "404 for %s: %s", _printable(path), why.words)


def _printable(path: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in path
    )
