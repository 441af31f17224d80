"""`hashed_files`: a dictionary like Django's own, but that it is not read before it is asked."""

import copy
import json
import pickle
import threading

import pytest

from hiss.core.manifest import Manifest, ManifestEntry, union
from hiss.django.hashed import HashedFiles
from hiss.files.entries import Entries
from hiss.files.index import Index, format_index

NAMES = {f"css/{n}.css": f"css/{n}.{n:012x}.css" for n in range(20)} | {"plain.txt": "plain.txt"}


def entry(name, file):
    return ManifestEntry(
        name=name,
        file=file,
        immutable=name != file,
        sha256="ab" * 32,
        size=5,
        type="text/css",
        integrity="sha384-abc",
    )


@pytest.fixture
def make(tmp_path):
    """Makes one of an index, which was not asked yet."""
    entries = tuple(entry(*each) for each in NAMES.items())
    manifest = Manifest(id="ab", created="", label="", entries=entries)
    (tmp_path / "index").write_bytes(format_index(union([manifest]), "ab", [manifest]))
    return lambda: HashedFiles(Entries(str(tmp_path), "ab", Index(str(tmp_path / "index"))))


@pytest.fixture
def hashed(make):
    return make()


def is_read(hashed):
    return hashed._entries is None


ONE = {
    "[]": lambda each: each["css/3.css"],
    "get": lambda each: each.get("css/3.css"),
    "get, none": lambda each: each.get("none"),
    "get, default": lambda each: each.get("none", 5),
    "in": lambda each: "css/3.css" in each,
    "in, none": lambda each: "none" in each,
    "in, no text": lambda each: 5 in each,
    "isinstance": lambda each: isinstance(each, dict),
}

ALL = {
    "len": len,
    "bool": bool,
    "dict": dict,
    "list": list,
    "set": set,
    "sorted": sorted,
    "reversed": lambda each: [*reversed(each)],
    "items": lambda each: sorted(each.items()),
    "reversed items": lambda each: dict(reversed(each.items())),
    "keys": lambda each: each.keys() & {"css/3.css", "none"},
    "values": lambda each: sorted(each.values()),
    "unpacked": lambda each: {**each},
    "named": lambda each: (lambda **names: names)(**each),
    "updated with": lambda each: {"a": "b"} | each,
    "or": lambda each: each | {"a": "b"},
    "update": lambda each: ({"a": "b"}).update(each),
    "equal": lambda each: (each == NAMES, NAMES == each, each != NAMES, each == {}),  # noqa: SIM300
    "repr": lambda each: eval(repr(each)),
    "json": json.dumps,
    "json, sorted": lambda each: json.dumps(each, sort_keys=True),
    "json, indented": lambda each: json.dumps(each, indent=1),
    "json, inside": lambda each: json.dumps({"paths": each}),
    "json, Python": lambda each: "".join(json.JSONEncoder().iterencode(each)),
    "copy": lambda each: each.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda each: pickle.loads(pickle.dumps(each)),
    "setdefault": lambda each: (
        each.setdefault("css/3.css", "x"),
        each.setdefault("n", "x"),
        *each,
    ),
    "pop": lambda each: (each.pop("css/3.css"), each.pop("none", 7), *each),
    "popitem": lambda each: each.popitem() and len(each),
    "set item": lambda each: (each.__setitem__("n", "x"), dict(each)),
    "delete item": lambda each: (each.__delitem__("css/3.css"), dict(each)),
    "update itself": lambda each: (each.update({"n": "x"}), dict(each)),
    "or itself": lambda each: each.__ior__({"n": "x"}) == {**NAMES, "n": "x"},
    "clear": lambda each: (each.clear(), dict(each), "css/3.css" in each, each.get("css/3.css")),
}


def in_order(value):
    """With dictionaries in one order: ours is sorted, and so is Django's."""
    return dict(sorted(value.items())) if type(value) is dict else value


PLAIN = dict(sorted(NAMES.items()))


@pytest.mark.parametrize("what", ONE)
def test_a_look_up_reads_no_more_than_it_must(hashed, what):
    """And says what a dictionary says."""
    assert ONE[what](hashed) == ONE[what](PLAIN)
    assert not is_read(hashed)
    len(hashed)
    assert ONE[what](hashed) == ONE[what](PLAIN)


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize("asked", [False, True])
def test_all_else_is_a_dictionarys(hashed, what, asked):
    """To the letter, whoever asks, and whatever was asked before."""
    if asked:
        assert hashed["css/3.css"] == NAMES["css/3.css"]
    assert ALL[what](hashed) == ALL[what](dict(PLAIN))
    assert is_read(hashed)


def test_a_name_that_lacks(hashed):
    """Is a KeyError, as everywhere."""
    for _ in range(2):
        with pytest.raises(KeyError, match="none"):
            hashed["none"]
        len(hashed)


def test_what_is_copied_is_a_plain_dictionary(hashed):
    """It holds no file open, and can be sent to another process."""
    for made in (hashed.copy(), copy.copy(hashed), copy.deepcopy(hashed), dict(hashed)):
        assert type(made) is dict


def test_whoever_goes_around_its_methods_is_told(hashed):
    """As what is written in C may: it is not taken for an empty one."""
    with pytest.raises(TypeError):
        "".join(key for key in dict.keys(hashed))
    assert dict.__len__(hashed) == 1


def test_from_many_threads_at_once(make):
    """All are told the same, while one reads."""
    for _ in range(20):
        hashed = make()
        start, said = threading.Barrier(6), []

        def ask(work, hashed=hashed, start=start, said=said):
            start.wait()
            said.append(work(hashed))

        works = [len, lambda each: each["css/3.css"], lambda each: each.get("none")] * 2
        threads = [threading.Thread(target=ask, args=(work,)) for work in works]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(map(str, said)) == sorted(map(str, [21, NAMES["css/3.css"], None] * 2))
