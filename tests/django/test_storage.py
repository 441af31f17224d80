"""The storages: what collectstatic leaves, and how it is served."""

import gzip
import hashlib
import json
import os
import random
import re
import shutil
import sys
from base64 import b64encode

import brotli
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError

from hiss.django.storage import CompressedManifestStaticFilesStorage, CompressedStaticFilesStorage

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MANIFEST, PLAIN = "CompressedManifestStaticFilesStorage", "CompressedStaticFilesStorage"
DECODERS = {"br": brotli.decompress, "gzip": gzip.decompress, "zstd": zstd.decompress}
SUFFIXES = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
NOISE = random.Random(7).randbytes(6000)

SOURCES = {
    "css/app.css": '@import "base.css";\n' + 'body { background: url("../img/hill.svg") }\n' * 20,
    "css/quoted.css": 'body { background: url("../img/hill.svg") }\n' * 20,
    "css/base.css": "html { margin: 0; padding: 0 }\n" * 40,
    "img/hill.svg": "<svg xmlns='http://www.w3.org/2000/svg'></svg>\n" * 40,
    "img/photo.png": NOISE,
    "js/main.js": "export const answer = 42;\n" * 40,
    "js/copy.js": "export const answer = 42;\n" * 40,
    "data.json": '{"a": [1, 2, 3]}\n' * 40,
    "noise.txt": NOISE,
    "tiny.txt": "",
    "naïve ☃.txt": "snow\n" * 40,
}


@pytest.fixture
def sources(tmp_path, make_tree):
    """The source tree."""
    return make_tree(SOURCES, "sources")


def edit(path, data):
    """Change a source; collectstatic takes it for new only when its time is."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    edit.later += 10
    os.utime(path, (edit.later, edit.later))


edit.later = 4_000_000_000


def tree(root):
    """Every file below a folder, by name, with its bytes."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def hashed_names(root):
    """Django's own manifest: the logical name of each file to its hashed one."""
    return json.loads((root / "staticfiles.json").read_text())["paths"]


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST])
def test_each_file_is_recorded_as_it_is(sources, collect, recorded, storage):
    """The manifest has the sizes and hashes of files; variants decode to the same bytes."""
    root = collect(storage=storage)
    entries = recorded(root)
    assert {name for name in entries if "\\" in name} == set()
    for name, entry in entries.items():
        data = (root / name).read_bytes()
        assert entry["size"] == len(data)
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        digest = b64encode(hashlib.sha384(data).digest()).decode()
        assert entry["integrity"] == f"sha384-{digest}"
        for coding, size in entry["codings"].items():
            packed = (root / (name + SUFFIXES[coding])).read_bytes()
            assert len(packed) == size < len(data)
            assert DECODERS[coding](packed) == data
    logical = {entry["name"] for entry in entries.values()}
    assert logical == set(SOURCES)


CODED = {
    "css/app.css": {"br", "gzip", "zstd"},
    "js/main.js": {"br", "gzip", "zstd"},
    "img/hill.svg": {"br", "gzip", "zstd"},
    "naïve ☃.txt": {"br", "gzip", "zstd"},
    "img/photo.png": set(),
    "noise.txt": set(),
    "tiny.txt": set(),
}


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST])
def test_variants_are_made_where_they_save(sources, collect, recorded, storage):
    """What does not compress, by its type or by its bytes, gets no variant."""
    root = collect(storage=storage)
    entries = recorded(root)
    for name, codings in CODED.items():
        assert set(entries[name]["codings"]) == codings
    expected = {
        name + SUFFIXES[coding] for name, entry in entries.items() for coding in entry["codings"]
    }
    assert {name for name in tree(root) if name.endswith((".br", ".gz", ".zst"))} == expected


def test_hashed_names_are_djangos(sources, collect, recorded):
    """A project that moves to Hiss changes no URL, but for what Django rewrites in words of its own
    and Hiss does not: an `@import` of a string.
    """
    ours = collect()
    theirs = collect(
        storage="django.contrib.staticfiles.storage.ManifestStaticFilesStorage", root="theirs"
    )
    names, djangos = hashed_names(ours), hashed_names(theirs)
    assert set(names) == set(djangos) == set(SOURCES)
    assert {name for name in names if names[name] != djangos[name]} == {"css/app.css"}
    css = (ours / names["css/app.css"]).read_text()
    assert css.startswith(f'@import "{names["css/base.css"].rpartition("/")[2]}";\n')
    entries = recorded(ours)
    for name, hashed in names.items():
        assert (entries[hashed]["name"], entries[hashed]["immutable"]) == (name, True)
        assert (entries[name]["name"], entries[name]["immutable"]) == (name, False)
        if hashed == djangos[name]:
            assert (ours / hashed).read_bytes() == (theirs / hashed).read_bytes()


