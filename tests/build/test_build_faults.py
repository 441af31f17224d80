"""What goes wrong while a release is built: kills, full disks, builds at once, broken caches.

The release in force is whole at any moment, and the next build puts right what was left.
"""

import os
import random
import shutil
import signal
import time

import brotli
import pytest
from trees import (
    QUICK,
    TEXT,
    assert_whole,
    build_tree,
    damage_of,
    index_of,
    manifest_of,
    misserved_of,
    names_in,
    release_of,
    temporary_files,
    write_tree,
)

from harness.killing import forging
from hiss.build.cache import Cache

# Another build that clears up may take the file from under one that has ended but for its last
# line: `test_another_build_may_clear_up_as_soon_as_this_one_is_done`.
_KNOWN_RACE = "hiss: static/.hiss/.hiss-part-"


@pytest.fixture
def forge(tmp_path):
    """A forge of builds in a project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    build = {"before": ("build",), "after": ("-q",)}
    with forging(folder, **build, counted=("replace",), spared="/cache") as forge:
        yield forge


WORDS = [f"word-{number:x}" for number in range(5000)]


def tree(version, *, texts=6, words=400):
    """A small tree whose every file is another for another version."""
    chance = random.Random(version)
    files = {
        f"text/{number}.css": f"/* {version} */ a{{b:url(../img/{number % 3}.png)}}\n"
        + " ".join(chance.choices(WORDS, k=words))
        for number in range(texts)
    }
    return {
        **files,
        **{f"img/{number}.png": chance.randbytes(500) for number in range(3)},
        "js/a.js": f'import "./b.js"; "{version}"' + "a()" * 99,
        "js/b.js": 'import "./a.js"; import "./c.js"',
        "js/c.js": f"// {version}",
        "index.html": f"<!doctype html>{version}" * 50,
    }


def levels(folder, **wanted):
    """How hard builds in a folder try."""
    pairs = ", ".join(f"{coding} = {level}" for coding, level in {**QUICK, **wanted}.items())
    (folder / "pyproject.toml").write_text(f"[tool.hiss]\ncompression = {{ {pairs} }}\n")


def assert_intact(root, get):
    """The release in force can be relied on, whatever became of a build beside it.

    Plain files may be of either, as `test_plain_files_are_of_the_release_in_force` says; the index
    may be of the other for a moment, as `test_a_failure_leaves_the_release_before` says.
    """
    assert damage_of(root, plain=False) == []
    if (root / ".hiss/index").read_bytes() == index_of(root):
        assert misserved_of(root, get) == []


def assert_as_clean(forge, wsgi_get, source="src"):
    """An undisturbed build mends all there is to mend: it is as one into a fresh folder."""
    assert forge.run(source, "-o", "static") == 0, forge.said()
    assert_whole(forge.folder / "static", wsgi_get)
    shutil.rmtree(forge.folder / "clean", ignore_errors=True)
    assert forge.run(source, "-o", "clean", cache="clean-cache") == 0
    assert release_of(forge.folder / "static") == release_of(forge.folder / "clean")


def renew(folder, version, **shape):
    shutil.rmtree(folder, ignore_errors=True)
    return write_tree(folder, tree(version, **shape))


@pytest.mark.slow
def test_killed_at_every_step(forge, wsgi_get):
    """Before and after each file that is put in its place, and each time over what was left."""
    root = forge.folder / "static"
    levels(forge.folder)
    renew(forge.folder / "src", 0, texts=2, words=50)
    assert forge.run("src", "-o", "static") == 0
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        renew(forge.folder / "src", step, texts=2, words=50)
        code = forge.run("src", "-o", "static", kill_at=step)
        assert_intact(root, wsgi_get)
    assert code == 0
    # Files and variants, and what says which they are; each is two steps.
    assert step // 2 > len(names_in(forge.folder / "src")) * 2 + 5
    assert_as_clean(forge, wsgi_get)


KILLS = 50


@pytest.mark.slow
def test_killed_at_any_moment(forge, wsgi_get):
    """Fifty kills spread over the time that a build takes: the release in force stays whole."""
    root, chance = forge.folder / "static", random.Random(random.random())
    shape = {"texts": 8, "words": 1500}
    levels(forge.folder, br=11, zstd=12)
    took = []
    for version in (-2, -1, 0):
        renew(forge.folder / "src", version, **shape)
        started = time.monotonic()
        assert forge.run("src", "-o", "static") == 0
        took.append(time.monotonic() - started)
    codes = []
    for number in chance.sample(range(KILLS), KILLS):
        renew(forge.folder / "src", number + 1, **shape)
        pid = forge.start("src", "-o", "static")
        time.sleep(1.1 * sorted(took)[1] * (number + chance.random()) / KILLS)
        # It is a zombie until it is waited for: the id is nobody else's.
        os.kill(pid, signal.SIGKILL)
        codes.append(forge.wait(pid))
        assert_intact(root, wsgi_get)
    assert set(codes) <= {0, -signal.SIGKILL}
    assert codes.count(-signal.SIGKILL) > KILLS / 2
    assert_as_clean(forge, wsgi_get)


@pytest.mark.parametrize("sources", ["one one", "one other", "one other one other"])
def test_builds_at_once(forge, wsgi_get, sources):
    """On one folder, of the same and of different sources: all end well, one of them is whole."""
    root = forge.folder / "static"
    levels(forge.folder)
    write_tree(forge.folder / "one", tree(1))
    write_tree(forge.folder / "other", tree(2))
    clean = []
    for name in ("one", "other"):
        forge.run(name, "-o", f"clean-{name}", cache="clean-cache")
        clean.append(release_of(forge.folder / f"clean-{name}"))
    for number in range(4):
        pids = [
            forge.start(name, "-o", "static", said=f"said-{place}", cache=f"cache-{number // 2}")
            for place, name in enumerate(sources.split())
        ]
        for place, pid in enumerate(pids):
            code, said = forge.wait(pid), forge.said(f"said-{place}")
            assert (code, said) == (0, "") or said.startswith(_KNOWN_RACE)
        assert release_of(root) in clean
        assert_whole(root, wsgi_get)


def test_builds_at_once_with_one_cache(forge):
    """Into folders of their own: all fill the cache, and none minds the others."""
    levels(forge.folder)
    write_tree(forge.folder / "src", tree(1))
    places = [f"static-{number}" for number in range(4)]
    pids = [forge.start("src", "-o", place, said=f"said-{place}") for place in places]
    assert [forge.wait(pid) for pid in pids] == [0] * 4
    assert [forge.said(f"said-{place}") for place in places] == [""] * 4
    assert forge.run("src", "-o", "static", cache="none") == 0
    releases = [release_of(forge.folder / place) for place in places]
    assert releases == [release_of(forge.folder / "static")] * 4
    assert temporary_files(forge.folder / "cache") == []


def test_a_full_disk(forge, disk, wsgi_get):
    """However far it comes, a build ends with 2, in words; the release before is whole meanwhile.

    Each finds a little more room than the one before, and goes on from what that left.
    """
    root = disk.folder / "static"
    (forge.folder / "static").symlink_to(root)
    root.mkdir()
    levels(forge.folder)
    write_tree(forge.folder / "src", tree(1))
    assert forge.run("src", "-o", "static") == 0
    before = manifest_of(root)
    renew(forge.folder / "src", 2)
    builds, code = 0, 2
    while code == 2:
        disk.fill(free=2 * builds)
        code = forge.run("src", "-o", "static")
        builds += 1
        disk.empty()
        if code == 2:
            assert forge.said().startswith("hiss: ")
            assert "No space left on device" in forge.said()
            assert "Traceback" not in forge.said()
            assert manifest_of(root) == before
            assert_intact(root, wsgi_get)
            assert temporary_files(root) == []
    assert (code, builds > 10) == (0, True)
    assert_as_clean(forge, wsgi_get)


def test_a_full_disk_is_named(forge, disk):
    """There may be several."""
    disk.fill(free=0)
    write_tree(forge.folder / "src", tree(1))
    levels(forge.folder)
    assert forge.run("src", "-o", str(disk.folder / "static")) == 2
    assert str(disk.folder) in forge.said()


def test_a_disk_that_cannot_be_written(forge, disk, wsgi_get):
    """2, with the place; the release on it is still served."""
    root = disk.folder / "static"
    levels(forge.folder)
    write_tree(forge.folder / "src", tree(1))
    assert forge.run("src", "-o", str(root)) == 0
    disk.freeze()
    renew(forge.folder / "src", 2)
    assert forge.run("src", "-o", str(root)) == 2
    assert forge.said().startswith(f"hiss: {root}")
    assert "Read-only file system" in forge.said()
    assert_whole(root, wsgi_get)


@pytest.fixture
def codec(monkeypatch):
    """What brotli was given to compress."""
    seen, original = [], brotli.compress

    def count(data, **options):
        seen.append(data)
        return original(data, **options)

    monkeypatch.setattr(brotli, "compress", count)
    return seen


def test_a_cache_on_a_full_disk(tmp_path, disk, wsgi_get, log):
    """The build is as good as without; it says so, once or as often as it has threads."""
    src = write_tree(tmp_path / "src", tree(1))
    disk.fill(free=12)
    build_tree(src, tmp_path / "static", Cache(str(disk.folder / "cache")))
    assert_whole(tmp_path / "static", wsgi_get)
    assert 1 <= len(log()) <= (os.cpu_count() or 1)
    assert all("No space left" in line for line in log())
    assert temporary_files(disk.folder) == []


def test_a_cache_that_can_only_be_read(tmp_path, disk, wsgi_get, codec, log):
    """What is in it is used; what is not is made, and a line says that it is not kept."""
    src = write_tree(tmp_path / "src", tree(1))
    cache = str(disk.folder / "cache")
    build_tree(src, tmp_path / "static", Cache(cache))
    disk.freeze()
    codec.clear()
    build_tree(src, tmp_path / "other", Cache(cache))
    assert codec == []
    write_tree(src, {"new.txt": TEXT})
    assert log() == []
    build_tree(src, tmp_path / "other", Cache(cache))
    assert codec == [TEXT]
    assert 1 <= len(log()) <= (os.cpu_count() or 1)
    assert all(cache in line for line in log())
    assert_whole(tmp_path / "other", wsgi_get)


def test_a_file_in_the_place_of_the_cache(forge, wsgi_get):
    """The command says so, and builds."""
    write_tree(forge.folder / "src", tree(1))
    (forge.folder / "cache").write_text("in the way")
    levels(forge.folder)
    assert forge.run("src", "-o", "static") == 0
    said = forge.said().splitlines()
    assert 1 <= len(said) <= (os.cpu_count() or 1)
    assert all("cache" in line for line in said)
    (forge.folder / "cache").unlink()
    assert_as_clean(forge, wsgi_get)


def test_no_entry_that_is_damaged_is_served(tmp_path, cache, cache_folder, wsgi_get, log):
    """Every entry with a byte flipped: all is made anew, and the release is the same."""
    src = write_tree(tmp_path / "src", tree(1))
    build_tree(src, tmp_path / "static", cache)
    entries = [path for path in cache_folder.rglob("*") if path.is_file()]
    good = {path: path.read_bytes() for path in entries}
    for path, data in good.items():
        place = random.randrange(len(data))
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
    build_tree(src, tmp_path / "other", cache)
    assert len(log()) == len(entries)
    assert release_of(tmp_path / "other") == release_of(tmp_path / "static")
    assert {path: path.read_bytes() for path in entries} == good
    assert_whole(tmp_path / "other", wsgi_get)


def test_a_cache_is_trimmed_by_the_build_that_fills_it(tmp_path, cache_folder):
    """To its bound, though the build wanted more; the release has all the same."""
    src = write_tree(tmp_path / "src", tree(1))
    build_tree(src, tmp_path / "static", Cache(str(cache_folder), limit=4000))
    assert 0 < sum(p.stat().st_size for p in cache_folder.rglob("*") if p.is_file()) <= 4000
    build_tree(src, tmp_path / "other", Cache(str(tmp_path / "cache")))
    assert release_of(tmp_path / "static") == release_of(tmp_path / "other")


def test_what_was_left_half_written_is_cleared(forge, wsgi_get):
    """Wherever a build was when it was killed."""
    levels(forge.folder)
    write_tree(forge.folder / "src", tree(1))
    parts = {
        f"{folder}.hiss-part-0": "half" for folder in ("", "css/", ".hiss/", ".hiss/releases/")
    }
    write_tree(forge.folder / "static", parts)
    assert_as_clean(forge, wsgi_get)
