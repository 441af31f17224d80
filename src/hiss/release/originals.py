"""The bytes behind plain names, for going back.

A hashed name says its bytes for ever, but `css/app.css` says each release's own. What no hashed
file of a release says is kept by its SHA-256 in `.hiss/originals`, as a second link to the file
where the system can do that; so to go back is to put the files back, not to build again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from hashlib import file_digest
from typing import TYPE_CHECKING, NamedTuple

from hiss.files.atomic import replacing
from hiss.files.release import ORIGINALS, kept_manifests
from hiss.http.codings import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.core.manifest import Manifest, ManifestEntry


class Item(NamedTuple):
    """A file on the disk: one of an entry, or a variant of it."""

    file: str
    #: In hex; empty where it was not recorded.
    sha256: str


def items(entry: ManifestEntry) -> Iterator[Item]:
    """The files of an entry, with their variants."""
    yield Item(entry.file, entry.sha256)
    for coding in entry.codings:
        if coding in SUFFIXES:
            yield Item(entry.file + SUFFIXES[coding], entry.checksums.get(coding, ""))


def plain_items(manifest: Manifest) -> Iterator[Item]:
    """The files of a release whose names are other releases' too."""
    return (item for entry in manifest.entries if not entry.immutable for item in items(entry))


def hashed_items(manifest: Manifest) -> Iterator[Item]:
    """The files of a release whose names say their bytes."""
    return (item for entry in manifest.entries if entry.immutable for item in items(entry))


def needed_originals(manifests: Iterable[Manifest]) -> frozenset[str]:
    """The SHA-256s that must be kept, so that each of these releases can come back."""
    return frozenset(
        item.sha256
        for manifest in manifests
        for hashed in [_hashed(manifest)]
        for item in plain_items(manifest)
        if item.sha256 not in hashed
    )


def keep_originals(manifest: Manifest, root: str) -> None:
    """Keep what the plain names of a release say, as long as they say it.

    Raises:
        OSError: It cannot be written.
    """
    hashed = _hashed(manifest)
    for item in plain_items(manifest):
        path = original_path(root, item.sha256)
        # Whoever wrote into the plain file in place, wrote into its other name.
        if item.sha256 not in hashed and digest_of(path) != item.sha256:
            with suppress(FileNotFoundError):
                os.unlink(path)
            _link(os.path.join(root, item.file), path)


def keep_hashed(root: str, item: Item) -> None:
    """Keep a hashed file that somebody is about to write over, so that it can be put back.

    Raises:
        OSError: It cannot be kept.
    """
    path, kept = os.path.join(root, item.file), original_path(root, item.sha256)
    if digest_of(kept) != item.sha256 and digest_of(path) == item.sha256:
        with suppress(FileNotFoundError):
            os.unlink(kept)
        _link(path, kept)


def put_back_hashed(root: str, items_kept: Iterable[Item]) -> None:
    """Put those files back that have been written over.

    Raises:
        OSError: A file cannot be written.
    """
    for item in items_kept:
        path, kept = os.path.join(root, item.file), original_path(root, item.sha256)
        if digest_of(path) != item.sha256 and digest_of(kept) == item.sha256:
            with open(kept, "rb") as source, replacing(path) as target:
                shutil.copyfileobj(source, target)
            shutil.copymode(kept, path)


def restore(manifest: Manifest, root: str) -> list[str]:
    """Have the plain names of a release say what they said when it was built.

    Returns the files for which that is not possible any more; they are as they were.

    Raises:
        OSError: A file cannot be written.
    """
    hashed = _hashed(manifest)
    others = kept_manifests(root, manifest)[1:]
    # What another release said never changes is not for this one to change.
    taken = {item.file: item.sha256 for each in others for item in hashed_items(each)}
    lost = []
    for item in plain_items(manifest):
        path = os.path.join(root, item.file)
        if not os.path.islink(path) and digest_of(path) == item.sha256:
            continue
        if taken.get(item.file, item.sha256) != item.sha256:
            lost.append(item.file)
            continue
        kept = original_path(root, item.sha256)
        if item.sha256 in hashed:
            kept = os.path.join(root, hashed[item.sha256])
        if digest_of(kept) == item.sha256:
            with open(kept, "rb") as source, replacing(path) as target:
                shutil.copyfileobj(source, target)
            shutil.copymode(kept, path)
        else:
            lost.append(item.file)
    return lost


def original_path(root: str, sha256: str) -> str:
    """Where the bytes with that hash are kept."""
    return os.path.join(root, ORIGINALS, sha256)


def digest_of(path: str) -> str | None:
    """The SHA-256 of a file, in hex; `None` where there is none that can be read."""
    try:
        with open(path, "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _hashed(manifest: Manifest) -> dict[str, str]:
    """By SHA-256: the files of a release that have those bytes under names of their own."""
    return {item.sha256: item.file for item in hashed_items(manifest)}


def _link(source: str, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.link(source, path)
    except FileExistsError:
        return
    except OSError:
        # A file system without links, or one that allows no more of them.
        with open(source, "rb") as file, replacing(path) as target:
            shutil.copyfileobj(file, target)
        with suppress(OSError):
            shutil.copymode(source, path)
