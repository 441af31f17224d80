"""Large files: in bounded memory, by the server's own way where it has one."""

import pytest

MIB = 2**20


@pytest.mark.live
@pytest.mark.parametrize("kind", ["uvicorn-h11", "uvicorn-httptools"])
def test_a_download_takes_bounded_memory(serve, make_sparse, kind):
    """A file of 256 MiB adds 8 MiB at the most to the server's memory (W9: the whole file)."""
    path = make_sparse("big.bin", 256 * MIB)
    (path.parent / "app.css").write_text("body{}")
    server = serve(kind, path.parent)
    server.fetch("app.css")
    server.fetch("big.bin", Range="bytes=0-999999")
    before = server.peak_memory()
    assert before > MIB
    head, length = server.fetch("big.bin")
    assert f"content-length: {256 * MIB}" in head.lower()
    assert length == 256 * MIB
    assert server.peak_memory() - before <= 8 * MIB


@pytest.mark.live
def test_hashing_takes_bounded_memory(serve, make_sparse):
    """The first request for a large file reads it without keeping it."""
    path = make_sparse("big.bin", 128 * MIB)
    server = serve("uvicorn", path.parent)
    before = server.peak_memory()
    assert server.fetch("big.bin", "HEAD")[1] == 0
    assert server.peak_memory() - before <= 8 * MIB


@pytest.mark.live
def test_gunicorn_sends_whole_files_itself(serve, make_sparse, wait_for):
    """A whole file from disk goes out through gunicorn's own wrapper; all else does not."""
    path = make_sparse("big.bin", 8 * MIB)
    (path.parent / "app.css").write_text("body{}")
    server = serve("gunicorn", path.parent)
    for name, fields, expected in [
        ("big.bin", {}, 8 * MIB),
        ("big.bin", {"Range": "bytes=5-"}, 8 * MIB - 5),
        ("app.css", {}, 6),
    ]:
        assert server.fetch(name, **fields)[1] == expected
    said = ["wrapped", "iterated", "iterated"]
    lines = ["/static/big.bin", "/static/big.bin", "/static/app.css"]
    expected = [f"{path} {how}" for path, how in zip(lines, said, strict=True)]
    assert wait_for(lambda: read_lines(server.log) == expected)
    assert server.count_open(path) == 0


def read_lines(log):
    lines = log.read_text().splitlines()
    return [line for line in lines if line.startswith("/static/") and "none" not in line]
