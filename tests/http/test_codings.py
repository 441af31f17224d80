"""Content codings: each one's bytes are readable by others, and within what browsers accept."""

import gzip
import subprocess
import sys
import zlib

import brotli
import pytest
from backports import zstd

from hiss.errors import ConfigurationError
from hiss.http.codings import (
    BUILD_LEVELS,
    DYNAMIC_LEVELS,
    LEVELS,
    SUFFIXES,
    TooLargeError,
    codec_version,
    compress,
    decompress,
)

DECODERS = {"br": brotli.decompress, "gzip": gzip.decompress, "zstd": zstd.decompress}
BODIES = [b"", b"a", b"body{margin:0}" * 500, bytes(range(256)) * 40, b"\0" * 9_000_000]


@pytest.mark.parametrize("coding", sorted(SUFFIXES))
@pytest.mark.parametrize("data", BODIES, ids=len)
def test_compress_round_trips(coding, data):
    """What is compressed decodes, with the reference decoder, to what it was."""
    assert DECODERS[coding](compress(coding, data, LEVELS[coding][0])) == data


@pytest.mark.parametrize("coding", sorted(SUFFIXES))
@pytest.mark.parametrize("data", BODIES, ids=len)
def test_decompress_gives_what_was_compressed(coding, data):
    """Within a limit that is just enough; one byte less, and it is refused."""
    packed = compress(coding, data, LEVELS[coding][0])
    assert decompress(coding, packed, limit=len(data)) == data
    if data:
        with pytest.raises(TooLargeError, match=f"stand for more than {len(data) - 1}"):
            decompress(coding, packed, limit=len(data) - 1)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_decompress_reads_on(coding):
    """One member or frame after the other, and no more of them together than may be."""
    packed = compress(coding, b"one", 1) + compress(coding, b"two", 1)
    assert decompress(coding, packed, limit=6) == b"onetwo"
    with pytest.raises(TooLargeError):
        decompress(coding, packed, limit=5)


@pytest.mark.parametrize("coding", sorted(SUFFIXES))
@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: packed[:-1],
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed + b"more",
        lambda packed: b"no such coding",
        lambda packed: b"",
    ],
    ids=["a byte short", "half", "more", "other", "nothing"],
)
def test_decompress_refuses_what_is_not_whole(coding, spoil):
    """Whatever is wrong with the bytes, it is a ValueError, and not that they are too large."""
    packed = spoil(compress(coding, b"body{margin:0}" * 500, 1))
    with pytest.raises(ValueError, match=f"not {coding}") as caught:
        decompress(coding, packed, limit=1_000_000)
    assert not isinstance(caught.value, TooLargeError)


# In a process of its own: prints how many MiB it needed at most, above what it began with.
BOMB = """
import resource, sys
from pathlib import Path
from hiss.http.codings import TooLargeError, decompress
coding, packed = sys.argv[1], Path(sys.argv[2]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decompress(coding, packed, limit=8 * 2**20)
except TooLargeError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def bomb(coding):
    """A gibibyte, packed."""
    data = bytes(2**30 if coding == "br" else 2**28)
    return compress(coding, data, 1) * (1 if coding == "br" else 4)


@pytest.mark.parametrize("coding", sorted(SUFFIXES))
def test_a_bomb_costs_little(coding, tmp_path):
    """What stands for a gibibyte needs not much more memory than the limit."""
    (tmp_path / "bomb").write_bytes(bomb(coding))
    command = [sys.executable, "-c", BOMB, coding, str(tmp_path / "bomb")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 64


@pytest.mark.parametrize("coding", sorted(SUFFIXES))
def test_levels_stand_within_their_bounds(coding):
    """The levels in use are among those there are, and the best one is no worse than the least."""
    low, high = LEVELS[coding]
    assert low <= DYNAMIC_LEVELS[coding] <= BUILD_LEVELS[coding] <= high
    data = b"".join(b"%d;" % (n * n) for n in range(4000))
    assert len(compress(coding, data, high)) <= len(compress(coding, data, low))


@pytest.mark.parametrize("coding", sorted(SUFFIXES))
def test_compress_gives_the_same_bytes_each_time(coding, monkeypatch):
    """No time of compression stands in the bytes: they are the same tomorrow."""
    before = compress(coding, b"body{}" * 99, BUILD_LEVELS[coding])
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert compress(coding, b"body{}" * 99, BUILD_LEVELS[coding]) == before


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, 5_000_000, 9 * 2**20])
def test_zstd_window_is_one_that_every_browser_takes(size):
    """A zstd window is 8 MiB at most (RFC 9659), and no larger than the body needs."""
    packed = compress("zstd", bytes(size), 19)
    assert zstd.get_frame_info(packed).decompressed_size == size
    limited = {zstd.DecompressionParameter.window_log_max: 23}
    assert zstd.decompress(packed, options=limited) == bytes(size)
    small = {zstd.DecompressionParameter.window_log_max: max(10, size.bit_length())}
    assert zstd.decompress(packed, options=small) == bytes(size)


@pytest.mark.parametrize(
    ("coding", "module", "package"),
    [("br", "brotli", "brotli"), ("zstd", "backports", "backports.zstd")],
)
@pytest.mark.parametrize("use", [lambda coding: compress(coding, b"a", 1), codec_version])
def test_the_package_that_is_missing_is_named(monkeypatch, coding, module, package, use):
    """Without its library a coding is refused with the package to install and the way around."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError) as caught:
        use(coding)
    assert package in caught.value.message
    assert f"pip install {package}" in caught.value.hint
    assert f'{{"{coding}": None}}' in caught.value.hint


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ("br", brotli.__version__),
        ("gzip", zlib.ZLIB_RUNTIME_VERSION),
        ("zstd", zstd.zstd_version),
    ],
)
def test_codec_version(coding, expected):
    """The version is that of the code which makes the bytes, and never empty."""
    assert codec_version(coding) == expected
    assert any(digit in expected for digit in "123456789")


def test_every_coding_has_a_version():
    """What can be made has a version, so that a cache can tell by it."""
    assert all(isinstance(codec_version(coding), str) for coding in SUFFIXES)
