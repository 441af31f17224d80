"""Patterns with possessive groups, on every Python that Hiss runs on."""

from __future__ import annotations

import re
from typing import Final

# Before CPython 3.11.5 a possessive group keeps what an iteration took that failed (gh-106052). It
# is such a Python that Debian 12 has.
_KEEPS_TOO_MUCH: Final = re.fullmatch(rb"(?:ab?c)*+", b"aca") is not None

# The pieces of a pattern: an escape, a class, the end of a group with what makes it possessive.
_PIECES: Final = re.compile(rb"\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\)[*+?]\+|[\s\S]").findall


def compile_pattern(pattern: bytes, flags: int = 0) -> re.Pattern[bytes]:
    """`re.compile`, where groups may be possessive."""
    return re.compile(as_atomic(pattern) if _KEEPS_TOO_MUCH else pattern, flags)


def as_atomic(pattern: bytes) -> bytes:
    """The pattern with `(?>(…)*)` in the place of `(…)*+`, which means the same, and takes more
    memory.
    """
    written: list[bytes] = []
    begun: list[int] = []
    for piece in _PIECES(pattern):
        if piece == b"(":
            begun.append(len(written))
        elif piece.startswith(b")"):
            begin = begun.pop()
            if len(piece) > 1:
                written[begin] = b"(?>" + written[begin]
                piece = piece[:2] + b")"
        written.append(piece)
    return b"".join(written)
