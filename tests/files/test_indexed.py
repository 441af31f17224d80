"""Sites with an index: what it lists, what lies beside it, and nothing read before it is asked."""

import os

import pytest

from harness.calls import system_calls
from hiss.core.asset import Asset, Missing, Redirect
from hiss.core.manifest import ManifestEntry
from hiss.core.request import Request
from hiss.files.index import format_index
from hiss.files.indexed import IndexedFinder
from hiss.files.load import Listing
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.release import INDEX
from hiss.files.site import open_site
from hiss.release.prune import prune
from hiss.release.retain import Retention
from release.roots import Promises, publish_all

STYLE = "body { margin: 0 }\n" * 50


def open_mounts(*mounts, listed=(), **options):
    return open_site(mounts, settle(options), listed=listed)


def is_indexed(origin):
    """Whether the first of the folders is served by its index, and not by what was read of it."""
    finder = origin.find.__self__
    shelves = finder._shelves if isinstance(finder, IndexedFinder) else ()
    return any(shelf.index is not None for shelf in shelves) and not finder._rest.entries


def served(origin, path, **fields):
    """The body that is sent for a path, where it redirects to, "miss", or `None`."""
    entry = origin.find(path)
    if entry is None:
        return None
    match entry.load():
        case Redirect(location=location):
            return f"-> {location}"
        case Missing():
            return "miss"
        case Asset():
            body = origin.answer(entry, Request("GET", **fields)).body
            return body if isinstance(body, bytes) else b"".join(body)


def cache_control(origin, path):
    return dict(origin.find(path).load().headers)["Cache-Control"]


LISTED = {
    "app.css": STYLE,
    "css/é ☃.css": "snow",
    "index.html": "top",
    "docs/index.html": "docs",
    "a:b é/index.html": "colon",
    "both": "file",
    "docs/myindex.html": "mine",
    ".well-known/a": "well known",
    "download.gz": "gz",
}
BESIDE = {
    "new.css": "beside",
    "css/new.css": "beside too",
    "more/index.html": "more",
    "old.css.br": "stale",
    "data.csv.gz": "gz",
    ".env": "secret",
    ".well-known/.htpasswd": "secret",
}


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    ("path", "index_file", "expected"),
    [
        ("/s/app.css", False, STYLE.encode()),
        ("/s/css/é ☃.css", False, b"snow"),
        ("/s/.well-known/a", False, b"well known"),
        ("/s/download.gz", False, b"gz"),
        ("/s/both", False, b"file"),
        ("/s/index.html", False, b"top"),
        ("/s/", False, "miss"),
        ("/s", False, None),
        ("/s/docs", False, "miss"),
        ("/s/docs/", False, "miss"),
        # Put beside the release by hand.
        ("/s/new.css", False, b"beside"),
        ("/s/css/new.css", False, b"beside too"),
        ("/s/old.css.br", False, b"stale"),
        ("/s/data.csv.gz", False, b"gz"),
        # A recorded variant has no URL of its own.
        ("/s/app.css.br", False, "miss"),
        ("/s/app.css.gz", False, "miss"),
        ("/s/app.css.zst", False, "miss"),
        ("/s/download.gz.br", False, "miss"),
        # Index documents, of the release and beside it.
        ("/s/app.css", True, STYLE.encode()),
        ("/s/", True, b"top"),
        ("/s", True, "-> ./s/"),
        ("/s/index.html", True, "-> ./"),
        ("/s/docs/", True, b"docs"),
        ("/s/docs", True, "-> ./docs/"),
        ("/s/docs/index.html", True, "-> ./"),
        ("/s/a:b é", True, "-> ./a:b%20%C3%A9/"),
        ("/s/more/", True, b"more"),
        ("/s/more", True, "-> ./more/"),
        ("/s/both/", True, "miss"),
        ("/s/both", True, b"file"),
        ("/s/docs/", "myindex.html", b"mine"),
        ("/s/docs", "myindex.html", "-> ./docs/"),
        ("/s", "myindex.html", None),
        ("/s/index.html", "myindex.html", b"top"),
        ("/s/none", True, "miss"),
        ("/s/none/", True, "miss"),
        # Nothing but plain, public names.
        ("/s/.env", False, "miss"),
        ("/s/.well-known/.htpasswd", False, "miss"),
        ("/s/.hiss/current", False, "miss"),
        ("/s/.hiss/index", False, "miss"),
        ("/s/../secret", False, "miss"),
        ("/s/docs/../app.css", False, "miss"),
        ("/s//app.css", False, "miss"),
        ("/s/app.css/", False, "miss"),
        ("/s/app.css\0", False, "miss"),
        ("/s/\udce9.css", False, "miss"),
        ("/s/" + "a" * 5000, False, "miss"),
        ("/s/out", False, "miss"),
        ("/s/folder_out/secret", False, "miss"),
        ("/s/dangling", False, "miss"),
        ("/s/loop", False, "miss"),
        ("/s/fifo", False, "miss"),
        ("/s/link.css", False, STYLE.encode()),
        # Not below the prefix.
        ("/s-pages/", False, None),
        ("/", False, None),
        ("", False, None),
        ("/app.css", False, None),
    ],
)
def test_find(make_release, make_tree, tmp_path, indexed, path, index_file, expected):
    """With an index a site answers what it answers where everything was listed at its start."""
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer/secret").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    root = make_release(LISTED, indexed=indexed)
    make_tree(BESIDE)
    for name, target in [
        ("out", "../secret"),
        ("folder_out", "../outer"),
        ("dangling", "nowhere"),
        ("loop", "loop"),
        ("link.css", "app.css"),
    ]:
        (root / name).symlink_to(target)
    os.mkfifo(root / "fifo")
    origin = open_mounts(Mount("/s/", str(root), owned=True), index_file=index_file)
    assert is_indexed(origin) is indexed
    assert served(origin, path) == expected
    # And so again, from what is remembered of it.
    assert served(origin, path) == expected


