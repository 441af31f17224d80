"""Variants: once for the same bytes, only where they save, from the cache where it has them."""

import os
import sys
import threading

import brotli
import pytest
from trees import DECODERS, QUICK, TEXT, names_in, sha256, write_tree

from hiss.build.cache import Cache
from hiss.build.content import of_bytes, of_file
from hiss.build.progress import Silent
from hiss.build.variants import Task, make_variants
from hiss.errors import ConfigurationError, SourceChangedError
from hiss.http.codings import SUFFIXES


def tasks_for(content, levels, paths):
    """A task for each coding."""
    return [Task(content, coding, level, paths) for coding, level in levels.items()]


def make(contents, levels, cache, root):
    """What comes of contents, a mapping of a file's name to bytes: name and coding to size."""
    tasks = [
        task
        for name, data in contents.items()
        for task in tasks_for(of_bytes(data), levels, (str(root / name),))
    ]
    made = make_variants(tasks, cache, Silent())
    return {(os.path.basename(m.task.paths[0]), m.task.coding): (m.size, m.checksum) for m in made}


@pytest.fixture
def codec(monkeypatch):
    """What brotli was given to compress, level and all."""
    seen, original = [], brotli.compress

    def count(data, *, quality):
        seen.append((data, quality))
        return original(data, quality=quality)

    monkeypatch.setattr(brotli, "compress", count)
    return seen


@pytest.mark.parametrize("levels", [QUICK, {"br": 11, "gzip": 9, "zstd": 19}, {"gzip": 9}, {}])
def test_variants_decode_to_the_file(tmp_path, cache, levels):
    """Each is as large as is told, has the checksum that is told, and says the same."""
    made = make({"app.css": TEXT}, levels, cache, tmp_path)
    assert {coding for _, coding in made} == set(levels)
    for (name, coding), (size, checksum) in made.items():
        data = (tmp_path / (name + SUFFIXES[coding])).read_bytes()
        assert (len(data), sha256(data)) == (size, checksum)
        assert size < len(TEXT)
        assert DECODERS[coding](data) == TEXT
    assert names_in(tmp_path) == {f"app.css{SUFFIXES[coding]}" for coding in levels}


@pytest.mark.parametrize("data", [b"", b"a", b"abc", bytes(range(256)), os.urandom(5000)], ids=len)
def test_what_does_not_save_is_not_kept(tmp_path, cache, codec, data):
    """No file, no size; and it is not tried again."""
    for _ in range(2):
        made = make({"a.bin": data}, QUICK, cache, tmp_path)
        assert set(made.values()) == {(0, "")}
    assert names_in(tmp_path) == set()
    assert len(codec) == 1


def test_one_byte_is_a_saving(tmp_path, cache):
    """A variant is kept if it is smaller by however little, and not if it is as large."""
    for length in range(1, 40):
        data = bytes(range(length)) + b"a" * 12
        [(size, _)] = make({f"{length}": data}, {"br": 11}, cache, tmp_path).values()
        packed = brotli.compress(data, quality=11)
        assert size == (len(packed) if len(packed) < len(data) else 0)
        assert ((tmp_path / f"{length}.br").exists()) == (len(packed) < len(data))


def test_the_same_bytes_for_many_files(tmp_path, cache, codec):
    """Are compressed once."""
    paths = tuple(str(tmp_path / name) for name in ("a.css", "x/b.css"))
    [made] = make_variants(tasks_for(of_bytes(TEXT), {"br": 1}, paths), cache, Silent())
    assert made.size
    assert names_in(tmp_path) == {"a.css.br", "x/b.css.br"}
    assert codec == [(TEXT, 1)]


def test_what_was_made_before_is_not_made_again(tmp_path, cache, cache_folder, codec):
    """In any folder, by any process: what counts is content, coding, level and library."""
    first = make({"a.css": TEXT}, QUICK, cache, tmp_path)
    assert make({"a.css": TEXT}, QUICK, cache, tmp_path / "other") == first
    assert make({"a.css": TEXT}, QUICK, Cache(str(cache_folder)), tmp_path / "third") == first
    assert len(codec) == 1
    make({"a.css": TEXT}, {"br": 2}, cache, tmp_path / "level")
    make({"a.css": TEXT + b" "}, QUICK, cache, tmp_path / "content")
    assert codec[1:] == [(TEXT, 2), (TEXT + b" ", 1)]


def test_another_version_of_the_library_makes_its_own(tmp_path, cache, codec, monkeypatch):
    """Its bytes may differ."""
    make({"a.css": TEXT}, {"br": 1}, cache, tmp_path)
    monkeypatch.setattr(brotli, "__version__", "99.0")
    make({"a.css": TEXT}, {"br": 1}, cache, tmp_path)
    assert len(codec) == 2


