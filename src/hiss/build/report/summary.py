"""The numbers of a report: what is published, what compression saves, what changed.

Plain values made from two manifests. Knows no HTML and no files.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from hiss.http.encoding import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hiss.core.manifest import Manifest, ManifestEntry

VERSION: Final = 1

#: Beside the codings: the smallest there is of each file, which is what is sent to a client that
#: takes every coding.
SMALLEST: Final = "smallest"

#: How many files `Report.largest` names at most.
LARGEST: Final = 500

# Folders below this depth are taken as part of the file's name: a tree is walked by recursion, and
# PATH_MAX leaves room for two thousand levels.
_DEPTH: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Which release."""

    id: str
    #: As RFC 3339 has it.
    created: str
    #: May be empty.
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One logical name, as users get it."""

    #: The logical name.
    name: str
    #: The name in its URL.
    file: str
    type: str
    immutable: bool
    #: `added`, `changed`, or empty.
    change: str
    #: Bytes by coding: `identity`, the codings of the release by name, `smallest`. A file without
    #: a variant in a coding counts there with its identity bytes, as it would be sent.
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with all that is below it."""

    #: Empty for the root; no slash at the end.
    path: str
    #: How many files are below it, at any depth.
    count: int
    sizes: Mapping[str, int]
    #: By path.
    folders: tuple[Folder, ...]
    #: By name.
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTotal:
    """What the files of one media type come to."""

    type: str
    count: int
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What all files come to."""

    count: int
    sizes: Mapping[str, int]
    #: Identity bytes less the smallest there are.
    saved: int
    #: Coding to how many files have a variant in it.
    variants: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A logical name that is not what it was; sizes are the smallest coding's."""

    name: str
    #: `added`, `changed` or `removed`.
    change: str
    immutable: bool
    #: `None` where it was not there.
    before: int | None
    #: `None` where it is no longer there.
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is not as it was in the release before."""

    before: Release
    changed: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    #: Logical names.
    unchanged: tuple[str, ...]
    #: Bytes that a browser which has it all downloads again: changed files under a new, immutable
    #: name. What is not immutable is asked for again whether it changed or not.
    again: int
    #: Bytes of added files, which are downloaded for the first time.
    first: int
    #: Bytes of unchanged files, which stay in caches.
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a report says."""

    release: Release
    #: `identity`, the codings of the release by name, and `smallest` if there are any.
    columns: tuple[str, ...]
    totals: Totals
    tree: Folder
    #: The one with the most bytes first.
    types: tuple[TypeTotal, ...]
    #: The one with the most bytes first, `LARGEST` at most.
    largest: tuple[File, ...]
    #: `None` for the first release.
    changes: Changes | None
    #: As the build reported them.
    problems: tuple[Mapping[str, Any], ...]


def summarise(
    manifest: Manifest, before: Manifest | None, problems: Sequence[Mapping[str, Any]]
) -> Report:
    """Return the report on a release, against the one before if there was one.

    Every logical name counts once. Most are published twice, as a hashed file and as the plain
    original; users are sent to the hashed one, so that is the one counted.
    """
    entries = published(manifest)
    earlier = published(before) if before else {}
    codings = sorted({coding for entry in entries.values() for coding in entry.codings})
    files = [
        _file(entry, codings, _change(entry, earlier.get(name)) if before else "")
        for name, entry in entries.items()
    ]
    columns = (IDENTITY, *codings, *([SMALLEST] if codings else []))
    return Report(
        release=_release(manifest),
        columns=columns,
        totals=_totals(files, entries.values(), codings),
        tree=_tree(files, codings),
        types=_types(files, codings),
        largest=tuple(sorted(files, key=_by_size)[:LARGEST]),
        changes=_changes(before, files, entries, earlier) if before else None,
        problems=tuple(dict(each) for each in problems),
    )


def to_json(report: Report) -> str:
    """The report as JSON text, the same for the same report."""
    return json.dumps({"version": VERSION, **asdict(report)}, indent=1) + "\n"


def published(manifest: Manifest) -> dict[str, ManifestEntry]:
    """Logical name to the entry that users get: the immutable one if there is one; by name."""
    entries: dict[str, ManifestEntry] = {}
    for entry in sorted(manifest.entries, key=lambda each: (each.name, each.immutable, each.file)):
        entries[entry.name] = entry
    return entries


def folders_of(name: str) -> list[str]:
    """The paths of the folders that a logical name lies in, the outermost first."""
    segments = [each for each in name.split("/", _DEPTH)[:-1] if each]
    return ["/".join(segments[:length]) for length in range(1, len(segments) + 1)]


def _release(manifest: Manifest) -> Release:
    return Release(id=manifest.id, created=manifest.created, label=manifest.label)


