"""Preconditions, in the order of RFC 9110, section 13.2.2.

Answers which of three things a conditional request comes to. A representation's validators are
its strong entity tag and, where it has one, the time it last changed.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from hiss.http.dates import parse_date
from hiss.http.etags import parse_etags, strong_match, weak_match


class Outcome(Enum):
    """What the preconditions of a request say."""

    PROCEED = 200
    NOT_MODIFIED = 304
    FAILED = 412


class Conditions(NamedTuple):
    """The precondition fields of a GET or HEAD request; `None` for one that was not sent."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None


def evaluate(conditions: Conditions, etag: str, last_modified: int | None) -> Outcome:
    """Hold the preconditions of a GET or HEAD against the selected representation."""
    # 1. If-Match, by strong comparison; 2. If-Unmodified-Since, only without it.
    if conditions.if_match is not None:
        if not strong_match(parse_etags(conditions.if_match), etag):
            return Outcome.FAILED
    elif _changed_since(conditions.if_unmodified_since, last_modified):
        return Outcome.FAILED
    # 3. If-None-Match, by weak comparison; 4. If-Modified-Since, only without it.
    if conditions.if_none_match is not None:
        if weak_match(parse_etags(conditions.if_none_match), etag):
            return Outcome.NOT_MODIFIED
    elif _changed_since(conditions.if_modified_since, last_modified) is False:
        return Outcome.NOT_MODIFIED
    return Outcome.PROCEED


def _changed_since(value: str | None, last_modified: int | None) -> bool | None:
    """Whether the representation changed after the date; `None`: the field must be ignored."""
    # "A recipient MUST ignore [it] if the received field value is not a valid HTTP-date [...] or
    # if the resource does not have a modification date available."
    if value is None or last_modified is None:
        return None
    date = parse_date(value)
    return None if date is None else last_modified > date


def if_range_holds(value: str, etag: str, last_modified: int | None) -> bool:
    """Whether an If-Range field lets the range of this representation be sent (13.1.5)."""
    value = value.strip(" \t")
    if value.endswith('"'):
        # One strong tag; "*" and lists are not of its grammar.
        return value == etag
    # "the HTTP-date validator [...] exactly matches the Last-Modified field value"
    return last_modified is not None and parse_date(value) == last_modified
