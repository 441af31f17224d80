"""An archive of a folder that was built into, as a source of releases: tar, however compressed, or
zip.

Nothing is extracted: members are found by name and read as streams, whose bytes are checked before
they are anything's. Links and devices are passed over. However much a hostile archive comes to,
what is held of it in memory is bounded.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import stat
import sys
import tarfile
import zipfile
import zlib
from collections import defaultdict
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final, cast

from hiss.errors import ConfigurationError, ManifestError
from hiss.files.atomic import replacing
from hiss.files.release import CURRENT, EXPIRED, FOLDER, HISTORY, ORIGINALS, RELEASES, kept_ids
from hiss.release.adopt.intake import measure
from hiss.release.adopt.wanted import ABSENT, CHUNK, UnfitError, take_first

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from hiss.release.adopt.wanted import Content, Taker, Wanted

# A manifest of a hundred thousand files has fifty million.
_MOST_OF_NOTES: Final = 128 * 1024 * 1024

# What stands before a member of a tar archive: names of any length, and other things it may say.
_MOST_OF_HEADER: Final = 1024 * 1024

# What is read of `.hiss`, at the top of the archive or below one folder.
_NOTES: Final = re.compile(
    rf"((?:[^/]+/)?)({re.escape(RELEASES)}/[0-9A-Za-z]+\.json|"
    rf"{re.escape(CURRENT)}|{re.escape(HISTORY)}|{re.escape(EXPIRED)})"
)

# What the readers of archives raise for what is not whole.
_DAMAGE: Final = (
    EOFError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class _Archive:
    """What both kinds share: where in the archive the folder is, and what it says of releases."""

    refused = ()

    def __init__(self, where: str, folder: str) -> None:
        self.where = where
        self.folder = folder
        self._top = ""

    def _members(self) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
        """The names of all regular members, each with what opens it, before the next is asked
        for.
        """
        raise NotImplementedError

    def read_notes(self) -> None:
        """Copy what the archive says of releases into the folder.

        Raises:
            ManifestError: The archive is damaged, or has none.
        """
        tops = set()
        try:
            for name, opened in self._whole_members():
                match = _NOTES.fullmatch(name)
                if match is not None:
                    tops.add(match[1])
                    with replacing(os.path.join(self.folder, match[2])) as target:
                        measure(_read(opened), _MOST_OF_NOTES, target.write)
        except UnfitError as error:
            raise ManifestError(
                f"{self.where} cannot be read as an archive: {error}", "Make it, or fetch it, anew."
            ) from error
        if len(tops) > 1:
            raise ManifestError(
                f"{self.where} has several folders with releases: {', '.join(sorted(tops))}",
                "Make an archive of one of them.",
            )
        if not kept_ids(self.folder):
            raise ManifestError(
                f"there is no release in {self.where}",
                f"Make it of the whole folder that is served, with {FOLDER} in it.",
            )
        self._top = tops.pop()

    def _whole_members(self) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
        try:
            yield from self._members()
        except _damage() as error:
            raise UnfitError(str(error) or "it is cut short") from error

    def _names(self, wanted: Wanted) -> Iterator[str]:
        """The members that may be what is wanted."""
        for place in wanted.places:
            yield self._top + place.name
        yield f"{self._top}{ORIGINALS}/{wanted.content.sha256}"


class TarSource(_Archive):
    """A tar archive, which is read from the beginning to the end, twice."""

    def fetch(self, wanted: Iterable[Wanted], take: Taker) -> dict[Content, str]:
        """Hand over all that it has of what is wanted; of the rest, why not."""
        candidates: dict[str, list[Wanted]] = defaultdict(list)
        failed = {}
        for each in wanted:
            failed[each.content] = ""
            for name in self._names(each):
                candidates[name].append(each)
        # Nothing after what is damaged can be found.
        with suppress(UnfitError):
            for name, opened in self._whole_members():
                lacking = [each for each in candidates.get(name, ()) if each.content in failed]
                if not lacking:
                    continue
                try:
                    taken = take(_read(opened), lacking)
                except UnfitError as error:
                    for each in lacking:
                        failed[each.content] = failed[each.content] or str(error)
                else:
                    del failed[taken.content]
        return {content: why or ABSENT for content, why in failed.items()}

    def _members(self) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
        with _uncompressed(self.where) as file:
            forward = _Forward(file)
            archive = tarfile.TarFile(fileobj=cast("IO[bytes]", forward))
            while (member := archive.next()) is not None:
                # It would remember all of them.
                archive.members.clear()  # type: ignore[attr-defined]
                forward.left = None
                if member.isreg():
                    yield member.name.removeprefix("./"), _opener(archive, member)
                forward.left = _MOST_OF_HEADER


def _opener(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    return lambda: cast("IO[bytes]", archive.extractfile(member))


class ZipSource(_Archive):
    """A zip archive, which is read where its directory says."""

    def fetch(self, wanted: Iterable[Wanted], take: Taker) -> dict[Content, str]:
        """Hand over all that it has of what is wanted; of the rest, why not."""
        failed = {}
        with zipfile.ZipFile(self.where) as archive:
            members = dict(_zip_members(archive))
            for each in wanted:
                readings = (_read(members[name]) for name in self._names(each) if name in members)
                why = take_first(each, readings, take)
                if why:
                    failed[each.content] = why
        return failed

    def _members(self) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
        with zipfile.ZipFile(self.where) as archive:
            yield from _zip_members(archive)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        # Of the others, a few bytes may become gigabytes at once.
        is_bounded = info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        if is_bounded and not info.is_dir() and kind in {0, stat.S_IFREG}:
            yield info.filename.removeprefix("./"), _zip_opener(archive, info)


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _read(opened: Callable[[], IO[bytes]]) -> Generator[bytes, None, None]:
    try:
        with opened() as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except _damage() as error:
        raise UnfitError(f"the archive is damaged there: {error}") from error


class _Forward:
    """A file that is read from its beginning on, and between members only a little."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        #: So many bytes may be read as yet; `None`: any number.
        self.left: int | None = _MOST_OF_HEADER

    def tell(self) -> int:
        """How far it was read."""
        return self._at

    def read(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            ReadError: More are asked for than may be read.
        """
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise tarfile.ReadError("it has a name, or a header, of more than a megabyte")
        data = self._file.read(size)
        self._at += len(data)
        return data

    def seek(self, place: int) -> int:
        """Pass over what is before `place`.

        Raises:
            ReadError: It is behind, or beyond the end.
        """
        if place < self._at:
            raise tarfile.ReadError("its members overlap")
        while place > self._at:
            data = self._file.read(min(CHUNK, place - self._at))
            if not data:
                raise tarfile.ReadError("it is cut short")
            self._at += len(data)
        return self._at


@contextmanager
def _uncompressed(path: str) -> Iterator[IO[bytes]]:
    with open(path, "rb") as file:
        magic = file.read(8)
    for start, opener in _OPENERS.items():
        if magic.startswith(start):
            with opener(path) as file:
                yield file
            return
    with open(path, "rb") as file:
        yield file


def _open_zstd(path: str) -> IO[bytes]:
    result: IO[bytes] = _zstd().open(path, "rb")
    return result


def _zstd() -> Any:  # noqa: ANN401 - one interface under two names
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise ConfigurationError(
            "an archive compressed with zstd needs the package backports.zstd",
            "Install it (pip install backports.zstd), or compress the archive with gzip.",
        ) from error
    return zstd


_OPENERS: Final[dict[bytes, Callable[[str], Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"\x28\xb5\x2f\xfd": _open_zstd,
}


def _damage() -> tuple[type[Exception], ...]:
    # The library that reads zstd has an error of its own, and may not be there.
    with suppress(ConfigurationError):
        return (*_DAMAGE, _zstd().ZstdError)
    return _DAMAGE


@contextmanager
def open_archive(path: str) -> Iterator[TarSource | ZipSource]:
    """An archive of a folder that was built into.

    Raises:
        ConfigurationError: It is compressed in a way that this Python cannot read.
        ManifestError: It is no archive, is damaged, or has no release in it.
    """
    with open(path, "rb") as file:
        is_zip = file.read(2) == b"PK"
    with TemporaryDirectory(prefix="hiss-adopt-") as folder:
        source = (ZipSource if is_zip else TarSource)(path, folder)
        source.read_notes()
        yield source
