"""What lies beside a file as `.br`, `.gz` or `.zst`, and was recorded by no build.

WhiteNoise sends it for the file because it is there. Here it is unpacked first: it is the file's
variant if it holds the file's bytes, and what an earlier build left is not.
"""

from __future__ import annotations

import logging
import os
from hashlib import md5, sha256
from typing import TYPE_CHECKING

from hiss.core.manifest import ManifestEntry
from hiss.errors import HissError
from hiss.files.load import Listing
from hiss.files.release import kept_ids, read_published
from hiss.files.scan import scan
from hiss.http.codings import SUFFIXES, decompress
from hiss.http.media import media_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hiss.files.mount import Mount
    from hiss.files.options import Settled

logger = logging.getLogger("whitenoise")


def find_siblings(mounts: Iterable[Mount], settled: Settled) -> Iterator[Listing]:
    """The files of `mounts` that have such variants, each with a record of them; of two for one
    URL, the first mount's counts.
    """
    if settled.autorefresh:
        return
    before: list[tuple[str, str]] = []
    for mount in mounts:
        if mount.root is None:
            continue
        # Where Hiss has built, it has recorded what there is, and reading that takes time.
        if not kept_ids(mount.root):
            for listing in _in(mount.root, mount.prefix, settled):
                if not any(_has(root, prefix, listing.url) for prefix, root in before):
                    yield listing
        before.append((mount.prefix, mount.root))


def _has(root: str, prefix: str, url: str) -> bool:
    return url.startswith(prefix) and os.path.isfile(os.path.join(root, url[len(prefix) :]))


def _in(root: str, prefix: str, settled: Settled) -> Iterator[Listing]:
    published = read_published(root)
    names = dict(scan(root))
    for name, path in names.items():
        beside = {
            coding: names[name + suffix]
            for coding, suffix in SUFFIXES.items()
            if name + suffix in names
        }
        if not beside:
            continue
        record = _record(name, path, beside, is_hashed=published.is_named_by_md5(name))
        if record is not None:
            immutable = record.immutable or settled.is_immutable(path, prefix + name)
            yield Listing(path, prefix + name, immutable=immutable, record=record, within=root)


def _record(
    name: str, path: str, beside: Mapping[str, str], *, is_hashed: bool
) -> ManifestEntry | None:
    """The record of a file; `is_hashed`: Django's manifest says that its name is of its content."""
    try:
        data = _read(path)
        packed = {coding: _read(sibling) for coding, sibling in beside.items()}
    except OSError as error:
        logger.warning("Not looking beside %s: %s", path, error)
        return None
    good = {
        coding: each
        for coding, each in packed.items()
        if len(each) < len(data) and _holds(coding, each, data, beside[coding])
    }
    if not good:
        return None
    return ManifestEntry(
        name=name,
        file=name,
        immutable=is_hashed and f".{md5(data, usedforsecurity=False).hexdigest()[:12]}." in name,
        sha256=sha256(data).hexdigest(),
        size=len(data),
        type=media_type(name),
        integrity="",
        codings={coding: len(each) for coding, each in good.items()},
        checksums={coding: sha256(each).hexdigest() for coding, each in good.items()},
    )


def _holds(coding: str, packed: bytes, data: bytes, sibling: str) -> bool:
    try:
        if decompress(coding, packed, limit=len(data)) == data:
            return True
    except (HissError, ValueError) as error:
        logger.warning("Not sending %s in place of its file: %s", sibling, error)
        return False
    logger.warning("Not sending %s in place of its file: it holds other bytes", sibling)
    return False


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
