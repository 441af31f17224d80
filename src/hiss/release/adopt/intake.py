"""Bytes on their way to the disk: nothing gets a name before it was found to be what it should be.

They are written to a file that nobody serves, and hashed meanwhile; then renamed.
"""

from __future__ import annotations

import errno
import os
import shutil
from base64 import b64encode
from contextlib import contextmanager, suppress
from hashlib import sha256, sha384
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from hiss.files.atomic import TEMPORARY, replacing
from hiss.files.release import FOLDER
from hiss.files.scan import is_within
from hiss.files.source import open_regular
from hiss.release.adopt.wanted import ABSENT, CHUNK, AbsentError, Content, UnfitError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from hiss.release.adopt.wanted import Wanted

# What the system says of a name that cannot be a file's: there is a folder, or a file for a
# folder, or it is too long. That is the release's fault, not the disk's.
_BAD_NAMES: Final = frozenset(
    {
        errno.EEXIST,
        errno.EILSEQ,
        errno.EINVAL,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ENOTDIR,
        errno.ENOTEMPTY,
    }
)


class Measured(NamedTuple):
    """What reading bytes told."""

    content: Content
    #: As a manifest has it.
    integrity: str


class Intake:
    """Takes bytes into a root. May be called from several threads."""

    def __init__(self, root: str, advance: Callable[[int], None]) -> None:
        """`advance` is told of each content that was taken, by its bytes."""
        self._root = root
        self._advance = advance
        #: What was taken, and its integrity.
        self.had: dict[Content, str] = {}
        #: The names below the root that were written.
        self.written: set[str] = set()

    def take(self, chunks: Iterator[bytes], candidates: Sequence[Wanted]) -> Wanted:
        """Which of the candidates the bytes are; they are put in its homes.

        Raises:
            UnfitError: None of them, or its homes cannot be files' names.
            OSError: They cannot be written.
        """
        most = max(each.content.size for each in candidates)
        with _staged(self._root) as (file, path):
            measured = measure(chunks, most, file.write)
            found = [each for each in candidates if each.content == measured.content]
            if not found:
                raise UnfitError(_describe(measured.content, candidates))
            file.close()
            self._put(path, found[0].homes)
        self.had[measured.content] = measured.integrity
        self._advance(measured.content.size)
        return found[0]

    def _put(self, path: str, homes: Sequence[str]) -> None:
        first, *others = homes
        for home in others:
            self.copy(path, home)
        with _naming():
            target = self._path(first)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(path, target)
        self.written.add(first)

    def copy(self, path: str, home: str) -> None:
        """Put a copy of the file at `path` where `home`, a name below the root, says.

        Raises:
            UnfitError: That cannot be a file's name.
            OSError: It cannot be written.
        """
        with _naming(), open(path, "rb") as source, replacing(self._path(home)) as target:
            shutil.copyfileobj(source, target)
        self.written.add(home)

    def _path(self, name: str) -> str:
        path = os.path.join(self._root, name)
        folder = os.path.realpath(os.path.dirname(path))
        if not is_within(folder, os.path.realpath(self._root)):
            raise UnfitError("it would be put outside the folder: a link leads there")
        return path

    def remove(self, names: Iterable[str]) -> None:
        """Take files away again, with the folders that are empty then."""
        for name in names:
            with suppress(OSError):
                os.unlink(os.path.join(self._root, name))
            folder = os.path.dirname(name)
            while folder:
                try:
                    os.rmdir(os.path.join(self._root, folder))
                except OSError:
                    break
                folder = os.path.dirname(folder)


@contextmanager
def _naming() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _BAD_NAMES:
            raise UnfitError(f"it cannot be put in place: {error.strerror}") from error
        raise


@contextmanager
def _staged(root: str) -> Iterator[tuple[BinaryIO, str]]:
    folder = os.path.join(root, FOLDER)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{TEMPORARY}{token_hex(8)}")
    try:
        with open(path, "xb") as file:
            yield file, path
    except OSError as error:
        # A full disk names nothing.
        if error.filename is None:
            error.filename = root
        raise
    finally:
        with suppress(FileNotFoundError):
            os.unlink(path)


def measure(chunks: Iterator[bytes], most: int, write: Callable[[bytes], object] = len) -> Measured:
    """Read bytes to the end, or until there are more than `most`, and hand them to `write`.

    Raises:
        UnfitError: They cannot be read, or there are more.
    """
    digests = sha256(), sha384()
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise UnfitError(f"it is longer than the {most} bytes that its manifest says")
        for digest in digests:
            digest.update(chunk)
        write(chunk)
    integrity = "sha384-" + b64encode(digests[1].digest()).decode("ascii")
    return Measured(Content(digests[0].hexdigest(), size), integrity)


def measure_file(path: str) -> Measured | None:
    """What a file says; `None` where there is none that can be read."""
    try:
        return measure(read_chunks(path), os.stat(path).st_size)
    except (OSError, UnfitError):
        return None


def read_chunks(path: str) -> Generator[bytes, None, None]:
    """The bytes of a regular file, piece by piece.

    Raises:
        AbsentError: There is none.
        UnfitError: It cannot be read.
    """
    try:
        file, _ = open_regular(path)
        with file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AbsentError(ABSENT) from error
    except OSError as error:
        raise UnfitError(f"it cannot be read: {error.strerror or error}") from error


def _describe(found: Content, candidates: Sequence[Wanted]) -> str:
    sizes = {each.content.size for each in candidates}
    if found.size not in sizes:
        return f"it is {found.size} bytes long, not {' or '.join(map(str, sorted(sizes)))}"
    return "it has other bytes than its manifest says: its SHA-256 is " + found.sha256
