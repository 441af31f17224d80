"""Pruning: what goes is what the plan says, and what a kept release needs stays."""

import json
import os
import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from trees import assert_whole, damage_of, index_of, manifest_of

from hiss.core.manifest import format_manifest
from hiss.files.expired import read_expired
from hiss.files.release import kept_ids
from hiss.release import prune as module
from hiss.release.deploy.journal import Journal, remove_journal, write_journal
from hiss.release.history import read_history
from hiss.release.ledger import read_ledger
from hiss.release.prune import plan_prune, prune
from hiss.release.retain import Retention
from hiss.release.switch import switch
from hiss.wsgi import StaticFiles
from release.roots import (
    ALL,
    ONE,
    Promises,
    plain_damage,
    publish,
    publish_all,
    settled,
    snapshot,
    tree,
    words,
    write_history,
)


class StoppedError(BaseException):
    """As if it was killed."""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "static"


def ids_in(root):
    return set(kept_ids(str(root)))


def disk_usage(root):
    """The bytes of all files but those that say what is in the root, each once."""
    files = [path for path in root.rglob("*") if path.is_file()]
    kept = [p for p in files if p.parent.name != "releases" and p.parent.name != ".hiss"]
    return sum({path.stat().st_ino: path.stat().st_size for path in kept}.values())


# --- which releases go


def test_a_build_prunes(root):
    """With each build go the releases that are not to be kept any more, and not the others."""
    versions = [publish(root, tree(n), retention=Retention(3, 0)) for n in range(6)]
    assert ids_in(root) == {each.id for each in versions[3:]}


def test_days_keep_what_numbers_let_go(root):
    """Of six releases of one day all are younger than a week."""
    versions = [publish(root, tree(n), retention=Retention(3, 7)) for n in range(6)]
    assert ids_in(root) == {each.id for each in versions}
    write_history(root, *zip(range(45, 0, -8), versions, strict=False))
    pruning = prune(str(root), Retention(3, 7))
    assert [each.id for each in pruning.releases] == [each.id for each in versions[:3]]
    assert ids_in(root) == {each.id for each in versions[3:]}


def test_mtimes_say_nothing(root):
    """What `touch`, `cp` and a clock of 1980 do to files keeps nothing and lets nothing go."""
    versions = publish_all(root, 1, 2, 3, 4)
    write_history(root, *zip((40, 30, 20, 10), versions, strict=True))
    for number, path in enumerate(root.rglob("*")):
        moment = (0, 4_000_000_000)[number % 2]
        os.utime(path, (moment, moment))
    pruning = prune(str(root), Retention(2, 15))
    assert [each.id for each in pruning.releases] == [versions[0].id, versions[1].id]
    assert damage_of(root) == []


def test_long_in_force_and_just_replaced(root, wsgi_get):
    """A release that was in force for a year is what the open tabs have: it stays."""
    promises = Promises().note(*publish_all(root, 1, 2, 3))
    one, two, three = (each for each in reversed(read_ledger(str(root)).releases))
    write_history(root, (365, one), (0.04, two), (0.02, three))
    assert prune(str(root), Retention(1, 7)).releases == ()
    assert promises.broken(root, wsgi_get) == []


@pytest.mark.parametrize("last", [".hiss/index", ".hiss/history", ".hiss/current"])
def test_just_replaced_by_a_build_that_was_killed(root, monkeypatch, last):
    """Wherever a build was killed, a release that was in force until then was so a moment ago."""
    one = publish(root, tree(1))
    long_ago = (datetime.now(UTC) - timedelta(days=365)).isoformat()
    path = root / f".hiss/releases/{one.id}.json"
    path.write_text(format_manifest(replace(one, created=long_ago)))
    write_history(root, (365, one))
    put = os.replace

    def killed(source, target):
        put(source, target)
        if target.endswith(last):
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(StoppedError):
            publish(root, tree(2))
    prune(str(root), Retention(1, 7))
    assert one.id in ids_in(root)
    assert damage_of(root) == []


def test_the_one_in_force_stays(root, wsgi_get):
    """After a rollback it is not the one that was built last."""
    promises = Promises().note(*publish_all(root, 1, 2, 3))
    one = read_ledger(str(root)).releases[-1]
    switch(str(root), one.id, "rollback")
    prune(str(root), ONE)
    assert ids_in(root) == {one.id}
    assert_whole(root, wsgi_get)
    assert promises.broken(root, wsgi_get) == []
    assert plain_damage(root) == []


