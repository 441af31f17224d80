"""How long an answer may be kept, as its fields say it (RFC 9111)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.http.dates import parse_date

if TYPE_CHECKING:
    from hiss.verify.messages import Answer

# RFC 9213: what is said to CDNs alone.
_FIELDS: Final = ("Cache-Control", "CDN-Cache-Control", "Surrogate-Control")


def directives(answer: Answer, name: str = "Cache-Control") -> dict[str, list[str]]:
    """Directive to its values, in lower case; an empty one for none."""
    found: dict[str, list[str]] = {}
    for member in answer.members(name):
        key, _, value = member.partition("=")
        found.setdefault(key.strip(), []).append(value.strip(' "'))
    return found


def is_immutable(answer: Answer) -> bool:
    """Whether no cache will ever ask again (RFC 8246)."""
    return "immutable" in directives(answer)


def max_age(answer: Answer) -> int | None:
    """Seconds that a browser may keep it; `None`: nothing says."""
    said = directives(answer)
    if said.keys() & {"no-store", "no-cache"}:
        return 0
    return _seconds(said, "max-age") if "max-age" in said else _expires(answer)


def longest_age(answer: Answer) -> int:
    """Seconds that any cache may keep it, as far as its fields say."""
    found = [max_age(answer) or 0]
    for name in _FIELDS:
        said = directives(answer, name)
        if not said.keys() & {"no-store", "no-cache", "private"}:
            keys = ("max-age", "s-maxage", "stale-while-revalidate")
            found.extend(_seconds(said, each) or 0 for each in keys)
    return max(found)


def may_be_shared(answer: Answer) -> bool:
    """Whether a CDN may keep it."""
    said = directives(answer)
    return not said.keys() & {"no-store", "no-cache", "private"} and longest_age(answer) > 0


def contradiction(answer: Answer) -> str:
    """What Cache-Control says against itself; empty for nothing."""
    said = directives(answer)
    for name in ("max-age", "s-maxage"):
        values = list(dict.fromkeys(said.get(name, ())))
        if len(values) > 1:
            return f"{name} is {' and '.join(values)}"
    for one, other in (
        ("public", "private"),
        ("immutable", "no-store"),
        ("immutable", "no-cache"),
    ):
        if one in said and other in said:
            return f"{one} and {other}"
    return ""


def _seconds(said: dict[str, list[str]], name: str) -> int | None:
    values = [int(each) for each in said.get(name, ()) if each.isdecimal()]
    return min(values) if values else None


def _expires(answer: Answer) -> int | None:
    value = answer.header("Expires")
    if not value:
        return None
    until, date = parse_date(value), parse_date(answer.header("Date"))
    # RFC 9111, 5.3: what is no date is in the past.
    return 0 if until is None else max(until - date, 0) if date is not None else None