def test_what_the_index_says_counts(make_release):
    """Immutability and variants come from the index, and are checked as a manifest's are."""
    root = make_release({"app.css": STYLE, "b.css": STYLE}, immutable={"app.css"})
    for path in (root / ".hiss/releases").iterdir():
        path.unlink()
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert "immutable" in cache_control(origin, "/s/app.css")
    assert cache_control(origin, "/s/b.css") == "max-age=60, public"
    assert len(origin.find("/s/b.css").load().offer) == 4
    packed = served(origin, "/s/app.css", accept_encoding="br")
    assert packed == (root / "app.css.br").read_bytes()


def test_what_lies_beside_a_release_is_plain(make_release, log):
    """A file that the index does not list is neither immutable nor coded, and is no news."""
    root = make_release({"app.css": STYLE})
    (root / "new.css").write_text(STYLE)
    (root / "new.css.br").write_bytes(b"stale")
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert origin.find("/s/new.css").load().offer == ("identity",)
    assert cache_control(origin, "/s/new.css") == "max-age=60, public"
    assert log() == []


def test_a_variant_that_the_release_has_not(make_release):
    """Beside a listed file, what has the suffix of a coding that it was not made in is a file."""
    root = make_release({"app.css": STYLE}, codings=("gzip",))
    (root / "app.css.br").write_bytes(b"by hand")
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert served(origin, "/s/app.css.br") == b"by hand"
    assert served(origin, "/s/app.css.gz") == "miss"
    assert origin.find("/s/app.css").load().offer == ("gzip", "identity")


def test_a_link_that_leads_out_is_no_file(make_release, tmp_path, log):
    """Where misses are the application's, so is an unlisted link out of the root."""
    root = make_release({"app.css": "a"})
    (tmp_path / "secret").write_text("secret")
    (root / "out").symlink_to("../secret")
    origin = open_mounts(Mount("/s/", str(root), owned=True), misses="pass")
    assert served(origin, "/s/out") is None
    assert log() == []


