"""Findings that name many files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import WARNING, CheckMessage

# Who reads more of them asks for all, as JSON.
_MOST: Final = 5


class Listed(CheckMessage):
    """A finding, with all that it is about; its message has the first."""

    def __init__(
        self, msg: str, *, names: Sequence[str], level: int = WARNING, **more: Any
    ) -> None:
        super().__init__(level, msg, **more)
        self.names = tuple(names)


def shorten(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
