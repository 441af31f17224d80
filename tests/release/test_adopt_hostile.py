"""A manifest of elsewhere is nothing but a claim: what it may not say, nothing is done for."""

import json
import os

import pytest
from trees import integrity, manifest_of, sha256, write_tree

from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id
from hiss.files.release import kept_ids, manifest_name, read_manifest
from hiss.http.codings import compress
from hiss.release.adopt.check import find_fault, show_label
from release.test_adopt import (
    KINDS,
    adopt_into,
    faults_of,
    hashed_file,
    release_ids,
    run,
)
from release.test_adopt import build_into as build_into
from release.test_adopt import pattern as pattern
from release.test_adopt import source as source

EVIL = b"evil" * 100


def entry_of(file, data=EVIL, **changes):
    fields = {
        "name": file,
        "file": file,
        "immutable": True,
        "sha256": sha256(data),
        "size": len(data),
        "type": "text/css",
        "integrity": integrity(data),
    }
    return ManifestEntry(**{**fields, **changes})


def add_release(root, *entries, **changes):
    """A release beside the others, whose id is right for what it says; its id."""
    fields = {"id": "", "created": "2026-01-01T00:00:00+00:00", "label": "", **changes}
    try:
        fields["id"] = fields["id"] or release_id(entries)
    except UnicodeEncodeError:
        fields["id"] = "abcdef0123456789"
    manifest = Manifest(entries=entries, **fields)
    # In ASCII: JSON can say what is no text.
    text = json.dumps(json.loads(format_manifest(manifest)))
    write_tree(root, {manifest_name(manifest.id): text})
    return manifest.id


OUTSIDE = [
    "../evil.css",
    "css/../../evil.css",
    "/tmp/evil-absolute.css",
    "css//evil.css",
    "./evil.css",
    "",
    "css/",
    "css\\evil.css",
    "evil\0.css",
    ".hiss/current",
    ".hiss/index",
    ".hiss/releases/abc.json",
    "css/.hidden.css",
    ".htaccess",
    "staticfiles.json",
]


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
@pytest.mark.parametrize("immutable", [True, False])
def test_names_that_are_no_files(source, tmp_path, kind, immutable, capsys, wsgi_get):
    """Each alone makes a release one that is refused; nothing of it is written anywhere."""
    added = {}
    for number, name in enumerate(OUTSIDE):
        data = EVIL + bytes([number])
        good = entry_of(f"good-{number}.css", data)
        write_tree(source, {good.file: data})
        added[add_release(source, entry_of(name, data, immutable=immutable), good)] = name
    root = tmp_path / "deep" / "er" / "here"
    assert run(KINDS[kind](source, tmp_path), "-d", root, "--json") == 1
    left = json.loads(capsys.readouterr().out)["left"]
    assert {each["id"] for each in left if each["fault"]} == {*added}
    assert {*kept_ids(str(root))} & {*added} == set()
    assert faults_of(root, wsgi_get) == []
    assert not os.path.exists("/tmp/evil-absolute.css")
    evil = {path.name for path in (tmp_path / "deep").rglob("*") if path.is_file()}
    assert not [name for name in evil if "good" in name or "evil" in name]
    assert not (root / ".hiss/current").exists()


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([entry_of("a.css", name="../a.css")], "is not the name of a public file"),
        ([entry_of("a\ud800.css")], "is not the name of a public file"),
        ([entry_of("a.css"), entry_of("a.css", b"")], "names 'a.css' twice"),
        ([entry_of("a.css", sha256="../../evil")], "no SHA-256 of 'a.css'"),
        ([entry_of("a.css", sha256="A" * 64)], "no SHA-256 of 'a.css'"),
        ([entry_of("a.css", sha256="a" * 64 + "\n")], "no SHA-256 of 'a.css'"),
        (
            [entry_of("a.css", codings={"br": 1}, checksums={"br": "../x"})],
            "no SHA-256 of 'a.css'",
        ),
        ([entry_of("a.css", type="text/css\nX: y")], "a type that is none"),
        ([entry_of("a.css", references=("\ud800",))], "has text that is none"),
        ([entry_of("a.css", size=-1)], "with less than no bytes"),
        (
            [entry_of("a.css", codings={"br": -1}, checksums={"br": "0" * 64})],
            "with less than no bytes",
        ),
    ],
)
def test_entries_that_cannot_be(source, tmp_path, entries, words):
    added = add_release(source, *entries)
    done = adopt_into(tmp_path / "here", source)
    [left] = [each for each in done.left if each.is_fault]
    assert left.id == added
    assert words in left.why
    assert len(done.taken) == 3


