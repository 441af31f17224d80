"""Real servers on loopback, one process or a master with one worker, ended by their ids."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

UVICORN = """
import socket, sys
import uvicorn
from hiss.asgi import StaticFiles

application = StaticFiles(root={root!r}, **{options!r})
config = uvicorn.Config(
    application, http={http!r}, log_level="warning", timeout_graceful_shutdown=1, lifespan="on"
)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""

GUNICORN = """
from hiss.wsgi import StaticFiles

static = StaticFiles(root={root!r}, **{options!r})


def application(environ, start_response):
    result = static(environ, start_response)
    wrapped = type(result) is environ["wsgi.file_wrapper"]
    print(environ["PATH_INFO"], "wrapped" if wrapped else "iterated", file=environ["wsgi.errors"])
    return result
"""


@dataclass(frozen=True)
class Server:
    """A server that runs, and what can be seen of it from outside."""

    pid: int
    port: int
    log: Path

    @property
    def worker(self):
        """The id of the process that answers: the last child, or the process itself."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[-1]) if children else self.pid

    def connect(self, *, receive_buffer=None):
        """A connected socket."""
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(20)
        client.connect(("127.0.0.1", self.port))
        return client

    def request(self, name, method="GET", **fields):
        """A socket that has sent a request for a file; several may go over it if it is kept."""
        client = self.connect()
        client.sendall(format_request(name, method, **fields))
        return client

    def fetch(self, name, method="GET", **fields):
        """Head and body's length of an answer, read until the server ends the connection."""
        with self.request(name, method, Connection="close", **fields) as client:
            head, body = read_head(client)
            length = len(body)
            while chunk := client.recv(2**20):
                length += len(chunk)
        return head, length

    def count_open(self, path):
        """How many handles on a file the worker has."""
        folder = f"/proc/{self.worker}/fd"
        count = 0
        for each in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"{folder}/{each}") == str(path)
        return count

    def peak_memory(self):
        """The most that the worker ever had in memory, in bytes."""
        for line in Path(f"/proc/{self.worker}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")


def format_request(name, method="GET", **fields):
    """A request for a file, its fields' underscores hyphens."""
    lines = [f"{method} /static/{name} HTTP/1.1", "Host: localhost"]
    lines += [f"{field.replace('_', '-')}: {value}" for field, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def read_head(client):
    """An answer's head, and what came with it of the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(65536)
        if not chunk:
            raise AssertionError(f"the server ended the connection after {data!r}")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


@contextlib.contextmanager
def running(command, folder, listener):
    """A server's process on a socket that listens already; ended, whatever happens."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, pass_fds=[listener.fileno()], cwd=folder, stdout=output, stderr=output
        )
    try:
        yield Server(process.pid, listener.getsockname()[1], log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@pytest.fixture
def serve(tmp_path_factory):
    """Starts a server for a folder: `serve("uvicorn", root, memory=0)`, ended with the test."""
    with contextlib.ExitStack() as stack:

        def start(kind, root, **options):
            folder = tmp_path_factory.mktemp(kind)
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))
            fd = str(listener.fileno())
            name, _, http = kind.partition("-")
            script = UVICORN if name == "uvicorn" else GUNICORN
            (folder / "served.py").write_text(
                script.format(root=str(root), options=options, http=http or "auto")
            )
            command = [sys.executable, "served.py", fd]
            if name == "gunicorn":
                command = [
                    sys.executable, "-m", "gunicorn", "--bind", f"fd://{fd}",
                    "--chdir", str(folder),
                    "--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "1",
                    "--no-control-socket", "served:application",
                ]  # fmt: skip
            server = stack.enter_context(running(command, folder, listener))
            # The socket listens before the server does: the first answer says that it is there.
            server.fetch("none")
            return server

        yield start


@pytest.fixture
def make_sparse(tmp_path):
    """Makes a sparse file below a root: `make_sparse("big.bin", 2**26)` returns its path."""

    def make(name, size):
        root = tmp_path / "static"
        root.mkdir(exist_ok=True)
        with open(root / name, "wb") as file:
            file.truncate(size)
        return root / name

    return make


def wait_for(condition, seconds=10):
    """Whether a condition comes true within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(name="wait_for")
def wait_for_fixture():
    """Polls a condition: `wait_for(lambda: ..., seconds=10)`."""
    return wait_for


@pytest.fixture(name="read_head")
def read_head_fixture():
    """Reads an answer's head from a socket."""
    return read_head
