"""Loading: what a file's bytes bear out of what a build recorded."""

import hashlib
import os
import threading
import time
from dataclasses import replace

import pytest

from hiss.core.asset import Asset, Missing
from hiss.core.policy import Policy
from hiss.core.request import Request
from hiss.errors import ConfigurationError
from hiss.files.body import open_body
from hiss.files.load import Listing, Loader
from hiss.files.memory import Memory
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.release import read_published
from hiss.files.site import open_site
from hiss.http.codings import DYNAMIC_LEVELS
from hiss.http.dates import format_date, parse_date

STYLE = "body { margin: 0 }\n" * 100


def load(
    path,
    url="/static/app.css",
    *,
    policy=Policy(),  # noqa: B008
    memory=None,
    dynamic=None,
    notes=None,
    **listing,
):
    """The asset of a file that is as the build left it, unless `notes` are asked for."""
    loader = Loader(policy, memory or Memory(), dynamic=dynamic)
    said = []
    asset = loader.load(Listing(str(path), url, **listing), None, said)
    if notes is None:
        assert said == []
    else:
        notes += said
    return asset


def cache_control(asset):
    return dict(asset.headers).get("Cache-Control")


@pytest.mark.parametrize("budget", [0, 64, 2**20])
def test_load_hashes_the_content(make_tree, budget):
    """An asset is its content's hash and size, whether its bytes are kept or not."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    memory = Memory(budget)
    asset = load(path, memory=memory)
    assert asset.sha256 == hashlib.sha256(STYLE.encode()).digest()
    assert asset.identity.size == len(STYLE)
    assert (asset.identity.source.data is not None) is (budget == 2**20)
    assert memory.used == (len(STYLE) if budget == 2**20 else 0)


def test_a_large_file_is_hashed_in_chunks(make_tree):
    """A file of several reads has the hash of all of them."""
    data = os.urandom(2**20 + 2**19)
    path = make_tree({"big.bin": data}) / "big.bin"
    assert load(path, memory=Memory(0)).sha256 == hashlib.sha256(data).digest()


def test_what_the_build_recorded(make_release):
    """A file that is what the build wrote has its variants and is immutable."""
    root = make_release({"app.css": STYLE}, immutable={"app.css"})
    record = read_published(root).records["app.css"]
    asset = load(root / "app.css", record=record, immutable=True)
    assert set(asset.offer) == {"br", "gzip", "zstd", "identity"}
    assert asset.offer[-1] == "identity"
    assert "immutable" in cache_control(asset)
    sizes = {each.coding: each.size for each in asset.representations}
    assert all((root / f"app.css.{s}").stat().st_size == sizes[c]
               for c, s in [("br", "br"), ("gzip", "gz"), ("zstd", "zst")])  # fmt: skip


def test_the_bytes_of_what_has_variants_are_not_kept_unasked(make_release):
    """Where few will ask for the plain bytes, they take no memory."""
    root = make_release({"app.css": STYLE})
    memory = Memory()
    load(root / "app.css", record=read_published(root).records["app.css"], memory=memory)
    assert memory.used == 0


def test_what_the_build_did_not_write_is_not_immutable(make_release):
    """Other bytes under a recorded name: served as they are, noted, not as immutable (W10)."""
    root = make_release({"app.css": STYLE}, immutable={"app.css"})
    record = read_published(root).records["app.css"]
    (root / "app.css").write_text("other")
    notes = []
    asset = load(root / "app.css", record=record, immutable=True, notes=notes)
    assert asset.sha256 == hashlib.sha256(b"other").digest()
    assert asset.offer == ("identity",)
    assert cache_control(asset) == "max-age=60, public"
    # Of its variants, which are of other bytes, nothing is to be said beside that.
    assert notes == ["it is not what the build wrote: served as it is, and not as immutable"]


@pytest.mark.parametrize(
    ("name", "content", "immutable"),
    [
        # Django's names: the first twelve hex digits of the content's MD5 before the extension.
        ("app.c4ca4238a0b9.js", "1", True),
        ("app.c4ca4238a0b9.js", "2", False),
        ("app.c4ca4238a0b9.min.js", "1", True),
        ("c4ca4238a0b9", "1", False),
        ("app.c4ca4238a0b9", "1", True),
        ("app.c4ca4238a0b923.js", "1", False),
        ("app.C4CA4238A0B9.js", "1", False),
        (".c4ca4238a0b9./app.js", "1", False),
        ("app.js", "1", False),
    ],
)
def test_a_name_that_only_django_recorded(make_tree, name, content, immutable):
    """A name from `staticfiles.json` is immutable if it is the one that the content has."""
    path = make_tree({name: content}) / name
    notes = []
    url = f"/static/{name}"
    asset = load(path, url, immutable=True, named_by_md5=True, notes=notes)
    assert ("immutable" in cache_control(asset)) is immutable
    assert len(notes) == (not immutable)
    assert asset.identity.size == 1


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def grow(path):
    path.write_bytes(path.read_bytes() + b"\0")


def link(path):
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def folder(path):
    path.unlink()
    path.mkdir()


def turn(path):
    path.write_bytes(path.read_bytes()[::-1])


@pytest.mark.parametrize("damage", [truncate, grow, os.unlink, link, folder, turn])
@pytest.mark.parametrize("checksums", [False, True])
def test_a_variant_that_is_not_what_the_build_wrote(make_release, damage, checksums):
    """A variant that is gone, or of another size or content, is left out; the others stay."""
    root = make_release({"app.css": STYLE}, checksums=checksums)
    damage(root / "app.css.br")
    notes = []
    asset = load(root / "app.css", record=read_published(root).records["app.css"], notes=notes)
    if damage is turn and not checksums:
        # All that an earlier version recorded is the size.
        assert "br" in asset.offer
        return
    assert set(asset.offer) == {"gzip", "zstd", "identity"}
    assert notes == ["its variant app.css.br is not the one that the build made"]


def test_each_damaged_variant_is_noted(make_release):
    """What is wrong with each variant is said of each."""
    root = make_release({"app.css": STYLE})
    for path in (root / "app.css.br", root / "app.css.zst"):
        path.unlink()
    notes = []
    asset = load(root / "app.css", record=read_published(root).records["app.css"], notes=notes)
    assert asset.offer == ("gzip", "identity")
    assert [note.split()[2] for note in notes] == ["app.css.br", "app.css.zst"]


def test_a_coding_that_this_version_does_not_know(make_release):
    """A coding that a later build recorded is left out, and noted."""
    root = make_release({"app.css": STYLE}, codings=("gzip",))
    record = read_published(root).records["app.css"]
    notes = []
    codings = {**record.codings, "new": 5}
    asset = load(root / "app.css", record=replace(record, codings=codings), notes=notes)
    assert asset.offer == ("gzip", "identity")
    assert len(notes) == 1


def test_dynamic_compression_of_what_the_build_left_alone(make_release):
    """A recorded file without variants is compressed here; one with variants has those."""
    root = make_release({"app.css": STYLE}, codings=())
    record = read_published(root).records["app.css"]
    assert load(root / "app.css", record=record, dynamic={"gzip": 6}).offer == ("gzip", "identity")
    root = make_release({"app.css": STYLE}, codings=("br",))
    record = read_published(root).records["app.css"]
    assert load(root / "app.css", record=record, dynamic={"gzip": 6}).offer == ("br", "identity")


def test_a_variant_that_the_build_did_not_record_is_never_offered(make_release):
    """A `.br` left by an earlier build is no variant of today's file (W10)."""
    root = make_release({"app.css": STYLE}, codings=())
    (root / "app.css.br").write_bytes(b"stale")
    asset = load(root / "app.css", record=read_published(root).records["app.css"])
    assert asset.offer == ("identity",)


