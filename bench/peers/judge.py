"""Judges one answer to one case: by the RFCs where they speak of it, else by the contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from conformance.cases import Case, Request, Response
from conformance.cases.case import (
    APP,
    MISSING,
    App,
    Covers,
    Expected,
    Notice,
    Parts,
    Slice,
    Whole,
)
from conformance.check import check
from conformance.survey import Context, Survey
from peers.rfc import CODINGS, allowed, section
from peers.subjects import Subject
from peers.words import put

_NO_FILE: Final = ("index-missing-", "mounted-", "path-", "variant-has-no-url")
_SYMBOL: Final = re.compile(r"\{(\w[\w-]*):([^:{}]+):([^{}]+)\}")
_CHARSET: Final = re.compile(r"(?i); ?charset=\"?([\w-]+)\"?")


class Verdict(Enum):
    """What came of a case."""

    PASS = "pass"
    #: Otherwise than the contract says, and as the RFCs allow.
    OPEN = "open"
    MISS = "miss"
    #: Needs what the subject has no option for.
    NONE = "n/a"
    #: The server in front answered, or changed the request.
    SERVER = "server"


@dataclass(frozen=True)
class Result:
    """A case, its verdict, and what came against what was due."""

    case: Case
    #: Judged by an RFC; otherwise by the contract alone.
    by_rfc: bool
    verdict: Verdict
    came: str = ""
    due: str = ""
    #: Of those that are not passed: why it is no miss.
    reason: str = ""

    @property
    def section(self) -> str:
        """The RFC and section, or the contract's page."""
        return section(self.case) if self.by_rfc else "http.md"


def is_by_rfc(case: Case) -> bool:
    """Whether the RFCs say what answers a case."""
    return allowed(case) is not None


class Judge:
    """Asks a subject, and judges what it answers."""

    def __init__(self, survey: Survey, subject: Subject, in_front: Mapping[str, str]) -> None:
        """`in_front`: case to what the server in front does to it."""
        self._survey = survey
        self._subject = subject
        self._in_front = in_front

    def judge(self, case: Case) -> Result:
        """Ask, and judge."""
        lacks = self._subject.lacks
        missing = sorted(_needs(case) & lacks.keys())
        if missing:
            return Result(case, is_by_rfc(case), Verdict.NONE, reason=lacks[missing[0]])
        asked = self._ask(_fitting(case, lacks))
        faults = asked.faults(asked.case.expected)
        if not faults:
            return Result(case, is_by_rfc(case), Verdict.PASS)
        came, due = put(asked.response, faults, asked.case.expected[0])
        if case.id in self._in_front:
            reason = self._in_front[case.id]
            return Result(case, is_by_rfc(case), Verdict.SERVER, came, due, reason)
        if self._subject.is_hiss:
            return Result(case, is_by_rfc(case), Verdict.MISS, came, due)
        may = allowed(case)
        if may is None:
            return _by_contract(asked, came, due)
        open_to_all = Result(case, by_rfc=True, verdict=Verdict.OPEN, came=came, due=due)
        return _by_rfc(asked, may, lacks) or open_to_all

    def _ask(self, case: Case) -> _Asked:
        request, context = self._survey.context(case)
        response = self._survey.ask(request)
        return _Asked(case, request, response, _fair(context, request, response))


@dataclass(frozen=True)
class _Asked:
    case: Case
    request: Request
    response: Response
    context: Context

    def faults(self, expected: tuple[Expected, ...]) -> list[str]:
        case = replace(self.case, expected=expected)
        return check(case, self.request, self.response, self.context)


def _by_rfc(asked: _Asked, may: tuple[Expected, ...], lacks: Mapping[str, str]) -> Result | None:
    """A miss, or what the subject has no option for; `None`: the RFCs allow it."""
    case = asked.case
    faults = [each for each in asked.faults(may) if not _is_of_another_case(case, each)]
    if faults:
        came, due = put(asked.response, faults, case.expected[0])
        return Result(case, by_rfc=True, verdict=Verdict.MISS, came=came, due=due)
    if "ranges" in lacks and case.expected[0].status in {(206,), (416,)}:
        return Result(case, by_rfc=True, verdict=Verdict.NONE, reason=lacks["ranges"])
    return None


