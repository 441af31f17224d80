"""The manifest of a release: what a build made, as it is written beside the files.

The truth about names, variants and immutability. JSON, one object, `version` first; a reader
refuses a version that it does not know rather than guess.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from hiss.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    #: Coding to the SHA-256 of that variant's bytes, in hex.
    checksums: Mapping[str, str] = field(default_factory=dict)
    #: The logical names of the files that this one names.
    references: Sequence[str] = ()
    #: Of those, the modules that it imports statically: they load before it runs.
    imports: Sequence[str] = ()


_FIELDS: Final = tuple(each.name for each in fields(ManifestEntry))
_MAY_LACK: Final = frozenset({"checksums", "codings", "imports", "references"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One complete build."""

    id: str
    #: When it was built, as RFC 3339 has it, in UTC.
    created: str
    #: A name that people gave it, such as a commit's; may be empty.
    label: str
    entries: tuple[ManifestEntry, ...]
    #: The names that it had before: the same files may be built for another commit.
    labels: tuple[str, ...] = ()


def release_id(entries: Iterable[ManifestEntry]) -> str:
    """The id of a release with these entries: from names and contents alone."""
    digest = sha256()
    for each in sorted(entries, key=lambda entry: entry.file):
        digest.update(f"{each.name}\0{each.file}\0{each.immutable:d}\0{each.sha256}\n".encode())
    return digest.hexdigest()[:16]


def union(manifests: Iterable[Manifest]) -> Iterator[ManifestEntry]:
    """The entries that answer for several releases at once, one for each file.

    Of a file that several have, the first manifest's, but one that is immutable before all others.
    Its variants are those of the release that was built last: each build may have made them anew,
    of the same bytes.
    """
    ordered = tuple(manifests)
    entries: dict[str, ManifestEntry] = {}
    for manifest in ordered:
        for entry in manifest.entries:
            known = entries.get(entry.file)
            if known is None or (entry.immutable and not known.immutable):
                entries[entry.file] = entry
    codings: dict[str, dict[str, int]] = {}
    checksums: dict[str, dict[str, str]] = {}
    for manifest in sorted(ordered, key=lambda each: each.created):
        for entry in manifest.entries:
            if entry.sha256 == entries[entry.file].sha256:
                codings.setdefault(entry.file, {}).update(entry.codings)
                checksums.setdefault(entry.file, {}).update(entry.checksums)
    for file, entry in entries.items():
        if entry.immutable and codings[file] != entry.codings:
            entry = replace(entry, codings=codings[file])
        if entry.immutable and checksums[file] != entry.checksums:
            entry = replace(entry, checksums=checksums[file])
        yield entry


def by_name(entries: Iterable[ManifestEntry]) -> dict[str, ManifestEntry]:
    """The entries of one release by their logical names, which are sorted; of a name that has two,
    the hashed file and not its original.
    """
    ordered = sorted(entries, key=lambda each: (each.name, each.file != each.name))
    return {each.name: each for each in ordered}


def entry_fields(entry: ManifestEntry) -> dict[str, Any]:
    """An entry as JSON has it; what is empty is left out."""
    values = ((name, getattr(entry, name)) for name in _FIELDS)
    return {name: value for name, value in values if value or name not in _MAY_LACK}


def format_manifest(manifest: Manifest) -> str:
    """The manifest as JSON text, the same for the same manifest."""
    entries = [entry_fields(each) for each in sorted(manifest.entries, key=lambda each: each.file)]
    document = {
        "version": VERSION,
        "id": manifest.id,
        "created": manifest.created,
        "label": manifest.label,
        **({"labels": [*manifest.labels]} if manifest.labels else {}),
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
            return _parse_document(document)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ManifestError(
            f"{where} is not a manifest of Hiss: {error!r}", "Run the build again to replace it."
        ) from error
    raise ManifestError(
        f"{where} is a manifest of version {version!r}; this Hiss reads version {VERSION}",
        "Run the build with the same version of Hiss that serves it.",
    )


def _parse_document(document: Mapping[str, Any]) -> Manifest:
    texts = {name: document[name] for name in ("id", "created", "label")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} must be text, not {value!r}")
    if not (texts["id"].isascii() and texts["id"].isalnum()):
        raise ValueError(f"{texts['id']!r:.40} is no id of a release")
    labels = document.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
        raise TypeError("labels must be a list of texts")
    if not isinstance(document["entries"], list):
        raise TypeError("entries must be a list")
    entries = tuple(parse_entry(each) for each in document["entries"])
    return Manifest(**texts, entries=entries, labels=tuple(labels))


def parse_entry(document: Mapping[str, Any]) -> ManifestEntry:
    """An entry from what JSON has of it.

    Raises:
        TypeError: A field is unknown, missing, or not of its type.
    """
    names = {name: document[name] for name in ("imports", "references") if name in document}
    for name, value in names.items():
        if not isinstance(value, list | tuple):
            raise TypeError(f"{name} must be a list, not {value!r}")
    entry = ManifestEntry(**{**document, **{name: tuple(each) for name, each in names.items()}})
    kinds = (
        ((entry.name, entry.file, entry.sha256, entry.type, entry.integrity), str),
        ((entry.immutable,), bool),
        ((entry.size, *_mapping(entry.codings).values()), int),
        ((*entry.codings, *_mapping(entry.checksums), *entry.checksums.values()), str),
    )
    for values, kind in (*kinds, (entry.references, str), (entry.imports, str)):
        for value in values:
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise TypeError(f"{value!r} of {entry.file!r} must be {kind.__name__}")
    return entry


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} must be an object")
    return value
