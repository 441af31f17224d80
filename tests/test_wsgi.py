"""The WSGI door: PEP 3333 in and out. What HTTP says is tested below it."""

import io
from wsgiref.util import FileWrapper

import pytest

from hiss.errors import ConfigurationError
from hiss.files.body import CHUNK, FileBody
from hiss.wsgi import StaticFiles, answer, read_request

LARGE = bytes(range(256)) * (2 * CHUNK // 256)


def app(environ, start_response):
    """An application that says what it was asked."""
    body = f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/static/app.css", (200, b"body{}")),
        ("/static/%61pp.css", (200, b"body{}")),
        ("/static/app.css?v=1&x=%2F", (200, b"body{}")),
        ("/static/css/%C3%A9%20%E2%98%83.css", (200, b"snow")),
        ("/static/none.css", (404, b"404 Not Found\n")),
        ("/static/", (404, b"404 Not Found\n")),
        ("/static/css%2F%C3%A9%20%E2%98%83.css", (404, b"404 Not Found\n")),
        ("/static/%2e%2e/secret", (404, b"404 Not Found\n")),
        ("/static/%5c..%5csecret", (404, b"404 Not Found\n")),
        ("/static/app.css%00", (404, b"404 Not Found\n")),
        ("/static/%E9.css", (404, b"404 Not Found\n")),
        ("/static/%2561pp.css", (404, b"404 Not Found\n")),
        ("/static", (200, b"|/static")),
        ("/static-pages/", (200, b"|/static-pages/")),
        ("/", (200, b"|/")),
        ("/%C3%A9", (200, b"|/\xc3\xa9")),
    ],
)
def test_what_is_whose(make_tree, wsgi_get, target, expected):
    """A file, a miss of ours below the prefix, or the application, its path untouched."""
    root = make_tree({"app.css": "body{}", "css/é ☃.css": "snow"})
    response = wsgi_get(StaticFiles(app, root=root), target)
    assert (response.status, response.body) == expected
    assert response.is_coherent


@pytest.mark.parametrize(
    ("target", "names", "status"),
    [
        ("/static/css%2Fa.css", {"RAW_URI": "/static/css%2Fa.css"}, 404),
        ("/static/css%2Fa.css", {"RAW_URI": "", "REQUEST_URI": "/static/css%2Fa.css"}, 404),
        ("/static/css%2Fa.css", {"RAW_URI": ""}, 200),
        ("/static/css/a.css", {"RAW_URI": "/static/css/a.css?next=%2Fa"}, 200),
    ],
)
def test_an_encoded_slash(make_tree, wsgi_get, target, names, status):
    """Where the server tells the path before it was decoded, `%2F` is no separator."""
    root = make_tree({"css/a.css": "a"})
    assert wsgi_get(StaticFiles(app, root=root), target, **names).status == status


def test_an_encoded_slash_at_the_root_is_the_applications(make_tree, wsgi_get):
    """Below `/` nothing is ours but files; a path in disguise goes to the application."""
    root = make_tree({"css/a.css": "a"})
    site = StaticFiles(app, root=root, prefix="/")
    assert wsgi_get(site, "/css/a.css").body == b"a"
    assert wsgi_get(site, "/css%2Fa.css").body == b"|/css/a.css"


def test_script_name(make_tree, wsgi_get):
    """The prefix is below the application's own place."""
    site = StaticFiles(app, root=make_tree({"a.css": "a"}))
    assert wsgi_get(site, "/static/a.css", SCRIPT_NAME="/shop").body == b"a"
    assert wsgi_get(site, "/x", SCRIPT_NAME="/shop").body == b"/shop|/x"


@pytest.mark.parametrize("target", ["/other", "/static/none", "/", ""])
def test_without_an_application(make_tree, wsgi_get, target):
    """With nothing behind it, what has no file is a 404."""
    response = wsgi_get(StaticFiles(root=make_tree({})), target)
    assert (response.status, response.body) == (404, b"404 Not Found\n")
    assert response.headers["Cache-Control"] == "no-store"


def test_misses_pass(make_tree, wsgi_get):
    """With `misses="pass"` the application answers what has no file."""
    site = StaticFiles(app, root=make_tree({}), misses="pass")
    assert wsgi_get(site, "/static/none").body == b"|/static/none"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Range": "bytes=0-0"}, 206),
        ("GET", {"Range": "bytes=0-0,3-3"}, 206),
        ("GET", {"Range": "bytes=99999999-"}, 416),
        ("GET", {"If-None-Match": "*"}, 304),
        ("HEAD", {"If-None-Match": "*"}, 304),
        ("GET", {"If-Match": '"x"'}, 412),
        ("POST", {}, 405),
        ("DELETE", {}, 405),
    ],
)
@pytest.mark.parametrize("name", ["app.css", "large.bin", "index.html"])
def test_every_kind_of_answer_is_valid(make_tree, wsgi_get, method, headers, status, name):
    """`wsgiref.validate` finds no fault with any answer, from memory or streamed."""
    root = make_tree({"app.css": "body{}", "large.bin": LARGE, "index.html": "<p>"})
    site = StaticFiles(app, root=root, memory=16_000, index_file=True)
    response = wsgi_get(site, f"/static/{name}", method, headers)
    if name == "index.html" and method in {"GET", "HEAD"}:
        assert (response.status, response.headers["Location"]) == (302, "./")
    else:
        assert response.status == status
    assert method == "HEAD" or response.status == 304 or response.is_coherent


