"""Whole statements of a file: where one is with its comments, and taking it out."""

from __future__ import annotations

import tokenize
from typing import TYPE_CHECKING

from hiss.setup.text import Edit, OddError

if TYPE_CHECKING:
    import ast

    from hiss.setup.source import Source


def lines_of(source: Source, statement: ast.stmt) -> tuple[int, int]:
    """The lines of a statement, from the first's start to behind the last's end.

    Raises:
        OddError: It shares a line with another.
    """
    start, end = source.span(statement)
    if not source.is_first(start) or not source.comment_after(end):
        raise OddError("it shares its line")
    last = source.text.line_end(end)
    return source.text.line_start(start), min(last + 1, len(source.text.text))


def comments_above(source: Source, start: int) -> int:
    """Where the comments begin that stand right above the line that begins at `start`."""
    text = source.text.text
    while start > 0:
        above = source.text.line_start(start - 1)
        if not text[above:start].lstrip(" \t").startswith("#"):
            break
        start = above
    return start


def removed(source: Source, start: int, end: int) -> Edit:
    """Lines taken out, and with them one of two empty lines that would meet."""
    text = source.text.text
    if text[end : end + 1] == "\n" and text[max(start - 2, 0) : start] in {"\n\n", "\n", ""}:
        end += 1
    return Edit(start, end, "")


def value_text(source: Source, statement: ast.Assign | ast.AnnAssign) -> str:
    """What a statement assigns, as it is written, in its brackets."""
    before = statement.annotation if hasattr(statement, "annotation") else statement.targets[-1]
    _, at = source.span(before)
    while source.next_token(at).text != "=":
        at = source.next_token(at).end
    _, end = source.span(statement)
    return source.text.text[source.next_token(at).end : end].strip()


def indented(source: Source, code: str, statement: ast.stmt) -> str:
    """Code of several lines, moved to the right; not where that would change a text."""
    start, end = source.span(statement)
    has_long_text = any(
        token.kind == tokenize.STRING and "\n" in token.text
        for token in source.tokens
        if start <= token.start < end
    )
    return code if has_long_text else code.replace("\n", "\n    ")
