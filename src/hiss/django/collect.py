"""What collectstatic does once it has copied the files: a release of them."""

from __future__ import annotations

import logging
import os
import posixpath
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management.base import CommandError

from hiss.build.build import Wishes, build, is_held
from hiss.build.cache import Cache, default_folder
from hiss.build.collisions import find_collisions
from hiss.build.problems import errors_of, format_problems
from hiss.build.source import Source, owner_of
from hiss.build.terminal import TerminalProgress
from hiss.django.building import read_building
from hiss.django.conf import read_configuration
from hiss.django.missing import is_testing
from hiss.errors import ConfigurationError, HissError
from hiss.files.atomic import write_atomic
from hiss.files.lock import locked
from hiss.files.release import (
    BUILT,
    CURRENT,
    DJANGO_MANIFEST,
    EXPIRED,
    FOLDER,
    HISTORY,
    INDEX,
    LOCK,
    MANIFEST_NAME,
    NOTED,
    ORIGINALS,
    PROBLEMS,
    RELEASES,
    kept_ids,
    kept_manifests,
    manifest_name,
    read_current,
    read_manifest,
)
from hiss.http.codings import SUFFIXES
from hiss.http.paths import normalise_prefix
from hiss.release.originals import Item, hashed_items, items, keep_hashed, put_back_hashed, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from django.contrib.staticfiles.storage import StaticFilesStorage

    from hiss.build.plan import NameOf, Plan
    from hiss.core.manifest import Manifest

    #: What collectstatic is told of each file: its name, its new name, and whether it was made,
    #: or what went wrong.
    Processed = Iterator[tuple[str, str | None, bool | Exception]]

logger = logging.getLogger("hiss.django")

# Of warnings alone, so many are said; all of them are in the release's folder, and in its report.
_MOST_WARNINGS: Final = 20


class BadSourcesError(CommandError, ValueError):
    """What is wrong with the collected files, all of it; a ValueError as Django's own is."""


def build_collected(
    storage: StaticFilesStorage,
    paths: Mapping[str, Any],
    name_of: NameOf | None,
    *,
    modules: bool,
    finish: Callable[[Manifest], None] = lambda _manifest: None,
) -> Processed:
    """Build a release of the collected files `paths`, and tell collectstatic of each.

    It is built from the files that were collected, as Django does it, and not from their copies:
    a copy may be stale where both were written in one second, or half-written by another
    collectstatic. Problems that stop it come as an exception that says them all.
    """
    configuration, building = read_configuration(), read_building()
    root = storage.path("")
    sources = [_source(storage, name, *(where or (None, ""))) for name, where in paths.items()]
    wishes = Wishes(
        prefix=normalise_prefix(urlsplit(storage.base_url or "/").path),
        rules=building.rules,
        name_of=name_of,
        modules=modules,
        choices=building.choices,
        retention=building.retention,
        release_file=configuration.release_file,
        switch=not is_held(),
    )

    def before_switch(manifest: Manifest) -> None:
        _set_modes(storage, _files(manifest))
        finish(manifest)
        name = getattr(storage, "manifest_name", DJANGO_MANIFEST)
        if name != DJANGO_MANIFEST:
            write_atomic(os.path.join(root, MANIFEST_NAME), f"{name}\n".encode())

    try:
        _refuse_links(storage, sources)
        outcome = build(
            sources,
            root,
            wishes,
            Cache(building.cache_dir or default_folder()),
            before_switch=before_switch,
            also=[*find_collisions([*sources, *_hidden(storage, sources)])],
            # A project's tests collect too, and say nothing.
            progress=None if is_testing() else TerminalProgress(),
        )
    except HissError as error:
        raise CommandError(f"{error}\n{_put_back(storage, sources)}") from error
    except OSError as error:
        words = f"{error.filename or root}: {error.strerror or error}"
        raise CommandError(f"{words}\n{_put_back(storage, sources)}") from error
    problems = outcome.problems
    if outcome.manifest is None:
        words = f"{format_problems(problems)}\n{_put_back(storage, sources)}"
        yield errors_of(problems)[0].file, None, BadSourcesError(words)
        return
    _copies.pop(storage, None)
    if not wishes.switch:
        # The plain names were put back, from what is kept of them.
        _set_modes(storage, _kept_names(root, tuple(kept_ids(root))))
    _set_modes(storage, _records(storage, outcome.manifest))
    if problems:
        logger.warning("%s", format_problems(problems, most=_MOST_WARNINGS))
    _remove_unpublished(storage, outcome.manifest, outcome.plan)
    yield from ((each.inspected.source.name, each.file, True) for each in outcome.plan.files)


