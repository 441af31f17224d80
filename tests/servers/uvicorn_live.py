"""Real uvicorns on loopback, with the lane and without, ended by their ids."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

#: What `--http` is for each of the two.
LANE = "hiss.servers.uvicorn:StaticProtocol"
SERVER = "httptools"

_APP = """
import asyncio, os
import uvicorn

uvicorn.__version__ = os.environ.get("UVICORN_IS", uvicorn.__version__)

from hiss.asgi import StaticFiles


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    name = scope["path"].rpartition("/")[2]
    text = str(os.getpid()).encode() if name == "pid" else b"page"
    if name == "tasks":
        text = str(len(asyncio.all_tasks())).encode()
    if name == "slow":
        await asyncio.sleep(1)
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


application = StaticFiles(app, root="static")
"""


@dataclass
class Uvicorn:
    """A server that runs, and what can be seen of it from outside."""

    process: subprocess.Popen
    port: int
    log: Path
    tls: ssl.SSLContext | None = None

    def connect(self, *, receive_buffer=None):
        """A connected socket."""
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(20)
        try:
            client.connect(("127.0.0.1", self.port))
        except OSError:
            client.close()
            raise
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(client) if self.tls else client

    def ask(self, path, *lines):
        """The answer to a request by itself."""
        with self.connect() as client:
            client.sendall(request(path, "Connection: close", *lines))
            return read_all(client)

    def handles(self):
        """How many handles the process has."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """The bytes that the process has in memory."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")


@contextlib.contextmanager
def serving(folder, http, *arguments, tls=None, **environment):
    """A server for the project in `folder`, from when its application answers."""
    log = folder / f"{http.rpartition(':')[2]}.log"
    (folder / "page.py").write_text(_APP)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    port = listener.getsockname()[1]
    listener.close()
    command = [
        sys.executable, "-W", "ignore", "-m", "uvicorn", "page:application", "--lifespan", "off",
        "--http", http, "--port", str(port), *arguments,
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env={**os.environ, **environment}
        )
    server = Uvicorn(process, port, log, tls)
    try:
        assert wait_for(lambda: answers(server), 60), log.read_text()[-3000:]
        yield server
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(server):
    """Whether the server is there."""
    assert server.process.poll() is None, server.log.read_text()[-3000:]
    with contextlib.suppress(OSError):
        return b"page" in server.ask("/ready")
    return False


def request(path, *lines, method="GET"):
    """The bytes of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


def read_all(client):
    """All bytes until the server ends the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError, ssl.SSLError):
        while chunk := client.recv(1 << 18):
            data += chunk
    return data


def read_answer(client, data=b""):
    """One answer, of which `data` is there: its head, a body of the length that it says, and what
    came behind it.
    """
    while b"\r\n\r\n" not in data:
        chunk = client.recv(1 << 16)
        assert chunk, data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    [length] = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    pieces = [body]
    missing = length - len(body)
    while missing > 0:
        pieces.append(client.recv(1 << 18))
        assert pieces[-1], head
        missing -= len(pieces[-1])
    body = b"".join(pieces)
    return head, body[:length], body[length:]


def wait_for(condition, seconds=15):
    """Whether a condition comes true within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
