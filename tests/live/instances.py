"""Instances of the shop, and the nginx before them: started, replaced, stopped."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.ports import free_port
from harness.servers import stop

_COMMANDS: Final = {
    "gunicorn": (
        "gunicorn --bind=127.0.0.1:{port} --worker-class=gthread --threads=4 --no-control-socket "
        "--log-level=error shop.wsgi"
    ),
    "uvicorn": (
        "uvicorn --host=127.0.0.1 --port={port} --lifespan=off --no-access-log "
        "--log-level=warning shop.asgi:application"
    ),
}

#: The servers of the instances.
SERVERS: Final = ("gunicorn", "uvicorn", "gunicorn", "uvicorn")

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 15.0


class DidNotStartError(Exception):
    """A process ended, or did not answer in time; says what it wrote."""


@dataclass(frozen=True)
class Instance:
    """A server with one version of the shop."""

    server: str
    port: int
    #: The STATIC_ROOT that it serves.
    root: Path
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def wait(self, marker: bytes) -> None:
        """Until its pages have `marker` in them.

        Raises:
            DidNotStartError: They never do.
        """
        _wait(self.process, self.log, lambda: marker in _get(self.port, "/"))

    def renew_workers(self) -> None:
        """Have its workers end and come back, as those do that have served enough requests."""
        assert self.server == "gunicorn"
        self.process.send_signal(signal.SIGHUP)

    def dismiss(self) -> None:
        """Have it end when it has answered what it was asked."""
        self.process.terminate()

    def stop(self) -> None:
        """End it."""
        stop(self.process, _STOP_SECONDS)


def start(
    server: str, copy: Path, root: Path, log: Path, environment: Mapping[str, str]
) -> Instance:
    """Start a server for the copy of the shop; it need not answer yet."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", *_COMMANDS[server].format(port=port).split()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=copy, env={**environment}, stdout=output, stderr=output
        )
    return Instance(server, port, root, log, process)


def find_nginx() -> str | None:
    """Where nginx is; Debian keeps it out of some people's path."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


class Balancer:
    """An nginx that asks instances in turn."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        """Start it in `folder`, before instances at `ports`."""
        program = find_nginx()
        assert program, "nginx is not installed"
        folder.mkdir()
        self.port = free_port()
        self._folder = folder
        self._generation = 0
        self._configuration = folder / "nginx.conf"
        self._log = folder / "log"
        self._write(ports)
        command = [program, "-p", str(folder), "-e", "stderr", "-c", str(self._configuration)]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        self._wait()

    def switch(self, ports: Sequence[int]) -> None:
        """Ask these instances from now on; returns when nothing is asked of others any more."""
        before = self._children()
        self._write(ports)
        self._process.send_signal(signal.SIGHUP)
        self._wait()
        _wait(self._process, self._log, lambda: not before & self._children())

    def stop(self) -> None:
        """End it."""
        stop(self._process, _STOP_SECONDS)

    def _write(self, ports: Sequence[int]) -> None:
        self._generation += 1
        # An instance that failed once is asked again: nothing is hidden.
        servers = "\n".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
        text = (Path(__file__).parent / "nginx.conf").read_text()
        for name, value in (
            ("PREFIX", self._folder),
            ("PORT", self.port),
            ("GENERATION", self._generation),
            ("SERVERS", servers),
            # Its workers must reach the cache in a folder that is root's alone.
            ("USER", "user root;" if os.geteuid() == 0 else ""),
        ):
            text = text.replace(f"@{name}@", str(value))
        self._configuration.write_text(text)

    def _wait(self) -> None:
        wanted = str(self._generation).encode()
        _wait(self._process, self._log, lambda: _get(self.port, "/-generation") == wanted)

    def _children(self) -> set[int]:
        pid = self._process.pid
        return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@contextmanager
def stopping(things: list[Instance | Balancer]) -> Iterator[None]:
    """Stop what is in the list at the end, whatever happens."""
    try:
        yield
    finally:
        for each in reversed(things):
            each.stop()


def _get(port: int, path: str) -> bytes:
    """The body of an answer 200; empty: there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return body if response.status == 200 else b""
    connection.close()
    return b""


def _wait(process: subprocess.Popen[bytes], log: Path, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not is_done():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DidNotStartError(log.read_text(errors="replace")[-3000:])
        time.sleep(0.02)
