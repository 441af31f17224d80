"""The startup index: every entry is found by its name, and no damage is taken for one."""

import random
import struct
from dataclasses import replace
from itertools import count, islice
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.core.manifest import ManifestEntry
from hiss.errors import ManifestError
from hiss.files.index import Index, format_index

HEADER = struct.Struct("<8sIIIQQ32s")


def entry(file, **fields):
    """An entry as the index gives it: what is a sequence, JSON has as a list."""
    known = {
        "name": file,
        "file": file,
        "immutable": False,
        "sha256": "ab" * 32,
        "size": 5,
        "type": "text/css",
        "integrity": "sha384-abc",
        "references": (),
    }
    return ManifestEntry(**{**known, **fields})


@pytest.fixture
def open_index(tmp_path):
    """Writes bytes, or the index of some entries, and opens that."""

    def make(content):
        path = tmp_path / "index"
        # Another file each time: what is mapped must not change.
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else format_index(content))
        return Index(str(path))

    return make


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TEXTS = st.text(max_size=8)
ENTRIES = st.builds(
    ManifestEntry,
    name=NAMES,
    file=NAMES,
    immutable=st.booleans(),
    sha256=TEXTS,
    size=st.integers(0, 2**70),
    type=TEXTS,
    integrity=TEXTS,
    codings=st.dictionaries(TEXTS, st.integers(0, 2**40), max_size=3),
    checksums=st.dictionaries(TEXTS, TEXTS, max_size=3),
    references=st.lists(NAMES, max_size=3).map(tuple),
)


@given(
    entries=st.lists(ENTRIES, max_size=12, unique_by=lambda each: each.file),
    others=st.lists(st.text(max_size=12), max_size=5),
)
def test_round_trip(open_index, entries, others):
    """Every entry is found as it was, whatever its name; no other name is found."""
    index = open_index(entries)
    for each in entries:
        assert index.get(each.file) == each
    assert list(index) == sorted(entries, key=lambda each: each.file)
    for name in {*others, *(f"{each.file}x" for each in entries)} - {each.file for each in entries}:
        assert index.get(name) is None


@pytest.mark.parametrize(
    "name",
    ["é ☃.css", "e\u0301.css", "\U0001f40d.js", "a\nb", "a\0b", "", "a/" * 2000, "css/app.css"],
)
def test_names(open_index, name):
    """A name is found by its own characters alone."""
    index = open_index([entry(name), entry("z")])
    assert index.get(name) == entry(name)
    for other in (name + "/", name + "\0", "/" + name, "é.css", "\udce9.css", "\ud800"):
        assert index.get(other) is None


def test_none(open_index):
    """An index of nothing has nothing."""
    index = open_index([])
    assert index.get("a") is None
    assert index.get("") is None
    assert list(index) == []


# Two pairs of words with one CRC-32 each.
TWINS = ["plumless", "buckeroo", "codding", "gnu"]


def test_names_of_one_hash(open_index):
    """Names whose hashes are the same are told apart; the one that lacks is not found."""
    assert crc32(b"plumless") == crc32(b"buckeroo")
    assert crc32(b"codding") == crc32(b"gnu")
    index = open_index([entry(name, size=len(name)) for name in TWINS])
    for name in TWINS:
        assert index.get(name) == entry(name, size=len(name))
    for present, absent in [TWINS[:2], TWINS[1::-1], TWINS[2:], TWINS[:1:-1]]:
        index = open_index([entry(present)])
        assert index.get(present) == entry(present)
        assert index.get(absent) is None


def names_at(place, slots, number):
    """So many names whose first slot, of `slots`, is that one."""
    names = (f"f{n}" for n in count())
    return [*islice((name for name in names if crc32(name.encode()) % slots == place), number)]


