"""The ASGI door: scopes and messages in and out. What HTTP says is tested below it."""

import asyncio

import pytest

from hiss.asgi import StaticFiles, answer
from hiss.errors import ConfigurationError
from hiss.files.body import CHUNK

LARGE = bytes(range(256)) * (2 * CHUNK // 256)


async def app(scope, receive, send):
    """An application that says what it was asked."""
    body = f"{scope['root_path']}|{scope['path']}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/static/app.css", (200, b"body{}")),
        ("/static/%61pp.css", (200, b"body{}")),
        ("/static/app.css?v=1&x=%2F", (200, b"body{}")),
        # S1: decoded once is enough.
        ("/static/css/%C3%A9%20%E2%98%83.css", (200, b"snow")),
        ("/static/large.bin", (200, LARGE)),
        ("/static/none.css", (404, b"404 Not Found\n")),
        ("/static/", (404, b"404 Not Found\n")),
        ("/static/css%2F%C3%A9%20%E2%98%83.css", (404, b"404 Not Found\n")),
        ("/static/%2e%2e/secret", (404, b"404 Not Found\n")),
        ("/static/app.css%00", (404, b"404 Not Found\n")),
        ("/static/%E9.css", (404, b"404 Not Found\n")),
        ("/static/%2561pp.css", (404, b"404 Not Found\n")),
        ("/static", (200, b"|/static")),
        ("/static-pages/", (200, b"|/static-pages/")),
        ("/", (200, b"|/")),
    ],
)
def test_what_is_whose(make_tree, asgi_get, target, expected, backend):
    """A file, a miss of ours below the prefix, or the application, its path untouched."""
    root = make_tree({"app.css": "body{}", "css/é ☃.css": "snow", "large.bin": LARGE})
    response = asgi_get(StaticFiles(app, root=root, memory=1600), target, backend=backend)
    assert (response.status, response.body) == expected
    assert response.is_coherent


@pytest.mark.parametrize(
    ("root_path", "path", "expected"),
    [
        # S8: mounted below a path that servers repeat in "path", or do not.
        ("/shop", "/shop/static/a.css", b"a"),
        ("/shop/", "/shop/static/a.css", b"a"),
        ("/shop", "/static/a.css", b"a"),
        ("", "/static/a.css", b"a"),
        ("/shop", "/shopping/static/a.css", b"/shop|/shopping/static/a.css"),
        ("/shop", "/shop/x", b"/shop|/shop/x"),
        ("/shop", "/shop", b"/shop|/shop"),
        ("/shop", "/shop/static/none", b"404 Not Found\n"),
        ("/shop", "/shop/shop/static/a.css", b"/shop|/shop/shop/static/a.css"),
    ],
)
def test_root_path(make_tree, asgi_get, root_path, path, expected):
    """The prefix is below the application's own place."""
    site = StaticFiles(app, root=make_tree({"a.css": "a"}))
    assert asgi_get(site, path, root_path=root_path).body == expected


def test_scopes_without_what_is_optional(make_tree, asgi_get):
    """Servers may leave out `root_path`, `raw_path`, `query_string` and `extensions`."""
    site = StaticFiles(root=make_tree({"a.bin": LARGE}), memory=0)

    async def bare(scope, receive, send):
        required = ("type", "method", "path", "headers")
        await site({name: scope[name] for name in required}, receive, send)

    assert asgi_get(bare, "/static/a.bin").body == LARGE
    nothing = {"raw_path": None, "extensions": None}
    assert asgi_get(site, "/static/a.bin", **nothing).body == LARGE


@pytest.mark.parametrize("kind", [list, tuple, iter])
@pytest.mark.parametrize(("name", "status"), [("a.css", 206), ("none", 200)])
def test_headers_that_can_be_read_once(make_tree, asgi_get, kind, name, status):
    """ASGI says that headers can be read, not that they can be twice: once a part was the whole."""
    site = StaticFiles(echo, root=make_tree({"a.css": "body {}"}), misses="pass")

    async def bare(scope, receive, send):
        await site({**scope, "headers": kind(scope["headers"])}, receive, send)

    answer = asgi_get(bare, f"/static/{name}", headers={"Range": "bytes=0-0"})
    assert (answer.status, answer.body) == (status, b"b" if status == 206 else b"bytes=0-0")


async def echo(scope, _receive, send):
    """Says what it was asked for."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": dict(scope["headers"])[b"range"]})


def test_an_encoded_slash_at_the_root_is_the_applications(make_tree, asgi_get):
    """Below `/` nothing is ours but files; a path in disguise goes to the application."""
    site = StaticFiles(app, root=make_tree({"css/a.css": "a"}), prefix="/")
    assert asgi_get(site, "/css/a.css").body == b"a"
    assert asgi_get(site, "/css%2Fa.css").body == b"|/css/a.css"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Range": "bytes=0-0"}, 206),
        ("GET", {"Range": "bytes=0-0,3-3"}, 206),
        ("GET", {"Range": "bytes=99999999-"}, 416),
        ("GET", {"If-None-Match": "*"}, 304),
        ("GET", {"If-Match": '"x"'}, 412),
        ("POST", {}, 405),
    ],
)
@pytest.mark.parametrize("name", ["app.css", "large.bin"])
def test_every_kind_of_answer(make_tree, asgi_get, method, headers, status, name):
    """Each answer is a start and a body whose length was announced, names in lower case."""
    root = make_tree({"app.css": "body{}", "large.bin": LARGE})
    site = StaticFiles(app, root=root, memory=16_000)
    response = asgi_get(site, f"/static/{name}", method, headers)
    assert response.status == status
    assert method == "HEAD" or status == 304 or response.is_coherent
    assert method != "HEAD" or response.body == b""
    start, *rest = response.raw
    assert start["type"] == "http.response.start"
    assert all(type(n) is type(v) is bytes and n == n.lower() for n, v in start["headers"])
    assert {each["type"] for each in rest} == {"http.response.body"}


def test_large_chunks(make_tree, asgi_get):
    """A large file goes in chunks worth a thread's hop (S6: 8 KiB each)."""
    site = StaticFiles(root=make_tree({"large.bin": LARGE}), memory=0)
    chunks = [each["body"] for each in asgi_get(site, "/static/large.bin").raw[1:]]
    assert [len(chunk) for chunk in chunks] == [CHUNK, CHUNK, 0]


