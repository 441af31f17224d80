"""The storages for STORAGES["staticfiles"]: collectstatic copies, Hiss builds the release."""

from __future__ import annotations

import json
import logging
import os
import posixpath
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from django.core.files.base import ContentFile, File
from django.core.management.base import CommandError

from hiss.build.build import Wishes, build
from hiss.build.cache import Cache, default_folder
from hiss.build.collisions import find_collisions
from hiss.build.plan import hashed_name
from hiss.build.problems import errors_of, format_problems
from hiss.build.source import Source, owner_of
from hiss.build.terminal import TerminalProgress, is_watched
from hiss.django.conf import read_configuration
from hiss.django.missing import (
    Finders,
    MissingManifestEntryError,
    is_testing,
    missing_entry,
    template_place,
)
from hiss.errors import HissError
from hiss.files.atomic import write_atomic
from hiss.files.release import CURRENT, FOLDER, INDEX, LOCK, PROBLEMS, manifest_name
from hiss.http.codings import SUFFIXES
from hiss.http.paths import normalise_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hiss.build.content import Content
    from hiss.build.plan import NameOf
    from hiss.core.manifest import Manifest

    #: What collectstatic is told of each file: its name, its new name, and whether it was made,
    #: or what went wrong.
    Processed = Iterator[tuple[str, str | None, bool | Exception]]

logger = logging.getLogger("hiss.django")

# Of warnings alone, so many are said; all of them are in the release's folder, and in its report.
_MOST_WARNINGS: Final = 20


class BadSourcesError(CommandError, ValueError):
    """What is wrong with the collected files, all of it; a ValueError as Django's own is."""


class CompressedStaticFilesStorage(StaticFilesStorage):
    """Files under their own names, each with its variants."""

    def post_process(
        self, paths: Mapping[str, Any], dry_run: bool = False, **_options: Any
    ) -> Processed:
        """Build a release of what was collected: compress and record it."""
        if not dry_run:
            yield from _build(self, paths, None, modules=False)


