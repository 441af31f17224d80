"""Which names somebody may have meant."""

from __future__ import annotations

import difflib
import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def nearest(wanted: str, names: Collection[str], most: int = 3) -> tuple[str, ...]:
    """The names most like `wanted`: the same but for case, the same file elsewhere, near misses."""
    lowered = wanted.lower()
    base = posixpath.basename(lowered)
    alike = [name for name in names if name.lower() == lowered]
    elsewhere = [name for name in names if posixpath.basename(name).lower() == base]
    folder = posixpath.dirname(wanted)
    siblings = [name for name in names if posixpath.dirname(name) == folder]
    close = difflib.get_close_matches(wanted, siblings, n=most)
    return tuple(dict.fromkeys([*alike, *sorted(elsewhere), *close]))[:most]
