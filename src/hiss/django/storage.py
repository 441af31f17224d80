"""The storages for STORAGES["staticfiles"]: what collectstatic writes is compressed and recorded.

Hashing and the rewriting of references are Django's own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from django.core.exceptions import ImproperlyConfigured

from hiss.build.compress import compress_files
from hiss.build.release import record_files, write_release
from hiss.django.conf import read_configuration
from hiss.errors import HissError
from hiss.http.codings import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    #: What collectstatic is told of each file: its name, its new name, and whether it was made,
    #: or what went wrong.
    Processed = Iterator[tuple[str, str | None, bool | Exception]]


class CompressedStaticFilesStorage(StaticFilesStorage):
    """Files under their own names, each with its variants."""

    def post_process(
        self, paths: Mapping[str, Any], dry_run: bool = False, **_options: Any
    ) -> Processed:
        """Compress what was collected, and record it."""
        if not dry_run:
            yield from _publish(str(self.location), paths, {})


class CompressedManifestStaticFilesStorage(ManifestStaticFilesStorage):
    """Files under names that hold a hash of their content, each with its variants."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.manifest_strict = self.manifest_strict and read_configuration().manifest_strict
        super().__init__(*args, **options)

    def post_process(  # type: ignore[override]  # the stubs name no argument
        self, paths: Mapping[str, Any], *args: Any, **options: Any
    ) -> Processed:
        """Hash and rewrite as Django does, then compress what came of it, and record it."""
        failed = False
        for name, hashed_name, processed in super().post_process(paths, *args, **options):
            failed = failed or isinstance(processed, Exception)
            yield name, hashed_name, processed
        if failed or options.get("dry_run"):
            return
        hashed = {new: name for name, new in self.hashed_files.items() if new != name}
        names = {*paths, *self.hashed_files.values()}
        if read_configuration().keep_only_hashed_files:
            originals = set(hashed.values())
            for name in originals:
                self.delete(name)
            names -= originals
        yield from _publish(str(self.location), names, hashed)


def _publish(root: str, names: Collection[str], hashed: Mapping[str, str]) -> Processed:
    """Compress and record files below `root`; `hashed` maps immutable names to logical ones."""
    configuration = read_configuration()
    slashed = {name.replace(os.sep, "/") for name in names}
    groups = []
    try:
        for group in compress_files(
            root,
            slashed,
            configuration.compression,
            skip_extensions=configuration.skip_compress_extensions,
        ):
            groups.append(group)
            for name in group.names:
                for coding in group.codings:
                    yield name, name + SUFFIXES[coding], True
        write_release(root, record_files(root, groups, hashed))
    except HissError as error:
        raise ImproperlyConfigured(str(error)) from error
