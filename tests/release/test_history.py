"""The history: what is written down of a release's being put in force, and read again."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from hiss.release.history import Event, add_events, add_switch, parse_time, read_history

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
ELEVEN, TWELVE = TEN + timedelta(hours=1), TEN + timedelta(hours=2)


def history(root):
    return root / ".hiss/history"


def test_nothing_happened(tmp_path):
    """A root without a history has none."""
    assert read_history(str(tmp_path)) == []
    assert read_history(str(tmp_path / "nowhere")) == []


def test_what_is_written_is_read(tmp_path):
    """Events come back, oldest first, in whatever order they were written; each once."""
    events = [Event(TEN, "aa", "build"), Event(ELEVEN, "bb", "build"), Event(TWELVE, "aa", "back")]
    add_events(str(tmp_path), reversed(events[:2]))
    add_events(str(tmp_path), events[2:])
    add_events(str(tmp_path), events[2:])
    assert read_history(str(tmp_path)) == events
    assert history(tmp_path).read_text().splitlines() == [
        "2026-11-20T10:00:00.000+00:00 aa build",
        "2026-11-20T11:00:00.000+00:00 bb build",
        "2026-11-20T12:00:00.000+00:00 aa back",
    ]
    assert [path.name for path in history(tmp_path).parent.iterdir()] == ["history"]


def test_what_is_not_kept_is_forgotten(tmp_path):
    """A history does not grow for ever: the events of releases that went, go."""
    add_events(str(tmp_path), [Event(TEN, "aa", "build"), Event(ELEVEN, "bb", "build")])
    add_events(str(tmp_path), [], kept=["bb"])
    assert [each.release for each in read_history(str(tmp_path))] == ["bb"]
    add_events(str(tmp_path), [Event(TWELVE, "cc", "build")])
    assert [each.release for each in read_history(str(tmp_path))] == ["bb", "cc"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "2026-11-20T09:00:00+00:00 aa",
        "2026-11-20T09:00:00+00:00 aa build more",
        "yesterday aa build",
        "2026-11-20T09:00:00+00:00 ../../aa build",
        "2026-11-20T09:00:00+00:00 a-a build",
        "2026-13-45T09:00:00+00:00 aa build",
        "aa build 2026-11-20T09:00:00+00:00",
        "\udcff\udcfe aa build",
        "\0\0\0",
    ],
)
def test_a_damaged_line_says_nothing(tmp_path, line):
    """Of a history that was cut or edited, what can be read counts."""
    history(tmp_path).parent.mkdir()
    good = "2026-11-20T10:00:00+00:00 bb build"
    text = f"{line}\n{good}\n{line}"
    history(tmp_path).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_history(str(tmp_path)) == [Event(TEN, "bb", "build")]


def test_a_history_that_is_no_file(tmp_path):
    """Nor is it an error where it cannot be read at all."""
    history(tmp_path).mkdir(parents=True)
    assert read_history(str(tmp_path)) == []


BEGINNING = datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T10:00:00+00:00", TEN),
        ("2026-11-20T10:00:00Z", TEN),
        ("2026-11-20T10:00:00", TEN),
        ("2026-11-20T12:00:00.000+02:00", TEN),
        ("", BEGINNING),
        ("soon", BEGINNING),
        ("20", BEGINNING),
    ],
)
def test_parse_time(text, moment):
    """What says no moment is the beginning of time; a moment without a zone is in UTC."""
    assert parse_time(text) == moment
    assert parse_time(text).utcoffset() is not None


def test_a_switch_is_the_last(tmp_path, monkeypatch):
    """What a clock that was ahead had put into the future came a millisecond after the switch, now
    and then, and there was nothing to go back to.
    """
    moments = (TEN + timedelta(milliseconds=number) for number in itertools.count())

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return next(moments).astimezone(tz)

    add_events(str(tmp_path), [Event(TWELVE, "aa", "build")])
    monkeypatch.setattr("hiss.release.history.datetime", Clock)
    add_switch(str(tmp_path), "bb", "build")
    assert [each.release for each in read_history(str(tmp_path))] == ["aa", "bb"]


def test_moments_in_other_zones_are_in_order(tmp_path):
    """Servers may stand in several zones."""
    later = datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=-3)))
    add_events(str(tmp_path), [Event(later, "bb", "build"), Event(ELEVEN, "aa", "build")])
    assert [each.release for each in read_history(str(tmp_path))] == ["aa", "bb"]
