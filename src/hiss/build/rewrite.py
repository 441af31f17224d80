"""Putting new names into a file: spliced in, so that not one other byte changes."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.build.references import Reference

# Of these characters, none means anything in a string, a url() token or a comment.
_SAFE: Final = "-._~!$+,@"


def splice(data: bytes, changes: Iterable[tuple[int, int, bytes]]) -> bytes:
    """`data` with the bytes `start` to `end` of each change replaced; they come in order."""
    pieces: list[bytes] = []
    reached = 0
    for start, end, replacement in changes:
        pieces += [data[reached:start], replacement]
        reached = end
    return b"".join([*pieces, data[reached:]])


def renamed(data: bytes, reference: Reference, new_name: str) -> tuple[int, int, bytes]:
    """The change that makes `reference` name `new_name`, a file in the same folder as before.

    Only the last segment of the path changes; folders, query and fragment stay as they are written,
    unless they are written with escapes: then the whole URL is written anew.
    """
    raw = data[reference.start : reference.end]
    name = quote(posixpath.basename(new_name), safe=_SAFE)
    if raw.decode("utf-8", "replace") != reference.url:
        url = reference.url.strip(" \t\r\n\f")
        start, end = _last_segment(url)
        whole = quote(url[:start] + name + url[end:], safe=f"{_SAFE}/%?#&=:;*")
        return reference.start, reference.end, whole.encode("ascii")
    start, end = _last_segment(raw.decode("latin-1").rstrip(" \t\r\n\f"))
    return reference.start + start, reference.start + end, name.encode("ascii")


def _last_segment(url: str) -> tuple[int, int]:
    """Where the last segment of a URL's path is."""
    tail = re.search(r"[?#]", url)
    end = tail.start() if tail else len(url)
    return url.rfind("/", 0, end) + 1, end