def test_read_request():
    """Every field that a decision needs is read from the environment; what is absent is `None`."""
    names = {
        "ACCEPT_ENCODING", "IF_MATCH", "IF_MODIFIED_SINCE", "IF_NONE_MATCH", "IF_RANGE",
        "IF_UNMODIFIED_SINCE", "RANGE",
    }  # fmt: skip
    environ = {f"HTTP_{name}": name for name in names}
    request = read_request({"REQUEST_METHOD": "GET", "QUERY_STRING": "a=b", **environ})
    assert {getattr(request, name.lower()) for name in names} == names
    assert (request.method, request.query) == ("GET", "a=b")
    bare = read_request({"REQUEST_METHOD": "GET"})
    assert {getattr(bare, name.lower()) for name in names} == {None}
    assert bare.query == ""


def test_extra_fields(make_tree, wsgi_get):
    """A framework's fields go beside the reply's own, and not into the next answer."""
    site = StaticFiles(app, root=make_tree({"a.css": "a"}))

    def secured(environ, start_response):
        entry = site.origin.find(environ["PATH_INFO"])
        return answer(site.origin, (entry, (("X-Extra", "1"),)), environ, start_response)

    assert wsgi_get(secured, "/static/a.css").headers["X-Extra"] == "1"
    assert wsgi_get(site, "/static/a.css").headers["X-Extra"] is None


def test_the_header_list_is_the_servers_own(make_tree):
    """A server or a middleware may add to the list that it is given, for this answer alone."""
    site = StaticFiles(app, root=make_tree({"a.css": "a"}))
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/a.css"}
    lists = []
    for _ in range(2):
        site(environ, lambda status, headers: lists.append(headers) or headers.append(("X", "y")))
    assert type(lists[0]) is list
    assert len(lists[0]) == len(lists[1])


class RecordingWrapper(FileWrapper):
    """A server's own file wrapper."""


@pytest.mark.parametrize(
    ("name", "method", "headers", "wrapped"),
    [
        ("large.bin", "GET", {}, True),
        ("large.bin", "GET", {"Range": "bytes=0-"}, True),
        ("large.bin", "GET", {"Range": "bytes=0-9"}, False),
        ("large.bin", "GET", {"Range": "bytes=5-"}, False),
        ("large.bin", "GET", {"Range": "bytes=0-1,5-9"}, False),
        ("large.bin", "GET", {"If-None-Match": "*"}, False),
        ("large.bin", "HEAD", {}, False),
        ("large.bin", "POST", {}, False),
        ("app.css", "GET", {}, False),
    ],
)
def test_file_wrapper(make_tree, wsgi_get, name, method, headers, wrapped):
    """A whole file from disk is the server's to send; parts, and what is in memory, are not."""
    root = make_tree({"large.bin": LARGE, "app.css": "a"})
    site = StaticFiles(app, root=root, memory=16_000)
    response = wsgi_get(
        site,
        f"/static/{name}",
        method,
        headers,
        validate=False,
        **{"wsgi.file_wrapper": RecordingWrapper},
    )
    assert isinstance(response.raw, RecordingWrapper) is wrapped
    if wrapped:
        assert response.raw.blksize == CHUNK
        with pytest.raises(ValueError, match="closed file"):
            response.raw.filelike.fileno()
        assert response.body == LARGE
        assert response.is_coherent


def test_without_a_file_wrapper(make_tree, wsgi_get):
    """Without a server's own way a large file is read in chunks, and closed by `close`."""
    site = StaticFiles(app, root=make_tree({"large.bin": LARGE}), memory=0)
    response = wsgi_get(site, "/static/large.bin", validate=False)
    assert isinstance(response.raw, FileBody)
    assert response.raw.file.closed
    assert response.body == LARGE
    started = io.StringIO()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/large.bin"}
    body = site(environ, lambda status, headers: started.write(status))
    assert next(iter(body)) == LARGE[:CHUNK]
    assert not body.file.closed
    body.close()
    assert body.file.closed
    assert started.getvalue() == "200 OK"


def test_mistakes_are_said_at_the_start(tmp_path):
    """No folder, or an option that is none, stops the start."""
    with pytest.raises(ConfigurationError, match="there is no folder"):
        StaticFiles(app, root=tmp_path / "none")
    with pytest.raises(ConfigurationError, match="there is no option 'maxage'"):
        StaticFiles(app, root=tmp_path, maxage=5)
