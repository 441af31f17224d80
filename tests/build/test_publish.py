"""Publishing a plan: files and variants, then the manifest and the index, then the pointer."""

import json
import os
from datetime import UTC, datetime

import brotli
import pytest
from trees import (
    QUICK,
    TEXT,
    assert_whole,
    damage_of,
    hashed,
    integrity,
    manifest_of,
    md5_12,
    misserved_of,
    names_in,
    read_in,
    sha256,
    temporary_files,
    write_tree,
)

from hiss.build.build import Wishes, build
from hiss.build.cache import Cache
from hiss.build.inspect import inspect
from hiss.build.plan import plan
from hiss.build.progress import Silent
from hiss.build.publish import Choices, write_files
from hiss.build.source import Source
from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id
from hiss.files.atomic import clear_leftovers
from hiss.files.index import Index
from hiss.files.pin import find_release
from hiss.files.release import kept_manifests, read_published
from hiss.release.switch import put_in_force, remove_stale_variants, write_django_manifest

pytestmark = pytest.mark.usefixtures("cache_folder")

FILES = {"css/app.css": b"a{b:url(../x.png)}" + TEXT, "x.png": b"\x89PNG", "index.html": TEXT}


def publish(root, files, *, levels=QUICK, name_of=None, prehashed=(), cache=None, **choices):
    """A release of these files."""
    how = {} if name_of is None else {"name_of": name_of}
    planned = plan(read_in(files), prehashed=prehashed, **how)
    cache = cache or Cache(os.environ["HISS_CACHE_DIR"])
    chosen = Choices(levels=levels, **choices)
    before = kept_manifests(str(root), None)
    manifest = write_files(planned, str(root), chosen, cache, Silent())
    write_django_manifest(manifest, str(root))
    put_in_force(manifest, str(root), "build")
    remove_stale_variants(manifest, before, str(root))
    return manifest


def codings(manifest):
    return {entry.file: set(entry.codings) for entry in manifest.entries}


def unnamed(name, _content):
    return name


def test_every_file_is_there_under_both_names(tmp_path, wsgi_get):
    """The hashed one says what the plan says, the plain one what the source says."""
    manifest = publish(tmp_path, FILES)
    image = hashed("x.png", FILES["x.png"])
    sheet = FILES["css/app.css"].replace(b"x.png", image.encode())
    expected = {
        **FILES,
        image: FILES["x.png"],
        hashed("css/app.css", sheet): sheet,
        hashed("index.html", TEXT): TEXT,
    }
    for name, data in expected.items():
        assert (tmp_path / name).read_bytes() == data
    assert {entry.file for entry in manifest.entries} == set(expected)
    assert_whole(tmp_path, wsgi_get)


def test_an_entry(tmp_path):
    """All that is known of a file, its variants in the order of codings."""
    manifest = publish(tmp_path, FILES)
    [entry] = [e for e in manifest.entries if e.name == "css/app.css" and e.immutable]
    data = (tmp_path / entry.file).read_bytes()
    assert entry == ManifestEntry(
        name="css/app.css",
        file=hashed("css/app.css", data),
        immutable=True,
        sha256=sha256(data),
        size=len(data),
        type="text/css",
        integrity=integrity(data),
        codings={
            coding: (tmp_path / (entry.file + end)).stat().st_size
            for coding, end in (("br", ".br"), ("gzip", ".gz"), ("zstd", ".zst"))
        },
        checksums={
            coding: sha256((tmp_path / (entry.file + end)).read_bytes())
            for coding, end in (("br", ".br"), ("gzip", ".gz"), ("zstd", ".zst"))
        },
        references=("x.png",),
    )
    assert list(entry.codings) == list(entry.checksums) == ["br", "gzip", "zstd"]
    [plain] = [e for e in manifest.entries if e.name == "css/app.css" and not e.immutable]
    assert (plain.file, plain.sha256) == ("css/app.css", sha256(FILES["css/app.css"]))


