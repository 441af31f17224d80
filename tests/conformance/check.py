"""Holds a response against a case: a pure function from the two to differences in words.

`check` is for any server: what the case says, and what HTTP demands of every message. `check_house`
is what the contract adds for every answer of Hiss.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from .bodies import check_body
from .cases.case import App, Empty, Free
from .cases.files import RECORDED
from .cases.policies import POLICY

if TYPE_CHECKING:
    from .cases import Case, Request, Response
    from .cases.case import Expected, Field
    from .survey import Context

_SINGLE: Final = (
    "Accept-Ranges", "Access-Control-Allow-Origin", "Allow", "Cache-Control", "Content-Encoding",
    "Content-Length", "Content-Range", "Content-Type", "Cross-Origin-Resource-Policy", "Date",
    "ETag", "Expires", "Last-Modified", "Location", "Vary", "X-Content-Type-Options",
)  # fmt: skip
# RFC 9110, section 15.4.5.
_IN_304: Final = ("Cache-Control", "Content-Location", "ETag", "Expires", "Vary")
# The server's own, and what may differ between two answers.
_NOT_COMPARED: Final = frozenset(
    {"alt-svc", "connection", "date", "keep-alive", "server", "transfer-encoding", "via"}
)
_POLICY_NAMES: Final = tuple(each.name for each in POLICY)


def check(case: Case, request: Request, response: Response, context: Context) -> list[str]:
    """What is wrong with `response`, the answer to the case's request as it was sent."""
    if response.status == 0:
        return list(response.faults)
    attempts = [_against(each, request, response, context) for each in case.expected]
    best = next((each for each in attempts if not each), None)
    if best is None:
        matching = [
            attempt
            for attempt, expected in zip(attempts, case.expected, strict=True)
            if response.status in expected.status
        ]
        best = (matching or attempts)[0]
    return [*best, *_message(request, response, context), *_distinct(case, context)]


def check_house(case: Case, request: Request, response: Response, context: Context) -> list[str]:
    """What is wrong by the contract's rules for every answer that Hiss gives at its usual site."""
    theirs = any(isinstance(each.body, (App, Free)) for each in case.expected)
    if theirs or request.site in {"plain", "secure"} or response.status in {0, 400, 414}:
        return []
    faults = [fault for rule in POLICY if (fault := _rule(rule, request, response, context))]
    if response.status == 404 and response.field("cache-control") != "no-store":
        faults.append("a miss without Cache-Control: no-store")
    if response.status in {200, 206, 304, 416}:
        faults += _of_a_file(request, response, context)
    return faults


def _of_a_file(request: Request, response: Response, context: Context) -> list[str]:
    faults = []
    if RECORDED.get(request.file or "") and "accept-encoding" not in _members(response, "vary"):
        faults.append(f"Vary is {response.field('vary')!r}, and the file has several codings")
    if response.status in {200, 206} and response.field("accept-ranges") != "bytes":
        faults.append(f"Accept-Ranges is {response.field('accept-ranges')!r}")
    tag = response.field("etag")
    if response.status != 416 and not re.fullmatch(r'"[\x21\x23-\x7e]+"', tag or ""):
        faults.append(f"ETag is {tag!r}, which is no strong tag")
    if context.plain is not None:
        for name in ("Cache-Control", *_POLICY_NAMES):
            faults += _same(name, response, context.plain, "the 200")
    return faults


def _against(
    expected: Expected, request: Request, response: Response, context: Context
) -> list[str]:
    if response.status not in expected.status:
        wanted = " or ".join(str(each) for each in expected.status)
        return [f"the status is {response.status}, not {wanted}"]
    faults = [
        fault for rule in expected.fields if (fault := _rule(rule, request, response, context))
    ]
    # A HEAD's answer speaks of a body that it does not have.
    body = Empty() if request.method == "HEAD" else expected.body
    if request.method == "HEAD" and isinstance(expected.body, App):
        faults += [] if response.field("x-app") == "yes" else ["not the application's answer"]
    return faults + check_body(body, response, context)


