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
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.files.atomic import write_atomic
from hiss.files.expired import add_expired
from hiss.files.lock import locked
from hiss.files.release import DJANGO_MANIFEST, FOLDER, LOCK, ORIGINALS, manifest_name, parsing_once
from hiss.http.paths import is_plain_name
from hiss.release.deploy.journal import needed_releases
from hiss.release.history import add_events
from hiss.release.ledger import read_ledger
from hiss.release.originals import digest_of, items, needed_originals
from hiss.release.switch import write_index

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    #: Of those files, each plain one with the SHA-256 of what a release said under that name: what
    #: says something else by now is nobody's to delete.
    plain: tuple[tuple[str, str], ...] = ()
    #: Of those files, each hashed one with the id of the last release that had it.
    expired: tuple[tuple[str, str], ...] = ()
    #: Why nothing can be deleted; empty where something can.
    obstacle: str = ""
    #: Whether a prune that was killed has left something to do.
    is_begun: bool = False


def plan_prune(ledger: Ledger, retention: Retention) -> Pruning:
    """What is to go by these rules; what a deploy may go back to is not."""
    gone = retention.expired(ledger, needed=needed_releases(ledger.root))
    if ledger.unreadable:
        obstacle = (
            f"{', '.join(ledger.unreadable)} cannot be read, so nobody knows what it still needs: "
            "remove it if the release may go, or bring it back"
        )
        return Pruning((), (), 0, obstacle=obstacle if gone else "")
    kept = [each.manifest for each in ledger.releases if each not in gone]
    needed_files = {
        item.file for manifest in kept for entry in manifest.entries for item in items(entry)
    }
    journal = _read_journal(ledger.root)
    # By name: the SHA-256 that a file must have to go; empty for one whose name says it.
    going = dict(journal.going) if journal else {}
    expired = dict(journal.expired) if journal else {}
    for release in gone:
        for entry in release.manifest.entries:
            for item in items(entry):
                going[item.file] = "" if entry.immutable else item.sha256
            if entry.immutable:
                expired[entry.file] = release.id
    files = {
        name for name in going.keys() - needed_files if _may_go(ledger.root, name, going[name])
    }
    originals = set(_originals(ledger.root)) - needed_originals(kept)
    files |= {f"{ORIGINALS}/{name}" for name in originals}
    return Pruning(
        gone,
        tuple(sorted(files)),
        _size(ledger.root, files),
        plain=tuple((name, going[name]) for name in sorted(files) if going.get(name)),
        expired=tuple((name, each) for name, each in expired.items() if name not in needed_files),
        is_begun=journal is not None,
    )


def _may_go(root: str, name: str, sha256: str) -> bool:
    path = os.path.join(root, name)
    if not _is_ours(name) or not os.path.lexists(path):
        return False
    return not sha256 or digest_of(path) == sha256


def prune(root: str, retention: Retention) -> Pruning:
    """Let go what the rules say, and finish what a prune that was killed has left; what was done.

    Raises:
        ManifestError: The pointer to the release in force is damaged.
        OSError: Something cannot be written or deleted; each release is whole, or gone.
    """
    with locked(os.path.join(root, LOCK)), parsing_once():
        return prune_locked(root, retention)


def prune_locked(root: str, retention: Retention) -> Pruning:
    """The same, for who holds the lock already."""
    ledger = read_ledger(root)
    pruning = plan_prune(ledger, retention)
    if not (pruning.releases or pruning.files or pruning.is_begun) or pruning.obstacle:
        return pruning
    _write_journal(root, pruning)
    for release in pruning.releases:
        _unlink(root, manifest_name(release.id))
    if pruning.releases or pruning.is_begun:
        kept = [each for each in ledger.releases if each not in pruning.releases]
        # The one in force first: of a plain name that several have, its entry counts.
        kept.sort(key=lambda each: each.id != ledger.current)
        write_index(root, [each.manifest for each in kept], ledger.current)
        add_expired(root, pruning.expired)
        add_events(root, (), kept=[each.id for each in kept])
    for name in pruning.files:
        _unlink(root, name)
    _remove_empty_folders(root, pruning.files)
    _unlink(root, _JOURNAL)
    return pruning


def _originals(root: str) -> list[str]:
    try:
        return [name for name in os.listdir(os.path.join(root, ORIGINALS)) if name.isalnum()]
    except FileNotFoundError:
        return []


def _size(root: str, names: Iterable[str]) -> int:
    """Bytes that deleting these files frees: a file goes with the last of its names."""
    links: dict[tuple[int, int], int] = {}
    size = 0
    for name in names:
        status = os.lstat(os.path.join(root, name))
        inode = status.st_dev, status.st_ino
        links[inode] = links.get(inode, 0) + 1
        if links[inode] == status.st_nlink:
            size += status.st_size
    return size


class _Journal(NamedTuple):
    going: tuple[tuple[str, str], ...]
    expired: tuple[tuple[str, str], ...]


def _read_journal(root: str) -> _Journal | None:
    """What a prune that was killed had still to do; `None` where there is nothing."""
    try:
        with open(os.path.join(root, _JOURNAL), encoding="utf-8") as file:
            document = json.load(file)
        going, expired = (
            tuple((str(name), str(each)) for name, each in document[key])
            for key in ("files", "expired")
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return _Journal((), ())
    return _Journal(going, expired)


def _is_ours(name: str) -> bool:
    """Whether a manifest may call a file so; what is below `.hiss` is not for manifests to say."""
    return is_plain_name(name) and not name.startswith(f"{FOLDER}/") and name != DJANGO_MANIFEST


def _write_journal(root: str, pruning: Pruning) -> None:
    plain = dict(pruning.plain)
    going = [(name, plain.get(name, "")) for name in pruning.files]
    document = {"files": going, "expired": pruning.expired}
    write_atomic(os.path.join(root, _JOURNAL), json.dumps(document).encode("ascii"), durable=True)


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