def test_a_users_pattern_counts(make_release):
    """What a user's pattern calls immutable is that, listed or not."""
    root = make_release({"a.0123.js": "1", "b.js": "2"})
    (root / "c.0123.js").write_text("3")
    origin = open_mounts(Mount("/s/", str(root), owned=True), immutable_file_test=r"\.0123\.")
    assert is_indexed(origin)
    immutable = [
        name
        for name in ("a.0123.js", "b.js", "c.0123.js")
        if "immutable" in cache_control(origin, f"/s/{name}")
    ]
    assert immutable == ["a.0123.js", "c.0123.js"]


@pytest.mark.parametrize("option", ["immutable_file_test", "add_headers_function"])
def test_a_users_function_is_called_at_the_start(make_release, option):
    """A user's own function is called for every file when the site is opened, index or not."""
    root = make_release({"a.css": "a", "b.css": "b"})
    calls = []

    def function(*arguments):
        calls.append(arguments[-1])
        return False

    origin = open_mounts(Mount("/s/", str(root)), **{option: function})
    assert set(calls) == {"/s/a.css", "/s/b.css"}
    assert served(origin, "/s/a.css") == b"a"


def test_files_come_and_go(make_release, log):
    """What is put beside a release later is served; what it lists and is not there is a 404."""
    root = make_release({"app.css": "a"})
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert served(origin, "/s/new.css") == "miss"
    (root / "new.css").write_text("new")
    assert served(origin, "/s/new.css") == b"new"
    (root / "app.css").unlink()
    assert served(origin, "/s/app.css") == "miss"
    [line] = log()
    assert line.startswith("Answering 404 for /s/app.css: ")
    (root / "app.css").write_text("a")
    assert served(origin, "/s/app.css") == b"a"


def test_a_listed_file_that_leads_out(make_release, tmp_path, log):
    """A listed file that is a link out of the root by now is not served."""
    root = make_release({"app.css": "a"})
    (tmp_path / "secret").write_text("secret")
    (root / "app.css").unlink()
    (root / "app.css").symlink_to("../secret")
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert served(origin, "/s/app.css") == "miss"
    [line] = log()
    assert "leads out of the root" in line


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", ".env", "a//b", ".hiss/current"])
def test_an_index_that_leads_out(make_release, tmp_path, name):
    """A name that is no public one of the root is not served, though an index lists it."""
    root = make_release({"app.css": "a"})
    (tmp_path / "secret").write_text("secret")
    (root / ".env").write_text("secret")
    write_index(root, [name])
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    assert served(origin, f"/s/{name}") == "miss"
    assert served(origin, "/s/app.css") == b"a"


def write_index(root, names, **fields):
    known = {"immutable": False, "sha256": "", "size": 0, "type": "", "integrity": ""}
    entries = [ManifestEntry(name=name, file=name, **{**known, **fields}) for name in names]
    (root / INDEX).parent.mkdir(exist_ok=True)
    (root / INDEX).write_bytes(format_index(entries))


def test_a_damaged_record(make_release, log):
    """A file whose record is damaged is served as a plain one, with a line; the others as ever."""
    root = make_release({"app.css": STYLE, "b.css": STYLE}, immutable={"app.css", "b.css"})
    data = (root / INDEX).read_bytes()
    begin = data.index(b'{"name":"app.css"')
    damaged = data[:begin] + b"[" + data[begin + 1 :]
    (root / INDEX).unlink()
    (root / INDEX).write_bytes(damaged)
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    for _ in range(2):
        assert served(origin, "/s/app.css", accept_encoding="br") == STYLE.encode()
    assert cache_control(origin, "/s/app.css") == "max-age=60, public"
    assert log() == [
        f"Serving app.css as a plain file: {root / INDEX} is damaged\n"
        "  Run the build again to replace it."
    ]
    assert "immutable" in cache_control(origin, "/s/b.css")
    assert len(origin.find("/s/b.css").load().offer) == 4