@pytest.mark.parametrize(
    "created", ["", "yesterday", "2026-01-01\x1b10:00:00+00:00", "\ud800", "0001-01-01"]
)
def test_a_time_that_is_none(source, tmp_path, created):
    write_tree(source, {"a.css": EVIL})
    added = add_release(source, entry_of("a.css"), created=created)
    done = adopt_into(tmp_path / "here", source)
    [left] = [each for each in done.left if each.is_fault]
    assert left.id == added
    assert "does not say when it was built" in left.why


def test_an_id_that_is_anothers(source, tmp_path):
    """What was added to a manifest, or taken from it, is noticed by its id."""
    last = manifest_of(source)
    name = manifest_name(last.id)
    document = json.loads((source / name).read_text())
    for entries in (document["entries"][1:], [*document["entries"], document["entries"][0]]):
        write_tree(source, {name: json.dumps({**document, "entries": entries})})
        done = adopt_into(tmp_path / "here", source)
        [left] = [each for each in done.left if each.is_fault]
        assert left.id == last.id
        assert "changed" in left.why or "twice" in left.why
    manifest = Manifest(id="0123", created=last.created, label="", entries=last.entries)
    assert "the manifest was changed" in find_fault(manifest)
    assert find_fault(last) == ""


def test_an_integrity_that_is_anothers(source, tmp_path, wsgi_get):
    """An id does not cover it: it is held against the bytes."""
    last = manifest_of(source)
    entry = hashed_file(last, "img/dot.png")
    document = json.loads((source / manifest_name(last.id)).read_text())
    for each in document["entries"]:
        if each["file"] == entry.file:
            each["integrity"] = integrity(b"other")
    write_tree(source, {manifest_name(last.id): json.dumps(document)})
    root = tmp_path / "here"
    done = adopt_into(root, source)
    [left] = done.left
    assert left.why == f"{entry.file}: its manifest gives another file's integrity"
    assert len(done.taken) == 2
    assert faults_of(root, wsgi_get) == []


@pytest.mark.parametrize("size", [len(EVIL) - 1, len(EVIL) + 1, 0])
@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
def test_sizes_that_are_wrong(source, tmp_path, kind, size):
    write_tree(source, {"a.css": EVIL})
    added = add_release(source, entry_of("a.css", size=size))
    done = adopt_into(tmp_path / "here", KINDS[kind](source, tmp_path))
    [left] = done.left
    assert left.id == added
    assert "bytes long, not" in left.why or "longer than" in left.why
    assert not (tmp_path / "here/a.css").exists()


def test_sizes_that_no_disk_has(source, tmp_path):
    """Are refused before anything is read; the others come."""
    write_tree(source, {"a.css": EVIL})
    added = add_release(source, entry_of("a.css", size=10**18), created="2099-01-01T00:00:00+00:00")
    done = adopt_into(tmp_path / "here", source)
    [left] = done.left
    assert left.id == added
    assert left.why.startswith(f"it needs {10**18} bytes, and the disk has ")
    assert len(done.taken) == 3