def test_what_is_needed_stays(root):
    """A deploy at work names the release that it would go back to."""
    one, _two, three = publish_all(root, 1, 2, 3)
    write_journal(str(root), Journal(before=one.id, release=three.id))
    prune(str(root), ONE)
    assert ids_in(root) == {one.id, three.id}
    assert damage_of(root) == []
    remove_journal(str(root))
    prune(str(root), ONE)
    assert ids_in(root) == {three.id}


# --- which files go


def test_shared_files_are_stored_once_and_stay(root, wsgi_get):
    """What several releases have is one file, which goes with the last of them."""
    one, _two, three = publish_all(root, 1, 2, 3)
    [same] = [e.file for e in one.entries if e.name == "css/same.css" and e.immutable]
    shared = {entry.file for entry in one.entries if entry.immutable} & {
        entry.file for entry in three.entries if entry.immutable
    }
    assert same in shared
    assert len(list((root / "css").glob("same.*.css"))) == 1
    inode = (root / same).stat().st_ino
    prune(str(root), Retention(2, 0))
    prune(str(root), Retention(1, 0))
    assert (root / same).stat().st_ino == inode
    assert_whole(root, wsgi_get)
    publish(root, {"other.txt": "other"})
    prune(str(root), ONE)
    assert not (root / "css").exists()


def test_nothing_is_left(root, tmp_path):
    """After all but one went, a root is as if only that one had been built."""
    publish_all(root, 1, 2, 3)
    prune(str(root), ONE)
    alone = tmp_path / "alone"
    publish(alone, tree(3))
    there, expected = snapshot(root), snapshot(alone)
    names = {name for name in there if not name.startswith(".hiss")}
    assert names == {name for name in expected if not name.startswith(".hiss")}
    assert all(there[name] == expected[name] for name in names)
    assert set(there) - set(expected) == {".hiss/expired"}


def test_the_users_own_files_stay(root):
    """What no release put there is nobody's to delete, wherever it lies and whatever it says."""
    one, _two = publish_all(root, 1, 2)
    [gone] = [e.file for e in one.entries if e.name == "css/app.css" and e.immutable]
    own = {
        "uploads/photo.png": b"photo",
        "css/own.css": b"own{}",
        # It has the name of a file of the release that goes, and says something else by now.
        "only/1.txt": b"my own words",
        f"{gone}.bak": b"backup",
        ".hiss-notes/a.txt": b"notes",
        ".env": b"secret",
        "css/.keep": b"",
    }
    for name, data in own.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "empty").mkdir()
    pruning = prune(str(root), ONE)
    assert gone in pruning.files
    assert set(own).isdisjoint(pruning.files)
    there = snapshot(root)
    assert {name: there.get(name) for name in own} == own
    assert (root / "empty").is_dir()


def test_plain_names_go_with_their_variants(root):
    """A name that no kept release has, and that says what the one that goes put there."""
    publish_all(root, 1, 2)
    names = {"only/1.txt", "only/1.txt.br", "only/1.txt.gz", "only/1.txt.zst"}
    pruning = prune(str(root), ONE)
    assert names <= set(pruning.files)
    assert not [name for name in snapshot(root) if name.startswith("only/1")]


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", ".hiss/current", "a/../../b"])
def test_a_manifest_that_leads_out(root, name):
    """A manifest names files below the root, or none that is touched."""
    one, _two = publish_all(root, 1, 2)
    (root.parent / "outside.txt").write_text("outside")
    path = root / f".hiss/releases/{one.id}.json"
    document = json.loads(path.read_text())
    document["entries"][0]["file"] = name
    path.write_text(json.dumps(document))
    pruning = prune(str(root), ONE)
    assert [each.id for each in pruning.releases] == [one.id]
    assert name not in pruning.files
    assert (root.parent / "outside.txt").read_text() == "outside"
    assert damage_of(root) == []


def test_a_journal_that_leads_out(root):
    """Nor does what a killed prune left."""
    publish_all(root, 1)
    (root.parent / "outside.txt").write_text("outside")
    names = ["../outside.txt", "/etc/hostname", ".hiss/current", 7, None, "css/app.css"]
    for text in (json.dumps(names), json.dumps({"a": 1}), "{", "7", ""):
        (root / ".hiss/prune.json").write_text(text)
        assert prune(str(root), ONE).files == ()
    assert (root.parent / "outside.txt").read_text() == "outside"
    assert damage_of(root) == []


