"""What the RFCs allow as the answer to a case, where the contract of Hiss asks for more.

MUST and SHOULD count, and so does what a sentence of an RFC plainly says. What an RFC leaves to a
server (MAY), or does not speak of, is open: it is the contract's own, and judged apart.
"""

from __future__ import annotations

import re
from typing import Final

from conformance.cases import Case, Request
from conformance.cases.case import (
    APP,
    REFUSED,
    Covers,
    Empty,
    Expected,
    Field,
    Free,
    Notice,
    Parts,
    Slice,
    Whole,
)
from conformance.cases.files import CSS, FILES

CODINGS: Final = ("identity", "br", "gzip", "zstd")

# Sections that the contract's rule is about, and that do not make it: exact directives of
# Cache-Control, the media type of a suffix and its charset, relative redirects, Accept-Ranges.
_OF_THE_CONTRACT: Final = frozenset(
    {
        "http.md",
        "RFC 8246",
        "RFC 9110 10.2.2",
        "RFC 9110 14.3",
        "RFC 9110 8.3",
        "RFC 9111 5.2.2",
        "RFC 9111 5.2.2.5",
    }
)
_OPEN: Final = frozenset(
    {
        # RFC 9110, 8.4: the same data may be published as gzip by its type or by its coding.
        "download-json-gz",
        "download-tarball-all",
        "download-tarball-gzip",
        # RFC 9110, 12.5.5: Vary on what can be cached; and nothing against one too many.
        "vary-416",
        "vary-no-variants",
        # Which targets a redirect answers, is the server's to say.
        "index-redirect-post",
    }
)
# Targets that must not lead to a file. All others that the contract refuses name no file by its
# own account only: nothing forbids a server to give a file a second URL.
_TRAPS: Final = {
    # RFC 3986, 2.4: never decode twice. 6.2.2.1: paths are case-sensitive.
    "path-case": "RFC 3986 6.2.2.1",
    "path-double-encoded-letter": "RFC 3986 2.4",
    "path-parent-double-encoded": "RFC 3986 2.4",
    "path-parent-double-encoded-slash": "RFC 3986 2.4",
    "path-percent-decoded-once": "RFC 3986 2.4",
    "path-percent-decoded-twice": "RFC 3986 2.4",
    "path-plus-is-no-space": "RFC 3986 2.4",
    # RFC 9110, 17.3: names that climb out of the folder.
    **{
        f"path-parent{key}": "RFC 9110 17.3"
        for key in (
            "",
            "-all-encoded",
            "-backslash",
            "-deep",
            "-encoded",
            "-encoded-slash",
            "-encoded-slashes",
            "-encoded-upper",
            "-half-encoded",
            "-many",
            "-overlong",
            "-overlong-slash",
            "-wide",
        )
    },
}
# RFC 9110, 14.2: a unit that is not understood MUST be ignored.
_UNITS: Final = frozenset(
    {
        "if-range-true-unit",
        "range-ignored-unit-items",
        "range-ignored-unit-longer",
        "range-ignored-unit-prefixed",
        "range-ignored-unit-seconds",
    }
)
# RFC 9110, 5.6.7: recipients are encouraged to be robust. A moment can be read in these, or they
# are of the grammar, and of no calendar.
_ROBUST_DATES: Final = frozenset(
    {
        "ims-bad-no-such-day",
        "ims-bad-no-such-hour",
        "ims-bad-no-zone",
        "ims-bad-one-digit-day",
        "ims-bad-parameter",
        "ims-bad-zone-name",
        "ims-bad-zone-offset",
    }
)
_BAD_RANGES: Final = ("if-range-true-bad", "range-ignored-", "range-space-after-equals")
# Not of their field's grammar: no RFC says what then.
_INVALID: Final = frozenset(
    {
        "if-range-date-bad",
        "if-range-date-zone",
        "if-range-empty",
        "if-range-half-quoted",
        "if-range-list",
        "if-range-star",
        "if-range-unquoted",
        "ius-bad-zone",
        "im-unquoted",
        "inm-empty",
        "inm-unquoted",
        "pre-inm-unquoted-ims-unchanged",
        "pre-inm-unquoted-ims-unchanged-head",
    }
)
_ANYTHING: Final = Expected((200, 206, 304, 400, 412), Free())
_NOTHING: Final = frozenset(
    {
        "neg-everything-q0",
        "neg-identity-q0",
        "neg-identity-q0-unknown",
        "neg-none-identity-q0",
        "neg-star-q0",
    }
)
# RFC 9110, 5.4: what is larger than a server wishes to process is a 4xx.
_LARGE: Final = 4000
_TOO_LARGE: Final = Expected((400, 413, 414, 431), Free())
_REJECTED: Final = Expected((400, 416), Free())
_RANGES: Final = re.compile(r"bytes=([\d,-]+)")
_QVALUE: Final = re.compile(r"(?i)q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def section(case: Case) -> str:
    """The RFC and section that a case is judged by."""
    if case.id.startswith("range-empty-element"):
        return "RFC 9110 5.6.1.2"
    if case.id == "if-range-head":
        return "RFC 9110 14.2"
    return _TRAPS.get(case.id, case.rfc)


def allowed(case: Case) -> tuple[Expected, ...] | None:
    """Every answer that the RFCs allow; `None` where they do not speak of it."""
    if case.id in _TRAPS:
        return (Expected((301, 302, 307, 308, 400, 403, 404, 414), Notice()), APP)
    if case.rfc in _OF_THE_CONTRACT or case.id in _OPEN:
        return None
    if case.id.startswith("path-") and not case.id.startswith(("path-found", "path-raw")):
        return None
    answers = [each for expected in case.expected for each in _widen(expected, case)]
    return tuple(dict.fromkeys([*answers, *_besides(case)]))


def acceptable(request: Request) -> set[str]:
    """The codings that a request accepts (RFC 9110, section 12.5.3)."""
    lines = request.lines("accept-encoding")
    if not lines:
        return set(CODINGS)
    weights: dict[str, float] = {}
    for member in ",".join(lines).split(","):
        name, *parameters = (each.strip().lower() for each in member.split(";"))
        weights["gzip" if name == "x-gzip" else name] = _weight(parameters)
    star = weights.get("*", 0.0)
    found = {each for each in CODINGS[1:] if weights.get(each, star) > 0}
    if weights.get("identity", star if "*" in weights else 1.0) > 0 or not found:
        found.add("identity")
    return found


def _weight(parameters: list[str]) -> float:
    matches = [_QVALUE.fullmatch(each) for each in parameters]
    return min((float(match[1]) for match in matches if match), default=1.0)


def _widen(expected: Expected, case: Case) -> list[Expected]:
    codings = "any:" + ",".join(sorted(acceptable(case.request)))
    body = Whole(getattr(expected.body, "file", case.request.file), codings)
    whole = Expected((200,), body, (Field("Content-Range", "absent"),))
    match expected:
        case Expected((200,), Whole(coding=coding)):
            if coding.startswith("any:"):
                return [expected]
            return [_lengths(expected._replace(body=body))]
        case Expected((200,), Empty()):
            # The checker holds it against the answer to GET.
            names = {"Accept-Ranges", "Content-Length", "Content-Encoding", "ETag"}
            return [_without(expected, names)]
        case Expected((206,), Slice() | Parts() | Covers()):
            # 14.2: a server MAY ignore Range.
            return [_lengths(expected), whole]
        case Expected((416,), fields=fields):
            # No more than the size is said of its form.
            return [expected, Expected((416,), Empty(), fields[:1]), whole]
        case Expected((304,)):
            # The checker holds it against the 200, which may have no tag.
            return [_without(expected, {"ETag", "Cache-Control"}), *_vary_anyway(case, whole)]
        case Expected((404,)):
            # What has no file may be the application's.
            return [_without(expected, {"Cache-Control"}), APP, REFUSED]
        case Expected((405,)):
            allow = Field("Allow", "has", "GET")
            return [Expected((405,), Notice(), (allow,)), APP, *_other_methods(case)]
        case _:
            return [expected]


def _without(expected: Expected, names: set[str]) -> Expected:
    return expected._replace(fields=tuple(f for f in expected.fields if f.name not in names))


def _lengths(expected: Expected) -> Expected:
    """8.6: a transfer coding may stand in Content-Length's place. 8.8.1: tags may be weak."""
    expected = _without(expected, {"Accept-Ranges", "Content-Length", "Content-Type"})
    fields = (
        field._replace(value="(W/)?" + field.value) if field.name == "ETag" else field
        for field in expected.fields
        if field.rule == "like"
    )
    return expected._replace(
        fields=(*(field for field in expected.fields if field.rule != "like"), *fields)
    )


def _vary_anyway(case: Case, whole: Expected) -> list[Expected]:
    """What a 304 must carry is asked of whoever sends one; that one comes, is another case."""
    if case.id.startswith("vary-304"):
        return [whole.but(Field("Vary", "has", "Accept-Encoding"))]
    return []


def _other_methods(case: Case) -> list[Expected]:
    method = case.request.method
    if method == "OPTIONS":
        return [Expected((200, 204), Free(), (Field("Allow", "has", "GET"),))]
    if method in {"DELETE", "PATCH", "POST", "PUT"}:
        return []
    # 15.6.2: what a server does not know or has not got.
    return [Expected((400, 501), Free())]


def _besides(case: Case) -> list[Expected]:
    """What is allowed for one case alone."""
    more = []
    if case.id.startswith(_BAD_RANGES) and case.id not in _UNITS:
        # 14.2: "MAY ignore or reject a Range header field that contains an invalid
        # ranges-specifier". Nor is it said that none may be read into it.
        more += [_REJECTED, _any_part(case)]
    if case.id.startswith("multi-abusive"):
        # 17.15: ignore, coalesce or reject.
        more += [_REJECTED, Expected((206,), Free())]
    if "-huge" in case.id or case.id == "multi-whole-ten-times":
        # More than any file has; and "more than two overlapping ranges".
        more.append(_REJECTED)
    if case.expected[0].status == (206,):
        more += _as_asked(case)
    if case.id in _ROBUST_DATES:
        more.append(Expected((304,), Empty()))
    if case.id in _INVALID:
        more.append(_ANYTHING)
    if case.id.startswith("neg-bad-"):
        more.append(Expected((200,), Whole(CSS, "any:br,gzip,identity,zstd")))
    if case.id in _NOTHING:
        # 12.4.1: that nothing is acceptable may also be said.
        more.append(Expected((406,), Free()))
    if sum(len(value) for _, value in case.request.headers) > _LARGE:
        more.append(_TOO_LARGE)
    return more


def _any_part(case: Case) -> Expected:
    """A part, or several, that are what they say they are."""
    return Expected((206,), Covers(case.request.file or "", ()))


def _as_asked(case: Case) -> list[Expected]:
    """15.3.7.2: a server MAY coalesce ranges: it need not."""
    body = case.expected[0].body
    match = _RANGES.fullmatch("".join(case.request.lines("range")))
    if match is None or not isinstance(body, Covers):
        return []
    size = len(FILES[body.file])
    spans = [_span(each, size) for each in match[1].split(",")]
    satisfiable = tuple(span for span in spans if span is not None)
    return [Expected((206,), Parts(body.file, satisfiable))]


def _span(text: str, size: int) -> tuple[int, int] | None:
    first, _, last = text.partition("-")
    if not first:
        return (max(size - int(last), 0), size) if int(last) else None
    return (int(first), min(int(last or size) + 1, size)) if int(first) < size else None
