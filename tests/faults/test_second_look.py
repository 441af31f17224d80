"""Faults that a review found: each here names the one it keeps away."""

import gc
import os
from contextlib import suppress

import pytest

from hiss.core.manifest import ManifestEntry
from hiss.core.reply import Extract
from hiss.core.request import Request
from hiss.errors import ManifestError
from hiss.files.body import FileBody
from hiss.files.index import Index, format_index
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.site import open_site
from hiss.files.source import FileSource, open_regular
from hiss.http.ranges import Span


def entries(number):
    return [
        ManifestEntry(
            name=f"{n}.css",
            file=f"{n}.css",
            immutable=False,
            sha256="0" * 64,
            size=1,
            type="text/css",
            integrity="sha384-",
        )
        for n in range(number)
    ]


@pytest.mark.parametrize(("before", "after"), [(2000, 100), (100, 2000)])
def test_an_index_that_is_written_over_in_place(tmp_path, before, after):
    """Writing over an index that is open, as `cp` does, kills nobody: it is damaged, or right."""
    path = tmp_path / "index"
    path.write_bytes(format_index(entries(before)))
    index = Index(str(path))
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(format_index(entries(after)))
    for number in range(max(before, after)):
        with suppress(ManifestError):
            found = index.get(f"{number}.css")
            assert found is None or found.file == f"{number}.css"


class Meddled(FileSource):
    """A file that somebody writes to, in place, as soon as it was opened and recognised."""

    def open(self):
        file = super().open()
        with open(self.path, "r+b") as other:
            other.write(b"B" * self.stamp.size)
        return file


def test_bytes_that_were_written_to_while_they_were_read(tmp_path):
    """What was not there when the file was measured is not taken for its bytes."""
    path = tmp_path / "app.css"
    path.write_bytes(b"A" * 100)
    file, stamp = open_regular(str(path))
    file.close()
    assert Meddled(str(path), stamp).read() is None


def test_a_root_that_is_a_link_and_is_turned(tmp_path):
    """A deploy that turns the link the root is, to a folder with the same files, loses none."""
    for name in ("r1", "r2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.css").write_text("body {}")
    root = tmp_path / "current"
    root.symlink_to("r1")
    origin = open_site((Mount("/s/", str(root), owned=True),), settle({}))
    (tmp_path / "next").symlink_to("r2")
    os.replace(tmp_path / "next", root)
    answer = origin.answer(origin.find("/s/app.css"), Request("GET"))
    assert answer.reply.status == 200


@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_a_body_that_nobody_closes(tmp_path):
    """A body that is dropped, as of a request that was cancelled, needs no collector to close."""
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(10))
    file, stamp = open_regular(str(path))
    source = FileSource(str(path), stamp)
    body = FileBody(file, str(path), Extract(source, (Span(0, 10),)), 10)
    descriptor = file.fileno()
    del file
    gc.disable()
    try:
        del body
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
    finally:
        gc.enable()


def test_looking_for_what_is_not_listed_waits(make_release):
    """Below an index, finding a path that it has not reads the disk only when it is loaded."""
    root = make_release({"app.css": "a"})
    (root / "by-hand.css").write_text("b")
    origin = open_site((Mount("/s/", str(root), owned=True),), settle({}))
    for name, status in (("by-hand.css", 200), ("nothing.css", 404)):
        entry = origin.find(f"/s/{name}")
        assert entry.resource is None
        assert origin.answer(entry, Request("GET")).reply.status == status


def test_what_is_not_listed_and_changes_at_once(make_release):
    """A file beside a release that changes as it is first answered is read again, and no 404."""
    root = make_release({"app.css": "a"})
    (root / "by-hand.css").write_text("b")
    origin = open_site((Mount("/s/", str(root), owned=True),), settle({"memory": 0}))
    entry = origin.find("/s/by-hand.css")
    entry.load()
    (root / "by-hand.css").write_text("changed")
    answer = origin.answer(entry, Request("GET"))
    assert answer.reply.status == 200
    assert b"".join(answer.body) == b"changed"