def test_a_release_is_read_as_it_was_written(tmp_path):
    """By who reads the manifest, and by who opens the index."""
    manifest = publish(tmp_path, FILES)
    expected = {each.file: as_read(each) for each in manifest.entries}
    assert read_published(str(tmp_path)).records == expected
    assert {each.file: each for each in Index(str(tmp_path / ".hiss/index"))} == expected
    assert (tmp_path / ".hiss/current").read_text() == f"{manifest.id}\n"
    assert format_manifest(manifest_of(tmp_path)) == format_manifest(manifest)


def as_read(entry):
    """An entry as JSON has it: the same."""
    return entry


def test_an_entry_is_equal_to_itself_read_again(tmp_path):
    """Values are compared as values."""
    assert publish(tmp_path, FILES) == manifest_of(tmp_path)


def test_a_release_says_when_and_what(tmp_path):
    """The time is in UTC, to the millisecond; the label is the caller's. The same files, built for
    another commit, go by the names that they had, too.
    """
    before = datetime.now(UTC).replace(microsecond=0)
    manifest = publish(tmp_path, FILES, label="v1 ☃")
    assert before <= datetime.fromisoformat(manifest.created) <= datetime.now(UTC)
    assert len(manifest.created) == len("2026-01-02T03:04:05.678+00:00")
    assert manifest_of(tmp_path).label == "v1 ☃"
    assert publish(tmp_path, FILES).label == "v1 ☃"
    publish(tmp_path, FILES, label="v2")
    again = publish(tmp_path, FILES, label="v3")
    assert (again.label, again.labels) == ("v3", ("v2", "v1 ☃"))
    assert manifest_of(tmp_path) == again
    for word in ("v1 ☃", "v2", "v3"):
        assert find_release(str(tmp_path), word) == again.id


def entry(file="a.css", content=b"a{}", **fields):
    """An entry of a manifest, for a file with this content."""
    return ManifestEntry(
        **{
            "name": file,
            "file": file,
            "immutable": False,
            "sha256": sha256(content),
            "size": len(content),
            "type": "text/css",
            "integrity": "sha384-",
        }
        | fields
    )


def test_the_id_is_of_names_and_contents_alone():
    """The same files give the same id, in any order, with any codings; others give others."""
    entries = [entry("a.css"), entry("b.css", b"b{}")]
    same = (entries, entries[::-1], [entry("a.css", codings={"br": 2}), entries[1]])
    assert len({release_id(each) for each in same}) == 1
    others = (
        [],
        entries,
        entries[:1],
        [entries[0], entry("b.css", b"c{}")],
        [entries[0], entry("c.css", b"b{}")],
        [entries[0], entry("b.css", b"b{}", immutable=True)],
        [entries[0], entry("b.css", b"b{}", name="other.css")],
    )
    assert len({release_id(each) for each in others}) == len(others)


