"""Switching: a kept release is put in force, back and forward, and says all that it said."""

import json
import os

import pytest
from trees import assert_whole, damage_of, index_of, manifest_of

from hiss.errors import ManifestError
from hiss.files.release import read_current
from hiss.release import switch as module
from hiss.release.history import read_history
from hiss.release.ledger import read_ledger
from hiss.release.prune import prune
from hiss.release.switch import switch
from hiss.wsgi import StaticFiles
from release.roots import (
    ONE,
    Promises,
    plain_damage,
    publish,
    publish_all,
    snapshot,
    tree,
    words,
    write_history,
)

HASHED = {}
PLAIN = {"name_of": None, "modules": False}
STYLES = pytest.mark.parametrize("style", [HASHED, PLAIN], ids=["hashed", "plain"])


@pytest.fixture
def root(tmp_path):
    return tmp_path / "static"


def said(root, manifest):
    """What the files of a release say, by name, with variants; and Django's manifest."""
    files = snapshot(root)
    suffixes = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
    names = [e.file + suffix for e in manifest.entries for suffix in ("", *suffixes.values())]
    return {name: files.get(name) for name in (*names, "staticfiles.json")}


@STYLES
def test_back_and_forward(root, wsgi_get, style):
    """Each time every name says what it said: hashed and plain, with variants; and so on, for as
    often as anybody wants.
    """
    manifests, before = [], []
    for version in (1, 2, 3):
        manifests.append(publish(root, tree(version), **style))
        before.append(said(root, manifests[-1]))
    promises = Promises().note(*manifests)
    for place in (1, 0, 2, 0, 1, 2):
        switched = switch(str(root), manifests[place].id, "rollback")
        assert (switched.release.id, switched.lost) == (manifests[place].id, ())
        assert said(root, manifests[place]) == before[place]
        assert plain_damage(root) == []
        assert damage_of(root) == []
        assert (root / ".hiss/index").read_bytes() == index_of(root)
        assert promises.broken(root, wsgi_get) == []
        answer = wsgi_get(StaticFiles(root=root), "/static/robots.txt")
        assert answer.body.decode() == words(place + 1)
    assert_whole(root, wsgi_get)


@STYLES
def test_what_is_served_of_plain_names(root, wsgi_get, style):
    """A process that was there all the time, and one that begins now: both serve what is there."""
    one, two = publish_all(root, 1, 2, **style)
    running = StaticFiles(root=root)
    for manifest, version in ((None, 2), (one, 1), (two, 2), (one, 1)):
        if manifest is not None:
            switch(str(root), manifest.id, "rollback")
        for application in (running, StaticFiles(root=root)):
            for _ in range(2):
                # One request more, for what is not in the index: it is how an index is noticed.
                wsgi_get(application, "/static/none")
                answer = wsgi_get(application, "/static/robots.txt", headers={"X": "y"})
                assert answer.body.decode() == words(version)
            packed = wsgi_get(
                application, "/static/robots.txt", headers={"Accept-Encoding": "gzip"}
            )
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.body == (root / "robots.txt.gz").read_bytes()


def test_without_an_id_it_is_the_one_before(root):
    """And once more, it is forward again."""
    one, two, three = publish_all(root, 1, 2, 3)
    assert switch(str(root), None, "rollback").release.id == two.id
    assert read_current(str(root)) == two.id
    switched = switch(str(root), None, "rollback")
    assert (switched.before, switched.release.id) == (two.id, three.id)
    switch(str(root), one.id, "rollback")
    assert switch(str(root), None, "rollback").release.id == three.id


def test_it_is_written_down(root):
    """The history has it, and so the release that was left is young again."""
    one, two = publish_all(root, 1, 2)
    switch(str(root), one.id, "rollback")
    last = read_history(str(root))[-1]
    assert (last.release, last.how) == (one.id, "rollback")
    ledger = read_ledger(str(root))
    assert ledger.get(two.id).until == last.at == ledger.get(one.id).since
    assert ledger.get(one.id).until is None


