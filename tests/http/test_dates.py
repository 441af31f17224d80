"""HTTP dates: three forms in, one form out, and no time zone but UTC."""

import time

import pytest

from hiss.http.dates import format_date, parse_date

# RFC 9110, section 5.6.7: its own example, in the three forms.
EXAMPLE = 784_111_777


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE),
        ("Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE),
        ("Sun Nov  6 08:49:37 1994", EXAMPLE),
        (" \tSun, 06 Nov 1994 08:49:37 GMT\t ", EXAMPLE),
        ("Sun Nov 06 08:49:37 1994", EXAMPLE),
        ("Wed Nov 16 08:49:37 1994", EXAMPLE + 10 * 86400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Thursday, 01-Jan-70 00:00:00 GMT", 0),
        ("Tuesday, 31-Dec-69 23:59:59 GMT", 3_155_759_999),
        ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
        # A leap second is the second before it, which POSIX time counts twice.
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
        # The day's name is not checked against the date: nobody relies on it.
        ("Mon, 06 Nov 1994 08:49:37 GMT", EXAMPLE),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ],
)
def test_parse_date(value, expected):
    """Each of the three forms is read as seconds since the epoch, in UTC."""
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "784111777",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_parse_date_refuses(value):
    """What is none of the three forms, or no day of the calendar, is no date."""
    assert parse_date(value) is None


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (EXAMPLE, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ],
)
def test_format_date(timestamp, expected):
    """Dates go out as IMF-fixdate."""
    assert format_date(timestamp) == expected


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_dates_know_no_time_zone(monkeypatch, zone):
    """The host's time zone changes no date (WhiteNoise's W5: validators differed by TZ)."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert format_date(EXAMPLE) == "Sun, 06 Nov 1994 08:49:37 GMT"
        assert parse_date("Sunday, 06-Nov-94 08:49:37 GMT") == EXAMPLE
    finally:
        monkeypatch.undo()
        time.tzset()
