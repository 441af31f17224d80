"""Preconditions: what each field says, and which of them is heard first."""

import pytest

from hiss.http.conditional import Conditions, Outcome, evaluate, if_range_holds

TAG = '"tag"'
CHANGED = 784_111_777
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
SAME = "Sun, 06 Nov 1994 08:49:37 GMT"
AFTER = "Sun, 06 Nov 1994 08:49:38 GMT"

GO, SAME_AS_BEFORE, FAILED = Outcome.PROCEED, Outcome.NOT_MODIFIED, Outcome.FAILED


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, GO),
        # 1. If-Match, strongly.
        ({"if_match": TAG}, GO),
        ({"if_match": "*"}, GO),
        ({"if_match": f'"other", {TAG}'}, GO),
        ({"if_match": '"other"'}, FAILED),
        ({"if_match": f"W/{TAG}"}, FAILED),
        ({"if_match": "garbage"}, FAILED),
        # 2. If-Unmodified-Since, only without it.
        ({"if_unmodified_since": BEFORE}, FAILED),
        ({"if_unmodified_since": SAME}, GO),
        ({"if_unmodified_since": AFTER}, GO),
        ({"if_unmodified_since": "garbage"}, GO),
        ({"if_match": TAG, "if_unmodified_since": BEFORE}, GO),
        ({"if_match": '"other"', "if_unmodified_since": AFTER}, FAILED),
        # 3. If-None-Match, weakly.
        ({"if_none_match": TAG}, SAME_AS_BEFORE),
        ({"if_none_match": f"W/{TAG}"}, SAME_AS_BEFORE),
        ({"if_none_match": "*"}, SAME_AS_BEFORE),
        ({"if_none_match": f'"a", W/{TAG}, "b"'}, SAME_AS_BEFORE),
        ({"if_none_match": '"other"'}, GO),
        ({"if_none_match": "tag"}, GO),
        # 4. If-Modified-Since, only without it.
        ({"if_modified_since": BEFORE}, GO),
        ({"if_modified_since": SAME}, SAME_AS_BEFORE),
        ({"if_modified_since": AFTER}, SAME_AS_BEFORE),
        ({"if_modified_since": "Sunday, 06-Nov-94 08:49:37 GMT"}, SAME_AS_BEFORE),
        ({"if_modified_since": "Sun Nov  6 08:49:37 1994"}, SAME_AS_BEFORE),
        ({"if_modified_since": "garbage"}, GO),
        ({"if_none_match": '"other"', "if_modified_since": AFTER}, GO),
        ({"if_none_match": TAG, "if_modified_since": BEFORE}, SAME_AS_BEFORE),
        # One after the other: 412 before 304.
        ({"if_match": '"other"', "if_none_match": TAG}, FAILED),
        ({"if_match": TAG, "if_none_match": TAG}, SAME_AS_BEFORE),
        ({"if_unmodified_since": BEFORE, "if_none_match": TAG}, FAILED),
        ({"if_unmodified_since": SAME, "if_modified_since": SAME}, SAME_AS_BEFORE),
    ],
)
def test_evaluate(fields, expected):
    """The fields are heard in the order of RFC 9110, section 13.2.2."""
    assert evaluate(Conditions(**fields), TAG, CHANGED) is expected


@pytest.mark.parametrize("field", ["if_modified_since", "if_unmodified_since"])
@pytest.mark.parametrize("date", [BEFORE, SAME, AFTER])
def test_dates_say_nothing_of_what_has_no_date(field, date):
    """Without a Last-Modified of ours, date conditions are ignored."""
    assert evaluate(Conditions(**{field: date}), TAG, None) is GO


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TAG, True),
        (f"\t{TAG} ", True),
        (f"W/{TAG}", False),
        ('"other"', False),
        ("*", False),
        (f'{TAG}, "other"', False),
        (f'"other", {TAG}', False),
        (SAME, True),
        ("Sunday, 06-Nov-94 08:49:37 GMT", True),
        (BEFORE, False),
        (AFTER, False),
        ("garbage", False),
        ("", False),
    ],
)
def test_if_range_holds(value, expected):
    """If-Range holds for the same strong tag, or for exactly the date of the last change (W2)."""
    assert if_range_holds(value, TAG, CHANGED) is expected


def test_if_range_by_date_fails_without_a_date():
    """A date never holds against what has none, not even one that is no date either."""
    assert not if_range_holds(SAME, TAG, None)
    assert not if_range_holds("garbage", TAG, None)


def test_if_range_never_holds_for_a_weak_tag():
    """Two weak tags alike do not make the bytes alike."""
    assert not if_range_holds('W/"x"', '"x"', None)