def test_nothing_to_go_back_to(root):
    """One release has none before it; a folder without a release has not even that."""
    root.mkdir()
    with pytest.raises(ManifestError, match=r"no release in .* to go back to"):
        switch(str(root), None, "rollback")
    publish_all(root, 1)
    before = snapshot(root)
    with pytest.raises(ManifestError, match=r"no release in .* to go back to") as caught:
        switch(str(root), None, "rollback")
    assert "adopt" in caught.value.hint
    assert snapshot(root) == before


@pytest.mark.parametrize("release", ["0123456789abcdef", "", "..", "../current"])
def test_what_is_not_there(root, release):
    """Nothing is changed for a release that is not kept."""
    publish_all(root, 1, 2)
    before = snapshot(root)
    with pytest.raises(ManifestError):
        switch(str(root), release or "none", "rollback")
    assert snapshot(root) == before


@pytest.mark.parametrize("text", ["", "{"])
def test_a_damaged_manifest_is_not_put_in_force(root, text):
    """What nobody can read, nobody can serve."""
    one, _two = publish_all(root, 1, 2)
    (root / f".hiss/releases/{one.id}.json").write_text(text)
    before = snapshot(root)
    with pytest.raises(ManifestError):
        switch(str(root), one.id, "rollback")
    assert snapshot(root) == before


def test_to_the_one_in_force(root, wsgi_get):
    """It mends the plain names, the index and Django's manifest, and is no event."""
    one, two = publish_all(root, 1, 2)
    events = read_history(str(root))
    (root / "robots.txt").write_text("overwritten")
    (root / "css/app.css").unlink()
    (root / "staticfiles.json").write_text("{}")
    module.write_index(str(root), [one], one.id)
    switched = switch(str(root), two.id, "rollback")
    assert (switched.before, switched.release.id, switched.lost) == (two.id, two.id, ())
    assert plain_damage(root) == []
    assert_whole(root, wsgi_get)
    assert json.loads((root / "staticfiles.json").read_text())["paths"]["robots.txt"]
    assert read_history(str(root)) == events


def test_what_is_lost_is_named(root, wsgi_get):
    """Bytes that nobody has any more: the rest comes back, and they are named."""
    one, _two = publish_all(root, 1, 2, **PLAIN)
    [entry] = [each for each in one.entries if each.name == "robots.txt"]
    (root / f".hiss/originals/{entry.sha256}").unlink()
    switched = switch(str(root), one.id, "rollback")
    assert switched.lost == ("robots.txt",)
    assert (root / "robots.txt").read_text() == words(2)
    assert plain_damage(root) == ["robots.txt"]
    assert read_current(str(root)) == one.id
    # The variants of it say something else: they are not given for it.
    answer = wsgi_get(
        StaticFiles(root=root), "/static/robots.txt", headers={"Accept-Encoding": "gzip"}
    )
    assert (answer.body.decode(), answer.headers["Content-Encoding"]) == (words(2), None)


@STYLES
def test_djangos_manifest(root, style):
    """Of names that hold a hash it is written, of others only where there is one."""
    one, two = publish_all(root, 1, 2, **style)
    (root / "staticfiles.json").unlink()
    switch(str(root), one.id, "rollback")
    assert (root / "staticfiles.json").exists() is (style is HASHED)
    (root / "staticfiles.json").write_text("{}")
    switch(str(root), two.id, "rollback")
    names = {entry.name: entry.file for entry in two.entries if entry.immutable}
    assert json.loads((root / "staticfiles.json").read_text())["paths"] == names
    assert bool(names) is (style is HASHED)


