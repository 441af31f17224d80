"""What is served: a folder that Hiss built, whose variants and names all subjects find alike, and
folders of very many small files, written as a build would have left them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import brotli

from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id
from hiss.files.index import format_index
from hiss.files.noted import write_noted
from hiss.files.release import CURRENT, INDEX, manifest_name, read_manifest
from serving.names import PREFIX

#: Bytes on the wire, in br, of the files of text.
TEXTS: Final = {"1 KB": 1024, "4 KB": 4096, "64 KB": 65536}
#: Bytes of those that nothing compresses.
MEDIA: Final = {"1 MB": 1_000_000, "100 MB": 100_000_000}
SIZES: Final = (*TEXTS, *MEDIA)


@dataclass(frozen=True)
class File:
    """One of the files, as clients ask for it."""

    url: str
    path: Path
    #: Whether it has variants.
    is_text: bool


@dataclass(frozen=True)
class Site:
    """A folder to serve."""

    root: Path
    #: By the size's name.
    files: dict[str, File]


def make_site(folder: Path) -> Site:
    """Write the sources, and build them."""
    source, root = folder / "source", folder / "site"
    (source / "css").mkdir(parents=True)
    names = {}
    for size, wanted in TEXTS.items():
        names[size] = f"css/sheet-{size.replace(' ', '').lower()}.css"
        (source / names[size]).write_bytes(_style_sheet(wanted))
    for size, wanted in MEDIA.items():
        names[size] = f"film-{size.replace(' ', '').lower()}.mp4"
        (source / names[size]).write_bytes(random.Random(size).randbytes(wanted))
    command = [sys.executable, "-m", "hiss", "build", "--quiet", "--cache-dir", str(folder / "c")]
    subprocess.run([*command, "-o", str(root), str(source)], check=True, capture_output=True)
    manifest = read_manifest(str(root))
    assert manifest is not None
    built = {each.name: each.file for each in manifest.entries if each.immutable}
    files = {
        size: File(PREFIX + built[name], root / built[name], is_text=size in TEXTS)
        for size, name in names.items()
    }
    return Site(root, files)


def _style_sheet(wanted: int) -> bytes:
    """A style sheet that takes about so many bytes in br."""
    draw = random.Random(wanted)
    rules: list[str] = []
    count = step = max(wanted // 32, 1)
    while True:
        while len(rules) < count:
            rules.append(
                f".part-{draw.randrange(10**4)} > .item-{draw.randrange(100)} {{\n"
                f"  margin: {draw.randrange(64)}px {draw.randrange(64)}px;\n"
                f"  color: #{draw.randrange(16**6):06x};\n}}\n"
            )
        data = "".join(rules[:count]).encode()
        size = len(brotli.compress(data, quality=11))
        if size < wanted:
            count += step
        elif step == 1:
            return data
        else:
            count -= step
            step = max(step // 4, 1)


def make_crowd(root: Path, urls: int) -> str:
    """Write a release of so many hashed files, each with br and gzip beside it, and what a Django
    project has of it; the URL of one of them.

    No zstd: to WhiteNoise those would be files to serve, each with a URL of its own.
    """
    data = b"export const value = { a: 1, b: 2, c: 3 };\n" * 12
    variants = {"br": brotli.compress(data), "gzip": gzip.compress(data, 9)}
    entries = []
    for number in range(urls):
        name = f"js/{number // 200:03}/module-{number}.js"
        mark = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:12]
        file = f"{name.removesuffix('.js')}.{mark}.js"
        path = root / file
        if number % 200 == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(data)
        path.with_name(f"{path.name}.br").write_bytes(variants["br"])
        path.with_name(f"{path.name}.gz").write_bytes(variants["gzip"])
        entries.append(_entry(name, file, data, variants))
    manifest = Manifest(
        id=release_id(entries), created="2026-01-02T03:04:05Z", label="", entries=tuple(entries)
    )
    written = {
        manifest_name(manifest.id): format_manifest(manifest).encode(),
        CURRENT: f"{manifest.id}\n".encode(),
        INDEX: format_index(entries, manifest.id, [manifest]),
        "staticfiles.json": _django_manifest(entries),
    }
    for relative, content in written.items():
        (root / relative).parent.mkdir(parents=True, exist_ok=True)
        (root / relative).write_bytes(content)
    manifest_path = root / "staticfiles.json"
    write_noted(str(root), str(manifest_path), manifest_path.read_bytes())
    return PREFIX + entries[urls // 2].file


def _entry(name: str, file: str, data: bytes, variants: dict[str, bytes]) -> ManifestEntry:
    return ManifestEntry(
        name=name,
        file=file,
        immutable=True,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        type="text/javascript",
        integrity="sha384-" + "A" * 64,
        codings={coding: len(packed) for coding, packed in variants.items()},
        checksums={
            coding: hashlib.sha256(packed).hexdigest() for coding, packed in variants.items()
        },
    )


def _django_manifest(entries: list[ManifestEntry]) -> bytes:
    paths = {each.name: each.file for each in entries}
    return json.dumps({"paths": paths, "version": "1.1", "hash": "0123456789ab"}).encode()
