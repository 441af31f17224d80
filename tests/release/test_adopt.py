"""Releases come from a folder or an archive: all that is kept, checked, and nothing else."""

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from trees import DECODERS, build_tree, manifest_of, sha256, temporary_files, write_tree

from hiss.build.cache import Cache
from hiss.cli import adopt
from hiss.core.manifest import format_manifest, parse_manifest
from hiss.errors import ConfigurationError, ManifestError
from hiss.files.expired import add_expired, read_expired
from hiss.files.release import kept_ids, read_manifest
from hiss.release import ledger
from hiss.release.adopt.carry import adopt as adopt_from
from hiss.release.adopt.kinds import open_source
from hiss.release.history import read_history
from hiss.release.originals import items, original_path, restore
from hiss.release.retain import Retention
from hiss.release.switch import switch
from hiss.wsgi import StaticFiles

ALL = Retention(100, 0)
PNG = bytes(range(256)) * 4


def tree(version):
    """A tree of which one file never changes, and two names change what they say."""
    return {
        "css/app.css": f"/* {version} */ a{{b:url(../img/dot.png)}}" * 40,
        "img/dot.png": PNG,
        "js/app.js": f"let version = {version};\n" * 40,
        f"only/{version}.txt": f"{version}" * 300,
        "robots.txt": f"# {version}\n" * 100,
    }


@pytest.fixture
def build_into(tmp_path):
    """Builds a version into a folder: `build_into(root, 1)`; the manifest."""

    def build(root, version, **how):
        source = tmp_path / "src" / f"{version}"
        shutil.rmtree(source, ignore_errors=True)
        write_tree(source, tree(version))
        build_tree(source, root, Cache(str(tmp_path / "cache")), retention=ALL, **how)
        return manifest_of(root)

    return build


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A folder with three releases, built once."""
    folder = tmp_path_factory.mktemp("pattern")
    for version in (1, 2, 3):
        source = write_tree(folder / f"{version}", tree(version))
        build_tree(source, folder / "built", Cache(str(folder / "cache")), retention=ALL)
    return folder / "built"


@pytest.fixture
def source(tmp_path, pattern):
    """A folder with three releases: 3 is in force."""
    return shutil.copytree(pattern, tmp_path / "there")


def run(*arguments):
    """The exit code of `hiss release adopt`."""
    parser = argparse.ArgumentParser()
    adopt.add_arguments(parser)
    return adopt.run(parser.parse_args([str(each) for each in arguments]))


def adopt_into(root, source, retention=ALL):
    """Adopt, and what came of it."""
    with open_source(str(source)) as opened:
        return adopt_from(opened, str(root), retention)


def release_ids(root):
    """The ids of a folder's releases, the one that was in force last first."""
    return [each.id for each in ledger.read_ledger(str(root)).releases]


