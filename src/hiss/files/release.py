"""Reading what a build left in a root: which files it published, and how.

Hiss's own manifest, in `.hiss`, or else Django's `staticfiles.json`, which knows the hashed names
and nothing of variants.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hiss.core.manifest import parse_manifest
from hiss.errors import ManifestError
from hiss.http.codings import SUFFIXES
from hiss.http.paths import is_plain_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hiss.core.manifest import ManifestEntry

#: The folder below a root that holds what Hiss knows of it. A dot folder: it is never served.
FOLDER: Final = ".hiss"
CURRENT: Final = f"{FOLDER}/current"
DJANGO_MANIFEST: Final = "staticfiles.json"


@dataclass(frozen=True, slots=True)
class Published:
    """What a build said of the files in a root; empty where there was none."""

    #: By the file's name below the root.
    records: Mapping[str, ManifestEntry] = field(default_factory=dict)
    #: Names of files that are immutable though nothing else is recorded of them.
    immutable: frozenset[str] = frozenset()

    def is_immutable(self, name: str) -> bool:
        """Whether the build named the file by its content."""
        record = self.records.get(name)
        return name in self.immutable if record is None else record.immutable

    def variant_names(self) -> frozenset[str]:
        """The files that are variants of others, and so are not files of their own."""
        return frozenset(
            each.file + SUFFIXES[coding]
            for each in self.records.values()
            for coding in each.codings
            if coding in SUFFIXES
        )


def manifest_name(release_id: str) -> str:
    """Where, below the root, the manifest of a release is."""
    return f"{FOLDER}/releases/{release_id}.json"


def read_published(root: str) -> Published:
    """What the build in force in `root` published.

    Raises:
        ManifestError: There is a manifest, and it cannot be read.
    """
    current = _read(os.path.join(root, CURRENT))
    if current is None:
        return Published(immutable=_django_names(os.path.join(root, DJANGO_MANIFEST)))
    release_id = current.strip()
    if not release_id.isalnum():
        raise ManifestError(
            f"{os.path.join(root, CURRENT)} should hold the id of a release, not {current!r:.40}",
            "Run the build again to replace it.",
        )
    path = os.path.join(root, manifest_name(release_id))
    text = _read(path)
    if text is None:
        raise ManifestError(
            f"{path} is missing, and {os.path.join(root, CURRENT)} names it",
            "Run the build again.",
        )
    manifest = parse_manifest(text, path)
    return Published({each.file: each for each in manifest.entries if is_plain_name(each.file)})


def _django_names(path: str) -> frozenset[str]:
    text = _read(path)
    if text is None:
        return frozenset()
    try:
        paths: dict[str, Any] = json.loads(text)["paths"]
        return frozenset(hashed for name, hashed in paths.items() if hashed != name)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestError(
            f"{path} is not a manifest of Django's staticfiles: {error!r}",
            "Run collectstatic again to replace it.",
        ) from error


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path} cannot be read: {error}", "Run the build again.") from error
