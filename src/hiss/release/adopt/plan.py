"""What is to be taken of a source, and why the rest is not: a value, made before all writing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from hiss.core.manifest import union
from hiss.errors import ConfigurationError, ManifestError
from hiss.files.expired import read_expired
from hiss.files.release import ORIGINALS, read_manifest
from hiss.http.codings import SUFFIXES
from hiss.http.paths import is_plain_name
from hiss.release.adopt.check import find_fault, show_label
from hiss.release.adopt.intake import measure_file
from hiss.release.adopt.wanted import Content, Place, Wanted, parts
from hiss.release.history import Event, parse_time, read_history
from hiss.release.ledger import Ledger, read_ledger
from hiss.release.originals import items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.release.adopt.intake import Measured
    from hiss.release.adopt.wanted import Source
    from hiss.release.ledger import Release
    from hiss.release.retain import Retention


class Note(NamedTuple):
    """Something of a release that is not as it was at the source."""

    release: str
    #: The name of the file.
    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Taking:
    """A release that is to be taken."""

    #: As it is to be written, if all of its variants can be had.
    manifest: Manifest
    #: Of the bytes it needs: those that are neither in the root nor those of a release before it.
    wanted: tuple[Wanted, ...]
    notes: tuple[Note, ...]

    @property
    def size(self) -> int:
        """Bytes that it brings."""
        return _size(self.wanted)


@dataclass(frozen=True, slots=True)
class Mending:
    """A release that is here, of which hashed files lack or are damaged."""

    manifest: Manifest
    wanted: tuple[Wanted, ...]

    @property
    def size(self) -> int:
        """Bytes that it brings."""
        return _size(self.wanted)


@dataclass(frozen=True, slots=True)
class Left:
    """A release that is not taken."""

    id: str
    label: str
    why: str
    #: Whether something is wrong with it.
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting will do."""

    #: What messages call the source.
    where: str
    #: The release that was in force last first.
    taken: tuple[Taking, ...]
    left: tuple[Left, ...]
    #: Releases that are here, and of which something is not.
    mended: tuple[Mending, ...]
    #: The integrity of what the root has already.
    present: Mapping[Content, str]
    #: When the source's releases were in force.
    events: tuple[Event, ...]
    #: Names of files that went at the source, with the releases that had them.
    expired: Mapping[str, str]

    @property
    def wanted(self) -> list[Wanted]:
        """All bytes that are to be had, each once."""
        merged: dict[Content, Wanted] = {}
        wholes: tuple[Mending | Taking, ...] = (*self.mended, *self.taken)
        for each in (each for whole in wholes for each in whole.wanted):
            known = merged.get(each.content, each)
            homes = dict.fromkeys((*known.homes, *each.homes))
            places = dict.fromkeys((*known.places, *each.places))
            merged[each.content] = replace(
                known, homes=tuple(homes), places=tuple(places), have=known.have or each.have
            )
        return [*merged.values()]


def plan_adoption(
    source: Source, root: str, retention: Retention, *, room: int | None = None
) -> Adoption:
    """What is to be taken; `room`: how many bytes the disk has left, `None` for any number.

    Raises:
        ConfigurationError: The source is the root itself.
        ManifestError: The pointer to the release in force, here or there, is damaged.
    """
    if os.path.realpath(source.folder) == os.path.realpath(root):
        raise ConfigurationError(f"{root} cannot adopt from itself")
    now = datetime.now(UTC)
    here, there = read_ledger(root), read_ledger(source.folder)
    left = [Left(each.id, "", each.why, each.is_fault) for each in source.refused]
    left += [_left_unreadable(source.folder, path) for path in there.unreadable]
    fit = []
    for release in _not_of_the_future(there.releases, now):
        fault = find_fault(release.manifest)
        if fault:
            left.append(_left(release, fault, is_fault=True))
        else:
            fit.append(release)
    shelf = _Shelf(here, room)
    there_ids = {each.id for each in fit}
    mended = []
    for release in (each for each in here.releases if each.id in there_ids):
        mending = shelf.mend(release.manifest)
        if isinstance(mending, Mending):
            mended.append(mending)
        else:
            left.append(_left(release, mending or "it is here already", is_fault=bool(mending)))
    wanted, unwanted = _retain(here, fit, retention, now)
    left += unwanted
    taken = []
    for manifest in _with_common_variants(wanted, fit, here):
        taking = shelf.add(manifest)
        if isinstance(taking, str):
            left.append(Left(manifest.id, manifest.label, taking, is_fault=True))
        else:
            taken.append(taking)
    events = (each for each in read_history(source.folder) if each.at <= now)
    expired = {
        name: release_id
        for name, release_id in read_expired(source.folder).items()
        if is_plain_name(name) and release_id.isalnum()
    }
    return Adoption(
        where=source.where,
        taken=tuple(taken),
        left=tuple(left),
        mended=tuple(mended),
        present=shelf.present,
        events=tuple(events),
        expired=expired,
    )