def snapshot(root):
    """Every file of a root but its lock."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def faults_of(root, get):
    """What of the kept releases is not there, or not served as immutable."""
    found = [*temporary_files(root)]
    application = StaticFiles(root=root)
    for release_id in kept_ids(str(root)):
        for entry in read_manifest(str(root), release_id).entries:
            for item in items(entry) if entry.immutable else ():
                path = root / item.file
                if not path.is_file() or sha256(path.read_bytes()) != item.sha256:
                    found.append((release_id, item.file))
            for coding in ("identity", *entry.codings) if entry.immutable else ():
                url = f"/static/{entry.file}"
                answer = get(application, url, headers={"Accept-Encoding": coding})
                given = answer.headers["Content-Encoding"] or "identity"
                body = DECODERS.get(given, bytes)(answer.body)
                is_immutable = "immutable" in (answer.headers["Cache-Control"] or "")
                if (answer.status, given, sha256(body)) != (200, coding, entry.sha256):
                    found.append((url, coding, answer.status, given))
                if not is_immutable:
                    found.append((url, "not immutable"))
    return found


def age(root, days):
    """Have the releases of a root be in force since so many days ago: by id."""
    now = datetime.now(UTC)
    lines = []
    for release_id, since in days.items():
        at = (now - timedelta(days=since)).isoformat(timespec="milliseconds")
        lines.append(f"{at} {release_id} build\n")
        path = root / f".hiss/releases/{release_id}.json"
        document = json.loads(path.read_text())
        path.write_text(json.dumps({**document, "created": at}))
    (root / ".hiss/history").write_text("".join(sorted(lines)))


def rewrite(root, release_id, change):
    """Change the JSON of a manifest in place."""
    path = root / f".hiss/releases/{release_id}.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def hashed_file(manifest, name):
    return next(each for each in manifest.entries if each.name == name and each.immutable)


def plain_file(manifest, name):
    return next(each for each in manifest.entries if each.file == name)


def as_folder(folder, _tmp_path):
    return folder


def as_tar(mode, top, *, shown="tar"):
    def make(folder, tmp_path):
        path = tmp_path / f"archive.{shown}"
        with tarfile.open(path, mode) as archive:
            archive.add(folder, top)
        return path

    return make


def as_tar_zst(folder, tmp_path):
    plain = as_tar("w", "static")(folder, tmp_path)
    path = tmp_path / "archive.tar.zst"
    try:
        from compression import zstd
    except ImportError:
        from backports import zstd
    path.write_bytes(zstd.compress(plain.read_bytes()))
    return path


def as_zip(top, method=zipfile.ZIP_DEFLATED):
    def make(folder, tmp_path):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for each in folder.rglob("*"):
                archive.write(each, top + each.relative_to(folder).as_posix())
        return path

    return make


KINDS = {
    "folder": as_folder,
    "tar": as_tar("w", "."),
    "tar.gz": as_tar("w:gz", "static"),
    "tar.xz": as_tar("w:xz", "./static"),
    "tar.bz2": as_tar("w:bz2", ""),
    "pax": as_tar("w:gz", "static", shown="tgz"),
    "tar.zst": as_tar_zst,
    "zip": as_zip(""),
    "zip-below": as_zip("static/"),
    "zip-stored": as_zip("", zipfile.ZIP_STORED),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def any_kind(request, source, tmp_path):
    """The source, as each kind that is on a disk."""
    return request.param(source, tmp_path)


def test_everything_comes(any_kind, source, tmp_path, wsgi_get):
    """Into a fresh folder: as it is at the source, but that nothing is in force."""
    root = tmp_path / "here"
    assert run(any_kind, "-d", root) == 0
    there = snapshot(source)
    own = ("built", "current", "index", "noted.json", "problems.json")
    for name in (*(f".hiss/{each}" for each in own), "staticfiles.json"):
        there.pop(name, None)
    here = snapshot(root)
    del here[".hiss/index"]
    assert here == there
    assert faults_of(root, wsgi_get) == []
    assert not (root / ".hiss/current").exists()
    assert release_ids(root) == release_ids(source)


def test_adopting_twice_changes_nothing(any_kind, tmp_path):
    root = tmp_path / "here"
    run(any_kind, "-d", root)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert run(any_kind, "-d", root) == 0
    after = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    del before[root / ".hiss/lock"], after[root / ".hiss/lock"]
    assert after == before


def test_then_a_build(source, tmp_path, build_into, wsgi_get):
    """The way of an image: adopt, build, and all four releases answer; one can go back."""
    root = tmp_path / "here"
    run(source, "-d", root)
    manifest = build_into(root, 4)
    assert faults_of(root, wsgi_get) == []
    assert release_ids(root) == [manifest.id, *release_ids(source)]
    former = manifest_of(source)
    assert restore(former, str(root)) == []
    assert (root / "robots.txt").read_bytes() == (source / "robots.txt").read_bytes()


def test_beside_a_release(source, tmp_path, build_into, wsgi_get):
    """What is in force stays in force, and its plain files stay as they are."""
    root = tmp_path / "here"
    manifest = build_into(root, 4)
    before = snapshot(root)
    assert run(source, "-d", root) == 0
    after = snapshot(root)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {".hiss/index", ".hiss/history"}
    assert manifest_of(root) == manifest
    assert faults_of(root, wsgi_get) == []
    answer = wsgi_get(StaticFiles(root=root), "/static/robots.txt")
    assert answer.body == b"# 4\n" * 100
    for version in (1, 2, 3):
        said = tree(version)["css/app.css"].encode()
        assert Path(original_path(str(root), sha256(said))).read_bytes() == said
        assert (root / f"only/{version}.txt").read_text() == f"{version}" * 300


def test_plain_names_go_to_what_is_in_force_there(source, tmp_path):
    """Also where that is not the last that was built, and no history tells when that was."""
    ids = release_ids(source)
    age(source, {ids[0]: 1, ids[1]: 2, ids[2]: 3})
    switch(str(source), ids[2], "rollback")
    for number in range(2):
        root = tmp_path / f"here-{number}"
        adopt_into(root, source)
        assert (root / "robots.txt").read_text() == "# 1\n" * 100
        assert (root / "robots.txt.br").read_bytes() == (source / "robots.txt.br").read_bytes()
        (source / ".hiss/history").unlink(missing_ok=True)


def test_a_plain_file_of_nobody_stays(source, tmp_path):
    """Neither it nor variants beside it that would say something else."""
    root = write_tree(tmp_path / "here", {"robots.txt": "mine"})
    adopt_into(root, source)
    assert (root / "robots.txt").read_text() == "mine"
    assert not (root / "robots.txt.br").exists()
    assert (root / "only/1.txt").exists()


def test_a_plain_name_of_a_release_here_is_its_own(source, tmp_path, build_into):
    """Even where its file is gone: no other release's comes under it."""
    root = tmp_path / "here"
    build_into(root, 4, levels={})
    (root / "robots.txt").unlink()
    adopt_into(root, source)
    assert not [*root.glob("robots.txt*")]


