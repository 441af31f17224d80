"""What goes wrong while releases are pruned and switched: kills, several at once, a full disk.

Whatever happens, each kept release is whole, its hashed URLs answer, and the next command puts
right what was left.
"""

import random
import shutil

import pytest
from trees import (
    assert_whole,
    damage_of,
    manifest_of,
    temporary_files,
    write_tree,
)

from harness.killing import KILLED, forging
from hiss.files.release import kept_ids
from hiss.release.prune import prune
from hiss.wsgi import StaticFiles
from release.roots import ONE, Promises, plain_damage, publish_all, settled, snapshot, tree

PRUNE = ("release", "prune", "--keep-releases", "1", "--keep-days", "0", "-d")
ROLLBACK = ("release", "rollback", "-d")
KILLS = 50
# How many come before the end, at least: what was measured while other work was going on may be
# several times as long as what is killed after it.
HIT = 0.1


@pytest.fixture
def forge(tmp_path):
    """A forge in a project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    levels = "[tool.hiss]\ncompression = { br = 1, gzip = 1, zstd = 1 }\nkeep_releases = 9\n"
    (folder / "pyproject.toml").write_text(levels)
    with forging(folder) as forge:
        yield forge


@pytest.fixture
def releases(tmp_path):
    """Four releases in a folder, to be copied; and their manifests."""
    root = tmp_path / "releases"
    return root, publish_all(root, 1, 2, 3, 4)


def copy_of(root, place):
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(root, place, copy_function=shutil.copyfile)
    return place


def assert_kept(root, get, promises, application=None):
    """Nothing that a kept release has is lost, and each of its hashed URLs answers."""
    assert damage_of(root, plain=False) == []
    assert promises.broken(root, get, codings=False) == []
    if application is not None:
        assert promises.broken(root, get, application, codings=False) == []


def pruned(root, place):
    """What a prune of it leaves, where nothing goes wrong."""
    copy = copy_of(root, place)
    prune(str(copy), ONE)
    return settled(copy)


def test_prune_killed_at_every_step(forge, releases, wsgi_get):
    """Before and after each file that is put or taken; the next prune ends what was begun."""
    source, manifests = releases
    promises, expected = Promises().note(*manifests), pruned(source, forge.folder / "whole")
    step, code = 0, KILLED
    while code == KILLED:
        step += 1
        root = copy_of(source, forge.folder / "static")
        code = forge.run(*PRUNE, root, kill_at=step)
        assert_kept(root, wsgi_get, promises)
        assert forge.run(*PRUNE, root) == 0
        assert settled(root) == expected
        if code == KILLED and step % 10 == 0:
            assert_whole(root, wsgi_get)
    assert (code, step > 60) == (0, True)


@pytest.mark.slow
def test_prune_killed_at_any_moment(forge, releases, wsgi_get):
    """Fifty kills spread over the time that a prune takes: no kept file is lost."""
    source, manifests = releases
    promises, expected = Promises().note(*manifests), pruned(source, forge.folder / "whole")
    root = forge.folder / "static"
    took = sorted(forge.took(*PRUNE, copy_of(source, root)) for _ in range(3))[1]
    codes = []
    for number in random.sample(range(KILLS), KILLS):
        copy_of(source, root)
        application = StaticFiles(root=root)
        moment = took * (number + random.random()) / KILLS
        codes.append(forge.killed(moment, *PRUNE, root))
        assert_kept(root, wsgi_get, promises, application)
        assert forge.run(*PRUNE, root) == 0, forge.said()
        assert settled(root) == expected
    assert set(codes) <= {0, KILLED}
    assert codes.count(KILLED) > KILLS * HIT


def test_rollback_killed_at_every_step(forge, releases, wsgi_get):
    """Before and after each file that is put: a release is in force, and the same command again
    puts it right; or the one for the release before.
    """
    source, manifests = releases
    one, last = manifests[0], manifests[-1]
    promises = Promises().note(*manifests)
    step, code = 0, KILLED
    while code == KILLED:
        step += 1
        root = copy_of(source, forge.folder / "static")
        code = forge.run(*ROLLBACK, root, one.id, kill_at=step)
        assert manifest_of(root).id in {one.id, last.id}
        assert_kept(root, wsgi_get, promises)
        # On, or back: whoever finds it so may want either.
        wanted = (one, last)[step // 2 % 2]
        assert forge.run(*ROLLBACK, root, wanted.id) == 0, forge.said()
        assert manifest_of(root).id == wanted.id
        assert plain_damage(root) == []
        for path in temporary_files(root):
            path.unlink()
        assert_whole(root, wsgi_get)
    assert (code, step > 20) == (0, True)


@pytest.mark.slow
def test_rollback_killed_at_any_moment(forge, releases, wsgi_get):
    """Fifty kills spread over the time that it takes, each over what the one before left."""
    root, manifests = releases
    promises, application = Promises().note(*manifests), StaticFiles(root=root)
    took = sorted(forge.took(*ROLLBACK, root, manifests[n].id) for n in (0, 3, 1))[1]
    codes = []
    for number in random.sample(range(KILLS), KILLS):
        current = manifest_of(root).id
        wanted = random.choice([each for each in manifests if each.id != current])
        moment = took * (number + random.random()) / KILLS
        codes.append(forge.killed(moment, *ROLLBACK, root, wanted.id))
        assert_kept(root, wsgi_get, promises, application)
        if number % 5 == 0:
            assert forge.run(*ROLLBACK, root, wanted.id) == 0, forge.said()
            assert manifest_of(root).id == wanted.id
            assert plain_damage(root) == []
            assert promises.broken(root, wsgi_get) == []
    assert set(codes) <= {0, KILLED}
    assert codes.count(KILLED) > KILLS * HIT
    write_tree(forge.folder / "src", tree(9))
    assert forge.run("build", "src", "-o", root, "-q") == 0, forge.said()
    assert_whole(root, wsgi_get)


def test_a_build_mends_what_a_kill_left(forge, releases, wsgi_get):
    """Whichever command was killed, the next may be a build, which prunes at its end."""
    source, manifests = releases
    promises = Promises().note(*manifests)
    write_tree(forge.folder / "src", tree(9))
    (forge.folder / "pyproject.toml").write_text(
        "[tool.hiss]\ncompression = { gzip = 1 }\nkeep_releases = 1\nkeep_days = 0\n"
    )
    expected = None
    for arguments in ((*PRUNE,), (*ROLLBACK, manifests[0].id)):
        for step in (1, 3, 6, 9, 12, 15, 21):
            root = copy_of(source, forge.folder / "static")
            place = arguments.index("-d") + 1
            command = (*arguments[:place], root, *arguments[place:])
            assert forge.run(*command, kill_at=step) == KILLED
            assert_kept(root, wsgi_get, promises)
            assert forge.run("build", "src", "-o", root, "-q") == 0, forge.said()
            assert len(kept_ids(str(root))) == 1
            assert_whole(root, wsgi_get)
            names = set(snapshot(root)) - {".hiss/problems.json"}
            names = {name for name in names if not name.startswith(".hiss/releases/")}
            expected = expected or names
            assert names == expected


PAIRS = {
    "prune, build": (PRUNE, ("build", "src", "-q", "-o")),
    "rollback, build": (ROLLBACK, ("build", "src", "-q", "-o")),
    "prune, prune": (PRUNE, PRUNE),
    "rollback, rollback": (ROLLBACK, ROLLBACK),
    "prune, rollback": (PRUNE, ROLLBACK),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_at_once(forge, releases, wsgi_get, pair):
    """Each ends well, or says why not; what is kept is whole all the time, and so is the end."""
    source, manifests = releases
    promises = Promises().note(*manifests, *publish_all(forge.folder / "other", 9))
    write_tree(forge.folder / "src", tree(9))
    for number in range(4):
        root = copy_of(source, forge.folder / f"static-{number}")
        commands = [(*each, root) for each in PAIRS[pair]]
        pids = [forge.start(*each, said=f"said-{n}") for n, each in enumerate(commands)]
        while_it_runs = promises.broken(root, wsgi_get, codings=False)
        for place, pid in enumerate(pids):
            code, said = forge.wait(pid), forge.said(f"said-{place}")
            # The release to go back to may be gone by then.
            is_late = pair == "prune, rollback" and "to go back to" in said
            # Who is second meant to go back from what is not in force any more.
            is_late = is_late or "was put in force meanwhile" in said
            assert (code, said) == (0, "") or (code == 2 and is_late)
        # A process that began between two steps of another's may know of what has gone.
        kept = {e.file for m in manifests if m.id in kept_ids(str(root)) for e in m.entries}
        assert [each for each in while_it_runs if each[0].removeprefix("/static/") in kept] == []
        assert plain_damage(root) == []
        assert_whole(root, wsgi_get)
        assert promises.broken(root, wsgi_get) == []


def test_a_full_disk(forge, releases, disk, wsgi_get):
    """Not a byte can be written: both commands say so, and all is as it was. With room, they go."""
    source, manifests = releases
    promises = Promises().note(*manifests)
    root = copy_of(source, disk.folder / "static")
    before = snapshot(root)
    disk.fill(free=0)
    for command in (PRUNE, (*ROLLBACK[:2], manifests[0].id, "-d")):
        assert forge.run(*command, root) == 2
        assert forge.said().startswith(f"hiss: {root}")
        assert "No space left on device" in forge.said()
        assert "Traceback" not in forge.said()
        assert snapshot(root) == before
        assert_kept(root, wsgi_get, promises)
    disk.empty()
    assert forge.run(*ROLLBACK, root, manifests[0].id) == 0
    assert forge.run(*PRUNE, root) == 0
    assert_whole(root, wsgi_get)


def test_a_disk_that_fills(forge, releases, disk, wsgi_get):
    """However far a rollback comes, the one before is in force, and made whole; or it is done."""
    source, manifests = releases
    promises, one = Promises().note(*manifests), manifests[0]
    root = copy_of(source, disk.folder / "static")
    tries, code = 0, 2
    while code == 2:
        disk.fill(free=4 * tries)
        code = forge.run(*ROLLBACK, root, one.id)
        tries += 1
        disk.empty()
        assert_kept(root, wsgi_get, promises)
        if code == 2:
            assert manifest_of(root).id == manifests[-1].id
            assert temporary_files(root) == []
            # Plain names may be of either where there is no room for what is put back.
            assert forge.run(*ROLLBACK, root, manifests[-1].id) == 0
            assert plain_damage(root) == []
            assert_whole(root, wsgi_get)
    assert (code, manifest_of(root).id, tries > 3) == (0, one.id, True)
    assert_whole(root, wsgi_get)


def test_a_disk_that_cannot_be_written(forge, releases, disk, wsgi_get):
    """2, with the place; what is there is served."""
    source, manifests = releases
    root = copy_of(source, disk.folder / "static")
    disk.freeze()
    for command in (PRUNE, ROLLBACK):
        assert forge.run(*command, root) == 2
        assert "Read-only file system" in forge.said()
        assert "Traceback" not in forge.said()
    assert_kept(root, wsgi_get, Promises().note(*manifests))
