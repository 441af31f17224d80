"""A step of setting settings up: its edits, or why it is left to a person."""

from __future__ import annotations

import ast

from hiss.setup.text import Edit

#: The edits of one step; none where nothing is to be done.
Step = tuple[Edit, ...]


class Left(Exception):  # noqa: N818 - no error: a part of the plan
    """Something is written so that it is left to a person."""

    def __init__(self, why: str, node: ast.expr | ast.stmt | None = None) -> None:
        super().__init__(why)
        self.why = why
        #: Where, from 1; 0 where there is no place.
        self.line = node.lineno if node is not None else 0
