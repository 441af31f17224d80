"""A release's entries: each read when it is asked for, and those of that release to the end."""

import pytest

from files.test_index import HEADER, entry
from harness.calls import system_calls
from hiss.core.manifest import Manifest, by_name, format_manifest, union
from hiss.errors import ManifestError
from hiss.files import entries as module
from hiss.files.atomic import write_atomic
from hiss.files.entries import Entries, find_entries, kept_entries, open_entries, open_running
from hiss.files.index import format_index
from hiss.files.pin import Pin
from hiss.files.release import CURRENT, INDEX, manifest_name


def make(number, *entries, label=""):
    return Manifest(
        id=f"{number:016x}", created=f"2026-01-{number:02}", label=label, entries=entries
    )


SHARED = entry("img/x.1.png", name="img/x.png", immutable=True)
ONE = make(1, entry("a.css"), entry("a.1.css", name="a.css", immutable=True), SHARED, label="v1")
TWO = make(2, entry("a.css", size=6), entry("a.2.css", name="a.css", immutable=True), SHARED)
IDS = [ONE.id, TWO.id]


def write(root, *manifests, indexed=None):
    """A root with these releases, the last in force; the index knows the same, or others."""
    for each in manifests:
        write_atomic(str(root / manifest_name(each.id)), format_manifest(each).encode())
    write_atomic(str(root / CURRENT), f"{manifests[-1].id}\n".encode())
    known = manifests[::-1] if indexed is None else indexed
    write_atomic(str(root / INDEX), format_index(union(known), manifests[-1].id, known))
    return str(root)


@pytest.fixture(params=["index", "manifest", "Windows"])
def root(tmp_path, request, monkeypatch):
    """Both releases; the index has their names, or not, or may not be held open."""
    if request.param == "Windows":
        monkeypatch.setattr(module, "_MAY_HOLD", False)
    return write(tmp_path, ONE, TWO, indexed=() if request.param == "manifest" else None)


@pytest.mark.parametrize("manifest", [ONE, TWO], ids=["former", "in force"])
def test_a_mapping_by_logical_name(root, manifest):
    """The hashed file where there is also the original; whatever it is asked first."""
    expected = by_name(manifest.entries)
    assert dict(open_entries(root, manifest.id)) == expected
    entries = open_entries(root, manifest.id)
    assert entries.release == manifest.id
    for name in (*expected, *expected):
        assert entries[name] == entries.get(name) == expected[name]
    assert [name for name in (*expected, "none", 5, None, "a.1.css") if name in entries] == [
        *expected
    ]
    assert entries.get("none", 7) == 7
    with pytest.raises(KeyError, match="none"):
        entries["none"]
    assert entries.files() == {name: each.file for name, each in expected.items()}
    assert list(entries.files()) == sorted(expected)
    assert (len(entries), list(entries)) == (len(expected), sorted(expected))
    assert entries == expected
    assert "none" not in entries


@pytest.mark.parametrize("listed", [False, True])
def test_by_published_file(root, listed):
    """The release's own, as its name gives it: not the original of a hashed one, nor another's."""
    entries = open_entries(root, ONE.id)
    if listed:
        assert len(entries) == 2
    assert entries.of_file("a.1.css") == ONE.entries[1]
    assert entries.of_file("img/x.1.png") == SHARED
    for file in ("a.css", "a.2.css", "none", ""):
        assert entries.of_file(file) is None


def test_which_release(root, tmp_path):
    """The one in force, the pinned one, or none."""
    assert open_entries(root).release == TWO.id
    assert open_running(root, None).release == TWO.id
    assert open_running(root, Pin("v1", "HISS_RELEASE")).release == ONE.id
    with pytest.raises(ManifestError, match="HISS_RELEASE names release 'gone'"):
        open_running(root, Pin("gone", "HISS_RELEASE"))
    with pytest.raises(ManifestError, match="is missing"):
        open_entries(root, "abc")
    assert open_entries(str(tmp_path / "nowhere")) is None
    assert open_running(str(tmp_path / "nowhere"), None) is None


def test_what_would_be_in_the_way_is_not_held(tmp_path, monkeypatch):
    """On Windows a build could not replace an index that is open."""
    root = write(tmp_path, ONE, TWO)
    assert find_entries(root, ONE.id) is not None
    monkeypatch.setattr(module, "_MAY_HOLD", False)
    assert find_entries(root, ONE.id) is None
    assert all(each._index is None for each in kept_entries(root, ""))


