"""Bodies: cut from memory, or read from a file that is closed afterwards."""

import asyncio
import contextlib
import os

import pytest
import trio

from hiss.core.reply import Extract
from hiss.files.body import CHUNK, BodyCutShortError, FileBody, held_body, open_body
from hiss.files.memory import Memory
from hiss.files.offload import give_way
from hiss.files.source import FileSource, stamp_of
from hiss.http.ranges import Span

DATA = bytes(range(256)) * (4 * CHUNK // 256)

SEGMENTS = [
    ((Span(0, len(DATA)),), DATA),
    ((Span(0, 1),), DATA[:1]),
    ((Span(len(DATA) - 1, len(DATA)),), DATA[-1:]),
    ((Span(CHUNK - 1, 3 * CHUNK + 1),), DATA[CHUNK - 1 : 3 * CHUNK + 1]),
    ((b"head", Span(5, 9), b"mid", Span(0, 2), b"tail"), b"head" + DATA[5:9] + b"mid\0\1tail"),
    ((Span(7, 7),), b""),
]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(DATA)
    return FileSource(str(path), stamp_of(path.stat()))


@pytest.mark.parametrize(("segments", "expected"), SEGMENTS)
@pytest.mark.parametrize("budget", [0, 16 * len(DATA)], ids=["streamed", "read"])
def test_open_body(source, segments, expected, budget):
    """A body is the same bytes, whether it is kept in memory or streamed."""
    memory = Memory(budget)
    body = open_body(Extract(source, segments), memory)
    is_large_part = CHUNK < len(expected) < len(DATA)
    assert isinstance(body, FileBody) is (budget == 0 or is_large_part)
    assert (b"".join(body) if isinstance(body, FileBody) else body) == expected
    assert (source.data is None) is isinstance(body, FileBody)


@pytest.mark.parametrize(("segments", "expected"), SEGMENTS)
def test_file_body_asynchronously(source, segments, expected):
    """Read under an event loop, the chunks are the same, and the file is closed at the end."""

    async def read():
        body = open_body(Extract(source, segments), Memory(0))
        chunks = [chunk async for chunk in body]
        return body, chunks

    body, chunks = asyncio.run(read())
    assert b"".join(chunks) == expected
    assert all(0 < len(chunk) <= CHUNK for chunk in chunks)
    assert body.file.closed


def test_held_body_touches_no_file(source):
    """What is in memory is cut from there, though the file is gone."""
    extract = Extract(source, (Span(1, 3),))
    assert held_body(extract) is None
    open_body(extract, Memory())
    os.unlink(source.path)
    assert held_body(extract) == DATA[1:3]
    assert open_body(extract, Memory()) == DATA[1:3]


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_every_chunk_gives_way(source, run):
    """A file that the system has in memory does not keep the loop from all else: a client's leaving
    was noticed only when 100 MB had been written after it.
    """
    turns = []

    async def wait():
        while len(turns) < 100:
            turns.append("others")
            await give_way()

    async def read():
        body = open_body(Extract(source, (Span(0, len(DATA)),)), Memory(0))
        async for chunk in body:
            turns.append("chunk" if chunk else "")  # noqa: PERF401 - as they come

    async def both():
        if run is asyncio.run:
            await asyncio.gather(read(), wait())
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            nursery.start_soon(wait)

    run(both if run is trio.run else both())
    # trio throws dice for who is first in each round.
    assert "chunk chunk chunk" not in " ".join(map(str, turns))
    assert turns.count("chunk") == 4


def test_large_parts_are_not_copied(source):
    """Forty clients that asked for all but a byte of 3 MB in memory, and did not read, made the
    process hold 117 MB; the whole is one and the same for all.
    """
    memory = Memory(16 * len(DATA))
    assert open_body(Extract(source, (Span(0, len(DATA)),), is_whole=True), memory) is source.data
    part = Extract(source, (Span(1, len(DATA)),))
    assert held_body(part) is None
    assert b"".join(open_body(part, memory)) == DATA[1:]
    assert held_body(Extract(source, (Span(0, len(DATA)),))) is source.data
    assert held_body(Extract(source, (Span(1, CHUNK),))) == DATA[1:CHUNK]


@pytest.mark.parametrize("budget", [0, 16 * len(DATA)], ids=["streamed", "read"])
def test_open_body_of_what_is_not_what_it_was(source, budget):
    """A file that is another by now has no body."""
    with open(source.path, "ab") as file:
        file.write(b"more")
    assert open_body(Extract(source, (Span(0, 1),)), Memory(budget)) is None


@pytest.mark.parametrize(
    ("segments", "is_whole"),
    [
        ((Span(0, len(DATA)),), True),
        ((Span(0, len(DATA) - 1),), False),
        ((Span(1, len(DATA)),), False),
        ((b"", Span(0, len(DATA))), False),
    ],
)
def test_is_whole(source, segments, is_whole):
    """Only the file from its first byte to its last is for a server to send by itself."""
    body = open_body(Extract(source, segments), Memory(0))
    assert body.is_whole is is_whole
    assert body.path == source.path
    body.close()
    assert body.file.closed


def test_closes_when_it_was_read(source):
    """The last chunk read, the file is closed without anybody's asking."""
    body = open_body(Extract(source, (Span(0, len(DATA)),)), Memory(0))
    assert [len(chunk) for chunk in body] == [CHUNK] * 4
    assert body.file.closed


@pytest.mark.parametrize("left", [0, 1, CHUNK, CHUNK + 1, len(DATA) - 1])
def test_a_file_that_shrinks_while_it_is_sent(source, left):
    """The body breaks off with an error, after true bytes only: it is never padded (W8)."""
    body = open_body(Extract(source, (Span(0, len(DATA)),)), Memory(0))
    chunks = []
    with open(source.path, "r+b") as file:
        file.truncate(left)
    with pytest.raises(BodyCutShortError, match=r"file\.bin (shrank|changed) while"):
        chunks.extend(body)
    assert b"".join(chunks) == DATA[:left]
    assert body.file.closed


@pytest.fixture
def exact(source):
    """The file of a whole body, as a server gets it to send by itself."""
    return open_body(Extract(source, (Span(0, len(DATA)),)), Memory(0)).exact_file()


def is_closed(exact):
    with contextlib.suppress(ValueError):
        exact.fileno()
        return False
    return True


@pytest.mark.parametrize("sizes", [[-1], [], [0, 1, CHUNK, -1], [5 * CHUNK], [CHUNK] * 4], ids=str)
def test_exact_file(exact, sizes):
    """A server reads the file as it likes, from wherever it stands."""
    wanted = [exact.read(size) for size in sizes] if sizes else [exact.read()]
    assert b"".join(wanted) == DATA
    assert exact.tell() == len(DATA)
    assert exact.read() == exact.read(1) == b""
    assert exact.seek(-2, os.SEEK_END) == len(DATA) - 2
    assert exact.read(9) == DATA[-2:]
    assert exact.seek(len(DATA) + 5)
    assert exact.read() == exact.read(9) == b""
    assert os.fstat(exact.fileno()).st_size == len(DATA)
    for _ in range(2):
        exact.close()
        assert is_closed(exact)


def test_exact_file_that_grows(exact, source):
    """What is appended is read no further than what was announced, and is no error."""
    with open(source.path, "ab") as file:
        file.write(b"more")
    assert exact.read(5) + exact.read() == DATA
    assert exact.read() == exact.read(9) == b""
    exact.close()


@pytest.mark.parametrize("left", [0, 1, CHUNK, len(DATA) - 1])
def test_exact_file_that_shrinks(exact, source, left):
    """What is not there is an error where it is read, and where it is closed unread (W8)."""
    os.truncate(source.path, left)
    chunks = []
    with pytest.raises(BodyCutShortError, match=r"file\.bin (shrank|changed) while"):
        chunks.extend(iter(lambda: exact.read(CHUNK), None))
    assert b"".join(chunks) == DATA[:left]
    with pytest.raises(BodyCutShortError, match=r"file\.bin (shrank|changed) while"):
        exact.close()
    assert is_closed(exact)
    exact.close()


def test_exact_file_replaced_by_another(exact, source):
    """A file that another took the place of is sent to its end: it is still the one measured."""
    os.rename(source.path, source.path + ".old")
    with open(source.path, "wb") as file:
        file.write(b"short")
    assert exact.read() == DATA
    exact.close()


def test_exact_file_of_a_body_that_was_closed(source):
    """A body that its door has closed already is closed."""
    body = open_body(Extract(source, (Span(0, len(DATA)),)), Memory(0))
    exact = body.exact_file()
    body.close()
    exact.close()


def test_a_file_that_grows_while_it_is_sent(source):
    """What is appended after the start belongs to another answer."""
    body = open_body(Extract(source, (Span(0, len(DATA)),)), Memory(0))
    with open(source.path, "ab") as file:
        file.write(b"more")
    assert b"".join(body) == DATA
