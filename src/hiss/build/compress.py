"""Compressing files beside themselves: `app.css` gets `app.css.br`, `app.css.gz`, `app.css.zst`.

The same bytes are compressed once, however many names they have; a variant is kept only where it
saves. The codecs release the interpreter's lock, so threads are enough.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from hiss.files.atomic import write_atomic
from hiss.http.codings import SUFFIXES, compress
from hiss.http.media import is_compressible, media_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Compressed:
    """Files with the same bytes, and the sizes of the variants that were written for each."""

    names: tuple[str, ...]
    sha256: str
    codings: Mapping[str, int]


def compress_files(
    root: str,
    names: Collection[str],
    levels: Mapping[str, int],
    *,
    skip_extensions: Collection[str] | None = None,
) -> Iterator[Compressed]:
    """Compress the files `names` below `root`, in every coding of `levels`, in parallel.

    Left out are files of the extensions given (lower case, without the dot), or, where none are
    given, of media types that do not compress. A variant whose name is that of another file in
    `names` is not made. Yields every file, those without a variant too, in no particular order.

    Raises:
        ConfigurationError: A codec is not installed.
        OSError: A file cannot be read or written.
    """

    def is_wanted(name: str) -> bool:
        if skip_extensions is None:
            return is_compressible(media_type(name))
        return name.rpartition(".")[2].lower() not in skip_extensions

    taken = frozenset(names)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        groups = _by_content(root, names)
        yield from pool.map(partial(_compress_group, root, levels, is_wanted, taken), groups)


def _by_content(root: str, names: Collection[str]) -> list[tuple[str, tuple[str, ...]]]:
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        with open(os.path.join(root, name), "rb") as file:
            digest = sha256()
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
        groups.setdefault(digest.hexdigest(), []).append(name)
    return [(digest, tuple(same)) for digest, same in groups.items()]


def _compress_group(
    root: str,
    levels: Mapping[str, int],
    is_wanted: Callable[[str], bool],
    taken: frozenset[str],
    group: tuple[str, tuple[str, ...]],
) -> Compressed:
    digest, names = group
    codings: dict[str, int] = {}
    if any(map(is_wanted, names)):
        with open(os.path.join(root, names[0]), "rb") as file:
            data = file.read()
        for coding, level in levels.items():
            if any(name + SUFFIXES[coding] in taken for name in names):
                continue
            packed = compress(coding, data, level)
            if len(packed) < len(data):
                codings[coding] = len(packed)
                for name in names:
                    write_atomic(os.path.join(root, name) + SUFFIXES[coding], packed)
    return Compressed(names, digest, codings)
