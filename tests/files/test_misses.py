"""404s of what Hiss owns: why there is no file, in a header and, not too often, in the log."""

import json
import logging
import time
from dataclasses import replace

import pytest

from hiss.core.manifest import Manifest, ManifestEntry, format_manifest
from hiss.files import misses
from hiss.files.expired import add_expired
from hiss.files.release import manifest_name, read_manifest

STYLE = "body { margin: 0 }\n" * 50


@pytest.fixture
def root(make_release):
    """A release in force, and another whose files are not all here; a file that expired."""
    root = make_release({"app.css": STYLE, "gone.0a.js": "gone()"})
    (root / "gone.0a.js").unlink()
    entry = ManifestEntry(
        name="other.js",
        file="other.0b0b0b0b0b0b.js",
        immutable=True,
        sha256="ab" * 32,
        size=7,
        type="text/javascript",
        integrity="",
    )
    other = Manifest(id="feed", created="2026-01-01", label="", entries=(entry,))
    (root / manifest_name("feed")).write_text(format_manifest(other))
    add_expired(str(root), [("old.0c.js", "dead"), ("é old.css", "dead")])
    return root


@pytest.fixture
def lines(caplog):
    """What was logged of misses: level and words."""
    caplog.set_level(logging.DEBUG, "hiss.misses")
    return lambda: [
        (each.levelname, each.getMessage()) for each in caplog.records if each.name == "hiss.misses"
    ]


@pytest.mark.parametrize("index", ["index", "none"])
@pytest.mark.parametrize("index_file", [False, True])
@pytest.mark.parametrize(
    ("name", "why", "level"),
    [
        ("none.css", "never built", "INFO"),
        ("old.0c.js", "expired in release dead", "WARNING"),
        ("%C3%A9%20old.css", "expired in release dead", "WARNING"),
        ("old.0c.js?v=1", "expired in release dead", "WARNING"),
        ("other.0b0b0b0b0b0b.js", "present in release feed, not adopted here", "WARNING"),
        ("gone.0a.js", "present in release {current}, not adopted here", "WARNING"),
        (".hiss/current", "never built", "INFO"),
        ("a%2Fb", "never built", "INFO"),
        ("", "never built", "INFO"),
    ],
)
def test_why(root, door, lines, name, why, level, index, index_file):
    """404 that nobody keeps, with a short body and the reason: at every door, however found."""
    if index == "none":
        (root / ".hiss/index").unlink()
    why = why.format(current=read_manifest(str(root)).id)
    app = door.StaticFiles(root=root, index_file=index_file)
    for method in ("GET", "HEAD"):
        answer = door.get(app, f"/static/{name}", method)
        assert answer.status == 404
        assert answer.headers["Hiss-Miss"] == why
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.body == (b"404 Not Found\n" if method == "GET" else b"")
    if name == "gone.0a.js" and index == "index":
        # It was looked for, and the log of files has a line on it already.
        assert lines() == []
        return
    assert {each for each, _ in lines()} == {level}
    assert all(line.endswith(f": {why}") and "/static/" in line for _, line in lines())
    assert len(lines()) == 2


def test_a_folder_that_no_build_made(make_tree, door, lines):
    """Nobody knows what was there: there is no reason, and no line."""
    app = door.StaticFiles(root=make_tree({"app.css": STYLE}))
    answer = door.get(app, "/static/none.css")
    assert (answer.status, answer.headers["Hiss-Miss"]) == (404, None)
    assert answer.headers["Cache-Control"] == "no-store"
    assert lines() == []


