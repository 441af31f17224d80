"""Several releases at once: which entry answers for a file that more than one of them has."""

from itertools import permutations

import pytest

from hiss.core.manifest import Manifest, ManifestEntry, union


def entry(file, sha256="aa", *, immutable=False, name=None, **codings):
    """`codings`: to each a size, which is in its checksum too."""
    return ManifestEntry(
        name=name or file,
        file=file,
        immutable=immutable,
        sha256=sha256,
        size=1,
        type="text/css",
        integrity="",
        codings=codings,
        checksums={coding: f"{size:x}" for coding, size in codings.items()},
    )


def release(name, created, *entries):
    return Manifest(id=name, created=f"2026-11-{created:02}", label="", entries=entries)


def united(*manifests):
    found = {each.file: each for each in union(manifests)}
    assert len(found) == len(list(union(manifests)))
    return found


def test_none_and_one():
    """Of one release, its own entries, as they are."""
    assert list(union([])) == []
    entries = (entry("a.css", gzip=7), entry("a.1.css", immutable=True, br=5))
    assert list(union([release("a", 1, *entries)])) == [*entries]
    # Manifests may come one by one.
    assert list(union(iter([release("a", 1, *entries)]))) == [*entries]


def test_every_file_once():
    """What only one has, whichever it is; what all have, once."""
    both = entry("both.1.css", immutable=True)
    found = united(
        release("b", 2, both, entry("new.css")), release("a", 1, both, entry("old.2.css", "bb"))
    )
    assert set(found) == {"both.1.css", "new.css", "old.2.css"}
    assert found["both.1.css"] == both


def test_a_plain_name_says_what_it_says_in_the_first():
    """The first manifest is that of the release in force, whenever it was built."""
    for order in permutations(
        [release("a", 1, entry("a.css", "aa", gzip=7)), release("b", 2, entry("a.css", "bb", br=5))]
    ):
        assert united(*order)["a.css"] == order[0].entries[0]


def test_of_a_plain_name_no_others_variants_are_taken():
    """Even of the same bytes: its variants on the disk are those of the release in force."""
    found = united(release("a", 1, entry("a.css", gzip=7)), release("b", 2, entry("a.css", br=5)))
    assert dict(found["a.css"].codings) == {"gzip": 7}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_immutable_comes_before_what_is_not(order):
    """A source called by a hash in one release, and made of another source in another."""
    manifests = [
        release("a", 1, entry("a.1.css", immutable=False)),
        release("b", 2, entry("a.1.css", immutable=True, name="a.css")),
    ]
    found = united(*(manifests[place] for place in order))
    assert found["a.1.css"].immutable
    assert found["a.1.css"].name == "a.css"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_variants_are_those_that_were_made_last(order):
    """Each build may have made them anew, of the same bytes: the last is what lies there; one that
    only an earlier made is there still.
    """
    manifests = [
        release("a", 1, entry("a.1.css", immutable=True, br=10, gzip=10)),
        release("b", 2, entry("a.1.css", immutable=True, br=20)),
        release("c", 3, entry("a.1.css", immutable=True, zstd=30)),
    ]
    found = united(*(manifests[place] for place in order))["a.1.css"]
    assert dict(found.codings) == {"br": 20, "gzip": 10, "zstd": 30}
    assert dict(found.checksums) == {"br": "14", "gzip": "a", "zstd": "1e"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_variants_of_other_bytes_are_never_taken(order):
    """A name that two releases give to different bytes, which no build would: the first's."""
    manifests = [
        release("a", 1, entry("a.1.css", "aa", immutable=True, br=10)),
        release("b", 2, entry("a.1.css", "bb", immutable=True, br=20, gzip=20)),
    ]
    first = manifests[order[0]].entries[0]
    assert united(*(manifests[place] for place in order))["a.1.css"] == first
