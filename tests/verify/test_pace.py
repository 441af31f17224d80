"""Servers that send in time, and never end."""

from __future__ import annotations

import socketserver
import threading
import time

import pytest

from hiss.verify.fetch import Fetcher, Hosts, Limits
from hiss.verify.messages import Request

#: What comes at once, and what comes again and again.
SLOW = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "field": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"x"),
    "body that ends with the connection": (b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "length of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
}


@pytest.fixture
def dribble():
    """A server that sends what it is told to, piece by piece, and as long as it is listened to."""
    sent = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            first, piece = sent
            self.request.sendall(first)
            end = time.monotonic() + 10
            try:
                while time.monotonic() < end:
                    time.sleep(0.02)
                    self.request.sendall(piece)
            except OSError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield sent, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.mark.parametrize(("first", "piece"), SLOW.values(), ids=SLOW)
def test_an_answer_that_does_not_end_is_ended(dribble, first, piece):
    """Each piece comes in time; the whole has four times as long, its head included."""
    sent, url = dribble
    sent[:] = first, piece
    with Fetcher(Limits(timeout=0.1, tries=1), Hosts(frozenset({"127.0.0.1"}))) as ask:
        began = time.monotonic()
        answer = ask.ask(Request(url))
        took = time.monotonic() - began
    assert answer.trouble in {"no answer in time", "not at its end in time"}
    assert 0.35 < took < 5
