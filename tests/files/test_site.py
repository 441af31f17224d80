"""Sites: from folders to the URLs that are served."""

import json
from pathlib import Path

import pytest

from hiss.core.asset import Asset, Missing, Redirect
from hiss.core.request import Request
from hiss.errors import ManifestError
from hiss.files.load import Listing
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.release import INDEX
from hiss.files.site import open_site


def open_mounts(*mounts, listed=(), **options):
    return open_site(mounts, settle(options), listed=listed)


def served(origin, path):
    entry = origin.find(path)
    if entry is None:
        return None
    match entry.load():
        case Redirect(location=location):
            return f"-> {location}"
        case Missing():
            return "miss"
        case Asset():
            return origin.answer(entry, Request("GET")).body


def test_files_are_found_by_their_urls(make_tree):
    """A file is at its prefix and name; all else under the prefix is a miss."""
    root = make_tree({"css/app.css": "a", "é ☃.txt": "snow", ".env": "secret"})
    origin = open_mounts(Mount("/static/", str(root), owned=True))
    assert served(origin, "/static/css/app.css") == b"a"
    assert served(origin, "/static/é ☃.txt") == b"snow"
    for name in ("", "css", "css/", ".env", "css/../css/app.css", "css//app.css", "css/app.css/"):
        assert served(origin, f"/static/{name}") == "miss"
    for path in ("/static", "/static-pages/", "/", "/css/app.css"):
        assert served(origin, path) is None


def test_the_first_mount_wins(make_tree):
    """Of two files for one URL the first mount's is served, and listed files come before all."""
    one = make_tree({"a": "one", "b": "one"}, "one")
    two = make_tree({"a": "two", "b": "two", "c": "two"}, "two")
    (one.parent / "listed").write_text("listed")
    listed = [Listing(str(one.parent / "listed"), "/s/b")]
    mounts = [Mount("/s/", str(one)), Mount("/s/", str(two)), Mount("/other/", str(two))]
    origin = open_mounts(*mounts, listed=listed)
    assert [served(origin, f"/s/{name}") for name in "abc"] == [b"one", b"listed", b"two"]
    assert served(origin, "/other/a") == b"two"


def test_files_that_come_later_are_not_served(make_tree):
    """A catalog is what was there at the start."""
    root = make_tree({"a": "a"})
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    (root / "b").write_text("b")
    assert served(origin, "/s/b") == "miss"


def test_a_mount_without_a_folder_lists_nothing():
    """A finder's files are for development; a catalog knows nothing of them."""
    origin = open_mounts(Mount("/s/", None, owned=True, locate=lambda name: "/etc/passwd"))
    assert served(origin, "/s/passwd") == "miss"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/s/", b"top"),
        ("/s", "-> ./s/"),
        ("/s/index.html", "-> ./"),
        ("/s/docs/", b"docs"),
        ("/s/docs", "-> ./docs/"),
        ("/s/docs/index.html", "-> ./"),
        ("/s/a:b é/", b"colon"),
        ("/s/a:b é", "-> ./a:b%20%C3%A9/"),
        ("/s/both", b"file"),
        ("/s/both/", b"both"),
        ("/s/myindex.html", b"mine"),
        ("/s/empty/", "miss"),
        ("/s/empty", "miss"),
    ],
)
def test_index_documents(make_tree, path, expected):
    """An index document is at its folder's URL, and the URLs beside that lead there, relative."""
    one = make_tree({"both": "file"}, "one")
    two = make_tree(
        {
            "index.html": "top",
            "docs/index.html": "docs",
            "a:b é/index.html": "colon",
            "both/index.html": "both",
            "myindex.html": "mine",
            "empty/other.html": "x",
        },
        "two",
    )
    origin = open_mounts(
        Mount("/s/", str(one), owned=True), Mount("/s/", str(two)), index_file=True
    )
    assert served(origin, path) == expected


def test_the_index_of_the_root(make_tree):
    """At the prefix `/` the index document is the root's, and every miss is the application's."""
    origin = open_mounts(Mount("/", str(make_tree({"index.html": "top"}))), index_file=True)
    assert served(origin, "/") == b"top"
    assert served(origin, "/index.html") == "-> ./"
    assert served(origin, "") is None
    assert served(origin, "/none") is None


def test_without_index_file_a_folder_is_a_miss(make_tree):
    """Index documents are only where they were asked for."""
    origin = open_mounts(Mount("/s/", str(make_tree({"index.html": "top"})), owned=True))
    assert served(origin, "/s/") == "miss"
    assert served(origin, "/s/index.html") == b"top"