def test_what_is_in_memory_takes_one_message(make_tree, asgi_get):
    """A small file is one message, the first time and every time after."""
    site = StaticFiles(root=make_tree({"app.css": "a"}))
    for _ in range(2):
        assert len(asgi_get(site, "/static/app.css").raw) == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("name", "method", "headers", "handed_over"),
    [
        ("large.bin", "GET", {}, True),
        ("large.bin", "GET", {"Range": "bytes=0-"}, True),
        ("large.bin", "GET", {"Range": "bytes=0-9"}, False),
        ("large.bin", "GET", {"Range": "bytes=0-1,5-9"}, False),
        ("large.bin", "GET", {"If-None-Match": "*"}, False),
        ("large.bin", "HEAD", {}, False),
        ("large.bin", "POST", {}, False),
        ("app.css", "GET", {}, False),
    ],
)
def test_pathsend(make_tree, asgi_get, name, method, headers, handed_over, backend):
    """A whole file from disk is handed over where the server offers to send it; no part is."""
    root = make_tree({"large.bin": LARGE, "app.css": "a"})
    site = StaticFiles(root=root, memory=16_000)
    offer = {"extensions": {"http.response.pathsend": {}}}
    response = asgi_get(site, f"/static/{name}", method, headers, backend=backend, **offer)
    types = [each["type"] for each in response.raw]
    assert ("http.response.pathsend" in types) is handed_over
    if handed_over:
        assert response.raw[1:] == [{"type": "http.response.pathsend", "path": str(root / name)}]
        assert response.body == LARGE
        assert response.is_coherent
    without = asgi_get(site, f"/static/{name}", method, headers, extensions={"other": {}})
    assert "http.response.pathsend" not in [each["type"] for each in without.raw]
    assert without.body == response.body


def test_extra_fields(make_tree, asgi_get):
    """A framework's fields go beside the reply's own, and not into the next answer."""
    site = StaticFiles(app, root=make_tree({"a.css": "a"}))

    async def secured(scope, receive, send):
        entry = site.origin.find(scope["path"])
        await answer(site.origin, (entry, (("X-Extra", "caf\xe9"),)), scope, receive, send)

    assert asgi_get(secured, "/static/a.css").headers["x-extra"] == "caf\xe9"
    assert asgi_get(site, "/static/a.css").headers["x-extra"] is None


def test_the_header_list_is_the_servers_own(make_tree, asgi_get):
    """A server or a middleware may add to the list that it is given, for this answer alone."""
    site = StaticFiles(app, root=make_tree({"a.css": "a"}))
    first = asgi_get(site, "/static/a.css").raw[0]["headers"]
    first.append((b"x", b"y"))
    assert (b"x", b"y") not in asgi_get(site, "/static/a.css").raw[0]["headers"]


@pytest.mark.parametrize("scope_type", ["lifespan", "websocket", "something"])
def test_other_scopes_are_the_applications(make_tree, scope_type):
    """Whatever is not HTTP goes to the application untouched (B3: no path in lifespan)."""
    seen = []

    async def record(scope, receive, send):
        seen.append((scope, receive, send))

    scope = {"type": scope_type, "path": "/static/a.css"}
    asyncio.run(StaticFiles(record, root=make_tree({"a.css": "a"}))(scope, 1, 2))
    assert seen == [(scope, 1, 2)]
    assert seen[0][0] is scope


@pytest.mark.parametrize(
    ("scope_type", "received", "sent"),
    [
        (
            "lifespan",
            ["lifespan.startup", "lifespan.shutdown"],
            ["lifespan.startup.complete", "lifespan.shutdown.complete"],
        ),
        ("websocket", ["websocket.connect"], ["websocket.close"]),
        ("something", [], []),
    ],
)
def test_without_an_application(make_tree, scope_type, received, sent):
    """With nothing behind it a site starts and stops, and refuses what is not HTTP."""
    messages = [{"type": each} for each in received]
    answers = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        answers.append(message["type"])

    asyncio.run(StaticFiles(root=make_tree({}))({"type": scope_type}, receive, send))
    assert answers == sent
    assert messages == []


@pytest.mark.parametrize("target", ["/other", "/static/none", "/"])
def test_without_an_application_there_is_nothing_else(make_tree, asgi_get, target):
    """With nothing behind it, what has no file is a 404."""
    response = asgi_get(StaticFiles(root=make_tree({})), target)
    assert (response.status, response.body) == (404, b"404 Not Found\n")
    assert response.headers["cache-control"] == "no-store"


def test_mistakes_are_said_at_the_start(tmp_path):
    """No folder, or an option that is none, stops the start."""
    with pytest.raises(ConfigurationError, match="there is no folder"):
        StaticFiles(app, root=tmp_path / "none")
    with pytest.raises(ConfigurationError, match="there is no option 'maxage'"):
        StaticFiles(app, root=tmp_path, maxage=5)
