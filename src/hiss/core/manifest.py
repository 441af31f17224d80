"""The manifest of a release: what a build made, as it is written beside the files.

The truth about names, variants and immutability. JSON, one object, `version` first; a reader
refuses a version that it does not know rather than guess.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from hiss.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One published file, and the variants of it that the build made."""

    #: The logical name, as templates say it: `css/app.css`.
    name: str
    #: The file's name below the root, `/` between segments: `css/app.5f2a0c9d1e7b.css`.
    file: str
    #: Whether the name holds a hash of the content, so that it may be cached for ever.
    immutable: bool
    #: SHA-256 of the bytes, in hex.
    sha256: str
    #: Bytes.
    size: int
    #: Media type, without parameters.
    type: str
    #: As in the `integrity` attribute: `sha384-…`.
    integrity: str
    #: Coding to the size, in bytes, of the variant in that coding.
    codings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One complete build."""

    id: str
    #: When it was built, as RFC 3339 has it, in UTC.
    created: str
    #: A name that people gave it, such as a commit's; may be empty.
    label: str
    entries: tuple[ManifestEntry, ...]


def release_id(entries: Iterable[ManifestEntry]) -> str:
    """The id of a release with these entries: from names and contents alone."""
    digest = sha256()
    for each in sorted(entries, key=lambda entry: entry.file):
        digest.update(f"{each.name}\0{each.file}\0{each.immutable:d}\0{each.sha256}\n".encode())
    return digest.hexdigest()[:16]


def format_manifest(manifest: Manifest) -> str:
    """The manifest as JSON text, the same for the same manifest."""
    entries = [asdict(each) for each in sorted(manifest.entries, key=lambda each: each.file)]
    document = {
        "version": VERSION,
        "id": manifest.id,
        "created": manifest.created,
        "label": manifest.label,
        "entries": entries,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def parse_manifest(text: str, where: str) -> Manifest:
    """Read a manifest; `where` is what an error calls it.

    Raises:
        ManifestError: The text is not a manifest, or of a version this Hiss does not know.
    """
    try:
        document: dict[str, Any] = json.loads(text)
        version = document["version"]
        if version == VERSION:
            entries = tuple(ManifestEntry(**each) for each in document["entries"])
            return Manifest(
                id=document["id"],
                created=document["created"],
                label=document["label"],
                entries=entries,
            )
    except (ValueError, TypeError, KeyError) as error:
        raise ManifestError(
            f"{where} is not a manifest of Hiss: {error!r}", "Run the build again to replace it."
        ) from error
    raise ManifestError(
        f"{where} is a manifest of version {version!r}; this Hiss reads version {VERSION}",
        "Run the build with the same version of Hiss that serves it.",
    )
