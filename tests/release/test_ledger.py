"""The ledger: which releases a root keeps, since when each was in force, and until when."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hiss.core.manifest import Manifest, format_manifest
from hiss.errors import ManifestError
from hiss.files.release import kept_ids
from hiss.release import ledger as module
from hiss.release.history import Event, add_events
from hiss.release.ledger import read_ledger
from release.roots import publish, publish_all, tree

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def at(hour):
    return DAY + timedelta(hours=hour)


@pytest.fixture
def keep(tmp_path):
    """Writes releases that were built at midnight, and a history: `keep("ab", "0a 1b", "b")`."""

    def make(ids, events, current):
        for release_id in ids:
            manifest = Manifest(id=release_id, created=DAY.isoformat(), label="", entries=())
            path = tmp_path / f".hiss/releases/{release_id}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(format_manifest(manifest))
        add_events(str(tmp_path), [Event(at(int(e[:-1])), e[-1], "build") for e in events.split()])
        if current:
            (tmp_path / ".hiss/current").write_text(f"{current}\n")
        return tmp_path

    return make


# Releases, events, the one in force; each release with the hours it was in force, and where
# `rollback` goes.
STORIES = [
    ("a", "", "a", [("a", 0, None)], None),
    ("a", "1a", "a", [("a", 1, None)], None),
    ("ab", "1a 2b", "b", [("b", 2, None), ("a", 1, 2)], "a"),
    # Built again, unchanged.
    ("ab", "1a 2b 3b 4b", "b", [("b", 4, None), ("a", 1, 2)], "a"),
    # Back, and forward again.
    ("ab", "1a 2b 3a", "a", [("a", 3, None), ("b", 2, 3)], "b"),
    ("ab", "1a 2b 3a 4b", "b", [("b", 4, None), ("a", 3, 4)], "a"),
    ("abc", "1a 2b 3c 4a", "a", [("a", 4, None), ("c", 3, 4), ("b", 2, 3)], "c"),
    # Kept, and never in force: it counts from its build, and nobody goes back to it.
    ("abh", "1a 2b", "b", [("b", 2, None), ("a", 1, 2), ("h", 0, 0)], "a"),
    ("ah", "1a", "a", [("a", 1, None), ("h", 0, 0)], None),
    # None is in force.
    ("h", "", "", [("h", 0, 0)], None),
    # What went leaves its time to the one before it.
    ("ac", "1a 2b 3c", "c", [("c", 3, None), ("a", 1, 2)], "a"),
]


@pytest.mark.parametrize(("ids", "events", "current", "expected", "before"), STORIES)
def test_who_was_in_force_when(keep, ids, events, current, expected, before):
    """The one that was put in force last comes first; the one in force has no end."""
    ledger = read_ledger(str(keep(ids, events, current)))
    found = [(each.id, each.since, each.until) for each in ledger.releases]
    assert found == [
        (name, at(since), None if until is None else at(until)) for name, since, until in expected
    ]
    assert ledger.current == current
    former = ledger.before()
    assert (former and former.id) == before


def test_two_at_once(keep):
    """Of two that began in one moment the one in force is the later, whatever they are called."""
    for current, other in ("ab", "ba"):
        root = keep("ab", "1a 1b", current)
        assert [each.id for each in read_ledger(str(root)).releases] == [current, other]


def test_no_releases(tmp_path):
    """A folder that nothing was built into has an empty ledger."""
    ledger = read_ledger(str(tmp_path))
    assert (ledger.releases, ledger.current, ledger.unreadable) == ((), "", ())
    assert ledger.before() is None
    with pytest.raises(KeyError):
        ledger.get("a")


def test_builds_are_releases(tmp_path):
    """Each build is a release in the ledger, and one of the same sources is no other."""
    root = tmp_path / "static"
    one, two = publish_all(root, 1, 2)
    again = publish(root, tree(2))
    assert (again.id, len({one.id, two.id})) == (two.id, 2)
    ledger = read_ledger(str(root))
    assert [each.id for each in ledger.releases] == [two.id, one.id]
    assert sorted(kept_ids(str(root))) == sorted([one.id, two.id])
    assert (
        ledger.get(one.id).until
        == read_ledger(str(root)).get(one.id).until
        > (ledger.get(one.id).since)
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"version": 99}', '{"version": 1}', "\udcff"], ids=repr
)
def test_what_cannot_be_read_is_named(keep, text):
    """A damaged manifest hides no other release, and is not forgotten."""
    root = keep("ab", "1a 2b", "b")
    damaged = root / ".hiss/releases/a.json"
    damaged.write_bytes(text.encode("utf-8", "surrogateescape"))
    ledger = read_ledger(str(root))
    assert [each.id for each in ledger.releases] == ["b"]
    assert ledger.unreadable == (str(damaged),)


@pytest.mark.parametrize("current", ["", "../../etc/passwd", "gone"])
def test_a_damaged_pointer_is_an_error(keep, current):
    """Which release is in force is never guessed."""
    root = keep("ab", "1a 2b", "b")
    (root / ".hiss/current").write_text(current)
    with pytest.raises(ManifestError, match="current"):
        read_ledger(str(root))


def test_times_are_never_those_of_files(keep):
    """Who touches a folder, as `cp` and `git` do, changes nothing."""
    root = keep("abc", "1a 2b 3c", "c")
    before = read_ledger(str(root))
    for path in root.rglob("*"):
        path.touch()
    assert read_ledger(str(root)) == before


def test_a_time_that_is_none(keep):
    """A release whose manifest says no time was built before all others."""
    root = keep("ab", "1b", "b")
    path = root / ".hiss/releases/a.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"created": "once"}))
    ledger = read_ledger(str(root))
    assert [each.id for each in ledger.releases] == ["b", "a"]
    assert ledger.releases[1].until.year == 1


def test_what_goes_while_it_is_read_is_not_damaged(keep, monkeypatch):
    """Another prune takes a manifest between its being listed and its being read."""
    root = keep("ab", "1a 2b", "b")
    monkeypatch.setattr(module, "kept_ids", lambda root: ["a", "b", "gone"])
    ledger = read_ledger(str(root))
    assert [each.id for each in ledger.releases] == ["b", "a"]
    assert ledger.unreadable == ()