def test_a_hashed_file_that_cannot_be_copied_here(source, tmp_path):
    """That its bytes are here under another name does not help."""
    entry = hashed_file(manifest_of(source), "img/dot.png")
    root = write_tree(tmp_path / "here", {"img/dot.png": PNG, f"{entry.file}/mine": "mine"})
    done = adopt_into(root, source)
    assert done.taken == ()
    assert all(f"{entry.file}: it cannot be put in place" in each.why for each in done.left)


def test_history_comes_too(source, tmp_path):
    """Ages go on counting: a release that was out of force for long does not begin anew."""
    ids = release_ids(source)
    age(source, {ids[0]: 1, ids[1]: 5, ids[2]: 40})
    root = tmp_path / "here"
    adopt_into(root, source)
    assert read_history(str(root)) == read_history(str(source))
    since = [each.since for each in ledger.read_ledger(str(root)).releases]
    assert since == [each.since for each in ledger.read_ledger(str(source)).releases]


def test_only_what_retention_keeps(source, tmp_path, capsys):
    """By number and by age, over what is here and what is there together."""
    ids = release_ids(source)
    age(source, {ids[0]: 10, ids[1]: 20, ids[2]: 40})
    root = tmp_path / "here"
    assert run(source, "-d", root, "--keep-releases", 1, "--keep-days", 15) == 0
    assert release_ids(root) == ids[:2]
    printed = capsys.readouterr().out
    assert f"passed over {ids[2]}: older than the last one, and out of force since " in printed
    assert printed.count(", more than 15 days\n") == 1
    assert not (root / "only/1.txt").exists()
    assert {event.release for event in read_history(str(root))} == {*ids[:2]}


def test_what_is_here_counts(source, tmp_path, build_into):
    """A newer release here takes one of the places; what is here never goes."""
    ids = release_ids(source)
    age(source, {ids[0]: 10, ids[1]: 20, ids[2]: 40})
    root = tmp_path / "here"
    newest = build_into(root, 4)
    # In force there, and so not old, whatever the number.
    adopt_into(root, source, Retention(1, 0))
    assert release_ids(root) == [newest.id, ids[0]]
    adopt_into(root, source, Retention(3, 0))
    assert release_ids(root) == [newest.id, *ids[:2]]
    adopt_into(root, source, Retention(1, 0))
    assert release_ids(root) == [newest.id, *ids[:2]]


def test_a_dry_run_writes_nothing(source, tmp_path, capsys):
    root = tmp_path / "here"
    assert run(source, "-d", root, "-n") == 0
    assert not root.exists()
    planned = capsys.readouterr().out.replace("would take", "took")
    run(source, "-d", root)
    assert capsys.readouterr().out == planned
    assert planned.count("took release") == 3


def test_json(source, tmp_path, capsys):
    root = tmp_path / "here"
    run(source, "-d", root, "-n", "--json")
    planned = json.loads(capsys.readouterr().out)
    run(source, "-d", root, "--json")
    done = json.loads(capsys.readouterr().out)
    assert planned["dry_run"] is True
    assert {**planned, "dry_run": False} == done
    assert [each["id"] for each in done["adopted"]] == release_ids(source)
    written = [path for path in root.rglob("*") if path.is_file()]
    # Manifests, index, history, lock.
    hiss = 3 + 3
    placed = plain_names_here(root)
    assert sum(each["files"] for each in done["adopted"]) == len(written) - hiss - placed
    assert (done["left"], done["variants_left_out"], done["plain_files_lacking"]) == ([], [], [])


def plain_names_here(root):
    """How many files are second copies, under plain names."""
    manifests = [read_manifest(str(root), each) for each in kept_ids(str(root))]
    names = {i.file for m in manifests for e in m.entries if not e.immutable for i in items(e)}
    return sum((root / name).exists() for name in names)


