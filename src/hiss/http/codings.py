"""Content codings: their names, the suffixes of their files, and how to make them.

RFC 9110, section 8.4.1; brotli is RFC 7932, zstd RFC 8878. Bytes in, bytes out. The codecs are
imported when first used: who serves files that a build has compressed never loads them.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Mapping
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


def compress(coding: str, data: bytes, level: int) -> bytes:
    """`data` in `coding`, one of `SUFFIXES`, at `level`, within that coding's `LEVELS`.

    Raises:
        ConfigurationError: The codec's library is not installed.
    """
    return _COMPRESSORS[coding](data, level)


def decompress(coding: str, data: bytes) -> bytes:
    """What `data` in `coding` stands for.

    Raises:
        ConfigurationError: The codec's library is not installed.
        ValueError: It is not of that coding.
    """
    try:
        return _DECOMPRESSORS[coding](data)
    except ConfigurationError:
        raise
    except Exception as error:
        # Each library has an error of its own.
        raise ValueError(f"not {coding}: {error}") from error


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

_DECOMPRESSORS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "br": lambda data: bytes(_brotli_module().decompress(data)),
        "gzip": gzip.decompress,
        "zstd": lambda data: bytes(_zstd_module().decompress(data)),
    }
)
