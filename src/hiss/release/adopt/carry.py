"""Taking what a plan says: files first, then the manifests, the index, and the history.

Each file is put in place whole. Whatever kills this leaves the root as whole as it was, and the
next one goes on from there; `.hiss/current` is never touched.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from hiss.core.manifest import format_manifest
from hiss.files.atomic import clear_leftovers, write_atomic
from hiss.files.expired import add_expired, read_expired
from hiss.files.lock import locked
from hiss.files.release import (
    LOCK,
    ORIGINALS,
    kept_manifests,
    manifest_name,
    read_manifest,
)
from hiss.release.adopt.intake import Intake, read_chunks
from hiss.release.adopt.plan import Left, Note, homes_of, plan_adoption, with_variants
from hiss.release.adopt.wanted import ABSENT, Content, UnfitError, parts
from hiss.release.history import add_events, read_history
from hiss.release.originals import digest_of, items, needed_originals
from hiss.release.switch import write_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.release.adopt.plan import Adoption
    from hiss.release.adopt.wanted import Source, Wanted
    from hiss.release.retain import Retention

# Of one release's faults, those that are told.
_MOST_TOLD = 5


class Watch(Protocol):
    """Is told how far it is. May be called from several threads."""

    def begin(self, stage: str, files: int, size: int) -> None:
        """A stage begins: its name, how many files it has, and how many bytes in all."""

    def advance(self, size: int) -> None:
        """One file, of so many bytes, is done."""

    def end(self) -> None:
        """The stage is over."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A release that was taken."""

    manifest: Manifest
    #: Files that were written for it, with variants, and their bytes.
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of adopting."""

    taken: tuple[Taken, ...]
    left: tuple[Left, ...]
    #: Releases that were here, and of which files were brought.
    mended: tuple[Taken, ...]
    #: Variants that are left out.
    notes: tuple[Note, ...]
    #: Files whose plain names are other releases' at the source: not needed to serve this one.
    lacking: tuple[Note, ...]


def plan(source: Source, root: str, retention: Retention) -> Adoption:
    """What adopting will do; nothing is written.

    Raises:
        ConfigurationError: The source is the root itself.
        ManifestError: The pointer to the release in force, here or there, is damaged.
    """
    return plan_adoption(source, root, retention, room=_room(root))


def adopt(
    source: Source, root: str, retention: Retention, *, watch: Watch | None = None
) -> Adopted:
    """Take the releases of a source that would be kept here.

    Raises:
        ConfigurationError: The source is the root itself.
        ManifestError: The pointer to the release in force, here or there, is damaged.
        OSError: Something cannot be written; what was taken before is whole.
    """
    with locked(os.path.join(root, LOCK)):
        clear_leftovers(root)
        return _carry_out(plan(source, root, retention), source, root, watch)


def _room(root: str) -> int:
    folder = os.path.abspath(root)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return shutil.disk_usage(folder).free


def _carry_out(adoption: Adoption, source: Source, root: str, watch: Watch | None) -> Adopted:
    kept = kept_manifests(root, read_manifest(root))
    before = {item.file for manifest in kept for each in manifest.entries for item in items(each)}
    wanted = adoption.wanted
    intake = Intake(root, watch.advance if watch else lambda _size: None)
    if watch and wanted:
        watch.begin("adopting", len(wanted), sum(each.content.size for each in wanted))
    failed = _take_in(adoption, source, root, intake)
    if watch and wanted:
        watch.end()
    lacking = {each.content for each in wanted}
    had = {c: integrity for c, integrity in adoption.present.items() if c not in lacking}
    had |= intake.had
    mended, damaged, lost = _settle_mending(adoption, intake.had, failed)
    taken, left, notes, skipped = [], [*adoption.left, *damaged], [*lost], []
    for taking in adoption.taken:
        faults = _faults(taking.manifest, had, failed)
        if faults:
            left.append(_left(taking.manifest, faults))
            continue
        manifest = _with_variants_had(taking.manifest, had)
        notes += [*taking.notes, *_lost_variants(taking.manifest, had, failed)]
        skipped += [
            Note(manifest.id, entry.file, failed.get(_content(entry), ABSENT))
            for entry in manifest.entries
            if _content(entry) not in had
        ]
        taken.append(_taken(manifest, taking.wanted, had))
    manifests = [each.manifest for each in taken]
    intake.remove(intake.written - _needed([*kept, *manifests]))
    _place_plain(manifests, root, intake, before)
    for manifest in manifests:
        text = format_manifest(manifest).encode("utf-8")
        write_atomic(os.path.join(root, manifest_name(manifest.id)), text, durable=True)
    _write_down(adoption, root)
    return Adopted(tuple(taken), tuple(left), mended, tuple(notes), tuple(skipped))


def _settle_mending(
    adoption: Adoption, had: Mapping[Content, str], failed: Mapping[Content, str]
) -> tuple[tuple[Taken, ...], list[Left], list[Note]]:
    """What was mended; what of it could not be: releases, and variants."""
    mended, left, notes = [], [], []
    for each in adoption.mended:
        manifest = each.manifest
        taken = _taken(manifest, each.wanted, had)
        if taken.files:
            mended.append(taken)
        files = {entry.file for entry in manifest.entries}
        lacking = [
            (home, failed.get(wanted.content, ABSENT))
            for wanted in each.wanted
            if wanted.content not in had
            for home in wanted.homes
        ]
        notes += [Note(manifest.id, home, why) for home, why in lacking if home not in files]
        faults = [(home, why) for home, why in lacking if home in files]
        if faults:
            left.append(_left(manifest, faults, "it is here, and damaged: "))
    return tuple(mended), left, notes


def _taken(manifest: Manifest, wanted: Iterable[Wanted], had: Mapping[Content, str]) -> Taken:
    new = [each for each in wanted if each.content in had]
    size = sum(each.content.size * len(each.homes) for each in new)
    return Taken(manifest, sum(len(each.homes) for each in new), size)


def _take_in(
    adoption: Adoption, source: Source, root: str, intake: Intake
) -> Mapping[Content, str]:
    """Have all that is wanted; why not, of what cannot be had."""
    rest = [each for each in adoption.wanted if not _take_own(each, root, intake)]
    return source.fetch(rest, intake.take)


def _take_own(wanted: Wanted, root: str, intake: Intake) -> bool:
    """Whether it could be had from another file of the root."""
    if not wanted.have:
        return False
    try:
        intake.take(read_chunks(os.path.join(root, wanted.have)), (wanted,))
    except UnfitError:
        return False
    return True


def _content(entry: ManifestEntry) -> Content:
    return Content(entry.sha256, entry.size)


def _faults(
    manifest: Manifest, had: Mapping[Content, str], failed: Mapping[Content, str]
) -> list[tuple[str, str]]:
    """The files for which a release cannot be taken, and why."""
    faults = []
    for entry in manifest.entries:
        integrity = had.get(_content(entry))
        if integrity is None and entry.immutable:
            faults.append((entry.file, failed.get(_content(entry), ABSENT)))
        elif integrity is not None and integrity != entry.integrity:
            faults.append((entry.file, "its manifest gives another file's integrity"))
    return faults


def _left(manifest: Manifest, faults: list[tuple[str, str]], before: str = "") -> Left:
    told = [f"{file}: {why}" for file, why in faults[:_MOST_TOLD]]
    if len(faults) > _MOST_TOLD:
        told.append(f"and {len(faults) - _MOST_TOLD} more files")
    return Left(manifest.id, manifest.label, before + "; ".join(told), is_fault=True)


def _with_variants_had(manifest: Manifest, had: Mapping[Content, str]) -> Manifest:
    entries = (
        with_variants(
            entry,
            {p.coding for p, c in parts(entry) if p.coding and c in had and _content(entry) in had},
        )
        for entry in manifest.entries
    )
    return replace(manifest, entries=tuple(entries))


def _lost_variants(
    manifest: Manifest, had: Mapping[Content, str], failed: Mapping[Content, str]
) -> Iterable[Note]:
    for entry in manifest.entries:
        for place, content in parts(entry):
            if place.coding and content not in had and _content(entry) in had:
                why = failed.get(content, ABSENT)
                yield Note(manifest.id, place.name, why)


def _needed(manifests: list[Manifest]) -> set[str]:
    names = {item.file for m in manifests for entry in m.entries for item in items(entry)}
    return names | {f"{ORIGINALS}/{sha256}" for sha256 in needed_originals(manifests)}


def _place_plain(
    manifests: Iterable[Manifest], root: str, intake: Intake, before: Iterable[str]
) -> None:
    """Put files in place under plain names that are nobody's, those of the first release first."""
    names = {entry.file for m in manifests for entry in m.entries if entry.immutable} | {*before}
    for manifest in manifests:
        homes = homes_of(manifest)
        for entry in manifest.entries:
            if entry.immutable or entry.file in names:
                continue
            if _place(entry, root, homes, intake, names):
                names.add(entry.file)