@pytest.mark.parametrize("immutable", [False, True])
def test_without_a_record_the_listing_is_believed(make_tree, immutable):
    """A user's own test, or Django's manifest, says what is immutable."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    assert ("immutable" in cache_control(load(path, immutable=immutable))) is immutable


@pytest.mark.parametrize(
    ("modified", "expected"),
    [
        (0, None),
        (1, None),
        (315_532_800, None),  # zip's 1980
        (499_162_500, None),  # npm's 1985
        (631_151_999, None),
        (631_152_000, 631_152_000),
        (1_700_000_000, 1_700_000_000),
        (1_700_000_000.9, 1_700_000_000),
        (-5, None),
    ],
)
def test_last_modified(make_tree, modified, expected):
    """The file's time, in whole seconds, if it is one that tells of changes."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    os.utime(path, (modified, modified))
    asset = load(path)
    assert asset.last_modified == expected
    sent = dict(asset.headers).get("Last-Modified")
    assert sent == (None if expected is None else format_date(expected))


@pytest.mark.parametrize("ahead", [-1, 0, 1, 3600, 10**9, 2**33])
def test_last_modified_is_not_in_the_future(make_tree, ahead):
    """A file from now on was modified before any server's Date (RFC 9110, section 8.8.2.1)."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    now = time.time()
    os.utime(path, (now + ahead, now + ahead))
    sent = parse_date(dict(load(path).headers)["Last-Modified"])
    # A server makes its Date once a second: it is up to a second old.
    assert int(now) - 2 <= sent <= time.time() - 2


@pytest.mark.parametrize(
    ("name", "content", "made"),
    [
        ("app.css", STYLE, True),
        ("app.css", "body{}", False),
        ("app.css", STYLE[:511], False),
        ("app.css", STYLE[:512], True),
        ("logo.png", STYLE, False),
        ("noise.txt", os.urandom(2000), False),
    ],
)
def test_dynamic_compression(make_tree, name, content, made):
    """What is worth it is compressed when it is loaded, in every coding that was asked for."""
    root = make_tree({name: content})
    memory = Memory()
    asset = load(root / name, memory=memory, dynamic=DYNAMIC_LEVELS)
    assert (len(asset.offer) > 1) is made
    assert asset.offer[-1] == "identity"
    for each in asset.representations[:-1]:
        assert each.source.data is not None
        assert len(each.source.data) == each.size < len(content)
    kept = asset.representations[:-1] if made else asset.representations
    assert memory.used == sum(each.size for each in kept)


def test_dynamic_compression_of_what_is_too_large(make_tree):
    """What is too large to keep is not compressed while a client waits."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    assert load(path, memory=Memory(64), dynamic={"gzip": 6}).offer == ("identity",)


