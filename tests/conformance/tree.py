"""Makes the folder that the cases ask for, with or without a manifest of Hiss beside it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
from pathlib import Path
from typing import Final

from .cases.files import (
    ALPHABET,
    EMPTY_FOLDER,
    FILES,
    FUTURE,
    HIDDEN,
    IMMUTABLE,
    LINKED,
    LOST,
    MODIFIED,
    ORDER,
    OUTSIDE,
    RECORDED,
    SECRET,
    STALE,
    TAMPERED,
)

SUFFIXES: Final = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
_YEAR_2100: Final = 4_102_444_800


def make_tree(folder: Path, *, manifest: bool = True, modified: int = MODIFIED) -> Path:
    """Make the tree in `folder`, which must not hold one, and return its root.

    `manifest` records it as a release of Hiss; `modified` is the time of all files.
    """
    root = folder / "root"
    for name, content in FILES.items():
        if name != LINKED:
            _write(root / name, content, _YEAR_2100 if name == FUTURE else modified)
    for name, content in STALE.items():
        _write(root / name, content, modified)
    for name in HIDDEN:
        _write(root / name, SECRET, modified)
    _write(folder / OUTSIDE, SECRET, modified)
    (root / EMPTY_FOLDER).mkdir(parents=True)
    for name, codings in RECORDED.items():
        for coding in codings:
            variant = compress(coding, FILES[name], poorly=(name, coding) == (ORDER, "br"))
            _write(root / (name + SUFFIXES[coding]), variant, modified)
    _link(root)
    if manifest:
        _write_manifest(root)
    return root


def compress(coding: str, data: bytes, *, poorly: bool = False) -> bytes:
    """`data` in `coding`, as builds do it; `poorly`: as small as need be to be worse than gzip."""
    match coding:
        case "gzip":
            return gzip.compress(data, 9, mtime=0)
        case "br":
            import brotli

            return brotli.compress(data, quality=0 if poorly else 11)
        case _:
            from backports import zstd

            return zstd.compress(data, 19)


def _write(path: Path, content: bytes, modified: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))


def _link(root: Path) -> None:
    (root / LINKED).symlink_to(ALPHABET)
    (root / "link-out.txt").symlink_to(f"../{OUTSIDE}")
    (root / "link-out").symlink_to("..")
    (root / "dangling.txt").symlink_to("nowhere.txt")
    (root / "loop").symlink_to(".")


def _write_manifest(root: Path) -> None:
    from hiss.core.manifest import Manifest, format_manifest, release_id

    entries = [_entry(root, name, FILES[name]) for name in RECORDED]
    entries.append(_entry(root, TAMPERED, b"what the build wrote", ("br",)))
    entries.append(_entry(root, LOST, FILES[LOST], ("br",)))
    manifest = Manifest(
        id=release_id(entries),
        created="2024-01-02T03:04:05Z",
        label="",
        entries=tuple(entries),
    )
    folder = root / ".hiss" / "releases"
    folder.mkdir(parents=True)
    (folder / f"{manifest.id}.json").write_text(format_manifest(manifest), encoding="utf-8")
    (root / ".hiss" / "current").write_text(f"{manifest.id}\n", encoding="utf-8")


def _entry(root: Path, name: str, content: bytes, codings: tuple[str, ...] | None = None):
    from hiss.core.manifest import ManifestEntry

    sizes = {}
    for coding in RECORDED.get(name, ()) if codings is None else codings:
        variant = root / (name + SUFFIXES[coding])
        sizes[coding] = variant.stat().st_size if variant.exists() else 100
    integrity = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return ManifestEntry(
        name=name,
        file=name,
        immutable=name in IMMUTABLE or name == TAMPERED,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        type="application/octet-stream",
        integrity=f"sha384-{integrity}",
        codings=sizes,
    )
