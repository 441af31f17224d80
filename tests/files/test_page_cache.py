"""What the system has in memory, and nothing else."""

import errno
import os

import pytest

from hiss.files import page_cache
from hiss.files.page_cache import read_cached

linux = pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="preadv2 is Linux's")

DATA = bytes(range(256)) * 64


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(DATA)
    with path.open("rb", buffering=0) as file:
        yield file


@linux
@pytest.mark.parametrize(
    ("start", "size"), [(0, 1), (0, len(DATA)), (5, 100), (len(DATA) - 1, 9), (len(DATA), 9)]
)
def test_what_was_just_written_is_in_memory(file, start, size):
    """It is read from where it was asked for, and no further than the file goes."""
    assert read_cached(file, start, size) == DATA[start : start + size]


@linux
def test_chunks_are_their_own(file):
    """A chunk that waits to be sent is not written over by the next one."""
    first = read_cached(file, 0, 8)
    second = read_cached(file, 8, 8)
    assert (first, second) == (DATA[:8], DATA[8:16])


@linux
def test_what_is_not_in_memory_is_left(file):
    """A file whose pages were dropped has nothing at once, or only what the system read ahead."""
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    chunk = read_cached(file, 0, len(DATA))
    assert chunk is None or DATA.startswith(chunk)


@pytest.mark.parametrize("code", sorted(page_cache._UNKNOWN))
def test_systems_that_do_not_know_the_flag(file, monkeypatch, code):
    """There, nothing can be had at once."""

    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "preadv", refuse, raising=False)
    assert read_cached(file, 0, 8) is None
    monkeypatch.setattr(page_cache, "_NOWAIT", None)
    assert read_cached(file, 0, 8) is None


def test_a_file_that_cannot_be_read_says_so(file, monkeypatch):
    """An error of the disk is no reason to try again in a thread."""

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail, raising=False)
    monkeypatch.setattr(page_cache, "_NOWAIT", 8)
    with pytest.raises(OSError, match="Input/output"):
        read_cached(file, 0, 8)
