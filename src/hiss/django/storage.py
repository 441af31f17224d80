"""The storages for STORAGES["staticfiles"]: collectstatic copies, Hiss builds the release."""

from __future__ import annotations

import json
import logging
import os
import posixpath
import time
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile, File

from hiss.build.plan import hashed_name
from hiss.django.collect import build_collected, not_ours, note_copy, spare
from hiss.django.conf import read_configuration
from hiss.django.hashed import HashedFiles
from hiss.django.missing import (
    Finders,
    MissingManifestEntryError,
    is_testing,
    missing_entry,
    template_place,
)
from hiss.django.running import is_of_a_release, is_ours, open_pinned, open_started
from hiss.errors import ManifestError
from hiss.files.entries import Entries
from hiss.files.noted import write_noted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hiss.build.content import Content
    from hiss.core.manifest import Manifest
    from hiss.django.collect import Processed

logger = logging.getLogger("hiss.django")


class _Collected(StaticFilesStorage):
    """STATIC_ROOT, as far as collectstatic may clear it."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The folders and files below `path`, but for those that a kept release needs."""
        return not_ours(self, path, *super().listdir(path))

    def delete(self, name: str) -> None:
        """Delete a file, as collectstatic does before it writes it anew."""
        spare(self, name)
        super().delete(name)

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Write a file, and note that, for when the build fails."""
        saved = super().save(name, content, max_length)
        note_copy(self, saved)
        return saved


class CompressedStaticFilesStorage(_Collected):
    """Files under their own names, each with its variants."""

    def post_process(
        self, paths: Mapping[str, Any], dry_run: bool = False, **_options: Any
    ) -> Processed:
        """Build a release of what was collected: compress and record it."""
        if not dry_run:
            yield from build_collected(self, paths, None, modules=False)


class CompressedManifestStaticFilesStorage(_Collected, ManifestStaticFilesStorage):
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
        self._unreadable: ManifestError | None = None
        self._finders = Finders()
        self._hash: str | None = None
        self._is_beginning = True
        #: What is recorded of the files that templates name; `None` where another's manifest
        #: counts.
        self.release_entries: Entries | None = None
        super().__init__(*args, **options)
        self._is_beginning = False
        self._read_at = time.time()

    def post_process(  # type: ignore[override]  # the stubs name no argument
        self, paths: Mapping[str, Any], dry_run: bool = False, **_options: Any
    ) -> Processed:
        """Build a release of what was collected: hash, rewrite, compress and record it."""
        if dry_run:
            return
        modules = self.support_js_module_import_aggregation
        yield from build_collected(self, paths, self._name_of, modules=modules, finish=self._finish)

    def load_manifest(self) -> tuple[dict[str, str], str]:  # type: ignore[override]  # the stubs err
        """The names, and their hash, of the release that this process renders: the one that it is
        pinned to, or else the one in force. Where Django's manifest is of no release of Hiss's, it
        counts.
        """
        self.release_entries = None
        try:
            entries = open_pinned(self)
        except ManifestError as error:
            # A build needs no names. Whoever renders does, and is told.
            self._unreadable = error
            return {}, ""
        if entries is None:
            entries = open_started(self)
            if entries is None or not is_ours(self):
                theirs = self._load_theirs()
                if entries is None or not self._is_former(theirs[0], entries):
                    return theirs
        self.release_entries = entries
        names = HashedFiles(entries)
        # What hashes all names waits until it is wanted; but a subclass may want it now.
        mine = CompressedManifestStaticFilesStorage.load_manifest
        if self._is_beginning and type(self).load_manifest is mine:
            return names, None  # type: ignore[return-value]  # see manifest_hash
        return names, self._hash_of(names)

    def _load_theirs(self) -> tuple[dict[str, str], str]:
        try:
            return super().load_manifest()  # type: ignore[return-value]  # the stubs err
        except ValueError as error:
            self._unreadable = ManifestError(str(error), "Run collectstatic again to replace it.")
            return {}, ""

    def _is_former(self, names: Mapping[str, str], entries: Entries) -> bool:
        """Whether these names of Django's manifest are of a release of Hiss's."""
        return not names or names == entries.files() or is_of_a_release(names, self)

    @property
    def manifest_hash(self) -> str:
        """What changes with any name, as Django's manifest has it."""
        if self._hash is None:
            self._hash = self._hash_of(self.hashed_files)
        return self._hash

    @manifest_hash.setter
    def manifest_hash(self, value: str | None) -> None:
        self._hash = value

    def save_manifest(self) -> None:
        """Write Django's manifest, in one step where it lies in this storage."""
        if self.manifest_storage is not self:
            super().save_manifest()
            return
        self.manifest_hash = self._hash_of(self.hashed_files)
        document = {
            "paths": dict(sorted(self.hashed_files.items())),
            "version": self.manifest_version,
            "hash": self.manifest_hash,
        }
        data = json.dumps(document).encode("utf-8")
        write_noted(self.path(""), self.path(self.manifest_name), data)

    def stored_name(self, name: str) -> str:
        """The hashed name of a file.

        Raises:
            MissingManifestEntryError: The manifest has no such name. Says which template asked.
        """
        try:
            return super().stored_name(name)
        except ManifestError as error:
            raise ImproperlyConfigured(str(error)) from error
        except ValueError:
            if self._unreadable is not None:
                raise ImproperlyConfigured(str(self._unreadable)) from self._unreadable
            if is_testing() and not self.hashed_files:
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

    def _hash_of(self, names: Mapping[str, str]) -> str:
        # Django gives no name here either, so hooks know the manifest by it.
        content = ContentFile(json.dumps(sorted(names.items())).encode())
        return self.file_hash(None, content)  # type: ignore[arg-type, return-value]

    def _finish(self, manifest: Manifest) -> None:
        # The index has not this release yet.
        self.release_entries = None
        self.hashed_files = Entries.of(manifest).files()
        self.save_manifest()
        self._read_at = time.time()
