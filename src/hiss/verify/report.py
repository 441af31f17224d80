"""A report as a table, as JSON, and as JUnit."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from hiss.verify.checks import CHECKS
from hiss.verify.finding import Severity, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.verify.finding import Finding, Report

VERSION: Final = 1
# Of what is wrong in one way at many URLs, so many are shown; JSON and JUnit have all.
_SHOWN: Final = 3
# What a server says may hold what moves a terminal's cursor.
_MOVES: Final = dict.fromkeys((*range(32), *range(127, 160)))
# XML 1.0, 2.2: no other control character is allowed.
_CONTROLS: Final = dict.fromkeys(each for each in range(32) if each not in {9, 10, 13})


def format_table(report: Report) -> str:
    """For people."""
    return "".join(f"{line.translate(_MOVES)}\n" for line in _lines(report))


def format_json(report: Report) -> str:
    """For programs: `version` first."""
    document: dict[str, Any] = {"version": VERSION, **asdict(report)}
    document["seconds"] = round(report.seconds, 3)
    document["checks"] = [
        {
            "id": check.id,
            "title": check.title,
            "checked": report.checked.get(check.id, 0),
            "findings": sum(each.id == check.id for each in report.findings),
        }
        for check in CHECKS.values()
    ]
    del document["checked"]
    return json.dumps(document, indent=1) + "\n"


def format_junit(report: Report) -> str:
    """For continuous integration: a case for each check, those that were not held are skipped."""
    faults = [each for each in report.findings if each.severity is not Severity.NOTE]
    failed = len({each.id for each in faults})
    skipped = sum(not report.checked.get(check.id) for check in CHECKS.values())
    name = quoteattr(_clean(f"hiss verify {report.url}"))
    counts = f'tests="{len(CHECKS)}" failures="{failed}" errors="0" skipped="{skipped}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="hiss verify" {counts} time="{report.seconds:.3f}">',
        f'<testsuite name={name} {counts} time="{report.seconds:.3f}">',
    ]
    for check in CHECKS.values():
        lines.append(f'<testcase classname="hiss.verify" name={quoteattr(_title(check.key))}>')
        found = [each for each in faults if each.id == check.id]
        if found:
            message = quoteattr(_clean(found[0].what))
            text = "\n\n".join("\n".join(_details(each)) for each in found)
            kind = found[0].severity
            lines.append(
                f'<failure type="{kind}" message={message}>{escape(_clean(text))}</failure>'
            )
        elif not report.checked.get(check.id):
            lines.append('<skipped message="nothing here to hold it against"/>')
        lines.append("</testcase>")
    lines.extend(f"<system-out>{escape(_clean(each))}</system-out>" for each in report.notes[:1])
    return "\n".join([*lines, "</testsuite>", "</testsuites>", ""])


def _lines(report: Report) -> Iterator[str]:
    for key, group in groupby(report.findings, key=lambda each: (each.severity, each.id)):
        yield from _group(*key, list(group))
    yield from (f"note: {each}" for each in report.notes)
    by = f", by {' and '.join(report.served_by)}" if report.served_by else ""
    release = f", release {report.release}" if report.release else ""
    yield (
        f"{report.url}: {count(len(report.pages), 'page')}, {count(report.assets, 'file')}{by}"
        f"{release}; {count(report.requests, 'request')} in {report.seconds:.1f} s"
    )
    counts = Counter(each.severity for each in report.findings)
    yield (
        "nothing is wrong"
        if report.is_good
        else f"{count(counts[Severity.ERROR], 'error')}, "
        f"{count(counts[Severity.WARNING], 'warning')}"
    )


def _group(severity: str, key: str, findings: list[Finding]) -> Iterator[str]:
    check = CHECKS[key.removeprefix("hiss.")]
    yield f"{severity} {check.id} (rule: {check.title})"
    # What is wrong in the same words is said once.
    by_words: dict[str, list[Finding]] = {}
    for each in findings:
        by_words.setdefault(each.what, []).append(each)
    shown = 0
    for what, alike in list(by_words.items())[:_SHOWN]:
        yield f"  {what}"
        for each in alike[:_SHOWN]:
            shown += 1
            page = f" (on {each.page})" if each.page and each.page != each.url else ""
            yield f"    {each.url}{page}"
    if len(findings) > shown:
        yield f"    and {len(findings) - shown} more (--json has all)"
    commands = (each.curl for each in findings if each.curl)
    yield from (f"  ask it: {each}" for each in _first(commands))
    causes = dict.fromkeys(each.cause for each in findings if each.cause)
    yield from (f"  likely: {each}" for each in causes)
    yield ""


def _details(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity}: {finding.url}"
    yield finding.what
    if finding.page and finding.page != finding.url:
        yield f"on {finding.page}"
    if finding.curl:
        yield f"ask it: {finding.curl}"
    if finding.cause:
        yield f"likely: {finding.cause}"


def _title(key: str) -> str:
    return f"{CHECKS[key].id} {CHECKS[key].title}"


def _first(each: Iterable[str]) -> Iterator[str]:
    for one in each:
        yield one
        return


def _clean(text: str) -> str:
    return text.translate(_CONTROLS)
