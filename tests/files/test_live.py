"""Development: the disk is looked at on each request."""

import os
import shutil
import socket

import pytest

from hiss.core.asset import Asset, Missing, Redirect
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.site import open_site

FILES = {"app.css": "body{}", "docs/index.html": "<p>", "é.txt": "e", ".well-known/a": "a"}


def make_finder(*mounts, **options):
    return open_site(mounts, settle({"autorefresh": True, **options}))


def kind(entry):
    if entry is None:
        return None
    resource = entry.load()
    if isinstance(resource, Redirect):
        return resource.location
    return "miss" if isinstance(resource, Missing) else resource.content_type


@pytest.mark.parametrize(
    ("path", "index_file", "expected"),
    [
        ("/static/app.css", False, "text/css; charset=utf-8"),
        ("/static/é.txt", False, "text/plain; charset=utf-8"),
        ("/static/.well-known/a", False, "application/octet-stream"),
        ("/static/docs/index.html", False, "text/html; charset=utf-8"),
        ("/static/docs/", False, "miss"),
        ("/static/docs", False, "miss"),
        ("/static/none", False, "miss"),
        ("/static/", False, "miss"),
        ("/static", False, None),
        ("/static-pages/app.css", False, None),
        ("/static/app.css", True, "text/css; charset=utf-8"),
        ("/static/docs/", True, "text/html; charset=utf-8"),
        ("/static/docs", True, "./docs/"),
        ("/static/docs/index.html", True, "./"),
        ("/static/", True, "miss"),
        ("/static/none", True, "miss"),
        ("/static/none/", True, "miss"),
        # Nothing but plain, public names.
        ("/static/../secret", False, "miss"),
        ("/static/docs/../../secret", True, "miss"),
        ("/static//app.css", False, "miss"),
        ("/static/./app.css", False, "miss"),
        ("/static/app.css/", False, "miss"),
        ("/static/.env", False, "miss"),
        ("/static/.hiss/current", False, "miss"),
        ("/static/docs\\index.html", False, "miss"),
        ("/static/a\0b", False, "miss"),
        ("/static/\udce9.txt", False, "miss"),
        ("/static/" + "a" * 5000, False, "miss"),
        ("/static/fifo", False, "miss"),
        ("/static/out", False, "miss"),
        ("/static/folder_out/secret", False, "miss"),
        ("/static/dangling", False, "miss"),
        ("/static/loop", False, "miss"),
        ("/static/link.css", False, "text/css; charset=utf-8"),
    ],
)
def test_find(make_tree, tmp_path, path, index_file, expected):
    """A file is found by its plain name; nothing else is, and nothing outside the root."""
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer/secret").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    root = make_tree({**FILES, ".env": "secret", ".hiss/current": "x", "\udce9.txt": "bytes"})
    for name, target in [
        ("out", "../secret"),
        ("folder_out", "../outer"),
        ("dangling", "nowhere"),
        ("loop", "loop"),
        ("link.css", "app.css"),
    ]:
        (root / name).symlink_to(target)
    os.mkfifo(root / "fifo")
    finder = make_finder(Mount("/static/", str(root), owned=True), index_file=index_file)
    assert kind(finder.find(path)) == expected


def test_files_come_change_and_go(make_tree):
    """A file is there as soon as it is on disk, new when it has changed, and gone when it is."""
    root = make_tree({"a.css": "old"})
    finder = make_finder(Mount("/static/", str(root), owned=True))
    first = finder.find("/static/a.css")
    old = first.load()
    assert finder.find("/static/a.css") is first
    (root / "a.css").write_text("new")
    new = finder.find("/static/a.css").load()
    assert new.identity.etag != old.identity.etag
    assert kind(finder.find("/static/b.css")) == "miss"
    (root / "b.css").write_text("b")
    assert isinstance(finder.find("/static/b.css").load(), Asset)
    (root / "a.css").unlink()
    assert kind(finder.find("/static/a.css")) == "miss"


def test_a_change_is_seen_though_size_and_time_are_set_back(make_tree):
    """Same size, same modification time, other bytes: another file all the same (W6)."""
    path = make_tree({"a.css": "old"}) / "a.css"
    before = path.stat()
    finder = make_finder(Mount("/static/", str(path.parent), owned=True))
    old = finder.find("/static/a.css").load()
    with open(path, "r+") as file:
        file.write("new")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    new = finder.find("/static/a.css").load()
    assert new.identity.etag != old.identity.etag