def test_dynamic_compression_is_made_again_when_memory_let_it_go(make_tree):
    """Compressed bytes that were driven out are made anew, the same."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    memory = Memory()
    asset = load(path, memory=memory, dynamic={"gzip": 6})
    content = asset.representations[0].whole.content
    held, content.source.data = content.source.data, None
    assert open_body(content, memory) == held
    assert content.source.data == held


def test_load_raises_where_a_file_may_not_be_served(make_tree, tmp_path):
    """A file that now leads out of its root is refused, though it is there."""
    root = make_tree({"app.css": STYLE})
    (tmp_path / "secret").write_text("secret")
    (root / "app.css").unlink()
    (root / "app.css").symlink_to("../secret")
    with pytest.raises(PermissionError, match="leads out of the root"):
        load(root / "app.css", within=str(root))
    assert load(root / "app.css", within=None).identity.size == len("secret")


def make_entry(path, *, policy=Policy(), **listing):  # noqa: B008
    return Loader(policy, Memory()).entry(Listing(str(path), "/static/app.css", **listing))


def test_entry_loads_once(make_tree):
    """An entry reads its file when it is first asked for, and not again."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    entry = make_entry(path)
    assert entry.resource is None
    asset = entry.load()
    path.unlink()
    assert entry.load() is asset is entry.resource


def test_entry_of_a_file_that_is_gone_and_comes_back(make_tree, log):
    """A file that is gone is a 404, said once each time that it goes."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    entry = make_entry(path)
    path.unlink()
    for _ in range(3):
        assert isinstance(entry.load(), Missing)
    [line] = log()
    assert line == f"Answering 404 for /static/app.css: {path}: No such file or directory"
    path.write_text("back")
    assert isinstance(entry.load(), Asset)
    assert len(log()) == 1
    for _ in range(2):
        entry.forget()
        path.unlink(missing_ok=True)
        assert isinstance(entry.load(), Missing)
    assert log() == [line, line]


def test_entry_of_a_file_that_comes_back_as_another(make_tree, log):
    """A loss and another content are two changes, and each is one line."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    entry = make_entry(path)
    entry.load()
    entry.forget()
    path.unlink()
    entry.load()
    path.write_text("other")
    entry.load()
    assert [line.partition(f"{path}: ")[2] for line in log()] == [
        "No such file or directory",
        "it changed on the disk: served as it is now",
    ]


