"""What adopting asks a source for: bytes, known by their hash, and the names they may be under."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hiss.http.codings import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from hiss.core.manifest import ManifestEntry

#: What is read at once.
CHUNK: Final = 256 * 1024

#: Why something cannot be had that is nowhere.
ABSENT: Final = "it is not there"


class Content(NamedTuple):
    """Bytes, by what a manifest says of them."""

    #: In hex.
    sha256: str
    size: int


class Place(NamedTuple):
    """Where a source may have bytes: a file below its root, or its variant in a coding."""

    file: str
    coding: str = ""

    @property
    def name(self) -> str:
        """The name of the file on a disk."""
        return self.file + SUFFIXES[self.coding] if self.coding else self.file


@dataclass(frozen=True, slots=True)
class Wanted:
    """Bytes that a release needs and the root has not where they belong."""

    content: Content
    #: Where the source may have them.
    places: tuple[Place, ...]
    #: The names below the root that they are to be put under.
    homes: tuple[str, ...]
    #: The name of a file of the root that has them already; empty where there is none.
    have: str = ""


class Refused(NamedTuple):
    """A release that a source names and whose manifest cannot be had."""

    id: str
    why: str
    #: Whether something is wrong with it; else it was let go there since.
    is_fault: bool = True


class UnfitError(Exception):
    """What a source gave is not what was wanted; says in words what it is."""


class AbsentError(UnfitError):
    """A source has nothing of that name."""


class Taker(Protocol):
    """Takes bytes in, piece by piece."""

    def __call__(self, chunks: Iterator[bytes], candidates: Sequence[Wanted]) -> Wanted:
        """Which of the candidates the bytes are; they are put in its homes.

        Raises:
            UnfitError: None of them.
            OSError: They cannot be written.
        """


class Source(Protocol):
    """Where releases come from."""

    @property
    def where(self) -> str:
        """What messages call it."""

    @property
    def folder(self) -> str:
        """A folder with what a root's `.hiss` says of releases, in copy where need be."""

    @property
    def refused(self) -> Sequence[Refused]:
        """Releases that it names and whose manifests cannot be had."""

    def fetch(self, wanted: Iterable[Wanted], take: Taker) -> dict[Content, str]:
        """Hand over all that it has of what is wanted; of the rest, why not."""


def parts(entry: ManifestEntry) -> Iterator[tuple[Place, Content]]:
    """The files of an entry: its own, and those of its variants whose hash is recorded."""
    yield Place(entry.file), Content(entry.sha256, entry.size)
    for coding, size in entry.codings.items():
        if coding in SUFFIXES and coding in entry.checksums:
            yield Place(entry.file, coding), Content(entry.checksums[coding], size)


def take_first(
    wanted: Wanted, readings: Iterable[Generator[bytes, None, None]], take: Taker
) -> str:
    """Take the first of several readings that is what is wanted; why not, where none is."""
    why = ""
    for reading in readings:
        with closing(reading):
            try:
                take(reading, (wanted,))
            except AbsentError:
                continue
            except UnfitError as error:
                why = why or str(error)
            else:
                return ""
    return why or ABSENT
