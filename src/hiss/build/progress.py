"""How far a build is, told to whoever watches; what is shown of it is theirs to say."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Watches a build. May be called from several threads."""

    def begin(self, stage: str, files: int, size: int) -> None:
        """A stage begins: its name, how many files it has, and how many bytes in all."""

    def advance(self, size: int, what: str = "") -> None:
        """One file, of so many bytes, is done; `what` was done to it, such as a coding's name."""

    def end(self) -> None:
        """The stage is over."""


class Silent:
    """Watches, and says nothing."""

    def begin(self, stage: str, files: int, size: int) -> None:
        """Nothing."""

    def advance(self, size: int, what: str = "") -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""
