"""What goes wrong while releases are adopted: kills, several at once, a full disk.

The root is whole at any moment, and the next adoption completes what was begun.
"""

import random
import shutil

import pytest
from trees import damage_of, manifest_of, misserved_of

from harness.killing import KILLED, forging
from hiss.files.release import kept_ids
from release.test_adopt import (
    KINDS,
    adopt_into,
    faults_of,
    plain_file,
    release_ids,
    run,
    snapshot,
)
from release.test_adopt import build_into as build_into
from release.test_adopt import pattern as pattern
from release.test_adopt import source as source


@pytest.fixture
def forge(tmp_path):
    """A forge of adoptions."""
    with forging(tmp_path, before=("release", "adopt"), TMPDIR=str(tmp_path)) as forge:
        yield forge


KILLS = 15


@pytest.mark.parametrize("kind", ["folder", "tar.gz"])
def test_killed_at_any_step(source, tmp_path, kind, forge, build_into, wsgi_get):
    """What is in force stays whole and served; each release is whole, or is not one yet; and the
    next adoption makes of it what it would have made of the root as it was.
    """
    archive = KINDS[kind](source, tmp_path)
    before = tmp_path / "before"
    manifest = build_into(before, 4)
    clean = shutil.copytree(before, tmp_path / "clean")
    assert forge.run(archive, "-d", clean) == 0
    steps = forge.steps()
    assert steps > 100
    chance = random.Random(random.random())
    # The last ones are those of manifests, index and history.
    for step in [*chance.sample(range(1, steps - 20), KILLS - 5), *range(steps - 16, steps, 3)]:
        root = shutil.copytree(before, tmp_path / f"here-{step}")
        assert forge.run(archive, "-d", root, kill_at=step) == KILLED
        assert manifest_of(root) == manifest
        assert damage_of(root) == []
        assert misserved_of(root, wsgi_get) == []
        left = [each for each in faults_of(root, wsgi_get) if isinstance(each, tuple)]
        # A manifest that the index has not yet: the files are there, and are not immutable.
        assert [each for each in left if each[1] != "not immutable" and len(each) == 2] == []
        assert forge.run(archive, "-d", root) == 0
        assert snapshot(root) == snapshot(clean), step
        assert faults_of(root, wsgi_get) == []


def test_killed_twice(source, tmp_path, forge, wsgi_get):
    """Over what is left, into a fresh folder."""
    root, chance = tmp_path / "here", random.Random(random.random())
    for step in (chance.randrange(1, 50), chance.randrange(1, 50), chance.randrange(1, 50)):
        assert forge.run(source, "-d", root, kill_at=step) == KILLED
    assert forge.run(source, "-d", root) == 0
    adopt_into(tmp_path / "clean", source)
    assert snapshot(root) == snapshot(tmp_path / "clean")
    assert faults_of(root, wsgi_get) == []


def test_several_at_once(source, tmp_path, forge, build_into, wsgi_get):
    """From two sources that share files, into one root: all end well, nothing is missing."""
    other = tmp_path / "other"
    for version in (3, 5, 6):
        build_into(other, version)
    archive = KINDS["tar.gz"](source, tmp_path)
    for number in range(4):
        root = tmp_path / f"here-{number}"
        started = [
            forge.start(each, "-d", root, "--keep-releases", 9, said=f"said-{place}")
            for place, each in enumerate((source, other, archive, source))
        ]
        assert [forge.wait(pid) for pid in started] == [0] * 4
        assert {*release_ids(root)} == {*release_ids(source), *release_ids(other)}
        assert len(release_ids(root)) == 5
        assert faults_of(root, wsgi_get) == []


def test_beside_a_build(source, tmp_path, forge, build_into, wsgi_get):
    """A build into the same root waits, or is waited for: what both made is there."""
    for number in range(4):
        root = tmp_path / f"here-{number}"
        pid = forge.start(source, "-d", root)
        manifest = build_into(root, 4)
        assert forge.wait(pid) == 0
        assert manifest_of(root) == manifest
        assert {*release_ids(root)} == {*release_ids(source), manifest.id}
        assert damage_of(root) == []
        assert faults_of(root, wsgi_get) == []


def test_a_full_disk(source, tmp_path, make_disk, forge, build_into, wsgi_get):
    """However far it comes, it ends in words; what is there is whole; with room it goes on."""
    codes = []
    for size in ("160k", "200k", "240k", "280k", "320k", "1m"):
        root = make_disk(size).folder / "here"
        code = forge.run(source, "-d", root)
        codes.append(code)
        if code == 2:
            assert "No space left on device" in forge.said()
        left = [each for each in faults_of(root, wsgi_get) if isinstance(each, tuple)]
        assert [each for each in left if each[1] != "not immutable" and len(each) == 2] == []
    assert codes[-1] == 0
    assert {*codes} > {0} or 1 in codes
    assert faults_of(root, wsgi_get) == []


def test_what_was_begun_is_cleared(source, tmp_path, wsgi_get):
    """Files that a killed one had begun to write."""
    root = tmp_path / "here"
    for folder in (root, root / "css", root / ".hiss"):
        folder.mkdir(exist_ok=True)
        (folder / ".hiss-part-0123").write_text("half")
    assert run(source, "-d", root) == 0
    assert faults_of(root, wsgi_get) == []
    assert len(kept_ids(str(root))) == 3


def test_plain_names_after_a_kill(source, tmp_path):
    """A plain file that was put in place without its variants gets them."""
    root = tmp_path / "here"
    root.mkdir()
    entry = plain_file(manifest_of(source), "robots.txt")
    shutil.copy(source / entry.file, root / entry.file)
    adopt_into(root, source)
    for suffix in (".br", ".gz", ".zst"):
        name = f"robots.txt{suffix}"
        assert (root / name).read_bytes() == (source / name).read_bytes()
