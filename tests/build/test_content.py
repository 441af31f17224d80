"""Bytes and their hashes, in a file or in memory."""

import hashlib
from io import BytesIO

import pytest
from trees import integrity, sha256

from hiss.build.content import of_bytes, of_file
from hiss.errors import SourceChangedError

CASES = [b"", b"a", b"\0\r\n\xff" * 9, bytes(range(256)) * 9000]


@pytest.mark.parametrize("data", CASES, ids=len)
def test_hashes(tmp_path, data):
    """A file's content and the same bytes in memory have the same hashes, which are hashlib's."""
    (tmp_path / "file").write_bytes(data)
    for content in (of_file(str(tmp_path / "file")), of_bytes(data)):
        assert content.size == len(data)
        assert content.sha256 == sha256(data)
        assert content.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert content.integrity == integrity(data)
        assert content.read() == data
        with content.open() as file:
            assert file.read() == data


def test_the_bytes_of_a_file_are_not_kept(tmp_path):
    """A large tree is not held in memory."""
    (tmp_path / "file").write_bytes(b"a")
    assert of_file(str(tmp_path / "file")).data is None


def test_a_file_that_cannot_be_read(tmp_path):
    """Its error names it."""
    with pytest.raises(OSError, match="gone"):
        of_file(str(tmp_path / "gone"))


def test_bytes_that_changed_are_neither_read_nor_copied_as_they_were(tmp_path):
    """What was hashed is what is used, or nothing is; of the same size or of another."""
    path = tmp_path / "file"
    for changed in (b"b", b"", b"aa"):
        path.write_bytes(b"a")
        content = of_file(str(path))
        content.copy_to(copy := BytesIO())
        assert copy.getvalue() == content.read() == b"a"
        path.write_bytes(changed)
        with pytest.raises(SourceChangedError, match="file"):
            content.read()
        with pytest.raises(SourceChangedError, match="file"):
            content.copy_to(BytesIO())
