"""Starts gunicorn with and without the lane, and speaks to it in raw bytes."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
from pathlib import Path
from typing import Final, NamedTuple

from harness.ports import free_port
from harness.servers import running, wait

LANE: Final = "hiss.servers.gunicorn.StaticThreadWorker"
_TESTS: Final = Path(__file__).parent.parent
_DATE: Final = re.compile(rb"(?<=\r\nDate: )[^\r]+")


class Served(NamedTuple):
    """A running gunicorn."""

    port: int
    #: The arbiter's process.
    process: object
    log: Path
    access: Path


@contextlib.contextmanager
def serving(folder, root, *options, worker=LANE, app="site", is_awaited=True, **environment):
    """A gunicorn of one worker whose logs are in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    access, log = folder / "access", folder / "log"
    command = [sys.executable, "-m", "gunicorn", f"servers.sites:{app}", "-k", worker]
    command += ["--bind", f"127.0.0.1:{port}", "--threads", "2", *options]
    paths = [str(_TESTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "ROOT": str(root),
        **environment,
    }
    with running(command, log, env=env, is_ready=lambda: b"Booting" in log.read_bytes()) as process:
        served = Served(port, process, log, access)
        if is_awaited:
            wait(process, log, lambda: ask(port, b"GET /x HTTP/1.0\r\n\r\n"))
        yield served


def connect(port, **options):
    """A connection, which waits for ten seconds at most."""
    sock = socket.socket()
    for name, value in options.items():
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def ask(port, *pieces):
    """All that comes for what is sent, piece by piece, when no more will be; without the dates."""
    with contextlib.suppress(OSError), connect(port) as sock:
        return exchange(sock, *pieces)
    return b""


def exchange(sock, *pieces):
    """The same over a connection that is open."""
    # Who is answered early, and closed to, learns so when it sends on.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for piece in pieces:
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
    return undated(read_all(sock))


def read_all(sock):
    """All that comes until the end."""
    chunks = []
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(1 << 18):
            chunks.append(chunk)
    return b"".join(chunks)


def read_answer(sock):
    """One answer that says its length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += _some(sock)
    return undated(head), body


def _some(sock):
    data = sock.recv(1 << 16)
    if not data:
        raise EOFError
    return data


def undated(data):
    """Bytes with no dates of answers."""
    return _DATE.sub(b"now", data)


def get(target, *lines, method="GET"):
    """The bytes of a plain request."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: a.test", *lines, "", ""]).encode(
        "latin-1"
    )
