"""The checks, each with its id: a table of small functions that hold what was found against a rule.

A check speaks of one thing. What follows from another fault, the other's id says; `unless` names
those. docs/verify.md has a part for each id.
"""

from __future__ import annotations

from hiss.verify.checks.table import (
    ASSET_CHECKS,
    CHECKS,
    FIRST_CHECKS,
    PAGE_CHECKS,
    SITE_CHECKS,
    judge,
)

__all__ = ["ASSET_CHECKS", "CHECKS", "FIRST_CHECKS", "PAGE_CHECKS", "SITE_CHECKS", "judge"]
