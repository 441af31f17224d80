"""Writing a release: the manifest first, the pointer to it last."""

from __future__ import annotations

import os
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha384
from typing import TYPE_CHECKING

from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id
from hiss.files.atomic import write_atomic
from hiss.files.release import CURRENT, manifest_name, read_published
from hiss.http.codings import SUFFIXES
from hiss.http.media import media_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hiss.build.compress import Compressed


def record_files(
    root: str, compressed: Iterable[Compressed], immutable: Mapping[str, str]
) -> Iterable[ManifestEntry]:
    """The manifest's entries for files below `root`.

    `immutable`: the names that hold a hash of their content, each with its logical name.
    """
    for group in compressed:
        with open(os.path.join(root, group.names[0]), "rb") as file:
            data = file.read()
        integrity = f"sha384-{b64encode(sha384(data).digest()).decode('ascii')}"
        for name in group.names:
            yield ManifestEntry(
                name=immutable.get(name, name),
                file=name,
                immutable=name in immutable,
                sha256=group.sha256,
                size=len(data),
                type=media_type(name),
                integrity=integrity,
                codings=dict(sorted(group.codings.items())),
            )


def write_release(root: str, entries: Iterable[ManifestEntry], *, label: str = "") -> Manifest:
    """Put a release in force in `root`, whose files are there already.

    Variants that the release before had recorded, and this one does not, are removed.
    """
    recorded = tuple(entries)
    manifest = Manifest(
        id=release_id(recorded),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        label=label,
        entries=recorded,
    )
    stale = read_published(root).variant_names()
    text = format_manifest(manifest).encode("utf-8")
    write_atomic(os.path.join(root, manifest_name(manifest.id)), text)
    write_atomic(os.path.join(root, CURRENT), f"{manifest.id}\n".encode("ascii"))
    kept = {entry.file + SUFFIXES[coding] for entry in recorded for coding in entry.codings}
    files = {entry.file for entry in recorded}
    for name in stale - kept - files:
        with suppress(OSError):
            os.unlink(os.path.join(root, name))
    return manifest