def test_an_entry_is_kept(make_release):
    """A URL has one entry, whose file is read once; what is no file leaves nothing behind."""
    root = make_release({"app.css": "a", "docs/index.html": "d"})
    origin = open_mounts(Mount("/s/", str(root), owned=True), index_file=True)
    for path in ("/s/app.css", "/s/docs/", "/s/docs", "/s/docs/index.html"):
        assert origin.find(path) is origin.find(path)
    resource = origin.find("/s/app.css").load()
    (root / "app.css").write_text("other")
    assert origin.find("/s/app.css").load() is resource
    known = origin.find.__self__._known
    before = len(known)
    for n in range(100):
        origin.find(f"/s/none{n}")
    assert len(known) == before


def test_misses(make_release):
    """What is nowhere is Hiss's 404 below what it owns, and the application's elsewhere."""
    root = str(make_release({"app.css": "a"}))
    owned = open_mounts(Mount("/s/", root, owned=True))
    assert isinstance(owned.miss("/s/app.css").load(), Missing)
    assert owned.miss("/other") is None
    for origin in (
        open_mounts(Mount("/s/", root)),
        open_mounts(Mount("/s/", root, owned=True), misses="pass"),
    ):
        assert origin.find("/s/none") is None
        assert origin.miss("/s/none") is None
        assert served(origin, "/s/app.css") == b"a"


def test_at_the_root(make_release):
    """At the prefix `/` the index document is the root's, and every miss is the application's."""
    root = make_release({"index.html": "top", "s/index.html": "s"})
    origin = open_mounts(Mount("/", str(root)), index_file=True)
    assert served(origin, "/") == b"top"
    assert served(origin, "/index.html") == "-> ./"
    assert served(origin, "/s") == "-> ./s/"
    assert served(origin, "") is None
    assert served(origin, "/none") is None


@pytest.fixture
def releases(tmp_path, write_release):
    """Two releases and a plain tree, which share a name and have one of their own each."""

    def make(name, *, indexed):
        root = tmp_path / name
        root.mkdir()
        write_release(root, {"a.css": name, f"{name}.css": name}, codings=(), indexed=indexed)
        return str(root)

    return make("one", indexed=True), make("two", indexed=True), make("plain", indexed=False)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1), (2, 1, 0)])
def test_the_first_mount_wins(releases, order):
    """Of two files for one URL the first mount's is served, whichever of them have an index."""
    roots = [releases[place] for place in order]
    origin = open_mounts(*(Mount("/s/", root) for root in roots))
    names = [os.path.basename(root) for root in roots]
    assert served(origin, "/s/a.css").decode() == names[0]
    for name in names:
        assert served(origin, f"/s/{name}.css").decode() == name


def test_listed_files_come_before_an_index(releases, tmp_path):
    """A file from elsewhere, such as a framework's finder's, comes before those of the mounts."""
    (tmp_path / "listed").write_text("listed")
    listed = [Listing(str(tmp_path / "listed"), "/s/a.css")]
    origin = open_mounts(Mount("/s/", releases[0]), listed=listed)
    assert served(origin, "/s/one.css") == b"one"
    assert served(origin, "/s/a.css") == b"listed"


def test_mounts_below_mounts(releases):
    """A mount inside another's URLs, and one beside them, are found each by its prefix."""
    one, two, plain = releases
    origin = open_mounts(
        Mount("/t/", two, owned=True),
        Mount("/s/", one, owned=True),
        Mount("/s/deep/", two, owned=True),
        Mount("/", plain),
    )
    assert served(origin, "/t/a.css") == b"two"
    assert served(origin, "/t/one.css") == "miss"
    assert served(origin, "/s/a.css") == b"one"
    assert served(origin, "/s/deep/a.css") == b"two"
    assert served(origin, "/a.css") == b"plain"
    assert served(origin, "/s/deep/one.css") == "miss"
    assert served(origin, "/one.css") is None


