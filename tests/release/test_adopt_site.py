"""Releases come from a live site that names them; what it says is believed as far as hashes go."""

import json
import socketserver
import threading
import time
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import Request
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from trees import manifest_of

import hiss
from hiss.errors import ConfigurationError, ManifestError
from hiss.files.release import read_manifest
from hiss.release import ledger
from hiss.release.adopt import site
from hiss.release.retain import Retention
from hiss.release.switch import switch
from hiss.wsgi import StaticFiles
from release.test_adopt import (
    ALL,
    adopt_into,
    age,
    faults_of,
    hashed_file,
    plain_file,
    release_ids,
    run,
    snapshot,
    spoil,
)
from release.test_adopt import build_into as build_into
from release.test_adopt import pattern as pattern
from release.test_adopt import source as source


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Threads(socketserver.ThreadingMixIn, WSGIServer):
    # The system's own number of waiting clients, as a server has it.
    request_queue_size = 64
    daemon_threads = True


class Site:
    """A site, served on loopback; `answer` may change what its static files say."""

    def __init__(self, application):
        self.application = application
        self.asked = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        self.answer = None
        self._server = make_server("127.0.0.1", 0, self._serve, Threads, Handler)
        self.host = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.host}/static/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def _serve(self, environ, start_response):
        asked = environ["PATH_INFO"], environ.get("HTTP_ACCEPT_ENCODING")
        with self._lock:
            self.asked.append((*asked, environ.get("HTTP_USER_AGENT")))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answer and self.answer(*asked)
            if answer is None:
                return [b"".join(self.application(environ, start_response))]
            status, headers, body = answer
            start_response(status, headers)
            return [body]
        finally:
            with self._lock:
                self.at_once -= 1

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def serve(monkeypatch):
    """Serves an application: `serve(StaticFiles(…))`."""
    monkeypatch.setattr(site, "_PAUSE", 0.001)
    sites = []

    def start(application):
        sites.append(Site(application))
        return sites[-1]

    yield start
    for each in sites:
        each.close()


@pytest.fixture
def live(source, serve):
    """The source, live."""
    ids = release_ids(source)
    age(source, {ids[0]: 1, ids[1]: 2, ids[2]: 3})
    return serve(StaticFiles(root=source, show_manifest=True))


@pytest.mark.parametrize("end", ["/static/", "/static", "/static/hiss.json"])
def test_everything_comes(live, source, tmp_path, end, wsgi_get):
    """All hashed files with all their variants, as the site has them on its disk."""
    root = tmp_path / "here"
    assert run(live.host + end, "-d", root) == 0
    assert faults_of(root, wsgi_get) == []
    assert release_ids(root) == release_ids(source)
    here, there = snapshot(root), snapshot(source)
    last = manifest_of(source)
    for release_id in release_ids(source):
        for entry in read_manifest(str(source), release_id).entries:
            if entry.immutable:
                kept = hashed_file(read_manifest(str(root), release_id), entry.name)
                assert (kept.codings, kept.checksums) == (entry.codings, entry.checksums)
    # Of plain names, what the site says now.
    for entry in last.entries:
        for name in (entry.file, *(entry.file + each for each in (".br", ".gz", ".zst"))):
            assert here.get(name) == there.get(name)
    assert not (root / ".hiss/current").exists()


def test_plain_names_of_former_releases(live, source, tmp_path, capsys):
    """The site has other bytes under them by now: said in JSON, and nothing is wrong."""
    root = tmp_path / "here"
    assert run(live.url, "-d", root, "--json") == 0
    lacking = json.loads(capsys.readouterr().out)["plain_files_lacking"]
    former = release_ids(source)[1:]
    assert {(each["release"], each["file"]) for each in lacking} == {
        (each, "css/app.css") for each in former
    }
    for release_id in former:
        assert plain_file(read_manifest(str(root), release_id), "css/app.css").codings == {}


def test_how_it_asks(live, tmp_path):
    """For one coding, or for none; as who it is; and eight files at once."""
    live.answer = lambda *_: time.sleep(0.02)
    run(live.url, "-d", tmp_path / "here")
    assert {each[1] for each in live.asked} == {"identity", "br", "gzip", "zstd"}
    assert {each[2] for each in live.asked} == {f"hiss/{hiss.__version__} (release adopt)"}
    assert 2 <= live.most_at_once <= 8
    again = len(live.asked)
    run(live.url, "-d", tmp_path / "here")
    # The list, and the manifests: nothing that is here.
    assert len(live.asked) - again == 1 + 3