def test_a_shared_file_is_not_copied_again(source, tmp_path, build_into):
    """What is here with the right bytes stays the file it is."""
    root = tmp_path / "here"
    manifest = build_into(root, 4)
    path = root / hashed_file(manifest, "img/dot.png").file
    inode = path.stat().st_ino
    done = adopt_into(root, source)
    assert path.stat().st_ino == inode
    first = adopt_into(tmp_path / "fresh", source)
    assert sum(each.size for each in first.taken) - sum(each.size for each in done.taken) == 1024


def test_a_damaged_file_is_mended(source, tmp_path, build_into, wsgi_get):
    """One that a release here shares with one there."""
    root = tmp_path / "here"
    manifest = build_into(root, 4)
    path = root / hashed_file(manifest, "img/dot.png").file
    path.write_bytes(b"x" * 1024)
    adopt_into(root, source)
    assert path.read_bytes() == PNG
    assert faults_of(root, wsgi_get) == []


def test_a_name_with_other_bytes(source, tmp_path, build_into, wsgi_get):
    """Of a release here: that one is refused. Of nobody: too, until somebody removes it."""
    root = tmp_path / "here"
    manifest = build_into(root, 4)
    last = manifest_of(source)
    taken = hashed_file(last, "js/app.js").file
    # A release here whose hashed name is another's there: as two builds with a short hash might.
    entries = [
        {**entry, "file": taken}
        if entry["file"] == hashed_file(manifest, "js/app.js").file
        else entry
        for entry in json.loads((root / f".hiss/releases/{manifest.id}.json").read_text())[
            "entries"
        ]
    ]
    document = json.loads((root / f".hiss/releases/{manifest.id}.json").read_text())
    (root / f".hiss/releases/{manifest.id}.json").write_text(
        json.dumps({**document, "entries": entries})
    )
    done = adopt_into(root, source)
    [left] = [each for each in done.left if each.is_fault]
    assert left.id == last.id
    assert left.why == f"a release that is here has {taken!r} with other bytes"
    assert len(done.taken) == 2

    other = write_tree(tmp_path / "other", {taken: "mine"})
    done = adopt_into(other, source)
    [left] = [each for each in done.left if each.is_fault]
    assert (left.id, "of no release: remove it" in left.why) == (last.id, True)
    assert (other / taken).read_text() == "mine"
    (other / taken).unlink()
    adopt_into(other, source)
    assert faults_of(other, wsgi_get) == []
    assert len(kept_ids(str(other))) == 3


def spoil(path):
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (spoil, "it has other bytes than its manifest says"),
        (cut, "bytes long, not"),
        (os.unlink, "it is not there"),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "tar.gz", "zip"])
def test_a_hashed_file_that_is_wrong(source, tmp_path, kind, damage, words, capsys, wsgi_get):
    """That release is refused, and leaves nothing; the others come."""
    ids = release_ids(source)
    second = read_manifest(str(source), ids[1])
    entry = hashed_file(second, "css/app.css")
    damage(source / entry.file)
    root = tmp_path / "here"
    assert run(KINDS[kind](source, tmp_path), "-d", root) == 1
    printed = capsys.readouterr().out
    [line] = [each for each in printed.splitlines() if each.startswith("refused")]
    assert line.startswith(f"refused {ids[1]}: {entry.file}: ")
    assert words in line
    assert release_ids(root) == [ids[0], ids[2]]
    assert faults_of(root, wsgi_get) == []
    gone = {item.file for each in second.entries for item in items(each)}
    for release_id in (ids[0], ids[2]):
        manifest = read_manifest(str(root), release_id)
        gone -= {item.file for each in manifest.entries for item in items(each)}
    assert "only/2.txt" in gone
    assert not [name for name in gone if (root / name).exists()]
    assert not (root / "only").joinpath("2.txt").exists()


