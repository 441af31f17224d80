"""The bytes behind plain names: kept where no hashed file has them, and put back."""

import errno
import os
import stat
from pathlib import Path

import pytest
from trees import manifest_of, sha256, write_tree

from hiss.release import originals
from hiss.release.originals import (
    digest_of,
    items,
    keep_originals,
    needed_originals,
    original_path,
    restore,
)
from hiss.release.prune import prune
from hiss.release.switch import switch
from release.roots import ONE, plain_damage, publish, snapshot, words

# The style sheet is rewritten, so its original is no hashed file's; the image is as it was.
CSS = "a { background: url(dot.png) }\n" * 30
FILES = {"a.css": CSS, "dot.png": b"dot" * 100, "é ☃.txt": words(1)}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "static"


def kept(root):
    folder = root / ".hiss/originals"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_what_no_hashed_file_says_is_kept(root):
    """By its hash, with its variants; what a hashed file says is not kept twice."""
    manifest = publish(root, FILES)
    [entry] = [each for each in manifest.entries if each.file == "a.css"]
    assert kept(root) == {sha256(CSS), *entry.checksums.values()}
    assert len(entry.checksums) == 3
    for name in kept(root):
        assert digest_of(original_path(str(root), name)) == name
    assert needed_originals([manifest]) == kept(root)
    # A second name of one file, where the system knows that.
    assert os.path.samefile(original_path(str(root), sha256(CSS)), root / "a.css")


def test_without_hashed_names_all_is_kept(root):
    """There is no other place that has it."""
    manifest = publish(root, FILES, name_of=None, modules=False)
    assert kept(root) == {item.sha256 for entry in manifest.entries for item in items(entry)}


def test_what_is_left_out_is_not_kept(root):
    """Of a release of nothing but hashed files."""
    publish(root, {"é.txt": words(1), "dot.png": b"dot" * 100}, only_hashed=True)
    assert kept(root) == set()


@pytest.mark.parametrize("code", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP])
def test_without_links(root, monkeypatch, code):
    """Where a file cannot have two names there are copies."""

    def refuse(source, target):
        raise OSError(code, os.strerror(code), source)

    monkeypatch.setattr(originals.os, "link", refuse)
    one = publish(root, FILES)
    assert sha256(CSS) in kept(root)
    assert not os.path.samefile(original_path(str(root), sha256(CSS)), root / "a.css")
    publish(root, {"a.css": "b{}"})
    assert switch(str(root), one.id, "rollback").lost == ()
    assert plain_damage(root) == []


def test_they_go_with_the_last_that_needs_them(root):
    """Two releases that say the same under a plain name keep it once."""
    publish(root, FILES)
    before = kept(root)
    publish(root, {**FILES, "more.txt": "more"})
    assert kept(root) == before
    publish(root, {"more.txt": "more"})
    assert kept(root) == before
    prune(str(root), ONE)
    assert kept(root) == set()


def test_restore_touches_only_what_differs(root):
    """What says already what it should is not written again."""
    manifest = publish(root, FILES)
    before = {path: path.stat().st_ino for path in root.rglob("*") if path.is_file()}
    assert restore(manifest, str(root)) == []
    assert {path: path.stat().st_ino for path in root.rglob("*") if path.is_file()} == before
    (root / "a.css").unlink()
    assert restore(manifest, str(root)) == []
    changed = [path for path, inode in before.items() if path.stat().st_ino != inode]
    assert changed == [root / "a.css"]


@pytest.mark.parametrize("how", ["overwritten", "removed", "linked", "dangling"])
def test_plain_names_are_put_back(root, tmp_path, how):
    """Whatever became of them: the bytes, no link, and who may read them."""
    manifest = publish(root, FILES)
    before = snapshot(root)
    for name in FILES:
        path = root / name
        path.chmod(0o640)
        mode = path.stat().st_mode
        data = path.read_bytes()
        path.unlink()
        write_tree(tmp_path / "elsewhere", {name: data})
        if how == "overwritten":
            path.write_text("something else")
        elif how != "removed":
            path.symlink_to(tmp_path / ("elsewhere" if how == "linked" else "nowhere") / name)
    assert restore(manifest, str(root)) == []
    assert snapshot(root) == before
    assert not any(path.is_symlink() for path in root.rglob("*"))
    assert stat.S_IMODE((root / "a.css").stat().st_mode) == stat.S_IMODE(mode)


def test_restoring_does_not_write_into_what_is_linked(root, tmp_path):
    """`collectstatic --link` leaves links to sources: these are replaced, not written through."""
    manifest = publish(root, FILES)
    source = write_tree(tmp_path / "mine", {"a.css": "my source"}) / "a.css"
    (root / "a.css").unlink()
    (root / "a.css").symlink_to(source)
    restore(manifest, str(root))
    assert source.read_text() == "my source"
    assert (root / "a.css").read_text() == CSS


def test_a_damaged_original_is_not_put_back(root):
    """Bytes that are not those of their hash are no one's: the name is told, and left as it is."""
    one = publish(root, FILES)
    publish(root, {"a.css": "b{}"})
    Path(original_path(str(root), sha256(CSS))).write_text("damaged")
    assert restore(one, str(root)) == ["a.css"]
    assert (root / "a.css").read_text() == "b{}"


def test_written_over_in_place(root):
    """Who writes into a plain file, as `cp` does, writes into what is kept of it too: the next
    build of the same sources makes both good.
    """
    one = publish(root, FILES)
    (root / "a.css").write_text("cp writes into the file that is there")
    publish(root, FILES)
    assert digest_of(original_path(str(root), sha256(CSS))) == sha256(CSS)
    publish(root, {"a.css": "b{}"})
    assert switch(str(root), one.id, "rollback").lost == ()
    assert (root / "a.css").read_text() == CSS


def test_nothing_is_kept_of_what_is_not_there(root):
    """A plain file that went while the build was at work is an error of the system's."""
    manifest = publish(root, FILES)
    (root / "a.css").unlink()
    for path in (root / ".hiss/originals").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError):
        keep_originals(manifest_of(root), str(root))
    assert kept(root) == set()
    assert restore(manifest, str(root))[:1] == ["a.css"]
