"""Letting releases go: a plan first, and then what it says.

A release goes with its manifest; its files go after it, and what is left to delete is written down
before. Whatever kills a prune leaves each release whole, or gone with files that the next one
deletes.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hiss.files.atomic import write_atomic
from hiss.files.expired import add_expired
from hiss.files.lock import locked
from hiss.files.release import FOLDER, LOCK, ORIGINALS, manifest_name
from hiss.http.paths import is_plain_name
from hiss.release.deploy.journal import needed_releases
from hiss.release.history import add_events
from hiss.release.ledger import read_ledger
from hiss.release.originals import digest_of, items, needed_originals
from hiss.release.switch import write_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.release.ledger import Ledger, Release
    from hiss.release.retain import Retention

# What a prune has still to delete.
_JOURNAL: Final = f"{FOLDER}/prune.json"


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a prune will do."""

    #: The oldest first.
    releases: tuple[Release, ...]
    #: The files that no other release has, below the root; with their variants.
    files: tuple[str, ...]
    #: Bytes that this will free.
    size: int
    #: Why nothing can be deleted; empty where something can.
    obstacle: str = ""


def plan_prune(ledger: Ledger, retention: Retention) -> Pruning:
    """What is to go by these rules; what a deploy may go back to is not."""
    gone = retention.expired(ledger, needed=needed_releases(ledger.root))
    if ledger.unreadable:
        obstacle = (
            f"{', '.join(ledger.unreadable)} cannot be read, so nobody knows what it still needs: "
            "remove it if the release may go, or bring it back"
        )
        return Pruning((), (), 0, obstacle if gone else "")
    kept = [each.manifest for each in ledger.releases if each not in gone]
    needed_files = {
        item.file for manifest in kept for entry in manifest.entries for item in items(entry)
    }
    files = set()
    for release in gone:
        for entry in release.manifest.entries:
            for item in items(entry):
                if item.file in needed_files or not is_plain_name(item.file):
                    continue
                path = os.path.join(ledger.root, item.file)
                # A plain name may say something by now that no release put there.
                if entry.immutable or digest_of(path) == item.sha256:
                    files.add(item.file)
    files |= {f"{ORIGINALS}/{name}" for name in _originals(ledger.root)} - {
        f"{ORIGINALS}/{name}" for name in needed_originals(kept)
    }
    files |= {name for name in _read_journal(ledger.root) if not name.startswith(FOLDER)}
    files -= needed_files
    there = sorted(name for name in files if os.path.lexists(os.path.join(ledger.root, name)))
    return Pruning(gone, tuple(there), sum(_size(ledger.root, name) for name in there))


def prune(root: str, retention: Retention) -> Pruning:
    """Let go what the rules say, and finish what a prune that was killed has left; what was done.

    Raises:
        ManifestError: The pointer to the release in force is damaged.
        OSError: Something cannot be written or deleted; each release is whole, or gone.
    """
    with locked(os.path.join(root, LOCK)):
        return prune_locked(root, retention)


def prune_locked(root: str, retention: Retention) -> Pruning:
    """The same, for who holds the lock already."""
    ledger = read_ledger(root)
    pruning = plan_prune(ledger, retention)
    if not pruning.releases and not pruning.files:
        return pruning
    _write_journal(root, pruning.files)
    for release in pruning.releases:
        _unlink(root, manifest_name(release.id))
    if pruning.releases:
        kept = [each for each in ledger.releases if each not in pruning.releases]
        write_index(root, [each.manifest for each in kept], ledger.current)
        add_expired(root, _hashed_files(pruning))
        add_events(root, (), kept=[each.id for each in kept])
    for name in pruning.files:
        _unlink(root, name)
    _remove_empty_folders(root, pruning.files)
    _unlink(root, _JOURNAL)
    return pruning


def _hashed_files(pruning: Pruning) -> Iterator[tuple[str, str]]:
    going = set(pruning.files)
    for release in pruning.releases:
        for entry in release.manifest.entries:
            if entry.immutable and entry.file in going:
                yield entry.file, release.id


def _originals(root: str) -> list[str]:
    try:
        return [name for name in os.listdir(os.path.join(root, ORIGINALS)) if name.isalnum()]
    except FileNotFoundError:
        return []


def _size(root: str, name: str) -> int:
    status = os.lstat(os.path.join(root, name))
    # Of a file with another name, deleting this one frees nothing.
    return status.st_size if status.st_nlink == 1 else 0


def _read_journal(root: str) -> list[str]:
    try:
        with open(os.path.join(root, _JOURNAL), encoding="utf-8") as file:
            names = json.load(file)
    except (OSError, ValueError):
        return []
    return [each for each in names if isinstance(each, str) and is_plain_name(each)]


def _write_journal(root: str, names: Iterable[str]) -> None:
    data = json.dumps(list(names)).encode("ascii")
    write_atomic(os.path.join(root, _JOURNAL), data, durable=True)


def _unlink(root: str, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(root, name))


def _remove_empty_folders(root: str, names: Iterable[str]) -> None:
    folders = {os.path.dirname(name) for name in names}
    for folder in sorted(folders, key=len, reverse=True):
        while folder and not folder.startswith(FOLDER):
            try:
                os.rmdir(os.path.join(root, folder))
            except OSError:
                break
            folder = os.path.dirname(folder)