def _message(request: Request, response: Response, context: Context) -> list[str]:
    """What HTTP demands of every message."""
    faults = list(response.faults)
    faults += [
        f"{name} came {len(lines)} times: {lines}"
        for name in _SINGLE
        if len(lines := response.lines(name)) > 1
    ]
    length = response.field("content-length")
    has_body = request.method != "HEAD" and response.status not in {204, 304}
    if has_body and length is not None and length != str(len(response.body)):
        faults.append(f"Content-Length is {length}, and the body has {len(response.body)} bytes")
    if not has_body and response.body:
        faults.append(f"a body of {len(response.body)} bytes where none may be")
    if response.body and response.field("content-type") is None:
        faults.append("a body without Content-Type")
    if response.status == 405 and response.field("allow") is None:
        faults.append("a 405 without Allow")
    faults += _dates(response)
    if response.status == 304 and context.plain is not None:
        for name in _IN_304:
            faults += _same(name, response, context.plain, "the 200")
    if request.method == "HEAD" and context.get is not None:
        faults += _head(response, context.get)
    return faults


def _head(response: Response, get: Response) -> list[str]:
    """RFC 9110, section 9.3.2: the same header fields as for GET."""
    if response.status != get.status:
        return [f"the status is {response.status}, and {get.status} to GET"]
    names = {name.lower() for name, _ in (*response.headers, *get.headers)} - _NOT_COMPARED
    if get.field("transfer-encoding") is not None:
        names.discard("content-length")
    return [fault for name in sorted(names) for fault in _same(name, response, get, "GET's")]


def _dates(response: Response) -> list[str]:
    changed = response.field("last-modified")
    if changed is None:
        return []
    try:
        modified = parsedate_to_datetime(changed)
        sent = response.field("date")
        if sent is not None and modified > parsedate_to_datetime(sent):
            return [f"Last-Modified, {changed}, is later than Date, {sent}"]
    except (ValueError, TypeError):
        return [f"Last-Modified is {changed!r}"]
    return []


def _same(name: str, response: Response, other: Response, whose: str) -> list[str]:
    mine, its = response.field(name), other.field(name)
    return [] if mine == its else [f"{name} is {mine!r}, and {whose} is {its!r}"]


def _distinct(case: Case, context: Context) -> list[str]:
    tags: dict[str | None, tuple[str, str]] = {}
    faults = []
    for each in case.distinct:
        tag = context.representation(*each).field("etag")
        if tag in tags:
            faults.append(f"{each} and {tags[tag]} have one ETag, {tag}")
        tags[tag] = each
    return faults


def _members(response: Response, name: str) -> set[str]:
    return {member.strip().lower() for member in (response.field(name) or "").split(",")}


def _rule(rule: Field, request: Request, response: Response, context: Context) -> str | None:
    """What is wrong with one field; `None`: nothing."""
    value, wanted = response.field(rule.name), context.fill(rule.value)
    match rule.rule:
        case "is":
            holds = value == wanted
        case "absent":
            holds = value is None
        case "has":
            holds = wanted.lower() in _members(response, rule.name)
        case "lacks":
            holds = wanted.lower() not in _members(response, rule.name)
        case "like":
            holds = value is not None and re.fullmatch(wanted, value) is not None
        case "not":
            holds = value != wanted
        case "leads":
            holds = value is not None and _leads(request.target, value) == wanted
        case _:
            raise ValueError(f"there is no rule {rule.rule!r}")
    return (
        None if holds else f"{rule.name} is {value!r}; it must be: {rule.rule} {wanted!r}".strip()
    )


def _leads(target: str, location: str) -> str | None:
    """Where a relative Location leads from a target; `None` for one that names a host."""
    try:
        parts = urlsplit(location)
        led = urljoin(target, location)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc or location.startswith("\\") else led