def test_ages(live, source, tmp_path, build_into):
    """A release is in force until the next is, as far as a site tells."""
    ids = release_ids(source)
    age(source, {ids[0]: 30, ids[1]: 50, ids[2]: 70})
    root = tmp_path / "here"
    adopt_into(root, live.url, Retention(1, 40))
    assert release_ids(root) == ids[:2]
    manifest = build_into(root, 4)
    releases = ledger.read_ledger(str(root)).releases
    assert [each.id for each in releases] == [manifest.id, *ids[:2]]
    assert releases[1].until == releases[0].since
    assert abs((releases[2].until - releases[1].since).total_seconds()) < 1


def test_a_site_that_went_back(source, serve, tmp_path):
    """What it renders now is taken, however old; what is newer there counts too."""
    ids = release_ids(source)
    age(source, {ids[0]: 1, ids[1]: 20, ids[2]: 90})
    switch(str(source), ids[2], "rollback")
    live = serve(StaticFiles(root=source, show_manifest=True))
    done = adopt_into(tmp_path / "here", live.url, Retention(1, 0))
    assert [each.manifest.id for each in done.taken] == [ids[2], ids[0]]


def test_manifests_are_not_shown(source, serve, tmp_path):
    """Which is so unless somebody says otherwise."""
    live = serve(StaticFiles(root=source))
    with pytest.raises(ManifestError, match="does not name the manifests") as caught:
        run(live.url, "-d", tmp_path / "here")
    assert "SHOW_MANIFEST" in caught.value.hint
    assert not (tmp_path / "here").exists()


def text(status, body, *headers):
    return status, [("Content-Type", "text/plain"), *headers], body


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (text("404 Not Found", b""), "answers 404"),
        (text("503 Busy", b""), "answers 503"),
        (text("200 OK", b"<html>"), "is not what Hiss says"),
        (text("200 OK", b"[]"), "is not what Hiss says"),
        (text("200 OK", b'{"id": 1}'), "is not what Hiss says"),
        (text("200 OK", b"[" * 100_000), "is not what Hiss says"),
        (text("200 OK", b'{"id": "a", "releases": 1}'), "does not name the manifests"),
        (text("200 OK", b" " * (5 * 1024 * 1024)), "longer than"),
        (text("200 OK", b"x", ("Content-Encoding", "gzip")), "comes in gzip"),
        (text("200 OK", b"{}", ("Content-Length", "9")), "is not what Hiss says|cannot be read"),
        (text("302 Found", b"", ("Location", "file:///etc/passwd")), "file:///etc/passwd"),
        (text("302 Found", b"", ("Location", "ftp://127.0.0.1/x")), "leads to ftp:"),
        (text("302 Found", b"", ("Location", "/static/hiss.json")), "infinite loop|answers 302"),
    ],
)
def test_a_list_that_cannot_be_had(serve, tmp_path, answer, words):
    """Is said, and nothing is made."""
    live = serve(None)
    live.answer = lambda *_: answer
    with pytest.raises(ManifestError, match=words):
        run(live.url, "-d", tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_nobody_is_there(tmp_path):
    with pytest.raises(ManifestError, match=r"hiss\.json cannot be had"):
        run("http://127.0.0.1:9/static/", "-d", tmp_path / "here")


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///static/", "http://a@127.0.0.1/", "https://h/static/?a", "http://h/#a"],
)
def test_what_is_no_url(url, tmp_path):
    with pytest.raises(ConfigurationError, match="is not a URL that static files are below"):
        run(url, "-d", tmp_path / "here")


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://[::1/"])
def test_what_is_hardly_a_url(url, tmp_path):
    with pytest.raises((ConfigurationError, ManifestError)):
        run(url, "-d", tmp_path / "here")


def test_redirects_are_followed(live, source, serve, tmp_path, wsgi_get):
    """To another host, as a site's static files may be on a CDN."""

    def answer(path, _coding):
        return text("301 Moved Permanently", b"", ("Location", live.host + path))

    moved = serve(None)
    moved.answer = answer
    root = tmp_path / "here"
    assert run(moved.url, "-d", root) == 0
    assert release_ids(root) == release_ids(source)
    assert faults_of(root, wsgi_get) == []


@pytest.mark.parametrize(
    ("target", "is_followed"),
    [
        ("https://cdn.example/x", True),
        ("http://example.org/x", False),
        ("ftp://example.org/x", False),
        ("file:///x", False),
        ("/x", False),
    ],
)
def test_redirects_from_https(target, is_followed):
    """Lead to nothing less."""
    request = Request("https://example.org/static/x")
    redirect = site._Redirects().redirect_request
    if is_followed:
        followed = redirect(request, None, 301, "Moved", {}, target)
        assert followed.full_url == target
    else:
        with pytest.raises(HTTPError, match="301: and leads to"):
            redirect(request, None, 301, "Moved", {}, target)


