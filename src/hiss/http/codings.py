"""Content codings: their names, the suffixes of their files, and how to make them.

RFC 9110, section 8.4.1; brotli is RFC 7932, zstd RFC 8878. Bytes in, bytes out. The codecs are
imported when first used: who serves files that a build has compressed never loads them.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from hiss.errors import ConfigurationError

#: Coding to the suffix of its files, as Caddy, nginx and everybody's tools have them.
SUFFIXES: Final[Mapping[str, str]] = MappingProxyType({"br": ".br", "gzip": ".gz", "zstd": ".zst"})

#: Coding to the levels there are, lowest and highest. zstd has more, but above 19 its window
#: grows past the 8 MiB that RFC 9659 lets a browser refuse.
LEVELS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"br": (0, 11), "gzip": (1, 9), "zstd": (1, 19)}
)

#: What a build uses: time is spent once, bytes are sent for ever.
BUILD_LEVELS: Final[Mapping[str, int]] = MappingProxyType({"br": 11, "gzip": 9, "zstd": 19})

#: What is made while a client waits: the knee of each coding's curve.
DYNAMIC_LEVELS: Final[Mapping[str, int]] = MappingProxyType({"br": 5, "gzip": 6, "zstd": 6})

# RFC 9659, section 3: "a window size of no more than 8 MB".
_ZSTD_WINDOW_LOG: Final = 23
# Bytes. A dozen can stand for 16 MiB (RFC 7932, 9.2).
_BROTLI_STEP: Final = 64


def compress(coding: str, data: bytes, level: int) -> bytes:
    """`data` in `coding`, one of `SUFFIXES`, at `level`, within that coding's `LEVELS`.

    Raises:
        ConfigurationError: The codec's library is not installed.
    """
    return _COMPRESSORS[coding](data, level)


class TooLargeError(ValueError):
    """What is compressed stands for more than it may: a few kilobytes can stand for gigabytes."""

    def __init__(self, coding: str, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes of {coding} stand for more than {limit}")


def decompress(coding: str, data: bytes, *, limit: int) -> bytes:
    """What `data` in `coding` stands for; no more than a little above `limit` bytes are made.

    Raises:
        ConfigurationError: The codec's library is not installed.
        TooLargeError: It is more than `limit` bytes.
        ValueError: It is not of that coding.
    """
    try:
        found = _join(_DECOMPRESSORS[coding](data, limit), limit)
    except ConfigurationError:
        raise
    except Exception as error:
        # Each library has an error of its own.
        raise ValueError(f"not {coding}: {error}") from error
    if len(found) > limit:
        raise TooLargeError(coding, len(data), limit)
    return found


def codec_version(coding: str) -> str:
    """What made the bytes of a coding: another version's may differ.

    Raises:
        ConfigurationError: The codec's library is not installed.
    """
    return _VERSIONS[coding]()


def _gzip(data: bytes, level: int) -> bytes:
    # Without a time of compression, which would make every build's bytes another's.
    return gzip.compress(data, compresslevel=level, mtime=0)


def _brotli(data: bytes, level: int) -> bytes:
    result: bytes = _brotli_module().compress(data, quality=level)
    return result


def _zstd(data: bytes, level: int) -> bytes:
    zstd = _zstd_module()
    parameter = zstd.CompressionParameter
    bounded = min(_ZSTD_WINDOW_LOG, max(len(data) - 1, 1).bit_length())
    options = {
        parameter.compression_level: level,
        # No smaller than the format's least window, 1 KiB.
        parameter.window_log: max(bounded, 10),
        parameter.checksum_flag: 0,
    }
    result: bytes = zstd.compress(data, options=options)
    return result


def _brotli_module() -> Any:  # noqa: ANN401 - one interface under two names
    try:
        if sys.implementation.name == "cpython":
            import brotli
        else:
            import brotlicffi as brotli
    except ImportError as error:
        raise _missing("br", "brotli") from error
    return brotli


def _zstd_module() -> Any:  # noqa: ANN401 - one interface under two names
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise _missing("zstd", "backports.zstd") from error
    return zstd


def _join(pieces: Iterator[bytes], limit: int) -> bytes:
    """Pieces in one, until they are longer than `limit`."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > limit:
            break
    return bytes(found)


# RFC 1952, 2.2, and RFC 8878, 3: members, or frames, one after the other.
def _gunzip(data: bytes, limit: int) -> Iterator[bytes]:
    while True:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield member.decompress(data, limit + 1)
        if not member.eof:
            raise ValueError("it ends too early")
        # As gzip itself: files on tapes are filled up with zeros.
        data = member.unused_data.lstrip(b"\0")
        if not data:
            return


def _unbrotli(data: bytes, limit: int) -> Iterator[bytes]:
    stream = _brotli_module().Decompressor()
    try:
        bounds = {"output_buffer_limit": limit + 1}
        stream.process(b"", **bounds)
        step = max(len(data), 1)
    except TypeError:
        # Before 1.2 it knows no bounds: a little at a time cannot come to much.
        bounds, step = {}, _BROTLI_STEP
    for start in range(0, len(data), step):
        yield stream.process(data[start : start + step], **bounds)
        while bounds and not stream.can_accept_more_data():
            yield stream.process(b"", **bounds)
    if not stream.is_finished():
        raise ValueError("it ends too early")


def _unzstd(data: bytes, limit: int) -> Iterator[bytes]:
    decompressor = _zstd_module().ZstdDecompressor
    while True:
        frame = decompressor()
        yield frame.decompress(data, limit + 1)
        if not frame.eof:
            raise ValueError("it ends too early")
        data = frame.unused_data
        if not data:
            return


def _missing(coding: str, package: str) -> ConfigurationError:
    return ConfigurationError(
        f"the coding {coding} needs the package {package}, which is not installed",
        f"Install it (pip install {package}), or switch the coding off: "
        f'HISS = {{"COMPRESSION": {{"{coding}": None}}}}',
    )


_COMPRESSORS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = MappingProxyType(
    {"br": _brotli, "gzip": _gzip, "zstd": _zstd}
)

_VERSIONS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "br": lambda: str(_brotli_module().__version__),
        "gzip": lambda: zlib.ZLIB_RUNTIME_VERSION,
        "zstd": lambda: str(_zstd_module().zstd_version),
    }
)

# Each yields what comes of the data, in pieces not much longer than the limit.
_DECOMPRESSORS: Final[Mapping[str, Callable[[bytes, int], Iterator[bytes]]]] = MappingProxyType(
    {"br": _unbrotli, "gzip": _gunzip, "zstd": _unzstd}
)