def _by_contract(asked: _Asked, came: str, due: str) -> Result:
    """Where a target names no file, it counts that none comes. Whose the 404 is, and how long it
    may be kept, the cases named `miss-` ask, and once is enough.
    """
    case = asked.case
    if MISSING in case.expected and case.id.startswith(_NO_FILE):
        faults = asked.faults((Expected((403, 404), Notice()), APP))
        if all(_is_of_another_case(case, each) for each in faults):
            return Result(case, by_rfc=False, verdict=Verdict.PASS)
    return Result(case, by_rfc=False, verdict=Verdict.MISS, came=came, due=due)


def _is_of_another_case(case: Case, fault: str) -> bool:
    """Whether a fault of every message has cases of its own: it is counted there."""
    if fault == "a 405 without Allow" or fault.startswith("Allow is None"):
        return case.id.startswith("pre-")
    if fault.startswith("Vary is") and "and the 200 is" in fault:
        return not case.id.startswith("vary-")
    return fault == "a body without Content-Type"


def _needs(case: Case) -> set[str]:
    """The features without which a case asks for what is not there."""
    first = case.expected[0]
    values = [value for _, value in case.request.headers]
    symbols = [match for value in values for match in _SYMBOL.findall(value)]
    fields = [match for field in first.fields for match in _SYMBOL.findall(field.value)]
    needs = {rest for _, _, rest in (*symbols, *fields)} & set(CODINGS[1:])
    if any(kind in {"etag", "opaque"} for kind, _, _ in symbols):
        needs.add("tags")
    if case.id.startswith(("etag-distinct", "etag-stable", "etag-unrelated")):
        needs.add("tags")
    if case.id.startswith(("ims-", "ius-")) or "last-modified" in {kind for kind, _, _ in symbols}:
        needs.add("dates")
    if case.id.startswith("vary-"):
        needs.add("gzip")
    if case.id.startswith("accept-ranges"):
        needs.add("ranges")
    if isinstance(first.body, (Whole, Slice, Parts, Covers)):
        needs |= {first.body.coding} & set(CODINGS[1:])
    if isinstance(first.body, App):
        needs.add("app")
    return needs | {case.request.site}


def _fitting(case: Case, lacks: Mapping[str, str]) -> Case:
    """The case without the codings that the subject has not got, and for any redirect."""

    def fitting(expected: Expected) -> Expected:
        if expected.status == (302,):
            expected = expected._replace(status=(301, 302, 307, 308))
        how, colon, names = getattr(expected.body, "coding", "").partition(":")
        if not colon or not isinstance(expected.body, Whole):
            return expected
        left = [each for each in names.split(",") if each not in lacks] or ["identity"]
        return expected._replace(body=Whole(expected.body.file, f"{how}:{','.join(left)}"))

    distinct = tuple((file, coding) for file, coding in case.distinct if coding not in lacks)
    return replace(case, expected=tuple(fitting(each) for each in case.expected), distinct=distinct)


def _fair(context: Context, request: Request, response: Response) -> Context:
    """RFC 9110, 8.6: Content-Length MAY be left out of the answer to HEAD."""
    if request.method != "HEAD" or context.get is None or response.field("content-length"):
        return context
    kept = tuple(pair for pair in context.get.headers if pair[0].lower() != "content-length")
    return replace(context, get=replace(context.get, headers=kept))


def normal(response: Response) -> Response:
    """The response with what may be written in two ways written in one: a charset as a token or
    in quotes (RFC 9110, section 5.6.6), a colon in a relative Location.
    """
    pairs = ((name, _normal(name.lower(), value)) for name, value in response.headers)
    return replace(response, headers=tuple(pairs))


def _normal(name: str, value: str) -> str:
    match name:
        case "content-type":
            return _CHARSET.sub(lambda match: f"; charset={match[1].lower()}", value)
        case "location" if "%3A" in value and not value.startswith(("/", "http")):
            return "./" + value.replace("%3A", ":")
        case _:
            return value
