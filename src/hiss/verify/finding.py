"""What is wrong with a site, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """Whether visitors are given something wrong, or only more than they need; the worst first."""

    ERROR = "error"
    WARNING = "warning"
    #: Good to know: nothing is wrong.
    NOTE = "note"


def count(number: int, noun: str) -> str:
    """So many of something, in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault at one URL."""

    #: `hiss.V012`; docs/verify.md has each.
    id: str
    severity: Severity
    url: str
    #: What is wrong, as a sentence.
    what: str
    #: The command that asks the same; empty where no single request shows it.
    curl: str = ""
    #: What is likely to blame, and what to do.
    cause: str = ""
    #: The page that needs it; empty where that is the URL itself.
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of looking at a site."""

    url: str
    pages: tuple[str, ...]
    #: How many files were looked at.
    assets: int
    #: How many requests that took.
    requests: int
    seconds: float
    #: The release that the site says it renders; empty where it says nothing.
    release: str
    #: Who answers for the static files, as far as that shows, the nearest first.
    served_by: tuple[str, ...]
    #: Check to how many files, pages or sites it was held against.
    checked: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    #: What was left out, and why.
    notes: tuple[str, ...] = field(default=())

    @property
    def is_good(self) -> bool:
        """Whether no finding counts."""
        return all(each.severity is Severity.NOTE for each in self.findings)