def _size(wanted: Iterable[Wanted]) -> int:
    return sum(each.content.size * len(each.homes) for each in wanted)


def _left(release: Release, why: str, *, is_fault: bool = False) -> Left:
    return Left(release.id, show_label(release.manifest.label), why, is_fault)


def _left_unreadable(folder: str, path: str) -> Left:
    release_id = os.path.basename(path).removesuffix(".json")
    try:
        read_manifest(folder, release_id)
    except ManifestError as error:
        return Left(release_id, "", error.message, is_fault=True)
    return Left(release_id, "", f"{path} changed", is_fault=True)


def _not_of_the_future(releases: Iterable[Release], now: datetime) -> Iterator[Release]:
    """The releases, none of them from later than now: it would be kept for ever."""
    for each in releases:
        manifest = replace(each.manifest, label=show_label(each.manifest.label))
        if parse_time(manifest.created) > now:
            manifest = replace(manifest, created=now.isoformat(timespec="seconds"))
        until = None if each.until is None else min(each.until, now)
        yield replace(each, manifest=manifest, since=min(each.since, now), until=until)


def _retain(
    here: Ledger, fit: Iterable[Release], retention: Retention, now: datetime
) -> tuple[list[Release], list[Left]]:
    """Of the releases of a source: those that would be kept here, and the others."""
    ids = {each.id for each in here.releases}
    new = {each.id: each for each in fit if each.id not in ids}
    both = sorted(
        (*here.releases, *new.values()),
        key=lambda each: (each.since, each.until is None, each.id),
        reverse=True,
    )
    ledger = Ledger(here.root, tuple(both), here.current)
    expired = retention.expired(ledger, now, needed=ids)
    wanted = [each for each in both if each.id in new and each not in expired]
    # What users have open there comes before all else: of two plain files, its own is put in place.
    wanted.sort(key=lambda each: each.until is not None)
    return wanted, [
        _left(each, _expiry(each.until, retention)) for each in expired if each.until is not None
    ]


def _expiry(until: datetime, retention: Retention) -> str:
    last = "one" if retention.releases == 1 else f"{retention.releases}"
    days = f", more than {retention.days:g} days" if retention.days else ""
    return f"older than the last {last}, and out of force since {until:%Y-%m-%d}{days}"


def _with_common_variants(
    wanted: Iterable[Release], fit: Iterable[Release], here: Ledger
) -> Iterator[Manifest]:
    """The manifests, with the variants of hashed files that the disks hold.

    Of several releases with one file the last build may have made its variants anew, and so may
    one that was built here.
    """
    there = {each.file: each for each in union(each.manifest for each in fit)}
    ours = {each.file: each for each in union(each.manifest for each in here.releases)}

    def settled(entry: ManifestEntry) -> ManifestEntry:
        same = [
            each
            for each in (there.get(entry.file), ours.get(entry.file))
            if entry.immutable and each and each.immutable and each.sha256 == entry.sha256
        ]
        codings, checksums = dict(entry.codings), dict(entry.checksums)
        for each in same:
            codings.update(each.codings)
            checksums.update(each.checksums)
        return replace(entry, codings=codings, checksums=checksums)

    for release in wanted:
        yield replace(
            release.manifest, entries=tuple(settled(each) for each in release.manifest.entries)
        )


