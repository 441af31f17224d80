"""Whether Django's manifest is the one that Hiss wrote: known without parsing it."""

import json
import os
import shutil

import pytest

from harness.calls import system_calls
from hiss.files.noted import is_noted, write_noted
from hiss.files.release import NOTED

DATA = b'{"paths": {"a.css": "a.1.css"}}'


@pytest.fixture(params=["staticfiles.json", "names/of files.json"])
def path(tmp_path, request):
    """Django's manifest, written."""
    path = tmp_path / "out" / request.param
    write_noted(str(tmp_path / "out"), str(path), DATA)
    assert path.read_bytes() == DATA
    return path


def known(path, root=None):
    return is_noted(
        str(root or path.parents[len(path.parts) - path.parts.index("out") - 2]), str(path)
    )


def test_as_it_was_written(path):
    """It is not even opened; only what is noted of it is."""
    calls, found = system_calls(lambda: known(path))
    assert found
    assert calls.count("open") == 1


def touch(path):
    os.utime(path, (5, 5))


def rewrite(path):
    path.write_bytes(DATA)


def replace(path):
    path.rename(path.with_name("aside"))
    shutil.copyfile(path.with_name("aside"), path)


@pytest.mark.parametrize("change", [touch, rewrite, replace, lambda path: path.chmod(0o640)])
def test_the_same_bytes(path, change):
    """Whatever times, modes and inode they have, as files have that were copied."""
    change(path)
    assert known(path)


def test_in_a_copied_folder(path, tmp_path):
    """An image, or another machine."""
    shutil.copytree(tmp_path / "out", tmp_path / "copy")
    assert known(tmp_path / "copy" / path.relative_to(tmp_path / "out"), tmp_path / "copy")


def other_bytes(path):
    path.write_bytes(DATA.replace(b"1", b"2"))


def other_bytes_with_its_time(path):
    before = path.stat()
    path.with_name("aside").write_bytes(DATA.replace(b"1", b"2"))
    path.with_name("aside").rename(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def longer(path):
    path.write_bytes(DATA + b" ")


def move(path):
    path.rename(path.with_name("moved.json"))


@pytest.mark.parametrize("change", [other_bytes, other_bytes_with_its_time, longer, move])
def test_another(path, change):
    """Whatever else is there is not what Hiss wrote."""
    change(path)
    assert not known(path)
    if change is move:
        assert not known(path.with_name("moved.json"))


@pytest.mark.parametrize(
    "note",
    [None, b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"name": 1}', b"null"],
    ids=repr,
)
def test_a_damaged_note(path, tmp_path, note):
    """Says nothing: the manifest is read as if none had been written."""
    file = tmp_path / "out" / NOTED
    file.unlink()
    if note is not None:
        file.write_bytes(note)
    assert not known(path)


@pytest.mark.parametrize("lacking", ["name", "sha256", "size"])
def test_a_note_that_lacks_something(path, tmp_path, lacking):
    """Neither does that."""
    file = tmp_path / "out" / NOTED
    note = json.loads(file.read_text())
    del note[lacking]
    file.write_text(json.dumps(note))
    touch(path)
    assert not known(path)