def _smallest(entry: ManifestEntry) -> int:
    return min(entry.size, *entry.codings.values()) if entry.codings else entry.size


def _file(entry: ManifestEntry, codings: Sequence[str], change: str) -> File:
    in_codings = {coding: entry.codings.get(coding, entry.size) for coding in codings}
    return File(
        name=entry.name,
        file=entry.file,
        type=entry.type,
        immutable=entry.immutable,
        change="" if change == "unchanged" else change,
        sizes={IDENTITY: entry.size, **in_codings, SMALLEST: _smallest(entry)},
    )


def _by_size(each: File | TypeTotal) -> tuple[int, int, str]:
    name = each.name if isinstance(each, File) else each.type
    return -each.sizes[SMALLEST], -each.sizes[IDENTITY], name


def _sum(parts: Iterable[Mapping[str, int]], codings: Sequence[str]) -> dict[str, int]:
    total = dict.fromkeys((IDENTITY, *codings, SMALLEST), 0)
    for sizes in parts:
        for coding in total:
            total[coding] += sizes[coding]
    return total


def _totals(
    files: Sequence[File], entries: Iterable[ManifestEntry], codings: Sequence[str]
) -> Totals:
    variants = dict.fromkeys(codings, 0)
    for entry in entries:
        for coding in entry.codings:
            variants[coding] += 1
    sizes = _sum((each.sizes for each in files), codings)
    saved = sizes[IDENTITY] - sizes[SMALLEST]
    return Totals(count=len(files), sizes=sizes, saved=saved, variants=variants)


def _types(files: Iterable[File], codings: Sequence[str]) -> tuple[TypeTotal, ...]:
    by_type: dict[str, list[File]] = defaultdict(list)
    for each in files:
        by_type[each.type].append(each)
    totals = (
        TypeTotal(type=name, count=len(some), sizes=_sum((one.sizes for one in some), codings))
        for name, some in by_type.items()
    )
    return tuple(sorted(totals, key=_by_size))


def _tree(files: Iterable[File], codings: Sequence[str]) -> Folder:
    folders: dict[str, dict[str, None]] = defaultdict(dict)
    inside: dict[str, list[File]] = defaultdict(list)
    for each in files:
        path = ""
        for below in folders_of(each.name):
            folders[path][below] = None
            path = below
        inside[path].append(each)
    return _folder("", folders, inside, codings)


def _folder(
    path: str,
    folders: Mapping[str, Iterable[str]],
    inside: Mapping[str, list[File]],
    codings: Sequence[str],
) -> Folder:
    below = tuple(_folder(each, folders, inside, codings) for each in sorted(folders.get(path, ())))
    files = tuple(inside.get(path, ()))
    parts = [*(each.sizes for each in below), *(each.sizes for each in files)]
    return Folder(
        path=path,
        count=len(files) + sum(each.count for each in below),
        sizes=_sum(parts, codings),
        folders=below,
        files=files,
    )


def _change(entry: ManifestEntry, earlier: ManifestEntry | None) -> str:
    if earlier is None:
        return "added"
    # The same bytes under another URL are downloaded again too.
    same = (entry.file, entry.sha256) == (earlier.file, earlier.sha256)
    return "unchanged" if same else "changed"


def _changes(
    before: Manifest,
    files: Sequence[File],
    entries: Mapping[str, ManifestEntry],
    earlier: Mapping[str, ManifestEntry],
) -> Changes:
    kinds: dict[str, list[Change]] = {"added": [], "changed": [], "removed": []}
    unchanged = [each for each in files if not each.change]
    for name in sorted(earlier.keys() - entries.keys()):
        kinds["removed"].append(_one_change(name, "removed", None, earlier[name]))
    for each in files:
        if each.change:
            entry, old = entries[each.name], earlier.get(each.name)
            kinds[each.change].append(_one_change(each.name, each.change, entry, old))
    return Changes(
        before=_release(before),
        changed=tuple(kinds["changed"]),
        added=tuple(kinds["added"]),
        removed=tuple(kinds["removed"]),
        unchanged=tuple(each.name for each in unchanged),
        again=sum(each.after or 0 for each in kinds["changed"] if each.immutable),
        first=sum(each.after or 0 for each in kinds["added"]),
        kept=sum(each.sizes[SMALLEST] for each in unchanged),
    )


def _one_change(
    name: str, change: str, entry: ManifestEntry | None, earlier: ManifestEntry | None
) -> Change:
    either = entry or earlier
    return Change(
        name=name,
        change=change,
        immutable=either is not None and either.immutable,
        before=_smallest(earlier) if earlier else None,
        after=_smallest(entry) if entry else None,
    )