class _Shelf:
    """What the root has and will have, while releases are added one after the other."""

    def __init__(self, here: Ledger, room: int | None) -> None:
        self._root = here.root
        self._room = room
        #: By their names: the files of releases, each with the variants that the disk should have.
        self._here = {each.file: each for each in union(each.manifest for each in here.releases)}
        #: By the plain names of releases: the hashes of all that they say.
        self._plain: dict[str, set[str]] = {}
        for each in (entry for r in here.releases for entry in r.manifest.entries):
            if not each.immutable:
                self._plain.setdefault(each.file, set()).add(each.sha256)
        #: By the names of files of releases: their bytes' hash.
        self._taken = {
            item.file: item.sha256 for entry in self._here.values() for item in items(entry)
        }
        self._planned: set[str] = set()
        self._measured: dict[str, Measured | None] = {}
        self.present: dict[Content, str] = {}

    def add(self, manifest: Manifest) -> Taking | str:
        """How a release is to be taken; or why it cannot be."""
        conflict = self._conflict(manifest)
        if conflict:
            return conflict
        settled = self._without_taken_variants(manifest)
        wanted = tuple(self._wanted(settled))
        taking = Taking(settled, wanted, tuple(_lost_variants(manifest, settled)))
        if crowd := self._claim(wanted):
            return crowd
        for entry in settled.entries:
            if entry.immutable:
                self._taken.update((place.name, content.sha256) for place, content in parts(entry))
        return taking

    def mend(self, manifest: Manifest) -> Mending | str:
        """How a release that is here is to be mended; why it cannot be, or empty: it is whole."""
        entries = (self._here[entry.file] for entry in manifest.entries if entry.immutable)
        wanted = tuple(self._wanted(replace(manifest, entries=tuple(entries))))
        if not wanted:
            return ""
        return self._claim(wanted) or Mending(manifest, wanted)

    def _claim(self, wanted: tuple[Wanted, ...]) -> str:
        """Have these be planned; why they cannot be, or empty."""
        size = _size(wanted)
        if self._room is not None:
            if size > self._room:
                return f"it needs {size} bytes, and the disk has {self._room} left for it"
            self._room -= size
        self._planned.update(home for each in wanted for home in each.homes)
        return ""

    def _conflict(self, manifest: Manifest) -> str:
        for entry in manifest.entries:
            if not entry.immutable:
                continue
            file = entry.file
            taken = self._taken.get(file)
            if taken is not None and taken != entry.sha256:
                return f"a release that is here has {file!r} with other bytes"
            if self._plain.get(file, {entry.sha256}) != {entry.sha256}:
                return f"a release that is here has {file!r} as a plain name, with other bytes"
            found = None if taken else self._measure(file)
            if found is not None and found.content.sha256 != entry.sha256:
                return f"{file!r} is here with other bytes, of no release: remove it"
        return ""

    def _without_taken_variants(self, manifest: Manifest) -> Manifest:
        """Without variants whose files' names are other files'."""
        own = {entry.file for entry in manifest.entries}

        def is_free(entry: ManifestEntry, place: Place, sha256: str) -> bool:
            if place.name in own:
                return False
            return not entry.immutable or self._taken.get(place.name, sha256) == sha256

        return replace(
            manifest,
            entries=tuple(
                with_variants(
                    entry,
                    {
                        place.coding
                        for place, content in parts(entry)
                        if place.coding and is_free(entry, place, content.sha256)
                    },
                )
                for entry in manifest.entries
            ),
        )

    def _wanted(self, manifest: Manifest) -> Iterator[Wanted]:
        places: dict[Content, list[Place]] = {}
        for entry in manifest.entries:
            for place, content in parts(entry):
                places.setdefault(content, []).append(place)
        for content, homes in homes_of(manifest).items():
            names = [*homes, *(place.name for place in places[content])]
            having = {
                name: measured.integrity
                for name in names
                if (measured := self._measure(name)) and measured.content == content
            }
            for integrity in having.values():
                self.present.setdefault(content, integrity)
            lacking = tuple(
                name for name in homes if name not in having and name not in self._planned
            )
            if lacking:
                yield Wanted(content, tuple(places[content]), lacking, next(iter(having), ""))

    def _measure(self, name: str) -> Measured | None:
        if name not in self._measured:
            self._measured[name] = measure_file(os.path.join(self._root, name))
        return self._measured[name]


def with_variants(entry: ManifestEntry, codings: set[str]) -> ManifestEntry:
    """An entry with no other variants than these."""
    return replace(
        entry,
        codings={name: size for name, size in entry.codings.items() if name in codings},
        checksums={name: each for name, each in entry.checksums.items() if name in codings},
    )


def homes_of(manifest: Manifest) -> dict[Content, list[str]]:
    """Where a root has the bytes of a release: under names of their own, or else as originals."""
    homes: dict[Content, list[str]] = {}
    # Hashed ones first: of what they say, no original is kept.
    for entry in sorted(manifest.entries, key=lambda each: not each.immutable):
        for place, content in parts(entry):
            if entry.immutable:
                homes.setdefault(content, []).append(place.name)
            elif content not in homes:
                homes[content] = [f"{ORIGINALS}/{content.sha256}"]
    return homes


def _lost_variants(manifest: Manifest, settled: Manifest) -> Iterator[Note]:
    for before, after in zip(manifest.entries, settled.entries, strict=True):
        for coding in sorted(before.codings.keys() - after.codings.keys()):
            file = before.file + SUFFIXES.get(coding, f" in {coding}")
            why = "its name is another file's, or no hash of it is recorded"
            yield Note(manifest.id, file, why)