@pytest.mark.parametrize("text", ["", "{", '{"version": 99}'])
def test_what_cannot_be_read_stops_deletion(root, text):
    """Nobody knows what it needs: nothing goes, and the words say what to do."""
    one, *_ = publish_all(root, 1, 2, 3)
    damaged = root / f".hiss/releases/{one.id}.json"
    damaged.write_text(text)
    before = snapshot(root)
    pruning = prune(str(root), ONE)
    assert (pruning.releases, pruning.files) == ((), ())
    assert str(damaged) in pruning.obstacle
    assert "remove it if the release may go" in pruning.obstacle
    assert snapshot(root) == before
    # Where nothing would go anyway, it is no news.
    assert prune(str(root), ALL).obstacle == ""
    # And a build is none the worse for it.
    publish(root, tree(4), retention=ONE)
    assert set(before) <= set(snapshot(root))
    damaged.unlink()
    prune(str(root), ONE)
    assert len(ids_in(root)) == 1


# --- the plan, and what is done


@pytest.mark.parametrize("style", ["hashed", "plain", "only hashed"])
@pytest.mark.parametrize("keep", [1, 2, 3, 9])
def test_the_plan_is_what_is_done(root, tmp_path, style, keep):
    """The files that it names go, with the manifests of the releases that it names, and no others;
    and no byte of any other is changed.
    """
    how = {
        "hashed": {},
        "plain": {"name_of": None, "modules": False},
        "only hashed": {"only_hashed": True},
    }
    versions = publish_all(root, 1, 2, 3, 4, **how[style])
    switch(str(root), versions[1].id, "rollback")
    before, used = snapshot(root), disk_usage(root)
    planned = plan_prune(read_ledger(str(root)), Retention(keep, 0))
    assert snapshot(root) == before
    done = prune(str(root), Retention(keep, 0))
    assert done == planned
    after = snapshot(root)
    manifests = {f".hiss/releases/{each.id}.json" for each in planned.releases}
    gone = {name for name in before if name not in after and not name.endswith("/")}
    assert gone == {*planned.files, *manifests}
    records = {".hiss/index", ".hiss/history", ".hiss/expired"}
    assert {name for name in after if after[name] != before.get(name)} <= records
    assert len(planned.releases) == max(4 - keep, 0)
    assert prune(str(root), Retention(keep, 0)).files == ()
    # No folder is left empty.
    assert not [name for name in after if name.endswith("/")]
    assert used - disk_usage(root) == planned.size


def test_nothing_to_do_changes_nothing(root):
    """Not even the files that say what is kept."""
    publish_all(root, 1, 2)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    pruning = prune(str(root), ALL)
    assert (pruning.releases, pruning.files, pruning.size) == ((), (), 0)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_what_is_written_down(root):
    """The index is of what is kept; the history forgets; the expired files have their release."""
    one, two, three = publish_all(root, 1, 2, 3)
    pruning = prune(str(root), ONE)
    assert (root / ".hiss/index").read_bytes() == index_of(root)
    assert {each.release for each in read_history(str(root))} == {three.id}
    expired = read_expired(str(root))
    hashed = {e.file: each.id for each in (one, two) for e in each.entries if e.immutable}
    left = {entry.file for entry in three.entries}
    assert expired == {name: release for name, release in hashed.items() if name not in left}
    assert set(expired) <= set(pruning.files)
    assert not (root / ".hiss/prune.json").exists()


# --- a prune that is stopped


def steps_of_a_prune(root, monkeypatch, stop_at):
    """Prune, up to the step; whether it was stopped. A step puts or takes a file."""
    taken = 0

    def counted(function):
        def call(*arguments, **more):
            nonlocal taken
            taken += 1
            if taken == stop_at:
                raise StoppedError
            return function(*arguments, **more)

        return call

    with monkeypatch.context() as patch:
        for name in ("replace", "unlink", "rmdir"):
            patch.setattr(module.os, name, counted(getattr(os, name)))
        try:
            prune(str(root), ONE)
        except StoppedError:
            return True
    return False


