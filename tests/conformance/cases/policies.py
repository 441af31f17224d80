"""Part 7: CORS, CORP and nosniff on every answer, and a framework's own security headers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .case import (
    APP,
    MISSING,
    Case,
    Chapter,
    Empty,
    Expected,
    Field,
    Notice,
    failed,
    head,
    not_allowed,
    not_modified,
    part,
    unsatisfiable,
    whole,
)
from .files import CSS, HASHED, PIXEL
from .message import Request, request_for

POLICY: Final = (
    Field("Access-Control-Allow-Origin", "is", "*"),
    Field("Cross-Origin-Resource-Policy", "is", "cross-origin"),
    Field("X-Content-Type-Options", "is", "nosniff"),
)
_ABSENT: Final = tuple(Field(each.name, "absent") for each in POLICY)
_SECURITY: Final = (
    Field("Strict-Transport-Security", "like", "max-age=3600.*"),
    Field("X-Content-Type-Options", "is", "nosniff"),
    Field("Referrer-Policy", "is", "same-origin"),
    Field("Cross-Origin-Opener-Policy", "is", "same-origin"),
)


def cases() -> list[Case]:
    """The cases of policies."""
    chapter = Chapter(7, "http.md")
    for key, (request, expected) in _answers("main").items():
        chapter.add(f"policy-{key}", request, expected.but(*POLICY))
    request = Request(target="/indexed/docs", site="index")
    chapter.add("policy-302", request, Expected((302,), Notice(), POLICY))
    chapter.add("policy-app-untouched", Request(target="/page"), APP.but(*_ABSENT[:2]))
    for key in ("200", "206", "304", "405", "416", "head"):
        request, expected = _answers("plain")[key]
        chapter.add(f"policy-off-{key}", request, expected.but(*_ABSENT))
    _secure(chapter)
    return chapter.cases


def _answers(site: str) -> dict[str, tuple[Request, Expected]]:
    tag = f"{{etag:{CSS}:identity}}"
    return {
        "200": (request_for(CSS, site=site), whole(CSS)),
        "200-coded": (request_for(CSS, site=site, accept_encoding="br"), whole(CSS, "br")),
        "200-immutable": (request_for(HASHED, site=site), whole(HASHED)),
        "200-binary": (request_for(PIXEL, site=site), whole(PIXEL)),
        "200-font": (request_for("fonts/x.woff2", site=site), whole("fonts/x.woff2")),
        "200-origin": (
            request_for(CSS, site=site, origin="https://example.com"),
            whole(CSS),
        ),
        "head": (request_for(CSS, site=site, method="HEAD"), head()),
        "206": (request_for(CSS, site=site, range="bytes=0-0"), part(CSS, 0, 1)),
        "304": (request_for(CSS, site=site, if_none_match=tag), not_modified(CSS)),
        "404": (request_for("missing.css", site=site), MISSING),
        "404-head": (
            request_for("missing.css", site=site, method="HEAD"),
            Expected((404,), Empty()),
        ),
        "405": (request_for(CSS, site=site, method="POST"), not_allowed()),
        "412": (request_for(CSS, site=site, if_match='"other"'), failed()),
        "416": (request_for(CSS, site=site, range="bytes=99999-"), unsatisfiable(CSS)),
    }


def _secure(chapter: Chapter) -> None:
    """In front of Django, SECURE_ settings hold: fields over TLS, a redirect without it."""
    for key, (request, expected) in _answers("secure").items():
        over_tls = replace(request, secure=True)
        chapter.add(f"secure-{key}", over_tls, expected.but(*_SECURITY))
    for key, file in {"file": CSS, "immutable": HASHED, "missing": "missing.css"}.items():
        request = request_for(file, site="secure")
        location = Field("Location", "is", f"https://127.0.0.1/static/{file}")
        redirect = Expected((301,), Notice(), (location,))
        chapter.add(f"secure-plain-http-{key}", request, redirect)
