"""The startup index: every entry is found by its name, and no damage is taken for one."""

import random
import struct
from dataclasses import replace
from itertools import count, islice
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.calls import system_calls
from hiss.core.manifest import Manifest, ManifestEntry, by_name, union
from hiss.errors import ManifestError
from hiss.files.atomic import write_atomic
from hiss.files.index import Index, format_index

HEADER = struct.Struct("<8sIIIIQQQ32s")


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
    _, _, size, files, _, _, begin, length, _ = HEADER.unpack_from(data)
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


def header(
    magic=b"hissindx",
    version=3,
    slots=2,
    releases=0,
    end=None,
    begin=HEADER.size,
    length=HEADER.size + 16,
):
    end = begin if end is None else end
    return HEADER.pack(magic, version, slots, 0, releases, end, begin, length, b"")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not an index of Hiss"),
        (b"hissindx", "is not an index of Hiss"),
        (header()[:-1], "is not an index of Hiss"),
        (bytes(96), "is not an index of Hiss"),
        (header(magic=b"hissindy") + bytes(16), "is not an index of Hiss"),
        # Those of versions 1 and 2 had shorter headers.
        (header(version=1)[:52], "is of version 1; this Hiss reads version 3"),
        (header(version=2)[:84], "is of version 2; this Hiss reads version 3"),
        (header(version=4) + bytes(16), "is of version 4; this Hiss reads version 3"),
        (header() + bytes(15), "is not whole"),
        (header() + bytes(17), "is not whole"),
        (header(slots=1) + bytes(16), "is not whole"),
        (header(slots=2**32 - 1) + bytes(16), "is not whole"),
        (header(begin=0) + bytes(16), "is not whole"),
        (header(begin=2**64 - 1) + bytes(16), "is not whole"),
        (header(length=2**64 - 1) + bytes(16), "is not whole"),
        (header(releases=1) + bytes(16), "is not whole"),
        (header(releases=2**32 - 1) + bytes(16), "is not whole"),
        (header(end=HEADER.size + 1) + bytes(16), "is not whole"),
        (header(end=0) + bytes(16), "is not whole"),
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
    begin = HEADER.unpack_from(format_index(SOME))[6]
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
    begin = HEADER.unpack_from(format_index(SOME))[6]
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
    begin = HEADER.unpack_from(data)[6]
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


# --- names of releases


def release(number, *entries):
    """A release of these entries."""
    return Manifest(id=f"{number:016x}", created=f"2026-01-{number:02}", label="", entries=entries)


def index_of(*releases):
    """The index of these releases, that in force first."""
    return format_index(union(releases), releases[0].id if releases else "", releases)


FILES = st.tuples(NAMES, st.sampled_from(["", ".1", ".2"]), ENTRIES).map(
    lambda each: replace(each[2], name=each[0], file=each[0] + each[1], immutable=each[1] != "")
)
RELEASES = st.lists(st.lists(FILES, max_size=8, unique_by=lambda each: each.file), max_size=4).map(
    lambda many: [release(number, *entries) for number, entries in enumerate(many, 1)]
)


@given(releases=RELEASES, others=st.lists(st.text(max_size=12), max_size=5))
def test_names_are_those_of_the_manifest(open_index, releases, others):
    """Each release has its own entry for a name, the hashed before the original; and no others."""
    index = open_index(index_of(*releases))
    assert index.releases == tuple(each.id for each in releases)
    for each in releases:
        expected = by_name(each.entries)
        asked = {name for one in releases for name in by_name(one.entries)} | {*others}
        assert {name: index.named(each.id, name) for name in asked} == {
            name: expected.get(name) for name in asked
        }
        listed = [*index.entries_of(each.id)]
        assert len(listed) == len(expected)
        assert {one.name: one for one in listed} == expected
    # Files are found, and listed, as without names.
    union_of = {each.file: each for each in union(releases)}
    assert {each.file: each for each in index} == union_of
    assert all(index.get(file) == each for file, each in union_of.items())


@pytest.mark.parametrize(
    "name", ["é ☃.css", "e\u0301.css", "\U0001f40d.js", "a\nb", "", "a/" * 2000, "css/app.css"]
)
def test_logical_names(open_index, name):
    """A name is found by its own characters alone."""
    one = release(1, entry("f.1", name=name), entry("z"))
    index = open_index(index_of(one))
    assert index.named(one.id, name) == entry("f.1", name=name)
    for other in (name + "/", name + "\0", "/" + name, "f.1", "\udce9.css", "\ud800"):
        assert index.named(one.id, other) is None


def test_logical_names_of_one_hash(open_index):
    """Names whose hashes are the same are told apart."""
    one = release(1, *(entry(f"{name}.1", name=name) for name in TWINS))
    index = open_index(index_of(one))
    assert {name: index.named(one.id, name).file for name in TWINS} == {
        name: f"{name}.1" for name in TWINS
    }
    for present, absent in [TWINS[:2], TWINS[1::-1], TWINS[2:], TWINS[:1:-1]]:
        one = release(1, entry("f", name=present))
        index = open_index(index_of(one))
        assert index.named(one.id, present)
        assert index.named(one.id, absent) is None


def test_what_releases_share_is_there_once():
    """Another release costs its names, and what it says otherwise."""
    entries = [entry(f"{n}.css", references=("x" * 500,)) for n in range(50)]
    one, two = release(1, *entries), release(2, *entries)
    changed = release(3, *entries[1:], replace(entries[0], codings={"br": 1}))
    alone = len(index_of(one))
    assert len(index_of(one, two)) - alone < 50 * 50
    assert 500 < len(index_of(one, two, changed)) - len(index_of(one, two)) < 50 * 50 + 1000
    again = replace(changed, id=f"{4:016x}")
    more = len(index_of(one, two, changed, again)) - len(index_of(one, two, changed))
    assert more == len(index_of(one, two)) - alone


