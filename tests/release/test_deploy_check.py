"""Looking at a site, and waiting for it: against a server that says what a test has it say."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hiss.core.manifest import Manifest, ManifestEntry
from hiss.release.deploy.answer import wait_for_release
from hiss.release.deploy.check import check_pages
from hiss.release.deploy.client import Site
from hiss.release.deploy.config import parse_deploy
from hiss.release.deploy.plan import StepFailedError

HTML = {"Content-Type": "text/html; charset=utf-8"}


@contextmanager
def serving(answers, address=("127.0.0.1", 0)):
    """A server of `answers`: path to (status, fields, body), or to several, which take turns and
    end with the last. Gives its URL, and the requests that it gets.
    """
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            answer = answers.get(self.path, (404, {}, b""))
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            status, fields, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **fields}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(address, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def site_of(url, **table):
    """A site at that URL."""
    needed = {"root": "r", "build": "b", "restart": "r", "url": url}
    return Site(parse_deploy({**needed, **table}, "/"))


def entry_of(file, data, *, name=None, references=()):
    """What a build would record of a file."""
    return ManifestEntry(
        name=name or file,
        file=file,
        immutable=name is not None,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        type="text/plain",
        integrity="",
        references=references,
    )


def manifest_of(*entries):
    """A release."""
    return Manifest(id="5f2a", created="2026-11-20T10:00:00+00:00", label="", entries=entries)


RELEASE = manifest_of(
    entry_of("a.11.css", b"css", name="a.css", references=("i.svg", "gone.svg")),
    entry_of("a.css", b"plain"),
    entry_of("i.22.svg", b"svg", name="i.svg", references=("j ü.svg",)),
    entry_of("i.svg", b"svg"),
    entry_of("j ü.33.svg", b"j", name="j ü.svg", references=("a.css",)),
    entry_of("unused.44.js", b"js", name="unused.js"),
)
FILES = {
    "/static/a.11.css": (200, {}, b"css"),
    "/static/i.22.svg": (200, {}, b"svg"),
    "/static/j%20%C3%BC.33.svg": (200, {}, b"j"),
}
PAGE = (
    b'<link rel=stylesheet href="/static/a.11.css"><img src="/media/x"><img src="//cdn/static/y">'
)


def look(answers, pages=("/",), **table):
    """What there was to see, and the paths that were asked for."""
    with serving(answers) as (url, asked):
        looked = check_pages(site_of(url, **table), pages, RELEASE, 5)
    faults = [str(each).replace(url, "") for each in looked.faults]
    return (looked.pages, looked.assets, faults), [path for path, _ in asked]


def test_whole():
    """The page, what it names under the prefix on this host, and what that names in turn; each
    once, and nothing else.
    """
    found, asked = look({**FILES, "/": (200, HTML, PAGE * 2), "/b": (200, HTML, PAGE)}, ("/", "/b"))
    assert found == (2, 3, [])
    assert asked == ["/", "/b", *FILES]


def test_all_that_is_wrong_at_once():
    """Pages, what they name, what that names; with the reason that Hiss gives for a miss."""
    answers = {
        "/": (200, HTML, PAGE + b"<script src='static/none.js'></script>"),
        "/bad": (500, HTML, PAGE),
        "/static/none.js": (404, {"Hiss-Miss": "never built"}, b""),
        "/static/a.11.css": (200, {}, b"other"),
        "/static/i.22.svg": (200, {"Content-Encoding": "gzip"}, b"zipped"),
        "/static/j%20%C3%BC.33.svg": (410, {}, b""),
    }
    found, _ = look(answers, ("/", "/bad", "/none"))
    assert found == (
        3,
        4,
        [
            "/bad: 500",
            "/none: 404",
            "/static/a.11.css (on /): not the bytes that were built: 5, and not 3",
            "/static/none.js (on /): 404 (Hiss-Miss: never built)",
            "/static/i.22.svg: not the bytes that were built: 6, in gzip, though identity was "
            "asked for, and not 3",
            "/static/j%20%C3%BC.33.svg: 410",
        ],
    )


def test_files_of_other_releases_need_only_be_there():
    """The release says nothing of them."""
    page = b"<script src='/static/old.js?x=1#y'></script>"
    answers = {"/": (200, HTML, page), "/static/old.js?x=1": (200, {}, b"?")}
    assert look(answers)[0] == (1, 1, [])


@pytest.mark.parametrize("location", ["/b/", "b/", "http://127.0.0.1:{port}/b/"])
def test_redirects(location):
    """Those on this host are followed; what the page then names is relative to where it is."""
    page = b"<img src='../static/i.22.svg'>"
    answers = {"/b/": (200, HTML, page), **FILES}
    with serving(answers) as (url, asked):
        where = location.format(port=url.rpartition(":")[2])
        answers["/"] = (302, {"Location": where}, b"")
        looked = check_pages(site_of(url), ["/"], RELEASE, 5)
    assert (looked.assets, looked.faults) == (3, ())
    assert [path for path, _ in asked][:3] == ["/", "/b/", "/static/i.22.svg"]


@pytest.mark.parametrize(
    ("location", "words", "requests"),
    [
        ("https://login.example/", "/: 302 to https://login.example/, which is elsewhere", 1),
        ("https://{host}/", "X-Forwarded-Proto", 1),
        ("mailto:x", "which is elsewhere", 1),
        ("?again=1", "/?again=1: 302", 6),
    ],
)
def test_bad_redirects(location, words, requests):
    """They are faults, and nobody goes on for ever."""
    answers = {}
    with serving(answers) as (url, asked):
        answer = (302, {"Location": location.format(host=url[7:])}, b"")
        answers.update({"/": answer, "/?again=1": (302, {"Location": "?again=2"}, b"")})
        answers["/?again=2"] = (302, {"Location": "?again=1"}, b"")
        [fault] = check_pages(site_of(url), ["/"], RELEASE, 5).faults
    assert words in str(fault)
    assert len(asked) == requests


@pytest.mark.parametrize(
    ("fields", "body", "assets"),
    [
        ({"Content-Type": "application/json"}, PAGE, 0),
        ({"Content-Type": "text/html; charset=utf-16"}, PAGE.decode().encode("utf-16"), 3),
        ({"Content-Type": "text/html; charset=none"}, PAGE, 3),
        ({}, PAGE, 0),
    ],
)
def test_pages_that_are_read(fields, body, assets):
    """HTML, in its own charset."""
    assert look({"/": (200, fields, body), **FILES})[0] == (1, assets, [])


def test_what_is_sent():
    """The host and the headers that were given; no coding is wanted; no connection is kept."""
    with serving({"/": (200, {}, b"")}) as (url, asked):
        site = site_of(url, host="shop.example", headers={"X-Forwarded-Proto": "https"})
        site.get("/", timeout=5)
        site.get("/", timeout=5, fresh=True)
        site_of(url, headers={"host": "b.example"}).get("/", timeout=5)
        assert site.target("https://shop.example/static/x?y#z", "/") == "/static/x?y"
    first, second, third = (headers for _, headers in asked)
    assert first == {
        "Host": "shop.example",
        "Accept-Encoding": "identity",
        "X-Forwarded-Proto": "https",
        "Connection": "close",
    }
    assert second == {**first, "Cache-Control": "no-cache"}
    assert third["Host"] == "b.example"


def test_mounted_below_a_path():
    """The URL's path comes before pages and prefix."""
    answers = {
        "/shop/": (200, HTML, b"<img src='/shop/static/i.22.svg'><img src='/static/no'>"),
        "/shop/static/i.22.svg": (200, {}, b"svg"),
        "/shop/static/j%20%C3%BC.33.svg": (200, {}, b"j"),
        "/shop/static/a.11.css": (200, {}, b"css"),
    }
    with serving(answers) as (url, _):
        looked = check_pages(site_of(f"{url}/shop/"), ["/"], RELEASE, 5)
    assert (looked.assets, looked.faults) == (3, ())


