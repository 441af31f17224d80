"""The tables of the page, which say everything with the script switched off too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hiss.build.report.summary import SMALLEST
from hiss.build.report.words import count, path, size, text
from hiss.http.encoding import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what it says, as HTML, and what it is sorted by if that is not the text."""

    html: str
    value: int | None = None
    #: Classes, as HTML has them.
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: the first cell of each row is the row's heading."""

    #: What it shows, in words, as HTML.
    caption: str
    columns: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    #: What its filter is called; empty: it has none.
    filter: str = ""


def format_table(table: Table) -> str:
    """The table as HTML; the script adds its filter and makes its headings sort."""
    head = "".join(f'<th scope="col"{_attributes(each)}>{each.html}</th>' for each in table.columns)
    body = "\n".join(f"<tr>{_cells(row)}</tr>" for row in table.rows)
    wish = f' data-filter="{text(table.filter)}"' if table.filter else ""
    return (
        f'<div class="table"><table{wish}>\n<caption>{table.caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def label(coding: str) -> str:
    """What a column of sizes is called."""
    return text({IDENTITY: "Identity", SMALLEST: "Smallest"}.get(coding, coding))


def size_headings(columns: Iterable[str]) -> list[Cell]:
    """The headings over `size_cells`."""
    return [Cell(label(coding), kind=_kind(coding)) for coding in columns]


def size_cells(columns: Iterable[str], sizes: Mapping[str, int]) -> list[Cell]:
    """A cell for each coding."""
    return [Cell(size(sizes[each]), sizes[each], _kind(each)) for each in columns]


def number(value: int) -> Cell:
    """A cell with a plain number."""
    return Cell(f"{value:,}", value, "number")


def named(value: str) -> Cell:
    """The cell of a name, which heads a row."""
    return Cell(path(value), kind="name")


def showing(shown: int, total: int, one: str, order: str) -> str:
    """A caption: how many there are, and which, as `largest`, are shown or come first."""
    if shown < total:
        return f"{count(total, one)}; the {shown:,} {order} are here"
    # The script takes the order back once the reader has chosen another.
    return f"{count(total, one)}<span>, the {order} first</span>"


def _kind(coding: str) -> str:
    # On a narrow screen there is room for two sizes: identity, and the one that is chosen.
    return {IDENTITY: "number", SMALLEST: "number choice chosen"}.get(coding, "number choice")


def _cells(row: Sequence[Cell]) -> str:
    first, *others = row
    head = f'<th scope="row"{_attributes(first)}>{first.html}</th>'
    return head + "".join(f"<td{_attributes(each)}>{each.html}</td>" for each in others)


def _attributes(cell: Cell) -> str:
    value = "" if cell.value is None else f' data-value="{cell.value}"'
    return (f' class="{cell.kind}"' if cell.kind else "") + value
