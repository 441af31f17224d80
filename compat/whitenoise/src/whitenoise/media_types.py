"""Media types by a file's name: Hiss's table, under WhiteNoise's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hiss.http._media_table import MEDIA_TYPES
from hiss.http.media import NAMES, content_type

if TYPE_CHECKING:
    from collections.abc import Mapping


class MediaTypes:
    """Which media type a file's name means, with a project's own before the table."""

    __slots__ = ("types_map",)

    def __init__(self, *, extra_types: Mapping[str, str] | None = None) -> None:
        """`extra_types`: by extension, lower case and with its dot, or by whole name."""
        self.types_map = {**default_types(), **(extra_types or {})}

    def get_type(self, path: str) -> str:
        """The media type of the file at `path`; `application/octet-stream` for what is unknown."""
        return content_type(path, self.types_map, charset=None)


def default_types() -> dict[str, str]:
    """The table: by extension, with its dot, or by whole name."""
    return {**{f".{extension}": kind for extension, kind in MEDIA_TYPES.items()}, **NAMES}