def test_an_original_that_is_wrong(source, tmp_path, capsys, wsgi_get):
    """To serve a release what its plain names said is not needed: it comes, and JSON says so."""
    ids = release_ids(source)
    first = read_manifest(str(source), ids[2])
    entry = plain_file(first, "css/app.css")
    spoil(source / f".hiss/originals/{entry.sha256}")
    root = tmp_path / "here"
    assert run(source, "-d", root, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    [lacking] = document["plain_files_lacking"]
    assert (lacking["release"], lacking["file"]) == (first.id, "css/app.css")
    assert faults_of(root, wsgi_get) == []
    assert not (root / f".hiss/originals/{entry.sha256}").exists()
    here = plain_file(read_manifest(str(root), ids[2]), "css/app.css")
    assert here.codings == {}


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
def test_bytes_are_found_by_their_hash(source, tmp_path, kind, wsgi_get):
    """What is wrong under one name may be right under another."""
    entry = hashed_file(manifest_of(source), "js/app.js")
    spoil(source / entry.file)
    root = tmp_path / "here"
    assert run(KINDS[kind](source, tmp_path), "-d", root) == 0
    assert sha256((root / entry.file).read_bytes()) == entry.sha256
    assert faults_of(root, wsgi_get) == []


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
def test_the_first_reason_is_told(source, tmp_path, kind):
    """Of a file that is wrong under both of its names: what is wrong with the hashed one."""
    entry = hashed_file(manifest_of(source), "js/app.js")
    spoil(source / entry.file)
    cut(source / "js/app.js")
    [left] = adopt_into(tmp_path / "here", KINDS[kind](source, tmp_path)).left
    assert left.why.startswith(f"{entry.file}: it has other bytes than its manifest says")


@pytest.mark.parametrize("damage", [spoil, os.unlink])
def test_a_variant_that_is_wrong(source, tmp_path, damage, capsys, wsgi_get):
    """It is left out, and the release says nothing of it."""
    last = manifest_of(source)
    entry = hashed_file(last, "css/app.css")
    damage(source / f"{entry.file}.br")
    root = tmp_path / "here"
    assert run(source, "-d", root) == 0
    assert f"left out {entry.file}.br of {last.id}" in capsys.readouterr().out
    here = hashed_file(read_manifest(str(root), last.id), "css/app.css")
    assert {*here.codings} == {*here.checksums} == {*entry.codings} - {"br"}
    assert not (root / f"{entry.file}.br").exists()
    assert faults_of(root, wsgi_get) == []


def test_variants_that_were_made_anew(source, tmp_path, wsgi_get):
    """A later build may have compressed a shared file otherwise: what is on the disk counts."""
    ids = release_ids(source)
    packed = gzip.compress(PNG, mtime=0)
    name = hashed_file(manifest_of(source), "img/dot.png").file
    (source / f"{name}.gz").write_bytes(packed)
    for release_id in ids:
        digest = sha256(packed) if release_id == ids[0] else "0" * 64

        def say(document, digest=digest):
            for each in document["entries"]:
                if each["file"] == name:
                    each["codings"], each["checksums"] = {"gzip": len(packed)}, {"gzip": digest}

        rewrite(source, release_id, say)
    age(source, {ids[0]: 1, ids[1]: 2, ids[2]: 3})
    root = tmp_path / "here"
    assert adopt_into(root, source).notes == ()
    assert faults_of(root, wsgi_get) == []
    for release_id in ids:
        here = hashed_file(read_manifest(str(root), release_id), "img/dot.png")
        assert here.checksums == {"gzip": sha256(packed)}
    # Nor is one damaged here of which a former release says what it was then.
    rewrite(root, ids[2], say)
    done = adopt_into(root, source)
    assert (done.mended, done.notes) == ((), ())
    assert (root / f"{name}.gz").read_bytes() == packed


def test_variants_that_are_here(source, tmp_path, build_into, wsgi_get):
    """A file that a release here shares keeps the variants that were made here."""
    root = tmp_path / "here"
    build_into(root, 4, levels={})
    write_tree(tmp_path / "src/4", {"js/app.js": tree(3)["js/app.js"]})
    build_tree(
        tmp_path / "src/4", root, Cache(str(tmp_path / "cache")), levels={"gzip": 9}, retention=ALL
    )
    entry = hashed_file(manifest_of(root), "js/app.js")
    was = (root / f"{entry.file}.gz").read_bytes()
    assert was != (source / f"{entry.file}.gz").read_bytes()
    assert adopt_into(root, source).notes == ()
    assert (root / f"{entry.file}.gz").read_bytes() == was
    # And gets those that it had not.
    assert (root / f"{entry.file}.br").exists()
    assert faults_of(root, wsgi_get) == []


def test_what_went_there_is_known_here(source, tmp_path, build_into, wsgi_get):
    """A miss can say which release had it; not of names that this folder has, or has known."""
    entry = hashed_file(manifest_of(source), "js/app.js")
    add_expired(
        str(source), [("a.0.js", "aa"), ("b.0.js", "bb"), (entry.file, "cc"), ("../x", "d")]
    )
    root = tmp_path / "here"
    root.mkdir()
    add_expired(str(root), [("b.0.js", "ours")])
    adopt_into(root, source)
    assert read_expired(str(root)) == {"b.0.js": "ours", "a.0.js": "aa"}


def test_a_release_that_is_here_is_left_alone(source, tmp_path, build_into, capsys):
    """Built here from the same sources: nothing is brought, nothing is changed, all is well."""
    root = tmp_path / "here"
    build_into(root, 3)
    history = read_history(str(root))
    last = manifest_of(source)
    assert run(source, "-d", root) == 0
    assert f"passed over {last.id}: it is here already" in capsys.readouterr().out
    assert [each for each in read_history(str(root)) if each.release == last.id] == history


def damage(root, manifest):
    """Take a hashed file away, spoil another, and a variant; what the root was before."""
    before = snapshot(root)
    (root / hashed_file(manifest, "css/app.css").file).unlink()
    spoil(root / hashed_file(manifest, "img/dot.png").file)
    spoil(root / f"{hashed_file(manifest, 'js/app.js').file}.br")
    return before


def test_a_release_that_is_here_is_mended(any_kind, source, tmp_path, capsys, wsgi_get):
    """What it lacks, or has with other bytes, comes; nothing else is changed."""
    root = tmp_path / "here"
    run(any_kind, "-d", root)
    last = manifest_of(source)
    before = damage(root, last)
    damaged = snapshot(root)
    capsys.readouterr()
    assert run(any_kind, "-d", root, "-n") == 0
    assert f"would mend release {last.id}: 3 files, " in capsys.readouterr().out
    assert snapshot(root) == damaged
    assert run(any_kind, "-d", root, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["files"]) for each in said["mended"]] == [(last.id, 3)]
    assert (said["adopted"], last.id in {each["id"] for each in said["left"]}) == ([], False)
    assert snapshot(root) == before
    assert faults_of(root, wsgi_get) == []
    (root / hashed_file(last, "css/app.css").file).unlink()
    assert run(any_kind, "-d", root) == 0
    printed = capsys.readouterr().out
    assert f"mended release {last.id}: 1 file, " in printed
    assert "nothing was taken" not in printed