def test_a_failure_that_passes(live, source, tmp_path, wsgi_get):
    """A server that is busy for a moment is asked again."""
    seen = set()

    def answer(*asked):
        if asked in seen:
            return None
        seen.add(asked)
        return text("503 Busy", b"")

    live.answer = answer
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == 0
    assert release_ids(root) == release_ids(source)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (text("200 OK", b"evil"), "it is 4 bytes long, not"),
        (text("404 Not Found", b""), "it is not there"),
        (text("403 Forbidden", b""), "answers 403"),
        (text("206 Partial Content", b"ev"), "it is 2 bytes long"),
        (text("200 OK", b"x" * 3_000_000), "it is longer than the"),
        (text("200 OK", b"x", ("Content-Encoding", "gzip")), "comes in gzip"),
        (text("302 Found", b"", ("Location", "file:///etc/passwd")), "file:///etc/passwd"),
    ],
)
def test_a_hashed_file_that_is_wrong(live, source, tmp_path, answer, words, capsys, wsgi_get):
    """That release is refused, and the others come."""
    ids = release_ids(source)
    entry = hashed_file(read_manifest(str(source), ids[1]), "css/app.css")
    live.answer = lambda path, _: answer if path.endswith(entry.file) else None
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == 1
    printed = capsys.readouterr().out
    assert f"refused {ids[1]}: {entry.file}: " in printed
    assert words in printed
    assert release_ids(root) == [ids[0], ids[2]]
    assert faults_of(root, wsgi_get) == []
    assert not (root / entry.file).exists()


def test_wrong_bytes_of_the_right_length(live, source, tmp_path, capsys):
    """As a truncated cache or a clever attacker might send them."""
    entry = hashed_file(manifest_of(source), "css/app.css")
    spoil(source / entry.file)
    spoiled = (source / entry.file).read_bytes()
    live.answer = lambda path, _: text("200 OK", spoiled) if path.endswith(entry.file) else None
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == 1
    assert "it has other bytes than its manifest says" in capsys.readouterr().out
    assert not (root / entry.file).exists()


def test_variants_that_a_proxy_takes(live, source, tmp_path, capsys, wsgi_get):
    """A proxy that knows no zstd, and one that makes a brotli of its own: left out, and said."""
    last = manifest_of(source)
    entry = hashed_file(last, "css/app.css")

    def answer(path, coding):
        if path.endswith(entry.file) and coding == "zstd":
            return text("200 OK", (source / entry.file).read_bytes())
        if path.endswith(entry.file) and coding == "br":
            return text("200 OK", b"other", ("Content-Encoding", "br"))
        return None

    live.answer = answer
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == 0
    printed = capsys.readouterr().out
    assert f"left out {entry.file}.br of {last.id}: it is 5 bytes long" in printed
    assert f"left out {entry.file}.zst of {last.id}: it is not there" in printed
    assert {*hashed_file(read_manifest(str(root), last.id), "css/app.css").codings} == {"gzip"}
    assert faults_of(root, wsgi_get) == []


def listing(*releases):
    return text("200 OK", json.dumps({"id": "a", "releases": releases}).encode())


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ({"id": "../evil", "manifest": "x.json"}, "this is no release's id"),
        ({"id": "é", "manifest": "x.json"}, "this is no release's id"),
        ({"id": "a" * 65, "manifest": "x.json"}, "this is no release's id"),
        ({"id": ""}, "this is no release's id"),
        ("a", "this is no release's id"),
        ({"id": "abc"}, "it is said to be at None"),
        ({"id": "abc", "manifest": "/etc/x.json"}, "which is not below"),
        ({"id": "abc", "manifest": "../x.json"}, "which is not below"),
        ({"id": "abc", "manifest": "http://127.0.0.1:9/static/x"}, "which is not below"),
        ({"id": "abc", "manifest": "file:///etc/passwd"}, "which is not below"),
        ({"id": "abc", "manifest": "http://[x"}, "which is not below"),
        ({"id": "abc", "manifest": "nothing\x1b é.json"}, "cannot be read"),
        ({"id": "abc", "manifest": "nothing.json"}, "answers 404"),
    ],
)
def test_a_release_that_cannot_be(live, tmp_path, release, words, capsys):
    """Is refused, and nothing is asked for elsewhere."""
    live.answer = lambda path, _: listing(release) if path.endswith("/hiss.json") else None
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == 1
    assert words in capsys.readouterr().out
    assert release_ids(root) == []
    assert {path for path, *_ in live.asked} <= {"/static/hiss.json", "/static/nothing.json"}


