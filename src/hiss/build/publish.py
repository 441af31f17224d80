"""Carrying out a plan: files first, then what says which they are.

Every file is put in place whole, under a name that its content made or that was there before; so at
any moment the release in force is whole, and what a killed build left is used by the next one, or
removed.
"""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hiss.build.content import of_file
from hiss.build.variants import Made, Task, make_variants
from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id, union
from hiss.files.atomic import clear_leftovers, replacing, write_atomic
from hiss.files.release import kept_manifests, manifest_name
from hiss.http.codings import BUILD_LEVELS, DYNAMIC_LEVELS, SUFFIXES
from hiss.http.media import is_compressible, media_type
from hiss.release.originals import digest_of, keep_originals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hiss.build.cache import Cache
    from hiss.build.content import Content
    from hiss.build.plan import Plan
    from hiss.build.progress import Progress


# So much of a file tells whether it is text.
_HEAD: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is up to the project when a release is written."""

    #: Coding to level.
    levels: Mapping[str, int] = field(default_factory=lambda: BUILD_LEVELS)
    #: Extensions, lower case and without the dot, that are not compressed; `None`: by media type.
    skip_extensions: Collection[str] | None = None
    #: Whether the originals of hashed files are left out.
    only_hashed: bool = False
    #: A name for the release, such as a commit's.
    label: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be published."""

    name: str
    file: str
    content: Content
    immutable: bool
    #: Whether there is a hashed file of the same logical name.
    has_copy: bool
    references: tuple[str, ...]
    imports: tuple[str, ...]


def write_files(
    plan: Plan, root: str, choices: Choices, cache: Cache, progress: Progress
) -> Manifest:
    """Write the files of a release into `root`, their variants, and last its manifest, by which it
    is one of those that are kept. It is not in force yet.

    Raises:
        ConfigurationError: A codec is not installed.
        OSError: A file cannot be read or written; the release before stays in force.
    """
    clear_leftovers(root)
    files = sorted(_files(plan, only_hashed=choices.only_hashed), key=lambda each: each.file)
    names = frozenset(each.file for each in files)
    variants = _kept_variants(files, root, choices.levels)
    # Hashed names first, with all that takes time: nobody asks for them yet. The plain ones are
    # the release before's until they are written.
    for group in ([f for f in files if f.immutable], [f for f in files if not f.immutable]):
        progress.begin("writing", len(group), sum(each.content.size for each in group))
        for each in group:
            _write(each, root)
            progress.advance(each.content.size)
        progress.end()
        earlier = {
            (made.task.content.sha256, made.task.coding): made
            for several in variants.values()
            for made in several
        }
        have = {(file, made.task.coding) for file, several in variants.items() for made in several}
        tasks = _tasks(group, root, choices, names, earlier, have)
        for made in make_variants(tasks, cache, progress):
            for path in made.task.paths:
                name = os.path.relpath(path, root).replace(os.sep, "/")
                variants.setdefault(name, []).append(made)
    cache.trim()
    entries = tuple(_entry(each, variants.get(each.file, [])) for each in files)
    manifest = Manifest(
        id=release_id(entries),
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        label=choices.label,
        entries=entries,
    )
    manifest = _with_labels(manifest, kept_manifests(root, None))
    keep_originals(manifest, root)
    text = format_manifest(manifest).encode("utf-8")
    write_atomic(os.path.join(root, manifest_name(manifest.id)), text, durable=True)
    return manifest


def _with_labels(manifest: Manifest, kept: Iterable[Manifest]) -> Manifest:
    """The release with the labels that it had: the same files may be built for another commit, and
    processes be pinned to the former.
    """
    former = next((each for each in kept if each.id == manifest.id), None)
    if former is None:
        return manifest
    label = manifest.label or former.label
    labels = dict.fromkeys((former.label, *former.labels))
    return replace(
        manifest, label=label, labels=tuple(each for each in labels if each not in {"", label})
    )


