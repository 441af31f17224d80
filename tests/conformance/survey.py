"""What a check needs to know of the server under test beside one response: asked of it, once.

Also fills the symbols in a case's request: tags and dates are the server's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from .cases import Case, Request, Response
from .cases.files import FILES, MODIFIED, STALE
from .cases.message import request_for

Ask = Callable[[Request], Response]

_SYMBOL: Final = re.compile(r"\{(etag|opaque|size|last-modified):([^:{}]+):([^{}]+)\}")
_CONDITIONAL: Final = frozenset(
    {
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
    }
)
_FILES: Final = {**FILES, **STALE}


@dataclass(frozen=True)
class Context:
    """A server under test, as far as a case has to know it."""

    #: Name to bytes, of every file.
    files: Mapping[str, bytes]
    #: The 200 with a file in a coding, at the case's site.
    representation: Callable[[str, str], Response]
    #: A text with its symbols filled.
    fill: Callable[[str], str]
    #: The GET that a HEAD must agree with.
    get: Response | None = None
    #: The answer without preconditions and ranges, that a 304 and a 206 must agree with.
    plain: Response | None = None


class Survey:
    """Asks a server, and remembers what it said."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[Request, Response] = {}

    def ask(self, request: Request) -> Response:
        """The answer to a request, asked anew."""
        return self._ask(request)

    def context(self, case: Case) -> tuple[Request, Context]:
        """The case's request with its symbols filled, and what its check needs."""
        site, secure = case.request.site, case.request.secure

        def representation(file: str, coding: str) -> Response:
            request = request_for(file, site=site, accept_encoding=coding)
            return self._remember(replace(request, secure=secure))

        def fill(text: str) -> str:
            return _SYMBOL.sub(lambda match: _symbol(representation, *match.groups()), text)

        filled = tuple((name, fill(value)) for name, value in case.request.headers)
        request = replace(case.request, headers=filled)
        is_conditional = any(name.lower() in _CONDITIONAL for name, _ in filled)
        return request, Context(
            files=_FILES,
            representation=representation,
            fill=fill,
            get=self._remember(_as_get(request)) if request.method == "HEAD" else None,
            plain=self._remember(request.bare()) if is_conditional else None,
        )

    def _remember(self, request: Request) -> Response:
        if request not in self._known:
            self._known[request] = self._ask(request)
        return self._known[request]


def _as_get(request: Request) -> Request:
    """The GET that a HEAD stands for: without a range, which a HEAD cannot ask for."""
    kept = tuple(pair for pair in request.headers if pair[0].lower() not in {"range", "if-range"})
    return replace(request, method="GET", headers=kept)


def _symbol(representation: Callable[[str, str], Response], kind: str, file: str, rest: str) -> str:
    if kind == "last-modified":
        seconds, form = rest.split(":")
        return _date(representation(file, "identity"), int(seconds), form)
    response = representation(file, rest)
    if kind == "size":
        return response.field("content-length") or str(len(response.body))
    # A server without tags gets one that it cannot know.
    tag = response.field("etag") or f'"made-up-{rest}"'
    return tag.removeprefix("W/") if kind == "opaque" else tag


def _date(response: Response, seconds: int, form: str) -> str:
    try:
        moment = parsedate_to_datetime(response.field("last-modified") or "")
    except ValueError:
        moment = datetime.fromtimestamp(MODIFIED, UTC)
    return format_date(moment + timedelta(seconds=seconds), form)


def format_date(moment: datetime, form: str) -> str:
    """A moment in one of HTTP's three forms, in the C locale's names."""
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    day, month = days[moment.weekday()], months[moment.month * 3 - 3 : moment.month * 3]
    clock = f"{moment:%H:%M:%S}"
    match form:
        case "rfc850":
            return f"{day}, {moment.day:02}-{month}-{moment.year % 100:02} {clock} GMT"
        case "asctime":
            return f"{day[:3]} {month} {moment.day:2} {clock} {moment.year}"
        case _:
            return f"{day[:3]}, {moment.day:02} {month} {moment.year} {clock} GMT"