def test_entry_forgets(make_tree, log):
    """A forgotten entry is read again, and says so if it is another file by then."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    entry = make_entry(path)
    entry.forget()
    assert log() == []
    old = entry.load()
    path.write_text("new")
    entry.forget()
    entry.forget()
    assert log() == []
    assert entry.load().sha256 != old.sha256
    entry.load()
    assert log() == [f"{path}: it changed on the disk: served as it is now"]


def test_entry_says_nothing_of_what_is_the_same(make_tree, log):
    """A file that was forgotten and comes to the same bytes is no news."""
    path = make_tree({"app.css": STYLE}) / "app.css"
    entry = make_entry(path)
    old = entry.load()
    path.touch()
    entry.forget()
    assert entry.load() is not old
    assert log() == []


def test_entry_says_all_in_one_line(make_release, log):
    """However much is not as the build left it, it is one line each time that it changes."""
    root = make_release({"app.css": STYLE})
    entry = make_entry(root / "app.css", record=read_published(root).records["app.css"])
    (root / "app.css.br").unlink()
    (root / "app.css.gz").write_bytes(b"stale")
    for _ in range(2):
        entry.load()
    expected = [
        f"{root / 'app.css'}: its variant app.css.br is not the one that the build made; "
        "its variant app.css.gz is not the one that the build made"
    ]
    assert log() == expected
    (root / "app.css").write_text("other")
    entry.forget()
    entry.load()
    expected.append(
        f"{root / 'app.css'}: it is not what the build wrote: served as it is, and not as immutable"
    )
    assert log() == expected


def test_many_first_requests_read_a_file_once(make_tree):
    """Threads that ask for one file at once get one asset."""
    path = make_tree({"big.bin": bytes(4 * 2**20)}) / "big.bin"
    entry = make_entry(path)
    barrier = threading.Barrier(8)
    loaded = []

    def ask():
        barrier.wait()
        loaded.append(entry.load())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 8
    assert len({id(each) for each in loaded}) == 1


def test_a_users_rule_runs_when_the_catalog_is_built(make_tree):
    """A user's rule is called once a file, before the first request, and may fail loudly."""
    root = make_tree({"a.css": "a", "b.css": "b"})
    calls = []

    def rule(headers, path, url):
        calls.append((path, url))
        headers["X"] = "y"

    settled = settle({"add_headers_function": rule})
    origin = open_site([Mount("/s/", str(root))], settled)
    expected = [(str(root / "a.css"), "/s/a.css"), (str(root / "b.css"), "/s/b.css")]
    assert calls == expected
    answer = origin.answer(origin.find("/s/a.css"), Request("GET"))
    assert dict(answer.reply.headers)["X"] == "y"
    assert calls == expected

    def broken(headers, path, url):
        headers["X"] = "a\r\nb"

    with pytest.raises(ConfigurationError):
        open_site([Mount("/s/", str(root))], settle({"add_headers_function": broken}))


def test_a_users_rule_that_fails_on_a_changed_file(make_release, log):
    """While requests are served, a rule that raises costs its own fields, not the answer."""
    root = make_release({"app.css": STYLE}, immutable={"app.css"})
    failing = []

    def rule(headers, path, url):
        if failing:
            raise KeyError("oops")
        headers["X"] = "y"

    entry = make_entry(
        root / "app.css",
        policy=Policy(add_headers=rule),
        record=read_published(root).records["app.css"],
        immutable=True,
    )
    assert dict(entry.load().headers)["X"] == "y"
    (root / "app.css").write_text("other")
    failing.append(True)
    entry.forget()
    headers = dict(entry.load().headers)
    assert "X" not in headers
    assert headers["Cache-Control"] == "max-age=60, public"
    assert "add_headers_function failed for /static/app.css: serving it without" in log()


def test_a_users_rule_sees_a_changed_file_as_it_is_now(make_release):
    """A rule that looks at the fields is called again when a file is immutable no more."""
    root = make_release({"app.css": STYLE}, immutable={"app.css"})
    seen = []
    entry = make_entry(
        root / "app.css",
        policy=Policy(add_headers=lambda headers, *_: seen.append(headers["Cache-Control"])),
        record=read_published(root).records["app.css"],
        immutable=True,
    )
    (root / "app.css").write_text("other")
    entry.load()
    assert ["immutable" in each for each in seen] == [True, False]
