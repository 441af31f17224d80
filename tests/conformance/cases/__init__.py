"""The cases, one module for each part of the contract. Needs neither pytest nor Hiss."""

from __future__ import annotations

from typing import Final

from . import (
    bodies,
    caching,
    if_range,
    media,
    methods,
    negotiation,
    policies,
    preconditions,
    ranges,
    redirects,
    targets,
    validators,
)
from .case import Case as Case
from .message import Request as Request
from .message import Response as Response

_MODULES: Final = (
    negotiation,
    validators,
    preconditions,
    ranges,
    if_range,
    methods,
    targets,
    redirects,
    caching,
    media,
    policies,
    bodies,
)

#: Every case, in the order of the contract.
CASES: Final[tuple[Case, ...]] = tuple(case for module in _MODULES for case in module.cases())