def _kept_variants(
    files: Iterable[_File], root: str, levels: Mapping[str, int]
) -> dict[str, list[Made]]:
    """By file: the variants of hashed files that a kept release has. They stay as they are, also
    where they would come out otherwise now: half of one and half of another, under one tag, would
    be nobody's bytes.
    """
    kept = {each.file: each for each in union(kept_manifests(root, None)) if each.immutable}
    variants: dict[str, list[Made]] = {}
    for each in files:
        entry = kept.get(each.file)
        if entry is None or not each.immutable or entry.sha256 != each.content.sha256:
            continue
        for coding in entry.codings.keys() & levels.keys():
            path = os.path.join(root, each.file)
            checksum = entry.checksums.get(coding)
            if checksum and digest_of(path + SUFFIXES[coding]) == checksum:
                task = Task(each.content, coding, levels[coding], (path,))
                variants.setdefault(each.file, []).append(
                    Made(task, entry.codings[coding], checksum)
                )
    return variants


def _files(plan: Plan, *, only_hashed: bool) -> list[_File]:
    """Every file of the release, each once: a source may be called what another is published as."""
    files: dict[str, _File] = {}
    originals: dict[str, _File] = {}
    for each in plan.files:
        name = each.inspected.source.name
        has_copy = each.file != name
        links = each.references, each.imports
        files[each.file] = _File(name, each.file, each.content, each.immutable, has_copy, *links)
        if has_copy and (each.is_named_plainly or not only_hashed):
            originals[name] = _File(name, name, each.inspected.content, False, True, *links)
    return [*files.values(), *(each for name, each in originals.items() if name not in files)]


def _write(each: _File, root: str) -> None:
    path = os.path.join(root, each.file)
    if _is_there(path, each.content):
        return
    with replacing(path) as target:
        each.content.copy_to(target)


def _is_there(path: str, content: Content) -> bool:
    if path == content.path:
        return True
    try:
        return os.path.getsize(path) == content.size and of_file(path).sha256 == content.sha256
    except OSError:
        return False


def _tasks(
    files: Iterable[_File],
    root: str,
    choices: Choices,
    taken: Collection[str],
    earlier: Mapping[tuple[str, str], Made],
    have: Collection[tuple[str, str]],
) -> Iterator[Task]:
    """What is to be compressed of these files, each content once; what was made `earlier`, of the
    same content, is made again by copying. A variant that is a file of the tree is not made.
    """
    same: dict[str, list[_File]] = defaultdict(list)
    for each in files:
        if _is_wanted(each, choices.skip_extensions):
            same[each.content.sha256].append(each)
    for digest, group in same.items():
        for coding, level in _levels(group, choices.levels).items():
            suffix = SUFFIXES[coding]
            paths = tuple(
                os.path.join(root, each.file)
                for each in group
                if each.file + suffix not in taken and (each.file, coding) not in have
            )
            made = earlier.get((digest, coding))
            if paths and (made is None or made.size):
                like = made.task.paths[0] + suffix if made else ""
                yield Task(group[0].content, coding, level, paths, like)


def _levels(group: list[_File], levels: Mapping[str, int]) -> Mapping[str, int]:
    """The levels for files with one content.

    The original of a file whose hashed copy says something else is hardly ever asked for, and
    does not deserve the time that its copy does.
    """
    if any(each.immutable or not each.has_copy for each in group):
        return levels
    return {coding: min(level, DYNAMIC_LEVELS[coding]) for coding, level in levels.items()}


def _is_wanted(each: _File, skip_extensions: Collection[str] | None) -> bool:
    if skip_extensions is not None:
        return each.file.rpartition(".")[2].lower() not in skip_extensions
    kind = media_type(each.file)
    if kind.startswith("application/") or kind == "video/mp2t":
        return is_compressible(kind) or _is_text(each.content)
    return is_compressible(kind)


def _is_text(content: Content) -> bool:
    """Whether a file of a type that hardly shrinks is text after all: TypeScript has the extension
    of a video format, and many a source lies among static files under a name of its own.
    """
    with content.open() as file:
        head = file.read(_HEAD)
    if b"\0" in head:
        return False
    try:
        # The last character may be cut.
        return getincrementaldecoder("utf-8")().decode(head) != ""
    except UnicodeDecodeError:
        return False


def _entry(each: _File, variants: list[Made]) -> ManifestEntry:
    ordered = sorted((made for made in variants if made.size), key=lambda made: made.task.coding)
    return ManifestEntry(
        name=each.name,
        file=each.file,
        immutable=each.immutable,
        sha256=each.content.sha256,
        size=each.content.size,
        type=media_type(each.file),
        integrity=each.content.integrity,
        codings={made.task.coding: made.size for made in ordered},
        checksums={made.task.coding: made.checksum for made in ordered},
        references=each.references,
        imports=each.imports,
    )