@pytest.mark.parametrize(
    "files",
    [
        ["a", "a/b"],
        ["a/b", "a"],
        ["x" * 300],
        ["/".join("y" * 200 for _ in range(30))],
        ["taken"],
        ["file/below"],
    ],
)
def test_names_that_a_disk_refuses(source, tmp_path, files, wsgi_get):
    """A file for a folder, a folder for a file, too long: that release is refused, not all."""
    manifests = []
    for number, name in enumerate(files):
        data = EVIL + bytes([number])
        manifests.append(entry_of(name, data))
    # Their bytes are there under names that are files'.
    write_tree(source, {f"ok/{n}.css": EVIL + bytes([n]) for n in range(len(files))})
    goods = [entry_of(f"ok/{n}.css", EVIL + bytes([n])) for n in range(len(files))]
    added = add_release(source, *manifests, *goods)
    root = write_tree(tmp_path / "here", {"taken/x": "mine", "file": "mine"})
    done = adopt_into(root, source)
    [left] = done.left
    assert left.id == added
    assert "it cannot be put in place" in left.why
    assert len(done.taken) == 3
    assert (root / "taken/x").read_text() == (root / "file").read_text() == "mine"
    assert not (root / "ok").exists()
    assert not (root / "a").exists()
    assert faults_of(root, wsgi_get) == []


def test_two_releases_that_want_one_name(source, tmp_path, wsgi_get):
    """For different bytes: the first has it."""
    write_tree(source, {"a.css": EVIL, "b.css": b"other"})
    first = add_release(source, entry_of("a.css"), created="2026-01-02T00:00:00+00:00")
    second = add_release(source, entry_of("a.css", b"other"), entry_of("b.css", b"other"))
    root = tmp_path / "here"
    done = adopt_into(root, source)
    [left] = done.left
    assert left.id == second
    assert left.why == "a release that is here has 'a.css' with other bytes"
    assert first in release_ids(root)
    assert (root / "a.css").read_bytes() == EVIL
    assert not (root / "b.css").exists()
    assert faults_of(root, wsgi_get) == []


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
@pytest.mark.parametrize("there", ["one.css", "two.css"])
def test_two_names_for_the_same_bytes(source, tmp_path, kind, there, wsgi_get):
    """In two releases: each gets its own, wherever the source has them."""
    write_tree(source, {there: EVIL})
    add_release(source, entry_of("one.css"))
    add_release(source, entry_of("two.css"))
    root = tmp_path / "here"
    done = adopt_into(root, KINDS[kind](source, tmp_path))
    assert len(done.taken) == 5
    assert (root / "one.css").read_bytes() == (root / "two.css").read_bytes() == EVIL
    assert faults_of(root, wsgi_get) == []


def test_a_refused_release_takes_nothing_from_others(source, tmp_path, wsgi_get):
    """What it shares with one that comes stays."""
    last = manifest_of(source)
    shared = hashed_file(last, "img/dot.png")
    added = add_release(source, shared, entry_of("lacking.css"), entry_of("two.png", bytes(9)))
    write_tree(source, {"two.png": bytes(9)})
    root = tmp_path / "here"
    done = adopt_into(root, source)
    [left] = done.left
    assert (left.id, left.why) == (added, "lacking.css: it is not there")
    assert (root / shared.file).exists()
    assert not (root / "two.png").exists()
    assert faults_of(root, wsgi_get) == []


def test_many_faults_are_few_lines(source, tmp_path):
    add_release(source, *(entry_of(f"{number}.css", bytes([number])) for number in range(20)))
    [left] = adopt_into(tmp_path / "here", source).left
    assert left.why.count("it is not there") == 5
    assert left.why.endswith("; and 15 more files")


@pytest.mark.parametrize("immutable", [True, False])
def test_a_variant_whose_name_is_a_file(source, tmp_path, immutable, wsgi_get):
    """A release has `a.css.br` of its own, and says that it is `a.css`, compressed: it is not."""
    packed = compress("br", EVIL, 5)
    write_tree(source, {"a.css": EVIL, "a.css.br": b"a file"})
    entry = entry_of(
        "a.css",
        codings={"br": len(packed), "x-new": 5},
        checksums={"br": sha256(packed)},
        immutable=immutable,
    )
    added = add_release(source, entry, entry_of("a.css.br", b"a file"))
    root = tmp_path / "here"
    done = adopt_into(root, source)
    assert [(note.release, note.file) for note in done.notes] == [
        (added, "a.css.br"),
        (added, "a.css in x-new"),
    ]
    assert (root / "a.css.br").read_bytes() == b"a file"
    assert faults_of(root, wsgi_get) == []
    assert all(each.codings == {} for each in read_manifest(str(root), added).entries)