def test_a_release_that_is_here_and_cannot_be_mended(source, tmp_path, capsys):
    """Where the source has not what lacks, either."""
    root = tmp_path / "here"
    run(source, "-d", root)
    last = manifest_of(source)
    damage(root, last)
    style, script = (hashed_file(last, name).file for name in ("css/app.css", "js/app.js"))
    for name in (style, "css/app.css", f"{script}.br", "js/app.js.br"):
        spoil(source / name)
    shutil.rmtree(source / ".hiss/originals")
    capsys.readouterr()
    assert run(source, "-d", root) == 1
    printed = capsys.readouterr().out
    assert f"mended release {last.id}: 1 file, " in printed
    assert f"refused {last.id}: it is here, and damaged: {style}: it has other bytes" in printed
    assert f"left out {script}.br of {last.id}: it has other bytes" in printed
    done = adopt_into(root, source)
    assert (done.taken, done.mended) == ((), ())


def test_no_room_to_mend(source, tmp_path, monkeypatch):
    root = tmp_path / "here"
    run(source, "-d", root)
    last = manifest_of(source)
    damage(root, last)
    damaged = snapshot(root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 10))
    done = adopt_into(root, source)
    # All of them have the one that was spoiled.
    faults = {each.id: each.why for each in done.left if each.is_fault}
    assert {*faults} == {*release_ids(source)}
    assert "the disk has 10 left" in faults[last.id]
    assert snapshot(root) == damaged


def test_a_manifest_that_cannot_be_read(source, tmp_path, capsys):
    """Is said; the others come."""
    ids = release_ids(source)
    (source / f".hiss/releases/{ids[2]}.json").write_text("{")
    root = tmp_path / "here"
    assert run(source, "-d", root) == 1
    printed = capsys.readouterr().out
    assert f"refused {ids[2]}: " in printed
    assert "is not a manifest of Hiss" in printed
    assert release_ids(root) == ids[:2]


def test_a_release_of_the_future(source, tmp_path):
    """A wrong clock, or worse: it does not stay for ever."""
    ids = release_ids(source)
    age(source, {ids[0]: 1, ids[1]: -9000, ids[2]: 3})
    root = tmp_path / "here"
    adopt_into(root, source)
    now = datetime.now(UTC)
    assert {*release_ids(root)} == {*ids}
    assert all(each.since <= now for each in ledger.read_ledger(str(root)).releases)
    # Nor is it kept for what it will be.
    age(source, {ids[0]: 1, ids[1]: -9000, ids[2]: -8000})
    assert len(adopt_into(tmp_path / "other", source, Retention(1, 0)).taken) == 2