def test_opening_costs_the_same_for_any_number_of_files(tmp_path, log):
    """Not one listed file is looked at before it is asked for: here there are none at all."""

    def open_of(number):
        root = tmp_path / str(number)
        root.mkdir()
        write_index(root, [f"css/{n}.css" for n in range(number)], immutable=True)
        (root / ".hiss/current").write_text("ab")
        return system_calls(lambda: open_mounts(Mount("/s/", str(root), owned=True)))

    few, _ = open_of(2)
    many, origin = open_of(1000)
    assert many == few
    # The index, and the pointer, which says what is in force; how many releases there are.
    assert many.count("open") == 2
    assert "scandir" not in many
    assert many.count("listdir") == 1
    # Nor is it when its entry is looked up; only its being loaded finds that there is no file.
    calls, entries = system_calls(lambda: [origin.find(f"/s/css/{n}.css") for n in range(1000)])
    assert set(calls) <= {"pread"}
    assert all(entry.resource is None for entry in entries)
    assert log() == []
    assert isinstance(entries[0].load(), Missing)
    assert len(log()) == 1


def test_what_is_in_memory_needs_no_disk(make_release):
    """Once it is loaded, a file is found and answered without a look at the disk."""
    root = make_release({"app.css": STYLE})
    origin = open_mounts(Mount("/s/", str(root), owned=True))
    for accept in ("identity", "br"):
        served(origin, "/s/app.css", accept_encoding=accept)

    def ask():
        request = Request("GET", accept_encoding="br")
        return origin.answer_held(origin.find("/s/app.css"), request)

    calls, (_, body) = system_calls(ask)
    assert calls == []
    assert body == (root / "app.css.br").read_bytes()


def test_what_is_known_needs_no_disk(make_release):
    """Lanes ask on the thread that serves everybody: what is not known yet is for others to find,
    also where a folder may have a document (42 looks at the disk for one name that is none).
    """
    files = {"app.css": STYLE, "docs/index.html": "<p>"}
    root = make_release(files, immutable=("app.css",))
    origin = open_mounts(Mount("/s/", str(root), owned=True), index_file=True)
    for path in ("/s/nope/1", "/s/docs", "/s/docs/", "/s/app.css", "/other"):
        calls, entry = system_calls(lambda path=path: origin.known(path))
        assert (calls, entry) == ([], None)
    served(origin, "/s/app.css")
    calls, entry = system_calls(lambda: origin.known("/s/app.css"))
    assert calls == []
    assert entry is origin.find("/s/app.css")


# --- an index that is replaced while a process serves


@pytest.fixture
def root(tmp_path):
    return tmp_path / "static"


def asked(door, app, url, coding="br"):
    """How a URL answers: its status, the coding of its body, and whether it is for ever."""
    answer = door.get(app, url, headers={"Accept-Encoding": coding})
    is_immutable = "immutable" in (answer.headers["Cache-Control"] or "")
    return answer.status, answer.headers["Content-Encoding"], is_immutable