def test_a_site_that_is_not_there():
    """It is a fault, like any other."""
    with serving({}) as (url, _):
        pass
    [fault] = check_pages(site_of(url), ["/"], RELEASE, 5).faults
    assert str(fault) == f"{url}/: nothing listens there"


def test_a_socket_of_the_file_system(tmp_path):
    """A site may listen there."""
    import socketserver

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            head = self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + head[:3])

    path = str(tmp_path / "s")
    with socketserver.UnixStreamServer(path, Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        answer = site_of(f"unix:{path}").get("/", timeout=5)
        thread.join()
    assert (answer.status, answer.body) == (200, b"GET")
    assert str(site_of(f"unix:{path}-none").get("/", timeout=5)) == "nothing listens there"


def hiss_json(release="5f2a", created=RELEASE.created):
    """What a process says of itself."""
    return 200, {}, json.dumps({"id": release, "label": "", "created": created}).encode()


def wait(*answers, settle=2, timeout=1.0):
    """Wait for the release at a site that answers so; the number of requests that it took."""
    with serving({"/static/hiss.json": list(answers)}) as (url, asked):
        try:
            wait_for_release(site_of(url), RELEASE, timeout=timeout, settle=settle)
        except StepFailedError as error:
            return error
    assert {headers["Cache-Control"] for _, headers in asked} == {"no-cache"}
    return len(asked)


def test_answers_in_a_row():
    """So many must name the release, one after the other: old processes answer for a while."""
    new, old = hiss_json(), hiss_json("0000")
    assert wait(new, settle=1) == 1
    assert wait(old, new, old, new, new, settle=2, timeout=10) == 5
    assert wait((503, {}, b""), (200, {}, b"{"), (200, {}, b"[]"), new, timeout=10) == 5
    assert wait((200, {}, b'{"id": "5f2a"}'), settle=1) == 1


def test_built_again():
    """The same release of an earlier build is an old process."""
    assert wait(hiss_json(created="2026-11-19T10:00:00+00:00"), hiss_json(), settle=1) == 2


@pytest.mark.parametrize(
    ("answer", "last", "advice"),
    [
        (hiss_json("0000"), "release 0000", "RELEASE_FILE"),
        (hiss_json(created="x"), "release 5f2a", "not been started again"),
        ((404, {}, b""), "404", "SHOW_RELEASE"),
        ((400, {}, b""), "400", "ALLOWED_HOSTS"),
        ((301, {"Location": "https://x/"}, b""), "301", "X-Forwarded-Proto"),
        ((302, {"Location": "https://x/"}, b""), "302", "X-Forwarded-Proto"),
        ((500, {}, b""), "500", "log"),
        ((502, {}, b""), "502", "Does the application start?"),
        ((200, {}, b"<p>"), "200", "STATIC_URL"),
        ((418, {}, b""), "418", ""),
    ],
)
def test_it_never_comes(answer, last, advice):
    """What was answered last is said, and what that may mean."""
    error = wait(answer, timeout=0.3)
    assert "/static/hiss.json did not name release 5f2a 2 times in a row within 0.3 s" in str(error)
    assert error.message.endswith(f"; the last answer: {last}")
    assert advice in error.hint