def test_a_damaged_entry_is_made_anew_and_never_written(tmp_path, cache, cache_folder, codec):
    """A flipped byte in the cache reaches no release, and is mended."""
    first = make({"a.css": TEXT}, {"br": 1}, cache, tmp_path)
    [path] = [path for path in cache_folder.rglob("*") if path.is_file()]
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    (tmp_path / "a.css.br").unlink()
    assert make({"a.css": TEXT}, {"br": 1}, cache, tmp_path) == first
    assert brotli.decompress((tmp_path / "a.css.br").read_bytes()) == TEXT
    assert path.read_bytes() == good
    assert len(codec) == 2


def test_a_cache_that_cannot_be_used_is_none(tmp_path, codec):
    """Everything is made each time, and the build is none the worse."""
    (tmp_path / "file").write_text("in the way")
    for _ in range(2):
        cache = Cache(str(tmp_path / "file"))
        assert make({"a.css": TEXT}, QUICK, cache, tmp_path / "root")["a.css", "br"][0]
    assert len(codec) == 2


def test_a_variant_that_is_there_is_left_alone(tmp_path, cache):
    """What is right is not written again; what is wrong is, in one step."""
    make({"a.css": TEXT}, {"gzip": 1}, cache, tmp_path)
    variant = tmp_path / "a.css.gz"
    before = variant.stat()
    make({"a.css": TEXT}, {"gzip": 1}, cache, tmp_path)
    assert variant.stat().st_ino == before.st_ino
    damaged = variant.read_bytes()[:-1] + b"?"
    for wrong in (damaged, b"", damaged + b"0"):
        variant.write_bytes(wrong)
        with variant.open("rb") as reader:
            make({"a.css": TEXT}, {"gzip": 1}, cache, tmp_path)
            assert reader.read() == wrong
        assert DECODERS["gzip"](variant.read_bytes()) == TEXT


def test_work_is_shared_among_threads(tmp_path, cache, monkeypatch):
    """Two contents are in the codec at once, where there are two processors for them."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    meeting, original = threading.Barrier(2, timeout=10), brotli.compress

    def meet(data, **options):
        meeting.wait()
        return original(data, **options)

    monkeypatch.setattr(brotli, "compress", meet)
    made = make({"a.css": TEXT, "b.css": TEXT * 2}, {"br": 1}, cache, tmp_path)
    assert all(size for size, _ in made.values())


def test_where_processors_cannot_be_counted_one_is_used(tmp_path, cache, monkeypatch):
    """A system that does not tell how many it has is no reason to stop."""
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert make({"a.css": TEXT}, {"br": 1}, cache, tmp_path)


def test_the_most_expensive_goes_first(tmp_path, cache):
    """By size and by coding, so that nobody waits for one large file at the end."""

    class Watch(Silent):
        begun, done, ended = [], [], 0

        def begin(self, stage, files, size):
            self.begun.append((stage, files, size))

        def advance(self, size, what=""):
            self.done.append((size, what))

        def end(self):
            self.ended += 1

    watch = Watch()
    large, small = of_bytes(TEXT * 10), of_bytes(TEXT)
    tasks = [*tasks_for(small, QUICK, ()), *tasks_for(large, QUICK, ())]
    make_variants(tasks, cache, watch)
    assert watch.begun == [("compressing", 6, 3 * small.size + 3 * large.size)]
    assert watch.done == [
        (large.size, "br"),
        (large.size, "zstd"),
        (small.size, "br"),
        (large.size, "gzip"),
        (small.size, "zstd"),
        (small.size, "gzip"),
    ]
    assert watch.ended == 1


def test_a_codec_that_is_missing_is_an_error(tmp_path, cache, monkeypatch):
    """A coding that cannot be made is not left out in silence."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(ConfigurationError, match="brotli"):
        make({"a.css": TEXT}, {"br": 1}, cache, tmp_path)
    assert make({"a.css": TEXT}, {"gzip": 1}, cache, tmp_path)


def test_a_source_that_changes_meanwhile_does_not_poison_the_cache(tmp_path, cache):
    """What is kept under a content's hash was made of that content, or nothing is kept."""
    write_tree(tmp_path, {"a.css": TEXT})
    content = of_file(str(tmp_path / "a.css"))
    write_tree(tmp_path, {"a.css": TEXT * 2})
    with pytest.raises(SourceChangedError, match=r"a\.css"):
        make_variants(tasks_for(content, {"br": 1}, (str(tmp_path / "x"),)), cache, Silent())
    assert not (tmp_path / "x.br").exists()
    make({"y": TEXT}, {"br": 1}, cache, tmp_path)
    assert brotli.decompress((tmp_path / "y.br").read_bytes()) == TEXT
