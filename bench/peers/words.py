"""Requests, answers and what is wrong with them, each in a few words, the same in every run."""

from __future__ import annotations

import re
from typing import Final

from conformance.cases import Case, Response
from conformance.cases.case import App, Expected, Whole

_SYMBOL: Final = re.compile(r"\{(etag|opaque|size|last-modified):([^:{}]+):([^{}]+)\}")
_WIDTH: Final = 110

# What conformance.check says.
_FIELD: Final = re.compile(r"([\w-]+) is (.+); it must be: (\w+) ?(?:'(.*)')?")
_CODING: Final = re.compile(r"the coding is (\w+), not .*")
_FUTURE: Final = re.compile(r"Last-Modified, .*, is later than Date, .*")
_REPRESENTATION: Final = re.compile(r"\('([^']+)', '([^']+)'\)")
_REDIRECTS: Final = (301, 302, 307, 308)


def in_short(case: Case) -> str:
    """A case's request in one line; a target without a slash before it is below `/static/`."""
    request = case.request
    target = request.target.removeprefix("/static/") if request.file else request.target
    first = target if request.method == "GET" else f"{request.method} {target}"
    fields = [f"{name}: {_fill(value).strip(' ')}" for name, value in request.headers]
    text = "; ".join(_printable(each) for each in (first, *fields))
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def put(response: Response, faults: list[str], expected: Expected) -> tuple[str, str]:
    """What came, and what was due."""
    fault, status = faults[0], str(response.status)
    due = _due(expected)
    if not response.status:
        return fault, due
    if match := _FIELD.fullmatch(fault):
        name, value, rule, wanted = match.groups()
        came = f"no {name}" if value == "None" else f"{name}: {value.strip(chr(39))}"
        return f"{status}, {came}", _wanted(name, rule, (wanted or "").replace("\\\\", "\\"))
    if match := _CODING.fullmatch(fault):
        coded = f"{status} in {match[1]}".replace(" in identity", ", not coded")
        return coded, due if " in " in due else f"{due}, not coded"
    if fault.startswith("the status is") or fault == "not the application's answer":
        theirs = response.field("x-app") == "yes"
        return f"{status}, the application's" if theirs else status, due
    fault = _FUTURE.sub("Last-Modified is later than Date", fault)
    fault = _REPRESENTATION.sub(r"\1 (\2)", fault)
    return f"{status}, {fault}", due


def _wanted(name: str, rule: str, value: str) -> str:
    match rule:
        case "absent":
            return f"no {name}"
        case "leads":
            return f"{name}, relative, to {value}"
        case "like":
            return f"{name}: `{value}`"
        case "lacks" | "not":
            return f"{name} without {value}"
        case _:
            return f"{name}: {value}"


def _due(expected: Expected) -> str:
    if expected.status == _REDIRECTS:
        return "a redirect"
    status = " or ".join(str(each) for each in expected.status)
    match expected.body:
        case Whole(coding=coding) if coding != "identity":
            return f"{status} in {' or '.join(coding.rpartition(':')[2].split(','))}"
        case App():
            return "the application's answer"
        case _:
            return status


def _fill(value: str) -> str:
    def words(match: re.Match[str]) -> str:
        kind, file, rest = match.groups()
        if kind != "last-modified":
            return f"<tag of {file}{'' if rest == 'identity' else f' in {rest}'}>"
        seconds, form = rest.split(":")
        off = "" if seconds == "+0" else f" {seconds} s"
        return f"<Last-Modified{off}{'' if form == 'imf' else f', {form}'}>"

    return _SYMBOL.sub(words, value)


def _printable(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii").replace("`", "'")