def test_variants_that_it_had_not(root):
    """A server that looks for `robots.txt.gz` itself, as nginx does, finds none of another's."""
    one = publish(root, {"robots.txt": "x", "b.txt": words(1)}, levels={"gzip": 1, "br": 1})
    two = publish(root, {"robots.txt": words(2), "b.txt": words(1)}, levels={"zstd": 1})
    (root / "robots.txt.orig").write_text("my own")
    switch(str(root), one.id, "rollback")
    assert plain_damage(root) == []
    assert sorted(path.name for path in root.glob("robots.txt*")) == [
        "robots.txt",
        "robots.txt.orig",
    ]
    switch(str(root), two.id, "rollback")
    assert plain_damage(root) == []


def test_compressed_anew(root, wsgi_get):
    """A release whose files a later one compressed with other levels, as a new version of a codec
    does too, comes back with all its variants.
    """
    same = {"same.txt": words("same", 3000)}
    one = publish(root, {**same, "a.txt": words(1)}, levels={"gzip": 1})
    two = publish(root, {**same, "a.txt": words(2)}, levels={"gzip": 9})
    for manifest in (one, two, one):
        switched = switch(str(root), manifest.id, "rollback")
        assert switched.lost == ()
        assert damage_of(root) == []
        assert plain_damage(root) == []
        assert Promises().note(one, two).broken(root, wsgi_get) == []


@STYLES
def test_a_failure_leaves_the_one_in_force(root, monkeypatch, style, wsgi_get):
    """Whatever cannot be written: the one in force is the one that was, with its plain names."""
    one, two = publish_all(root, 1, 2, **style)
    replace = os.replace
    for place in ("css/app.css", "robots.txt", ".gz", "index", "current"):

        def fail(source, target, place=place):
            if target.endswith(place):
                # Room again for what is mended.
                monkeypatch.setattr(os, "replace", replace)
                raise OSError(28, "No space left on device", target)
            replace(source, target)

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="No space left"):
            switch(str(root), one.id, "rollback")
        assert manifest_of(root).id == two.id
        assert damage_of(root) == []
        assert plain_damage(root) == []
        assert Promises().note(one, two).broken(root, wsgi_get) == []
    switch(str(root), one.id, "rollback")
    assert_whole(root, wsgi_get)


def test_the_pointer_comes_after_all_it_points_to(root, monkeypatch):
    """Plain names first, then index and history, and the pointer; Django's manifest last, and what
    is noted of it.
    """
    one, _two = publish_all(root, 1, 2)
    placed, replace = [], os.replace

    def note(source, target):
        replace(source, target)
        placed.append(os.path.relpath(target, root))

    monkeypatch.setattr(os, "replace", note)
    switch(str(root), one.id, "rollback")
    assert "robots.txt" in placed[:-5]
    assert placed[-5:-2] == [".hiss/index", ".hiss/history", ".hiss/current"]
    assert placed[-2:] == ["staticfiles.json", ".hiss/noted.json"]


def test_a_held_release(root, wsgi_get):
    """It answers at once, but for its plain names; a switch puts it in force."""
    one = publish(root, tree(1))
    write_history(root, (1, one))
    held = publish(root, tree(2), switch=False)
    assert read_current(str(root)) == one.id
    promises = Promises().note(one, held)
    assert promises.broken(root, wsgi_get) == []
    assert plain_damage(root) == []
    assert_whole(root, wsgi_get)
    # It is the last of two.
    prune(str(root), ONE)
    assert len(read_ledger(str(root)).releases) == 2
    switched = switch(str(root), held.id, "deploy")
    assert (switched.before, switched.lost) == (one.id, ())
    assert plain_damage(root) == []
    assert_whole(root, wsgi_get)
    assert switch(str(root), None, "rollback").release.id == one.id


def test_the_first_release_held(root, wsgi_get):
    """In a folder of nothing it answers, and nothing is in force."""
    held = publish(root, tree(1), switch=False)
    assert read_current(str(root)) is None
    assert Promises().note(held).broken(root, wsgi_get) == []
    switched = switch(str(root), held.id, "rollback")
    assert (switched.before, switched.release.id) == ("", held.id)
    assert_whole(root, wsgi_get)