class CompressedManifestStaticFilesStorage(ManifestStaticFilesStorage):
    """Files under names that hold a hash of their content, each with its variants.

    In the place of Django's class of that name, with its options and its hooks: `manifest_name`,
    `manifest_strict`, `file_hash`, `hashed_name`, `support_js_module_import_aggregation` (on).
    """

    support_js_module_import_aggregation = True
    keep_intermediate_files = False

    def __init__(self, *args: Any, **options: Any) -> None:
        # The project's word for "serve it unhashed"; `manifest_strict = False` of a subclass means
        # what it means in Django: look for the file, and hash it now.
        self._is_lenient = not read_configuration().manifest_strict
        self._reported: set[str] = set()
        self._finders = Finders()
        super().__init__(*args, **options)
        self._read_at = time.time()

    def post_process(  # type: ignore[override]  # the stubs name no argument
        self, paths: Mapping[str, Any], dry_run: bool = False, **_options: Any
    ) -> Processed:
        """Build a release of what was collected: hash, rewrite, compress and record it."""
        if dry_run:
            return
        modules = self.support_js_module_import_aggregation
        yield from _build(self, paths, self._name_of, modules=modules, finish=self._finish)

    def save_manifest(self) -> None:
        """Write Django's manifest, in one step where it lies in this storage."""
        if self.manifest_storage is not self:
            super().save_manifest()
            return
        pairs = sorted(self.hashed_files.items())
        # Django gives no name here either, so hooks know the manifest by it.
        self.manifest_hash = self.file_hash(None, ContentFile(json.dumps(pairs).encode()))  # type: ignore[arg-type, assignment]
        document = {
            "paths": dict(pairs),
            "version": self.manifest_version,
            "hash": self.manifest_hash,
        }
        data = json.dumps(document).encode("utf-8")
        write_atomic(self.path(self.manifest_name), data, durable=True)

    def stored_name(self, name: str) -> str:
        """The hashed name of a file.

        Raises:
            MissingManifestEntryError: The manifest has no such name. Says which template asked.
        """
        try:
            return super().stored_name(name)
        except ValueError:
            if not self.hashed_files and is_testing():
                # Tests are run without a build: whatever the finders have will do.
                return name
            if not self.manifest_strict and not self._is_lenient:
                raise
            if not self._is_lenient:
                raise self._missing(name) from None
            if name not in self._reported:
                self._report(name, f"Serving {name!r} unhashed. {self._missing(name)}")
            return name

    def url(  # type: ignore[override]  # the two stubs above it differ
        self, name: str, force: bool = False
    ) -> str:
        """The URL of a file; in development as strict as in production, though only in the log."""
        if settings.DEBUG and not force and name not in self._reported:
            problem = self._finders.problem_with(name)
            if problem:
                place = template_place()
                consequence = "a 404" if self._is_lenient else "an error"
                self._report(
                    name,
                    f"Static file {name!r}{f', {place},' if place else ''} would be {consequence} "
                    f"in production. {problem}",
                )
        return super().url(name, force)

    def _missing(self, name: str) -> MissingManifestEntryError:
        try:
            manifest = (self.manifest_storage or self).path(self.manifest_name)
        except NotImplementedError:
            manifest = self.manifest_name
        return missing_entry(name, self.hashed_files, manifest, read_at=self._read_at)

    def _report(self, name: str, message: str) -> None:
        # Once: what is in a template is asked for with each page.
        self._reported.add(name)
        logger.warning("%s", message)

    def _name_of(self, name: str, content: Content) -> str:
        """A file's published name, by the hooks that subclasses override."""
        mine, theirs = type(self), ManifestStaticFilesStorage
        if mine.hashed_name is not theirs.hashed_name:
            with content.open() as file:
                hashed: str = self.hashed_name(name, File(file))
            return hashed.replace(os.sep, "/")
        if mine.file_hash is theirs.file_hash:
            return hashed_name(name, content)
        with content.open() as file:
            digest = self.file_hash(name, File(file))
        root, extension = posixpath.splitext(name)
        return f"{root}.{digest}{extension}" if digest else name

    def _finish(self, manifest: Manifest) -> None:
        entries = sorted(manifest.entries, key=lambda entry: entry.name)
        plain = {entry.name: entry.file for entry in entries}
        hashed = {entry.name: entry.file for entry in entries if entry.file != entry.name}
        self.hashed_files = {**plain, **hashed}
        self.save_manifest()
        self._read_at = time.time()


def _build(
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
    configuration = read_configuration()
    root = storage.path("")
    sources = [_source(storage, name, *(where or (None, ""))) for name, where in paths.items()]
    _refuse_links(storage, sources)
    wishes = Wishes(
        prefix=normalise_prefix(urlsplit(storage.base_url or "/").path),
        rules=configuration.rules,
        name_of=name_of,
        modules=modules,
        choices=configuration.choices,
    )

    def before_switch(manifest: Manifest) -> None:
        _set_modes(storage, _files(manifest))
        finish(manifest)

    try:
        outcome = build(
            sources,
            root,
            wishes,
            Cache(configuration.cache_dir or default_folder()),
            before_switch=before_switch,
            also=[*find_collisions([*sources, *_hidden(storage, sources)])],
            progress=TerminalProgress() if is_watched(sys.stderr) else None,
        )
    except HissError as error:
        raise CommandError(str(error)) from error
    problems = outcome.problems
    if outcome.manifest is None:
        words = f"{format_problems(problems)}\nNothing was published: what was in force still is."
        yield errors_of(problems)[0].file, None, BadSourcesError(words)
        return
    _set_modes(storage, _records(storage, outcome.manifest))
    if problems:
        logger.warning("%s", format_problems(problems, most=_MOST_WARNINGS))
    published = {entry.file for entry in outcome.manifest.entries}
    for each in outcome.plan.files:
        name = each.inspected.source.name
        if name not in published:
            storage.delete(name)
    yield from ((each.inspected.source.name, each.file, True) for each in outcome.plan.files)


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
            raise CommandError(
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
    yield from (FOLDER, posixpath.dirname(release), release, CURRENT, INDEX, LOCK, PROBLEMS)
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
            with suppress(PermissionError):
                os.chmod(path, mode)
