"""Atomic writing: whoever reads a file sees the old one or the new, whole."""

import os
import signal
import subprocess
import sys

import pytest

from hiss.files.atomic import TEMPORARY, replacing, write_atomic
from hiss.files.scan import scan


def left_behind(folder):
    return [each.name for each in folder.rglob(f"{TEMPORARY}*")]


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("before", [None, b"old and longer"])
def test_write_atomic(tmp_path, before, durable):
    """A file is there with its new content, its folders too, and nothing beside it."""
    path = tmp_path / "a/b/file"
    if before is not None:
        path.parent.mkdir(parents=True)
        path.write_bytes(before)
    write_atomic(str(path), b"new", durable=durable)
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file"]


def test_readers_of_the_old_file_keep_it(tmp_path):
    """Who has the old file open reads it to its end."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_atomic(str(path), b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_a_failure_changes_nothing(tmp_path, error):
    """When the block fails the old file stands, and nothing is left behind."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error), replacing(str(path)) as file:  # noqa: PT012
        file.write(b"half")
        assert len(left_behind(tmp_path)) == 1
        raise error
    assert path.read_bytes() == b"old"
    assert left_behind(tmp_path) == []


def test_a_place_that_cannot_be_written(tmp_path):
    """Where a folder has the file's name, that stays, and nothing is left behind."""
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError):
        write_atomic(str(tmp_path / "file"), b"new")
    assert left_behind(tmp_path) == []
    assert (tmp_path / "file").is_dir()


def test_killed_half_way(tmp_path):
    """After `kill -9` the old file stands, and what is left behind is not served."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    script = (
        "import os, signal, sys\n"
        "from hiss.files.atomic import replacing\n"
        "with replacing(sys.argv[1]) as file:\n"
        "    file.write(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(left_behind(tmp_path)) == 1
    assert [found.name for found in scan(str(tmp_path))] == ["file"]
