"""The ledger: the releases that are kept in a root, and which of them is in force."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hiss.errors import ManifestError
from hiss.files.release import kept_ids, manifest_name, read_manifest
from hiss.release.history import UNDO, parse_time, read_history

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hiss.core.manifest import Manifest
    from hiss.release.history import Event


@dataclass(frozen=True, slots=True)
class Release:
    """A kept release."""

    manifest: Manifest
    #: When it was last put in force; when it was built, where that never happened here.
    since: datetime
    #: When it stopped being in force; `None`: it is. Where it never was, when it was built.
    until: datetime | None
    #: Whether it was ever put in force, here or where it was adopted from.
    was_in_force: bool = True
    #: Whether a deploy took it out of force again, because something was wrong.
    is_undone: bool = False

    @property
    def id(self) -> str:
        """Its id."""
        return self.manifest.id


@dataclass(frozen=True, slots=True)
class Ledger:
    """The releases of a root."""

    root: str
    #: The one that was put in force last first, whether it still is or not.
    releases: tuple[Release, ...]
    #: The id of the one in force; empty where there is none.
    current: str
    #: The files of manifests that cannot be read: what they need is not known.
    unreadable: tuple[str, ...] = ()

    def get(self, release_id: str) -> Release:
        """The release of that id; `KeyError` where it is not kept."""
        for each in self.releases:
            if each.id == release_id:
                return each
        raise KeyError(release_id)

    def before(self) -> Release | None:
        """The release to go back to: of those that were in force before the current one, the last
        that no deploy has undone. `None` where there is none.
        """
        if not self.current:
            return None
        since = self.get(self.current).since
        older = [
            each
            for each in self.releases
            if each.id != self.current
            and each.since <= since
            and each.was_in_force
            and not each.is_undone
        ]
        return older[0] if older else None


def read_ledger(root: str) -> Ledger:
    """The ledger of a root; empty where no release was built.

    Raises:
        ManifestError: The pointer to the release in force is damaged, or leads nowhere.
    """
    current = read_manifest(root)
    manifests = [current] if current else []
    unreadable = []
    for release_id in kept_ids(root):
        if current and release_id == current.id:
            continue
        try:
            manifest = read_manifest(root, release_id)
        except ManifestError:
            path = os.path.join(root, manifest_name(release_id))
            # A prune may have let it go in this moment.
            if os.path.lexists(path):
                unreadable.append(path)
        else:
            if manifest is not None:
                manifests.append(manifest)
    in_force = current.id if current else ""
    releases = _releases(manifests, read_history(root), in_force)
    return Ledger(root, releases, in_force, tuple(unreadable))


def _releases(
    manifests: Iterable[Manifest], events: list[Event], current: str
) -> tuple[Release, ...]:
    since = {event.release: event.at for event in events}
    until = {}
    undone: set[str] = set()
    for event, following in pairwise(events):
        undone.discard(following.release)
        if following.release != event.release:
            until[event.release] = following.at
            if following.how == UNDO:
                undone.add(event.release)
    found = []
    for manifest in manifests:
        created = parse_time(manifest.created)
        began = since.get(manifest.id, created)
        ended = until.get(manifest.id, began)
        found.append(
            Release(
                manifest,
                began,
                None if manifest.id == current else max(began, ended),
                was_in_force=manifest.id in since,
                is_undone=manifest.id in undone,
            )
        )
    # Of two that began at once, the one in force is the later.
    found.sort(key=lambda each: (each.since, each.id == current, each.id), reverse=True)
    return tuple(found)
