"""The page of a report: one HTML document that asks for nothing else.

What it says stands in the document; the script adds zooming, sorting and filters to what is there.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

from hiss.build.report import changes, problems
from hiss.build.report.summary import SMALLEST, Folder
from hiss.build.report.tables import (
    Cell,
    Table,
    format_table,
    label,
    named,
    number,
    showing,
    size_cells,
    size_headings,
)
from hiss.build.report.tiles import format_map
from hiss.build.report.words import count, moment, name, share, size, text
from hiss.http.encoding import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.build.report.summary import Release, Report

#: How many folders the page names at most.
FOLDERS: Final = 300

_NOTHING: Final = '<p class="none">Nothing is published.</p>'


def to_html(report: Report) -> str:
    """The report as one page of HTML, without a reference to anything outside itself."""
    here = files("hiss.build.report")
    called = report.release.label or report.release.id
    return Template((here / "page.html").read_text("utf-8")).substitute(
        title=f"{text(called)} – Hiss report",
        heading=f"Release {name(called)}",
        about=_about(report),
        style=(here / "page.css").read_text("utf-8"),
        script=(here / "page.js").read_text("utf-8"),
        figures="\n".join(_figures(report)),
        published=format_map(report) if report.totals.count else _NOTHING,
        compression=_compression(report),
        changes=changes.format_changes(report.changes),
        problems=problems.format_problems(report.problems),
        types=_types(report),
        folders=_folders(report),
        files=_files(report),
    )


def _about(report: Report) -> str:
    parts = [f"Built {moment(report.release.created)}", _id(report.release)]
    if report.changes:
        before = report.changes.before
        called = f"{name(before.label)} ({_id(before)})" if before.label else _id(before)
        parts.append(f"compared with {called}")
    return " ".join(f"<span>{each}</span>" for each in parts)


def _id(release: Release) -> str:
    return f"<code>{text(release.id)}</code>"


def _figures(report: Report) -> Iterator[str]:
    """The figures that are read first: a term, its value and what it means."""
    totals = report.totals
    folders = sum(1 for _ in _walk(report.tree)) - 1
    yield _figure("Files", f"{totals.count:,}", f"in {count(folders, 'folder')}")
    yield _figure("Identity", size(totals.sizes[IDENTITY]), "before compression")
    yield _figure("On the wire", size(totals.sizes[SMALLEST]), "in the smallest coding")
    saved = share(totals.saved, totals.sizes[IDENTITY])
    yield _figure("Saved", saved, f"{size(totals.saved)} by compression")
    yield _figure("Downloaded again", *changes.figure(report.changes))
    yield _figure("Problems", *problems.figure(report.problems), kind=problems.worst(report))


def _figure(term: str, value: str, note: str, kind: str = "") -> str:
    return (
        f'<div class="figure {kind}"><dt>{term}</dt>'
        f'<dd><b>{value}</b> <span class="note">{note}</span></dd></div>'
    )


def _compression(report: Report) -> str:
    if not report.totals.variants:
        return '<p class="none">Nothing is compressed in this release.</p>'
    sizes, whole = report.totals.sizes, report.totals.sizes[IDENTITY]
    variants = {IDENTITY: report.totals.count, **report.totals.variants}
    rows = [
        [
            Cell(label(coding)),
            Cell(
                f"{variants[coding]:,}" if coding in variants else "",
                variants.get(coding, -1),
                "number variants",
            ),
            Cell(size(sizes[coding]), sizes[coding], "number"),
            Cell(size(whole - sizes[coding]), whole - sizes[coding], "number"),
            Cell(_bar(sizes[coding], whole), sizes[coding], "bars"),
        ]
        for coding in report.columns
    ]
    headings = [
        Cell("Coding"),
        Cell("Files in it", kind="number variants"),
        Cell("On the wire", kind="number"),
        Cell("Saved", kind="number"),
        Cell("Of identity", kind="bars"),
    ]
    caption = (
        "All files as a client gets them that takes this coding alone; "
        "smallest is what a browser gets that takes them all"
    )
    return format_table(Table(caption=caption, columns=headings, rows=rows))


def _bar(part: int, whole: int) -> str:
    width = 100 * part / whole if whole else 0
    return (
        f'<span class="track" aria-hidden="true"><span style="width:{width:.1f}%"></span></span>'
        f' <span class="percent">{share(part, whole)}</span>'
    )


def _types(report: Report) -> str:
    if not report.types:
        return _NOTHING
    rows = [
        [named(each.type), number(each.count), *size_cells(report.columns, each.sizes)]
        for each in report.types
    ]
    headings = [Cell("Media type"), Cell("Files", kind="number"), *size_headings(report.columns)]
    caption = showing(len(rows), len(rows), "media type", "largest")
    return format_table(Table(caption=caption, columns=headings, rows=rows))


def _walk(folder: Folder) -> Iterator[Folder]:
    yield folder
    for each in folder.folders:
        yield from _walk(each)


def _folders(report: Report) -> str:
    if not report.totals.count:
        return _NOTHING
    folders = sorted(_walk(report.tree), key=lambda each: (-each.sizes[SMALLEST], each.path))
    shown = folders[:FOLDERS]
    rows = [
        [
            named(f"{each.path}/" if each.path else "/"),
            number(each.count),
            *size_cells(report.columns, each.sizes),
        ]
        for each in shown
    ]
    headings = [Cell("Folder"), Cell("Files", kind="number"), *size_headings(report.columns)]
    caption = showing(len(shown), len(folders), "folder", "largest")
    return format_table(
        Table(caption=caption, columns=headings, rows=rows, filter="Filter folders")
    )


def _files(report: Report) -> str:
    if not report.largest:
        return _NOTHING
    rows = [
        [
            named(each.name),
            Cell(text(each.type), kind="type"),
            *size_cells(report.columns, each.sizes),
        ]
        for each in report.largest
    ]
    headings = [Cell("File"), Cell("Media type", kind="type"), *size_headings(report.columns)]
    caption = showing(len(rows), report.totals.count, "file", "largest")
    return format_table(Table(caption=caption, columns=headings, rows=rows, filter="Filter files"))