def _remove_unpublished(storage: StaticFilesStorage, manifest: Manifest, plan: Plan) -> None:
    """Remove the plain names that were collected and are not published, and after a `--clear` those
    of earlier releases; their bytes are kept for going back.
    """
    root = storage.path("")
    kept = _kept_names(root, tuple(kept_ids(root)))
    for each in plan.files:
        name = each.inspected.source.name
        if name not in kept:
            storage.delete(name)
    if storage not in _cleared or read_current(root) != manifest.id:
        return
    _cleared.discard(storage)
    published = {item.file for entry in manifest.entries for item in items(entry)}
    hashed = {item.file for each in kept_manifests(root, None) for item in hashed_items(each)}
    for name in kept - published - hashed:
        storage.delete(name)


def not_ours(
    storage: StaticFilesStorage, path: str, folders: list[str], files: list[str]
) -> tuple[list[str], list[str]]:
    """Of what is in the folder at `path`, what no kept release needs: that is what
    `collectstatic --clear` may remove.
    """
    root = storage.path("")
    kept = _kept_names(root, tuple(kept_ids(root)))
    if not kept:
        return folders, files
    if not path:
        # collectstatic also looks, by its full path, whether the folder has anything to overwrite.
        _cleared.add(storage)
    folder = path.replace(os.sep, "/").strip("/")
    if folder in {"", "."}:
        folder = ""
        kept |= {FOLDER, DJANGO_MANIFEST}
    ours = {name for name in (*folders, *files) if posixpath.join(folder, name) in kept}
    return [each for each in folders if each not in ours], [
        each for each in files if each not in ours
    ]


# Storages that `collectstatic --clear` has listed: with the release that it makes, the plain names
# of those before go, too. Not sooner: until then they are of the one in force.
_cleared: WeakSet[StaticFilesStorage] = WeakSet()


@lru_cache(maxsize=1)
def _kept_names(root: str, _ids: tuple[str, ...]) -> frozenset[str]:
    """The files that the kept releases, which have these ids, need."""
    return frozenset(
        item.file
        for manifest in kept_manifests(root, None)
        for entry in manifest.entries
        for item in items(entry)
    )


# By folder: the hashed files of kept releases that collectstatic was about to write over.
_spared: dict[str, set[Item]] = {}


class _Copies(NamedTuple):
    """What a collectstatic wrote before its build: names that were not there, and others."""

    new: set[str]
    replaced: set[str]


_copies: WeakKeyDictionary[StaticFilesStorage, _Copies] = WeakKeyDictionary()


def note_copy(storage: StaticFilesStorage, name: str) -> None:
    """Note that a file was written; what was there under its name has been deleted before."""
    copies = _copies.setdefault(storage, _Copies(set(), set()))
    name = name.replace(os.sep, "/")
    if name not in copies.replaced:
        copies.new.add(name)


def _remove_copies(storage: StaticFilesStorage, sources: list[Source]) -> None:
    """Remove what a collectstatic that failed has copied to where nothing was, and the folders that
    are empty then. What a kept release needs, which another may have built meanwhile, stays.
    """
    copies = _copies.pop(storage, None)
    names = {each.name for each in sources} & copies.new if copies else ()
    if not names:
        return
    root = storage.path("")
    with locked(os.path.join(root, LOCK)):
        for name in sorted(names - _kept_names(root, tuple(kept_ids(root))), reverse=True):
            with suppress(OSError):
                os.unlink(storage.path(name))
                while name := posixpath.dirname(name):
                    os.rmdir(storage.path(name))


