"""Names for templates: URLs, integrity, and what a file brings with it."""

import os
import time

import pytest
from trees import QUICK, build_tree, hashed, integrity, manifest_of, write_tree

from harness.calls import system_calls
from hiss import HissError, ManifestError
from hiss.manifest import MissingAssetError, load
from hiss.release.prune import prune
from hiss.release.retain import Retention

TREE = {
    "css/app.css": '@import "base.css"; a{b:url(../img/x.png)}',
    "css/base.css": "a{b:url(../img/x.png) url(../img/y.png)}",
    "img/x.png": b"x",
    "img/y.png": b"y",
    "js/a.js": 'import "./b.js"',
    "js/b.js": 'import "./a.js"; new URL("../img/x.png", import.meta.url)',
    "img/a b&é.png": b"z",
}


@pytest.fixture
def root(tmp_path, cache):
    build_tree(write_tree(tmp_path / "src", TREE), tmp_path / "static", cache, levels=QUICK)
    return tmp_path / "static"


def test_urls(root):
    """Those of hashed files, below the prefix, quoted; every name of the source tree is there."""
    assets = load(root)
    image = hashed("img/x.png", b"x")
    assert assets.url("img/x.png") == f"/static/{image}"
    quoted = hashed("img/a b&é.png", b"z").replace(" ", "%20").replace("é", "%C3%A9")
    assert assets.url("img/a b&é.png") == f"/static/{quoted}"
    assert set(assets) == set(TREE)
    assert "img/x.png" in assets
    assert image not in assets
    assert assets.release == manifest_of(root).id


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("/static/", "/static/"),
        ("/static", "/static/"),
        ("/", "/"),
        ("", "/"),
        ("/a/b/", "/a/b/"),
        ("https://cdn.example/s", "https://cdn.example/s/"),
    ],
)
def test_the_prefix(root, prefix, expected):
    """A path or another host's URL, with its last slash or without."""
    assert load(str(root), prefix).url("img/x.png") == expected + hashed("img/x.png", b"x")


def test_integrity(root):
    """That of the file at the URL, not of its source."""
    assets = load(root)
    assert assets.integrity("img/x.png") == integrity(b"x")
    data = (root / assets.entry("css/app.css").file).read_bytes()
    assert assets.integrity("css/app.css") == integrity(data) != integrity(TREE["css/app.css"])


def test_closure(root):
    """What a file names, all the way down, each once, circles and all; what is nearest first."""
    assets = load(root)
    assert [each.name for each in assets.closure("css/app.css")] == [
        "css/base.css",
        "img/x.png",
        "img/y.png",
    ]
    assert [each.name for each in assets.closure("js/a.js")] == ["js/b.js", "img/x.png"]
    assert list(assets.closure("img/x.png")) == []
    assert all(each.immutable for each in assets.closure("css/app.css"))


@pytest.mark.parametrize("method", ["url", "integrity", "entry", "closure"])
def test_a_name_that_is_not_there(root, method):
    """The error names it, those near, the release and its folder; it is a LookupError too."""
    assets = load(root)
    with pytest.raises(MissingAssetError) as caught:
        list(getattr(assets, method)("css/ap.css"))
    error = caught.value
    assert isinstance(error, HissError)
    assert isinstance(error, LookupError)
    assert (error.name, error.near[0]) == ("css/ap.css", "css/app.css")
    for words in ("'css/ap.css'", assets.release, str(root), "ago"):
        assert words in error.message
    assert "css/app.css" in error.hint
    assert "build again" in error.hint


def test_a_name_like_none(root):
    """Then nothing is near."""
    with pytest.raises(MissingAssetError) as caught:
        load(root).url("zzz")
    assert caught.value.near == ()
    assert "nearest" not in caught.value.hint


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "seconds"),
        (-50, "0 seconds"),
        (119, "seconds"),
        (125, "2 minutes"),
        (3599, "59 minutes"),
        (2 * 3600 + 5, "2 hours"),
        (50 * 3600, "2 days"),
        (40 * 86_400, "40 days"),
    ],
)
def test_how_old_a_release_is(root, seconds, words):
    """In the largest unit of which there are two."""
    then = time.time() - seconds
    [release] = (root / ".hiss/releases").iterdir()
    os.utime(release, (then, then))
    with pytest.raises(MissingAssetError) as caught:
        load(root).url("zzz")
    assert f"{words} ago" in caught.value.message


def test_no_release(tmp_path):
    """A folder that was not built, or is not there, is an error that says how to build it."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ManifestError) as caught:
            load(folder)
        assert str(folder) in caught.value.message
        assert "hiss build" in caught.value.hint


@pytest.mark.parametrize("damage", [".hiss/current", ".hiss/releases"])
def test_a_damaged_release(root, damage):
    """Is an error, and not somebody else's release."""
    if damage == ".hiss/current":
        (root / damage).write_text("../x")
    else:
        (root / damage / f"{manifest_of(root).id}.json").write_text("{")
        (root / ".hiss/index").unlink()
    with pytest.raises(ManifestError, match=r"\.hiss"):
        load(root)


