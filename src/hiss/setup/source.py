"""A Python file: its syntax tree, and where each part of it stands in its text.

Trees of the standard library know where each node begins and ends, which is all that is needed to
put text in between; nothing is ever written anew from a tree.
"""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.errors import ConfigurationError
from hiss.setup.text import Edit, OddError, read_python

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hiss.setup.text import Text

_SILENT: Final = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
)


class Token(NamedTuple):
    """A token, and where it stands."""

    kind: int
    text: str
    start: int
    end: int


class Source:
    """A parsed file."""

    def __init__(self, path: str, data: bytes) -> None:
        """Raises ConfigurationError where it is not Python."""
        self.path = path
        self.data = data
        self.text: Text = read_python(data, path)
        try:
            self.tree = ast.parse(self.text.text)
            self._lines = self._line_starts()
            self.tokens = [*self._tokenize()]
        except (SyntaxError, ValueError, tokenize.TokenError) as error:
            line = getattr(error, "lineno", None)
            place = f"{path}:{line}" if line else path
            raise ConfigurationError(f"{place}: it is not Python: {error}") from error
        self._ends = [token.start for token in self.tokens]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends; without brackets around it."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._at(node.lineno, node.col_offset),
            self._at(node.end_lineno, node.end_col_offset),
        )

    def code(self, node: ast.expr | ast.stmt) -> str:
        """A node, as it is written."""
        start, end = self.span(node)
        return self.text.text[start:end]

    def next_token(self, position: int) -> Token:
        """The first token from a position on that says something."""
        for token in self.tokens[bisect_left(self._ends, position) :]:
            if token.kind not in _SILENT:
                return token
        return self.tokens[-1]

    def comment_after(self, position: int) -> bool:
        """Whether nothing but a comma and a comment follow on the line."""
        rest = self.text.text[position : self.text.line_end(position)].lstrip(" \t,")
        return not rest or rest.startswith("#")

    def is_first(self, position: int) -> bool:
        """Whether only white space precedes on the line."""
        return not self.text.text[self.text.line_start(position) : position].strip()

    @property
    def quote(self) -> str:
        """The quote that the file uses more."""
        texts = [token.text for token in self.tokens if token.kind == tokenize.STRING]
        plain = [text for text in texts if text[-3:] not in {'"""', "'''"}]
        single = sum(text.endswith("'") for text in plain)
        return "'" if single * 2 > len(plain) else '"'

    def quoted(self, value: str, like: ast.expr | None = None) -> str:
        """A string as the file would write it, or as `like` is written."""
        quote = self.quote
        if like is not None:
            written = self.code(like)
            if written[:1] in {"'", '"'} and written[:3] not in {'"""', "'''"}:
                quote = written[0]
        return f"{quote}{value}{quote}"

    def edited(self, edits: Iterable[Edit]) -> Source:
        """The file with the edits made."""
        return Source(self.path, self.text.edited(edits))

    def _at(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        if self._is_ascii:
            return start + column
        text = self.text.text[start : self.text.line_end(start)]
        return start + len(text.encode()[:column].decode())

    def _line_starts(self) -> list[int]:
        self._is_ascii = self.text.text.isascii()
        starts = [0]
        for line in self.text.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def _tokenize(self) -> Iterable[Token]:
        for each in tokenize.generate_tokens(io.StringIO(self.text.text).readline):
            start = self._lines[each.start[0] - 1] + each.start[1]
            end = self._lines[each.end[0] - 1] + each.end[1]
            yield Token(each.type, each.string, start, end)


def insert_before(source: Source, item: ast.expr, code: str) -> Edit:
    """An element's code before another one, as its sequence is laid out."""
    start, _ = source.span(item)
    if source.is_first(start):
        line = source.text.line_start(start)
        return Edit(line, line, f"{source.text.indent(start)}{code},\n")
    return Edit(start, start, f"{code}, ")


def insert_after(
    source: Source, items: Sequence[tuple[int, int]], place: int, code: str
) -> tuple[Edit, ...]:
    """Code after the item of that number, of those whose places in the text are given.

    Raises:
        OddError: What follows the item is no comma, and not the end.
    """
    _, end = items[place]
    text, following = source.text, source.next_token(end)
    has_comma = following.text == ","
    if not has_comma and (following.text not in {"]", ")", "}"} or place < len(items) - 1):
        raise OddError("an element is in brackets of its own")
    after = following.end if has_comma else end
    indent = _own_line(source, items, place)
    if indent is None or not source.comment_after(after):
        return (Edit(end, end, f", {_flat(code)}"),)
    line = text.line_end(after)
    tail = "," if has_comma else ""
    newline = Edit(line, line, f"\n{code}".replace("\n", f"\n{indent}") + tail)
    return (newline,) if has_comma else (Edit(end, end, ","), newline)


def _own_line(source: Source, items: Sequence[tuple[int, int]], place: int) -> str | None:
    """How items are indented that have a line of their own; `None` where they have none."""
    near = [items[place], *items[place + 1 : place + 2], *items[:place]]
    for start, _ in near:
        if source.is_first(start):
            return source.text.indent(start)
    return None


def _flat(code: str) -> str:
    """Code of several lines in one."""
    return (
        " ".join(line.strip() for line in code.split("\n")).replace("{ ", "{").replace(", }", "}")
    )
