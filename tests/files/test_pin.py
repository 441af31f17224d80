"""Which release a process renders: what it is told by, and what a word for a release means."""

import os

import pytest

import hiss.asgi
import hiss.wsgi
from hiss import manifest as names
from hiss.core.manifest import Manifest, format_manifest
from hiss.errors import ManifestError
from hiss.files.pin import (
    Pin,
    find_pin,
    find_release,
    find_running,
    read_running,
    write_release_file,
)

ONE, TWO, HELD = "0123456789abcdef", "0123ffffffffffff", "fedcba9876543210"


@pytest.fixture(autouse=True)
def untold(monkeypatch):
    """Nobody's environment says anything."""
    monkeypatch.delenv("HISS_RELEASE", raising=False)


@pytest.fixture
def root(tmp_path):
    """Three releases; the second is in force."""
    for number, (release, label) in enumerate([(ONE, "v1"), (TWO, "v2"), (HELD, "")]):
        manifest = Manifest(id=release, created=f"2026-11-2{number}", label=label, entries=())
        path = tmp_path / f".hiss/releases/{release}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(format_manifest(manifest))
    (tmp_path / ".hiss/current").write_text(f"{TWO}\n")
    return str(tmp_path)


# --- who says it


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        (None, None, None),
        (None, "0123\n", ("0123", "file")),
        ("v1", None, ("v1", "HISS_RELEASE")),
        # The environment is nearer than what a build left.
        ("v1", "0123\n", ("v1", "HISS_RELEASE")),
        (" v1\n", None, ("v1", "HISS_RELEASE")),
        ("", "0123", ("0123", "file")),
        (" ", None, None),
        (None, "", None),
        (None, " \n", None),
    ],
)
def test_who_says_it(tmp_path, monkeypatch, variable, text, expected):
    """The environment, or else the file; an empty one says nothing."""
    if variable is not None:
        monkeypatch.setenv("HISS_RELEASE", variable)
    file = tmp_path / ".hiss-release"
    if text is not None:
        file.write_text(text)
    where = {"file": str(file)}
    assert find_pin(str(file)) == (expected and Pin(expected[0], where.get(*expected[1:] * 2)))