def test_a_variant_without_a_hash(source, tmp_path, wsgi_get):
    """Nobody can say that it is one."""
    packed = compress("br", EVIL, 5)
    write_tree(source, {"a.css": EVIL, "a.css.br": packed})
    added = add_release(source, entry_of("a.css", codings={"br": len(packed)}))
    root = tmp_path / "here"
    [note] = adopt_into(root, source).notes
    assert (note.release, note.file) == (added, "a.css.br")
    assert not (root / "a.css.br").exists()


def test_what_a_terminal_would_obey(source, tmp_path, capsys):
    """Names and labels are shown, and do nothing."""
    nasty = "\x1b[2J\x1b]0;evil\x07\n"
    write_tree(source, {"a.css": EVIL})
    add_release(source, entry_of("a.css"), label=f"v1{nasty}" + "x" * 999)
    write_tree(source, {f"b{nasty}.css": b"b"})
    codings = {"br": 1}
    add_release(source, entry_of(f"b{nasty}.css", b"b", codings=codings))
    add_release(source, entry_of(f"c{nasty}.css", b"c"))
    root = tmp_path / "here"
    assert run(source, "-d", root, "--keep-releases", 9) == 1
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x07" not in printed
    # Five, a variant that was left out, and one that is refused.
    assert len(printed.splitlines()) == 5 + 1 + 1
    labels = {read_manifest(str(root), each).label for each in kept_ids(str(root))}
    assert labels == {"", show_label(f"v1{nasty}" + "x" * 999)}
    assert len(max(labels)) == 200


def test_a_pointer_that_leads_nowhere(source, tmp_path):
    """The source's word on what is in force is not the root's: but it must be one."""
    from hiss.errors import ManifestError

    (source / ".hiss/current").write_text("../../evil\n")
    with pytest.raises(ManifestError, match="should hold the id of a release"):
        adopt_into(tmp_path / "here", source)


def test_history_that_is_none(source, tmp_path):
    """Lines that say nothing, or that it was tomorrow, are nobody's."""
    ids = release_ids(source)
    lines = f"nonsense\n9000-01-01T00:00:00+00:00 {ids[0]} build\n2026-01-01 ../evil build\n"
    (source / ".hiss/history").write_text(lines)
    root = tmp_path / "here"
    adopt_into(root, source)
    assert not (root / ".hiss/history").exists()


@pytest.mark.parametrize("immutable", [True, False])
@pytest.mark.parametrize("name", ["hiss.json", "hiss.0123456789abcdef.json"])
def test_names_that_hiss_answers_itself(source, tmp_path, name, immutable, wsgi_get):
    """What a process says of its releases is not for a release to say."""
    write_tree(source, {name: EVIL})
    added = add_release(source, entry_of(name, immutable=immutable))
    root = tmp_path / "here"
    done = adopt_into(root, source)
    [left] = [each for each in done.left if each.is_fault]
    assert (left.id, "a name that Hiss answers itself" in left.why) == (added, True)
    assert not (root / name).exists()
    assert faults_of(root, wsgi_get) == []


@pytest.mark.parametrize("name", ["css/hiss.json", "hiss.js", "hiss.min.css", "Hiss-a1B2_c3D.json"])
def test_names_that_are_alike(source, tmp_path, name):
    """Are anybody's."""
    write_tree(source, {name: EVIL})
    added = add_release(source, entry_of(name))
    assert added in {each.manifest.id for each in adopt_into(tmp_path / "here", source).taken}


def test_a_plain_name_that_is_said_to_be_immutable(source, tmp_path, build_into):
    """A name that said something else in a release here says nothing for ever, whoever claims it;
    even where it says now what the release in force has under it.
    """
    root = tmp_path / "here"
    build_into(root, 1)
    build_into(root, 2)
    data = (root / "robots.txt").read_bytes()
    added = add_release(source, entry_of("robots.txt", data))
    write_tree(source, {"robots.txt": data})
    done = adopt_into(root, source)
    [left] = [each for each in done.left if each.is_fault]
    assert left.id == added
    assert left.why == "a release that is here has 'robots.txt' as a plain name, with other bytes"
    assert added not in kept_ids(str(root))
