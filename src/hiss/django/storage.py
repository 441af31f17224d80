"""The storages for STORAGES["staticfiles"]: collectstatic copies, Hiss builds the release."""

from __future__ import annotations

import json
import logging
import os
import posixpath
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile, File
from django.core.management.base import CommandError

from hiss.build.build import Wishes, build
from hiss.build.cache import Cache, default_folder
from hiss.build.plan import hashed_name
from hiss.build.problems import errors_of, format_problems
from hiss.build.source import Source, owner_of
from hiss.build.terminal import TerminalProgress, is_watched
from hiss.django.conf import read_configuration
from hiss.django.missing import MissingManifestEntryError, find_in_development, is_testing
from hiss.errors import HissError
from hiss.files.atomic import write_atomic
from hiss.files.release import read_published
from hiss.http.paths import normalise_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hiss.build.build import Outcome
    from hiss.build.content import Content
    from hiss.build.plan import NameOf
    from hiss.core.manifest import Manifest

    #: What collectstatic is told of each file: its name, its new name, and whether it was made,
    #: or what went wrong.
    Processed = Iterator[tuple[str, str | None, bool | Exception]]

logger = logging.getLogger("hiss.build")

# Of warnings alone, so many are said; all of them are in the release's folder, and in its report.
_MOST_WARNINGS: Final = 20


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
        super().__init__(*args, **options)

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
        pairs = json.dumps(sorted(self.hashed_files.items())).encode()
        self.manifest_hash = self.file_hash("", ContentFile(pairs)) or ""
        document = {
            "paths": self.hashed_files,
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
        except ValueError as error:
            if not self.hashed_files and is_testing():
                # Tests are run without a build: whatever the finders have will do.
                return name
            if self._is_lenient:
                self._report(name, f"serving it unhashed: {error}")
                return name
            if not self.manifest_strict:
                raise
            manifest = self.path(self.manifest_name)
            raise MissingManifestEntryError(name, self.hashed_files, manifest) from None

    def url(  # type: ignore[override]  # the two stubs above it differ
        self, name: str, force: bool = False
    ) -> str:
        """The URL of a file; in development as strict as in production, though only in the log."""
        if name and settings.DEBUG and not force:
            problem = find_in_development(name)
            if problem:
                self._report(name, problem)
        return super().url(name, force)

    def _report(self, name: str, problem: str) -> None:
        if name not in self._reported:
            self._reported.add(name)
            logger.warning("Static file %r: %s", name, problem)

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


def _build(
    storage: StaticFilesStorage,
    paths: Mapping[str, Any],
    name_of: NameOf | None,
    *,
    modules: bool,
    finish: Callable[[Manifest], None] | None = None,
) -> Processed:
    """Build a release of the collected files `paths`, and tell collectstatic of each.

    Problems that stop it come as an exception that says them all.
    """
    configuration = read_configuration()
    root = str(storage.location)
    sources = [_source(storage, name, *where) for name, where in paths.items()]
    _refuse_links(storage, sources)
    wishes = Wishes(
        prefix=normalise_prefix(urlsplit(storage.base_url or "/").path),
        rules=configuration.rules,
        name_of=name_of,
        modules=modules,
        choices=configuration.choices,
    )
    cache = Cache(configuration.cache_dir or default_folder())
    try:
        # Where a variant of ours lies under the name of what is now a file of the project's,
        # collectstatic may have taken the one for the other, and copied nothing.
        ours = read_published(root).variant_names()
        outcome = build(
            sources,
            root,
            wishes,
            cache,
            path_of=lambda source: (
                source.path if source.name in ours else storage.path(source.name)
            ),
            before_switch=finish or (lambda _manifest: None),
            progress=TerminalProgress() if is_watched(sys.stderr) else None,
        )
    except HissError as error:
        raise ImproperlyConfigured(str(error)) from error
    yield from _tell(outcome)
    if configuration.choices.only_hashed and outcome.manifest is not None:
        for each in outcome.plan.files:
            if each.file != each.inspected.source.name:
                storage.delete(each.inspected.source.name)


def _tell(outcome: Outcome) -> Processed:
    if outcome.manifest is None:
        first = errors_of(outcome.problems)[0]
        report = format_problems(outcome.problems)
        yield first.file, None, CommandError(f"{report}\nThe release before is still in force.")
        return
    if outcome.problems:
        logger.warning("%s", format_problems(outcome.problems, most=_MOST_WARNINGS))
    for each in outcome.plan.files:
        yield each.inspected.source.name, each.file, True


def _source(storage: StaticFilesStorage, name: str, origin: Any, path: str) -> Source:  # noqa: ANN401
    """The source that a collected file is a copy of; one without a path is its copy."""
    slashed = name.replace(os.sep, "/")
    try:
        original = origin.path(path)
    except (AttributeError, NotImplementedError):
        original = storage.path(name)
    return Source(slashed, original, owner_of(original))


def _refuse_links(storage: StaticFilesStorage, sources: list[Source]) -> None:
    for source in sources:
        if os.path.islink(storage.path(source.name)):
            raise CommandError(
                f"{storage.path(source.name)} is a link, as `collectstatic --link` makes them. A "
                "release must hold its files: a link would change with its source, under a name "
                "that says it never does. Run collectstatic without --link."
            )
