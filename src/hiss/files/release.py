"""Reading what a build left in a root: which files it published, and how.

Hiss's own manifest, in `.hiss`, or else Django's `staticfiles.json`, which knows the hashed names
and nothing of variants.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hiss.core.manifest import Manifest, parse_manifest, union
from hiss.errors import ManifestError
from hiss.files.denied import unreadable
from hiss.files.index import Index
from hiss.files.source import Stamp, stamp_at
from hiss.http.codings import SUFFIXES
from hiss.http.paths import is_plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hiss.core.manifest import ManifestEntry

#: The folder below a root that holds what Hiss knows of it. A dot folder: it is never served.
FOLDER: Final = ".hiss"
CURRENT: Final = f"{FOLDER}/current"
INDEX: Final = f"{FOLDER}/index"
LOCK: Final = f"{FOLDER}/lock"
PROBLEMS: Final = f"{FOLDER}/problems.json"
RELEASES: Final = f"{FOLDER}/releases"
#: Which release was put in force when, and how.
HISTORY: Final = f"{FOLDER}/history"
#: The hashed files that were of releases which are not kept any more.
EXPIRED: Final = f"{FOLDER}/expired"
#: By their SHA-256: the bytes of files whose names other releases give to other bytes.
ORIGINALS: Final = f"{FOLDER}/originals"
#: The id of the release that was built last, in force or not.
BUILT: Final = f"{FOLDER}/built"
#: Size, hash and times of what Hiss wrote as Django's own manifest.
NOTED: Final = f"{FOLDER}/noted.json"
#: What Django's own manifest is called here, where that is not its usual name.
MANIFEST_NAME: Final = f"{FOLDER}/manifest-name"
DJANGO_MANIFEST: Final = "staticfiles.json"


_parsed: ContextVar[dict[str, tuple[Stamp, Manifest]] | None] = ContextVar(
    "hiss_parsed_manifests", default=None
)


@dataclass(frozen=True, slots=True)
class Published:
    """What builds said of the files in a root; empty where there were none."""

    #: By the file's name below the root.
    records: Mapping[str, ManifestEntry] = field(default_factory=dict)
    #: Names of files that are immutable though nothing else is recorded of them.
    immutable: frozenset[str] = frozenset()

    def is_immutable(self, name: str) -> bool:
        """Whether the build named the file by its content."""
        record = self.records.get(name)
        return name in self.immutable if record is None else record.immutable

    def is_named_by_md5(self, name: str) -> bool:
        """Whether the name, which Django made of the content's MD5, is all that is recorded."""
        return name in self.immutable and name not in self.records

    def variant_names(self) -> frozenset[str]:
        """The files that are variants of others, and so are not files of their own."""
        return frozenset(
            each.file + SUFFIXES[coding]
            for each in self.records.values()
            for coding in each.codings
            if coding in SUFFIXES
        )


def is_release_id(text: str) -> bool:
    """Whether it can be the id of a release: letters and digits, so it is a name on any disk."""
    return text.isascii() and text.isalnum()


def manifest_name(release_id: str) -> str:
    """Where, below the root, the manifest of a release is."""
    return f"{RELEASES}/{release_id}.json"


def read_published(root: str) -> Published:
    """What the kept releases in `root` published, the one in force before all others.

    Raises:
        ManifestError: The manifest of the release in force cannot be read.
    """
    manifest = read_manifest(root)
    kept = kept_manifests(root, manifest)
    records = {each.file: each for each in union(kept) if is_plain_name(each.file)}
    if manifest is not None:
        return Published(records)
    return Published(records, _django_names(os.path.join(root, DJANGO_MANIFEST)))


def read_manifest(root: str, release_id: str | None = None) -> Manifest | None:
    """The manifest of a release in `root`: of the one in force, or of the id given; `None` where
    no build left one.

    Raises:
        ManifestError: It is there and cannot be read, or it should be there and is not.
    """
    by = "" if release_id else f", and {os.path.join(root, CURRENT)} names it"
    release_id = release_id or read_current(root)
    if release_id is None:
        return None
    path = os.path.join(root, manifest_name(release_id))
    known, stamp = _parsed.get(), stamp_at(path)
    if known is not None and stamp is not None and path in known and known[path][0] == stamp:
        return known[path][1]
    text = _read(path)
    if text is None:
        raise ManifestError(f"{path} is missing{by}", "Run the build again.")
    manifest = parse_manifest(text, path)
    if manifest.id != release_id:
        raise ManifestError(f"{path} is the manifest of release {manifest.id}", "Rename it.")
    if known is not None and stamp is not None:
        known[path] = stamp, manifest
    return manifest


@contextmanager
def parsing_once() -> Iterator[None]:
    """While much is done with releases: a manifest is read again only if it changed."""
    token = _parsed.set({})
    try:
        yield
    finally:
        _parsed.reset(token)


def read_current(root: str) -> str | None:
    """The id of the release in force; `None` where there is none.

    Raises:
        ManifestError: The pointer to it is damaged.
    """
    pointer = os.path.join(root, CURRENT)
    current = _read(pointer)
    if current is None:
        return None
    release_id = current.strip()
    if not is_release_id(release_id):
        raise ManifestError(
            f"{pointer} should hold the id of a release, not {current!r:.40}",
            "Run the build again to replace it.",
        )
    return release_id


def kept_manifests(root: str, current: Manifest | None) -> list[Manifest]:
    """The manifests of all releases that are kept in `root`: that of the one in force first, then
    from the one that was built last on; damaged ones are passed over.
    """
    ids = set(kept_ids(root))
    others = []
    for each in ids - {current.id if current else ""}:
        with suppress(ManifestError):
            manifest = read_manifest(root, each)
            if manifest is not None:
                others.append(manifest)
    others.sort(key=lambda each: (each.created, each.id), reverse=True)
    return [current, *others] if current else others


def kept_ids(root: str) -> list[str]:
    """The ids of the releases that are kept in `root`."""
    try:
        names = os.listdir(os.path.join(root, RELEASES))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(os.path.join(root, RELEASES), error) from error
    return sorted(
        name[:-5] for name in names if name.endswith(".json") and is_release_id(name[:-5])
    )


def open_index(root: str) -> Index | None:
    """The index of what is published in `root`; `None` where no build left one.

    Raises:
        ManifestError: There is one, and it cannot be read.
    """
    # Beside files that only Django's manifest knows, releases may have been adopted: then both
    # manifests tell. Else it is of the release in force, or of one that is about to be.
    if not os.path.exists(os.path.join(root, CURRENT)):
        return None
    try:
        return Index(os.path.join(root, INDEX))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(os.path.join(root, INDEX), error) from error


def _django_names(path: str) -> frozenset[str]:
    text = _read(path)
    if text is None:
        return frozenset()
    try:
        paths: dict[str, Any] = json.loads(text)["paths"]
        return frozenset(hashed for name, hashed in paths.items() if hashed != name)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ManifestError(
            f"{path} is not a manifest of Django's staticfiles: {error!r}",
            "Run collectstatic again to replace it.",
        ) from error


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