def test_a_file_that_cannot_be_read(tmp_path):
    """It should say something, and nobody knows what: an error, which names it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("folder", "bytes"):
        with pytest.raises(ManifestError, match=name):
            find_pin(str(tmp_path / name))


def test_what_is_written_is_read(tmp_path):
    """The file of a build, replaced in one step; folders that lack are made."""
    file = str(tmp_path / "deep/er/.hiss-release")
    for release in (ONE, TWO):
        write_release_file(file, release)
        assert find_pin(file) == Pin(release, file)
    assert os.listdir(tmp_path / "deep/er") == [".hiss-release"]


# --- what a word means

WORDS = [
    (ONE, ONE),
    (HELD, HELD),
    ("v1", ONE),
    ("fed", HELD),
    (ONE[:-1], ONE),
    ("01234", ONE),
]


@pytest.mark.parametrize(("word", "release"), WORDS)
def test_a_word_for_a_release(root, word, release):
    """An id, how one begins, or a label."""
    assert find_release(root, word) == release
    assert find_running(root, Pin(word, "HISS_RELEASE")) == release
    assert read_running(root, Pin(word, "HISS_RELEASE")).id == release


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("gone", "there is no release 'gone'", f"There are {HELD}, {TWO} (v2), {ONE} (v1)."),
        ("", "there is no release ''", "hiss release adopt"),
        ("0123", f"'0123' may be {ONE} or {TWO}", "more of its letters"),
        ("../current", "there is no release '../current'", "Build it here"),
        ("v", "there is no release 'v'", "Build it here"),
        (f"{ONE}.json", "there is no release", "Build it here"),
    ],
)
def test_a_word_for_none(root, word, message, hint):
    """None or several: the error says what there is."""
    with pytest.raises(ManifestError) as caught:
        find_release(root, word)
    assert message in caught.value.message
    assert root in caught.value.message
    assert hint in caught.value.hint


def test_a_label_comes_before_the_beginning_of_an_id(root):
    """People give labels on purpose; of several with one label it is the last that was built."""
    for number, release in enumerate(("aaaa1111", "aaaa2222")):
        manifest = Manifest(id=release, created=f"2026-12-0{number + 1}", label="0123", entries=())
        with open(f"{root}/.hiss/releases/{release}.json", "w") as file:
            file.write(format_manifest(manifest))
    assert find_release(root, "0123") == "aaaa2222"


def test_one_or_none_at_all(tmp_path, root):
    """The words fit what is there."""
    for release in (TWO, HELD):
        os.unlink(f"{root}/.hiss/releases/{release}.json")
    with pytest.raises(ManifestError) as caught:
        find_release(root, "gone")
    assert caught.value.hint.startswith(f"There is {ONE} (v1). ")
    with pytest.raises(ManifestError, match="there is no release 'gone'") as caught:
        find_release(str(tmp_path / "nowhere"), "gone")
    assert caught.value.hint == "There is no release at all. Build one."


def test_without_a_pin_it_is_the_one_in_force(root, tmp_path):
    """And none where no build was made."""
    assert find_running(root, None) == TWO
    assert read_running(root, None).label == "v2"
    assert find_running(str(tmp_path / "nowhere"), None) is None
    assert read_running(str(tmp_path / "nowhere"), None) is None


def test_the_error_says_who_was_wrong(root):
    """Whoever starts the process must know which of its settings to mend."""
    for where in ("HISS_RELEASE", "/code/.hiss-release"):
        with pytest.raises(ManifestError) as caught:
            find_running(root, Pin("gone", where))
        assert caught.value.message.startswith(f"{where} names release 'gone': ")


# --- those who ask


@pytest.mark.parametrize("make", [hiss.wsgi.StaticFiles, hiss.asgi.StaticFiles])
@pytest.mark.parametrize("by", ["environment", "option"])
def test_a_pinned_release_that_is_not_there_stops_the_start(root, monkeypatch, make, by):
    """At the doors: the process does not start, and its error says what is there."""
    options = {"release": "gone"} if by == "option" else {}
    if by == "environment":
        monkeypatch.setenv("HISS_RELEASE", "gone")
    for more in ({}, {"misses": "pass"}, {"show_release": False}, {"index_file": True}):
        with pytest.raises(ManifestError, match="names release 'gone'") as caught:
            make(root=root, **options, **more)
        assert "v1" in caught.value.hint
    make(root=root, release="v1")


@pytest.mark.parametrize("make", [hiss.wsgi.StaticFiles, hiss.asgi.StaticFiles])
def test_in_development_it_is_said(root, tmp_path, monkeypatch, caplog, make):
    """With autorefresh no release is rendered, and so the process starts; that a pin names none
    that is there is said, once, in the same words. A folder without releases is not spoken of.
    """
    caplog.set_level("INFO", "hiss.start")
    monkeypatch.setenv("HISS_RELEASE", "gone")
    make(root=root, autorefresh=True)
    [said] = caplog.records
    assert (said.levelname, "v1" in said.getMessage()) == ("WARNING", True)
    assert "HISS_RELEASE names release 'gone': there is no release" in said.getMessage()
    caplog.clear()
    (tmp_path / "plain").mkdir()
    make(root=tmp_path / "plain", autorefresh=True)
    monkeypatch.setenv("HISS_RELEASE", "v1")
    make(root=root, autorefresh=True)
    assert caplog.records == []


def test_names_for_templates(root, tmp_path, monkeypatch):
    """`manifest.load` renders what it is told to, by whoever is nearest."""
    file = tmp_path / ".hiss-release"
    file.write_text(HELD)
    assert names.load(root).release == TWO
    assert names.load(root, release_file=file).release == HELD
    monkeypatch.setenv("HISS_RELEASE", "v1")
    assert names.load(root, release_file=file).release == ONE
    assert names.load(root, release="fed").release == HELD
    with pytest.raises(ManifestError, match="release names release 'gone'"):
        names.load(root, release="gone")
    monkeypatch.setenv("HISS_RELEASE", "gone")
    with pytest.raises(ManifestError, match="HISS_RELEASE names release 'gone'"):
        names.load(root)
