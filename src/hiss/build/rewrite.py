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

    Only the last segment of the path changes; folders, query and fragment stay as they are written.
    """
    raw = data[reference.start : reference.end]
    # A "?" or "#" that is written as an escape is part of the name, which is replaced whole.
    tail = re.search(rb"[?#]", raw)
    path_end = tail.start() if tail else len(raw.rstrip(b" \t\r\n\f"))
    name_start = raw.rfind(b"/", 0, path_end) + 1
    name = quote(posixpath.basename(new_name), safe=_SAFE).encode("ascii")
    return reference.start + name_start, reference.start + path_end, name