@pytest.mark.parametrize(
    ("files", "how", "expected"),
    [
        # By media type, unless extensions are named.
        ({"a.css": TEXT}, {}, {"a.css": set(QUICK)}),
        ({"a.css": TEXT}, {"levels": {"gzip": 9}}, {"a.css": {"gzip"}}),
        ({"a.css": TEXT}, {"levels": {}}, {"a.css": set()}),
        ({"a.png": TEXT}, {}, {"a.png": set()}),
        ({"a.woff2": TEXT, "a.zip": b"PK\3\0" + TEXT}, {}, {"a.woff2": set(), "a.zip": set()}),
        # What is text after all, whatever its extension may stand for elsewhere.
        ({"a.pl": TEXT, "a.d.mts": TEXT}, {}, {"a.pl": set(QUICK), "a.d.mts": set(QUICK)}),
        ({"a.ts": b"G\x40\0" + TEXT, "b.ts": TEXT}, {}, {"a.ts": set(), "b.ts": set(QUICK)}),
        ({"a.svg": TEXT, "a.js.map": TEXT}, {}, {"a.svg": set(QUICK), "a.js.map": set(QUICK)}),
        ({"a.png": TEXT}, {"skip_extensions": ()}, {"a.png": set(QUICK)}),
        ({"a.CSS": TEXT}, {"skip_extensions": {"css"}}, {"a.CSS": set()}),
        ({"css": TEXT}, {"skip_extensions": {"css"}}, {"css": set()}),
        # Only where it saves.
        ({"a.css": b"", "b.css": b"a"}, {}, {"a.css": set(), "b.css": set()}),
        # A file of the tree is never taken for a variant, nor replaced by one.
        ({"a.css": TEXT, "a.css.gz": b"mine"}, {}, {"a.css": {"br", "zstd"}, "a.css.gz": set()}),
        (
            {"a.css": TEXT, "b.css": TEXT, "b.css.br": b"mine"},
            {},
            {"a.css": set(QUICK), "b.css": {"gzip", "zstd"}, "b.css.br": set()},
        ),
        # Of the same bytes under two types, one is compressed and one is not.
        ({"a.css": TEXT, "a.png": TEXT}, {}, {"a.css": set(QUICK), "a.png": set()}),
    ],
)
def test_which_variants_there_are(tmp_path, wsgi_get, files, how, expected):
    """By type, by extension, by neighbours; nothing else is written, and no file is changed."""
    manifest = publish(tmp_path, files, name_of=unnamed, **how)
    assert codings(manifest) == expected
    suffixes = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
    variants = {name + suffixes[coding] for name in expected for coding in expected[name]}
    assert names_in(tmp_path) == {*files, *variants, "staticfiles.json"}
    for name, data in files.items():
        assert (tmp_path / name).read_bytes() == data
    assert_whole(tmp_path, wsgi_get)


def levels_used(monkeypatch, root, files, **how):
    """Each content that brotli was given, and how hard it tried."""
    seen, original = [], brotli.compress

    def note(data, *, quality):
        seen.append((data, quality))
        return original(data, quality=quality)

    monkeypatch.setattr(brotli, "compress", note)
    publish(root, files, **how)
    return sorted(seen)


SHEET = b"a{b:url(x.png)}" + TEXT


@pytest.mark.parametrize(
    ("files", "how", "expected"),
    [
        # The same bytes under two names, and under a hashed one: once, as hard as can be.
        ({"a.css": TEXT, "b.css": TEXT}, {}, [(TEXT, 11)]),
        # The original of what was rewritten is hardly asked for.
        (
            {"a.css": SHEET, "x.png": b""},
            {},
            [(SHEET, 5), (SHEET.replace(b"x.png", hashed("x.png", b"").encode()), 11)],
        ),
        # Where there is no copy, the original is all there is.
        ({"a.css": SHEET, "x.png": b""}, {"name_of": unnamed}, [(SHEET, 11)]),
        ({"a.css": TEXT}, {"prehashed": {"a.css"}}, [(TEXT, 11)]),
        # A level that is lower is not raised.
        (
            {"a.css": SHEET, "x.png": b""},
            {"levels": {"br": 2}},
            [(SHEET, 2), (SHEET.replace(b"x.png", hashed("x.png", b"").encode()), 2)],
        ),
    ],
)
def test_how_hard_is_tried(tmp_path, monkeypatch, files, how, expected):
    """Each byte string once, and harder for what will be asked for."""
    found = levels_used(monkeypatch, tmp_path, files, **{"levels": {"br": 11}, **how})
    assert found == sorted(expected)


def test_only_hashed(tmp_path, wsgi_get):
    """The originals of hashed files are left out; what kept its name is not."""
    files = FILES | {"app-Abcd1234.js": TEXT}
    manifest = publish(tmp_path, files, only_hashed=True, prehashed={"app-Abcd1234.js"})
    assert all(each.immutable for each in manifest.entries)
    assert len(manifest.entries) == len(files)
    assert not (tmp_path / "css/app.css").exists()
    assert (tmp_path / "app-Abcd1234.js").exists()
    assert_whole(tmp_path, wsgi_get)