def test_misses_may_be_the_applications(root, lines, wsgi_get, asgi_get):
    """MISSES="pass": it answers whatever has no file, and Hiss says nothing of it."""
    import hiss.asgi
    import hiss.wsgi

    def pages(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"the application's"]

    async def async_pages(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the application's"})

    doors = [
        (wsgi_get, hiss.wsgi.StaticFiles(pages, root=root, misses="pass")),
        (asgi_get, hiss.asgi.StaticFiles(async_pages, root=root, misses="pass")),
    ]
    for get, app in doors:
        for name in ("none.css", "old.0c.js", "other.0b0b0b0b0b0b.js", ".hiss/current"):
            answer = get(app, f"/static/{name}")
            assert (answer.status, answer.body) == (200, b"the application's")
            assert answer.headers["Hiss-Miss"] is None
        assert get(app, "/static/app.css").body.decode() == STYLE
    assert lines() == []


def test_what_comes_and_goes_is_noticed(root, door):
    """Without a restart: what was pruned meanwhile, and what was adopted."""
    app = door.StaticFiles(root=root)

    def why(name):
        return door.get(app, f"/static/{name}").headers["Hiss-Miss"]

    assert why("other.0b0b0b0b0b0b.js") == "present in release feed, not adopted here"
    (root / manifest_name("feed")).unlink()
    assert why("other.0b0b0b0b0b0b.js") == "never built"
    add_expired(str(root), [("other.0b0b0b0b0b0b.js", "feed")])
    assert why("other.0b0b0b0b0b0b.js") == "expired in release feed"
    (root / "other.0b0b0b0b0b0b.js").write_text("other()")
    assert why("other.0b0b0b0b0b0b.js") is None


def test_what_goes_after_the_first_miss_is_noticed(root, door):
    """A file that is lost while the process runs was built all the same, whoever asked before."""
    (root / "late.0d0d0d0d0d0d.js").write_text("late()")
    feed = read_manifest(str(root), "feed")
    late = replace(feed.entries[0], name="late.js", file="late.0d0d0d0d0d0d.js")
    feed = replace(feed, entries=(*feed.entries, late))
    (root / manifest_name("feed")).write_text(format_manifest(feed))
    app = door.StaticFiles(root=root)

    def why(name):
        return door.get(app, f"/static/{name}").headers["Hiss-Miss"]

    assert why("other.0b0b0b0b0b0b.js") == "present in release feed, not adopted here"
    (root / "late.0d0d0d0d0d0d.js").unlink()
    assert why("late.0d0d0d0d0d0d.js") == "present in release feed, not adopted here"


def folder(path):
    path.mkdir()


def dangling(path):
    path.symlink_to("nowhere")


def leading_out(path):
    path.symlink_to("/etc/hostname")


def private(path):
    path.write_text("gone()")
    path.chmod(0)


def in_a_private_folder(path):
    path.write_text("gone()")
    path.parent.chmod(0o600)


@pytest.mark.parametrize("place", [folder, dangling, leading_out, private, in_a_private_folder])
@pytest.mark.parametrize("index", ["index", "none"])
def test_what_is_there_and_cannot_be_read(
    make_release, public_folder, unprivileged, door, place, index
):
    """It was built, and nobody has to bring it: what is in its place is in the way."""
    root = public_folder / "static"
    root.mkdir()
    make_release({"css/app.0a0a0a0a.css": STYLE}, root=root)
    if index == "none":
        (root / ".hiss/index").unlink()
    path = root / "css/app.0a0a0a0a.css"
    path.unlink()
    place(path)
    current = read_manifest(str(root)).id
    with unprivileged():
        app = door.StaticFiles(root=root)
        answer = door.get(app, "/static/css/app.0a0a0a0a.css")
    path.parent.chmod(0o755)
    assert answer.status == 404
    assert answer.headers["Hiss-Miss"] == f"in release {current}, cannot be read here"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_hidden_is_not_told(make_release, door):
    """Who asks for a secret does not learn from the reason that it is there."""
    root = make_release({"app.css": STYLE, ".env": "SECRET=1"})
    app = door.StaticFiles(root=root)
    for name in (".env", ".none"):
        assert door.get(app, f"/static/{name}").headers["Hiss-Miss"] == "never built"


def test_of_several_releases_the_last_is_named(root, door):
    """A file that two releases have: the one that was built last."""
    feed = read_manifest(str(root), "feed")
    later = replace(feed, id="fade", created="2027-01-01")
    (root / manifest_name("fade")).write_text(format_manifest(later))
    answer = door.get(door.StaticFiles(root=root), "/static/other.0b0b0b0b0b0b.js")
    assert answer.headers["Hiss-Miss"] == "present in release fade, not adopted here"


# --- the header


EVIL = ["a\r\nSet-Cookie: a=b", "a\n", "\x00", "é", "☃", "\udcff", "\x7f", "a" * 10]


@pytest.mark.parametrize("release", EVIL, ids=ascii)
def test_the_header_holds_what_a_header_may(root, door, lines, release):
    """Whatever somebody wrote into the records: the answer is a 404 with a field that is one."""
    document = json.loads((root / manifest_name("feed")).read_text()) | {"id": release}
    (root / manifest_name("feed")).write_text(json.dumps(document))
    data = f"{release} bad.js\ndead old.js\n".encode("utf-8", "surrogateescape")
    (root / ".hiss/expired").write_bytes(data)
    app = door.StaticFiles(root=root)
    for name in ("other.0b0b0b0b0b0b.js", "bad.js", "old.js"):
        answer = door.get(app, f"/static/{name}")
        assert answer.status == 404
        value = answer.headers["Hiss-Miss"]
        assert value
        assert value.isascii()
        assert value.isprintable()
        assert answer.headers["Set-Cookie"] is None
    assert all("\n" not in line and "\r" not in line for _, line in lines())


def test_a_path_makes_no_lines(root, door, lines):
    """Who asks for a name of several lines writes one into the log."""
    app = door.StaticFiles(root=root)
    for path in ("/static/a%0A404%20for%20b", "/static/a%0D%0Ab", "/static/%1B[31m", "/static/%FF"):
        assert door.get(app, path).status == 404
    assert len(lines()) == 4
    assert all(line.isprintable() for _, line in lines())


# --- the log


def test_the_log_cannot_be_filled(root, door, lines, monkeypatch):
    """Twenty lines a minute, and then how many there were besides. What is only never built keeps
    no warning out.
    """
    clock = [1000.0]
    monkeypatch.setattr(misses.time, "monotonic", lambda: clock[0])
    app = door.StaticFiles(root=root)
    for number in range(100):
        door.get(app, f"/static/{number}.css")
    assert [line for _, line in lines()] == [
        f"404 for /static/{number}.css: never built" for number in range(20)
    ]
    for _ in range(100):
        door.get(app, "/static/old.0c.js")
    assert lines()[20:] == [("WARNING", "404 for /static/old.0c.js: expired in release dead")] * 20
    clock[0] += 61
    door.get(app, "/static/old.0c.js")
    assert lines()[40:] == [
        ("WARNING", "80 more 404s in the minute before"),
        ("WARNING", "404 for /static/old.0c.js: expired in release dead"),
    ]


def test_what_nobody_reads_is_not_counted(root, door, lines, caplog):
    """Where the log takes warnings alone, what was never built takes no line from those."""
    caplog.set_level(logging.WARNING, "hiss.misses")
    app = door.StaticFiles(root=root)
    for number in range(100):
        door.get(app, f"/static/{number}.css")
    assert lines() == []
    door.get(app, "/static/old.0c.js")
    assert len(lines()) == 1


def test_misses_are_remembered_by_nobody(root, door):
    """Anybody may ask for any number of them: memory does not grow with it, nor does a search."""
    app = door.StaticFiles(root=root)
    origin = app.origin
    known = len(origin.find.__self__._known)
    started = time.monotonic()
    for number in range(200):
        door.get(app, f"/static/{number}.css")
    assert len(origin.find.__self__._known) == known
    assert time.monotonic() - started < 10
