"""Clients that leave half-way, or read slowly: nothing stays open, and nobody else waits."""

import asyncio
import contextlib
import gc
import os
import socket
import struct
import time

import pytest

from hiss.asgi import StaticFiles

MIB = 2**20
SERVERS = ["uvicorn-h11", "uvicorn-httptools", "gunicorn"]


def leave(client, *, rudely):
    """End a connection: with a farewell, or with a reset."""
    if rudely:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.live
@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("fields", [{}, {"Range": "bytes=1-"}], ids=["whole", "range"])
def test_no_handle_outlives_its_response(serve, make_sparse, wait_for, read_head, kind, fields):
    """When clients hang up in the middle of a file, the server closes it soon after (S7)."""
    path = make_sparse("big.bin", 64 * MIB)
    server = serve(kind, path.parent)
    for rudely in (False, True):
        clients = [server.request("big.bin", **fields) for _ in range(6)]
        for client in clients:
            head, _ = read_head(client)
            assert head.startswith("HTTP/1.1 206" if fields else "HTTP/1.1 200")
        assert wait_for(lambda: server.count_open(path) == 6)
        for client in clients:
            leave(client, rudely=rudely)
        assert wait_for(lambda: server.count_open(path) == 0)
    head, length = server.fetch("big.bin", Range="bytes=0-9")
    assert (head.split()[1], length) == ("206", 10)


@pytest.mark.live
def test_slow_readers_keep_nobody_waiting(serve, make_sparse, read_head):
    """Two hundred clients that hardly read do not hold up one that does, on a single process."""
    path = make_sparse("big.bin", 64 * MIB)
    (path.parent / "app.css").write_text("body{}")
    (path.parent / "other.bin").write_bytes(bytes(6 * MIB))
    server = serve("uvicorn", path.parent)
    with contextlib.ExitStack() as stack:
        slow = []
        for _ in range(200):
            client = stack.enter_context(server.connect(receive_buffer=4096))
            client.sendall(b"GET /static/big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.append(client)
        for client in slow:
            assert read_head(client)[0].startswith("HTTP/1.1 200")
        assert server.count_open(path) == 200
        for name, size in [("app.css", 6), ("other.bin", 6 * MIB)]:
            before = time.monotonic()
            assert server.fetch(name)[1] == size
            # A fraction of a second; the rest is for machines that are busy with other things.
            assert time.monotonic() - before < 5


def test_asgi_stops_when_it_is_told_that_the_client_left(make_tree, asgi_scope):
    """An `http.disconnect` ends the sending, and closes the file, without an error."""
    root = make_tree({"big.bin": bytes(4 * MIB)})
    site = StaticFiles(root=root, memory=0)
    sent = []

    async def talk():
        left = asyncio.Event()

        async def receive():
            if not sent:
                return {"type": "http.request", "body": b"", "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if len(sent) == 3:
                left.set()
            await asyncio.sleep(0)

        await site(asgi_scope("/static/big.bin"), receive, send)

    asyncio.run(talk())
    assert 3 <= len(sent) < 10
    assert sent[-1]["more_body"] is True
    assert handles(root / "big.bin") == 0


@pytest.mark.parametrize("error", [OSError, asyncio.CancelledError])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("extensions", [{}, {"http.response.pathsend": {}}], ids=["stream", "path"])
def test_asgi_closes_when_sending_fails(make_tree, asgi_scope, error, at, extensions):
    """Whatever sending raises, at whichever message, the file is closed at once (S7)."""
    root = make_tree({"big.bin": bytes(4 * MIB)})
    site = StaticFiles(root=root, memory=0)
    sent = []

    async def send(message):
        if len(sent) == min(at, 1 if extensions else 2):
            raise error
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()

    async def talk():
        with pytest.raises(error):
            await site(asgi_scope("/static/big.bin", extensions=extensions), receive, send)
        assert handles(root / "big.bin") == 0

    gc.disable()
    try:
        asyncio.run(talk())
    finally:
        gc.enable()


def handles(path):
    """How many handles on a file this process has."""
    count = 0
    for each in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"/proc/self/fd/{each}") == str(path)
    return count
