"""Which releases stay: a release goes only when both KEEP_RELEASES and KEEP_DAYS say so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.core.manifest import Manifest
from hiss.errors import ConfigurationError
from hiss.release.history import Event
from hiss.release.ledger import Ledger, Release, _releases
from hiss.release.retain import Retention, settle_retention

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def ledger_of(*releases):
    """From ids, each with how many days ago it came in force and, unless it still is, went."""
    found = tuple(
        Release(
            Manifest(id=name, created=NOW.isoformat(), label="", entries=()),
            NOW - timedelta(days=since),
            None if until is None else NOW - timedelta(days=until),
        )
        for name, since, until in releases
    )
    current = "".join(each.id for each in found if each.until is None)
    return Ledger("/nowhere", found, current)


# Five releases, one of each week, and the last of today.
WEEKLY = [("e", 0, None), ("d", 7, 0), ("c", 14, 7), ("b", 21, 14), ("a", 28, 21)]
# Ten in an hour, as a busy day has them.
BUSY = [(f"{9 - n}", n / 240, (n - 1) / 240 if n else None) for n in range(10)]
# In force for a year, and replaced an hour ago, twice.
LONG = [("c", 0.02, None), ("b", 1 / 24, 0.02), ("a", 365, 1 / 24)]
# Went back to the first of four, three weeks after it was replaced.
BACK = [("a", 0, None), ("d", 10, 0), ("c", 20, 10), ("b", 30, 20)]


@pytest.mark.parametrize(
    ("releases", "number", "days", "expected"),
    [
        (WEEKLY, 3, 7, "ab"),
        (WEEKLY, 3, 14, "ab"),
        (WEEKLY, 3, 15, "a"),
        (WEEKLY, 3, 22, ""),
        (WEEKLY, 5, 0, ""),
        (WEEKLY, 4, 0, "a"),
        (WEEKLY, 1, 0, "abcd"),
        (WEEKLY, 1, 7, "abc"),
        # Many of them, but none is old.
        (BUSY, 3, 7, ""),
        (BUSY, 3, 0, "0123456"),
        # All are old, but they are few.
        (WEEKLY[:3], 3, 1, ""),
        # How long it has been out of force counts, and not when it came.
        (LONG, 1, 7, ""),
        (LONG, 1, 1 / 48, "a"),
        (LONG, 1, 0, "ab"),
        # The one in force stays, wherever in the list it is.
        (BACK, 1, 0, "bcd"),
        ([("b", 1, 1), ("a", 9, None)], 1, 0, ""),
        ([("h", 0, 0), ("b", 1, None), ("a", 9, 1)], 1, 0, "a"),
        ([], 1, 0, ""),
    ],
)
def test_both_must_say_so(releases, number, days, expected):
    """The oldest are named first; what they are called decides nothing."""
    expired = Retention(number, days).expired(ledger_of(*releases), NOW)
    assert "".join(each.id for each in expired) == expected


def test_what_is_needed_stays():
    """Whoever is in the middle of something keeps what it goes back to."""
    expired = Retention(1, 0).expired(ledger_of(*WEEKLY), NOW, needed={"b", "zz"})
    assert [each.id for each in expired] == ["a", "c", "d"]


def test_the_clock_is_the_systems():
    """Without a moment it is this one."""
    hour = timedelta(hours=1)
    manifest = Manifest(id="a", created="", label="", entries=())
    young, old = (
        Release(manifest, NOW, datetime.now(UTC) - timedelta(days=7) + near)
        for near in (hour, -hour)
    )
    [current] = ledger_of(("z", 0, None)).releases
    kept = Ledger("/nowhere", (current, young, old), "z")
    assert Retention(1, 7).expired(kept) == (old,)


MOMENTS = st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours))
NAMES = st.sampled_from("abcdefgh")


@given(
    st.sets(NAMES),
    NAMES,
    st.lists(st.builds(Event, MOMENTS, NAMES, st.just("build"))),
    st.dictionaries(NAMES, MOMENTS),
    st.integers(1, 9),
    st.floats(0, 20),
    st.sets(NAMES, max_size=2),
)
def test_what_always_holds(others, current, events, created, number, days, needed):
    """Whatever the history says, even nonsense: the one in force stays, as many stay as are to be
    kept, nothing goes that was in force lately, and what would go with longer rules goes with
    shorter ones.
    """
    manifests = [
        Manifest(id=each, created=created.get(each, NOW).isoformat(), label="", entries=())
        for each in {*others, current}
    ]
    ledger = Ledger("/nowhere", _releases(manifests, sorted(set(events)), current), current)
    expired = Retention(number, days).expired(ledger, NOW, needed=needed)
    gone = {each.id for each in expired}
    assert gone.isdisjoint({current, *needed})
    assert len(ledger.releases) - len(gone) >= min(number, len(ledger.releases))
    for each in expired:
        assert each.until <= NOW - timedelta(days=days)
        in_force = [event.at for event in events if event.release == each.id]
        assert max(in_force, default=each.since) == each.since <= each.until
    assert [each.since for each in expired] == sorted(each.since for each in expired)
    longer = Retention(number + 1, days + 1).expired(ledger, NOW, needed=needed)
    assert {each.id for each in longer} <= gone


@pytest.mark.parametrize(("number", "days"), [(1, 0), (3, 7), (10**9, 100_000), (2, 0.5)])
def test_good_rules(number, days):
    """As they are given, and they can be counted with."""
    retention = settle_retention(number, days)
    assert retention == Retention(number, days)
    assert retention.expired(ledger_of(*WEEKLY)) is not None


@pytest.mark.parametrize(
    ("number", "days", "words"),
    [
        (0, 7, "KEEP_RELEASES must be a number, at least 1 (the one in force), not 0"),
        (-1, 7, "KEEP_RELEASES"),
        (True, 7, "KEEP_RELEASES"),
        ("3", 7, "KEEP_RELEASES must be a number, at least 1 (the one in force), not '3'"),
        (1.5, 7, "KEEP_RELEASES"),
        (None, 7, "KEEP_RELEASES"),
        (3, -1, "KEEP_DAYS must be a number of days from 0 on, not -1"),
        (3, "7", "KEEP_DAYS"),
        (3, False, "KEEP_DAYS"),
        (3, None, "KEEP_DAYS"),
        (3, float("nan"), "KEEP_DAYS"),
        (3, float("inf"), "KEEP_DAYS"),
        (3, 10**9, "KEEP_DAYS"),
    ],
)
def test_bad_rules(number, days, words):
    """A rule that keeps nothing, or that is none, is an error that names it."""
    with pytest.raises(ConfigurationError) as caught:
        settle_retention(number, days)
    assert words in str(caught.value)