@pytest.mark.parametrize(("number", "code"), [(1, 0), (0, 1)])
def test_a_release_that_went_meanwhile(live, source, tmp_path, number, code, capsys):
    """A prune let it go: nothing is wrong, unless it is the one in force there."""
    ids = release_ids(source)
    name = f"/static/hiss.{ids[number]}.json"
    live.answer = lambda path, _: text("404 Not Found", b"") if path == name else None
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == code
    said = "refused" if code else "passed over"
    words = "its manifest cannot be had" if code else "it was let go there meanwhile"
    assert (
        f"{said} {ids[number]}: {words}: {live.host}{name} answers 404" in capsys.readouterr().out
    )
    assert release_ids(root) == [each for each in ids if each != ids[number]]


def test_a_release_that_is_here_is_mended(live, source, tmp_path, wsgi_get):
    """Asking for no more than what lacks."""
    root = tmp_path / "here"
    run(live.url, "-d", root)
    (root / hashed_file(manifest_of(source), "css/app.css").file).unlink()
    asked = len(live.asked)
    done = adopt_into(root, live.url)
    assert [each.manifest.id for each in done.mended] == release_ids(source)[:1]
    assert len(live.asked) - asked == 1 + 3 + 1
    assert faults_of(root, wsgi_get) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", "is not a manifest of Hiss"),
        (b"\xff", "is not UTF-8"),
        (b'{"version": 1, "id": "b", "created": "", "label": "", "entries": []}', "is that of 'b'"),
        (b'{"version": 9}', "of version 9"),
    ],
)
def test_a_manifest_that_is_none(live, source, tmp_path, body, words, capsys):
    """Is refused; the others come."""
    ids = release_ids(source)
    name = f"/static/hiss.{ids[1]}.json"
    live.answer = lambda path, _: text("200 OK", body) if path == name else None
    root = tmp_path / "here"
    assert run(live.url, "-d", root) == 1
    assert words in capsys.readouterr().out
    assert release_ids(root) == [ids[0], ids[2]]


def test_a_manifest_without_end(live, source, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(site, "_MANIFEST", 1000)
    assert run(live.url, "-d", tmp_path / "here") == 1
    assert capsys.readouterr().out.count("longer than 1000 bytes") == 3


@pytest.mark.parametrize("what", ["a file", "the list"])
def test_no_more_is_read_than_needed(live, source, tmp_path, what):
    """A body without end costs as much as one that is one byte too long."""
    entry = hashed_file(manifest_of(source), "css/app.css")
    end = entry.file if what == "a file" else "/hiss.json"
    sent = []

    def application(environ, start_response):
        if not environ["PATH_INFO"].endswith(end):
            return StaticFiles(root=source, show_manifest=True)(environ, start_response)
        write = start_response("200 OK", [("Content-Length", str(10**12))])
        with suppress(OSError):
            for _ in range(5_000):
                write(bytes(100_000))
                sent.append(100_000)
        return []

    live.application = application
    with suppress(ManifestError):
        assert run(live.url, "-d", tmp_path / "here") == 1
    # What the buffers of sockets hold, for four representations: not half a gigabyte.
    assert 0 < sum(sent) < 100_000_000


def test_a_dry_run_asks_for_no_file(live, tmp_path, capsys):
    root = tmp_path / "here"
    assert run(live.url, "-d", root, "-n") == 0
    assert capsys.readouterr().out.count("would take release") == 3
    assert not root.exists()
    assert all(path.endswith(".json") for path, *_ in live.asked)


def test_a_full_disk_ends_it(live, tmp_path, monkeypatch):
    """Not as something that is wrong with the site."""
    import errno

    from hiss.release.adopt import intake

    real = intake.measure

    def full(chunks, most, write=len):
        def refuse(_chunk):
            raise OSError(errno.ENOSPC, "No space left on device")

        return real(chunks, most, write if write is len else refuse)

    monkeypatch.setattr(intake, "measure", full)
    with pytest.raises(OSError, match="No space left") as caught:
        adopt_into(tmp_path / "here", live.url, ALL)
    assert caught.value.filename == str(tmp_path / "here")
    assert release_ids(tmp_path / "here") == []
    assert [*tmp_path.joinpath("here").rglob(".hiss-part-*")] == []
