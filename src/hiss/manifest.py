"""The names of built files, for templates: `manifest.load("static").url("css/app.css")`."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from hiss.core.nearest import nearest
from hiss.errors import HissError, ManifestError
from hiss.files.entries import open_running
from hiss.files.pin import Pin, find_pin
from hiss.files.release import manifest_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hiss.core.manifest import ManifestEntry
    from hiss.files.entries import Entries


class MissingAssetError(HissError, LookupError):
    """A name that the release has no file for."""

    def __init__(self, name: str, near: tuple[str, ...], where: str) -> None:
        near_words = f"The nearest: {', '.join(near)}. " if near else ""
        super().__init__(
            f"there is no static file {name!r} in {where}",
            f"{near_words}If the file is new, run the build again.",
        )
        #: The name that was asked for.
        self.name = name
        #: Names that are there and look like it, the nearest first.
        self.near = near


class Assets:
    """The files of one release, by their logical names; each is read when it is asked for."""

    def __init__(self, entries: Entries, prefix: str, where: str) -> None:
        """`prefix`: what URLs begin with, a path or another host's URL, with its last slash."""
        self.release = entries.release
        self.prefix = prefix
        self._where = where
        self._entries = entries

    def url(self, name: str) -> str:
        """The URL of the file that is called `name` in the source tree.

        Raises:
            MissingAssetError: The release has no such file.
        """
        return self.prefix + quote(self.entry(name).file, safe="/~!$&'()*+,;=:@")

    def integrity(self, name: str) -> str:
        """What its `integrity` attribute says: `sha384-…`.

        Raises:
            MissingAssetError: The release has no such file.
        """
        return self.entry(name).integrity

    def entry(self, name: str) -> ManifestEntry:
        """What the build recorded of a file.

        Raises:
            MissingAssetError: The release has no such file.
        """
        try:
            return self._entries[name]
        except KeyError:
            raise MissingAssetError(name, nearest(name, self._entries), self._where) from None

    def closure(self, name: str) -> Iterator[ManifestEntry]:
        """What a file names, all the way down, each once; not the file itself.

        Raises:
            MissingAssetError: The release has no such file.
        """
        return self._walk(name, lambda entry: entry.references)

    def imports(self, name: str) -> Iterator[ManifestEntry]:
        """The modules that load before a module runs, each once; not the module itself.

        Raises:
            MissingAssetError: The release has no such file.
        """
        return self._walk(name, lambda entry: entry.imports)

    def _walk(
        self, name: str, follow: Callable[[ManifestEntry], Iterable[str]]
    ) -> Iterator[ManifestEntry]:
        seen = {name}
        waiting = list(follow(self.entry(name)))
        while waiting:
            each = waiting.pop(0)
            if each not in seen:
                seen.add(each)
                entry = self.entry(each)
                yield entry
                waiting += follow(entry)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries


def load(
    root: str | os.PathLike[str],
    prefix: str = "/static/",
    *,
    release: str | None = None,
    release_file: str | os.PathLike[str] | None = None,
) -> Assets:
    """The files of one release in the folder `root`.

    Of the one that `release` names by its id or its label, or else HISS_RELEASE, or else what is
    in `release_file`, if it is there; or else of the one in force. `prefix`: what URLs begin with.

    Raises:
        ManifestError: No build was made there, or there is no such release, or what the build left
            cannot be read.
    """
    folder = os.path.abspath(os.fspath(root))
    beside = os.fspath(release_file) if release_file else None
    pin = Pin(release, "release") if release else find_pin(beside)
    entries = open_running(folder, pin)
    if entries is None:
        raise ManifestError(
            f"there is no release in {folder}", f"Build one: hiss build … -o {root}"
        )
    where = f"release {entries.release} in {folder}"
    with suppress(OSError):
        written = os.path.getmtime(os.path.join(folder, manifest_name(entries.release)))
        where += f" (built {_words_for_age(time.time() - written)} ago)"
    return Assets(entries, prefix if prefix.endswith("/") else f"{prefix}/", where)


def _words_for_age(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"
