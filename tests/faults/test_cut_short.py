"""A file that shrinks or grows while it is sent: a client gets what was announced, or can tell."""

import asyncio
from wsgiref.util import FileWrapper

import pytest

from hiss.asgi import StaticFiles as AsgiStaticFiles
from hiss.files.body import CHUNK, BodyCutShortError
from hiss.wsgi import StaticFiles as WsgiStaticFiles

MIB = 2**20
DATA = bytes(range(1, 256)) * 5000


def shrink(path, size):
    with open(path, "r+b") as file:
        file.truncate(size)


@pytest.mark.parametrize("headers", [{}, {"HTTP_RANGE": "bytes=1-"}], ids=["whole", "range"])
@pytest.mark.parametrize("left", [0, CHUNK, CHUNK + 5])
def test_at_the_wsgi_door(make_tree, headers, left):
    """The body raises after true bytes only, which breaks the connection; it is never padded."""
    path = make_tree({"big.bin": DATA}) / "big.bin"
    site = WsgiStaticFiles(root=path.parent, memory=0)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/big.bin", **headers}
    body = site(environ, lambda status, fields: None)
    got = next(iter(body))
    shrink(path, left)
    chunks = []
    with pytest.raises(BodyCutShortError):
        chunks.extend(body)
    got += b"".join(chunks)
    start = 1 if headers else 0
    assert got == DATA[start : start + len(got)]
    assert len(got) < len(DATA)
    assert body.file.closed


@pytest.mark.parametrize("left", [0, CHUNK + 5])
def test_at_the_asgi_door(make_tree, asgi_scope, left):
    """The door raises and sends no last message, so the server breaks the connection."""
    path = make_tree({"big.bin": DATA}) / "big.bin"
    site = AsgiStaticFiles(root=path.parent, memory=0)
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)
        if len(sent) == 2:
            shrink(path, left)

    with pytest.raises(BodyCutShortError):
        asyncio.run(site(asgi_scope("/static/big.bin"), receive, send))
    assert all(message["more_body"] for message in sent[1:])
    got = b"".join(message["body"] for message in sent[1:])
    assert got == DATA[: len(got)]
    assert len(got) < len(DATA)


WRAPPED = {"wsgi.file_wrapper": FileWrapper}


@pytest.mark.parametrize("environ", [{}, WRAPPED], ids=["iterated", "wrapped"])
def test_growing_at_the_wsgi_door(make_tree, environ):
    """What is appended meanwhile is not sent beyond the announced length, however it is read."""
    path = make_tree({"big.bin": DATA}) / "big.bin"
    site = WsgiStaticFiles(root=path.parent, memory=0)
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/big.bin", **environ}
    body = site(request, lambda status, fields: None)
    with path.open("ab") as file:
        file.write(b"more")
    got = b"".join(body)
    body.close()
    assert got == DATA


@pytest.mark.parametrize("left", [0, CHUNK, CHUNK + 5, len(DATA) - 1])
def test_shrinking_in_a_file_wrapper(make_tree, left):
    """A server that reads the file itself gets true bytes only, and an error at its end."""
    path = make_tree({"big.bin": DATA}) / "big.bin"
    site = WsgiStaticFiles(root=path.parent, memory=0)
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/big.bin", **WRAPPED}
    body = site(request, lambda status, fields: None)
    got = next(body)
    shrink(path, left)
    chunks = []
    with pytest.raises(BodyCutShortError):
        chunks.extend(body)
    got += b"".join(chunks)
    assert got == DATA[: len(got)]
    assert len(got) < len(DATA)
    with pytest.raises(BodyCutShortError):
        body.close()
    with pytest.raises(ValueError, match="closed file"):
        body.filelike.fileno()


@pytest.mark.live
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("uvicorn-h11", {}),
        ("uvicorn-h11", {"Range": "bytes=1-"}),
        ("uvicorn-httptools", {}),
        ("uvicorn-httptools", {"Range": "bytes=1-"}),
        # Sent by the system, which says nothing when the file ends: `close` breaks the connection.
        ("gunicorn", {}),
        ("gunicorn", {"Range": "bytes=1-"}),
    ],
)
def test_over_a_connection(serve, make_sparse, read_head, kind, fields):
    """The connection ends before the length that was announced, and nothing stands in for it."""
    path = make_sparse("big.bin", 64 * MIB)
    server = serve(kind, path.parent)
    with server.request("big.bin", **fields) as client:
        head, body = read_head(client)
        assert head.startswith("HTTP/1.1 206" if fields else "HTTP/1.1 200")
        if kind == "gunicorn":
            way = "iterated" if fields else "wrapped"
            assert f"/static/big.bin {way}" in server.log.read_text()
        shrink(path, MIB)
        # What a client sends next over the same connection.
        client.sendall(b"HEAD /static/none HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while chunk := receive(client):
            body += chunk
    assert len(body) < 64 * MIB - 1
    assert b"HTTP/1.1" not in body
    assert server.fetch("big.bin", Range="bytes=0-9")[1] == 10
    assert server.fetch("big.bin")[1] == MIB


def receive(client):
    """Some bytes; none when the connection has ended, with a farewell or with a reset."""
    try:
        return client.recv(MIB)
    except ConnectionResetError:
        return b""