@pytest.mark.parametrize("indexed", [False, True])
def test_variants_have_no_urls_of_their_own(make_release, indexed):
    """A recorded variant is a coding of its file; a download that is a `.gz` is a file (B6)."""
    root = make_release({"app.css": "a" * 999}, indexed=indexed)
    (root / "data.csv.gz").write_bytes(b"gz")
    (root / "old.css.br").write_bytes(b"stale")
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    for suffix in (".br", ".gz", ".zst"):
        assert served(origin, f"/s/app.css{suffix}") == "miss"
    for name, kind in [
        ("data.csv.gz", "application/gzip"),
        ("old.css.br", "application/octet-stream"),
    ]:
        asset = origin.find(f"/s/{name}").load()
        assert asset.content_type == kind
        assert "Content-Encoding" not in dict(asset.identity.whole.headers)


def cache_control(origin, path):
    return dict(origin.find(path).load().headers)["Cache-Control"]


@pytest.mark.parametrize("indexed", [False, True])
def test_immutable_is_what_the_manifest_says(make_release, indexed):
    """Immutability comes from what was recorded, never from the look of a name."""
    files = {"app.js": "1", "runtime.0123456789ab.js": "2"}
    root = make_release(files, immutable={"app.js"}, indexed=indexed)
    origin = open_mounts(Mount("/s/", str(root)))
    assert cache_control(origin, "/s/app.js") == "max-age=31536000, public, immutable"
    assert cache_control(origin, "/s/runtime.0123456789ab.js") == "max-age=60, public"


def test_immutable_is_what_django_says(make_tree):
    """Django's manifest says which of its names hold a hash, and the content bears it out."""
    # MD5 of b"1", as Django's storage puts it in the name.
    manifest = {"paths": {"app.js": "app.c4ca4238a0b9.js", "b.js": "b.0123456789ab.js"}}
    files = ["app.js", "app.c4ca4238a0b9.js", "b.0123456789ab.js", "c.c4ca4238a0b9.js"]
    root = make_tree({"staticfiles.json": json.dumps(manifest), **dict.fromkeys(files, "1")})
    origin = open_mounts(Mount("/s/", str(root)))
    immutable = [name for name in files if "immutable" in cache_control(origin, f"/s/{name}")]
    assert immutable == ["app.c4ca4238a0b9.js"]


@pytest.mark.parametrize("test", [r"\.0123456789ab\.", lambda path, url: True])
def test_a_users_test_stands_above_djangos_names(make_tree, test):
    """What the user's own test says is immutable needs no MD5 in its name."""
    manifest = {"paths": {"b.js": "b.0123456789ab.js"}}
    root = make_tree({"staticfiles.json": json.dumps(manifest), "b.0123456789ab.js": "1"})
    origin = open_mounts(Mount("/s/", str(root)), immutable_file_test=test)
    assert "immutable" in cache_control(origin, "/s/b.0123456789ab.js")


def test_immutable_is_what_the_user_says(make_tree):
    """A user's own test is asked for every file, by path and URL."""
    root = make_tree({"app.js": "1", "app.abc.js": "2"})
    origin = open_mounts(
        Mount("/s/", str(root)),
        immutable_file_test=lambda path, url: path.endswith("abc.js") and url == "/s/app.abc.js",
    )
    assert "immutable" in cache_control(origin, "/s/app.abc.js")
    assert "immutable" not in cache_control(origin, "/s/app.js")


def test_a_damaged_manifest_stops_the_start(make_release):
    """A site with a damaged manifest does not start half right."""
    root = make_release({"app.css": "a"}, indexed=False)
    [path] = (root / ".hiss/releases").iterdir()
    path.write_text("{")
    with pytest.raises(ManifestError):
        open_mounts(Mount("/s/", str(root)))


def test_a_damaged_index_is_done_without(make_release, log):
    """The manifests say the same: whoever starts a process is told, and no more."""
    root = make_release({"app.css": "a"}, immutable={"app.css"})
    (root / INDEX).write_bytes(b"hissindx")
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert served(origin, "/s/app.css") == b"a"
    assert "immutable" in dict(origin.find("/s/app.css").load().headers)["Cache-Control"]


def test_starting_opens_no_file(make_tree):
    """A file that cannot be read costs nothing until somebody asks for it."""
    root = make_tree({"a": "a", "lock": Path("nowhere")})
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert origin.find("/s/a").resource is None
    assert served(origin, "/s/lock") == "miss"


def test_an_immutable_grant_checks_the_content(make_tree):
    """Other bytes under one of Django's hashed names are not immutable: the hash is in the name."""
    # MD5 of b"1", as Django's storage puts it in the name.
    name = "app.c4ca4238a0b9.js"
    root = make_tree({"staticfiles.json": json.dumps({"paths": {"app.js": name}}), name: "other"})
    origin = open_mounts(Mount("/s/", str(root)))
    assert "immutable" not in cache_control(origin, f"/s/{name}")
