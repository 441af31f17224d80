"""The catalog: from the path of a URL to what is served there.

Immutable and swapped whole. Its entries are promises: what stands behind one is made when somebody
first asks for it, by whoever built the catalog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hiss.core.asset import Resource


class Entry(Protocol):
    """A URL's place in a catalog."""

    @property
    def resource(self) -> Resource | None:
        """What is served there; `None` until it was loaded."""

    def load(self) -> Resource:
        """Make the resource if it is not there yet; may block, never raises."""

    def forget(self) -> None:
        """Drop the resource, because what it was made from has changed."""


class Fixed:
    """The entry of what needs no loading."""

    __slots__ = ("resource",)

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    def load(self) -> Resource:
        """The resource."""
        return self.resource

    def forget(self) -> None:
        """Nothing: there is nothing behind it that could change."""


class Finder(Protocol):
    """What doors ask: a catalog, or something that looks anew each time."""

    def find(self, path: str) -> Entry | None:
        """The entry for a decoded URL path; `None`: the request is not for Hiss."""

    def known(self, path: str) -> Entry | None:
        """The entry for a path, if it is known without a look anywhere else; never blocks."""

    def miss(self, path: str) -> Entry | None:
        """The entry for a path that has no file: Hiss's own 404, or `None`."""


class Catalog:
    """Every URL of a site's static files."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        *,
        owned: tuple[str, ...] = (),
        miss: Callable[[str], Entry],
    ) -> None:
        """`owned` are the prefixes whose misses Hiss answers itself, each with both slashes; `miss`
        makes the entry of such a path.
        """
        self.entries = entries
        self.known = entries.get
        self._owned = owned
        self._miss = miss

    def find(self, path: str) -> Entry | None:
        """The entry for a decoded URL path; `None`: the request is not for Hiss."""
        return self.entries.get(path) or self.miss(path)

    def miss(self, path: str) -> Entry | None:
        """The entry for a path that has no file: Hiss's own 404, or `None`."""
        return self._miss(path) if path.startswith(self._owned) else None
