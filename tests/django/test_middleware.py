"""The middleware: static requests answered, all others untouched, in sync and in async stacks."""

import asyncio
import gzip
import io
import json
import os
import threading
import tracemalloc
from wsgiref.util import FileWrapper

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from hiss_site import ASYNC_ONLY, GZIP, HISS, SYNC_ONLY

from hiss.django.middleware import HissMiddleware

CSS = b"body{margin:0}\n" * 40
# Files of more than a sixteenth of MEMORY are sent from disk, chunk by chunk; these are text, so
# that middleware around Hiss may find them worth compressing.
LARGE = b"".join(b"line %06d\n" % number for number in range(60_000))
STREAM_ALL = {"MEMORY": 0}


@pytest.fixture
def root(make_tree):
    """STATIC_ROOT, with a small file and a large one."""
    return make_tree({"app.css": CSS, "large.txt": LARGE, "naïve ☃.txt": "snow"})


def open_files(folder):
    """The files below a folder that this process has open."""
    names = []
    for handle in os.listdir("/proc/self/fd"):
        try:
            names.append(os.readlink(f"/proc/self/fd/{handle}"))
        except OSError:
            continue
    return [name for name in names if name.startswith(str(folder))]


@pytest.fixture
def finished():
    """Django's `request_finished`, as often as it was sent: after it, connections are closed."""
    times = []

    def note(**_):
        times.append(1)

    request_finished.connect(note)
    yield times
    request_finished.disconnect(note)


ANSWERS = [
    ("GET", "/static/app.css", {}, 200, CSS),
    ("HEAD", "/static/app.css", {}, 200, b""),
    ("GET", "/static/app.css", {"Range": "bytes=0-0"}, 206, CSS[:1]),
    ("GET", "/static/app.css", {"Range": "bytes=-5"}, 206, CSS[-5:]),
    ("GET", "/static/app.css", {"Range": "bytes=9999-"}, 416, None),
    ("HEAD", "/static/app.css", {"Range": "bytes=0-0"}, 200, b""),
    ("GET", "/static/app.css", {"If-None-Match": "*"}, 304, b""),
    ("GET", "/static/app.css", {"If-Match": '"other"'}, 412, b"412 Precondition Failed\n"),
    ("POST", "/static/app.css", {}, 405, b"405 Method Not Allowed\n"),
    ("GET", "/static/na%C3%AFve%20%E2%98%83.txt", {}, 200, b"snow"),
    ("GET", "/static/large.txt", {}, 200, LARGE),
    ("HEAD", "/static/large.txt", {}, 200, b""),
    ("GET", "/static/large.txt", {"Range": "bytes=300000-"}, 206, LARGE[300000:]),
    ("GET", "/static/missing.css", {}, 404, b"404 Not Found\n"),
    ("HEAD", "/static/missing.css", {}, 404, b""),
    ("GET", "/static/made/by/the/application", {}, 404, b"404 Not Found\n"),
    ("GET", "/static/app%2Ecss", {}, 200, CSS),
    ("GET", "/static%2Fapp.css", {}, 404, b"404 Not Found\n"),
    ("GET", "/page/", {}, 200, b"the application's page"),
    ("GET", "/static-pages/", {}, 200, b"the application's page"),
]


@pytest.mark.parametrize(
    ("method", "target", "headers", "status", "body"), ANSWERS, ids=lambda each: str(each)[:32]
)
@pytest.mark.parametrize("memory", [STREAM_ALL, {}], ids=["streamed", "in memory"])
def test_answers(stack, root, memory, method, target, headers, status, body):
    """Each request has its answer, whether the bytes are in memory or on disk."""
    site = stack.open(STATIC_ROOT=root, HISS=memory)
    for _ in range(2):
        response = site.get(target, method, headers)
        assert response.status == status
        assert body is None or response.body == body
    assert open_files(root) == []