def test_the_next_prune_ends_it(root, tmp_path, wsgi_get, monkeypatch):
    """Wherever it was stopped: what is kept is whole, and then all is as it would have been."""
    promises = Promises().note(*publish_all(root, 1, 2, 3))
    whole = tmp_path / "whole"
    shutil.copytree(root, whole)
    prune(str(whole), ONE)
    expected = settled(whole)
    step, is_stopped = 0, True
    while is_stopped:
        step += 1
        copy = tmp_path / f"copy-{step}"
        shutil.copytree(root, copy)
        is_stopped = steps_of_a_prune(copy, monkeypatch, step)
        assert damage_of(copy) == []
        assert promises.broken(copy, wsgi_get, codings=False) == []
        prune(str(copy), ONE)
        assert settled(copy) == expected
        shutil.rmtree(copy)
    assert step > 20


def test_what_was_put_there_meanwhile_stays(root, monkeypatch):
    """A prune was stopped; the user gives a name that it would have deleted to a file of theirs."""
    publish_all(root, 1, 2)
    step = 0
    while not (root / ".hiss/prune.json").exists():
        step += 1
        assert steps_of_a_prune(root, monkeypatch, step)
    assert steps_of_a_prune(root, monkeypatch, 4)
    (root / "only/1.txt").unlink(missing_ok=True)
    (root / "only").mkdir(exist_ok=True)
    (root / "only/1.txt").write_text("my own words")
    prune(str(root), ONE)
    assert (root / "only/1.txt").read_text() == "my own words"


def test_a_release_that_comes_again_keeps_what_was_to_be_deleted(root, wsgi_get, monkeypatch):
    """The journal of a killed prune names files that a build has put there anew: they stay."""
    one, _two = publish_all(root, 1, 2)
    for stop_at in (4, 6, 9):
        assert steps_of_a_prune(root, monkeypatch, stop_at)
        assert publish(root, tree(1)).id == one.id
        prune(str(root), ALL)
        assert_whole(root, wsgi_get)
        publish(root, tree(2))


def test_it_waits_for_a_build(root):
    """Nothing is deleted while somebody else writes."""
    publish_all(root, 1, 2)
    with module.locked(str(root / ".hiss/lock")):
        thread = threading.Thread(target=prune, args=(str(root), ONE))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        assert len(ids_in(root)) == 2
    thread.join(10)
    assert len(ids_in(root)) == 1


# --- while a process serves


@pytest.mark.parametrize("old_index", ["kept", "deleted", "of another release"])
def test_every_url_of_every_kept_release(root, wsgi_get, old_index):
    """Through builds, prunes and rollbacks each hashed URL says what it said, for ever and with its
    variants; with an index and without one, in a process that was there before and in a new one.
    """

    def check():
        index = root / ".hiss/index"
        if old_index == "deleted":
            index.unlink(missing_ok=True)
        elif old_index == "of another release":
            index.write_bytes(index.read_bytes().replace(manifest_of(root).id.encode(), b"ab" * 8))
        assert promises.broken(root, wsgi_get) == []
        assert damage_of(root) == []

    promises = Promises()
    versions = [publish(root, tree(1))]
    promises.note(*versions)
    served = StaticFiles(root=root)
    for version in (2, 3, 4):
        versions.append(publish(root, tree(version)))
        promises.note(versions[-1])
        if old_index == "kept":
            assert promises.broken(root, wsgi_get, served) == []
        check()
    switch(str(root), versions[0].id, "rollback")
    check()
    prune(str(root), Retention(3, 0))
    assert len(ids_in(root)) == 3
    check()
    switch(str(root), versions[3].id, "rollback")
    check()
    promises.note(publish(root, tree(5), retention=Retention(2, 0)))
    assert len(ids_in(root)) == 2
    check()
    if old_index == "kept":
        assert promises.broken(root, wsgi_get, served) == []


def test_compressed_anew(root, wsgi_get):
    """A later release made the variants of what it shares with another levels: the earlier one has
    its variants still when the later is let go.
    """
    same = {"same.txt": words("same", 3000)}
    one = publish(root, {**same, "a.txt": words(1)}, levels={"gzip": 1})
    two = publish(root, {**same, "a.txt": words(2)}, levels={"gzip": 9})
    promises = Promises().note(one, two)
    assert damage_of(root) == []
    switch(str(root), one.id, "rollback")
    prune(str(root), ONE)
    assert damage_of(root) == []
    assert promises.broken(root, wsgi_get) == []