def everything(assets):
    """What is said of each name, and of one that is not there."""
    with pytest.raises(MissingAssetError) as caught:
        assets.url("css/ap.css")
    return {name: (assets.url(name), assets.entry(name)) for name in assets}, caught.value.near


def damage_index(root, how):
    """The index as an earlier Hiss left it, cut short, or with its records overwritten in place."""
    index = root / ".hiss/index"
    data = bytearray(index.read_bytes())
    if how == "version":
        data[8] = 2
    elif how == "records":
        data[100:4000] = bytes(3900)
    else:
        del data[-1:]
    with index.open("r+b") as file:
        file.write(data)
        file.truncate()


@pytest.mark.parametrize("how", ["version", "records", "short"])
def test_a_damaged_index(root, how, log):
    """Is said once, and the manifest read in its place; without that, it is an error."""
    expected = everything(load(root))
    damage_index(root, how)
    assets = load(root)
    assert everything(assets) == expected
    [line] = log()
    assert line.startswith(f"Reading the manifest of release {assets.release} instead: ")
    assert str(root / ".hiss/index") in line
    [manifest] = (root / ".hiss/releases").iterdir()
    manifest.write_text("{")
    with pytest.raises(ManifestError, match="is not a manifest"):
        load(root).url("css/app.css")


def test_an_index_that_is_damaged_while_it_is_read(root, log):
    """Some names were found before; the others come from the manifest."""
    expected = everything(load(root))
    assets = load(root)
    assets.url("js/a.js")
    damage_index(root, "records")
    assert everything(assets) == expected
    assert len(log()) == 1


def test_each_name_is_read_when_it_is_asked_for(tmp_path, cache):
    """For ten times the files, as many looks at the disk; nor is anything read twice."""

    def calls_of(number):
        tree = {f"{n}.css": f"a{{width:{n}px}}" for n in range(number)}
        root = tmp_path / str(number)
        build_tree(write_tree(tmp_path / "src", tree), root, cache, levels={})
        calls, assets = system_calls(lambda: load(root))
        first, _ = system_calls(lambda: (assets.url("1.css"), assets.integrity("1.css")))
        second, _ = system_calls(lambda: (assets.url("1.css"), "1.css" in assets))
        missing, _ = system_calls(lambda: "none.css" in assets)
        assert (second, set(first), set(missing)) == ([], {"pread"}, {"pread"})
        # A slot for each name that had it before; the record's head, and its rest.
        assert 3 <= len(first) <= 8
        return calls

    assert calls_of(100) == calls_of(10)


@pytest.mark.parametrize("index", [True, False])
def test_a_release_that_goes(root, tmp_path, cache, index):
    """Whoever has loaded it goes on with it, whatever is built, put in force or let go."""
    if not index:
        (root / ".hiss/index").unlink()
    first = load(root)
    one = first.url("css/app.css")
    expected = {name: load(root).entry(name) for name in TREE}
    changed = write_tree(tmp_path / "src", {**TREE, "css/base.css": "a{}", "img/x.png": b"other"})
    build_tree(changed, root, cache, levels=QUICK)
    prune(str(root), Retention(1, 0))
    assert len(list((root / ".hiss/releases").iterdir())) == 1
    assert first.url("css/app.css") == one != load(root).url("css/app.css")
    assert {name: first.entry(name) for name in first} == expected
    with pytest.raises(MissingAssetError) as caught:
        first.url("css/ap.css")
    assert caught.value.near[0] == "css/app.css"


def test_a_pinned_release_is_in_the_index(root, tmp_path, cache):
    """It costs no more than the one in force."""
    first = load(root).release
    expected = {name: load(root).entry(name) for name in TREE}
    changed = write_tree(tmp_path / "src", {**TREE, "img/x.png": b"other"})
    build_tree(changed, root, cache, levels={}, only_hashed=True)
    current, _ = system_calls(lambda: load(root).url("css/app.css"))
    pinned, _ = system_calls(lambda: load(root, release=first).url("css/app.css"))
    assert {each for each in pinned if each != "pread"} <= {*current, "stat"}
    assets = load(root, release=first)
    assert {name: assets.entry(name) for name in TREE} == expected


def test_a_relative_folder(root, monkeypatch):
    """It is the one it was when it was loaded, in messages too."""
    monkeypatch.chdir(root.parent)
    assets = load("static")
    monkeypatch.chdir("/")
    with pytest.raises(MissingAssetError, match=str(root)):
        assets.url("zzz")


def test_names_that_were_not_hashed(tmp_path, cache):
    """Are their own."""
    build_tree(
        write_tree(tmp_path / "src", TREE), tmp_path / "static", cache, levels={}, name_of=None
    )
    assert load(tmp_path / "static").url("js/a.js") == "/static/js/a.js"