def test_links_in_a_root_lead_nowhere(source, tmp_path):
    """A folder of the root that leads elsewhere is not written through."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = tmp_path / "here"
    root.mkdir()
    (root / "css").symlink_to(elsewhere)
    done = adopt_into(root, source)
    assert done.taken == ()
    assert all("a link leads there" in each.why for each in done.left)
    assert [*elsewhere.iterdir()] == []


def test_no_room(source, tmp_path, monkeypatch):
    """What does not fit is refused before anything is written; the newest are asked first."""
    ids = release_ids(source)
    fresh = adopt_into(tmp_path / "fresh", source)
    usage = shutil.disk_usage(tmp_path)
    free = fresh.taken[0].size + fresh.taken[1].size
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=free))
    done = adopt_into(tmp_path / "here", source)
    [left] = done.left
    assert (left.id, left.is_fault) == (ids[2], True)
    assert "the disk has 0 left" in left.why
    assert release_ids(tmp_path / "here") == ids[:2]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda path: path, ConfigurationError, "to adopt from"),
        (lambda path: path.mkdir() or path, ManifestError, "there is no release in"),
        (lambda path: write_tree(path, {"a.css": "a"}), ManifestError, "there is no release in"),
        (lambda path: file_of(path, b""), ManifestError, "cannot be read as an archive"),
        (lambda path: file_of(path, b"PK\3\4 no zip"), ManifestError, "cannot be read as an"),
        (lambda path: file_of(path, b"\x1f\x8b no gzip"), ManifestError, "cannot be read as an"),
        (lambda path: file_of(path, b"no tar" * 999), ManifestError, "cannot be read as an"),
        (lambda path: file_of(path, empty_tar()), ManifestError, "there is no release in"),
    ],
)
def test_what_is_no_source(tmp_path, make, error, words):
    """Is said in words, and nothing is made."""
    with pytest.raises(error, match=words):
        run(make(tmp_path / "it"), "-d", tmp_path / "here")
    assert not (tmp_path / "here").exists()


def file_of(path, data):
    path.write_bytes(data)
    return path


def empty_tar():
    file = io.BytesIO()
    tarfile.open(fileobj=file, mode="w").close()
    return file.getvalue()


def test_the_root_itself(source):
    with pytest.raises(ConfigurationError, match="cannot adopt from itself"):
        run(source, "-d", source)


def test_nowhere_to_adopt_to(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="no folder to adopt into"):
        run(source)
    (tmp_path / "pyproject.toml").write_text('[tool.hiss]\noutput = "public"\n')
    assert run(source) == 0
    assert len(release_ids(tmp_path / "public")) == 3


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.xz", "tar.zst", "zip"])
def test_an_archive_that_is_cut_short(source, tmp_path, kind, wsgi_get):
    """Anywhere: either it is said and nothing was done, or what came is whole."""
    path = KINDS[kind](source, tmp_path)
    data = path.read_bytes()
    refused = 0
    for number in range(12):
        path.write_bytes(data[: len(data) * number // 12])
        root = tmp_path / f"here-{number}"
        with contextlib.suppress(ManifestError):
            refused += run(path, "-d", root) == 1
            assert faults_of(root, wsgi_get) == []
            continue
        refused += 1
        assert not root.exists()
    # A plain tar ends with zeros, which nobody misses.
    assert refused >= 11


def test_members_in_any_order(source, tmp_path, wsgi_get):
    """Manifests after files, and names twice: the hash tells which is meant."""
    path = tmp_path / "archive.tar"
    entry = hashed_file(manifest_of(source), "css/app.css")
    with tarfile.open(path, "w") as archive:
        wrong = tarfile.TarInfo(entry.file)
        wrong.size = 3
        archive.addfile(wrong, io.BytesIO(b"bad"))
        for each in sorted(source.rglob("*"), reverse=True):
            if each.is_file():
                archive.add(each, each.relative_to(source).as_posix())
    root = tmp_path / "here"
    assert run(path, "-d", root) == 0
    assert faults_of(root, wsgi_get) == []


def test_several_folders_in_one_archive(source, tmp_path):
    path = tmp_path / "archive.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(source, "one")
        archive.add(source, "two")
    with pytest.raises(ManifestError, match="several folders with releases: one/, two/"):
        run(path, "-d", tmp_path / "here")


def with_member(source, tmp_path, member, data=b""):
    """A tar of the source, in which a member stands for the file of its name."""
    path = tmp_path / "archive.tar"
    with tarfile.open(path, "w") as archive:
        for each in source.rglob("*"):
            name = each.relative_to(source).as_posix()
            if each.is_file() and name != member.name:
                archive.add(each, name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_links_and_devices_are_no_files(source, tmp_path, kind, wsgi_get):
    """A hashed file that is one in the archive is not there."""
    entry = hashed_file(manifest_of(source), "css/app.css")
    outside = tmp_path / "outside"
    outside.write_bytes((source / entry.file).read_bytes())
    member = tarfile.TarInfo(entry.file)
    member.type, member.linkname = kind, str(outside)
    root = tmp_path / "here"
    assert run(with_member(source, tmp_path, member), "-d", root) == 1
    assert len(release_ids(root)) == 2
    assert faults_of(root, wsgi_get) == []


def test_links_that_a_build_makes(pattern, tmp_path, wsgi_get):
    """An original is a plain file under a second name: tar keeps one of them, and that will do."""
    path = as_tar("w", "static")(pattern, tmp_path)
    with tarfile.open(path) as archive:
        assert any(member.islnk() for member in archive)
    root = tmp_path / "here"
    done = adopt_into(root, path)
    assert (done.left, done.notes, done.lacking) == ((), (), ())
    assert faults_of(root, wsgi_get) == []


def test_links_in_a_zip_are_no_files(source, tmp_path):
    entry = hashed_file(manifest_of(source), "css/app.css")
    path = as_zip("")(source, tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = {each.filename: archive.read(each) for each in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name == entry.file else 0o100644) << 16
            archive.writestr(info, data)
    root = tmp_path / "here"
    assert run(path, "-d", root) == 1
    assert len(release_ids(root)) == 2


def test_members_that_would_lie_outside(source, tmp_path):
    """Names that lead out of the archive are nobody's: nothing asks for them."""
    path = tmp_path / "archive.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(source, ".")
        for name in ("../evil", str(tmp_path / "evil"), "css/../../evil", ".hiss/current/../evil"):
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"evil"))
    root = tmp_path / "deep/here"
    assert run(path, "-d", root) == 0
    assert not [each for each in tmp_path.rglob("*") if "evil" in each.name]