def test_what_another_tool_named_is_immutable(tmp_path, wsgi_get):
    """Under the one name it has, byte for byte."""
    manifest = publish(tmp_path, {"app-Abcd1234.js": TEXT}, prehashed={"app-Abcd1234.js"})
    [each] = manifest.entries
    assert (each.name, each.file, each.immutable) == ("app-Abcd1234.js", "app-Abcd1234.js", True)
    assert_whole(tmp_path, wsgi_get)


def test_django_s_manifest(tmp_path):
    """Logical names to hashed ones, in the form and with the hash that Django gives it."""
    manifest = publish(tmp_path, FILES | {"z-Abcd1234.js": ""}, prehashed={"z-Abcd1234.js"})
    document = json.loads((tmp_path / "staticfiles.json").read_text())
    paths = {each.name: each.file for each in manifest.entries if each.immutable}
    assert set(paths) == {*FILES, "z-Abcd1234.js"}
    assert list(document["paths"].items()) == sorted(paths.items())
    assert document["version"] == "1.1"
    assert document["hash"] == md5_12(json.dumps(sorted(paths.items())))


@pytest.fixture
def steps(monkeypatch):
    """What is put in place and what is taken away, in order, by path."""
    taken = []
    replace, unlink = os.replace, os.unlink

    def note_replace(source, target):
        replace(source, target)
        taken.append(("put", os.fspath(target)))

    def note_unlink(path):
        unlink(path)
        taken.append(("took", os.fspath(path)))

    monkeypatch.setattr(os, "replace", note_replace)
    monkeypatch.setattr(os, "unlink", note_unlink)
    return taken


def test_the_pointer_comes_last_and_what_is_stale_goes_after(tmp_path, cache_folder, steps):
    """Hashed files, plain ones, each with variants, manifests, index, pointer: all in order."""
    publish(tmp_path, {"a.css": TEXT + b"old"})
    steps.clear()
    manifest = publish(tmp_path, {"a.css": TEXT}, levels={"gzip": 1})
    file = hashed("a.css", TEXT)
    ours = [
        (what, path.removeprefix(f"{tmp_path}/"))
        for what, path in steps
        if not path.startswith(str(cache_folder))
    ]
    assert ours[:10] == [
        ("put", file),
        ("put", f"{file}.gz"),
        ("put", "a.css"),
        ("put", "a.css.gz"),
        ("put", f".hiss/releases/{manifest.id}.json"),
        ("put", "staticfiles.json"),
        ("put", ".hiss/noted.json"),
        ("put", ".hiss/index"),
        ("put", ".hiss/history"),
        ("put", ".hiss/current"),
    ]
    assert ours[10:] == [("took", "a.css.br"), ("took", "a.css.zst")]


def fail_at(monkeypatch, place):
    """The disk is full as soon as something is put at `place`."""
    replace = os.replace

    def fail(source, target):
        if place in os.fspath(target):
            raise OSError(28, "No space left on device", target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)


@pytest.mark.parametrize(
    "place",
    [".js", ".gz", "staticfiles.json", "noted.json", "releases", "index", "current"],
)
def test_a_failure_leaves_the_release_before(tmp_path, monkeypatch, wsgi_get, place):
    """Whatever cannot be written, all that was in force still is, and the next build is well."""
    before = publish(tmp_path, {"a.js": TEXT})
    with monkeypatch.context() as patch:
        fail_at(patch, place)
        with pytest.raises(OSError, match="No space left"):
            publish(tmp_path, {"b.js": TEXT * 2})
    assert temporary_files(tmp_path) == []
    assert manifest_of(tmp_path) == before
    assert damage_of(tmp_path) == misserved_of(tmp_path, wsgi_get) == []
    after = publish(tmp_path, {"b.js": TEXT * 2})
    assert manifest_of(tmp_path) == after
    assert_whole(tmp_path, wsgi_get)


