"""Putting a release in force: its index first, then the pointer to it, in one step."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING

from hiss.core.manifest import Manifest, union
from hiss.errors import HissError, ManifestError
from hiss.files.atomic import write_atomic
from hiss.files.index import format_index
from hiss.files.lock import locked
from hiss.files.noted import write_noted
from hiss.files.release import (
    CURRENT,
    DJANGO_MANIFEST,
    INDEX,
    LOCK,
    MANIFEST_NAME,
    kept_manifests,
    parsing_once,
    read_manifest,
)
from hiss.http.codings import SUFFIXES
from hiss.http.paths import is_plain_name, is_public_name
from hiss.release.history import add_switch
from hiss.release.ledger import read_ledger
from hiss.release.originals import restore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.release.ledger import Release


@dataclass(frozen=True, slots=True)
class Switched:
    """What came of a switch."""

    #: The release that was in force; empty where there was none.
    before: str
    release: Release
    #: Files whose plain names could not be made to say what they said; they are as they were.
    lost: tuple[str, ...] = ()


def put_in_force(manifest: Manifest, root: str, how: str) -> None:
    """Make a release whose manifest and files are in `root` the one that is served.

    `how` goes into the history; empty: it is in force already, and what says so may be damaged.

    Raises:
        OSError: Something cannot be written; the release before is still in force.
    """
    others = [each for each in kept_manifests(root, None) if each.id != manifest.id]
    write_index(root, [manifest, *others], manifest.id)
    if how:
        # Before the pointer: should we be killed in between, the release before is known to have
        # been in force until now.
        add_switch(root, manifest.id, how)
        current = f"{manifest.id}\n".encode("ascii")
        write_atomic(os.path.join(root, CURRENT), current, durable=True)


def write_index(root: str, manifests: Iterable[Manifest], current: str) -> None:
    """Write the index of these releases, that of the one in force first; one that says the same
    already stays as it is, so that nobody reads it anew.
    """
    releases = tuple(manifests)
    entries = [each for each in union(releases) if is_plain_name(each.file)]
    path, data = os.path.join(root, INDEX), format_index(entries, current, releases)
    with suppress(FileNotFoundError), open(path, "rb") as file:
        if file.read() == data:
            return
    write_atomic(path, data, durable=True)


def remove_stale_variants(manifest: Manifest, others: Iterable[Manifest], root: str) -> None:
    """Remove the variants that other releases had of this one's files, and it has not: of plain
    names, those of other bytes; of hashed ones, those that no kept release has any more.
    """
    kept = {entry.file: entry for entry in union(kept_manifests(root, manifest))}
    made = {
        (entry.file, coding)
        for each in others
        for entry in each.entries
        for coding in entry.codings
    }
    for entry in manifest.entries:
        for coding, suffix in SUFFIXES.items():
            is_stale = coding not in kept[entry.file].codings and (entry.file, coding) in made
            if is_stale and entry.file + suffix not in kept:
                with suppress(OSError):
                    os.unlink(os.path.join(root, entry.file + suffix))


def switch(root: str, release_id: str | None, how: str, *, instead: str | None = None) -> Switched:
    """Put a kept release in force: that one, or the one that was before the current.

    `instead`: the id of the one that is thought to be in force.

    Raises:
        ManifestError: There is no such release here, or nothing to go back to; or another is in
            force than was thought.
        OSError: Something cannot be written.
    """
    with locked(os.path.join(root, LOCK)), parsing_once():
        ledger = read_ledger(root)
        if instead is not None and ledger.current != instead:
            raise ManifestError(
                f"release {ledger.current} was put in force meanwhile, in the place of {instead}",
                "See with `hiss release list` what is wanted now.",
            )
        if release_id is None:
            former = ledger.before()
            if former is None:
                raise ManifestError(
                    f"there is no release in {root} to go back to",
                    "A former release is kept as KEEP_RELEASES and KEEP_DAYS say; "
                    "`hiss release adopt` brings one from elsewhere.",
                )
            release_id = former.id
        manifest = read_manifest(root, release_id)
        assert manifest is not None
        try:
            lost = restore(manifest, root)
            put_in_force(manifest, root, how if release_id != ledger.current else "")
        except BaseException:
            if ledger.current:
                with suppress(HissError, OSError):
                    restore(ledger.get(ledger.current).manifest, root)
            raise
        remove_stale_variants(manifest, kept_manifests(root, None), root)
        is_hashed = any(entry.immutable for entry in manifest.entries)
        for name in _django_manifests(root):
            if is_hashed or os.path.exists(os.path.join(root, name)):
                write_django_manifest(manifest, root, name)
        return Switched(ledger.current, read_ledger(root).get(release_id), tuple(lost))


def _django_manifests(root: str) -> list[str]:
    """What Django's manifest is called here: as usual, or as a project's storage has it."""
    try:
        with open(os.path.join(root, MANIFEST_NAME), encoding="utf-8") as file:
            name = file.read().strip()
    except (OSError, ValueError):
        return [DJANGO_MANIFEST]
    return [name if is_plain_name(name) and is_public_name(name) else DJANGO_MANIFEST]


def write_django_manifest(manifest: Manifest, root: str, name: str = DJANGO_MANIFEST) -> None:
    """Write `staticfiles.json`, in the form that Django's storages read."""
    paths = {e.name: e.file for e in sorted(manifest.entries, key=lambda e: e.name) if e.immutable}
    digest = md5(json.dumps(sorted(paths.items())).encode(), usedforsecurity=False).hexdigest()
    document = {"paths": paths, "version": "1.1", "hash": digest[:12]}
    data = json.dumps(document).encode("utf-8")
    write_noted(root, os.path.join(root, name), data)