@pytest.mark.parametrize("place", [0, 7, 15])
def test_names_of_one_slot(open_index, place):
    """Where all names want one slot, they are found behind it, around the table's end."""
    *names, absent = names_at(place, 16, 9)
    data = format_index([entry(name) for name in names])
    assert HEADER.unpack_from(data)[2] == 16
    index = open_index(data)
    for name in names:
        assert index.get(name) == entry(name)
    assert index.get(absent) is None


@pytest.mark.parametrize(
    ("number", "slots"), [(0, 2), (1, 2), (2, 4), (3, 8), (4, 8), (5, 16), (1000, 2048)]
)
def test_at_most_half_of_the_slots_are_taken(number, slots):
    """The number of slots is a power of two, and a look-up always comes to a free one."""
    data = format_index([entry(f"f{n}") for n in range(number)])
    _, _, size, files, begin, length, _ = HEADER.unpack_from(data)
    assert size == slots
    assert files == number
    assert length == len(data)
    table = struct.unpack_from(f"<{size}Q", data, begin)
    assert sum(offset != 0 for offset in table) == number


def test_thousands(open_index):
    """Thousands of entries are each found, in any order, and listed in theirs."""
    entries = [entry(f"css/{n:05}.é.css", size=n) for n in range(5000)]
    shuffled = random.Random(1).sample(entries, len(entries))
    index = open_index(shuffled)
    assert index.files == 5000
    for each in shuffled:
        assert index.get(each.file) == each
    assert list(index) == entries
    assert all(index.get(f"css/{n:05}.e.css") is None for n in range(5000))


def test_order():
    """Entries are listed by their files' names, whichever came first; so their bytes are one."""
    entries = [entry(name) for name in ["a", "a-b", "a/b", "b", "z", "é", "☃", "\U0001f40d"]]
    assert entries == sorted(entries, key=lambda each: each.file.encode())
    expected = format_index(entries)
    for seed in range(5):
        assert format_index(random.Random(seed).sample(entries, len(entries))) == expected
    assert format_index(iter(entries)) == expected


ONE = entry("css/app.css", codings={"br": 5}, checksums={"br": "cd"}, references=("a.png",))


@pytest.mark.parametrize(
    "change",
    [{"file": "b"}, {"size": 6}, {"immutable": True}, {"codings": {"br": 6}}, {"references": ()}],
    ids=str,
)
def test_other_entries_are_other_bytes(change):
    """What is another release is another index."""
    assert format_index([replace(ONE, **change)]) != format_index([ONE])


def header(magic=b"hissindx", version=2, slots=2, begin=HEADER.size, length=HEADER.size + 16):
    return HEADER.pack(magic, version, slots, 0, begin, length, b"")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not an index of Hiss"),
        (b"hissindx", "is not an index of Hiss"),
        (header()[:-1], "is not an index of Hiss"),
        (bytes(48), "is not an index of Hiss"),
        (header(magic=b"hissindy") + bytes(16), "is not an index of Hiss"),
        (header(version=1) + bytes(16), "is of version 1; this Hiss reads version 2"),
        (header(version=3) + bytes(16), "is of version 3; this Hiss reads version 2"),
        (header() + bytes(15), "is not whole"),
        (header() + bytes(17), "is not whole"),
        (header(slots=1) + bytes(16), "is not whole"),
        (header(slots=2**32 - 1) + bytes(16), "is not whole"),
        (header(begin=0) + bytes(16), "is not whole"),
        (header(begin=2**64 - 1) + bytes(16), "is not whole"),
        (header(length=2**64 - 1) + bytes(16), "is not whole"),
    ],
)
def test_a_damaged_header(open_index, tmp_path, data, problem):
    """What is no index, of another version or not whole is refused by name."""
    with pytest.raises(ManifestError) as caught:
        open_index(data)
    assert caught.value.message == f"{tmp_path / 'index'} {problem}"
    assert caught.value.hint == "Run the build again to replace it."