def test_plain_files_are_of_the_release_in_force(tmp_path, monkeypatch):
    """Until the new one is, or all but: they change last."""
    publish(tmp_path, {"a.css": TEXT})
    with monkeypatch.context() as patch:
        fail_at(patch, ".br")
        with pytest.raises(OSError, match="No space left"):
            publish(tmp_path, {"a.css": TEXT * 2})
    assert damage_of(tmp_path) == []


def test_variants_that_are_stale_are_removed(tmp_path):
    """What a release before made of a name that this one has too, and of other bytes, goes; what
    belongs to a kept release, or to nobody, does not.
    """
    write_tree(tmp_path, {"stranger.css.br": b"?"})
    files = {name: TEXT + name.encode() for name in ("a.css", "b.css", "c.css")}
    publish(tmp_path, files, name_of=unnamed)
    (tmp_path / "c.css.zst").unlink()
    publish(
        tmp_path,
        {"a.css": files["a.css"], "b.css.gz": b"now a file of its own"},
        levels={"br": 1},
        name_of=unnamed,
    )
    left = {"a.css", "a.css.br", "b.css.gz", "b.css", "b.css.br", "b.css.zst", "stranger.css.br"}
    left |= {"c.css", "c.css.br", "c.css.gz"}
    assert names_in(tmp_path) == {*left, "staticfiles.json"}


def test_a_variant_that_cannot_be_removed_is_no_failure(tmp_path):
    """The release is in force; what would not go is recorded nowhere, and so never served."""
    publish(tmp_path, {"a.css": TEXT}, name_of=unnamed)
    (tmp_path / "a.css.br").unlink()
    (tmp_path / "a.css.br").mkdir()
    publish(tmp_path, {"a.css": TEXT}, levels={"gzip": 1}, name_of=unnamed)
    assert read_published(str(tmp_path)).variant_names() == {"a.css.gz"}
    assert (tmp_path / "a.css.br").is_dir()


def test_manifests_and_files_of_other_releases_stay(tmp_path):
    """A release before can be put in force again by its pointer."""
    first = publish(tmp_path, {"a.css": TEXT}, levels={}, only_hashed=True)
    second = publish(tmp_path, {"a.css": b"a{}"}, levels={}, only_hashed=True)
    releases = {path.stem for path in (tmp_path / ".hiss/releases").iterdir()}
    assert releases == {first.id, second.id}
    (tmp_path / ".hiss/current").write_text(first.id)
    assert damage_of(tmp_path) == []


def test_what_is_right_is_not_written_again(tmp_path):
    """The second build of the same tree touches no file; damage is mended, in one step."""
    publish(tmp_path, FILES)
    before = {name: (tmp_path / name).stat().st_ino for name in names_in(tmp_path)}
    damaged = tmp_path / hashed("index.html", TEXT)
    damaged.write_bytes(TEXT[:-1] + b"?")
    (tmp_path / "x.png").write_bytes(b"shorter" * 2)
    publish(tmp_path, FILES)
    after = {name: (tmp_path / name).stat().st_ino for name in names_in(tmp_path)}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {damaged.name, "x.png", "staticfiles.json"}
    assert damage_of(tmp_path) == []


def test_a_link_in_the_output_is_replaced_and_not_followed(tmp_path):
    """What it led to is not written to."""
    write_tree(tmp_path, {"elsewhere.css": "mine"})
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.css").symlink_to(tmp_path / "elsewhere.css")
    publish(tmp_path / "root", {"a.css": TEXT})
    assert (tmp_path / "elsewhere.css").read_text() == "mine"
    assert (tmp_path / "root/a.css").read_bytes() == TEXT
    assert not (tmp_path / "root/a.css").is_symlink()


