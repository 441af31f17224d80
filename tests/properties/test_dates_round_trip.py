"""Dates: written and read back, they are the same, and others read them alike."""

import time
from email.utils import format_datetime, formatdate, parsedate_to_datetime

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import http_date
from werkzeug.http import parse_date as werkzeug_parse_date

from hiss.http.dates import format_date, parse_date

SECONDS = st.integers(0, 253_402_300_799)
# The years in which two digits mean the same to all.
SHORT_YEARS = st.integers(0, 3_124_223_999)


@given(SECONDS)
def test_round_trip(seconds):
    """A date that is written is read as the same second, by us and by others."""
    text = format_date(seconds)
    assert parse_date(text) == seconds
    assert parsedate_to_datetime(text).timestamp() == seconds
    assert werkzeug_parse_date(text).timestamp() == seconds


@given(SECONDS)
def test_others_write_the_same(seconds):
    """The text is that of `email.utils` and of werkzeug."""
    text = format_date(seconds)
    assert text == formatdate(seconds, usegmt=True) == http_date(seconds)
    assert text == format_datetime(werkzeug_parse_date(text), usegmt=True)


@given(SHORT_YEARS)
def test_the_obsolete_forms(seconds):
    """The two obsolete forms of a date are read as the same second."""
    moment = time.gmtime(seconds)
    assert parse_date(time.strftime("%A, %d-%b-%y %H:%M:%S GMT", moment)) == seconds
    assert parse_date(time.asctime(moment)) == seconds


@given(st.text(max_size=40) | st.text("SunMoTed, 0123456789:-GMT", max_size=32))
def test_any_text(text):
    """What is not a date is `None`; what is one can be written."""
    seconds = parse_date(text)
    assert seconds is None or parse_date(format_date(seconds)) == seconds