def test_without_hashing_nothing_is_immutable(sources, collect, recorded):
    """The plain storage has names that do not say what is in them."""
    root = collect(storage=PLAIN)
    entries = recorded(root)
    assert set(entries) == set(SOURCES)
    assert not any(entry["immutable"] for entry in entries.values())
    assert not (root / "staticfiles.json").exists()


def test_a_file_of_the_users_is_not_taken_for_a_variant(sources, collect, recorded, stack):
    """`data.json.gz` of the project's own beside `data.json` stays what it is, and is served so."""
    own = gzip.compress(b"something else", mtime=0)
    edit(sources / "data.json.gz", own)
    for _ in range(2):
        root = collect()
        assert (root / "data.json.gz").read_bytes() == own
        assert "gzip" not in recorded(root)["data.json"]["codings"]
    site = stack.open()
    response = site.get("/static/data.json", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] is None
    assert response.body == SOURCES["data.json"].encode()
    assert site.get("/static/data.json.gz").body == own


def test_a_file_of_the_users_that_comes_later_takes_a_variants_place(
    sources, collect, recorded, stack
):
    """A source that comes to have a variant's name is collected, and no longer a variant."""
    collect()
    own = gzip.compress(b"something else", mtime=0)
    edit(sources / "data.json.gz", own)
    root = collect()
    assert (root / "data.json.gz").read_bytes() == own
    assert recorded(root)["data.json.gz"]["sha256"] == hashlib.sha256(own).hexdigest()
    assert stack.open().get("/static/data.json.gz").body == own


def test_a_file_of_the_users_with_an_older_date_takes_its_place_too(sources, collect):
    """What collectstatic takes for unmodified must be the user's file, and no variant (D6)."""
    collect()
    own = gzip.compress(b"something else", mtime=0)
    (sources / "data.json.gz").write_bytes(own)
    os.utime(sources / "data.json.gz", (1_000_000_000, 1_000_000_000))
    assert (collect() / "data.json.gz").read_bytes() == own


STALE = [
    ("incompressible", {}, ["br", "gzip", "zstd"]),
    ("br off", {"HISS": {"COMPRESSION": {"br": None}}}, ["br"]),
    ("all off", {"HISS": {"COMPRESSION": False}}, ["br", "gzip", "zstd"]),
    (
        "skipped",
        {"HISS": {"SKIP_COMPRESS_EXTENSIONS": ["js", "css", "svg", "json", "txt"]}},
        ["br", "gzip", "zstd"],
    ),
]


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST])
@pytest.mark.parametrize(("what", "settings", "gone"), STALE, ids=lambda each: str(each)[:14])
def test_variants_that_are_no_longer_made_are_removed(
    sources, collect, recorded, stack, storage, what, settings, gone
):
    """A variant of an earlier build does not outlive it, and nobody is sent it (W10, pain 21)."""
    root = collect(storage=storage)
    text = SOURCES["js/main.js"].encode()
    if what == "incompressible":
        text = b"let a"
        edit(sources / "js/main.js", text)
        edit(sources / "js/copy.js", text)
    collect(storage=storage, **settings)
    kept = {"br", "gzip", "zstd"} - set(gone)
    assert set(recorded(root)["js/main.js"]["codings"]) == kept
    for coding, suffix in SUFFIXES.items():
        assert (root / f"js/main.js{suffix}").exists() is (coding in kept)
    site = stack.open()
    for coding in gone:
        response = site.get("/static/js/main.js", headers={"Accept-Encoding": coding})
        assert (response.headers["Content-Encoding"], response.body) == (None, text)


def test_a_variant_that_no_build_recorded_is_not_served(sources, collect, stack):
    """A sibling that somebody else put there is a file, and no variant."""
    root = collect(HISS={"COMPRESSION": {"br": None}})
    (root / "js/main.js.br").write_bytes(brotli.compress(b"old"))
    response = stack.open().get("/static/js/main.js", headers={"Accept-Encoding": "br"})
    assert response.headers["Content-Encoding"] is None
    assert response.body == SOURCES["js/main.js"].encode()


