"""The bytes of an answer: at once where they are in memory, chunk by chunk from a file."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from hiss.files.offload import give_way, offload
from hiss.files.page_cache import read_cached
from hiss.files.source import FileSource, stamp_of
from hiss.http.ranges import Span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from hiss.core.reply import Extract
    from hiss.files.memory import Memory
    from hiss.files.page_cache import Chunk
    from hiss.files.source import CompressedSource, Stamp

# Large enough that a thread hop is little beside the read, small enough for some hundred slow
# clients at once: each holds one.
CHUNK: Final = 256 * 1024


# A whole body in memory is shared by all who ask for it. A part is a copy, which a client that does
# not read would make us hold: larger ones are read as they are sent.
_LARGEST_PART: Final = CHUNK


class BodyCutShortError(OSError):
    """A file shrank while it was being sent: the connection must break, or the client would take
    what it got for the whole.
    """


class FileBody:
    """An open file, and the segments of it that make a body. Closed when read, or by `close`."""

    def __init__(self, file: BinaryIO, path: str, extract: Extract, size: int) -> None:
        self.path = path
        self.file = file
        self._size = size
        #: Whether the body is the file, from its first byte to its last.
        self.is_whole = extract.segments == ((0, size),)
        self._left = deque(each for each in extract.segments if not _is_empty(each))
        self._stamp: Stamp | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._next(_read)
        if not chunk:
            raise StopIteration
        return chunk

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """The next chunk: at once where the system has it in memory, else read in a thread, since a
        disk makes its reader wait.
        """
        chunk = self._next(read_cached)
        if chunk is None:
            chunk = await offload(self._next, _read)
        else:
            # A quick disk and a quick client must not keep the loop from everybody else, nor from
            # noticing that the client is gone.
            await give_way()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def _next(self, read: Callable[[BinaryIO, int, int], Chunk]) -> Chunk:
        """The next chunk, empty at the end; `None` where `read` has none at once.

        Raises:
            BodyCutShortError: The file is not what it was.
        """
        if self._stamp is None:
            self._stamp = stamp_of(os.fstat(self.file.fileno()))
        if not self._left:
            self.close()
            return b""
        segment = self._left[0]
        if isinstance(segment, bytes):
            self._left.popleft()
            return segment
        start, stop = segment
        chunk = read(self.file, start, min(CHUNK, stop - start))
        if chunk is None:
            return None
        start += len(chunk)
        # Written to meanwhile: what is held back now keeps the whole from passing for one file.
        changed = start == stop and stamp_of(os.fstat(self.file.fileno())) != self._stamp
        if not chunk or changed:
            self.close()
            raise BodyCutShortError(f"{self.path} changed while it was being sent")
        if start == stop:
            self._left.popleft()
        else:
            self._left[0] = Span(start, stop)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def exact_file(self) -> ExactFile:
        """The file of a whole body, for a server that sends files by itself."""
        return ExactFile(self, self._size)


def _is_empty(segment: bytes | Span) -> bool:
    return not segment if isinstance(segment, bytes) else segment.start >= segment.stop


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


class ExactFile:
    """A whole body's file, for a server's `wsgi.file_wrapper`: as long as it was announced.

    What grows is read no further; what shrank is noticed at the end, also where the server had
    the system send it, and then `close` raises, so that the server breaks the connection.
    """

    def __init__(self, body: FileBody, size: int) -> None:
        self._body = body
        self._size = size
        self.fileno = body.file.fileno
        self.seek = body.file.seek
        self.tell = body.file.tell

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            BodyCutShortError: The file ends sooner than it should.
        """
        left = self._size - self.tell()
        wanted = left if size < 0 else min(size, left)
        data = self._body.file.read(wanted) if wanted > 0 else b""
        if wanted > 0 and not data:
            raise BodyCutShortError(f"{self._body.path} shrank while it was being sent")
        return data

    def close(self) -> None:
        """Close the file.

        Raises:
            BodyCutShortError: It is shorter than was announced.
        """
        if self._body.file.closed:
            return
        shrank = os.fstat(self.fileno()).st_size < self._size
        self._body.close()
        if shrank:
            raise BodyCutShortError(f"{self._body.path} shrank while it was being sent")


def held_body(extract: Extract) -> bytes | None:
    """The body, where its source's bytes are in memory; touches no file. Not of large parts."""
    data = extract.source.data
    if data is None or extract.is_whole:
        return data
    return None if _is_large_part(extract, len(data)) else _cut(data, extract.segments)


def open_body(extract: Extract, memory: Memory) -> bytes | FileBody | None:
    """The body, read or ready to be; `None` when the source's file is not what it was.

    What is small enough is read whole and kept in memory.
    """
    held = held_body(extract)
    if held is not None:
        return held
    source = cast("FileSource | CompressedSource", extract.source)
    if isinstance(source, FileSource) and (
        source.stamp.size > memory.largest or _is_large_part(extract, source.stamp.size)
    ):
        file = source.open()
        return None if file is None else FileBody(file, source.path, extract, source.stamp.size)
    data = source.read()
    if data is None:
        return None
    memory.keep(source, data)
    return _cut(data, extract.segments)


def _is_large_part(extract: Extract, size: int) -> bool:
    """Whether it is a part of a source of so many bytes, and too large to be copied."""
    spans = [each for each in extract.segments if not isinstance(each, bytes)]
    length = sum(stop - start for start, stop in spans)
    return length > _LARGEST_PART and not (len(spans) == 1 and length == size)


def _cut(data: bytes, segments: tuple[bytes | Span, ...]) -> bytes:
    if len(segments) == 1 and not isinstance(only := segments[0], bytes):
        return data[only[0] : only[1]]
    pieces = [each if isinstance(each, bytes) else data[each[0] : each[1]] for each in segments]
    return b"".join(pieces)
