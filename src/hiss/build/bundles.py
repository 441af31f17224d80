"""Files that another tool has named by their content: they are passed through, and are immutable.

Read from the manifests those tools write: Vite's (`.vite/manifest.json`, or `manifest.json` where
it was told so), and webpack's (of webpack-manifest-plugin, webpack-assets-manifest and
create-react-app's `asset-manifest.json`; `webpack-stats.json` of webpack-bundle-tracker). A file
counts if the manifest names it and its name has a hash that its plain name has not: what a tool was
told not to hash is hashed here, as every other file is.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.build.source import Source

_MANIFESTS: Final = frozenset({"manifest.json", "asset-manifest.json", "webpack-stats.json"})
_VITE: Final = ".vite/manifest.json"

# `main-BRBmoGS9.js`, `app.3f9c1d2e.chunk.css`: eight letters of base64url, or hex, behind a name
# and a separator; `4889e940.js`: hex alone.
_HASH: Final = re.compile(
    r"(?:.+[.\-_~]([A-Za-z0-9_-]{8}|[0-9a-f]{8,64})|([0-9a-f]{8,64}))(?:\.[A-Za-z]\w*)+"
)

# A word may have eight letters too. One in a thousand hashes looks like a word, but not most of a
# tool's files: where most look like hashes, all are.
_UNLIKE_A_WORD: Final = re.compile(r"[0-9A-Z]")


def prehashed_names(sources: Iterable[Source]) -> frozenset[str]:
    """The logical names, among `sources`, of files that a bundler's manifest says it has hashed."""
    by_name = {each.name: each.path for each in sources}
    found: set[str] = set()
    for folder, path in _manifests(by_name):
        named: dict[str, str] = {}
        for file, plain in _named_files(_load(path)):
            name = _source_name(folder, file, by_name)
            if name is not None:
                named[name] = f"{named.get(name, '')} {plain}"
        found |= _hashed(named)
    return frozenset(found)


def _hashed(named: dict[str, str]) -> set[str]:
    """Those of one tool's files whose names hold a hash that their plain names have not."""
    hashes = {}
    for name, plain in named.items():
        match = _HASH.fullmatch(posixpath.basename(name))
        token = match and (match[1] or match[2])
        if token and token not in plain:
            hashes[name] = token
    sure = {name for name, token in hashes.items() if _UNLIKE_A_WORD.search(token)}
    return set(hashes) if 2 * len(sure) > len(named) else sure


def _manifests(by_name: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each manifest that lies among the sources: the folder it speaks of, and its path."""
    seen = set()
    for name, path in by_name.items():
        if posixpath.basename(name) in _MANIFESTS:
            yield posixpath.dirname(name), path
        # Vite puts its manifest into a dot folder, which is not collected: it lies beside.
        folder, disk_folder = posixpath.dirname(name), os.path.dirname(path)
        while disk_folder not in seen:
            seen.add(disk_folder)
            vite = os.path.join(disk_folder, _VITE)
            if os.path.isfile(vite):
                yield folder, vite
            if not folder:
                break
            folder, disk_folder = posixpath.dirname(folder), os.path.dirname(disk_folder)


def _load(path: str) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError):
        # Many files are called manifest.json; this one is somebody else's.
        return None


def _named_files(document: object) -> Iterator[tuple[str, str]]:
    """The files that a manifest says are published, each with what it says of its plain name."""
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        if isinstance(value, str):
            # webpack's: `"main.js": "main.3f9c1d2e.js"`.
            if posixpath.splitext(key)[1] == posixpath.splitext(value)[1] != "":
                yield value, key
        elif key in {"files", "assets", "chunks", "entrypoints"}:
            for each in _strings(value):
                yield each, ""
        elif isinstance(value, dict) and isinstance(value.get("file"), str):
            # Vite's; a shared chunk, which has no source, goes by its hashed name behind a "_". The
            # other files of an entry are not its own, and have no plain name here.
            source = "" if key.startswith("_") else key
            yield value["file"], f"{source} {value.get('name', '')}"
            for part in ("css", "assets"):
                for each in _strings(value.get(part)):
                    yield each, ""


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        # webpack-bundle-tracker's assets have their file under "name".
        for each in value.values():
            yield from _strings(each)


def _source_name(folder: str, file: str, by_name: dict[str, str]) -> str | None:
    """The source that a manifest means: beside it, or from its public path on."""
    if "//" in file:
        # Another host's, or a path that no file has.
        return None
    if not file.startswith("/"):
        # "auto" is webpack's word for a public path that it was not told.
        for each in (file, file.removeprefix("auto/")):
            name = posixpath.normpath(posixpath.join(folder, each))
            if name in by_name:
                return name
        return None
    path = file.lstrip("/")
    while path and path not in by_name:
        path = path.partition("/")[2]
    return path or None