SWITCHES = [
    ({}, {"br", "gzip", "zstd"}),
    ({"COMPRESSION": {"zstd": None, "br": None}}, {"gzip"}),
    ({"COMPRESSION": False}, set()),
    ({"SKIP_COMPRESS_EXTENSIONS": [".JS"]}, set()),
    ({"SKIP_COMPRESS_EXTENSIONS": ["css"]}, {"br", "gzip", "zstd"}),
]


@pytest.mark.parametrize(("ours", "codings"), SWITCHES)
def test_codings_and_extensions_are_switched_off(sources, collect, recorded, ours, codings):
    """COMPRESSION and SKIP_COMPRESS_EXTENSIONS say what is made."""
    entries = recorded(collect(HISS=ours))
    assert set(entries["js/main.js"]["codings"]) == codings


def test_extensions_that_are_not_skipped_are_tried(sources, collect, recorded):
    """With a list of one's own, it alone decides: a type that we would not try is tried."""
    edit(sources / "flat.png", b"\0" * 5000)
    assert recorded(collect())["flat.png"]["codings"] == {}
    entries = recorded(collect(HISS={"SKIP_COMPRESS_EXTENSIONS": []}))
    assert set(entries["flat.png"]["codings"]) == {"br", "gzip", "zstd"}


def test_levels_are_used(sources, collect, recorded):
    """A higher level takes longer for fewer bytes."""
    text = b"".join(b"%d;" % (n * n) for n in range(20000))
    edit(sources / "numbers.txt", text)
    sizes = [
        recorded(collect(root=f"at-{level}", HISS={"COMPRESSION_LEVEL": level}))["numbers.txt"][
            "codings"
        ]
        for level in (1, 99)
    ]
    assert all(sizes[0][coding] > sizes[1][coding] for coding in SUFFIXES)


def test_only_hashed_files_are_kept(sources, collect, recorded, stack):
    """With KEEP_ONLY_HASHED_FILES originals go, and their variants of a build that is not kept."""
    root = collect()
    collect(HISS={"KEEP_ONLY_HASHED_FILES": True})
    assert (root / "css/app.css").exists()
    collect(HISS={"KEEP_ONLY_HASHED_FILES": True, "KEEP_RELEASES": 1, "KEEP_DAYS": 0})
    names, files = hashed_names(root), tree(root)
    for name, hashed in names.items():
        for suffix in ("", *SUFFIXES.values()):
            assert name + suffix not in files
        assert hashed in files
    entries = recorded(root)
    assert set(entries) == set(names.values())
    site = stack.open()
    assert site.get("/static/css/app.css").status == 404
    assert site.get(f"/static/{names['css/app.css']}").status == 200


def test_a_file_without_a_hash_is_kept_and_not_immutable(sources, collect, recorded):
    """Immutable is what has a hash in its name, and only the originals of such are removed."""
    storage = "own_storages.OnlyCssIsHashed"
    root = collect(storage=storage, HISS={"KEEP_ONLY_HASHED_FILES": True})
    entries = recorded(root)
    css = {name for name in SOURCES if name.endswith(".css")}
    assert {entry["name"] for entry in entries.values() if entry["immutable"]} == css
    assert set(entries) & set(SOURCES) == set(SOURCES) - css
    # It came without a name, as in Django.
    assert json.loads((root / "staticfiles.json").read_text())["hash"]


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST])
def test_dry_run_writes_nothing(sources, collect, storage):
    """--dry-run leaves an empty STATIC_ROOT empty, and a full one as it was."""
    root = collect(storage=storage, options=["--dry-run"])
    assert not root.exists() or tree(root) == {}
    before = tree(collect(storage=storage))
    edit(sources / "js/main.js", "changed")
    assert tree(collect(storage=storage, options=["--dry-run"])) == before