def test_headers(stack, root):
    """A file's header fields come through Django as they were decided."""
    headers = stack.open(STATIC_ROOT=root).get("/static/app.css").headers
    del headers["ETag"], headers["Last-Modified"]
    assert sorted(headers.items()) == [
        ("Accept-Ranges", "bytes"),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "max-age=60, public"),
        ("Content-Length", str(len(CSS))),
        ("Content-Type", "text/css; charset=utf-8"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("X-Content-Type-Options", "nosniff"),
    ]


def test_a_miss_is_kept_by_no_cache(stack, root):
    """The 404 below the prefix is Hiss's, with no-store (pain 2)."""
    response = stack.open(STATIC_ROOT=root).get("/static/gone.css")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_misses_can_be_passed_to_the_application(stack, root):
    """With MISSES "pass" what has no file is the application's, and its 404 too."""
    site = stack.open(STATIC_ROOT=root, HISS={"MISSES": "pass"})
    assert site.get("/static/made/by/the/application").body == b"the application's page"
    missing = site.get("/static/missing.css")
    assert (missing.status, missing.headers["Cache-Control"]) == (404, None)
    assert site.get("/static/app.css").body == CSS


ROOT_FILES = {
    "robots.txt": "User-agent: *\n",
    ".well-known/security.txt": "Contact:\n",
    ".env": "SECRET",
}
ROOT_CASES = [
    ("/robots.txt", 200, b"User-agent: *\n"),
    ("/.well-known/security.txt", 200, b"Contact:\n"),
    ("/page/", 200, b"the application's page"),
    ("/.env", 404, None),
    ("/missing.txt", 404, None),
    ("/static/robots.txt", 404, b"404 Not Found\n"),
]


@pytest.mark.parametrize(("target", "status", "body"), ROOT_CASES)
def test_root_files(stack, root, make_tree, target, status, body):
    """ROOT's files answer at the root of the site; what it lacks is the application's."""
    site = stack.open(STATIC_ROOT=root, HISS={"ROOT": make_tree(ROOT_FILES, "public")})
    response = site.get(target)
    assert response.status == status
    assert body is None or response.body == body
    assert b"SECRET" not in response.body


INDEXES = {
    "/static/docs/": (200, None),
    "/static/docs": (302, "./docs/"),
    "/static/docs?v=1": (302, "./docs/?v=1"),
    "/static/docs/index.html": (302, "./"),
    "/static/docs/index.html?a=b": (302, "./?a=b"),
}


@pytest.mark.parametrize("target", INDEXES)
def test_index_documents(stack, make_tree, target):
    """With INDEX_FILE a folder answers with its index, and redirects keep the query (W12)."""
    root = make_tree({"docs/index.html": "<h1>Docs</h1>"})
    response = stack.open(STATIC_ROOT=root, HISS={"INDEX_FILE": True}).get(target)
    assert (response.status, response.headers["Location"]) == INDEXES[target]


def test_without_static_url_nothing_is_served(stack, root):
    """A project without STATIC_URL has its pages, and no static files."""
    site = stack.open(STATIC_ROOT=root, STATIC_URL=None)
    assert site.get("/static/app.css").status == 404
    assert site.get("/page/").status == 200


@pytest.mark.parametrize(
    "ours", [{}, {"USE_FINDERS": False, "AUTOREFRESH": True}], ids=["catalog", "autorefresh"]
)
def test_a_static_root_that_is_missing_stops_no_page(either, tmp_path, log, ours):
    """Before collectstatic, pages work, and one line in the log says what to do (pain 30)."""
    site = either.open(STATIC_ROOT=tmp_path / "none", HISS=ours)
    assert site.get("/page/").status == 200
    assert site.get("/static/app.css").status == 404
    [line] = log()
    assert str(tmp_path / "none") in line
    assert "collectstatic" in line


@pytest.mark.parametrize("settings", [{"DEBUG": True}, {"HISS": {"USE_FINDERS": True}}], ids=str)
def test_a_static_root_that_is_not_needed_is_not_missed(either, tmp_path, log, settings):
    """Where finders are in use, a missing STATIC_ROOT is no news (pain 30: WN#191, #215)."""
    site = either.open(STATIC_ROOT=tmp_path / "none", **settings)
    assert site.get("/page/").status == 200
    assert log() == []