def test_sources_may_be_where_they_are_published(tmp_path, cache, wsgi_get):
    """As with collectstatic: what is in place already is not copied onto itself."""
    write_tree(tmp_path, {"a.css": TEXT})
    before = (tmp_path / "a.css").stat()
    source = Source("a.css", str(tmp_path / "a.css"))
    planned = plan([inspect(source, source.path, cache)])
    manifest = write_files(planned, str(tmp_path), Choices(levels=QUICK), cache, Silent())
    put_in_force(manifest, str(tmp_path), "build")
    assert (tmp_path / "a.css").stat() == before
    assert_whole(tmp_path, wsgi_get)


def test_leftovers_are_cleared(tmp_path):
    """Files that were not complete, in any folder; files of similar names are somebody's."""
    parts = [".hiss-part-0123456789abcdef", "a/b/.hiss-part-x", ".hiss/.hiss-part-y"]
    others = {"hiss-part-x": "", "a/.hiss-parts": "", "a/x.hiss-part-0": ""}
    write_tree(tmp_path, dict.fromkeys(parts, "half") | others)
    clear_leftovers(str(tmp_path))
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == set(
        others
    )
    clear_leftovers(str(tmp_path / "none"))


@pytest.mark.parametrize("left", [b"", b"\n", b"../x", b"0123456789abcdef\n", b"\xff"])
def test_a_damaged_pointer_is_replaced(tmp_path, wsgi_get, left):
    """As every message about it promises: "Run the build again to replace it.\""""
    publish(tmp_path, FILES)
    (tmp_path / ".hiss/current").write_bytes(left)
    publish(tmp_path, FILES | {"new.txt": b"new"})
    assert_whole(tmp_path, wsgi_get)


@pytest.mark.parametrize("left", [None, b"", b"{", b'{"version": 2}'])
def test_a_damaged_manifest_is_replaced(tmp_path, wsgi_get, left):
    """Also one that is gone, or that a later version of Hiss wrote."""
    manifest = publish(tmp_path, FILES)
    path = tmp_path / f".hiss/releases/{manifest.id}.json"
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    publish(tmp_path, FILES | {"new.txt": b"new"})
    assert_whole(tmp_path, wsgi_get)


def test_a_damaged_index_is_replaced(tmp_path, wsgi_get):
    """Nothing reads it but who serves."""
    publish(tmp_path, FILES)
    (tmp_path / ".hiss/index").write_bytes(b"damaged")
    publish(tmp_path, FILES)
    assert_whole(tmp_path, wsgi_get)


def test_an_empty_release(tmp_path):
    """No files are a release too."""
    manifest = publish(tmp_path, {})
    assert (
        manifest_of(tmp_path)
        == manifest
        == Manifest(id=release_id(()), created=manifest.created, label="", entries=())
    )


def test_a_source_under_the_hashed_name_of_another(tmp_path):
    """As when a build's output was copied among the sources, and edited there."""
    publish(tmp_path, {"a.css": TEXT, hashed("a.css", TEXT): b"edited"})
    assert damage_of(tmp_path) == []


def test_typescript_is_text_and_a_transport_stream_is_not(tmp_path):
    """A .ts file is compressed if it is TypeScript, whatever its name's media type says."""
    script = b"export declare const value: number;\n" * 40
    video = (b"G" + bytes(187)) * 40
    for name, data in (("types.d.ts", script), ("clip.ts", video)):
        (tmp_path / name).write_bytes(data)
    sources = [Source(name, str(tmp_path / name)) for name in ("types.d.ts", "clip.ts")]
    outcome = build(sources, str(tmp_path / "out"), Wishes(), Cache(str(tmp_path / "cache")))
    made = {entry.name: set(entry.codings) for entry in outcome.manifest.entries}
    assert made == {"types.d.ts": {"br", "gzip", "zstd"}, "clip.ts": set()}
