"""Sources: a file is recognised when it is opened again, or it is not opened."""

import os
from functools import partial
from pathlib import Path

import pytest

from hiss.files.source import (
    CompressedSource,
    FileSource,
    VariantSource,
    open_regular,
    read_all,
    stamp_of,
)
from hiss.http.codings import compress


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.css"
    path.write_text("body{}")
    return path


def replace(path):
    new = path.with_name("new")
    new.write_text("body{}")
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    new.replace(path)


def rewrite_in_place(path):
    before = path.stat()
    with open(path, "r+") as file:
        file.write("BODY{}")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def link(path):
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def link_out(path):
    path.unlink()
    path.symlink_to("/etc/passwd")


def folder(path):
    path.unlink()
    path.mkdir()


def fifo(path):
    path.unlink()
    os.mkfifo(path)


CHANGES = [
    lambda path: path.write_text("body"),
    lambda path: path.write_text("body{} "),
    lambda path: path.write_text(""),
    rewrite_in_place,
    replace,
    os.unlink,
    link,
    link_out,
    folder,
    fifo,
]
NAMES = [
    "shorter",
    "longer",
    "empty",
    "in-place",
    "replaced",
    "deleted",
    "link",
    "link-out",
    "folder",
    "fifo",
]


def test_a_file_that_has_not_changed(path):
    """What looks as it did is opened and read, as often as one likes."""
    source = FileSource(str(path), stamp_of(path.stat()))
    for _ in range(2):
        with source.open() as file:
            assert file.read() == b"body{}"
        assert source.read() == b"body{}"


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_a_file_that_has_changed(path, change):
    """What is another file by now is not opened, whatever size and time say (W6, W8)."""
    source = FileSource(str(path), stamp_of(path.stat()))
    change(path)
    assert source.open() is None
    assert source.read() is None


@pytest.mark.parametrize("change", [os.unlink, folder, fifo], ids=["deleted", "folder", "fifo"])
def test_open_regular_refuses(path, change):
    """Only a regular file is opened, and nothing is waited for."""
    change(path)
    with pytest.raises(OSError):
        open_regular(str(path))


def test_read_all(path):
    """So many bytes, or fewer where the file ends sooner."""
    for size, expected in [(0, b""), (4, b"body"), (6, b"body{}"), (99, b"body{}")]:
        file, stamp = open_regular(str(path))
        with file:
            assert stamp.size == 6
            assert read_all(file, size) == expected


# The kernel says 4096 of each of its attributes, whatever it then gives.
SHORTER_THAN_IT_SAYS = Path("/sys/class/net/lo/mtu")


@pytest.mark.skipif(not SHORTER_THAN_IT_SAYS.exists(), reason="there is no sysfs here")
def test_a_file_that_ends_before_its_size():
    """Fewer bytes than were measured are none: a body is never cut short (W8)."""
    source = FileSource(str(SHORTER_THAN_IT_SAYS), stamp_of(SHORTER_THAN_IT_SAYS.stat()))
    with source.open() as file:
        assert 0 < len(file.read()) < source.stamp.size
    assert source.read() is None


class Trickle:
    """A file that gives one byte at a time, as a network's may."""

    def __init__(self, data):
        self.data = data

    def read(self, size):
        piece, self.data = self.data[:1], self.data[1:]
        return piece


def test_read_all_of_short_reads():
    """A read that brings less than was asked for is not the end."""
    assert read_all(Trickle(b"body{}"), 4) == b"body"
    assert read_all(Trickle(b"body{}"), 99) == b"body{}"


@pytest.fixture
def variant(path):
    """The source of a variant, beside the file that it was made of."""
    packed = path.with_name("a.css.br")
    packed.write_text("packed")
    origin = FileSource(str(path), stamp_of(path.stat()))
    return VariantSource(str(packed), stamp_of(packed.stat()), origin)


def test_a_variant(variant):
    """A variant is its own file's bytes, and no other's."""
    for _ in range(2):
        with variant.open() as file:
            assert file.read() == b"packed"
        assert variant.read() == b"packed"
    assert variant.data is None


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
@pytest.mark.parametrize("which", ["variant", "origin"])
def test_a_variant_that_has_changed(path, variant, change, which):
    """A variant is not opened when it, or what it was made of, is another file by now (W10)."""
    change(Path(variant.path) if which == "variant" else path)
    assert variant.open() is None
    assert variant.read() is None


def compressed(path):
    origin = FileSource(str(path), stamp_of(path.stat()))
    encode = partial(compress, "gzip", level=6)
    return origin, CompressedSource(origin, len(encode(path.read_bytes())), encode)


def test_compressed(path):
    """Compressed bytes are made when they are needed, of the file or of its bytes in memory."""
    origin, source = compressed(path)
    made = source.read()
    assert made == compress("gzip", b"body{}", 6)
    assert source.open() is None
    origin.data = path.read_bytes()
    path.unlink()
    assert source.read() == made


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_compressed_of_a_file_that_has_changed(path, change):
    """Nothing is made of a file that is not what was measured."""
    _, source = compressed(path)
    change(path)
    assert source.read() is None


def test_compressed_to_another_size(path):
    """Bytes of another size than was announced are not sent."""
    _, source = compressed(path)
    path.touch()
    other = CompressedSource(FileSource(str(path), stamp_of(path.stat())), 1, lambda data: data)
    assert other.read() is None
    assert source.read() is None