@pytest.mark.parametrize("apps", [["hiss.django", "django.contrib.staticfiles"], ["hiss.django"]])
@pytest.mark.parametrize("ours", [{}, {"AUTOREFRESH": True}], ids=["catalog", "autorefresh"])
def test_a_static_root_that_is_not_set_is_said(either, log, apps, ours):
    """Where no finders are in use either: one line at the start, and pages work."""
    site = either.open(STATIC_ROOT=None, INSTALLED_APPS=apps, HISS=ours)
    assert site.get("/page/").status == 200
    assert site.get("/static/app.css").status == 404
    [line] = log()
    assert line.startswith("STATIC_ROOT is not set: every static file is a 404.")
    assert "hiss.E005" in line


def bucket():
    """Files that are kept, and so served, elsewhere."""
    return {"staticfiles": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


@pytest.mark.parametrize(
    "settings",
    [
        {"DEBUG": True},
        {"HISS": {"USE_FINDERS": True}},
        {"STATIC_URL": None},
        {"STORAGES": bucket()},
    ],
    ids=["debug", "finders", "no-url", "bucket"],
)
def test_a_static_root_that_nobody_needs_is_not_missed(either, log, settings):
    """In development, without static files, and where they are in a bucket, it is no news."""
    either.open(STATIC_ROOT=None, **settings)
    assert log() == []


def test_a_static_root_is_not_missed_by_tests(either, log, monkeypatch):
    """A project's tests start the site once for each client: nothing is built, and nothing said."""
    monkeypatch.setattr("django.core.mail.outbox", [], raising=False)
    either.open(STATIC_ROOT=None)
    assert log() == []


def test_a_root_that_is_missing_is_logged(either, tmp_path, log):
    """ROOT that is no folder is one line, and no reason not to start."""
    site = either.open(STATIC_ROOT=tmp_path, HISS={"ROOT": tmp_path / "none"})
    assert site.get("/page/").status == 200
    [line] = log()
    assert line.startswith(f"ROOT, {tmp_path / 'none'}, is not a folder")


def test_a_manifest_that_cannot_be_read_stops_the_start(either, make_tree):
    """A broken manifest is an error with what to do, and not a site that lost its caching."""
    root = make_tree({".hiss/current": "a1", ".hiss/releases/a1.json": "{"})
    with pytest.raises(ImproperlyConfigured, match=r"(?s)is not a manifest.*Run the build again"):
        either.open(STATIC_ROOT=root)


def add_links(headers, path, url):
    """A rule that gives a file several lines of one field."""
    headers.add_header("Link", "</a>; rel=preload")
    headers.add_header("Link", "</b>; rel=preload")
    headers["X-Path"] = f"{len(path)} {len(url)}"


def test_lines_of_one_field_are_all_kept(either, root):
    """Of a field that a rule set twice, Django's one value holds both."""
    site = either.open(STATIC_ROOT=root, HISS={"ADD_HEADERS_FUNCTION": add_links})
    headers = site.get("/static/app.css").headers
    assert ", ".join(headers.get_all("Link")) == "</a>; rel=preload, </b>; rel=preload"
    path, url = f"{root}/app.css", "/static/app.css"
    assert headers["X-Path"] == f"{len(path)} {len(url)}"


@pytest.mark.parametrize("target", ["app.css", "large.txt"])
def test_sync_client(configure, root, target):
    """Django's test client has the file; a large one comes as a stream."""
    configure(STATIC_ROOT=root, HISS={"MEMORY": len(CSS) * 16})
    response = Client().get(f"/static/{target}")
    assert response.streaming is (target == "large.txt")
    assert response.getvalue() == (root / target).read_bytes()
    response.close()
    assert open_files(root) == []


@pytest.mark.parametrize("target", ["app.css", "large.txt"])
def test_async_client(configure, root, target):
    """Django's asynchronous test client has the file; a large one comes as an async stream."""
    configure(STATIC_ROOT=root, HISS={"MEMORY": len(CSS) * 16})

    async def get():
        response = await AsyncClient().get(f"/static/{target}")
        if not response.streaming:
            return response.content
        assert response.is_async
        return b"".join([chunk async for chunk in response.streaming_content])

    assert asyncio.run(get()) == (root / target).read_bytes()


def as_one(data):
    """Bytes as an ASGI application's request has them, and the end of the talk after them."""
    messages = [{"type": "http.request", "body": data, "more_body": False}]

    async def receive():
        if messages:
            return messages.pop()
        return await asyncio.Event().wait()

    return receive


def test_a_dynamic_request_gains_no_thread_in_a_sync_stack(configure, root, started_threads):
    """Under WSGI a page is made on the thread that the server called on (pain 11: S2)."""
    configure(STATIC_ROOT=root, MIDDLEWARE=[SYNC_ONLY, HISS, SYNC_ONLY])
    app = WSGIHandler()
    for target in ("/where/", "/static/app.css", "/static/missing.css"):
        environ = RequestFactory().get(target).environ
        result = app(environ, lambda status, headers, exc_info=None: None)
        body = b"".join(result)
        result.close()
        if target == "/where/":
            assert json.loads(body) == {"thread": threading.get_ident()}
    assert started_threads == []


STACKS = [[HISS], [ASYNC_ONLY, HISS], [HISS, ASYNC_ONLY], [ASYNC_ONLY, HISS, ASYNC_ONLY]]


def short(middleware):
    """The last words of the middleware's names, for the test's own name."""
    return "+".join(name.rpartition(".")[2] for name in middleware)


@pytest.mark.parametrize("middleware", STACKS, ids=short)
@pytest.mark.parametrize("target", ["/where-async/", "/where/"])
def test_a_dynamic_request_gains_no_thread_in_an_async_stack(
    configure, root, asgi_scope, started_threads, middleware, target
):
    """Under ASGI a request starts as many threads with Hiss as without; async views need none."""

    def ask():
        answer = {}

        async def send(message):
            if message["type"] == "http.response.body":
                answer.update(json.loads(message["body"]))

        started_threads.clear()
        asyncio.run(ASGIHandler()(asgi_scope(target), as_one(b""), send))
        return answer["thread"], len(started_threads)

    configure(STATIC_ROOT=root, MIDDLEWARE=[each for each in middleware if each != HISS])
    _, without = ask()
    configure(MIDDLEWARE=middleware)
    thread, with_ours = ask()
    assert with_ours == without
    if target == "/where-async/":
        assert thread == threading.get_ident()


def test_what_is_in_memory_needs_no_thread_in_an_async_stack(
    configure, root, asgi_scope, started_threads
):
    """A file that was read once is answered like a page: with no thread of its own."""
    configure(STATIC_ROOT=root)
    app, counts = ASGIHandler(), []

    async def send(message):
        pass

    for target in ("/static/app.css", "/where-async/", "/static/app.css"):
        started_threads.clear()
        asyncio.run(app(asgi_scope(target), as_one(b""), send))
        counts.append(len(started_threads))
    assert counts[0] > counts[1] == counts[2]


AROUND = [[HISS], [SYNC_ONLY, HISS], [HISS, SYNC_ONLY], [SYNC_ONLY, HISS, SYNC_ONLY]]


@pytest.mark.parametrize("middleware", AROUND, ids=short)
def test_a_large_file_is_never_whole_in_memory_under_asgi(
    configure, tmp_path, asgi_scope, middleware
):
    """A stream stays asynchronous, and bounded, whatever middleware is around it (W9, pain 10)."""
    size = 16 * 1024 * 1024
    with open(tmp_path / "video.webm", "wb") as file:
        file.truncate(size)
    configure(STATIC_ROOT=tmp_path, MIDDLEWARE=middleware)
    app, seen = ASGIHandler(), []

    async def send(message):
        seen.append(len(message.get("body", b"")))

    async def talk():
        # Once before, so that what is made for good is not counted.
        await app(asgi_scope("/static/video.webm"), as_one(b""), send)
        seen.clear()
        tracemalloc.start()
        try:
            await app(asgi_scope("/static/video.webm"), as_one(b""), send)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak = asyncio.run(talk())
    assert sum(seen) == size
    assert peak < 2 * 1024 * 1024
    assert open_files(tmp_path) == []


class TracedFileWrapper(FileWrapper):
    """A server's own way to send a file, which tells that it was used."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.used.append(self)


@pytest.fixture
def file_wrapper():
    """A `wsgi.file_wrapper`, whose `used` lists each use of it."""
    return type("Wrapper", (TracedFileWrapper,), {"used": []})


WRAPPED = [
    ({}, True),
    ({"Range": "bytes=1-300000"}, False),
    ({"Range": "bytes=0-0,5-300000"}, False),
    ({"Range": "bytes=0-"}, True),
]


@pytest.mark.parametrize(("headers", "is_used"), WRAPPED, ids=str)
def test_the_servers_file_wrapper_sends_whole_files(
    configure, root, wsgi_get, file_wrapper, finished, headers, is_used
):
    """`wsgi.file_wrapper` gets a whole file and no part; closing it ends the request once."""
    configure(STATIC_ROOT=root)
    environ = {"wsgi.file_wrapper": file_wrapper}
    configure(HISS=STREAM_ALL)
    site = WSGIHandler()
    with_wrapper = wsgi_get(site, "/static/large.txt", headers=headers, **environ)
    without = wsgi_get(site, "/static/large.txt", headers=headers)
    assert with_wrapper.body == without.body
    assert with_wrapper.headers.items() == without.headers.items()
    assert len(file_wrapper.used) == is_used
    assert len(finished) == 2
    assert open_files(root) == []


def test_a_small_file_needs_no_file_wrapper(configure, root, wsgi_get, file_wrapper):
    """What is in memory is sent from there."""
    configure(STATIC_ROOT=root)
    environ = {"wsgi.file_wrapper": file_wrapper}
    assert wsgi_get(WSGIHandler(), "/static/app.css", **environ).body == CSS
    assert file_wrapper.used == []


@pytest.mark.parametrize("wrapping", [False, True], ids=["iterated", "file wrapper"])
def test_gzip_middleware_around_a_large_file(stack, root, file_wrapper, wrapping):
    """What middleware outside compresses is decoded to the file, and its length is true."""
    environ = {"wsgi.file_wrapper": file_wrapper} if wrapping and stack.kind == "wsgi" else {}
    site = stack.open(STATIC_ROOT=root, HISS=STREAM_ALL, MIDDLEWARE=[GZIP, HISS])
    response = site.get("/static/large.txt", headers={"Accept-Encoding": "gzip"}, **environ)
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.body) == LARGE
    assert response.headers["Content-Length"] in {None, str(len(response.body))}
    assert response.headers["ETag"].startswith('W/"')
    assert open_files(root) == []


@pytest.mark.xfail(reason="Django's GZipMiddleware compresses parts as if they were whole")
@pytest.mark.parametrize("ours", [STREAM_ALL, {}], ids=["streamed", "in memory"])
def test_gzip_middleware_around_a_part(stack, root, ours):
    """RFC 9110, section 14.4: a Content-Range counts the bytes of what is sent, and so encoded."""
    site = stack.open(STATIC_ROOT=root, HISS=ours, MIDDLEWARE=[GZIP, HISS])
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=5-300004"}
    response = site.get("/static/large.txt", headers=headers)
    assert response.headers["Content-Range"] == f"bytes 5-300004/{len(LARGE)}"
    assert response.headers["Content-Encoding"] is None
    assert response.body == LARGE[5:300005]


def test_closing_a_response_closes_the_file(configure, root):
    """A file that nobody read is closed with its response, and that closed again does no harm."""
    configure(STATIC_ROOT=root, HISS=STREAM_ALL)
    middleware = HissMiddleware(lambda request: HttpResponse())
    response = middleware(RequestFactory().get("/static/large.txt"))
    assert len(open_files(root)) == 1
    response.close()
    assert open_files(root) == []
    assert response.closed
    response.close()


def test_a_response_that_was_half_read_closes_the_file(configure, root):
    """A client that leaves half-way leaves no open file behind."""
    configure(STATIC_ROOT=root, HISS=STREAM_ALL)
    middleware = HissMiddleware(lambda request: HttpResponse())
    response = middleware(RequestFactory().get("/static/large.txt"))
    assert len(next(iter(response))) < len(LARGE)
    response.close()
    assert open_files(root) == []


def test_a_client_that_hangs_up_under_asgi_leaves_no_open_file(configure, root, asgi_scope):
    """A disconnection half-way through an async stream closes the file."""
    configure(STATIC_ROOT=root, HISS=STREAM_ALL)

    async def talk():
        left, sent = asyncio.Event(), []
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive():
            if messages:
                return messages.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if len(sent) == 2:
                left.set()
                await asyncio.sleep(60)

        await ASGIHandler()(asgi_scope("/static/large.txt"), receive, send)
        return sent

    sent = asyncio.run(talk())
    assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"]
    assert open_files(root) == []


def test_a_range_does_not_end_the_request_early(configure, root, finished):
    """A part that has been read is no end of the request (pain 24: connections closed, WN#556)."""
    configure(STATIC_ROOT=root, HISS=STREAM_ALL)
    environ = RequestFactory().get("/static/large.txt", headers={"Range": "bytes=0-9"}).environ
    result = WSGIHandler()(environ, lambda status, headers, exc_info=None: None)
    assert b"".join(result) == LARGE[:10]
    assert finished == []
    result.close()
    assert finished == [1]


def test_a_file_that_goes_while_it_is_served_is_a_miss(stack, root, log):
    """A file deleted after the start is a 404 and one line, and no traceback (W8)."""
    site = stack.open(STATIC_ROOT=root, HISS=STREAM_ALL)
    assert site.get("/static/app.css").status == 200
    (root / "app.css").unlink()
    assert [site.get("/static/app.css").status for _ in range(2)] == [404, 404]
    assert len([line for line in log() if "Answering 404" in line]) == 1


def test_settings_that_are_wrong_stop_the_start(either):
    """A wrong setting is an error at start, and not a surprise at the first request."""
    with pytest.raises(ImproperlyConfigured, match=r"(?i)max_age"):
        either.open(HISS={"MAX_AGE": "60"})


@pytest.mark.parametrize("key", ["RAW_URI", "REQUEST_URI"])
def test_an_encoded_slash_is_seen_where_the_server_tells(configure, make_tree, key):
    """A second spelling of a file's URL is a miss, under the names that servers tell it by."""
    configure(STATIC_ROOT=make_tree({"css/app.css": CSS}))
    middleware = HissMiddleware(lambda request: HttpResponse("page"))
    factory = RequestFactory()
    statuses = {"/static/css/app.css?a=%2F": 200, "/static/css%2Fapp.css": 404, "/static%2f": 404}
    for target, status in statuses.items():
        request = factory.get("/static/css/app.css", **{key: target})
        assert middleware(request).status_code == status


def test_the_body_of_a_static_request_is_left_unread(configure, root):
    """What a client sends to a static URL is not read, however long it is."""
    configure(STATIC_ROOT=root)
    body = io.BytesIO(b"x" * 100)
    environ = RequestFactory().post("/static/app.css").environ
    environ |= {"wsgi.input": body, "CONTENT_LENGTH": "100"}
    result = WSGIHandler()(environ, lambda status, headers, exc_info=None: None)
    result.close()
    assert body.tell() == 0