def _place(
    entry: ManifestEntry,
    root: str,
    homes: Mapping[Content, list[str]],
    intake: Intake,
    names: set[str],
) -> bool:
    """Whether the plain name of an entry is taken now: by it, or by what was there."""
    path = os.path.join(root, entry.file)
    is_here = digest_of(path) == entry.sha256
    if os.path.lexists(path) and not is_here:
        return True
    with suppress(UnfitError, FileNotFoundError):
        for place, content in parts(entry):
            if place.name not in names and not os.path.lexists(os.path.join(root, place.name)):
                intake.copy(os.path.join(root, homes[content][0]), place.name)
                is_here = True
    return is_here


def _write_down(adoption: Adoption, root: str) -> None:
    """Have the index, the history, and the list of what went, say what is here now."""
    current = read_manifest(root)
    kept = kept_manifests(root, current)
    in_force = current.id if current else ""
    if kept:
        write_index(root, kept, in_force)
    known = read_history(root)
    unheard = {each.id for each in kept} - {event.release for event in known}
    events = [event for event in adoption.events if event.release in unheard]
    if events:
        add_events(root, events)
    here = {item.file for m in kept for entry in m.entries for item in items(entry)}
    here |= read_expired(root).keys()
    gone = [(name, each) for name, each in adoption.expired.items() if name not in here]
    if gone:
        add_expired(root, gone)