def spare(storage: StaticFilesStorage, name: str) -> None:
    """Keep a hashed file of a kept release that is about to be deleted, to be written anew: should
    a source be called as it is and say something else, the build refuses that, and puts it back.
    """
    root = storage.path("")
    name = name.replace(os.sep, "/")
    _copies.setdefault(storage, _Copies(set(), set())).replaced.add(name)
    for item in _kept_hashed(root, tuple(kept_ids(root))).get(name, ()):
        keep_hashed(root, item)
        _spared.setdefault(root, set()).add(item)


@lru_cache(maxsize=1)
def _kept_hashed(root: str, _ids: tuple[str, ...]) -> dict[str, tuple[Item, ...]]:
    return {
        item.file: (item,) for each in kept_manifests(root, None) for item in hashed_items(each)
    }


def _put_back(storage: StaticFilesStorage, sources: list[Source]) -> str:
    """Have the plain names, which collectstatic has written over, say again what they say in the
    release in force, and remove those that it has added; the words for what that is.
    """
    root = storage.path("")
    try:
        _remove_copies(storage, sources)
        put_back_hashed(root, _spared.pop(root, ()))
        manifest = read_manifest(root)
        if manifest is None:
            return "Nothing was published."
        lost = restore(manifest, root)
    except (HissError, OSError) as error:
        return f"Nothing was published. The release in force could not be put back whole: {error}"
    words = f"Nothing was published: release {manifest.id} is still in force."
    if lost:
        words += f" Under its plain name, this is not what it was: {', '.join(sorted(lost))}."
    return words


def _source(storage: StaticFilesStorage, name: str, origin: Any, path: str) -> Source:  # noqa: ANN401
    """The source that was collected; of one that is no file of this system, its copy."""
    try:
        original = origin.path(path)
    except (AttributeError, NotImplementedError):
        original = ""
    if not os.path.isfile(original):
        original = storage.path(name)
    return Source(name.replace(os.sep, "/"), original, owner_of(original))


def _hidden(storage: StaticFilesStorage, sources: list[Source]) -> Iterator[Source]:
    """The sources that were not collected, because one of the same name was found before them."""
    collected = {source.name: source.path for source in sources}
    for finder in finders.get_finders():
        for path, origin in finder.list([]):
            name = os.path.join(getattr(origin, "prefix", None) or "", path)
            winner = collected.get(name.replace(os.sep, "/"))
            if winner is not None:
                source = _source(storage, name, origin, path)
                if source.path != winner:
                    yield source


def _refuse_links(storage: StaticFilesStorage, sources: list[Source]) -> None:
    for source in sources:
        if os.path.islink(storage.path(source.name)):
            raise ConfigurationError(
                f"{storage.path(source.name)} is a link, as `collectstatic --link` makes them. A "
                "release must hold its files: a link would change with its source, under a name "
                "that says it never does. Run collectstatic without --link."
            )


def _files(manifest: Manifest) -> Iterator[str]:
    for entry in manifest.entries:
        yield entry.file
        yield from (entry.file + SUFFIXES[coding] for coding in entry.codings)


def _records(storage: StaticFilesStorage, manifest: Manifest) -> Iterator[str]:
    release = manifest_name(manifest.id)
    yield from (FOLDER, RELEASES, release, CURRENT, INDEX, HISTORY, LOCK, ORIGINALS, PROBLEMS)
    yield from (BUILT, EXPIRED, MANIFEST_NAME, NOTED)
    with suppress(OSError):
        originals = os.listdir(storage.path(ORIGINALS))
        yield from (posixpath.join(ORIGINALS, each) for each in originals)
    if isinstance(storage, ManifestStaticFilesStorage) and storage.manifest_storage is storage:
        yield storage.manifest_name


def _set_modes(storage: StaticFilesStorage, names: Iterable[str]) -> None:
    """FILE_UPLOAD_PERMISSIONS hold for what collectstatic copies, and so for what is made of it."""
    for name in names:
        path = storage.path(name)
        is_folder = os.path.isdir(path)
        mode = storage.directory_permissions_mode if is_folder else storage.file_permissions_mode
        if mode is not None:
            # What another user made before, and is as it was, is theirs.
            with suppress(PermissionError, FileNotFoundError):
                os.chmod(path, mode)