@pytest.mark.parametrize("index_file", [False, True])
@pytest.mark.parametrize("misses", ["own", "pass"])
def test_a_release_that_comes_later_is_served(root, door, index_file, misses, log):
    """Without a restart: its hashed URLs answer, for ever and with their variants, and those of the
    release before still do; its plain names say what they say now, and so with variants.
    """
    promises = Promises().note(*publish_all(root, 1))
    app = door.StaticFiles(root=root, index_file=index_file, misses=misses)
    assert promises.broken(root, door.get, app) == []
    assert asked(door, app, "/static/robots.txt") == (200, "br", False)
    promises.note(*publish_all(root, 2, 3))
    assert promises.broken(root, door.get, app) == []
    answer = door.get(app, "/static/robots.txt", headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.body == (root / "robots.txt.br").read_bytes()
    assert asked(door, app, "/static/only/3.txt") == (200, "br", False)
    assert log() == []


def test_what_is_pruned_expires_at_once(root, door):
    """A name that was asked for before, and one that was not."""
    one, two = publish_all(root, 1, 2)
    app = door.StaticFiles(root=root)
    gone = [e for e in one.entries if e.immutable and e.name in {"css/app.css", "robots.txt"}]
    assert asked(door, app, f"/static/{gone[0].file}")[0] == 200
    prune(str(root), Retention(1, 0))
    for entry in gone:
        answer = door.get(app, f"/static/{entry.file}")
        assert answer.status == 404
        assert answer.headers["Hiss-Miss"] == f"expired in release {one.id}"
    assert Promises().note(two).broken(root, door.get, app) == []


def test_a_file_that_is_asked_for_before_its_release_is_there(root, door):
    """Files come first: who asks for one before the index names it gets it, for a minute. Once
    another file of the release was asked for, it is as the others are.
    """
    promises = Promises().note(*publish_all(root, 1))
    app = door.StaticFiles(root=root)
    [entry] = [
        e
        for e in publish_all(root.parent / "next", 2)[0].entries
        if e.name == "robots.txt" and e.immutable
    ]
    (root / entry.file).write_bytes((root.parent / "next" / entry.file).read_bytes())
    assert asked(door, app, f"/static/{entry.file}") == (200, None, False)
    promises.note(*publish_all(root, 2))
    promises.broken(root, door.get, app)
    assert promises.broken(root, door.get, app) == []


@pytest.mark.parametrize("misses", ["own", "pass"])
def test_an_index_that_somebody_else_reads_first(root, misses):
    """Who found that a name is not in the index, while another read the next one, has it as that
    one says: once it was a file like any other, and remained so until a further release.
    """
    publish_all(root, 1)
    origin = open_mounts(Mount("/s/", str(root), owned=True), misses=misses)
    [release] = publish_all(root, 2)
    first, other = [f"/s/{e.file}" for e in release.entries if e.immutable][-2:]
    found = origin.find(first)
    assert "immutable" in cache_control(origin, other)
    assert "immutable" in dict(found.load().headers)["Cache-Control"]
    assert "immutable" in cache_control(origin, first)


def test_an_index_that_comes_before_its_release(root, door):
    """Between the index and the pointer what is in it answers; and once the release is in force, so
    that nobody need ask twice.
    """
    one, two = publish_all(root, 1, 2)
    new = (root / INDEX).read_bytes()
    (root / INDEX).write_bytes(format_index(one.entries, one.id))
    (root / ".hiss/current").write_text(one.id)
    app = door.StaticFiles(root=root)
    (root / INDEX).unlink()
    (root / INDEX).write_bytes(new)
    urls = [f"/static/{e.file}" for e in two.entries if e.immutable and e not in one.entries]
    assert asked(door, app, urls[0])[0] == 200
    (root / ".hiss/current").write_text(two.id)
    assert [asked(door, app, url) for url in urls[1:]] == [(200, "br", True)] * len(urls[1:])
    assert asked(door, app, urls[0]) == (200, "br", True)


@pytest.mark.parametrize("how", ["damaged", "removed", "cut"])
def test_an_index_that_is_damaged_later(root, door, how, log):
    """The process goes on with the one that it has."""
    promises = Promises().note(*publish_all(root, 1))
    app = door.StaticFiles(root=root)
    data = (root / INDEX).read_bytes()
    (root / INDEX).unlink()
    if how != "removed":
        (root / INDEX).write_bytes(b"damaged" * 50 if how == "damaged" else data[:100])
    assert asked(door, app, "/static/none.css")[0] == 404
    assert promises.broken(root, door.get, app) == []
    assert all("Serving by the index that was read before" in line for line in log())
    assert bool(log()) is (how != "removed")
    promises.note(*publish_all(root, 2))
    assert promises.broken(root, door.get, app) == []
