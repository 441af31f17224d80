"""Making the variants of a release: in parallel, each content once, nothing that was made before.

The codecs release the interpreter's lock, so threads are enough. The most expensive go first, so
that no core waits at the end for one large file.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.files.atomic import write_atomic
from hiss.http.codings import SUFFIXES, codec_version, compress, decompress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.build.cache import Cache
    from hiss.build.content import Content
    from hiss.build.progress import Progress

# What a byte costs in each coding at the level a build uses, in proportion: to order the work.
_COST: Final = {"br": 20, "zstd": 5, "gzip": 1}


class Task(NamedTuple):
    """One content to compress in one coding, for all the files that have it."""

    content: Content
    coding: str
    level: int
    #: The files' paths on disk.
    paths: tuple[str, ...]
    #: The path of a variant that was made of the same content just now; empty where none was.
    like: str = ""


class Made(NamedTuple):
    """What came of a task."""

    task: Task
    #: The variant's size in bytes; 0 where it would not be smaller, and was not written.
    size: int
    #: The SHA-256 of its bytes, in hex.
    checksum: str


def make_variants(tasks: Iterable[Task], cache: Cache, progress: Progress) -> list[Made]:
    """Carry out the tasks.

    Raises:
        ConfigurationError: A codec is not installed.
        OSError: A file cannot be read or written.
    """
    ordered = sorted(
        tasks, key=lambda task: (-task.content.size * _COST[task.coding], task.content.sha256)
    )
    progress.begin("compressing", len(ordered), sum(task.content.size for task in ordered))
    done: list[Made] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for made in pool.map(lambda task: _make(task, cache), ordered):
            done.append(made)
            progress.advance(made.task.content.size, made.task.coding)
    progress.end()
    return done


def _make(task: Task, cache: Cache) -> Made:
    packed = _packed(task, cache)
    if packed is None:
        return Made(task, 0, "")
    for path in task.paths:
        variant = path + SUFFIXES[task.coding]
        if not _holds(variant, packed):
            write_atomic(variant, packed)
    return Made(task, len(packed), sha256(packed).hexdigest())


def _packed(task: Task, cache: Cache) -> bytes | None:
    """The compressed bytes; `None` where they are no fewer."""
    if task.like:
        with open(task.like, "rb") as file:
            return file.read()
    version = codec_version(task.coding)
    key = f"{task.content.sha256}-{task.coding}-{task.level}-{version}"
    packed = cache.get(key)
    if packed is None or not _stands_for(packed, task):
        data = task.content.read()
        packed = compress(task.coding, data, task.level)
        if len(packed) >= len(data):
            # That it does not pay is worth knowing too.
            packed = b""
        cache.put(key, packed)
    return packed or None


def _stands_for(packed: bytes, task: Task) -> bool:
    """Whether what a cache held, which others may write to, is what it says it is."""
    try:
        return not packed or (
            sha256(decompress(task.coding, packed, limit=task.content.size)).hexdigest()
            == task.content.sha256
        )
    except ValueError:
        return False


def _holds(path: str, data: bytes) -> bool:
    try:
        if os.path.getsize(path) != len(data):
            return False
        with open(path, "rb") as file:
            return file.read() == data
    except OSError:
        return False
