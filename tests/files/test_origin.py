"""The origin: it decides again when a file is not what was measured, and gives up in the end."""

import pytest

from hiss.core.asset import Missing
from hiss.core.catalog import Catalog, Fixed
from hiss.core.policy import Policy
from hiss.core.request import Request
from hiss.files.load import Listing, Loader
from hiss.files.memory import Memory
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.origin import Origin
from hiss.files.site import open_site


@pytest.fixture
def site(make_tree):
    """A root with a file, and an origin that keeps bodies of up to 100 bytes."""
    root = make_tree({"app.css": "body{}"})
    return root, open_site([Mount("/s/", str(root), owned=True)], settle({"memory": 1600}))


def test_answer_held_takes_no_look_at_the_disk(site):
    """Before the first answer there is nothing to hold; after it the disk is not needed."""
    root, origin = site
    entry = origin.find("/s/app.css")
    assert origin.answer_held(entry, Request("GET")) is None
    assert origin.answer(entry, Request("GET")).body == b"body{}"
    (root / "app.css").unlink()
    assert origin.answer_held(entry, Request("GET"))[1] == b"body{}"
    assert origin.answer_held(entry, Request("HEAD"))[1] == b""
    assert origin.answer_held(entry, Request("GET", range="bytes=0-0"))[1] == b"b"


def test_answer_held_of_what_is_not_in_memory(site):
    """Of a body that memory let go, only what needs no bytes is answered at once."""
    _, origin = site
    entry = origin.find("/s/app.css")
    etag = entry.load().identity.etag
    entry.resource.identity.source.data = None
    assert origin.answer_held(entry, Request("GET")) is None
    assert origin.answer_held(entry, Request("HEAD"))[0].status == 200
    assert origin.answer_held(entry, Request("GET", if_none_match=etag))[0].status == 304


def test_miss_is_the_catalogs(site):
    """A door may ask for the 404 of an owned path though there is a file."""
    _, origin = site
    assert isinstance(origin.miss("/s/app.css").load(), Missing)
    assert origin.miss("/other") is None
    answer = origin.answer(origin.missing, Request("GET"))
    assert (answer.reply.status, answer.body) == (404, b"404 Not Found\n")


class Flickering:
    """The entry of a file that is another one each time that it has just been measured."""

    def __init__(self, path, changes):
        self.loader = Loader(Policy(), Memory(0))
        self.path = path
        self.changes = changes
        self.forgotten = 0
        self.resource = None

    def load(self):
        asset = self.loader.load(Listing(str(self.path), "/s/app.css"), None, [])
        if self.changes:
            self.changes -= 1
            self.path.write_bytes(self.path.read_bytes() + b"x")
        return asset

    def forget(self):
        self.forgotten += 1


@pytest.mark.parametrize(("changes", "status"), [(0, 200), (1, 200), (2, 200), (3, 404), (9, 404)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answer_measures_again(tmp_path, changes, status, method):
    """A file that changed between measuring and opening is measured again, but not for ever."""
    path = tmp_path / "app.css"
    path.write_bytes(b"body{}")
    entry = Flickering(path, changes)
    origin = Origin(Catalog({}, miss=Fixed), entry.loader.missing, entry.loader.memory, ())
    reply, body = origin.answer(entry, Request(method))
    if method == "HEAD":
        assert reply.status == 200  # nothing was opened
        return
    content = body if isinstance(body, bytes) else b"".join(body)
    assert reply.status == status
    assert dict(reply.headers)["Content-Length"] == str(len(content))
    assert entry.forgotten == min(changes, 3)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101])
def test_files_of_any_size(make_tree, size):
    """Empty, in memory, or streamed: the body is the file."""
    root = make_tree({"a.bin": bytes(size)})
    origin = open_site([Mount("/", str(root))], settle({"memory": 1600}))
    for _ in range(2):
        body = origin.answer(origin.find("/a.bin"), Request("GET")).body
        assert isinstance(body, bytes) is (size <= 100)
        assert (body if isinstance(body, bytes) else b"".join(body)) == bytes(size)
