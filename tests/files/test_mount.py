"""Mounts: a folder, a prefix, and whose the misses are."""

import os

import pytest

from hiss.errors import ConfigurationError
from hiss.files.mount import Mount, mount, owned_prefixes
from hiss.files.options import settle


@pytest.mark.parametrize(
    ("prefix", "is_alone", "expected"),
    [
        ("static", False, ("/static/", True)),
        ("/static/", True, ("/static/", True)),
        ("/", False, ("/", False)),
        ("", False, ("/", False)),
        ("/", True, ("/", True)),
    ],
)
def test_mount(tmp_path, prefix, is_alone, expected):
    """A prefix gets its slashes; the misses of `/` are ours only with nobody behind us."""
    made = mount(tmp_path, prefix, is_alone=is_alone)
    assert (made.prefix, made.owned) == expected
    assert made.root == str(tmp_path)


def test_mount_takes_relative_paths(tmp_path, monkeypatch):
    """A folder is found from where the process started, and not where it goes later."""
    (tmp_path / "static").mkdir()
    monkeypatch.chdir(tmp_path)
    assert mount("static", "/").root == os.path.join(tmp_path, "static")


@pytest.mark.parametrize("name", ["none", "file"])
def test_mount_of_no_folder(tmp_path, name):
    """Without its folder a site does not start, and says what to do."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError) as caught:
        mount(tmp_path / name, "/static/")
    assert str(tmp_path / name) in caught.value.message
    assert "collectstatic" in caught.value.hint


def test_owned_prefixes():
    """Hiss answers misses below owned prefixes, unless they are the application's."""
    mounts = [Mount("/a/", None, owned=True), Mount("/b/", None), Mount("/c/", None, owned=True)]
    assert owned_prefixes(mounts, settle({})) == ("/a/", "/c/")
    assert owned_prefixes(mounts, settle({"misses": "pass"})) == ()