@pytest.mark.parametrize(
    "data",
    [
        header(slots=0, length=HEADER.size),
        header(slots=0, begin=HEADER.size + 16) + bytes(16),
    ],
    ids=["empty", "records"],
)
def test_a_header_without_slots(open_index, data):
    """An index always has a free slot; one without any is no index."""
    with pytest.raises(ManifestError):
        open_index(data)


def test_the_least_index(open_index):
    """The header that the table above damages is a good one."""
    assert open_index(header() + bytes(16)).get("a") is None


def test_there_is_none(tmp_path):
    """No file is not a damaged one."""
    with pytest.raises(FileNotFoundError):
        Index(str(tmp_path / "index"))


SOME = [ONE, entry("é.png"), entry("js/app.js", references=("css/app.css",))]


def test_cut_short(open_index):
    """However little is missing at its end, or is there beyond it, it is not an index."""
    data = format_index(SOME)
    for end in range(len(data)):
        with pytest.raises(ManifestError):
            open_index(data[:end])
    with pytest.raises(ManifestError):
        open_index(data + b"\0")


def damaged_everywhere(entries):
    """The index of entries with one byte changed, for each of its bytes after the header."""
    data = format_index(entries)
    for place in range(HEADER.size, len(data)):
        for bits in (0x01, 0x80, 0xFF):
            yield data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def test_a_damaged_record(open_index):
    """No damaged byte makes an entry say something else: it is whole, not found, or refused."""
    begin = HEADER.unpack_from(format_index(SOME))[4]
    whole = {each.file: each for each in SOME}
    records = 3 * (begin - HEADER.size)
    for data in islice(damaged_everywhere(SOME), records):
        index = open_index(data)
        outcomes = [outcome(index, name) for name in whole]
        lost = [each for each in outcomes if each not in whole.values()]
        assert len(lost) == 1
        assert lost[0] in (None, "is damaged")
        with pytest.raises(ManifestError, match="is damaged"):
            list(index)


@pytest.mark.timeout(10)
def test_a_damaged_slot(open_index):
    """A slot that leads astray leads to no entry but the one asked for, and to no other error."""
    begin = HEADER.unpack_from(format_index(SOME))[4]
    whole = {each.file: each for each in SOME}
    records = 3 * (begin - HEADER.size)
    for data in islice(damaged_everywhere(SOME), records, None):
        index = open_index(data)
        for name in [*whole, "none", "other"]:
            assert outcome(index, name) in (whole.get(name), None, "is damaged")


@pytest.mark.timeout(1)
@pytest.mark.parametrize("offset", [1, 2**40])
def test_a_table_without_a_free_slot(open_index, offset):
    """A look-up in a table whose free slot was overwritten comes to an end."""
    data = format_index([ONE])
    begin = HEADER.unpack_from(data)[4]
    taken = HEADER.size if offset == 1 else offset
    full = data[:begin] + struct.pack("<QQ", offset, taken)
    assert outcome(open_index(full), "none") in (None, "is damaged")


def outcome(index, name):
    """What a look-up comes to: an entry, none, or the problem."""
    try:
        return index.get(name)
    except ManifestError as error:
        return error.message.partition("/index ")[2]


@pytest.mark.parametrize(
    "rest",
    [b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"name": "a"}', b"null"],
    ids=lambda rest: repr(rest[:9]),
)
def test_a_record_that_is_no_entry(open_index, rest):
    """A record whose checksum is right and whose entry is none is refused all the same."""
    record = struct.pack("<III", 1, len(rest), crc32(b"a" + rest)) + b"a" + rest
    begin = HEADER.size + len(record)
    table = struct.pack("<QQ", HEADER.size, 0)
    if crc32(b"a") % 2:
        table = struct.pack("<QQ", 0, HEADER.size)
    index = open_index(header(begin=begin, length=begin + 16) + record + table)
    with pytest.raises(ManifestError, match="is damaged"):
        index.get("a")
    assert index.get("b") is None
