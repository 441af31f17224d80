"""Scanning a root: every file that may be served, and nothing that may not."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from hiss.files.scan import is_within, scan


def names(root):
    return [found.name for found in scan(str(root))]


def test_scan(make_tree):
    """Files come by name, folder by folder, with their paths."""
    root = make_tree({"b.css": "", "a.css": "", "css/x/y.css": "", "css/z.css": "", "é ☃.txt": ""})
    found = list(scan(str(root)))
    assert {each.name for each in found} == {
        "a.css", "b.css", "é ☃.txt", "css/x/y.css", "css/z.css",
    }  # fmt: skip
    assert all(each.path == str(root / each.name) for each in found)
    assert [each.name for each in found][:2] == ["a.css", "b.css"]


def test_dotfiles_stay_private(make_tree, log):
    """Hidden files and folders are left out without a word; `.well-known` is public (W11)."""
    root = make_tree(
        {
            ".env": "",
            ".git/config": "",
            ".hiss/current": "",
            "css/.DS_Store": "",
            ".well-known/security.txt": "",
            ".well-known/.htpasswd": "",
            "a.css": "",
        }
    )
    assert names(root) == ["a.css", ".well-known/security.txt"]
    assert log() == []


@pytest.mark.parametrize(
    ("links", "served", "problem"),
    [
        # W7: an Emacs lock, and links that lead to themselves, stopped the whole application.
        ({"lock": "me@host.1234"}, [], "leads nowhere"),
        ({"loop": "loop"}, [], "leads nowhere"),
        ({"a": "b", "b": "a"}, [], "leads nowhere"),
        ({"deep/up": ".."}, [], "leads back to a folder that it is in"),
        ({"self": "."}, [], "leads back to a folder that it is in"),
        ({"x/y": "../z", "z/w": "../x"}, [], "leads back to a folder that it is in"),
        # W11: out of the root.
        ({"out": "../secret.txt"}, [], "leads out of the root"),
        ({"out": "../secrets"}, [], "leads out of the root"),
        ({"out": "/etc"}, [], "leads out of the root"),
        ({"out": "../static-too/a"}, [], "leads out of the root"),
        ({"up": ".."}, [], "leads out of the root"),
        ({"one": "two", "two": "../secret.txt"}, [], "leads out of the root"),
        # Inside the root.
        ({"link.css": "real/app.css"}, ["link.css"], None),
        ({"folder": "real"}, ["folder/app.css"], None),
        ({"one": "two", "two": "real/app.css"}, ["one", "two"], None),
        ({"a/real": "../real"}, ["a/real/app.css"], None),
    ],
)
def test_links(make_tree, tmp_path, log, links, served, problem):
    """A link inside the root is followed; one that leads out, nowhere or back is one line."""
    make_tree({"secret.txt": "s"}, "secrets")
    make_tree({"a": "s"}, "static-too")
    (tmp_path / "secret.txt").write_text("s")
    root = make_tree({"real/app.css": "a"})
    make_tree({name: Path(target) for name, target in links.items()})
    assert sorted(names(root)) == sorted(["real/app.css", *served])
    if problem is None:
        assert log() == []
    else:
        assert log()
        assert all(problem in line for line in log())
        assert len(log()) == len(set(log()))


def test_a_root_that_is_a_link(make_tree, tmp_path):
    """The root itself may be a link: what is in it is in the root."""
    make_tree({"app.css": "a", "link.css": Path("app.css")}, "real")
    (tmp_path / "current").symlink_to("real")
    assert names(tmp_path / "current") == ["app.css", "link.css"]


@pytest.mark.parametrize("name", [b"\xe9.txt", b"a\\b.txt", b"..\\secret"])
def test_names_that_no_url_can_say(make_tree, log, name):
    """A name that is not UTF-8, or holds a backslash, is left out with one line."""
    root = make_tree({"a.css": ""})
    (root / os.fsdecode(name)).write_text("x")
    (root / "folder" / os.fsdecode(name)).mkdir(parents=True)
    (root / "folder" / os.fsdecode(name) / "file").write_text("x")
    assert names(root) == ["a.css"]
    if not name.startswith(b"."):
        assert len(log()) == 2
        assert all("no URL can say its name" in line for line in log())
        "".join(log()).encode("utf-8")


def test_what_is_not_a_file(make_tree):
    """A FIFO is no file, and finding one waits for nobody; nor is a link to one."""
    root = make_tree({"a.css": ""})
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("fifo")
    (root / "device").symlink_to("/dev/null")
    assert names(root) == ["a.css"]


@pytest.fixture
def as_nobody():
    """Whoever runs the tests, who may read everything may not here."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_an_unreadable_folder(log, request):
    """A folder that may not be read is one line; everything else is served."""
    folder = Path(tempfile.mkdtemp())
    request.addfinalizer(lambda: shutil.rmtree(folder))
    folder.chmod(0o755)
    for name in ("a", "private", "z"):
        (folder / name).mkdir(mode=0o755)
        (folder / name / "file").write_text("x")
    (folder / "private").chmod(0o000)
    request.addfinalizer(lambda: (folder / "private").chmod(0o700))
    request.getfixturevalue("as_nobody")
    assert sorted(names(folder)) == ["a/file", "z/file"]
    assert log() == [f"Not serving what is in {folder / 'private'}: Permission denied"]


def test_a_folder_that_goes_away_meanwhile(make_tree, log):
    """A folder that is gone when its turn comes is one line."""
    root = make_tree({"a.css": "", "b/c.css": ""})
    found = scan(str(root))
    assert next(found).name == "a.css"
    shutil.rmtree(root / "b")
    assert list(found) == []
    assert log() == [f"Not serving what is in {root / 'b'}: No such file or directory"]


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/srv/static", "/srv/static", True),
        ("/srv/static/a", "/srv/static", True),
        ("/srv/static-too/a", "/srv/static", False),
        ("/srv", "/srv/static", False),
        ("/etc/passwd", "/", True),
    ],
)
def test_is_within(path, root, expected):
    """Below a root is below its slash."""
    assert is_within(path, root) is expected