def test_a_bomb_stays_on_its_disk(source, tmp_path):
    """A member that becomes gigabytes is read no further than its manifest says it is long."""
    entry = hashed_file(manifest_of(source), "css/app.css")
    size = 300_000_000
    paths = []
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo(entry.file)
        member.size = size
        archive.addfile(member, Zeros(size))
        for each in source.rglob("*"):
            if each.is_file() and each != source / entry.file:
                archive.add(each, each.relative_to(source).as_posix())
    paths.append(path)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(entry.file, "w") as target:
            shutil.copyfileobj(Zeros(size), target, 1 << 20)
        for each in source.rglob("*"):
            if each.is_file() and each != source / entry.file:
                archive.write(each, each.relative_to(source).as_posix())
    paths.append(path)
    for number, path in enumerate(paths):
        with little_memory():
            done = adopt_into(tmp_path / f"here-{number}", path)
        [left] = done.left
        assert f"it is longer than the {entry.size} bytes" in left.why


class Zeros:
    """So many zeros, to be read."""

    def __init__(self, size):
        self._left = size

    def read(self, size=-1):
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


@pytest.mark.parametrize("before", [0, 1])
def test_a_bomb_of_a_name(tmp_path, before):
    """tar has names of any length: one of two hundred megabytes is refused, not held."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 200_000_000
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(tarfile.TarInfo("member").tobuf() * before)
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        shutil.copyfileobj(Zeros(header.size), file, 1 << 20)
    with little_memory(), pytest.raises(ManifestError, match="a header, of more than a megabyte"):
        run(path, "-d", tmp_path / "here")


def test_a_bomb_of_members(tmp_path):
    """Members without number are passed by, not gathered."""
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(50):
            file.write(tarfile.TarInfo("member").tobuf() * 1000)
        file.write(bytes(1024))
    with little_memory(), pytest.raises(ManifestError, match="there is no release"):
        run(path, "-d", tmp_path / "here")


@contextlib.contextmanager
def little_memory():
    """What is done takes no more than ten megabytes at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_manifests_are_as_a_build_writes_them(source, tmp_path):
    """So that two that adopted the same are the same."""
    root = tmp_path / "here"
    adopt_into(root, source)
    for release_id in release_ids(source):
        text = (root / f".hiss/releases/{release_id}.json").read_text()
        assert text == format_manifest(parse_manifest(text, "it"))


def test_hashes_are_of_the_bytes(source):
    """What these tests count on."""
    entry = hashed_file(manifest_of(source), "js/app.js")
    data = (source / entry.file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == entry.sha256
