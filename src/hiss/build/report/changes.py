"""The part of the page that says what is not as it was in the release before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.build.report.tables import Cell, Table, format_table, named, showing
from hiss.build.report.words import count, difference, share, size

if TYPE_CHECKING:
    from hiss.build.report.summary import Change, Changes

#: How many changes the page names at most.
SHOWN: Final = 500

_SAME: Final = '<p class="none">Nothing changed: every file is as it was.</p>'
_FIRST: Final = '<p class="none">There is no release before this one to compare it with.</p>'


def figure(changes: Changes | None) -> tuple[str, str]:
    """The value and the note of the figure at the top."""
    if changes is None:
        return "–", "no release before"
    changed, added = len(changes.changed), len(changes.added)
    return size(changes.again), f"{changed:,} changed, {added:,} new"


def format_changes(changes: Changes | None) -> str:
    """What stays in browsers' caches and what does not, then each change."""
    if changes is None:
        return _FIRST
    # What costs most, first; what costs nothing last.
    every = sorted(
        (*changes.changed, *changes.added, *changes.removed),
        key=lambda each: (-(each.after or 0), -(each.before or 0), each.name),
    )
    if not every:
        return _SAME
    return f"{_stack(changes)}\n{_table(every)}"


def _stack(changes: Changes) -> str:
    parts = (
        ("kept", "Stays in caches", changes.kept, len(changes.unchanged), "unchanged"),
        ("again", "Downloaded again", changes.again, len(changes.changed), "changed"),
        ("first", "New", changes.first, len(changes.added), "added"),
    )
    whole = sum(part[2] for part in parts)
    bars = "".join(
        f'<span class="{kind}" style="flex-grow:{weight}"></span>'
        for kind, _, weight, _, _ in parts
        if weight
    )
    terms = "\n".join(
        f'<li><span class="swatch {kind}" aria-hidden="true"></span> {said} '
        f'<b>{size(weight)}</b> <span class="note">{share(weight, whole)}, '
        f"{count(files, f'{how} file')}</span></li>"
        for kind, said, weight, files, how in parts
    )
    removed = f"<li>Removed <b>{count(len(changes.removed), 'file')}</b></li>"
    return (
        f'<div class="stack" aria-hidden="true">{bars}</div>\n'
        f'<ul class="legend">\n{terms}\n{removed}\n</ul>'
    )


def _table(every: list[Change]) -> str:
    shown = every[:SHOWN]
    rows = [
        [
            named(each.name),
            Cell(f'<span class="badge {each.change}">{each.change}</span>', kind="kind"),
            _size(each.before, "number before"),
            _size(each.after, "number"),
            _difference(each),
        ]
        for each in shown
    ]
    headings = [
        Cell("File"),
        Cell("Change", kind="kind"),
        Cell("Before", kind="number before"),
        Cell("Now", kind="number"),
        Cell("Difference", kind="number"),
    ]
    caption = showing(len(shown), len(every), "change", "largest")
    return format_table(
        Table(caption=caption, columns=headings, rows=rows, filter="Filter changes")
    )


def _size(value: int | None, kind: str) -> Cell:
    if value is None:
        return Cell("–", -1, kind)
    return Cell(size(value), value, kind)


def _difference(each: Change) -> Cell:
    value = (each.after or 0) - (each.before or 0)
    return Cell(difference(value), value, "number")
