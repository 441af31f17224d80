"""What a check is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hiss.verify.finding import Severity

if TYPE_CHECKING:
    from hiss.verify.messages import Answer

ERROR = Severity.ERROR
WARNING = Severity.WARNING
NOTE = Severity.NOTE


class Trouble(NamedTuple):
    """What a check finds."""

    what: str
    #: The answer that shows it.
    answer: Answer | None = None
    #: Another severity than the check's.
    severity: Severity | None = None
    #: Another URL than that of what was looked at.
    url: str = ""
    #: What is likely to blame, where the check itself knows.
    cause: str = ""


Troubles = Iterator[Trouble]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check(Generic[T]):
    """A rule, with its id."""

    #: Without `hiss.`: `V012`.
    key: str
    #: What is right, in few words.
    title: str
    severity: Severity
    find: Callable[..., Troubles]
    #: Those that explain what this one would find, at the same place.
    unless: tuple[str, ...] = ()
    #: Those that explain it wherever they were found.
    unless_anywhere: tuple[str, ...] = ()
    #: Whether files outside the prefix are held to it, too.
    everywhere: bool = False

    @property
    def id(self) -> str:
        """As messages have it."""
        return f"hiss.{self.key}"
