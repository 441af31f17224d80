"""HTTP dates, in all three forms, in UTC (RFC 9110, section 5.6.7).

A date is an integer: seconds since 1970-01-01T00:00:00Z, as POSIX counts them. Neither the host's
time zone nor its locale plays any part.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip

_MONTH: Final = rf"(?P<month>{'|'.join(_MONTHS)})"
_TIME: Final = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS: Final = (
    # IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
    rf"(?:{'|'.join(_DAYS)}), (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
    # rfc850-date: Sunday, 06-Nov-94 08:49:37 GMT
    r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), "
    rf"(?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
    # asctime-date: Sun Nov  6 08:49:37 1994
    rf"(?:{'|'.join(_DAYS)}) {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})",
)
_PATTERNS: Final = tuple(re.compile(form) for form in _FORMS)

# A two-digit year is the one of these hundred. The RFC moves this window with the clock (50 years
# ahead at the most); no date that anybody sends lies in the years where the two differ.
_FIRST_SHORT_YEAR: Final = 1970


def parse_date(value: str) -> int | None:
    """Read an HTTP-date as seconds since the epoch; `None` for what is not one."""
    value = value.strip(" \t")
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(value):
            return _timestamp(match)
    return None


def _timestamp(match: re.Match[str]) -> int | None:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 1900 if year >= _FIRST_SHORT_YEAR % 100 else 2000
    try:
        moment = datetime(
            year,
            _MONTHS.index(match["month"]) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            # "second = 2DIGIT" may be 60, a leap second, which POSIX time does not count.
            59 if match["second"] == "60" else int(match["second"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return int(moment.timestamp())


def format_date(timestamp: int) -> str:
    """Write seconds since the epoch as an IMF-fixdate, the one form that senders may use."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} "
        f"{moment.year:04} {moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"
    )
