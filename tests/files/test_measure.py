"""Measuring: one reading tells a file's hashes, its looks, and its bytes if they are few."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from hiss.files.measure import measure
from hiss.files.source import stamp_of

MIB = 2**20


@pytest.mark.parametrize("size", [0, 1, 1000, MIB - 1, MIB, MIB + 1, 5 * MIB // 2])
@pytest.mark.parametrize("keep", [0, 999, 1000, 4 * MIB])
@pytest.mark.parametrize("with_md5", [False, True])
def test_measure(tmp_path, size, keep, with_md5):
    """The hashes are of all bytes, whether they are kept or not; MD5 only if it was asked for."""
    path = tmp_path / "file"
    data = os.urandom(size)
    path.write_bytes(data)
    measured = measure(str(path), keep=keep, with_md5=with_md5)
    assert measured.stamp == stamp_of(path.stat())
    assert measured.sha256 == hashlib.sha256(data).digest()
    assert measured.md5 == (hashlib.md5(data).hexdigest() if with_md5 else None)
    assert measured.data == (data if size <= keep else None)


def delete(path):
    path.unlink()


def folder(path):
    path.unlink()
    path.mkdir()


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def dangling(path):
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.parametrize("loss", [delete, folder, fifo, dangling])
@pytest.mark.parametrize("keep", [0, MIB])
def test_what_is_no_file(tmp_path, loss, keep):
    """What is no file cannot be measured, and is not waited for."""
    path = tmp_path / "file"
    path.write_bytes(b"a")
    loss(path)
    with pytest.raises(OSError):
        measure(str(path), keep=keep)


def test_nothing_stays_open(tmp_path):
    """A measured file is closed."""
    path = tmp_path / "file"
    path.write_bytes(b"a")
    measure(str(path), keep=0)
    open_now = [os.path.realpath(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")]
    assert str(path) not in open_now


@pytest.mark.parametrize("mode", ["ab", "r+b"], ids=["grows", "is rewritten"])
def test_a_file_that_never_stands_still(tmp_path, mode):
    """A file that is written while it is read is read again, and after some times given up."""
    path = tmp_path / "busy.log"
    with open(path, "wb") as file:
        file.truncate(64 * MIB)
    done = threading.Event()

    def write():
        while not done.is_set():
            with open(path, mode) as file:
                file.write(b"x")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(OSError, match="it changes while it is read"):
            measure(str(path), keep=0)
    finally:
        done.set()
        writer.join()


# The kernel says 4096 of each of its attributes, whatever it then gives.
SHORTER_THAN_IT_SAYS = Path("/sys/class/net/lo/mtu")


@pytest.mark.skipif(not SHORTER_THAN_IT_SAYS.exists(), reason="there is no sysfs here")
@pytest.mark.parametrize("keep", [0, MIB])
def test_a_file_that_ends_before_its_size(keep):
    """Bytes that are fewer than the size are no content to announce (W8)."""
    with pytest.raises(OSError):
        measure(str(SHORTER_THAN_IT_SAYS), keep=keep)
