"""The cache: believed only where its own hash says so, bounded, shared, never in the way."""

import os
import subprocess
import sys

import pytest
from trees import environment, temporary_files

from hiss.build.cache import DEFAULT_LIMIT, Cache, default_folder

KEY = "5f" * 32 + "-br-11-1.1.0"


def entries(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("payload", [b"", b"x", b"\0\xff" * 99_999])
def test_what_was_put_is_got(cache, cache_folder, payload):
    """By another cache on the same folder too; an empty payload is one."""
    assert cache.get(KEY) is None
    cache.put(KEY, payload)
    assert cache.get(KEY) == payload
    assert Cache(str(cache_folder)).get(KEY) == payload
    assert cache.get(KEY + "0") is None
    assert temporary_files(cache_folder) == []


def test_what_is_put_again_is_replaced(cache, cache_folder):
    """A key has one entry."""
    cache.put(KEY, b"first")
    cache.put(KEY, b"second")
    assert cache.get(KEY) == b"second"
    assert len(entries(cache_folder)) == 1


@pytest.mark.parametrize("place", ["first", "within the hash", "after the hash", "last"])
def test_a_flipped_bit_is_seen(cache, cache_folder, log, place):
    """Wherever in the entry it is: it is none, one line says so, and it is made anew."""
    cache.put(KEY, b"payload" * 9)
    [path] = entries(cache_folder)
    data = bytearray(path.read_bytes())
    data[{"first": 0, "within the hash": 31, "after the hash": 32, "last": -1}[place]] ^= 1
    path.write_bytes(data)
    assert cache.get(KEY) is None
    assert len(log()) == 1
    assert str(path) in log()[0]
    cache.put(KEY, b"payload")
    assert cache.get(KEY) == b"payload"


@pytest.mark.parametrize("left", [0, 1, 31, 32, 33, -1])
def test_an_entry_cut_short_is_seen(cache, cache_folder, left):
    """However little is left of it."""
    cache.put(KEY, b"payload" * 9)
    [path] = entries(cache_folder)
    path.write_bytes(path.read_bytes()[:left])
    assert cache.get(KEY) is None


def test_an_entry_of_another_key_is_none(cache, cache_folder):
    """A file under a wrong name is not believed."""
    cache.put(KEY, b"payload")
    [path] = entries(cache_folder)
    path.rename(path.with_name(KEY.replace("11", "10")))
    assert cache.get(KEY.replace("11", "10")) is None


def test_a_folder_that_cannot_be_made(tmp_path, log):
    """A file in its place: nothing is cached, nothing fails, and one line says so once."""
    (tmp_path / "file").write_text("in the way")
    cache = Cache(str(tmp_path / "file"))
    for _ in range(3):
        cache.put(KEY, b"payload")
        assert cache.get(KEY) is None
    cache.trim()
    assert len(log()) == 1
    assert str(tmp_path / "file") in log()[0]
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_folder_in_the_place_of_an_entry(cache, cache_folder, log):
    """Neither read nor replaced."""
    path = cache_folder / "1" / KEY[:2] / KEY
    (path / "x").mkdir(parents=True)
    assert cache.get(KEY) is None
    cache.put(KEY, b"payload")
    assert cache.get(KEY) is None
    assert len(log()) == 1
    assert temporary_files(cache_folder) == []


def fill(cache, folder, count, size):
    """Entries one second apart, the first the oldest; their keys."""
    keys = [f"{number:02}-key" for number in range(count)]
    for number, key in enumerate(keys):
        cache.put(key, b"x" * (size - 32))
        os.utime(folder / "1" / key[:2] / key, (1_000_000_000 + number, 1_000_000_000 + number))
    return keys


def test_what_was_not_used_for_longest_goes_first(cache_folder):
    """Above the limit room is made for a while; what is read is young again."""
    cache = Cache(str(cache_folder), limit=1000)
    keys = fill(cache, cache_folder, 11, 100)
    assert cache.get(keys[0]) is not None
    cache.trim()
    assert [key for key in keys if cache.get(key) is None] == keys[1:4]
    assert sum(path.stat().st_size for path in entries(cache_folder)) == 800


@pytest.mark.parametrize(("limit", "left"), [(0, 0), (99, 0), (499, 3), (500, 5), (10_000, 5)])
def test_the_bound(cache_folder, limit, left):
    """Up to the limit all stays; above it no more than four fifths of it does."""
    cache = Cache(str(cache_folder), limit=limit)
    fill(cache, cache_folder, 5, 100)
    cache.trim()
    assert len(entries(cache_folder)) == left


def test_what_builds_that_were_killed_left_goes_too(cache_folder):
    """A file half written counts, and is the oldest before long."""
    cache = Cache(str(cache_folder), limit=100)
    fill(cache, cache_folder, 1, 80)
    part = cache_folder / "1/00/.hiss-part-0123456789abcdef"
    part.write_bytes(bytes(80))
    os.utime(part, (1, 1))
    cache.trim()
    assert [path.name for path in entries(cache_folder)] == ["00-key"]


def test_trimming_nothing(tmp_path):
    """A folder that is not there is empty."""
    Cache(str(tmp_path / "none"), limit=0).trim()


def test_other_files_in_the_folder_are_left_alone(cache_folder):
    """Entries lie in a folder of their own."""
    (cache_folder / "README").write_text("mine")
    cache = Cache(str(cache_folder), limit=0)
    cache.put(KEY, b"payload")
    cache.trim()
    assert [path.name for path in entries(cache_folder)] == ["README"]


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {}, "/home/u/.cache/hiss"),
        ("linux", {"XDG_CACHE_HOME": "/var/cache"}, "/var/cache/hiss"),
        ("linux", {"XDG_CACHE_HOME": ""}, "/home/u/.cache/hiss"),
        ("linux", {"HISS_CACHE_DIR": "/x", "XDG_CACHE_HOME": "/var/cache"}, "/x"),
        ("darwin", {"XDG_CACHE_HOME": "/var/cache"}, "/home/u/Library/Caches/hiss"),
        ("win32", {"LOCALAPPDATA": "/home/u/Local"}, "/home/u/Local/hiss"),
        ("win32", {"HISS_CACHE_DIR": "/x"}, "/x"),
    ],
)
def test_where_it_is(monkeypatch, platform, variables, folder):
    """Where the system keeps caches, unless the environment says where."""
    for name in ("HISS_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/u")
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_folder() == folder


def test_its_size_by_default():
    """A gibibyte."""
    assert DEFAULT_LIMIT == 2**30


FILL = """
import sys
from hiss.build.cache import Cache

cache = Cache(sys.argv[1], limit=200_000)
sys.stdin.read()
for round in range(30):
    for number in range(20):
        key, payload = f"{number:02}-key", bytes([number]) * (1000 + number)
        if cache.get(key) not in {None, payload}:
            sys.exit(f"{key} is not what was put")
        cache.put(key, payload)
    if round % 5 == 0:
        cache.trim()
"""


def test_several_processes_fill_one_cache(cache_folder):
    """At once, the same keys, trimming: what is got is what was put, and nobody is told off."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FILL, str(cache_folder)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        for _ in range(4)
    ]
    said = []
    for process in processes:
        process.stdin.close()
    for process in processes:
        said.append((process.stderr.read(), process.wait(60)))
        process.stderr.close()
    assert said == [(b"", 0)] * 4
    assert temporary_files(cache_folder) == []
    cache = Cache(str(cache_folder))
    payloads = [cache.get(f"{number:02}-key") for number in range(20)]
    assert payloads == [bytes([number]) * (1000 + number) for number in range(20)]