def test_from_the_index_alone(tmp_path):
    """Or not at all: where it is not there, has not the release, or cannot be read."""
    assert find_entries(str(tmp_path), ONE.id) is None
    root = write(tmp_path, ONE, TWO, indexed=[TWO])
    assert find_entries(root, ONE.id) is None
    assert find_entries(root, TWO.id)["a.css"].file == "a.2.css"
    (tmp_path / INDEX).write_bytes(b"?")
    with pytest.raises(ManifestError, match="is not an index"):
        find_entries(root, TWO.id)


@pytest.mark.parametrize("indexed", [[], [TWO], [TWO, ONE]], ids=len)
def test_kept_releases(tmp_path, indexed):
    """Each but one, from its manifest where the index lacks it. What is damaged is passed over."""
    root = write(tmp_path, ONE, TWO, indexed=indexed)
    assert {each.release: each["a.css"].file for each in kept_entries(root, "")} == {
        ONE.id: "a.1.css",
        TWO.id: "a.2.css",
    }
    assert [each.release for each in kept_entries(root, TWO.id)] == [ONE.id]
    (tmp_path / manifest_name(ONE.id)).write_text("{")
    known = {each.id for each in indexed} | {TWO.id}
    assert {each.release for each in kept_entries(root, "")} == known
    (tmp_path / INDEX).write_bytes(b"?")
    assert [each.release for each in kept_entries(root, "")] == [TWO.id]


def damage(root):
    """Write over an index where it lies: its records, and its names."""
    with (root / INDEX).open("r+b") as file:
        _, _, slots, _, releases, _, begin, length, _ = HEADER.unpack(file.read(HEADER.size))
        file.seek(HEADER.size)
        file.write(bytes(begin - HEADER.size))
        names = begin + 8 * slots + 40 * releases
        file.seek(names)
        file.write(bytes(length - names))


ASKED = {
    "name": lambda entries: entries["a.css"].file,
    "missing": lambda entries: entries.get("none"),
    "file": lambda entries: entries.of_file("a.1.css").file,
    "files": lambda entries: entries.files()["a.css"],
    "list": lambda entries: next(iter(entries)),
}


@pytest.mark.parametrize("asked", ASKED)
def test_damage_is_said_once(tmp_path, asked, log):
    """Then the manifest is read; and where that is damaged too, each time it is an error."""
    root = write(tmp_path, ONE)
    expected = ASKED[asked](open_entries(root))
    entries = open_entries(root)
    damage(tmp_path)
    assert log() == []
    (tmp_path / manifest_name(ONE.id)).rename(tmp_path / "aside")
    for _ in range(2):
        with pytest.raises(ManifestError, match="is missing"):
            ASKED[asked](entries)
    (tmp_path / "aside").rename(tmp_path / manifest_name(ONE.id))
    for each in (asked, *ASKED):
        ASKED[each](entries)
    assert ASKED[asked](entries) == expected
    [line] = log()
    assert line.startswith(f"Reading the manifest of release {ONE.id} instead: ")
    assert "is damaged" in line


def test_nothing_is_read_twice(tmp_path):
    """Nor is all of it, where names are told that were not asked for before."""
    entries = open_entries(write(tmp_path, ONE, TWO))
    first, _ = system_calls(lambda: entries["a.css"])
    again, _ = system_calls(lambda: (entries["a.css"], entries.get("a.css"), "a.css" in entries))
    assert (set(first), again) == ({"pread"}, [])
    first, again = (system_calls(lambda: entries.of_file("a.2.css"))[0] for _ in range(2))
    assert (set(first), again) == ({"pread"}, [])
    # An index that nobody asks any more is closed.
    whole, _ = system_calls(lambda: (len(entries), list(entries), dict(entries)))
    assert (set(whole), whole.count("close")) == ({"pread", "close"}, 1)
    rest, _ = system_calls(lambda: (len(entries), entries.of_file("a.2.css"), "none" in entries))
    assert rest == []


def test_they_stay_those_of_the_release(root, tmp_path):
    """When the index is replaced, and the manifest goes."""
    entries = open_entries(root, ONE.id)
    write(tmp_path, TWO)
    (tmp_path / manifest_name(ONE.id)).unlink()
    assert entries["a.css"].file == "a.1.css"
    assert dict(entries) == by_name(ONE.entries)


def test_of_a_manifest():
    """What was read already is as good."""
    assert dict(Entries.of(ONE)) == by_name(ONE.entries)
    assert Entries.of(ONE).release == ONE.id
    assert Entries.of(ONE).of_file("img/x.1.png") == SHARED