def test_nothing_is_believed_of_a_build(make_release):
    """In development nothing is immutable and nothing is sent coded; variants are files."""
    root = make_release({"app.css": "body{}" * 99}, immutable={"app.css"})
    finder = make_finder(Mount("/static/", str(root), owned=True))
    asset = finder.find("/static/app.css").load()
    assert asset.offer == ("identity",)
    assert dict(asset.headers)["Cache-Control"] == "max-age=60, public"
    assert isinstance(finder.find("/static/app.css.br").load(), Asset)


def test_an_immutable_file_test_counts(make_tree):
    """A user's own test is asked in development too."""
    root = make_tree({"a.abc123.js": "1", "b.js": "2"})
    finder = make_finder(
        Mount("/static/", str(root), owned=True), immutable_file_test=r"\.[0-9a-f]{6}\."
    )
    immutable = dict(finder.find("/static/a.abc123.js").load().headers)["Cache-Control"]
    assert immutable == "max-age=31536000, public, immutable"
    assert "immutable" not in dict(finder.find("/static/b.js").load().headers)["Cache-Control"]


def test_the_first_mount_wins(make_tree):
    """Of two files for one URL the first mount's is served; what it lacks comes from the next."""
    one, two = make_tree({"a.css": "one"}, "one"), make_tree({"a.css": "two", "b.css": "b"}, "two")
    finder = make_finder(Mount("/s/", str(one), owned=True), Mount("/s/", str(two)))
    assert finder.find("/s/a.css").load().identity.size == 3
    assert finder.find("/s/a.css").listing.path == str(one / "a.css")
    assert finder.find("/s/b.css").listing.path == str(two / "b.css")
    (one / "a.css").unlink()
    assert finder.find("/s/a.css").listing.path == str(two / "a.css")


def test_a_framework_finder_is_asked_first_and_trusted(make_tree, tmp_path):
    """What a finder locates is served wherever it is; its names are held to the same rules."""
    root = make_tree({"a.css": "root", "b.css": "root"})
    (tmp_path / "elsewhere.css").write_text("located")
    asked = []

    def locate(name):
        asked.append(name)
        return str(tmp_path / "elsewhere.css") if name == "a.css" else None

    finder = make_finder(Mount("/s/", str(root), owned=True, locate=locate))
    assert finder.find("/s/a.css").load().identity.size == len("located")
    assert finder.find("/s/b.css").load().identity.size == len("root")
    assert kind(finder.find("/s/../a.css")) == "miss"
    assert asked == ["a.css", "b.css"]
    assert kind(make_finder(Mount("/s/", None, locate=locate)).find("/s/c.css")) is None


def test_misses_can_be_the_applications(make_tree):
    """With `misses="pass"` what has no file is not Hiss's to answer."""
    root = make_tree({})
    finder = make_finder(Mount("/s/", str(root), owned=True), misses="pass")
    assert finder.find("/s/none") is None
    assert finder.miss("/s/none") is None


def test_what_is_not_a_file_is_a_miss(make_tree):
    """Folders and sockets are not files, and asking for one waits for nobody."""
    root = make_tree({"folder/a": "a"})
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(root)  # a socket's path may not be long
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    finder = make_finder(Mount("/s/", str(root), owned=True))
    assert [kind(finder.find(f"/s/{name}")) for name in ("folder", "socket")] == ["miss"] * 2


def test_a_root_that_goes_away(make_tree):
    """Without its folder every file is a miss."""
    root = make_tree({"a.css": "a"})
    finder = make_finder(Mount("/s/", str(root), owned=True))
    shutil.rmtree(root)
    assert kind(finder.find("/s/a.css")) == "miss"


@pytest.mark.parametrize(
    ("prefix", "path", "index_file", "expected"),
    [
        ("/static/", "/static", True, "./static/"),
        ("/my/é:s/", "/my/é:s", True, "./%C3%A9:s/"),
        ("/static/", "/static", False, None),
        ("/static/", "/static", "start.html", None),
        ("/static/", "/stati", True, None),
        ("/", "/", True, "text/html; charset=utf-8"),
        ("/", "", True, None),
    ],
)
def test_the_prefix_without_its_slash(make_tree, prefix, path, index_file, expected):
    """`/static` leads to the index of `/static/`, as it does where the catalog is built once."""
    mount = Mount(prefix, str(make_tree({"index.html": "<p>"})))
    for autorefresh in (True, False):
        finder = make_finder(mount, index_file=index_file, autorefresh=autorefresh)
        assert kind(finder.find(path)) == expected
