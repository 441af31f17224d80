"""Reading what a build left: its manifest, Django's, or none, and every kind of damage."""

import json
import shutil

import pytest

from hiss.errors import ManifestError
from hiss.files.release import (
    INDEX,
    Published,
    kept_manifests,
    manifest_name,
    open_index,
    read_manifest,
    read_published,
)

DJANGO = {"paths": {"css/app.css": "css/app.0123456789ab.css", "plain.txt": "plain.txt"}}


def test_no_build(make_tree):
    """A plain folder publishes nothing in particular."""
    published = read_published(str(make_tree({"app.css": "a"})))
    assert published == Published()
    assert not published.is_immutable("app.css")
    assert published.variant_names() == frozenset()


def test_a_release(make_release):
    """The manifest in force says what is immutable and what is a variant."""
    root = make_release({"css/app.css": "a" * 99, "b.txt": "b"}, immutable={"css/app.css"})
    published = read_published(str(root))
    assert published.is_immutable("css/app.css")
    assert not published.is_immutable("b.txt")
    assert not published.is_immutable("unknown")
    names = {f"{file}{end}" for file in ("css/app.css", "b.txt") for end in (".br", ".gz", ".zst")}
    assert published.variant_names() == names


def test_named_by_md5(make_release):
    """What only Django recorded is named by MD5; what a release recorded is known by more."""
    root = make_release({"app.0123456789ab.js": "a"}, immutable={"app.0123456789ab.js"})
    assert not read_published(str(root)).is_named_by_md5("app.0123456789ab.js")
    shutil.rmtree(root / ".hiss")
    (root / "staticfiles.json").write_text('{"paths": {"app.js": "app.0123456789ab.js"}}')
    published = read_published(str(root))
    assert published.is_named_by_md5("app.0123456789ab.js")
    assert not published.is_named_by_md5("app.js")
    both = Published(immutable=frozenset({"a"}), records={"a": None})
    assert not both.is_named_by_md5("a")


def test_manifests(tmp_path, write_release):
    """The release in force, one by its id, and the others; damaged ones are no release."""
    assert read_manifest(str(tmp_path)) is None
    old = write_release(tmp_path, {"app.css": "old"})
    new = write_release(tmp_path, {"app.css": "new"})
    root = str(tmp_path)
    assert read_manifest(root).id == new.id
    assert read_manifest(root, old.id).entries[0].sha256 == old.entries[0].sha256
    releases = tmp_path / ".hiss/releases"
    (releases / "damaged.json").write_text("{")
    (releases / ".hiss-part-0123").write_text("{")
    current = read_manifest(root)
    assert [each.id for each in kept_manifests(root, current)] == [new.id, old.id]
    assert {each.id for each in kept_manifests(root, None)} == {old.id, new.id}
    with pytest.raises(ManifestError, match=r"none\.json is missing"):
        read_manifest(root, "none")
    (tmp_path / ".hiss/current").unlink()
    assert read_manifest(root) is None


def test_open_index(make_release):
    """The index of a root; none is no mistake, a damaged one is."""
    root = make_release({"app.css": "a"}, indexed=False)
    assert open_index(str(root)) is None
    (root / INDEX).write_bytes(b"")
    with pytest.raises(ManifestError, match="is not an index of Hiss"):
        open_index(str(root))
    make_release({"app.css": "a"})
    assert open_index(str(root)).get("app.css").size == 1


def test_a_release_comes_before_django(make_release):
    """Where both are there, Hiss's manifest is the truth."""
    root = make_release({"css/app.0123456789ab.css": "a"})
    (root / "staticfiles.json").write_text(json.dumps(DJANGO))
    assert not read_published(str(root)).is_immutable("css/app.0123456789ab.css")


def test_django(make_tree):
    """Django's manifest says which names hold a hash."""
    published = read_published(str(make_tree({"staticfiles.json": json.dumps(DJANGO)})))
    assert published.is_immutable("css/app.0123456789ab.css")
    assert not published.is_immutable("css/app.css")
    assert not published.is_immutable("plain.txt")
    assert published.records == {}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"paths": []}', '{"paths": {"a": ["b"]}}', "null", b"\xff\xfe"],
)
def test_a_damaged_django_manifest(make_tree, text):
    """A damaged `staticfiles.json` is refused by name."""
    root = make_tree({"staticfiles.json": text})
    with pytest.raises(ManifestError) as caught:
        read_published(str(root))
    assert str(root / "staticfiles.json") in caught.value.message


@pytest.mark.parametrize(
    "current", ["", "\n", "../../etc/passwd", "a/b", "0123 4567", "a.b", "\0", "x" * 99 + "!"]
)
def test_a_damaged_pointer(make_release, current):
    """A pointer that is no release's id is not followed anywhere."""
    root = make_release({"app.css": "a"})
    (root / ".hiss/current").write_text(current)
    with pytest.raises(ManifestError, match="should hold the id of a release") as caught:
        read_published(str(root))
    assert len(caught.value.message) < 200 + len(str(root))


def test_a_pointer_that_leads_nowhere(make_release):
    """A release without its manifest is refused, with both names."""
    root = make_release({"app.css": "a"})
    (root / ".hiss/current").write_text("0123456789abcdef")
    with pytest.raises(ManifestError) as caught:
        read_published(str(root))
    assert str(root / manifest_name("0123456789abcdef")) in caught.value.message
    assert str(root / ".hiss/current") in caught.value.message
    assert caught.value.hint == "Run the build again."


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"version": 2}'])
def test_a_damaged_manifest(make_release, content):
    """A damaged manifest is refused by name: nothing is guessed of a release."""
    root = make_release({"app.css": "a"})
    [path] = (root / ".hiss/releases").iterdir()
    path.write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        read_published(str(root))
    assert str(path) in caught.value.message


def test_a_manifest_that_is_a_folder(make_release):
    """What is there and cannot be read is not taken for what is not there."""
    root = make_release({"app.css": "a"})
    shutil.rmtree(root / ".hiss/releases")
    (root / ".hiss/current").unlink()
    (root / ".hiss/current").mkdir()
    with pytest.raises(ManifestError, match="cannot be read"):
        read_published(str(root))


@pytest.mark.parametrize("file", ["../secret", "/etc/passwd", "a//b", "a\\b", ""])
def test_a_manifest_that_leads_out(make_release, file):
    """A name that is no plain name below the root publishes nothing."""
    root = make_release({"app.css": "a"})
    [path] = (root / ".hiss/releases").iterdir()
    document = json.loads(path.read_text())
    document["entries"].append({**document["entries"][0], "file": file})
    path.write_text(json.dumps(document))
    assert set(read_published(str(root)).records) == {"app.css"}


def test_codings_of_a_later_version_are_no_names(make_release):
    """A coding that is not known here has no file here."""
    root = make_release({"app.css": "a"}, codings=("gzip",))
    [path] = (root / ".hiss/releases").iterdir()
    document = json.loads(path.read_text())
    document["entries"][0]["codings"]["new"] = 5
    path.write_text(json.dumps(document))
    assert read_published(str(root)).variant_names() == {"app.css.gz"}


def test_a_manifest_nested_without_end(make_release):
    """Brackets without end are damage like any other."""
    root = make_release({"app.css": "a"})
    [path] = (root / ".hiss/releases").iterdir()
    path.write_text("[" * 100_000)
    with pytest.raises(ManifestError, match="is not a manifest of Hiss"):
        read_published(str(root))