def test_the_order_of_releases_is_no_matter():
    """Their bytes are one: which of them is in force says the header."""
    many = [release(n, entry(f"{n}.css", name="a.css"), entry("same.css")) for n in range(1, 6)]
    files = [*union(many)]
    expected = format_index(files, many[0].id, many)
    assert format_index(files, many[0].id, iter(many[::-1])) == expected


def test_a_release_that_no_build_makes(open_index):
    """One that cannot be listed is left out, and the others are found."""
    odd = [
        Manifest(id="a" * 33, created="", label="", entries=(entry("a.css"),)),
        release(2, entry("b.css", name="\ud800")),
        release(3, entry("\ud800", name="c.css")),
    ]
    good = release(1, entry("d.css"))
    files = [entry("a.css"), entry("d.css")]
    index = open_index(format_index(files, good.id, [*odd, good]))
    assert index.releases == (good.id,)
    assert index.named(good.id, "d.css") == entry("d.css")


ONES = release(1, *SOME, entry("css/app.1.css", name="css/app.css", immutable=True))
TWOS = release(2, *SOME, entry("css/app.2.css", name="css/app.css", immutable=True))


@pytest.mark.timeout(30)
def test_damage_to_what_names_lead_to(open_index):
    """No damaged byte makes a name lead elsewhere, or be missing: it is right, or refused."""
    whole = {each.id: by_name(each.entries) for each in (ONES, TWOS)}
    data = index_of(ONES, TWOS)
    found = set()
    for place in range(HEADER.size, len(data)):
        for bits in (0x01, 0x80, 0xFF):
            changed = data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]
            try:
                index = open_index(changed)
            except ManifestError as error:
                found.add(error.message.partition("/index ")[2])
                continue
            for each, expected in whole.items():
                if each not in index.releases:
                    found.add("not listed")
                    continue
                for name in [*expected, "none", "other"]:
                    said = outcome_of_name(index, each, name)
                    found.add(said if isinstance(said, str) else "right")
                    assert said in (expected.get(name), "is damaged")
    assert found == {"right", "is damaged", "is not whole", "not listed"}


def outcome_of_name(index, each, name):
    """What a look-up by name comes to: an entry, none, or the problem."""
    try:
        return index.named(each, name)
    except ManifestError as error:
        return error.message.partition("/index ")[2]


def test_names_cut_short(open_index):
    """However little is missing at its end, or is there beyond it, it is not an index."""
    data = index_of(ONES, TWOS)
    for end in range(len(data)):
        with pytest.raises(ManifestError):
            open_index(data[:end])
    with pytest.raises(ManifestError):
        open_index(data + b"\0")


def test_a_table_of_names_that_is_written_over(open_index, tmp_path):
    """Missing is for a table to say that is whole; what is found needs no look at all of it."""
    index = open_index(index_of(ONES))
    assert index.named(ONES.id, "css/app.css")
    size = (tmp_path / "index").stat().st_size
    with (tmp_path / "index").open("r+b") as file:
        file.seek(size - 8 * 12)
        file.write(bytes(8 * 12))
    for _ in range(2):
        with pytest.raises(ManifestError, match="is damaged"):
            index.named(ONES.id, "css/app.css")
    with pytest.raises(ManifestError, match="is damaged"):
        list(index.entries_of(ONES.id))


def test_a_table_of_names_is_looked_at_once(open_index):
    """Where the first name is missing; the next is found missing as fast as others are found."""
    index = open_index(index_of(ONES))
    first, second = (system_calls(lambda: index.named(ONES.id, "none"))[0] for _ in range(2))
    assert len(first) == len(second) + 1


def test_a_slot_of_a_file_that_leads_to_what_a_release_says(open_index):
    """It is damaged: of the file, that is not true."""
    other = release(2, replace(SOME[0], size=7))
    data = index_of(ONES, other)
    _, _, slots, _, _, end, begin, _, _ = HEADER.unpack_from(data)
    assert end < begin
    for place in range(begin, begin + 8 * slots, 8):
        index = open_index(data[:place] + struct.pack("<Q", end) + data[place + 8 :])
        assert outcome(index, SOME[0].file) in (SOME[0], "is damaged")


def test_a_hundred_thousand_names(open_index):
    """As many looks at the disk as for ten, for opening it and for a name in it."""

    def calls_of(number):
        entries = [entry(f"{n}.css", name=f"n/{n}.css", immutable=True) for n in range(number)]
        data = index_of(release(1, *entries))
        opening, index = system_calls(lambda: open_index(data))
        names = [f"n/{n}.css" for n in range(0, number, max(number // 10, 1))]
        calls, found = system_calls(lambda: [index.named(f"{1:016x}", name) for name in names])
        assert [each.name for each in found] == names
        assert set(calls) == {"pread"}
        # A slot for each that has the hash's place already; a record's head, and its rest.
        assert len(calls) / len(names) < 8
        return opening

    assert calls_of(100_000) == calls_of(10)


def test_one_that_was_replaced_can_be_read(open_index, tmp_path):
    """Whoever has an index open reads it to the end, though another is in its place."""
    index = open_index(index_of(ONES))
    write_atomic(str(tmp_path / "index"), index_of(TWOS))
    assert index.named(ONES.id, "css/app.css").file == "css/app.1.css"
    (tmp_path / "index").unlink()
    assert len([*index.entries_of(ONES.id)]) == 3