def test_clear_leaves_what_was_collected(sources, collect, recorded):
    """--clear takes away what no kept release needs: the open tabs of the one before still have it.

    With releases, to go is for retention to say.
    """
    root = collect()
    before = tree(root)
    (root / "stray").mkdir()
    for name in ("js/stray.js", "stray/a.css"):
        edit(root / name, "stray")
    shutil.rmtree(sources / "js")
    collect(options=["--clear"])
    assert not any(name.startswith("js/") for name in recorded(root))
    after = tree(root)
    assert {"js/stray.js", "stray/a.css"}.isdisjoint(after)
    hashed = {name for name in before if re.match(r"js/\w+\.[0-9a-f]{12}\.", name)}
    assert len(hashed) == 8
    assert {name for name in after if name.startswith("js/")} == hashed
    assert after["css/app.css"] == before["css/app.css"]
    (sources / "data.json").unlink()
    collect(options=["--clear"], HISS={"KEEP_RELEASES": 1, "KEEP_DAYS": 0})
    assert not any(name.startswith(("js/", "data.json")) for name in tree(root))


def test_a_codec_that_is_missing_is_named(sources, collect, monkeypatch):
    """Without its library a coding stops collectstatic, with the package and the way around."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(CommandError, match=r"(?s)coding br needs.*pip install brotli"):
        collect()
    collect(HISS={"COMPRESSION": {"br": None}})


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST])
def test_the_same_bytes_are_compressed_once(sources, collect, monkeypatch, tmp_path, storage):
    """However many names content has, each coding of it is made once."""
    packed = []
    compress = brotli.compress

    def count(data, **options):
        packed.append(data)
        return compress(data, **options)

    monkeypatch.setattr(brotli, "compress", count)
    root = collect(storage=storage, HISS={"CACHE_DIR": tmp_path / "cache"})
    assert SOURCES["js/main.js"].encode() in packed
    assert len(packed) == len(set(packed))
    assert (root / "js/main.js.br").read_bytes() == (root / "js/copy.js.br").read_bytes()


def test_what_was_compressed_before_is_not_again(sources, collect, monkeypatch, tmp_path):
    """CACHE_DIR is shared: a build elsewhere, of an empty STATIC_ROOT, compresses nothing."""
    ours = {"CACHE_DIR": tmp_path / "cache"}
    first = collect(HISS=ours)
    monkeypatch.setattr(brotli, "compress", None)
    second = collect(root="second", HISS=ours)
    assert (first / "js/main.js.br").read_bytes() == (second / "js/main.js.br").read_bytes()


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST])
def test_builds_are_reproducible(sources, collect, recorded, storage):
    """The same tree, elsewhere and later, is the same release, to the byte but for its date."""
    first = collect(storage=storage, root="first")
    edit(sources / "js/main.js", SOURCES["js/main.js"])
    second = collect(storage=storage, root="second")
    assert recorded(first) == recorded(second)
    assert (first / ".hiss/current").read_text() == (second / ".hiss/current").read_text()

    def files(root):
        timed = (".hiss/releases", ".hiss/history", ".hiss/noted.json")
        return {name: data for name, data in tree(root).items() if not name.startswith(timed)}

    assert files(first) == files(second)


def test_a_change_is_another_release(sources, collect, recorded):
    """Other bytes give another id; the releases before stay recorded."""
    root = collect()
    before = (root / ".hiss/current").read_text().strip()
    edit(sources / "js/main.js", "changed()")
    collect()
    after = (root / ".hiss/current").read_text().strip()
    assert before != after
    assert (root / f".hiss/releases/{before}.json").exists()


def test_a_bad_reference_leaves_the_release_before(sources, collect, recorded, stack):
    """A build that fails puts nothing in force: what was served before is served on."""
    root = collect()
    before, names = recorded(root), hashed_names(root)
    edit(sources / "css/app.css", "body { background: url(missing.png) }")
    with pytest.raises((ValueError, CommandError), match=r"missing\.png"):
        collect()
    assert recorded(root) == before
    response = stack.open().get(
        f"/static/{names['css/app.css']}", headers={"Accept-Encoding": "br"}
    )
    assert response.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    assert b"url" in brotli.decompress(response.body)


def test_a_failure_that_is_passed_over_is_no_release(sources, collect):
    """Who goes on after what post_process reports has no release of it."""
    edit(sources / "css/app.css", "body { background: url(missing.png) }")
    root = collect(options=["--no-post-process"])
    storage = CompressedManifestStaticFilesStorage()
    found = FileSystemStorage(sources)
    processed = list(storage.post_process({name: (found, name) for name in SOURCES}))
    [(name, hashed, error)] = processed
    assert (name, hashed) == ("css/app.css", None)
    # Django's own storage gives a ValueError, and collectstatic's user reads no traceback.
    assert isinstance(error, CommandError)
    assert isinstance(error, ValueError)
    assert not (root / ".hiss").exists()


def test_without_post_processing_nothing_is_recorded(sources, collect, stack):
    """--no-post-process collects, and what is collected is served as it is."""
    root = collect(options=["--no-post-process"])
    assert not (root / ".hiss").exists()
    response = stack.open().get("/static/js/main.js", headers={"Accept-Encoding": "br"})
    assert response.body == SOURCES["js/main.js"].encode()


def test_what_was_made_is_told(sources, collect, capsys):
    """collectstatic names each file once, with the name it is published under."""
    root = collect(verbosity=2)
    lines = [line for line in capsys.readouterr().out.splitlines() if "Post-processed" in line]
    names = hashed_names(root)
    assert lines == [f"Post-processed '{name}' as '{names[name]}'" for name in sorted(SOURCES)]


def test_settings_that_are_wrong_stop_collectstatic(sources, collect):
    """A wrong setting is named before anything is compressed."""
    with pytest.raises(ImproperlyConfigured, match="COMPRESSION_LEVEL"):
        collect(storage=PLAIN, HISS={"COMPRESSION_LEVEL": "much"})


def test_post_process_needs_no_more_than_names(sources, collect, recorded):
    """Called as other tools call it, with names alone, it builds from what lies there."""
    root = collect(storage=PLAIN, options=["--no-post-process"])
    made = list(CompressedStaticFilesStorage().post_process({"js/main.js": None}))
    assert made == [("js/main.js", "js/main.js", True)]
    assert set(recorded(root)) == {"js/main.js"}


def accept(coding):
    """The header fields that ask for a coding."""
    return {"Accept-Encoding": coding}


@pytest.mark.parametrize("coding", ["br", "gzip", "zstd", "identity"])
def test_what_was_collected_is_served(sources, collect, either, coding):
    """Hashed names are immutable, originals for a minute, each in the coding that was asked for."""
    root = collect()
    names, site = hashed_names(root), either.open()
    for name in ("css/app.css", "js/main.js", "naïve ☃.txt"):
        for file, caching in (
            (names[name], "max-age=31536000, public, immutable"),
            (name, "max-age=60, public"),
        ):
            target = "/static/" + "".join(
                c if c.isascii() and c != " " else "".join(f"%{b:02X}" for b in c.encode())
                for c in file
            )
            response = site.get(target, headers=accept(coding))
            assert response.status == 200
            assert response.headers["Cache-Control"] == caching
            assert response.headers["Vary"] == "Accept-Encoding"
            assert response.is_coherent
            sent = response.headers["Content-Encoding"]
            assert sent == (None if coding == "identity" else coding)
            decode = DECODERS.get(coding, bytes)
            assert decode(response.body) == (root / file).read_bytes()


def test_what_browsers_ask_for_gets_the_smallest(sources, collect, recorded, stack):
    """Of what a browser takes, it gets the variant with the fewest bytes."""
    entries, site = recorded(collect()), stack.open()
    response = site.get("/static/css/base.css", headers=accept("gzip, deflate, br, zstd"))
    assert len(response.body) == min(entries["css/base.css"]["codings"].values())


def test_what_the_build_keeps_for_itself_is_not_served(sources, collect, either):
    """The manifest of Hiss's own is no file of the site's."""
    root, site = collect(), either.open()
    release = (root / ".hiss/current").read_text().strip()
    for name in (".hiss/current", f".hiss/releases/{release}.json"):
        assert site.get(f"/static/{name}").status == 404


def test_a_file_changed_behind_the_builds_back_is_not_immutable(sources, collect, stack, log):
    """A grant for ever checks the content: bytes that no build wrote are kept for a minute."""
    root = collect()
    hashed = hashed_names(root)["js/main.js"]
    (root / hashed).write_text("changed()")
    response = stack.open().get(f"/static/{hashed}", headers=accept("br"))
    assert response.body == b"changed()"
    assert response.headers["Content-Encoding"] is None
    assert response.headers["Cache-Control"] == "max-age=60, public"
    assert any("is not what the build wrote" in line for line in log())
