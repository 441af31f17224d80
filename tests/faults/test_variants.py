"""A variant that is not what the build wrote: another coding is sent, whole, or the plain file."""

import gzip
import os

import brotli
import pytest
from backports import zstd

STYLE = "body { margin: 0 }\n" * 500
BYTES = STYLE.encode()
DECODE = {
    None: bytes,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
}


def delete(path):
    """Gone."""
    path.unlink()


def truncate(path):
    """Shorter, in place."""
    with open(path, "r+b") as file:
        file.truncate(5)


def grow(path):
    """Longer, in place."""
    with open(path, "ab") as file:
        file.write(b"\0")


def replace(path):
    """The variant of another text, by rename."""
    path.with_name("new").write_bytes(brotli.compress(b"stale"))
    path.with_name("new").replace(path)


def link_out(path):
    """A link to a file beside the root."""
    path.unlink()
    path.symlink_to("../secret")


def folder(path):
    """A folder of that name."""
    path.unlink()
    path.mkdir()


def fifo(path):
    """A FIFO of that name."""
    path.unlink()
    os.mkfifo(path)


def turn(path):
    """Other bytes of the same number, in place, the time set back."""
    before = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


DAMAGES = [delete, truncate, grow, replace, link_out, folder, fifo, turn]


@pytest.fixture(params=[True, False], ids=["indexed", "listed"])
def site_of(make_release, tmp_path, request):
    """Makes a site at a door, and gives it with the path of its brotli variant."""
    (tmp_path / "secret").write_bytes(b"secret")

    def make(door, **options):
        root = make_release({"app.css": STYLE}, indexed=request.param)
        return door.StaticFiles(root=root, **options), root / "app.css.br"

    return make


def line_of(path):
    return f"{path.with_suffix('')}: its variant {path.name} is not the one that the build made"


def get(door, site, accept):
    response = door.get(site, "/static/app.css", "GET", {"Accept-Encoding": accept})
    assert response.status == 200
    assert response.is_coherent
    assert DECODE[response.headers["Content-Encoding"]](response.body) == BYTES
    return response.headers["Content-Encoding"]


@pytest.mark.parametrize("memory", [0, 2**24])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize(("accept", "instead"), [("br", None), ("br, gzip;q=0.5", "gzip")])
def test_before_it_was_asked_for(door, site_of, log, memory, damage, accept, instead):
    """A damaged variant is left out from the first answer on, and one line names it (W10)."""
    site, path = site_of(door, memory=memory)
    damage(path)
    assert [get(door, site, accept) for _ in range(2)] == [instead] * 2
    assert log() == [line_of(path)]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize(("accept", "instead"), [("br", None), ("br, gzip;q=0.5", "gzip")])
def test_after_it_was_served(door, site_of, log, damage, accept, instead):
    """A variant that is damaged while it is served is noticed when it is opened (W10)."""
    site, path = site_of(door, memory=0)
    assert get(door, site, accept) == "br"
    damage(path)
    assert [get(door, site, accept) for _ in range(2)] == [instead] * 2
    assert log() == [line_of(path)]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_others_stay_as_they_are(door, site_of, damage):
    """The plain file and its other variants are served as before."""
    site, path = site_of(door, memory=0)
    get(door, site, "br")
    damage(path)
    assert [get(door, site, each) for each in ("gzip", "zstd", "identity")] == [
        "gzip",
        "zstd",
        None,
    ]


@pytest.mark.parametrize("asked_before", [False, True])
@pytest.mark.parametrize("accept", ["identity", "br"])
def test_a_changed_file_loses_its_variants(door, site_of, log, asked_before, accept):
    """Variants of yesterday's bytes are not sent for today's (W10: disk new, browser old)."""
    site, path = site_of(door, memory=0)
    plain = path.with_suffix("")
    if asked_before:
        assert get(door, site, "br") == "br"
    plain.write_text("new")
    for each in (accept, "br"):
        response = door.get(site, "/static/app.css", "GET", {"Accept-Encoding": each})
        assert (response.body, response.headers["Content-Encoding"]) == (b"new", None)
    assert log() == [
        f"{plain}: it is not what the build wrote: served as it is, and not as immutable"
    ]


def test_a_lost_file_takes_its_variants_with_it(door, site_of):
    """Where the file is gone, what was made of it is gone too."""
    site, path = site_of(door, memory=0)
    assert get(door, site, "br") == "br"
    path.with_suffix("").unlink()
    for accept in ("br", "gzip", "identity"):
        response = door.get(site, "/static/app.css", "GET", {"Accept-Encoding": accept})
        assert (response.status, response.is_coherent) == (404, True)


def test_a_resumed_download_of_a_lost_variant(door, site_of):
    """A part on condition of a lost variant's tag is the whole of another coding (W2)."""
    site, path = site_of(door, memory=0)
    accept = {"Accept-Encoding": "br"}
    etag = door.get(site, "/static/app.css", "GET", accept).headers["ETag"]
    path.unlink()
    ranged = {**accept, "Range": "bytes=2-", "If-Range": etag}
    response = door.get(site, "/static/app.css", "GET", ranged)
    assert (response.status, response.body, response.is_coherent) == (200, BYTES, True)
